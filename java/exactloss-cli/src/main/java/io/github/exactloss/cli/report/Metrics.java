// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import io.github.exactloss.Evaluation;
import io.github.exactloss.cli.EvaluationNumbers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The numbers of an evaluation as a page shows them. */
final class Metrics {
    /** A row of the confusion matrix: a target, and how often which class was predicted. */
    record Row(String target, Cell positive, Cell negative) {}

    /**
     * A cell of the confusion matrix.
     *
     * @param share of its row
     * @param right whether the prediction is the target
     */
    record Cell(long count, double share, boolean right) {}

    private Metrics() {}

    static String count(long count) {
        return String.format("%,d", count);
    }

    static String percent(double share) {
        return Double.isNaN(share) ? "–" : String.format("%.2f %%", 100 * share);
    }

    /** A number with some digits behind the point. */
    static String fixed(int digits, double number) {
        return String.format("%." + digits + "f", number);
    }

    /** The same, or a dash where there is no number. */
    static String fixedOrDash(int digits, double number) {
        return Double.isNaN(number) ? "–" : fixed(digits, number);
    }

    static long correct(Evaluation evaluation) {
        return evaluation.truePositives() + evaluation.trueNegatives();
    }

    /** The metrics, as the shortest decimals that read back to the same double, and the threshold that they are for. */
    static Map<String, String> metrics(Evaluation evaluation) {
        Map<String, String> rows = new LinkedHashMap<>();
        EvaluationNumbers.metrics(evaluation)
                .forEach((metric, value) -> rows.put(
                        EvaluationNumbers.label(metric), Double.isNaN(value) ? "undefined" : Double.toString(value)));
        rows.put("threshold", Double.toString(evaluation.threshold()));
        return rows;
    }

    /**
     * The confusion matrix.
     *
     * @param positive what a target of 1 stands for
     * @param negative what any other stands for
     */
    static List<Row> confusion(Evaluation evaluation, String positive, String negative) {
        return List.of(
                row(positive, evaluation.truePositives(), evaluation.falseNegatives(), true),
                row(negative, evaluation.falsePositives(), evaluation.trueNegatives(), false));
    }

    private static Row row(String target, long positives, long negatives, boolean positive) {
        double all = positives + negatives;
        return new Row(
                target,
                new Cell(positives, positives / all, positive),
                new Cell(negatives, negatives / all, !positive));
    }
}
