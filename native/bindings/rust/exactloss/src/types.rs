// SPDX-License-Identifier: Apache-2.0
//! The types of elements, and the views of arrays that functions take.
use core::{mem, slice};
use exactloss_sys as sys;

use crate::error::{Error, Result};

pub(crate) mod sealed {
    pub trait Prediction: Copy + Send + Sync + 'static {
        const OPTION: i32;
    }
    pub trait Target: Copy + Send + Sync + 'static {
        const OPTION: i32;
    }
    pub trait Item: Copy + Send + Sync + 'static {}
}

/// A type of predictions, logits, values and gradients: [`F16`], [`Bf16`], [`f32`], [`f64`].
pub trait Prediction: sealed::Prediction {}

/// A type of targets: [`u8`], [`bool`], [`i8`], [`i32`], [`i64`], [`f32`], [`f64`]. A target is positive where it is 1
/// or `true`, and negative where it has any other value, NaN included.
pub trait Target: sealed::Target {}

/// A type of elements that [`select`](crate::select) copies: numbers of up to 64 bits, and [`bool`].
pub trait Item: sealed::Item {}

macro_rules! predictions {
    ($($element:ty: $option:ident),*) => {$(
        impl sealed::Prediction for $element {
            const OPTION: i32 = sys::$option;
        }
        impl Prediction for $element {}
    )*};
}
predictions!(F16: EXACTLOSS_P_FLOAT16, Bf16: EXACTLOSS_P_BFLOAT16, f32: EXACTLOSS_P_FLOAT32, f64: EXACTLOSS_P_FLOAT64);

macro_rules! targets {
    ($($element:ty: $option:ident),*) => {$(
        impl sealed::Target for $element {
            const OPTION: i32 = sys::$option;
        }
        impl Target for $element {}
    )*};
}
targets!(
    u8: EXACTLOSS_T_UINT8, bool: EXACTLOSS_T_UINT8, i8: EXACTLOSS_T_INT8, i32: EXACTLOSS_T_INT32,
    i64: EXACTLOSS_T_INT64, f32: EXACTLOSS_T_FLOAT32, f64: EXACTLOSS_T_FLOAT64
);

macro_rules! items {
    ($($element:ty),*) => {$(
        impl sealed::Item for $element {}
        impl Item for $element {}
    )*};
}
items!(u8, i8, bool, u16, i16, F16, Bf16, u32, i32, f32, u64, i64, f64);

macro_rules! sixteen_bits {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// It is the bits of a number, and has no arithmetic. The slices of the crate `half` are read where they lie:
        /// `reinterpret_cast` gives their bits, and `slice` takes these.
        #[derive(Clone, Copy, Debug, Default)]
        #[repr(transparent)]
        pub struct $name(u16);

        impl $name {
            /// The number that has these bits.
            pub const fn from_bits(bits: u16) -> Self {
                Self(bits)
            }

            /// The bits of the number.
            pub const fn to_bits(self) -> u16 {
                self.0
            }

            /// The numbers that have these bits, in the same memory.
            pub fn slice(bits: &[u16]) -> &[Self] {
                // SAFETY: the type is transparent, and every pattern is one of its values.
                unsafe { slice::from_raw_parts(bits.as_ptr().cast(), bits.len()) }
            }

            /// The numbers that have these bits, in the same memory.
            pub fn slice_mut(bits: &mut [u16]) -> &mut [Self] {
                // SAFETY: the type is transparent, and every pattern is a value of both types.
                unsafe { slice::from_raw_parts_mut(bits.as_mut_ptr().cast(), bits.len()) }
            }
        }
    };
}
sixteen_bits! {
    /// A floating-point number of 16 bits: IEEE 754's binary16.
    F16
}
sixteen_bits! {
    /// A floating-point number of 16 bits: the upper half of an [`f32`].
    Bf16
}

/// A view of targets: of a slice, an array or a vector of a type of [`Target`], or of [`Bits`].
#[derive(Clone, Copy, Debug)]
pub struct Targets<'a> {
    bytes: &'a [u8], // at least those of the elements
    #[cfg(feature = "std")]
    bits_per_element: usize,
    option: i32,
    pub(crate) count: usize,
}

impl<'a> Targets<'a> {
    /// The option of the type of the elements, and of the offset of bits.
    pub(crate) fn option(&self) -> i32 {
        self.option
    }

    pub(crate) fn as_ptr(&self) -> *const core::ffi::c_void {
        self.bytes.as_ptr().cast()
    }

    /// The elements before and from `index` on, which is a multiple of 8.
    #[cfg(feature = "std")]
    pub(crate) fn split_at(self, index: usize) -> (Self, Self) {
        let bytes = &self.bytes[index / 8 * self.bits_per_element..];
        (Self { count: index, ..self }, Self { bytes, count: self.count - index, ..self })
    }
}

impl<'a, T: Target> From<&'a [T]> for Targets<'a> {
    fn from(targets: &'a [T]) -> Self {
        // SAFETY: a target is a number or a bool, of which every byte is initialised.
        let bytes = unsafe { slice::from_raw_parts(targets.as_ptr().cast(), mem::size_of_val(targets)) };
        Self {
            bytes,
            #[cfg(feature = "std")]
            bits_per_element: mem::size_of::<T>() * 8,
            option: T::OPTION,
            count: targets.len(),
        }
    }
}

impl<'a, T: Target, const N: usize> From<&'a [T; N]> for Targets<'a> {
    fn from(targets: &'a [T; N]) -> Self {
        targets.as_slice().into()
    }
}

#[cfg(feature = "std")]
impl<'a, T: Target> From<&'a Vec<T>> for Targets<'a> {
    fn from(targets: &'a Vec<T>) -> Self {
        targets.as_slice().into()
    }
}

impl<'a> From<Bits<'a>> for Targets<'a> {
    fn from(bits: Bits<'a>) -> Self {
        Self {
            bytes: bits.bytes,
            #[cfg(feature = "std")]
            bits_per_element: 1,
            option: sys::EXACTLOSS_T_BITS | (sys::EXACTLOSS_T_BIT_OFFSET * bits.offset),
            count: bits.count,
        }
    }
}

/// Packed bits, the least significant bit of a byte first, as Arrow stores booleans.
///
/// ```
/// use exactloss::{Batch, Bits, Loss};
///
/// let targets = Bits::new(&[0b101], 0, 3)?;
/// assert_eq!(Batch::new(&[0.9_f32, 0.4, 0.2], targets).mean(Loss::Mnist)?, 0.43333334227403003);
/// # Ok::<(), exactloss::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    offset: i32,
    count: usize,
}

impl<'a> Bits<'a> {
    /// The `count` bits from the bit `offset` of `bytes` on.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if there are not so many bytes.
    pub fn new(bytes: &'a [u8], offset: usize, count: usize) -> Result<Self> {
        if count == 0 {
            return Ok(Self { bytes: &[], offset: 0, count }); // no bit is read, so no byte is needed
        }
        // In bytes, as the number of bits may be beyond usize.
        let needed = offset / 8 + count / 8 + (offset % 8 + count % 8 + 7) / 8;
        if bytes.len() < needed {
            return Err(Error::Length { array: "bits", length: bytes.len(), needed });
        }
        Ok(Self { bytes: &bytes[offset / 8..], offset: (offset % 8) as i32, count })
    }
}
