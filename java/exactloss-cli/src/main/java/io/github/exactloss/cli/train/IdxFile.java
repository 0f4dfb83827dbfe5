// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import io.github.exactloss.cli.BadDataException;
import java.util.ArrayList;
import java.util.List;

/**
 * An array of bytes in the idx format, in which MNIST is distributed: two zero bytes, the element type (8 for unsigned
 * bytes), the number of dimensions, the dimensions as big-endian 32-bit integers, then the elements in C order.
 *
 * @param shape the extent of each dimension
 * @param content the whole file
 * @param start the index in {@code content} of the first element
 */
@SuppressWarnings("ArrayRecordComponent") // a view of bytes that are read once and never compared
record IdxFile(List<Integer> shape, byte[] content, int start) {
    private static final int UNSIGNED_BYTE = 8;

    /**
     * Interprets the bytes of a file.
     *
     * @param name names the file in messages
     * @param dimensions how many the array must have
     * @throws BadDataException if the bytes are no such array, or too few or too many for its shape
     */
    static IdxFile parse(String name, byte[] content, int dimensions) {
        int start = 4 + 4 * dimensions;
        if (content.length < start) {
            throw new BadDataException("%s: is truncated: %d bytes, but the idx header alone has %d"
                    .formatted(name, content.length, start));
        }
        if (content[0] != 0 || content[1] != 0 || content[2] != UNSIGNED_BYTE || content[3] != dimensions) {
            throw new BadDataException(
                    "%s: is not an idx file of unsigned bytes in %d dimensions".formatted(name, dimensions));
        }
        List<Integer> shape = new ArrayList<>();
        long elements = 1;
        for (int i = 4; i < start; i += 4) {
            int extent = bigEndian(content, i);
            if (extent < 0 || elements * extent > Integer.MAX_VALUE) {
                throw new BadDataException(name + ": has a shape too large to address");
            }
            shape.add(extent);
            elements *= extent;
        }
        if (content.length - start != elements) {
            throw new BadDataException("%s: the shape %s needs %d bytes of data, %d are there"
                    .formatted(name, shape, elements, content.length - start));
        }
        return new IdxFile(List.copyOf(shape), content, start);
    }

    private static int bigEndian(byte[] bytes, int at) {
        int value = 0;
        for (int i = at; i < at + 4; i++) {
            value = value << 8 | Byte.toUnsignedInt(bytes[i]);
        }
        return value;
    }
}
