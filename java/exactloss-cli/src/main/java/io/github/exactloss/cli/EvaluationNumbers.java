// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Loss;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The losses and the metrics of an evaluation under the names that they have wherever they are shown. */
public final class EvaluationNumbers {
    private EvaluationNumbers() {}

    /** The mean of each loss by its name. */
    public static Map<String, Double> means(Evaluation evaluation) {
        Map<String, Double> means = new LinkedHashMap<>();
        evaluation.losses().forEach(loss -> means.put(loss.name(), evaluation.mean(loss)));
        return means;
    }

    /**
     * The rows of a table that has a column for each loss, by their labels. Floating-point numbers are the shortest decimals
     * that read back to the same double or float.
     */
    public static Map<String, List<String>> lossRows(Evaluation evaluation) {
        Map<String, List<String>> rows = new LinkedHashMap<>();
        rows.put("mean", row(evaluation, evaluation::mean));
        rows.put("mean, float32", row(evaluation, evaluation::meanAsFloat));
        rows.put("sum", row(evaluation, evaluation::sum));
        rows.put("NaN elements", row(evaluation, evaluation::nanCount));
        rows.put("infinite elements", row(evaluation, evaluation::infiniteCount));
        return rows;
    }

    private static List<String> row(Evaluation evaluation, Function<Loss, Number> number) {
        return evaluation.losses().stream()
                .map(loss -> number.apply(loss).toString())
                .toList();
    }

    /** The metrics by their names in JSON; those that are undefined are NaN. */
    public static Map<String, Double> metrics(Evaluation evaluation) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        metrics.put("accuracy", evaluation.accuracy());
        metrics.put("precision", evaluation.precision());
        metrics.put("recall", evaluation.recall());
        metrics.put("specificity", evaluation.specificity());
        metrics.put("f1", evaluation.f1());
        metrics.put("balanced_accuracy", evaluation.balancedAccuracy());
        metrics.put("jaccard", evaluation.jaccard());
        metrics.put("kappa", evaluation.kappa());
        metrics.put("matthews", evaluation.matthews());
        return metrics;
    }

    /** What a metric is called in a text. */
    public static String label(String metric) {
        return metric.replace('_', ' ');
    }
}
