# SPDX-License-Identifier: Apache-2.0
"""The exact sums of a batch, and the results that are made of them.

A distance or a value of log is an integer in units of 2^-1074, and a square is one in units of 2^-2148. Their weighted
sums are in these units times 2^-149, the smallest float.
"""

import math
import struct
from dataclasses import dataclass, field

from .formats import FLOAT32, FLOAT64, ONE, encode, rounded, units

MNIST, BRIER, LOG = LOSSES = 0x1, 0x2, 0x4  # EXACTLOSS_MNIST ...
WEIGHT_ONE = 1 << 149
UNITS = {MNIST: ONE, BRIER: ONE * ONE, LOG: ONE}  # the integer 1 in the units of a loss


@dataclass
class LossTotals:
    """What one loss of some elements is made of."""

    nans: int = 0
    infinities: int = 0
    minus_infinities: int = 0
    sum: int = 0  # in units of the loss times 2^-149

    def add(self, loss, finite, weight, times):
        """Adds an element: its loss is in units, or a float that is NaN or infinite; then it has a finite part."""
        factor = 1.0 if weight is None else weight
        number = loss if isinstance(loss, int) else finite
        self.sum += number * (units(factor) // (ONE // WEIGHT_ONE)) * times
        if isinstance(loss, int):
            return
        if math.isnan(loss * factor):
            self.nans += times
        elif loss > 0:
            self.infinities += times
        else:
            self.minus_infinities += times


@dataclass
class Totals:
    """What the losses and the metrics of some elements are made of."""

    count: int = 0
    positives: int = 0
    true_positives: int = 0
    false_positives: int = 0
    weighted: int = 0
    weights: int = 0  # in units of 2^-149, of the weighted elements
    losses: dict = field(default_factory=lambda: {loss: LossTotals() for loss in LOSSES})

    def add(self, prediction, distance, log, positive, weight, times, threshold, is_logit):
        """Adds an element as often as `times` says. Its distance and its log are in units, or NaN or infinite floats."""
        self.count += times
        self.positives += positive * times
        above = prediction > threshold
        self.true_positives += (above and positive) * times
        self.false_positives += (above and not positive) * times
        if weight is not None:
            self.weighted += times
            self.weights += units(weight) // (ONE // WEIGHT_ONE) * times
        one = positive and not is_logit
        self.losses[MNIST].add(distance, ONE * one, weight, times)
        self.losses[BRIER].add(distance * distance, ONE * ONE * one, weight, times)
        self.losses[LOG].add(log, 0, weight, times)

    def merge(self, other):
        """Adds other totals, which may be these."""
        for mine, others in ((self, other), *((self.losses[loss], other.losses[loss]) for loss in LOSSES)):
            for name, total in vars(others).items():
                if name != "losses":
                    setattr(mine, name, vars(mine)[name] + total)

    def all_weights(self):
        return self.weights + (self.count - self.weighted) * WEIGHT_ONE

    def loss(self, loss, is_mean, form):
        """The encoding of a loss."""
        totals = self.losses[loss]
        if (totals.nans or (totals.infinities and totals.minus_infinities)
                or (is_mean and self.all_weights() == 0)):
            return form.nan
        if totals.infinities or totals.minus_infinities:
            return form.infinity | (form.sign if totals.minus_infinities else 0)
        return rounded(totals.sum, UNITS[loss] * (self.all_weights() if is_mean else WEIGHT_ONE), form)

    def result(self, loss):
        """The fields of exactloss_loss_result."""
        totals = self.losses[loss]
        return [(FLOAT64, self.loss(loss, True, FLOAT64)), (FLOAT64, self.loss(loss, False, FLOAT64)),
                (FLOAT32, self.loss(loss, True, FLOAT32)), (FLOAT32, self.loss(loss, False, FLOAT32)),
                (None, totals.nans), (None, totals.infinities + totals.minus_infinities)]

    def evaluation(self, losses, threshold):
        """The fields of exactloss_evaluation but its size: pairs of a format, None for integers, and a value."""
        correct = self.true_positives + self.count - self.positives - self.false_positives
        counts = [self.count, self.positives, self.true_positives, self.false_positives,
                  self.count - self.positives - self.false_positives, self.positives - self.true_positives]
        absent = [(FLOAT64, FLOAT64.nan)] * 2 + [(FLOAT32, FLOAT32.nan)] * 2 + [(None, 0)] * 2
        return [
            (None, losses), (FLOAT64, encode(threshold + 0.0, FLOAT64)),
            (FLOAT64, rounded(correct, self.count, FLOAT64) if self.count else FLOAT64.nan),
            (FLOAT64, rounded(self.all_weights(), WEIGHT_ONE, FLOAT64)), *[(None, count) for count in counts],
            *[field for loss in LOSSES for field in (self.result(loss) if losses & loss else absent)]]

    def byte_form(self, losses, threshold):
        """native/docs/byte-form.md."""
        counts = self.count, self.positives, self.true_positives, self.false_positives, self.weighted
        form = (struct.pack("<4siqd5q", b"XLAC", 1, losses, threshold + 0.0, *counts)
                + (self.weights << 11).to_bytes(44, "little", signed=True) + bytes(4))
        for loss, totals in self.losses.items():
            if losses & loss:
                total = (totals.sum << 7).to_bytes(576, "little", signed=True) if loss == BRIER else (
                    (totals.sum << 25).to_bytes(308, "little", signed=True) + bytes(4))
                form += struct.pack("<3q", totals.nans, totals.infinities, totals.minus_infinities) + total
        return form
