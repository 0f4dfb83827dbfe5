// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

/**
 * The loss and the metrics of a batch, or of all that a {@link LossAccumulator} was given.
 *
 * <p>The losses are exact: rounded once, to nearest even, from the real-number value to the type of the field. An element
 * counts as predicted positive when its prediction is greater than the threshold; a NaN prediction is not. An element
 * without a {@linkplain Weights weight} has the weight 1. Weights enter the losses, not the counts and the accuracy.
 *
 * @param loss mean distance: the sum of the distances divided by that of the weights; NaN when {@code weightSum} is 0
 * @param lossSum sum of the distances, each times its weight
 * @param weightSum sum of the weights: {@code count}, where there are none
 * @param lossFloat the exact mean rounded to float
 * @param lossSumFloat the exact sum rounded to float; infinite beyond its range
 * @param accuracy {@code (truePositives + trueNegatives) / count}; NaN when {@code count} is 0
 * @param threshold what the counts below were taken at
 * @param count elements
 * @param positives elements whose target equals 1
 * @param truePositives elements whose target equals 1, predicted positive
 * @param falsePositives elements with another target, predicted positive
 * @param trueNegatives elements with another target, not predicted positive
 * @param falseNegatives elements whose target equals 1, not predicted positive
 * @param nanCount elements whose distance, times its weight, is NaN: those whose prediction is, or is infinite with a weight
 *     of 0
 */
public record Evaluation(
        double loss,
        double lossSum,
        double weightSum,
        float lossFloat,
        float lossSumFloat,
        double accuracy,
        double threshold,
        long count,
        long positives,
        long truePositives,
        long falsePositives,
        long trueNegatives,
        long falseNegatives,
        long nanCount) {}
