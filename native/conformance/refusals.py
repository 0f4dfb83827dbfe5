# SPDX-License-Identifier: Apache-2.0
"""The cases that are refused: by strict mode, for a weight, for a number."""

import itertools
import math

import cases
from arrays import FORMATS, literal, of_numbers
from cases import Batch
from draws import Draw, draw_batch
from drawn import TARGETS
from reference.formats import FLOAT32, encode
from reference.totals import BRIER, LOG, LOSSES, MNIST

BAD_WEIGHTS = [FLOAT32.sign | 1, FLOAT32.infinity, FLOAT32.infinity | FLOAT32.sign, FLOAT32.nan,
               *of_numbers("float32", [-1.0])]


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
            bad = of_numbers(of, [0.5, -1.0, math.nan, 2.0, math.inf] if of in FORMATS else [2, 127])
            if of.startswith("int"):
                bad += of_numbers(of, [-1, -128])
            targets = replaced(targets, at, draw.one_of(bad))
        elif weights is not None:
            weights = replaced(weights, at, draw.one_of(BAD_WEIGHTS))
    return Batch(predictions, targets, weights, batch.flags)


def refused():
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
