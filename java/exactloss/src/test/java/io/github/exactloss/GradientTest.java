// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradient, on both sides of the sizes at which it is cut into pieces and ranges. */
class GradientTest {
    private static final long SEED = 7;

    private final Loss loss = Loss.mnist();

    private static Batch zeros(int count) {
        return Batch.of(Predictions.of(new float[count]), Targets.of(new byte[count]));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void isOneValueWithTwoSigns(boolean ofMean) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int count :
                new int[] {1, 3, 63, 64, 65, 1000, 4097, 65_536, 65_537, 262_145, RandomBatch.OF_THREE_THREADS}) {
            double upstream = random.nextDouble(-10, 10);
            long divisor = ofMean ? count : 1;
            float g = (float) ExactReference.quotient(upstream, divisor, FloatType.FLOAT32);
            RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, count, SEED);
            float[] expected = new float[count];
            for (int i = 0; i < count; i++) {
                expected[i] = batch.targets[i] == 1 ? -g : g;
            }
            String what = "seed %d, %d elements, upstream %s".formatted(SEED, count, upstream);
            for (int threads : new int[] {1, 3}) {
                Loss parallel = loss.threads(threads);
                float[] onHeap = new float[count];
                parallel.gradient(batch.batch(), upstream, divisor, MemorySegment.ofArray(onHeap));
                assertArrayEquals(expected, onHeap, what);
                try (Arena arena = Arena.ofShared()) {
                    Predictions predictions = Predictions.of(
                            MemoryKind.OFF_HEAP.copy(batch.predictions().segment(), arena), ElementType.FLOAT32);
                    Targets floats = Targets.of(
                            MemoryKind.OFF_HEAP.copy(
                                    Targets.of(batch.floatTargets()).segment(), arena),
                            ElementType.FLOAT32);
                    MemorySegment offHeap = arena.allocate(4L * count, 64);
                    parallel.gradient(Batch.of(predictions, floats), upstream, divisor, offHeap);
                    assertThat(MemorySegment.ofArray(expected).mismatch(offHeap))
                            .as(what)
                            .isEqualTo(-1);
                }
            }
        }
    }

    @Test
    void meanWithUpstreamOneIsTheDefault() {
        float[] gradient = new float[3];
        loss.gradient(Predictions.of(new float[3]), Targets.of(new byte[] {1, 0, 1}), MemorySegment.ofArray(gradient));
        assertThat(gradient).containsExactly(-1 / 3f, 1 / 3f, -1 / 3f);
    }

    @Test
    void nanAndInfinitiesPassOn() {
        for (int count : new int[] {2, 70_000}) {
            for (double upstream : new double[] {Double.NaN, Double.POSITIVE_INFINITY, 1e300, 1e-320}) {
                float[] gradient = new float[count];
                loss.gradient(zeros(count), upstream, count, MemorySegment.ofArray(gradient));
                assertEquals((float) (upstream / count), gradient[count - 1], "%d elements".formatted(count));
            }
        }
    }

    @Test
    void nothingIsWrittenForNothingOrAfterTheEnd() {
        float[] gradient = {5, 5, 5};
        loss.gradient(zeros(0), MemorySegment.ofArray(gradient));
        assertThat(gradient).containsExactly(5, 5, 5);
        loss.gradient(zeros(2), MemorySegment.ofArray(gradient));
        assertThat(gradient).containsExactly(0.5f, 0.5f, 5);
    }

    /** At and just beside the middle of two values, where rounding twice goes wrong. */
    @ParameterizedTest
    @EnumSource
    void theQuotientOfAPieceIsRoundedOnce(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        double subnormal = Math.scalb(1.0, type.leastExponent + type.precision / 2);
        MemorySegment gradient = type.memory(0);
        Batch one = Batch.of(type.view(type.memory(0)), Targets.of(new byte[1]));
        for (int round = 0; round < 20_000; round++) {
            long count = random.nextLong(1, 1L << random.nextInt(1, 48));
            double value = type.get(type.memory(random.nextDouble(0.5, 1)), 0);
            double middle = value + Math.scalb(1.0, -type.precision - 1);
            double upstream = middle * count * (random.nextBoolean() ? 1 : subnormal);
            loss.gradient(one, upstream, count, gradient);
            assertEquals(
                    ExactReference.quotient(upstream, count, type),
                    type.get(gradient, 0),
                    "seed %d, %s / %d".formatted(SEED, upstream, count));
        }
    }

    /** In one call, in pieces and in threads; overwriting, and adding with one rounding. */
    @ParameterizedTest
    @EnumSource
    void hasTheTypeOfThePredictions(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int count : new int[] {1, 65, 5000, RandomBatch.OF_THREE_THREADS}) {
            TypedBatch batch = TypedBatch.random(type, RandomBatch.Values.UNIT, count, SEED);
            double[] before = TypedBatch.random(type, RandomBatch.Values.UNIT, count, SEED + 1).values;
            for (long divisor : new long[] {count, 1}) {
                double upstream = random.nextDouble(-10, 10);
                double g = ExactReference.quotient(upstream, divisor, type);
                double[] expected = new double[count];
                Arrays.setAll(expected, i -> batch.isPositive(i) ? -g : g);
                String what = "seed %d, %d elements, %s / %d".formatted(SEED, count, upstream, divisor);
                for (Loss some : List.of(loss, loss.threads(2))) {
                    MemorySegment gradient = type.memory(before);
                    some.gradient(batch.batch(), upstream, divisor, gradient);
                    assertArrayEquals(expected, type.values(gradient), what);
                    gradient = type.memory(before);
                    some.accumulateGradients().gradient(batch.batch(), upstream, divisor, gradient);
                    for (int i = 0; i < count; i += count < 1000 ? 1 : 13) {
                        double sum = ExactReference.sum(before[i], expected[i], type);
                        assertEquals(sum, type.get(gradient, i), what);
                    }
                }
            }
        }
    }

    /** Each weight is multiplied in the type of the arithmetic, and the product rounded to that of the gradient. */
    @ParameterizedTest
    @EnumSource
    void isMultipliedByTheWeights(FloatType type) {
        for (int count : new int[] {1, 65, 5000, RandomBatch.OF_THREE_THREADS}) {
            TypedBatch batch = TypedBatch.random(type, RandomBatch.Values.UNIT, count, SEED);
            float[] weights = RandomBatch.random(RandomBatch.Values.UNIT, count, SEED + 1).predictions;
            Batch weighted = batch.batch().weights(Weights.of(weights));
            double g = ExactReference.quotient(1.7, 3, type);
            String what = "seed %d, %d elements".formatted(SEED, count);
            for (Loss some : List.of(loss, loss.threads(3))) {
                MemorySegment gradient = type.memory(new double[count]);
                some.gradient(weighted, 1.7, 3, gradient);
                for (int i = 0; i < count; i += count < 1000 ? 1 : 13) {
                    double product = type == FloatType.FLOAT64 ? g * weights[i] : (float) g * weights[i];
                    double expected = ExactReference.sum(product, 0, type);
                    assertEquals(batch.isPositive(i) ? -expected : expected, type.get(gradient, i), what);
                }
            }
        }
    }

    /** The divisor of a weighted mean is the sum of the weights. */
    @Test
    void ofAWeightedMean() {
        for (int count : new int[] {4, RandomBatch.OF_THREE_THREADS}) {
            RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, count, SEED);
            float[] weights = new float[count];
            for (int i = 0; i < count; i++) {
                weights[i] = i % 4;
            }
            Batch weighted = batch.batch().weights(Weights.of(weights));
            double weightSum = 0;
            for (float weight : weights) {
                weightSum += weight;
            }
            float g = (float) (1 / weightSum);
            for (Loss some : List.of(loss, loss.threads(3))) {
                float[] gradient = new float[count];
                some.gradient(weighted, MemorySegment.ofArray(gradient));
                for (int i = 0; i < count; i++) {
                    assertEquals(weights[i] * (batch.targets[i] == 1 ? -g : g), gradient[i], "seed " + SEED);
                }
                float[] again = new float[count];
                assertEquals(some.mean(weighted), some.meanAndGradient(weighted, MemorySegment.ofArray(again)));
                assertArrayEquals(gradient, again);
                some.gradient(weighted, 1, 1, MemorySegment.ofArray(gradient));
                assertEquals(some.sum(weighted), some.sumAndGradient(weighted, MemorySegment.ofArray(again)));
                assertArrayEquals(gradient, again);
            }
        }
    }

    @Test
    void aDivisorIsAtLeastOne() {
        float[] gradient = {5};
        for (long divisor : new long[] {0, -1, Long.MIN_VALUE}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> loss.gradient(zeros(1), 1, divisor, MemorySegment.ofArray(gradient)))
                    .withMessage("the divisor must be at least 1, not " + divisor);
        }
        assertThat(gradient).containsExactly(5);
    }
}
