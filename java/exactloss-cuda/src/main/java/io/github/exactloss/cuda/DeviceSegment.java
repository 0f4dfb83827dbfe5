// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import io.github.exactloss.ElementType;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
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
     * A view of {@code count} elements from {@code from} on.
     *
     * @throws IndexOutOfBoundsException if there are no such elements
     */
    public DeviceSegment slice(long from, long count) {
        Objects.checkFromIndexSize(from, count, this.count);
        long bit = type == ElementType.BITS ? (first + from) % Byte.SIZE : 0;
        long start = (first + from) * type.bits() / Byte.SIZE;
        return new DeviceSegment(device, memory.asSlice(start, type.bytes(bit + count)), type, bit, count);
    }

    /** The elements' type and number: {@code DeviceSegment[float32 x 64]}. */
    @Override
    public String toString() {
        return "DeviceSegment[" + type.name().toLowerCase(Locale.ROOT) + " x " + count + "]";
    }

    /** Never to be read or written. */
    MemorySegment memory() {
        return memory;
    }

    long first() {
        return first;
    }

    void requireOn(CudaDevice other) {
        if (device != other) {
            throw new IllegalArgumentException("the segment is on another device");
        }
    }
}
