# SPDX-License-Identifier: Apache-2.0
"""The operations of matrix_test.py: the inputs of a case, the calls, and their expected results.

A class has run(), which calls the library and returns the results as fields of bytes, and check(), which holds such
fields to the exact reference, perhaps in another process. Both rely on nothing but the name of the case.
"""

import copy
import math
import random
import struct

from matrix_inputs import (ACCUMULATE, ACCUMULATOR_SIZE, BAD_WEIGHTS, BIT_OFFSET, FORMATS, OK, PREDICTION_KINDS,
                           SCALAR_A, SCALAR_B, TARGET_TYPES, TARGET_VALUES, UNTOUCHED, Batch, draw)
from reference.elements import ERROR_STRICT, ERROR_WEIGHT, WEIGHTS
from reference.formats import FLOAT32, FLOAT64, converted, encode, pack, unpack, value
from reference.totals import BRIER, LOG, LOSSES, MNIST, Totals

MEAN, SUM = 0x100, 0x200
EVALUATION_SIZE = 208

SHORT = [*range(2, 140), *[63, 64, 65] * 10, 191, 255, 256, 257]
LONG = [1023, 1024, 1025, 1151, 2047, 2049, 4095, 4096, 4097, 5003, 8192, 8193]  # around the library's internal blocks
FULL_NAN = value(FLOAT64.sign - 1, FLOAT64)  # rounding its bits up would leave the NaNs
MIDDLES = [1 + 2.0**-8 + 2.0**-40, 1 + 2.0**-11 + 2.0**-40, 1 + 2.0**-24 + 2.0**-52]  # if rounded to float in between
UPSTREAMS = [1.0, 1.0, 1.0, 0.3, -7e-5, 1e300, -1e-40, 70000.0, 3e4, 0.0, -0.0, math.inf, -math.inf, math.nan, FULL_NAN,
             *MIDDLES]
THRESHOLDS = [0.5, 0.1, 0.0, -0.0, 5e-324, -5e-324, 1e300, -1e300, 3.4028235677973366e38, math.inf, -math.inf]


def draw_count(r, number):
    return {"0": r.randrange(2), "1": r.choice(LONG)}.get(number, r.choice(SHORT))


def expect(encoding, wanted, form, what):
    assert encoding == wanted or (form.is_nan(encoding) and form.is_nan(wanted)), (
        f"{what}: expected {value(wanted, form)!r}, got {value(encoding, form)!r}")


def expect_all(data, wanted, form, what):
    for i, (encoding, w) in enumerate(zip(unpack(data, form.code), wanted, strict=True)):
        expect(encoding, w, form, f"{what} {i}")


def byte_size(losses):
    return 112 + sum({MNIST: 336, BRIER: 600, LOG: 336}[loss] for loss in LOSSES if losses & loss)


def expect_evaluation(data, losses, totals, threshold):
    size, *fields = struct.unpack("<2q3Q6q" + 3 * "2Q2I2q", data[:EVALUATION_SIZE])
    assert size == EVALUATION_SIZE, f"the size of an evaluation is {size}"
    for i, (field, (form, wanted)) in enumerate(zip(fields, totals.evaluation(losses, threshold), strict=True)):
        if form is None:
            assert field == wanted, f"field {i} of the evaluation: expected {wanted}, got {field}"
        else:
            expect(field, wanted, form, f"field {i} of the evaluation")
    assert data[EVALUATION_SIZE:] == UNTOUCHED * len(data[EVALUATION_SIZE:]), "bytes behind the evaluation"


