// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.util.Arrays;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.array.ByteArrayMethods;

/**
 * Numbers the groups of a task from 0 on. A hash table whose keys lie in one array: a lookup waits for the memory of two or
 * three cache lines, where one of objects would wait for seven.
 */
final class GroupTable {
    private static final int FIRST_CAPACITY = 1 << 10;

    /** The hash of a group in the upper half, its number plus 1 in the lower one; 0 where the slot is free. */
    private long[] slots = new long[FIRST_CAPACITY];

    /** The groups as Spark's rows, one after the other; their sizes are multiples of 8 bytes. */
    private long[] keys = new long[FIRST_CAPACITY];

    /** Where a group begins in {@code keys}; one more entry has the end. */
    private int[] starts = new int[FIRST_CAPACITY];

    private int size;

    int size() {
        return size;
    }

    /** The number of a group, new or not. The row may be used again. */
    int find(UnsafeRow group) {
        int hash = group.hashCode();
        int slot = hash & (slots.length - 1);
        while (slots[slot] != 0) {
            int number = (int) slots[slot] - 1;
            if ((int) (slots[slot] >>> Integer.SIZE) == hash && isAt(number, group)) {
                return number;
            }
            slot = (slot + 1) & (slots.length - 1);
        }
        slots[slot] = (long) hash << Integer.SIZE | size + 1;
        append(group);
        if (size > slots.length / 2) {
            growSlots();
        }
        return size - 1;
    }

    /** Makes a row point to a group. */
    void get(int number, UnsafeRow row) {
        row.pointTo(keys, address(number), bytes(number));
    }

    private boolean isAt(int number, UnsafeRow group) {
        return group.getSizeInBytes() == bytes(number)
                && ByteArrayMethods.arrayEquals(
                        group.getBaseObject(), group.getBaseOffset(), keys, address(number), bytes(number));
    }

    private long address(int number) {
        return Platform.LONG_ARRAY_OFFSET + (long) starts[number] * Long.BYTES;
    }

    private int bytes(int number) {
        return (starts[number + 1] - starts[number]) * Long.BYTES;
    }

    private void append(UnsafeRow group) {
        int start = starts[size];
        int end = start + group.getSizeInBytes() / Long.BYTES;
        if (end > keys.length) {
            keys = Arrays.copyOf(keys, Math.max(end, keys.length * 2));
        }
        if (size + 2 > starts.length) {
            starts = Arrays.copyOf(starts, starts.length * 2);
        }
        group.writeToMemory(keys, address(size));
        size++;
        starts[size] = end;
    }

    private void growSlots() {
        long[] old = slots;
        slots = new long[old.length * 2];
        for (long entry : old) {
            if (entry != 0) {
                int slot = (int) (entry >>> Integer.SIZE) & (slots.length - 1);
                while (slots[slot] != 0) {
                    slot = (slot + 1) & (slots.length - 1);
                }
                slots[slot] = entry;
            }
        }
    }
}
