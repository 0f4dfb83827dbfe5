// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.InvalidElementException.Argument;
import io.github.exactloss.internal.Pieces;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows against the operation on each row alone. */
class RowsTest {
    private static final long SEED = 37;

    /**
     * Few, many, adjacent, apart, overlapping and coinciding rows; short rows, and rows so long that heap memory is cut
     * within them.
     */
    private static final List<Rows> SHAPES = List.of(
            Rows.of(1, 1),
            Rows.of(3, 7),
            Rows.of(1000, 1),
            Rows.of(100, 64),
            Rows.of(50, 33, 40, 35),
            Rows.of(50, 33, 1, 0),
            Rows.of(50, 33, 0, 33),
            Rows.of(200, 1000),
            Rows.of(40, 5000, 5001, 0),
            Rows.of(3, 70_000),
            Rows.of(4, 2 * Pieces.WORTH_A_THREAD + 1, 7, 100_003));

    private final Loss loss = Loss.mnist();

    private static long needed(Rows rows, long stride) {
        return (rows.rows() - 1) * stride + rows.columns();
    }

    private static List<Evaluation> expected(Loss loss, Predictions predictions, Targets targets, Rows rows) {
        return IntStream.range(0, (int) rows.rows())
                .mapToObj(row -> Evaluator.of(loss)
                        .evaluate(
                                predictions.slice(row * rows.predictionsStride(), rows.columns()),
                                targets.slice(row * rows.targetsStride(), rows.columns())))
                .toList();
    }

    private static void assertMatches(
            List<Evaluation> expected, Loss loss, Predictions predictions, Targets targets, Rows rows, String what) {
        assertThat(Evaluator.of(loss).evaluateRows(predictions, targets, rows))
                .as(what)
                .isEqualTo(expected);
        double[] means =
                expected.stream().mapToDouble(e -> e.mean(Loss.mnist())).toArray();
        assertArrayEquals(means, loss.meanOfRows(predictions, targets, rows), what);
        double[] sums = expected.stream().mapToDouble(e -> e.sum(Loss.mnist())).toArray();
        assertArrayEquals(sums, loss.sumOfRows(predictions, targets, rows), what);
    }

    @ParameterizedTest
    @EnumSource
    void areLossesOfTheirOwn(FloatType type) {
        for (Rows rows : SHAPES) {
            int count = (int) Math.max(needed(rows, rows.predictionsStride()), needed(rows, rows.targetsStride()));
            TypedBatch batch = TypedBatch.random(type, RandomBatch.Values.MIXED, count, SEED);
            byte[] bits = new byte[count / 8 + 2];
            new SplittableRandom(SEED).nextBytes(bits);
            Targets packed = Targets.ofBits(MemorySegment.ofArray(bits), 3, count);
            try (Arena arena = Arena.ofShared()) {
                Predictions offHeap = type.view(MemoryKind.OFF_HEAP.copy(batch.memory, arena));
                Targets offHeapTargets = Targets.of(
                        MemoryKind.OFF_HEAP.copy(MemorySegment.ofArray(batch.targets), arena), ElementType.UINT8);
                Targets offHeapBits =
                        Targets.ofBits(MemoryKind.OFF_HEAP.copy(MemorySegment.ofArray(bits), arena), 3, count);
                List<Evaluation> ofBytes = expected(loss, offHeap, offHeapTargets, rows);
                List<Evaluation> ofBits = expected(loss, offHeap, offHeapBits, rows);
                for (Loss some : List.of(loss, loss.threads(3))) {
                    String what = "seed %d, %s".formatted(SEED, rows);
                    assertMatches(ofBytes, some, offHeap, offHeapTargets, rows, what);
                    assertMatches(ofBytes, some, batch.predictions(), batch.targets(), rows, what + " on the heap");
                    assertMatches(ofBits, some, offHeap, offHeapBits, rows, what + ", bits");
                    assertMatches(ofBits, some, batch.predictions(), packed, rows, what + ", bits on the heap");
                }
            }
        }
    }

