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
