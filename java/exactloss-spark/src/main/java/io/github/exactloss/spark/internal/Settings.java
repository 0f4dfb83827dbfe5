// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.io.Serializable;
import java.util.List;

/**
 * What an aggregate function computes, as it travels to the executors.
 *
 * @param losses the names of the losses
 * @param refuseNulls whether a null is an error, or leaves its row out
 */
public record Settings(
        List<String> losses, double threshold, boolean logits, boolean strict, boolean clamp, boolean refuseNulls)
        implements Serializable {
    /** All losses. */
    static final List<Loss> ALL = List.of(Loss.mnist(), Loss.brier(), Loss.log());

    /** Those of an evaluator. */
    public static Settings of(Evaluator evaluator, boolean refuseNulls) {
        return new Settings(
                evaluator.losses().stream().map(Loss::name).toList(),
                evaluator.threshold(),
                evaluator.isFromLogits(),
                evaluator.isStrict(),
                evaluator.isClamped(),
                refuseNulls);
    }

    /** The evaluator that has these settings. */
    public Evaluator evaluator() {
        Loss[] chosen =
                ALL.stream().filter(loss -> losses.contains(loss.name())).toArray(Loss[]::new);
        Evaluator evaluator = Evaluator.of(chosen[0], chosen).threshold(threshold);
        evaluator = logits ? evaluator.fromLogits() : evaluator;
        evaluator = strict ? evaluator.strict() : evaluator;
        return clamp ? evaluator.clamp() : evaluator;
    }

    /** As an evaluator has them: {@code [mnist, threshold=0.5, strict]}. */
    @Override
    public String toString() {
        String evaluator = evaluator().toString();
        return evaluator.substring(evaluator.indexOf('['), evaluator.length() - 1)
                + (refuseNulls ? ", refuses nulls]" : "]");
    }

    Settings losses(List<String> names) {
        return new Settings(names, threshold, logits, strict, clamp, refuseNulls);
    }

    Settings threshold(double number) {
        return new Settings(losses, number, logits, strict, clamp, refuseNulls);
    }

    Settings logits(boolean flag) {
        return new Settings(losses, threshold, flag, strict, clamp, refuseNulls);
    }

    Settings strict(boolean flag) {
        return new Settings(losses, threshold, logits, flag, clamp, refuseNulls);
    }

    Settings clamp(boolean flag) {
        return new Settings(losses, threshold, logits, strict, flag, refuseNulls);
    }

    Settings refuseNulls(boolean flag) {
        return new Settings(losses, threshold, logits, strict, clamp, flag);
    }
}
