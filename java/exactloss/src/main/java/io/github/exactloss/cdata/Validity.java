// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cdata;

import io.github.exactloss.ElementType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which rows have no null: those whose bit is set in every one of these bitmaps. The bitmaps are read 64 rows at a time, so
 * that they cost little where nulls are rare.
 *
 * @param bitmaps none where nothing is null
 */
record Validity(List<Bitmap> bitmaps, long count) {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Takes a run: rows that are not null, between nulls or ends. */
    interface RunConsumer {
        void accept(long first, long count);
    }

    /**
     * The validity of some rows in one column, the least significant bit of a byte first.
     *
     * @param bytes the bytes up to the one with the last row's bit
     * @param first the first row's bit
     */
    private record Bitmap(MemorySegment bytes, long first) {
        /** The bits of the 64 rows from {@code row} on; where there are fewer, those above have no meaning. */
        long word(long row) {
            long from = (first + row) / Byte.SIZE;
            int shift = (int) ((first + row) % Byte.SIZE);
            long left = bytes.byteSize() - from;
            if (left < Long.BYTES) {
                return bytesAsWord(from, (int) left) >>> shift;
            }
            long low = bytes.get(WORD, from) >>> shift;
            if (shift == 0 || left == Long.BYTES) {
                return low;
            }
            return low | (long) bytes.get(ValueLayout.JAVA_BYTE, from + Long.BYTES) << (Long.SIZE - shift);
        }

        private long bytesAsWord(long from, int length) {
            long word = 0;
            for (int i = 0; i < length; i++) {
                word |= Byte.toUnsignedLong(bytes.get(ValueLayout.JAVA_BYTE, from + i)) << (i * Byte.SIZE);
            }
            return word;
        }
    }

    /** {@code count} rows without a null. */
    static Validity all(long count) {
        return new Validity(List.of(), count);
    }

    /**
     * The rows of one column.
     *
     * @param bytes a validity bitmap
     * @param first the bit of the first row
     */
    static Validity of(MemorySegment bytes, long first, long count) {
        return new Validity(List.of(new Bitmap(bytes.asSlice(0, ElementType.BITS.bytes(first + count)), first)), count);
    }

    /** The rows that have no null in other columns of the same length either. */
    Validity and(Validity other) {
        return new Validity(
                Stream.concat(bitmaps.stream(), other.bitmaps.stream()).toList(), count);
    }

    long nullCount() {
        long valid = 0;
        long row = 0;
        // Usually there is one bitmap and it begins at a whole byte. This loop takes a fifth of the other one's time.
        if (bitmaps.size() == 1 && bitmaps.getFirst().first() % Byte.SIZE == 0) {
            Bitmap bitmap = bitmaps.getFirst();
            MemorySegment bytes = bitmap.bytes().asSlice(bitmap.first() / Byte.SIZE);
            for (; count - row >= Long.SIZE; row += Long.SIZE) {
                valid += Long.bitCount(bytes.get(WORD, row / Byte.SIZE));
            }
        }
        for (; row < count; row += Long.SIZE) {
            valid += Long.bitCount(word(row));
        }
        return count - valid;
    }

    /** Gives the longest possible runs, in order. */
    void forEachRun(RunConsumer consumer) {
        long start = -1; // of the run that is not at its end yet
        for (long row = 0; row < count; row += Long.SIZE) {
            long valid = word(row);
            if (valid == (start < 0 ? 0 : -1)) {
                continue;
            }
            int bit = 0;
            while (bit < Long.SIZE) {
                // The bits that end the search, from this one on; the zeros that are shifted in never do.
                long ends = (start < 0 ? valid : ~valid) >>> bit;
                if (ends == 0) {
                    break;
                }
                bit += Long.numberOfTrailingZeros(ends);
                if (start < 0) {
                    start = row + bit;
                } else {
                    consumer.accept(start, row + bit - start);
                    start = -1;
                }
            }
        }
        if (start >= 0) {
            consumer.accept(start, count - start);
        }
    }

    /** The bits of the 64 rows from {@code row} on; 0 beyond the last one. */
    private long word(long row) {
        long valid = count - row < Long.SIZE ? (1L << (count - row)) - 1 : -1;
        for (Bitmap bitmap : bitmaps) {
            valid &= bitmap.word(row);
        }
        return valid;
    }
}
