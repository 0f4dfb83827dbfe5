// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.util.Arrays;
import java.util.function.Supplier;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.unsafe.Platform;

/**
 * The rows of a task's groups for one function. A row waits with others in the order of the task; then it is moved to those of
 * its group, which go to the group's sum when there are enough for a native call. A group with few rows has no sum until the
 * end. Called by generated code.
 */
public final class GroupRows {
    /** The most rows that wait: so many values of all columns fit into the cache of a core. */
    static final int WAITING = 1024;

    /** The most rows of a group. A native call then costs some nanoseconds for each. */
    private static final int BATCH = 128;

    /** The logarithm of the number of groups whose rows lie in one array. */
    private static final int LOG2_GROUPS = 8;

    private static final long BASE = Platform.LONG_ARRAY_OFFSET;

    private final Columns columns;
    private final Supplier<ScoreSum> newSum;
    private final boolean hasOneGroup;

    // The waiting rows without null, and the number that each has among all.
    private final long[] predictions;
    private final long[] targets;
    private final long[] weights;
    private final int[] rows = new int[WAITING];
    private int size;

    /** The waiting rows with a null: the number of the row, and in the two lowest bits that of the argument. */
    private final int[] nulls = new int[WAITING];

    private int nullCount;

    // Array i has the rows of the groups from i << LOG2_GROUPS on.
    private long[][] groupPredictions = {};
    private long[][] groupTargets = {};
    private long[][] groupWeights = {};

    /** The number of rows of each group. */
    private int[] groupSizes = {};

    /** The sum of each group; null if it has none yet. */
    private ScoreSum[] sums = {};

    private int sumCount;

    /** @param hasOneGroup whether there is only the group 0 */
    GroupRows(Columns columns, Supplier<ScoreSum> newSum, boolean hasOneGroup) {
        this.columns = columns;
        this.newSum = newSum;
        this.hasOneGroup = hasOneGroup;
        predictions = columns.prediction().elements().allocate(WAITING);
        targets = columns.target().elements().allocate(WAITING);
        weights = columns.weight() == null ? null : columns.weight().elements().allocate(WAITING);
    }

    /**
     * Begins a row without null, of which each argument is set then.
     *
     * @param row its number
     * @return the index for the setters
     */
    public int beginRow(int row) {
        if (size == WAITING) {
            addToOnlyGroup(); // otherwise GroupSums has distributed them
        }
        rows[size] = row;
        return size;
    }

    /** Sets the prediction. */
    public void prediction(int index, float value) {
        Platform.putFloat(predictions, BASE + (long) index * Float.BYTES, value);
    }

    /** Sets the prediction. */
    public void prediction(int index, double value) {
        Platform.putDouble(predictions, BASE + (long) index * Double.BYTES, value);
    }

    /** Sets the target. */
    public void target(int index, boolean value) {
        target(index, value ? (byte) 1 : 0);
    }

    /** Sets the target. */
    public void target(int index, byte value) {
        Platform.putByte(targets, BASE + index, value);
    }

    /** Sets the target. */
    public void target(int index, short value) {
        target(index, (int) value);
    }

    /** Sets the target. */
    public void target(int index, int value) {
        Platform.putInt(targets, BASE + (long) index * Integer.BYTES, value);
    }

    /** Sets the target. */
    public void target(int index, long value) {
        Platform.putLong(targets, BASE + (long) index * Long.BYTES, value);
    }

    /** Sets the target. */
    public void target(int index, float value) {
        Platform.putFloat(targets, BASE + (long) index * Float.BYTES, value);
    }

    /** Sets the target. */
    public void target(int index, double value) {
        Platform.putDouble(targets, BASE + (long) index * Double.BYTES, value);
    }

    /** Sets the weight. */
    public void weight(int index, float value) {
        Platform.putFloat(weights, BASE + (long) index * Float.BYTES, value);
    }

    /** Ends the row. */
    public void endRow() {
        size++;
    }

