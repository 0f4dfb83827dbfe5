// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.Locale;
import java.util.Objects;

/** Memory, and the type of the elements that fill it. */
abstract sealed class Elements permits Condition, Output, Predictions, Targets, Weights {
    private static final long CACHE_LINE = 64;

    private final MemorySegment segment;
    private final ElementType type;
    private final int bitOffset;
    private final long count;

    /** All elements of a segment. */
    Elements(MemorySegment segment, ElementType type) {
        this(segment, type, 0, type.elements(segment.byteSize()));
        if (count < 0) {
            throw new IllegalArgumentException("a segment of " + segment.byteSize()
                    + " bytes is larger than memory; give it its size by asSlice(0, bytes)");
        }
        if (segment.byteSize() != type.bytes(count)) {
            throw new IllegalArgumentException("a segment of " + segment.byteSize() + " bytes holds no whole number of "
                    + type + " elements of " + type.bytes(1) + " bytes");
        }
    }

    /** {@code count} elements of a segment. The first is at its start, or for packed bits at bit {@code bitOffset}, below 8. */
    Elements(MemorySegment segment, ElementType type, int bitOffset, long count) {
        this.segment = segment;
        this.type = type;
        this.bitOffset = bitOffset;
        this.count = count;
    }

    static MemorySegment newMemory(long count, ElementType type, Arena arena) {
        return arena.allocate(type.bytes(count), CACHE_LINE);
    }

    /**
     * The memory from a buffer's position to its limit, which must hold elements of a type in the machine's byte order.
     * A buffer other than a {@code ByteBuffer} must have elements of the same kind (integer or floating-point) and width.
     */
    static MemorySegment memory(Buffer buffer, ElementType type) {
        ByteOrder order;
        boolean fits;
        switch (buffer) {
            case ByteBuffer bytes -> {
                order = bytes.order();
                fits = true;
            }
            case CharBuffer chars -> {
                order = chars.order();
                fits = false;
            }
            case DoubleBuffer doubles -> {
                order = doubles.order();
                fits = type == ElementType.FLOAT64;
            }
            case FloatBuffer floats -> {
                order = floats.order();
                fits = type == ElementType.FLOAT32;
            }
            case IntBuffer ints -> {
                order = ints.order();
                fits = type == ElementType.INT32;
            }
            case LongBuffer longs -> {
                order = longs.order();
                fits = type == ElementType.INT64;
            }
            case ShortBuffer shorts -> {
                order = shorts.order();
                fits = type == ElementType.FLOAT16 || type == ElementType.BFLOAT16;
            }
        }
        if (!fits) {
            throw new IllegalArgumentException(
                    "a " + buffer.getClass().getSuperclass().getSimpleName() + " holds no elements of " + type);
        }
        if (type.bits() > Byte.SIZE && order != ByteOrder.nativeOrder()) {
            throw new IllegalArgumentException("the buffer's byte order is " + order + ", this machine's "
                    + ByteOrder.nativeOrder()
                    + "; if the elements are in the latter, say so by order(ByteOrder.nativeOrder())");
        }
        return MemorySegment.ofBuffer(buffer);
    }

    /** A copy: Java doesn't expose the memory of a {@code boolean[]}. */
    static byte[] bytes(boolean[] booleans) {
        byte[] bytes = new byte[booleans.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (booleans[i] ? 1 : 0);
        }
        return bytes;
    }

    /** The whole bytes that hold {@code count} packed bits. */
    static MemorySegment bytesOfBits(MemorySegment segment, long bitOffset, long count) {
        // A pointer from C may have the size Long.MAX_VALUE.
        long bits = Math.min(segment.byteSize(), Long.MAX_VALUE / Byte.SIZE) * Byte.SIZE;
        Objects.checkFromIndexSize(bitOffset, count, bits);
        return segment.asSlice(bitOffset / Byte.SIZE, ElementType.BITS.bytes(bitOffset % Byte.SIZE + count));
    }

    /**
     * Gives the number of elements, after a check that all arrays have the same.
     *
     * @param weights null if there are none
     */
    static long requireSameCount(Predictions predictions, Targets targets, Weights weights) {
        long count = predictions.count();
        if (count != targets.count()) {
            throw new IllegalArgumentException(count + " predictions, but " + targets.count() + " targets");
        }
        if (weights != null && count != weights.count()) {
            throw new IllegalArgumentException(count + " predictions, but " + weights.count() + " weights");
        }
        return count;
    }

    /** The number of elements. */
    public final long count() {
        return count;
    }

    /** The type of the elements. */
    public final ElementType type() {
        return type;
    }

    /** The memory that this is a view of. The library only reads it. */
    public final MemorySegment segment() {
        return segment;
    }

    /** The first element's bit in the first byte of {@link #segment()}, from 0 to 7; 0 unless the type is {@code BITS}. */
    public final int bitOffset() {
        return bitOffset;
    }

    /** The whole bytes that hold {@code length} elements from {@code from} on. */
    final MemorySegment range(long from, long length) {
        Objects.checkFromIndexSize(from, length, count);
        long start = (bitOffset + from) * type.bits() / Byte.SIZE;
        return segment.asSlice(start, type.bytes(bitOffset(from) + length));
    }

    /** The bit in the first byte of {@link #range} at which the element {@code from} begins. */
    final int bitOffset(long from) {
        return type == ElementType.BITS ? (int) ((bitOffset + from) % Byte.SIZE) : 0;
    }

    /** The kind of view, the elements' type and number, and where they lie: {@code Predictions[float32 x 64, heap]}. */
    @Override
    public final String toString() {
        String place = !segment.isNative() ? "heap" : segment.isMapped() ? "mapped" : "off-heap";
        return getClass().getSimpleName() + "[" + type.name().toLowerCase(Locale.ROOT) + " x " + count + ", " + place
                + "]";
    }
}
