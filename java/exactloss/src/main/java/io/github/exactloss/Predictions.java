// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Predictions: a typed view, without a copy, of memory that the caller has.
 *
 * <p>Usually they lie in [0, 1], but every float is allowed; see {@link MnistLoss} for NaN and infinities. Changes to the
 * memory are seen by the next call. A view is as long-lived and as shareable among threads as its memory: after its arena
 * is closed, using it is an {@link IllegalStateException}.
 */
public final class Predictions extends Elements {
    private Predictions(MemorySegment segment) {
        super(segment, ElementType.FLOAT32);
    }

    /** A whole array. */
    public static Predictions of(float[] predictions) {
        return new Predictions(MemorySegment.ofArray(predictions));
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

    /**
     * Float32 elements, in the machine's byte order and of any alignment, in native, mapped or heap memory.
     *
     * @throws IllegalArgumentException if the size in bytes is no multiple of 4
     */
    public static Predictions of(MemorySegment predictions) {
        return new Predictions(predictions);
    }

    /**
     * New off-heap memory for {@code count} float32 predictions, all 0, aligned to 64 bytes. The arena owns it. Write them
     * through {@link #segment()}.
     *
     * @throws IllegalArgumentException if {@code count} is negative or too large to address
     */
    public static Predictions allocate(long count, Arena arena) {
        return new Predictions(allocate(count, ElementType.FLOAT32, arena));
    }

    /**
     * A view of {@code count} elements from {@code offset} on.
     *
     * @throws IndexOutOfBoundsException if there are no such elements
     */
    public Predictions slice(long offset, long count) {
        return new Predictions(range(offset, count));
    }
}
