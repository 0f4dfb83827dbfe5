# SPDX-License-Identifier: Apache-2.0
"""Arrays of the standard library, and objects that are none."""

import array
import copy
import ctypes
import math
import mmap
import os
import pickle
import re
import subprocess
import sys
import threading
import unittest

import exactloss
from exactloss import _compute, _constants as constants
from requirement import run_tests

P = array.array("f", [0.9, 0.4, 0.2])
T = bytes([1, 0, 1])
MEAN = 0.43333334227403003


class Arrays(unittest.TestCase):
    def test_kinds(self):
        mapped = mmap.mmap(-1, 12)
        mapped[:] = P.tobytes()
        for p in (P, memoryview(P), (ctypes.c_float * 3)(*P), memoryview(mapped).cast("f"),
                  memoryview(bytes(P)).cast("f"), memoryview(P)[::1]):
            for t in (T, bytearray(T), memoryview(T), *(array.array(letter, list(T)) for letter in "biqlfd"),
                      (ctypes.c_bool * 3)(*T), memoryview(T).cast("?"), exactloss.packed_bits(b"\x05", 3),
                      exactloss.packed_bits(b"\x00\x0a", 3, 9)):
                self.assertEqual(exactloss.mnist_loss(p, t), MEAN, (p, t))

    def test_shapes(self):
        flat = memoryview(bytes(P)).cast("f", (3, 1))
        column = memoryview(T).cast("B", (3, 1))
        self.assertEqual(exactloss.mnist_loss(flat, column), MEAN)
        self.assertEqual(exactloss.mnist_loss((ctypes.c_float * 1 * 3)(*((x,) for x in P)), column), MEAN)
        self.assertEqual(exactloss.mnist_loss(ctypes.c_float(0.25), ctypes.c_bool(True)), 0.75)

    def test_empty(self):
        nothing = exactloss.mnist_loss(array.array("f"), b"")
        self.assertNotEqual(nothing, nothing)
        self.assertEqual(exactloss.log_loss(array.array("f"), b"", reduction="sum"), 0)
        self.assertEqual(exactloss.evaluate(array.array("d"), b"").count, 0)
        exactloss.gradient("log", array.array("f"), b"", out=array.array("f"))

    def test_patterns(self):
        half = exactloss.float16(array.array("H", [0x3b00, 0x3400]))
        self.assertEqual(exactloss.mnist_loss(half, b"\1\0"), (0.125 + 0.25) / 2)
        brain = exactloss.bfloat16(array.array("H", [0x3f60, 0x3e80]))
        self.assertEqual(exactloss.mnist_loss(brain, b"\1\0"), (0.125 + 0.25) / 2)
        self.assertIn("bfloat16(array(", repr(brain))
        self.refuses(constants.ERROR_TYPE, "2 bytes", exactloss.bfloat16(P), T)
        self.refuses(constants.ERROR_TYPE, "targets", P, half)

    def test_packed_bits(self):
        for data, count, offset in ((b"\5", 9, 0), (b"\5", 3, 6), (b"", 3, 0), (P, 3, 0)):
            self.refuses(constants.ERROR_COUNT, "bits", P, exactloss.packed_bits(data, count, offset))
        self.refuses(constants.ERROR_COUNT, "(2,)", P, exactloss.packed_bits(b"\5", 2))
        self.refuses(constants.ERROR_TYPE, "targets", exactloss.packed_bits(b"\5", 3), T)
        for count, offset in ((-1, 0), (1, -1), (2**63, 0)):
            with self.assertRaisesRegex(exactloss.ExactLossError, "packed_bits"):
                exactloss.packed_bits(b"", count, offset)

    def refuses(self, status, words, *arrays, **more):
        with self.assertRaises(exactloss.ExactLossError) as caught:
            exactloss.mnist_loss(*arrays, **more)
        self.assertEqual(caught.exception.status, status)
        for word in words.split():
            self.assertIn(word, str(caught.exception))

    def test_refused_buffers(self):
        self.refuses(constants.ERROR_TYPE, "float16 'B'", T, T)
        self.refuses(constants.ERROR_TYPE, "uint8 'h'", P, array.array("h", list(T)))
        self.refuses(constants.ERROR_TYPE, "uint8 'I'", P, array.array("I", list(T)))
        self.refuses(constants.ERROR_TYPE, "uint8 'c'", P, memoryview(T).cast("c"))
        self.refuses(constants.ERROR_TYPE, "float16 format",
                     array.array("u", "abc"), T)
        self.refuses(constants.ERROR_STRIDES, "contiguous", memoryview(P)[::2], T[:2])
        self.refuses(constants.ERROR_STRIDES, "contiguous (-4,)", memoryview(P)[::-1], T)
        self.refuses(constants.ERROR_COUNT, "(3,) (2,) targets", P, T[:2])
        self.refuses(constants.ERROR_COUNT, "(3,) (3, 1) targets", P, memoryview(T).cast("B", (3, 1)))
        self.refuses(constants.ERROR_COUNT, "(3,) (2,) sample_weight", P, T, sample_weight=P[:2])
        self.refuses(constants.ERROR_TYPE, "sample_weight float32", P, T, sample_weight=array.array("d", P))
        self.refuses(constants.ERROR_TYPE, "byte order", (ctypes.c_float.__ctype_be__ * 3)(*P), T)
        self.refuses(constants.ERROR_TYPE, "byte order", P, (ctypes.c_int.__ctype_be__ * 3)(*T))

        class Pair(ctypes.Structure):
            _fields_ = [("a", ctypes.c_float), ("b", ctypes.c_float)]

        self.refuses(constants.ERROR_TYPE, "float16", (Pair * 3)(), T)

    def test_no_arrays(self):
        released = memoryview(P)
        released.release()
        closed = mmap.mmap(-1, 12)
        closed.close()

        class Frame:
            def to_numpy(self):
                raise AssertionError

        for wrong, words in ((list(P), "list numpy.asarray"), (tuple(P), "tuple"), (None, "NoneType"), (0.5, "float"),
                             ("abc", "str"), ({}, "dict"), (iter(P), "iterator"), (float, "type"),
                             (released, "memoryview released"), (closed, "mmap closed"), (Frame(), "to_numpy()")):
            with self.assertRaises(TypeError) as caught:
                exactloss.mnist_loss(wrong, T)
            for word in words.split() + ["predictions"]:
                self.assertIn(word, str(caught.exception))
        for wrong in (list(T), None, "abc", 1):
            with self.assertRaisesRegex(TypeError, "targets is a .*numpy.uint8"):
                exactloss.mnist_loss(P, wrong)
        with self.assertRaisesRegex(TypeError, "sample_weight is a list.*float32"):
            exactloss.mnist_loss(P, T, sample_weight=[1, 1, 1])

    def test_masks(self):
        class Masked(array.array):
            mask = None

        self.refuses(constants.ERROR_TYPE, "mask compressed()", Masked("f", P), T)

    def test_outputs(self):
        out = array.array("f", [7, 7, 7])
        for wrong, words, status in (
                (memoryview(bytes(P)).cast("f"), "read-only", constants.ERROR_TYPE),
                (array.array("d", P), "type", constants.ERROR_TYPE), (out[:2], "(2,)", constants.ERROR_COUNT),
                (memoryview(array.array("f", [0] * 6))[::2], "contiguous", constants.ERROR_STRIDES)):
            for call in (lambda: exactloss.gradient("log", P, T, out=wrong),
                         lambda: exactloss.mnist_loss(P, T, reduction="none", out=wrong)):
                with self.assertRaisesRegex((exactloss.ExactLossError), words.replace("(", r"\(").replace(")", r"\)")):
                    call()
        memory = array.array("f", [*P, 0, 0, 0])
        before = bytes(memory)
        p = memoryview(memory)[:3]
        for call in (lambda: exactloss.gradient("log", p, T, out=memoryview(memory)[1:4]),
                     lambda: exactloss.gradient("log", p, T, out=p, accumulate=True),
                     lambda: exactloss.gradient("log", p, memoryview(memory)[2:5], out=memoryview(memory)[3:]),
                     lambda: exactloss.gradient("log", p, T, sample_weight=memoryview(memory)[3:],
                                                out=memoryview(memory)[3:])):
            with self.assertRaisesRegex(exactloss.ExactLossError, "shares memory"):
                call()
            self.assertEqual(bytes(memory), before)
        separate = exactloss.gradient("log", P, T, out=out)
        exactloss.gradient("log", p, T, out=p)  # in place
        self.assertEqual(bytes(p), bytes(separate))

    def test_arguments(self):
        for call, status in (
                (lambda: exactloss.mnist_loss(P, T, reduction="median"), constants.ERROR_REDUCTION),
                (lambda: exactloss.mnist_loss(P, T, out=P), constants.ERROR_REDUCTION),
                (lambda: exactloss.gradient("log", P, T, reduction="none"), constants.ERROR_REDUCTION),
                (lambda: exactloss.gradient("log", P, T, accumulate=True), constants.ERROR_NULL),
                (lambda: exactloss.gradient("log", P, T, divisor=0), constants.ERROR_COUNT),
                (lambda: exactloss.gradient("logg", P, T), constants.ERROR_LOSS),
                (lambda: exactloss.evaluate(P, T, ()), constants.ERROR_LOSS),
                (lambda: exactloss.evaluate(P, T, threshold=float("nan")), constants.ERROR_THRESHOLD),
                (lambda: exactloss.mnist_loss(P, T, threads=-1), constants.ERROR_COUNT),
                (lambda: exactloss.evaluate(P, T).f_beta(-1), constants.ERROR_METRIC)):
            with self.assertRaises(exactloss.ExactLossError) as caught:
                call()
            self.assertEqual(caught.exception.status, status)

    def test_choices(self):
        """An argument that has choices is named with them."""
        out = array.array("f", P)
        for wrong in ([], None, ["mean"]):
            for call in (lambda: exactloss.mnist_loss(P, T, reduction=wrong),
                         lambda: exactloss.gradient("log", P, T, reduction=wrong, out=out)):
                self.says(constants.ERROR_REDUCTION, "reduction.*'mean', 'sum'", call)
        for wrong in (None, 1, (), "logg", ("log", "logg"), ["log", []]):
            for call in (lambda: exactloss.evaluate(P, T, wrong), lambda: exactloss.Accumulator(wrong)):
                self.says(constants.ERROR_LOSS, "losses.*'mnist', 'brier', 'log'", call)
        for wrong in (None, 1, (), "logg", ("log", "mnist"), ["log"]):
            for call in (lambda: exactloss.gradient(wrong, P, T, out=out),
                         lambda: exactloss.loss_and_gradient(wrong, P, T, out=out),
                         lambda: exactloss.Accumulator().add_with_gradient(wrong, P, T, out=out)):
                self.says(constants.ERROR_LOSS, "loss:.*'mnist', 'brier', 'log'", call)

    def test_numbers(self):
        evaluation = exactloss.evaluate(P, T)
        for call in (lambda: exactloss.evaluate(P, T, threshold=float("nan")),
                     lambda: exactloss.Accumulator(threshold=float("nan"))):
            self.says(constants.ERROR_THRESHOLD, "threshold is nan.*give a number", call)
        for beta in (-1, float("nan"), float("inf")):
            self.says(constants.ERROR_METRIC, f"beta is {float(beta)}", lambda: evaluation.f_beta(beta))
        for wrong in ("x", None, 10**400):
            for name, call in (("threshold", lambda: exactloss.evaluate(P, T, threshold=wrong)),
                               ("threshold", lambda: exactloss.Accumulator(threshold=wrong)),
                               ("beta", lambda: evaluation.f_beta(wrong))):
                with self.assertRaisesRegex(TypeError, f"{name} is a {type(wrong).__name__}"):
                    call()
        self.assertEqual(exactloss.evaluate(P, T, threshold=0).threshold, 0)
        self.assertEqual(evaluation.f_beta(1), evaluation.f1)

    def says(self, status, words, call):
        with self.assertRaisesRegex(exactloss.ExactLossError, words) as caught:
            call()
        self.assertEqual(caught.exception.status, status)

    def test_elements(self):
        for p, t, w, expected in (
                ([0.5, 1.5], [0, 1], None, ("predictions", 1, 1.5, constants.ERROR_STRICT)),
                ([0.5, 0.5], [0, 2], None, ("targets", 1, 2.0, constants.ERROR_STRICT)),
                ([0.5, 0.5], [0, 1], [1, -2], ("sample_weight", 1, -2.0, constants.ERROR_WEIGHT))):
            with self.assertRaises(exactloss.ElementError) as caught:
                exactloss.log_loss(array.array("f", p), bytes(t), strict=True,
                                   sample_weight=None if w is None else array.array("f", w))
            error = caught.exception
            self.assertEqual((error.argument, error.index, error.value, error.status), expected)
            self.assertIn(f"{error.argument}[1] is {error.value}", str(error))
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((str(again), again.index, again.status), (str(error), error.index, error.status))


