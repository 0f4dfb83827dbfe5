// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.exactloss.Isa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The drawn digits are used in child processes, in whose environment no folder of MNIST is named. */
class TrainCommandTest {
    /** What three epochs on the drawn digits give, on every machine. */
    private static final String NUMBERS =
            "[{\"epoch\":1,\"train_loss\":0.46849827614137346,\"validation_loss\":0.44971802355464346,"
                    + "\"accuracy\":0.5483333333333333},"
                    + "{\"epoch\":2,\"train_loss\":0.4538009476978378,\"validation_loss\":0.4138909552474922,"
                    + "\"accuracy\":0.5858333333333333},"
                    + "{\"epoch\":3,\"train_loss\":0.41496892704194055,\"validation_loss\":0.3346574468328057,"
                    + "\"accuracy\":0.6591666666666667}]";

    /** The same from logits: not the same digits, because of the roundings on the way from the logits to the loss. */
    private static final String NUMBERS_FROM_LOGITS =
            "[{\"epoch\":1,\"train_loss\":0.46849827653254167,\"validation_loss\":0.44971802272905864,"
                    + "\"accuracy\":0.5483333333333333},"
                    + "{\"epoch\":2,\"train_loss\":0.45380094697415996,\"validation_loss\":0.4138909540445739,"
                    + "\"accuracy\":0.5858333333333333},"
                    + "{\"epoch\":3,\"train_loss\":0.414968923750814,\"validation_loss\":0.3346574407985512,"
                    + "\"accuracy\":0.6591666666666667}]";

    /** The losses of the third epoch where log is descended, from predictions and from logits. */
    private static final String LOG_LOSSES =
            "{\"mnist\":0.06476763171750015,\"brier\":0.04485018329739812,\"log\":0.19659396359832654}";

    private static final String LOG_LOSSES_FROM_LOGITS =
            "{\"mnist\":0.0648656888408809,\"brier\":0.04485076591709434,\"log\":0.19620205718920236}";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @MethodSource("io.github.exactloss.NativeLibrary#isas")
    void numbersAreTheSameOnEveryIsa(Isa isa) throws IOException, InterruptedException {
        assumeTrue(isa.support() == Isa.Support.USABLE, () -> "this machine has no " + isa.name() + " to test");
        Map<String, String> environment = Map.of("EXACTLOSS_MAX_ISA", isa.name());
        JsonObject json =
                train(environment, List.of(), "--json", "--epochs", "3").json();
        assertThat(json.get("backend").getAsString()).isEqualTo(isa.name());
        assertThat(withoutAllLosses(json)).hasToString(NUMBERS);
        json = train(environment, List.of(), "--json", "--epochs", "3", "--logits")
                .json();
        assertThat(json.get("backend").getAsString()).isEqualTo(isa.name());
        assertThat(withoutAllLosses(json)).hasToString(NUMBERS_FROM_LOGITS);
        json = train(environment, List.of(), "--json", "--epochs", "3", "--loss", "log")
                .json();
        assertThat(lastLosses(json)).hasToString(LOG_LOSSES);
        json = train(environment, List.of(), "--json", "--epochs", "3", "--loss", "log", "--logits")
                .json();
        assertThat(lastLosses(json)).hasToString(LOG_LOSSES_FROM_LOGITS);
    }

    /** The epochs without the member that has all losses. */
    private static JsonElement withoutAllLosses(JsonObject json) {
        JsonElement epochs = json.get("epochs");
        epochs.getAsJsonArray().forEach(epoch -> epoch.getAsJsonObject().remove("validation_losses"));
        return epochs;
    }

    private static JsonElement lastLosses(JsonObject json) {
        return json.getAsJsonArray("epochs").get(2).getAsJsonObject().get("validation_losses");
    }

    @Test
    void numbersAreTheSameWithoutTheOptimisingCompiler() throws IOException, InterruptedException {
        assertThat(withoutAllLosses(
                        trainDrawn(Map.of(), "--json", "--epochs", "3").json()))
                .hasToString(NUMBERS);
        assertThat(withoutAllLosses(trainDrawn(Map.of(), "--json", "--epochs", "3", "--logits")
                        .json()))
                .hasToString(NUMBERS_FROM_LOGITS);
        assertThat(lastLosses(trainDrawn(Map.of(), "--json", "--epochs", "3", "--loss", "log")
                        .json()))
                .hasToString(LOG_LOSSES);
    }

