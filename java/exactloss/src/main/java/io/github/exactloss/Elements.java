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
import java.util.Objects;

/** Memory, and the type of the elements that fill it. */
abstract sealed class Elements permits Condition, Output, Predictions, Targets, Weights {
    private static final long CACHE_LINE = 64;

    private final MemorySegment segment;
    private final ElementType type;
    private final long first;
    private final long count;

    /** All elements of a segment. */
    Elements(MemorySegment segment, ElementType type) {
        this(segment, type, 0, type.elements(segment.byteSize()));
        if (segment.byteSize() != type.bytes(count)) {
            throw new IllegalArgumentException("a segment of " + segment.byteSize() + " bytes holds no whole number of "
                    + type + " elements of " + type.bytes(1) + " bytes");
        }
    }

    /** {@code count} elements of a segment. The first is at its start, or for packed bits at bit {@code first}, below 8. */
    Elements(MemorySegment segment, ElementType type, long first, long count) {
        this.segment = segment;
        this.type = type;
        this.first = first;
        this.count = count;
    }

    static MemorySegment allocate(long count, ElementType type, Arena arena) {
        if (count < 0 || count > Long.MAX_VALUE / type.bits) {
            throw new IllegalArgumentException("a count of " + count + " is negative or too large");
        }
        return arena.allocate(type.bytes(count), CACHE_LINE);
    }

    /** The memory from a buffer's position to its limit, which must hold its elements in the machine's byte order. */
    static MemorySegment memory(Buffer buffer) {
        ByteOrder order = switch (buffer) {
            case ByteBuffer bytes -> bytes.order();
            case CharBuffer chars -> chars.order();
            case DoubleBuffer doubles -> doubles.order();
            case FloatBuffer floats -> floats.order();
            case IntBuffer ints -> ints.order();
            case LongBuffer longs -> longs.order();
            case ShortBuffer shorts -> shorts.order();
        };
        if (order != ByteOrder.nativeOrder()) {
            throw new IllegalArgumentException("the buffer's byte order is " + order + ", this machine's "
                    + ByteOrder.nativeOrder()
                    + "; if the elements are in the latter, say so by order(ByteOrder.nativeOrder())");
        }
        return MemorySegment.ofBuffer(buffer);
    }

    /** A copy: the one kind of array that Java lets nobody look into. */
    static byte[] bytes(boolean[] booleans) {
        byte[] bytes = new byte[booleans.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (booleans[i] ? 1 : 0);
        }
        return bytes;
    }

    /** The whole bytes that hold {@code count} packed bits. */
    static MemorySegment bytesOfBits(MemorySegment segment, long bitOffset, long count) {
        Objects.checkFromIndexSize(bitOffset, count, segment.byteSize() * Byte.SIZE);
        return segment.asSlice(bitOffset / Byte.SIZE, ElementType.BITS.bytes(bitOffset % Byte.SIZE + count));
    }

    static long requireSameCount(Predictions predictions, Targets targets) {
        long count = predictions.count();
        if (count != targets.count()) {
            throw new IllegalArgumentException(count + " predictions, but " + targets.count() + " targets");
        }
        return count;
    }

    static long requireSameCount(Predictions predictions, Targets targets, Weights weights) {
        long count = requireSameCount(predictions, targets);
        if (count != weights.count()) {
            throw new IllegalArgumentException(count + " predictions, but " + weights.count() + " weights");
        }
        return count;
    }

    /** The number of elements. */
    public final long count() {
        return count;
    }

    /** The memory that this is a view of. The library only reads it. */
    public final MemorySegment segment() {
        return segment;
    }

    final ElementType type() {
        return type;
    }

    /** The whole bytes that hold {@code length} elements from {@code offset} on. */
    final MemorySegment range(long offset, long length) {
        Objects.checkFromIndexSize(offset, length, count);
        long start = (first + offset) * type.bits / Byte.SIZE;
        return segment.asSlice(start, type.bytes(first(offset) + length));
    }

    /** The index in {@link #range} of the element {@code offset}: 0, unless bits begin within a byte. */
    final long first(long offset) {
        return type == ElementType.BITS ? (first + offset) % Byte.SIZE : 0;
    }
}
