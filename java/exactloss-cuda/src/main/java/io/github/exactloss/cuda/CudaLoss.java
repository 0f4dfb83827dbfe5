// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.cuda.internal.CudaKernels;
import io.github.exactloss.internal.Options;
import java.lang.foreign.MemorySegment;

/**
 * A {@link Loss} of arrays in the memory of a GPU, with the same bits. Made by {@link CudaStream#loss}. The loss's threads do
 * not matter.
 *
 * <p>Immutable, and usable from any thread at the same time, as far as the arenas allow it. Every method throws
 *
 * <ul>
 *   <li>{@link IllegalArgumentException} if counts or types don't fit, memory is of another device than the stream's, or a
 *       gradient overlaps an input,
 *   <li>{@link IllegalStateException} if memory that it needs is closed,
 *   <li>{@link WrongThreadException} if such memory is confined to another thread,
 *   <li>{@link io.github.exactloss.ExactLossException} if the driver fails, or if a weight is negative, NaN or infinite: a GPU
 *       does not tell which.
 * </ul>
 */
public final class CudaLoss {
    private final Loss loss;
    private final CudaStream stream;
    private final int options;

    CudaLoss(Loss loss, CudaStream stream) {
        this.loss = CudaOptions.requireOffered(loss);
        this.stream = stream;
        this.options = CudaOptions.of(loss);
    }

    /** The loss and its options. */
    public Loss loss() {
        return loss;
    }

    /** The stream in which the GPU works. */
    public CudaStream stream() {
        return stream;
    }

    /** The mean of the elements' losses; NaN if there are no elements. */
    public double mean(DeviceSegment predictions, DeviceSegment targets) {
        return mean(DeviceBatch.of(predictions, targets));
    }

    /** The weighted mean of the elements' losses; NaN if there are no elements, or their weights add up to 0. */
    public double mean(DeviceBatch batch) {
        return reduce(Options.MEAN, batch);
    }

    /** The sum of the elements' losses; 0 if there are no elements. */
    public double sum(DeviceSegment predictions, DeviceSegment targets) {
        return sum(DeviceBatch.of(predictions, targets));
    }

    /** The sum of the elements' losses, each times its weight; 0 if there are no elements. */
    public double sum(DeviceBatch batch) {
        return reduce(Options.SUM, batch);
    }

    private double reduce(int reduction, DeviceBatch batch) {
        CudaDevice device = stream.device();
        return CudaKernels.loss(device.handle(), options | reduction, batch.views(device), stream.handle());
    }

    /**
     * The gradient, as {@link Loss#gradient(io.github.exactloss.Batch, double, long, MemorySegment)} gives it. It does not
     * wait: see {@link CudaStream#synchronize()}. Therefore weights are not checked; one that is negative or NaN is multiplied
     * as it is.
     *
     * @param upstream the derivative of the final result with respect to the loss; NaN and infinities pass on
     * @param divisor what the sum of the losses is divided by: the number of all elements for a mean, 1 for a sum
     * @param gradient receives one element for each prediction, in their type; may be the predictions themselves, but must
     *     not overlap the inputs otherwise. What follows the last is kept.
     * @throws IllegalArgumentException if the divisor is less than 1, or the gradient is of another type, too small or
     *     read-only, or overlaps an input
     */
    public void gradient(DeviceBatch batch, double upstream, long divisor, DeviceSegment gradient) {
        requireDivisor(divisor);
        CudaDevice device = stream.device();
        CudaKernels.gradient(
                device.handle(),
                options,
                batch.views(device),
                upstream,
                divisor,
                batch.memoryOf(gradient),
                stream.handle());
    }

    static void requireDivisor(long divisor) {
        if (divisor < 1) {
            throw new IllegalArgumentException("the divisor must be at least 1, not " + divisor);
        }
    }

    /**
     * The mean, as {@link #mean(DeviceBatch)} gives it, and its gradient, as {@link #gradient} gives it with the count as the
     * divisor, in one pass over memory. With weights the upstream is divided by their sum, which is found in another pass, and
     * the divisor is 1.
     *
     * @param upstream the derivative of the final result with respect to the mean
     * @param gradient as there
     * @throws IllegalArgumentException if the gradient is of another type, too small or read-only, or overlaps an input
     */
    public double meanAndGradient(DeviceBatch batch, double upstream, DeviceSegment gradient) {
        if (batch.weights().isEmpty()) {
            return withGradient(Options.MEAN, batch, upstream, gradient);
        }
        batch.memoryOf(gradient); // refused before the first pass
        Evaluation evaluation = stream.evaluator(Evaluator.of(loss)).evaluate(batch);
        gradient(batch, upstream / evaluation.weightSum(), 1, gradient);
        stream.synchronize();
        return evaluation.mean(loss);
    }

    /**
     * The sum, as {@link #sum(DeviceBatch)} gives it, and its gradient, as {@link #gradient} gives it with the divisor 1, in
     * one pass over memory.
     *
     * @param upstream the derivative of the final result with respect to the sum
     * @param gradient as there
     * @throws IllegalArgumentException if the gradient is of another type, too small or read-only, or overlaps an input
     */
    public double sumAndGradient(DeviceBatch batch, double upstream, DeviceSegment gradient) {
        return withGradient(Options.SUM, batch, upstream, gradient);
    }

    private double withGradient(int reduction, DeviceBatch batch, double upstream, DeviceSegment gradient) {
        CudaDevice device = stream.device();
        return CudaKernels.lossAndGradient(
                device.handle(),
                options | reduction,
                batch.views(device),
                upstream,
                batch.memoryOf(gradient),
                stream.handle());
    }

    /** The loss and the stream. */
    @Override
    public String toString() {
        return "CudaLoss[" + loss + ", " + stream + "]";
    }
}
