// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.execution.metric.SQLMetric;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;

/** The sums of a task's groups, and the rows that it gives of them. Called by generated code. */
public final class GroupSums {
    private final SumFactory factory;
    private final Map<UnsafeRow, ScoreSum[]> groups = new HashMap<>();

    /** Null if there is more than one group. */
    private ScoreSum[] only;

    GroupSums(SumFactory factory) {
        this.factory = factory;
        if (factory.hasOneGroup()) {
            only = newGroup(new UnsafeRow(0));
        }
    }

    /** The sums of a group, whose row may be used again. */
    public ScoreSum[] find(UnsafeRow group) {
        if (only != null) {
            return only;
        }
        ScoreSum[] sums = groups.get(group);
        return sums == null ? newGroup(group.copy()) : sums;
    }

    private ScoreSum[] newGroup(UnsafeRow group) {
        ScoreSum[] sums = factory.newSums();
        groups.put(group, sums);
        return sums;
    }

    /** A row of each group and the byte forms of its sums, valid until the next one, which are counted. */
    public Iterator<InternalRow> rows(SQLMetric count) {
        UnsafeProjection projection = UnsafeProjection.create(factory.rowTypes());
        JoinedRow joined = new JoinedRow();
        return CollectionConverters.asScala(groups.entrySet().stream()
                .map(group -> {
                    count.add(1);
                    return (InternalRow) projection.apply(joined.apply(group.getKey(), bytes(group.getValue())));
                })
                .iterator());
    }

    private static InternalRow bytes(ScoreSum[] sums) {
        return new GenericInternalRow(Arrays.stream(sums).map(ScoreSum::toBytes).toArray());
    }
}
