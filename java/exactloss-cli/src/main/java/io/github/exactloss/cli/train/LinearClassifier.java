// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * One linear layer: the logit of an image, whose sigmoid is the probability that it is a 3. Every sum runs in one fixed
 * order, so results are the same on every machine. Not thread-safe. Its memory belongs to the arena that it was made
 * with.
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

    /** A classifier with given weights: one a pixel, then the bias. */
    LinearClassifier(float[] weights, Arena arena) {
        this.weights = arena.allocateFrom(FLOAT, weights);
        gradient = arena.allocate(FLOAT, Digits.PIXELS + 1);
    }

    /** A copy of the weights: one a pixel, then the bias. */
    float[] weights() {
        return weights.toArray(FLOAT);
    }

    /**
     * The logits of some of the images.
     *
     * @param images the indices of the images; those in [from, to) are used
     * @param logits receives to - from float32
     */
    void logits(Digits digits, int[] images, int from, int to, MemorySegment logits) {
        for (int i = from; i < to; i++) {
            logits.setAtIndex(FLOAT, i - from, logit(digits.pixels(), (long) images[i] * Digits.PIXELS));
        }
    }

    private float logit(MemorySegment pixels, long first) {
        double sum = weights.getAtIndex(FLOAT, Digits.PIXELS);
        for (int j = 0; j < Digits.PIXELS; j++) {
            sum += (double) weights.getAtIndex(FLOAT, j) * pixels.getAtIndex(FLOAT, first + j);
        }
        return (float) sum;
    }

    /**
     * Takes one step of gradient descent: the chain rule from the logits to the weights.
     *
     * @param images the indices of the images; those in [from, to) are used
     * @param logitGradient the derivative of the loss with respect to the logit of each, to - from float32
     */
    void descend(Digits digits, int[] images, int from, int to, MemorySegment logitGradient, double learningRate) {
        gradient.fill((byte) 0);
        for (int i = from; i < to; i++) {
            float slope = logitGradient.getAtIndex(FLOAT, i - from);
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
