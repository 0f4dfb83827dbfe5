# SPDX-License-Identifier: Apache-2.0
"""Tensors by DLPack and columns by Arrow's PyCapsule interface, from producers that were made by hand."""

import array
import gc
import math
import unittest

import exactloss
from exactloss import _constants as constants
from producers import Chunked, Column, OldTensor, Table, Tensor, name_of

P = [0.9, 0.4, 0.2]
T = [1, 0, 1]
MEAN = 0.43333334227403003


def floats(*numbers):
    return bytearray(array.array("f", numbers))


class DLPack(unittest.TestCase):
    def targets(self, **more):
        return Tensor(bytearray(T), [3], 1, 8, **more)

    def test_versions(self):
        for kind, versioned in ((Tensor, True), (Tensor, False), (OldTensor, True), (OldTensor, False)):
            p = kind(floats(*P), [3], versioned=versioned)
            t = self.targets()
            self.assertEqual(exactloss.mnist_loss(p, t), MEAN)
            self.assertEqual((p.deleted, t.deleted), (1, 1))
            self.assertEqual(name_of(p.capsule), "used_dltensor_versioned" if versioned else "used_dltensor")

    def test_what_is_asked_for(self):
        p = Tensor(floats(*P), [3])
        exactloss.mnist_loss(p, bytes(T))
        self.assertEqual(p.arguments, {"max_version": (1, 0), "copy": False})

    def test_no_copy(self):
        """A gradient is written into the producer's own memory."""
        memory = floats(0, 0, 0)
        out = Tensor(memory, [3])
        self.assertIs(exactloss.gradient("mnist", Tensor(floats(*P), [3]), self.targets(), out=out), out)
        self.assertEqual(memory, floats(-1 / 3, 1 / 3, -1 / 3))
        self.assertEqual(out.deleted, 1)

    def test_offsets_and_shapes(self):
        for shape in ([3, 1], [1, 3, 1], [3]):
            p = Tensor(floats(7, *P), shape, offset=4)
            t = Tensor(bytearray(T), shape, 1, 8)
            self.assertEqual(exactloss.mnist_loss(p, t), MEAN)
        scalar = Tensor(floats(0.25), [])
        self.assertEqual(exactloss.mnist_loss(scalar, Tensor(bytearray([1]), [], 6, 8)), 0.75)

    def test_types(self):
        bfloat16 = bytearray(array.array("H", [0x3f80, 0x3e80]))
        self.assertEqual(exactloss.mnist_loss(Tensor(bfloat16, [2], 4, 16), bytes([1, 1]), reduction="sum"), 0.75)
        for code, bits, letter in ((6, 8, "B"), (1, 8, "B"), (0, 8, "b"), (0, 32, "i"), (0, 64, "q"), (2, 32, "f"),
                                   (2, 64, "d")):
            t = Tensor(bytearray(array.array(letter, T)), [3], code, bits)
            self.assertEqual(exactloss.mnist_loss(Tensor(floats(*P), [3]), t), MEAN)

    def refuses(self, status, words, tensor, deleted=1, **more):
        with self.assertRaises(exactloss.ExactLossError) as caught:
            exactloss.mnist_loss(tensor, bytes(T), **more)
        self.assertEqual(caught.exception.status, status)
        for word in words.split():
            self.assertIn(word, str(caught.exception))
        self.assertEqual(tensor.deleted, deleted)

    def test_refusals(self):
        content = floats(*P, *P)
        self.refuses(constants.ERROR_STRIDES, "contiguous copy 2", Tensor(content, [3], strides=[2]))
        self.refuses(constants.ERROR_STRIDES, "contiguous copy -1", Tensor(content, [3], strides=[-1]))
        self.refuses(constants.ERROR_STRIDES, "contiguous copy 0", Tensor(content, [3], strides=[0]))
        self.refuses(constants.ERROR_TYPE, "float16 convert", Tensor(content, [3], 0, 32))
        self.refuses(constants.ERROR_TYPE, "float16", Tensor(content, [3], 2, 32, lanes=2))
        self.refuses(constants.ERROR_TYPE, "float16", Tensor(content, [3], 5, 64))  # complex
        self.refuses(constants.ERROR_COUNT, "negative", Tensor(content, [-3]))
        self.refuses(constants.ERROR_COUNT, "addressed", Tensor(content, [2**62, 4]))
        self.refuses(constants.ERROR_COUNT, "shape (6,) (3,)", Tensor(content, [6]))
        self.refuses(constants.ERROR_TYPE, "version 2 max_version", Tensor(content, [3], major=2))
        self.refuses(constants.ERROR_NULL, "data", Tensor(bytearray(), [3]))

    def test_devices(self):
        elsewhere = self.targets(device=(2, 0))
        with self.assertRaisesRegex(exactloss.ExactLossError, r"targets.*processor.*\.cpu\(\)") as caught:
            exactloss.mnist_loss(Tensor(floats(*P), [3]), elsewhere)
        self.assertEqual((caught.exception.status, elsewhere.deleted), (constants.ERROR_DEVICE, 1))
        self.refuses(constants.ERROR_DEVICE, "processor .cpu()", Tensor(floats(*P), [3], device=(10, 0)))  # ROCm
        for device in ((3, 0), (13, 0)):  # pinned and managed memory, which the processor reads
            self.assertEqual(exactloss.mnist_loss(Tensor(floats(*P), [3], device=device), bytes(T)), MEAN)

    def test_used_twice(self):
        tensor = Tensor(floats(*P), [3])
        exactloss.mnist_loss(tensor, bytes(T))
        self.refuses(constants.ERROR_TYPE, "once", tensor)  # and the deleter isn't called again

    def test_no_capsule(self):
        tensor = Tensor(floats(*P), [3])
        tensor.capsule = 7
        self.refuses(constants.ERROR_TYPE, "capsule 7", tensor, deleted=0)

    def test_released_on_an_error_of_another_array(self):
        p = Tensor(floats(*P), [3])
        with self.assertRaises(exactloss.ExactLossError):
            exactloss.mnist_loss(p, Tensor(bytearray(T), [3], 1, 16))
        self.assertEqual(p.deleted, 1)
        p = Tensor(floats(*P), [3])
        with self.assertRaises(exactloss.ElementError):
            exactloss.mnist_loss(p, bytes([1, 0, 2]), strict=True)
        self.assertEqual(p.deleted, 1)

    def test_read_only(self):
        p, out = Tensor(floats(*P), [3], flags=1), Tensor(floats(0, 0, 0), [3], flags=1)
        self.assertEqual(exactloss.mnist_loss(p, bytes(T)), MEAN)
        with self.assertRaisesRegex(exactloss.ExactLossError, "read-only"):
            exactloss.gradient("log", Tensor(floats(*P), [3]), bytes(T), out=out)
        self.assertEqual((out.content, out.deleted), (floats(0, 0, 0), 1))

    def test_old_capsules_are_read_only(self):
        """They don't say whether the memory may be written: older releases of JAX give those of immutable arrays."""
        for kind in (Tensor, OldTensor):
            for call in (lambda out: exactloss.gradient("log", array.array("f", P), bytes(T), out=out),
                         lambda out: exactloss.sigmoid(array.array("f", P), out=out)):
                out = kind(floats(0, 0, 0), [3], versioned=False)
                with self.assertRaisesRegex(exactloss.ExactLossError, "before 1.0"):
                    call(out)
                self.assertEqual((out.content, out.deleted), (floats(0, 0, 0), 1))

    def test_no_deleter(self):
        tensor = Tensor(floats(*P), [3])
        tensor.managed.deleter = None
        self.assertEqual(exactloss.mnist_loss(tensor, bytes(T)), MEAN)


