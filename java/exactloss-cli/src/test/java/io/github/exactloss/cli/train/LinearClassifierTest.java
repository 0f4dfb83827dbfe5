// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.exactloss.ElementType;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LinearClassifierTest {
    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void logitIsTheWeightedInk() {
        Random same = new Random(1);
        float[] expectedWeights = new float[Digits.PIXELS + 1];
        for (int i = 0; i < expectedWeights.length; i++) {
            expectedWeights[i] = (float) same.nextGaussian();
        }
        byte[] image = new byte[Digits.PIXELS];
        image[5] = (byte) 255;
        image[700] = 51;
        Digits digits = Digits.allocate(2, arena);
        digits.set(1, 1, true, image, 0);
        MemorySegment logits = arena.allocate(ValueLayout.JAVA_FLOAT, 2);
        new LinearClassifier(new Random(1), arena).logits(digits, new int[] {1, 0}, 0, 2, logits);

        double bias = expectedWeights[Digits.PIXELS];
        assertThat(logits.getAtIndex(ValueLayout.JAVA_FLOAT, 0))
                .isEqualTo((float) (bias + expectedWeights[5] + (double) expectedWeights[700] * 0.2f));
        assertThat(logits.getAtIndex(ValueLayout.JAVA_FLOAT, 1)).isEqualTo((float) bias);
    }

    /** A small step must change the loss by the squared length of the gradient times the learning rate. */
    @Test
    void stepFollowsTheGradientOfTheLoss() {
        int count = 50;
        Digits digits = randomDigits(count);
        int[] all = IntStream.range(0, count).toArray();
        Predictions before = Predictions.allocate(count, ElementType.FLOAT32, arena);
        Predictions after = Predictions.allocate(count, ElementType.FLOAT32, arena);
        MemorySegment gradient = arena.allocate(ValueLayout.JAVA_FLOAT, count);
        Loss loss = Loss.mnist().fromLogits();
        LinearClassifier classifier = new LinearClassifier(new Random(7), arena);
        classifier.logits(digits, all, 0, count, before.segment());
        double lossBefore = loss.meanAndGradient(before, digits.labels(), gradient);
        double rate = 1e-3;
        classifier.descend(digits, all, 0, count, gradient, rate);
        classifier.logits(digits, all, 0, count, after.segment());

        double change = loss.mean(after, digits.labels()) - lossBefore;
        double expected = -rate * squaredGradient(digits, before.segment());
        assertThat(expected).isNegative();
        assertThat(change / expected).isCloseTo(1, within(0.01));
    }

    private Digits randomDigits(int count) {
        Random random = new Random(3);
        Digits digits = Digits.allocate(count, arena);
        byte[] image = new byte[Digits.PIXELS];
        for (int i = 0; i < count; i++) {
            random.nextBytes(image);
            digits.set(i, i, i % 3 == 0, image, 0);
        }
        return digits;
    }

    /** The gradient's squared length, by the chain rule written out for each weight. */
    private static double squaredGradient(Digits digits, MemorySegment logits) {
        double squares = 0;
        for (int j = 0; j <= Digits.PIXELS; j++) {
            double derivative = 0;
            for (int i = 0; i < digits.count(); i++) {
                double p = 1 / (1 + Math.exp(-logits.getAtIndex(ValueLayout.JAVA_FLOAT, i)));
                boolean three = digits.labels().segment().get(ValueLayout.JAVA_BYTE, i) == 1;
                double ink = j == Digits.PIXELS
                        ? 1
                        : digits.pixels().getAtIndex(ValueLayout.JAVA_FLOAT, (long) i * Digits.PIXELS + j);
                derivative += (three ? -1 : 1) * p * (1 - p) * ink / digits.count();
            }
            squares += derivative * derivative;
        }
        return squares;
    }
}
