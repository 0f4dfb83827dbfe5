// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Evaluation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An evaluation as the command prints it.
 *
 * @param backend the instruction set that ran
 * @param threads the number of threads that were asked for
 */
record EvaluationReport(Evaluation evaluation, String backend, int threads) {
    /** The members of the JSON object, in order. */
    Map<String, Object> json() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("loss", evaluation.loss());
        members.put("loss_f32", evaluation.lossFloat());
        members.put("count", evaluation.count());
        members.put("positives", evaluation.positives());
        members.put("accuracy", evaluation.accuracy());
        members.put("true_positives", evaluation.truePositives());
        members.put("false_positives", evaluation.falsePositives());
        members.put("true_negatives", evaluation.trueNegatives());
        members.put("false_negatives", evaluation.falseNegatives());
        members.put("nan_count", evaluation.nanCount());
        members.put("backend", backend);
        members.put("threads", threads);
        return members;
    }

    /** The lines of the table. The losses are the shortest decimals that read back to the same double and float. */
    List<String> lines() {
        long correct = evaluation.truePositives() + evaluation.trueNegatives();
        String accuracy = String.format("%.6f (%d of %d)", evaluation.accuracy(), correct, evaluation.count());
        return List.of(
                line("loss", evaluation.loss()),
                line("loss, float32", evaluation.lossFloat()),
                line("accuracy", accuracy),
                line("threshold", evaluation.threshold()),
                columns("", "predicted 1", "predicted 0"),
                columns("target 1", evaluation.truePositives(), evaluation.falseNegatives()),
                columns("target 0", evaluation.falsePositives(), evaluation.trueNegatives()),
                line("NaN predictions", evaluation.nanCount()),
                line("backend", backend + ", " + threads + (threads == 1 ? " thread" : " threads")));
    }

    private static String line(String label, Object value) {
        return String.format("%-17s%s", label, value);
    }

    private static String columns(String label, Object first, Object second) {
        return String.format("%-17s%16s %16s", label, first, second);
    }
}
