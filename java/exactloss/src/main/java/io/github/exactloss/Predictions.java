// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Predictions, or their logits: a typed view, without a copy, of the caller's memory.
 *
 * <p>Usually predictions lie in [0, 1], but every number is allowed; see {@link Loss} for NaN and infinities, and
 * {@link Loss#fromLogits()} for logits. The next call sees changes to the memory. A view lives as long as
 * its memory, and may be used by the same threads: after its arena is closed, using it is an {@link IllegalStateException}.
 */
public final class Predictions extends Elements {
    private Predictions(MemorySegment segment, ElementType type) {
        super(segment, requireReal(type));
    }

    private static ElementType requireReal(ElementType type) {
        if (!type.isReal()) {
            throw new IllegalArgumentException("predictions are of FLOAT16, BFLOAT16, FLOAT32 or FLOAT64, not " + type);
        }
        return type;
    }

    /** A whole array, of float32. */
    public static Predictions of(float[] predictions) {
        return of(MemorySegment.ofArray(predictions), ElementType.FLOAT32);
    }

    /** A whole array, of float64. */
    public static Predictions of(double[] predictions) {
        return of(MemorySegment.ofArray(predictions), ElementType.FLOAT64);
    }

    /**
     * A whole segment, in native, mapped or heap memory of any alignment, with elements in the machine's byte order. An array
     * of float16 or bfloat16 is {@code of(MemorySegment.ofArray(shorts), type)}.
     *
     * @throws IllegalArgumentException if predictions can't be of this type, or the segment's size is no multiple of its
     */
    public static Predictions of(MemorySegment predictions, ElementType type) {
        return new Predictions(predictions, type);
    }

    /**
     * The elements from a buffer's position to its limit, on the heap, direct or mapped. A new {@link ByteBuffer} is
     * big-endian: set its order to that of the elements first.
     *
     * @throws IllegalArgumentException if predictions can't be of this type, the buffer is not one of bytes or of such
     *     elements, its byte order is not that of the machine, or its size is no multiple of the type's
     */
    public static Predictions of(Buffer predictions, ElementType type) {
        return of(memory(predictions, type), type);
    }

    /**
     * New off-heap memory for {@code count} predictions, all 0, aligned to 64 bytes. The arena owns it. Write them through
     * {@link #segment()}.
     *
     * @throws IllegalArgumentException if {@code count} is negative or too large to address, or predictions can't be of this
     *     type
     */
    public static Predictions allocate(long count, ElementType type, Arena arena) {
        return of(newMemory(count, requireReal(type), arena), type);
    }

    /**
     * An element as a double, which can hold the values of all types. To process many elements, the operations of this
     * library are faster.
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
     * A view of {@code count} elements from {@code from} on.
     *
     * @throws IndexOutOfBoundsException if there are no such elements
     */
    public Predictions slice(long from, long count) {
        return of(range(from, count), type());
    }
}
