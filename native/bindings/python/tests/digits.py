# SPDX-License-Identifier: Apache-2.0
"""The digits and the random numbers of `exactloss train`, as java/exactloss-cli makes them."""

import math
import pathlib

import numpy

SIDE = 28
PIXELS = SIDE * SIDE
_MASK = (1 << 48) - 1


class JavaRandom:
    """java.util.Random, whose algorithms are fixed by its specification."""

    def __init__(self, seed):
        self.state = (seed ^ 0x5DEECE66D) & _MASK
        self.next_gaussian = None

    def bits(self, count):
        self.state = (self.state * 0x5DEECE66D + 0xB) & _MASK
        return self.state >> (48 - count)

    def below(self, bound):
        """nextInt(bound)"""
        if bound & (bound - 1) == 0:
            return (bound * self.bits(31)) >> 31
        while True:
            bits = self.bits(31)
            value = bits % bound
            if bits - value + bound - 1 < 1 << 31:
                return value

    def between(self, origin, bound):
        """nextInt(origin, bound) of a range that is no power of two"""
        size = bound - origin
        while True:
            bits = self.bits(32) >> 1
            value = bits % size
            if bits + size - 1 - value < 1 << 31:
                return value + origin

    def gaussian(self):
        if self.next_gaussian is not None:
            value, self.next_gaussian = self.next_gaussian, None
            return value
        while True:
            v1, v2 = 2 * self.double() - 1, 2 * self.double() - 1
            s = v1 * v1 + v2 * v2
            if 0 < s < 1:
                multiplier = math.sqrt(-2 * math.log(s) / s)
                self.next_gaussian = v2 * multiplier
                return v1 * multiplier

    def double(self):
        high = self.bits(26) << 27
        return (high + self.bits(27)) * 2.0**-53


def _drawings(path):
    drawings = {"3": [], "7": []}
    rows = None
    for line in pathlib.Path(path).read_text().splitlines():
        if line in drawings:
            rows = []
            drawings[line].append(rows)
        elif line and not line.startswith("# "):
            rows.append([pixel == "#" for pixel in line])
    return drawings["3"], drawings["7"]


def _variation(drawing, random):
    image = numpy.zeros((SIDE, SIDE), numpy.uint8)
    left, top = 4 + random.between(-2, 3), 4 + random.between(-2, 3)
    for y in range(20):
        for x in range(20):
            if drawing[y // 2][x // 2]:
                image[top + y, left + x] = random.between(160, 256)
    for _ in range(12):
        at = random.below(PIXELS)
        image.reshape(-1)[at] = random.below(256)
    return image.reshape(-1)


def drawn(path):
    """The drawn digits: ((pixels, labels) to train with, (pixels, labels) to validate with)."""
    threes, sevens = _drawings(path)
    random = JavaRandom(37)

    def vary(threes, sevens):
        images = [_variation(drawing, random) for drawing in threes + sevens for _ in range(200)]
        labels = numpy.repeat(numpy.uint8([1, 0]), [200 * len(threes), 200 * len(sevens)])
        return _ink(numpy.stack(images)), labels

    return vary(threes[:-3], sevens[:-3]), vary(threes[-3:], sevens[-3:])


def _ink(images):
    return images.astype(numpy.float32) / numpy.float32(255)


def mnist(folder):
    """The 3s and 7s of MNIST, in the order of its files."""
    def half(name):
        labels = numpy.fromfile(pathlib.Path(folder) / f"{name}-labels-idx1-ubyte", numpy.uint8)[8:]
        images = numpy.fromfile(pathlib.Path(folder) / f"{name}-images-idx3-ubyte", numpy.uint8)[16:]
        wanted = (labels == 3) | (labels == 7)
        return _ink(images.reshape(-1, PIXELS)[wanted]), (labels[wanted] == 3).astype(numpy.uint8)

    return half("train"), half("t10k")
