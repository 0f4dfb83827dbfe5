# SPDX-License-Identifier: Apache-2.0
"""The inputs of matrix_test.py, the memory that they are in, and calls with them."""

import copy
import ctypes
import math

from matrix_functions import is_close, is_sigmoid, log_of_logit, log_of_prediction
from reference.elements import Elements
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, converted, encode, pack, unpack, value
from reference.totals import LOG

OK, UNTOUCHED = b"\0", b"\xa5"
LOGITS, STRICT, ACCUMULATE, CLAMP, SCALAR_A, SCALAR_B = (1 << bit for bit in (24, 25, 26, 27, 28, 29))
BIT_OFFSET = 1 << 20
ACCUMULATOR_SIZE = 4864
FORMATS = {"f16": FLOAT16, "bf16": BFLOAT16, "f32": FLOAT32, "f64": FLOAT64}
TARGET_TYPES = {"u8": (1 << 16, "B"), "i8": (2 << 16, "b"), "i32": (3 << 16, "i"), "i64": (4 << 16, "q"),
                "f32": (5 << 16, "I"), "f64": (6 << 16, "Q"), "bits": (7 << 16, None)}

# The arguments of the functions: p is a pointer, i an int, q an int64_t, d a double.
SIGNATURES = {
    "loss": "ipppqppp", "values": "ipppqpp", "gradient": "ipppqdqppp", "evaluate": "ipppqpdpp", "where": "ipppiqp",
    "sigmoid": "ipqp", "accumulator_init": "pid", "accumulator_add": "pipppqpp",
    "accumulator_add_with_gradient": "pipppqdqpp", "accumulator_merge": "pp", "accumulator_result": "pp",
    "accumulator_serialize": "ppqp", "accumulator_deserialize": "ppq"}
C_TYPES = {"p": ctypes.c_void_p, "i": ctypes.c_int, "q": ctypes.c_int64, "d": ctypes.c_double}


# ----------------------------------------------------------------------------------------------------------- inputs --


def exponent_field(form):
    return form.infinity >> (form.precision - 1)


def random_bits(r, form, exponent):
    return r.choice([0, form.sign]) | exponent << (form.precision - 1) | r.getrandbits(form.precision - 1)


def infinity_or_nan(r, form):
    return r.choice([form.infinity, form.infinity, form.infinity | form.sign, form.nan, form.nan ^ form.sign,
                     form.infinity | 1])


BORDERS = [0.5, 1.0, 2.0, -1.0, 2.0**-19, 2.0**-20, 2.0**-24, 2.0**-42, 2.0**-53, 2.0**-126, 2.0**125, 2.0**10]
BAD_WEIGHTS = [FLOAT32.sign | 1, FLOAT32.infinity, FLOAT32.infinity | FLOAT32.sign, FLOAT32.nan, encode(-1.0, FLOAT32)]

