// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.arrow;

import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.types.pojo.Field;

/** The Arrow types of which something can be viewed. */
enum ColumnType {
    FLOAT16(16),
    FLOAT32(32),
    FLOAT64(64),
    UINT8(8),
    INT8(8),
    INT32(32),
    INT64(64),
    BOOL(1);

    /** The size of an element. */
    final int bits;

    ColumnType(int bits) {
        this.bits = bits;
    }

    static ColumnType of(FieldVector vector) {
        Field field = vector.getField();
        if (field.getDictionary() != null) {
            throw unsupported(field.getName(), "is dictionary-encoded");
        }
        return switch (vector.getMinorType()) {
            case FLOAT2 -> FLOAT16;
            case FLOAT4 -> FLOAT32;
            case FLOAT8 -> FLOAT64;
            case UINT1 -> UINT8;
            case TINYINT -> INT8;
            case INT -> INT32;
            case BIGINT -> INT64;
            case BIT -> BOOL;
            default -> throw unsupported(field.getName(), "has the type " + field.getType());
        };
    }

    /** @param format what an ArrowSchema says */
    static ColumnType ofFormat(String column, String format) {
        return switch (format) {
            case "e" -> FLOAT16;
            case "f" -> FLOAT32;
            case "g" -> FLOAT64;
            case "C" -> UINT8;
            case "c" -> INT8;
            case "i" -> INT32;
            case "l" -> INT64;
            case "b" -> BOOL;
            default -> throw unsupported(column, "has the format '" + format + "'");
        };
    }

    /** {@code count} elements' bytes, the last one perhaps in part. */
    long bytes(long count) {
        return Math.ceilDiv(Math.multiplyExact(count, (long) bits), Byte.SIZE);
    }

    static IllegalArgumentException unsupported(String column, String problem) {
        return new IllegalArgumentException("the column '" + column + "' " + problem
                + "; supported are float16, float32, float64, uint8, int8, int32, int64 and bool");
    }
}
