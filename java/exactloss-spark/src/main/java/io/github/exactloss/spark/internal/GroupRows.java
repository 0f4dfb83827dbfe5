// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.util.Arrays;
import java.util.function.Supplier;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.unsafe.Platform;

/**
 * The rows of a task's groups for one function. Those of a group are collected, and go to its sum when there are enough for a
 * native call. A group with few rows has no sum until the end. Called by generated code.
 */
public final class GroupRows {
    /** The most rows that are collected where there is one group. */
    private static final int LONG_BATCH = 4096;

    /** The same where there may be many groups. A native call then costs some nanoseconds for each row. */
    private static final int SHORT_BATCH = 64;

    /** The logarithm of the number of groups whose rows lie in one array. */
    private static final int LOG2_GROUPS = 8;

    private static final long BASE = Platform.LONG_ARRAY_OFFSET;

    private final Columns columns;
    private final Supplier<ScoreSum> newSum;
    private final int batch;
    private final int groupsOfArray;

    // Array i has the rows of the groups from i << LOG2_GROUPS on.
    private long[][] predictions = {};
    private long[][] targets = {};
    private long[][] weights = {};

    /** The number of rows that are collected, for each group. */
    private int[] sizes = {};

    /** The sum of each group; null if it has none yet. */
    private ScoreSum[] sums = {};

    private int sumCount;

    // Where the current row goes.
    private int group;
    private int index;
    private long[] prediction;
    private long[] target;
    private long[] weight;

    /** @param oneGroup whether there is only the group 0 */
    GroupRows(Columns columns, Supplier<ScoreSum> newSum, boolean oneGroup) {
        this.columns = columns;
        this.newSum = newSum;
        batch = oneGroup ? LONG_BATCH : SHORT_BATCH;
        groupsOfArray = oneGroup ? 1 : 1 << LOG2_GROUPS;
    }

    /** Begins a row, of which each argument is set then. */
    public void beginRow(int number) {
        if (number >= sizes.length) {
            makeRoom(number);
        }
        if (sizes[number] == batch) {
            flush(number, sum(number));
        }
        group = number;
        index = number % (1 << LOG2_GROUPS) * batch + sizes[number];
        int array = number >> LOG2_GROUPS;
        prediction = predictions[array];
        target = targets[array];
        weight = weights[array];
    }

    /** Sets the prediction. */
    public void prediction(float value) {
        Platform.putFloat(prediction, BASE + (long) index * Float.BYTES, value);
    }

    /** Sets the prediction. */
    public void prediction(double value) {
        Platform.putDouble(prediction, BASE + (long) index * Double.BYTES, value);
    }

    /** Sets the target. */
    public void target(boolean value) {
        target(value ? (byte) 1 : 0);
    }

    /** Sets the target. */
    public void target(byte value) {
        Platform.putByte(target, BASE + index, value);
    }

    /** Sets the target. */
    public void target(short value) {
        target((int) value);
    }

    /** Sets the target. */
    public void target(int value) {
        Platform.putInt(target, BASE + (long) index * Integer.BYTES, value);
    }

    /** Sets the target. */
    public void target(long value) {
        Platform.putLong(target, BASE + (long) index * Long.BYTES, value);
    }

    /** Sets the target. */
    public void target(float value) {
        Platform.putFloat(target, BASE + (long) index * Float.BYTES, value);
    }

    /** Sets the target. */
    public void target(double value) {
        Platform.putDouble(target, BASE + (long) index * Double.BYTES, value);
    }

    /** Sets the weight. */
    public void weight(float value) {
        Platform.putFloat(weight, BASE + (long) index * Float.BYTES, value);
    }

    /** Ends the row. */
    public void endRow() {
        sizes[group]++;
    }

    /**
     * Leaves a row out, or refuses it.
     *
     * @param argument the number of the first argument that is null
     */
    public void addNull(int number, int argument) {
        if (number >= sizes.length) {
            makeRoom(number);
        }
        sum(number).addNull(argument);
    }

    /** Adds a row that has the arguments in the columns. */
    void add(int number, UnsafeRow row) {
        int nullArgument = columns.firstNull(row);
        if (nullArgument >= 0) {
            addNull(number, nullArgument);
            return;
        }
        beginRow(number);
        columns.prediction().set(prediction, index, row);
        columns.target().set(target, index, row);
        if (columns.weight() != null) {
            columns.weight().set(weight, index, row);
        }
        endRow();
    }

    /** The number of groups that have a sum, which is what takes memory. */
    int sumCount() {
        return sumCount;
    }

    /** The byte form of a group's sum. */
    byte[] toBytes(int number) {
        if (number >= sizes.length) {
            return newSum.get().toBytes();
        }
        ScoreSum sum = sums[number] == null ? newSum.get() : sums[number];
        flush(number, sum);
        return sum.toBytes();
    }

    private ScoreSum sum(int number) {
        if (sums[number] == null) {
            sums[number] = newSum.get();
            sumCount++;
        }
        return sums[number];
    }

    private void flush(int number, ScoreSum sum) {
        int count = sizes[number];
        if (count > 0) {
            sizes[number] = 0;
            int first = number % (1 << LOG2_GROUPS) * batch;
            int array = number >> LOG2_GROUPS;
            sum.add(
                    columns.prediction().elements().slice(predictions[array], first, count),
                    columns.target().elements().slice(targets[array], first, count),
                    columns.weight() == null
                            ? null
                            : columns.weight().elements().slice(weights[array], first, count));
        }
    }

    /** Makes room for the rows of more groups. */
    private void makeRoom(int number) {
        int arrays = (number >> LOG2_GROUPS) + 1;
        sizes = Arrays.copyOf(sizes, arrays * groupsOfArray);
        sums = Arrays.copyOf(sums, sizes.length);
        predictions = grown(predictions, arrays, columns.prediction());
        targets = grown(targets, arrays, columns.target());
        weights = columns.weight() == null ? new long[arrays][] : grown(weights, arrays, columns.weight());
    }

    private long[][] grown(long[][] old, int arrays, Columns.Column column) {
        long[][] grown = Arrays.copyOf(old, arrays);
        for (int i = old.length; i < arrays; i++) {
            grown[i] = column.elements().allocate(groupsOfArray * batch);
        }
        return grown;
    }
}
