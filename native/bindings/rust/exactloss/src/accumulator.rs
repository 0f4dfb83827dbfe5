// SPDX-License-Identifier: Apache-2.0
//! An evaluation that takes its data in pieces.
use core::fmt;
use core::mem::MaybeUninit;
use core::ops::Deref;
use core::ptr;
use exactloss_sys as sys;

use crate::batch::Batch;
use crate::error::{check, check_elements, check_length, Result};
use crate::evaluation::Evaluation;
use crate::library::require_abi;
use crate::loss::{Gradient, Losses};
use crate::types::Prediction;

/// An evaluation that takes its data in pieces: in any order, from any number of threads or machines, with the same
/// result.
///
/// It is a plain value of 4,864 bytes. Each thread has its own, and one merges them; to keep or to send it, there is a
/// byte form, which is the same on every machine.
///
/// ```
/// use exactloss::{Accumulator, Batch, Loss};
///
/// let mut total = Accumulator::new(Loss::Mnist, 0.5)?;
/// total.add(&Batch::new(&[0.9_f32, 0.4], &[1_u8, 0]))?;
///
/// let mut elsewhere = Accumulator::new(Loss::Mnist, 0.5)?;
/// elsewhere.add(&Batch::new(&[0.2_f32], &[1_u8]))?;
/// total.merge(&Accumulator::from_bytes(&elsewhere.to_bytes())?)?;
///
/// assert_eq!(total.evaluate().loss(Loss::Mnist).mean, 0.43333334227403003);
/// # Ok::<(), exactloss::Error>(())
/// ```
#[derive(Clone)]
pub struct Accumulator(sys::exactloss_accumulator);

impl Accumulator {
    /// An empty one, of these losses.
    ///
    /// # Errors
    ///
    /// [`Error::Number`](crate::Error::Number) if the threshold is NaN.
    pub fn new(losses: impl Into<Losses>, threshold: f64) -> Result<Self> {
        require_abi()?;
        let mut accumulator = MaybeUninit::uninit();
        // SAFETY: the library initialises the memory, or returns an error.
        unsafe {
            check(sys::exactloss_accumulator_init(accumulator.as_mut_ptr(), losses.into().0, threshold))
                .map_err(|error| error.of_number("threshold", sys::EXACTLOSS_ERROR_THRESHOLD, threshold))?;
            Ok(Self(accumulator.assume_init()))
        }
    }

    /// Adds a batch. If it is refused, the accumulator stays as it was.
    ///
    /// # Errors
    ///
    /// [`Error::Length`](crate::Error::Length) if the lengths differ, [`Error::Element`](crate::Error::Element) if an
    /// element or a weight is refused, [`Error::Status`](crate::Error::Status) beyond 2^63 - 1 elements.
    pub fn add<P: Prediction>(&mut self, batch: &Batch<'_, P>) -> Result<()> {
        let count = batch.count()?;
        #[cfg(feature = "std")]
        if crate::threads::pays(batch) {
            return crate::threads::add(self, batch);
        }
        let mut violation = MaybeUninit::uninit();
        // SAFETY: the arrays have `count` elements of the types that the options name.
        unsafe {
            let status = sys::exactloss_accumulator_add(
                &mut self.0,
                batch.options(),
                batch.predictions.as_ptr().cast(),
                batch.targets.as_ptr(),
                batch.weights_ptr(),
                count,
                ptr::null(),
                violation.as_mut_ptr(),
            );
            check_elements(status, &violation)
        }
    }

    /// Adds a batch, and writes the gradient of one of the losses, in one pass over memory. Without a
    /// [divisor](Gradient::divisor) it is the gradient of this batch's mean.
    ///
    /// # Errors
    ///
    /// As of [`add`](Accumulator::add). `gradients` must have as many elements as the batch, a divisor be at least 1,
    /// and the loss be one of the accumulator's.
    pub fn add_with_gradient<P: Prediction>(
        &mut self,
        batch: &Batch<'_, P>,
        gradient: impl Into<Gradient>,
        gradients: &mut [P],
    ) -> Result<()> {
        let count = batch.count()?;
        check_length("gradients", gradients.len(), batch.predictions.len())?;
        let gradient = batch.of_mean(gradient.into())?;
        let divisor = gradient.divisor.unwrap_or(1);
        let mut violation = MaybeUninit::uninit();
        // SAFETY: the arrays have `count` elements of the types that the options name.
        unsafe {
            let status = sys::exactloss_accumulator_add_with_gradient(
                &mut self.0,
                batch.options() | gradient.options(),
                batch.predictions.as_ptr().cast(),
                batch.targets.as_ptr(),
                batch.weights_ptr(),
                count,
                gradient.upstream,
                divisor,
                gradients.as_mut_ptr().cast(),
                violation.as_mut_ptr(),
            );
            check_elements(status, &violation)
                .map_err(|error| error.of_number("divisor", sys::EXACTLOSS_ERROR_COUNT, divisor as f64))
        }
    }

    /// Adds what another accumulator holds.
    ///
    /// # Errors
    ///
    /// [`Error::Status`](crate::Error::Status) if the losses or the thresholds differ, and beyond 2^63 - 1 elements.
    pub fn merge(&mut self, other: &Accumulator) -> Result<()> {
        // SAFETY: both are initialised.
        check(unsafe { sys::exactloss_accumulator_merge(&mut self.0, &other.0) })
    }

    /// The evaluation of everything added so far.
    pub fn evaluate(&self) -> Evaluation {
        // SAFETY: the accumulator is initialised.
        Evaluation::written_by(|evaluation| check(unsafe { sys::exactloss_accumulator_result(&self.0, evaluation) }))
            .expect("an initialised accumulator has a result")
    }

    /// The byte form, which is the same for the same elements, whatever their order, their pieces and the machine.
    pub fn to_bytes(&self) -> AccumulatorBytes {
        let (mut bytes, mut size) = ([0; sys::EXACTLOSS_ACCUMULATOR_MAX_BYTES], 0);
        // SAFETY: there is room for the largest form.
        check(unsafe {
            sys::exactloss_accumulator_serialize(&self.0, bytes.as_mut_ptr().cast(), bytes.len() as i64, &mut size)
        })
        .expect("an initialised accumulator has a byte form");
        AccumulatorBytes { bytes, size: size as usize }
    }

    /// The accumulator that has this byte form. Any input is safe.
    ///
    /// # Errors
    ///
    /// [`Error::Status`](crate::Error::Status) if it is none, or one of an unknown version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        require_abi()?;
        let mut accumulator = MaybeUninit::uninit();
        // SAFETY: the library initialises the memory, or returns an error.
        unsafe {
            check(sys::exactloss_accumulator_deserialize(
                accumulator.as_mut_ptr(),
                bytes.as_ptr().cast(),
                bytes.len() as i64,
            ))?;
            Ok(Self(accumulator.assume_init()))
        }
    }
}

impl fmt::Debug for Accumulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Accumulator").field(&self.evaluate()).finish()
    }
}

/// The byte form of an accumulator; it is a slice of bytes.
#[derive(Clone, Copy)]
pub struct AccumulatorBytes {
    bytes: [u8; sys::EXACTLOSS_ACCUMULATOR_MAX_BYTES],
    size: usize,
}

impl Deref for AccumulatorBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.size]
    }
}

impl AsRef<[u8]> for AccumulatorBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for AccumulatorBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccumulatorBytes").field(&&**self).finish()
    }
}
