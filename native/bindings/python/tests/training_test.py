# SPDX-License-Identifier: Apache-2.0
"""Trains the classifier of `exactloss train` with PyTorch, on the same digits in the same batches: each loss has the
same bits as there. Usage: training_test.py DRAWN_DIGITS MNIST_FOLDER

The sums of the linear layer run in the order of the command's own, since PyTorch's order depends on the machine. All
else is PyTorch: the loss and its gradient by exactloss.torch, the chain rule by autograd, the steps by torch.optim.SGD.
"""

import os
import sys
import unittest

import exactloss
from requirement import require, run_tests

numpy = require("numpy", "NumPy")
torch = require("torch", "PyTorch")

import digits
import exactloss.torch

DRAWN, MNIST = sys.argv[1:]
del sys.argv[1:]
MNIST = os.environ.get("EXACTLOSS_MNIST_DIR") or (MNIST if os.path.isdir(MNIST) else None)

# What `exactloss train --json --epochs 3` prints for the drawn digits on every machine, as TrainCommandTest.java has
# it: the loss of each epoch and of its validation; and the last losses (mnist, brier, log) with --loss log.
MNIST_LOSSES = [(0.46849827614137346, 0.44971802355464346), (0.4538009476978378, 0.4138909552474922),
                (0.41496892704194055, 0.3346574468328057)]
MNIST_LOSSES_FROM_LOGITS = [(0.46849827653254167, 0.44971802272905864), (0.45380094697415996, 0.4138909540445739),
                            (0.414968923750814, 0.3346574407985512)]
LOG_LOSSES = (0.06476763171750015, 0.04485018329739812, 0.19659396359832654)
LOG_LOSSES_FROM_LOGITS = (0.0648656888408809, 0.04485076591709434, 0.19620205718920236)

# What `exactloss train --json --epochs 5` prints for MNIST.
REAL_LOSSES = [(0.27521770821572505, 0.0764759380505311), (0.06720412848254949, 0.05208120984481502),
               (0.050883110126106204, 0.043312554325923076), (0.04316794157986998, 0.03835823643156193),
               (0.03819713220388804, 0.035408862133207104)]


class Linear(torch.autograd.Function):
    """The logits of images: float64 sums over the pixels in their order, and a float32 gradient over the images."""

    @staticmethod
    def forward(ctx, weights, images):
        ctx.save_for_backward(images)
        sums = weights[-1].double().expand(len(images)).clone()
        for pixel, weight in zip(images.double().t().contiguous(), weights[:-1].double()):
            sums += weight * pixel
        return sums.float()

    @staticmethod
    def backward(ctx, slopes):
        images, = ctx.saved_tensors
        gradient = torch.zeros(images.shape[1] + 1)
        for image, slope in zip(torch.cat([images, torch.ones(len(images), 1)], 1), slopes):
            gradient += slope * image
        return gradient, None


class Sigmoid(torch.autograd.Function):
    """exactloss's sigmoid, with the derivative p * (1 - p)."""

    @staticmethod
    def forward(ctx, logits):
        p = exactloss.sigmoid(logits.detach(), out=torch.empty_like(logits))
        ctx.save_for_backward(p)
        return p

    @staticmethod
    def backward(ctx, gradient):
        p, = ctx.saved_tensors
        return gradient * p * (1 - p)


def train(data, loss, from_logits, epochs):
    """The evaluations of each epoch: those of its batches together, and that of the validation digits."""
    (images, labels), (validation_images, validation_labels) = (
        tuple(torch.from_numpy(array) for array in half) for half in data)
    random = digits.JavaRandom(42)
    weights = torch.nn.Parameter(torch.tensor([random.gaussian() for _ in range(digits.PIXELS + 1)]))
    optimizer = torch.optim.SGD([weights], lr=1.0)
    order = list(range(len(images)))

    def predict(images):
        logits = Linear.apply(weights, images)
        return logits if from_logits else Sigmoid.apply(logits)

    for _ in range(epochs):
        for i in range(len(order) - 1, 0, -1):
            j = random.below(i + 1)
            order[i], order[j] = order[j], order[i]
        total = exactloss.Accumulator()
        for batch in torch.tensor(order).split(256):
            predictions, targets = predict(images[batch]), labels[batch]
            value = loss(predictions, targets)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            total.add(predictions.detach(), targets, from_logits=from_logits, clamp=True)
        with torch.no_grad():
            validation = exactloss.evaluate(predict(validation_images), validation_labels, from_logits=from_logits,
                                            clamp=True)
        yield total.evaluate(), validation


class Training(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.drawn = digits.drawn(DRAWN)

    def test_digits(self):
        (images, labels), (validation, _) = self.drawn
        self.assertEqual((len(images), len(validation), labels.sum() > 0), (3600, 1200, True))

    def test_mnist_loss(self):
        for from_logits, expected in ((False, MNIST_LOSSES), (True, MNIST_LOSSES_FROM_LOGITS)):
            loss = exactloss.torch.MnistLoss(from_logits=from_logits, clamp=True)
            found = [(epoch.mnist.mean, validation.mnist.mean)
                     for epoch, validation in train(self.drawn, loss, from_logits, 3)]
            self.assertEqual(found, expected)

    def test_log_loss(self):
        for from_logits, expected in ((False, LOG_LOSSES), (True, LOG_LOSSES_FROM_LOGITS)):
            loss = exactloss.torch.LogLoss(from_logits=from_logits, clamp=True)
            *_, (_, last) = train(self.drawn, loss, from_logits, 3)
            self.assertEqual((last.mnist.mean, last.brier.mean, last.log.mean), expected)

    @unittest.skipUnless(MNIST, "neither EXACTLOSS_MNIST_DIR nor build/cache/mnist has MNIST")
    def test_mnist(self):
        data = digits.mnist(MNIST)
        self.assertEqual((len(data[0][0]), data[0][1].sum(), len(data[1][0])), (6131 + 6265, 6131, 1010 + 1028))
        found = [(epoch.mnist.mean, validation.mnist.mean)
                 for epoch, validation in train(data, exactloss.torch.MnistLoss(clamp=True), False, 5)]
        self.assertEqual(found, REAL_LOSSES)


if __name__ == "__main__":
    run_tests()
