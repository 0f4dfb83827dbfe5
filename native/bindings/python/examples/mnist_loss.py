# SPDX-License-Identifier: Apache-2.0
"""The loss of three predictions, their evaluation, and a running total."""

import numpy

import exactloss

predictions = numpy.float32([0.9, 0.4, 0.2])
targets = numpy.uint8([1, 0, 1])
print(exactloss.mnist_loss(predictions, targets))  # 0.43333334227403003
print(exactloss.evaluate(predictions, targets).f1)  # 0.6666666666666666
gradient = exactloss.gradient("log", predictions, targets)

total = exactloss.Accumulator()
total.add(predictions[:2], targets[:2])
total.add(predictions[2:], targets[2:])
print(total.evaluate().mnist.mean)  # the same bits
