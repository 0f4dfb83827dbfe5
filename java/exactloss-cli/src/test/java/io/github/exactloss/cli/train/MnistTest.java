// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.exactloss.cli.BadDataException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MnistTest {
    @TempDir
    private Path folder;

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void threesAndSevensAreKeptInOrder() throws IOException, NoSuchAlgorithmException {
        byte[] images = new byte[5 * Digits.PIXELS];
        images[Digits.PIXELS] = (byte) 255; // of the 7
        images[4 * Digits.PIXELS - 1] = 51; // the last pixel of the 3
        Digits digits = Mnist.load(folder, half(new byte[] {1, 7, 9, 3, 0}, List.of(5, 28, 28), images), arena);
        assertThat(digits.count()).isEqualTo(2);
        assertThat(digits.labels().segment().toArray(ValueLayout.JAVA_BYTE)).containsExactly(0, 1);
        assertThat(digits.indices().toArray(ValueLayout.JAVA_INT)).containsExactly(1, 3);
        assertThat(digits.pixels().byteSize()).isEqualTo(2L * Digits.PIXELS * Float.BYTES);
        assertThat(digits.pixels().getAtIndex(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(1f);
        assertThat(digits.pixels().getAtIndex(ValueLayout.JAVA_FLOAT, 1)).isEqualTo(0f);
        assertThat(digits.pixels().getAtIndex(ValueLayout.JAVA_FLOAT, 2L * Digits.PIXELS - 1))
                .isEqualTo(0.2f);
    }

    @Test
    void changedFileIsRefused() throws IOException, NoSuchAlgorithmException {
        Mnist.Half half = half(new byte[] {3}, List.of(1, 28, 28), new byte[Digits.PIXELS]);
        Path images = folder.resolve(half.images().fileName());
        byte[] content = Files.readAllBytes(images);
        content[100] ^= 1;
        Files.write(images, content);
        assertThatThrownBy(() -> Mnist.load(folder, half, arena))
                .isInstanceOf(BadDataException.class)
                .hasMessage("%s: is not the genuine file: its SHA-256 is %s, not %s"
                        .formatted(images, sha256(content), half.images().sha256()));
    }

    @Test
    void truncatedFileIsRefused() throws IOException, NoSuchAlgorithmException {
        Mnist.Half half = half(new byte[] {3}, List.of(1, 28, 28), new byte[Digits.PIXELS]);
        Path labels = folder.resolve(half.labels().fileName());
        Files.write(labels, new byte[0]);
        assertThatThrownBy(() -> Mnist.load(folder, half, arena))
                .isInstanceOf(BadDataException.class)
                .hasMessageStartingWith(labels + ": is not the genuine file");
    }

    @Test
    void missingFileIsNamed() {
        assertThatThrownBy(() -> Mnist.load(folder, arena))
                .isInstanceOf(BadDataException.class)
                .hasMessage(folder.resolve("train-labels-idx1-ubyte") + ": no such file");
    }

    @ParameterizedTest
    @CsvSource({
        "train-labels-idx1-ubyte.gz, unpack train-labels-idx1-ubyte.gz to it",
        "train-labels.idx1-ubyte, rename train-labels.idx1-ubyte to it",
        "train-labels.idx1-ubyte.gz, unpack train-labels.idx1-ubyte.gz to it"
    })
    void fileUnderAnotherNameIsNamed(String name, String remedy) throws IOException {
        Files.createFile(folder.resolve(name));
        assertThatThrownBy(() -> Mnist.load(folder, arena))
                .hasMessage(folder.resolve("train-labels-idx1-ubyte") + ": no such file; " + remedy);
    }

    @ParameterizedTest
    @CsvSource({
        "1f8b08, is compressed by gzip; unpack it with gunzip",
        "3c68746d6c3e, 'is HTML, perhaps a server''s message instead of the file'",
        "504b0304, is a .npz file or another zip archive",
        "89484446, is an HDF5 file",
        "50415231, is a Parquet file"
    })
    void otherFormatIsNamed(String content, String problem) throws IOException {
        Path labels = folder.resolve("train-labels-idx1-ubyte");
        Files.write(labels, HexFormat.of().parseHex(content));
        assertThatThrownBy(() -> Mnist.load(folder, arena)).hasMessage(labels + ": " + problem);
    }

    /** It is not read into the memory. The file is sparse. */
    @Test
    void hugeFileIsRefused() throws IOException {
        Path labels = folder.resolve("train-labels-idx1-ubyte");
        try (RandomAccessFile file = new RandomAccessFile(labels.toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        assertThatThrownBy(() -> Mnist.load(folder, arena))
                .hasMessage(labels + ": is not the genuine file: it has 1099511627776 bytes");
    }

    @Test
    void imagesMustFitTheLabels() throws IOException, NoSuchAlgorithmException {
        Mnist.Half half = half(new byte[] {3, 7}, List.of(1, 28, 28), new byte[Digits.PIXELS]);
        assertThatThrownBy(() -> Mnist.load(folder, half, arena))
                .isInstanceOf(BadDataException.class)
                .hasMessageEndingWith(
                        "has the shape [1, 28, 28], not the 2 images of 28 by 28 pixels that are labelled");
    }

    /** Writes two files that count as genuine. */
    private Mnist.Half half(byte[] labels, List<Integer> shape, byte[] images)
            throws IOException, NoSuchAlgorithmException {
        return new Mnist.Half(
                part("images", Idx.file(shape, images)), part("labels", Idx.file(List.of(labels.length), labels)));
    }

    private Mnist.Part part(String name, byte[] content) throws IOException, NoSuchAlgorithmException {
        Files.write(folder.resolve(name), content);
        return new Mnist.Part(name, sha256(content));
    }

    private static String sha256(byte[] content) throws NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }
}
