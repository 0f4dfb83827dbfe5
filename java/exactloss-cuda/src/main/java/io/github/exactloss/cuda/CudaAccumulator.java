// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.MemorySegment;

/**
 * An evaluation on a GPU that takes its data in pieces, without waiting for it. Made by {@link CudaStream#newAccumulator};
 * it lives as long as its arena. Its sums are those of a {@link LossAccumulator}, which takes them in: partial results of
 * GPUs and processors merge into the bits that one of them alone would have given.
 *
 * <p>Methods throw what those of {@link CudaLoss} do, and then have added nothing. Usable from any thread at the same time,
 * as far as the arenas allow it.
 */
public final class CudaAccumulator {
    private final MnistLoss options;
    private final CudaStream stream;
    private final MemorySegment handle;

    CudaAccumulator(MnistLoss options, CudaStream stream, MemorySegment handle) {
        this.options = options;
        this.stream = stream;
        this.handle = handle;
    }

    /** Adds a batch, without waiting for it. */
    public void add(DeviceSegment predictions, DeviceSegment targets) {
        DeviceSegment.requireFit(stream.device(), predictions, targets);
        CudaKernels.add(handle, predictions, targets, options.flags(), stream.handle());
    }

    /**
     * Adds a batch and gives its gradient, without waiting for it: see {@link LossAccumulator#addWithGradient}.
     *
     * @param upstream the derivative of the final result with respect to the loss; NaN and infinities pass on
     * @param divisor the number of elements that the mean is taken over, of all pieces; 1 for the sum
     * @param gradient as in {@link CudaLoss#lossAndGradient}
     * @throws IllegalArgumentException also if the divisor is less than 1
     */
    public void addWithGradient(
            DeviceSegment predictions, DeviceSegment targets, double upstream, long divisor, DeviceSegment gradient) {
        if (divisor < 1) {
            throw new IllegalArgumentException("the divisor must be at least 1, not " + divisor);
        }
        DeviceSegment.requireFit(stream.device(), predictions, targets);
        Output output = gradient.gradientOf(predictions, targets);
        CudaKernels.addWithGradient(
                handle, predictions, targets, upstream, divisor, options.flags(), output, stream.handle());
    }

    /** Empties it, once the stream has done what it was given before. */
    public void clear() {
        CudaKernels.clear(handle, stream.handle());
    }

    /**
     * Waits for the stream, and adds all that this was given to an accumulator. This one stays as it is.
     *
     * @throws IllegalArgumentException if the thresholds differ
     */
    public synchronized void mergeInto(LossAccumulator sum) {
        if (sum.options().threshold() != options.threshold()) {
            throw new IllegalArgumentException("an accumulator with threshold "
                    + sum.options().threshold() + " can't take in one with threshold " + options.threshold());
        }
        CudaKernels.merge(sum.memory(), handle, stream.handle());
    }
}
