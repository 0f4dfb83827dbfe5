// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.MemorySegment;

/** The condition of {@link ArrayOperations#where}: a typed view, without a copy, of the caller's memory. */
public final class Condition extends Elements {
    private Condition(MemorySegment segment, ElementType type, int bitOffset, long count) {
        super(segment, type, bitOffset, count);
    }

    /** A whole array; a byte is true unless it is 0. */
    public static Condition of(byte[] condition) {
        return of(MemorySegment.ofArray(condition));
    }

    /** A copy of an array, whose memory Java doesn't expose. Later changes to the array are not seen. */
    public static Condition of(boolean[] condition) {
        return of(bytes(condition));
    }

    /** All bytes of a segment (uint8, C's or NumPy's bool), true unless 0, in native, mapped or heap memory. */
    public static Condition of(MemorySegment condition) {
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
        return new Condition(bytes, ElementType.BITS, (int) (bitOffset % Byte.SIZE), count);
    }

    /**
     * A view of {@code count} elements from {@code from} on.
     *
     * @throws IndexOutOfBoundsException if there are no such elements
     */
    public Condition slice(long from, long count) {
        return new Condition(range(from, count), type(), bitOffset(from), count);
    }
}
