// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code eval --report}. */
class EvalReportTest {
    /** More than a report looks at in one piece. */
    private static final int COUNT = (1 << 20) + 17;

    /** The beginning of a report, which a new one may replace. */
    static final String OLD_REPORT = "<!DOCTYPE html>\n<html>\n<meta name=\"generator\" content=\"exactloss\"/>\n";

    @TempDir
    private Path folder;

    private Path predictions;
    private Path targets;
    private Path file;

    @BeforeEach
    void namePaths() {
        predictions = folder.resolve("p.npy");
        targets = folder.resolve("t.npy");
        file = folder.resolve("report <i>&.html");
    }

    @Test
    void numbersAreTheRuns() {
        SplittableRandom random = new SplittableRandom(3);
        float[] scores = new float[COUNT];
        int[] labels = new int[COUNT];
        for (int i = 0; i < COUNT; i++) {
            scores[i] = random.nextFloat();
            labels[i] = random.nextFloat() < scores[i] ? 1 : 0;
        }
        scores[5] = 1.5f;
        Npy.floats(predictions, scores);
        Npy.bytes(targets, labels);
        Exactloss run = eval("--json", "--threads", "2", "--report", file);
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).isEqualTo(eval("--json", "--threads", "2").out());
        JsonObject json = run.json();
        ReportPage page = ReportPage.read(file);
        page.assertStandsAlone();
        page.assertIsAccessible();
        JsonObject losses = json.getAsJsonObject("losses");
        assertThat(page.texts("//table[@class='losses']/thead//th")).containsExactly("loss", "mnist", "brier", "log");
        assertThat(page.lossRow("mean")).isEqualTo(numbers(losses, "mean"));
        assertThat(page.lossRow("mean, float32")).isEqualTo(numbers(losses, "mean_f32"));
        assertThat(page.lossRow("sum")).isEqualTo(numbers(losses, "sum"));
        assertThat(page.lossRow("NaN elements")).containsExactly("0", "0", "1");
        json.getAsJsonObject("metrics")
                .asMap()
                .forEach((metric, value) ->
                        assertThat(page.property(metric.replace('_', ' '))).isEqualTo(value.getAsString()));
        assertThat(page.property("accuracy")).isEqualTo(json.get("accuracy").getAsString());
        assertThat(numbers(page, "//table[@class='confusion']//td/b"))
                .containsExactly(
                        json.get("true_positives").getAsLong(),
                        json.get("false_negatives").getAsLong(),
                        json.get("false_positives").getAsLong(),
                        json.get("true_negatives").getAsLong());

