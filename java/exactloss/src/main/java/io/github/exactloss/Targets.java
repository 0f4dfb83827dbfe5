// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Targets: a typed view, without a copy, of the caller's memory. Every element type gives the same results.
 *
 * <p>A target is positive when it equals 1; any other value, NaN included, is negative. The next call sees changes to the
 * memory. A view lives as long as its memory, and may be used by the same threads: after its arena is closed, using it is an
 * {@link IllegalStateException}.
 */
public final class Targets extends Elements {
    private Targets(MemorySegment segment, ElementType type) {
        super(segment, requireTargets(type));
    }

    private Targets(MemorySegment segment, ElementType type, int bitOffset, long count) {
        super(segment, type, bitOffset, count);
    }

    private static ElementType requireTargets(ElementType type) {
        if (type == ElementType.FLOAT16 || type == ElementType.BFLOAT16) {
            throw new IllegalArgumentException(
                    "targets are of UINT8, INT8, INT32, INT64, FLOAT32, FLOAT64 or BITS, not " + type);
        }
        return type;
    }

    /** A whole array, of uint8. In strict mode, messages name its elements as unsigned numbers. */
    public static Targets of(byte[] targets) {
        return of(MemorySegment.ofArray(targets), ElementType.UINT8);
    }

    /** A whole array, of int32. */
    public static Targets of(int[] targets) {
        return of(MemorySegment.ofArray(targets), ElementType.INT32);
    }

    /** A whole array, of int64. */
    public static Targets of(long[] targets) {
        return of(MemorySegment.ofArray(targets), ElementType.INT64);
    }

    /** A whole array, of float32. */
    public static Targets of(float[] targets) {
        return of(MemorySegment.ofArray(targets), ElementType.FLOAT32);
    }

    /** A whole array, of float64. */
    public static Targets of(double[] targets) {
        return of(MemorySegment.ofArray(targets), ElementType.FLOAT64);
    }

    /** A copy of an array, whose memory Java doesn't expose. Later changes to the array are not seen. */
    public static Targets of(boolean[] targets) {
        return of(bytes(targets));
    }

    /**
     * A whole segment, in native, mapped or heap memory of any alignment, with elements in the machine's byte order. Of
     * {@code BITS}, it is all bits of all bytes; see {@link #ofBits} for some of them.
     *
     * @throws IllegalArgumentException if targets can't be of this type, or the segment's size is no multiple of its
     */
    public static Targets of(MemorySegment targets, ElementType type) {
        return new Targets(targets, type);
    }

    /**
     * The elements from a buffer's position to its limit, on the heap, direct or mapped. A new {@link ByteBuffer} is
     * big-endian: set its order to that of the elements first, if they have more than one byte.
     *
     * @throws IllegalArgumentException if targets can't be of this type, the buffer is not one of bytes or of such elements,
     *     its byte order is not that of the machine, or its size is no multiple of the type's
     */
    public static Targets of(Buffer targets, ElementType type) {
        return of(memory(targets, type), type);
    }

    /**
     * Packed bits, the least significant bit of a byte first, as Arrow stores booleans, in native, mapped or heap memory.
     *
     * @param bitOffset the bit of the first target, counted from the segment's first byte
     * @param count the number of targets
     * @throws IndexOutOfBoundsException if the segment has no such bits
     */
    public static Targets ofBits(MemorySegment targets, long bitOffset, long count) {
        MemorySegment bytes = bytesOfBits(targets, bitOffset, count);
        return new Targets(bytes, ElementType.BITS, (int) (bitOffset % Byte.SIZE), count);
    }

    /**
     * New off-heap memory for {@code count} targets, all 0, aligned to 64 bytes. The arena owns it. Write them through
     * {@link #segment()}.
     *
     * @throws IllegalArgumentException if {@code count} is negative or too large to address, or targets can't be of this type
     */
    public static Targets allocate(long count, ElementType type, Arena arena) {
        MemorySegment memory = newMemory(count, requireTargets(type), arena);
        return new Targets(memory, type, 0, count);
    }

    /**
     * Whether an element counts as positive: whether it equals 1. To process many elements, the operations of this library
     * are faster.
     *
     * @throws IndexOutOfBoundsException if there is no such element
     */
    public boolean isPositive(long index) {
        Objects.checkIndex(index, count());
        MemorySegment memory = segment();
        return switch (type()) {
            case UINT8, INT8 -> memory.get(ValueLayout.JAVA_BYTE, index) == 1;
            case INT32 -> memory.get(ValueLayout.JAVA_INT_UNALIGNED, index * Integer.BYTES) == 1;
            case INT64 -> memory.get(ValueLayout.JAVA_LONG_UNALIGNED, index * Long.BYTES) == 1;
            case FLOAT32 -> memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * Float.BYTES) == 1;
            case FLOAT64 -> memory.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * Double.BYTES) == 1;
            case BITS -> {
                long bit = bitOffset() + index;
                yield (memory.get(ValueLayout.JAVA_BYTE, bit / Byte.SIZE) >> bit % Byte.SIZE & 1) == 1;
            }
            case FLOAT16, BFLOAT16 -> throw new AssertionError(type());
        };
    }

    /**
     * A view of {@code count} elements from {@code from} on.
     *
     * @throws IndexOutOfBoundsException if there are no such elements
     */
    public Targets slice(long from, long count) {
        return new Targets(range(from, count), type(), bitOffset(from), count);
    }
}
