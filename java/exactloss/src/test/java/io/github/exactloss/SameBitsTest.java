// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** However the data is cut, merged, shared among threads and stored, the whole evaluation is the same. */
class SameBitsTest {
    private static final long SEED = 31;

    private final MnistLoss loss = MnistLoss.create();

    @ParameterizedTest
    @EnumSource
    void batchesInAnyOrder(Batch.Values values) {
        Batch whole = Batch.random(values, 20_000, SEED);
        Evaluation expected = loss.evaluate(whole.predictions(), whole.targets());
        byte[] bytes;
        try (LossAccumulator accumulator = LossAccumulator.create()) {
            accumulator.add(whole.predictions(), whole.targets());
            bytes = accumulator.toBytes();
        }
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 0; round < 20; round++) {
            List<LossAccumulator> accumulators = new ArrayList<>();
            int from = 0;
            while (from < whole.count) {
                int to = Math.min(whole.count, from + random.nextInt(1 << random.nextInt(1, 15)));
                Batch batch = whole.slice(from, to);
                if (accumulators.isEmpty() || random.nextBoolean()) {
                    accumulators.add(LossAccumulator.create());
                }
                accumulators.get(random.nextInt(accumulators.size())).add(batch.predictions(), batch.targets());
                from = to;
            }
            while (accumulators.size() > 1) {
                LossAccumulator merged = accumulators.remove(random.nextInt(accumulators.size()));
                accumulators.get(random.nextInt(accumulators.size())).merge(merged);
                merged.close();
            }
            try (LossAccumulator last = accumulators.getFirst()) {
                assertThat(last.result()).as("seed %d, round %d", SEED, round).isEqualTo(expected);
                assertThat(last.toBytes()).as("seed %d, round %d", SEED, round).isEqualTo(bytes);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void threads(int threads) {
        MnistLoss parallel = loss.threads(threads);
        for (int count :
                new int[] {2 * Pieces.WORTH_A_THREAD - 1, 2 * Pieces.WORTH_A_THREAD, 8 * Pieces.WORTH_A_THREAD + 1}) {
            Batch batch = Batch.random(Batch.Values.MIXED, count, SEED);
            Evaluation expected = loss.evaluate(batch.predictions(), batch.targets());
            String what = "seed %d, %d elements".formatted(SEED, count);
            try (Arena arena = Arena.ofShared()) {
                for (MemoryKind kind : List.of(MemoryKind.HEAP, MemoryKind.OFF_HEAP)) {
                    Predictions predictions =
                            Predictions.ofFloats(kind.copy(batch.predictions().segment(), arena));
                    Targets targets = Targets.ofBytes(kind.copy(batch.targets().segment(), arena));
                    assertThat(parallel.evaluate(predictions, targets)).as(what).isEqualTo(expected);
                    assertThat(parallel.mean(predictions, targets)).as(what).isEqualTo(expected.loss());
                    assertThat(parallel.sum(predictions, targets)).as(what).isEqualTo(expected.lossSum());
                }
            }
        }
    }

    @Test
    void memoryOfThisThreadAloneIsNotShared() {
        Batch batch = Batch.random(Batch.Values.UNIT, Batch.OF_THREE_THREADS, SEED);
        try (Arena arena = Arena.ofConfined()) {
            Predictions predictions = Predictions.ofFloats(
                    MemoryKind.OFF_HEAP.copy(batch.predictions().segment(), arena));
            assertThat(loss.threads(4).mean(predictions, batch.targets()))
                    .isEqualTo(loss.mean(predictions, batch.targets()));
        }
    }

    /** Every pair of kinds, on both sides of the size at which heap memory is cut into pieces. */
    @ParameterizedTest
    @EnumSource
    void memory(MemoryKind kind) {
        for (int count : new int[] {3, 64, 5000, 70_000}) {
            Batch batch = Batch.random(Batch.Values.MIXED, count, SEED);
            Evaluation expected = loss.evaluate(batch.predictions(), batch.targets());
            try (Arena arena = Arena.ofConfined()) {
                Predictions predictions =
                        Predictions.ofFloats(kind.copy(batch.predictions().segment(), arena));
                for (MemoryKind other : MemoryKind.values()) {
                    Targets bytes = Targets.ofBytes(other.copy(batch.targets().segment(), arena));
                    Targets floats = Targets.ofFloats(
                            other.copy(Targets.of(batch.floatTargets()).segment(), arena));
                    String what = "seed %d, %d elements, targets %s".formatted(SEED, count, other);
                    assertThat(loss.evaluate(predictions, bytes)).as(what).isEqualTo(expected);
                    assertThat(loss.evaluate(predictions, floats)).as(what).isEqualTo(expected);
                    assertThat(loss.mean(predictions, bytes)).as(what).isEqualTo(expected.loss());
                    assertThat(loss.sum(predictions, floats)).as(what).isEqualTo(expected.lossSum());
                }
            }
        }
    }

    @Test
    void slices() {
        Batch batch = Batch.random(Batch.Values.UNIT, 5000, SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 0; round < 100; round++) {
            int from = random.nextInt(batch.count);
            int to = random.nextInt(from, batch.count + 1);
            Batch copy = batch.slice(from, to);
            assertThat(loss.mean(
                            batch.predictions().slice(from, to - from),
                            batch.targets().slice(from, to - from)))
                    .as("seed %d, from %d to %d", SEED, from, to)
                    .isEqualTo(loss.mean(copy.predictions(), copy.targets()))
                    .isEqualTo(loss.mean(
                            Predictions.of(batch.predictions, from, to), Targets.of(batch.targets, from, to)));
        }
    }
}
