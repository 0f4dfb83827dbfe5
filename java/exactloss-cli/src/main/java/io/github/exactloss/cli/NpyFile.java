// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.ElementType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An array in a {@code .npy} file (format versions 1.0, 2.0 and 3.0), which is read piece by piece.
 *
 * <p>It is not mapped: if another program cut a mapped file short, reading it would crash the JVM. Reading pieces that fit
 * into a cache takes no longer.
 */
final class NpyFile implements AutoCloseable {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /** A longer header needs the record types that version 2.0 was made for, and those are not supported. */
    private static final long LONGEST_HEADER = 65_535;

    private final Path path;
    private final FileChannel channel;
    private final BasicFileAttributes opened;
    private final NpyHeader header;
    private final ElementType type;
    private final long start;

    private NpyFile(Path path, FileChannel channel, List<NpyType> supported) throws IOException {
        this.path = path;
        this.channel = channel;
        opened = Files.readAttributes(path, BasicFileAttributes.class);
        int major = version();
        int lengthBytes = major == 1 ? 2 : 4;
        long headerBytes = headerBytes(lengthBytes);
        start = MAGIC.length + 2 + lengthBytes + headerBytes;
        byte[] text = read(start - headerBytes, (int) headerBytes);
        header = NpyHeader.parse(new String(text, major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1));
        type = type(header.descr(), supported);
        checkSize();
    }

