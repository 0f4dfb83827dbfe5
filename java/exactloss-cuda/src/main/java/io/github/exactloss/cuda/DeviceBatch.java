// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import io.github.exactloss.Batch;
import io.github.exactloss.ElementType;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Predictions, their targets and, if there are any, their weights, in the memory of a GPU. Immutable, as far as the memory
 * is: nothing is copied. {@link CudaStream#copyOf(Batch, java.lang.foreign.Arena)} makes one of a batch of the host.
 */
public final class DeviceBatch {
    private final DeviceSegment predictions;
    private final DeviceSegment targets;

    /** Null if there are none. */
    private final DeviceSegment weights;

    /** The same as views. They have checked types and counts; their memory is the device's, so nobody may look into them. */
    private final Batch views;

    private DeviceBatch(DeviceSegment predictions, DeviceSegment targets, DeviceSegment weights, Batch views) {
        this.predictions = predictions;
        this.targets = targets;
        this.weights = weights;
        this.views = views;
    }

    /**
     * Elements without weights.
     *
     * @throws IllegalArgumentException if the counts or the devices differ, or predictions or targets can't be of their type
     */
    public static DeviceBatch of(DeviceSegment predictions, DeviceSegment targets) {
        targets.requireOn(predictions.device());
        Targets targetsView = targets.type() == ElementType.BITS
                ? Targets.ofBits(targets.memory(), targets.first(), targets.count())
                : Targets.of(targets.memory(), targets.type());
        Batch views = Batch.of(Predictions.of(predictions.memory(), predictions.type()), targetsView);
        return new DeviceBatch(predictions, targets, null, views);
    }

    /**
     * The same elements with weights.
     *
     * @throws IllegalArgumentException if the counts or the devices differ, or the weights are not of
     *     {@link ElementType#FLOAT32}
     */
    public DeviceBatch weights(DeviceSegment weights) {
        weights.requireOn(device());
        if (weights.type() != ElementType.FLOAT32) {
            throw new IllegalArgumentException("weights are of FLOAT32, not " + weights.type());
        }
        return new DeviceBatch(predictions, targets, weights, views.weights(Weights.of(weights.memory())));
    }

    /**
     * {@code count} elements from {@code from} on.
     *
     * @throws IndexOutOfBoundsException if there are no such elements
     */
    public DeviceBatch slice(long from, long count) {
        DeviceBatch slice = of(predictions.slice(from, count), targets.slice(from, count));
        return weights == null ? slice : slice.weights(weights.slice(from, count));
    }

    /** The device in whose memory the elements are. */
    public CudaDevice device() {
        return predictions.device();
    }

    /** The number of elements. */
    public long count() {
        return predictions.count();
    }

    /** The predictions, or logits. */
    public DeviceSegment predictions() {
        return predictions;
    }

    /** The targets. */
    public DeviceSegment targets() {
        return targets;
    }

    /** The weights, if there are any. */
    public Optional<DeviceSegment> weights() {
        return Optional.ofNullable(weights);
    }

    /** The segments: {@code DeviceBatch[DeviceSegment[float32 x 64], DeviceSegment[uint8 x 64]]}. */
    @Override
    public String toString() {
        return "DeviceBatch[" + predictions + ", " + targets + (weights == null ? "" : ", " + weights) + "]";
    }

    /** The elements as a native function of this device takes them. */
    Batch views(CudaDevice device) {
        predictions.requireOn(device);
        return views;
    }

    /** The memory for the gradient with respect to these predictions: one element for each. */
    MemorySegment memoryOf(DeviceSegment gradient) {
        gradient.requireOn(device());
        if (gradient.type() != predictions.type()) {
            throw new IllegalArgumentException(
                    "a gradient of type " + gradient.type() + " of predictions of type " + predictions.type());
        }
        if (gradient.count() < count()) {
            throw new IllegalArgumentException(
                    "the gradient has " + gradient.count() + " elements, too few for " + count() + " predictions");
        }
        MemorySegment output = gradient.slice(0, count()).memory();
        if (output.isReadOnly()) {
            throw new IllegalArgumentException("the output is read-only");
        }
        // In place, an element is read before it is written. Both have the same size.
        if (output.address() != predictions.memory().address()) {
            requireApart(output, predictions);
        }
        requireApart(output, targets);
        weights().ifPresent(input -> requireApart(output, input));
        return output;
    }

    private static void requireApart(MemorySegment output, DeviceSegment input) {
        if (output.asOverlappingSlice(input.memory()).isPresent()) {
            throw new IllegalArgumentException("the output overlaps an input");
        }
    }
}
