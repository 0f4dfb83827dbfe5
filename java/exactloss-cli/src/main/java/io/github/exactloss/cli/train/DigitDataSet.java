// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

/**
 * What a classifier is trained on and what it is judged by.
 *
 * @param name {@code mnist} or {@code drawn}
 */
public record DigitDataSet(String name, Digits training, Digits validation) {}
