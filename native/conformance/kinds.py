# SPDX-License-Identifier: Apache-2.0
"""The kinds of arrays: dictionaries of functions that make one of a count and a seed."""

from arrays import FORMATS, choice, of_numbers, ranged, signed
from reference.formats import FLOAT32, FLOAT64, encode


def prediction_kinds(kind):
    f = FORMATS[kind]
    one, last, fraction = encode(1.0, f), f.infinity - 1, 1 << (f.precision - 1)
    specials = [0, f.sign, 1, f.sign | 1, fraction, one - 1, one, one + 1, one | f.sign, last, f.infinity,
                f.infinity | f.sign, f.nan, f.infinity | 1, f.nan | f.sign, *of_numbers(kind, [1e-30, -1e-30, 0.5])]
    ties = of_numbers(kind, [k * 2.0 ** -(f.precision + 1) for k in range(1, 8)])  # 1 - p lies in the middle, or beside
    extremes = [0, f.sign, 1, fraction - 1, one - 1, one, *of_numbers(kind, [1e-30, 1e-13, 0.5, 1 / 3])]

    def span(make, least, most):
        first = encode(least, f)
        return lambda count, seed: make(kind, count, seed, first, encode(most, f) - first)

    return {
        "usual": span(ranged, 2.0**-7, 1.0),
        "unit": lambda count, seed: ranged(kind, count, seed, 0, one + 1),
        "ties": lambda count, seed: choice(kind, count, seed, ties),
        "beside1": lambda count, seed: ranged(kind, count, seed, one - 40, 41),
        "extremes": lambda count, seed: choice(kind, count, seed, extremes),
        "scores": span(signed, 2.0**-6, 64.0),
        "finite": lambda count, seed: signed(kind, count, seed, 0, f.infinity),
        "subnormal": lambda count, seed: signed(kind, count, seed, 0, fraction),
        "huge": lambda count, seed: signed(kind, count, seed, f.infinity - 4 * fraction, 4 * fraction),
        "cancelling": lambda count, seed: choice(kind, count, seed, [last, last | f.sign, one, 1, last - 1]),
        "infinite": lambda count, seed: choice(kind, count, seed, [f.infinity, one, 0, last, 1]),
        "specials": lambda count, seed: choice(kind, count, seed, specials),
    }


CLEAN_KINDS = ["usual", "unit", "ties", "beside1", "extremes"]


def logit_kinds(kind):
    f = FORMATS[kind]
    one, most = encode(1.0, f), encode(1024.0 if f is FLOAT64 else 128.0, f)
    borders = of_numbers(kind, [0.0, -0.0, 17.0, -17.0, 88.75, -104.0, 104.0, -745.5, 745.5, 1e30, -1e30])
    specials = [*borders, 1, f.sign | 1, f.infinity - 1, f.infinity, f.infinity | f.sign, f.nan, f.infinity | 1]
    first, steep = encode(2.0**-4, f), encode(8.0, f)
    return {
        "scores": lambda count, seed: signed(kind, count, seed, first, encode(24.0, f) - first),
        "near0": lambda count, seed: signed(kind, count, seed, 0, one),
        "steep": lambda count, seed: signed(kind, count, seed, steep, most - steep),
        "borders": lambda count, seed: choice(kind, count, seed, borders),
        "finite": lambda count, seed: signed(kind, count, seed, 0, f.infinity),
        "specials": lambda count, seed: choice(kind, count, seed, specials),
    }


CLEAN_LOGIT_KINDS = ["scores", "near0", "steep", "borders", "finite"]

ODD_TARGETS = {
    "uint8": [0, 1, 2, 255, 128],
    "int8": [0, 1, 2, -1, -128, 127],
    "int32": [0, 1, 2, -1, 1 << 24, 257, 65537, -(1 << 31)],
    "int64": [0, 1, 2, -1, 1 << 32, (1 << 32) + 1, (1 << 53) + 1, -(1 << 63)],
    "float32": [0.0, 1.0, -0.0, -1.0, 0.5, float("inf"), float("nan")],
    "float64": [0.0, 1.0, -0.0, -1.0, 0.5, float("inf"), float("nan"), 1 - 2.0**-53]}


def target_kinds(kind):
    none, one = ([0], [1]) if kind not in FORMATS else (of_numbers(kind, [x]) for x in (0.0, 1.0))
    odd = [0, 1] if kind.startswith("bits:") else of_numbers(kind, ODD_TARGETS[kind])
    if kind in FORMATS:
        odd += [one[0] + 1, 1, FLOAT32.infinity >> 1]
    return {
        "even": lambda count, seed: choice(kind, count, seed, none + one),
        "rare": lambda count, seed: choice(kind, count, seed, none * 7 + one),
        "often": lambda count, seed: choice(kind, count, seed, none + one * 7),
        "ones": lambda count, seed: choice(kind, count, seed, one),
        "zeros": lambda count, seed: choice(kind, count, seed, none),
        "odd": lambda count, seed: choice(kind, count, seed, odd),
    }


CLEAN_TARGET_KINDS = ["even", "rare", "often", "ones", "zeros"]


def weight_kinds():
    first, end = of_numbers("float32", [0.125, 4.0])
    integers = of_numbers("float32", [0, 1, 2, 3])
    last = FLOAT32.infinity - 1
    return {
        "usual": lambda count, seed: ranged("float32", count, seed, first, end - first),
        "integers": lambda count, seed: choice("float32", count, seed, integers),
        "zeros": lambda count, seed: choice("float32", count, seed, [0, FLOAT32.sign]),
        "finite": lambda count, seed: ranged("float32", count, seed, 0, FLOAT32.infinity),
        "subnormal": lambda count, seed: ranged("float32", count, seed, 0, 1 << 23),
        "extremes": lambda count, seed: choice("float32", count, seed, [last, 1, integers[1], last - 1, 0]),
    }
