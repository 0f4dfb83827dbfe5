// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of many writers, as NumPy reads them, and files that change while they are read. */
class NpyFileTest {
    private static final double EXAMPLE_LOSS = 0.43333334227403003;

    /** The elements of a file that is read in three pieces. */
    private static final int COUNT = 3000;

    @TempDir
    private Path folder;

    private Path predictions;
    private Path targets;

    @BeforeEach
    void writeWorkedExample() {
        predictions = Npy.floats(folder.resolve("p.npy"), 0.9f, 0.4f, 0.2f);
        targets = Npy.bytes(folder.resolve("t.npy"), 1, 0, 1);
    }

    private Exactloss eval() {
        return Exactloss.run("eval", "--predictions", predictions, "--targets", targets, "--json");
    }

    private void assertExample() {
        Exactloss run = eval();
        assertThat(run.err()).isEmpty();
        assertThat(run.json().get("loss").getAsDouble()).isEqualTo(EXAMPLE_LOSS);
    }

    private void assertRefused(String problem) {
        Exactloss run = eval();
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains(problem).hasLineCount(1);
    }

    /** One byte has no order. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "|u1", "<u1", ">u1", "=u1", "u1", "B", "uint8", "|i1", "<i1", ">i1", "=i1", "i1", "b", "int8", "|b1",
                "<b1", ">b1", "=b1", "b1", "?", "bool"
            })
    void bytesHaveManyNames(String dtype) {
        Npy.write(targets, Npy.of(dtype, "(3,)", Npy.byteBytes(1, 0, 1)));
        assertExample();
    }

    @ParameterizedTest
    @ValueSource(strings = {"<f4", "=f4", "f4", "|f4", "f", "float32", "<f", "=f"})
    void floatsHaveManyNames(String dtype) {
        Npy.write(predictions, Npy.of(dtype, "(3,)", Npy.floatBytes(0.9f, 0.4f, 0.2f)));
        assertExample();
    }

    @ParameterizedTest
    @CsvSource({"i4, 4", "=i4, 4", "i, 4", "int32, 4", "i8, 8", "q, 8", "int64, 8", "<i8, 8"})
    void integersHaveManyNames(String dtype, int size) {
        ByteBuffer integers = ByteBuffer.allocate(3 * size).order(ByteOrder.LITTLE_ENDIAN);
        integers.put(0, (byte) 1).put(2 * size, (byte) 1);
        Npy.write(targets, Npy.of(dtype, "(3,)", integers.array()));
        assertExample();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "<", "u", "1", "<<u1", "u1 ", " u1", "u10", "U1", "S1", "<M8[ns]", "c8", "l", "object", "<uint8",
                "=bool"
            })
    void otherTypesAreRefused(String dtype) {
        Npy.write(targets, Npy.of(dtype, "(3,)", Npy.byteBytes(1, 0, 1)));
        assertRefused("has elements of dtype '" + dtype + "'; supported here: int64");
    }

    /**
     * The headers that other programs write: Julia's NPZ.jl, MATLAB's npy-matlab, C++'s cnpy, Fortran's NPY-for-Fortran and
     * stdlib, Rust's npyz, OCaml's npy with two axes, Go's gonpy, and a C program that ends its header without a line break.
     */
    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '"', textBlock = """
            1 ; {'descr': '<f4', 'fortran_order': True, 'shape': (3,), } ; {'descr': '<b1', 'fortran_order': True, 'shape': (3,), }
            1 ; {'descr': '<f4', 'fortran_order': True, 'shape': (3, 1), } ; {'descr': '<u1', 'fortran_order': True, 'shape': (3, 1), }
            1 ; {'descr': '<f4', 'fortran_order': True, 'shape': (1, 3), } ; {'descr': '<i1', 'fortran_order': True, 'shape': (3, 1), }
            1 ; {'descr': '<f4', 'fortran_order': False, 'shape': (3,), } ; {'descr': '<u1', 'fortran_order': False, 'shape': (3,), }
            2 ; {'descr': '<f4', 'fortran_order': True, 'shape': (3,), } ; {'descr': '<i1', 'fortran_order': True, 'shape': (3,1,), }
            1 ; {'descr': '<f4', 'fortran_order': True, 'shape': (3, 1, ), } ; {'descr': '<i1', 'fortran_order': True, 'shape': (3, ), }
            1 ; {'descr': '<f4', 'fortran_order': False, 'shape': (1,3,1,), } ; {'descr': '|u1', 'fortran_order': False, 'shape': (3,), }
            1 ; {'descr': '<f4', 'fortran_order': True, 'shape': (1, 3), } ; {'descr': '|b1', 'fortran_order': False, 'shape': (3,), }
            1 ; {'descr': '<f4', 'fortran_order': False, 'shape': (3L,), } ; {'descr': '|u1', 'fortran_order': False, 'shape': (3L, 1L), }
            3 ; {"descr": "<f4", "fortran_order": False, "shape": (3,)} ; {"shape": (3,), "fortran_order": False, "descr": "u1"}
            """)
    void otherProgramsFilesAreRead(int version, String predictionsHeader, String targetsHeader) {
        Npy.write(predictions, Npy.file(version, predictionsHeader, Npy.floatBytes(0.9f, 0.4f, 0.2f)));
        Npy.write(targets, Npy.file(version, targetsHeader, Npy.byteBytes(1, 0, 1)));
        assertExample();
    }

    /** Which NumPy refuses too: (3) is a number. */
    @Test
    void shapeThatIsNoTupleIsRefused() {
        Npy.write(
                predictions,
                Npy.file(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (3), }", Npy.floatBytes(1, 1, 1)));
        assertRefused("where ',' should be, there is \"), }\"");
    }

    private static void write(Path file, String dtype, boolean fortran, String shape, byte[] data) {
        String header = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n"
                .formatted(dtype, fortran ? "True" : "False", shape);
        Npy.write(file, Npy.file(1, header, data));
    }

    /** The two orders have the same elements in pairs, as long as both files have the same. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "False | (2, 3)    | False | (2, 3)",
                "True  | (2, 3)    | True  | (2, 3)",
                "True  | (2, 1, 3) | True  | (2, 3)",
                "False | (1, 2, 3) | False | (2, 3, 1)",
                "False | (6,)      | True  | (6,)",
                "False | (6, 1)    | True  | (1, 6)"
            })
    void shapesThatBelongTogetherAreRead(boolean fortran, String shape, boolean otherFortran, String otherShape) {
        write(predictions, "<f4", fortran, shape, Npy.floatBytes(0, 0.25f, 0.5f, 0.75f, 1, 0.125f));
        write(targets, "|u1", otherFortran, otherShape, Npy.byteBytes(0, 0, 1, 1, 1, 0));
        assertThat(eval().json().get("loss").getAsDouble()).isEqualTo((0.25 + 0.5 + 0.25 + 0.125) / 6);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "False | (2, 3) | False | (3, 2)    | give one of them the shape of the other by numpy.reshape",
                "True  | (2, 3) | True  | (3, 2)    | has the shape (2, 3), but",
                "False | (6,)   | False | (2, 3)    | has the shape (2, 3)",
                "False | (2, 3) | False | (6, 1)    | has the shape (6, 1)",
                "True  | (2, 3) | False | (2, 3)    | p.npy is in Fortran order, but",
                "False | (2, 3) | True  | (1, 2, 3) | t.npy is in Fortran order, but"
            })
    void shapesThatDoNotBelongTogetherAreRefused(
            boolean fortran, String shape, boolean otherFortran, String otherShape, String problem) {
        write(predictions, "<f4", fortran, shape, Npy.floatBytes(0, 0.25f, 0.5f, 0.75f, 1, 0.125f));
        write(targets, "|u1", otherFortran, otherShape, Npy.byteBytes(0, 0, 1, 1, 1, 0));
        assertRefused(problem);
    }

    @Test
    void weightsBelongToPredictionsToo() {
        write(predictions, "<f4", false, "(2, 2)", Npy.floatBytes(0, 0.25f, 0.5f, 0.75f));
        write(targets, "|u1", false, "(2, 2)", Npy.byteBytes(0, 0, 1, 1));
        Path weights = Npy.floats(folder.resolve("w.npy"), 1, 1, 1, 1);
        assertThat(Exactloss.run("eval", "--predictions", predictions, "--targets", targets, "--weights", weights)
                        .err())
                .contains("has the shape (2, 2), but " + weights + " has the shape (4,)");
    }

    private NpySource threePieces() {
        Npy.floats(predictions, new float[COUNT]);
        Npy.bytes(targets, new int[COUNT]);
        return new NpySource(predictions, targets, null, COUNT / 3);
    }

    @Test
    void fileThatIsCutShortIsOneLine() {
        NpySource source = threePieces();
        assertThatThrownBy(() -> source.forEachBatch(batch -> cutShort(predictions)))
                .isInstanceOf(BadDataException.class)
                .hasMessage(predictions + ": was cut short while it was read");
        NpySource again = threePieces();
        assertThatThrownBy(() -> again.forEachBatch(batch -> cutShort(targets)))
                .hasMessage(targets + ": was cut short while it was read");
    }

    private static void cutShort(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(100);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    /** A mapped file would show a mixture of the old elements and the new. */
    @Test
    void fileThatIsWrittenToIsOneLine() throws IOException {
        NpySource source = threePieces();
        FileTime past = FileTime.fromMillis(0);
        Files.setLastModifiedTime(targets, past);
        assertThatThrownBy(() -> source.forEachBatch(batch -> Npy.bytes(targets, new int[COUNT])))
                .isInstanceOf(BadDataException.class)
                .hasMessage(targets + ": was changed while it was read");
        assertThatThrownBy(() -> threePieces().forEachBatch(batch -> append(predictions)))
                .hasMessage(predictions + ": was changed while it was read");
    }

    private static void append(Path file) {
        try {
            Files.writeString(file, "more", ISO_8859_1, StandardOpenOption.APPEND);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    /** As programs replace files that others may read: the old one is read to its end. */
    @Test
    void fileThatIsReplacedOrRemovedIsReadToItsEnd() throws IOException {
        NpySource source = threePieces();
        long[] count = new long[1];
        source.forEachBatch(batch -> {
            count[0] += batch.count();
            replace(predictions);
        });
        assertThat(count[0]).isEqualTo(COUNT);
        Npy.floats(predictions, new float[COUNT]);
        source.forEachBatch(batch -> remove(targets));
    }

    private void replace(Path file) {
        try {
            Files.move(Npy.floats(folder.resolve("new.npy"), 1), file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }
}
