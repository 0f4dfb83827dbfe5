// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Objects;

/**
 * Weights of elements, float32, finite and not negative: a typed view, without a copy, of memory that the caller has.
 *
 * <p>A distance counts in a sum as often as its weight says. Changes to the memory are seen by the next call. A view is as
 * long-lived and as shareable among threads as its memory: after its arena is closed, using it is an
 * {@link IllegalStateException}.
 */
public final class Weights extends Elements {
    private Weights(MemorySegment segment) {
        super(segment, ElementType.FLOAT32);
    }

    /** A whole array. */
    public static Weights of(float[] weights) {
        return new Weights(MemorySegment.ofArray(weights));
    }

    /**
     * The elements {@code from} (inclusive) to {@code to} (exclusive) of an array.
     *
     * @throws IndexOutOfBoundsException if the array has no such range
     */
    public static Weights of(float[] weights, int from, int to) {
        Objects.checkFromToIndex(from, to, weights.length);
        return of(weights).slice(from, to - from);
    }

    /**
     * Float32 elements, in the machine's byte order and of any alignment, in native, mapped or heap memory.
     *
     * @throws IllegalArgumentException if the size in bytes is no multiple of 4
     */
    public static Weights ofFloats(MemorySegment weights) {
        return new Weights(weights);
    }

    /**
     * The elements from a buffer's position to its limit, on the heap, direct or mapped.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine
     */
    public static Weights of(FloatBuffer weights) {
        return ofFloats(memory(weights));
    }

    /**
     * Float32 elements from a buffer's position to its limit, on the heap, direct or mapped.
     * A new {@link ByteBuffer} is big-endian: set its order to that of the elements first.
     *
     * @throws IllegalArgumentException if the buffer's byte order is not that of the machine, or the size in bytes is no
     *     multiple of 4
     */
    public static Weights ofFloats(ByteBuffer weights) {
        return ofFloats(memory(weights));
    }

    /**
     * New off-heap memory for {@code count} weights, all 0, aligned to 64 bytes. The arena owns it. Write them through
     * {@link #segment()}.
     *
     * @throws IllegalArgumentException if {@code count} is negative or too large to address
     */
    public static Weights allocate(long count, Arena arena) {
        return new Weights(allocate(count, ElementType.FLOAT32, arena));
    }

    /**
     * A view of {@code count} elements from {@code offset} on.
     *
     * @throws IndexOutOfBoundsException if there are no such elements
     */
    public Weights slice(long offset, long count) {
        return new Weights(range(offset, count));
    }
}