    /** Weights of each row, and weights that all rows share. */
    @ParameterizedTest
    @EnumSource
    void haveWeightsToo(FloatType type) {
        for (Rows shape : SHAPES) {
            for (long weightsStride : new long[] {shape.columns(), 0}) {
                Rows rows = new Rows(
                        shape.rows(), shape.columns(), shape.predictionsStride(), shape.targetsStride(), weightsStride);
                int count = (int) Math.max(needed(rows, rows.predictionsStride()), needed(rows, rows.targetsStride()));
                TypedBatch elements = TypedBatch.random(type, RandomBatch.Values.MIXED, count, SEED);
                Weights weights = Weights.of(
                        RandomBatch.random(RandomBatch.Values.UNIT, (int) needed(rows, weightsStride), SEED + 1)
                                .predictions);
                Batch batch = Batch.ofRows(rows, elements.predictions(), elements.targets(), weights);
                double[] means = new double[(int) rows.rows()];
                double[] sums = new double[(int) rows.rows()];
                for (int row = 0; row < rows.rows(); row++) {
                    Batch one = Batch.of(
                                    elements.predictions().slice(row * rows.predictionsStride(), rows.columns()),
                                    elements.targets().slice(row * rows.targetsStride(), rows.columns()))
                            .weights(weights.slice(row * weightsStride, rows.columns()));
                    means[row] = loss.mean(one);
                    sums[row] = loss.sum(one);
                }
                for (Loss some : List.of(loss, loss.threads(3))) {
                    String what = "seed %d, %s".formatted(SEED, rows);
                    assertArrayEquals(means, some.meanOfRows(batch, rows), what);
                    assertArrayEquals(sums, some.sumOfRows(batch, rows), what);
                    List<Evaluation> evaluations = Evaluator.of(some).evaluateRows(batch, rows);
                    assertArrayEquals(
                            means,
                            evaluations.stream()
                                    .mapToDouble(e -> e.mean(Loss.mnist()))
                                    .toArray(),
                            what);
                }
            }
        }
    }

