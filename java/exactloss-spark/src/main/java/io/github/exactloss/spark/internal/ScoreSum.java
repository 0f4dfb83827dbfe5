// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Batch;
import io.github.exactloss.Evaluator;
import io.github.exactloss.InvalidElementException;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import io.github.exactloss.spark.DatasetEvaluation;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * The sum of rows: an accumulator, and the number of rows that were left out for a null. Rows that come one by one are
 * collected, and go to the native code when there are enough.
 *
 * <p>Its byte form is the number of nulls as 8 bytes, little-endian, and that of the accumulator.
 */
final class ScoreSum {
    /** The most rows that are collected. A native call then costs some nanoseconds for each. */
    private static final int BATCH = 64;

    /** What a message about a null says of SQL's option; other ways to ask have another name for it. */
    static final String SKIP_NULLS = "map('nulls', 'skip')";

    private final Columns columns;
    private final boolean refuseNulls;
    private final Accumulator accumulator;
    private long nullCount;

    // The rows that the accumulator does not have yet. Null until there are some.
    private long[] predictions;
    private long[] targets;
    private long[] weights;
    private int size;

    /** Of no rows. */
    ScoreSum(Columns columns, Evaluator evaluator, boolean refuseNulls) {
        this(columns, refuseNulls, evaluator.newAccumulator());
    }

    /** From a byte form. */
    ScoreSum(Columns columns, Evaluator evaluator, boolean refuseNulls, byte[] bytes) {
        this(columns, refuseNulls, accumulator(bytes, evaluator));
        nullCount = nullCount(bytes);
    }

    private ScoreSum(Columns columns, boolean refuseNulls, Accumulator accumulator) {
        this.columns = columns;
        this.refuseNulls = refuseNulls;
        this.accumulator = accumulator;
    }

    /** Adds a row. */
    void add(SpecializedGetters row) {
        int nullArgument = columns.firstNull(row);
        if (nullArgument >= 0) {
            addNull(nullArgument);
            return;
        }
        if (predictions == null) {
            predictions = columns.prediction().elements().allocate(BATCH);
            targets = columns.target().elements().allocate(BATCH);
            weights = columns.weight() == null
                    ? null
                    : columns.weight().elements().allocate(BATCH);
        }
        columns.prediction().set(predictions, size, row);
        columns.target().set(targets, size, row);
        if (weights != null) {
            columns.weight().set(weights, size, row);
        }
        size++;
        if (size == BATCH) {
            flush();
        }
    }

    /** Adds all rows of a batch. Columns that have nulls are read row by row. */
    void add(ColumnarBatch batch) {
        ColumnVector p = batch.column(columns.prediction().ordinal());
        ColumnVector t = batch.column(columns.target().ordinal());
        ColumnVector w =
                columns.weight() == null ? null : batch.column(columns.weight().ordinal());
        int count = batch.numRows();
        if (p.hasNull() || t.hasNull() || (w != null && w.hasNull())) {
            for (int row = 0; row < count; row++) {
                add(batch.getRow(row));
            }
        } else if (count > 0) {
            add(
                    columns.prediction().elements().of(p, count),
                    columns.target().elements().of(t, count),
                    w == null ? null : columns.weight().elements().of(w, count));
        }
    }

    /**
     * Leaves a row out, or refuses it.
     *
     * @param argument the number of the first argument that is null
     */
    void addNull(int argument) {
        if (refuseNulls) {
            String name = columns.get(argument).name();
            throw new IllegalArgumentException("the column " + name + " has a null; leave such rows out by WHERE "
                    + name + " IS NOT NULL, or skip and count them: " + SKIP_NULLS);
        }
        nullCount++;
    }

    /** Adds the rows that were collected. */
    private void flush() {
        if (size > 0) {
            int count = size;
            size = 0;
            add(
                    columns.prediction().elements().slice(predictions, 0, count),
                    columns.target().elements().slice(targets, 0, count),
                    weights == null ? null : columns.weight().elements().slice(weights, 0, count));
        }
    }

    /**
     * Adds elements of the columns' types, as many of each.
     *
     * @param w null if there are none
     */
    void add(MemorySegment p, MemorySegment t, MemorySegment w) {
        Batch batch = Batch.of(
                Predictions.of(p, columns.prediction().elements().type()),
                Targets.of(t, columns.target().elements().type()));
        try {
            accumulator.add(w == null ? batch : batch.weights(Weights.of(w)));
        } catch (InvalidElementException e) {
            throw new IllegalArgumentException(
                    "the column " + columns.of(e.argument()).name() + " has " + e.value() + ", and " + e.rule(), e);
        }
    }

    /** Adds another sum. */
    void merge(ScoreSum other) {
        other.flush();
        accumulator.merge(other.accumulator);
        nullCount += other.nullCount;
    }

    byte[] toBytes() {
        flush();
        byte[] bytes = accumulator.toBytes();
        return ByteBuffer.allocate(Long.BYTES + bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(nullCount)
                .put(bytes)
                .array();
    }

    /** The evaluation of a sum's byte form. */
    static DatasetEvaluation read(byte[] bytes, Evaluator evaluator) {
        return new DatasetEvaluation(accumulator(bytes, evaluator).evaluate(), nullCount(bytes));
    }

    private static long nullCount(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    private static Accumulator accumulator(byte[] bytes, Evaluator evaluator) {
        return evaluator.accumulatorFromBytes(Arrays.copyOfRange(bytes, Long.BYTES, bytes.length));
    }

    /** What has been added so far. */
    DatasetEvaluation evaluate() {
        flush();
        return new DatasetEvaluation(accumulator.evaluate(), nullCount);
    }
}
