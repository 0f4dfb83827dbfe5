// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** The condition of {@link Elementwise#where}: a typed view, without a copy, of memory that the caller has. */
public final class Condition extends Elements {
    private Condition(MemorySegment segment, ElementType type, long first, long count) {
        super(segment, type, first, count);
    }

    /** A whole array; a byte is true unless it is 0. */
    public static Condition of(byte[] condition) {
        return ofBytes(MemorySegment.ofArray(condition));
    }

    /** A copy of an array: Java lets nobody look into its memory. Changes to the array are not seen. */
    public static Condition of(boolean[] condition) {
        return of(bytes(condition));
    }

    /** Bytes (uint8, C's or NumPy's bool), true unless 0, in native, mapped or heap memory. */
    public static Condition ofBytes(MemorySegment condition) {
        return new Condition(condition, ElementType.UINT8, 0, condition.byteSize());
    }

    /**
     * Packed bits, the least significant bit of a byte first, as Arrow stores booleans, in native, mapped or heap memory.
     *
     * @param bitOffset the first bit, counted from the segment's first byte
     * @param count the number of bits
     * @throws IndexOutOfBoundsException if the segment has no such bits
     */
    public static Condition ofBits(MemorySegment condition, long bitOffset, long count) {
        MemorySegment bytes = bytesOfBits(condition, bitOffset, count);
        return new Condition(bytes, ElementType.BITS, bitOffset % Byte.SIZE, count);
    }

    /** Bytes, true unless 0, from a buffer's position to its limit, on the heap, direct or mapped. */
    public static Condition ofBytes(ByteBuffer condition) {
        return ofBytes(MemorySegment.ofBuffer(condition));
    }

    /**
     * Packed bits, the least significant bit of a byte first, in a buffer on the heap, direct or mapped.
     *
     * @param bitOffset the first bit, counted from the byte at the buffer's position
     * @param count the number of bits
     * @throws IndexOutOfBoundsException if there are no such bits before the buffer's limit
     */
    public static Condition ofBits(ByteBuffer condition, long bitOffset, long count) {
        return ofBits(MemorySegment.ofBuffer(condition), bitOffset, count);
    }
}
