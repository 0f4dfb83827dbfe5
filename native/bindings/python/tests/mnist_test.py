# SPDX-License-Identifier: Apache-2.0
"""Trains with PyTorch on MNIST: each loss has the same bits as that of `exactloss train`. Usage: mnist_test.py FOLDER"""

import os
import sys
import unittest

from requirement import skip
from training import digits, exactloss, train

MNIST = os.environ.get("EXACTLOSS_MNIST_DIR") or sys.argv[1]
del sys.argv[1]
if not os.path.isdir(MNIST):
    skip(f"MNIST is not there: {MNIST} is no folder; EXACTLOSS_MNIST_DIR may name another")

# What `exactloss train --json --epochs 5` prints for MNIST.
LOSSES = [(0.27521770821572505, 0.0764759380505311), (0.06720412848254949, 0.05208120984481502),
          (0.050883110126106204, 0.043312554325923076), (0.04316794157986998, 0.03835823643156193),
          (0.03819713220388804, 0.035408862133207104)]


class Mnist(unittest.TestCase):
    def test_mnist(self):
        data = digits.mnist(MNIST)
        self.assertEqual((len(data[0][0]), data[0][1].sum(), len(data[1][0])), (6131 + 6265, 6131, 1010 + 1028))
        found = [(epoch.mnist.mean, validation.mnist.mean)
                 for epoch, validation in train(data, exactloss.torch.MnistLoss(clamp=True), False, 5)]
        self.assertEqual(found, LOSSES)


if __name__ == "__main__":
    unittest.main()
