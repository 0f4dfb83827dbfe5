// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cdata;

import static io.github.exactloss.internal.bindings.exactloss_arrow_h.EXACTLOSS_ANY_ROLE;
import static io.github.exactloss.internal.bindings.exactloss_arrow_h.exactloss_arrow_view$handle;
import static io.github.exactloss.internal.bindings.exactloss_h.EXACTLOSS_ERROR_CHILD;
import static io.github.exactloss.internal.bindings.exactloss_h.EXACTLOSS_ERROR_TYPE;
import static io.github.exactloss.internal.bindings.exactloss_h.EXACTLOSS_OK;

import io.github.exactloss.ElementType;
import io.github.exactloss.internal.CoreLibrary;
import io.github.exactloss.internal.Linkage;
import io.github.exactloss.internal.Options;
import io.github.exactloss.internal.bindings.ArrowArray;
import io.github.exactloss.internal.bindings.ArrowSchema;
import io.github.exactloss.internal.bindings.exactloss_arrow_column;
import io.github.exactloss.internal.bindings.exactloss_fault;
import io.github.exactloss.internal.bindings.exactloss_view;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

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
    private static final String STRUCT = "+s";

    /** A column's own validity bitmap, and that of the struct that it is a child of. */
    private static final int BITMAPS = 2;

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
     * @throws IllegalArgumentException if one of the two is null or was released
     */
    public static CDataArray of(long array, long schema, Arena arena) {
        return of(MemorySegment.ofAddress(array), MemorySegment.ofAddress(schema), arena);
    }

    static CDataArray of(MemorySegment array, MemorySegment schema, Arena arena) {
        if (array.equals(MemorySegment.NULL) || schema.equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException("the address of the ArrowArray or of its ArrowSchema is 0");
        }
        CoreLibrary.load();
        MemorySegment sizedArray = ArrowArray.reinterpret(array, arena, null);
        MemorySegment sizedSchema = ArrowSchema.reinterpret(schema, arena, null);
        if (ArrowArray.release(sizedArray).equals(MemorySegment.NULL)
                || ArrowSchema.release(sizedSchema).equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException("the ArrowArray or its ArrowSchema was released");
        }
        return new CDataArray(sizedArray, sizedSchema, arena);
    }

    /**
     * The names of a struct's children (a batch is a struct); empty for a child without a name.
     *
     * @throws IllegalArgumentException if a pointer to a child is null
     */
    public List<String> names() {
        return children().map(child -> text(ArrowSchema.name(child))).toList();
    }

    /**
     * The array as a column.
     *
     * @throws IllegalArgumentException if the type is none of those of {@link Column}, or is dictionary-encoded, or if the
     *     array contradicts itself
     */
    public Column column() {
        return column(text(ArrowSchema.name(schema)), false);
    }

    /**
     * A child of a struct (a batch is a struct) as a column, which is null where the struct is.
     *
     * @throws IllegalArgumentException if there is not exactly one of this name, or its type is none of those of
     *     {@link Column}, or is dictionary-encoded, or if the struct or the child contradicts itself
     */
    public Column column(String name) {
        return column(name, true);
    }

    private Column column(String name, boolean isChild) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment column = exactloss_arrow_column.allocate(call);
            MemorySegment fault = exactloss_fault.allocate(call);
            MemorySegment child = isChild ? call.allocateFrom(name) : MemorySegment.NULL;
            int status = Linkage.status(() -> (int) exactloss_arrow_view$handle()
                    .invokeExact(schema, array, child, EXACTLOSS_ANY_ROLE(), column, fault));
            if (status != EXACTLOSS_OK()) {
                throw new IllegalArgumentException(
                        "column '" + name + "': " + problem(fault) + hint(status, name, isChild));
            }
            return column(name, column);
        }
    }

    /** @param column an {@code exactloss_arrow_column} */
    private Column column(String name, MemorySegment column) {
        MemorySegment view = exactloss_arrow_column.view(column);
        long count = exactloss_view.count(view);
        int options = exactloss_view.options(view);
        ElementType type = Options.type(options);
        int first = Options.bitOffset(options);
        // As slices: the getters of single elements that jextract 22 makes leave out where the members begin.
        MemorySegment bitmaps = exactloss_arrow_column.validity(column);
        MemorySegment offsets = exactloss_arrow_column.validity_offset(column);
        Validity validity = Validity.all(count);
        for (int i = 0; i < BITMAPS; i++) {
            MemorySegment bits = bitmaps.getAtIndex(ValueLayout.ADDRESS, i);
            if (!bits.equals(MemorySegment.NULL)) {
                long bit = offsets.getAtIndex(ValueLayout.JAVA_LONG, i);
                validity = validity.and(Validity.of(sized(bits, ElementType.BITS.bytes(bit + count)), bit, count));
            }
        }
        return new Column(
                name, type, sized(exactloss_view.data(view), type.bytes(first + count)), validity, first, count);
    }

    /** What the native library can't say of a refused column. */
    private String hint(int status, String name, boolean isChild) {
        if (status == EXACTLOSS_ERROR_CHILD()) {
            return "; there are " + names();
        }
        if (status == EXACTLOSS_ERROR_TYPE()) {
            MemorySegment refused =
                    isChild ? children().skip(names().indexOf(name)).findFirst().orElseThrow() : schema;
            return "; its format is '" + text(ArrowSchema.format(refused)) + "'";
        }
        return "";
    }

    /** The words of an {@code exactloss_fault}. */
    private static String problem(MemorySegment fault) {
        long found = exactloss_fault.found(fault);
        long wanted = exactloss_fault.wanted(fault);
        return text(exactloss_fault.problem(fault)) + (found == wanted ? "" : " " + found + ", not " + wanted);
    }

    /** The schemas of a struct's children. */
    private Stream<MemorySegment> children() {
        long count = text(ArrowSchema.format(schema)).equals(STRUCT) ? ArrowSchema.n_children(schema) : 0;
        MemorySegment pointers = ArrowSchema.children(schema);
        if (count > 0 && pointers.equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException("the struct has a null pointer in place of its children");
        }
        return LongStream.range(0, count).mapToObj(index -> {
            MemorySegment child = pointers.getAtIndex(ValueLayout.ADDRESS, index);
            if (child.equals(MemorySegment.NULL)) {
                throw new IllegalArgumentException("child number " + index + " has a null pointer for its ArrowSchema");
            }
            return ArrowSchema.reinterpret(child, arena, null);
        });
    }

    /** A C string; empty for a null pointer. */
    private static String text(MemorySegment pointer) {
        return pointer.equals(MemorySegment.NULL) ? "" : pointer.getString(0);
    }

    @SuppressWarnings("restricted") // the interface says how large each thing is
    private MemorySegment sized(MemorySegment pointer, long bytes) {
        return pointer.reinterpret(bytes, arena, null);
    }

    /** The format or, of a struct, the names, and the length: {@code CDataArray[[p, t] x 64]}. */
    @Override
    public String toString() {
        if (!array.isAccessibleBy(Thread.currentThread()) || !array.scope().isAlive()) {
            return "CDataArray[not accessible]";
        }
        String format = text(ArrowSchema.format(schema));
        return "CDataArray[" + (format.equals(STRUCT) ? names() : format) + " x " + ArrowArray.length(array) + "]";
    }
}