class Elements(unittest.TestCase):
    def test_sigmoid(self):
        self.assertEqual(list(exactloss.sigmoid(array.array("f", [0, -200]), out=array.array("f", [1, 1]))),
                         [0.5, exactloss.sigmoid(array.array("f", [-200]), out=array.array("f", [1]))[0]])
        in_place = array.array("d", [0])
        self.assertIs(exactloss.sigmoid(in_place, out=in_place), in_place)
        self.assertEqual(in_place[0], 0.5)

    def test_where(self):
        a, b = array.array("f", [1, 2, 3]), array.array("f", [-1, -2, -3])
        for condition in (T, memoryview(T).cast("?"), exactloss.packed_bits(b"\5", 3)):
            self.assertEqual(list(exactloss.where(condition, a, b, out=array.array("f", P))), [1, -2, 3])
        self.assertEqual(list(exactloss.where(T, 9, b, out=array.array("f", P))), [9, -2, 9])
        self.assertEqual(list(exactloss.where(T, a, 0.5, out=array.array("f", P))), [1, 0.5, 3])
        self.assertEqual(list(exactloss.where(T, a, b, out=b)), [1, -2, 3])
        long = array.array("q", [2**40, 2**41, 2**42])
        self.assertEqual(list(exactloss.where(T, long, -1, out=array.array("q", long))), [2**40, -1, 2**42])

    def test_numbers_beyond_the_range(self):
        """A finite number doesn't become infinite, and a float no integer."""
        a, d, q = array.array("f", [1, 2, 3]), array.array("d", [1, 2, 3]), array.array("q", [1, 2, 3])
        bools = memoryview(bytearray(3)).cast("?")
        for side, number in ((a, 1e300), (a, -1e300), (a, 2**128), (a, 2**2000), (d, 2**1024), (d, -2**2000),
                             (q, 2**2000), (q, 2**63), (q, 1e300), (q, math.nan), (bools, 1.0)):
            for call in (lambda: exactloss.where(T, number, side, out=side),
                         lambda: exactloss.where(T, side, number, out=side)):
                with self.assertRaisesRegex(exactloss.ExactLossError, f"[ab] is {re.escape(repr(number))}, which"):
                    call()
        self.assertEqual(list(exactloss.where(T, math.inf, a, out=a)), [math.inf, 2, math.inf])
        self.assertEqual(exactloss.where(T, d, 2**1023, out=d)[1], 2.0**1023)

    def test_where_refuses(self):
        a, d = array.array("f", [1, 2, 3]), array.array("d", [1, 2, 3])
        memory = array.array("f", [0] * 5)
        for call, words in ((lambda: exactloss.where(T, a, d, out=a), "one type"),
                            (lambda: exactloss.where(T, array.array("h", T + T), array.array("H", T + T)), "one type"),
                            (lambda: exactloss.where(array.array("i", list(T)), a, a, out=a), "uint8"),
                            (lambda: exactloss.where(T, a[:2], a, out=a), r"\(2,\)"),
                            (lambda: exactloss.where(T, array.array("i", list(T)), 0.5, out=a), "0.5"),
                            (lambda: exactloss.where(T, array.array("b", list(T)), 200, out=a), "200"),
                            (lambda: exactloss.where(T, memoryview(memory)[:3], a, out=memoryview(memory)[1:4]),
                             "shares"),
                            (lambda: exactloss.where(T, a, a, out=d), "type"),
                            (lambda: exactloss.where(T, a, a, out=bytes(a)), "read-only|shape")):
            with self.assertRaisesRegex(exactloss.ExactLossError, words):
                call()
        with self.assertRaisesRegex(TypeError, "both numbers"):
            exactloss.where(T, 1, 2, out=a)


