// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.MemorySegment;

/** The caller's memory that an operation writes {@code count} elements to. What follows them is kept. */
final class Output extends Elements {
    Output(MemorySegment segment, ElementType type, long count) {
        super(writable(segment, type, count), type, 0, count);
    }

    private static MemorySegment writable(MemorySegment segment, ElementType type, long count) {
        if (segment.isReadOnly()) {
            throw new IllegalArgumentException("the output is read-only");
        }
        if (segment.byteSize() / type.bytes(1) < count) {
            throw new IllegalArgumentException("the output has " + segment.byteSize() + " bytes, too few for " + count
                    + " elements of " + type.bytes(1) + " bytes");
        }
        return segment.asSlice(0, type.bytes(count));
    }

    void requireApart(MemorySegment input) {
        if (segment().asOverlappingSlice(input).isPresent()) {
            throw new IllegalArgumentException("the output overlaps an input");
        }
    }

    /** Element by element, an operation may replace what it reads; but not what it has yet to read. */
    void requireApartOrInPlace(MemorySegment input) {
        // Segments are equal where they begin at the same place.
        if (!segment().equals(input) || segment().byteSize() != input.byteSize()) {
            requireApart(input);
        }
    }
}
