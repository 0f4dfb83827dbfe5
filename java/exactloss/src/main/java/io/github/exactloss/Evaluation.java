// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.Evaluations;
import io.github.exactloss.internal.LossFunction;
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
 * accuracy.
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

    private final Metrics metrics;

    private record Result(
            LossFunction loss, double mean, double sum, float meanAsFloat, float sumAsFloat, long nanCount) {}

    private record Metrics(
            double threshold,
            double accuracy,
            double weightSum,
            long count,
            long positives,
            long truePositives,
            long falsePositives,
            long trueNegatives,
            long falseNegatives) {}

    private Evaluation(List<Result> results, Metrics metrics) {
        this.results = results;
        this.metrics = metrics;
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
                        exactloss_loss_result.nan_count(result)));
            }
        }
        return new Evaluation(
                results,
                new Metrics(
                        exactloss_evaluation.threshold(evaluation),
                        exactloss_evaluation.accuracy(evaluation),
                        exactloss_evaluation.weight_sum(evaluation),
                        exactloss_evaluation.count(evaluation),
                        exactloss_evaluation.positives(evaluation),
                        exactloss_evaluation.true_positives(evaluation),
                        exactloss_evaluation.false_positives(evaluation),
                        exactloss_evaluation.true_negatives(evaluation),
                        exactloss_evaluation.false_negatives(evaluation)));
    }

    private Result result(Loss loss) {
        for (Result result : results) {
            if (result.loss == loss.function()) {
                return result;
            }
        }
        throw new IllegalArgumentException("the evaluation has no loss " + loss.name() + ", only " + losses());
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
     * The number of elements whose weighted loss is NaN: their prediction is NaN, or it is infinite and their weight is 0.
     */
    public long nanCount(Loss loss) {
        return result(loss).nanCount;
    }

    /** The sum of the weights; {@link #count()} without weights. */
    public double weightSum() {
        return metrics.weightSum;
    }

    /** The threshold above which a prediction counts as positive. */
    public double threshold() {
        return metrics.threshold;
    }

    /** {@code (truePositives + trueNegatives) / count}, rounded once; NaN when {@code count} is 0. */
    public double accuracy() {
        return metrics.accuracy;
    }

    /** The number of elements. */
    public long count() {
        return metrics.count;
    }

    /** The number of elements whose target equals 1. */
    public long positives() {
        return metrics.positives;
    }

    /** The number of elements whose target equals 1, predicted positive. */
    public long truePositives() {
        return metrics.truePositives;
    }

    /** The number of elements with another target, predicted positive. */
    public long falsePositives() {
        return metrics.falsePositives;
    }

    /** The number of elements with another target, not predicted positive. */
    public long trueNegatives() {
        return metrics.trueNegatives;
    }

    /** The number of elements whose target equals 1, not predicted positive. */
    public long falseNegatives() {
        return metrics.falseNegatives;
    }

    /** Whether the other one has the same losses with the same bits, NaNs being all equal, and the same metrics. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Evaluation evaluation
                && results.equals(evaluation.results)
                && metrics.equals(evaluation.metrics);
    }

    @Override
    public int hashCode() {
        return 31 * results.hashCode() + metrics.hashCode();
    }

    /** All results. */
    @Override
    public String toString() {
        return "Evaluation[" + results + ", " + metrics + "]";
    }
}
