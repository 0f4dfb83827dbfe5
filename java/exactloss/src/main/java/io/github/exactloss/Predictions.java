// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.Objects;

/**
 * Predictions, or the logits that they are the sigmoids of: a typed view, without a copy, of memory that the caller has.
 *
 * <p>Usually predictions lie in [0, 1], but every number is allowed; see {@link MnistLoss} for NaN and infinities, and
 * {@link MnistLoss#logits()} for logits. Changes to the memory are seen by the next call. A view is as long-lived and as
 * shareable among threads as its memory: after its arena is closed, using it is an {@link IllegalStateException}.
 */
public final class Predictions extends Elements {
    private Predictions(MemorySegment segment, ElementType type) {
        super(segment, type);
    }

    /** A whole array. */
    public static Predictions of(float[] predictions) {
        return ofFloats(MemorySegment.ofArray(predictions));
    }

    /**
     * The elements {@code from} (inclusive) to {@code to} (exclusive) of an array.
     *
     * @throws IndexOutOfBoundsException if the array has no such range
     */
    public static Predictions of(float[] predictions, int from, int to) {
        Objects.checkFromToIndex(from, to, predictions.length);
        return of(predictions).slice(from, to - from);
    }

    /** A whole array. */
    public static Predictions of(double[] predictions) {
        return ofDoubles(MemorySegment.ofArray(predictions));
    }

    /**
     * The elements {@code from} (inclusive) to {@code to} (exclusive) of an array.
     *
     * @throws IndexOutOfBoundsException if the array has no such range
     */
    public static Predictions of(double[] predictions, int from, int to) {
        Objects.checkFromToIndex(from, to, predictions.length);
        return of(predictions).slice(from, to - from);
    }

    /** A whole array of float16: the bits that {@link Float#floatToFloat16} gives. */
    public static Predictions ofFloat16(short[] predictions) {
        return ofFloat16(MemorySegment.ofArray(predictions));
    }

    /**
     * The elements {@code from} (inclusive) to {@code to} (exclusive) of an array of float16.
     *
     * @throws IndexOutOfBoundsException if the array has no such range
     */
    public static Predictions ofFloat16(short[] predictions, int from, int to) {
        Objects.checkFromToIndex(from, to, predictions.length);
        return ofFloat16(predictions).slice(from, to - from);
    }

    /** A whole array of bfloat16: the upper halves of the bits of floats. */
    public static Predictions ofBfloat16(short[] predictions) {
        return ofBfloat16(MemorySegment.ofArray(predictions));
    }

    /**
     * The elements {@code from} (inclusive) to {@code to} (exclusive) of an array of bfloat16.
     *
     * @throws IndexOutOfBoundsException if the array has no such range
     */
    public static Predictions ofBfloat16(short[] predictions, int from, int to) {
        Objects.checkFromToIndex(from, to, predictions.length);
        return ofBfloat16(predictions).slice(from, to - from);
    }

    /**
     * Float32 elements, in the machine's byte order and of any alignment, in native, mapped or heap memory.
     *
     * @throws IllegalArgumentException if the size in bytes is no multiple of 4
     */
    public static Predictions ofFloats(MemorySegment predictions) {
        return new Predictions(predictions, ElementType.FLOAT32);
    }

    /**
     * Float64 elements, in the machine's byte order and of any alignment, in native, mapped or heap memory.
     *
     * @throws IllegalArgumentException if the size in bytes is no multiple of 8
     */
    public static Predictions ofDoubles(MemorySegment predictions) {
        return new Predictions(predictions, ElementType.FLOAT64);
    }

    /**
     * Float16 elements (IEEE binary16), in the machine's byte order and of any alignment, in native, mapped or heap memory.
     *
     * @throws IllegalArgumentException if the size in bytes is no multiple of 2
     */
    public static Predictions ofFloat16(MemorySegment predictions) {
        return new Predictions(predictions, ElementType.FLOAT16);
    }

