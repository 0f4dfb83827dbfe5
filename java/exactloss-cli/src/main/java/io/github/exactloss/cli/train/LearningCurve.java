// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import io.github.exactloss.Evaluation;
import java.util.ArrayList;
import java.util.List;

/**
 * Watches a training step by step: what the validation digits say after each mini-batch, and, for the first few, between
 * them. It changes nothing in what is trained.
 */
public final class LearningCurve {
    /**
     * What the validation digits say at some moment of a training.
     *
     * @param steps the mini-batches so far; not whole between two of them
     */
    public record Point(double steps, Evaluation validation) {}

    /** More can't be told apart on a page, and each takes as long as many a mini-batch. */
    private static final int MOST_POINTS = 1000;

    private static final int SLOW_STEPS = 5;
    private static final int PIECES = 60;

    private final Trainer trainer;
    private final long steps;
    private final long interval;
    private final List<Point> points = new ArrayList<>();

    /** The weights before each of the first steps, and after the last of them. */
    private final List<float[]> firstWeights = new ArrayList<>();

    private long done;

    /**
     * Begins with the untrained classifier.
     *
     * @param steps the mini-batches that there will be, at least 1
     */
    public LearningCurve(Trainer trainer, long steps) {
        this.trainer = trainer;
        this.steps = steps;
        interval = Math.ceilDiv(steps, MOST_POINTS);
        watch();
    }

    /** To be called after each mini-batch. */
    public void step() {
        done++;
        watch();
    }

    private void watch() {
        if (done % interval == 0 || done == steps) {
            points.add(new Point(done, trainer.validate()));
        }
        if (done <= SLOW_STEPS) {
            firstWeights.add(trainer.weights());
        }
    }

    /** The points so far: before the first mini-batch, then after each, or at even intervals where those are many. */
    public List<Point> points() {
        return List.copyOf(points);
    }

    /** How many mini-batches lie between two points. */
    public long interval() {
        return interval;
    }

    /** The weights that the training began with: one a pixel, row after row, then the bias. */
    public float[] untrained() {
        return firstWeights.getFirst().clone();
    }

    /** The first steps in slow motion: each straight from the weights before it to those after it, in many pieces. */
    public List<Point> slowMotion() {
        List<Point> slow = new ArrayList<>();
        for (int step = 0; step + 1 < firstWeights.size(); step++) {
            for (int piece = step == 0 ? 0 : 1; piece <= PIECES; piece++) {
                double share = (double) piece / PIECES;
                float[] between = between(firstWeights.get(step), firstWeights.get(step + 1), share);
                slow.add(new Point(step + share, trainer.validate(between)));
            }
        }
        return slow;
    }

    private static float[] between(float[] from, float[] to, double share) {
        float[] weights = new float[from.length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) (from[i] + share * ((double) to[i] - from[i]));
        }
        return weights;
    }
}
