// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.cuda.internal.CudaKernels;

/**
 * An {@link Evaluator} of arrays in the memory of a GPU, with the same bits. Made by {@link CudaStream#evaluator}. The
 * evaluator's threads do not matter.
 *
 * <p>Immutable, and usable from any thread at the same time, as far as the arenas allow it. Methods throw what those of
 * {@link CudaLoss} do.
 */
public final class CudaEvaluator {
    private final Evaluator evaluator;
    private final CudaStream stream;
    private final int options;

    CudaEvaluator(Evaluator evaluator, CudaStream stream) {
        this.evaluator = CudaOptions.requireOffered(evaluator);
        this.stream = stream;
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

    /** The losses and all metrics, in one pass over memory. */
    public Evaluation evaluate(DeviceSegment predictions, DeviceSegment targets) {
        return evaluate(DeviceBatch.of(predictions, targets));
    }

    /** The losses and all metrics, in one pass over memory. */
    public Evaluation evaluate(DeviceBatch batch) {
        CudaDevice device = stream.device();
        return CudaKernels.evaluate(
                device.handle(), options, batch.views(device), evaluator.threshold(), stream.handle());
    }

    /** The evaluator and the stream. */
    @Override
    public String toString() {
        return "CudaEvaluator[" + evaluator + ", " + stream + "]";
    }
}
