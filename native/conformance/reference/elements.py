# SPDX-License-Identifier: Apache-2.0
"""What exactloss.h promises of the elements of a batch, given the functions of each.

The functions of an element are three encodings in the format that is computed in: sigmoid(x) and sigmoid(-x) of a
logit, or the prediction itself twice, and the unclamped value of log.
"""

import collections
import math

from .formats import (BFLOAT16, FLOAT16, FLOAT32, FLOAT64, ONE, added, converted, divided, encode, gradient_factor,
                      limited, multiplied, one_minus, units, value)
from .totals import BRIER, LOG, MNIST

CLAMP_VALUE, CLAMP_SLOPE = 100.0, 1e12
ERROR_STRICT, ERROR_WEIGHT = 7, 13
PREDICTIONS, TARGETS, WEIGHTS = 1, 2, 3  # EXACTLOSS_PREDICTIONS ...


def in_units(p, is_complement):
    """p or 1 - p, in units where it is finite."""
    if not math.isfinite(p):
        return -p if is_complement else p
    return ONE - units(p) if is_complement else units(p)


class Elements:
    """Predictions or logits with targets, all as encodings: integers as themselves.

    Subclasses have the fields that the methods use: form, target_form (None for integers), predictions, targets, and
    weights (or None), is_logits, is_strict, is_clamped.
    """

    @property
    def wide(self):
        """The format that is computed in."""
        return FLOAT32 if self.form in (FLOAT16, BFLOAT16) else self.form

    @property
    def count(self):
        return len(self.predictions)

    def positives(self):
        one = 1 if self.target_form is None else encode(1.0, self.target_form)
        return [t == one for t in self.targets]

    def distance(self, functions, positive):
        """The encoding of a distance, rounded to the wide format."""
        plus, minus, _ = functions
        return plus if not positive else minus if self.is_logits else one_minus(plus, self.wide)

    def log(self, functions):
        return limited(functions[2], CLAMP_VALUE, self.wide) if self.is_clamped else functions[2]

    def value_of(self, loss, functions, positive):
        """The encoding of an element's loss in the wide format."""
        distance = self.distance(functions, positive)
        return {MNIST: distance, BRIER: multiplied(distance, distance, self.wide), LOG: self.log(functions)}[loss]

    def weighted(self, encodings):
        """Products with the weights, in the wide format."""
        if self.weights is None:
            return encodings
        wide = self.wide
        return [multiplied(e, converted(w, FLOAT32, wide), wide) for e, w in zip(encodings, self.weights)]

    def values(self, loss, functions):
        """The encodings of the elements' losses."""
        if loss == MNIST and not self.is_logits and self.weights is None:
            return [one_minus(p, self.form) if t else p for p, t in zip(self.predictions, self.positives())]
        values = [self.value_of(loss, f, t) for f, t in zip(functions, self.positives())]
        return [converted(v, self.wide, self.form) for v in self.weighted(values)]

    def gradient(self, loss, upstream, divisor, functions, old=None):
        """The encodings of the elements' gradients, added to `old` ones if there are any."""
        form, wide = self.form, self.wide
        is_of_targets = loss == MNIST and not self.is_logits
        factor_form = form if is_of_targets else wide
        g = converted(gradient_factor(upstream, divisor, factor_form), factor_form, wide)
        own = [self.gradient_of(loss, g, f, t) for f, t in zip(functions, self.positives())]
        own = [converted(x, wide, form) for x in self.weighted(own)]
        return own if old is None else [added(o, addend, form) for o, addend in zip(old, own)]

    def gradient_of(self, loss, g, functions, positive):
        """The encoding of an element's gradient in the wide format: the operations that exactloss.h lists."""
        wide, minus = self.wide, self.wide.sign if positive else 0
        plus, other, _ = functions
        d = self.distance(functions, positive)
        slope = multiplied(g, multiplied(plus, other, wide), wide)
        if loss == MNIST:
            own = slope if self.is_logits else g
        elif loss == BRIER:
            own = multiplied(added(d, d, wide), slope if self.is_logits else g, wide)
        elif self.is_logits:
            own = multiplied(d, g, wide)
        else:
            own = divided(g, plus if positive else one_minus(plus, wide), wide)
            factor = abs(value(g, wide))
            if self.is_clamped and factor > 0:
                own = limited(own, CLAMP_SLOPE * factor, wide)
        return own ^ minus

    def add_elements(self, totals, threshold, functions):
        """Adds the elements to totals."""
        weights = [None] * self.count if self.weights is None else self.weights
        elements = zip(functions, self.positives(), weights)
        for (own, positive, weight), times in collections.Counter(elements).items():
            plus, minus = (value(f, self.wide) for f in own[:2])
            distance = in_units(minus if positive and self.is_logits else plus, positive and not self.is_logits)
            totals.add(plus, distance, in_units(value(self.log(own), self.wide), False), positive,
                       None if weight is None else value(weight, FLOAT32), times, threshold, self.is_logits)

    def target_value(self, target):
        return float(target) if self.target_form is None else value(target, self.target_form)

    def violation(self, has_predictions=True):
        """The index, the value and the argument of the first element that is refused, or None."""
        for i, (prediction, target) in enumerate(zip(self.predictions, self.targets)):
            p, t = value(prediction, self.form), self.target_value(target)
            w = 1.0 if self.weights is None else value(self.weights[i], FLOAT32)
            is_good = not math.isnan(p) if self.is_logits else 0 <= p <= 1
            if self.is_strict and has_predictions and not is_good:
                return i, p, PREDICTIONS
            if self.is_strict and t not in (0, 1):
                return i, t, TARGETS
            if not 0 <= w < math.inf:
                return i, w, WEIGHTS
        return None
