# SPDX-License-Identifier: Apache-2.0
"""The cases of byte forms: good ones, and each that native/docs/byte-form.md says is refused."""

import struct

from cases import byte_form, evaluation, names_of
from reference.totals import BRIER, LOG, LOSSES, MNIST, ONE, WEIGHT_ONE, LossTotals, Totals

ERROR_SIZE, ERROR_FORMAT = 10, 11
COUNT, POSITIVES, TRUE_POSITIVES, FALSE_POSITIVES, WEIGHTED, WEIGHTS, PADDING = 24, 32, 40, 48, 56, 64, 108
LOSS = 112  # the first loss
MOST = (1 << 63) - 1


def totals(count=3, positives=2, true_positives=1, false_positives=0, weighted=0, weights=0, **losses):
    own = {loss: losses.get(names_of(loss), LossTotals()) for loss in LOSSES}
    return Totals(count, positives, true_positives, false_positives, weighted, weights, own)


def replaced(form, offset, data):
    return form[:offset] + data + form[offset + len(data):]


def number(form, offset, value):
    return replaced(form, offset, struct.pack("<q", value))


def good():
    """Names, losses, thresholds, totals."""
    some = ONE * WEIGHT_ONE * 5 // 4
    yield "empty", 7, 0.5, totals(0, 0, 0, 0)
    yield "passage", MNIST, 0.5, totals(mnist=LossTotals(sum=0x14CCCCD4 * ONE * WEIGHT_ONE >> 28))
    yield "negative", MNIST | LOG, -1e300, totals(mnist=LossTotals(sum=-some), log=LossTotals(sum=some))
    yield "special", MNIST, 0.5, totals(count=4, mnist=LossTotals(1, 1, 1, some))
    yield "infinite", BRIER, 0.5, totals(brier=LossTotals(0, 2, 0, some))
    yield "minus_infinite", MNIST, 0.5, totals(mnist=LossTotals(0, 0, 1, 0))
    yield "weighted", LOG, float("inf"), totals(weighted=2, weights=WEIGHT_ONE * 7 + 1, log=LossTotals(sum=some + 1))
    all_weighted = totals(MOST, MOST, MOST, 0, MOST, WEIGHT_ONE << 190, mnist=LossTotals(0, MOST, 0, 0))
    yield "all_counts", MNIST, 0.5, all_weighted
    yield "largest_sum", MNIST, 0.5, totals(mnist=LossTotals(sum=3 * ONE * WEIGHT_ONE << 1024))
    yield "smallest_sum", BRIER, 0.5, totals(brier=LossTotals(sum=1))


def bad():
    """Names, forms, statuses."""
    mnist, brier = (totals().byte_form(loss, 0.5) for loss in (MNIST, BRIER))
    yield "no_bytes", b"", ERROR_SIZE
    yield "head_alone", mnist[:111], ERROR_SIZE
    yield "short", mnist[:-1], ERROR_SIZE
    yield "long", mnist + b"\0", ERROR_SIZE
    yield "another_loss", replaced(mnist, 8, b"\2"), ERROR_SIZE
    yield "magic", replaced(mnist, 0, b"xLAC"), ERROR_FORMAT
    yield "version_0", replaced(mnist, 4, b"\0"), ERROR_FORMAT
    yield "version_2", replaced(mnist, 4, b"\2"), ERROR_FORMAT
    yield "no_loss", replaced(mnist, 8, b"\0"), ERROR_FORMAT
    yield "unknown_loss", replaced(mnist, 8, b"\x08"), ERROR_FORMAT
    yield "high_loss", replaced(mnist, 15, b"\x80"), ERROR_FORMAT
    yield "threshold_nan", replaced(mnist, 16, struct.pack("<Q", 0x7FF8 << 48)), ERROR_FORMAT
    yield "threshold_minus_0", replaced(mnist, 16, struct.pack("<Q", 1 << 63)), ERROR_FORMAT
    for name, offset in (("count", COUNT), ("positives", POSITIVES), ("true_positives", TRUE_POSITIVES),
                         ("false_positives", FALSE_POSITIVES), ("weighted", WEIGHTED), ("nan", LOSS),
                         ("infinity", LOSS + 8), ("minus_infinity", LOSS + 16)):
        yield f"negative_{name}", number(mnist, offset, -1), ERROR_FORMAT
    yield "positives", number(mnist, POSITIVES, 4), ERROR_FORMAT
    yield "true_positives", number(mnist, TRUE_POSITIVES, 3), ERROR_FORMAT
    yield "false_positives", number(mnist, FALSE_POSITIVES, 2), ERROR_FORMAT
    yield "weighted", number(mnist, WEIGHTED, 4), ERROR_FORMAT
    yield "nan", number(brier, LOSS, 4), ERROR_FORMAT
    yield "specials", number(number(number(brier, LOSS, 2), LOSS + 8, 1), LOSS + 16, 1), ERROR_FORMAT
    yield "nan_above_threshold", number(mnist, LOSS, 3), ERROR_FORMAT
    most, most_of_squares = 3 * ONE * WEIGHT_ONE << 1024, 3 * ONE * ONE * WEIGHT_ONE << 2048
    for name, loss, total in (
            ("sum", MNIST, totals(mnist=LossTotals(sum=most + 1))),
            ("minus_sum", MNIST, totals(mnist=LossTotals(sum=-most - 1))),
            ("square", BRIER, totals(brier=LossTotals(sum=most_of_squares + 1))),
            ("minus_weights", LOG, totals(weighted=3, weights=-1)),
            ("weights", LOG, totals(weighted=3, weights=(3 * WEIGHT_ONE << 128) + 1))):
        yield name, total.byte_form(loss, 0.5), ERROR_FORMAT
    yield "padding_of_weights", replaced(mnist, PADDING + 3, b"\1"), ERROR_FORMAT
    yield "padding_of_sum", replaced(mnist, len(mnist) - 1, b"\1"), ERROR_FORMAT


def byte_forms():
    for name, losses, threshold, total in good():
        form = total.byte_form(losses, threshold)
        yield f"bytes/{name}", "bytes", byte_form(form, evaluation(total, losses))
    for name, form, status in bad():
        yield f"bytes/bad/{name}", "bytes", byte_form(form, status)