class Arrow(unittest.TestCase):
    def assert_released(self, *columns):
        gc.collect()
        for column in columns:
            self.assertEqual(column.released, 1)

    def test_arrays(self):
        p, t = Column(b"f", floats(9, *P), 3, offset=1), Column(b"b", bytearray([0b1010_000]), 3, offset=4)
        self.assertEqual(exactloss.mnist_loss(p, t), MEAN)
        self.assertIsNone(p.requested)
        self.assert_released(p, t)
        self.assertEqual((p.schemas_released, t.schemas_released), (1, 1))

    def test_table(self):
        """Of one column, as queries give it; with a null of its own, or of the column."""
        for nulls in ([], [2]):
            table = Table(4, score=Column(b"f", floats(*P, 7), 4, nulls=nulls))
            t = Chunked(Column(b"C", bytearray([*T, 0]), 4, nulls=[3]))
            evaluation = exactloss.evaluate(Chunked(table), t)
            self.assertEqual((evaluation.null_count, evaluation.count), (1 + len(nulls), 3 - len(nulls)))
            self.assert_released(table, *t.columns)
        for columns in ({}, {"a": Column(b"f", floats(*P), 3), "b": Column(b"f", floats(*P), 3)}):
            with self.assertRaisesRegex(exactloss.ExactLossError, f"table of {len(columns)} columns") as caught:
                exactloss.evaluate(Table(3, **columns), bytes(T))
            self.assertEqual(caught.exception.status, constants.ERROR_CHILD)
        broken = Table(3, score=Column(b"f", floats(*P), 3))
        broken.schema_pointers[0] = None
        with self.assertRaisesRegex(exactloss.ExactLossError, "null pointer"):
            exactloss.evaluate(broken, bytes(T))

    def test_beside_other_arrays(self):
        for format_, letter in ((b"C", "B"), (b"c", "b"), (b"i", "i"), (b"l", "q"), (b"f", "f"), (b"g", "d")):
            column = Column(format_, bytearray(array.array(letter, T)), 3)
            self.assertEqual(exactloss.mnist_loss(array.array("f", P), column), MEAN)
            self.assert_released(column)

    def test_nulls(self):
        p = Column(b"g", bytearray(array.array("d", [0.5, math.nan, 0.25, 0.75])), 4, nulls=[1])
        t = Column(b"C", bytearray([1, 0, 9, 0]), 4, nulls=[2])
        w = Column(b"f", floats(1, 1, 1, 3), 4)
        evaluation = exactloss.evaluate(p, t, sample_weight=w)
        self.assertEqual((evaluation.count, evaluation.null_count, evaluation.weight_sum), (2, 2, 4))
        self.assertEqual(evaluation.mnist.mean, (0.5 + 3 * 0.75) / 4)
        self.assertIn("null_count=2", repr(evaluation))
        self.assert_released(p, t, w)

    def test_nulls_are_refused_where_they_have_no_place(self):
        def column():
            return Column(b"f", floats(*P), 3, nulls=[1])

        p = column()
        with self.assertRaisesRegex(exactloss.ExactLossError, "1 rows have a null.*evaluate") as caught:
            exactloss.mnist_loss(p, bytes(T))
        self.assertEqual(caught.exception.status, constants.ERROR_ARRAY)
        self.assert_released(p)
        for call in (lambda p: exactloss.mnist_loss(p, bytes(T), reduction="none", out=array.array("f", P)),
                     lambda p: exactloss.gradient("log", p, bytes(T), out=array.array("f", P)),
                     lambda p: exactloss.sigmoid(p, out=array.array("f", P))):
            p = column()
            with self.assertRaisesRegex(exactloss.ExactLossError, "without nulls.*1 nulls"):
                call(p)
            caught = None
            self.assert_released(p)

    def test_gradient(self):
        out = array.array("f", [0, 0, 0])
        for p in (Column(b"f", floats(*P), 3), Chunked(Column(b"f", floats(*P), 3)),
                  Chunked(Column(b"f", floats(*P), 3), Column(b"f", floats(1), 0))):
            exactloss.gradient("mnist", p, bytes(T), out=out)
            self.assertEqual(bytes(out), bytes(floats(-1 / 3, 1 / 3, -1 / 3)))
            self.assert_released(*getattr(p, "columns", [p]))

    def test_where(self):
        """A column has its own type, and not that of another with as many bytes."""
        a, b = Column(b"i", bytearray(array.array("i", [1, 2, 3])), 3), Column(b"i", bytearray(12), 3)
        out = array.array("i", bytes(12))
        self.assertEqual(list(exactloss.where(bytes(T), a, b, out=out)), [1, 0, 3])
        with self.assertRaisesRegex(exactloss.ExactLossError, "one type"):
            exactloss.where(bytes(T), a, array.array("f", P), out=array.array("f", P))
        with self.assertRaisesRegex(exactloss.ExactLossError, "a: packed bits can be"):
            exactloss.where(bytes(T), Column(b"b", bytearray([5]), 3), 1, out=bytearray(3))

    def test_released_stream(self):
        """As a consumer leaves it that has moved it out of its capsule; and one without a schema."""
        p = Chunked(Column(b"f", floats(*P), 3))
        capsule = p.__arrow_c_stream__()
        p.__class__ = type("Again", (Chunked,), {"__arrow_c_stream__": lambda self: capsule})
        p.stream.release = p.stream.get_schema = None
        with self.assertRaisesRegex(exactloss.ExactLossError, "predictions: the stream was released") as caught:
            exactloss.evaluate(p, bytes(T))
        self.assertEqual(caught.exception.status, constants.ERROR_RELEASED)

        class Bare(Chunked):
            def _get_schema(self, stream, schema):
                return 0

        with self.assertRaisesRegex(exactloss.ExactLossError, "released"):
            exactloss.evaluate(Bare(Column(b"f", floats(*P), 3)), bytes(T))

    def test_gradient_of_chunks(self):
        p = Chunked(Column(b"f", floats(0.9), 1), Column(b"f", floats(0.4, 0.2), 2))
        with self.assertRaisesRegex(exactloss.ExactLossError, "one chunk.*2 chunks"):
            exactloss.gradient("log", p, bytes(T), out=array.array("f", P))
        self.assert_released(*p.columns)
        self.assertEqual((p.released, p.columns[0].schemas_released), (1, 1))

    def test_output(self):
        with self.assertRaisesRegex(exactloss.ExactLossError, "read-only"):
            exactloss.gradient("log", array.array("f", P), bytes(T), out=Column(b"f", floats(*P), 3))

    def streams(self):
        """Chunks that end at different rows."""
        p = Chunked(Column(b"f", floats(0.9, 0.4), 2), Column(b"f", floats(), 0), Column(b"f", floats(0.2), 1))
        t = Chunked(Column(b"C", bytearray([1]), 1), Column(b"C", bytearray([7, 0, 1]), 2, offset=1))
        return p, t

    def test_streams(self):
        p, t = self.streams()
        self.assertEqual(exactloss.mnist_loss(p, t), MEAN)
        self.assert_released(*p.columns, *t.columns)
        for stream in (p, t):
            self.assertEqual((stream.released, stream.columns[0].schemas_released, stream.most_alive), (1, 1, 1))

    def test_stream_beside_an_array(self):
        p, _ = self.streams()
        self.assertEqual(exactloss.mnist_loss(p, bytes(T)), MEAN)
        _, t = self.streams()
        self.assertEqual(exactloss.mnist_loss(array.array("f", P), t), MEAN)

    def test_lengths(self):
        p, t = self.streams()
        with self.assertRaisesRegex(exactloss.ExactLossError, "predictions has 3 rows, but targets has 4") as caught:
            exactloss.evaluate(p, bytes([1, 0, 1, 0]))
        self.assertEqual(caught.exception.status, constants.ERROR_COUNT)
        with self.assertRaisesRegex(exactloss.ExactLossError, "predictions has 4 rows, but targets has 3"):
            exactloss.evaluate(array.array("f", P + [1]), t)
        with self.assertRaisesRegex(exactloss.ExactLossError, "one dimension"):
            exactloss.evaluate(memoryview(floats(*P)).cast("f", (3, 1)), t)

    def test_accumulator(self):
        total = exactloss.Accumulator()
        p, t = self.streams()
        total.add(p, t)
        total.add(Column(b"f", floats(0.5, 0.5), 2, nulls=[0]), bytes([1, 1]))
        evaluation = total.evaluate()
        self.assertEqual((evaluation.count, evaluation.null_count), (4, 1))
        before = total.to_bytes()
        p, t = self.streams()
        with self.assertRaises(exactloss.ExactLossError):  # the first chunk is fine
            total.add(p, Chunked(Column(b"C", bytearray([1]), 1), Column(b"C", bytearray([2, 0]), 2)), strict=True)
        self.assertEqual((total.to_bytes(), total.evaluate().null_count), (before, 1))

    def test_violation(self):
        p = Chunked(Column(b"f", floats(0.5), 1), Column(b"f", floats(0.5, 0.5, 1.5), 3, nulls=[0]))
        with self.assertRaises(exactloss.ElementError) as caught:
            exactloss.evaluate(p, bytes([1, 0, 1, 0]), strict=True)
        error = caught.exception
        self.assertEqual((error.argument, error.index, error.value), ("predictions", 3, 1.5))

    def test_failing_stream(self):
        p = Chunked(Column(b"f", floats(*P), 3), Column(b"f", floats(*P), 3), fail_at=1)
        with self.assertRaisesRegex(exactloss.ExactLossError, "error 5: the disk is gone"):
            exactloss.evaluate(p, bytes(2 * T))
        gc.collect()
        self.assertEqual([column.released for column in p.columns], [1, 0])
        self.assertEqual((p.released, p.columns[0].schemas_released), (1, 1))

    def refuses(self, status, words, column):
        with self.assertRaises(exactloss.ExactLossError) as caught:
            exactloss.evaluate(column, bytes(T))
        self.assertEqual(caught.exception.status, status)
        for word in words.split():
            self.assertIn(word, str(caught.exception))
        caught = None
        self.assert_released(column)

    def test_refusals(self):
        self.refuses(constants.ERROR_TYPE, "float32 convert", Column(b"u", floats(*P), 3))
        self.refuses(constants.ERROR_TYPE, "float16", Column(b"i", floats(*P), 3))
        self.refuses(constants.ERROR_ARRAY, "nulls", Column(b"f", floats(*P), 3, null_count=4))
        self.refuses(constants.ERROR_ARRAY, "nulls 2 1", Column(b"f", floats(*P), 3, nulls=[1], null_count=2))
        self.refuses(constants.ERROR_ARRAY, "offset", Column(b"f", floats(*P), 3, offset=-1))
        self.refuses(constants.ERROR_ARRAY, "values", Column(b"f", bytearray(), 3))

    def test_no_capsule(self):
        def fail(_):
            raise NotImplementedError("no export")

        swapped = Column(b"f", floats(*P), 3)
        results = (lambda _: None, lambda _: 7, lambda _: (1, 2), lambda _: (), fail,
                   lambda _: swapped.__arrow_c_array__()[::-1], lambda _: swapped.__arrow_c_array__()[:1])
        for method in ("__arrow_c_array__", "__arrow_c_stream__"):
            for result in results:
                wrong = type("Wrong", (), {method: result})
                for role in ("predictions", "targets"):
                    arrays = {"predictions": array.array("f", P), "targets": bytes(T), role: wrong()}
                    with self.assertRaisesRegex(exactloss.ExactLossError, fr"{role}: Wrong\.{method}\(\)") as caught:
                        exactloss.evaluate(**arrays)
                    self.assertEqual(caught.exception.status, constants.ERROR_ARRAY)

    def test_released_structure(self):
        column = Column(b"f", floats(*P), 3)

        class Released:
            def __arrow_c_array__(self):
                capsules = column.__arrow_c_array__()
                column.structures[1].release = None
                return capsules

        with self.assertRaises(exactloss.ExactLossError) as caught:
            exactloss.evaluate(Released(), bytes(T))
        self.assertEqual(caught.exception.status, constants.ERROR_RELEASED)


if __name__ == "__main__":
    unittest.main()
