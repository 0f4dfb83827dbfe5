// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import io.github.exactloss.Evaluation;
import io.github.exactloss.cli.report.Chart.Point;
import io.github.exactloss.cli.train.DigitDataSet;
import io.github.exactloss.cli.train.Digits;
import io.github.exactloss.cli.train.Epoch;
import io.github.exactloss.cli.train.LearningCurve;
import io.github.exactloss.cli.train.Mistake;
import io.github.exactloss.cli.train.Trainer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The page about a training. It evaluates the trained classifier a little more, and changes nothing in it. */
public final class TrainingPage {
    private static final int MOST_MISTAKES = 24;

    private final DigitDataSet data;
    private final Trainer trainer;
    private final LearningCurve curve;
    private final List<Epoch> epochs;
    private final Evaluation result;
    private final Page page;

    private TrainingPage(Page page, DigitDataSet data, Trainer trainer, LearningCurve curve, List<Epoch> epochs) {
        this.page = page;
        this.data = data;
        this.trainer = trainer;
        this.curve = curve;
        this.epochs = epochs;
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
        return Page.write(
                "exactloss train: 3s against 7s",
                page -> new TrainingPage(page, data, trainer, curve, epochs).draw(run));
    }

    private void draw(RunDescription run) {
        header();
        page.section("Loss and accuracy", this::curves);
        page.section("The first steps in slow motion", this::slowMotion);
        page.section("Confusion matrix", this::confusionMatrix);
        page.section("Most wrong", this::mistakes);
        page.section("Weights", this::weights);
        page.section("Epochs", this::epochTable);
        page.section("What ran", () -> page.properties(run.rows()));
    }

    private void header() {
        page.markup().open("header").element("h1", "A classifier of handwritten 3s and 7s");
        page.paragraph(
                "One linear layer and a sigmoid, trained by stochastic gradient descent with the exact loss and its"
                        + " gradient on %s %s digits, and validated by %s others."
                                .formatted(
                                        Metrics.count(data.training().count()),
                                        data.name().equals("mnist") ? "MNIST" : "drawn",
                                        Metrics.count(data.validation().count())));
        Map<String, String> highlights = new LinkedHashMap<>();
        highlights.put("validation loss", String.format("%.6f", result.loss()));
        highlights.put("accuracy", Metrics.percent(result.accuracy()));
        highlights.put("digits wrong", Metrics.count(result.count() - Metrics.correct(result)));
        highlights.put("epochs", Metrics.count(epochs.size()));
        page.highlights(highlights);
        page.markup().close();
    }

    private void curves() {
        List<LearningCurve.Point> points = curve.points();
        String interval = curve.interval() == 1
                ? "after each mini-batch"
                : "after every %d mini-batches".formatted(curve.interval());
        page.paragraph(
                ("What the validation digits say %s. The loss is what the training descends; the accuracy is what it"
                                + " is wanted for. From one point to the next the loss changed %s times of %s, the accuracy only"
                                + " %s times.")
                        .formatted(
                                interval,
                                Metrics.count(changes(points, Evaluation::loss)),
                                Metrics.count(points.size() - 1),
                                Metrics.count(changes(points, Evaluation::accuracy))));
        page.legend("validation", "validation", "training", "training: the mean of an epoch, at its middle");
        List<Point> training = epochs.stream()
                .map(epoch -> new Point(epoch.number() - 0.5, epoch.training().loss()))
                .toList();
        double perEpoch = trainer.batches();
        pair(points, training, Axis.within("epochs", 0, points.getLast().steps() / perEpoch), perEpoch);
        List<LearningCurve.Point> last =
                points.subList(Math.min(points.size() * 3 / 4, points.size() - 2), points.size());
        page.paragraph(
                ("The last quarter of it, from close. The loss moves with every mini-batch, if not always down; the"
                                + " accuracy of %s digits moves in steps of 1/%d, or not at all.")
                        .formatted(Metrics.count(result.count()), result.count()));
        double from = last.getFirst().steps() / perEpoch;
        pair(last, List.of(), Axis.within("epochs", from, last.getLast().steps() / perEpoch), perEpoch);
    }

    private void slowMotion() {
        List<LearningCurve.Point> points = curve.slowMotion();
        double steps = points.getLast().steps();
        page.paragraph(
                ("Why the loss trains the model, and the accuracy can't. In each of the first %.0f mini-batches the"
                                + " weights go straight from what they were to what they became, and the validation digits are"
                                + " asked at %s points on the way. The loss follows every small change of the weights, so it has a"
                                + " slope to go down. The accuracy jumps where a digit crosses the threshold, here %s times, and"
                                + " between its jumps it is flat: its derivative is 0.")
                        .formatted(
                                steps,
                                Metrics.count(points.size()),
                                Metrics.count(changes(points, Evaluation::accuracy))));
        pair(points, List.of(), Axis.within("mini-batches", 0, steps), 1);
    }

    /**
     * The loss and the accuracy, side by side where there is room.
     *
     * @param training points beside the line of the loss
     * @param unit the mini-batches in a unit of the horizontal axis
     */
    private void pair(List<LearningCurve.Point> points, List<Point> training, Axis axis, double unit) {
        List<Point> losses = series(points, unit, Evaluation::loss);
        List<Point> accuracies = series(points, unit, Evaluation::accuracy);
        page.markup().open("div", "class", "charts");
        Chart loss = Chart.begin(
                page.markup(), says("loss", points, Evaluation::loss), axis, Axis.covering("loss", losses, training));
        loss.line("validation", losses);
        loss.dots("training", training);
        loss.end();
        Chart accuracy = Chart.begin(
                page.markup(),
                says("accuracy", points, Evaluation::accuracy),
                axis,
                Axis.covering("accuracy", accuracies, List.of()));
        accuracy.stairs("validation", accuracies);
        accuracy.end();
        page.markup().close();
    }