    /**
     * Bfloat16 elements, in the machine's byte order and of any alignment, in native, mapped or heap memory.
     *
     * @throws IllegalArgumentException if the size in bytes is no multiple of 2
     */
    public static Predictions ofBfloat16(MemorySegment predictions) {
        return new Predictions(predictions, ElementType.BFLOAT16);
    }

    /**
     * The elements from a buffer's position to its limit, on the heap, direct or mapped.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine
     */
    public static Predictions of(FloatBuffer predictions) {
        return ofFloats(memory(predictions));
    }

    /**
     * The elements from a buffer's position to its limit, on the heap, direct or mapped.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine
     */
    public static Predictions of(DoubleBuffer predictions) {
        return ofDoubles(memory(predictions));
    }

    /**
     * Float16 elements from a buffer's position to its limit, on the heap, direct or mapped.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine
     */
    public static Predictions ofFloat16(ShortBuffer predictions) {
        return ofFloat16(memory(predictions));
    }

    /**
     * Bfloat16 elements from a buffer's position to its limit, on the heap, direct or mapped.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine
     */
    public static Predictions ofBfloat16(ShortBuffer predictions) {
        return ofBfloat16(memory(predictions));
    }

    /**
     * Float32 elements from a buffer's position to its limit, on the heap, direct or mapped.
     * A new {@link ByteBuffer} is big-endian: set its order to that of the elements first.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine, or the size in bytes is no
     *     multiple of 4
     */
    public static Predictions ofFloats(ByteBuffer predictions) {
        return ofFloats(memory(predictions));
    }

    /**
     * Float64 elements from a buffer's position to its limit, on the heap, direct or mapped.
     * A new {@link ByteBuffer} is big-endian: set its order to that of the elements first.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine, or the size in bytes is no
     *     multiple of 8
     */
    public static Predictions ofDoubles(ByteBuffer predictions) {
        return ofDoubles(memory(predictions));
    }

    /**
     * Float16 elements from a buffer's position to its limit, on the heap, direct or mapped.
     * A new {@link ByteBuffer} is big-endian: set its order to that of the elements first.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine, or the size in bytes is no
     *     multiple of 2
     */
    public static Predictions ofFloat16(ByteBuffer predictions) {
        return ofFloat16(memory(predictions));
    }

    /**
     * Bfloat16 elements from a buffer's position to its limit, on the heap, direct or mapped.
     * A new {@link ByteBuffer} is big-endian: set its order to that of the elements first.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine, or the size in bytes is no
     *     multiple of 2
     */
    public static Predictions ofBfloat16(ByteBuffer predictions) {
        return ofBfloat16(memory(predictions));
    }

    /**
     * New off-heap memory for {@code count} float32 predictions, all 0, aligned to 64 bytes. The arena owns it. Write them
     * through {@link #segment()}.
     *
     * @throws IllegalArgumentException if {@code count} is negative or too large to address
     */
    public static Predictions allocate(long count, Arena arena) {
        return ofFloats(allocate(count, ElementType.FLOAT32, arena));
    }

    /**
     * An element as a double, which has every value of every type. The operations of this library are the faster way to
     * read many.
     *
     * @throws IndexOutOfBoundsException if there is no such element
     */
    public double get(long index) {
        Objects.checkIndex(index, count());
        MemorySegment memory = segment();
        return switch (type()) {
            case FLOAT32 -> memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * Float.BYTES);
            case FLOAT64 -> memory.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * Double.BYTES);
            case FLOAT16 -> Float.float16ToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * Short.BYTES));
            case BFLOAT16 ->
                Float.intBitsToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * Short.BYTES) << Short.SIZE);
            default -> throw new AssertionError(type());
        };
    }

    /**
     * A view of {@code count} elements from {@code offset} on.
     *
     * @throws IndexOutOfBoundsException if there are no such elements
     */
    public Predictions slice(long offset, long count) {
        return new Predictions(range(offset, count), type());
    }
}
