// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cdata;

import io.github.exactloss.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.LongStream;

/**
 * An array that another library lends by the <a href="https://arrow.apache.org/docs/format/CDataInterface.html">Arrow C Data
 * Interface</a>: an {@code ArrowArray} and its {@code ArrowSchema}, read where they are. It respects offsets, also
 * of a struct and its children.
 *
 * <p>It is only borrowed: its owner releases it, but not before the arena is closed. The addresses are trusted; if they are
 * not those of such structures, the process may crash.
 */
public final class CDataArray {
    /** The members of ArrowArray and of ArrowSchema, each of 8 bytes. */
    private static final int LENGTH = 0;

    private static final int NULL_COUNT = 1;
    private static final int OFFSET = 2;
    private static final int BUFFER_COUNT = 3;
    private static final int CHILD_COUNT = 4;
    private static final int BUFFERS = 5;
    private static final int CHILDREN = 6;
    private static final int RELEASE = 8;
    private static final int ARRAY_MEMBERS = 10;

    private static final int SCHEMA_FORMAT = 0;
    private static final int SCHEMA_NAME = 1;
    private static final int SCHEMA_CHILD_COUNT = 4;
    private static final int SCHEMA_CHILDREN = 5;
    private static final int SCHEMA_DICTIONARY = 6;
    private static final int SCHEMA_RELEASE = 7;
    private static final int SCHEMA_MEMBERS = 9;

    static final long ARRAY_BYTES = ARRAY_MEMBERS * Long.BYTES;
    static final long SCHEMA_BYTES = SCHEMA_MEMBERS * Long.BYTES;

    private static final String STRUCT = "+s";

    private final MemorySegment array;
    private final MemorySegment schema;
    private final Arena arena;

    private CDataArray(MemorySegment array, MemorySegment schema, Arena arena) {
        this.array = array;
        this.schema = schema;
        this.arena = arena;
    }

    /**
     * The array at an address.
     *
     * @param array the address of an {@code ArrowArray}
     * @param schema the address of its {@code ArrowSchema}
     * @param arena says how long its columns can be used, and by which threads
     * @throws IllegalArgumentException if one of the two was released, or they don't fit each other
     */
    public static CDataArray of(long array, long schema, Arena arena) {
        return of(MemorySegment.ofAddress(array), MemorySegment.ofAddress(schema), arena);
    }

    static CDataArray of(MemorySegment array, MemorySegment schema, Arena arena) {
        CDataArray borrowed =
                new CDataArray(sized(array, ARRAY_BYTES, arena), sized(schema, SCHEMA_BYTES, arena), arena);
        borrowed.requireSound();
        return borrowed;
    }

    /** Whether an {@code ArrowArray} is the mark of a stream's end. */
    static boolean isReleased(MemorySegment array) {
        return release(array).equals(MemorySegment.NULL);
    }

    static boolean isSchemaReleased(MemorySegment schema) {
        return releaseOfSchema(schema).equals(MemorySegment.NULL);
    }

    /** The function that releases an {@code ArrowArray}. */
    static MemorySegment release(MemorySegment array) {
        return array.getAtIndex(ValueLayout.ADDRESS, RELEASE);
    }

    /** The function that releases an {@code ArrowSchema}. */
    static MemorySegment releaseOfSchema(MemorySegment schema) {
        return schema.getAtIndex(ValueLayout.ADDRESS, SCHEMA_RELEASE);
    }

    /** The names of a struct's children (a batch is a struct); empty for a child without a name. */
    public List<String> names() {
        return LongStream.range(0, childCount())
                .mapToObj(index -> name(childSchema(index)))
                .toList();
    }

    /**
     * The array as a column.
     *
     * @throws IllegalArgumentException if the type is none of those of {@link Column}, or is dictionary-encoded
     */
    public Column column() {
        return column(array, schema, 0, array.getAtIndex(ValueLayout.JAVA_LONG, LENGTH));
    }

    /**
     * A child of a struct (a batch is a struct) as a column, which is null where the struct is.
     *
     * @throws IllegalArgumentException if there is not exactly one of this name, or its type is none of those of
     *     {@link Column}, or is dictionary-encoded
     */
    public Column column(String name) {
        List<String> names = names();
        int index = names.indexOf(name);
        if (index < 0 || names.lastIndexOf(name) != index) {
            throw new IllegalArgumentException(
                    (index < 0 ? "no child" : "several children") + " named '" + name + "' among " + names);
        }
        long first = array.getAtIndex(ValueLayout.JAVA_LONG, OFFSET);
        long count = array.getAtIndex(ValueLayout.JAVA_LONG, LENGTH);
        Column child = column(pointed(array, CHILDREN, index, ARRAY_BYTES), childSchema(index), first, count);
        return child.whereAlso(validity(array, first, count));
    }

