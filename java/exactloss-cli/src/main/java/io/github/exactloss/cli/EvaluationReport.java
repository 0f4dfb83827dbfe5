// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Loss;
import io.github.exactloss.NativeLibrary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * An evaluation as the command prints it.
 *
 * @param logits whether the predictions were given as logits
 * @param weighted whether the elements had weights
 * @param nullCount rows that were skipped, where that was asked for
 * @param backend the instruction set that ran, or cuda or spark
 * @param threads the most threads that computed, where that is known; small data needs fewer
 */
record EvaluationReport(
        Evaluation evaluation,
        boolean logits,
        boolean weighted,
        OptionalLong nullCount,
        String backend,
        OptionalInt threads) {
    /** The members of the JSON object, in order. */
    Map<String, Object> json() {
        List<Loss> losses = evaluation.losses();
        Map<String, Object> members = new LinkedHashMap<>();
        if (losses.contains(Loss.mnist())) {
            members.put("loss", evaluation.mean(Loss.mnist()));
            members.put("loss_f32", evaluation.meanAsFloat(Loss.mnist()));
        }
        if (weighted) {
            members.put("weight_sum", evaluation.weightSum());
        }
        members.put("count", evaluation.count());
        members.put("positives", evaluation.positives());
        members.put("accuracy", evaluation.accuracy());
        members.put("true_positives", evaluation.truePositives());
        members.put("false_positives", evaluation.falsePositives());
        members.put("true_negatives", evaluation.trueNegatives());
        members.put("false_negatives", evaluation.falseNegatives());
        members.put("nan_count", evaluation.nanCount(losses.getFirst()));
        nullCount.ifPresent(nulls -> members.put("null_count", nulls));
        members.put("backend", backend);
        threads.ifPresent(most -> members.put("threads", most));
        members.put("losses", lossMembers());
        members.put("metrics", EvaluationNumbers.metrics(evaluation));
        members.put(
                "infinite_count",
                losses.stream().mapToLong(evaluation::infiniteCount).max().orElseThrow());
        members.put("threshold", evaluation.threshold());
        members.put("from_logits", logits);
        members.put("version", NativeLibrary.version());
        return members;
    }

    private Map<String, Object> lossMembers() {
        Map<String, Object> members = new LinkedHashMap<>();
        for (Loss loss : evaluation.losses()) {
            Map<String, Number> numbers = new LinkedHashMap<>();
            numbers.put("mean", evaluation.mean(loss));
            numbers.put("mean_f32", evaluation.meanAsFloat(loss));
            numbers.put("sum", evaluation.sum(loss));
            members.put(loss.name(), numbers);
        }
        return members;
    }

    /** The lines of the tables. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(lossLine("", evaluation.losses().stream().map(Loss::name).toList()));
        EvaluationNumbers.lossRows(evaluation).forEach((label, cells) -> lines.add(lossLine(label, cells)));
        if (weighted) {
            lines.add(line("weight sum", evaluation.weightSum()));
        }
        EvaluationNumbers.metrics(evaluation).forEach((metric, value) -> lines.add(metricLine(metric, value)));
        lines.add(line("threshold", evaluation.threshold() + (logits ? ", of the logits' sigmoids" : "")));
        lines.add(counts("", "predicted 1", "predicted 0"));
        lines.add(counts("target 1", evaluation.truePositives(), evaluation.falseNegatives()));
        lines.add(counts("target 0", evaluation.falsePositives(), evaluation.trueNegatives()));
        nullCount.ifPresent(nulls -> lines.add(line("NULL rows", nulls)));
        lines.add(line("backend", backend + threadsText()));
        return lines;
    }

    private String threadsText() {
        if (threads.isEmpty()) {
            return "";
        }
        return threads.getAsInt() == 1 ? ", 1 thread" : ", at most " + threads.getAsInt() + " threads";
    }

    private static String lossLine(String label, List<String> cells) {
        StringBuilder columns = new StringBuilder();
        cells.forEach(cell -> columns.append(String.format("%-25s", cell)));
        return line(label, columns.toString().stripTrailing());
    }

    private String metricLine(String metric, double value) {
        String text = Double.isNaN(value) ? "undefined" : String.format("%.6f", value);
        if (metric.equals("accuracy")) {
            long correct = evaluation.truePositives() + evaluation.trueNegatives();
            text += String.format(" (%d of %d)", correct, evaluation.count());
        }
        return line(EvaluationNumbers.label(metric), text);
    }

    private static String line(String label, Object value) {
        return String.format("%-19s%s", label, value);
    }

    private static String counts(String label, Object first, Object second) {
        return String.format("%-19s%16s %16s", label, first, second);
    }
}
