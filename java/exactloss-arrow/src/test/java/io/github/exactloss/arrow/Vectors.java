// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.arrow;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.Float2Vector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt1Vector;

/** Vectors for the tests, one constant for each type. */
enum Vectors {
    FLOAT2,
    FLOAT4,
    FLOAT8,
    UINT1,
    TINYINT,
    INT,
    BIGINT,
    BIT;

    /** A vector of these values, rounded to the type. The memory of nulls has them too. */
    BaseFixedWidthVector of(String name, double[] values, boolean[] nulls, BufferAllocator allocator) {
        BaseFixedWidthVector vector = empty(name, allocator);
        vector.allocateNew(values.length);
        vector.setValueCount(values.length);
        for (int i = 0; i < values.length; i++) {
            set(vector, i, values[i]);
            if (nulls[i]) {
                vector.getValidityBuffer()
                        .setByte(i / 8, vector.getValidityBuffer().getByte(i / 8) & ~(1 << i % 8));
            }
        }
        return vector;
    }

    /** A value, rounded to the type. */
    double rounded(double value) {
        return switch (this) {
            case FLOAT2 -> Float.float16ToFloat(Float.floatToFloat16((float) value));
            case FLOAT4 -> (float) value;
            case FLOAT8 -> value;
            case UINT1, TINYINT, INT, BIGINT -> (long) value;
            case BIT -> value == 1 ? 1 : 0;
        };
    }

    private BaseFixedWidthVector empty(String name, BufferAllocator allocator) {
        return switch (this) {
            case FLOAT2 -> new Float2Vector(name, allocator);
            case FLOAT4 -> new Float4Vector(name, allocator);
            case FLOAT8 -> new Float8Vector(name, allocator);
            case UINT1 -> new UInt1Vector(name, allocator);
            case TINYINT -> new TinyIntVector(name, allocator);
            case INT -> new IntVector(name, allocator);
            case BIGINT -> new BigIntVector(name, allocator);
            case BIT -> new BitVector(name, allocator);
        };
    }

    private static void set(BaseFixedWidthVector vector, int index, double value) {
        switch (vector) {
            case Float2Vector floats -> floats.set(index, Float.floatToFloat16((float) value));
            case Float4Vector floats -> floats.set(index, (float) value);
            case Float8Vector doubles -> doubles.set(index, value);
            case UInt1Vector bytes -> bytes.set(index, (int) value);
            case TinyIntVector bytes -> bytes.set(index, (int) value);
            case IntVector ints -> ints.set(index, (int) value);
            case BigIntVector longs -> longs.set(index, (long) value);
            case BitVector bits -> bits.set(index, value == 1 ? 1 : 0);
            default -> throw new AssertionError(vector.getClass());
        }
    }
}
