// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Loss;
import io.github.exactloss.cli.train.Trainer.Settings;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LearningCurveTest {
    private final Arena arena = Arena.ofConfined();
    private final DigitDataSet data = DrawnDigits.load(arena);

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void watchingChangesNothing() {
        Trainer unwatched = trainer(360);
        Trainer watched = trainer(360);
        LearningCurve curve = new LearningCurve(watched, 20);
        for (int epoch = 1; epoch <= 2; epoch++) {
            assertThat(watched.epoch(curve::step)).isEqualTo(unwatched.epoch(() -> {}));
            curve.slowMotion();
        }
        assertThat(watched.weights()).isEqualTo(unwatched.weights());
        assertThat(curve.points()).hasSize(21);
        assertThat(curve.points().getLast().validation()).isEqualTo(unwatched.validate());
    }

    @Test
    void longTrainingsAreWatchedAtIntervals() {
        Trainer trainer = trainer(7);
        assertThat(trainer.batches()).isEqualTo(515);
        LearningCurve curve = new LearningCurve(trainer, 3 * 515);
        trainer.epoch(curve::step);
        trainer.epoch(curve::step);
        Evaluation last = trainer.epoch(curve::step).validation();
        assertThat(curve.interval()).isEqualTo(2);
        List<LearningCurve.Point> points = curve.points();
        assertThat(points).hasSize(1 + 772 + 1);
        assertThat(points.get(1).steps()).isEqualTo(2);
        assertThat(points.get(772).steps()).isEqualTo(1544);
        assertThat(points.getLast()).isEqualTo(new LearningCurve.Point(1545, last));
    }

    @Test
    void slowMotionPassesThroughTheSteps() {
        Trainer trainer = trainer(360);
        LearningCurve curve = new LearningCurve(trainer, 10);
        trainer.epoch(curve::step);
        List<LearningCurve.Point> slow = curve.slowMotion();
        assertThat(slow).hasSize(5 * 60 + 1);
        for (int step = 0; step <= 5; step++) {
            assertThat(slow.get(60 * step)).isEqualTo(curve.points().get(step));
        }
        for (Loss loss : slow.getFirst().validation().losses()) {
            assertThat(slow.stream().map(point -> point.validation().mean(loss)))
                    .as(loss.name())
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void mistakesAreTheOnesThatAreCountedSurestFirst() {
        Trainer trainer = trainer(360);
        Evaluation validation = trainer.epoch(() -> {}).validation();
        List<Mistake> mistakes = trainer.mistakes(Integer.MAX_VALUE);
        assertThat(mistakes.stream().filter(Mistake::three)).hasSize((int) validation.falseNegatives());
        assertThat(mistakes.stream().filter(mistake -> !mistake.three())).hasSize((int) validation.falsePositives());
        double surest = 1;
        for (Mistake mistake : mistakes) {
            double wrongness = mistake.three() ? 1 - (double) mistake.prediction() : mistake.prediction();
            assertThat(wrongness).isBetween(0.5, surest);
            surest = wrongness + 1e-7; // predictions are rounded, what they are ordered by is not
            assertThat(mistake.three()).isEqualTo(data.validation().isThree(mistake.index()));
            assertThat(mistake.pixels()).isEqualTo(data.validation().image(mistake.index()));
        }
        assertThat(trainer.mistakes(3)).hasSize(3);
        assertThat(trainer.mistakes(3).getLast().index())
                .isEqualTo(mistakes.get(2).index());
    }

    private Trainer trainer(int batchSize) {
        return new Trainer(data, new Settings(batchSize, 1, 42, Loss.mnist()), arena);
    }
}
