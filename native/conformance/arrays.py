# SPDX-License-Identifier: Apache-2.0
"""The arrays of the cases: lines of cases.txt, and the elements that they stand for."""

import struct

from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, encode

FORMATS = {"float16": FLOAT16, "bfloat16": BFLOAT16, "float32": FLOAT32, "float64": FLOAT64}
INTEGER_BITS = {"uint8": 8, "int8": 8, "int32": 32, "int64": 64}
ALL = (1 << 64) - 1


def splitmix64(state):
    """The random numbers of the format (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014)."""
    while True:
        state = state + 0x9E3779B97F4A7C15 & ALL
        z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & ALL
        z = (z ^ z >> 27) * 0x94D049BB133111EB & ALL
        yield z ^ z >> 31


def fnv1a(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 & ALL
    return h


class Draw:
    """Choices whose seed is a name, so that a new case changes no other one."""

    def __init__(self, name):
        self.numbers = splitmix64(fnv1a(name.encode()))

    def below(self, end):
        return next(self.numbers) % end

    def one_of(self, choices):
        return choices[self.below(len(choices))]

    def is_in(self, times):
        """True once in so many times."""
        return self.below(times) == 0

    def seed(self):
        return next(self.numbers)


def bit_width(kind):
    """Of an element of a type, in bits."""
    if kind.startswith("bits:"):
        return 1
    return FORMATS[kind].bits if kind in FORMATS else INTEGER_BITS[kind]


class Array:
    """A line and its elements, as the unsigned integers that encode them."""

    def __init__(self, kind, count, words, elements):
        self.kind, self.count, self.words, self.elements = kind, count, words, elements

    def line(self, name):
        return " ".join([name, self.kind, str(self.count), *self.words])


def pattern(kind, element):
    return f"{element:0{(bit_width(kind) + 3) // 4}x}"


def patterns(kind, elements):
    return [pattern(kind, e) for e in elements]


def literal(kind, elements):
    return Array(kind, len(elements), ["bits", *patterns(kind, elements)], elements)


def ranged(kind, count, seed, first, length):
    numbers = splitmix64(seed)
    words = ["range", f"{seed:016x}", *patterns(kind, [first, length])]
    return Array(kind, count, words, [first + next(numbers) % length for _ in range(count)])


def signed(kind, count, seed, first, length):
    numbers, sign, elements = splitmix64(seed), 1 << (bit_width(kind) - 1), []
    for _ in range(count):
        w = next(numbers)
        elements.append(first + (w >> 1) % length | sign * (w & 1))
    return Array(kind, count, ["signed", f"{seed:016x}", *patterns(kind, [first, length])], elements)


def choice(kind, count, seed, among):
    numbers = splitmix64(seed)
    words = ["choice", f"{seed:016x}", *patterns(kind, among)]
    return Array(kind, count, words, [among[next(numbers) % len(among)] for _ in range(count)])


def of_numbers(kind, numbers):
    """The encodings of Python numbers."""
    if kind in FORMATS:
        return [encode(float(x), FORMATS[kind]) for x in numbers]
    return [x & (1 << bit_width(kind)) - 1 for x in numbers]


def little_endian(kind, elements):
    code = {8: "B", 16: "H", 32: "I", 64: "Q"}[bit_width(kind)]
    return struct.pack(f"<{len(elements)}{code}", *elements)


# ---------------------------------------------------------------------------------------- kinds of predictions ... --


def prediction_kinds(kind):
    """What makes predictions of a type: functions of a count and a seed."""
    f = FORMATS[kind]
    one, last, fraction = encode(1.0, f), f.infinity - 1, 1 << (f.precision - 1)
    specials = [0, f.sign, 1, f.sign | 1, fraction, one - 1, one, one + 1, one | f.sign, last, f.infinity,
                f.infinity | f.sign, f.nan, f.infinity | 1, f.nan | f.sign, *of_numbers(kind, [1e-30, -1e-30, 0.5])]
    extremes = [0, f.sign, 1, fraction - 1, one - 1, one, *of_numbers(kind, [1e-30, 1e-13, 0.5, 1 / 3])]

    def span(make, least, most):
        first = encode(least, f)
        return lambda count, seed: make(kind, count, seed, first, encode(most, f) - first)

    return {
        "usual": span(ranged, 2.0**-7, 1.0),
        "unit": lambda count, seed: ranged(kind, count, seed, 0, one + 1),
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


CLEAN_KINDS = ["usual", "unit", "beside1", "extremes"]


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
    "uint8": [0, 1, 2, 255, 128], "int8": [0, 1, 2, -1, -128, 127], "int32": [0, 1, 2, -1, 1 << 24, 257, 65537, -(1 << 31)],
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


BAD_WEIGHTS = [FLOAT32.sign | 1, FLOAT32.infinity, FLOAT32.infinity | FLOAT32.sign, FLOAT32.nan,
               *of_numbers("float32", [-1.0])]


def few(make, count, seed, most=12):
    """An array of a few different elements, where more would take the exact reference too long."""
    pool = make(most, seed)
    return choice(pool.kind, count, seed ^ ALL, pool.elements)
