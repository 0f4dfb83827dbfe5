// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * PyTorch on inputs that it reads in place. For its own losses, which take no other type, the targets are converted to float
 * before the measurement.
 */
final class PyTorch implements AutoCloseable {
    private final int count;
    private final Tensor predictions;
    private final Tensor logits;
    private final Tensor targets;
    private final Tensor floatTargets;
    private final Scalar one = new Scalar(1);

    /** @param needsGradient whether the operations are recorded, so that {@link #backward} can follow */
    PyTorch(Inputs inputs, int threads, boolean needsGradient) {
        torch.set_num_threads(threads);
        count = inputs.count;
        predictions = tensor(inputs.predictions, ScalarType.Float);
        logits = tensor(inputs.logits, ScalarType.Float);
        targets = tensor(inputs.targets, ScalarType.Byte);
        floatTargets = targets.to(ScalarType.Float);
        predictions.set_requires_grad(needsGradient);
        logits.set_requires_grad(needsGradient);
    }

    @Override
    public void close() {
        for (Tensor tensor : List.of(predictions, logits, targets, floatTargets)) {
            tensor.close();
        }
    }

    private Tensor tensor(MemorySegment memory, ScalarType type) {
        return torch.from_blob(new BytePointer(memory.asByteBuffer()), new long[] {count}, new TensorOptions(type));
    }

    double where() {
        try (PointerScope _ = new PointerScope()) {
            return where(predictions).item_float();
        }
    }

    double l1Loss() {
        try (PointerScope _ = new PointerScope()) {
            return torch.l1_loss(predictions, floatTargets).item_float();
        }
    }

    double sigmoidWhere() {
        try (PointerScope _ = new PointerScope()) {
            return where(torch.sigmoid(logits)).item_float();
        }
    }

    double sigmoidL1Loss() {
        try (PointerScope _ = new PointerScope()) {
            return torch.l1_loss(torch.sigmoid(logits), floatTargets).item_float();
        }
    }

    double whereGradient() {
        try (PointerScope _ = new PointerScope()) {
            return backward(where(predictions), predictions);
        }
    }

    double l1LossGradient() {
        try (PointerScope _ = new PointerScope()) {
            return backward(torch.l1_loss(predictions, floatTargets), predictions);
        }
    }

    double sigmoidWhereGradient() {
        try (PointerScope _ = new PointerScope()) {
            return backward(where(torch.sigmoid(logits)), logits);
        }
    }

    double sigmoidL1LossGradient() {
        try (PointerScope _ = new PointerScope()) {
            return backward(torch.l1_loss(torch.sigmoid(logits), floatTargets), logits);
        }
    }

    double mseLoss() {
        try (PointerScope _ = new PointerScope()) {
            return torch.mse_loss(predictions, floatTargets).item_float();
        }
    }

    double mseLossGradient() {
        try (PointerScope _ = new PointerScope()) {
            return backward(torch.mse_loss(predictions, floatTargets), predictions);
        }
    }

    double crossEntropy() {
        try (PointerScope _ = new PointerScope()) {
            return torch.binary_cross_entropy(predictions, floatTargets).item_float();
        }
    }

    double crossEntropyGradient() {
        try (PointerScope _ = new PointerScope()) {
            return backward(torch.binary_cross_entropy(predictions, floatTargets), predictions);
        }
    }

    double crossEntropyOfLogits() {
        try (PointerScope _ = new PointerScope()) {
            return torch.binary_cross_entropy_with_logits(logits, floatTargets).item_float();
        }
    }

    double crossEntropyOfLogitsGradient() {
        try (PointerScope _ = new PointerScope()) {
            return backward(torch.binary_cross_entropy_with_logits(logits, floatTargets), logits);
        }
    }

    private Tensor where(Tensor p) {
        return torch.where(targets.eq(one), torch.rsub(p, one), p).mean();
    }

    /** As in a training loop: zero_grad(), which drops the last gradient, then backward(). */
    private static double backward(Tensor loss, Tensor input) {
        input.mutable_grad().reset();
        loss.backward();
        return loss.item_float();
    }

    /** The gradient of the last backward, with respect to predictions or logits. */
    float[] gradient(boolean ofLogits) {
        try (PointerScope _ = new PointerScope()) {
            Tensor gradient = (ofLogits ? logits : predictions).grad();
            return MemorySegment.ofBuffer(new BytePointer(gradient.data_ptr())
                            .capacity(gradient.nbytes())
                            .asByteBuffer())
                    .toArray(ValueLayout.JAVA_FLOAT);
        }
    }
}
