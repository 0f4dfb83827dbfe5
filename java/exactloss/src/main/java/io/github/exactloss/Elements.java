// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory, and the type of the elements that fill it. */
abstract sealed class Elements permits Predictions, Targets {
    private static final long CACHE_LINE = 64;

    private final MemorySegment segment;
    private final ElementType type;
    private final long count;

    Elements(MemorySegment segment, ElementType type) {
        long bytes = segment.byteSize();
        if (bytes % type.bytes != 0) {
            throw new IllegalArgumentException("a segment of %d bytes holds no whole number of %s elements of %d bytes"
                    .formatted(bytes, type, type.bytes));
        }
        this.segment = segment;
        this.type = type;
        this.count = bytes / type.bytes;
    }

    static MemorySegment allocate(long count, ElementType type, Arena arena) {
        if (count < 0 || count > Long.MAX_VALUE / type.bytes) {
            throw new IllegalArgumentException("a count of %d is negative or too large".formatted(count));
        }
        return arena.allocate(count * type.bytes, CACHE_LINE);
    }

    static long requireSameCount(Predictions predictions, Targets targets) {
        long count = predictions.count();
        if (count != targets.count()) {
            throw new IllegalArgumentException("%d predictions, but %d targets".formatted(count, targets.count()));
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

    final MemorySegment range(long offset, long length) {
        if (offset < 0 || length < 0 || offset > count - length) {
            throw new IndexOutOfBoundsException(
                    "%d elements from %d are not within the %d there are".formatted(length, offset, count));
        }
        return segment.asSlice(offset * type.bytes, length * type.bytes);
    }
}
