// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.ElementType;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/**
 * The element types that {@code .npy} files may have here. NumPy has several names for each of them, and other programs
 * write all of these.
 */
@SuppressWarnings("ImmutableEnumChecker") // it can't see that the lists are
enum NpyType {
    UINT8(ElementType.UINT8, "u1", "B", "uint8"),
    INT8(ElementType.INT8, "i1", "b", "int8"),
    BOOL(ElementType.UINT8, "b1", "?", "bool"),
    INT32(ElementType.INT32, "i4", "i", "int32"),
    INT64(ElementType.INT64, "i8", "q", "int64"),
    FLOAT16(ElementType.FLOAT16, "f2", "e", "float16"),
    FLOAT32(ElementType.FLOAT32, "f4", "f", "float32"),
    FLOAT64(ElementType.FLOAT64, "f8", "d", "float64"),

    /** NumPy has no name for bfloat16: ml_dtypes saves it as two bytes of an unknown kind. */
    BFLOAT16(ElementType.BFLOAT16, "V2", "bfloat16");

    private static final String ORDER_MARKS = "<>=|";

    private final ElementType elements;
    private final List<String> names;

    NpyType(ElementType elements, String... names) {
        this.elements = elements;
        this.names = List.of(names);
    }

    /**
     * Reads the description of a type: a name, after a mark for the order of the bytes or none.
     *
     * @return nothing if it is another type, or if its bytes are in another order than this machine's
     */
    static Optional<NpyType> parse(String descr) {
        boolean marked = !descr.isEmpty() && ORDER_MARKS.indexOf(descr.charAt(0)) >= 0;
        String name = marked ? descr.substring(1) : descr;
        for (NpyType type : values()) {
            // NumPy has no mark in front of a long name.
            if (type.names.contains(name) && !(marked && name.equals(type.toString()))) {
                boolean oneByte = type.elements.bits() == Byte.SIZE;
                return oneByte || order(descr) == ByteOrder.nativeOrder() ? Optional.of(type) : Optional.empty();
            }
        }
        return Optional.empty();
    }

    /** What a mark says, or no mark: "=" is the order of the machine that reads. */
    static ByteOrder order(String descr) {
        return switch (descr.isEmpty() ? '=' : descr.charAt(0)) {
            case '<' -> ByteOrder.LITTLE_ENDIAN;
            case '>' -> ByteOrder.BIG_ENDIAN;
            default -> ByteOrder.nativeOrder();
        };
    }

    /** The type as the library reads it. */
    ElementType elements() {
        return elements;
    }

    /** The type as NumPy shows it. */
    @Override
    public String toString() {
        return names.getLast();
    }
}
