# SPDX-License-Identifier: Apache-2.0
"""The operations of IEEE 754 that the library's functions are made of: each is exact, and then rounded once.

Numbers are Python floats that a format holds, so that infinities, NaN and the signs of zeros are Python's own. Every
other number is an integer times a power of two.
"""

import math
from fractions import Fraction


def parts(x):
    """A finite float as an integer and the exponent of the power of two that it is multiplied by."""
    fraction, exponent = math.frexp(x)
    return int(fraction * 2**53), exponent - 53


class Arithmetic:
    """The operations of a format."""

    def __init__(self, form):
        self.precision, self.lowest = form.precision, form.lowest
        self.overflow = 2 - (form.lowest + form.precision - 1)  # 2 to this power is no number of the format

    def rounded(self, number, exponent, rest=0):
        """number * 2^exponent, to nearest even; where rest is not 0, it lies above that by less than the last bit."""
        magnitude, rest = abs(number), int(rest != 0)
        dropped = max(magnitude.bit_length() - self.precision, self.lowest - exponent, 0)
        number_with_rest, half = magnitude << 1 | rest, 1 << dropped
        kept, tail = magnitude >> dropped, number_with_rest & ((2 << dropped) - 1)
        kept += tail > half or (tail == half and kept & 1)
        if kept.bit_length() + exponent + dropped > self.overflow:
            result = math.inf
        else:
            result = math.ldexp(kept, exponent + dropped)
        return -result if number < 0 else result

    def fma(self, a, b, c):
        """a * b + c"""
        if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
            return c if math.isfinite(a) and math.isfinite(b) else a * b + c
        (m, i), (n, j), (o, k) = parts(a), parts(b), parts(c)
        unit = min(i + j, k)
        total = (m * n << (i + j - unit)) + (o << (k - unit))
        return self.rounded(total, unit) if total != 0 else a * b + c

    def add(self, a, b):
        return self.fma(a, 1.0, b)

    def sub(self, a, b):
        return self.fma(b, -1.0, a)

    def mul(self, a, b):
        if a == 0 or b == 0 or not math.isfinite(a) or not math.isfinite(b):
            return a * b
        (m, i), (n, j) = parts(a), parts(b)
        return self.rounded(m * n, i + j)

    def div(self, a, b):
        """a / b, of finite numbers other than 0."""
        quotient = Fraction(a) / Fraction(b)
        shift = 2 * self.precision + max(0, quotient.denominator.bit_length() - quotient.numerator.bit_length())
        number, rest = divmod(abs(quotient.numerator) << shift, quotient.denominator)
        return self.rounded(-number if quotient < 0 else number, -shift, rest)

    def power(self, k):
        """2^k, of a whole number; NaN of NaN"""
        return k if math.isnan(k) else self.rounded(1, int(k))


def larger(a, b):
    """b where either is NaN"""
    return a if a > b else b
