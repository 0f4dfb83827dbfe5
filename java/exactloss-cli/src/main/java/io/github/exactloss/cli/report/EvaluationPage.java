// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import io.github.exactloss.Evaluation;
import io.github.exactloss.cli.report.Chart.Point;
import io.github.exactloss.cli.report.PredictionBins.Coarse;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The page about an evaluation. */
public final class EvaluationPage {
    private final Evaluation evaluation;
    private final PredictionBins bins;
    private final List<Coarse> calibration;
    private final boolean logits;
    private final boolean weighted;
    private final Page page;

    private EvaluationPage(Page page, Evaluation evaluation, PredictionBins bins, boolean logits, boolean weighted) {
        this.page = page;
        this.evaluation = evaluation;
        this.bins = bins;
        this.logits = logits;
        this.weighted = weighted;
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
        return Page.write(
                "exactloss eval: loss %s".formatted(evaluation.loss()),
                page -> new EvaluationPage(page, evaluation, bins, logits, weighted).draw(run));
    }

    private void draw(RunDescription run) {
        header();
        page.section("Loss and accuracy", () -> page.properties(numbers()));
        page.section("Confusion matrix", () -> Metrics.confusionMatrix(page.markup(), evaluation, "1", "0"));
        page.section("Calibration", this::calibration);
        page.section("Predictions of each class", this::histograms);
        page.section("What ran", () -> page.properties(run.rows()));
    }

    private void header() {
        page.markup().open("header").element("h1", "Evaluation of a binary classifier");
        page.paragraph(
                "%s %s against their targets, of which %s are positive. The loss is the mean distance between the two:"
                                .formatted(
                                        Metrics.count(evaluation.count()),
                                        logits ? "logits, as predictions," : "predictions",
                                        Metrics.percent((double) evaluation.positives() / evaluation.count()))
                        + " exact, rounded once.");
        Map<String, String> highlights = new LinkedHashMap<>();
        highlights.put("loss", String.format("%.6f", evaluation.loss()));
        highlights.put("accuracy", Metrics.percent(evaluation.accuracy()));
        highlights.put("calibration error", String.format("%.4f", calibrationError()));
        page.highlights(highlights);
        page.markup().close();
    }

    private Map<String, String> numbers() {
        Map<String, String> rows = Metrics.losses(evaluation);
        if (weighted) {
            rows.put("weight sum", Double.toString(evaluation.weightSum()));
        }
        rows.put("elements", Metrics.count(evaluation.count()));
        rows.put("positive targets", Metrics.count(evaluation.positives()));
        rows.put("NaN", Metrics.count(evaluation.nanCount()));
        return rows;
    }

    private void calibration() {
        page.paragraph(
                "Of the elements with predictions near 0.8, 80 % should be positive. The elements are taken together in"
                        + " %d bins of equal width by their predictions, and each bin's mean prediction is set against its share of"
                                .formatted(PredictionBins.COARSE)
                        + " positive targets. The calibration error is the mean of the differences, weighted by the"
                        + " elements.");
        page.legend("validation", "bins that have elements", "ideal", "as promised");
        page.markup().open("div", "class", "charts square");
        Axis predictions = Axis.within("mean prediction", 0, 1);
        Chart chart = Chart.begin(
                page.markup(),
                "The share of positive targets over the mean prediction of each bin, with the diagonal on which the"
                        + " two are equal. The numbers are in the table below.",
                predictions,
                Axis.within("share of positive targets", 0, 1));
        chart.line("ideal", List.of(new Point(0, 0), new Point(1, 1)));
        List<Point> points = calibration.stream()
                .filter(bin -> bin.count() > 0)
                .map(bin -> new Point(bin.meanPrediction(), bin.positiveShare()))
                .toList();
        chart.line("validation", points);
        chart.dots("validation", points);
        chart.end();
        long[] counts = calibration.stream().mapToLong(Coarse::count).toArray();
        chart = Chart.begin(
                page.markup(),
                "The number of elements in each bin, on a logarithmic scale. The numbers are in the table below.",
                Axis.within("prediction", 0, 1),
                Axis.ofCounts("elements", Arrays.stream(counts).max().orElse(0)));
        chart.bars("all", counts);
        chart.end();
        page.markup().close();
        calibrationTable();
        page.paragraph(
                "A bin has its lower edge, the last one also 1. The edges are multiples of 1/%d, which every floating-point"
                                .formatted(PredictionBins.COARSE)
                        + " type has, so no prediction is on the wrong side of one. A mean prediction is the exact sum of %s,"
                                .formatted(logits ? "the logits' sigmoids in float64" : "the predictions")
                        + " divided by their number and rounded once."
                        + (weighted ? " Weights count in the loss alone, not here." : ""));
    }

    private void calibrationTable() {
        Markup table =
                page.markup().open("table", "class", "numbers").open("thead").open("tr");
        for (String heading : List.of("bin from", "elements", "positive", "share", "mean prediction")) {
            table.element("th", heading, "scope", "col");
        }
        table.close().close().open("tbody");
        for (Coarse bin : calibration) {
            table.open("tr").element("th", String.format("%.4f", bin.from()), "scope", "row");
            table.element("td", Metrics.count(bin.count())).element("td", Metrics.count(bin.positives()));
            boolean any = bin.count() > 0;
            table.element("td", any ? String.format("%.4f", bin.positiveShare()) : "–");
            table.element("td", any ? String.format("%.4f", bin.meanPrediction()) : "–")
                    .close();
        }
        table.close().close();
    }

    /** NaN where no element is in a bin. */
    private double calibrationError() {
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

    private void histograms() {
        page.paragraph(
                "The elements of each class by their predictions, in %d bins, on a logarithmic scale. A good classifier has"
                                .formatted(PredictionBins.FINE)
                        + " the elements with target 0 on the left, those with target 1 on the right.");
        long[] positives = bins.histogram(true);
        long[] negatives = bins.histogram(false);
        long largest = Math.max(
                Arrays.stream(positives).max().orElse(0),
                Arrays.stream(negatives).max().orElse(0));
        page.markup().open("div", "class", "charts");
        histogram("target 1", "positive", positives, largest);
        histogram("target 0", "negative", negatives, largest);
        page.markup().close();
        long outside = bins.below() + bins.above() + bins.nan();
        if (outside > 0) {
            page.paragraph("In no bin: %s, of which %s have a prediction below 0, %s above 1, and %s NaN."
                    .formatted(
                            Metrics.count(outside),
                            Metrics.count(bins.below()),
                            Metrics.count(bins.above()),
                            Metrics.count(bins.nan())));
        }
    }

    private void histogram(String title, String style, long[] counts, long largest) {
        long all = Arrays.stream(counts).sum();
        Chart chart = Chart.begin(
                page.markup(),
                "A histogram of the predictions of %s elements with %s, %s of them below 0.5."
                        .formatted(
                                Metrics.count(all),
                                title,
                                Metrics.count(Arrays.stream(counts, 0, counts.length / 2)
                                        .sum())),
                Axis.within("prediction", 0, 1),
                Axis.ofCounts("elements with " + title, largest));
        chart.bars(style, counts);
        chart.end();
    }
}
