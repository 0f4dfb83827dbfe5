# SPDX-License-Identifier: Apache-2.0
"""The blocks of cases.txt: the lines of a case's inputs, and those of what the exact reference expects."""

import math

from arrays import FORMATS, bit_width, fnv1a, little_endian, pattern
from reference import metrics
from reference.elements import ERROR_STRICT, ERROR_WEIGHT, WEIGHTS, Elements
from reference.formats import FLOAT32, FLOAT64, converted, encode, rounded, value
from reference.functions import FUNCTIONS
from reference.totals import BRIER, LOG, LOSSES, MNIST, WEIGHT_ONE, Totals

ERROR_COUNT, ERROR_THRESHOLD, ERROR_METRIC = 2, 6, 16
NAMES = {MNIST: "mnist", BRIER: "brier", LOG: "log"}
ARGUMENTS = {1: "predictions", 2: "targets", 3: "weights"}
LONG = 16  # results of more elements are given as a hash


class Batch(Elements):
    """Arrays, and the flags that they are computed with."""

    def __init__(self, predictions, targets, weights=None, flags=()):
        self.arrays, self.flags = (predictions, targets, weights), flags
        self.form, self.predictions = FORMATS[predictions.kind], predictions.elements
        self.target_form, self.target_kind, self.targets = FORMATS.get(targets.kind), targets.kind, targets.elements
        self.weights = weights and weights.elements
        self.is_logits, self.is_strict, self.is_clamped = (name in flags for name in ("logits", "strict", "clamp"))

    def target_value(self, target):
        if self.target_kind.startswith("int"):
            target -= target >> (bit_width(self.target_kind) - 1) << bit_width(self.target_kind)
        return super().target_value(target)

    def functions(self, losses):
        """Of each element, as elements.py has them; 0 for the values of log where that is not asked for."""
        wide = self.wide
        own = FUNCTIONS[wide]
        result = []
        for prediction, positive in zip(self.predictions, self.positives()):
            p = value(prediction, self.form)
            log = 0
            if self.is_logits:
                plus, minus = encode(own.sigmoid(p), wide), encode(own.sigmoid(-p), wide)
                log = own.softplus(-p if positive else p) if losses & LOG else 0.0
            else:
                plus = minus = converted(prediction, self.form, wide)
                log = own.log_value(p, positive) if losses & LOG else 0.0
            result.append((plus, minus, encode(log, wide)))
        return result

    def totals(self, losses, threshold=0.5, totals=None):
        totals = totals or Totals()
        self.add_elements(totals, threshold, self.functions(losses))
        return totals

    def lines(self):
        names = ("predictions", "targets", "weights")
        return [f"flags {' '.join(self.flags)}"] * bool(self.flags) + [
            array.line(name) for name, array in zip(names, self.arrays) if array is not None]

    def refusal(self):
        """The lines of a status where an element is refused, or none."""
        violation = self.violation()
        if violation is None:
            return []
        index, refused, argument = violation
        return [f"status {ERROR_WEIGHT if argument == WEIGHTS else ERROR_STRICT}",
                f"violation {ARGUMENTS[argument]} {index} {double(refused)}"]


def number(encoding, form):
    return "nan" if form.is_nan(encoding) else f"{encoding:0{form.bits // 4}x}"


def bits(name, x):
    """A line of an input."""
    return f"{name} {pattern('float64', encode(x, FLOAT64))}"


def double(x):
    return number(encode(x, FLOAT64), FLOAT64)


def names_of(losses):
    return " ".join(name for loss, name in NAMES.items() if losses & loss)


def elements(name, kind, results, copied=()):
    """The line of an array of results. NaN elements are any NaN unless they are copied."""
    form, words = FORMATS[kind], []
    for i, e in enumerate(results):
        words.append("nan" if form.is_nan(e) and not (i < len(copied) and copied[i]) else pattern(kind, e))
    if len(results) <= LONG or "nan" in words:
        return " ".join([name, "bits", *words])
    return f"{name} fnv1a {fnv1a(little_endian(kind, results)):016x}"


def evaluation(totals, losses):
    """The lines of an evaluation."""
    negatives = totals.count - totals.positives
    true_negatives = negatives - totals.false_positives
    accuracy = (rounded(totals.true_positives + true_negatives, totals.count, FLOAT64) if totals.count
                else FLOAT64.nan)
    lines = [f"count {totals.count}", f"positives {totals.positives}",
             f"true_positives {totals.true_positives}", f"false_positives {totals.false_positives}",
             f"true_negatives {true_negatives}", f"false_negatives {totals.positives - totals.true_positives}",
             f"accuracy {number(accuracy, FLOAT64)}",
             f"weight_sum {number(rounded(totals.all_weights(), WEIGHT_ONE, FLOAT64), FLOAT64)}"]
    for loss in LOSSES:
        if losses & loss:
            fields = [str(n) if form is None else number(n, form) for form, n in totals.result(loss)]
            lines.append(" ".join(["result", NAMES[loss], *fields]))
    return lines


# ------------------------------------------------------------------------------------------------ the operations --


