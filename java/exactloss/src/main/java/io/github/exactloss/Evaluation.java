// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static io.github.exactloss.internal.bindings.exactloss_h.*;

import io.github.exactloss.internal.Evaluations;
import io.github.exactloss.internal.LossFunction;
import io.github.exactloss.internal.Metrics;
import io.github.exactloss.internal.Metrics.Counts;
import io.github.exactloss.internal.bindings.exactloss_evaluation;
import io.github.exactloss.internal.bindings.exactloss_loss_result;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The losses and the metrics of a batch, or of the content of an {@link Accumulator}. Immutable.
 *
 * <p>The losses are exact: rounded once, to nearest even, from the real-number value to the type that is returned. An element
 * counts as predicted positive when its prediction is greater than the threshold; a NaN prediction is not. An element without
 * a {@linkplain Weights weight} has the weight 1. Weights enter the losses and {@link #weightSum()}, not the counts and the
 * metrics.
 *
 * <p>The metrics are quotients of whole numbers, rounded once, to nearest even, however large the counts are, but for
 * {@link #matthews()}. They are NaN where the divisor is 0.
 *
 * <p>The methods tell losses apart by their {@linkplain Loss#name() names} only. For a loss that the {@link Evaluator} was
 * not made for, they throw {@link IllegalArgumentException}.
 */
public final class Evaluation {
    private static final List<LossFunction> FUNCTIONS = List.of(LossFunction.values());

    static {
        Evaluations.setReader(Evaluation::read);
    }

    /** One for each loss that was asked for. */
    private final List<Result> results;

    private final Totals totals;

    private record Result(
            LossFunction loss,
            double mean,
            double sum,
            float meanAsFloat,
            float sumAsFloat,
            long nanCount,
            long infiniteCount) {}

    private record Totals(
            double threshold, double accuracy, double weightSum, long count, long positives, Counts counts) {}

    private Evaluation(List<Result> results, Totals totals) {
        this.results = results;
        this.totals = totals;
    }

    /** @param evaluation an {@code exactloss_evaluation} */
    static Evaluation read(MemorySegment evaluation) {
        long losses = exactloss_evaluation.losses(evaluation);
        List<Result> results = new ArrayList<>(FUNCTIONS.size());
        for (LossFunction loss : FUNCTIONS) {
            if ((losses & loss.option()) != 0) {
                MemorySegment result = loss.result(evaluation);
                results.add(new Result(
                        loss,
                        exactloss_loss_result.mean(result),
                        exactloss_loss_result.sum(result),
                        exactloss_loss_result.mean_f32(result),
                        exactloss_loss_result.sum_f32(result),
                        exactloss_loss_result.nan_count(result),
                        exactloss_loss_result.infinite_count(result)));
            }
        }
        return new Evaluation(
                results,
                new Totals(
                        exactloss_evaluation.threshold(evaluation),
                        exactloss_evaluation.accuracy(evaluation),
                        exactloss_evaluation.weight_sum(evaluation),
                        exactloss_evaluation.count(evaluation),
                        exactloss_evaluation.positives(evaluation),
                        new Counts(
                                exactloss_evaluation.true_positives(evaluation),
                                exactloss_evaluation.false_positives(evaluation),
                                exactloss_evaluation.true_negatives(evaluation),
                                exactloss_evaluation.false_negatives(evaluation))));
    }

    private Result result(Loss loss) {
        for (Result result : results) {
            if (result.loss == loss.function()) {
                return result;
            }
        }
        throw new IllegalArgumentException(
                "the evaluation has no loss " + loss.name() + ", only " + Evaluator.names(losses()));
    }

    /** The losses that were asked for, with default options. */
    public List<Loss> losses() {
        return results.stream().map(result -> Loss.of(result.loss)).toList();
    }

    /** The mean of the elements' losses: their sum divided by that of the weights; NaN when {@link #weightSum()} is 0. */
    public double mean(Loss loss) {
        return result(loss).mean;
    }

    /** The sum of the elements' losses, each times its weight. */
    public double sum(Loss loss) {
        return result(loss).sum;
    }

    /** The exact mean rounded to float. */
    public float meanAsFloat(Loss loss) {
        return result(loss).meanAsFloat;
    }

    /** The exact sum rounded to float; infinite beyond its range. */
    public float sumAsFloat(Loss loss) {
        return result(loss).sumAsFloat;
    }

    /**
     * The number of elements whose loss, times the weight, is NaN: those whose prediction is, or whose loss is infinite with a
     * weight of 0; of {@link Loss#log()} also those whose prediction is outside [0, 1].
     */
    public long nanCount(Loss loss) {
        return result(loss).nanCount;
    }

    /** The number of elements whose loss, times the weight, is infinite, of either sign. */
    public long infiniteCount(Loss loss) {
        return result(loss).infiniteCount;
    }

    /** The sum of the weights: {@link #count()}, where there are none. */
    public double weightSum() {
        return totals.weightSum;
    }

    /** The threshold above which a prediction counts as positive. */
    public double threshold() {
        return totals.threshold;
    }

    /** The number of elements. */
    public long count() {
        return totals.count;
    }

    /** The number of elements whose target equals 1. */
    public long positives() {
        return totals.positives;
    }

    /** The number of elements whose target equals 1, predicted positive. */
    public long truePositives() {
        return totals.counts.truePositives();
    }

    /** The number of elements with another target, predicted positive. */
    public long falsePositives() {
        return totals.counts.falsePositives();
    }

    /** The number of elements with another target, not predicted positive. */
    public long trueNegatives() {
        return totals.counts.trueNegatives();
    }

    /** The number of elements whose target equals 1, not predicted positive. */
    public long falseNegatives() {
        return totals.counts.falseNegatives();
    }

    /** {@code (truePositives + trueNegatives) / count}. */
    public double accuracy() {
        return totals.accuracy;
    }

    /** {@code truePositives / (truePositives + falsePositives)}: the share of the predicted positives that are positive. */
    public double precision() {
        return metric(EXACTLOSS_METRIC_PRECISION());
    }

    /** {@code truePositives / positives}: the share of the positives that are predicted positive, or sensitivity. */
    public double recall() {
        return metric(EXACTLOSS_METRIC_RECALL());
    }

    /** {@code trueNegatives / (trueNegatives + falsePositives)}: the recall of the negatives. */
    public double specificity() {
        return metric(EXACTLOSS_METRIC_SPECIFICITY());
    }

    /**
     * The F-score, in which recall counts {@code beta} times as much as precision:
     * {@code (1 + b) truePositives / ((1 + b) truePositives + b falseNegatives + falsePositives)} with {@code b = beta * beta},
     * which is not rounded.
     *
     * @throws IllegalArgumentException if {@code beta} is negative, -0.0 too, NaN or infinite
     */
    public double fBeta(double beta) {
        if (!Double.isFinite(beta) || Double.compare(beta, 0) < 0) {
            throw new IllegalArgumentException("beta must be finite and not negative, not " + beta);
        }
        return Metrics.fBeta(beta, totals.counts);
    }

    /**
     * {@code 2 truePositives / (2 truePositives + falsePositives + falseNegatives)}: the harmonic mean of precision and recall,
     * {@link #fBeta} of 1.
     */
    public double f1() {
        return metric(EXACTLOSS_METRIC_F1());
    }

    /** {@code (recall + specificity) / 2}, as one quotient of whole numbers; NaN without positives or without negatives. */
    public double balancedAccuracy() {
        return metric(EXACTLOSS_METRIC_BALANCED_ACCURACY());
    }

    /** {@code truePositives / (truePositives + falsePositives + falseNegatives)}, or intersection over union. */
    public double jaccard() {
        return metric(EXACTLOSS_METRIC_JACCARD());
    }

    /**
     * Cohen's kappa, the agreement of predictions and targets beyond that of chance: with the determinant
     * {@code D = truePositives * trueNegatives - falsePositives * falseNegatives} it is {@code 2 D} divided by the predicted
     * positives times the negatives plus the predicted negatives times the positives.
     */
    public double kappa() {
        return metric(EXACTLOSS_METRIC_KAPPA());
    }

    /**
     * The correlation coefficient of Matthews: the determinant of {@link #kappa()} divided by the square root of the product of
     * the positives, the negatives, the predicted positives and the predicted negatives; NaN if there are none of one of them.
     * It is no quotient of whole numbers: it is within 2 units in the last place, has the right sign, and is exactly 0, 1 or -1
     * where it should be.
     */
    public double matthews() {
        return metric(EXACTLOSS_METRIC_MATTHEWS());
    }

    private double metric(int metric) {
        return Metrics.metric(metric, totals.counts);
    }

    /** Whether the other one has the same losses with the same bits, NaNs being all equal, and the same counts. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Evaluation evaluation
                && results.equals(evaluation.results)
                && totals.equals(evaluation.totals);
    }

    @Override
    public int hashCode() {
        return 31 * results.hashCode() + totals.hashCode();
    }

    /** The losses and the counts. */
    @Override
    public String toString() {
        return "Evaluation[" + results + ", " + totals + "]";
    }
}
