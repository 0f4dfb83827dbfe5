#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes native/conformance/cases.txt: what every binding must compute to the bit, from exact arithmetic alone.

Usage: generate.py FILE            writes the cases
       generate.py --check FILE    says where the file differs from them, and fails then
"""

import itertools
import math
import sys

import cases
import forms
from arrays import (BAD_WEIGHTS, CLEAN_KINDS, CLEAN_LOGIT_KINDS, CLEAN_TARGET_KINDS, FORMATS, INTEGER_BITS, Draw, choice,
                    few, literal, logit_kinds, of_numbers, prediction_kinds, ranged, target_kinds, weight_kinds)
from cases import NAMES, Batch
from reference.formats import FLOAT32, FLOAT64, encode, value
from reference.totals import BRIER, LOG, LOSSES, MNIST

TARGETS = [*INTEGER_BITS, "float32", "float64", "bits"]
ALL_LOSSES = range(1, sum(LOSSES) + 1)
# Around the vectors of 2 to 64 elements and the blocks of 2,048 that the kernels work in.
LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257]
LONG_LENGTHS = [1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 4097]
LONGEST = 20011
SHORT = 33  # of results with a NaN, which are written out
DIRECT = 300  # of logarithms and logits, more of which are drawn from a few
UPSTREAMS = [1.0, 1.0, 0.3, -7e-5, 1e300, -1e-40, 70000.0, 3e4, 0.0, -0.0, math.inf, -math.inf, math.nan,
             1 + 2.0**-8 + 2.0**-40, 1 + 2.0**-11 + 2.0**-40, 1 + 2.0**-24 + 2.0**-52]
DIVISORS = [1, 3, 64, 1000, 60000, 1 << 40, (1 << 63) - 1]
THRESHOLDS = [0.5, 0.5, 0.1, 0.0, -0.0, 5e-324, -5e-324, 1e300, 3.4028235677973366e38, math.inf, -math.inf]
BETAS = [0.0, 0.5, 1.0, 2.0, 1e-200, 1e200, 5e-324, 3.0000000000000004]


def draw_length(draw):
    if draw.is_in(8):
        return draw.one_of(LONG_LENGTHS)
    return draw.one_of(LENGTHS)


def draw_targets(draw, kind, count, names=None):
    if kind == "bits":
        kind = f"bits:{draw.below(8)}"
    makers = target_kinds(kind)
    return makers[draw.one_of(names or list(makers))](count, draw.seed())


def draw_weights(draw, count):
    makers = weight_kinds()
    return makers[draw.one_of(list(makers))](count, draw.seed())


def draw_batch(draw, kind, target, count, losses, is_logits, is_weighted, is_clean=False, has_flags=True):
    """is_clean: strict mode refuses nothing."""
    if is_logits:
        makers, names = logit_kinds(kind), CLEAN_LOGIT_KINDS
    else:
        makers, names = prediction_kinds(kind), CLEAN_KINDS
    make = makers[draw.one_of(names if is_clean or losses == LOG and draw.is_in(2) else list(makers))]
    is_slow = is_logits or losses & LOG
    seed = draw.seed()
    predictions = few(make, count, seed) if is_slow and count > DIRECT else make(count, seed)
    flags = [name for name, is_set in (("logits", is_logits), ("strict", is_clean),
                                       ("clamp", has_flags and losses & LOG and draw.is_in(2))) if is_set]
    return Batch(predictions, draw_targets(draw, target, count, CLEAN_TARGET_KINDS if is_clean else None),
                 draw_weights(draw, count) if is_weighted else None, flags)


def short_where_nan(make, count):
    """Lines of a case of so many elements, or of a few where their results have a NaN: these are written out."""
    lines = make(count)
    is_nan = any("nan" in line for line in lines if line.startswith(("values ", "gradient ")))
    return make(SHORT) if is_nan and count > SHORT else lines


def losses():
    for which, kind, is_logits, target in itertools.product(LOSSES, FORMATS, (False, True), TARGETS):
        for number in range(2):
            name = f"loss/{NAMES[which]}/{kind}/{target}/{'logits' if is_logits else 'plain'}/{number}"
            draw = Draw(name)
            batch = draw_batch(draw, kind, target, draw_length(draw), which, is_logits, draw.is_in(3), draw.is_in(8))
            yield name, "loss", cases.loss(batch, which, draw.one_of(["mean", "sum"]))
    for which, kind, is_logits in itertools.product(LOSSES, FORMATS, (False, True)):
        name = f"loss/{NAMES[which]}/{kind}/{'logits' if is_logits else 'plain'}/longest"
        draw = Draw(name)
        batch = draw_batch(draw, kind, draw.one_of(TARGETS), LONGEST, which, is_logits, draw.is_in(4))
        yield name, "loss", cases.loss(batch, which, draw.one_of(["mean", "sum"]))


def value_arrays():
    for which, kind, is_logits, number in itertools.product(LOSSES, FORMATS, (False, True), range(4)):
        name = f"values/{NAMES[which]}/{kind}/{'logits' if is_logits else 'plain'}/{number}"

        def make(count, name=name, which=which, kind=kind, is_logits=is_logits, number=number):
            draw = Draw(name)
            draw_length(draw)
            is_weighted = number % 2 == 1
            batch = draw_batch(draw, kind, draw.one_of(TARGETS), count, which, is_logits, is_weighted, draw.is_in(4))
            return cases.values(batch, which)

        yield name, "values", short_where_nan(make, draw_length(Draw(name)))


def gradients():
    for which, kind, is_logits, number in itertools.product(LOSSES, FORMATS, (False, True), range(6)):
        name = f"gradient/{NAMES[which]}/{kind}/{'logits' if is_logits else 'plain'}/{number}"

        def make(count, name=name, which=which, kind=kind, is_logits=is_logits, number=number):
            draw = Draw(name)
            draw_length(draw)
            batch = draw_batch(draw, kind, draw.one_of(TARGETS), count, which, is_logits, draw.is_in(3), draw.is_in(8))
            initial = draw_initial(draw, batch) if number % 2 == 1 else None
            reduction = draw.one_of(["mean", "sum"]) if number % 3 != 0 else None
            divisor = max(count, 1) if draw.is_in(2) else draw.one_of(DIVISORS)
            return cases.gradient(batch, which, draw.one_of(UPSTREAMS), divisor, reduction, initial)

        yield name, "gradient", short_where_nan(make, draw_length(Draw(name)))


def draw_initial(draw, batch):
    """What the gradient's memory holds; the batch's flags get `accumulate`."""
    batch.flags.append("accumulate")
    kind = batch.arrays[0].kind
    makers = prediction_kinds(kind)
    return makers[draw.one_of(["usual", "scores", "huge", "finite", "subnormal"])](batch.count, draw.seed())


def draw_threshold(draw, batch):
    if batch.predictions and draw.is_in(3):
        near = value(draw.one_of(batch.predictions), batch.form)
        near = draw.one_of([near, math.nextafter(near, math.inf), math.nextafter(near, -math.inf)])
        if not math.isnan(near):
            return near
    return draw.one_of(THRESHOLDS)


def evaluations():
    for of, kind, is_logits, number in itertools.product(ALL_LOSSES, FORMATS, (False, True), range(2)):
        name = f"evaluate/{cases.names_of(of).replace(' ', '+')}/{kind}/{'logits' if is_logits else 'plain'}/{number}"
        draw = Draw(name)
        count = LONGEST if draw.is_in(16) else draw_length(draw)
        batch = draw_batch(draw, kind, draw.one_of(TARGETS), count, of, is_logits, number == 1, draw.is_in(8))
        yield name, "evaluate", cases.evaluate(batch, of, draw_threshold(draw, batch))


def accumulations():
    for number in range(84):
        name = f"accumulate/{number}"
        draw = Draw(name)
        of = ALL_LOSSES[number % len(ALL_LOSSES)]
        total = cases.Accumulation(of, draw.one_of(THRESHOLDS))
        for _ in range(draw.below(5)):
            kind, target, is_logits = draw.one_of(list(FORMATS)), draw.one_of(TARGETS), draw.is_in(2)
            count, to = draw_length(draw), draw.below(2)
            batch = draw_batch(draw, kind, target, count, of, is_logits, draw.is_in(3), draw.is_in(8))
            which = draw.one_of([loss for loss in LOSSES if of & loss])
            if draw.is_in(3):
                batch = draw_batch(draw, kind, target, min(count, SHORT), of, is_logits, draw.is_in(3))
                initial = draw_initial(draw, batch) if draw.is_in(2) else None
                total.add_with_gradient(batch, to, which, draw.one_of(UPSTREAMS), draw.one_of(DIVISORS), initial)
            else:
                total.add(batch, to)
        if draw.is_in(4) is False:
            total.merge()
        yield name, "accumulate", total.case(number % 7 == 6 or number < 7)


def metric_cases():
    most = (1 << 63) - 1
    listed = [(0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (2, 1, 1, 1), (3, 0, 5, 0), (0, 3, 0, 5),
              (5, 5, 5, 5), (1, 2, 2, 4), (most, 0, 0, 0), (0, 0, 0, most), (1 << 61, 1 << 61, 1 << 61, (1 << 61) - 1),
              ((1 << 53) + 1, 0, 2, 0), (1, 1 << 62, 1, 1), (most - 3, 1, 1, 1), (1, most - 3, 1, 1), (1, 1, 1, most - 3)]
    for number, counts in enumerate(listed):
        yield f"metrics/listed/{number}", "metrics", cases.counts(*counts, BETAS)
    for number in range(30):
        draw = Draw(f"metrics/drawn/{number}")
        counts = [draw.below(1 << draw.below(62)) for _ in range(4)]
        yield f"metrics/drawn/{number}", "metrics", cases.counts(*counts, [draw.one_of(BETAS)])
    for number, beta in enumerate([-1.0, -0.0, math.inf, math.nan, -5e-324]):
        yield f"metrics/bad_beta/{number}", "metrics", cases.bad_beta(beta)


def sigmoids():
    for kind in FORMATS:
        for name, make in logit_kinds(kind).items():
            for number, count in enumerate([SHORT] if name == "specials" else [16, draw_length(Draw(kind + name))]):
                own = Draw(f"sigmoid/{kind}/{name}/{number}")
                logits = few(make, count, own.seed()) if count > DIRECT else make(count, own.seed())
                yield f"sigmoid/{kind}/{name}/{number}", "sigmoid", cases.sigmoid(logits)


def selections():
    for kind, of, number in itertools.product(FORMATS, ("uint8", "bits"), range(8)):
        name = f"where/{kind}/{of}/{number}"
        draw = Draw(name)
        count = draw_length(draw)
        if of == "bits":
            condition = draw_targets(draw, "bits", count)
        else:
            condition = choice("uint8", count, draw.seed(), [0, 1, 0, 255, 2, 128])
        makers = prediction_kinds(kind)
        a, b = (makers[draw.one_of(list(makers))](1 if number & scalar else count, draw.seed()) for scalar in (1, 2))
        yield name, "where", cases.where(condition, a, b)


# ------------------------------------------------------------------------------------------------------- refusals --


def replaced(array, index, element):
    return literal(array.kind, [*array.elements[:index], element, *array.elements[index + 1:]])


def spoil(draw, batch):
    """The batch with elements in it that are refused, or that would be but for the flags."""
    predictions, targets, weights = batch.arrays
    for _ in range(1 + draw.below(3)):
        at = draw.below(batch.count)
        array = draw.below(3 if weights else 2)
        if array == 0:
            bad = [batch.form.nan, batch.form.infinity | 1] if batch.is_logits else [
                batch.form.nan, batch.form.sign | 1, encode(1.0, batch.form) + 1, batch.form.infinity,
                *of_numbers(predictions.kind, [-1.0, 2.0])]
            predictions = replaced(predictions, at, draw.one_of(bad))
        elif array == 1 and not targets.kind.startswith("bits"):
            of = targets.kind
            bad = of_numbers(of, [0.5, -1.0, math.nan, 2.0, math.inf] if of in FORMATS else [2, -1 & 127])
            if of.startswith("int"):
                bad += of_numbers(of, [-1, -128])
            targets = replaced(targets, at, draw.one_of(bad))
        elif weights is not None:
            weights = replaced(weights, at, draw.one_of(BAD_WEIGHTS))
    return Batch(predictions, targets, weights, batch.flags)


def refusals():
    operations = ["loss", "values", "gradient", "evaluate", "accumulate"]
    for operation, kind, is_logits, number in itertools.product(operations, FORMATS, (False, True), range(3)):
        name = f"refusal/{operation}/{kind}/{'logits' if is_logits else 'plain'}/{number}"
        draw = Draw(name)
        which, count = draw.one_of(LOSSES), 1 + draw.below(20)
        batch = draw_batch(draw, kind, draw.one_of(TARGETS), count, which, is_logits, number != 0, number != 1, False)
        batch = spoil(draw, batch)
        if operation == "loss":
            lines = cases.loss(batch, which, draw.one_of(["mean", "sum"]))
        elif operation == "values":
            lines = cases.values(batch, which)
        elif operation == "gradient":
            lines = cases.gradient(batch, which, 1.0, count, draw.one_of([None, "mean"]))
        elif operation == "evaluate":
            lines = cases.evaluate(batch, which, 0.5)
        else:
            total = cases.Accumulation(which, 0.5)
            total.add(draw_batch(draw, kind, "uint8", 5, which, is_logits, False), 0)
            total.add(batch, 0)
            lines = total.case(False)
        yield name, operation, lines
    batch = Batch(literal("float32", of_numbers("float32", [0.9, 0.4, 0.2])), literal("uint8", [1, 0, 1]))
    for operation, lines in (("evaluate", cases.evaluate(batch, MNIST | LOG, math.nan)),
                             ("accumulate", cases.Accumulation(BRIER, math.nan).case(False)),
                             ("gradient", cases.gradient(batch, LOG, 1.0, 0, "mean"))):
        yield f"refusal/{operation}/number", operation, lines


def passage():
    """The worked example of the book: torch.where(targets == 1, 1 - predictions, predictions).mean()"""
    batch = Batch(literal("float32", of_numbers("float32", [0.9, 0.4, 0.2])), literal("uint8", [1, 0, 1]))
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
    groups = (passage, losses, value_arrays, gradients, evaluations, accumulations, forms.cases, metric_cases, sigmoids,
              selections, refusals)
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
        print(f"  have {have[first] if first < len(have) else 'the end'}  want {want[first] if first < len(want) else 'the end'}")
        print(f"If that is meant, write it anew: python3 native/conformance/generate.py {sys.argv[2]}")
        return 1
    print(f"{want[-1].split()[1]} cases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
