// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is wrong with a file, {@code eval} ends with exit code 1 and a line that names the file and the problem. */
class NpyErrorsTest {
    private static final byte[] THREE = Npy.floatBytes(0.9f, 0.4f, 0.2f);
    private static final byte[] GOOD = Npy.of("<f4", "(3,)", THREE);

    @TempDir
    private Path folder;

    static Stream<Arguments> badContents() {
        return Stream.of(
                arguments(new byte[0], "is empty"),
                arguments(new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0}, "is not a .npy file: it is a .npz file"),
                arguments(new byte[] {'P', 'K', 5, 6, 0, 0, 0, 0}, "is not a .npy file: it is a .npz file"),
                arguments(new byte[] {31, (byte) 139, 8}, "is not a .npy file: it is compressed by gzip"),
                arguments(
                        new byte[] {40, (byte) 181, 47, (byte) 253},
                        "is not a .npy file: it is compressed by Zstandard"),
                arguments(
                        new byte[] {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 26, '\n'},
                        "is not a .npy file: it is an HDF5 file"),
                arguments(
                        "PAR1....".getBytes(US_ASCII), "is not a .npy file: it is a Parquet file; give it in a query"),
                arguments("MATLAB 5.0 MAT-file".getBytes(US_ASCII), "is not a .npy file: it is a MATLAB file"),
                arguments(new byte[] {(byte) 128, 4, (byte) 149}, "is not a .npy file: it is a pickle of Python"),
                arguments("<!doctype HTML><p>404".getBytes(US_ASCII), "is not a .npy file: it is HTML"),
                arguments("p,t\n0.5,1\n".getBytes(US_ASCII), "it begins with the bytes 70 2c 74 0a 30 2e, not 93 4e"),
                arguments(
                        Arrays.copyOf(GOOD, 3),
                        "is not a .npy file: it begins with the bytes 93 4e 55, not 93 4e 55 4d"),
                arguments(Arrays.copyOf(GOOD, 6), "is truncated: 6 bytes end before its version"),
                arguments(
                        Npy.file(4, Npy.header("<f4", "(3,)"), THREE),
                        "has .npy format version 4.0; supported are 1.0"),
                arguments(Arrays.copyOf(GOOD, 9), "is truncated: 9 bytes end before the length of its header"),
                arguments(Arrays.copyOf(GOOD, 30), "is truncated: its header should have 58 bytes, 20 are there"),
                arguments(Npy.file(2, " ".repeat(65_536), THREE), "has a header of 65536 bytes; at most 65535"),
                arguments(
                        Arrays.copyOf(GOOD, GOOD.length - 1),
                        "is truncated: the shape (3,) of '<f4' needs 12 bytes of data, 11 are there"),
                arguments(
                        Arrays.copyOf(GOOD, GOOD.length + 4),
                        "has trailing bytes: the shape (3,) of '<f4' needs 12 bytes of data, 16 are there"),
                arguments(
                        Npy.of(">f4", "(3,)", THREE),
                        "has elements of dtype '>f4' (big-endian); supported here: float32, float64, float16, bfloat16;"
                                + " convert it by .astype('float32')"),
                arguments(Npy.of(">V2", "(6,)", THREE), "has elements of dtype '>V2' (big-endian); supported here"),
                arguments(
                        Npy.of("|V4", "(3,)", THREE), "has elements of dtype '|V4'; supported here: float32, float64"),
                arguments(
                        Npy.of("|u1", "(3,)", THREE), "has elements of dtype '|u1'; supported here: float32, float64"),
                arguments(
                        Npy.of("<f2", "(3,)", THREE),
                        "has trailing bytes: the shape (3,) of '<f2' needs 6 bytes of data, 12 are there"),
                arguments(
                        Npy.of("|V2", "(7,)", THREE),
                        "is truncated: the shape (7,) of '|V2' needs 14 bytes of data, 12 are there"),
                arguments(
                        Npy.of("<f8", "(3,)", THREE),
                        "is truncated: the shape (3,) of '<f8' needs 24 bytes of data, 12 are there"),
                arguments(Npy.of("|O", "(3,)", THREE), "has elements of dtype '|O' (Python objects)"),
                arguments(
                        Npy.of("<f4", "(4611686018427387904, 4)", THREE),
                        "has the shape (4611686018427387904, 4), too large to address"),
                arguments(
                        Npy.of("<f4", "(4611686018427387904,)", THREE),
                        "has the shape (4611686018427387904,), too large to address"),
                arguments(
                        Npy.of("<f4", "(99999999999999999999,)", THREE),
                        "its shape has a dimension of 99999999999999999999, too large to address"));
    }

    static Stream<Arguments> badHeaders() {
        String end = ", 'shape': (3,)}";
        return Stream.of(
                arguments("", "where '{' should be, it ends"),
                arguments("[1, 2]", "where '{' should be, there is \"[1, 2]\""),
                arguments("{'descr': '<f4', 'fortran_order': False}", "lacks one of the keys"),
                arguments("{'descr': '<f4', 'descr': '<f4'" + end, "has a repeated or unknown key 'descr'"),
                arguments("{'descr': '<f4', 'order': False" + end, "has a repeated or unknown key 'order'"),
                arguments("{'descr': '<f4', 'fortran_order': false" + end, "where True or False should be, there is"),
                arguments("{'descr': '<f4' 'fortran_order': False" + end, "where '}' should be, there is"),
                arguments("{'descr': <f4, 'fortran_order': False" + end, "where a quoted string should be"),
                arguments("{'descr': [('a', '<f4')], 'fortran_order': False" + end, "are records (a structured dtype)"),
                arguments(
                        "{'descr': '<f4', 'fortran_order': False, 'shape': (3)}",
                        "where ',' should be, there is \")}\""),
                arguments(
                        "{'descr': '<f4', 'fortran_order': False, 'shape': 3}", "where '(' should be, there is \"3}\""),
                arguments("{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}", "where a dimension should be"),
                arguments("{'descr': '<f4', 'fortran_order': False, 'shape': (3 1)}", "where ',' should be"),
                arguments("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1", "where ')' should be, it ends"),
                arguments(
                        "{'descr': '<f4', 'fortran_order': False" + end + " x",
                        "where the end of the header should be"),
                arguments(
                        "{'descr': '<f4', 'fortran_order': False" + end + "\u0000", "the end of the header should be"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("badContents")
    void badContentIsNamed(byte[] content, String problem) {
        Path predictions = Npy.write(folder.resolve("p.npy"), content);
        assertRefused(predictions, Npy.bytes(folder.resolve("t.npy"), 1, 0, 1), predictions, problem);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("badHeaders")
    void badHeaderIsNamed(String header, String problem) {
        Path predictions = Npy.write(folder.resolve("p.npy"), Npy.file(1, header, THREE));
        assertRefused(predictions, Npy.bytes(folder.resolve("t.npy"), 1, 0, 1), predictions, problem);
    }

    @Test
    void minorVersionIsNamed() {
        byte[] content = GOOD.clone();
        content[7] = 1;
        Path predictions = Npy.write(folder.resolve("p.npy"), content);
        assertRefused(
                predictions, predictions, predictions, "has .npy format version 1.1; supported are 1.0, 2.0 and 3.0");
    }

    @Test
    void missingFileIsNamed() {
        Path predictions = Npy.floats(folder.resolve("p.npy"), 0.5f);
        Path targets = folder.resolve("missing.npy");
        assertRefused(predictions, targets, targets, "no such file");
    }

    @Test
    void directoryIsNamed() {
        assertRefused(folder, folder, folder, "is a directory");
    }

    @Test
    void specialFileIsNamed() {
        Path device = Path.of("/dev/null");
        assumeTrue(Files.exists(device), "this system has no /dev/null");
        assertRefused(device, device, device, "is not a regular file");
    }

    @Test
    void targetsHaveTheirOwnTypes() {
        Path predictions = Npy.floats(folder.resolve("p.npy"), 0.5f);
        Path targets = Npy.write(folder.resolve("t.npy"), Npy.of("<i2", "(1,)", new byte[2]));
        assertRefused(
                predictions,
                targets,
                targets,
                "has elements of dtype '<i2'; supported here: int64, int32, int8, uint8, bool, float32, float64;"
                        + " convert it by .astype('int64')");
    }

    @Test
    void weightsAreOfOneType() {
        Path three = Npy.write(folder.resolve("p.npy"), GOOD);
        Path weights = Npy.floats(folder.resolve("w.npy"), "<f8", 1, 1, 1);
        assertRefused(
                three,
                three,
                weights,
                weights,
                "has elements of dtype '<f8'; supported here: float32;" + " convert it by .astype('float32')");
    }

    @Test
    void missingWeightsAreNamed() {
        Path three = Npy.write(folder.resolve("p.npy"), GOOD);
        Path weights = folder.resolve("missing.npy");
        assertRefused(three, three, weights, weights, "no such file");
    }

    @Test
    void differentCountOfWeightsNamesBothShapes() {
        Path three = Npy.write(folder.resolve("p.npy"), GOOD);
        Path weights = Npy.floats(folder.resolve("w.npy"), 1, 1);
        Exactloss run = Exactloss.run("eval", "--predictions", three, "--targets", three, "--weights", weights);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .isEqualTo("exactloss: %s has the shape (3,), but %s has the shape (2,): 3 and 2 elements%n"
                        .formatted(three, weights));
    }

    @Test
    void differentCountsNameBothShapes() {
        Path predictions = Npy.write(folder.resolve("p.npy"), Npy.of("<f4", "(3, 1)", THREE));
        Path targets = Npy.bytes(folder.resolve("t.npy"), 1, 0);
        Exactloss run = Exactloss.run("eval", "--predictions", predictions, "--targets", targets);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .isEqualTo("exactloss: %s has the shape (3, 1), but %s has the shape (2,): 3 and 2 elements%n"
                        .formatted(predictions, targets));
    }

    /** What a classifier's predict_proba gives: a column for each class. */
    @Test
    void columnsInsteadOfPredictionsAreNamed() {
        Path predictions =
                Npy.write(folder.resolve("p.npy"), Npy.of("<f4", "(3, 2)", Npy.floatBytes(0, 1, 0, 1, 0, 1)));
        Path targets = Npy.bytes(folder.resolve("t.npy"), 1, 0, 1);
        Exactloss run = Exactloss.run("eval", "--predictions", predictions, "--targets", targets);
        assertThat(run.err())
                .endsWith(": 6 and 3 elements; save one column of it, such as a[:, 1]%n".formatted())
                .hasLineCount(1);
    }

    @Test
    void longHeaderMakesNoLongMessage() {
        String dtype = "x".repeat(60_000);
        Path predictions = Npy.write(folder.resolve("p.npy"), Npy.of(dtype, "(3,)", THREE));
        Exactloss run = Exactloss.run("eval", "--predictions", predictions, "--targets", predictions);
        assertThat(run.err()).contains("has elements of dtype 'xxxx").hasSizeLessThan(2100);
    }

    @Test
    void lineBreakInFileNameDoesNotBreakTheLine() {
        Path strange = folder.resolve("a\nb\u001b[31m.npy");
        Exactloss run = Exactloss.run("eval", "--predictions", strange, "--targets", strange);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err().strip()).endsWith("a b?[31m.npy: no such file").hasLineCount(1);
    }

    private static void assertRefused(Path predictions, Path targets, Path named, String problem) {
        assertRefused(
                Exactloss.run("eval", "--json", "--predictions", predictions, "--targets", targets), named, problem);
    }

    private static void assertRefused(Path predictions, Path targets, Path weights, Path named, String problem) {
        Exactloss run = Exactloss.run(
                "eval", "--json", "--predictions", predictions, "--targets", targets, "--weights", weights);
        assertRefused(run, named, problem);
    }

    private static void assertRefused(Exactloss run, Path named, String problem) {
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("exactloss: " + named + ": ")
                .contains(problem)
                .hasLineCount(1);
    }
}
