// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

/**
 * The operations of {@link MnistLoss} on arrays in the memory of a GPU, with the same bits. Made by {@link MnistLoss#on}.
 *
 * <p>Segments must be of the stream's device, and predictions and targets of the same number; otherwise, or if a type does
 * not fit, it is an {@link IllegalArgumentException} or an {@link ExactLossException}. Closed memory is an
 * {@link IllegalStateException}.
 *
 * <p>Immutable, and usable from any thread at the same time, as far as the arenas allow it.
 */
public final class CudaLoss {
    private final MnistLoss options;
    private final CudaStream stream;

    CudaLoss(MnistLoss options, CudaStream stream) {
        this.options = options;
        this.stream = stream;
    }

    /** The mean distance; NaN if there are no elements. */
    public double mean(DeviceSegment predictions, DeviceSegment targets) {
        return loss(predictions, targets, Reduction.MEAN);
    }

    /** The sum of the distances; 0 if there are no elements. */
    public double sum(DeviceSegment predictions, DeviceSegment targets) {
        return loss(predictions, targets, Reduction.SUM);
    }

    private double loss(DeviceSegment predictions, DeviceSegment targets, Reduction reduction) {
        DeviceSegment.requireFit(stream.device(), predictions, targets);
        return CudaKernels.loss(
                stream.device().handle(), predictions, targets, reduction, options.flags(), stream.handle());
    }

    /** The loss and all metrics, in one pass over memory. */
    public Evaluation evaluate(DeviceSegment predictions, DeviceSegment targets) {
        DeviceSegment.requireFit(stream.device(), predictions, targets);
        return CudaKernels.evaluate(
                stream.device().handle(), predictions, targets, options.threshold(), options.flags(), stream.handle());
    }

    /**
     * The gradient of the loss with respect to predictions of the gradient's type, on which it does not depend. It does not
     * wait: see {@link CudaStream#synchronize()}.
     *
     * @param upstream the derivative of the final result with respect to the loss; NaN and infinities pass on
     * @param gradient receives one element for each target; must not overlap the targets. What follows the last is kept.
     * @throws UnsupportedOperationException with {@link MnistLoss#logits()}: that gradient depends on them
     */
    public void gradient(DeviceSegment targets, Reduction reduction, double upstream, DeviceSegment gradient) {
        if (options.isLogits()) {
            throw new UnsupportedOperationException("the gradient with respect to logits needs the logits");
        }
        targets.requireOn(stream.device());
        Output output = gradient.gradientOf(targets.count(), targets);
        CudaKernels.gradient(stream.device().handle(), targets, upstream, reduction, output, stream.handle());
    }

    /**
     * The loss and its gradient in one pass over memory.
     *
     * @param reduction the mean or the sum
     * @param upstream the derivative of the final result with respect to the loss; NaN and infinities pass on
     * @param gradient receives one element for each prediction, in their type; may be the predictions themselves, but must
     *     not overlap the inputs otherwise. What follows the last is kept.
     * @throws IllegalArgumentException if {@code reduction} is {@link Reduction#NONE}, which has no loss
     */
    public double lossAndGradient(
            DeviceSegment predictions,
            DeviceSegment targets,
            Reduction reduction,
            double upstream,
            DeviceSegment gradient) {
        if (reduction == Reduction.NONE) {
            throw new IllegalArgumentException("a reduction of NONE has no loss; gradient() gives its gradient alone");
        }
        DeviceSegment.requireFit(stream.device(), predictions, targets);
        Output output = gradient.gradientOf(predictions, targets);
        return CudaKernels.lossAndGradient(
                stream.device().handle(),
                predictions,
                targets,
                upstream,
                reduction,
                options.flags(),
                output,
                stream.handle());
    }
}
