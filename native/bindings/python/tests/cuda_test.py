# SPDX-License-Identifier: Apache-2.0
"""Tensors in a GPU's memory, through a driver that executes on the processor (native/tests/cuda/fake_driver.h)."""

import array
import ctypes
import sys
import types
import unittest

import exactloss
from exactloss import _constants as constants, _cuda
from producers import Tensor, address_of

P, T = [0.9, 0.4, 0.2], [1, 0, 1]
MEAN = 0.43333334227403003


class OnDevice(Tensor):
    """A tensor in memory of GPU 0."""

    def __init__(self, content, shape, *type_, **more):
        super().__init__(content, shape, *type_, device=(2, 0), **more)
        self.gpu = _cuda._device(0)
        self.memory = ctypes.c_void_p()
        _cuda._check(_cuda._library.exactloss_cuda_alloc(self.gpu, ctypes.c_int64(len(content)),
                                                         ctypes.byref(self.memory)))
        self.managed.tensor.data = self.memory.value
        self.copy(self.memory, address_of(content))

    def __dlpack__(self, **arguments):
        self.renew()  # a weighted mean asks for the arrays twice
        return super().__dlpack__(**arguments)

    def copy(self, to, source):
        copy = _cuda._library.exactloss_cuda_copy_async
        copy.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p]
        _cuda._check(copy(self.gpu, to, source, len(self.content), None))
        _cuda._check(_cuda._library.exactloss_cuda_stream_sync(self.gpu, None))

    def read(self):
        self.copy(address_of(self.content), self.memory)
        return self.content


def floats(*numbers):
    return bytearray(array.array("f", numbers))


def predictions(**more):
    return OnDevice(floats(*P), [3], **more)


def targets(**more):
    return OnDevice(bytearray(T), [3], 1, 8, **more)


