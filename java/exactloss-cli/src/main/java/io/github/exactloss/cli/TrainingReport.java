// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.cli.train.DigitDataSet;
import io.github.exactloss.cli.train.Epoch;
import io.github.exactloss.cli.train.Trainer;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Prints a training: line by line while it runs, or one JSON object when it is over. */
final class TrainingReport {
    private final PrintWriter out;
    private final boolean json;

    TrainingReport(PrintWriter out, boolean json) {
        this.out = out;
        this.json = json;
    }

    void begin(DigitDataSet data, Trainer.Settings settings, String backend) {
        if (json) {
            return;
        }
        out.printf(
                "%d digits to train on and %d to validate by, 3s against 7s (%s)%n",
                data.training().count(), data.validation().count(), data.name());
        out.printf(
                "batch size %d, learning rate %s, seed %d, %sbackend %s%n%n",
                settings.batchSize(),
                settings.learningRate(),
                settings.seed(),
                settings.logits() ? "loss from logits, " : "",
                backend);
    }

    void epoch(Epoch epoch) {
        if (json) {
            return;
        }
        Map<String, Double> columns = epoch.columns();
        if (epoch.number() == 1) {
            out.println("epoch  " + String.join("  ", columns.keySet()));
        }
        out.printf("%5d", epoch.number());
        columns.forEach((label, number) -> out.printf("  %" + label.length() + ".6f", number));
        out.println();
        out.flush();
    }

    void end(DigitDataSet data, Trainer.Settings settings, String backend, List<Epoch> epochs) {
        Epoch last = epochs.getLast();
        if (json) {
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("data", data.name());
            members.put("seed", settings.seed());
            members.put("backend", backend);
            members.put("epochs", epochs.stream().map(TrainingReport::json).toList());
            members.put("accuracy", last.validation().accuracy());
            out.println(Json.write(members));
        } else {
            out.printf(
                    "%nThe trained model on the %d validation digits:%n",
                    last.validation().count());
            new EvaluationReport(last.validation(), settings.logits(), false, OptionalLong.empty(), backend, 1)
                    .lines()
                    .forEach(out::println);
        }
    }

    private static Map<String, Object> json(Epoch epoch) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("epoch", epoch.number());
        LossLabels.of(epoch.validation()).forEach((label, loss) -> {
            members.put("train_" + label, epoch.training().mean(loss));
            members.put("validation_" + label, epoch.validation().mean(loss));
        });
        members.put("accuracy", epoch.validation().accuracy());
        return members;
    }
}
