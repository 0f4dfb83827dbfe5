// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
        for (int count : new int[] {1, 3, 63, 64, 65, 1000, 4097, 65_536, 65_537, 131_073, 200_001}) {
            double upstream = random.nextDouble(-10, 10);
            float g = ExactReference.quotient(upstream, reduction == Reduction.MEAN ? count : 1);
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

    /** At and just beside the middle of two floats, where rounding twice goes wrong. */
    @Test
    void theQuotientOfAPieceIsRoundedOnce() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 0; round < 100_000; round++) {
            long count = random.nextLong(1, 1L << random.nextInt(1, 48));
            double middle = (float) random.nextDouble(0.5, 1) + 0x1p-25;
            double upstream = middle * count * (random.nextBoolean() ? 1 : 0x1p-140);
            assertEquals(
                    ExactReference.quotient(upstream, count),
                    (float) MnistLoss.quotientRoundedToOdd(upstream, count),
                    "seed %d, %s / %d".formatted(SEED, upstream, count));
        }
    }
}
