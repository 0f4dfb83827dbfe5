# SPDX-License-Identifier: Apache-2.0
"""The binary formats, and operations on their encodings that round once.

Elements are handled as the integers that encode them. A finite number is an integer in units of 2^-1074, the smallest
double.
"""

import functools
import math
import struct
from typing import NamedTuple

ONE = 1 << 1074


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


def converted(encoding, form, other):
    """A number of a format in another one, rounded once."""
    return encoding if form is other else encode(value(encoding, form), other)


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
