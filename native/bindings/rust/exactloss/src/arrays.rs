// SPDX-License-Identifier: Apache-2.0
//! The two array operations behind the losses.
use core::mem;
use core::ptr;
use exactloss_sys as sys;

use crate::error::{check, check_length, Result};
use crate::library::require_abi;
use crate::types::{Bits, Item, Prediction, Targets};

/// Writes `1 / (1 + exp(-x))` of each logit `x`: the library's own function, with the same bits on every processor.
///
/// # Errors
///
/// [`Error::Length`](crate::Error::Length) if the lengths differ.
pub fn sigmoid<P: Prediction>(logits: &[P], out: &mut [P]) -> Result<()> {
    require_abi()?;
    check_length("out", out.len(), logits.len())?;
    // SAFETY: both arrays have so many elements of the type.
    check(unsafe {
        sys::exactloss_sigmoid(P::OPTION, logits.as_ptr().cast(), logits.len() as i64, out.as_mut_ptr().cast())
    })
}

/// Writes `a[i]` where `condition[i]` is true, and `b[i]` elsewhere, bit by bit (`torch.where`, `numpy.where`).
///
/// ```
/// use exactloss::select;
///
/// let mut out = [0.0; 3];
/// select(&[true, false, true], &[1.0, 2.0, 3.0], -1.0, &mut out)?;
/// assert_eq!(out, [1.0, -1.0, 3.0]);
/// # Ok::<(), exactloss::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Length`](crate::Error::Length) if the lengths differ.
pub fn select<'a, E: Item>(
    condition: impl Into<Condition<'a>>,
    a: impl Into<Operand<'a, E>>,
    b: impl Into<Operand<'a, E>>,
    out: &mut [E],
) -> Result<()> {
    require_abi()?;
    let (condition, a, b) = (condition.into().0, a.into(), b.into());
    check_length("condition", condition.count, out.len())?;
    let (a, scalar_a) = a.pointer("a", out.len(), sys::EXACTLOSS_SCALAR_A)?;
    let (b, scalar_b) = b.pointer("b", out.len(), sys::EXACTLOSS_SCALAR_B)?;
    // SAFETY: the arrays have as many elements as `out`, and the scalars one.
    check(unsafe {
        sys::exactloss_where(
            condition.option() | scalar_a | scalar_b,
            condition.as_ptr(),
            a.cast(),
            b.cast(),
            mem::size_of::<E>() as i32,
            out.len() as i64,
            out.as_mut_ptr().cast(),
        )
    })
}

/// A view of conditions: of a slice, an array or a vector of [`bool`], or of [`u8`] (true unless 0), or of [`Bits`].
#[derive(Clone, Copy, Debug)]
pub struct Condition<'a>(Targets<'a>);

macro_rules! conditions {
    ($($view:ty $(, $size:ident)?;)*) => {$(
        impl<'a $(, const $size: usize)?> From<$view> for Condition<'a> {
            fn from(condition: $view) -> Self {
                Self(condition.into())
            }
        }
    )*};
}
conditions!(&'a [bool]; &'a [u8]; &'a [bool; N], N; &'a [u8; N], N; Bits<'a>;);
#[cfg(feature = "std")]
conditions!(&'a Vec<bool>; &'a Vec<u8>;);

/// What [`select`] copies from: the elements of a slice, or one that stands for all.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'a, E> {
    /// One element for each of the output.
    Slice(&'a [E]),
    /// The same element for all.
    Scalar(E),
}

impl<E> Operand<'_, E> {
    /// Where the elements are, and the flag if it is one for all.
    fn pointer(&self, name: &'static str, count: usize, scalar: i32) -> Result<(*const E, i32)> {
        match self {
            Operand::Slice(elements) => {
                check_length(name, elements.len(), count)?;
                Ok((elements.as_ptr(), 0))
            }
            Operand::Scalar(element) => Ok((ptr::addr_of!(*element), scalar)),
        }
    }
}

impl<E: Item> From<E> for Operand<'_, E> {
    fn from(element: E) -> Self {
        Operand::Scalar(element)
    }
}

impl<'a, E: Item> From<&'a [E]> for Operand<'a, E> {
    fn from(elements: &'a [E]) -> Self {
        Operand::Slice(elements)
    }
}

impl<'a, E: Item, const N: usize> From<&'a [E; N]> for Operand<'a, E> {
    fn from(elements: &'a [E; N]) -> Self {
        Operand::Slice(elements)
    }
}

#[cfg(feature = "std")]
impl<'a, E: Item> From<&'a Vec<E>> for Operand<'a, E> {
    fn from(elements: &'a Vec<E>) -> Self {
        Operand::Slice(elements)
    }
}