class Accumulators(unittest.TestCase):
    def test_pieces(self):
        whole = exactloss.Accumulator()
        whole.add(P, T)
        parts = exactloss.Accumulator(), exactloss.Accumulator()
        parts[0].add(P[1:], T[1:])
        parts[1].add(P[:1], T[:1])
        parts[0].merge(parts[1])
        self.assertEqual(parts[0].to_bytes(), whole.to_bytes())
        self.assertEqual(whole.evaluate(), exactloss.evaluate(P, T))
        self.assertEqual(hash(whole.evaluate()), hash(exactloss.evaluate(P, T)))
        whole.merge(whole)
        self.assertEqual(whole.evaluate().count, 6)

    def test_copies(self):
        total = exactloss.Accumulator("log", 0.25)
        total.add(P, T)
        for copied in (copy.copy(total), copy.deepcopy(total), pickle.loads(pickle.dumps(total)),
                       exactloss.Accumulator.from_bytes(total.to_bytes())):
            copied.add(P, T)
            self.assertEqual((total.evaluate().count, copied.evaluate().count), (3, 6))
            self.assertEqual((copied.evaluate().losses, copied.evaluate().threshold), (("log",), 0.25))
        evaluation = total.evaluate()
        self.assertEqual(pickle.loads(pickle.dumps(evaluation)), evaluation)
        with self.assertRaisesRegex(AttributeError, "no mnist loss.*losses"):
            evaluation.mnist
        with self.assertRaises(AttributeError):
            evaluation.count = 4
        for wrong, error in ((b"", exactloss.ExactLossError), (total.to_bytes()[:-1], exactloss.ExactLossError),
                             (bytearray(total.to_bytes()), TypeError)):
            with self.assertRaises(error):
                exactloss.Accumulator.from_bytes(wrong)

    def test_different_accumulators(self):
        for other, status in ((exactloss.Accumulator("log"), constants.ERROR_LOSS),
                              (exactloss.Accumulator(threshold=0.25), constants.ERROR_THRESHOLD)):
            with self.assertRaises(exactloss.ExactLossError) as caught:
                exactloss.Accumulator().merge(other)
            self.assertEqual(caught.exception.status, status)

    def test_many_threads(self):
        """All threads add to one accumulator, and merge it with one another."""
        total, other = exactloss.Accumulator("mnist"), exactloss.Accumulator("mnist")
        p, t = array.array("f", list(P) * 3000), T * 3000

        def work():
            for _ in range(20):
                total.add(p, t)
                other.merge(total)
                total.evaluate()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(total.evaluate().count, 4 * 20 * 9000)
        self.assertEqual(total.evaluate().mnist.mean, MEAN)

    def test_merge_refuses(self):
        total = exactloss.Accumulator()
        for other in (None, total.to_bytes(), total.evaluate()):
            with self.assertRaisesRegex(TypeError, f"other is a {type(other).__name__}.*from_bytes"):
                total.merge(other)

    def test_lock(self):
        """Each method holds the accumulator's lock, once."""
        class Lock:
            entered = held = 0

            def __enter__(lock):
                self.assertEqual(lock.held, 0)
                lock.entered += 1
                lock.held = 1

            def __exit__(lock, *_):
                lock.held = 0

        total = exactloss.Accumulator()
        self.assertIsInstance(total._lock, type(threading.RLock()))
        for method in (lambda: total.add(P, T), lambda: total.add_with_gradient("log", P, T, out=array.array("f", P)),
                       lambda: total.merge(exactloss.Accumulator()), total.evaluate, total.to_bytes,
                       lambda: copy.copy(total)):
            total._lock = Lock()
            method()
            self.assertEqual((total._lock.entered, total._lock.held), (1, 0))

    def test_threads(self):
        """Pieces by several threads have the bits of one."""
        p, t = array.array("f", list(P) * 300_001), T * 300_001
        w = array.array("f", [1, 2, 0.5] * 300_001)
        bits = exactloss.packed_bits(bytes([0b01101101, 0b11011011, 0b10110110]) * 37501, len(p))  # 101 101 ...
        one = exactloss.evaluate(p, t)
        for threads in (0, 2, 3, 5):
            self.assertEqual(exactloss.evaluate(p, t, threads=threads), one)
            self.assertEqual(exactloss.evaluate(p, bits, threads=threads), one)
            self.assertEqual(exactloss.log_loss(p, t, sample_weight=w, threads=threads),
                             exactloss.log_loss(p, t, sample_weight=w))
        for count in (2**19 - 1, 2**19, 2**19 + 1, 2**19 + 9):
            self.assertEqual(exactloss.evaluate(p[:count], t[:count], threads=2).count, count)
        total = exactloss.Accumulator()
        total.add(p, t, threads=3)
        self.assertEqual(total.evaluate(), one)
        before = total.to_bytes()
        p[700_000] = 2
        p[800_000] = 3
        with self.assertRaises(exactloss.ElementError) as caught:
            total.add(p, t, strict=True, threads=3)
        self.assertEqual((caught.exception.index, caught.exception.value), (700_000, 2))
        self.assertEqual(total.to_bytes(), before)

    def test_number_of_threads(self):
        for wrong in (None, "2", 2.5, [2]):
            for call in (lambda: exactloss.mnist_loss(P, T, threads=wrong),
                         lambda: exactloss.evaluate(P, T, threads=wrong),
                         lambda: exactloss.Accumulator().add(P, T, threads=wrong)):
                with self.assertRaisesRegex(TypeError, f"threads is {re.escape(repr(wrong))}, and must be an int"):
                    call()

        class Two:
            def __index__(self):
                return 2

        self.assertEqual(exactloss.mnist_loss(P, T, threads=Two()), MEAN)

    @unittest.skipUnless(hasattr(os, "sched_setaffinity"), "this system binds no process to processors")
    def test_threads_of_the_process(self):
        """0 stands for the processors that the process may use, and not for those of the machine."""
        allowed = os.sched_getaffinity(0)
        try:
            os.sched_setaffinity(0, {min(allowed)})
            self.assertEqual(_compute._thread_count(0), 1)
        finally:
            os.sched_setaffinity(0, allowed)
        self.assertEqual(_compute._thread_count(0), len(allowed))

    def test_lock_is_released(self):
        """While one thread computes, another gets to run, although no thread is asked to give up the lock."""
        p, t = array.array("f", bytes(4 << 16)), bytes(1 << 16)
        running, seen = threading.Event(), threading.Event()

        def work():
            running.set()
            for _ in range(5000):
                if seen.is_set():
                    return
                exactloss.log_loss(p, t)
            never.append(True)

        never = []
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1000)
        try:
            thread = threading.Thread(target=work)
            thread.start()
            running.wait()
            seen.set()
            thread.join()
        finally:
            sys.setswitchinterval(interval)
        self.assertEqual(never, [])

    def test_gradient(self):
        total = exactloss.Accumulator(("mnist", "log"))
        out = total.add_with_gradient("log", P, T, out=array.array("f", P))
        self.assertEqual(bytes(out), bytes(exactloss.gradient("log", P, T, out=array.array("f", P))))
        self.assertEqual(total.evaluate().mnist.mean, MEAN)
        w = array.array("f", [1, 2, 1])
        loss, weighted = exactloss.loss_and_gradient("brier", P, T, sample_weight=w, out=array.array("f", P))
        same = exactloss.gradient("brier", P, T, sample_weight=w, out=array.array("f", P), upstream=0.25, divisor=1)
        self.assertEqual(bytes(weighted), bytes(same))
        self.assertEqual(loss, exactloss.brier_score_loss(P, T, sample_weight=w))
        nothing = exactloss.gradient("log", P, T, sample_weight=array.array("f", [0, 0, 0]), out=array.array("f", P))
        self.assertTrue(all(g != g for g in nothing))


