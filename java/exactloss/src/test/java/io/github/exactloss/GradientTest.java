// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
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

/** The gradient, on both sides of the sizes at which it is cut into pieces and ranges. */
class GradientTest {
    private static final long SEED = 7;

    private final MnistLoss loss = MnistLoss.create();

    @ParameterizedTest
    @EnumSource
    void isOneValueWithTwoSigns(Reduction reduction) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int count : new int[] {1, 3, 63, 64, 65, 1000, 4097, 65_536, 65_537, 262_145, Batch.OF_THREE_THREADS}) {
            double upstream = random.nextDouble(-10, 10);
            long divisor = reduction == Reduction.MEAN ? count : 1;
            float g = (float) ExactReference.quotient(upstream, divisor, FloatType.FLOAT32);
            Batch batch = Batch.random(Batch.Values.UNIT, count, SEED);
            float[] expected = new float[count];
            for (int i = 0; i < count; i++) {
                expected[i] = batch.targets[i] == 1 ? -g : g;
            }
            String what = "seed %d, %d elements, upstream %s".formatted(SEED, count, upstream);
            for (int threads : new int[] {1, 3}) {
                MnistLoss parallel = loss.threads(threads);
                float[] onHeap = new float[count];
                parallel.gradient(batch.targets(), reduction, upstream, MemorySegment.ofArray(onHeap));
                assertArrayEquals(expected, onHeap, what);
                try (Arena arena = Arena.ofShared()) {
                    Targets floats = Targets.ofFloats(MemoryKind.OFF_HEAP.copy(
                            Targets.of(batch.floatTargets()).segment(), arena));
                    Predictions offHeap = Predictions.allocate(count, arena);
                    parallel.gradient(floats, reduction, upstream, offHeap.segment());
                    assertThat(MemorySegment.ofArray(expected).mismatch(offHeap.segment()))
                            .as(what)
                            .isEqualTo(-1);
                }
            }
        }
    }

    @Test
    void meanWithUpstreamOneIsTheDefault() {
        float[] gradient = new float[3];
        loss.gradient(Targets.of(new byte[] {1, 0, 1}), MemorySegment.ofArray(gradient));
        assertThat(gradient).containsExactly(-1 / 3f, 1 / 3f, -1 / 3f);
    }

    @Test
    void nanAndInfinitiesPassOn() {
        for (int count : new int[] {2, 70_000}) {
            for (double upstream : new double[] {Double.NaN, Double.POSITIVE_INFINITY, 1e300, 1e-320}) {
                float[] gradient = new float[count];
                loss.gradient(Targets.of(new byte[count]), Reduction.MEAN, upstream, MemorySegment.ofArray(gradient));
                assertEquals((float) (upstream / count), gradient[count - 1], "%d elements".formatted(count));
            }
        }
    }

    @Test
    void nothingIsWrittenForNothingOrAfterTheEnd() {
        float[] gradient = {5, 5, 5};
        loss.gradient(Targets.of(new byte[0]), MemorySegment.ofArray(gradient));
        assertThat(gradient).containsExactly(5, 5, 5);
        loss.gradient(Targets.of(new byte[2]), MemorySegment.ofArray(gradient));
        assertThat(gradient).containsExactly(0.5f, 0.5f, 5);
    }

    /** At and just beside the middle of two values, where rounding twice goes wrong. */
    @ParameterizedTest
    @EnumSource
    void theQuotientOfAPieceIsRoundedOnce(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        ElementType elements = type.view(type.memory()).type();
        double subnormal = Math.scalb(1.0, type.leastExponent + type.precision / 2);
        for (int round = 0; round < 20_000; round++) {
            long count = random.nextLong(1, 1L << random.nextInt(1, 48));
            double value = type.get(type.memory(random.nextDouble(0.5, 1)), 0);
            double middle = value + Math.scalb(1.0, -type.precision - 1);
            double upstream = middle * count * (random.nextBoolean() ? 1 : subnormal);
            assertEquals(
                    ExactReference.quotient(upstream, count, type),
                    Kernels.quotient(upstream, count, elements),
                    "seed %d, %s / %d".formatted(SEED, upstream, count));
        }
    }

    /** In one call, in pieces and in threads; overwriting, and adding with one rounding. */
    @ParameterizedTest
    @EnumSource
    void hasTheTypeOfThePredictions(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int count : new int[] {1, 65, 5000, Batch.OF_THREE_THREADS}) {
            TypedBatch batch = TypedBatch.random(type, Batch.Values.UNIT, count, SEED);
            double[] before = TypedBatch.random(type, Batch.Values.UNIT, count, SEED + 1).values;
            for (Reduction reduction : Reduction.values()) {
                double upstream = random.nextDouble(-10, 10);
                double g = ExactReference.quotient(upstream, reduction == Reduction.MEAN ? count : 1, type);
                double[] expected = new double[count];
                Arrays.setAll(expected, i -> batch.isPositive(i) ? -g : g);
                String what = "seed %d, %d elements, %s of %s".formatted(SEED, count, reduction, upstream);
                for (MnistLoss some : List.of(loss, loss.threads(2))) {
                    MemorySegment gradient = type.memory(before);
                    some.gradient(batch.predictions(), batch.targets(), reduction, upstream, gradient);
                    assertArrayEquals(expected, type.values(gradient), what);
                    gradient = type.memory(before);
                    some.accumulateGradients()
                            .gradient(batch.predictions(), batch.targets(), reduction, upstream, gradient);
                    for (int i = 0; i < count; i += count < 1000 ? 1 : 13) {
                        double sum = ExactReference.sum(before[i], expected[i], type);
                        assertEquals(sum, type.get(gradient, i), what);
                    }
                }
            }
        }
    }

    @Test
    void thatOfLogitsNeedsThem() {
        float[] gradient = {5};
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> loss.logits().gradient(Targets.of(new byte[1]), MemorySegment.ofArray(gradient)));
        assertThat(gradient).containsExactly(5);
    }
}
