# SPDX-License-Identifier: Apache-2.0
"""What exactloss.h promises, in exact integers and fractions: the reference of matrix_test.py.

Elements are handled as the integers that encode them. A finite distance or logarithm is an integer in units of 2^-1074,
the smallest double, and a square is one in units of 2^-2148. Their weighted sums are in these units times 2^-149, the
smallest float.
"""

import decimal
import functools
import math
import struct
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

MNIST, BRIER, LOG = LOSSES = 0x1, 0x2, 0x4  # EXACTLOSS_MNIST ...
ONE = 1 << 1074
WEIGHT_ONE = 1 << 149
UNITS = {MNIST: ONE, BRIER: ONE * ONE, LOG: ONE}  # the integer 1 in the units of a loss
DECIMAL = decimal.Context(prec=100, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
CLAMP_VALUE, CLAMP_SLOPE = 100.0, 1e12


class Format(NamedTuple):
    """A binary format of IEEE 754."""

    option: int  # EXACTLOSS_P_*
    bits: int
    precision: int
    lowest: int  # the smallest positive number is 2^lowest
    code: str  # of the integer that encodes an element, for struct

    @property
    def sign(self):
        return 1 << (self.bits - 1)

    @property
    def infinity(self):
        return (1 << (self.bits - 1)) - (1 << (self.precision - 1))

    @property
    def nan(self):
        return self.infinity | 1 << (self.precision - 2)

    def is_nan(self, encoding):
        return encoding & ~self.sign > self.infinity


FLOAT16 = Format(0x1000, 16, 11, -24, "H")
BFLOAT16 = Format(0x2000, 16, 8, -133, "H")
FLOAT32 = Format(0x3000, 32, 24, -149, "I")
FLOAT64 = Format(0x4000, 64, 53, -1074, "Q")


def pack(values, code):
    return struct.pack(f"<{len(values)}{code}", *values)


def unpack(data, code):
    return list(struct.unpack(f"<{len(data) // struct.calcsize(code)}{code}", data))


@functools.lru_cache(1 << 16)
def value(encoding, form):
    """An encoding as a Python float, which holds every format's numbers."""
    if form is BFLOAT16:
        return value(encoding << 16, FLOAT32)
    return struct.unpack("<" + {16: "e", 32: "f", 64: "d"}[form.bits], struct.pack("<" + form.code, encoding))[0]


def units(x):
    """A finite float in units of 2^-1074."""
    numerator, denominator = x.as_integer_ratio()
    return numerator * (ONE // denominator)


def rounded(numerator, denominator, form):
    """The encoding of the number nearest to a quotient of integers, ties to even."""
    sign = form.sign if numerator < 0 else 0
    numerator = abs(numerator)
    if numerator == 0:
        return 0
    exponent = numerator.bit_length() - denominator.bit_length()
    if numerator << max(-exponent, 0) < denominator << max(exponent, 0):
        exponent -= 1
    unit = max(exponent - form.precision + 1, form.lowest)
    numerator <<= max(-unit, 0)
    denominator <<= max(unit, 0)
    quotient, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and quotient & 1):
        quotient += 1
    return sign | min(quotient + ((unit - form.lowest) << (form.precision - 1)), form.infinity)


def encode(x, form):
    """A float rounded to a format."""
    if math.isnan(x):
        return form.nan
    sign = form.sign if math.copysign(1, x) < 0 else 0
    return sign | (form.infinity if math.isinf(x) else rounded(abs(units(x)), ONE, form))


@functools.lru_cache(1 << 16)
def one_minus(encoding, form):
    p = value(encoding, form)
    return rounded(ONE - units(p), ONE, form) if math.isfinite(p) else encode(-p, form)


@functools.lru_cache(1 << 16)
def added(a, b, form):
    """The sum of two encodings, rounded once."""
    x, y = value(a, form), value(b, form)
    if not math.isfinite(x) or not math.isfinite(y):
        return encode(x + y, form)
    return rounded(units(x) + units(y), ONE, form) if x != 0 or y != 0 else a & b


@functools.lru_cache(1 << 16)
def multiplied(a, b, form):
    x, y = value(a, form), value(b, form)
    if x == 0 or y == 0 or not math.isfinite(x) or not math.isfinite(y):
        return encode(x * y, form)
    return (a ^ b) & form.sign | rounded(abs(units(x) * units(y)), ONE * ONE, form)


@functools.lru_cache(1 << 16)
def divided(a, b, form):
    x, y = value(a, form), value(b, form)
    sign = (a ^ b) & form.sign
    if math.isnan(x) or math.isnan(y) or (x == 0 and y == 0) or (math.isinf(x) and math.isinf(y)):
        return form.nan
    if x == 0 or math.isinf(y):
        return sign
    if math.isinf(x) or y == 0:
        return sign | form.infinity
    return sign | rounded(abs(units(x)), abs(units(y)), form)


def limited(encoding, most, form):
    """Of a magnitude of at most that; NaN stays."""
    x = value(encoding, form)
    return encode(math.copysign(most, x), form) if abs(x) > value(encode(most, form), form) else encoding


def gradient_factor(upstream, divisor, form):
    """g: upstream / divisor, rounded once."""
    if upstream == 0 or not math.isfinite(upstream):
        return encode(upstream, form)
    return rounded(units(upstream), ONE * divisor, form)


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


def narrowed(encoding, wide, form):
    return encode(value(encoding, wide), form)


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


# ----------------------------------------------------------------------------------------------------------- totals --


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

    def double(self):
        for totals in (self, *self.losses.values()):
            for name, total in vars(totals).items():
                if name != "losses":
                    setattr(totals, name, 2 * total)

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
