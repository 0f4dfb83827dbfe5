# SPDX-License-Identifier: Apache-2.0
"""All cases of native/conformance/cases.txt, to the bit. Usage: conformance_test.py CASES"""

import struct
import sys
import unittest

import exactloss
from exactloss import _evaluation

try:
    import numpy
except ImportError:
    numpy = None

CASES = sys.argv.pop(1)
MASK = (1 << 64) - 1
LETTERS = {"float16": "e", "bfloat16": "H", "float32": "f", "float64": "d",
           "uint8": "B", "int8": "b", "int32": "i", "int64": "q"}
SIZES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "uint8": 1, "int8": 1, "int32": 4, "int64": 8}
OUTPUTS = ("values", "gradient", "out")


# ---- the file ------------------------------------------------------------------------------------------------------

def splitmix64(state):
    while True:
        state = (state + 0x9e3779b97f4a7c15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9) & MASK
        z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & MASK
        yield z ^ (z >> 31)


def patterns(type_, count, kind, tokens):
    """The elements of an array as whole numbers."""
    if kind == "bits":
        return [int(token, 16) for token in tokens]
    words = splitmix64(int(tokens[0], 16))
    if kind == "choice":
        choice = [int(token, 16) for token in tokens[1:]]
        return [choice[next(words) % len(choice)] for _ in range(count)]
    first, length = int(tokens[1], 16), int(tokens[2], 16)
    if kind == "range":
        return [first + next(words) % length for _ in range(count)]
    sign = 1 << (8 * SIZES[type_] - 1)
    return [first + (word >> 1) % length | (sign if word & 1 else 0) for word, _ in zip(words, range(count))]


def memory(type_, numbers):
    return bytearray(b"".join(number.to_bytes(SIZES[type_], "little") for number in numbers))


def array(type_, content, as_numpy):
    """The bytes as an array of a type: of NumPy, or a memoryview."""
    letter = LETTERS[type_]
    if as_numpy:
        made = numpy.frombuffer(content, letter)
        return exactloss.bfloat16(made) if type_ == "bfloat16" else made
    return marked(type_, memoryview(content).cast("H" if SIZES[type_] == 2 else letter))


def marked(type_, patterns):
    """Patterns of a type that Python has none of."""
    mark = {"float16": exactloss.float16, "bfloat16": exactloss.bfloat16}.get(type_)
    return patterns if mark is None else mark(patterns)


