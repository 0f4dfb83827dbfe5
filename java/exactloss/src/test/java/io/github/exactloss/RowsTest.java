// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.InvalidElementException.Argument;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

    /** Few, many, adjacent, apart, overlapping and coinciding rows; short ones and ones that heap memory is cut within. */
    private static final List<Rows> SHAPES = List.of(
            Rows.of(1, 1),
            Rows.of(3, 7),
            Rows.of(1000, 1),
            Rows.of(100, 64),
            new Rows(50, 33, 40, 35),
            new Rows(50, 33, 1, 0),
            new Rows(50, 33, 0, 33),
            Rows.of(200, 1000),
            new Rows(40, 5000, 5001, 0),
            Rows.of(3, 70_000),
            new Rows(4, 2 * Pieces.WORTH_A_THREAD + 1, 7, 100_003));

    private final MnistLoss loss = MnistLoss.create();

    private static long needed(Rows rows, long stride) {
        return (rows.rows() - 1) * stride + rows.columns();
    }

    private static List<Evaluation> expected(MnistLoss loss, Predictions predictions, Targets targets, Rows rows) {
        return IntStream.range(0, (int) rows.rows())
                .mapToObj(row -> loss.evaluate(
                        predictions.slice(row * rows.predictionsStride(), rows.columns()),
                        targets.slice(row * rows.targetsStride(), rows.columns())))
                .toList();
    }

    private static void assertMatches(
            List<Evaluation> expected,
            MnistLoss loss,
            Predictions predictions,
            Targets targets,
            Rows rows,
            String what) {
        assertThat(loss.evaluateRows(predictions, targets, rows)).as(what).isEqualTo(expected);
        double[] means = expected.stream().mapToDouble(Evaluation::loss).toArray();
        assertArrayEquals(means, loss.meanRows(predictions, targets, rows), what);
        double[] sums = expected.stream().mapToDouble(Evaluation::lossSum).toArray();
        assertArrayEquals(sums, loss.sumRows(predictions, targets, rows), what);
    }

    @ParameterizedTest
    @EnumSource
    void areLossesOfTheirOwn(FloatType type) {
        for (Rows rows : SHAPES) {
            int count = (int) Math.max(needed(rows, rows.predictionsStride()), needed(rows, rows.targetsStride()));
            TypedBatch batch = TypedBatch.random(type, Batch.Values.MIXED, count, SEED);
            byte[] bits = new byte[count / 8 + 2];
            new SplittableRandom(SEED).nextBytes(bits);
            Targets packed = Targets.ofBits(MemorySegment.ofArray(bits), 3, count);
            try (Arena arena = Arena.ofShared()) {
                Predictions offHeap = type.view(MemoryKind.OFF_HEAP.copy(batch.memory, arena));
                Targets offHeapTargets =
                        Targets.ofBytes(MemoryKind.OFF_HEAP.copy(MemorySegment.ofArray(batch.targets), arena));
                Targets offHeapBits =
                        Targets.ofBits(MemoryKind.OFF_HEAP.copy(MemorySegment.ofArray(bits), arena), 3, count);
                List<Evaluation> ofBytes = expected(loss, offHeap, offHeapTargets, rows);
                List<Evaluation> ofBits = expected(loss, offHeap, offHeapBits, rows);
                for (MnistLoss some : List.of(loss, loss.threads(3))) {
                    String what = "seed %d, %s".formatted(SEED, rows);
                    assertMatches(ofBytes, some, offHeap, offHeapTargets, rows, what);
                    assertMatches(ofBytes, some, batch.predictions(), batch.targets(), rows, what + " on the heap");
                    assertMatches(ofBits, some, offHeap, offHeapBits, rows, what + ", bits");
                    assertMatches(ofBits, some, batch.predictions(), packed, rows, what + ", bits on the heap");
                }
            }
        }
    }

    @Test
    void theLastOneMayEndWithTheMemory() {
        Rows rows = new Rows(3, 2, 5, 3);
        Predictions predictions = Predictions.of(new float[12]);
        Targets targets = Targets.of(new byte[8]);
        assertThat(loss.sumRows(predictions, targets, rows)).containsExactly(0, 0, 0);
        assertRefused(
                "3 rows of 2 columns at a stride of 5 need more than 11 predictions",
                () -> loss.meanRows(predictions.slice(0, 11), targets, rows));
        assertRefused(
                "3 rows of 2 columns at a stride of 3 need more than 7 targets",
                () -> loss.evaluateRows(predictions, targets.slice(1, 7), rows));
    }

    @Test
    void shapesThatOverflowAreRefused() {
        Predictions predictions = Predictions.of(new float[12]);
        Targets targets = Targets.of(new byte[12]);
        long max = Long.MAX_VALUE;
        for (Rows rows : List.of(
                new Rows(2, 1, max, 0),
                new Rows(3, 1, max, 0),
                new Rows(1, max, 0, 0),
                new Rows(1 << 30, 13, 0, 0),
                new Rows(Integer.MAX_VALUE, 2, 1L << 33, 0))) {
            assertThatIllegalArgumentException()
                    .as(rows.toString())
                    .isThrownBy(() -> loss.sumRows(predictions, targets, rows))
                    .withMessageContaining("need more than 12 predictions");
        }
        assertRefused(
                (1L << 31) + " rows are more than an array holds",
                () -> loss.sumRows(predictions, targets, new Rows(1L << 31, 0, 0, 0)));
        assertRefused(max + " rows of 2 columns are too many elements", () -> Rows.of(max, 2));
        assertRefused("a shape of -1 rows and 2 columns is negative", () -> Rows.of(-1, 2));
        assertRefused("a shape of 1 rows and -2 columns is negative", () -> new Rows(1, -2, 0, 0));
        assertRefused("a stride of -3 is negative", () -> new Rows(1, 2, -3, 0));
        assertRefused("a stride of -4 is negative", () -> new Rows(1, 2, 0, -4));
    }

    private static void assertRefused(String message, ThrowingCallable call) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }

    @Test
    void nothing() {
        Predictions predictions = Predictions.of(new float[0]);
        Targets targets = Targets.of(new byte[0]);
        assertThat(loss.meanRows(predictions, targets, Rows.of(0, 5))).isEmpty();
        assertThat(loss.evaluateRows(predictions, targets, new Rows(0, 5, 7, 7)))
                .isEmpty();
        Rows empty = new Rows(3, 0, 10, Long.MAX_VALUE);
        assertThat(loss.threads(2).meanRows(predictions, targets, empty))
                .containsExactly(Double.NaN, Double.NaN, Double.NaN);
        assertThat(loss.sumRows(predictions, targets, empty)).containsExactly(0, 0, 0);
        assertThat(loss.evaluateRows(predictions, targets, empty))
                .isEqualTo(Collections.nCopies(3, loss.evaluate(predictions, targets)));
    }

    /** The index counts the elements of the rows, whatever lies between them, in groups of rows and in long ones. */
    @Test
    void aViolationIsNamedByRowAndColumn() {
        MnistLoss strict = loss.strict();
        for (Rows rows : List.of(
                new Rows(5, 7, 9, 0),
                new Rows(300, 1000, 1003, 0),
                new Rows(3, 70_000, 70_001, 0),
                new Rows(3, 2 * Pieces.WORTH_A_THREAD + 1, 2 * Pieces.WORTH_A_THREAD + 2, 0))) {
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
                    Predictions offHeap = Predictions.ofFloats(MemoryKind.OFF_HEAP.copy(onHeap.segment(), arena));
                    for (MnistLoss some : List.of(strict, strict.threads(3))) {
                        long index = row * rows.columns() + rows.columns() - 1;
                        assertViolation(index, () -> some.meanRows(onHeap, targets, rows));
                        assertViolation(index, () -> some.sumRows(offHeap, targets, rows));
                        assertViolation(index, () -> some.evaluateRows(onHeap, targets, rows));
                        assertViolation(index, () -> some.evaluateRows(offHeap, targets, rows));
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
        List<Evaluation> rows = loss.strict().threshold(0.3).evaluateRows(predictions, targets, new Rows(2, 2, 2, 0));
        assertThat(rows).extracting(Evaluation::threshold).containsExactly(0.3, 0.3);
        assertThat(rows).extracting(Evaluation::accuracy).containsExactly(0.0, 0.5);
        assertThat(rows).extracting(Evaluation::loss).containsExactly(0.625, 0.625);
    }
}
