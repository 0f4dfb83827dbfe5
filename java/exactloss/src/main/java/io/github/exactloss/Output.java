// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.MemorySegment;

/** The caller's memory that an operation writes {@code count} elements to. What follows them is kept. */
final class Output extends Elements {
    Output(MemorySegment segment, ElementType type, long count) {
        super(writable(segment, type, count), type, 0, count);
    }

    /** For the values of the elements of a batch. */
    static Output values(Batch batch, MemorySegment values) {
        Output output = apartFromOthers(batch, values);
        output.requireApartOrInPlace(batch.predictions.segment());
        return output;
    }

    /** For the gradient of a batch. */
    static Output gradient(Batch batch, MemorySegment gradient, boolean accumulates) {
        if (!accumulates) {
            return values(batch, gradient);
        }
        Output output = apartFromOthers(batch, gradient);
        output.requireApart(batch.predictions.segment());
        return output;
    }

    private static Output apartFromOthers(Batch batch, MemorySegment segment) {
        batch.requireSameCount();
        Output output = new Output(segment, batch.predictions.type(), batch.count());
        output.requireApart(batch.targets.segment());
        output.requireApart(batch.weightsSegment());
        return output;
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

    /** An operation may overwrite elements that it has read, but not those that it has yet to read. */
    void requireApartOrInPlace(MemorySegment input) {
        // Segments are equal where they begin at the same place.
        if (!segment().equals(input) || segment().byteSize() != input.byteSize()) {
            requireApart(input);
        }
    }
}