# Kinds of predictions, as functions of a random generator and a format that give encodings.
PREDICTION_KINDS = {
    "uniform": lambda r, f: encode(r.random(), f),
    "zeros and ones": lambda r, f: r.choice([0, encode(1.0, f), f.sign]),
    "confident": lambda r, f: encode(1 / (1 + math.exp(r.uniform(-40, 40))), f),
    "tiny": lambda r, f: encode(r.random() * 2 ** r.uniform(f.lowest, -15), f),
    "1e-30": lambda r, f: encode(1e-30 * r.random(), f),
    "subnormal": lambda r, f: random_bits(r, f, 0),
    "scores": lambda r, f: encode(r.uniform(-50, 50), f),
    "huge": lambda r, f: random_bits(r, f, exponent_field(f) - 1 - r.getrandbits(2)),
    "finite": lambda r, f: random_bits(r, f, r.randrange(exponent_field(f))),
    "any": lambda r, f: r.getrandbits(f.bits),
    "beside 1": lambda r, f: encode(1.0, f) - r.getrandbits(r.randrange(1, f.precision)),
    "extremes": lambda r, f: r.choice([0, 1, 2, f.sign, encode(1.0, f), encode(1.0, f) - 1, encode(1.0, f) + 1,
                                       encode(1e-30, f), encode(1e-13, f), encode(-1e-30, f)]),
    "borders": lambda r, f: (encode(r.choice(BORDERS), f) + r.choice([-1, 0, 0, 1])) % f.infinity,
}
CLEAN_KINDS = ["uniform", "zeros and ones", "confident", "1e-30", "beside 1"]
LOGIT_KINDS = {
    "scores": lambda r, f: encode(r.uniform(-50, 50), f),
    "extreme": lambda r, f: encode(r.uniform(-800, 800) if f is FLOAT64 else r.uniform(-110, 110), f),
    "near 0": lambda r, f: encode(r.uniform(-1, 1) * 2 ** r.uniform(-30, 2), f),
    "very extreme": lambda r, f: encode(r.choice([0.0, -0.0, 1e30, -1e30, 100.0, -100.0, 17.0, -104.0, -745.5]), f),
    "huge": PREDICTION_KINDS["huge"],
    "finite": PREDICTION_KINDS["finite"],
    "any": PREDICTION_KINDS["any"],
}
TARGET_VALUES = {
    "u8": [0, 1, 2, 255, 128], "i8": [0, 1, 2, -1, -128, 127], "i32": [0, 1, 2, -1, 1 << 24, 257, 65537, -(1 << 31)],
    "i64": [0, 1, 2, -1, 1 << 32, (1 << 32) + 1, (1 << 53) + 1, -(1 << 63)],
    "f32": [encode(t, FLOAT32) for t in (0.0, 1.0, -0.0, -1.0, 0.5, math.inf, math.nan)] + [1, 0x3f800001, 0x3f7fffff],
    "f64": [encode(t, FLOAT64) for t in (0.0, 1.0, -0.0, -1.0, 0.5, math.inf, math.nan, 1 - 2.0**-53)]
    + [1, 0x3ff0000000000001, 0x3ff0000000010000, 0x3f800000],
    "bits": [0, 1]}
WEIGHT_KINDS = [lambda r: encode(r.random(), FLOAT32), lambda r: encode(float(r.randrange(4)), FLOAT32),
                lambda r: r.randrange(FLOAT32.infinity), lambda r: r.getrandbits(23), lambda r: r.choice([0, 1 << 31]),
                lambda r: FLOAT32.infinity - 1 - r.getrandbits(4)]


def draw(r, kind, count):
    """Many elements are drawn from a few, which keeps the exact reference fast."""
    pool = [kind() for _ in range(min(count, 96))]
    return pool if count == len(pool) else r.choices(pool, k=count)


