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

    /** The hash of a group that is {@code words[from]} to {@code words[to - 1]}. */
    static long hash(long[] words, int from, int to) {
        long hash = 0;
        for (int i = from; i < to; i++) {
            hash = (Long.rotateLeft(hash, 5) ^ words[i]) * MULTIPLIER;
        }
        return hash;
    }

    /** The number of a group, new or not. */
    int find(long hash, long[] words, int from, int to) {
        int slot = slot(hash);
        while (slots[slot] != 0) {
            if (isAt((int) slots[slot], words, from, to)) {
                return (int) (slots[slot] >>> Integer.SIZE) - 1;
            }
            slot = (slot + 1) & (slots.length - 1);
        }
        append(words, from, to);
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

    /** The upper bits of a product depend on all bits of its factors. */
    private int slot(long hash) {
        return (int) (hash >>> Long.numberOfLeadingZeros(slots.length - 1));
    }

    private boolean isAt(int place, long[] words, int from, int to) {
        int count = to - from;
        if (keys[place] != count) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            if (keys[place + 1 + i] != words[from + i]) {
                return false;
            }
        }
        return true;
    }

    private void append(long[] words, int from, int to) {
        int count = to - from;
        if (count >= keys.length - end) {
            keys = Arrays.copyOf(keys, Math.max(end + 1 + count, keys.length * 2));
        }
        if (size == places.length) {
            places = Arrays.copyOf(places, size * 2);
        }
        places[size] = end;
        keys[end] = count;
        System.arraycopy(words, from, keys, end + 1, count);
        end += 1 + count;
        size++;
    }

    private void growSlots() {
        slots = new long[slots.length * 2];
        for (int number = 0; number < size; number++) {
            int place = places[number];
            int slot = slot(hash(keys, place + 1, place + 1 + (int) keys[place]));
            while (slots[slot] != 0) {
                slot = (slot + 1) & (slots.length - 1);
            }
            slots[slot] = (number + 1L) << Integer.SIZE | place;
        }
    }
}
