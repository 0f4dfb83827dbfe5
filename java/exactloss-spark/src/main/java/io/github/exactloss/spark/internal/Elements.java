// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

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
import org.apache.spark.unsafe.Platform;

/** How the values of a column become elements of an array that the native code takes. All are exact. */
enum Elements {
    BOOLEANS(ElementType.UINT8) {
        @Override
        void set(long[] elements, int index, SpecializedGetters row, int ordinal) {
            Platform.putByte(elements, BASE + index, row.getBoolean(ordinal) ? (byte) 1 : 0);
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
        void set(long[] elements, int index, SpecializedGetters row, int ordinal) {
            Platform.putByte(elements, BASE + index, row.getByte(ordinal));
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
        void set(long[] elements, int index, SpecializedGetters row, int ordinal) {
            Platform.putInt(elements, BASE + (long) index * Integer.BYTES, row.getShort(ordinal));
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
        void set(long[] elements, int index, SpecializedGetters row, int ordinal) {
            Platform.putInt(elements, BASE + (long) index * Integer.BYTES, row.getInt(ordinal));
        }

        @Override
        MemorySegment copy(ColumnVector vector, int count) {
            return MemorySegment.ofArray(vector.getInts(0, count));
        }
    },
    LONGS(ElementType.INT64) {
        @Override
        void set(long[] elements, int index, SpecializedGetters row, int ordinal) {
            Platform.putLong(elements, BASE + (long) index * Long.BYTES, row.getLong(ordinal));
        }

        @Override
        MemorySegment copy(ColumnVector vector, int count) {
            return MemorySegment.ofArray(vector.getLongs(0, count));
        }
    },
    FLOATS(ElementType.FLOAT32) {
        @Override
        void set(long[] elements, int index, SpecializedGetters row, int ordinal) {
            Platform.putFloat(elements, BASE + (long) index * Float.BYTES, row.getFloat(ordinal));
        }

        @Override
        MemorySegment copy(ColumnVector vector, int count) {
            return MemorySegment.ofArray(vector.getFloats(0, count));
        }
    },
    DOUBLES(ElementType.FLOAT64) {
        @Override
        void set(long[] elements, int index, SpecializedGetters row, int ordinal) {
            Platform.putDouble(elements, BASE + (long) index * Double.BYTES, row.getDouble(ordinal));
        }

        @Override
        MemorySegment copy(ColumnVector vector, int count) {
            return MemorySegment.ofArray(vector.getDoubles(0, count));
        }
    };

    private static final long BASE = Platform.LONG_ARRAY_OFFSET;

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

    /** An array that has room for {@code count} elements. */
    final long[] allocate(int count) {
        return new long[Math.ceilDiv(count * (type.bits() / Byte.SIZE), Long.BYTES)];
    }

    /** Copies an element. The indices are not checked. */
    final void move(long[] from, int index, long[] to, int newIndex) {
        switch (type.bits()) {
            case Byte.SIZE -> Platform.putByte(to, BASE + newIndex, Platform.getByte(from, BASE + index));
            case Integer.SIZE ->
                Platform.putInt(
                        to,
                        BASE + (long) newIndex * Integer.BYTES,
                        Platform.getInt(from, BASE + (long) index * Integer.BYTES));
            default -> to[newIndex] = from[index];
        }
    }

    /** Some elements of an array. */
    final MemorySegment slice(long[] elements, int first, int count) {
        return MemorySegment.ofArray(elements).asSlice(type.bytes(first), type.bytes(count));
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

    /** Writes a row's value, which is not null. The index is not checked. */
    abstract void set(long[] elements, int index, SpecializedGetters row, int ordinal);

    /** The first {@code count} values of a column vector without nulls. */
    abstract MemorySegment copy(ColumnVector vector, int count);
}
