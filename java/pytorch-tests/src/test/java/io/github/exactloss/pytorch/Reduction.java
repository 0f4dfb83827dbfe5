// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** PyTorch's reductions of a loss's elements. */
enum Reduction {
    NONE,
    MEAN,
    SUM;

    /** The divisor of the sum of the elements' losses. */
    long divisor(long count) {
        return this == MEAN ? count : 1;
    }

    /** Adds to the {@code grad} of the tensor that the distances were computed from. */
    void backward(Tensor distances, double upstream) {
        switch (this) {
            case NONE -> PyTorch.backward(distances, torch.full_like(distances, PyTorch.scalar(upstream)));
            case MEAN -> distances.mean().mul(PyTorch.scalar(upstream)).backward();
            case SUM -> distances.sum().mul(PyTorch.scalar(upstream)).backward();
        }
    }
}