class Case:
    """One call of a function. Subclasses add what differs; `fields` are what the child printed."""

    has_one_loss = True

    def __init__(self, name):
        self.name = name
        operation, self.prediction_type, self.target_type, number = name.split("/")
        self.r = r = random.Random(name)
        self.is_strict = operation == "refusal" or r.random() < 0.1
        self.losses = r.choice(LOSSES) if self.has_one_loss else r.randrange(1, sum(LOSSES) + 1)
        self.reduction, self.upstream = r.choice([MEAN, SUM]), r.choice([*UPSTREAMS, r.uniform(-2, 2)])
        self.divisor = r.choice([1, 3, 64, 1000, 60000, 1 << 40, (1 << 63) - 1])
        self.is_accumulated, self.is_in_place = r.random() < 0.5, r.random() < 0.3
        self.evaluation_size = EVALUATION_SIZE + r.choice([0, 0, 8, 56])
        self.make_batch(r, draw_count(r, number))
        self.threshold = r.choice(THRESHOLDS)
        if self.batch.predictions and r.random() < 0.4:
            near = value(r.choice(self.batch.predictions), self.batch.form)
            near = r.choice([near, math.nextafter(near, math.inf), math.nextafter(near, -math.inf)])
            self.threshold = self.threshold if math.isnan(near) else near
        form = self.batch.form
        kind = PREDICTION_KINDS[r.choice(["uniform", "scores", "huge", "finite", "any"])]
        self.old_gradient = draw(r, lambda: kind(r, form), len(self.batch.predictions))

    def make_batch(self, r, count):
        self.batch = Batch(r, self.losses, self.prediction_type, self.target_type, count, is_strict=self.is_strict)

    def rows(self):
        return [self.batch]

    def arrays(self, arena, is_in_place=False):
        """Predictions, targets and weights."""
        batch = self.batch
        predictions = arena.input(pack(batch.predictions, batch.form.code), batch.form)
        predictions.is_output = is_in_place
        weights = None if batch.weights is None else arena.input(pack(batch.weights, "I"))
        return predictions, arena.input(batch.packed_targets()), weights

    def evaluations(self, arena, count=1):
        content = struct.pack("<q", self.evaluation_size) + UNTOUCHED * (self.evaluation_size * count - 8)
        return arena.output(content if count else 0, aligned=True)

    def run(self, arena):
        return self.call(arena) + [field for row in self.rows() for field in row.function_fields(arena)]

    def check(self, fields):
        assert fields.pop(0) == OK, "a status other than 0"
        self.check_results(fields)
        assert not fields, "more fields than were checked"

    def old(self, arena):
        return arena.output(pack(self.old_gradient, self.batch.form.code), self.batch.form)

    def totals(self, fields):
        totals = Totals()
        self.batch.add_to(totals, self.threshold, fields)
        return totals

    def check_untouched(self, field):
        assert field == UNTOUCHED * len(field), "the violation was touched"

    def check_losses(self, losses, totals):
        wanted = [t.loss(self.losses, self.reduction == MEAN, FLOAT64) for t in totals]
        expect_all(losses, wanted, FLOAT64, "loss")


class Loss(Case):
    def call(self, arena):
        return arena.call("loss", self.batch.options() | self.reduction, *self.arrays(arena), self.batch.count, None,
                          arena.output(8, aligned=True), arena.violation())

    def check_results(self, fields):
        loss = fields.pop(0)
        self.check_untouched(fields.pop(0))
        self.check_losses(loss, [self.totals(fields)])


class Evaluate(Case):
    has_one_loss = False

    def call(self, arena):
        return arena.call("evaluate", self.batch.options(), *self.arrays(arena), self.batch.count, None,
                          self.threshold, self.evaluations(arena), arena.violation())

    def check_results(self, fields):
        evaluation = fields.pop(0)
        self.check_untouched(fields.pop(0))
        expect_evaluation(evaluation, self.losses, self.totals(fields), self.threshold)


