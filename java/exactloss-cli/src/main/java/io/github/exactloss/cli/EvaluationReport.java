// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Evaluation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * An evaluation as the command prints it.
 *
 * @param logits whether the predictions were given as logits
 * @param weighted whether the elements had weights
 * @param nullCount rows that were skipped, where that was asked for
 * @param backend the instruction set that ran, or cuda
 * @param threads the number of threads that were asked for
 */
record EvaluationReport(
        Evaluation evaluation, boolean logits, boolean weighted, OptionalLong nullCount, String backend, int threads) {
    /** The members of the JSON object, in order. */
    Map<String, Object> json() {
        Map<String, Object> members = new LinkedHashMap<>();
        LossLabels.of(evaluation).forEach((label, loss) -> {
            members.put(label, evaluation.mean(loss));
            members.put(label + "_f32", evaluation.meanAsFloat(loss));
        });
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
        members.put("nan_count", evaluation.nanCount(LossLabels.first(evaluation)));
        nullCount.ifPresent(nulls -> members.put("null_count", nulls));
        members.put("backend", backend);
        members.put("threads", threads);
        return members;
    }

    /** The lines of the table. The losses are the shortest decimals that read back to the same double and float. */
    List<String> lines() {
        long correct = evaluation.truePositives() + evaluation.trueNegatives();
        String accuracy = String.format("%.6f (%d of %d)", evaluation.accuracy(), correct, evaluation.count());
        List<String> lines = new ArrayList<>();
        LossLabels.of(evaluation).forEach((label, loss) -> {
            lines.add(line(label, evaluation.mean(loss)));
            lines.add(line(label + ", float32", evaluation.meanAsFloat(loss)));
        });
        if (weighted) {
            lines.add(line("weight sum", evaluation.weightSum()));
        }
        lines.add(line("accuracy", accuracy));
        lines.add(line("threshold", evaluation.threshold() + (logits ? ", of the logits' sigmoids" : "")));
        lines.add(columns("", "predicted 1", "predicted 0"));
        lines.add(columns("target 1", evaluation.truePositives(), evaluation.falseNegatives()));
        lines.add(columns("target 0", evaluation.falsePositives(), evaluation.trueNegatives()));
        lines.add(line(nanLabel(), evaluation.nanCount(LossLabels.first(evaluation))));
        nullCount.ifPresent(nulls -> lines.add(line("NULL rows", nulls)));
        lines.add(line("backend", backend + ", " + threads + (threads == 1 ? " thread" : " threads")));
        return lines;
    }

    /** An infinite prediction with a weight of 0 is counted too; an infinite logit has a finite distance. */
    private String nanLabel() {
        if (logits) {
            return "NaN logits";
        }
        return weighted ? "NaN distances" : "NaN predictions";
    }

    private static String line(String label, Object value) {
        return String.format("%-17s%s", label, value);
    }

    private static String columns(String label, Object first, Object second) {
        return String.format("%-17s%16s %16s", label, first, second);
    }
}
