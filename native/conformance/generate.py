#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes native/conformance/cases.txt: what every binding must compute to the bit, from exact arithmetic alone.

Usage: generate.py FILE            writes the cases
       generate.py --check FILE    says where the file differs from them, and fails then
"""

import itertools
import sys

import cases
import drawn
import forms
import refusals
from arrays import literal, of_numbers
from reference.totals import LOSSES, MNIST


def passage():
    """The worked example of the book: torch.where(targets == 1, 1 - predictions, predictions).mean()"""
    batch = cases.Batch(literal("float32", of_numbers("float32", [0.9, 0.4, 0.2])), literal("uint8", [1, 0, 1]))
    yield "passage/loss", "loss", cases.loss(batch, MNIST, "mean")
    yield "passage/values", "values", cases.values(batch, MNIST)
    yield "passage/gradient", "gradient", cases.gradient(batch, MNIST, 1.0, 3, "mean")
    yield "passage/evaluate", "evaluate", cases.evaluate(batch, sum(LOSSES), 0.5)
    total = cases.Accumulation(MNIST, 0.5)
    total.add(batch, 0)
    yield "passage/accumulate", "accumulate", total.case(True)


HEAD = """\
# SPDX-License-Identifier: Apache-2.0
# What every binding of exactloss must compute, to the bit. Written by generate.py; README.md describes the format.
"""


def text():
    """The content of cases.txt."""
    blocks, names = [HEAD], set()
    groups = (passage, drawn.losses, drawn.values, drawn.gradients, drawn.evaluations, drawn.accumulations,
              drawn.functions, drawn.ties, drawn.middles, forms.byte_forms, drawn.metrics, drawn.sigmoids,
              drawn.selections, refusals.refused)
    for name, operation, lines in itertools.chain.from_iterable(group() for group in groups):
        assert name not in names and " " not in name, name
        names.add(name)
        blocks.append("\n".join([f"case {name} {operation}", *lines, "done\n"]))
    blocks.append(f"end {len(names)}\n")
    return "".join(blocks)


def main():
    if len(sys.argv) == 2 and not sys.argv[1].startswith("-"):
        with open(sys.argv[1], "w", encoding="ascii", newline="\n") as file:
            file.write(text())
        return 0
    if len(sys.argv) != 3 or sys.argv[1] != "--check":
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[2], encoding="ascii", newline="\n") as file:
        have, want = file.read().splitlines(keepends=True), text().splitlines(keepends=True)
    different = [i for i, pair in enumerate(itertools.zip_longest(have, want)) if pair[0] != pair[1]]
    if different:
        first = different[0]
        print(f"{sys.argv[2]} is not what generate.py writes, from line {first + 1} on:")
        for what, lines in (("has", have), ("should have", want)):
            print(f"  it {what}: {lines[first].rstrip() if first < len(lines) else 'nothing more'}")
        print(f"If that is meant, write it anew: python3 native/conformance/generate.py {sys.argv[2]}")
        return 1
    print(f"{want[-1].split()[1]} cases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
