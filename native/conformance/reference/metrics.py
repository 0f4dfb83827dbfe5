# SPDX-License-Identifier: Apache-2.0
"""The metrics of counts: quotients of whole numbers, rounded once, and the Matthews coefficient."""

import math
from fractions import Fraction

from .arithmetic import Arithmetic, parts
from .formats import FLOAT64, rounded, value

F64 = Arithmetic(FLOAT64)


def quotient(above, below):
    """Of fractions, as a float; NaN where the divisor is 0."""
    if below == 0:
        return math.nan
    exact = Fraction(above) / Fraction(below)
    return value(rounded(exact.numerator, exact.denominator, FLOAT64), FLOAT64)


def f_beta(tp, fp, fn, beta):
    square = Fraction(beta) ** 2
    return quotient((1 + square) * tp, (1 + square) * tp + square * fn + fp)


def square_root(x):
    """Rounded once: an integer root with more bits than a float64 has, and whether there is a rest."""
    if not x > 0:
        return x
    number, exponent = parts(x)
    number, exponent = number << 128 + (exponent & 1), exponent - 128 - (exponent & 1)
    root = math.isqrt(number)
    return F64.rounded(root, exponent // 2, number - root * root)


def matthews(tp, fp, tn, fn):
    """The geometric mean of two quotients, each rounded once, as their product is and its root."""
    difference = tp * tn - fp * fn
    of_predictions = quotient(difference, (tp + fp) * (tn + fn))
    of_targets = quotient(difference, (tp + fn) * (tn + fp))
    if math.isnan(of_predictions) or math.isnan(of_targets):
        return math.nan
    return math.copysign(square_root(F64.mul(of_predictions, of_targets)), of_targets)


def metrics(tp, fp, tn, fn):
    """By their names."""
    positives, negatives = tp + fn, tn + fp
    return {
        "accuracy": quotient(tp + tn, positives + negatives),
        "precision": quotient(tp, tp + fp),
        "recall": quotient(tp, positives),
        "specificity": quotient(tn, negatives),
        "f1": f_beta(tp, fp, fn, 1.0),
        "balanced_accuracy": quotient(tp * negatives + tn * positives, 2 * positives * negatives),
        "jaccard": quotient(tp, tp + fp + fn),
        "kappa": quotient(2 * (tp * tn - fp * fn), (tp + fp) * negatives + positives * (fn + tn)),
        "matthews": matthews(tp, fp, tn, fn),
    }
