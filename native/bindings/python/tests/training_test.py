# SPDX-License-Identifier: Apache-2.0
"""Trains with PyTorch on the drawn digits: each loss has the same bits as that of `exactloss train`.

Usage: training_test.py DRAWN_DIGITS
"""

import sys
import unittest

from requirement import run_tests
from training import digits, exactloss, train

DRAWN = sys.argv.pop(1)

# What `exactloss train --json --epochs 3` prints for the drawn digits on every machine, as TrainCommandTest.java has
# it: the loss of each epoch and of its validation; and the last losses (mnist, brier, log) with --loss log.
MNIST_LOSSES = [(0.46849827614137346, 0.44971802355464346), (0.4538009476978378, 0.4138909552474922),
                (0.41496892704194055, 0.3346574468328057)]
MNIST_LOSSES_FROM_LOGITS = [(0.46849827653254167, 0.44971802272905864), (0.45380094697415996, 0.4138909540445739),
                            (0.414968923750814, 0.3346574407985512)]
LOG_LOSSES = (0.06476763171750015, 0.04485018329739812, 0.19659396359832654)
LOG_LOSSES_FROM_LOGITS = (0.0648656888408809, 0.04485076591709434, 0.19620205718920236)


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


if __name__ == "__main__":
    run_tests()
