// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.exactloss.ElementType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.execution.vectorized.OffHeapColumnVector;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.vectorized.ColumnVector;

/** How the values of a column become elements of an array that the native code takes. All are exact. */
enum Elements {
    BOOLEANS(ElementType.UINT8) {
        @Override
        void set(MemorySegment elements, int index, SpecializedGetters row, int ordinal) {
            elements.setAtIndex(JAVA_BYTE, index, row.getBoolean(ordinal) ? (byte) 1 : 0);
        }

        @Override
        MemorySegment copy(ColumnVector vector, int count) {
            boolean[] values = vector.getBooleans(0, count);
            byte[] bytes = new byte[count];
            for (int i = 0; i < count; i++) {
                bytes[i] = values[i] ? (byte) 1 : 0;
            }
            return MemorySegment.ofArray(bytes);
        }
    },
    BYTES(ElementType.INT8) {
        @Override
        void set(MemorySegment elements, int index, SpecializedGetters row, int ordinal) {
            elements.setAtIndex(JAVA_BYTE, index, row.getByte(ordinal));
        }

        @Override
        MemorySegment copy(ColumnVector vector, int count) {
            return MemorySegment.ofArray(vector.getBytes(0, count));
        }
    },
    SHORTS(ElementType.INT32) {
        @Override
        boolean isPlain() {
            return false;
        }

        @Override
        void set(MemorySegment elements, int index, SpecializedGetters row, int ordinal) {
            elements.setAtIndex(JAVA_INT, index, row.getShort(ordinal));
        }

        @Override
        MemorySegment copy(ColumnVector vector, int count) {
            short[] values = vector.getShorts(0, count);
            int[] ints = new int[count];
            for (int i = 0; i < count; i++) {
                ints[i] = values[i];
            }
            return MemorySegment.ofArray(ints);
        }
    },
    INTS(ElementType.INT32) {
        @Override
        void set(MemorySegment elements, int index, SpecializedGetters row, int ordinal) {
            elements.setAtIndex(JAVA_INT, index, row.getInt(ordinal));
        }

        @Override
        MemorySegment copy(ColumnVector vector, int count) {
            return MemorySegment.ofArray(vector.getInts(0, count));
        }
    },
    LONGS(ElementType.INT64) {
        @Override
        void set(MemorySegment elements, int index, SpecializedGetters row, int ordinal) {
            elements.setAtIndex(JAVA_LONG, index, row.getLong(ordinal));
        }

        @Override
        MemorySegment copy(ColumnVector vector, int count) {
            return MemorySegment.ofArray(vector.getLongs(0, count));
        }
    },
    FLOATS(ElementType.FLOAT32) {
        @Override
        void set(MemorySegment elements, int index, SpecializedGetters row, int ordinal) {
            elements.setAtIndex(JAVA_FLOAT, index, row.getFloat(ordinal));
        }

        @Override
        MemorySegment copy(ColumnVector vector, int count) {
            return MemorySegment.ofArray(vector.getFloats(0, count));
        }
    },
    DOUBLES(ElementType.FLOAT64) {
        @Override
        void set(MemorySegment elements, int index, SpecializedGetters row, int ordinal) {
            elements.setAtIndex(JAVA_DOUBLE, index, row.getDouble(ordinal));
        }

        @Override
        MemorySegment copy(ColumnVector vector, int count) {
            return MemorySegment.ofArray(vector.getDoubles(0, count));
        }
    };

    private final ElementType type;

    Elements(ElementType type) {
        this.type = type;
    }

    /** How columns of a type are read, if they can be. */
    static Optional<Elements> of(DataType column) {
        return Optional.ofNullable(
                switch (column) {
                    case BooleanType b -> BOOLEANS;
                    case ByteType b -> BYTES;
                    case ShortType s -> SHORTS;
                    case IntegerType i -> INTS;
                    case LongType l -> LONGS;
                    case FloatType f -> FLOATS;
                    case DoubleType d -> DOUBLES;
                    default -> null;
                });
    }

    final ElementType type() {
        return type;
    }

    /** Memory on the heap for {@code count} elements, aligned for all types. */
    final MemorySegment allocate(int count) {
        return MemorySegment.ofArray(new long[Math.ceilDiv(count * (type.bits() / Byte.SIZE), Long.BYTES)]);
    }

    /**
     * The first {@code count} values of a column vector without nulls: its own memory where the values lie there as elements
     * off the heap, and otherwise a copy.
     */
    @SuppressWarnings("restricted")
    final MemorySegment of(ColumnVector vector, int count) {
        return isPlain() && vector instanceof OffHeapColumnVector plain && !plain.hasDictionary()
                ? MemorySegment.ofAddress(plain.valuesNativeAddress()).reinterpret(type.bytes(count))
                : copy(vector, count);
    }

    /** Whether a column vector's memory has the elements as the native code takes them. */
    boolean isPlain() {
        return true;
    }

    /** Writes a row's value, which is not null. */
    abstract void set(MemorySegment elements, int index, SpecializedGetters row, int ordinal);

    /** The first {@code count} values of a column vector without nulls. */
    abstract MemorySegment copy(ColumnVector vector, int count);
}
