// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.internal.bindings.exactloss_h;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccumulatorTest {
    private static final long SEED = 3;

    private final RandomBatch batch = RandomBatch.random(RandomBatch.Values.MIXED, 10_000, SEED);
    private final Evaluator evaluator = Evaluator.of(Loss.mnist()).threshold(0.25);

    /** The ways to make one. */
    private List<Accumulator> empty() {
        return List.of(
                evaluator.newAccumulator(),
                evaluator.newConcurrentAccumulator(),
                evaluator.newWindow(Duration.ofDays(1), 3));
    }

    private Accumulator filled() {
        Accumulator accumulator = evaluator.newAccumulator();
        accumulator.add(batch.predictions(), batch.targets());
        return accumulator;
    }

    @Test
    void startsEmpty() {
        for (Accumulator accumulator : empty()) {
            Evaluation nothing = accumulator.evaluate();
            assertThat(nothing.mean(Loss.mnist())).isNaN();
            assertThat(nothing.sum(Loss.mnist())).isZero();
            assertThat(nothing.count()).isZero();
            assertThat(nothing.threshold()).isEqualTo(0.25);
            assertThat(accumulator.evaluator()).isEqualTo(evaluator);
        }
    }

    @Test
    void anEvaluationDoesNotEndIt() {
        for (Accumulator accumulator : empty()) {
            accumulator.add(batch.batch());
            Evaluation once = accumulator.evaluate();
            assertThat(accumulator.evaluate()).isEqualTo(once);
            assertThat(once).isEqualTo(evaluator.evaluate(batch.predictions(), batch.targets()));
            accumulator.merge(accumulator);
            assertThat(accumulator.evaluate().count()).isEqualTo(2 * once.count());
            assertThat(accumulator.evaluate().mean(Loss.mnist())).isEqualTo(once.mean(Loss.mnist()));
        }
    }

    @Test
    void moreElementsThanALongCountsAreRefused() {
        Accumulator accumulator = evaluator.newAccumulator();
        accumulator.add(Predictions.of(new float[1]), Targets.of(new byte[1]));
        for (int doubling = 0; doubling < 62; doubling++) {
            accumulator.merge(accumulator);
        }
        Evaluation before = accumulator.evaluate();
        assertThat(before.count()).isEqualTo(1L << 62);

        assertThatExceptionOfType(ExactLossException.class)
                .isThrownBy(() -> accumulator.merge(accumulator))
                .withMessage("an accumulator would count more than 2^63-1 elements");
        assertThat(accumulator.evaluate()).isEqualTo(before);
    }

    /** Every kind takes in every kind. */
    @Test
    void mergesWithAnyOther() {
        Evaluation once = evaluator.evaluate(batch.batch());
        for (Accumulator accumulator : empty()) {
            for (Accumulator other : empty()) {
                accumulator.clear();
                accumulator.add(batch.batch());
                other.add(batch.batch());
                accumulator.merge(other);
                assertThat(accumulator.evaluate().count()).isEqualTo(2 * once.count());
                assertThat(accumulator.evaluate().mean(Loss.mnist())).isEqualTo(once.mean(Loss.mnist()));
                assertThat(other.evaluate()).isEqualTo(once);
            }
        }
    }

    @Test
    void isCopiedDrainedAndCleared() {
        for (Accumulator accumulator : empty()) {
            accumulator.add(batch.batch());
            Evaluation once = accumulator.evaluate();
            Accumulator copy = accumulator.copy();
            copy.add(batch.batch());
            assertThat(copy.evaluate().count()).isEqualTo(2 * once.count());
            assertThat(accumulator.evaluate()).isEqualTo(once);
            Accumulator drained = accumulator.drain();
            assertThat(drained.evaluate()).isEqualTo(once);
            assertThat(accumulator.evaluate().count()).isZero();
            assertThat(accumulator.evaluate().threshold()).isEqualTo(0.25);
            accumulator.add(batch.batch());
            assertThat(accumulator.toBytes()).isEqualTo(drained.toBytes());
            accumulator.clear();
            assertThat(accumulator.toBytes())
                    .isEqualTo(evaluator.newAccumulator().toBytes());
        }
    }

    /** Every kind of memory, on both sides of the sizes at which calls become ordinary, cut, or shared by threads. */
    @ParameterizedTest
    @EnumSource
    void takesEveryKindOfMemory(MemoryKind kind) {
        for (int count : new int[] {0, 1, 64, 8192, 8193, 70_000, RandomBatch.OF_THREE_THREADS}) {
            RandomBatch values = RandomBatch.random(RandomBatch.Values.MIXED, count, SEED);
            Evaluation expected = evaluator.evaluate(values.batch());
            try (Arena arena = Arena.ofShared()) {
                Predictions predictions =
                        Predictions.of(kind.copy(values.predictions().segment(), arena), ElementType.FLOAT32);
                Targets targets = Targets.of(kind.copy(values.targets().segment(), arena), ElementType.UINT8);
                for (Evaluator some : List.of(evaluator, evaluator.threads(3))) {
                    Accumulator accumulator = some.newAccumulator();
                    accumulator.add(predictions, values.targets());
                    accumulator.add(values.predictions(), targets);
                    accumulator.add(predictions, targets);
                    assertThat(accumulator.evaluate().count()).isEqualTo(3L * count);
                    assertEquals(
                            expected.mean(Loss.mnist()), accumulator.evaluate().mean(Loss.mnist()), "seed " + SEED);
                    assertThat(accumulator.evaluate().truePositives()).isEqualTo(3 * expected.truePositives());
                }
            }
        }
    }

    @Test
    void byteFormRoundTrip() {
        Accumulator accumulator = filled();
        Accumulator copy = evaluator.accumulatorFromBytes(accumulator.toBytes());
        assertThat(copy.evaluate()).isEqualTo(accumulator.evaluate());
        assertThat(copy.toBytes()).isEqualTo(accumulator.toBytes());
        copy.merge(evaluator.strict().accumulatorFromBytes(accumulator.toBytes()));
        copy.add(batch.predictions(), batch.targets());
        assertThat(copy.evaluate().count()).isEqualTo(3L * batch.count);
        assertThat(copy.evaluate().mean(Loss.mnist()))
                .isEqualTo(accumulator.evaluate().mean(Loss.mnist()));
    }

    /** Options that the byte form does not have are those of the evaluator. */
    @Test
    void goesOnWithTheOptionsOfTheEvaluator() {
        Accumulator copy = evaluator.strict().fromLogits().accumulatorFromBytes(filled().toBytes());
        assertThat(copy.evaluator().isStrict()).isTrue();
        assertThat(copy.evaluator().isFromLogits()).isTrue();
    }

    @Test
    void refusesOtherSizesOfBytes() {
        byte[] bytes = filled().toBytes();
        for (int size : new int[] {0, 1, bytes.length - 1, bytes.length + 1}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> evaluator.accumulatorFromBytes(Arrays.copyOf(bytes, size)))
                    .withMessage("%d bytes are not those of an accumulator", size);
        }
    }

    @Test
    void refusesGarbage() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int size : new int[] {filled().toBytes().length, exactloss_h.EXACTLOSS_ACCUMULATOR_MAX_BYTES()}) {
            byte[] bytes = new byte[size];
            for (int round = 0; round < 1000; round++) {
                random.nextBytes(bytes);
                assertThatIllegalArgumentException()
                        .as("seed %d, round %d", SEED, round)
                        .isThrownBy(() -> evaluator.accumulatorFromBytes(bytes))
                        .withMessage("%d bytes are not those of an accumulator", size);
            }
        }
    }

    /** A damaged byte form is refused, or is the form of something else; it is never misread. */
    @Test
    void survivesEveryFlippedBit() {
        byte[] bytes = filled().toBytes();
        int refused = 0;
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            byte[] damaged = bytes.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            try {
                assertThat(evaluator.accumulatorFromBytes(damaged).toBytes())
                        .as("bit %d", bit)
                        .isEqualTo(damaged);
            } catch (IllegalArgumentException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(64, bytes.length * 8 - 64);
    }

    @Test
    void refusesBytesOfAnotherThreshold() {
        byte[] bytes = filled().toBytes();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> evaluator.threshold(0.75).accumulatorFromBytes(bytes))
                .withMessageContainingAll("0.25", "0.75");
    }

    @Test
    void isFilledByManyThreadsAndMergedByOne() throws Exception {
        Evaluation expected = filled().evaluate();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Accumulator sum = evaluator.newAccumulator();
            var parts = threads.invokeAll(IntStream.range(0, 100)
                    .<Callable<Accumulator>>mapToObj(i -> this::filled)
                    .toList());
            for (var part : parts) {
                sum.merge(part.get());
            }
            assertThat(sum.evaluate().mean(Loss.mnist())).isEqualTo(expected.mean(Loss.mnist()));
            assertThat(sum.evaluate().count()).isEqualTo(100 * expected.count());
        }
    }

    /** Nothing has to be closed, and nothing dies with an arena that data lay in. */
    @Test
    void outlivesItsData() {
        for (Accumulator accumulator : empty()) {
            assertThat(accumulator).isNotInstanceOf(AutoCloseable.class);
            try (Arena arena = Arena.ofConfined()) {
                accumulator.add(
                        Predictions.allocate(20_000, ElementType.FLOAT32, arena),
                        Targets.allocate(20_000, ElementType.UINT8, arena));
            }
            assertThat(accumulator.evaluate().count()).isEqualTo(20_000);
        }
    }

    @Test
    void isOfASealedType() {
        assertThat(Accumulator.class.isSealed()).isTrue();
        assertThat(empty())
                .extracting(Object::toString)
                .containsExactly(
                        "PlainAccumulator[mnist, threshold=0.25]",
                        "ConcurrentAccumulator[mnist, threshold=0.25]",
                        "WindowAccumulator[mnist, threshold=0.25]");
    }

    @Test
    void thresholdsMustMatch() {
        for (Accumulator accumulator : empty()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> accumulator.merge(evaluator.threshold(0.75).newAccumulator()))
                    .withMessage("an accumulator with threshold 0.25 can't take in one with threshold 0.75");
        }
    }

    @Test
    void countsMustMatch() {
        for (Accumulator accumulator : empty()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> accumulator.add(batch.predictions(), Targets.of(new byte[3])))
                    .withMessage("10000 predictions, but 3 targets");
            assertThat(accumulator.evaluate().count()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 3000, 2 * 131_072 + 1})
    void rowsGoToAccumulatorsOfTheirOwn(int columns) {
        int rows = 5;
        RandomBatch values = RandomBatch.random(RandomBatch.Values.MIXED, rows * columns, SEED);
        Weights weights = Weights.of(RandomBatch.random(RandomBatch.Values.UNIT, columns, SEED + 1).predictions);
        Rows shape = new Rows(rows, columns, columns, columns, 0);
        Batch matrix = Batch.ofRows(shape, values.predictions(), values.targets(), weights);
        for (Evaluator some : List.of(evaluator, evaluator.threads(3), evaluator.fromLogits())) {
            List<Accumulator> accumulators = new ArrayList<>();
            for (int row = 0; row < rows; row++) {
                accumulators.add(row % 2 == 0 ? some.newAccumulator() : some.newConcurrentAccumulator());
            }
            Accumulator.addRows(accumulators, matrix, shape);
            Accumulator.addRows(accumulators, matrix, shape);
            for (int row = 0; row < rows; row++) {
                Accumulator expected = some.newAccumulator();
                Batch elements =
                        values.batch().slice((long) row * columns, columns).weights(weights);
                expected.add(elements);
                expected.add(elements);
                assertThat(accumulators.get(row).toBytes())
                        .as("seed %d, row %d of %d columns", SEED, row, columns)
                        .isEqualTo(expected.toBytes());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 3000, 2 * 131_072 + 1})
    void aRefusedRowLeavesAllAccumulatorsAsTheyWere(int columns) {
        Predictions predictions = Predictions.of(new float[2 * columns]);
        byte[] targets = new byte[2 * columns];
        targets[2 * columns - 1] = 9;
        List<Accumulator> accumulators =
                List.of(evaluator.strict().newAccumulator(), evaluator.strict().newAccumulator());
        Rows rows = Rows.of(2, columns);
        try {
            Accumulator.addRows(accumulators, Batch.of(predictions, Targets.of(targets)), rows);
            throw new AssertionError("the target 9 was added");
        } catch (StrictModeException e) {
            assertThat(e.index()).isEqualTo(2L * columns - 1);
        }
        assertThat(accumulators)
                .allSatisfy(a -> assertThat(a.evaluate().count()).isZero());
    }

    @Test
    void rowsAndAccumulatorsMustMatch() {
        List<Accumulator> one = List.of(evaluator.newAccumulator());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Accumulator.addRows(one, batch.batch(), Rows.of(2, 5)))
                .withMessage("2 rows, but 1 accumulators");
        List<Accumulator> different =
                List.of(evaluator.newAccumulator(), evaluator.fromLogits().newAccumulator());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Accumulator.addRows(different, batch.batch(), Rows.of(2, 5)))
                .withMessageContaining("differ");
        Accumulator.addRows(List.of(), batch.batch(), Rows.of(0, 5));
    }
}