class Values(Case):
    def call(self, arena):
        arrays, batch = self.arrays(arena, self.is_in_place), self.batch
        out = arrays[0] if self.is_in_place else arena.output(len(arrays[0].content), batch.form)
        out.may_be_nan = batch.positives() if self.is_copied() else None
        fields = arena.call("values", batch.options(), *arrays, batch.count, out, arena.violation())
        return [fields[0], *fields[-2:]]

    def is_copied(self):
        """Whether the prediction itself is the value, where the target is negative."""
        return self.losses == MNIST and not self.batch.is_logits and self.batch.weights is None

    def check_results(self, fields):
        data, _ = fields.pop(0), self.check_untouched(fields.pop(0))
        batch, form = self.batch, self.batch.form
        wanted = batch.values(self.losses, batch.functions(fields))
        if self.is_copied():
            for i, (d, w, t) in enumerate(zip(unpack(data, form.code), wanted, batch.positives())):
                assert t or d == w, f"value {i} is no copy"
        expect_all(data, wanted, form, "value")


def check_gradient(case, loss, data, functions):
    old = case.old_gradient if case.is_accumulated else None
    wanted = case.batch.gradient(loss, case.upstream, case.divisor, functions, old)
    expect_all(data, wanted, case.batch.form, "gradient")


class Gradient(Case):
    """With the loss or alone, and then perhaps without predictions."""

    def __init__(self, name):
        super().__init__(name)
        self.wants_loss = self.r.random() < 0.6
        is_of_targets = self.losses == MNIST and not self.batch.is_logits
        self.has_predictions = self.wants_loss or not is_of_targets or self.r.random() < 0.5
        self.reduction = self.reduction if self.wants_loss else self.r.choice([0, self.reduction])
        self.is_in_place &= not self.is_accumulated and self.has_predictions
        self.divisor = self.r.choice([self.divisor, max(self.batch.count, 1)])

    def call(self, arena):
        """The status, the gradient, the loss if there is one, the violation."""
        arrays, batch = self.arrays(arena, self.is_in_place), self.batch
        gradient = arrays[0] if self.is_in_place else self.old(arena)
        options = batch.options() | self.reduction | ACCUMULATE * self.is_accumulated
        status, *fields = arena.call("gradient", options, arrays[0] if self.has_predictions else None, *arrays[1:],
                                     batch.count, self.upstream, self.divisor, gradient,
                                     arena.output(8, aligned=True) if self.wants_loss else None, arena.violation())
        return [status, *fields[self.is_in_place:]]

    def check_results(self, fields):
        gradient, losses = fields.pop(0), [fields.pop(0)] if self.wants_loss else []
        self.check_untouched(fields.pop(0))
        check_gradient(self, self.losses, gradient, self.batch.functions(fields[:]))
        totals = self.totals(fields)
        for loss in losses:
            self.check_losses(loss, [totals])


class Rows(Case):
    def make_batch(self, r, count):
        self.row_count, self.columns = r.randrange(6) if count < 1000 else r.randrange(1, 3), count
        self.strides = [r.choice([0, max(count - 1, 0), count, count, count + 1, count + 7]) for _ in range(3)]
        sizes = [stride * (self.row_count - 1) + count if self.row_count else 0 for stride in self.strides]
        self.batch = Batch(r, self.losses, self.prediction_type, self.target_type, *sizes, self.is_strict)

    def rows(self):
        return [self.batch.slice(*(stride * i for stride in self.strides), self.columns)
                for i in range(self.row_count)]

    def matrix(self, arena):
        """The arrays, the columns and the shape."""
        shape = arena.input(struct.pack("<4q", self.row_count, *self.strides), aligned=True)
        return *self.arrays(arena), self.columns, shape

    def row_totals(self, fields):
        totals = [Totals() for _ in range(self.row_count)]
        for row, total in zip(self.rows(), totals):
            row.add_to(total, self.threshold, fields)
        return totals


class LossRows(Rows):
    def call(self, arena):
        return arena.call("loss", self.batch.options() | self.reduction, *self.matrix(arena),
                          arena.output(8 * self.row_count, aligned=True), arena.violation())

    def check_results(self, fields):
        losses = fields.pop(0)
        self.check_untouched(fields.pop(0))
        self.check_losses(losses, self.row_totals(fields))