        List<Long> binned = numbers(page, "//table[@class='numbers']/tbody/tr/td[1]");
        assertThat(binned).hasSize(16);
        assertThat(sum(binned)).isEqualTo(COUNT - 1);
        // What the bins above the threshold have is what was predicted positive, but for the one that is in no bin.
        long predicted = json.get("true_positives").getAsLong()
                + json.get("false_positives").getAsLong();
        assertThat(sum(binned.subList(8, 16)) - countOf(scores, 0.5f) + 1).isEqualTo(predicted);
        assertThat(page.texts("//section/p").toString())
                .contains("In no bin: 1, of which 0 have a prediction below 0, 1 above 1, and 0 NaN.");
        assertThat(numbersIn(page.texts("//*[local-name()='rect']/*[local-name()='title']")))
                .isEqualTo(2L * (COUNT - 1));
        assertThat(page.property("predictions")).isEqualTo(predictions.toString());
        assertThat(page.property("command")).contains("'" + file + "'");
    }

    @Test
    void sameDataSamePage() {
        Npy.floats(predictions, 0.9f, 0.4f, 0.2f);
        Npy.bytes(targets, 1, 0, 1);
        eval("--report", file);
        String first = ReportPage.read(file).withoutTimes();
        eval("--report", file);
        assertThat(ReportPage.read(file).withoutTimes()).isEqualTo(first);
    }

    @Test
    void weightsAndLogitsAreSaid() {
        Npy.floats(predictions, 2.5f, -0.5f, -40);
        Npy.bytes(targets, 1, 0, 1);
        Path weights = Npy.floats(folder.resolve("w.npy"), 1, 2, 0.5f);
        assertThat(eval("--logits", "--weights", weights, "--report", file).exitCode())
                .isZero();
        ReportPage page = ReportPage.read(file);
        assertThat(page.property("weight sum")).isEqualTo("3.5");
        assertThat(page.texts("//p").toString())
                .contains("3 logits", "sigmoids in float64", "Weights count in the losses");
    }

    @Test
    void nothingAtAllIsReportedToo() {
        Npy.floats(predictions);
        Npy.bytes(targets);
        assertThat(eval("--report", file).exitCode()).isZero();
        ReportPage page = ReportPage.read(file);
        assertThat(page.lossRow("mean")).containsExactly("NaN", "NaN", "NaN");
        assertThat(page.property("matthews")).isEqualTo("undefined");
        page.assertIsAccessible();
    }

    @Test
    void strictModeNamesTheElementAndLeavesTheOldReport() throws IOException {
        float[] scores = new float[COUNT];
        scores[COUNT - 2] = 1.5f;
        Npy.floats(predictions, scores);
        Npy.bytes(targets, new int[COUNT]);
        Files.writeString(file, OLD_REPORT);
        Exactloss run = eval("--strict", "--report", file);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).isEqualTo(eval("--strict").err()).contains("predictions[" + (COUNT - 2) + "] is 1.5");
        assertThat(file).hasContent(OLD_REPORT);
        assertThat(folder.toFile().list())
                .containsExactlyInAnyOrder("p.npy", "t.npy", file.getFileName().toString());
    }

    @Test
    void rowsOfAQueryAreReported() {
        String query = "SELECT (i % 1024) / 1024 AS prediction, i % 1024 > 511 AS target"
                + " FROM range(150001) t(i) UNION ALL SELECT NULL, true -- <\"&'>";
        Exactloss run = Exactloss.run("eval", query, "--skip-nulls", "--threads", "2", "--json", "--report", file);
        assertThat(run.err()).isEmpty();
        ReportPage page = ReportPage.read(file);
        assertThat(page.lossRow("mean"))
                .isEqualTo(numbers(run.json().getAsJsonObject("losses"), "mean"))
                .hasSize(3);
        assertThat(page.property("query")).isEqualTo(query);
        assertThat(page.property("rows skipped for NULL")).isEqualTo("1");
        assertThat(sum(numbers(page, "//table[@class='numbers']/tbody/tr/td[1]")))
                .isEqualTo(150_001);
        assertThat(numbers(page, "//table[@class='numbers']/tbody/tr/td[2]").subList(0, 8))
                .containsOnly(0L);
    }

    @Test
    void inputsAreNotReplaced() throws IOException {
        Npy.floats(predictions, 0.5f);
        Npy.bytes(targets, 1);
        byte[] before = Files.readAllBytes(targets);
        Path link = Files.createSymbolicLink(folder.resolve("link.html"), targets);
        Exactloss run = eval("--report", link);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .startsWith("exactloss: %s: is there already, and is no report that may be replaced".formatted(link));
        assertThat(Files.readAllBytes(targets)).isEqualTo(before);
    }

    @Test
    void lossesThatWereAskedForAreReported() {
        Npy.floats(predictions, 0.9f, 0.4f, 0.2f);
        Npy.bytes(targets, 1, 0, 1);
        Exactloss run = eval("--loss", "log", "--json", "--report", file);
        ReportPage page = ReportPage.read(file);
        assertThat(page.lossRow("mean")).isEqualTo(numbers(run.json().getAsJsonObject("losses"), "mean"));
        assertThat(page.texts("//dl[@class='highlights']//dt")).containsExactly("log", "accuracy", "calibration error");
    }

    private Exactloss eval(Object... options) {
        Object[] args = new Object[5 + options.length];
        System.arraycopy(new Object[] {"eval", "--predictions", predictions, "--targets", targets}, 0, args, 0, 5);
        System.arraycopy(options, 0, args, 5, options.length);
        return Exactloss.run(args);
    }

    private static List<Long> numbers(ReportPage page, String xpath) {
        return page.texts(xpath).stream()
                .map(text -> Long.parseLong(text.replace(",", "")))
                .toList();
    }

    /** A number of each loss. */
    private static List<String> numbers(JsonObject losses, String member) {
        return losses.asMap().values().stream()
                .map(loss -> loss.getAsJsonObject().get(member))
                .map(number -> number.isJsonNull() ? "NaN" : number.getAsString())
                .toList();
    }

    /** The sum of what the tooltips of bars say after their colons. */
    private static long numbersIn(List<String> tooltips) {
        return tooltips.stream()
                .mapToLong(text ->
                        Long.parseLong(text.substring(text.indexOf(": ") + 2).replace(",", "")))
                .sum();
    }

    private static long sum(List<Long> numbers) {
        return numbers.stream().mapToLong(Long::longValue).sum();
    }

    private static long countOf(float[] scores, float value) {
        long count = 0;
        for (float score : scores) {
            count += score == value ? 1 : 0;
        }
        return count;
    }
}
