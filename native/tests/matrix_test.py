#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every public function that computes, with every type, many lengths, alignments and offsets, on each instruction set.

Usage: matrix_test.py LIBRARY ISA [CASE]

On portable, the results must be the exact ones of native/conformance/reference; on another instruction set, the bits of the
portable kernels. A case is named OPERATION/PREDICTIONS/TARGETS/NUMBER, and its name is the seed of all that is drawn
for it: give it to run it alone. Cases run in a child process for each instruction set, which prints a line of results
for each. Exits with 77 (skipped) where the machine cannot run the instruction set.
"""

import ctypes
import os
import random
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))

import matrix_operations as operations
from matrix_inputs import FORMATS, TARGET_TYPES, Arena

SKIPPED = 77

# How many cases there are of each pair of types, or of each line of types.
OPERATIONS = {
    "loss": (operations.Loss, 24),
    "evaluate": (operations.Evaluate, 24),
    "values": (operations.Values, 20),
    "gradient": (operations.Gradient, 28),
    "loss_rows": (operations.LossRows, 10),
    "evaluate_rows": (operations.EvaluateRows, 10),
    "accumulator_rows": (operations.AccumulatorRows, 8),
    "accumulator": (operations.Accumulator, 6),
    "refusal": (operations.Refusal, 40),
    "where": (operations.Where, 40),
    "sigmoid": (operations.Sigmoid, 6),
}


def case_names():
    for operation, (_, cases) in OPERATIONS.items():
        is_where = operation == "where"
        for first in "1248" if is_where else FORMATS:
            for second in ("u8", "bits") if is_where else TARGET_TYPES:
                for number in range(cases):
                    yield f"{operation}/{first}/{second}/{number}"


def make_case(name):
    return OPERATIONS[name.split("/")[0]][0](name)


def run_child(library, names):
    """Prints a line for each case: its name, and its fields as hexadecimal digits."""
    for name in names:
        arena = Arena(library, random.Random(name))
        try:
            fields = make_case(name).run(arena)
            arena.check()
            print(name, *[field.hex() or "-" for field in fields])
        except AssertionError as error:
            print(name, "failed:", error)


def start_child(path, isa, case):
    arguments = [sys.executable, "-B", os.path.abspath(__file__), path, isa, *case, "--child"]
    return subprocess.Popen(arguments, env={**os.environ, "EXACTLOSS_MAX_ISA": isa}, stdout=subprocess.PIPE, text=True)


def problem_of(name, lines):
    """The first error in the results of a case, or None: first those of portable, then perhaps those of another."""
    for line in lines:
        if line.split()[:1] != [name] or line.split()[1:2] == ["failed:"]:
            return line.strip() or "the child process ended"
    if len(lines) == 2:
        differences = [i for i, pair in enumerate(zip(*[line.split()[1:] for line in lines])) if pair[0] != pair[1]]
        return None if lines[0] == lines[1] else f"differs from portable in the fields {differences}"
    try:
        make_case(name).check([b"" if word == "-" else bytes.fromhex(word) for word in lines[0].split()[1:]])
    except AssertionError as error:
        return str(error) or "a field is wrong"
    return None


def main():
    path, isa, *case = [a for a in sys.argv[1:] if a != "--child"]
    names = case or list(case_names())
    library = ctypes.CDLL(path)
    library.exactloss_isa_name.restype = ctypes.c_char_p
    if library.exactloss_isa_support(isa.encode()) != 1:
        print(f"skipped: this machine cannot run {isa}")
        return SKIPPED
    if "--child" in sys.argv:
        assert library.exactloss_isa_name().decode() == isa
        run_child(library, names)
        return 0
    children = [start_child(path, i, case) for i in dict.fromkeys(["portable", isa])]
    problems = 0
    for name in names:
        lines = [child.stdout.readline() for child in children]
        problem = problem_of(name, lines)
        if problem is not None:
            problems += 1
            print(f"{name}: {problem}", flush=True)
        if "" in lines:
            break
    for child in children:
        child.stdout.close()
        problems += child.wait() != 0
    print(f"{len(names)} cases on {isa}, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