class EvaluateRows(Rows):
    has_one_loss = False

    def call(self, arena):
        return arena.call("evaluate", self.batch.options(), *self.matrix(arena), self.threshold,
                          self.evaluations(arena, self.row_count), arena.violation())

    def check_results(self, fields):
        evaluations, size = fields.pop(0), self.evaluation_size
        self.check_untouched(fields.pop(0))
        for i, totals in enumerate(self.row_totals(fields)):
            expect_evaluation(evaluations[size * i:size * (i + 1)], self.losses, totals, self.threshold)


class AccumulatorRows(Rows):
    """Each row twice into an accumulator of its own, with thresholds of their own."""

    has_one_loss = False

    def __init__(self, name):
        super().__init__(name)
        self.thresholds = [self.r.choice([self.threshold, *THRESHOLDS]) for _ in range(self.row_count)]

    def add(self, arena, accumulators):
        """The status and the violation."""
        options = self.batch.options() & ~(self.losses * self.r.randrange(2))
        return arena.call("accumulator_add", accumulators, options, *self.matrix(arena), arena.violation())[::2]

    def call(self, arena):
        return self.add(arena, arena.accumulators(self.losses, *self.thresholds))

    def run(self, arena):
        """What both calls return, and of each row its evaluation and its byte form."""
        accumulators, size = arena.accumulators(self.losses, *self.thresholds), byte_size(self.losses)
        fields = self.add(arena, accumulators) + self.add(arena, accumulators)
        for i in range(self.row_count):
            one = accumulators.address + ACCUMULATOR_SIZE * i
            fields += arena.call("accumulator_result", one, self.evaluations(arena))
            fields += arena.call("accumulator_serialize", one, arena.output(size), size, arena.output(8, aligned=True))
        return fields + [field for row in self.rows() for field in row.function_fields(arena)]

    def check_results(self, fields):
        self.check_untouched(fields.pop(0))
        assert fields.pop(0) == OK, "the second call"
        self.check_untouched(fields.pop(0))
        results, of_logits = fields[:5 * self.row_count], fields[5 * self.row_count:]
        for i, (row, threshold) in enumerate(zip(self.rows(), self.thresholds)):
            totals, (status, evaluation, other, form, size) = Totals(), results[5 * i:5 * i + 5]
            row.add_to(totals, threshold, of_logits)
            totals.merge(totals)
            assert (status, other, size) == (OK, OK, struct.pack("<q", byte_size(self.losses))), f"row {i}"
            expect_evaluation(evaluation, self.losses, totals, threshold)
            assert form == totals.byte_form(self.losses, threshold), f"the byte form of row {i}"
        fields[:] = of_logits


class AddToAccumulator(Case):
    """One piece: with a gradient of one of the losses, or without."""

    has_one_loss = False

    def __init__(self, name, losses=None):
        super().__init__(name)
        self.losses = self.batch.losses = losses or self.losses
        self.has_gradient = self.r.random() < 0.4
        self.gradient_loss = self.r.choice([loss for loss in LOSSES if self.losses & loss])

    def add(self, arena, accumulator):
        """The status, the gradient if there is one, the violation."""
        batch, arrays, options = self.batch, self.arrays(arena), self.batch.options()
        if self.has_gradient:
            options = options & ~self.losses | self.gradient_loss | ACCUMULATE * self.is_accumulated
            fields = arena.call("accumulator_add_with_gradient", accumulator, options, *arrays, batch.count,
                                self.upstream, self.divisor, self.old(arena), arena.violation())
        else:
            fields = arena.call("accumulator_add", accumulator, options & ~(self.losses * self.r.randrange(2)), *arrays,
                                batch.count, None, arena.violation())
        return [fields[0], *fields[2:]]

    def call(self, arena):
        return self.add(arena, arena.accumulators(self.losses, self.threshold))


