// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.internal.Pieces;
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

    private final Loss loss = Loss.mnist();

    @ParameterizedTest
    @EnumSource
    void batchesInAnyOrder(RandomBatch.Values values) {
        RandomBatch whole = RandomBatch.random(values, 20_000, SEED);
        Evaluation expected = Evaluator.of(loss).evaluate(whole.predictions(), whole.targets());
        Accumulator accumulator = Evaluator.of(loss).newAccumulator();
        accumulator.add(whole.predictions(), whole.targets());
        byte[] bytes = accumulator.toBytes();

        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 0; round < 20; round++) {
            List<Accumulator> accumulators = new ArrayList<>();
            int from = 0;
            while (from < whole.count) {
                int to = Math.min(whole.count, from + random.nextInt(1 << random.nextInt(1, 15)));
                RandomBatch batch = whole.slice(from, to);
                if (accumulators.isEmpty() || random.nextBoolean()) {
                    accumulators.add(Evaluator.of(loss).newAccumulator());
                }
                accumulators.get(random.nextInt(accumulators.size())).add(batch.predictions(), batch.targets());
                from = to;
            }
            while (accumulators.size() > 1) {
                Accumulator merged = accumulators.remove(random.nextInt(accumulators.size()));
                accumulators.get(random.nextInt(accumulators.size())).merge(merged);
            }
            Accumulator last = accumulators.getFirst();
            assertThat(last.evaluate()).as("seed %d, round %d", SEED, round).isEqualTo(expected);
            assertThat(last.toBytes()).as("seed %d, round %d", SEED, round).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void threads(int threads) {
        Loss parallel = loss.threads(threads);
        for (int count :
                new int[] {2 * Pieces.WORTH_A_THREAD - 1, 2 * Pieces.WORTH_A_THREAD, 8 * Pieces.WORTH_A_THREAD + 1}) {
            RandomBatch batch = RandomBatch.random(RandomBatch.Values.MIXED, count, SEED);
            Evaluation expected = Evaluator.of(loss).evaluate(batch.predictions(), batch.targets());
            String what = "seed %d, %d elements".formatted(SEED, count);
            try (Arena arena = Arena.ofShared()) {
                for (MemoryKind kind : List.of(MemoryKind.HEAP, MemoryKind.OFF_HEAP)) {
                    Predictions predictions =
                            Predictions.of(kind.copy(batch.predictions().segment(), arena), ElementType.FLOAT32);
                    Targets targets = Targets.of(kind.copy(batch.targets().segment(), arena), ElementType.UINT8);
                    assertThat(Evaluator.of(parallel).evaluate(predictions, targets))
                            .as(what)
                            .isEqualTo(expected);
                    assertThat(parallel.mean(predictions, targets)).as(what).isEqualTo(expected.mean(Loss.mnist()));
                    assertThat(parallel.sum(predictions, targets)).as(what).isEqualTo(expected.sum(Loss.mnist()));
                }
            }
        }
    }

    @Test
    void memoryOfThisThreadAloneIsNotShared() {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, RandomBatch.OF_THREE_THREADS, SEED);
        try (Arena arena = Arena.ofConfined()) {
            Predictions predictions =
                    Predictions.of(MemoryKind.OFF_HEAP.copy(batch.predictions().segment(), arena), ElementType.FLOAT32);
            assertThat(loss.threads(4).mean(predictions, batch.targets()))
                    .isEqualTo(loss.mean(predictions, batch.targets()));
        }
    }

    /** Every pair of kinds, on both sides of the size at which heap memory is cut into pieces. */
    @ParameterizedTest
    @EnumSource
    void memory(MemoryKind kind) {
        for (int count : new int[] {3, 64, 5000, 70_000}) {
            RandomBatch batch = RandomBatch.random(RandomBatch.Values.MIXED, count, SEED);
            Evaluation expected = Evaluator.of(loss).evaluate(batch.predictions(), batch.targets());
            try (Arena arena = Arena.ofConfined()) {
                Predictions predictions =
                        Predictions.of(kind.copy(batch.predictions().segment(), arena), ElementType.FLOAT32);
                for (MemoryKind other : MemoryKind.values()) {
                    Targets bytes = Targets.of(other.copy(batch.targets().segment(), arena), ElementType.UINT8);
                    Targets floats = Targets.of(
                            other.copy(Targets.of(batch.floatTargets()).segment(), arena), ElementType.FLOAT32);
                    String what = "seed %d, %d elements, targets %s".formatted(SEED, count, other);
                    assertThat(Evaluator.of(loss).evaluate(predictions, bytes))
                            .as(what)
                            .isEqualTo(expected);
                    assertThat(Evaluator.of(loss).evaluate(predictions, floats))
                            .as(what)
                            .isEqualTo(expected);
                    assertThat(loss.mean(predictions, bytes)).as(what).isEqualTo(expected.mean(Loss.mnist()));
                    assertThat(loss.sum(predictions, floats)).as(what).isEqualTo(expected.sum(Loss.mnist()));
                }
            }
        }
    }

    @Test
    void slices() {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, 5000, SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 0; round < 100; round++) {
            int from = random.nextInt(batch.count);
            int to = random.nextInt(from, batch.count + 1);
            RandomBatch copy = batch.slice(from, to);
            assertThat(loss.mean(
                            batch.predictions().slice(from, to - from),
                            batch.targets().slice(from, to - from)))
                    .as("seed %d, from %d to %d", SEED, from, to)
                    .isEqualTo(loss.mean(copy.predictions(), copy.targets()))
                    .isEqualTo(loss.mean(
                            Predictions.of(batch.predictions).slice(from, to - from),
                            Targets.of(batch.targets).slice(from, to - from)));
        }
    }
}
