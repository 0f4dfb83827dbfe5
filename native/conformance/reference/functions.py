# SPDX-License-Identifier: Apache-2.0
"""The logistic function and the logarithms, of which every bit is defined: a second implementation of
native/src/sigmoid.h and native/src/logarithm.h, which argue their steps. The variables have their names.
"""

import functools
import math
from dataclasses import dataclass

from .arithmetic import Arithmetic, larger
from .formats import FLOAT32, FLOAT64


def numbers(text):
    return [float.fromhex(word) for word in text.split()]


@dataclass(frozen=True)
class Constants:
    """Those of a format. Polynomials have the lowest coefficient first."""

    lowest: float
    log2_e: float
    integer_shift: float
    ln2_high: float
    ln2_low: float
    exponential: list
    log_scale_exponent: int
    ln2_upper: float
    ln2_lower: float
    logarithm: list
    softplus: list


F32 = Constants(
    lowest=-104.0,
    log2_e=float.fromhex("0x1.715476p+0"),
    integer_shift=1.5 * 2**23,
    ln2_high=float.fromhex("0x1.62e43p-1"),
    ln2_low=float.fromhex("-0x1.05c61p-29"),
    exponential=numbers("0x1.fffffap-2 0x1.555484p-3 0x1.555938p-5 0x1.124368p-7 0x1.6a884ap-10"),
    log_scale_exponent=24,
    ln2_upper=float.fromhex("0x1.62e4p-1"),
    ln2_lower=float.fromhex("0x1.7f7d1cp-20"),
    logarithm=numbers("""0x1.0p-1 -0x1.555506p-2 0x1.fffefp-3 -0x1.99d028p-3 0x1.559dcep-3 -0x1.1ed714p-3
                         0x1.f310e4p-4 -0x1.1e66ccp-3 0x1.08065p-3"""),
    softplus=numbers("""-0x1.066e08p-3 0x1.6f0d74p-3 -0x1.7de0ccp-4 0x1.a285fep-5 -0x1.d99454p-6 0x1.10e874p-6
                        -0x1.4d80c6p-7 0x1.c635c8p-8 -0x1.b2f588p-9"""))

F64 = Constants(
    lowest=-746.0,
    log2_e=float.fromhex("0x1.71547652b82fep+0"),
    integer_shift=1.5 * 2**52,
    ln2_high=float.fromhex("0x1.62e42fefa39efp-1"),
    ln2_low=float.fromhex("0x1.abc9e3b39803fp-56"),
    exponential=numbers("""0x1.0000000000007p-1 0x1.555555555544fp-3 0x1.55555555510b8p-5 0x1.11111111548d7p-7
                           0x1.6c16c1832791cp-10 0x1.a01a002df2cdbp-13 0x1.a0199b726c9ddp-16 0x1.71e16c37f27bfp-19
                           0x1.28acfe4f045a2p-22 0x1.a9c9d67351241p-26"""),
    log_scale_exponent=54,
    ln2_upper=float.fromhex("0x1.62e42fefa38p-1"),
    ln2_lower=float.fromhex("0x1.ef35793c7673p-45"),
    logarithm=numbers("""0x1.0p-1 -0x1.5555555555543p-2 0x1.0000000000962p-2 -0x1.999999999e68bp-3
                         0x1.555555540cce2p-3 -0x1.249249216b167p-3 0x1.000000859da94p-3 -0x1.c71c73bc220d2p-4
                         0x1.9999620a3c09dp-4 -0x1.745cc00f30526p-4 0x1.555c0792db782p-4 -0x1.3b1cee51f5834p-4
                         0x1.2413d223515c5p-4 -0x1.10731d91440ap-4 0x1.05c4f73f5e75fp-4 -0x1.ef2f766f39a7cp-5
                         0x1.76af0a488e76ap-5 -0x1.586b728560743p-5 0x1.614056ea448d5p-4 -0x1.5a10e834c05cp-4"""),
    softplus=numbers("""-0x1.066e09a033dap-3 0x1.6f0d7bd624beep-3 -0x1.7ddf1fe86ababp-4 0x1.a279c04c78328p-5
                        -0x1.da34824888253p-6 0x1.131116fc3997dp-6 -0x1.44ba45d9b1ae7p-7 0x1.84904ec05b1e8p-8
                        -0x1.d5faf1e02e687p-9 0x1.1ebd459bc1aa8p-9 -0x1.6075f5b1c6d97p-10 0x1.b3dcf8908acefp-11
                        -0x1.0ed0b45f8a7d4p-11 0x1.532dbc3be9b2ap-12 -0x1.ada9bc8ec71bap-13 0x1.0715f73a0a41dp-13
                        -0x1.2a29536878937p-14 0x1.ba754c35e9ae9p-15 -0x1.ace1d7cfafe12p-15 0x1.a8f705c6fc92ep-16"""))


