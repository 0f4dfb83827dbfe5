// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Objects;

/**
 * Targets: a typed view, without a copy, of memory that the caller has. Every element type gives the same results.
 *
 * <p>A target is positive when it equals 1; any other value, NaN included, is negative. Changes to the memory are seen by
 * the next call. A view is as long-lived and as shareable among threads as its memory: after its arena is closed, using it
 * is an {@link IllegalStateException}.
 */
public final class Targets extends Elements {
    private Targets(MemorySegment segment, ElementType type) {
        super(segment, type);
    }

    private Targets(MemorySegment segment, ElementType type, long first, long count) {
        super(segment, type, first, count);
    }

    /** A whole array. */
    public static Targets of(byte[] targets) {
        return new Targets(MemorySegment.ofArray(targets), ElementType.UINT8);
    }

    /**
     * The elements {@code from} (inclusive) to {@code to} (exclusive) of an array.
     *
     * @throws IndexOutOfBoundsException if the array has no such range
     */
    public static Targets of(byte[] targets, int from, int to) {
        Objects.checkFromToIndex(from, to, targets.length);
        return of(targets).slice(from, to - from);
    }

    /** A whole array. */
    public static Targets of(int[] targets) {
        return new Targets(MemorySegment.ofArray(targets), ElementType.INT32);
    }

    /**
     * The elements {@code from} (inclusive) to {@code to} (exclusive) of an array.
     *
     * @throws IndexOutOfBoundsException if the array has no such range
     */
    public static Targets of(int[] targets, int from, int to) {
        Objects.checkFromToIndex(from, to, targets.length);
        return of(targets).slice(from, to - from);
    }

    /** A whole array. */
    public static Targets of(long[] targets) {
        return new Targets(MemorySegment.ofArray(targets), ElementType.INT64);
    }

    /**
     * The elements {@code from} (inclusive) to {@code to} (exclusive) of an array.
     *
     * @throws IndexOutOfBoundsException if the array has no such range
     */
    public static Targets of(long[] targets, int from, int to) {
        Objects.checkFromToIndex(from, to, targets.length);
        return of(targets).slice(from, to - from);
    }

    /** A whole array. */
    public static Targets of(float[] targets) {
        return new Targets(MemorySegment.ofArray(targets), ElementType.FLOAT32);
    }

    /**
     * The elements {@code from} (inclusive) to {@code to} (exclusive) of an array.
     *
     * @throws IndexOutOfBoundsException if the array has no such range
     */
    public static Targets of(float[] targets, int from, int to) {
        Objects.checkFromToIndex(from, to, targets.length);
        return of(targets).slice(from, to - from);
    }

    /** A whole array. */
    public static Targets of(double[] targets) {
        return new Targets(MemorySegment.ofArray(targets), ElementType.FLOAT64);
    }

    /**
     * The elements {@code from} (inclusive) to {@code to} (exclusive) of an array.
     *
     * @throws IndexOutOfBoundsException if the array has no such range
     */
    public static Targets of(double[] targets, int from, int to) {
        Objects.checkFromToIndex(from, to, targets.length);
        return of(targets).slice(from, to - from);
    }

    /** A copy of an array: the one kind of memory that Java lets nobody look into. Changes to the array are not seen. */
    public static Targets of(boolean[] targets) {
        return of(bytes(targets));
    }

    /** Bytes (uint8, C's or NumPy's bool) in native, mapped or heap memory. */
    public static Targets ofBytes(MemorySegment targets) {
        return new Targets(targets, ElementType.UINT8);
    }

    /**
     * Int32 elements, in the machine's byte order and of any alignment, in native, mapped or heap memory.
     *
     * @throws IllegalArgumentException if the size in bytes is no multiple of 4
     */
    public static Targets ofInts(MemorySegment targets) {
        return new Targets(targets, ElementType.INT32);
    }

    /**
     * Int64 elements, in the machine's byte order and of any alignment, in native, mapped or heap memory.
     *
     * @throws IllegalArgumentException if the size in bytes is no multiple of 8
     */
    public static Targets ofLongs(MemorySegment targets) {
        return new Targets(targets, ElementType.INT64);
    }

    /**
     * Float32 elements, in the machine's byte order and of any alignment, in native, mapped or heap memory.
     *
     * @throws IllegalArgumentException if the size in bytes is no multiple of 4
     */
    public static Targets ofFloats(MemorySegment targets) {
        return new Targets(targets, ElementType.FLOAT32);
    }

    /**
     * Float64 elements, in the machine's byte order and of any alignment, in native, mapped or heap memory.
     *
     * @throws IllegalArgumentException if the size in bytes is no multiple of 8
     */
    public static Targets ofDoubles(MemorySegment targets) {
        return new Targets(targets, ElementType.FLOAT64);
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
        return new Targets(bytes, ElementType.BITS, bitOffset % Byte.SIZE, count);
    }

