// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.util.stream.IntStream;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.execution.ExternalAppendOnlyUnsafeRowArray;
import org.apache.spark.sql.execution.metric.SQLMetric;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;

/** The rows of a task, by group and function, and the rows that it gives of their sums. Called by generated code. */
public final class GroupSums {
    /** The most groups in memory, which take 1 KiB or less each without their sums. */
    private static final int MAX_GROUPS = 1 << 16;

    /** The most sums in memory, of 5 KiB each. */
    private static final int MAX_SUMS = 1 << 14;

    private final SumFactory factory;
    private final UnsafeProjection projection;
    private final JoinedRow joined = new JoinedRow();

    private long rowCount;
    private GroupTable table;
    private GroupRows[] functions;

    /** What had to make room for other groups, on disk if need be. Null until there is some. */
    private ExternalAppendOnlyUnsafeRowArray former;

    GroupSums(SumFactory factory) {
        this.factory = factory;
        projection = UnsafeProjection.create(factory.rowTypes());
        clear();
        if (factory.hasOneGroup()) {
            table.find(new UnsafeRow(0));
        }
    }

    private void clear() {
        table = new GroupTable();
        functions = factory.newRows();
    }

    /** The number of a row's group, for this row alone. The group's row may be used again. */
    public int find(UnsafeRow group) {
        rowCount++;
        if (table.size() == MAX_GROUPS || functions[0].sumCount() >= MAX_SUMS) {
            makeRoom();
        }
        return table.find(group);
    }

    /** The number of the group where there is only one. */
    public int onlyGroup() {
        rowCount++;
        return 0;
    }

    /** The rows for a function. */
    public GroupRows rows(int function) {
        return functions[function];
    }

    private void makeRoom() {
        if (former == null) {
            // Nothing of its own in memory: it takes what Spark gives a task, and spills when that is little.
            former = new ExternalAppendOnlyUnsafeRowArray(0, 0, Integer.MAX_VALUE, Long.MAX_VALUE);
        }
        Iterator<UnsafeRow> rows = currentRows();
        while (rows.hasNext()) {
            former.add(rows.next());
        }
        clear();
    }

    /** Gives all groups with the byte forms of their sums, and counts the rows. A row is valid until the next one. */
    public Iterator<UnsafeRow> rows(SQLMetric inputRows, SQLMetric outputRows) {
        inputRows.add(rowCount);
        outputRows.add(table.size() + (former == null ? 0 : former.length()));
        Iterator<UnsafeRow> current = currentRows();
        return former == null ? current : former.generateIterator().concat(() -> current);
    }

    private Iterator<UnsafeRow> currentRows() {
        UnsafeRow group = new UnsafeRow(factory.groupingLength());
        return CollectionConverters.asScala(IntStream.range(0, table.size())
                .mapToObj(number -> {
                    table.get(number, group);
                    return projection.apply(joined.apply(group, sums(number)));
                })
                .iterator());
    }

    private InternalRow sums(int number) {
        Object[] bytes = new Object[functions.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = functions[i].toBytes(number);
        }
        return new GenericInternalRow(bytes);
    }
}
