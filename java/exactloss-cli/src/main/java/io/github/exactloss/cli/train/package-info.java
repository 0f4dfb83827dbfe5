// SPDX-License-Identifier: Apache-2.0

/**
 * An example program beside the command: a linear classifier of handwritten 3s and 7s, trained with the exact loss and
 * its gradient. Digits come from MNIST ({@link io.github.exactloss.cli.train.Mnist}) or from the drawings that the
 * command carries ({@link io.github.exactloss.cli.train.DrawnDigits}); {@link io.github.exactloss.cli.train.Trainer}
 * trains a {@link io.github.exactloss.cli.train.LinearClassifier} on them. Its numbers are the same at every run, on
 * every machine: seeded, in a fixed order, with the library's sigmoid and an exact loss.
 */
package io.github.exactloss.cli.train;
