// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import io.github.exactloss.Evaluation;
import io.github.exactloss.cli.EvaluationNumbers;
import io.github.exactloss.cli.Templates;
import io.github.exactloss.cli.chart.Axis;
import io.github.exactloss.cli.chart.Chart;
import io.github.exactloss.cli.chart.Chart.Point;
import io.github.exactloss.cli.chart.Shape;
import io.github.exactloss.cli.report.PredictionBins.Coarse;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The page about an evaluation: what {@code evaluation.jte} shows. */
public final class EvaluationPage {
    private final Evaluation evaluation;
    private final PredictionBins bins;
    private final List<Coarse> calibration;
    private final boolean logits;
    private final boolean weighted;
    private final RunDescription run;

    private EvaluationPage(
            Evaluation evaluation, PredictionBins bins, boolean logits, boolean weighted, RunDescription run) {
        this.evaluation = evaluation;
        this.bins = bins;
        this.logits = logits;
        this.weighted = weighted;
        this.run = run;
        calibration = List.of(bins.calibration());
    }

    /**
     * The whole page.
     *
     * @param evaluation of all elements
     * @param bins of the same elements
     * @param logits whether the predictions were given as logits
     * @param weighted whether the elements had weights
     * @param run what ran, as rows of a table
     */
    public static String write(
            Evaluation evaluation, PredictionBins bins, boolean logits, boolean weighted, RunDescription run) {
        return Templates.render("report/evaluation.jte", new EvaluationPage(evaluation, bins, logits, weighted, run));
    }

    boolean logits() {
        return logits;
    }

    boolean weighted() {
        return weighted;
    }

    PredictionBins bins() {
        return bins;
    }

    List<Coarse> calibration() {
        return calibration;
    }

    Map<String, Object> run() {
        return run.rows();
    }

    Evaluation evaluation() {
        return evaluation;
    }

    Map<String, Double> means() {
        return EvaluationNumbers.means(evaluation);
    }

    double accuracy() {
        return evaluation.accuracy();
    }

    long count() {
        return evaluation.count();
    }

    double positiveShare() {
        return (double) evaluation.positives() / evaluation.count();
    }

    List<Metrics.Row> confusion() {
        return Metrics.confusion(evaluation, "1", "0");
    }

    Map<String, String> numbers() {
        Map<String, String> rows = Metrics.metrics(evaluation);
        if (weighted) {
            rows.put("weight sum", Double.toString(evaluation.weightSum()));
        }
        rows.put("elements", Metrics.count(evaluation.count()));
        rows.put("positive targets", Metrics.count(evaluation.positives()));
        return rows;
    }

    /** NaN where no element is in a bin. */
    double calibrationError() {
        double differences = 0;
        long count = 0;
        for (Coarse bin : calibration) {
            if (bin.count() > 0) {
                differences += bin.count() * Math.abs(bin.positiveShare() - bin.meanPrediction());
                count += bin.count();
            }
        }
        return differences / count;
    }

    Chart reliability() {
        List<Point> points = calibration.stream()
                .filter(bin -> bin.count() > 0)
                .map(bin -> new Point(bin.meanPrediction(), bin.positiveShare()))
                .toList();
        return new Chart(
                        "The share of positive targets over the mean prediction of each bin, with the diagonal on which"
                                + " the two are equal. The numbers are in the table below.",
                        Axis.within("mean prediction", 0, 1),
                        Axis.within("share of positive targets", 0, 1))
                .line("ideal", List.of(new Point(0, 0), new Point(1, 1)))
                .line("validation", points)
                .dots("validation", Shape.DOT, points);
    }

    Chart binSizes() {
        long[] counts = calibration.stream().mapToLong(Coarse::count).toArray();
        return new Chart(
                        "The number of elements in each bin, on a logarithmic scale. The numbers are in the table below.",
                        Axis.within("prediction", 0, 1),
                        Axis.ofCounts("elements", Arrays.stream(counts).max().orElse(0)))
                .bars("all", counts);
    }

    Chart histogram(boolean positive) {
        String title = positive ? "target 1" : "target 0";
        long[] counts = bins.histogram(positive);
        long[] others = bins.histogram(!positive);
        // The same for both classes, so that their bars can be compared.
        long largest = Math.max(
                Arrays.stream(counts).max().orElse(0),
                Arrays.stream(others).max().orElse(0));
        String description = "A histogram of the predictions of %,d elements with %s, %,d of them below 0.5."
                .formatted(
                        Arrays.stream(counts).sum(),
                        title,
                        Arrays.stream(counts, 0, counts.length / 2).sum());
        return new Chart(description, Axis.within("prediction", 0, 1), Axis.ofCounts("elements with " + title, largest))
                .bars(positive ? "positive" : "negative", counts);
    }

    /** The number of elements that no bin has. */
    long outside() {
        return bins.below() + bins.above() + bins.nan();
    }
}