    /**
     * Opens a file, and checks what it says of its elements.
     *
     * @param supported the types that can be used here
     * @throws BadDataException if the file is missing, malformed, or of another type; the message names the file
     */
    static NpyFile open(Path path, List<NpyType> supported) {
        try {
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                throw new BadDataException(Files.isDirectory(path) ? "is a directory" : "is not a regular file");
            }
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            try {
                return new NpyFile(path, channel, supported);
            } catch (IOException | RuntimeException failure) {
                channel.close();
                throw failure;
            }
        } catch (BadDataException problem) {
            throw new BadDataException(path + ": " + problem.getMessage());
        } catch (IOException failure) {
            throw BadDataException.unreadable(path, failure);
        }
    }

    /** The number of elements. */
    long count() {
        return header.count();
    }

    ElementType type() {
        return type;
    }

    /**
     * Requires the elements of another file to belong to those of this one: the shapes must be the same, apart from extents
     * of 1, and so must the order of the elements, where there can be two.
     *
     * @throws BadDataException if they do not; the message names both files
     */
    void requireSameShape(NpyFile other) {
        if (!header.extents().equals(other.header.extents())) {
            throw new BadDataException("%s has the shape %s, but %s has the shape %s: %s"
                    .formatted(path, header.shapeText(), other.path, other.header.shapeText(), difference(other)));
        }
        if (header.extents().size() > 1 && header.fortranOrder() != other.header.fortranOrder()) {
            NpyFile fortran = header.fortranOrder() ? this : other;
            NpyFile c = header.fortranOrder() ? other : this;
            throw new BadDataException(
                    "%s is in Fortran order, but %s is in C order: save the former by numpy.ascontiguousarray"
                            .formatted(fortran.path, c.path));
        }
    }

    private String difference(NpyFile other) {
        if (count() == other.count()) {
            return "give one of them the shape of the other by numpy.reshape";
        }
        String counts = count() + " and " + other.count() + " elements";
        boolean columns = header.extents().size() == other.header.extents().size() + 1;
        // The probabilities of both classes, as scikit-learn's predict_proba gives them.
        return columns ? counts + "; save one column of it, such as a[:, 1]" : counts;
    }

    /**
     * Reads elements.
     *
     * @param from the index of the first one
     * @param elements are filled
     * @throws BadDataException if the file can't be read, or has become shorter
     */
    void read(long from, MemorySegment elements) {
        long position = start + type.bytes(from);
        try {
            ByteBuffer rest = elements.asByteBuffer();
            while (rest.hasRemaining()) {
                int read = channel.read(rest, position);
                if (read < 0) {
                    throw new BadDataException(path + ": was cut short while it was read");
                }
                position += read;
            }
        } catch (IOException failure) {
            throw BadDataException.unreadable(path, failure);
        }
    }

    /**
     * Requires that nobody has written to the file since it was opened. Another file may have taken its name meanwhile.
     *
     * @throws BadDataException if somebody has
     */
    void requireUnchanged() {
        try {
            BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
            boolean sameFile = now.fileKey() == null || now.fileKey().equals(opened.fileKey());
            if (sameFile
                    && !(now.size() == opened.size() && now.lastModifiedTime().equals(opened.lastModifiedTime()))) {
                throw new BadDataException(path + ": was changed while it was read");
            }
        } catch (NoSuchFileException removed) {
            // It is open, and so it was read to its end.
        } catch (IOException failure) {
            throw BadDataException.unreadable(path, failure);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException failure) {
            throw BadDataException.unreadable(path, failure);
        }
    }

    /** Checks the first bytes; returns the major version. */
    private int version() throws IOException {
        byte[] begin = read(0, FileFormat.LONGEST_START);
        if (begin.length == 0) {
            throw new BadDataException("is empty");
        }
        if (!Arrays.equals(begin, 0, Math.min(begin.length, MAGIC.length), MAGIC, 0, MAGIC.length)) {
            throw new BadDataException("is not a .npy file: it "
                    + FileFormat.of(begin)
                            .map(format -> format.description() + remedy(format))
                            .orElse("begins with the bytes %s, not %s".formatted(hex(begin), hex(MAGIC))));
        }
        if (begin.length < MAGIC.length + 2) {
            throw new BadDataException("is truncated: %d bytes end before its version".formatted(begin.length));
        }
        if (begin[6] < 1 || begin[6] > 3 || begin[7] != 0) {
            throw new BadDataException("has .npy format version %d.%d; supported are 1.0, 2.0 and 3.0"
                    .formatted(Byte.toUnsignedInt(begin[6]), Byte.toUnsignedInt(begin[7])));
        }
        return begin[6];
    }

    private static String remedy(FileFormat format) {
        return switch (format) {
            case ZIP -> "; save one of its arrays with numpy.save";
            case HDF5, MATLAB, PICKLE -> "; save its array with numpy.save";
            case PARQUET -> "; give it in a query: SELECT ... FROM 'FILE'";
            case GZIP, ZSTANDARD, HTML -> "";
        };
    }

    private static String hex(byte[] bytes) {
        return HexFormat.ofDelimiter(" ").formatHex(bytes, 0, Math.min(bytes.length, MAGIC.length));
    }

    private long headerBytes(int lengthBytes) throws IOException {
        byte[] length = read(MAGIC.length + 2L, lengthBytes);
        if (length.length < lengthBytes) {
            throw new BadDataException(
                    "is truncated: %d bytes end before the length of its header".formatted(opened.size()));
        }
        ByteBuffer number = ByteBuffer.wrap(Arrays.copyOf(length, Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        long bytes = number.getLong();
        if (bytes > LONGEST_HEADER) {
            throw new BadDataException(
                    "has a header of %d bytes; at most %d are supported".formatted(bytes, LONGEST_HEADER));
        }
        long there = opened.size() - MAGIC.length - 2 - lengthBytes;
        if (bytes > there) {
            throw new BadDataException(
                    "is truncated: its header should have %d bytes, %d are there".formatted(bytes, there));
        }
        return bytes;
    }

    /** Reads bytes, fewer if the file ends before. */
    private byte[] read(long position, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {}
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    private void checkSize() {
        String shape = header.shapeText();
        long bytes;
        try {
            bytes = Math.multiplyExact(header.count(), type.bytes(1));
        } catch (ArithmeticException overflow) {
            throw new BadDataException("has the shape " + shape + ", too large to address");
        }
        long there = opened.size() - start;
        if (bytes != there) {
            throw new BadDataException("%s: the shape %s of '%s' needs %d bytes of data, %d are there"
                    .formatted(
                            there < bytes ? "is truncated" : "has trailing bytes",
                            shape,
                            header.descr(),
                            bytes,
                            there));
        }
    }

    private static ElementType type(String descr, List<NpyType> supported) {
        NpyType type = NpyType.parse(descr).filter(supported::contains).orElse(null);
        if (type != null) {
            return type.elements();
        }
        String kind = "";
        if (descr.startsWith(">")) {
            kind = " (big-endian)";
        } else if (descr.startsWith("|O")) {
            kind = " (Python objects)";
        }
        String others = supported.stream().map(NpyType::toString).collect(Collectors.joining(", "));
        throw new BadDataException("has elements of dtype '%s'%s; supported here: %s; convert it by .astype('%s')"
                .formatted(descr, kind, others, supported.getFirst()));
    }
}
