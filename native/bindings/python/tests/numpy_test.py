# SPDX-License-Identifier: Apache-2.0
"""NumPy's arrays, the hostile ones too: each is computed right, or refused with the reason."""

import doctest
import gc
import mmap
import sys
import unittest

import exactloss
from exactloss import _constants as constants
from requirement import require

numpy = require("numpy", "NumPy")
np = numpy

P = np.float32([0.9, 0.4, 0.2])
T = np.uint8([1, 0, 1])
MEAN = 0.43333334227403003
STRIDES, TYPE, COUNT = constants.ERROR_STRIDES, constants.ERROR_TYPE, constants.ERROR_COUNT


def twice(array):
    return np.repeat(array, 2)


def record(array, name="f"):
    made = np.zeros(len(array), [("pad", "u1"), (name, array.dtype)])
    made[name] = array
    return made


def unaligned(array):
    made = np.zeros(array.nbytes + 1, "u1")[1:].view(array.dtype)
    made[:] = array
    return made


def read_only(array):
    made = array.copy()
    made.flags.writeable = False
    return made


def mapped(array):
    memory = mmap.mmap(-1, array.nbytes)
    memory[:] = array.tobytes()
    return np.frombuffer(memory, array.dtype)


class Quantity(np.ndarray):
    pass


class DType:
    """A type that NumPy doesn't have, as ml_dtypes makes one."""

    def __str__(self):
        return "bfloat16"


class Brain(np.ndarray):
    """An array of ml_dtypes.bfloat16 as far as this package looks at it: its buffer is refused as that of dates is."""

    dtype = DType()

    def __new__(cls, values):
        made = np.zeros(len(values), "M8[s]").view(cls)
        made.patterns = (np.float32(values).view(np.uint32) >> 16).astype(np.uint16)
        return made

    def view(self, *dtype):
        return self.patterns if dtype == ("uint16",) else super().view(*dtype)


# What is computed: (name, predictions, targets), which give MEAN.
RIGHT = [
    ("read-only", read_only(P), read_only(T)),
    ("unaligned", unaligned(P), unaligned(T.astype(np.int32))),
    ("mapped", mapped(P), mapped(T)),
    ("bool", P, T == 1),
    ("targets of all types", P, T.astype(np.int8)),
    ("int32", P, T.astype(np.int32)),
    ("int64", P, T.astype(np.int64)),
    ("long long", P, T.astype(np.longlong)),
    ("float32 targets", P, T.astype(np.float32)),
    ("float64 targets", P, T.astype(np.float64)),
    ("sliced", np.concatenate([P, P])[3:], np.concatenate([T, T])[3:]),
    ("rows and columns of one", P.reshape(1, 3, 1), T.reshape(1, 3, 1)),
    ("column of one row, transposed", P.reshape(3, 1).T, T.reshape(3, 1).T),
    ("64 dimensions or 32", P.reshape((1,) * 31 + (3,)), T.reshape((1,) * 31 + (3,))),
    ("Fortran order of one column", np.asfortranarray(P.reshape(3, 1)), T.reshape(3, 1)),
    ("matrix", np.asmatrix(P), np.asmatrix(T)),
    ("subclass", P.view(Quantity), T.view(Quantity)),
    ("recarray's copy", np.ascontiguousarray(record(P)["f"]), T),
    ("explicit little-endian", P.astype("<f4"), T.astype("<i8")),
    ("big-endian bytes", P, T.astype(">u1")),
    ("memoryview of an array", memoryview(P), memoryview(T)),
    ("packed bits", P, exactloss.packed_bits(np.packbits(T, bitorder="little"), 3)),
]

