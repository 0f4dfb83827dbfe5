# SPDX-License-Identifier: Apache-2.0
"""Trains the classifier of `exactloss train` with PyTorch, on the same digits in the same batches.

The sums of the linear layer run in the order of the command's own, since PyTorch's order depends on the machine. All
else is PyTorch: the loss and its gradient by exactloss.torch, the chain rule by autograd, the steps by torch.optim.SGD.
"""

import exactloss
from requirement import require

numpy = require("numpy", "NumPy")
torch = require("torch", "PyTorch")

import digits
import exactloss.torch


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