    /**
     * The elements from a buffer's position to its limit, on the heap, direct or mapped.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine
     */
    public static Targets of(IntBuffer targets) {
        return ofInts(memory(targets));
    }

    /**
     * The elements from a buffer's position to its limit, on the heap, direct or mapped.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine
     */
    public static Targets of(LongBuffer targets) {
        return ofLongs(memory(targets));
    }

    /**
     * The elements from a buffer's position to its limit, on the heap, direct or mapped.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine
     */
    public static Targets of(FloatBuffer targets) {
        return ofFloats(memory(targets));
    }

    /**
     * The elements from a buffer's position to its limit, on the heap, direct or mapped.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine
     */
    public static Targets of(DoubleBuffer targets) {
        return ofDoubles(memory(targets));
    }

    /** Bytes (uint8, C's or NumPy's bool) from a buffer's position to its limit, on the heap, direct or mapped. */
    public static Targets ofBytes(ByteBuffer targets) {
        return ofBytes(MemorySegment.ofBuffer(targets));
    }

    /**
     * Int32 elements from a buffer's position to its limit, on the heap, direct or mapped.
     * A new {@link ByteBuffer} is big-endian: set its order to that of the elements first.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine, or the size in bytes is no
     *     multiple of 4
     */
    public static Targets ofInts(ByteBuffer targets) {
        return ofInts(memory(targets));
    }

    /**
     * Int64 elements from a buffer's position to its limit, on the heap, direct or mapped.
     * A new {@link ByteBuffer} is big-endian: set its order to that of the elements first.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine, or the size in bytes is no
     *     multiple of 8
     */
    public static Targets ofLongs(ByteBuffer targets) {
        return ofLongs(memory(targets));
    }

    /**
     * Float32 elements from a buffer's position to its limit, on the heap, direct or mapped.
     * A new {@link ByteBuffer} is big-endian: set its order to that of the elements first.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine, or the size in bytes is no
     *     multiple of 4
     */
    public static Targets ofFloats(ByteBuffer targets) {
        return ofFloats(memory(targets));
    }

    /**
     * Float64 elements from a buffer's position to its limit, on the heap, direct or mapped.
     * A new {@link ByteBuffer} is big-endian: set its order to that of the elements first.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine, or the size in bytes is no
     *     multiple of 8
     */
    public static Targets ofDoubles(ByteBuffer targets) {
        return ofDoubles(memory(targets));
    }

    /**
     * Packed bits, the least significant bit of a byte first, in a buffer on the heap, direct or mapped.
     *
     * @param bitOffset the first bit, counted from the byte at the buffer's position
     * @param count the number of bits
     * @throws IndexOutOfBoundsException if there are no such bits before the buffer's limit
     */
    public static Targets ofBits(ByteBuffer targets, long bitOffset, long count) {
        return ofBits(MemorySegment.ofBuffer(targets), bitOffset, count);
    }

    /**
     * New off-heap memory for {@code count} uint8 targets, all 0, aligned to 64 bytes. The arena owns it. Write them through
     * {@link #segment()}.
     *
     * @throws IllegalArgumentException if {@code count} is negative or too large to address
     */
    public static Targets allocate(long count, Arena arena) {
        return new Targets(allocate(count, ElementType.UINT8, arena), ElementType.UINT8);
    }

    /**
     * Whether an element counts as positive: whether it equals 1. The operations of this library are the faster way to read
     * many.
     *
     * @throws IndexOutOfBoundsException if there is no such element
     */
    public boolean isPositive(long index) {
        Objects.checkIndex(index, count());
        MemorySegment memory = segment();
        return switch (type()) {
            case UINT8 -> memory.get(ValueLayout.JAVA_BYTE, index) == 1;
            case INT32 -> memory.get(ValueLayout.JAVA_INT_UNALIGNED, index * Integer.BYTES) == 1;
            case INT64 -> memory.get(ValueLayout.JAVA_LONG_UNALIGNED, index * Long.BYTES) == 1;
            case FLOAT32 -> memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * Float.BYTES) == 1;
            case FLOAT64 -> memory.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * Double.BYTES) == 1;
            case BITS -> {
                long bit = first(0) + index;
                yield (memory.get(ValueLayout.JAVA_BYTE, bit / Byte.SIZE) >> bit % Byte.SIZE & 1) == 1;
            }
            default -> throw new AssertionError(type());
        };
    }

    /**
     * A view of {@code count} elements from {@code offset} on.
     *
     * @throws IndexOutOfBoundsException if there are no such elements
     */
    public Targets slice(long offset, long count) {
        return new Targets(range(offset, count), type(), first(offset), count);
    }
}
