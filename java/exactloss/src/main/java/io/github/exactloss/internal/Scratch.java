// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import static io.github.exactloss.internal.bindings.exactloss_h.C_DOUBLE;

import io.github.exactloss.Rows;
import io.github.exactloss.Weights;
import io.github.exactloss.internal.bindings.exactloss_evaluation;
import io.github.exactloss.internal.bindings.exactloss_rows;
import io.github.exactloss.internal.bindings.exactloss_violation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** Small structs of a thread's downcalls, so that no call allocates. Freed some time after the thread has ended. */
final class Scratch {
    /** Each part is a multiple of 8 bytes long, so there are no gaps between them. */
    private static final long BYTES = C_DOUBLE.byteSize()
            + exactloss_evaluation.sizeof()
            + exactloss_violation.sizeof()
            + exactloss_rows.sizeof();

    private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

    private final MemorySegment loss;
    private final MemorySegment evaluation;
    private final MemorySegment violation;
    private final MemorySegment rows;

    /** Null until a long batch needs it. */
    private MemorySegment accumulator;

    private Scratch() {
        // One allocation, because each costs a cleaner: this matters with a virtual thread for every request.
        SegmentAllocator slices =
                SegmentAllocator.slicingAllocator(Arena.ofAuto().allocate(BYTES, Long.BYTES));
        loss = slices.allocate(C_DOUBLE);
        evaluation = exactloss_evaluation.allocate(slices);
        violation = exactloss_violation.allocate(slices);
        rows = exactloss_rows.allocate(slices);
    }

    static Scratch ofThread() {
        return OF_THREAD.get();
    }

    MemorySegment loss() {
        return loss;
    }

    MemorySegment evaluation() {
        return evaluation;
    }

    MemorySegment violation() {
        return violation;
    }

    /** The null segment unless it is needed: FFM's checks of one more segment would slow down small calls. */
    MemorySegment violation(int options, Weights weights) {
        return (options & Options.STRICT) != 0 || weights != null ? violation : MemorySegment.NULL;
    }

    /** The shape of a matrix as the native functions take it. */
    MemorySegment rows(Rows shape) {
        if (shape == null) {
            return MemorySegment.NULL;
        }
        exactloss_rows.count(rows, shape.rows());
        exactloss_rows.predictions_stride(rows, shape.predictionsStride());
        exactloss_rows.targets_stride(rows, shape.targetsStride());
        exactloss_rows.weights_stride(rows, shape.weightsStride());
        return rows;
    }

    /** An accumulator for batches that are too long for a critical call. */
    MemorySegment accumulator() {
        if (accumulator == null) {
            accumulator = Arena.ofAuto().allocate(Accumulators.BYTES, Long.BYTES);
        }
        return accumulator;
    }
}
