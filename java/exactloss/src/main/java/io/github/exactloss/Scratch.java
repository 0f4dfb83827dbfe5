// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static io.github.exactloss.bindings.exactloss_h.C_DOUBLE;
import static io.github.exactloss.bindings.exactloss_h.EXACTLOSS_ERROR_WEIGHT;
import static io.github.exactloss.bindings.exactloss_h.EXACTLOSS_PREDICTIONS;
import static io.github.exactloss.bindings.exactloss_h.EXACTLOSS_WEIGHTS;

import io.github.exactloss.InvalidElementException.Argument;
import io.github.exactloss.bindings.exactloss_evaluation;
import io.github.exactloss.bindings.exactloss_violation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** Where a thread's downcalls write their results, so that no call allocates. Freed some time after its thread ends. */
record Scratch(MemorySegment loss, MemorySegment evaluation, MemorySegment violation, MemorySegment bytes) {
    /** Each part is a multiple of 8 bytes long, so there are no gaps between them. */
    private static final long BYTES = C_DOUBLE.byteSize()
            + exactloss_evaluation.sizeof()
            + exactloss_violation.sizeof()
            + Kernels.ACCUMULATOR_BYTES;

    private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::allocate);

    static Scratch ofThread() {
        return OF_THREAD.get();
    }

    private static Scratch allocate() {
        // One allocation: each costs a cleaner, which programs with a virtual thread for every request would feel.
        SegmentAllocator slices =
                SegmentAllocator.slicingAllocator(Arena.ofAuto().allocate(BYTES, Long.BYTES));
        return new Scratch(
                slices.allocate(C_DOUBLE),
                exactloss_evaluation.allocate(slices),
                exactloss_violation.allocate(slices),
                slices.allocate(Kernels.ACCUMULATOR_BYTES));
    }

    Evaluation readEvaluation() {
        return read(evaluation);
    }

    static Evaluation read(MemorySegment evaluation) {
        return new Evaluation(
                exactloss_evaluation.loss(evaluation),
                exactloss_evaluation.loss_sum(evaluation),
                exactloss_evaluation.weight_sum(evaluation),
                exactloss_evaluation.loss_f32(evaluation),
                exactloss_evaluation.loss_sum_f32(evaluation),
                exactloss_evaluation.accuracy(evaluation),
                exactloss_evaluation.threshold(evaluation),
                exactloss_evaluation.count(evaluation),
                exactloss_evaluation.positives(evaluation),
                exactloss_evaluation.true_positives(evaluation),
                exactloss_evaluation.false_positives(evaluation),
                exactloss_evaluation.true_negatives(evaluation),
                exactloss_evaluation.false_negatives(evaluation),
                exactloss_evaluation.nan_count(evaluation));
    }

    /** Nowhere unless it is needed: FFM's checks of one more segment would be felt in a small call. */
    MemorySegment violation(int flags) {
        return (flags & Kernels.STRICT) != 0 ? violation : MemorySegment.NULL;
    }

    InvalidElementException readViolation(int flags, long from) {
        long index = from + exactloss_violation.index(violation);
        double value = exactloss_violation.value(violation);
        int argument = exactloss_violation.argument(violation);
        if (argument == EXACTLOSS_WEIGHTS()) {
            return new InvalidElementException(
                    EXACTLOSS_ERROR_WEIGHT(),
                    Argument.WEIGHTS,
                    index,
                    value,
                    "a weight must be finite and not negative");
        }
        return new StrictModeException(
                argument == EXACTLOSS_PREDICTIONS() ? Argument.PREDICTIONS : Argument.TARGETS,
                index,
                value,
                (flags & Kernels.LOGITS) != 0);
    }
}
