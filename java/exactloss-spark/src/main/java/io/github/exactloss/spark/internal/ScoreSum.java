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
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * The sum of rows: an accumulator, and the number of rows that were left out for a null. Rows that come one by one are
 * collected in arrays, and go to the native code when these are full.
 *
 * <p>Its byte form is the number of nulls as 8 bytes, little-endian, and that of the accumulator.
 */
public final class ScoreSum {
    /** The most rows that a sum collects for a native call where there are few sums. */
    static final int LONG_BATCH = 4096;

    /** The same where there may be many. A native call then costs a nanosecond or two for each row. */
    static final int SHORT_BATCH = 64;

    private static final int FIRST_CAPACITY = 32;

    private final Columns columns;
    private final boolean refuseNulls;
    private final int maxCapacity;
    private final Accumulator accumulator;
    private long nullCount;

    // The rows that the accumulator does not have yet. Null until there are some.
    private MemorySegment predictions;
    private MemorySegment targets;
    private MemorySegment weights;
    private int capacity;
    private int size;

    /** @param maxCapacity the most rows that are collected for a native call */
    ScoreSum(Columns columns, Evaluator evaluator, boolean refuseNulls, int maxCapacity) {
        this.columns = columns;
        this.refuseNulls = refuseNulls;
        this.maxCapacity = maxCapacity;
        this.accumulator = evaluator.newAccumulator();
    }

    /** Adds a row. */
    void add(SpecializedGetters row) {
        int nullArgument = columns.firstNull(row);
        if (nullArgument >= 0) {
            addNull(nullArgument);
            return;
        }
        beginRow();
        columns.prediction().elements().set(predictions, size, row, columns.prediction().ordinal());
        columns.target().elements().set(targets, size, row, columns.target().ordinal());
        if (weights != null) {
            columns.weight().elements().set(weights, size, row, columns.weight().ordinal());
        }
        endRow();
    }

    /** Makes room for a row, of which generated code then sets each argument. */
    public void beginRow() {
        if (size == capacity) {
            makeRoom();
        }
    }

    /** Sets a row's prediction. */
    public void prediction(float value) {
        predictions.setAtIndex(ValueLayout.JAVA_FLOAT, size, value);
    }

    /** Sets a row's prediction. */
    public void prediction(double value) {
        predictions.setAtIndex(ValueLayout.JAVA_DOUBLE, size, value);
    }

    /** Sets a row's target. */
    public void target(boolean value) {
        targets.setAtIndex(ValueLayout.JAVA_BYTE, size, value ? (byte) 1 : 0);
    }

    /** Sets a row's target. */
    public void target(byte value) {
        targets.setAtIndex(ValueLayout.JAVA_BYTE, size, value);
    }

    /** Sets a row's target. */
    public void target(short value) {
        target((int) value);
    }

    /** Sets a row's target. */
    public void target(int value) {
        targets.setAtIndex(ValueLayout.JAVA_INT, size, value);
    }

    /** Sets a row's target. */
    public void target(long value) {
        targets.setAtIndex(ValueLayout.JAVA_LONG, size, value);
    }

    /** Sets a row's target. */
    public void target(float value) {
        targets.setAtIndex(ValueLayout.JAVA_FLOAT, size, value);
    }

    /** Sets a row's target. */
    public void target(double value) {
        targets.setAtIndex(ValueLayout.JAVA_DOUBLE, size, value);
    }

    /** Sets a row's weight. */
    public void weight(float value) {
        weights.setAtIndex(ValueLayout.JAVA_FLOAT, size, value);
    }

    /** Ends a row whose arguments are set. */
    public void endRow() {
        size++;
    }

    /** Adds all rows of a batch. Columns that have nulls are read row by row. */
    void add(ColumnarBatch batch) {
        ColumnVector p = batch.column(columns.prediction().ordinal());
        ColumnVector t = batch.column(columns.target().ordinal());
        ColumnVector w = columns.weight() == null ? null : batch.column(columns.weight().ordinal());
        int count = batch.numRows();
        if (p.hasNull() || t.hasNull() || (w != null && w.hasNull())) {
            for (int row = 0; row < count; row++) {
                add(batch.getRow(row));
            }
        } else if (count > 0) {
            add(
                    columns.prediction().elements().of(p, count),
                    columns.target().elements().of(t, count),
                    w == null ? null : columns.weight().elements().of(w, count),
                    count);
        }
    }

    /**
     * Leaves a row out, or refuses it.
     *
     * @param argument the number of the first argument that is null
     */
    public void addNull(int argument) {
        if (refuseNulls) {
            String name = columns.get(argument).name();
            throw new IllegalArgumentException("the column " + name + " has a null; leave such rows out by WHERE " + name
                    + " IS NOT NULL, or have them skipped and counted");
        }
        nullCount++;
    }

    private void makeRoom() {
        if (capacity == maxCapacity) {
            flush();
            return;
        }
        capacity = Math.clamp(capacity * 2L, FIRST_CAPACITY, maxCapacity);
        predictions = grown(predictions, columns.prediction());
        targets = grown(targets, columns.target());
        weights = columns.weight() == null ? null : grown(weights, columns.weight());
    }

    private MemorySegment grown(MemorySegment old, Columns.Column column) {
        MemorySegment memory = column.elements().allocate(capacity);
        return old == null ? memory : memory.copyFrom(old);
    }

    /** Adds the rows that were collected. */
    private void flush() {
        if (size > 0) {
            int count = size;
            size = 0;
            add(predictions, targets, weights, count);
        }
    }

    /**
     * Adds elements of the columns' types.
     *
     * @param w null if there are none
     */
    private void add(MemorySegment p, MemorySegment t, MemorySegment w, int count) {
        Predictions ps = Predictions.of(elements(p, columns.prediction(), count), columns.prediction().elements().type());
        Targets ts = Targets.of(elements(t, columns.target(), count), columns.target().elements().type());
        Batch batch = Batch.of(ps, ts);
        try {
            accumulator.add(w == null ? batch : batch.weights(Weights.of(elements(w, columns.weight(), count))));
        } catch (InvalidElementException e) {
            throw new IllegalArgumentException(
                    "the column " + columns.of(e.argument()).name() + " has " + e.value() + ", and " + e.rule(), e);
        }
    }

    private static MemorySegment elements(MemorySegment memory, Columns.Column column, int count) {
        return memory.asSlice(0, column.elements().type().bytes(count));
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

    /** Adds a sum's byte form. */
    void merge(byte[] bytes) {
        accumulator.merge(accumulator(bytes, accumulator.evaluator()));
        nullCount += nullCount(bytes);
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