# What is refused: (name, predictions, targets, status, words); the status None is a TypeError.
WRONG = [
    ("strided", twice(P)[::2], T, STRIDES, "ascontiguousarray (8,)"),
    ("strided targets", P, twice(T)[::2], STRIDES, "targets ascontiguousarray"),
    ("negative strides", P[::-1], T, STRIDES, "contiguous (-4,)"),
    ("negative strides of targets", P, T[::-1], STRIDES, "targets (-1,)"),
    ("transposed", np.zeros((2, 3), "f4").T, np.zeros((3, 2), "u1"), STRIDES, "ascontiguousarray (3, 2)"),
    ("Fortran order", np.zeros((3, 2), "f4", order="F"), np.zeros((3, 2), "u1"), STRIDES, "contiguous"),
    ("broadcast", np.broadcast_to(np.float32(0.5), 3), T, STRIDES, "contiguous (0,)"),
    ("a column of a matrix", np.zeros((3, 2), "f4")[:, 1], T, STRIDES, "contiguous"),
    ("a sliding window", np.lib.stride_tricks.sliding_window_view(np.zeros(4, "f4"), 2), np.zeros((3, 2), "u1"),
     STRIDES, "contiguous"),
    ("a field of a record", record(P)["f"], T, STRIDES, "contiguous (5,)"),
    ("big-endian", P.astype(">f4"), T, TYPE, "byte order newbyteorder"),
    ("big-endian targets", P, T.astype(">i4"), TYPE, "byte order"),
    ("objects", P.astype(object), T, TYPE, "float16 object"),
    ("objects as targets", P, T.astype(object), TYPE, "uint8 object"),
    ("a structure", record(P), T, TYPE, "float16"),
    ("a nested type", np.zeros(3, "(2,)f4").view("f4,f4"), T, TYPE, "float16"),
    ("complex", P.astype(np.complex64), T, TYPE, "complex64"),
    ("long double", P.astype(np.longdouble), T, TYPE, "float16"),
    ("integers as predictions", T, T, TYPE, "uint8"),
    ("int16", P, T.astype(np.int16), TYPE, "int16"),
    ("uint16", P, T.astype(np.uint16), TYPE, "uint16"),
    ("uint32", P, T.astype(np.uint32), TYPE, "uint32"),
    ("uint64", P, T.astype(np.uint64), TYPE, "uint64"),
    ("float16 targets", P, T.astype(np.float16), TYPE, "targets float16"),
    ("bytes of a string", P, np.array([b"1", b"0", b"1"]), TYPE, "uint8"),
    ("text", P, np.array(["1", "0", "1"]), TYPE, "uint8"),
    ("dates", np.zeros(3, "M8[s]"), T, None, "predictions datetime64[s]"),
    ("void", np.zeros(3, "V4"), T, TYPE, "float16"),
    ("masked", np.ma.masked_array(P, [0, 1, 0]), T, TYPE, "mask compressed()"),
    ("masked targets", P, np.ma.masked_array(T, [0, 1, 0]), TYPE, "targets mask"),
    ("other lengths", P, T[:2], COUNT, "(3,) (2,)"),
    ("a column against a row", P.reshape(3, 1), T, COUNT, "(3, 1) (3,) broadcast"),
    ("no dimensions against one", P[0], T[:1], COUNT, "() (1,)"),
    ("one element for all", P, T[:1], COUNT, "(3,) (1,)"),
    ("other shapes of one size", np.zeros((2, 3), "f4"), np.zeros((3, 2), "u1"), COUNT, "(2, 3) (3, 2)"),
    ("none against nothing", np.zeros((0, 3), "f4"), np.zeros((3, 0), "u1"), COUNT, "(0, 3) (3, 0)"),
    ("a list", [0.5], T, None, "list numpy.asarray"),
    ("None", P, None, None, "targets NoneType"),
    ("a number", 0.5, T, None, "float"),
    ("a type", np.ndarray, T, None, "type"),
    ("swapped", T, P, TYPE, "predictions float16"),
]


