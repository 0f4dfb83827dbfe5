// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes {@code .npy} files, good ones and bad ones. */
final class Npy {
    private Npy() {}

    /** A one-dimensional array of predictions, targets or weights, as NumPy would save it. */
    static Path floats(Path file, float... elements) {
        return floats(file, "<f4", elements);
    }

    /** The same in any of the dtypes that predictions may have, which must hold the elements without rounding. */
    static Path floats(Path file, String dtype, float... elements) {
        int size = dtype.charAt(2) - '0';
        ByteBuffer bytes = ByteBuffer.allocate(elements.length * size).order(ByteOrder.LITTLE_ENDIAN);
        for (float element : elements) {
            switch (dtype) {
                case "<f2" -> bytes.putShort(Float.floatToFloat16(element));
                case "<V2", "|V2" -> bytes.putShort((short) (Float.floatToRawIntBits(element) >> Short.SIZE));
                case "<f4" -> bytes.putFloat(element);
                case "<f8" -> bytes.putDouble(element);
                default -> throw new IllegalArgumentException(dtype);
            }
        }
        return write(file, of(dtype, "(" + elements.length + ",)", bytes.array()));
    }

    /** A one-dimensional array of targets, as NumPy would save it. */
    static Path bytes(Path file, int... elements) {
        return write(file, of("|u1", "(" + elements.length + ",)", byteBytes(elements)));
    }

    /** The content of a version 1.0 file in C order. */
    static byte[] of(String dtype, String shape, byte[] data) {
        return file(1, header(dtype, shape), data);
    }

    static String header(String dtype, String shape) {
        return "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
    }

    /** The content of a file of any version, with any header. */
    static byte[] file(int version, String header, byte[] data) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer length = ByteBuffer.allocate(version == 1 ? 2 : 4).order(ByteOrder.LITTLE_ENDIAN);
        if (version == 1) {
            length.putShort((short) text.length);
        } else {
            length.putInt(text.length);
        }
        byte[] start = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0};
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.writeBytes(start);
        content.writeBytes(length.array());
        content.writeBytes(text);
        content.writeBytes(data);
        return content.toByteArray();
    }

    static byte[] floatBytes(float... elements) {
        ByteBuffer bytes = ByteBuffer.allocate(elements.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(elements);
        return bytes.array();
    }

    static byte[] byteBytes(int... elements) {
        byte[] bytes = new byte[elements.length];
        for (int i = 0; i < elements.length; i++) {
            bytes[i] = (byte) elements[i];
        }
        return bytes;
    }

    static Path write(Path file, byte[] content) {
        try {
            return Files.write(file, content);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
