# SPDX-License-Identifier: Apache-2.0
"""The cases whose inputs are drawn: every operation with every type."""

import itertools
import math

import cases
from arrays import FORMATS, INTEGER_BITS, choice, literal, of_numbers, ranged
from draws import DIRECT, THRESHOLDS, Draw, draw_batch, draw_initial, draw_length, draw_targets, draw_threshold, few
from kinds import logit_kinds, prediction_kinds
from reference.totals import LOG, LOSSES, MNIST

TARGETS = [*INTEGER_BITS, "float32", "float64", "bits"]
ALL_LOSSES = range(1, sum(LOSSES) + 1)
LONGEST, MANY = 20011, 4097
SHORT = 33  # of results with a NaN, which are written out
UPSTREAMS = [1.0, 1.0, 0.3, -7e-5, 1e300, -1e-40, 70000.0, 3e4, 0.0, -0.0, math.inf, -math.inf, math.nan,
             1 + 2.0**-8 + 2.0**-40, 1 + 2.0**-11 + 2.0**-40, 1 + 2.0**-24 + 2.0**-52]
DIVISORS = [1, 3, 64, 1000, 60000, 1 << 40, (1 << 63) - 1]
BETAS = [0.0, 0.5, 1.0, 2.0, 1e-200, 1e200, 5e-324, 3.0000000000000004]


def names(operation, losses, count):
    """The names of as many cases of each loss or set of losses, each type, predictions and logits, and these."""
    for which, kind, is_logits, number in itertools.product(losses, FORMATS, (False, True), range(count)):
        of = cases.names_of(which).replace(" ", "+")
        name = f"{operation}/{of}/{kind}/{'logits' if is_logits else 'plain'}/{number}"
        yield name, which, kind, is_logits, number


def array_case(name, make):
    """The lines of a case with an array of results: few, where one is a NaN and they are written out."""
    draw = Draw(name)
    count = draw_length(draw)
    lines = make(draw, count)
    if count > SHORT and any("nan" in line for line in lines if line.startswith(("values ", "gradient "))):
        draw = Draw(name)
        draw_length(draw)
        lines = make(draw, SHORT)
    return lines


def losses():
    for target in TARGETS:
        for name, which, kind, is_logits, number in names(f"loss/{target}", LOSSES, 2):
            draw = Draw(name)
            batch = draw_batch(draw, kind, target, draw_length(draw), which, is_logits, draw.is_in(3), draw.is_in(8))
            yield name, "loss", cases.loss(batch, which, draw.one_of(["mean", "sum"]))
    for name, which, kind, is_logits, number in names("loss/longest", LOSSES, 1):
        draw = Draw(name)
        batch = draw_batch(draw, kind, draw.one_of(TARGETS), LONGEST, which, is_logits, draw.is_in(4))
        yield name, "loss", cases.loss(batch, which, draw.one_of(["mean", "sum"]))


def values():
    for name, which, kind, is_logits, number in names("values", LOSSES, 4):

        def make(draw, count):
            is_weighted = number % 2 == 1
            batch = draw_batch(draw, kind, draw.one_of(TARGETS), count, which, is_logits, is_weighted, draw.is_in(4))
            return cases.values(batch, which)

        yield name, "values", array_case(name, make)


def gradients():
    for name, which, kind, is_logits, number in names("gradient", LOSSES, 6):

        def make(draw, count):
            batch = draw_batch(draw, kind, draw.one_of(TARGETS), count, which, is_logits, draw.is_in(3), draw.is_in(8))
            initial = draw_initial(draw, batch) if number % 2 == 1 else None
            reduction = draw.one_of(["mean", "sum"]) if number % 3 != 0 else None
            divisor = max(count, 1) if draw.is_in(2) else draw.one_of(DIVISORS)
            return cases.gradient(batch, which, draw.one_of(UPSTREAMS), divisor, reduction, initial)

        yield name, "gradient", array_case(name, make)


def evaluations():
    for name, which, kind, is_logits, number in names("evaluate", ALL_LOSSES, 2):
        draw = Draw(name)
        count = LONGEST if draw.is_in(16) else draw_length(draw)
        batch = draw_batch(draw, kind, draw.one_of(TARGETS), count, which, is_logits, number == 1, draw.is_in(8))
        yield name, "evaluate", cases.evaluate(batch, which, draw_threshold(draw, batch))


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
        if not draw.is_in(4):
            total.merge()
        yield name, "accumulate", total.case(number % 7 == 6 or number < 7)


def functions():
    """Many elements of the functions whose bits are defined: a wrong last bit of a coefficient shows in a few."""
    for kind, (name, is_logits) in itertools.product(("float32", "float64"), (
            ("usual", False), ("unit", False), ("scores", True), ("near0", True), ("steep", True))):
        own = Draw(f"values/functions/{kind}/{name}")
        flags = ["logits"] * is_logits
        predictions = (logit_kinds if is_logits else prediction_kinds)(kind)[name](MANY, own.seed())
        batch = cases.Batch(predictions, draw_targets(own, "uint8", MANY, ["even"]), flags=flags)
        yield f"values/functions/{kind}/{name}", "values", cases.values(batch, LOG)
        if is_logits:
            yield f"sigmoid/functions/{kind}/{name}", "sigmoid", cases.sigmoid(predictions)


def ties():
    """1 - p in the middle of two numbers of each type, with an even and an odd one below."""
    for kind in FORMATS:
        own = Draw(f"values/ties/{kind}")
        batch = cases.Batch(prediction_kinds(kind)["ties"](SHORT, own.seed()), ranged("uint8", SHORT, 0, 1, 1))
        yield f"values/ties/{kind}", "values", cases.values(batch, MNIST)


def middles():
    """Means beside the middle of two floats, on either side, whose double is that middle."""
    for number, (m, rest) in enumerate(((0x1333331, 2.0**-42), (0x1333333, -(2.0**-42)))):
        total, small = cases.Accumulation(MNIST, 0.5), 2.0**-19
        for x in ((m - 1) * 2.0**-25, (m + 1) * 2.0**-25):
            predictions = ranged("float32", 2100, 0, *of_numbers("float32", [x]), 1)
            total.add(cases.Batch(predictions, ranged("uint8", 2100, 0, 0, 1)), 0)
        c = (0x800000 + 3 * m % 4) * 2.0**-25  # so that the next one is a float
        predictions = literal("float32", of_numbers("float32", [c, 3 * m * 2.0**-25 - c - small, small + rest]))
        total.add(cases.Batch(predictions, literal("uint8", [0, 0, 0])), 0)
        yield f"accumulate/middle/{number}", "accumulate", total.case(False)


def metrics():
    most = (1 << 63) - 1
    listed = [(0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (2, 1, 1, 1), (3, 0, 5, 0),
              (0, 3, 0, 5), (5, 5, 5, 5), (1, 2, 2, 4), (most, 0, 0, 0), (0, 0, 0, most),
              (1 << 61, 1 << 61, 1 << 61, (1 << 61) - 1), ((1 << 53) + 1, 0, 2, 0), (1, 1 << 62, 1, 1),
              (most - 3, 1, 1, 1), (1, most - 3, 1, 1), (1, 1, 1, most - 3)]
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
