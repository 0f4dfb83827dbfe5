// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Elements in the memory of a GPU. Made by {@link CudaDevice#allocate}, {@link CudaStream#copyOf} or
 * {@link CudaDevice#view}; the memory lives as long as the arena that it was made in, and using it afterwards is an
 * {@link IllegalStateException}. The processor can't reach it: {@link CudaStream#copy} moves elements.
 *
 * <p>Immutable, but for the elements. Usable from the threads that may use the arena.
 */
public final class DeviceSegment {
    private final CudaDevice device;
    private final MemorySegment memory;
    private final ElementType type;
    private final long first;
    private final long count;

    /** @param first of packed bits, the first one's index in the first byte; otherwise 0 */
    DeviceSegment(CudaDevice device, MemorySegment memory, ElementType type, long first, long count) {
        this.device = device;
        this.memory = memory;
        this.type = type;
        this.first = first;
        this.count = count;
    }

    /** The device in whose memory the elements are. */
    public CudaDevice device() {
        return device;
    }

    /** The type of the elements. */
    public ElementType type() {
        return type;
    }

    /** The number of elements. */
    public long count() {
        return count;
    }

    /**
     * A view of {@code count} elements from {@code offset} on.
     *
     * @throws IndexOutOfBoundsException if there are no such elements
     */
    public DeviceSegment slice(long offset, long count) {
        Objects.checkFromIndexSize(offset, count, this.count);
        long bit = type == ElementType.BITS ? (first + offset) % Byte.SIZE : 0;
        long start = (first + offset) * type.bits / Byte.SIZE;
        return new DeviceSegment(device, memory.asSlice(start, type.bytes(bit + count)), type, bit, count);
    }

    /** Never to be read or written. */
    MemorySegment memory() {
        return memory;
    }

    long first() {
        return first;
    }

    /** The number of elements of both, which are of this device. */
    static void requireFit(CudaDevice device, DeviceSegment predictions, DeviceSegment targets) {
        predictions.requireOn(device);
        targets.requireOn(device);
        if (predictions.count != targets.count) {
            throw new IllegalArgumentException(predictions.count + " predictions, but " + targets.count + " targets");
        }
    }

    void requireOn(CudaDevice other) {
        if (device != other) {
            throw new IllegalArgumentException("a segment of another device than the stream's");
        }
    }

    /** This as the gradient with respect to predictions of its type. */
    Output gradientOf(long elements, DeviceSegment targets) {
        requireOn(targets.device);
        Output output = new Output(memory, type, elements);
        output.requireApart(targets.memory);
        return output;
    }

    /** The same, with respect to these predictions. */
    Output gradientOf(DeviceSegment predictions, DeviceSegment targets) {
        if (type != predictions.type) {
            throw new IllegalArgumentException(
                    "a gradient of type " + type + " of predictions of type " + predictions.type);
        }
        Output output = gradientOf(predictions.count, targets);
        output.requireApartOrInPlace(predictions.memory);
        return output;
    }
}
