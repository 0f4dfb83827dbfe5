// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * One linear layer and a sigmoid: the probability that an image is a 3. Every sum runs in one fixed order, so results
 * are the same on every machine. Not thread-safe. Its memory belongs to the arena that it was made with.
 */
final class LinearClassifier {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /** One weight a pixel, then the bias. */
    private final MemorySegment weights;

    /** The derivative of the loss with respect to each of {@code weights}. */
    private final MemorySegment gradient;

    /** A classifier with weights and bias drawn from a standard normal distribution. */
    LinearClassifier(Random random, Arena arena) {
        weights = arena.allocate(FLOAT, Digits.PIXELS + 1);
        gradient = arena.allocate(FLOAT, Digits.PIXELS + 1);
        for (int i = 0; i <= Digits.PIXELS; i++) {
            weights.setAtIndex(FLOAT, i, (float) random.nextGaussian());
        }
    }

    /**
     * Predicts some of the images.
     *
     * @param images the indices of the images; those in [from, to) are used
     * @param predictions receives to - from float32 probabilities
     */
    void predict(Digits digits, int[] images, int from, int to, MemorySegment predictions) {
        for (int i = from; i < to; i++) {
            double logit = logit(digits.pixels(), (long) images[i] * Digits.PIXELS);
            predictions.setAtIndex(FLOAT, i - from, (float) (1 / (1 + StrictMath.exp(-logit))));
        }
    }

    private double logit(MemorySegment pixels, long first) {
        double sum = weights.getAtIndex(FLOAT, Digits.PIXELS);
        for (int j = 0; j < Digits.PIXELS; j++) {
            sum += (double) weights.getAtIndex(FLOAT, j) * pixels.getAtIndex(FLOAT, first + j);
        }
        return sum;
    }

    /**
     * Takes one step of gradient descent: the chain rule from the loss through the sigmoid to the weights.
     *
     * @param images the indices of the images; those in [from, to) were predicted
     * @param predictions what {@link #predict} gave for them
     * @param lossGradient the derivative of the loss with respect to each prediction, to - from float32
     */
    void descend(
            Digits digits,
            int[] images,
            int from,
            int to,
            MemorySegment predictions,
            MemorySegment lossGradient,
            double learningRate) {
        gradient.fill((byte) 0);
        for (int i = from; i < to; i++) {
            float p = predictions.getAtIndex(FLOAT, i - from);
            float slope = lossGradient.getAtIndex(FLOAT, i - from) * p * (1 - p);
            addToGradient(digits.pixels(), (long) images[i] * Digits.PIXELS, slope);
        }
        for (int j = 0; j <= Digits.PIXELS; j++) {
            double step = learningRate * gradient.getAtIndex(FLOAT, j);
            weights.setAtIndex(FLOAT, j, (float) (weights.getAtIndex(FLOAT, j) - step));
        }
    }

    private void addToGradient(MemorySegment pixels, long first, float slope) {
        for (int j = 0; j < Digits.PIXELS; j++) {
            gradient.setAtIndex(FLOAT, j, gradient.getAtIndex(FLOAT, j) + slope * pixels.getAtIndex(FLOAT, first + j));
        }
        gradient.setAtIndex(FLOAT, Digits.PIXELS, gradient.getAtIndex(FLOAT, Digits.PIXELS) + slope);
    }
}
