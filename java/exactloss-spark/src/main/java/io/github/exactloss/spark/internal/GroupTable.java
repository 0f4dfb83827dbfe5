// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.util.Arrays;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.unsafe.Platform;

/**
 * Numbers the groups of a task from 0 on. A hash table whose keys lie in one array, so that a lookup waits for the memory of
 * two cache lines; in one of objects it would wait for seven.
 */
final class GroupTable {
    private static final int FIRST_CAPACITY = 1 << 10;

    /** An odd number without pattern in its bits, 2^64 divided by the golden ratio. */
    private static final long MULTIPLIER = 0x9E37_79B9_7F4A_7C15L;

    /** The number of a group plus 1 in the upper half, its place in {@code keys} in the lower one; 0 where it is free. */
    private long[] slots = new long[FIRST_CAPACITY];

    /** For each group the number of its words, and then these, which are a row of Spark. */
    private long[] keys = new long[FIRST_CAPACITY];

    /** The end of {@code keys}. */
    private int end;

    /** The place of each group in {@code keys}. */
    private int[] places = new int[FIRST_CAPACITY];

    private int size;

    int size() {
        return size;
    }

    /** The number of a group, new or not. The row may be used again. */
    int find(UnsafeRow group) {
        Object base = group.getBaseObject();
        long offset = group.getBaseOffset();
        int words = group.getSizeInBytes() / Long.BYTES;
        long hash = 0;
        for (int i = 0; i < words; i++) {
            hash = mix(hash, Platform.getLong(base, offset + (long) i * Long.BYTES));
        }
        int slot = slot(hash);
        while (slots[slot] != 0) {
            if (isAt((int) slots[slot], base, offset, words)) {
                return (int) (slots[slot] >>> Integer.SIZE) - 1;
            }
            slot = slot + 1 & slots.length - 1;
        }
        append(group, words);
        slots[slot] = (long) size << Integer.SIZE | places[size - 1];
        if (size > slots.length / 2) {
            growSlots();
        }
        return size - 1;
    }

    /** Makes a row point to a group. */
    void get(int number, UnsafeRow row) {
        int place = places[number];
        row.pointTo(keys, Platform.LONG_ARRAY_OFFSET + (place + 1L) * Long.BYTES, (int) keys[place] * Long.BYTES);
    }

    private static long mix(long hash, long word) {
        return (Long.rotateLeft(hash, 5) ^ word) * MULTIPLIER;
    }

    /** The upper bits of a product depend on all bits of its factors. */
    private int slot(long hash) {
        return (int) (hash >>> Long.numberOfLeadingZeros(slots.length - 1));
    }

    private boolean isAt(int place, Object base, long offset, int words) {
        if (keys[place] != words) {
            return false;
        }
        for (int i = 0; i < words; i++) {
            if (keys[place + 1 + i] != Platform.getLong(base, offset + (long) i * Long.BYTES)) {
                return false;
            }
        }
        return true;
    }

    private void append(UnsafeRow group, int words) {
        if (words >= keys.length - end) {
            keys = Arrays.copyOf(keys, Math.max(end + 1 + words, keys.length * 2));
        }
        if (size == places.length) {
            places = Arrays.copyOf(places, size * 2);
        }
        places[size] = end;
        keys[end] = words;
        group.writeToMemory(keys, Platform.LONG_ARRAY_OFFSET + (end + 1L) * Long.BYTES);
        end += 1 + words;
        size++;
    }

    private void growSlots() {
        slots = new long[slots.length * 2];
        for (int number = 0; number < size; number++) {
            int place = places[number];
            long hash = 0;
            for (int i = 0; i < keys[place]; i++) {
                hash = mix(hash, keys[place + 1 + i]);
            }
            int slot = slot(hash);
            while (slots[slot] != 0) {
                slot = slot + 1 & slots.length - 1;
            }
            slots[slot] = (number + 1L) << Integer.SIZE | place;
        }
    }
}
