// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import io.github.exactloss.Batch;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.NativeLibrary;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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

    /** Its distances: 1 - 0.9f, 0.4f and 1 - 0.2f exactly. */
    private static final List<BigDecimal> EXAMPLE_DISTANCES = List.of(
            BigDecimal.ONE.subtract(new BigDecimal("0.89999997615814208984375")),
            new BigDecimal("0.4000000059604644775390625"),
            BigDecimal.ONE.subtract(new BigDecimal("0.20000000298023223876953125")));

    /** The JSON of the worked example, to be formatted with the instruction set and the version. */
    static final String EXAMPLE_JSON =
            "{\"loss\": 0.43333334227403003, \"loss_f32\": 0.43333334, \"count\": 3, \"positives\": 2,"
                    + " \"accuracy\": 0.6666666666666666, \"true_positives\": 1, \"false_positives\": 0,"
                    + " \"true_negatives\": 1, \"false_negatives\": 1, \"nan_count\": 0, \"backend\": \"%s\", \"threads\": 1,"
                    + " \"losses\": {\"mnist\": {\"mean\": 0.43333334227403003, \"mean_f32\": 0.43333334, \"sum\": 1.3000000268220901},"
                    + " \"brier\": {\"mean\": 0.2700000015894574, \"mean_f32\": 0.27, \"sum\": 0.8100000047683722},"
                    + " \"log\": {\"mean\": 0.7418747072418531, \"mean_f32\": 0.7418747, \"sum\": 2.2256241217255592}},"
                    + " \"metrics\": {\"accuracy\": 0.6666666666666666, \"precision\": 1.0, \"recall\": 0.5, \"specificity\": 1.0,"
                    + " \"f1\": 0.6666666666666666, \"balanced_accuracy\": 0.75, \"jaccard\": 0.5, \"kappa\": 0.4, \"matthews\": 0.5},"
                    + " \"infinite_count\": 0, \"threshold\": 0.5, \"from_logits\": false, \"version\": \"%s\"}%n";

    @TempDir
    private Path folder;

    private Path predictions;
    private Path targets;
    private Path weights;

    @BeforeEach
    void writeWorkedExample() {
        predictions = Npy.floats(folder.resolve("p.npy"), 0.9f, 0.4f, 0.2f);
        targets = Npy.bytes(folder.resolve("t.npy"), 1, 0, 1);
        weights = folder.resolve("w.npy");
    }

    @Test
    void jsonHasExactlyTheDocumentedMembers() {
        Exactloss run = eval("--json");
        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo(EXAMPLE_JSON.formatted(NativeLibrary.isa(), NativeLibrary.version()));
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
                        "                   mnist                    brier                    log",
                        "mean               0.43333334227403003      0.2700000015894574       0.7418747072418531",
                        "mean, float32      0.43333334               0.27                     0.7418747",
                        "sum                1.3000000268220901       0.8100000047683722       2.2256241217255592",
                        "NaN elements       0                        0                        0",
                        "infinite elements  0                        0                        0",
                        "accuracy           0.666667 (2 of 3)",
                        "precision          1.000000",
                        "recall             0.500000",
                        "specificity        1.000000",
                        "f1                 0.666667",
                        "balanced accuracy  0.750000",
                        "jaccard            0.500000",
                        "kappa              0.400000",
                        "matthews           0.500000",
                        "threshold          0.5",
                        "                        predicted 1      predicted 0",
                        "target 1                          1                1",
                        "target 0                          0                1",
                        "backend            " + NativeLibrary.isa() + ", 1 thread");
    }

    /** The sums of exact numbers; of log, of its elements' logarithms, which are within 1 unit in the last place. */
    @Test
    void lossesAreExactSumsRoundedOnce() {
        JsonObject losses = eval("--json").json().getAsJsonObject("losses");
        assertLoss(losses.getAsJsonObject("mnist"), EXAMPLE_DISTANCES);
        assertLoss(
                losses.getAsJsonObject("brier"),
                EXAMPLE_DISTANCES.stream().map(distance -> distance.pow(2)).toList());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocate(ValueLayout.JAVA_FLOAT, 3);
            Loss.log().values(Predictions.of(new float[] {0.9f, 0.4f, 0.2f}), Targets.of(new byte[] {1, 0, 1}), values);
            List<BigDecimal> logarithms = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                float value = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                double expected = -Math.log1p(-EXAMPLE_DISTANCES.get(i).doubleValue());
                assertThat((double) value).isCloseTo(expected, within((double) Math.ulp(value)));
                logarithms.add(new BigDecimal(value));
            }
            assertLoss(losses.getAsJsonObject("log"), logarithms);
        }
    }

    private static void assertLoss(JsonObject loss, List<BigDecimal> elements) {
        BigDecimal sum = elements.stream().reduce(BigDecimal.ZERO, BigDecimal::add);
        BigDecimal mean = sum.divide(BigDecimal.valueOf(elements.size()), new MathContext(100));
        assertThat(loss.keySet()).containsExactly("mean", "mean_f32", "sum");
        assertThat(loss.get("mean").getAsDouble()).isEqualTo(mean.doubleValue());
        assertThat(loss.get("mean_f32").getAsFloat()).isEqualTo(mean.floatValue());
        assertThat(loss.get("sum").getAsDouble()).isEqualTo(sum.doubleValue());
    }

    /** Whatever is asked for has the numbers that it has beside the others. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--loss mnist                        | mnist",
                "--loss brier                        | brier",
                "--loss=LOG                          | log",
                "--loss log,mnist                    | mnist,log",
                "--loss log --loss brier --loss log  | brier,log",
                "--loss mnist,brier --loss log       | mnist,brier,log"
            })
    void lossesThatWereAskedForAreShown(String options, String names) {
        List<String> expected = List.of(names.split(","));
        String[] more = (options + " --json").split(" ");
        JsonObject all = eval("--json").json();
        JsonObject json = eval(more).json();
        assertThat(json.getAsJsonObject("losses").keySet()).containsExactlyElementsOf(expected);
        for (String name : expected) {
            assertThat(json.getAsJsonObject("losses").get(name))
                    .isEqualTo(all.getAsJsonObject("losses").get(name));
        }
        json.remove("losses");
        all.remove("losses");
        if (!expected.contains("mnist")) {
            all.remove("loss");
            all.remove("loss_f32");
        }
        assertThat(json).isEqualTo(all);
        assertThat(eval(options.split(" "))
                        .out()
                        .lines()
                        .findFirst()
                        .orElseThrow()
                        .split(" +"))
                .containsExactlyElementsOf(List.of((" " + names.replace(',', ' ')).split(" ")));
    }

    @Test
    void undefinedMetricsAreNullAndSaid() {
        Npy.bytes(targets, 0, 0, 0);
        Exactloss run = eval("--json", "--threshold", "0.95");
        JsonObject metrics = run.json().getAsJsonObject("metrics");
        assertThat(metrics.keySet())
                .containsExactly(
                        "accuracy",
                        "precision",
                        "recall",
                        "specificity",
                        "f1",
                        "balanced_accuracy",
                        "jaccard",
                        "kappa",
                        "matthews");
        assertThat(metrics.entrySet().stream()
                        .filter(metric -> !metric.getValue().isJsonNull())
                        .map(Map.Entry::getKey))
                .containsExactly("accuracy", "specificity");
        assertThat(eval("--threshold", "0.95").out())
                .contains("accuracy           1.000000 (3 of 3)", "precision          undefined");
    }

    @Test
    void infiniteLossesAreCounted() {
        Npy.floats(predictions, 0, 1, 1);
        JsonObject json = eval("--json").json();
        assertThat(json.get("loss").getAsDouble()).isEqualTo(2 / 3.0);
        assertThat(json.get("nan_count").getAsLong()).isZero();
        assertThat(json.get("infinite_count").getAsLong()).isEqualTo(2);
        JsonObject log = json.getAsJsonObject("losses").getAsJsonObject("log");
        assertThat(log.get("mean").getAsString()).isEqualTo("Infinity");
        assertThat(log.get("mean_f32").getAsString()).isEqualTo("Infinity");
        assertThat(log.get("sum").getAsString()).isEqualTo("Infinity");
        assertThat(eval().out())
                .contains("infinite elements  0                        0                        2%n".formatted());
        assertThat(eval("--json", "--loss", "mnist")
                        .json()
                        .get("infinite_count")
                        .getAsLong())
                .isZero();
    }

    /** A prediction outside [0, 1] has no logarithm. */
    @Test
    void nanElementsAreThoseOfTheFirstLoss() {
        Npy.floats(predictions, 0.5f, 1.5f, Float.NaN);
        assertThat(eval().out())
                .contains("NaN elements       1                        1                        2%n".formatted());
        assertThat(eval("--json").json().get("nan_count").getAsLong()).isEqualTo(1);
        assertThat(eval("--json", "--loss", "log").json().get("nan_count").getAsLong())
                .isEqualTo(2);
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

    @ParameterizedTest
    @ValueSource(strings = {"<f2", "<V2", "|V2", "<f4", "<f8"})
    void predictionsMayHaveAnyType(String dtype) {
        Npy.floats(predictions, dtype, 0.875f, 0.5f, 0x1p-14f);
        Npy.bytes(targets, 1, 0, 0);
        assertThat(loss("--json", "--strict")).isEqualTo((0.125 + 0.5 + 0x1p-14) / 3);
    }

    @Test
    void float64PredictionsKeepTheirDigits() {
        ByteBuffer doubles = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        doubles.putDouble(1).putDouble(1e-300).putDouble(1);
        Npy.write(predictions, Npy.of("<f8", "(3,)", doubles.array()));
        assertThat(loss("--json")).isEqualTo(1e-300 / 3);
    }

    @Test
    void targetsMayHaveAnyType() {
        Npy.write(targets, Npy.of("|b1", "(1, 3)", Npy.byteBytes(1, 0, 1)));
        assertThat(loss("--json")).isEqualTo(EXAMPLE_LOSS);
        Npy.write(targets, Npy.of("|i1", "(3,)", Npy.byteBytes(1, -1, 1)));
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
        Npy.write(targets, Npy.of("|i1", "(3,)", Npy.byteBytes(1, 0, -1)));
        assertThat(eval("--strict").err()).startsWith("exactloss: " + targets + ": targets[2] is -1.0");
    }

    @Test
    void logitsStandForTheirSigmoids() {
        Npy.floats(predictions, 0, 2, -60);
        assertThat(loss("--json")).isEqualTo((1 + 2 + 61) / 3.0);
        Npy.bytes(targets, 1, 1, 0);
        double expected = (0.5 + 1 / (1 + Math.exp(2)) + 1 / (1 + Math.exp(60))) / 3;
        assertThat(loss("--json", "--logits")).isCloseTo(expected, within(1e-8));
        Npy.floats(predictions, -60, -60, -60);
        Npy.bytes(targets, 0, 0, 0);
        double small = 1 / (1 + Math.exp(60));
        assertThat(loss("--json", "--logits")).isCloseTo(small, within(small * 0x1p-23));
    }

    @Test
    void thresholdIsForTheSigmoidsOfLogits() {
        Npy.floats(predictions, -1, -1, -1); // each stands for 0.269
        JsonObject below = eval("--json", "--logits", "--threshold", "0.26").json();
        assertThat(below.get("threshold").getAsDouble()).isEqualTo(0.26);
        assertThat(below.get("from_logits").getAsBoolean()).isTrue();
        assertThat(below.get("true_positives").getAsLong()).isEqualTo(2);
        assertThat(below.get("false_positives").getAsLong()).isEqualTo(1);
        JsonObject above = eval("--json", "--logits", "--threshold", "0.27").json();
        assertThat(above.get("false_negatives").getAsLong()).isEqualTo(2);
        assertThat(above.get("true_negatives").getAsLong()).isEqualTo(1);
    }

    @Test
    void strictModeRefusesOnlyNanLogits() {
        Npy.floats(predictions, -7.5f, 30, Float.NEGATIVE_INFINITY);
        assertThat(eval("--strict").exitCode()).isEqualTo(1);
        assertThat(eval("--strict", "--logits").exitCode()).isZero();
        Npy.floats(predictions, -7.5f, Float.NaN, 30);
        Exactloss lenient = eval("--logits", "--json");
        assertThat(lenient.exitCode()).isZero();
        assertThat(lenient.json().get("nan_count").getAsLong()).isEqualTo(1);
        Exactloss strict = eval("--logits", "--strict");
        assertThat(strict.exitCode()).isEqualTo(1);
        assertThat(strict.out()).isEmpty();
        assertThat(strict.err())
                .isEqualTo(
                        "exactloss: %s: predictions[1] is NaN, and strict mode allows no NaN%n".formatted(predictions));
    }

    @Test
    void weightsEnterTheLossButNotTheCounts() {
        Npy.floats(predictions, 0.75f, 0.5f, 0.25f);
        Npy.floats(weights, 2, 1, 0.5f);
        JsonObject unweighted = eval("--json").json();
        JsonObject json = eval("--json", "--weights", weights.toString()).json();
        assertThat(json.keySet())
                .containsExactly(
                        "loss",
                        "loss_f32",
                        "weight_sum",
                        "count",
                        "positives",
                        "accuracy",
                        "true_positives",
                        "false_positives",
                        "true_negatives",
                        "false_negatives",
                        "nan_count",
                        "backend",
                        "threads",
                        "losses",
                        "metrics",
                        "infinite_count",
                        "threshold",
                        "from_logits",
                        "version");
        double loss = (2 * 0.25 + 0.5 + 0.5 * 0.75) / 3.5;
        assertThat(json.remove("loss").getAsDouble()).isEqualTo(loss);
        assertThat(json.remove("loss_f32").getAsFloat()).isEqualTo((float) loss);
        assertThat(json.remove("weight_sum").getAsDouble()).isEqualTo(3.5);
        double brier = (2 * 0.0625 + 0.25 + 0.5 * 0.5625) / 3.5;
        assertThat(json.remove("losses")
                        .getAsJsonObject()
                        .getAsJsonObject("brier")
                        .get("mean")
                        .getAsDouble())
                .isEqualTo(brier);
        unweighted.remove("loss");
        unweighted.remove("loss_f32");
        unweighted.remove("losses");
        assertThat(json).isEqualTo(unweighted);
    }

    @Test
    void weightsThatAddUpToZeroGiveNull() {
        Npy.floats(weights, 0, 0, 0);
        JsonObject json = eval("--json", "--weights", weights.toString()).json();
        assertThat(json.get("loss").isJsonNull()).isTrue();
        assertThat(json.get("weight_sum").getAsDouble()).isZero();
        assertThat(json.get("count").getAsLong()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({"-1.5, 1", "NaN, 1", "Infinity, 1", "-1.5, 3", "NaN, 3"})
    void badWeightIsNamed(float weight, String threads) {
        int count = 400_000;
        float[] halves = new float[count];
        Arrays.fill(halves, 0.5f);
        Npy.floats(predictions, halves);
        Npy.bytes(targets, new int[count]);
        halves[399_998] = weight;
        halves[399_999] = -2;
        Npy.floats(weights, halves);
        Exactloss run = eval("--json", "--weights", weights.toString(), "--threads", threads);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .isEqualTo("exactloss: %s: weights[399998] is %s, and a weight must be finite and not negative%n"
                        .formatted(weights, weight));
    }

    @Test
    void predictionsAreRefusedBeforeWeightsOfTheSameElement() {
        Npy.floats(predictions, 0.5f, 1.5f, 0.5f);
        Npy.floats(weights, 1, -1, 1);
        assertThat(eval("--weights", weights.toString(), "--strict").err())
                .startsWith("exactloss: " + predictions + ": predictions[1] is 1.5");
        Npy.floats(weights, -1, 1, 1);
        assertThat(eval("--weights", weights.toString(), "--strict").err())
                .startsWith("exactloss: " + weights + ": weights[0] is -1.0");
    }

    @Test
    void tableTellsOfWeightsAndLogits() {
        Npy.floats(predictions, 0, 0, 0);
        Npy.floats(weights, 2, 1, 0.25f);
        Exactloss run = eval("--logits", "--weights", weights.toString());
        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines())
                .containsExactly(
                        "                   mnist                    brier                    log",
                        "mean               0.5                      0.25                     0.6931471824645996",
                        "mean, float32      0.5                      0.25                     0.6931472",
                        "sum                1.625                    0.8125                   2.2527283430099487",
                        "NaN elements       0                        0                        0",
                        "infinite elements  0                        0                        0",
                        "weight sum         3.25",
                        "accuracy           0.333333 (1 of 3)",
                        "precision          undefined",
                        "recall             0.000000",
                        "specificity        1.000000",
                        "f1                 0.000000",
                        "balanced accuracy  0.500000",
                        "jaccard            0.000000",
                        "kappa              0.000000",
                        "matthews           undefined",
                        "threshold          0.5, of the logits' sigmoids",
                        "                        predicted 1      predicted 0",
                        "target 1                          0                2",
                        "target 0                          0                1",
                        "backend            " + NativeLibrary.isa() + ", 1 thread");
    }

    /** With weights, an infinity can make a NaN that no prediction is. */
    @Test
    void tableCountsNanElementsWithTheirWeights() {
        Npy.floats(predictions, 0.5f, Float.POSITIVE_INFINITY, 0.5f);
        Npy.floats(weights, 1, 0, 1);
        assertThat(eval().out()).contains("NaN elements       0                        0                        1");
        assertThat(eval("--weights", weights.toString()).out())
                .contains("NaN elements       1                        1                        1");
    }

    /** Every option at once, in every type, against the library's own answer for the same numbers in float32. */
    @ParameterizedTest
    @ValueSource(strings = {"<f2", "<V2", "|V2", "<f4", "<f8"})
    void optionsGoTogether(String dtype) {
        int count = 300_001;
        float[] logits = new float[count];
        byte[] labels = new byte[count];
        float[] counts = new float[count];
        for (int i = 0; i < count; i++) {
            logits[i] = (i * 79 % 255 - 127) / 16f; // 8 bits, which bfloat16 holds too
            labels[i] = (byte) (i / 3 % 2);
            counts[i] = i % 5 / 4f;
        }
        Npy.floats(predictions, dtype, logits);
        Npy.write(targets, Npy.of("|b1", "(" + count + ",)", labels));
        Npy.floats(weights, counts);
        Exactloss run = eval(
                "--logits",
                "--weights",
                weights.toString(),
                "--strict",
                "--threshold",
                "0.75",
                "--threads",
                "3",
                "--json");
        assertThat(run.err()).isEmpty();
        JsonObject json = run.json();
        Batch batch = Batch.of(Predictions.of(logits), Targets.of(labels)).weights(Weights.of(counts));
        Evaluation expected =
                Evaluator.of(Loss.mnist()).fromLogits().threshold(0.75).evaluate(batch);
        double loss = expected.mean(Loss.mnist());
        if (dtype.equals("<f8")) {
            assertThat(json.get("loss").getAsDouble()).isNotEqualTo(loss).isCloseTo(loss, within(1e-8));
        } else {
            assertThat(json.get("loss").getAsDouble()).isEqualTo(loss);
        }
        assertThat(json.get("weight_sum").getAsDouble()).isEqualTo(expected.weightSum());
        assertThat(json.get("true_positives").getAsLong())
                .isEqualTo(expected.truePositives())
                .isPositive();
        assertThat(json.get("false_positives").getAsLong()).isEqualTo(expected.falsePositives());
        assertThat(json.get("true_negatives").getAsLong()).isEqualTo(expected.trueNegatives());
        assertThat(json.get("false_negatives").getAsLong()).isEqualTo(expected.falseNegatives());
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
        assertThat(json.get("threshold").getAsString()).isEqualTo(allPositive ? "-Infinity" : "Infinity");
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
    void filesLargerThanTwoGibibytesAreRead() throws IOException {
        long count = (1L << 29) + 8;
        byte[] head = Npy.of("<f4", "(" + count + ",)", new byte[0]);
        try (RandomAccessFile file = new RandomAccessFile(predictions.toFile(), "rw")) {
            file.setLength(0);
            file.write(head);
            file.seek(head.length + (count - 1) * Float.BYTES);
            file.write(Npy.floatBytes(0.75f));
        }
        try (Arena arena = Arena.ofConfined();
                NpyFile file = NpyFile.open(predictions, List.of(NpyType.FLOAT32))) {
            MemorySegment last = arena.allocate(ValueLayout.JAVA_FLOAT);
            file.read(count - 1, last);
            assertThat(file.count()).isEqualTo(count);
            assertThat(last.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(0.75f);
        }
    }

    private double loss(String... options) {
        return eval(options).json().get("loss").getAsDouble();
    }

    private Exactloss eval(String... options) {
        List<Object> args = new ArrayList<>(List.of("eval", "--predictions", predictions, "--targets", targets));
        args.addAll(List.of(options));
        if (!args.contains("--threads")) {
            args.addAll(List.of("--threads", "1"));
        }
        return Exactloss.run(args.toArray());
    }
}
