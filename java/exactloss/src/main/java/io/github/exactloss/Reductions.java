// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.Accumulators;
import io.github.exactloss.internal.Kernels;
import io.github.exactloss.internal.Pieces;
import io.github.exactloss.internal.Structs;
import java.lang.foreign.MemorySegment;

/** The means and sums of batches, in one downcall or in pieces. */
final class Reductions {
    private Reductions() {}

    /**
     * The mean or the sum. The arrays come one by one, so that a small call makes no object.
     *
     * @param weights null if there are none
     */
    static double reduce(Loss loss, int reduction, Predictions predictions, Targets targets, Weights weights) {
        long count = Elements.requireSameCount(predictions, targets, weights);
        if (count <= Pieces.SHORT) {
            return Kernels.loss(loss.options() | reduction, predictions, targets, weights);
        }
        Batch batch = new Batch(predictions, targets, weights);
        Pieces pieces = batch.pieces(loss.threads());
        if (pieces.isOne()) {
            return Kernels.loss(loss.options() | reduction, predictions, targets, weights);
        }
        return Structs.loss(total(loss, pieces, batch), loss.function(), reduction);
    }

    /** The mean or the sum of arrays. Short ones need no views, unless the loss is strict. */
    static double reduce(Loss loss, int reduction, float[] predictions, byte[] targets) {
        return predictions.length == targets.length && predictions.length <= Pieces.SHORT && !loss.isStrict()
                ? Kernels.loss(loss.options() | reduction, predictions, targets)
                : reduce(loss, reduction, Predictions.of(predictions), Targets.of(targets), null);
    }

    /**
     * The {@code exactloss_evaluation} of a batch, without counts, in memory that this thread's next call overwrites.
     * Nothing is above its threshold, so that the kernels need not count.
     */
    static MemorySegment total(Loss loss, Pieces pieces, Batch batch) {
        return Accumulators.evaluate(
                batch.accumulate(pieces, loss.options(), loss.function().option(), Double.POSITIVE_INFINITY));
    }
}
