// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cdata;

import io.github.exactloss.ElementType;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A column of numbers in memory of Arrow's layout: a view, without a copy, that lives as long as its memory.
 *
 * <p>The types, and their possible roles:
 *
 * <table>
 * <caption>Arrow types</caption>
 * <tr><th>Arrow<th>element type<th>predictions<th>targets<th>weights
 * <tr><td>float16<td>{@code FLOAT16}<td>yes<td><td>
 * <tr><td>float32<td>{@code FLOAT32}<td>yes<td>yes<td>yes
 * <tr><td>float64<td>{@code FLOAT64}<td>yes<td>yes<td>
 * <tr><td>uint8<td>{@code UINT8}<td><td>yes<td>
 * <tr><td>int8<td>{@code INT8}<td><td>yes<td>
 * <tr><td>int32<td>{@code INT32}<td><td>yes<td>
 * <tr><td>int64<td>{@code INT64}<td><td>yes<td>
 * <tr><td>bool<td>{@code BITS}<td><td>yes<td>
 * </table>
 *
 * <p>{@link ColumnBatch} puts columns together and skips nulls. A column without nulls can also be viewed by itself, for any
 * operation of exactloss. Using a view after its arena is closed is an {@link IllegalStateException}.
 */
public final class Column {
    private final String name;
    private final ElementType type;
    private final MemorySegment data;
    private final Validity validity;
    private final long first;
    private final long count;

    /**
     * Without a check.
     *
     * @param data the bytes that hold the elements and all before them
     */
    Column(String name, ElementType type, MemorySegment data, Validity validity, long first, long count) {
        this.name = name;
        this.type = type;
        this.data = data;
        this.validity = validity;
        this.first = first;
        this.count = count;
    }

    /**
     * A column of {@code count} elements from {@code first} on.
     *
     * @param name what messages call it; may be empty
     * @param data the bytes that hold the elements and all before them
     * @param validity the bitmap that says which elements are not null, likewise; {@link MemorySegment#NULL} where none is
     * @throws IndexOutOfBoundsException if a number is negative, or a segment is too small
     */
    public static Column of(
            String name, ElementType type, MemorySegment data, MemorySegment validity, long first, long count) {
        Objects.checkFromIndexSize(first, count, Long.MAX_VALUE / type.bits());
        Validity all = validity.equals(MemorySegment.NULL) ? Validity.all(count) : Validity.of(validity, first, count);
        return new Column(name, type, data.asSlice(0, type.bytes(first + count)), all, first, count);
    }

    /** The name in the schema; empty without one. */
    public String name() {
        return name;
    }

    /** The type of the elements. */
    public ElementType type() {
        return type;
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
     * @throws IllegalArgumentException if predictions can't be of the type, or the column has nulls
     */
    public Predictions predictions() {
        requireNoNulls();
        return predictions(0, count);
    }

    /**
     * The elements as targets.
     *
     * @throws IllegalArgumentException if targets can't be of the type, or the column has nulls
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

    /** The view includes the elements at nulls. */
    Predictions predictions(long from, long length) {
        try {
            return Predictions.of(type == ElementType.BITS ? data : range(from, length), type);
        } catch (IllegalArgumentException e) {
            throw unfit(e);
        }
    }

    Targets targets(long from, long length) {
        if (type == ElementType.BITS) {
            return Targets.ofBits(data, first + from, length);
        }
        try {
            return Targets.of(range(from, length), type);
        } catch (IllegalArgumentException e) {
            throw unfit(e);
        }
    }

    Weights weights(long from, long length) {
        if (type != ElementType.FLOAT32) {
            throw unfit(new IllegalArgumentException("weights are of FLOAT32, not " + type));
        }
        return Weights.of(range(from, length));
    }

    Validity validity() {
        return validity;
    }

    private MemorySegment range(long from, long length) {
        return data.asSlice(type.bytes(first + from), type.bytes(length));
    }

    private void requireNoNulls() {
        long nulls = nullCount();
        if (nulls > 0) {
            throw new IllegalArgumentException(
                    "the column '" + name + "' has " + nulls + " nulls; a ColumnBatch skips them");
        }
    }

    private IllegalArgumentException unfit(IllegalArgumentException reason) {
        return new IllegalArgumentException("the column '" + name + "' does not fit: " + reason.getMessage(), reason);
    }

    /** The name, the type and the number of elements: {@code Column['p', FLOAT32 x 64]}. */
    @Override
    public String toString() {
        return "Column['" + name + "', " + type + " x " + count + "]";
    }
}