class Input:
    """An array of a case."""

    def __init__(self, line, as_numpy):
        self.type, count, kind, *tokens = line.split()[1:]
        self.count = int(count)
        numbers = patterns(self.type, self.count, kind, tokens)
        assert len(numbers) == self.count, line
        if self.type.startswith("bits:"):
            offset = int(self.type[5:])
            whole = sum(number << (offset + i) for i, number in enumerate(numbers))
            content = whole.to_bytes((offset + self.count + 7) // 8, "little")
            self.array = exactloss.packed_bits(content, self.count, offset)
        else:
            self.content = memory(self.type, numbers)
            self.array = array(self.type, self.content, as_numpy)

    def scalar(self):
        """The only element, as an array without dimensions."""
        letter = "H" if SIZES[self.type] == 2 else LETTERS[self.type]
        return marked(self.type, memoryview(self.content).cast(letter, ()))


def f64(token):
    return struct.unpack("<d", int(token, 16).to_bytes(8, "little"))[0]


def bits_of(number, letter="d"):
    return "nan" if number != number else struct.pack(">" + letter, number).hex()


def fnv1a(content):
    h = 0xcbf29ce484222325
    for byte in content:
        h = ((h ^ byte) * 0x100000001b3) & MASK
    return f"{h:016x}"


def is_nan(type_, pattern):
    if type_ == "bfloat16":
        return pattern & 0x7fff > 0x7f80
    number, = struct.unpack("<" + LETTERS[type_], pattern.to_bytes(SIZES[type_], "little"))
    return number != number


# ---- running a case ------------------------------------------------------------------------------------------------

class Case:
    def __init__(self, name, operation, lines, as_numpy, test):
        self.name = name
        self.operation = operation
        self.lines = lines
        self.as_numpy = as_numpy
        self.test = test
        self.inputs = {}
        self.words = {}
        self.steps = []  # of an accumulator

    def take(self, line):
        """Takes a line of input."""
        key, *rest = line.split()
        if key in ("predictions", "targets", "weights", "initial", "condition", "a", "b"):
            self.inputs[key] = Input(line, self.as_numpy)
        else:
            self.words[key] = rest

    def array(self, name):
        return self.inputs[name].array if name in self.inputs else None

    def flags(self):
        flags = self.words.get("flags", [])
        return {"from_logits": "logits" in flags, "strict": "strict" in flags, "clamp": "clamp" in flags,
                "sample_weight": self.array("weights")}

    def outputs(self):
        """An output, and the memory behind it."""
        predictions = self.inputs["predictions"]
        if "initial" in self.inputs:
            return self.inputs["initial"].array, self.inputs["initial"].content
        content = bytearray(b"\xa5" * len(predictions.content))
        return array(predictions.type, content, self.as_numpy), content

    def check_elements(self, tokens, type_, content):
        if tokens[0] == "fnv1a":
            self.test.assertEqual(fnv1a(content), tokens[1], self.name)
            return
        size = SIZES[type_]
        found = [int.from_bytes(content[i:i + size], "little") for i in range(0, len(content), size)]
        self.test.assertEqual(len(found), len(tokens) - 1, self.name)
        for index, (pattern, token) in enumerate(zip(found, tokens[1:])):
            same = is_nan(type_, pattern) if token == "nan" else pattern == int(token, 16)
            self.test.assertTrue(same, f"{self.name}: element {index} is {pattern:x}, not {token}")

    def check_evaluation(self, evaluation):
        for name in ("count", "positives", "true_positives", "false_positives", "true_negatives", "false_negatives"):
            self.test.assertEqual(str(getattr(evaluation, name)), self.words.pop(name)[0], f"{self.name}: {name}")
        for name in ("accuracy", "weight_sum"):
            self.test.assertEqual(bits_of(getattr(evaluation, name)), self.words.pop(name)[0], f"{self.name}: {name}")
        for loss in evaluation.losses:
            r = getattr(evaluation, loss)
            found = [bits_of(r.mean), bits_of(r.sum), bits_of(r.mean_float32, "f"), bits_of(r.sum_float32, "f"),
                     str(r.nan_count), str(r.infinite_count)]
            self.test.assertEqual(found, self.words.pop("result " + loss), f"{self.name}: {loss}")

    def refused(self, call):
        """Whether the case expects a refusal, which the call then gives."""
        if "status" not in self.words or self.words["status"] == ["0"]:
            return False
        with self.test.assertRaises(exactloss.ExactLossError, msg=self.name) as caught:
            call()
        self.test.assertEqual([str(caught.exception.status)], self.words.pop("status"), self.name)
        if "violation" in self.words:
            error = caught.exception
            argument = {"sample_weight": "weights"}.get(error.argument, error.argument)
            self.test.assertEqual([argument, str(error.index), bits_of(error.value)], self.words.pop("violation"),
                                  self.name)
        return True

    def run(self):
        accumulating = self.operation == "accumulate"
        for line in self.lines:
            key = line.split()[0]
            if key in ("result", "metric", "f_beta"):
                words = line.split()
                self.words[" ".join(words[:2])] = words[2:]
            elif accumulating and key in ("add", "add_with_gradient"):
                self.steps.append((line.split(), self.inputs, self.words.pop("flags", [])))
                self.inputs = {}
            elif accumulating and key == "gradient":
                self.steps.append((line.split(), {}, []))
            else:
                self.take(line)
        getattr(self, "run_" + self.operation)()

    def run_loss(self):
        def call(**more):
            function = {"mnist": exactloss.mnist_loss, "brier": exactloss.brier_score_loss,
                        "log": exactloss.log_loss}[self.words["losses"][0]]
            return function(self.array("predictions"), self.array("targets"), reduction=self.words["reduction"][0],
                            **self.flags(), **more)

        if not self.refused(call):
            self.test.assertEqual([bits_of(call())], self.words["loss"], self.name)
            self.test.assertEqual([bits_of(call(threads=2))], self.words["loss"], self.name)

    def run_values(self):
        out, content = self.outputs()
        before = bytes(content)

        def call():
            function = {"mnist": exactloss.mnist_loss, "brier": exactloss.brier_score_loss,
                        "log": exactloss.log_loss}[self.words["losses"][0]]
            self.test.assertIs(function(self.array("predictions"), self.array("targets"), reduction="none", out=out,
                                        **self.flags()), out)

        if self.refused(call):
            self.test.assertEqual(content, before, self.name)
        else:
            call()
            self.check_elements(self.words["values"], self.inputs["predictions"].type, content)

    def run_gradient(self):
        out, content = self.outputs()
        before = bytes(content)
        loss = None

        def call():
            nonlocal loss
            arguments = dict(self.flags(), out=out, accumulate="accumulate" in self.words.get("flags", []),
                             upstream=f64(self.words["upstream"][0]), divisor=int(self.words["divisor"][0]))
            operands = self.words["losses"][0], self.array("predictions"), self.array("targets")
            if "reduction" in self.words:
                loss, _ = exactloss.loss_and_gradient(*operands, reduction=self.words["reduction"][0], **arguments)
            else:
                exactloss.gradient(*operands, **arguments)

        if self.refused(call):
            self.test.assertEqual(content, before, self.name)
            return
        call()
        self.check_elements(self.words["gradient"], self.inputs["predictions"].type, content)
        if "gradient_loss" in self.words:
            self.test.assertEqual([bits_of(loss)], self.words["gradient_loss"], self.name)

    def run_evaluate(self):
        def call():
            return exactloss.evaluate(self.array("predictions"), self.array("targets"), self.words["losses"],
                                      f64(self.words["threshold"][0]), **self.flags())

        if not self.refused(call):
            self.check_evaluation(call())

    def run_accumulate(self):
        def call():
            accumulators = [exactloss.Accumulator(self.words["losses"], f64(self.words["threshold"][0]))
                            for _ in range(2)]
            output = None
            for words, self.inputs, self.words["flags"] in self.steps:
                if words[0] == "gradient":
                    self.check_elements(words[1:], *output)
                    continue
                accumulator = accumulators[int(words[1])]
                operands = self.array("predictions"), self.array("targets")
                if words[0] == "add":
                    accumulator.add(*operands, **self.flags())
                    continue
                out, content = self.outputs()
                output = self.inputs["predictions"].type, content
                accumulator.add_with_gradient(words[2], *operands, upstream=f64(words[3]), divisor=int(words[4]),
                                              out=out, accumulate="accumulate" in self.words["flags"], **self.flags())
            if "merge" in self.words:
                accumulators[0].merge(accumulators[1])
            return accumulators[0]

        if self.refused(call):
            return
        accumulator = call()
        self.check_accumulator(accumulator)
        if "bytes" in self.words:
            self.test.assertEqual([accumulator.to_bytes().hex()], self.words["bytes"], self.name)
        if "bytes_fnv1a" in self.words:
            self.test.assertEqual([fnv1a(accumulator.to_bytes())], self.words["bytes_fnv1a"], self.name)

    def check_accumulator(self, accumulator):
        again = exactloss.Accumulator.from_bytes(accumulator.to_bytes())
        self.test.assertEqual(again.to_bytes(), accumulator.to_bytes(), self.name)
        self.test.assertEqual(again.evaluate(), accumulator.evaluate(), self.name)
        self.check_evaluation(again.evaluate())

    def run_bytes(self):
        form = bytes.fromhex(self.words["input"][0] if self.words["input"] else "")
        if not self.refused(lambda: exactloss.Accumulator.from_bytes(form)):
            accumulator = exactloss.Accumulator.from_bytes(form)
            self.check_accumulator(accumulator)
            self.test.assertEqual(accumulator.to_bytes(), form, self.name)

    def run_metrics(self):
        tp, fp, tn, fn = map(int, self.words["counts"])
        counts = _evaluation.EvaluationMemory(size=_evaluation.ctypes.sizeof(_evaluation.EvaluationMemory),
                                              true_positives=tp, false_positives=fp, true_negatives=tn,
                                              false_negatives=fn)
        evaluation = exactloss.Evaluation(counts)
        for key, words in self.words.items():
            kind, name = (key.split() + [""])[:2]
            if kind == "metric":
                self.test.assertEqual([bits_of(getattr(evaluation, name))], words, f"{self.name}: {key}")
            elif kind == "f_beta":
                self.test.assertEqual([bits_of(evaluation.f_beta(f64(name)))], words, f"{self.name}: {key}")
        if "beta" in self.words:
            self.test.assertTrue(self.refused(lambda: evaluation.f_beta(f64(self.words["beta"][0]))), self.name)

    def run_sigmoid(self):
        out, content = self.outputs()
        exactloss.sigmoid(self.array("predictions"), out=out)
        self.check_elements(self.words["out"], self.inputs["predictions"].type, content)

    def run_where(self):
        a, b, condition = (self.inputs[name] for name in ("a", "b", "condition"))
        content = bytearray(condition.count * SIZES[a.type])
        # An array of one element is a scalar, unless the condition has one element too.
        sides = [side.scalar() if side.count == 1 != condition.count else side.array for side in (a, b)]
        exactloss.where(condition.array, *sides, out=array(a.type, content, self.as_numpy))
        self.check_elements(self.words["out"], a.type, content)


class Conformance(unittest.TestCase):
    def run_all(self, as_numpy):
        ran = 0
        with open(CASES, encoding="ascii") as file:
            lines = [line.rstrip("\n") for line in file if not line.startswith("#")]
        at = 0
        while not lines[at].startswith("end "):
            _, name, operation = lines[at].split()
            last = lines.index("done", at)
            Case(name, operation, lines[at + 1:last], as_numpy, self).run()
            at = last + 1
            ran += 1
        self.assertEqual(f"end {ran}", lines[at])
        self.assertEqual(at + 1, len(lines))

    def test_memoryviews(self):
        self.run_all(False)

    @unittest.skipIf(numpy is None, "NumPy is not installed")
    def test_numpy(self):
        self.run_all(True)


if __name__ == "__main__":
    unittest.main()
