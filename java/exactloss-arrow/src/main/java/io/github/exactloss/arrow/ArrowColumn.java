// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.arrow;

import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.FieldVector;

/**
 * A column of numbers in Arrow memory: a view, without a copy, that lives as long as an arena.
 *
 * <p>The types, and what they can be:
 *
 * <table>
 * <caption>Arrow types</caption>
 * <tr><th>Arrow<th>vector<th>predictions<th>targets<th>weights
 * <tr><td>float16<td>{@code Float2Vector}<td>yes<td><td>
 * <tr><td>float32<td>{@code Float4Vector}<td>yes<td>yes<td>yes
 * <tr><td>float64<td>{@code Float8Vector}<td>yes<td>yes<td>
 * <tr><td>uint8<td>{@code UInt1Vector}<td><td>yes<td>
 * <tr><td>int8<td>{@code TinyIntVector}<td><td>yes<td>
 * <tr><td>int32<td>{@code IntVector}<td><td>yes<td>
 * <tr><td>int64<td>{@code BigIntVector}<td><td>yes<td>
 * <tr><td>bool<td>{@code BitVector}<td><td>yes<td>
 * </table>
 *
 * <p>{@link ArrowBatch} puts columns together and skips nulls. A column without nulls can also be viewed by itself, for any
 * operation of exactloss. Using a view after its arena is closed is an {@link IllegalStateException}.
 */
public final class ArrowColumn {
    private final String name;
    private final ColumnType type;
    private final MemorySegment data;
    private final Validity validity;
    private final long first;
    private final long count;

    /**
     * @param data the bytes that hold the elements {@code first} (inclusive) to {@code first + count} (exclusive) and all
     *     before them
     */
    ArrowColumn(String name, ColumnType type, MemorySegment data, Validity validity, long first, long count) {
        this.name = name;
        this.type = type;
        this.data = data;
        this.validity = validity;
        this.first = first;
        this.count = count;
    }

    /**
     * All elements of a vector. Its memory is retained until the arena is closed, so that the view stays good when the
     * vector is closed, refilled or transferred before; close the arena before the vector's allocator.
     *
     * @param arena how long the view lives, and which threads may use it; never the global one, which retains the memory for
     *     ever
     * @throws IllegalArgumentException if the vector has another type than those above, or is dictionary-encoded
     */
    public static ArrowColumn of(FieldVector vector, Arena arena) {
        ColumnType type = ColumnType.of(vector);
        long count = vector.getValueCount();
        MemorySegment data = retained(vector.getDataBuffer(), type.bytes(count), arena);
        MemorySegment bits = retained(vector.getValidityBuffer(), ColumnType.BOOL.bytes(count), arena);
        return new ArrowColumn(vector.getName(), type, data, Validity.of(bits, 0, count), 0, count);
    }

    /** The same column, null also where others are, which are of the same length. */
    ArrowColumn whereAlso(Validity others) {
        return new ArrowColumn(name, type, data, validity.and(others), first, count);
    }

    /** The name that the field has in its schema; empty, or null, where it has none. */
    public String name() {
        return name;
    }

    /** The number of elements, nulls included. */
    public long count() {
        return count;
    }

    /** The number of nulls, counted from the validity bitmap. */
    public long nullCount() {
        return validity.nullCount();
    }

    /**
     * The elements as predictions, or logits.
     *
     * @throws IllegalArgumentException if the type is not one of those, or the column has nulls
     */
    public Predictions predictions() {
        requireNoNulls();
        return predictions(0, count);
    }

    /**
     * The elements as targets. Those of int8 are viewed as uint8, which is the same to every operation, because only 1
     * matters; a {@link io.github.exactloss.StrictModeException} names the value as uint8 though, unless {@link ArrowBatch}
     * throws it.
     *
     * @throws IllegalArgumentException if the type is not one of those, or the column has nulls
     */
    public Targets targets() {
        requireNoNulls();
        return targets(0, count);
    }

    /**
     * The elements as weights.
     *
     * @throws IllegalArgumentException if the type is not float32, or the column has nulls
     */
    public Weights weights() {
        requireNoNulls();
        return weights(0, count);
    }

    /** Whatever is at the places of nulls belongs to the view. */
    Predictions predictions(long from, long length) {
        return switch (type) {
            case FLOAT16 -> Predictions.ofFloat16(range(from, length));
            case FLOAT32 -> Predictions.ofFloats(range(from, length));
            case FLOAT64 -> Predictions.ofDoubles(range(from, length));
            default -> throw unfit("predictions", ColumnType.FLOAT16, ColumnType.FLOAT32, ColumnType.FLOAT64);
        };
    }

    Targets targets(long from, long length) {
        return switch (type) {
            case UINT8, INT8 -> Targets.ofBytes(range(from, length));
            case INT32 -> Targets.ofInts(range(from, length));
            case INT64 -> Targets.ofLongs(range(from, length));
            case FLOAT32 -> Targets.ofFloats(range(from, length));
            case FLOAT64 -> Targets.ofDoubles(range(from, length));
            case BOOL -> Targets.ofBits(data, first + from, length);
            case FLOAT16 ->
                throw unfit(
                        "targets",
                        ColumnType.UINT8,
                        ColumnType.INT8,
                        ColumnType.INT32,
                        ColumnType.INT64,
                        ColumnType.FLOAT32,
                        ColumnType.FLOAT64,
                        ColumnType.BOOL);
        };
    }

    Weights weights(long from, long length) {
        if (type != ColumnType.FLOAT32) {
            throw unfit("weights", ColumnType.FLOAT32);
        }
        return Weights.ofFloats(range(from, length));
    }

    Validity validity() {
        return validity;
    }

    /** What an element is, where it was viewed as uint8. */
    double int8Value(long index) {
        return data.get(ValueLayout.JAVA_BYTE, first + index);
    }

    boolean isInt8() {
        return type == ColumnType.INT8;
    }

    private MemorySegment range(long from, long length) {
        return data.asSlice(type.bytes(first + from), type.bytes(length));
    }

    private void requireNoNulls() {
        long nulls = nullCount();
        if (nulls > 0) {
            throw new IllegalArgumentException(
                    "the column '" + name + "' has " + nulls + " nulls; an ArrowBatch skips them");
        }
    }

    private IllegalArgumentException unfit(String role, ColumnType... fit) {
        List<String> types = List.of(fit).stream()
                .map(fitting -> fitting.name().toLowerCase(Locale.ROOT))
                .toList();
        return new IllegalArgumentException("the column '" + name + "' has elements of "
                + type.name().toLowerCase(Locale.ROOT) + "; " + role + " must be " + String.join(", ", types));
    }

    /** Not by {@code nioBuffer}, which reaches only 2 GiB and asks for an opened package of the JDK. */
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
