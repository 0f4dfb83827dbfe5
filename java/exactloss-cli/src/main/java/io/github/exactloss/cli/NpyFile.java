// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.ElementType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An array in a {@code .npy} file (format versions 1.0, 2.0 and 3.0), memory-mapped and never copied.
 *
 * @param path names the file in messages
 * @param header what the file says of its elements, checked against the file's size
 * @param type of the elements
 * @param elements the elements in C order: {@code count} × element size bytes, read-only, of any alignment, valid
 *     until the arena closes. The file must not be cut short while they are in use.
 */
record NpyFile(Path path, NpyHeader header, ElementType type, MemorySegment elements) {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /** A longer header needs the record types that version 2.0 was made for, and those are not supported. */
    private static final long LONGEST_HEADER = 65_535;

    /**
     * Maps a file.
     *
     * @param supported the types that can be used here
     * @param arena owns the mapping
     * @throws BadDataException if the file is missing, malformed, or of another type; the message names the file
     */
    static NpyFile map(Path path, List<NpyType> supported, Arena arena) {
        try {
            return parse(path, mapBytes(path, arena), supported);
        } catch (BadDataException problem) {
            throw new BadDataException(path + ": " + problem.getMessage());
        } catch (AccessDeniedException denied) {
            throw new BadDataException(path + ": permission denied");
        } catch (IOException failure) {
            throw new BadDataException(path + ": cannot be read: " + failure.getMessage());
        }
    }

    /**
     * Requires another file to have as many elements as this one, in whatever shape.
     *
     * @throws BadDataException if it has not
     */
    void requireSameCount(NpyFile other) {
        if (header.count() != other.header.count()) {
            throw new BadDataException("%s has the shape %s, but %s has the shape %s: %d and %d elements"
                    .formatted(
                            path,
                            header.shapeText(),
                            other.path,
                            other.header.shapeText(),
                            header.count(),
                            other.header.count()));
        }
    }

    private static MemorySegment mapBytes(Path path, Arena arena) throws IOException {
        if (!Files.exists(path)) {
            throw new BadDataException("no such file");
        }
        if (!Files.isRegularFile(path)) {
            throw new BadDataException(
                    Files.isDirectory(path) ? "is a directory" : "is not a regular file and cannot be memory-mapped");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
        }
    }

    private static NpyFile parse(Path path, MemorySegment file, List<NpyType> supported) {
        checkMagic(file);
        int major = Byte.toUnsignedInt(file.get(ValueLayout.JAVA_BYTE, 6));
        int minor = Byte.toUnsignedInt(file.get(ValueLayout.JAVA_BYTE, 7));
        if (major < 1 || major > 3 || minor != 0) {
            throw new BadDataException(
                    "has .npy format version %d.%d; supported are 1.0, 2.0 and 3.0".formatted(major, minor));
        }
        int lengthBytes = major == 1 ? 2 : 4;
        int headerStart = MAGIC.length + 2 + lengthBytes;
        if (file.byteSize() < headerStart) {
            throw new BadDataException(
                    "is truncated: %d bytes end before the length of its header".formatted(file.byteSize()));
        }
        long headerBytes = littleEndian(file.asSlice(MAGIC.length + 2L, lengthBytes));
        if (headerBytes > LONGEST_HEADER) {
            throw new BadDataException(
                    "has a header of %d bytes; at most %d are supported".formatted(headerBytes, LONGEST_HEADER));
        }
        if (headerBytes > file.byteSize() - headerStart) {
            throw new BadDataException("is truncated: its header should have %d bytes, %d are there"
                    .formatted(headerBytes, file.byteSize() - headerStart));
        }
        byte[] text = file.asSlice(headerStart, headerBytes).toArray(ValueLayout.JAVA_BYTE);
        NpyHeader header =
                NpyHeader.parse(new String(text, major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1));
        ElementType type = type(header.descr(), supported);
        return new NpyFile(path, header, type, elements(header, type, file.asSlice(headerStart + headerBytes)));
    }

    private static void checkMagic(MemorySegment file) {
        if (file.byteSize() == 0) {
            throw new BadDataException("is empty");
        }
        byte[] start = file.asSlice(0, Math.min(file.byteSize(), MAGIC.length)).toArray(ValueLayout.JAVA_BYTE);
        if (!Arrays.equals(start, MAGIC)) {
            HexFormat hex = HexFormat.ofDelimiter(" ");
            throw new BadDataException("is not a .npy file: it begins with the bytes %s, not %s"
                    .formatted(hex.formatHex(start), hex.formatHex(MAGIC)));
        }
        if (file.byteSize() < MAGIC.length + 2) {
            throw new BadDataException("is truncated: %d bytes end before its version".formatted(file.byteSize()));
        }
    }

    private static MemorySegment elements(NpyHeader header, ElementType type, MemorySegment data) {
        if (header.fortranOrder()) {
            throw new BadDataException("is in Fortran order; only C order is supported (numpy.ascontiguousarray)");
        }
        String shape = header.shapeText();
        long bytes;
        try {
            bytes = Math.multiplyExact(header.count(), type.bytes(1));
        } catch (ArithmeticException overflow) {
            throw new BadDataException("has the shape " + shape + ", too large to address");
        }
        if (bytes != data.byteSize()) {
            throw new BadDataException("%s: the shape %s of '%s' needs %d bytes of data, %d are there"
                    .formatted(
                            data.byteSize() < bytes ? "is truncated" : "has trailing bytes",
                            shape,
                            header.descr(),
                            bytes,
                            data.byteSize()));
        }
        return data;
    }

    private static ElementType type(String descr, List<NpyType> supported) {
        for (NpyType type : supported) {
            if (type.toString().equals(descr)) {
                if (type.elements().bits() > Byte.SIZE && ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
                    throw new BadDataException(
                            "has little-endian elements, which a big-endian machine cannot use in place");
                }
                return type.elements();
            }
        }
        String kind = "";
        if (descr.startsWith(">")) {
            kind = " (big-endian)";
        } else if (descr.startsWith("|O")) {
            kind = " (Python objects)";
        }
        String others = supported.stream().map(NpyType::toString).collect(Collectors.joining("', '"));
        throw new BadDataException("has elements of dtype '%s'%s; supported here: '%s'".formatted(descr, kind, others));
    }

    private static long littleEndian(MemorySegment bytes) {
        long value = 0;
        for (long i = bytes.byteSize() - 1; i >= 0; i--) {
            value = value << 8 | Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, i));
        }
        return value;
    }
}
