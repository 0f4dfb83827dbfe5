// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/**
 * Weights of elements, float32, finite and not negative: a view, without a copy, of the caller's memory.
 *
 * <p>A weight says how often an element counts in a loss. The next call sees changes to the memory. A
 * view lives as long as its memory, and may be used by the same threads: after its arena is closed, using it is an
 * {@link IllegalStateException}.
 */
public final class Weights extends Elements {
    private Weights(MemorySegment segment) {
        super(segment, ElementType.FLOAT32);
    }

    /** A whole array. */
    public static Weights of(float[] weights) {
        return of(MemorySegment.ofArray(weights));
    }

    /**
     * A whole segment, in native, mapped or heap memory of any alignment, with float32 elements in the machine's byte order.
     *
     * @throws IllegalArgumentException if the size in bytes is no multiple of 4
     */
    public static Weights of(MemorySegment weights) {
        return new Weights(weights);
    }

    /**
     * The float32 elements from a buffer's position to its limit, on the heap, direct or mapped. A new {@link ByteBuffer} is
     * big-endian: set its order to that of the elements first.
     *
     * @throws IllegalArgumentException if the buffer is not one of bytes or floats, its byte order is not that of the
     *     machine, or its size in bytes is no multiple of 4
     */
    public static Weights of(Buffer weights) {
        return of(memory(weights, ElementType.FLOAT32));
    }

    /**
     * New off-heap memory for {@code count} weights, all 0, aligned to 64 bytes. The arena owns it. Write them through
     * {@link #segment()}.
     *
     * @throws IllegalArgumentException if {@code count} is negative or too large to address
     */
    public static Weights allocate(long count, Arena arena) {
        return of(newMemory(count, ElementType.FLOAT32, arena));
    }

    /**
     * A view of {@code count} elements from {@code from} on.
     *
     * @throws IndexOutOfBoundsException if there are no such elements
     */
    public Weights slice(long from, long count) {
        return of(range(from, count));
    }
}
