// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import static io.github.exactloss.internal.bindings.exactloss_h.EXACTLOSS_PREDICTIONS;
import static io.github.exactloss.internal.bindings.exactloss_h.EXACTLOSS_WEIGHTS;

import io.github.exactloss.InvalidElementException;
import io.github.exactloss.InvalidElementException.Argument;
import io.github.exactloss.StrictModeException;
import io.github.exactloss.internal.bindings.exactloss_evaluation;
import io.github.exactloss.internal.bindings.exactloss_loss_result;
import io.github.exactloss.internal.bindings.exactloss_violation;
import java.lang.foreign.MemorySegment;

/** What the native functions write to structs. */
public final class Structs {
    public static final long EVALUATION_BYTES = exactloss_evaluation.sizeof();

    private Structs() {}

    /** Says how much may be written to an evaluation, the first of those of rows. */
    public static void setSize(MemorySegment evaluations) {
        exactloss_evaluation.size(evaluations, EVALUATION_BYTES);
    }

    /** The evaluation of a row. */
    public static MemorySegment evaluation(MemorySegment evaluations, long row) {
        return evaluations.asSlice(row * EVALUATION_BYTES, EVALUATION_BYTES);
    }

    public static double weightSum(MemorySegment evaluation) {
        return exactloss_evaluation.weight_sum(evaluation);
    }

    /** The mean or the sum of a loss: {@code reduction} is {@link Options#MEAN} or {@link Options#SUM}. */
    public static double loss(MemorySegment evaluation, LossFunction function, int reduction) {
        MemorySegment result = function.result(evaluation);
        return reduction == Options.MEAN ? exactloss_loss_result.mean(result) : exactloss_loss_result.sum(result);
    }

    static InvalidElementException violation(MemorySegment violation, boolean logits) {
        long index = exactloss_violation.index(violation);
        double value = exactloss_violation.value(violation);
        int argument = exactloss_violation.argument(violation);
        if (argument == EXACTLOSS_WEIGHTS()) {
            return new InvalidElementException(
                    Argument.WEIGHTS, index, value, "a weight must be finite and not negative");
        }
        return new StrictModeException(
                argument == EXACTLOSS_PREDICTIONS() ? Argument.PREDICTIONS : Argument.TARGETS, index, value, logits);
    }
}
