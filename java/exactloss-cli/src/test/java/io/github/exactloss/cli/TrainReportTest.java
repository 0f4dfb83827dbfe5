// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --report}. The drawn digits are used in child processes, where no folder of MNIST is named. */
class TrainReportTest {
    @TempDir
    private Path folder;

    @Test
    void numbersAreTheRuns() throws IOException, InterruptedException {
        Path file = folder.resolve("a <b>&amp;\"c'.html");
        Exactloss run = train("--json", "--epochs", "3", "--seed", "7", "--report", file.toString());
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .isEqualTo(train("--json", "--epochs", "3", "--seed", "7").out());
        ReportPage page = ReportPage.read(file);
        JsonObject json = run.json();

        List<String> expected = new ArrayList<>();
        for (JsonElement element : json.getAsJsonArray("epochs")) {
            JsonObject epoch = element.getAsJsonObject();
            expected.add(epoch.get("epoch").getAsString());
            expected.add("%.6f".formatted(epoch.get("train_loss").getAsDouble()));
            for (JsonElement loss :
                    epoch.getAsJsonObject("validation_losses").asMap().values()) {
                expected.add("%.6f".formatted(loss.getAsDouble()));
            }
            expected.add("%.6f".formatted(epoch.get("accuracy").getAsDouble()));
        }
        assertThat(page.texts("//table[@class='numbers']/tbody/tr/*")).isEqualTo(expected);
        JsonObject last = json.getAsJsonArray("epochs").get(2).getAsJsonObject();
        assertThat(page.lossRow("mean"))
                .isEqualTo(last.getAsJsonObject("validation_losses").asMap().values().stream()
                        .map(JsonElement::getAsString)
                        .toList());
        assertThat(page.property("accuracy")).isEqualTo(last.get("accuracy").getAsString());
        List<Long> counts = page.texts("//table[@class='confusion']//td/b").stream()
                .map(text -> Long.parseLong(text.replace(",", "")))
                .toList();
        assertThat(counts.get(0) + counts.get(1)).isEqualTo(600);
        assertThat(counts.get(2) + counts.get(3)).isEqualTo(600);
        assertThat((counts.get(0) + counts.get(3)) / 1200.0)
                .isEqualTo(last.get("accuracy").getAsDouble());

        assertThat(page.property("seed")).isEqualTo("7");
        assertThat(page.property("data")).isEqualTo("drawn: 3600 digits to train on, 1200 to validate by");
        assertThat(page.property("instruction set"))
                .isEqualTo(json.get("backend").getAsString());
        assertThat(page.property("command"))
                .isEqualTo("exactloss train --json --epochs 3 --seed 7 --report '"
                        + file.toString().replace("'", "'\\''") + "'");
    }

    @Test
    void pageStandsAloneAndIsAccessible() throws IOException, InterruptedException {
        Path file = folder.resolve("report.html");
        assertThat(train("--epochs", "1", "--logits", "--loss", "log", "--report", file.toString())
                        .exitCode())
                .isZero();
        ReportPage page = ReportPage.read(file);
        page.assertStandsAlone();
        page.assertIsAccessible();
        assertThat(page.texts("//ol[@class='digits']/li/img/@alt"))
                .hasSize(24)
                .allMatch(alt -> alt.matches("Image \\d+: a [37] that looks like a [37] to the classifier"));
        assertThat(page.texts("//div[@class='weights']//img")).hasSize(3);
        assertThat(page.property("loss")).isEqualTo("log");
        assertThat(page.property("loss from")).isEqualTo("logits");
        List<String> curves = List.of("mnist", "brier", "log", "accuracy");
        assertThat(page.texts("//div[@class='charts']/*/p[@class='axis']"))
                .isEqualTo(
                        Stream.of(curves, curves, curves).flatMap(List::stream).toList());
    }

    @Test
    void seedDecidesThePage() throws IOException, InterruptedException {
        Path file = folder.resolve("report.html");
        List<String> pages = new ArrayList<>();
        for (String seed : List.of("1", "1", "2")) {
            train("--epochs", "2", "--batch-size", "3600", "--seed", seed, "--report", file.toString());
            pages.add(ReportPage.read(file).withoutTimes());
        }
        assertThat(pages.get(1)).isEqualTo(pages.get(0));
        assertThat(pages.get(2)).isNotEqualTo(pages.get(0));
    }

    /** Weights that run away become NaN, and so does the loss. */
    @Test
    void hopelessTrainingIsReportedToo() throws IOException, InterruptedException {
        Path file = folder.resolve("report.html");
        Exactloss run = train("--epochs", "1", "--learning-rate", "1e308", "--report", file.toString());
        assertThat(run.exitCode()).isZero();
        assertThat(ReportPage.read(file).lossRow("mean")).containsExactly("NaN", "NaN", "NaN");
    }

    @Test
    void unwritablePathIsFoundBeforeTheTraining() {
        Path missing = folder.resolve("missing").resolve("report.html");
        for (Path path : List.of(missing, folder)) {
            Exactloss run = Exactloss.run("train", "--report", path);
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).startsWith("exactloss: " + path + ": ").hasLineCount(1);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void failedTrainingLeavesTheOldReport() throws IOException {
        Path file = Files.writeString(folder.resolve("report.html"), EvalReportTest.OLD_REPORT);
        Exactloss run = Exactloss.run("train", "--data", folder, "--report", file);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(folder.toFile().list()).containsExactly("report.html");
        assertThat(file).hasContent(EvalReportTest.OLD_REPORT);
    }

    private static Exactloss train(String... options) throws IOException, InterruptedException {
        Object[] args = new Object[1 + options.length];
        args[0] = "train";
        System.arraycopy(options, 0, args, 1, options.length);
        return Exactloss.runChild(Map.of(), List.of("-XX:TieredStopAtLevel=1"), args);
    }
}