    /**
     * Leaves a row out, or refuses it.
     *
     * @param row its number
     * @param argument the number of the first argument that is null
     */
    public void addNull(int row, int argument) {
        if (hasOneGroup) {
            sum(0).addNull(argument);
        } else {
            nulls[nullCount++] = row << 2 | argument;
        }
    }

    /** Adds a row that has the arguments in the columns. */
    void add(int row, UnsafeRow values) {
        int nullArgument = columns.firstNull(values);
        if (nullArgument >= 0) {
            addNull(row, nullArgument);
            return;
        }
        int index = beginRow(row);
        columns.prediction().set(predictions, index, values);
        columns.target().set(targets, index, values);
        if (weights != null) {
            columns.weight().set(weights, index, values);
        }
        endRow();
    }

    /**
     * Moves the waiting rows to their groups.
     *
     * @param groups the number of each row's group
     * @param groupCount the number of groups
     */
    void distribute(int[] groups, int groupCount) {
        makeRoom(groupCount);
        if (hasOneGroup) {
            addToOnlyGroup();
            return;
        }
        for (int i = 0; i < size; i++) {
            int group = groups[rows[i]];
            if (groupSizes[group] == BATCH) {
                flush(group, sum(group));
            }
            int array = group >> LOG2_GROUPS;
            int index = first(group) + groupSizes[group]++;
            columns.prediction().elements().move(predictions, i, groupPredictions[array], index);
            columns.target().elements().move(targets, i, groupTargets[array], index);
            if (weights != null) {
                columns.weight().elements().move(weights, i, groupWeights[array], index);
            }
        }
        for (int i = 0; i < nullCount; i++) {
            sum(groups[nulls[i] >> 2]).addNull(nulls[i] & 3);
        }
        size = 0;
        nullCount = 0;
    }

    private void addToOnlyGroup() {
        int count = size;
        size = 0;
        addTo(sum(0), predictions, targets, weights, 0, count);
    }

    /** The number of groups that have a sum, which is what takes memory. */
    int sumCount() {
        return sumCount;
    }

    /** The byte form of a group's sum. */
    byte[] toBytes(int group) {
        ScoreSum sum = sums[group] == null ? newSum.get() : sums[group];
        flush(group, sum);
        return sum.toBytes();
    }

    private ScoreSum sum(int group) {
        makeRoom(group + 1);
        if (sums[group] == null) {
            sums[group] = newSum.get();
            sumCount++;
        }
        return sums[group];
    }

    private static int first(int group) {
        return group % (1 << LOG2_GROUPS) * BATCH;
    }

    private void flush(int group, ScoreSum sum) {
        int count = groupSizes[group];
        groupSizes[group] = 0;
        int array = group >> LOG2_GROUPS;
        addTo(sum, groupPredictions[array], groupTargets[array], groupWeights[array], first(group), count);
    }

    private void addTo(ScoreSum sum, long[] p, long[] t, long[] w, int first, int count) {
        if (count > 0) {
            sum.add(
                    columns.prediction().elements().slice(p, first, count),
                    columns.target().elements().slice(t, first, count),
                    w == null ? null : columns.weight().elements().slice(w, first, count));
        }
    }

    /** Makes room for the rows of so many groups. */
    private void makeRoom(int groupCount) {
        if (groupCount <= sums.length) {
            return;
        }
        int arrays = ((groupCount - 1) >> LOG2_GROUPS) + 1;
        sums = Arrays.copyOf(sums, arrays << LOG2_GROUPS);
        groupSizes = Arrays.copyOf(groupSizes, sums.length);
        groupPredictions = grown(groupPredictions, arrays, columns.prediction());
        groupTargets = grown(groupTargets, arrays, columns.target());
        groupWeights = weights == null ? new long[arrays][] : grown(groupWeights, arrays, columns.weight());
    }

    /** Without the arrays where rows of one group are never moved to. */
    private long[][] grown(long[][] old, int arrays, Columns.Column column) {
        long[][] grown = Arrays.copyOf(old, arrays);
        for (int i = old.length; i < arrays && !hasOneGroup; i++) {
            grown[i] = column.elements().allocate(BATCH << LOG2_GROUPS);
        }
        return grown;
    }
}
