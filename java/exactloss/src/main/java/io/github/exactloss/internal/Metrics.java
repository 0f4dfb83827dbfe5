// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import static io.github.exactloss.internal.Linkage.check;
import static io.github.exactloss.internal.bindings.exactloss_h.*;

import io.github.exactloss.internal.bindings.exactloss_evaluation;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The native functions that compute metrics of counts. */
public final class Metrics {
    private Metrics() {}

    /** The counts of a batch: true and false, positives and negatives. */
    public record Counts(long truePositives, long falsePositives, long trueNegatives, long falseNegatives) {
        /** An {@code exactloss_evaluation} of them, in memory that this thread's next call overwrites. */
        private MemorySegment evaluation(Scratch scratch) {
            MemorySegment evaluation = scratch.evaluation();
            Structs.setSize(evaluation);
            exactloss_evaluation.true_positives(evaluation, truePositives);
            exactloss_evaluation.false_positives(evaluation, falsePositives);
            exactloss_evaluation.true_negatives(evaluation, trueNegatives);
            exactloss_evaluation.false_negatives(evaluation, falseNegatives);
            return evaluation;
        }
    }

    /** A metric by its constant in the native library. */
    public static double metric(int metric, Counts counts) {
        Scratch scratch = Scratch.ofThread();
        check(() -> (int) Metric.HANDLE.invokeExact(counts.evaluation(scratch), metric, scratch.loss()));
        return scratch.loss().get(C_DOUBLE, 0);
    }

    public static double fBeta(double beta, Counts counts) {
        Scratch scratch = Scratch.ofThread();
        check(() -> (int) FBeta.HANDLE.invokeExact(counts.evaluation(scratch), beta, scratch.loss()));
        return scratch.loss().get(C_DOUBLE, 0);
    }

    private static final class Metric {
        static final MethodHandle HANDLE = Linkage.critical(exactloss_metric$address(), exactloss_metric$descriptor());
    }

    private static final class FBeta {
        static final MethodHandle HANDLE = Linkage.critical(exactloss_f_beta$address(), exactloss_f_beta$descriptor());
    }
}
