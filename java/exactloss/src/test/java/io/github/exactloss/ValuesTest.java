// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The distances themselves, against Java's own float arithmetic. */
class ValuesTest {
    private static final long SEED = 11;

    private final Loss loss = Loss.mnist();

    private static float[] expected(RandomBatch batch) {
        float[] distances = new float[batch.count];
        for (int i = 0; i < batch.count; i++) {
            distances[i] = batch.targets[i] == 1 ? 1 - batch.predictions[i] : batch.predictions[i];
        }
        return distances;
    }

    @ParameterizedTest
    @EnumSource
    void areRoundedAsFloats(RandomBatch.Values values) {
        for (int count : new int[] {0, 1, 63, 64, 65, 1000, 4097, 65_536, 65_537, RandomBatch.OF_THREE_THREADS}) {
            RandomBatch batch = RandomBatch.random(values, count, SEED);
            float[] expected = expected(batch);
            String what = "seed %d, %d elements".formatted(SEED, count);
            for (int threads : new int[] {1, 3}) {
                Loss parallel = loss.threads(threads);
                float[] onHeap = new float[count];
                parallel.values(batch.predictions(), batch.targets(), MemorySegment.ofArray(onHeap));
                assertArrayEquals(expected, onHeap, what);
                try (Arena arena = Arena.ofShared()) {
                    Predictions predictions = Predictions.of(
                            MemoryKind.OFF_HEAP.copy(batch.predictions().segment(), arena), ElementType.FLOAT32);
                    Predictions offHeap = Predictions.allocate(count, ElementType.FLOAT32, arena);
                    parallel.values(predictions, Targets.of(batch.floatTargets()), offHeap.segment());
                    assertThat(MemorySegment.ofArray(expected).mismatch(offHeap.segment()))
                            .as(what)
                            .isEqualTo(-1);
                }
            }
        }
    }

    @Test
    void mayReplaceThePredictions() {
        for (int count : new int[] {1000, RandomBatch.OF_THREE_THREADS}) {
            RandomBatch batch = RandomBatch.random(RandomBatch.Values.ANY_FINITE, count, SEED);
            float[] expected = expected(batch);
            loss.threads(2)
                    .values(
                            batch.predictions(),
                            batch.targets(),
                            batch.predictions().segment());
            assertArrayEquals(expected, batch.predictions, "seed " + SEED);
        }
    }

    @Test
    void nothingIsWrittenAfterTheEnd() {
        float[] distances = {5, 5, 5};
        loss.values(Predictions.of(new float[] {0.25f}), Targets.of(new byte[] {1}), MemorySegment.ofArray(distances));
        assertThat(distances).containsExactly(0.75f, 5, 5);
    }
}
