// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import io.github.exactloss.Evaluation;
import java.util.LinkedHashMap;
import java.util.Map;

/** The numbers of an evaluation as tables. */
final class Metrics {
    private Metrics() {}

    /** Counts with separators, as a page shows them. */
    static String count(long count) {
        return String.format("%,d", count);
    }

    static String percent(double share) {
        return Double.isNaN(share) ? "–" : String.format("%.2f %%", 100 * share);
    }

    static long correct(Evaluation evaluation) {
        return evaluation.truePositives() + evaluation.trueNegatives();
    }

    /** The losses, as the shortest decimals that read back to the same double and float, and what goes with them. */
    static Map<String, String> losses(Evaluation evaluation) {
        Map<String, String> rows = new LinkedHashMap<>();
        rows.put("loss", Double.toString(evaluation.loss()));
        rows.put("loss, float32", Float.toString(evaluation.lossFloat()));
        rows.put("accuracy", Double.toString(evaluation.accuracy()));
        rows.put("threshold", Double.toString(evaluation.threshold()));
        return rows;
    }

    /**
     * The confusion matrix, with the share of each count in its row.
     *
     * @param positive what a target of 1 stands for
     * @param negative what any other stands for
     */
    static void confusionMatrix(Markup page, Evaluation evaluation, String positive, String negative) {
        page.open("table", "class", "confusion");
        page.element("caption", "Each row is a target, each column what was predicted.");
        page.open("thead").open("tr").element("th", "target", "scope", "col");
        page.element("th", "predicted " + positive, "scope", "col");
        page.element("th", "predicted " + negative, "scope", "col").close().close();
        page.open("tbody");
        row(page, positive, evaluation.truePositives(), evaluation.falseNegatives(), true);
        row(page, negative, evaluation.falsePositives(), evaluation.trueNegatives(), false);
        page.close().close();
    }

    private static void row(Markup page, String target, long positives, long negatives, boolean positive) {
        double all = positives + negatives;
        page.open("tr").element("th", target, "scope", "row");
        cell(page, positives, positives / all, positive);
        cell(page, negatives, negatives / all, !positive);
        page.close();
    }

    private static void cell(Markup page, long count, double share, boolean right) {
        page.open("td", "class", right ? "right" : "wrong").element("b", count(count));
        page.element("small", percent(share)).close();
    }
}
