// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Batch;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.InvalidElementException;
import io.github.exactloss.InvalidElementException.Argument;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.StrictModeException;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import io.github.exactloss.cdata.Column;
import io.github.exactloss.cdata.ColumnBatch;
import io.github.exactloss.testing.NullableRows;
import java.lang.foreign.Arena;
import java.util.EnumSet;
import java.util.Set;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.util.TransferPair;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ArrowVectorsTest {
    private static final long SEED = 19;
    private static final Evaluator EVALUATOR = Evaluator.of(Loss.mnist());
    private static final Set<Vectors> PREDICTIONS = EnumSet.of(Vectors.FLOAT2, Vectors.FLOAT4, Vectors.FLOAT8);
    private static final Set<Vectors> TARGETS = EnumSet.complementOf(EnumSet.of(Vectors.FLOAT2));

    private final BufferAllocator allocator = new RootAllocator();

    /** Fails if a vector was not closed, or a view kept its memory. */
    @AfterEach
    void closeAllocator() {
        allocator.close();
    }

    @ParameterizedTest
    @EnumSource
    void everyTypeGivesTheExactResult(NullableRows.Nulls nulls) {
        for (Vectors predictions : PREDICTIONS) {
            for (Vectors targets : TARGETS) {
                assertExact(
                        NullableRows.random(
                                predictions::rounded, targets::rounded, nulls, NullableRows.Nulls.RARE, 1111, SEED),
                        predictions,
                        targets);
                assertExact(
                        NullableRows.random(
                                predictions::rounded, targets::rounded, NullableRows.Nulls.NONE, nulls, 1111, SEED),
                        predictions,
                        targets);
            }
        }
    }

    @Test
    void everyShortLengthGivesTheExactResult() {
        for (int count = 0; count <= 200; count++) {
            NullableRows rows = NullableRows.random(
                    Vectors.FLOAT4::rounded,
                    Vectors.BIT::rounded,
                    NullableRows.Nulls.HALF,
                    NullableRows.Nulls.RARE,
                    count,
                    SEED);
            assertExact(rows, Vectors.FLOAT4, Vectors.BIT);
        }
    }

    /** Arrow splits a vector without a copy if the bits begin at a whole byte. */
    @ParameterizedTest
    @EnumSource(names = "FLOAT2", mode = EnumSource.Mode.EXCLUDE)
    void slicedVectorsGiveTheExactResult(Vectors type) {
        NullableRows rows = NullableRows.random(
                Vectors.FLOAT4::rounded, type::rounded, NullableRows.Nulls.RARE, NullableRows.Nulls.HALF, 500, SEED);
        try (FieldVector predictions = predictions(rows, Vectors.FLOAT4);
                FieldVector targets = targets(rows, type)) {
            for (int first : new int[] {0, 1, 7, 8, 64, 65, 200}) {
                TransferPair prediction = predictions.getTransferPair(allocator);
                TransferPair target = targets.getTransferPair(allocator);
                prediction.splitAndTransfer(first, 300);
                target.splitAndTransfer(first, 300);
                try (FieldVector predictionSlice = (FieldVector) prediction.getTo();
                        FieldVector targetSlice = (FieldVector) target.getTo()) {
                    assertExact(rows.slice(first, 300), predictionSlice, targetSlice);
                }
            }
        }
    }

    @Test
    void runsAreTheVectorsOwnMemory() {
        NullableRows rows = NullableRows.random(
                Vectors.FLOAT4::rounded,
                Vectors.UINT1::rounded,
                NullableRows.Nulls.RARE,
                NullableRows.Nulls.RARE,
                5000,
                SEED);
        try (FieldVector predictions = predictions(rows, Vectors.FLOAT4);
                FieldVector targets = targets(rows, Vectors.UINT1);
                Arena arena = Arena.ofConfined()) {
            ArrowVectors.batch(predictions, targets, arena).forEachRun(run -> {
                assertThat(run.batch().predictions().segment().address())
                        .isEqualTo(predictions.getDataBufferAddress() + run.first() * Float.BYTES);
                assertThat(run.batch().targets().segment().address())
                        .isEqualTo(targets.getDataBufferAddress() + run.first());
            });
        }
    }

    @Test
    void rowsWithoutWeightAreNullToo() {
        boolean[] none = new boolean[4];
        try (FieldVector predictions = Vectors.FLOAT4.of("p", new double[] {0.5, 0.25, 0.75, 0.125}, none, allocator);
                FieldVector targets = Vectors.BIT.of("t", new double[] {1, 0, 1, 0}, none, allocator);
                FieldVector weights = Vectors.FLOAT4.of(
                        "w", new double[] {2, 0.5, -1, 4}, new boolean[] {false, false, true, false}, allocator);
                Arena arena = Arena.ofConfined()) {
            Accumulator sum = EVALUATOR.newAccumulator();
            ColumnBatch batch = ArrowVectors.batch(predictions, targets, weights, arena);
            assertThat(batch.nullCount()).isEqualTo(1);
            batch.addTo(sum);
            Batch expected = Batch.of(
                            Predictions.of(new float[] {0.5f, 0.25f, 0.125f}), Targets.of(new byte[] {1, 0, 0}))
                    .weights(Weights.of(new float[] {2, 0.5f, 4}));
            assertThat(sum.evaluate()).isEqualTo(EVALUATOR.evaluate(expected));
        }
    }

    /** The accumulator's options are those of the batch's elements. */
    @Test
    void logitsAndThresholdAreTheAccumulators() {
        double[] logits = {-1, 2, 0.5, -3};
        Evaluator evaluator = EVALUATOR.fromLogits().threshold(0.7);
        try (FieldVector predictions =
                        Vectors.FLOAT4.of("p", logits, new boolean[] {false, false, true, false}, allocator);
                FieldVector targets = Vectors.INT.of("t", new double[] {1, 1, 1, 0}, new boolean[4], allocator);
                Arena arena = Arena.ofConfined()) {
            Accumulator sum = evaluator.newAccumulator();
            ArrowVectors.batch(predictions, targets, arena).addTo(sum);
            assertThat(sum.evaluate())
                    .isEqualTo(evaluator.evaluate(
                            Predictions.of(new float[] {-1, 2, -3}), Targets.of(new byte[] {1, 1, 0})));
        }
    }

    @Test
    void strictModeNamesTheRowAndTheColumnsOwnValue() {
        boolean[] nulls = {false, true, false, false};
        try (FieldVector predictions = Vectors.FLOAT4.of("p", new double[] {0.5, 7, 0.25, 0.5}, nulls, allocator);
                FieldVector targets = Vectors.TINYINT.of("t", new double[] {1, 9, 0, -1}, new boolean[4], allocator);
                Arena arena = Arena.ofConfined()) {
            Accumulator sum = EVALUATOR.strict().newAccumulator();
            sum.add(Predictions.of(new float[] {0.5f}), Targets.of(new byte[] {1}));
            Evaluation before = sum.evaluate();
            ColumnBatch batch = ArrowVectors.batch(predictions, targets, arena);
            StrictModeException e = catchThrowableOfType(StrictModeException.class, () -> batch.addTo(sum));
            assertThat(e.argument()).isEqualTo(Argument.TARGETS);
            assertThat(e.index()).isEqualTo(3);
            assertThat(e.value()).isEqualTo(-1);
            assertThat(e).hasMessage("targets[3] is -1.0, and strict mode allows only 0 and 1");
            assertThat(sum.evaluate()).isEqualTo(before);
        }
    }

    @Test
    void badWeightIsNamedByItsRow() {
        boolean[] nulls = {true, false, false};
        try (FieldVector predictions = Vectors.FLOAT8.of("p", new double[3], nulls, allocator);
                FieldVector targets = Vectors.FLOAT8.of("t", new double[3], nulls, allocator);
                FieldVector weights = Vectors.FLOAT4.of("w", new double[] {-3, 1, -2}, nulls, allocator);
                Arena arena = Arena.ofConfined()) {
            Accumulator sum = EVALUATOR.newAccumulator();
            ColumnBatch batch = ArrowVectors.batch(predictions, targets, weights, arena);
            InvalidElementException e = catchThrowableOfType(InvalidElementException.class, () -> batch.addTo(sum));
            assertThat(e).hasMessage("weights[2] is -2.0, and a weight must be finite and not negative");
            assertThat(sum.evaluate().count()).isZero();
        }
    }

    @Test
    void columnsOfDifferentLengthAreRefused() {
        try (FieldVector two = Vectors.FLOAT4.of("p", new double[2], new boolean[2], allocator);
                FieldVector three = Vectors.FLOAT4.of("t", new double[3], new boolean[3], allocator);
                Arena arena = Arena.ofConfined()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ArrowVectors.batch(two, three, arena))
                    .withMessage("2 predictions, but 3 targets");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ArrowVectors.batch(two, two, three, arena))
                    .withMessage("2 predictions, but 3 weights");
        }
    }

    @Test
    void aNameThatTheRootLacksIsRefused() {
        try (FieldVector p = Vectors.FLOAT4.of("p", new double[2], new boolean[2], allocator);
                VectorSchemaRoot root = VectorSchemaRoot.of(p);
                Arena arena = Arena.ofConfined()) {
            assertRefused(
                    () -> ArrowVectors.batch(p, root.getVector("label"), arena),
                    "the vector is null: VectorSchemaRoot.getVector gives that for a name that the root lacks");
        }
    }

    @Test
    void typesThatDoNotFitAreRefused() {
        FieldType index = new FieldType(
                true, new ArrowType.Int(32, true), new DictionaryEncoding(1, false, new ArrowType.Int(32, true)));
        try (FieldVector floats = Vectors.FLOAT4.of("score", new double[1], new boolean[1], allocator);
                FieldVector halves = Vectors.FLOAT2.of("half", new double[1], new boolean[1], allocator);
                FieldVector ints = Vectors.INT.of("label", new double[1], new boolean[1], allocator);
                FieldVector shorts = new SmallIntVector("short", allocator);
                FieldVector text = new VarCharVector("text", allocator);
                FieldVector dictionary = new IntVector("dictionary", index, allocator);
                Arena arena = Arena.ofConfined()) {
            assertRefused(
                    () -> ArrowVectors.batch(ints, ints, arena),
                    "the column 'label' does not fit: predictions are of FLOAT16, BFLOAT16, FLOAT32 or FLOAT64, not INT32");
            assertRefused(
                    () -> ArrowVectors.batch(floats, halves, arena),
                    "the column 'half' does not fit: targets are of UINT8, INT8, INT32, INT64, FLOAT32, FLOAT64 or BITS,"
                            + " not FLOAT16");
            assertRefused(
                    () -> ArrowVectors.batch(floats, ints, ints, arena),
                    "the column 'label' does not fit: weights are of FLOAT32, not INT32");
            assertRefused(
                    () -> ArrowVectors.batch(floats, shorts, arena),
                    "the column 'short' has the type Int(16, true); supported are float16, float32, float64, uint8,"
                            + " int8, int32, int64 and bool");
            assertThatIllegalArgumentException().isThrownBy(() -> ArrowVectors.column(text, arena));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ArrowVectors.column(dictionary, arena))
                    .withMessageContaining("is dictionary-encoded");
        }
    }

    @Test
    void columnsWithoutNullsAreViewsOfTheirOwn() {
        boolean[] nulls = new boolean[3];
        try (FieldVector predictions = Vectors.FLOAT2.of("p", new double[] {0.5, 0.25, 1}, nulls, allocator);
                FieldVector targets = Vectors.BIT.of("t", new double[] {1, 0, 1}, nulls, allocator);
                FieldVector weights = Vectors.FLOAT4.of("w", new double[] {1, 2, 1}, nulls, allocator);
                FieldVector withNull =
                        Vectors.FLOAT4.of("n", new double[3], new boolean[] {false, true, false}, allocator);
                Arena arena = Arena.ofConfined()) {
            Batch batch = Batch.of(
                            ArrowVectors.column(predictions, arena).predictions(),
                            ArrowVectors.column(targets, arena).targets())
                    .weights(ArrowVectors.column(weights, arena).weights());
            assertThat(Loss.mnist().mean(batch)).isEqualTo((0.5 + 2 * 0.25 + 0) / 4);
            Column column = ArrowVectors.column(withNull, arena);
            assertRefused(column::predictions, "the column 'n' has 1 nulls; a ColumnBatch skips them");
            assertRefused(column::targets, "the column 'n' has 1 nulls; a ColumnBatch skips them");
            assertRefused(column::weights, "the column 'n' has 1 nulls; a ColumnBatch skips them");
        }
    }

    @Test
    void viewsOutliveTheirVectorsButNotTheirArena() {
        Predictions view;
        try (Arena arena = Arena.ofConfined()) {
            try (Float4Vector vector =
                    (Float4Vector) Vectors.FLOAT4.of("p", new double[] {0.5, 0.75}, new boolean[2], allocator)) {
                view = ArrowVectors.column(vector, arena).predictions();
            }
            assertThat(Loss.mnist().mean(view, Targets.of(new byte[] {1, 1}))).isEqualTo(0.375);
        }
        Targets targets = Targets.of(new byte[] {1, 1});
        assertThrows(IllegalStateException.class, () -> Loss.mnist().mean(view, targets));
    }

    private FieldVector predictions(NullableRows rows, Vectors type) {
        return type.of("prediction", rows.predictions, rows.predictionNulls, allocator);
    }

    private FieldVector targets(NullableRows rows, Vectors type) {
        return type.of("target", rows.targets, rows.targetNulls, allocator);
    }

    private void assertExact(NullableRows rows, Vectors predictionType, Vectors targetType) {
        try (FieldVector predictions = predictions(rows, predictionType);
                FieldVector targets = targets(rows, targetType)) {
            assertExact(rows, predictions, targets);
        }
    }

    private static void assertExact(NullableRows rows, FieldVector predictions, FieldVector targets) {
        String described = "%s and %s, seed %d".formatted(predictions.getMinorType(), targets.getMinorType(), SEED);
        try (Arena arena = Arena.ofConfined()) {
            Accumulator sum = EVALUATOR.newAccumulator();
            ColumnBatch batch = ArrowVectors.batch(predictions, targets, arena);
            batch.addTo(sum);
            assertThat(batch.rowCount()).isEqualTo(rows.count());
            assertThat(batch.nullCount()).as(described).isEqualTo(rows.nullCount());
            assertThat(NullableRows.text(sum)).as(described).isEqualTo(rows.expected());
        }
    }

    private static void assertRefused(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