def loss(batch, which, reduction):
    lines = [f"losses {NAMES[which]}", f"reduction {reduction}", *batch.lines()]
    return [*lines, *(batch.refusal() or [loss_line("loss", batch, which, reduction)])]


def loss_line(name, batch, which, reduction):
    return f"{name} {number(batch.totals(which).loss(which, reduction == 'mean', FLOAT64), FLOAT64)}"


def values(batch, which):
    inputs = [f"losses {NAMES[which]}", *batch.lines()]
    if batch.refusal():
        return [*inputs, *batch.refusal()]
    copied = ()
    if which == MNIST and not batch.is_logits and batch.weights is None:
        copied = [not positive for positive in batch.positives()]
    return [*inputs, elements("values", batch.arrays[0].kind, batch.values(which, batch.functions(which)), copied)]


def initial_lines(initial):
    return [] if initial is None else [initial.line("initial")]


def gradient_of(batch, which, upstream, divisor, initial):
    old = None if initial is None else initial.elements
    results = batch.gradient(which, upstream, divisor, batch.functions(which), old)
    return elements("gradient", batch.arrays[0].kind, results)


def gradient(batch, which, upstream, divisor, reduction=None, initial=None):
    """initial: the gradient's memory, where the flags have `accumulate`."""
    inputs = [f"losses {NAMES[which]}", *[f"reduction {reduction}"] * (reduction is not None), *batch.lines(),
              *initial_lines(initial), bits("upstream", upstream), f"divisor {divisor}"]
    if divisor < 1:
        return [*inputs, f"status {ERROR_COUNT}"]
    if batch.refusal():
        return [*inputs, *batch.refusal()]
    of_loss = [] if reduction is None else [loss_line("gradient_loss", batch, which, reduction)]
    return [*inputs, gradient_of(batch, which, upstream, divisor, initial), *of_loss]


def evaluate(batch, losses, threshold):
    lines = [f"losses {names_of(losses)}", *batch.lines(), bits("threshold", threshold)]
    if math.isnan(threshold):
        return [*lines, f"status {ERROR_THRESHOLD}"]
    return [*lines, *(batch.refusal() or evaluation(batch.totals(losses, threshold), losses))]


class Accumulation:
    """Batches into two accumulators, of which the second is merged into the first at the end."""

    def __init__(self, losses, threshold):
        self.losses, self.threshold, self.totals = losses, threshold, (Totals(), Totals())
        self.lines, self.is_refused = [f"losses {names_of(losses)}", bits("threshold", threshold)], False

    def add(self, batch, to):
        """A batch that is refused is the last of a case."""
        self.lines += [*batch.lines(), f"add {to}", *batch.refusal()]
        self.is_refused = bool(batch.refusal())
        if not self.is_refused:
            batch.totals(self.losses, self.threshold, self.totals[to])

    def add_with_gradient(self, batch, to, which, upstream, divisor, initial=None):
        self.lines += [*batch.lines(), *initial_lines(initial),
                       f"add_with_gradient {to} {NAMES[which]} {pattern('float64', encode(upstream, FLOAT64))} {divisor}",
                       gradient_of(batch, which, upstream, divisor, initial)]
        batch.totals(self.losses, self.threshold, self.totals[to])

    def merge(self):
        self.lines.append("merge")
        self.totals[0].merge(self.totals[1])

    def case(self, are_bytes_whole):
        """The lines of the whole case."""
        if math.isnan(self.threshold):
            return [*self.lines, f"status {ERROR_THRESHOLD}"]
        if self.is_refused:
            return self.lines
        form = self.totals[0].byte_form(self.losses, self.threshold)
        return [*self.lines, f"bytes {form.hex()}" if are_bytes_whole else f"bytes_fnv1a {fnv1a(form):016x}",
                *evaluation(self.totals[0], self.losses)]


def byte_form(form, results):
    """The reading of a byte form. results: a status, or an evaluation's lines."""
    return [f"input {form.hex()}".rstrip(), *([f"status {results}"] if isinstance(results, int) else results)]


def counts(tp, fp, tn, fn, betas):
    scores = [f"{bits('f_beta', beta)} {double(metrics.f_beta(tp, fp, fn, beta))}" for beta in betas]
    return [f"counts {tp} {fp} {tn} {fn}", *scores,
            *[f"metric {name} {double(x)}" for name, x in metrics.metrics(tp, fp, tn, fn).items()]]


def bad_beta(beta):
    return ["counts 3 2 4 1", bits("beta", beta), f"status {ERROR_METRIC}"]


def sigmoid(logits):
    form = FORMATS[logits.kind]
    wide = FLOAT64 if form is FLOAT64 else FLOAT32
    own = [FUNCTIONS[wide].sigmoid(value(x, form)) for x in logits.elements]
    return [logits.line("predictions"), elements("out", logits.kind, [encode(x, form) for x in own])]


def where(condition, a, b):
    """a and b may be arrays of one element, which stands for all."""
    count = condition.count
    x, y = (array.elements * (count if array.count == 1 else 1) for array in (a, b))
    out = [x[i] if condition.elements[i] != 0 else y[i] for i in range(count)]
    return [condition.line("condition"), a.line("a"), b.line("b"), elements("out", a.kind, out, [True] * count)]
