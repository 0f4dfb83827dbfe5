// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.execution.ExternalAppendOnlyUnsafeRowArray;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.unsafe.Platform;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The rows of a task, by group and function, and the rows that it gives of their sums. Called by generated code.
 *
 * <p>Rows wait for each other, and find their groups together: short loops of independent lookups keep the memory busy, where
 * a lookup in the long code for each row would wait for the one before.
 */
public final class GroupSums {
    /** About the most groups in memory, which take 0.7 to 2.6 kB each without their sums. */
    private static final int MAX_GROUPS = 1 << 15;

    /** About the most sums in memory, of 5 kB each. */
    private static final int MAX_SUMS = 1 << 14;

    private final SumFactory factory;
    private final UnsafeProjection projection;
    private final JoinedRow joined = new JoinedRow();
    private long rowCount;

    private GroupTable table;
    private GroupRows[] functions;

    // The groups of the waiting rows: all words, the end of each row's words, and what is found for each row.
    private long[] words = new long[GroupRows.WAITING];
    private final int[] ends = new int[GroupRows.WAITING + 1];
    private final long[] hashes = new long[GroupRows.WAITING];
    private final int[] numbers = new int[GroupRows.WAITING];
    private int waiting;

    /** What had to make room for other groups, on disk if need be. Null until there is some. */
    private ExternalAppendOnlyUnsafeRowArray former;

    GroupSums(SumFactory factory) {
        this.factory = factory;
        projection = UnsafeProjection.create(factory.rowTypes());
        clear();
        if (factory.hasOneGroup()) {
            table.find(0, words, 0, 0);
        }
    }

    private void clear() {
        table = new GroupTable();
        functions = factory.newRows();
    }

    /** Takes a row's group, whose memory may be used again, and gives the number of the waiting row. */
    public int add(UnsafeRow group) {
        if (waiting == GroupRows.WAITING) {
            findGroups();
        }
        rowCount++;
        int from = ends[waiting];
        int end = from + group.getSizeInBytes() / Long.BYTES;
        if (end > words.length) {
            words = Arrays.copyOf(words, Math.max(end, words.length * 2));
        }
        Object base = group.getBaseObject();
        long offset = group.getBaseOffset();
        for (int i = from; i < end; i++) {
            words[i] = Platform.getLong(base, offset + (long) (i - from) * Long.BYTES);
        }
        waiting++;
        ends[waiting] = end;
        return waiting - 1;
    }

    /** Takes a row where there is only one group. */
    public int add() {
        rowCount++;
        return 0;
    }

    /** The rows for a function. */
    public GroupRows rows(int function) {
        return functions[function];
    }

    private void findGroups() {
        for (int row = 0; row < waiting; row++) {
            hashes[row] = GroupTable.hash(words, ends[row], ends[row + 1]);
        }
        for (int row = 0; row < waiting; row++) {
            numbers[row] = table.find(hashes[row], words, ends[row], ends[row + 1]);
        }
        for (GroupRows function : functions) {
            function.distribute(numbers, table.size());
        }
        waiting = 0;
        if (table.size() > MAX_GROUPS || functions[0].sumCount() > MAX_SUMS) {
            makeRoom();
        }
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
        findGroups();
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
