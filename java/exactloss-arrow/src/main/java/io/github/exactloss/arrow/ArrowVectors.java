// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.arrow;

import io.github.exactloss.ElementType;
import io.github.exactloss.cdata.Column;
import io.github.exactloss.cdata.ColumnBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.FieldVector;

/**
 * Views of Arrow's vectors, without a copy.
 *
 * <p>A view keeps the memory of its vector until the arena is closed, so it stays valid if the vector is closed, refilled or
 * transferred before. Close the arena before the vector's allocator. An arena that is never closed, such as the global one,
 * keeps the memory for ever. The arena also says which threads may use the view.
 *
 * <p>All methods throw {@link IllegalArgumentException} if a vector is null, its type is not in the list of {@link Column},
 * or it is dictionary-encoded.
 */
public final class ArrowVectors {
    private ArrowVectors() {}

    /** All elements of a vector. */
    public static Column column(FieldVector vector, Arena arena) {
        ElementType type = type(vector);
        long count = vector.getValueCount();
        return Column.of(
                Objects.requireNonNullElse(vector.getName(), ""),
                type,
                retained(vector.getDataBuffer(), type.bytes(count), arena),
                retained(vector.getValidityBuffer(), ElementType.BITS.bytes(count), arena),
                0,
                count);
    }

    /**
     * The rows of two vectors.
     *
     * @throws IllegalArgumentException if the lengths differ, or a type does not fit: see {@link Column}
     */
    public static ColumnBatch batch(FieldVector predictions, FieldVector targets, Arena arena) {
        return ColumnBatch.of(column(predictions, arena), column(targets, arena));
    }

    /**
     * The rows of three vectors.
     *
     * @throws IllegalArgumentException if the lengths differ, or a type does not fit: see {@link Column}
     */
    public static ColumnBatch batch(FieldVector predictions, FieldVector targets, FieldVector weights, Arena arena) {
        return ColumnBatch.of(column(predictions, arena), column(targets, arena), column(weights, arena));
    }

    private static ElementType type(FieldVector vector) {
        if (vector == null) {
            throw new IllegalArgumentException(
                    "the vector is null: VectorSchemaRoot.getVector gives that for a name that the root lacks");
        }
        if (vector.getField().getDictionary() != null) {
            throw unsupported(vector, "is dictionary-encoded");
        }
        return switch (vector.getMinorType()) {
            case FLOAT2 -> ElementType.FLOAT16;
            case FLOAT4 -> ElementType.FLOAT32;
            case FLOAT8 -> ElementType.FLOAT64;
            case UINT1 -> ElementType.UINT8;
            case TINYINT -> ElementType.INT8;
            case INT -> ElementType.INT32;
            case BIGINT -> ElementType.INT64;
            case BIT -> ElementType.BITS;
            default ->
                throw unsupported(vector, "has the type " + vector.getField().getType());
        };
    }

    private static IllegalArgumentException unsupported(FieldVector vector, String problem) {
        return new IllegalArgumentException("the column '" + vector.getName() + "' " + problem
                + "; supported are float16, float32, float64, uint8, int8, int32, int64 and bool");
    }

    /** {@code nioBuffer} reaches only 2 GiB and needs an opened package of the JDK. */
    @SuppressWarnings("restricted") // the buffer has that many bytes, and is kept from being freed
    private static MemorySegment retained(ArrowBuf buffer, long bytes, Arena arena) {
        if (bytes == 0) {
            return MemorySegment.NULL;
        }
        if (buffer.capacity() < bytes) {
            throw new IllegalArgumentException(
                    "a buffer of " + buffer.capacity() + " bytes is too small for the vector, which needs " + bytes);
        }
        buffer.getReferenceManager().retain();
        try {
            return MemorySegment.ofAddress(buffer.memoryAddress())
                    .reinterpret(
                            bytes, arena, memory -> buffer.getReferenceManager().release());
        } catch (RuntimeException e) {
            buffer.getReferenceManager().release();
            throw e;
        }
    }
}