class Accumulator(Case):
    """Pieces of several types: in one order, in another and merged, through the byte form, and twice."""

    has_one_loss = False

    def __init__(self, name):
        super().__init__(name)
        self.pieces = [AddToAccumulator(name, self.losses)]
        for i in range(self.r.randrange(4)):
            types = self.r.choice(list(FORMATS)), self.r.choice(list(TARGET_TYPES))
            piece = f"piece {i} of {name.replace('/', ' ')}/{types[0]}/{types[1]}/2"
            self.pieces.append(AddToAccumulator(piece, self.losses))

    def run(self, arena):
        whole, left, right, other = (arena.accumulators(self.losses, self.threshold) for _ in range(4))
        fields = []
        for piece in self.pieces:
            fields += piece.add(arena, whole) + piece.batch.function_fields(arena)
        form = arena.output(byte_size(self.losses))
        fields += self.serialize(arena, whole, form)
        fields += self.result(arena, whole)
        for piece in arena.r.sample(self.pieces, len(self.pieces)):
            piece.add(arena, arena.r.choice([left, right]))
        arena.call("accumulator_merge", left, right)
        arena.call("accumulator_deserialize", other, form, byte_size(self.losses))
        for same in (left, other):
            fields += self.serialize(arena, same, arena.output(byte_size(self.losses)))
        arena.call("accumulator_merge", whole, whole)
        return fields + self.result(arena, whole)

    def serialize(self, arena, accumulator, form):
        size, written = byte_size(self.losses), arena.output(8, aligned=True)
        status, _, data, number = arena.call("accumulator_serialize", accumulator, form, size, written)
        assert number == struct.pack("<q", size), "the number of bytes"
        return [status, data]

    def result(self, arena, accumulator):
        return arena.call("accumulator_result", accumulator, self.evaluations(arena))[::2]

    def check(self, fields):
        totals = Totals()
        for piece in self.pieces:
            assert fields.pop(0) == OK
            gradient = fields.pop(0) if piece.has_gradient else None
            self.check_untouched(fields.pop(0))
            if gradient is not None:
                check_gradient(piece, piece.gradient_loss, gradient, piece.batch.functions(fields[:]))
            piece.batch.add_to(totals, self.threshold, fields)
        form = totals.byte_form(self.losses, self.threshold)
        assert fields[:2] == [OK, form], "the byte form"
        expect_evaluation(fields[3], self.losses, totals, self.threshold)
        assert fields[4:6] == [OK, form], "the byte form of the pieces in another order"
        assert fields[6:8] == [OK, form], "the byte form of an accumulator from its byte form"
        totals.merge(totals)
        expect_evaluation(fields[9], self.losses, totals, self.threshold)


class Refusal:
    """Strict mode, and weights that are none, in every function that looks for them."""

    OPERATIONS = (Loss, Evaluate, Values, Gradient, LossRows, EvaluateRows, AccumulatorRows, AddToAccumulator)

    def __init__(self, name):
        self.case = case = self.OPERATIONS[int(name.split("/")[3]) % len(self.OPERATIONS)](name)
        batch, r = case.batch, case.r
        batch.is_strict = batch.weights is None or r.random() < 0.6
        arrays = [(a, bad) for a, bad in ((batch.predictions, self.bad_predictions(batch)),
                                          (batch.targets, self.bad_targets(batch)),
                                          (batch.weights, BAD_WEIGHTS)) if a and bad]
        at = r.random()
        for _ in range(r.choice([0, 1, 1, 2, 3])):
            array, bad = r.choice(arrays) if arrays else ([0], [0])
            at = r.choice([at, r.random()])
            array[int(at * len(array))] = r.choice(bad)

    def bad_predictions(self, batch):
        form, one = batch.form, encode(1.0, batch.form)
        nans = [form.nan, form.nan | form.sign, form.infinity | 1]
        return nans if batch.is_logits else nans + [form.sign | 1, form.sign | one, one + 1, form.infinity - 1,
                                                    form.infinity, form.infinity | form.sign]

    def bad_targets(self, batch):
        return [t for t in TARGET_VALUES[batch.target_type] if batch.target_value(t) not in (0, 1)]

    def violation(self):
        """The index, the value and the argument of the first refusal, or None."""
        for row_index, batch in enumerate(self.case.rows()):
            first = batch.violation(getattr(self.case, "has_predictions", True))
            if first is not None:
                index, refused, argument = first
                return row_index * batch.count + index, refused, argument
        return None

    def run(self, arena):
        fields = self.case.call(arena)
        outputs = [array for array in arena.arrays if array.is_output][:-1]  # the last is the violation
        return [fields[0], fields[-1], bytes([all(array.read() == array.content for array in outputs)])]

    def check(self, fields):
        wanted = self.violation()
        if wanted is None:
            assert fields[:2] == [OK, UNTOUCHED * 24], "refused, or touched the violation"
            return
        status = ERROR_WEIGHT if wanted[2] == WEIGHTS else ERROR_STRICT
        assert fields[0] == bytes([status]), f"expected status {status}"
        index, encoding, argument, reserved = struct.unpack("<qQii", fields[1])
        have = index, value(encoding, FLOAT64), argument
        assert str(have) == str(wanted) and reserved == 0, f"violation: expected {wanted}, got {have}"
        assert fields[2] == b"\1", "an output was written"


