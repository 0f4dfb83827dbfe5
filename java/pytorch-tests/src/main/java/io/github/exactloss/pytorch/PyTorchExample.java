// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import io.github.exactloss.ElementType;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Trains a model of PyTorch, by JavaCPP's bindings, with a loss and a gradient of exactloss. Tensors are read and written where
 * they lie.
 */
public final class PyTorchExample {
    private static final int EPOCHS = 100;

    private PyTorchExample() {}

    /** Prints the loss before and after the training of a linear model. */
    public static void main(String[] args) {
        try (PointerScope _ = new PointerScope()) {
            torch.manual_seed(1);
            Tensor inputs = torch.randn(1000, 2);
            Tensor targets = inputs.sum(1).gt(new Scalar(0.5));
            LinearImpl model = new LinearImpl(2, 1);
            Loss loss = Loss.log().fromLogits();
            double before = train(model, loss, inputs, targets, 1);
            double after = train(model, loss, inputs, targets, EPOCHS);
            System.out.printf("%.4f %.4f%n", before, after);
        }
    }

    /** Descends a loss of the model's outputs, and gives what it is before the last step. */
    static double train(LinearImpl model, Loss loss, Tensor inputs, Tensor targets, int steps) {
        SGD optimizer = new SGD(model.parameters(), new SGDOptions(1));
        double mean = Double.NaN;
        for (int i = 0; i < steps; i++) {
            try (PointerScope _ = new PointerScope()) {
                optimizer.zero_grad();
                mean = backward(loss, model.forward(inputs), targets);
                optimizer.step();
            }
        }
        return mean;
    }

    /**
     * Gives the mean of a loss, and its gradient to autograd, as {@code loss.backward()} does in Python.
     *
     * @param predictions the outputs of a model, or its logits, whichever the loss takes
     */
    static double backward(Loss loss, Tensor predictions, Tensor targets) {
        if (!predictions.requires_grad()) {
            throw new IllegalArgumentException("the predictions require no gradient, so nothing can be trained");
        }
        Tensor gradient = torch.empty_like(predictions);
        double mean;
        try (Arena arena = Arena.ofConfined()) {
            mean = loss.meanAndGradient(
                    predictions(predictions, arena), targets(targets, arena), output(gradient, arena));
        }
        predictions.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
        return mean;
    }

    /** All elements of a tensor as predictions or logits. The view keeps their memory until the arena is closed. */
    static Predictions predictions(Tensor tensor, Arena arena) {
        return Predictions.of(memory(tensor, arena), type(tensor));
    }

    /** All elements of a tensor as targets. The view keeps their memory until the arena is closed. */
    static Targets targets(Tensor tensor, Arena arena) {
        return Targets.of(memory(tensor, arena), type(tensor));
    }

    /** The memory of a tensor that is written. Of one that requires a gradient, autograd would not notice. */
    static MemorySegment output(Tensor tensor, Arena arena) {
        if (tensor.requires_grad()) {
            throw new IllegalArgumentException("an output must not require a gradient: give tensor.detach()");
        }
        return memory(tensor, arena);
    }

    @SuppressWarnings("restricted") // a contiguous tensor has that many bytes, and is kept from being freed
    private static MemorySegment memory(Tensor tensor, Arena arena) {
        if (!tensor.defined()) {
            throw new IllegalArgumentException("the tensor is undefined");
        }
        if (!tensor.is_cpu()) {
            throw new IllegalArgumentException("the tensor is on the device "
                    + tensor.device().str().getString() + ", not on the CPU: copy it by tensor.cpu()");
        }
        if (tensor.layout().intern() != torch.Layout.Strided) {
            throw new IllegalArgumentException("the tensor is sparse: make a dense copy by tensor.to_dense()");
        }
        if (!tensor.is_contiguous() || tensor.is_neg()) {
            throw new IllegalArgumentException(
                    "the tensor is not contiguous: make a copy by tensor.contiguous() or tensor.resolve_neg()");
        }
        if (tensor.numel() == 0) {
            return MemorySegment.NULL;
        }
        Tensor kept = new Tensor(tensor).retainReference(); // also beyond the end of a PointerScope
        return MemorySegment.ofAddress(tensor.data_ptr().address())
                .reinterpret(tensor.nbytes(), arena, _ -> kept.releaseReference());
    }

    private static ElementType type(Tensor tensor) {
        return switch (tensor.scalar_type().intern()) {
            case Half -> ElementType.FLOAT16;
            case BFloat16 -> ElementType.BFLOAT16;
            case Float -> ElementType.FLOAT32;
            case Double -> ElementType.FLOAT64;
            case Byte, Bool -> ElementType.UINT8;
            case Char -> ElementType.INT8;
            case Int -> ElementType.INT32;
            case Long -> ElementType.INT64;
            default ->
                throw new IllegalArgumentException(
                        "the tensor has the type " + tensor.scalar_type().intern()
                                + "; supported are Half, BFloat16, Float, Double, Byte, Bool, Char, Int and Long");
        };
    }
}
