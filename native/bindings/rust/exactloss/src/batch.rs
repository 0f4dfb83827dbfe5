// SPDX-License-Identifier: Apache-2.0
//! A batch of elements, and what is computed of it.
use core::mem::MaybeUninit;
use core::ptr;
use exactloss_sys as sys;

use crate::error::{check_elements, check_length, Result};
use crate::evaluation::Evaluation;
use crate::library::require_abi;
use crate::loss::{Gradient, Loss, Losses};
use crate::types::{Prediction, Targets};

/// A view of predictions, or logits, with their targets and weights. Nothing is copied.
///
/// The lengths are compared by the functions that compute something.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a, P> {
    pub(crate) predictions: &'a [P],
    pub(crate) targets: Targets<'a>,
    pub(crate) weights: Option<&'a [f32]>,
    flags: i32,
    #[cfg(feature = "std")]
    pub(crate) threads: usize,
}

impl<'a, P: Prediction> Batch<'a, P> {
    /// Predictions and their targets: a slice, an array or a vector of a type of [`Target`](crate::Target), or
    /// [`Bits`](crate::Bits).
    pub fn new(predictions: &'a [P], targets: impl Into<Targets<'a>>) -> Self {
        Self {
            predictions,
            targets: targets.into(),
            weights: None,
            flags: 0,
            #[cfg(feature = "std")]
            threads: 1,
        }
    }

    /// Logits, whose sigmoids are the predictions, and their targets. Losses are computed from the logits themselves,
    /// without cancellation, and gradients are with respect to them.
    pub fn from_logits(logits: &'a [P], targets: impl Into<Targets<'a>>) -> Self {
        Self { flags: sys::EXACTLOSS_FROM_LOGITS, ..Self::new(logits, targets) }
    }

    /// The weights of the elements: finite, not negative. A mean is then divided by their sum.
    #[must_use]
    pub fn weights(self, weights: &'a [f32]) -> Self {
        Self { weights: Some(weights), ..self }
    }

    /// Refuses predictions outside \[0, 1\], NaN, and targets other than 0 and 1.
    #[must_use]
    pub fn strict(self) -> Self {
        Self { flags: self.flags | sys::EXACTLOSS_STRICT, ..self }
    }

    /// Limits a value of [`Loss::Log`] to 100, as `torch.nn.BCELoss` does.
    #[must_use]
    pub fn clamp(self) -> Self {
        Self { flags: self.flags | sys::EXACTLOSS_CLAMP, ..self }
    }

    /// Computes means, sums and evaluations with up to so many threads, where the batch is long enough. The results have
    /// the same bits. The threads are started by each call, and end with it.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// The mean of the elements' losses; with weights, the weighted mean. NaN if there are no elements, or if the weights
    /// add up to 0.
    ///
    /// # Errors
    ///
    /// [`Error::Length`](crate::Error::Length) if the lengths differ, [`Error::Element`](crate::Error::Element) if an
    /// element or a weight is refused.
    #[inline]
    pub fn mean(&self, loss: Loss) -> Result<f64> {
        self.loss(loss, sys::EXACTLOSS_MEAN)
    }

    /// The sum of the elements' losses, each times its weight.
    ///
    /// # Errors
    ///
    /// As of [`mean`](Batch::mean).
    #[inline]
    pub fn sum(&self, loss: Loss) -> Result<f64> {
        self.loss(loss, sys::EXACTLOSS_SUM)
    }

    #[inline]
    fn loss(&self, loss: Loss, reduction: i32) -> Result<f64> {
        let count = self.count()?;
        #[cfg(feature = "std")]
        if crate::threads::pays(self) {
            let result = crate::threads::evaluate(self, loss.into(), f64::INFINITY)?.loss(loss);
            return Ok(if reduction == sys::EXACTLOSS_MEAN { result.mean } else { result.sum });
        }
        let (mut value, mut violation) = (0.0, MaybeUninit::uninit());
        // SAFETY: the arrays have `count` elements of the types that the options name.
        unsafe {
            let status = sys::exactloss_loss(
                self.options() | loss as i32 | reduction,
                self.predictions.as_ptr().cast(),
                self.targets.as_ptr(),
                self.weights_ptr(),
                count,
                ptr::null(),
                &mut value,
                violation.as_mut_ptr(),
            );
            check_elements(status, &violation)?;
        }
        Ok(value)
    }

    /// Writes the losses of the elements themselves, rounded to the type of the predictions (PyTorch's
    /// `reduction="none"`).
    ///
    /// # Errors
    ///
    /// As of [`mean`](Batch::mean); `values` must have as many elements.
    pub fn values(&self, loss: Loss, values: &mut [P]) -> Result<()> {
        let count = self.count()?;
        check_length("values", values.len(), self.predictions.len())?;
        let mut violation = MaybeUninit::uninit();
        // SAFETY: the arrays have `count` elements of the types that the options name.
        unsafe {
            let status = sys::exactloss_values(
                self.options() | loss as i32,
                self.predictions.as_ptr().cast(),
                self.targets.as_ptr(),
                self.weights_ptr(),
                count,
                values.as_mut_ptr().cast(),
                violation.as_mut_ptr(),
            );
            check_elements(status, &violation)
        }
    }

    /// Writes the gradient with respect to the predictions, or the logits: of the mean, unless a
    /// [divisor](Gradient::divisor) says otherwise.
    ///
    /// # Errors
    ///
    /// As of [`mean`](Batch::mean); `gradients` must have as many elements, and a divisor be at least 1.
    pub fn gradient(&self, gradient: impl Into<Gradient>, gradients: &mut [P]) -> Result<()> {
        let gradient = self.of_mean(gradient.into())?;
        self.write_gradient(gradient, 0, gradients, &mut 0.0)
    }

