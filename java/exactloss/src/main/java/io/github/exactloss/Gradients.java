// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.Accumulators;
import io.github.exactloss.internal.Kernels;
import io.github.exactloss.internal.Options;
import io.github.exactloss.internal.Pieces;
import io.github.exactloss.internal.Structs;
import java.lang.foreign.MemorySegment;

/** The operations that write an element for each element of a batch: values and gradients, in one downcall or in pieces. */
final class Gradients {
    private Gradients() {}

    static void values(Loss loss, Batch batch, MemorySegment values) {
        Output output = Output.values(batch, values);
        Pieces pieces = batch.pieces(loss.threads(), output);
        if (pieces.isOne()) {
            Kernels.values(loss.options(), batch.predictions, batch.targets, batch.weights, output.segment());
            return;
        }
        requireAllowed(loss, pieces, batch);
        int options = loss.options() & ~Options.STRICT;
        pieces.run((thread, from, length) -> {
            Batch piece = batch.slice(from, length);
            Kernels.values(options, piece.predictions, piece.targets, piece.weights, output.range(from, length));
        });
    }

    static void gradient(Loss loss, Batch batch, double upstream, long divisor, MemorySegment gradient) {
        requireDivisor(divisor);
        gradient(loss, batch, upstream, divisor, Output.gradient(batch, gradient, loss.accumulatesGradients()));
    }

    static void requireDivisor(long divisor) {
        if (divisor < 1) {
            throw new IllegalArgumentException("the divisor must be at least 1, not " + divisor);
        }
    }

    private static void gradient(Loss loss, Batch batch, double upstream, long divisor, Output output) {
        Pieces pieces = batch.pieces(loss.threads(), output);
        if (pieces.isOne()) {
            gradientOfOne(loss, 0, batch, upstream, divisor, output);
            return;
        }
        requireAllowed(loss, pieces, batch);
        int options = loss.gradientOptions() & ~Options.STRICT;
        pieces.run((thread, from, length) -> {
            Batch piece = batch.slice(from, length);
            Kernels.gradient(
                    options,
                    piece.predictions,
                    piece.targets,
                    piece.weights,
                    upstream,
                    divisor,
                    output.range(from, length));
        });
    }

    /** The gradient of the mean, whose divisor is the count or the sum of the weights. */
    static void gradientOfMean(Loss loss, Batch batch, double upstream, MemorySegment gradient) {
        Output output = Output.gradient(batch, gradient, loss.accumulatesGradients());
        if (batch.weights == null) {
            gradient(loss, batch, upstream, Math.max(1, batch.count()), output);
        } else {
            gradient(loss, batch, upstream / weightSum(loss.fastest(), batch), 1, output);
        }
    }

    /** @param reduction {@link Options#MEAN} or {@link Options#SUM} */
    static double withLoss(Loss loss, int reduction, Batch batch, double upstream, MemorySegment gradient) {
        Output output = Output.gradient(batch, gradient, loss.accumulatesGradients());
        Pieces pieces = batch.pieces(loss.threads(), output);
        boolean ofWeightedMean = reduction == Options.MEAN && batch.weights != null;
        double dividend = ofWeightedMean ? upstream / weightSum(loss.fastest(), batch) : upstream;
        long divisor = reduction == Options.MEAN && !ofWeightedMean ? Math.max(1, batch.count()) : 1;
        if (pieces.isOne()) {
            return gradientOfOne(loss, reduction, batch, dividend, divisor, output);
        }
        MemorySegment sum = accumulate(
                loss, loss.function().option(), Double.POSITIVE_INFINITY, pieces, batch, dividend, divisor, output);
        return Structs.loss(Accumulators.evaluate(sum), loss.function(), reduction);
    }

    private static double gradientOfOne(
            Loss loss, int reduction, Batch batch, double upstream, long divisor, Output output) {
        return Kernels.gradient(
                loss.gradientOptions() | reduction,
                batch.predictions,
                batch.targets,
                batch.weights,
                upstream,
                divisor,
                output.segment());
    }

    /**
     * The accumulator of all elements, with their gradient, in memory that this thread's next accumulation may overwrite.
     *
     * @param losses the losses that are accumulated, including {@code loss}, whose gradient is computed
     */
    static MemorySegment accumulate(
            Loss loss,
            int losses,
            double threshold,
            Pieces pieces,
            Batch batch,
            double upstream,
            long divisor,
            Output output) {
        requireAllowed(loss, pieces, batch);
        int options = loss.gradientOptions() & ~Options.STRICT;
        return pieces.accumulate(losses, threshold, (sum, from, length) -> {
            Batch piece = batch.slice(from, length);
            Kernels.addWithGradient(
                    sum,
                    options,
                    piece.predictions,
                    piece.targets,
                    piece.weights,
                    upstream,
                    divisor,
                    output.range(from, length));
        });
    }

    /** The divisor of a weighted mean, which takes a pass over memory. */
    private static double weightSum(Loss loss, Batch batch) {
        Pieces pieces = batch.pieces(loss.threads());
        return Structs.weightSum(
                pieces.isOne()
                        ? Kernels.evaluate(
                                loss.options(),
                                batch.predictions,
                                batch.targets,
                                batch.weights,
                                Double.POSITIVE_INFINITY)
                        : Reductions.total(loss, pieces, batch));
    }

    /** Refuses bad elements of any piece before the first one is written. */
    private static void requireAllowed(Loss loss, Pieces pieces, Batch batch) {
        if (loss.isStrict() || batch.weights != null) {
            Reductions.total(loss.fastest(), pieces, batch);
        }
    }
}