class Gpu(unittest.TestCase):
    def test_losses(self):
        for function in (exactloss.mnist_loss, exactloss.log_loss, exactloss.brier_score_loss):
            for reduction in ("mean", "sum"):
                p, t = predictions(), targets()
                self.assertEqual(function(p, t, reduction=reduction),
                                 function(array.array("f", P), bytes(T), reduction=reduction))
                self.assertEqual((p.deleted, t.deleted), (1, 1))
        w = OnDevice(floats(1, 2, 1), [3])
        self.assertEqual(exactloss.mnist_loss(predictions(), targets(), sample_weight=w),
                         exactloss.mnist_loss(array.array("f", P), bytes(T), sample_weight=array.array("f", [1, 2, 1])))

    def test_threads(self):
        """A GPU's tensors need none, whatever their number."""
        for threads in (0, 2, 8):
            self.assertEqual(exactloss.mnist_loss(predictions(), targets(), threads=threads), MEAN)
            self.assertEqual(exactloss.evaluate(predictions(), targets(), threads=threads).mnist.mean, MEAN)
            total = exactloss.Accumulator()
            total.add(predictions(), targets(), threads=threads)
            self.assertEqual(total.evaluate().mnist.mean, MEAN)
        with self.assertRaisesRegex(TypeError, "threads is '2'"):
            exactloss.mnist_loss(predictions(), targets(), threads="2")

    def test_evaluation(self):
        evaluation = exactloss.evaluate(predictions(), targets(), threshold=0.3)
        self.assertEqual(evaluation, exactloss.evaluate(array.array("f", P), bytes(T), threshold=0.3))

    def test_gradients(self):
        expected = exactloss.gradient("log", array.array("f", P), bytes(T), out=array.array("f", P))
        out = OnDevice(floats(0, 0, 0), [3])
        self.assertIs(exactloss.gradient("log", predictions(), targets(), out=out), out)
        self.assertEqual(out.read(), bytes(expected))
        for more in ({}, {"reduction": "sum"}, {"divisor": 7}, {"reduction": "sum", "upstream": 0.5, "divisor": 3}):
            out, same = OnDevice(floats(0, 0, 0), [3]), array.array("f", P)
            loss, _ = exactloss.loss_and_gradient("log", predictions(), targets(), out=out, **more)
            wanted, _ = exactloss.loss_and_gradient("log", array.array("f", P), bytes(T), out=same, **more)
            self.assertEqual((loss, out.read()), (wanted, bytes(same)))
            out, w = OnDevice(floats(0, 0, 0), [3]), array.array("f", [1, 2, 1])
            loss, _ = exactloss.loss_and_gradient("log", predictions(), targets(), out=out,
                                                  sample_weight=OnDevice(floats(1, 2, 1), [3]), **more)
            wanted, _ = exactloss.loss_and_gradient("log", array.array("f", P), bytes(T), out=same, sample_weight=w,
                                                    **more)
            self.assertEqual((loss, out.read()), (wanted, bytes(same)))

    def test_accumulator(self):
        total = exactloss.Accumulator()
        total.add(predictions(), targets())
        out = OnDevice(floats(0, 0, 0), [3])
        total.add_with_gradient("mnist", predictions(), targets(), out=out)
        total.add(array.array("f", P), bytes(T))
        same = exactloss.Accumulator()
        same.add(array.array("f", 3 * P), bytes(3 * T))
        self.assertEqual(total.to_bytes(), same.to_bytes())
        self.assertEqual(out.read(), floats(-1 / 3, 1 / 3, -1 / 3))

    def test_streams(self):
        """The work goes into the stream that the tensor's library works in."""
        p = predictions()
        exactloss.mnist_loss(p, targets())
        self.assertEqual(p.arguments["stream"], 1)  # the legacy default stream, of DLPack
        stream = ctypes.c_void_p()
        _cuda._check(_cuda._library.exactloss_cuda_stream_create(p.gpu, ctypes.byref(stream)))
        module = types.ModuleType("torch")
        module.Tensor, module.bool = OnDevice, bool
        module.cuda = types.SimpleNamespace(
            current_stream=lambda number: types.SimpleNamespace(cuda_stream=stream.value + number))
        sys.modules["torch"] = module
        try:
            p, t = predictions(), targets()
            self.assertEqual(exactloss.mnist_loss(p, t), MEAN)
        finally:
            del sys.modules["torch"]
            _cuda._check(_cuda._library.exactloss_cuda_stream_destroy(p.gpu, stream))
        self.assertEqual((p.arguments["stream"], t.arguments["stream"]), (stream.value, stream.value))

    def test_refusals(self):
        def refuses(status, words, call):
            with self.assertRaisesRegex(exactloss.ExactLossError, words) as caught:
                call()
            self.assertEqual(caught.exception.status, status)

        p = predictions()
        refuses(constants.ERROR_DEVICE, "targets.*GPU 0", lambda: exactloss.mnist_loss(p, bytes(T)))
        self.assertEqual(p.deleted, 1)
        far = targets()
        far.device = (2, 1)
        refuses(constants.ERROR_DEVICE, "targets.*GPU 0", lambda: exactloss.mnist_loss(predictions(), far))
        refuses(constants.ERROR_STRIDES, "contiguous",
                lambda: exactloss.mnist_loss(predictions(strides=[2]), targets()))
        refuses(constants.ERROR_COUNT, r"\(3,\).*\(2,\)",
                lambda: exactloss.mnist_loss(predictions(), OnDevice(bytearray([1, 0]), [2], 1, 8)))
        refuses(constants.ERROR_OPTIONS, "option", lambda: exactloss.mnist_loss(predictions(), targets(), strict=True))
        refuses(constants.ERROR_DEVICE, "processor", lambda: exactloss.mnist_loss(
            predictions(), targets(), reduction="none", out=OnDevice(floats(0, 0, 0), [3])))
        refuses(constants.ERROR_WEIGHT, "weight", lambda: exactloss.mnist_loss(
            predictions(), targets(), sample_weight=OnDevice(floats(1, -1, 1), [3])))
        refuses(constants.ERROR_TYPE, "type", lambda: exactloss.gradient(
            "log", predictions(), targets(), out=OnDevice(bytearray(6), [3], 2, 16)))
        refuses(constants.ERROR_TYPE, "read-only", lambda: exactloss.gradient(
            "log", predictions(), targets(), out=OnDevice(floats(0, 0, 0), [3], flags=1)))
        other = predictions()
        other.device = (2, 7)
        refuses(constants.CUDA_ERROR_DEVICE, "7", lambda: exactloss.mnist_loss(other, targets()))


if __name__ == "__main__":
    unittest.main()