@dataclass(frozen=True)
class Exponential:
    """exp(-|x|) = (high + low) * power"""

    high: float
    low: float
    exp_r: float
    power: float


class Functions:
    """The functions of a format, of floats that it holds."""

    def __init__(self, form, constants):
        self.a, self.c = Arithmetic(form), constants

    def polynomial(self, coefficients, x, x2):
        """By pairs of coefficients, from the highest on."""
        fma, total = self.a.fma, None
        for i in range((len(coefficients) - 1) // 2 * 2, -1, -2):
            pair = coefficients[i:i + 2]
            term = fma(pair[1], x, pair[0]) if len(pair) == 2 else pair[0]
            total = term if total is None else fma(total, x2, term)
        return total

    def exponential(self, x):
        """exp(-|x|)"""
        a, c = self.a, self.c
        t = larger(c.lowest, -abs(x))
        k = a.sub(a.fma(t, c.log2_e, c.integer_shift), c.integer_shift)
        r1 = a.fma(k, -c.ln2_high, t)
        r = a.fma(k, -c.ln2_low, r1)
        r2 = a.mul(r, r)
        p = self.polynomial(c.exponential, r, r2)
        high = a.add(1.0, r1)
        low = a.fma(r2, p, a.fma(k, -c.ln2_low, a.sub(r1, a.sub(high, 1.0))))
        return Exponential(high, low, a.fma(r2, p, high), a.power(k))

    @functools.lru_cache(1 << 16)
    def sigmoids(self, x):
        """sigmoid(-|x|) and sigmoid(|x|)"""
        if math.isnan(x):
            return x, x
        a, e = self.a, self.exponential(x)
        q = a.div(-1.0, a.fma(-e.power, e.exp_r, -1.0))
        minus_power_q = a.mul(-e.power, q)
        c = a.fma(minus_power_q, e.low, a.fma(minus_power_q, e.high, a.sub(1.0, q)))
        rest = a.mul(a.fma(e.exp_r, c, e.low), q)
        return a.mul(a.fma(e.high, q, rest), e.power), a.fma(q, c, q)

    def sigmoid(self, x):
        small, large = self.sigmoids(x)
        return small if math.copysign(1.0, x) < 0 else large

    @functools.lru_cache(1 << 16)
    def softplus(self, x):
        """ln(1 + exp(x))"""
        if not math.isfinite(x):
            return larger(0.0, x)
        a, e = self.a, self.exponential(x)
        total = a.add(e.high, e.low)
        power_a, b = a.mul(total, e.power), a.add(a.sub(e.high, total), e.low)
        base = larger(0.0, x)
        y = a.add(base, power_a)
        back = a.sub(y, base)
        lost = a.add(a.sub(base, a.sub(y, back)), a.sub(power_a, back))
        quarter = a.mul(power_a, -0.25)
        most = a.fma(quarter, power_a, y)
        lost_too = a.fma(quarter, power_a, a.sub(y, most))
        slope = a.fma(quarter, a.add(e.power, e.power), e.power)
        v = a.add(power_a, -0.5)
        t = self.polynomial(self.c.softplus, v, a.mul(v, v))
        small = a.fma(a.mul(power_a, power_a), t, a.fma(slope, b, a.add(lost, lost_too)))
        return larger(a.add(most, small), x)

    @functools.lru_cache(1 << 16)
    def log_value(self, p, positive):
        """-ln(p) where the target is positive, -ln(1 - p) elsewhere"""
        if not 0 <= p <= 1:
            return math.nan
        if p == (0 if positive else 1):
            return math.inf
        a, c = self.a, self.c
        scale = 2.0**c.log_scale_exponent
        one, line = (0.0, a.mul(p, scale)) if positive else (scale, a.mul(p, -scale))
        k = self.binary_order(a.add(one, line))
        minus_k, power = float(c.log_scale_exponent - k), 2.0**-k
        f = a.fma(line, power, a.fma(one, power, -1.0))
        f2 = a.mul(f, f)
        low = a.fma(f2, self.polynomial(c.logarithm, f, f2), a.mul(minus_k, c.ln2_lower))
        high = a.mul(minus_k, c.ln2_upper)
        total = a.sub(high, f)
        return a.add(total, a.add(low, a.sub(a.sub(high, total), f)))

    @staticmethod
    def binary_order(s):
        """k, with 2/3 <= s 2^-k < 4/3"""
        fraction, exponent = math.frexp(s)
        numerator, denominator = fraction.as_integer_ratio()
        return exponent if 3 * numerator >= 2 * denominator else exponent - 1


FUNCTIONS = {FLOAT32: Functions(FLOAT32, F32), FLOAT64: Functions(FLOAT64, F64)}
