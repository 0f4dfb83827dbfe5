// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import io.github.exactloss.Evaluator;
import java.util.Objects;
import java.util.Optional;

/**
 * What to evaluate in a dataset: the columns, and an {@link Evaluator} with the losses, the threshold and whether
 * predictions are logits, checked and clamped. Immutable.
 *
 * <pre>{@code
 * Evaluator evaluator = Evaluator.of(Loss.mnist(), Loss.log()).threshold(0.4).strict();
 * EvaluationOptions options = EvaluationOptions.of(evaluator, "prediction", "target").weight("weight");
 * }</pre>
 *
 * <p>Predictions are FLOAT or DOUBLE; whole numbers and decimals are cast to DOUBLE. Targets are BOOLEAN, TINYINT, SMALLINT,
 * INT, BIGINT, FLOAT, DOUBLE or decimals of up to 15 digits, and positive where they equal 1. Weights are FLOAT; TINYINT and
 * SMALLINT are cast to that. NaN is not null.
 */
public final class EvaluationOptions {
    private final Evaluator evaluator;
    private final String prediction;
    private final String target;
    private final String weight;
    private final boolean refusesNulls;

    private EvaluationOptions(
            Evaluator evaluator, String prediction, String target, String weight, boolean refusesNulls) {
        this.evaluator = Objects.requireNonNull(evaluator, "evaluator");
        this.prediction = Objects.requireNonNull(prediction, "prediction");
        this.target = Objects.requireNonNull(target, "target");
        this.weight = weight;
        this.refusesNulls = refusesNulls;
    }

    /**
     * Without weights; rows with a null are left out, and counted.
     *
     * @param evaluator its number of threads has no meaning here
     * @param prediction the name of the column of the predictions or logits, as {@code Dataset.col} takes it
     * @param target the name of the column of the targets
     */
    public static EvaluationOptions of(Evaluator evaluator, String prediction, String target) {
        return new EvaluationOptions(evaluator, prediction, target, null, false);
    }

    /** The same with a column of weights. */
    public EvaluationOptions weight(String column) {
        return new EvaluationOptions(
                evaluator, prediction, target, Objects.requireNonNull(column, "column"), refusesNulls);
    }

    /** The same, but a null prediction, target or weight is an error. */
    public EvaluationOptions refuseNulls() {
        return new EvaluationOptions(evaluator, prediction, target, weight, true);
    }

    /** The losses and their options. */
    public Evaluator evaluator() {
        return evaluator;
    }

    /** The column of the predictions or logits. */
    public String prediction() {
        return prediction;
    }

    /** The column of the targets. */
    public String target() {
        return target;
    }

    /** The column of the weights, if there is one. */
    public Optional<String> weight() {
        return Optional.ofNullable(weight);
    }

    /** Whether a null is an error. */
    public boolean refusesNulls() {
        return refusesNulls;
    }

    /** The evaluator and the columns: {@code EvaluationOptions[Evaluator[log, threshold=0.5], p, t, weight=w]}. */
    @Override
    public String toString() {
        return "EvaluationOptions[" + evaluator + ", " + prediction + ", " + target
                + (weight == null ? "" : ", weight=" + weight)
                + (refusesNulls ? ", refuses nulls" : "")
                + "]";
    }
}
