// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.github.exactloss.ElementType;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Trains a model of the Deep Java Library with a loss and a gradient of exactloss. Arrays are read and written where they lie,
 * which DJL's engine for PyTorch allows on the CPU. Engines that only give copies are refused.
 */
public final class DjlExample {
    private static final int EPOCHS = 100;

    private DjlExample() {}

    /** Prints the loss before and after the training of a linear model. */
    public static void main(String[] args) {
        try (NDManager manager = NDManager.newBaseManager()) {
            manager.getEngine().setRandomSeed(1);
            NDArray inputs = manager.randomNormal(new Shape(1000, 2));
            NDArray targets = inputs.sum(new int[] {1}).gt(0);
            NDArray weights = manager.zeros(new Shape(2, 1));
            weights.setRequiresGradient(true);
            Loss loss = Loss.log().fromLogits();
            double before = train(weights, loss, inputs, targets, 1);
            double after = train(weights, loss, inputs, targets, EPOCHS);
            System.out.printf("%.4f %.4f%n", before, after);
        }
    }

    /** Descends a loss of a linear model, and gives what it is before the last step. */
    static double train(NDArray weights, Loss loss, NDArray inputs, NDArray targets, int steps) {
        double mean = Double.NaN;
        for (int i = 0; i < steps; i++) {
            try (NDManager step = weights.getManager().newSubManager();
                    GradientCollector collector = step.getEngine().newGradientCollector()) {
                NDArray logits = inputs.matMul(weights);
                step.attachAll(logits);
                mean = backward(loss, logits, targets, collector);
                NDArray gradient = weights.getGradient();
                NDArray values = weights.stopGradient();
                step.attachAll(gradient, values);
                values.subi(gradient);
                gradient.subi(gradient); // the next step adds to it
            }
        }
        return mean;
    }

    /**
     * Gives the mean of a loss, and its gradient to the engine.
     *
     * @param predictions the outputs of a model, or its logits, whichever the loss takes
     */
    static double backward(Loss loss, NDArray predictions, NDArray targets, GradientCollector collector) {
        NDArray gradient = predictions.getManager().create(predictions.getShape(), predictions.getDataType());
        double mean;
        try (Arena arena = Arena.ofConfined()) {
            mean = loss.meanAndGradient(
                    predictions(predictions, arena), targets(targets, arena), memory(gradient, arena));
        }
        // A collector takes only a number. The derivative of this one with respect to the predictions is the gradient.
        collector.backward(predictions.mul(gradient).sum());
        return mean;
    }

    /** All elements of an array as predictions or logits. The view keeps their memory until the arena is closed. */
    static Predictions predictions(NDArray array, Arena arena) {
        return Predictions.of(memory(array, arena), type(array));
    }

    /** All elements of an array as targets. The view keeps their memory until the arena is closed. */
    static Targets targets(NDArray array, Arena arena) {
        return Targets.of(memory(array, arena), type(array));
    }

    /** The memory of an array. */
    @SuppressWarnings("restricted") // the buffer has that many bytes, and an array of the same memory is kept
    static MemorySegment memory(NDArray array, Arena arena) {
        if (array.getDevice().isGpu()) {
            throw new IllegalArgumentException("the array is on the device " + array.getDevice()
                    + ", not on the CPU: copy it by array.toDevice(Device.cpu(), true)");
        }
        NDArray kept = array.stopGradient(); // another array of the same memory
        kept.detach(); // from the manager, which would free it
        MemorySegment memory = MemorySegment.ofBuffer(array.toByteBuffer(true));
        // DJL copies silently what it can't lend, and then each copy has an address of its own.
        if (!memory.isNative()
                || memory.address()
                        != MemorySegment.ofBuffer(kept.toByteBuffer(true)).address()) {
            kept.close();
            throw new IllegalArgumentException(
                    "the engine " + array.getManager().getEngine().getEngineName()
                            + " only gives a copy of the array: make it dense and contiguous by array.duplicate()");
        }
        return MemorySegment.ofAddress(memory.address()).reinterpret(memory.byteSize(), arena, _ -> kept.close());
    }

    private static ElementType type(NDArray array) {
        return switch (array.getDataType()) {
            case FLOAT16 -> ElementType.FLOAT16;
            case FLOAT32 -> ElementType.FLOAT32;
            case FLOAT64 -> ElementType.FLOAT64;
            case UINT8, BOOLEAN -> ElementType.UINT8;
            case INT8 -> ElementType.INT8;
            case INT32 -> ElementType.INT32;
            case INT64 -> ElementType.INT64;
            default ->
                throw new IllegalArgumentException("the array has the type " + array.getDataType()
                        + "; supported are float16, float32, float64, uint8, boolean, int8, int32 and int64");
        };
    }
}
