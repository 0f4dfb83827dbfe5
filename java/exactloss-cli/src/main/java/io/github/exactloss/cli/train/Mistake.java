// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

/**
 * A validation digit that was taken for the other one.
 *
 * @param index where it is, counted from 0, among all the images of its source, MNIST's test images for instance
 * @param three whether it is a 3, and was taken for a 7
 * @param prediction the probability of a 3 that the classifier gave it
 * @param pixels its {@link Digits#PIXELS} pixels in [0, 1], row after row; 0 is the paper
 */
@SuppressWarnings("ArrayRecordComponent") // to be drawn, never compared
public record Mistake(int index, boolean three, float prediction, float[] pixels) {}