    /// Writes the gradient, and returns the mean, in one pass over memory; with weights and without a
    /// [divisor](Gradient::divisor), in two.
    ///
    /// # Errors
    ///
    /// As of [`gradient`](Batch::gradient).
    pub fn mean_and_gradient(&self, gradient: impl Into<Gradient>, gradients: &mut [P]) -> Result<f64> {
        let gradient = self.of_mean(gradient.into())?;
        let mut mean = 0.0;
        self.write_gradient(gradient, sys::EXACTLOSS_MEAN, gradients, &mut mean)?;
        Ok(mean)
    }

    /// Writes the gradient, and returns the sum, in one pass over memory.
    ///
    /// # Errors
    ///
    /// As of [`gradient`](Batch::gradient).
    pub fn sum_and_gradient(&self, gradient: impl Into<Gradient>, gradients: &mut [P]) -> Result<f64> {
        let mut sum = 0.0;
        self.write_gradient(gradient.into(), sys::EXACTLOSS_SUM, gradients, &mut sum)?;
        Ok(sum)
    }

    /// The gradient with its divisor, if it has none that of the mean.
    pub(crate) fn of_mean(&self, gradient: Gradient) -> Result<Gradient> {
        match (gradient.divisor, self.weights) {
            (Some(_), _) => Ok(gradient),
            (None, None) => Ok(gradient.divisor(self.count()?.max(1))),
            (None, Some(_)) => {
                let sum = self.evaluate(Loss::Mnist, f64::INFINITY)?.weight_sum();
                Ok(Gradient { upstream: gradient.upstream / sum, ..gradient.divisor(1) })
            }
        }
    }

    /// Writes the gradient, and the loss if there is a reduction.
    fn write_gradient(&self, gradient: Gradient, reduction: i32, gradients: &mut [P], loss: &mut f64) -> Result<()> {
        let count = self.count()?;
        check_length("gradients", gradients.len(), self.predictions.len())?;
        let divisor = gradient.divisor.unwrap_or(1);
        let loss: *mut f64 = if reduction == 0 { ptr::null_mut() } else { loss };
        let mut violation = MaybeUninit::uninit();
        // SAFETY: the arrays have `count` elements of the types that the options name.
        unsafe {
            let status = sys::exactloss_gradient(
                self.options() | gradient.options() | reduction,
                self.predictions.as_ptr().cast(),
                self.targets.as_ptr(),
                self.weights_ptr(),
                count,
                gradient.upstream,
                divisor,
                gradients.as_mut_ptr().cast(),
                loss,
                violation.as_mut_ptr(),
            );
            check_elements(status, &violation)
        }
        .map_err(|error| error.of_number("divisor", sys::EXACTLOSS_ERROR_COUNT, divisor as f64))
    }

    /// Any set of losses, and all counts, in one pass over memory.
    ///
    /// ```
    /// use exactloss::{Batch, Loss};
    ///
    /// let batch = Batch::new(&[0.9_f32, 0.4, 0.2], &[1_u8, 0, 1]);
    /// let evaluation = batch.evaluate(Loss::Mnist | Loss::Log, 0.5)?;
    /// assert_eq!(evaluation.loss(Loss::Log).mean, 0.7418747072418531);
    /// assert_eq!((evaluation.true_positives(), evaluation.recall()), (1, 0.5));
    /// # Ok::<(), exactloss::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As of [`mean`](Batch::mean), and [`Error::Number`](crate::Error::Number) if the threshold is NaN.
    pub fn evaluate(&self, losses: impl Into<Losses>, threshold: f64) -> Result<Evaluation> {
        let (losses, count) = (losses.into(), self.count()?);
        #[cfg(feature = "std")]
        if crate::threads::pays(self) {
            return crate::threads::evaluate(self, losses, threshold);
        }
        let mut violation = MaybeUninit::uninit();
        Evaluation::written_by(|evaluation| {
            // SAFETY: the arrays have `count` elements of the types that the options name.
            unsafe {
                let status = sys::exactloss_evaluate(
                    self.options() | losses.0,
                    self.predictions.as_ptr().cast(),
                    self.targets.as_ptr(),
                    self.weights_ptr(),
                    count,
                    ptr::null(),
                    threshold,
                    evaluation,
                    violation.as_mut_ptr(),
                );
                check_elements(status, &violation)
            }
        })
        .map_err(|error| error.of_number("threshold", sys::EXACTLOSS_ERROR_THRESHOLD, threshold))
    }

    /// The elements before and from `index` on, which is a multiple of 8.
    #[cfg(feature = "std")]
    pub(crate) fn split_at(&self, index: usize) -> (Self, Self) {
        let (first, second) = self.predictions.split_at(index);
        let (first_targets, second_targets) = self.targets.split_at(index);
        let weights = self.weights.map(|weights| weights.split_at(index));
        (
            Self { predictions: first, targets: first_targets, weights: weights.map(|halves| halves.0), ..*self },
            Self { predictions: second, targets: second_targets, weights: weights.map(|halves| halves.1), ..*self },
        )
    }

    /// The number of elements, if all arrays have it.
    #[inline]
    pub(crate) fn count(&self) -> Result<i64> {
        require_abi()?;
        let count = self.predictions.len();
        check_length("targets", self.targets.count, count)?;
        if let Some(weights) = self.weights {
            check_length("weights", weights.len(), count)?;
        }
        Ok(count as i64) // a slice has at most isize::MAX bytes
    }

    /// The options of the types and the flags.
    #[inline]
    pub(crate) fn options(&self) -> i32 {
        P::OPTION | self.targets.option() | self.flags
    }

    #[inline]
    pub(crate) fn weights_ptr(&self) -> *const f32 {
        self.weights.map_or(ptr::null(), <[f32]>::as_ptr)
    }
}
