// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.github.exactloss.NativeLibrary;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EvalCommandTest {
    /** The worked example's loss: the mean of 1 - 0.9f, 0.4f and 1 - 0.2f, exactly, rounded once. */
    private static final double EXAMPLE_LOSS = 0.43333334227403003;

    @TempDir
    private Path folder;

    private Path predictions;
    private Path targets;

    @BeforeEach
    void writeWorkedExample() {
        predictions = Npy.floats(folder.resolve("p.npy"), 0.9f, 0.4f, 0.2f);
        targets = Npy.bytes(folder.resolve("t.npy"), 1, 0, 1);
    }

    @Test
    void jsonHasExactlyTheDocumentedMembers() {
        Exactloss run = eval("--json");
        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .isEqualTo(("{\"loss\": 0.43333334227403003, \"loss_f32\": 0.43333334, \"count\": 3, \"positives\": 2,"
                                + " \"accuracy\": 0.6666666666666666, \"true_positives\": 1, \"false_positives\": 0,"
                                + " \"true_negatives\": 1, \"false_negatives\": 1, \"nan_count\": 0,"
                                + " \"backend\": \"%s\", \"threads\": 1}%n")
                        .formatted(NativeLibrary.isa()));
        assertThat(run.json().get("loss").getAsDouble()).isEqualTo(EXAMPLE_LOSS);
    }

    @Test
    void childProcessGivesTheWorkedExample() throws IOException, InterruptedException {
        Exactloss run = Exactloss.runChild(
                Map.of(), List.of(), "eval", "--json", "--predictions", predictions, "--targets", targets);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.json().get("loss").getAsString()).isEqualTo("0.43333334227403003");
    }

    @Test
    void childProcessReportsBadDataInOneLine() throws IOException, InterruptedException {
        Exactloss run = Exactloss.runChild(Map.of(), List.of(), "eval", "--predictions", folder, "--targets", targets);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).isEqualTo("exactloss: %s: is a directory%n".formatted(folder));
    }

    @Test
    void tableHasTheSameNumbers() {
        Exactloss run = eval();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines())
                .containsExactly(
                        "loss             0.43333334227403003",
                        "loss, float32    0.43333334",
                        "accuracy         0.666667 (2 of 3)",
                        "threshold        0.5",
                        "                      predicted 1      predicted 0",
                        "target 1                        1                1",
                        "target 0                        0                1",
                        "NaN predictions  0",
                        "backend          " + NativeLibrary.isa() + ", 1 thread");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void everyFormatVersionIsRead(int version) {
        Npy.write(predictions, Npy.file(version, Npy.header("<f4", "(3,)"), Npy.floatBytes(0.9f, 0.4f, 0.2f)));
        assertThat(loss("--json")).isEqualTo(EXAMPLE_LOSS);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void anyAlignmentOfTheElementsIsRead(int padding) {
        String header = Npy.header("<f4", "(3,)") + " ".repeat(padding);
        Npy.write(predictions, Npy.file(1, header, Npy.floatBytes(0.9f, 0.4f, 0.2f)));
        Npy.write(targets, Npy.file(1, header, Npy.floatBytes(1, 0, 1)));
        assertThat(loss("--json")).isEqualTo(EXAMPLE_LOSS);
    }

    @Test
    void headerMayBeAnyDictionaryWithTheThreeKeys() {
        String header = "{\"shape\":(3 , 1),\t\"descr\" :'<f4','fortran_order':False}";
        Npy.write(predictions, Npy.file(1, header, Npy.floatBytes(0.9f, 0.4f, 0.2f)));
        assertThat(loss("--json")).isEqualTo(EXAMPLE_LOSS);
    }

    @Test
    void targetsMayHaveAnyType() {
        Npy.write(targets, Npy.of("|b1", "(1, 3)", Npy.byteBytes(1, 0, 1)));
        assertThat(loss("--json")).isEqualTo(EXAMPLE_LOSS);
        Npy.write(targets, Npy.of("<i4", "(3,)", Npy.byteBytes(1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0)));
        assertThat(loss("--json")).isEqualTo(EXAMPLE_LOSS);
        byte[] longs = new byte[24];
        longs[0] = 1;
        longs[8] = 1;
        longs[12] = 1;
        longs[16] = 1;
        Npy.write(targets, Npy.of("<i8", "(3,)", longs));
        assertThat(loss("--json")).isEqualTo(EXAMPLE_LOSS);
        ByteBuffer doubles = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        doubles.putDouble(1).putDouble(Math.nextUp(1.0)).putDouble(1);
        Npy.write(targets, Npy.of("<f8", "(3,)", doubles.array()));
        assertThat(loss("--json")).isEqualTo(EXAMPLE_LOSS);
        Npy.floats(targets, 1, 0.99f, 1);
        assertThat(loss("--json")).isEqualTo(EXAMPLE_LOSS);
    }

    @Test
    void zeroDimensionalArraysHaveOneElement() {
        Npy.write(predictions, Npy.of("<f4", "()", Npy.floatBytes(0.25f)));
        Npy.write(targets, Npy.of("|u1", "()", Npy.byteBytes(1)));
        JsonObject json = eval("--json").json();
        assertThat(json.get("loss").getAsDouble()).isEqualTo(0.75);
        assertThat(json.get("count").getAsLong()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {"(0,)", "(3, 0)", "(4611686018427387904, 4, 0)"})
    void emptyArraysGiveNull(String shape) {
        Npy.write(predictions, Npy.of("<f4", shape, new byte[0]));
        Npy.write(targets, Npy.of("|u1", shape, new byte[0]));
        Exactloss run = eval("--json");
        assertThat(run.exitCode()).isZero();
        assertThat(run.json().get("loss").isJsonNull()).isTrue();
        assertThat(run.json().get("loss_f32").isJsonNull()).isTrue();
        assertThat(run.json().get("accuracy").isJsonNull()).isTrue();
        assertThat(run.json().get("count").getAsLong()).isZero();
    }

    @Test
    void infinitiesAreStringsAndNansAreCounted() {
        Npy.floats(predictions, Float.POSITIVE_INFINITY, 0, 0);
        assertThat(eval("--json").json().get("loss").getAsString()).isEqualTo("-Infinity");
        Npy.floats(predictions, 0, Float.POSITIVE_INFINITY, 0);
        assertThat(eval("--json").json().get("loss").getAsString()).isEqualTo("Infinity");
        Npy.floats(predictions, 0, Float.NaN, 0);
        JsonObject json = eval("--json").json();
        assertThat(json.get("loss").isJsonNull()).isTrue();
        assertThat(json.get("nan_count").getAsLong()).isEqualTo(1);
    }

    @Test
    void strictModeNamesTheFirstViolation() {
        assertThat(eval("--strict").exitCode()).isZero();
        Npy.floats(predictions, 0.9f, 1.5f, -1);
        Exactloss prediction = eval("--strict");
        assertThat(prediction.exitCode()).isEqualTo(1);
        assertThat(prediction.out()).isEmpty();
        assertThat(prediction.err())
                .startsWith("exactloss: " + predictions + ": predictions[1] is 1.5")
                .hasLineCount(1);
        Npy.floats(predictions, 0.9f, 0.5f, 0.1f);
        Npy.bytes(targets, 1, 0, 7);
        Exactloss target = eval("--strict");
        assertThat(target.exitCode()).isEqualTo(1);
        assertThat(target.err())
                .startsWith("exactloss: " + targets + ": targets[2] is 7.0")
                .hasLineCount(1);
    }

    @Test
    void thresholdMovesTheCounts() {
        JsonObject json = eval("--json", "--threshold", "0.1").json();
        assertThat(json.get("true_positives").getAsLong()).isEqualTo(2);
        assertThat(json.get("false_positives").getAsLong()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"inf", "-inf", "+Inf", "Infinity", "-INFINITY"})
    void thresholdMayBeInfinite(String threshold) {
        JsonObject json = eval("--json", "--threshold", threshold).json();
        boolean allPositive = threshold.startsWith("-");
        assertThat(json.get("true_positives").getAsLong()).isEqualTo(allPositive ? 2 : 0);
        assertThat(json.get("false_positives").getAsLong()).isEqualTo(allPositive ? 1 : 0);
    }

    @Test
    void anyNumberOfThreadsGivesTheSameBits() {
        float[] many = new float[300_000];
        int[] labels = new int[many.length];
        for (int i = 0; i < many.length; i++) {
            many[i] = (float) (i * 0.618 % 1);
            labels[i] = i / 3 % 2;
        }
        Npy.floats(predictions, many);
        Npy.bytes(targets, labels);
        JsonObject one = eval("--json").json();
        JsonObject three = eval("--json", "--threads", "3").json();
        assertThat(three.remove("threads").getAsInt()).isEqualTo(3);
        one.remove("threads");
        assertThat(three).isEqualTo(one);
    }

    /** More bytes than an int can count. The file is sparse, and only its last element is read. */
    @Test
    void filesLargerThanTwoGibibytesAreMapped() throws IOException {
        long count = (1L << 29) + 8;
        byte[] head = Npy.of("<f4", "(" + count + ",)", new byte[0]);
        try (RandomAccessFile file = new RandomAccessFile(predictions.toFile(), "rw")) {
            file.setLength(0);
            file.write(head);
            file.seek(head.length + (count - 1) * Float.BYTES);
            file.write(Npy.floatBytes(0.75f));
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment elements =
                    NpyFile.map(predictions, List.of("<f4"), arena).elements();
            assertThat(elements.byteSize()).isEqualTo(count * Float.BYTES);
            assertThat(elements.get(ValueLayout.JAVA_FLOAT_UNALIGNED, (count - 1) * Float.BYTES))
                    .isEqualTo(0.75f);
            assertThat(elements.isMapped()).isTrue();
        }
    }

    private double loss(String... options) {
        return eval(options).json().get("loss").getAsDouble();
    }

    private Exactloss eval(String... options) {
        Object[] args = new Object[5 + options.length];
        System.arraycopy(new Object[] {"eval", "--predictions", predictions, "--targets", targets}, 0, args, 0, 5);
        System.arraycopy(options, 0, args, 5, options.length);
        return Exactloss.run(args);
    }
}
