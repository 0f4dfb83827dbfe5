// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import io.github.exactloss.Evaluator;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** Makes the sums of groups, one for each function. It travels to the executors. Called by generated code. */
@SuppressWarnings("serial") // A DataType is serializable; its type does not say so.
public final class SumFactory implements Serializable {
    private static final long serialVersionUID = 1;

    private final DataType[] grouping;
    private final Settings[] settings;
    private final Columns[] columns;

    /**
     * For functions with these settings.
     *
     * @param grouping the types of the columns that are grouped by
     * @param columns where the functions find their arguments
     */
    SumFactory(List<DataType> grouping, List<Settings> settings, List<Columns> columns) {
        this.grouping = grouping.toArray(DataType[]::new);
        this.settings = settings.toArray(Settings[]::new);
        this.columns = columns.toArray(Columns[]::new);
    }

    /** The types of a row of a group: what it is grouped by, and the byte form of each sum. */
    DataType[] rowTypes() {
        DataType[] types = Arrays.copyOf(grouping, grouping.length + settings.length);
        Arrays.fill(types, grouping.length, types.length, DataTypes.BinaryType);
        return types;
    }

    /** The number of functions. */
    int count() {
        return settings.length;
    }

    /** Sums for a task. */
    public GroupSums newGroups() {
        return new GroupSums(this);
    }

    /** Whether there is one group, even without rows. */
    boolean hasOneGroup() {
        return grouping.length == 0;
    }

    int groupingLength() {
        return grouping.length;
    }

    /** Sums of all rows, one for each function. */
    ScoreSum[] newSums() {
        ScoreSum[] sums = new ScoreSum[settings.length];
        Arrays.setAll(sums, i -> newSum(i, settings[i].evaluator()));
        return sums;
    }

    /** Rows of groups, for each function. */
    GroupRows[] newRows() {
        GroupRows[] rows = new GroupRows[settings.length];
        Arrays.setAll(rows, i -> {
            Evaluator evaluator = settings[i].evaluator();
            return new GroupRows(columns[i], () -> newSum(i, evaluator), hasOneGroup());
        });
        return rows;
    }

    private ScoreSum newSum(int function, Evaluator evaluator) {
        return new ScoreSum(columns[function], evaluator, settings[function].refuseNulls());
    }
}