class Hostile(unittest.TestCase):
    def test_right(self):
        for name, p, t in RIGHT:
            with self.subTest(name):
                self.assertEqual(exactloss.mnist_loss(p, t), MEAN)
                self.assertEqual(exactloss.evaluate(p, t, "mnist").mnist.mean, MEAN)

    def test_wrong(self):
        self.assertGreaterEqual(len(RIGHT) + len(WRONG), 60)
        for name, p, t, status, words in WRONG:
            for call in (exactloss.mnist_loss, exactloss.evaluate, exactloss.Accumulator().add,
                         lambda p, t: exactloss.gradient("log", p, t, out=np.float32([7, 7, 7]))):
                with self.subTest(name):
                    with self.assertRaises(TypeError if status is None else exactloss.ExactLossError) as caught:
                        call(p, t)
                    self.assertEqual(getattr(caught.exception, "status", None), status)
                    message = str(caught.exception)
                    for word in words.split():
                        self.assertTrue(any(part in message for part in word.split("|")), message)

    def test_weights(self):
        for weights, status, words in ((np.ones(3), TYPE, "astype(numpy.float32) float64"),
                                       (np.ones(3, int), TYPE, "float32"), (np.ones(2, "f4"), COUNT, "(2,)"),
                                       (np.ones(6, "f4")[::2], STRIDES, "contiguous"),
                                       (np.ones((3, 1), "f4"), COUNT, "(3, 1)")):
            with self.assertRaises(exactloss.ExactLossError) as caught:
                exactloss.log_loss(P, T, sample_weight=weights)
            self.assertEqual(caught.exception.status, status)
            for word in words.split():
                self.assertIn(word, str(caught.exception))

    def test_empty(self):
        for shape in ((0,), (0, 3), (2, 0)):
            p, t = np.zeros(shape, "f4"), np.zeros(shape, "u1")
            self.assertTrue(np.isnan(exactloss.mnist_loss(p, t)))
            self.assertEqual(exactloss.mnist_loss(p, t, reduction="sum"), 0)
            self.assertEqual(exactloss.gradient("log", p, t).shape, shape)
        self.assertEqual(exactloss.mnist_loss(np.zeros(8, "f4")[::-2][:0], np.zeros(0, "u1"), reduction="sum"), 0)

    def test_no_dimensions(self):
        self.assertEqual(exactloss.mnist_loss(np.array(0.25, "f4"), np.array(True)), 0.75)
        self.assertEqual(exactloss.mnist_loss(np.float32(0.25), np.bool_(True)), 0.75)
        self.assertEqual(exactloss.mnist_loss(np.float32(0.25), np.bool_(True), reduction="none").shape, ())

    def test_outputs(self):
        p = np.zeros(3, "f4")
        for out, status, words in (
                (read_only(p), TYPE, "read-only"), (p.astype("f8"), TYPE, "type of the predictions"),
                (np.zeros(6, "f4")[::2], STRIDES, "contiguous"), (np.zeros((3, 1), "f4"), COUNT, "(3, 1)"),
                (p.astype(">f4"), TYPE, "byte order"), (np.zeros(2, "f4"), COUNT, "(2,)"),
                (np.broadcast_to(np.float32(0), 3), STRIDES, "contiguous"), (p.astype("i4"), TYPE, "float16")):
            with self.assertRaises(exactloss.ExactLossError) as caught:
                exactloss.gradient("log", P, T, out=out)
            self.assertEqual(caught.exception.status, status)
            self.assertIn(words, str(caught.exception))
        frozen = np.frombuffer(bytes(12), "f4")
        with self.assertRaisesRegex(exactloss.ExactLossError, "read-only"):
            exactloss.mnist_loss(P, T, reduction="none", out=frozen)
        self.assertFalse(frozen.any())
        for overlapping in (P.copy()[::-1][:0],):
            self.assertEqual(len(exactloss.mnist_loss(overlapping, T[:0], reduction="none", out=overlapping)), 0)

    def test_new_outputs(self):
        for dtype in (np.float16, np.float32, np.float64):
            p = P.astype(dtype).reshape(3, 1)
            out = exactloss.mnist_loss(p, T.reshape(3, 1), reduction="none")
            self.assertEqual((out.dtype, out.shape), (dtype, (3, 1)))
            self.assertTrue(np.array_equal(out, np.where(T.reshape(3, 1) == 1, 1 - p, p)))
        brain = exactloss.sigmoid(exactloss.bfloat16(np.zeros(2, "u2")))
        self.assertEqual(list(brain.patterns), [0x3f00, 0x3f00])
        self.assertTrue(np.array_equal(exactloss.where(T == 1, P, np.float32(7)), np.where(T == 1, P, np.float32(7))))
        self.assertTrue(np.array_equal(exactloss.where(T, 2.5, P), np.where(T == 1, np.float32(2.5), P)))
        self.assertTrue(np.array_equal(exactloss.where(T, np.float16([1, 2, 3]), np.float16(7)), np.float16([1, 7, 3])))

    def test_where_takes_numbers_only(self):
        """Two other types of 8 bytes could not be told from each other, nor complex64 from float64."""
        for dtype in ("c8", "S8", "U2", "f4,i4"):
            array = np.zeros(3, dtype)
            for a, b in ((array, np.zeros(3)), (np.zeros(3), array), (array, array)):
                with self.assertRaisesRegex(exactloss.ExactLossError, r"[ab] must be of integers.*view\(numpy.int64\)"):
                    exactloss.where(T, a, b)

    def test_marks_take_patterns_only(self):
        for marked in (exactloss.bfloat16(P.astype("f2")), exactloss.bfloat16(exactloss.float16(T.astype("u2"))),
                       exactloss.bfloat16(P), exactloss.float16(T)):
            with self.assertRaisesRegex(exactloss.ExactLossError, "patterns of 2 bytes"):
                exactloss.mnist_loss(marked, T)

    def test_ml_dtypes(self):
        self.assertEqual(exactloss.mnist_loss(Brain([0.75, 0.5]), np.uint8([1, 0]), reduction="sum"), 0.75)
        out = Brain([0, 0])
        exactloss.gradient("mnist", Brain([0.75, 0.5]), np.uint8([1, 0]), out=out)
        self.assertEqual(list(out.patterns), [0xbf00, 0x3f00])

    def test_same_bits_as_a_reference(self):
        random = np.random.default_rng(20)
        p = random.random(100_003, np.float32)
        t = random.integers(0, 2, len(p), np.uint8)
        exact = float(sum(map(int, (np.where(t == 1, 1 - p.astype("f8"), p) * 2.0**53).astype(object)))) / 2**53
        self.assertEqual(exactloss.mnist_loss(p, t, reduction="sum"), exact)
        self.assertAlmostEqual(exactloss.log_loss(p, t), -np.log(np.where(t == 1, p, 1 - p.astype("f8"))).mean(), 6)

    def test_documentation(self):
        """The examples of the docstrings."""
        modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "exactloss"]
        names = dict(vars(exactloss), numpy=numpy, exactloss=exactloss)
        results = [doctest.testmod(module, extraglobs=names) for module in modules]
        self.assertEqual(sum(result.failed for result in results), 0)
        self.assertGreaterEqual(sum(result.attempted for result in results), 8)

    def test_no_references_stay(self):
        """Of a call that succeeded, and of one that was refused."""
        p, t = bytearray(bytes(12)), bytearray(3)
        for _ in range(3):
            exactloss.mnist_loss(memoryview(p).cast("f"), t)
            with self.assertRaises(exactloss.ExactLossError):
                exactloss.mnist_loss(memoryview(p).cast("f"), t, sample_weight=np.ones(3))
        gc.collect()
        p.append(0)  # a BufferError, if a buffer were still exported
        t.append(0)

    def test_more_than_2_31_elements(self):
        """Of memory that is never written, so that it takes none."""
        count = 2**31 + 1
        p = np.zeros(count, np.float16)
        t = np.zeros(count, np.uint8)
        t[-1] = 1
        self.assertEqual(exactloss.mnist_loss(p, t, reduction="sum"), 1)
        p[2**31] = 2
        with self.assertRaises(exactloss.ElementError) as caught:
            exactloss.mnist_loss(p, t, strict=True)
        self.assertEqual((caught.exception.index, caught.exception.value), (2**31, 2))


if __name__ == "__main__":
    unittest.main()