    @Test
    void jsonHasExactlyTheDocumentedMembers() throws IOException, InterruptedException {
        JsonObject json = trainDrawn(Map.of(), "--json", "--epochs", "2", "--seed", "-9", "--batch-size", "100")
                .json();
        assertThat(json.keySet())
                .containsExactly(
                        "data",
                        "seed",
                        "backend",
                        "epochs",
                        "accuracy",
                        "loss",
                        "from_logits",
                        "batch_size",
                        "learning_rate",
                        "training_count",
                        "validation_count",
                        "version");
        assertThat(json.get("loss").getAsString()).isEqualTo("mnist");
        assertThat(json.get("from_logits").getAsBoolean()).isFalse();
        assertThat(json.get("data").getAsString()).isEqualTo("drawn");
        assertThat(json.get("seed").getAsLong()).isEqualTo(-9);
        int number = 0;
        for (JsonElement epoch : json.getAsJsonArray("epochs")) {
            assertThat(epoch.getAsJsonObject().keySet())
                    .containsExactly("epoch", "train_loss", "validation_loss", "accuracy", "validation_losses");
            assertThat(epoch.getAsJsonObject().get("epoch").getAsInt()).isEqualTo(++number);
            JsonObject losses = epoch.getAsJsonObject().getAsJsonObject("validation_losses");
            assertThat(losses.keySet()).containsExactly("mnist", "brier", "log");
            assertThat(epoch.getAsJsonObject().get("validation_loss")).isEqualTo(losses.get("mnist"));
        }
        assertThat(number).isEqualTo(2);
        assertThat(json.get("accuracy"))
                .isEqualTo(
                        json.getAsJsonArray("epochs").get(1).getAsJsonObject().get("accuracy"));
    }

    @Test
    void textHasALineAnEpochAndTheTable() throws IOException, InterruptedException {
        Exactloss run = trainDrawn(Map.of(), "--epochs", "3");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .startsWith("3600 digits to train on and 1200 to validate by, 3s against 7s (drawn)")
                .containsPattern(
                        "(?m)^ {4}3 {8}0\\.\\d{6} {10}0\\.\\d{6} {10}0\\.\\d{6} {8}\\d\\.\\d{6}  [01]\\.\\d{6}$")
                .containsPattern("(?m)^accuracy +[01]\\.\\d{6} \\(\\d+ of 1200\\)$")
                .containsPattern("(?m)^matthews +0\\.\\d{6}$");
        assertThat(run.out())
                .contains("epoch  training mnist  validation mnist  validation brier  validation log  accuracy");
        assertThat(run.out()).doesNotContain("\r", "logits");
        assertThat(trainDrawn(Map.of(), "--epochs", "1", "--logits", "--loss", "log")
                        .out())
                .contains(
                        "loss log, batch size 256, learning rate 1.0, seed 42, from logits, backend ",
                        "epoch  training log  validation mnist  validation brier  validation log  accuracy",
                        "of the logits' sigmoids");
    }

    @ParameterizedTest
    @ValueSource(strings = {"brier", "log"})
    void theChosenLossIsTold(String loss) throws IOException, InterruptedException {
        JsonObject json =
                trainDrawn(Map.of(), "--json", "--epochs", "1", "--loss", loss).json();
        assertThat(json.get("loss").getAsString()).isEqualTo(loss);
        JsonObject epoch = json.getAsJsonArray("epochs").get(0).getAsJsonObject();
        assertThat(epoch.get("validation_loss"))
                .isEqualTo(epoch.getAsJsonObject("validation_losses").get(loss));
    }

    @Test
    void missingMnistIsSaid() throws IOException, InterruptedException {
        assertThat(trainDrawn(Map.of(), "--epochs", "1", "--json").err())
                .isEqualTo("exactloss: MNIST cannot be used: neither --data nor EXACTLOSS_MNIST_DIR names its folder;"
                        + " training on the small set of drawn digits instead%n".formatted());
        Exactloss empty = trainDrawn(Map.of("EXACTLOSS_MNIST_DIR", folder.toString()), "--epochs", "1", "--json");
        assertThat(empty.exitCode()).isZero();
        assertThat(empty.json().get("data").getAsString()).isEqualTo("drawn");
        assertThat(empty.err())
                .contains(folder.resolve("train-labels-idx1-ubyte") + ": no such file", "drawn digits")
                .hasLineCount(1);
    }

    @Test
    void damagedMnistIsSaidAndNotUsed() throws IOException, InterruptedException {
        Files.write(folder.resolve("train-labels-idx1-ubyte"), new byte[] {0, 0, 8, 1, 0, 0, 0, 0});
        Exactloss run = trainDrawn(Map.of("EXACTLOSS_MNIST_DIR", folder.toString()), "--epochs", "1", "--json");
        assertThat(run.json().get("data").getAsString()).isEqualTo("drawn");
        assertThat(run.err())
                .contains("is not the genuine file: its SHA-256 is ")
                .hasLineCount(1);
    }

    @Test
    void namedFolderIsNotReplaced() {
        Exactloss run = Exactloss.run("train", "--data", folder);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .isEqualTo("exactloss: %s: no such file%n".formatted(folder.resolve("train-labels-idx1-ubyte")));
    }

    private static Exactloss trainDrawn(Map<String, String> environment, String... options)
            throws IOException, InterruptedException {
        // The first compiler alone starts faster.
        return train(environment, List.of("-XX:TieredStopAtLevel=1"), options);
    }

    private static Exactloss train(Map<String, String> environment, List<String> jvmOptions, String... options)
            throws IOException, InterruptedException {
        Object[] args = new Object[1 + options.length];
        args[0] = "train";
        System.arraycopy(options, 0, args, 1, options.length);
        return Exactloss.runChild(environment, jvmOptions, args);
    }
}
