#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shared library against Python's exact fractions, on the kernels of one instruction set.

Usage: exact_reference_test.py LIBRARY ISA, with EXACTLOSS_MAX_ISA set to ISA. Exits with 77 (skipped) where the machine
cannot run that instruction set.
"""

import ctypes
import math
import random
import struct
import sys
from fractions import Fraction

UINT8, FLOAT32 = 1, 6
MEAN, SUM = 1, 2
SKIPPED = 77
ISAS = {"portable": 0, "avx2": 1, "avx512": 2}


def round_to_float32(value: Fraction) -> float:
    """The float32 nearest to an exact value, ties to even; the infinities beyond the largest one."""
    if value == 0:
        return 0.0
    magnitude = abs(value)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if Fraction(2) ** exponent > magnitude:
        exponent -= 1
    unit = Fraction(2) ** max(exponent - 23, -149)
    rounded = round(magnitude / unit) * unit  # Fraction rounds halves to even
    result = math.inf if rounded >= Fraction(2) ** 128 else float(rounded)
    return math.copysign(result, value)


def bits_to_float(bits: int) -> float:
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def nearest_float32(value: float) -> float:
    return struct.unpack("<f", struct.pack("<f", value))[0]


KINDS = {
    "uniform": lambda r: nearest_float32(r.random()),
    "tiny": lambda r: nearest_float32(math.exp(-80 * r.random())),
    "huge": lambda r: nearest_float32(r.choice([-1, 1]) * r.uniform(1e38, 3.4e38)),
    "subnormal": lambda r: bits_to_float(r.getrandbits(23) | r.getrandbits(1) << 31),
    "zeros": lambda r: r.choice([0.0, -0.0]),
    "raw scores": lambda r: nearest_float32(r.uniform(-50, 50)),
    "mixed": lambda r: bits_to_float(r.getrandbits(1) << 31 | r.randrange(255) << 23 | r.getrandbits(23)),
    "borders": lambda r: r.choice([0.0, 1.0, 2.0**-19, 2.0**-20, -1.0, 1 + 2.0**-23, 1 - 2.0**-24, 2.0**125]),
}


def expected(predictions, targets):
    """The exact sum of the distances, from the definition."""
    total = Fraction(0)
    for p, t in zip(predictions, targets):
        total += 1 - Fraction(p) if t == 1 else Fraction(p)
    return total


def call(library, predictions, targets, target_type, reduction):
    count = len(predictions)
    loss, loss_f32 = ctypes.c_double(), ctypes.c_float()
    status = library.exactloss_mnist_loss(
        (ctypes.c_float * count)(*predictions), FLOAT32, (target_type * count)(*targets),
        UINT8 if target_type is ctypes.c_uint8 else FLOAT32, ctypes.c_int64(0), ctypes.c_int64(count), reduction, 0,
        ctypes.byref(loss), ctypes.byref(loss_f32), None)
    assert status == 0, library.exactloss_status_string(status)
    return loss.value, loss_f32.value


def check(library, kind, count, seed):
    r = random.Random(seed)
    predictions = [KINDS[kind](r) for _ in range(count)]
    targets = [r.choice([0, 1, 1, 0, 1, 2]) for _ in range(count)]
    exact = expected(predictions, targets)
    for reduction, value in ((SUM, exact), (MEAN, exact / count)):
        # Dividing two integers is correctly rounded in Python.
        want = value.numerator / value.denominator, round_to_float32(value)
        for target_type in (ctypes.c_uint8, ctypes.c_float):
            have = call(library, predictions, targets, target_type, reduction)
            assert struct.pack("<dd", *have) == struct.pack("<dd", *want), (
                f"{kind}, {count} elements, seed {seed}, reduction {reduction}: expected {want}, got {have}")


def main() -> int:
    library = ctypes.CDLL(sys.argv[1])
    library.exactloss_isa_name.restype = ctypes.c_char_p
    library.exactloss_status_string.restype = ctypes.c_char_p
    if library.exactloss_isa_support(ISAS[sys.argv[2]]) != 1:
        print(f"skipped: this machine cannot run {sys.argv[2]}")
        return SKIPPED
    assert library.exactloss_isa_name().decode() == sys.argv[2]
    lengths = list(range(1, 140)) + [255, 256, 257, 511, 512, 1000, 4095, 4096, 4097, 8191, 8192, 8200]
    comparisons = 0
    for kind in KINDS:
        for seed, count in enumerate(lengths):
            check(library, kind, count, seed)
            comparisons += 4
    print(f"{comparisons} results equal to the exact ones on {sys.argv[2]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