    private static String says(String what, List<LearningCurve.Point> points, ToDoubleFunction<Evaluation> value) {
        return "The validation digits' %s over %s points: from %.4f at the beginning to %.4f at the end."
                .formatted(
                        what,
                        Metrics.count(points.size()),
                        value.applyAsDouble(points.getFirst().validation()),
                        value.applyAsDouble(points.getLast().validation()));
    }

    private static long changes(List<LearningCurve.Point> points, ToDoubleFunction<Evaluation> value) {
        long changes = 0;
        for (int i = 1; i < points.size(); i++) {
            double before = value.applyAsDouble(points.get(i - 1).validation());
            double after = value.applyAsDouble(points.get(i).validation());
            changes += Double.compare(before, after) == 0 ? 0 : 1;
        }
        return changes;
    }

    private static List<Point> series(
            List<LearningCurve.Point> points, double unit, ToDoubleFunction<Evaluation> value) {
        return points.stream()
                .map(point -> new Point(point.steps() / unit, value.applyAsDouble(point.validation())))
                .toList();
    }

    private void confusionMatrix() {
        Metrics.confusionMatrix(page.markup(), result, "3", "7");
        page.properties(Metrics.losses(result));
    }

    private void mistakes() {
        List<Mistake> mistakes = trainer.mistakes(MOST_MISTAKES);
        long wrong = result.count() - Metrics.correct(result);
        if (mistakes.isEmpty()) {
            page.paragraph("Every validation digit was told right.");
            return;
        }
        page.paragraph(
                "%s of the %s validation digits that were taken for the other one, the surest mistake first: what it"
                                .formatted(Metrics.count(mistakes.size()), Metrics.count(wrong))
                        + " is, what it was taken for and with"
                        + " which probability, and its number among all the images of its file, counted from 0.");
        page.markup().open("ol", "class", "digits");
        mistakes.forEach(this::mistake);
        page.markup().close();
    }

    private void mistake(Mistake mistake) {
        String target = mistake.three() ? "3" : "7";
        String taken = mistake.three() ? "7" : "3";
        double sureness = mistake.three() ? 1 - (double) mistake.prediction() : mistake.prediction();
        Markup markup = page.markup().open("li");
        markup.empty(
                "img",
                "src",
                Picture.ofInk(mistake.pixels(), Digits.SIDE),
                "width",
                Digits.SIDE,
                "height",
                Digits.SIDE,
                "alt",
                "Image %d: a %s that looks like a %s to the classifier".formatted(mistake.index(), target, taken));
        markup.element("b", "a %s, not a %s".formatted(target, taken));
        markup.element("span", sureness > 0.9999 ? "over 99.99 %" : Metrics.percent(sureness));
        markup.element("small", "image " + mistake.index()).close();
    }

    private void weights() {
        float[] untrained = curve.untrained();
        float[] trained = trainer.weights();
        float[] change = new float[trained.length];
        for (int i = 0; i < change.length; i++) {
            change[i] = trained[i] - untrained[i];
        }
        page.paragraph(
                "One weight for each of the %d by %d pixels. Where it is positive (blue), ink speaks for a 3; where it"
                                .formatted(Digits.SIDE, Digits.SIDE)
                        + " is negative (orange), for a 7. The training began with random weights;"
                        + " those of pixels that never have ink stay as they were.");
        page.markup().open("div", "class", "weights");
        picture("before the training", untrained);
        picture("what it changed", change);
        picture("after it", trained);
        page.markup().close();
        page.markup().open("p", "class", "scale").element("span", "a 7");
        page.markup()
                .element("i", "", "aria-hidden", true)
                .element("span", "a 3")
                .close();
        page.paragraph(
                "The bias was %.4f and became %.4f.".formatted(untrained[Digits.PIXELS], trained[Digits.PIXELS]));
    }

    private void picture(String title, float[] weights) {
        float largest = 0;
        for (int i = 0; i < Digits.PIXELS; i++) {
            largest = Math.max(largest, Math.abs(weights[i]));
        }
        page.markup().open("figure");
        page.markup()
                .empty(
                        "img",
                        "src",
                        Picture.ofNumbers(weights, Digits.SIDE, largest),
                        "width",
                        Digits.SIDE,
                        "height",
                        Digits.SIDE,
                        "alt",
                        "The weights of the pixels: " + title);
        page.markup()
                .element("figcaption", "%s, up to ±%.3f".formatted(title, largest))
                .close();
    }

    private void epochTable() {
        page.markup().open("table", "class", "numbers").open("thead").open("tr");
        for (String heading : List.of("epoch", "training loss", "validation loss", "accuracy")) {
            page.markup().element("th", heading, "scope", "col");
        }
        page.markup().close().close().open("tbody");
        for (Epoch epoch : epochs) {
            page.markup().open("tr").element("th", epoch.number(), "scope", "row");
            page.markup().element("td", String.format("%.6f", epoch.training().loss()));
            page.markup().element("td", String.format("%.6f", epoch.validation().loss()));
            page.markup()
                    .element("td", String.format("%.6f", epoch.validation().accuracy()))
                    .close();
        }
        page.markup().close().close();
    }
}