    /** {@code count} elements of an array from {@code from} on, counted from its offset. */
    private Column column(MemorySegment array, MemorySegment schema, long from, long count) {
        String name = name(schema);
        if (!schema.getAtIndex(ValueLayout.ADDRESS, SCHEMA_DICTIONARY).equals(MemorySegment.NULL)) {
            throw unsupported(name, "is dictionary-encoded");
        }
        ElementType type = type(name, format(schema));
        if (array.getAtIndex(ValueLayout.JAVA_LONG, BUFFER_COUNT) != 2) {
            throw new IllegalArgumentException("the column '" + name + "' has "
                    + array.getAtIndex(ValueLayout.JAVA_LONG, BUFFER_COUNT) + " buffers, not 2");
        }
        if (count > array.getAtIndex(ValueLayout.JAVA_LONG, LENGTH) - from) {
            throw new IllegalArgumentException(
                    "the column '" + name + "' is shorter than the struct that it is a child of");
        }
        if (count == 0) { // and it may have an offset, but no buffers
            return Column.of(name, type, MemorySegment.NULL, MemorySegment.NULL, 0, 0);
        }
        long first = Math.addExact(array.getAtIndex(ValueLayout.JAVA_LONG, OFFSET), from);
        MemorySegment data = buffer(array, 1, type.bytes(Math.addExact(first, count)));
        if (data.equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException("the column '" + name + "' has no buffer of values");
        }
        return Column.of(name, type, data, validityBits(array, first, count), first, count);
    }

    private Validity validity(MemorySegment array, long first, long count) {
        MemorySegment bits = validityBits(array, first, count);
        return bits.equals(MemorySegment.NULL) ? Validity.all(count) : Validity.of(bits, first, count);
    }

    /** The validity bitmap; the null segment without nulls. */
    private MemorySegment validityBits(MemorySegment array, long first, long count) {
        return array.getAtIndex(ValueLayout.JAVA_LONG, NULL_COUNT) == 0
                ? MemorySegment.NULL
                : buffer(array, 0, ElementType.BITS.bytes(Math.addExact(first, count)));
    }

    private static ElementType type(String column, String format) {
        return switch (format) {
            case "e" -> ElementType.FLOAT16;
            case "f" -> ElementType.FLOAT32;
            case "g" -> ElementType.FLOAT64;
            case "C" -> ElementType.UINT8;
            case "c" -> ElementType.INT8;
            case "i" -> ElementType.INT32;
            case "l" -> ElementType.INT64;
            case "b" -> ElementType.BITS;
            default -> throw unsupported(column, "has the format '" + format + "'");
        };
    }

    private static IllegalArgumentException unsupported(String column, String problem) {
        return new IllegalArgumentException("the column '" + column + "' " + problem
                + "; supported are float16, float32, float64, uint8, int8, int32, int64 and bool");
    }

    private MemorySegment buffer(MemorySegment array, int index, long bytes) {
        return pointed(array, BUFFERS, index, bytes);
    }

    private MemorySegment childSchema(long index) {
        return pointed(schema, SCHEMA_CHILDREN, index, SCHEMA_BYTES);
    }

    private long childCount() {
        return format(schema).equals(STRUCT) ? array.getAtIndex(ValueLayout.JAVA_LONG, CHILD_COUNT) : 0;
    }

    private void requireSound() {
        if (isReleased(array) || isSchemaReleased(schema)) {
            throw new IllegalArgumentException("the ArrowArray or the ArrowSchema was released");
        }
        if (array.getAtIndex(ValueLayout.JAVA_LONG, CHILD_COUNT)
                != schema.getAtIndex(ValueLayout.JAVA_LONG, SCHEMA_CHILD_COUNT)) {
            throw new IllegalArgumentException("the ArrowArray and the ArrowSchema have different numbers of children");
        }
    }

    /** The target of pointer number {@code index} of an array of pointers; empty for a null pointer. */
    private MemorySegment pointed(MemorySegment structure, int member, long index, long bytes) {
        MemorySegment pointers = sized(
                structure.getAtIndex(ValueLayout.ADDRESS, member), (index + 1) * ValueLayout.ADDRESS.byteSize(), arena);
        return sized(pointers.getAtIndex(ValueLayout.ADDRESS, index), bytes, arena);
    }

    private String format(MemorySegment schema) {
        return text(schema.getAtIndex(ValueLayout.ADDRESS, SCHEMA_FORMAT));
    }

    private String name(MemorySegment schema) {
        return text(schema.getAtIndex(ValueLayout.ADDRESS, SCHEMA_NAME));
    }

    private String text(MemorySegment pointer) {
        return pointer.equals(MemorySegment.NULL)
                ? ""
                : sized(pointer, Long.MAX_VALUE, arena).getString(0);
    }

    @SuppressWarnings("restricted") // the interface says how large each thing is
    private static MemorySegment sized(MemorySegment pointer, long bytes, Arena arena) {
        return pointer.equals(MemorySegment.NULL) ? pointer : pointer.reinterpret(bytes, arena, null);
    }
}
