// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Loss;
import io.github.exactloss.cli.EvaluationNumbers;
import io.github.exactloss.cli.Templates;
import io.github.exactloss.cli.chart.Axis;
import io.github.exactloss.cli.chart.Chart;
import io.github.exactloss.cli.chart.Chart.Point;
import io.github.exactloss.cli.chart.Shape;
import io.github.exactloss.cli.train.DigitDataSet;
import io.github.exactloss.cli.train.Digits;
import io.github.exactloss.cli.train.Epoch;
import io.github.exactloss.cli.train.LearningCurve;
import io.github.exactloss.cli.train.Mistake;
import io.github.exactloss.cli.train.Trainer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The page about a training: what {@code training.jte} shows. It evaluates the trained classifier a little more, and changes
 * nothing in it.
 */
public final class TrainingPage {
    private static final int MOST_MISTAKES = 24;

    private final DigitDataSet data;
    private final Trainer trainer;
    private final LearningCurve curve;
    private final List<Epoch> epochs;
    private final RunDescription run;
    private final Evaluation result;

    private TrainingPage(
            DigitDataSet data, Trainer trainer, LearningCurve curve, List<Epoch> epochs, RunDescription run) {
        this.data = data;
        this.trainer = trainer;
        this.curve = curve;
        this.epochs = epochs;
        this.run = run;
        result = epochs.getLast().validation();
    }

    /**
     * The whole page.
     *
     * @param trainer after the last epoch
     * @param curve has watched every mini-batch of it
     * @param epochs at least one
     * @param run what ran, as rows of a table
     */
    public static String write(
            DigitDataSet data, Trainer trainer, LearningCurve curve, List<Epoch> epochs, RunDescription run) {
        return Templates.render("report/training.jte", new TrainingPage(data, trainer, curve, epochs, run));
    }

    DigitDataSet data() {
        return data;
    }

    Loss loss() {
        return trainer.loss();
    }

    Evaluation result() {
        return result;
    }

    List<Epoch> epochs() {
        return epochs;
    }

    Map<String, Object> run() {
        return run.rows();
    }

    Map<String, Double> means() {
        return EvaluationNumbers.means(result);
    }

    double accuracy() {
        return result.accuracy();
    }

    long count() {
        return result.count();
    }

    long wrong() {
        return result.count() - Metrics.correct(result);
    }

    List<Metrics.Row> confusion() {
        return Metrics.confusion(result, "3", "7");
    }

    Map<String, String> metrics() {
        return Metrics.metrics(result);
    }

    /** The mini-batches from one point of the curves to the next. */
    long interval() {
        return curve.interval();
    }

    /** The curves of the whole training. */
    Curves whole() {
        List<LearningCurve.Point> points = curve.points();
        double perEpoch = trainer.batches();
        double last = points.getLast().steps() / perEpoch;
        return new Curves(points, epochs, Axis.within("epochs", 0, last), perEpoch);
    }

    Curves lastQuarter() {
        List<LearningCurve.Point> points = curve.points();
        List<LearningCurve.Point> last =
                points.subList(Math.min(points.size() * 3 / 4, points.size() - 2), points.size());
        double perEpoch = trainer.batches();
        double from = last.getFirst().steps() / perEpoch;
        double to = last.getLast().steps() / perEpoch;
        return new Curves(last, List.of(), Axis.within("epochs", from, to), perEpoch);
    }

    Curves slowMotion() {
        List<LearningCurve.Point> points = curve.slowMotion();
        double steps = points.getLast().steps();
        return new Curves(points, List.of(), Axis.within("mini-batches", 0, steps), 1);
    }

    /**
     * The losses and the accuracy of the validation digits.
     *
     * @param epochs whose training losses are points beside the lines of the losses
     * @param axis the horizontal one of all charts
     * @param unit the mini-batches in a unit of it
     */
    record Curves(List<LearningCurve.Point> points, List<Epoch> epochs, Axis axis, double unit) {
        double steps() {
            return points.getLast().steps();
        }