class Where:
    """The predictions' name stands for the size of the elements, that of the targets for the type of conditions."""

    def __init__(self, name):
        _, size, condition, number = name.split("/")
        self.r = r = random.Random(name)
        self.size, self.is_bits = int(size), condition == "bits"
        self.count = draw_count(r, number)
        self.offset = r.randrange(8) if self.is_bits else 0
        self.flags = r.choice([0, 0, SCALAR_A, SCALAR_B, SCALAR_A | SCALAR_B])
        self.conditions = [r.random() < 0.5 for _ in range(self.offset + self.count)]
        self.a, self.b = (r.randbytes(self.size * (1 if self.flags & flag else self.count))
                          for flag in (SCALAR_A, SCALAR_B))
        choices = ["out", *["a"] * (not self.flags & SCALAR_A), *["b"] * (not self.flags & SCALAR_B)]
        if self.size == 1 and not self.is_bits and r.random() < 0.5:
            choices = ["condition"]
        self.place = r.choice(choices)

    def run(self, arena):
        if self.is_bits:
            packed = sum(bit << i for i, bit in enumerate(self.conditions))
            packed |= self.r.getrandbits(8) << len(self.conditions)
            size = (len(self.conditions) + 7) // 8
            content = (packed % (1 << 8 * size)).to_bytes(size, "little")
        else:
            content = bytes(c and self.r.choice([1, 2, 128, 255]) for c in self.conditions)
        arrays = {"condition": arena.input(content), "a": arena.input(self.a), "b": arena.input(self.b)}
        out = arrays.get(self.place) or arena.output(self.size * self.count)
        out.is_output = True
        options = TARGET_TYPES["bits" if self.is_bits else "u8"][0] | self.offset * BIT_OFFSET | self.flags
        fields = arena.call("where", options, arrays["condition"], arrays["a"], arrays["b"], self.size, self.count, out)
        return [fields[0], fields[-1]]

    def check(self, fields):
        a, b = ([array[i:i + self.size] for i in range(0, len(array), self.size)] for array in (self.a, self.b))
        a = a * self.count if self.flags & SCALAR_A else a
        b = b * self.count if self.flags & SCALAR_B else b
        wanted = [x if condition else y for condition, x, y in zip(self.conditions[self.offset:], a, b, strict=True)]
        assert fields == [OK, b"".join(wanted)], "a wrong selection"


class Sigmoid(Case):
    def make_batch(self, r, count):
        super().make_batch(r, count)
        self.batch.is_logits = True

    def call(self, arena):
        logits = self.arrays(arena, self.is_in_place)[0]
        out = logits if self.is_in_place else arena.output(len(logits.content), self.batch.form)
        return arena.call("sigmoid", self.batch.form.option, logits, self.batch.count, out)[:2]

    def check_results(self, fields):
        batch, form = self.batch, self.batch.form
        data, functions = fields.pop(0), batch.functions(fields)
        expect_all(data, [converted(plus, batch.wide, form) for plus, _, _ in functions], form, "sigmoid")
