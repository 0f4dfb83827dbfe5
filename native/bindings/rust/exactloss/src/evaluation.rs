// SPDX-License-Identifier: Apache-2.0
//! The losses and the counts of a batch, and the metrics of the counts.
use core::mem;
use exactloss_sys as sys;

use crate::error::{check, Error, Result};
use crate::library::require_abi;
use crate::loss::{Loss, Losses};

/// The losses and the counts of a batch, or of what an [`Accumulator`](crate::Accumulator) holds.
///
/// An element is predicted positive when its prediction is greater than the threshold. Weights enter the losses and
/// [`weight_sum`](Evaluation::weight_sum), not the counts and not the metrics.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Evaluation(sys::exactloss_evaluation);

/// The results of one loss.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LossResult {
    /// The exact mean, rounded once; NaN without elements.
    pub mean: f64,
    /// The exact sum, rounded once.
    pub sum: f64,
    /// The exact mean, rounded once to a float.
    pub mean_f32: f32,
    /// The exact sum, rounded once to a float.
    pub sum_f32: f32,
    /// The number of elements whose weighted loss is NaN.
    pub nan_count: u64,
    /// The number of elements whose weighted loss is infinite.
    pub infinite_count: u64,
}

impl Evaluation {
    /// The evaluation of these numbers of true and false positives and negatives, without any loss: for their metrics.
    ///
    /// # Errors
    ///
    /// [`Error::Status`] if there are more than 2^63 - 1 elements.
    pub fn from_counts(
        true_positives: u64,
        false_positives: u64,
        true_negatives: u64,
        false_negatives: u64,
    ) -> Result<Self> {
        require_abi()?;
        let none = sys::exactloss_loss_result {
            mean: f64::NAN,
            sum: f64::NAN,
            mean_f32: f32::NAN,
            sum_f32: f32::NAN,
            nan_count: 0,
            infinite_count: 0,
        };
        let count = [true_positives, false_positives, true_negatives, false_negatives]
            .iter()
            .try_fold(0_u64, |sum, &count| sum.checked_add(count))
            .and_then(|count| i64::try_from(count).ok())
            .ok_or(Error::Status(sys::EXACTLOSS_ERROR_OVERFLOW))?;
        Ok(Self(sys::exactloss_evaluation {
            size: SIZE,
            losses: 0,
            threshold: f64::NAN,
            accuracy: f64::NAN,
            weight_sum: count as f64,
            count,
            // None of these is larger than the count.
            positives: (true_positives + false_negatives) as i64,
            true_positives: true_positives as i64,
            false_positives: false_positives as i64,
            true_negatives: true_negatives as i64,
            false_negatives: false_negatives as i64,
            mnist: none,
            brier: none,
            log: none,
        }))
    }

    /// The evaluation that the library writes by `write`, which returns a status.
    pub(crate) fn written_by(write: impl FnOnce(*mut sys::exactloss_evaluation) -> Result<()>) -> Result<Self> {
        let mut evaluation = mem::MaybeUninit::<sys::exactloss_evaluation>::uninit();
        // SAFETY: the library asks for the size, and without an error writes so many bytes: all fields.
        unsafe {
            core::ptr::addr_of_mut!((*evaluation.as_mut_ptr()).size).write(SIZE);
            write(evaluation.as_mut_ptr())?;
            Ok(Self(evaluation.assume_init()))
        }
    }

    /// The losses that were asked for.
    pub fn losses(&self) -> Losses {
        Losses(self.0.losses as i32)
    }

    /// The results of a loss. If it was not asked for, the numbers are NaN and the counts are 0.
    pub fn loss(&self, loss: Loss) -> LossResult {
        let result = match loss {
            Loss::Mnist => &self.0.mnist,
            Loss::Brier => &self.0.brier,
            Loss::Log => &self.0.log,
        };
        LossResult {
            mean: result.mean,
            sum: result.sum,
            mean_f32: result.mean_f32,
            sum_f32: result.sum_f32,
            nan_count: result.nan_count as u64,
            infinite_count: result.infinite_count as u64,
        }
    }

    /// The threshold of the counts.
    pub fn threshold(&self) -> f64 {
        self.0.threshold
    }

    /// The sum of the weights; without weights, the number of elements.
    pub fn weight_sum(&self) -> f64 {
        self.0.weight_sum
    }

    /// The number of elements.
    pub fn count(&self) -> u64 {
        self.0.count as u64
    }

    /// The number of elements whose target is positive.
    pub fn positives(&self) -> u64 {
        self.0.positives as u64
    }

    /// Target positive, predicted positive.
    pub fn true_positives(&self) -> u64 {
        self.0.true_positives as u64
    }

    /// Target negative, predicted positive.
    pub fn false_positives(&self) -> u64 {
        self.0.false_positives as u64
    }

    /// Target negative, not predicted positive.
    pub fn true_negatives(&self) -> u64 {
        self.0.true_negatives as u64
    }

    /// Target positive, not predicted positive.
    pub fn false_negatives(&self) -> u64 {
        self.0.false_negatives as u64
    }

    /// The F-score, which counts recall `beta` times as much as precision.
    ///
    /// # Errors
    ///
    /// [`Error::Number`] if `beta` is negative, NaN or infinite.
    pub fn f_beta(&self, beta: f64) -> Result<f64> {
        let mut value = 0.0;
        // SAFETY: the evaluation has all fields.
        check(unsafe { sys::exactloss_f_beta(&self.0, beta, &mut value) })
            .map_err(|error| error.of_number("beta", sys::EXACTLOSS_ERROR_METRIC, beta))?;
        Ok(value)
    }

    fn metric(&self, metric: i32) -> f64 {
        let mut value = f64::NAN;
        // SAFETY: the evaluation has all fields.
        let status = unsafe { sys::exactloss_metric(&self.0, metric, &mut value) };
        debug_assert_eq!(status, sys::EXACTLOSS_OK, "the counts of an evaluation are those of elements");
        value
    }
}

const SIZE: i64 = mem::size_of::<sys::exactloss_evaluation>() as i64;

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident = $metric:ident;)*) => {
        /// The metrics: exact quotients of whole numbers, rounded once, or NaN where the divisor is 0.
        impl Evaluation {
            $($(#[$doc])* pub fn $name(&self) -> f64 {
                self.metric(sys::$metric)
            })*
        }
    };
}
metrics! {
    /// The share of the elements that are predicted rightly.
    accuracy = EXACTLOSS_METRIC_ACCURACY;
    /// The share of those predicted positive that are positive.
    precision = EXACTLOSS_METRIC_PRECISION;
    /// The share of the positives that are predicted positive: the sensitivity.
    recall = EXACTLOSS_METRIC_RECALL;
    /// The share of the negatives that are predicted negative.
    specificity = EXACTLOSS_METRIC_SPECIFICITY;
    /// The harmonic mean of precision and recall.
    f1 = EXACTLOSS_METRIC_F1;
    /// The mean of recall and specificity.
    balanced_accuracy = EXACTLOSS_METRIC_BALANCED_ACCURACY;
    /// The share of true positives in all but the true negatives: intersection over union.
    jaccard = EXACTLOSS_METRIC_JACCARD;
    /// Cohen's kappa.
    kappa = EXACTLOSS_METRIC_KAPPA;
    /// The correlation coefficient of Matthews, within 2 units in the last place.
    matthews = EXACTLOSS_METRIC_MATTHEWS;
}