    @Test
    void goToMemory() {
        for (Rows rows : List.of(Rows.of(3, 7), Rows.of(3, 70_000), Rows.of(3, 2 * Pieces.WORTH_A_THREAD + 1))) {
            int count = (int) (rows.rows() * rows.columns());
            Batch batch =
                    RandomBatch.random(RandomBatch.Values.MIXED, count, SEED).batch();
            for (Loss some : List.of(loss, loss.threads(3))) {
                double[] written = {5, 5, 5, 5};
                some.meanOfRows(batch, rows, MemorySegment.ofArray(written));
                assertArrayEquals(some.meanOfRows(batch, rows), Arrays.copyOf(written, 3));
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment offHeap = arena.allocate(25).asSlice(1);
                    some.sumOfRows(batch, rows, offHeap);
                    assertArrayEquals(some.sumOfRows(batch, rows), offHeap.toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED));
                }
                assertThat(written[3]).isEqualTo(5);
            }
        }
    }

    @Test
    void memoryForThemMustFit() {
        double[] memory = {5, 5, 5};
        MemorySegment segment = MemorySegment.ofArray(memory);
        Batch batch = Batch.of(Predictions.of(new float[6]), Targets.of(new byte[6]));
        assertRefused(
                "the output has 24 bytes, too few for 6 elements of 8 bytes",
                () -> loss.meanOfRows(batch, Rows.of(6, 1), segment));
        assertRefused("the output is read-only", () -> loss.sumOfRows(batch, Rows.of(3, 2), segment.asReadOnly()));
        Batch same = Batch.of(Predictions.of(segment, ElementType.FLOAT32), Targets.of(new byte[6]));
        assertRefused("the output overlaps an input", () -> loss.sumOfRows(same, Rows.of(3, 2), segment));
        assertThat(memory).containsExactly(5, 5, 5);
    }

    /** In one call and in several, a refused row leaves the memory of all as it was. */
    @Test
    void nothingIsWrittenIfARowIsRefused() {
        for (Rows rows : List.of(Rows.of(3, 7), Rows.of(3, 70_000))) {
            float[] predictions = new float[(int) (rows.rows() * rows.columns())];
            predictions[predictions.length - 1] = -1;
            Batch batch = Batch.of(Predictions.of(predictions), Targets.of(new byte[predictions.length]));
            double[] memory = {5, 5, 5};
            StrictModeException e = catchThrowableOfType(
                    StrictModeException.class,
                    () -> loss.strict().meanOfRows(batch, rows, MemorySegment.ofArray(memory)));
            assertThat(e.index()).isEqualTo(predictions.length - 1);
            assertThat(memory).containsExactly(5, 5, 5);
        }
    }

    @Test
    void arraysThatAreTooShortAreRefusedWhenTheBatchIsMade() {
        Rows rows = new Rows(3, 2, 2, 0, 1);
        Predictions predictions = Predictions.of(new float[6]);
        Targets targets = Targets.of(new byte[2]);
        assertThat(Batch.ofRows(rows, predictions, targets).count()).isEqualTo(6);
        assertRefused(
                "3 rows of 2 columns at a stride of 2 need more than 5 predictions",
                () -> Batch.ofRows(rows, predictions.slice(0, 5), targets));
        assertRefused(
                "3 rows of 2 columns at a stride of 1 need more than 3 weights",
                () -> Batch.ofRows(rows, predictions, targets, Weights.of(new float[3])));
        Batch matrix = Batch.ofRows(rows, predictions, targets);
        assertRefused("6 predictions, but 2 targets", () -> loss.mean(matrix));
        assertRefused("6 predictions, but 2 targets", () -> Evaluator.of(loss).evaluate(matrix));
        assertRefused("6 predictions, but 2 targets", () -> loss.values(matrix, MemorySegment.ofArray(new float[6])));
        assertRefused(
                "6 predictions, but 2 targets",
                () -> Evaluator.of(loss).newAccumulator().add(matrix));
    }

    @Test
    void theLastOneMayEndWithTheMemory() {
        Rows rows = Rows.of(3, 2, 5, 3);
        Predictions predictions = Predictions.of(new float[12]);
        Targets targets = Targets.of(new byte[8]);
        assertThat(loss.sumOfRows(predictions, targets, rows)).containsExactly(0, 0, 0);
        assertRefused(
                "3 rows of 2 columns at a stride of 5 need more than 11 predictions",
                () -> loss.meanOfRows(predictions.slice(0, 11), targets, rows));
        assertRefused(
                "3 rows of 2 columns at a stride of 3 need more than 7 targets",
                () -> Evaluator.of(loss).evaluateRows(predictions, targets.slice(1, 7), rows));
    }

    @Test
    void shapesThatOverflowAreRefused() {
        Predictions predictions = Predictions.of(new float[12]);
        Targets targets = Targets.of(new byte[12]);
        long max = Long.MAX_VALUE;
        for (Rows rows : List.of(
                Rows.of(2, 1, max, 0),
                Rows.of(3, 1, max, 0),
                Rows.of(1, max, 0, 0),
                Rows.of(1 << 30, 13, 0, 0),
                Rows.of(Integer.MAX_VALUE, 2, 1L << 33, 0))) {
            assertThatIllegalArgumentException()
                    .as(rows.toString())
                    .isThrownBy(() -> loss.sumOfRows(predictions, targets, rows))
                    .withMessageContaining("need more than 12 predictions");
        }
        assertRefused(
                (1L << 31) + " rows are more than an array holds",
                () -> loss.sumOfRows(predictions, targets, Rows.of(1L << 31, 0, 0, 0)));
        assertRefused(max + " rows of 2 columns are too many elements", () -> Rows.of(max, 2));
        assertRefused("a shape of -1 rows and 2 columns is negative", () -> Rows.of(-1, 2));
        assertRefused("a shape of 1 rows and -2 columns is negative", () -> Rows.of(1, -2, 0, 0));
        assertRefused("a stride of -3 is negative", () -> Rows.of(1, 2, -3, 0));
        assertRefused("a stride of -4 is negative", () -> Rows.of(1, 2, 0, -4));
    }

    private static void assertRefused(String message, ThrowingCallable call) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }

    @Test
    void nothing() {
        Predictions predictions = Predictions.of(new float[0]);
        Targets targets = Targets.of(new byte[0]);
        assertThat(loss.meanOfRows(predictions, targets, Rows.of(0, 5))).isEmpty();
        assertThat(Evaluator.of(loss).evaluateRows(predictions, targets, Rows.of(0, 5, 7, 7)))
                .isEmpty();
        Rows empty = Rows.of(3, 0, 10, Long.MAX_VALUE);
        assertThat(loss.threads(2).meanOfRows(predictions, targets, empty))
                .containsExactly(Double.NaN, Double.NaN, Double.NaN);
        assertThat(loss.sumOfRows(predictions, targets, empty)).containsExactly(0, 0, 0);
        assertThat(Evaluator.of(loss).evaluateRows(predictions, targets, empty))
                .isEqualTo(Collections.nCopies(3, Evaluator.of(loss).evaluate(predictions, targets)));
    }

    /** The index counts the elements of the rows, whatever lies between them, in groups of rows and in long ones. */
    @Test
    void aViolationIsNamedByRowAndColumn() {
        Loss strict = loss.strict();
        for (Rows rows : List.of(
                Rows.of(5, 7, 9, 0),
                Rows.of(300, 1000, 1003, 0),
                Rows.of(3, 70_000, 70_001, 0),
                Rows.of(3, 2 * Pieces.WORTH_A_THREAD + 1, 2 * Pieces.WORTH_A_THREAD + 2, 0))) {
            for (long row : new long[] {0, rows.rows() / 2, rows.rows() - 1}) {
                float[] predictions = new float[(int) needed(rows, rows.predictionsStride())];
                int at = (int) (row * rows.predictionsStride() + rows.columns() - 1);
                predictions[at] = -3;
                predictions[predictions.length - 1] = -3;
                if (at + 1 < predictions.length) {
                    predictions[at + 1] = Float.NaN; // between rows
                }
                Targets targets = Targets.of(new byte[(int) rows.columns()]);
                try (Arena arena = Arena.ofShared()) {
                    Predictions onHeap = Predictions.of(predictions);
                    Predictions offHeap =
                            Predictions.of(MemoryKind.OFF_HEAP.copy(onHeap.segment(), arena), ElementType.FLOAT32);
                    for (Loss some : List.of(strict, strict.threads(3))) {
                        long index = row * rows.columns() + rows.columns() - 1;
                        assertViolation(index, () -> some.meanOfRows(onHeap, targets, rows));
                        assertViolation(index, () -> some.sumOfRows(offHeap, targets, rows));
                        assertViolation(index, () -> Evaluator.of(some).evaluateRows(onHeap, targets, rows));
                        assertViolation(index, () -> Evaluator.of(some).evaluateRows(offHeap, targets, rows));
                    }
                }
            }
        }
    }

    private static void assertViolation(long index, ThrowingCallable call) {
        StrictModeException e = catchThrowableOfType(StrictModeException.class, call);
        assertThat(e).isNotNull();
        assertThat(e.argument()).isEqualTo(Argument.PREDICTIONS);
        assertThat(e.index()).isEqualTo(index);
        assertEquals(-3, e.value());
    }

    @Test
    void thresholdAndStrictnessApply() {
        Predictions predictions = Predictions.of(new float[] {0.25f, 0.5f, 0.75f, 1});
        Targets targets = Targets.of(new byte[] {1, 0});
        List<Evaluation> rows =
                Evaluator.of(loss.strict()).threshold(0.3).evaluateRows(predictions, targets, Rows.of(2, 2, 2, 0));
        assertThat(rows).extracting(Evaluation::threshold).containsExactly(0.3, 0.3);
        assertThat(rows).extracting(Evaluation::accuracy).containsExactly(0.0, 0.5);
        assertThat(rows).extracting(e -> e.mean(Loss.mnist())).containsExactly(0.625, 0.625);
    }
}