class Process(unittest.TestCase):
    def run_python(self, code, **environment):
        return subprocess.run([sys.executable, "-B", "-c", code], env=dict(os.environ, **environment),
                              capture_output=True, text=True)

    def test_fork(self):
        code = ("import array, os, exactloss\n"
                "p = array.array('f', [0.9, 0.4, 0.2])\n"
                "exactloss.mnist_loss(p, bytes([1, 0, 1]))\n"
                "child = os.fork()\n"
                "if child == 0:\n"
                f"    os._exit(exactloss.mnist_loss(p, bytes([1, 0, 1])) != {MEAN})\n"
                "assert os.waitpid(child, 0)[1] == 0\n")
        self.assertEqual(self.run_python(code).returncode, 0)

    def test_without_numpy(self):
        code = ("import sys; sys.modules['numpy'] = None\n"
                "import array, exactloss\n"
                "try: exactloss.gradient('log', array.array('f', [0.5]), b'\\1')\n"
                "except TypeError as error: print(error)\n")
        self.assertIn("without NumPy, give an array", self.run_python(code).stdout)

    def test_library(self):
        missing = self.run_python("import exactloss", EXACTLOSS_LIBRARY="/missing/libexactloss.so.1")
        self.assertIn("ImportError: exactloss can't load its C library from /missing/libexactloss.so.1", missing.stderr)
        other = self.run_python("import exactloss", EXACTLOSS_LIBRARY=constants_file("CALL_LIBRARY"))
        self.assertIn("is no C library of exactloss", other.stderr)
        pypy = self.run_python("import ctypes; del ctypes.pythonapi; import exactloss")
        self.assertIn("exactloss needs CPython", pypy.stderr)

    def test_signal_during_add(self):
        """Its handler runs where the accumulator's method still holds the lock."""
        code = ("import array, exactloss, signal, threading, time\n"
                "total, seen = exactloss.Accumulator(), []\n"
                "signal.signal(signal.SIGINT, lambda *_: seen.append(total.evaluate().count))\n"
                "p, t = array.array('f', bytes(1 << 24)), bytes(1 << 22)\n"
                "def interrupt():\n"
                "    while not seen:\n"
                "        signal.raise_signal(signal.SIGINT)\n"
                "        time.sleep(0.001)\n"
                "threading.Thread(target=interrupt, daemon=True).start()\n"
                "while not seen:\n"
                "    total.add(p, t, from_logits=True)\n"
                "print(sum(seen[:1]) % (1 << 22))\n")
        done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.stdout, done.returncode), ("0\n", 0), done.stderr)

    def test_max_isa(self):
        code = "import exactloss; print(exactloss.isa())"
        self.assertEqual(self.run_python(code, EXACTLOSS_MAX_ISA="portable").stdout, "portable\n")
        self.assertIn("EXACTLOSS_MAX_ISA", self.run_python(code, EXACTLOSS_MAX_ISA="abacus").stderr)

    def test_subinterpreter(self):
        code = ("import _testcapi\n"
                "code = 'import array, exactloss; p = array.array(\"f\", [0.9, 0.4, 0.2]); '"
                "'print(exactloss.mnist_loss(p, bytes([1, 0, 1])))'\n"
                "assert _testcapi.run_in_subinterp(code) == 0\n")
        result = self.run_python("try:\n import _testcapi\nexcept ImportError:\n raise SystemExit(9)\n" + code)
        if result.returncode == 9:
            self.skipTest("this Python has no _testcapi")
        self.assertEqual(result.stdout, f"{MEAN}\n", result.stderr)


def constants_file(name):
    return os.path.join(os.path.dirname(exactloss.__file__), getattr(constants, name))


if __name__ == "__main__":
    run_tests()
