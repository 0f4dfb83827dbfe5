# SPDX-License-Identifier: Apache-2.0
"""PyTorch's tensors through DLPack, and the functions and modules of exactloss.torch."""

import unittest

import exactloss
from exactloss import _arrays, _constants as constants
from requirement import require

numpy = require("numpy", "NumPy")
torch = require("torch", "PyTorch")

import exactloss.torch

SEED = 20
LOSSES = {"mnist": (exactloss.torch.mnist_loss, exactloss.mnist_loss, exactloss.torch.MnistLoss),
          "brier": (exactloss.torch.brier_score_loss, exactloss.brier_score_loss, exactloss.torch.BrierLoss),
          "log": (exactloss.torch.log_loss, exactloss.log_loss, exactloss.torch.LogLoss)}


class Tensors(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(SEED)
        self.p = torch.rand(1000)
        self.t = (torch.rand(1000) < 0.5).to(torch.uint8)

    def test_no_copy(self):
        """The address that the library reads is the tensor's."""
        with _arrays.ExitStack() as stack:
            opened = _arrays.open_array(stack, self.p[10:], _arrays.PREDICTIONS, "predictions")
            self.assertEqual(opened.array.view.data, self.p[10:].data_ptr())
            self.assertEqual(opened.shape, (990,))
        out = torch.empty(1000)
        exactloss.gradient("log", self.p, self.t, out=out)
        self.assertTrue(numpy.array_equal(out.numpy(), exactloss.gradient("log", self.p.numpy(), self.t.numpy())))

    def test_same_bits_as_numpy(self):
        for dtype in (torch.float16, torch.float32, torch.float64):
            for target in (torch.uint8, torch.bool, torch.int8, torch.int32, torch.int64, torch.float32, torch.float64):
                p, t = self.p.to(dtype), self.t.to(target)
                self.assertEqual(exactloss.evaluate(p, t), exactloss.evaluate(p.numpy(), t.numpy()))
        brain = self.p.to(torch.bfloat16)
        self.assertEqual(exactloss.evaluate(brain, self.t), exactloss.evaluate(brain.float(), self.t))
        total = exactloss.Accumulator()
        for piece in range(0, 1000, 300):
            total.add(self.p[piece:piece + 300], self.t[piece:piece + 300])
        self.assertEqual(total.evaluate(), exactloss.evaluate(self.p.numpy(), self.t.numpy()))

    def test_refusals(self):
        wanting = self.p.clone().requires_grad_()
        for p, t, words in ((self.p[::2], self.t[::2], "contiguous"), (wanting, self.t, r"detach\(\)"),
                            (self.p.reshape(10, 100).t(), self.t.reshape(100, 10), "contiguous"),
                            (self.p, self.t[:-1], r"\(1000,\).*\(999,\)"), (self.p.to_sparse(), self.t, "predictions"),
                            (self.p.reshape(-1, 1), self.t, r"\(1000, 1\)"), (self.p.int(), self.t, "float16"),
                            (self.p.to(torch.complex64), self.t, "float16"),
                            (self.p.to("meta"), self.t, "meta"),
                            (self.p.expand(2, 1000), self.t.expand(2, 1000), "contiguous")):
            with self.assertRaisesRegex((exactloss.ExactLossError, TypeError), words):
                exactloss.mnist_loss(p, t)


class Negated(unittest.TestCase):
    def test_negative_bit(self):
        p = torch.tensor([0.5 + 0.25j]).conj().imag
        t = torch.ones(1, dtype=torch.uint8)
        with self.assertRaisesRegex(exactloss.ExactLossError, r"predictions.*resolve_neg\(\)"):
            exactloss.mnist_loss(p, t)
        self.assertEqual(exactloss.mnist_loss(p.resolve_neg(), t), 1.25)


class Functions(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(SEED)
        self.p = torch.rand(257, dtype=torch.float64)
        self.t = torch.rand(257) < 0.5
        self.w = torch.rand(257)

    def test_losses(self):
        for name, (function, plain, module) in LOSSES.items():
            for more in ({}, {"reduction": "sum"}, {"from_logits": True}, {"clamp": True}):
                loss = function(self.p, self.t, **more)
                self.assertEqual((loss.dtype, loss.shape), (torch.float64, ()))
                self.assertEqual(loss.item(), plain(self.p.numpy(), self.t.numpy(), **more), name)
                self.assertEqual(module(**more)(self.p, self.t).item(), loss.item())
            self.assertEqual(function(self.p, self.t, self.w).item(),
                             plain(self.p.numpy(), self.t.numpy(), sample_weight=self.w.numpy()))
            values = function(self.p, self.t, reduction="none")
            self.assertTrue(numpy.array_equal(values.numpy(), plain(self.p.numpy(), self.t.numpy(), reduction="none")))
            self.assertIn("from_logits=True, reduction='sum'", repr(module(from_logits=True, reduction="sum")))

    def test_wrong_arguments(self):
        for reduction in ("median", [], None):
            for call in (lambda: exactloss.torch.mnist_loss(self.p, self.t, reduction=reduction),
                         lambda: exactloss.torch.LogLoss(reduction=reduction)):
                with self.assertRaisesRegex(exactloss.ExactLossError, "reduction.*'mean', 'sum', 'none'"):
                    call()
        for wrong in (self.p.tolist(), self.p.numpy(), None):
            with self.assertRaisesRegex(TypeError, f"predictions is a {type(wrong).__name__}.*torch.Tensor"):
                exactloss.torch.log_loss(wrong, self.t)

    def test_gradients(self):
        """By finite differences, for all losses, reductions, weights, and from logits."""
        p, t, w = self.p[:7] * 0.8 + 0.1, self.t[:7], self.w[:7]
        for name, (function, _, _) in LOSSES.items():
            for reduction in ("mean", "sum", "none"):
                for weight in (None, w):
                    for from_logits in (False, True):
                        def loss(x):
                            return function(x, t, weight, reduction=reduction, from_logits=from_logits)

                        self.assertTrue(torch.autograd.gradcheck(loss, p.clone().requires_grad_()), name)

    def test_gradient_is_the_library_s(self):
        for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
            p = self.p.to(dtype).requires_grad_()
            loss = exactloss.torch.log_loss(p, self.t)
            self.assertEqual(loss.item(), exactloss.log_loss(p.detach(), self.t))
            loss.backward()
            out = torch.empty_like(p.detach())
            exactloss.gradient("log", p.detach(), self.t, out=out)
            self.assertTrue(torch.equal(p.grad, out))
            self.assertEqual(p.grad.dtype, dtype)

    def test_upstream(self):
        p = self.p.clone().requires_grad_()
        (3 * exactloss.torch.mnist_loss(p, self.t, reduction="sum")).backward()
        self.assertTrue(torch.equal(p.grad, torch.where(self.t, -3.0, 3.0).double()))
        (p.grad, loss) = (None, exactloss.torch.mnist_loss(p, self.t, reduction="sum"))
        loss.backward(retain_graph=True)
        loss.backward()  # adds to the first
        self.assertTrue(torch.equal(p.grad, torch.where(self.t, -2.0, 2.0).double()))

    def test_scaled_loss(self):
        """As torch.cuda.amp.GradScaler scales it."""
        for dtype in (torch.float16, torch.bfloat16, torch.float32):
            p = self.p.to(dtype).requires_grad_()
            (65536 * exactloss.torch.mnist_loss(p, self.t)).backward()
            self.assertTrue(torch.allclose(p.grad.float(), torch.where(self.t, -65536.0, 65536.0) / 257, 0.01), dtype)

    def test_gradient_is_rounded_once(self):
        """A 16-bit gradient is rounded after the upstream is applied: loss scaling rescues what would become 0."""
        count, scale = 1 << 20, 65536.0
        for dtype, precision in ((torch.float16, 2**-11), (torch.bfloat16, 2**-8)):
            p = (torch.rand(count) * 0.8 + 0.1).to(dtype).requires_grad_()
            (scale * exactloss.torch.log_loss(p, torch.ones(count, dtype=torch.uint8))).backward()
            expected = -scale / count / p.detach().double()
            self.assertLessEqual(((p.grad.double() - expected) / expected).abs().max().item(), 1.001 * precision)
        p = torch.tensor([0.5, 0.5], dtype=torch.float16).requires_grad_()
        weights = torch.tensor([1, 2.0**-30])
        (2.0**20 * exactloss.torch.mnist_loss(p, torch.zeros(2, dtype=torch.uint8), weights)).backward()
        self.assertEqual(p.grad[1].item(), 2.0**-10)
        tiny = torch.tensor([2.0**-20], dtype=torch.float16).requires_grad_()  # float16 has no 2^20
        (2.0**-10 * exactloss.torch.log_loss(tiny, torch.tensor([True]), reduction="none")).sum().backward()
        self.assertEqual(tiny.grad.item(), -2.0**10)

    def test_same_as_pytorch(self):
        x = torch.randn(257, requires_grad=True)
        t = self.t.float()
        for ours, theirs in ((exactloss.torch.LogLoss(from_logits=True), torch.nn.BCEWithLogitsLoss()),):
            (a, b) = (ours(x, t), theirs(x, t))
            self.assertAlmostEqual(a.item(), b.item(), 6)
            (g,), (h,) = torch.autograd.grad(a, x), torch.autograd.grad(b, x)
            self.assertTrue(torch.allclose(g, h))
        p = torch.rand(257, requires_grad=True)
        for ours, theirs in ((exactloss.torch.LogLoss(clamp=True), torch.nn.BCELoss()),
                             (exactloss.torch.BrierLoss(), torch.nn.MSELoss()),
                             (exactloss.torch.MnistLoss(), torch.nn.L1Loss())):
            (a, b) = (ours(p, t), theirs(p, t))
            self.assertAlmostEqual(a.item(), b.item(), 6)
            self.assertTrue(torch.allclose(torch.autograd.grad(a, p)[0], torch.autograd.grad(b, p)[0]))

    def test_modes(self):
        p = self.p.clone().requires_grad_()
        with torch.no_grad():
            self.assertFalse(exactloss.torch.log_loss(p, self.t).requires_grad)
        with torch.inference_mode():
            self.assertFalse(exactloss.torch.log_loss(self.p * 1, self.t).requires_grad)
        self.assertFalse(exactloss.torch.log_loss(self.p, self.t).requires_grad)
        self.assertTrue(exactloss.torch.log_loss(p, self.t).requires_grad)

    def test_second_derivative(self):
        p = self.p.clone().requires_grad_()
        with self.assertRaisesRegex(RuntimeError, "no second derivatives.*create_graph"):
            torch.autograd.grad(exactloss.torch.log_loss(p, self.t), p, create_graph=True)

    def test_targets_without_gradient(self):
        with self.assertRaisesRegex(exactloss.ExactLossError, r"targets.*detach\(\)"):
            exactloss.torch.log_loss(self.p, self.p.clone().requires_grad_())
        with self.assertRaisesRegex(exactloss.ExactLossError, "sample_weight.*float32"):
            exactloss.torch.log_loss(self.p, self.t, self.p)

    def test_strict(self):
        with self.assertRaises(exactloss.ElementError) as caught:
            exactloss.torch.log_loss((2 * self.p).requires_grad_(), self.t, strict=True)
        self.assertEqual((caught.exception.argument, caught.exception.status),
                         ("predictions", constants.ERROR_STRICT))


if __name__ == "__main__":
    unittest.main()
