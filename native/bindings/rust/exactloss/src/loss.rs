// SPDX-License-Identifier: Apache-2.0
//! What is computed: losses, sets of them, and gradients.
use core::fmt;
use core::ops::BitOr;
use exactloss_sys as sys;

/// A loss: a function of an element's distance `d`, which is `1 - p` where the target is positive, and `p` elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Loss {
    /// `d`: the mean absolute error, PyTorch's `l1_loss`.
    Mnist = sys::EXACTLOSS_MNIST,
    /// `d²`: the squared error, PyTorch's `mse_loss`.
    Brier = sys::EXACTLOSS_BRIER,
    /// `-ln(1 - d)`: binary cross-entropy, PyTorch's `binary_cross_entropy`, and `..._with_logits` of logits.
    Log = sys::EXACTLOSS_LOG,
}

/// A set of one loss or more: `Loss::Mnist | Loss::Log`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Losses(pub(crate) i32);

impl Losses {
    /// All losses.
    pub const ALL: Losses = Losses(Loss::Mnist as i32 | Loss::Brier as i32 | Loss::Log as i32);

    /// Whether the set has this loss.
    pub const fn contains(self, loss: Loss) -> bool {
        self.0 & loss as i32 != 0
    }
}

impl fmt::Debug for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [Loss::Mnist, Loss::Brier, Loss::Log];
        f.debug_set().entries(all.iter().filter(|&&loss| self.contains(loss))).finish()
    }
}

impl From<Loss> for Losses {
    fn from(loss: Loss) -> Self {
        Losses(loss as i32)
    }
}

impl<R: Into<Losses>> BitOr<R> for Loss {
    type Output = Losses;

    fn bitor(self, other: R) -> Losses {
        Losses::from(self) | other
    }
}

impl<R: Into<Losses>> BitOr<R> for Losses {
    type Output = Losses;

    fn bitor(self, other: R) -> Losses {
        Losses(self.0 | other.into().0)
    }
}

/// The gradient of a loss, and how it is scaled and written. A [`Loss`] becomes one with the upstream 1.
///
/// An element's gradient is that of its own loss, times its weight, times `upstream / divisor`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gradient {
    pub(crate) loss: Loss,
    pub(crate) upstream: f64,
    pub(crate) divisor: Option<i64>,
    pub(crate) accumulate: bool,
}

impl Gradient {
    /// The gradient of a loss, with the upstream 1.
    pub const fn of(loss: Loss) -> Self {
        Self { loss, upstream: 1.0, divisor: None, accumulate: false }
    }

    /// The derivative of the final result with respect to the loss. NaN and infinities pass on.
    #[must_use]
    pub const fn upstream(self, upstream: f64) -> Self {
        Self { upstream, ..self }
    }

    /// The divisor of the sum of the elements' losses, at least 1: for the mean of a batch that comes in pieces, the
    /// count of all of them.
    ///
    /// Without it, the gradient is that of the batch's mean: the count, or with weights their sum, which takes another
    /// pass over memory. That of [`sum_and_gradient`](crate::Batch::sum_and_gradient) is 1.
    #[must_use]
    pub const fn divisor(self, divisor: i64) -> Self {
        Self { divisor: Some(divisor), ..self }
    }

    /// Adds to what the gradient's memory holds, instead of overwriting it. Each sum is rounded once.
    #[must_use]
    pub const fn accumulate(self) -> Self {
        Self { accumulate: true, ..self }
    }

    pub(crate) fn options(&self) -> i32 {
        self.loss as i32 | if self.accumulate { sys::EXACTLOSS_ACCUMULATE } else { 0 }
    }
}

impl From<Loss> for Gradient {
    fn from(loss: Loss) -> Self {
        Gradient::of(loss)
    }
}
