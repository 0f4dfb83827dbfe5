# SPDX-License-Identifier: Apache-2.0
"""Draws the inputs of a case from its name."""

import math

from arrays import ALL, choice, fnv1a, splitmix64
from cases import Batch
from kinds import (CLEAN_KINDS, CLEAN_LOGIT_KINDS, CLEAN_TARGET_KINDS, logit_kinds, prediction_kinds, target_kinds,
                   weight_kinds)
from reference.formats import value
from reference.totals import LOG

# Around the vectors of 2 to 64 elements and the blocks of 2,048 that the kernels work in.
LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257]
LONG_LENGTHS = [1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 4097]
DIRECT = 300  # of logarithms and logits, more of which are drawn from a few
THRESHOLDS = [0.5, 0.5, 0.1, 0.0, -0.0, 5e-324, -5e-324, 1e300, 3.4028235677973366e38, math.inf, -math.inf]


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


def few(make, count, seed, most=12):
    """An array of a few different elements, where more would take the exact reference too long."""
    pool = make(most, seed)
    return choice(pool.kind, count, seed ^ ALL, pool.elements)


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
