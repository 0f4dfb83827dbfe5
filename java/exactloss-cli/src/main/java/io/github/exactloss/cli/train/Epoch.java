// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import io.github.exactloss.Evaluation;

/**
 * One pass over the training digits.
 *
 * @param number counted from 1
 * @param training of the predictions that the mini-batches were trained by, each made before its step
 * @param validation of the validation digits, after the last step
 */
public record Epoch(int number, Evaluation training, Evaluation validation) {}