        /** How often each loss differs from one point to the next, by its name. */
        Map<String, Long> lossChanges() {
            Map<String, Long> changes = new LinkedHashMap<>();
            for (Loss loss : losses()) {
                changes.put(loss.name(), changes(evaluation -> evaluation.mean(loss)));
            }
            return changes;
        }

        long accuracyChanges() {
            return changes(Evaluation::accuracy);
        }

        List<Chart> charts() {
            List<Chart> charts = new ArrayList<>();
            losses().forEach(loss -> charts.add(chart(loss)));
            charts.add(accuracy());
            return charts;
        }

        private List<Loss> losses() {
            return points.getLast().validation().losses();
        }

        private Chart chart(Loss loss) {
            List<Point> losses = series(evaluation -> evaluation.mean(loss));
            List<Point> training = epochs.stream()
                    .map(epoch ->
                            new Point(epoch.number() - 0.5, epoch.training().mean(loss)))
                    .toList();
            return new Chart(describe(loss.name(), losses), axis, Axis.covering(loss.name(), losses, training))
                    .line("validation", losses)
                    .dots("training", Shape.DOT, training);
        }

        private Chart accuracy() {
            List<Point> accuracies = series(Evaluation::accuracy);
            return new Chart(describe("accuracy", accuracies), axis, Axis.covering("accuracy", accuracies, List.of()))
                    .stairs("validation", accuracies);
        }

        private List<Point> series(ToDoubleFunction<Evaluation> value) {
            return points.stream()
                    .map(point -> new Point(point.steps() / unit, value.applyAsDouble(point.validation())))
                    .toList();
        }

        private static String describe(String what, List<Point> series) {
            return "The validation digits' %s over %,d points: from %.4f at the beginning to %.4f at the end."
                    .formatted(
                            what,
                            series.size(),
                            series.getFirst().y(),
                            series.getLast().y());
        }

        private long changes(ToDoubleFunction<Evaluation> value) {
            List<Point> series = series(value);
            return IntStream.range(1, series.size())
                    .filter(i ->
                            Double.compare(series.get(i - 1).y(), series.get(i).y()) != 0)
                    .count();
        }
    }

    List<WrongDigit> mistakes() {
        return trainer.mistakes(MOST_MISTAKES).stream().map(WrongDigit::new).toList();
    }

    /** A digit that was taken for the other one. */
    record WrongDigit(Mistake mistake) {
        String target() {
            return mistake.three() ? "3" : "7";
        }

        String taken() {
            return mistake.three() ? "7" : "3";
        }

        String sureness() {
            double sureness = mistake.three() ? 1 - (double) mistake.prediction() : mistake.prediction();
            return sureness > 0.9999 ? "over 99.99 %" : Metrics.percent(sureness);
        }

        String picture() {
            return Picture.ofInk(mistake.pixels(), Digits.SIDE);
        }
    }

    float biasBefore() {
        return curve.untrained()[Digits.PIXELS];
    }

    float biasAfter() {
        return trainer.weights()[Digits.PIXELS];
    }

    List<Weights> weights() {
        float[] untrained = curve.untrained();
        float[] trained = trainer.weights();
        float[] change = new float[trained.length];
        for (int i = 0; i < change.length; i++) {
            change[i] = trained[i] - untrained[i];
        }
        return List.of(
                weights("before the training", untrained),
                weights("what it changed", change),
                weights("after it", trained));
    }

    private static Weights weights(String title, float[] numbers) {
        float largest = 0;
        for (int i = 0; i < Digits.PIXELS; i++) {
            largest = Math.max(largest, Math.abs(numbers[i]));
        }
        return new Weights(title, largest, Picture.ofNumbers(numbers, Digits.SIDE, largest));
    }

    /**
     * The weights of the pixels.
     *
     * @param largest the largest absolute value
     * @param picture a data URI
     */
    record Weights(String title, float largest, String picture) {}
}
