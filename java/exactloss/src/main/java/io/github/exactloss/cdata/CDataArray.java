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
 * <p>It is only borrowed: its owner releases it, but not before the arena is closed. The addresses, and the sizes of the
 * memory behind them, are trusted; if they are wrong, the process may crash. What contradicts itself is refused: a number of
 * nulls that is not that of the validity bitmap, for example.
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
    private static final int DICTIONARY = 7;
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

    /** The validity bitmap. */
    private static final long STRUCT_BUFFERS = 1;

    /** The validity bitmap and the values. */
    private static final long COLUMN_BUFFERS = 2;

    /** The number of nulls that nobody has counted yet. */
    private static final long UNKNOWN = -1;

    /** Of any type. */
    private static final long MOST_ELEMENTS = Long.MAX_VALUE / Long.SIZE;

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
     * @throws IllegalArgumentException if one of the two is null, was released or has impossible numbers, or they don't fit
     *     each other
     */
    public static CDataArray of(long array, long schema, Arena arena) {
        return of(MemorySegment.ofAddress(array), MemorySegment.ofAddress(schema), arena);
    }

    static CDataArray of(MemorySegment array, MemorySegment schema, Arena arena) {
        MemorySegment sizedArray = sized(array, ARRAY_BYTES, arena);
        MemorySegment sizedSchema = sized(schema, SCHEMA_BYTES, arena);
        requireSound("the array", sizedArray, sizedSchema);
        return new CDataArray(sizedArray, sizedSchema, arena);
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

    /**
     * The names of a struct's children (a batch is a struct); empty for a child without a name.
     *
     * @throws IllegalArgumentException if a pointer to a child is null
     */
    public List<String> names() {
        return LongStream.range(0, childCount())
                .mapToObj(index -> name(childSchema(index)))
                .toList();
    }

    /**
     * The array as a column.
     *
     * @throws IllegalArgumentException if the type is none of those of {@link Column}, or is dictionary-encoded, or if the
     *     array contradicts itself
     */
    public Column column() {
        return column(array, schema, 0, number(array, LENGTH));
    }

    /**
     * A child of a struct (a batch is a struct) as a column, which is null where the struct is.
     *
     * @throws IllegalArgumentException if there is not exactly one of this name, or its type is none of those of
     *     {@link Column}, or is dictionary-encoded, or if the struct or the child contradicts itself
     */
    public Column column(String name) {
        List<String> names = names();
        int index = names.indexOf(name);
        if (index < 0 || names.lastIndexOf(name) != index) {
            throw new IllegalArgumentException(
                    (index < 0 ? "no child" : "several children") + " named '" + name + "' among " + names);
        }
        MemorySegment child = pointed(array, CHILDREN, index, ARRAY_BYTES);
        requireSound(subject(name), child, childSchema(index));
        long first = number(array, OFFSET);
        long count = number(array, LENGTH);
        return column(child, childSchema(index), first, count)
                .whereAlso(validity("the struct", array, STRUCT_BUFFERS, first, count));
    }

    /** The format or, of a struct, the names, and the length: {@code CDataArray[[p, t] x 64]}. */
    @Override
    public String toString() {
        if (!array.isAccessibleBy(Thread.currentThread()) || !array.scope().isAlive()) {
            return "CDataArray[not accessible]";
        }
        return "CDataArray[" + (format(schema).equals(STRUCT) ? names() : format(schema)) + " x "
                + number(array, LENGTH) + "]";
    }

    /** {@code count} elements of an array from {@code from} on, counted from its offset. */
    private Column column(MemorySegment array, MemorySegment schema, long from, long count) {
        String name = name(schema);
        if (!schema.getAtIndex(ValueLayout.ADDRESS, SCHEMA_DICTIONARY).equals(MemorySegment.NULL)
                || !array.getAtIndex(ValueLayout.ADDRESS, DICTIONARY).equals(MemorySegment.NULL)) {
            throw unsupported(name, "is dictionary-encoded");
        }
        ElementType type = type(name, format(schema));
        if (count > number(array, LENGTH) - from) {
            throw new IllegalArgumentException(subject(name) + " is shorter than the struct that it is a child of");
        }
        if (count == 0) { // and it may have an offset, but no buffers
            return Column.of(name, type, MemorySegment.NULL, MemorySegment.NULL, 0, 0);
        }
        long first = number(array, OFFSET) + from;
        Validity validity = validity(subject(name), array, COLUMN_BUFFERS, first, count);
        MemorySegment data = pointed(array, BUFFERS, 1, type.bytes(first + count));
        if (data.equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException(subject(name) + " has no buffer of values");
        }
        return new Column(name, type, data, validity, first, count);
    }

    /**
     * Which of {@code count} elements from {@code first} on are not null, after a comparison of the array's number of nulls
     * with its bitmap.
     */
    private Validity validity(String subject, MemorySegment array, long bufferCount, long first, long count) {
        if (count == 0) {
            return Validity.all(0);
        }
        if (number(array, BUFFER_COUNT) != bufferCount) {
            throw new IllegalArgumentException(
                    subject + " has " + number(array, BUFFER_COUNT) + " buffers, not " + bufferCount);
        }
        long offset = number(array, OFFSET);
        long length = number(array, LENGTH);
        long nulls = number(array, NULL_COUNT);
        MemorySegment bits = pointed(array, BUFFERS, 0, ElementType.BITS.bytes(offset + length));
        if (bits.equals(MemorySegment.NULL)) {
            if (nulls > 0) {
                throw new IllegalArgumentException(subject + " has " + nulls + " nulls, but no validity bitmap");
            }
            return Validity.all(count);
        }
        if (nulls != UNKNOWN) {
            long counted = Validity.of(bits, offset, length).nullCount();
            if (counted != nulls) {
                throw new IllegalArgumentException(
                        subject + " has " + nulls + " nulls, but " + counted + " in its validity bitmap");
            }
        }
        return nulls == 0 ? Validity.all(count) : Validity.of(bits, first, count);
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
        return new IllegalArgumentException(subject(column) + " " + problem
                + "; supported are float16, float32, float64, uint8, int8, int32, int64 and bool");
    }

    private static String subject(String column) {
        return "the column '" + column + "'";
    }

    private MemorySegment childSchema(long index) {
        MemorySegment child = pointed(schema, SCHEMA_CHILDREN, index, SCHEMA_BYTES);
        if (child.equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException("child number " + index + " has a null pointer for its ArrowSchema");
        }
        return child;
    }

    private long childCount() {
        return format(schema).equals(STRUCT) ? number(array, CHILD_COUNT) : 0;
    }

    private static void requireSound(String subject, MemorySegment array, MemorySegment schema) {
        if (array.equals(MemorySegment.NULL) || schema.equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException(subject + " has a null pointer for its ArrowArray or its ArrowSchema");
        }
        if (isReleased(array) || isSchemaReleased(schema)) {
            throw new IllegalArgumentException("the ArrowArray or the ArrowSchema of " + subject + " was released");
        }
        long offset = number(array, OFFSET);
        long length = number(array, LENGTH);
        if (offset < 0 || length < 0 || offset > MOST_ELEMENTS - length) {
            throw new IllegalArgumentException(
                    subject + " has the offset " + offset + " and the length " + length + ", which no memory has");
        }
        long nulls = number(array, NULL_COUNT);
        if (nulls < UNKNOWN || nulls > length) {
            throw new IllegalArgumentException(subject + " has " + nulls + " nulls among " + length + " elements");
        }
        long children = number(array, CHILD_COUNT);
        if (children < 0 || children != number(schema, SCHEMA_CHILD_COUNT)) {
            throw new IllegalArgumentException(subject + " has " + children + " children, but its ArrowSchema has "
                    + number(schema, SCHEMA_CHILD_COUNT));
        }
    }

    private static long number(MemorySegment structure, int member) {
        return structure.getAtIndex(ValueLayout.JAVA_LONG, member);
    }

    /** The target of pointer number {@code index} of an array of pointers; the null segment for a null pointer. */
    private MemorySegment pointed(MemorySegment structure, int member, long index, long bytes) {
        MemorySegment pointers = sized(
                structure.getAtIndex(ValueLayout.ADDRESS, member), (index + 1) * ValueLayout.ADDRESS.byteSize(), arena);
        if (pointers.equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException(
                    "an ArrowArray or an ArrowSchema has a null pointer in place of its buffers or children");
        }
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
