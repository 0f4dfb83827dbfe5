// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.NativeLibrary;
import io.github.exactloss.cli.train.DigitDataSet;
import io.github.exactloss.cli.train.Epoch;
import io.github.exactloss.cli.train.Trainer;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Prints a training: line by line while it runs, or one JSON object when it is over. */
final class TrainingReport {
    private final PrintWriter out;
    private final boolean json;
    private final DigitDataSet data;
    private final Trainer.Settings settings;

    TrainingReport(PrintWriter out, boolean json, DigitDataSet data, Trainer.Settings settings) {
        this.out = out;
        this.json = json;
        this.data = data;
        this.settings = settings;
    }

    void begin() {
        if (json) {
            return;
        }
        out.printf(
                "%d digits to train on and %d to validate by, 3s against 7s (%s)%n",
                data.training().count(), data.validation().count(), data.name());
        out.printf(
                "loss %s, batch size %d, learning rate %s, seed %d, %sbackend %s%n%n",
                settings.loss().name(),
                settings.batchSize(),
                settings.learningRate(),
                settings.seed(),
                settings.loss().isFromLogits() ? "from logits, " : "",
                NativeLibrary.isa());
    }

    void epoch(Epoch epoch) {
        if (json) {
            return;
        }
        Map<String, Double> columns = epoch.columns(settings.loss());
        if (epoch.number() == 1) {
            out.println("epoch  " + String.join("  ", columns.keySet()));
        }
        out.printf("%5d", epoch.number());
        columns.forEach((label, number) -> out.printf("  %" + label.length() + ".6f", number));
        out.println();
        out.flush();
    }

    void end(List<Epoch> epochs) {
        Epoch last = epochs.getLast();
        if (json) {
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("data", data.name());
            members.put("seed", settings.seed());
            members.put("backend", NativeLibrary.isa());
            members.put("epochs", epochs.stream().map(this::json).toList());
            members.put("accuracy", last.validation().accuracy());
            members.put("loss", settings.loss().name());
            members.put("from_logits", settings.loss().isFromLogits());
            members.put("batch_size", settings.batchSize());
            members.put("learning_rate", settings.learningRate());
            members.put("training_count", data.training().count());
            members.put("validation_count", data.validation().count());
            members.put("version", NativeLibrary.version());
            out.println(Json.write(members));
        } else {
            out.printf(
                    "%nThe trained model on the %d validation digits:%n",
                    last.validation().count());
            boolean logits = settings.loss().isFromLogits();
            new EvaluationReport(
                            last.validation(),
                            logits,
                            false,
                            OptionalLong.empty(),
                            NativeLibrary.isa(),
                            OptionalInt.of(1))
                    .lines()
                    .forEach(out::println);
        }
    }

    private Map<String, Object> json(Epoch epoch) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("epoch", epoch.number());
        members.put("train_loss", epoch.training().mean(settings.loss()));
        members.put("validation_loss", epoch.validation().mean(settings.loss()));
        members.put("accuracy", epoch.validation().accuracy());
        members.put("validation_losses", EvaluationNumbers.means(epoch.validation()));
        return members;
    }
}
