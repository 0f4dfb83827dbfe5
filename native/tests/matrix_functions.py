# SPDX-License-Identifier: Apache-2.0
"""Logarithms and exponentials of 60 digits and more: how far the library's functions may be off."""

import decimal
import functools
import math
from fractions import Fraction

from reference.formats import FLOAT64, value

DECIMAL = decimal.Context(prec=100, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)


# ---------------------------------------------------------------------------------------------------------- sigmoid --


@functools.lru_cache(1 << 16)
def sigmoids(x):
    """sigmoid(x) and sigmoid(-x) to 60 digits."""
    power = DECIMAL.exp(DECIMAL.copy_negate(decimal.Decimal(abs(x))))
    if power.adjusted() < -2000:  # below half of every format's smallest number
        power = decimal.Decimal("1e-2000")
    large = Fraction(DECIMAL.divide(decimal.Decimal(1), DECIMAL.add(1, power)))
    small = large * Fraction(power)
    return (large, small) if x >= 0 else (small, large)


def unit_in_last_place(exact, form):
    if exact == 0:
        return Fraction(2) ** form.lowest
    exponent = abs(exact).numerator.bit_length() - exact.denominator.bit_length()
    if Fraction(2) ** exponent > abs(exact):
        exponent -= 1
    return Fraction(2) ** max(exponent - form.precision + 1, form.lowest)


@functools.lru_cache(1 << 16)
def is_sigmoid(encoding, x, form):
    """Whether an encoding is close enough to sigmoid(x): 1 unit in the last place, 2 for float64."""
    result = value(encoding, form)
    if math.isnan(x) or math.isnan(result):
        return math.isnan(x) and math.isnan(result)
    exact = sigmoids(x)[0]
    allowed = 2 if form is FLOAT64 else 1
    return 0 <= result <= 1 and abs(Fraction(result) - exact) <= allowed * unit_in_last_place(exact, form)


# ------------------------------------------------------------------------------------------------------- logarithms --


def log1p(x):
    """ln(1 + x) of a Fraction above -1, to at least 60 digits."""
    if abs(x) < Fraction(1, 10**22):
        return x - x**2 / 2 + x**3 / 3 - x**4 / 4
    one = 1 + x
    return Fraction(DECIMAL.ln(DECIMAL.divide(decimal.Decimal(one.numerator), decimal.Decimal(one.denominator))))


@functools.lru_cache(1 << 16)
def log_of_prediction(p, positive):
    """-ln(1 - d) as a Fraction, or a float that is infinite or NaN."""
    if not 0 <= p <= 1:
        return math.nan
    if p == (0 if positive else 1):
        return math.inf
    return -log1p(Fraction(p) - 1 if positive else -Fraction(p))


@functools.lru_cache(1 << 16)
def log_of_logit(x, positive):
    x = -x if positive else x
    if not math.isfinite(x):
        return math.nan if math.isnan(x) else max(x, 0.0)
    power = DECIMAL.exp(decimal.Decimal(-abs(x)))
    power = Fraction(power) if power.adjusted() > -2000 else Fraction(1, 10**2000)
    return max(Fraction(x), Fraction(0)) + log1p(power)


def is_close(encoding, exact, form):
    """Whether an encoding is close enough to a value of a loss: 1 unit in the last place, 2 for float64."""
    result = value(encoding, form)
    if isinstance(exact, float):
        return result == exact or (math.isnan(exact) and math.isnan(result))
    allowed = (2 if form is FLOAT64 else 1) * unit_in_last_place(exact, form)
    return not math.isnan(result) and 0 <= result < math.inf and abs(Fraction(result) - exact) <= allowed
