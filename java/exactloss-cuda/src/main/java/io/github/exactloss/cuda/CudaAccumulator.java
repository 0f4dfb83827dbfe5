// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.cuda.internal.CudaKernels;
import io.github.exactloss.internal.Accumulators;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * An evaluation on a GPU that takes its data in pieces, without waiting for it. Made by {@link CudaStream#newAccumulator};
 * it lives as long as its arena. Its sums are those of an {@link Accumulator}, which takes them in: partial results of GPUs
 * and processors merge into the bits that one of them alone would have given.
 *
 * <p>Methods throw what those of {@link CudaLoss} do, and then have added nothing; but only {@link #mergeInto} tells of a bad
 * weight. Usable from any thread at the same time, as far as the arenas allow it.
 */
public final class CudaAccumulator {
    private final Evaluator evaluator;
    private final CudaStream stream;
    private final MemorySegment handle;
    private final int options;

    CudaAccumulator(Evaluator evaluator, CudaStream stream, MemorySegment handle) {
        this.evaluator = evaluator;
        this.stream = stream;
        this.handle = handle;
        this.options = CudaOptions.of(evaluator);
    }

    /** The losses and the options. */
    public Evaluator evaluator() {
        return evaluator;
    }

    /** The stream in which the GPU works. */
    public CudaStream stream() {
        return stream;
    }

    /** Adds elements, without waiting for it. */
    public void add(DeviceSegment predictions, DeviceSegment targets) {
        add(DeviceBatch.of(predictions, targets));
    }

    /** Adds a batch, without waiting for it. */
    public void add(DeviceBatch batch) {
        CudaKernels.add(handle, options, batch.views(stream.device()), stream.handle());
    }

    /**
     * Adds a batch and gives the gradient of a loss, without waiting for it: see {@link Accumulator#addWithGradient}.
     *
     * @param loss one of the evaluator's, from logits and clamped where the evaluator is
     * @param upstream the derivative of the final result with respect to the loss; NaN and infinities pass on
     * @param divisor the number of elements that a mean is taken over, of all pieces; 1 for a sum
     * @param gradient as in {@link CudaLoss#gradient}
     * @throws IllegalArgumentException if the loss is not as said, the divisor is less than 1, or the gradient is of another
     *     type, too small or read-only, or overlaps an input
     * @throws UnsupportedOperationException if the loss is strict or accumulates gradients
     */
    public void addWithGradient(Loss loss, DeviceBatch batch, double upstream, long divisor, DeviceSegment gradient) {
        CudaOptions.requireOffered(loss);
        int lossOptions = CudaOptions.of(loss);
        if ((lossOptions & ~options) != 0
                || loss.isFromLogits() != evaluator.isFromLogits()
                || loss.isClamped() != evaluator.isClamped()) {
            throw new IllegalArgumentException(loss + " does not fit " + evaluator);
        }
        CudaLoss.requireDivisor(divisor);
        CudaKernels.addWithGradient(
                handle,
                lossOptions,
                batch.views(stream.device()),
                upstream,
                divisor,
                batch.memoryOf(gradient),
                stream.handle());
    }

    /** Empties it, once the stream has done what it was given before. */
    public void clear() {
        CudaKernels.clear(handle, stream.handle());
    }

    /**
     * Waits for the stream, and adds all that this was given to an accumulator. This one stays as it is. No other stream may
     * be adding to it meanwhile.
     *
     * @throws IllegalArgumentException if the losses or the thresholds differ
     * @throws io.github.exactloss.ExactLossException if any weight since the last {@link #clear()} was negative, NaN or
     *     infinite, or the driver fails; nothing is added then
     */
    public synchronized void mergeInto(Accumulator total) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment sum = call.allocate(Accumulators.BYTES, Long.BYTES);
            Accumulators.initialise(sum, CudaOptions.losses(evaluator), evaluator.threshold());
            CudaKernels.merge(sum, handle, stream.handle());
            total.merge(evaluator.accumulatorFromBytes(Accumulators.serialize(sum)));
        }
    }

    /** The evaluator and the stream. */
    @Override
    public String toString() {
        return "CudaAccumulator[" + evaluator + ", " + stream + "]";
    }
}