class Batch(Elements):
    """Predictions or logits with targets, all as encodings (integers as themselves)."""

    def __init__(self, r, losses, prediction_type, target_type, count, target_count=None, weight_count=None,
                 is_strict=False):
        self.losses, self.is_clamped = losses, r.random() < 0.4
        self.form, self.target_type, self.target_form = FORMATS[prediction_type], target_type, FORMATS.get(target_type)
        self.offset, self.gap = r.randrange(8) if target_type == "bits" else 0, r.getrandbits(64)
        self.is_logits, self.is_strict, self.weights = r.random() < 0.4, is_strict, None
        values = TARGET_VALUES[target_type]
        rate, odd = r.choice([0.0, 0.1, 0.5, 0.5, 0.5, 0.9, 1.0]), 0 if self.is_strict else r.choice([0, 0.1, 0.5])
        self.targets = [r.choice(values) if r.random() < odd else values[r.random() < rate]
                        for _ in range(count if target_count is None else target_count)]
        self.draw_predictions(r, count)
        if r.random() < 0.4:
            self.draw_weights(r, count if weight_count is None else weight_count)

    def draw_predictions(self, r, count):
        if self.is_logits:
            kind = LOGIT_KINDS[r.choice(list(LOGIT_KINDS)[:3] if self.is_strict else list(LOGIT_KINDS))]
        else:
            kind = PREDICTION_KINDS[r.choice(CLEAN_KINDS if self.is_strict else list(PREDICTION_KINDS))]
        self.predictions = draw(r, lambda: kind(r, self.form), count)
        if self.is_strict and self.is_logits and self.count > 0 and r.random() < 0.4:
            self.predictions[r.randrange(self.count)] = self.form.infinity | r.choice([0, self.form.sign])
        if self.is_strict or self.count == 0:
            return
        if r.random() < 0.2:
            for _ in range(r.randrange(1, 3)):
                self.predictions[r.randrange(self.count)] = infinity_or_nan(r, self.form)
        elif r.random() < 0.3 and not self.is_logits:
            self.cancel(r)

    def cancel(self, r):
        """Makes distances of neighbours cancel, so that what is lost of the others shows in the sum."""
        positives = self.positives()
        for i in range(0, min(self.count, len(self.targets)) // 2 * 2, 2):
            if r.random() < 0.9:
                same = positives[i] == positives[i + 1]
                self.predictions[i + 1] = self.predictions[i] ^ (self.form.sign if same else 0)

    def draw_weights(self, r, count):
        kind = r.choice(WEIGHT_KINDS)
        self.weights = draw(r, lambda: kind(r), count)

    def slice(self, first, first_target, first_weight, count):
        row = copy.copy(self)
        vars(row).update(predictions=self.predictions[first:first + count],
                         targets=self.targets[first_target:first_target + count],
                         weights=self.weights and self.weights[first_weight:first_weight + count])
        return row

    def widened(self):
        """The same without weights, in float32 where the predictions are of a narrower type."""
        batch = self.slice(0, 0, 0, self.count)
        batch.predictions = [converted(p, self.form, self.wide) for p in self.predictions]
        batch.weights, batch.form = None, self.wide
        return batch

    def options(self):
        """All but the reduction."""
        return (self.losses | self.form.option | self.target_option() | STRICT * self.is_strict
                | LOGITS * self.is_logits | CLAMP * self.is_clamped)

    def target_option(self):
        return TARGET_TYPES[self.target_type][0] | self.offset * BIT_OFFSET

    def packed_targets(self):
        code = TARGET_TYPES[self.target_type][1]
        if code is not None:
            return pack(self.targets, code)
        bits, size = self.gap, self.offset + len(self.targets)
        for i, bit in enumerate(self.targets, self.offset):
            bits = bits & ~(1 << i) | bit << i
        return (bits % (1 << (size + 7) // 8 * 8)).to_bytes((size + 7) // 8, "little")

    def function_fields(self, arena):
        """What the library gives in its wide format: of logits σ(x) and σ(-x), and the values of log, unclamped."""
        code, size = self.wide.code, self.count * self.wide.bits // 8
        predictions, fields = self.widened().predictions, []
        for sign in (0, self.wide.sign) if self.is_logits else ():
            logits = arena.input(pack([p ^ sign for p in predictions], code))
            sigmoids = arena.output(size, self.wide)
            fields += arena.call("sigmoid", self.wide.option, logits, self.count, sigmoids)[1:]
        arrays = arena.input(pack(predictions, code)), arena.input(self.packed_targets())
        options = LOG | self.wide.option | self.target_option() | LOGITS * self.is_logits
        values = arena.output(size, self.wide)
        return fields + arena.call("values", options, *arrays, None, self.count, values, None)[1:]

    def functions(self, fields):
        """From these fields, taken off: of each element σ(x) and σ(-x), or the prediction twice, and the value of log."""
        if self.is_logits:
            plus, minus = (unpack(fields.pop(0), self.wide.code) for _ in range(2))
        else:
            plus = minus = self.widened().predictions
        functions = list(zip(plus, minus, unpack(fields.pop(0), self.wide.code), strict=True))
        for p, positive, (s, c, log) in set(zip(self.predictions, self.positives(), functions)):
            check_functions(self, value(p, self.form), positive, s, c, log)
        return functions

    def add_to(self, totals, threshold, fields):
        """Adds the batch to totals, after a check of the library's functions of its elements."""
        self.add_elements(totals, threshold, self.functions(fields))


def check_functions(batch, p, positive, plus, minus, log):
    exact = log_of_logit(p, positive) if batch.is_logits else log_of_prediction(p, positive)
    assert is_close(log, exact, batch.wide), f"log of {p!r}, {positive}: {value(log, batch.wide)!r}"
    if batch.is_logits:
        assert is_sigmoid(plus, p, batch.wide), f"sigmoid({p!r}) = {value(plus, batch.wide)!r}"
        assert is_sigmoid(minus, -p, batch.wide), f"sigmoid({-p!r}) = {value(minus, batch.wide)!r}"


# ----------------------------------------------------------------------------------------------------------- memory --


class Array:
    """Memory at a given alignment between canaries."""

    CANARY = b"\xa5"

    def __init__(self, content, misalignment, form=None, may_be_nan=None):
        self.content, self.form, self.may_be_nan = content, form, may_be_nan
        self.is_output, self.is_opaque = False, False
        self.memory = ctypes.create_string_buffer(self.CANARY * (len(content) + 256), len(content) + 256)
        self.start = -ctypes.addressof(self.memory) % 64 + 64 + misalignment
        self.address = ctypes.addressof(self.memory) + self.start
        self.memory[self.start:self.start + len(content)] = content

    def read(self):
        return self.memory[self.start:self.start + len(self.content)]

    def result(self):
        """The content, in which every NaN of unspecified sign and payload is the same one."""
        data = b"" if self.is_opaque else self.read()
        if self.form is None:
            return data
        form, elements = self.form, unpack(data, self.form.code)
        if not any(form.is_nan(e) for e in elements):
            return data
        allowed = self.may_be_nan or [True] * len(elements)
        return pack([form.nan if form.is_nan(e) and a else e for e, a in zip(elements, allowed)], form.code)

    def is_intact(self):
        """Nothing around it was written, nor it itself unless it is an output."""
        start, end = self.start, self.start + len(self.content)
        outside = self.memory[:start] + self.memory[end:]
        return outside == self.CANARY * len(outside) and (self.is_output or self.read() == self.content)


class Arena:
    """The arrays of a case, and the calls with them."""

    def __init__(self, library, r):
        self.library, self.r, self.arrays = library, r, []

    def input(self, content, *details, aligned=False):
        misalignment = 0 if aligned else self.r.choice([0, 8, 32, *range(1, 64)])
        self.arrays.append(Array(content, misalignment, *details))
        return self.arrays[-1]

    def output(self, content, *details, aligned=False):
        """content: what it holds before the call, or its size."""
        content = b"\xa5" * content if isinstance(content, int) else content
        array = self.input(content, *details, aligned=aligned)
        array.is_output = True
        return array

    def violation(self):
        return self.output(24, FLOAT64, aligned=True)

    def accumulators(self, losses, *thresholds):
        """Adjacent initialised ones. Only functions of the library give their memory a meaning."""
        array = self.output(ACCUMULATOR_SIZE * len(thresholds), aligned=True)
        array.is_opaque = True
        for i, threshold in enumerate(thresholds):
            assert self.call("accumulator_init", array.address + ACCUMULATOR_SIZE * i, losses, threshold) == [OK]
        array.content = array.read()
        return array

    def call(self, name, *arguments):
        """Calls a function, and returns its status and the outputs among its arguments."""
        signature = SIGNATURES[name]
        assert len(arguments) == len(signature), name
        function = getattr(self.library, f"exactloss_{name}")
        status = function(*[C_TYPES[t](a.address if isinstance(a, Array) else a)
                            for a, t in zip(arguments, signature)])
        return [bytes([status])] + [a.result() for a in arguments if isinstance(a, Array) and a.is_output]

    def check(self):
        for i, array in enumerate(self.arrays):
            assert array.is_intact(), f"memory that is no output was written: in or around array {i}"
