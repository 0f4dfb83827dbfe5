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
    private final int maxCapacity;

    private transient Evaluator[] evaluators;

    /**
     * For functions with these settings.
     *
     * @param grouping the types of the columns that are grouped by
     * @param columns where the functions find their arguments
     * @param maxCapacity the most rows that a sum collects for a native call
     */
    SumFactory(List<DataType> grouping, List<Settings> settings, List<Columns> columns, int maxCapacity) {
        this.grouping = grouping.toArray(DataType[]::new);
        this.settings = settings.toArray(Settings[]::new);
        this.columns = columns.toArray(Columns[]::new);
        this.maxCapacity = maxCapacity;
    }

    /** The types of a row of a group: what it is grouped by, and the byte form of each sum. */
    DataType[] rowTypes() {
        DataType[] types = Arrays.copyOf(grouping, grouping.length + settings.length);
        Arrays.fill(types, grouping.length, types.length, DataTypes.BinaryType);
        return types;
    }

    /** Sums for a task. */
    public GroupSums newGroups() {
        return new GroupSums(this);
    }

    /** Whether there is one group, even without rows. */
    boolean hasOneGroup() {
        return grouping.length == 0;
    }

    /** Sums for a group. */
    ScoreSum[] newSums() {
        if (evaluators == null) {
            evaluators = Arrays.stream(settings).map(Settings::evaluator).toArray(Evaluator[]::new);
        }
        ScoreSum[] sums = new ScoreSum[settings.length];
        Arrays.setAll(
                sums, i -> new ScoreSum(columns[i], evaluators[i], settings[i].refuseNulls(), maxCapacity));
        return sums;
    }
}
