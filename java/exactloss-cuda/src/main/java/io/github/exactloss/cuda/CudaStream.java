// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A stream of work on a GPU, done in order. Made by {@link CudaDevice#newStream}; it lives as long as its arena.
 *
 * <p>What gives a result to the processor waits for it: copies, losses, evaluations, {@link CudaAccumulator#mergeInto}.
 * Gradients alone, and adding to an accumulator, don't: they are done when {@link #synchronize()} returns. Memory that they
 * use must not be written meanwhile; closing its arena waits for them.
 *
 * <p>Usable from any thread at the same time, as far as the arena allows it.
 */
public final class CudaStream {
    /** The most heap memory that is copied at once. */
    private static final long STAGE_BYTES = 1 << 20;

    private final CudaDevice device;
    private final MemorySegment handle;

    CudaStream(CudaDevice device, MemorySegment handle) {
        this.device = device;
        this.handle = handle;
    }

    /** The device that does the work. */
    public CudaDevice device() {
        return device;
    }

    /** Waits until all work that was put into this stream so far is done. */
    public void synchronize() {
        CudaKernels.synchronize(device.handle(), handle);
    }

    /** Copies predictions into new device memory, which the arena owns. */
    public DeviceSegment copyOf(Predictions predictions, Arena arena) {
        return copyOf(predictions, predictions.segment(), arena);
    }

    /** Copies targets into new device memory, which the arena owns. */
    public DeviceSegment copyOf(Targets targets, Arena arena) {
        return copyOf(targets, targets.range(0, targets.count()), arena);
    }

    private DeviceSegment copyOf(Elements elements, MemorySegment from, Arena arena) {
        long first = elements.first(0);
        DeviceSegment copy = device.allocate(elements.type(), first + elements.count(), arena);
        copy(from, copy);
        return copy.slice(first, elements.count());
    }

    /**
     * Copies elements of the host, in memory of any kind, to the device.
     *
     * @throws IllegalArgumentException if the sizes in bytes differ
     */
    public void copy(MemorySegment from, DeviceSegment to) {
        to.requireOn(device);
        requireSameSize(from, to);
        inStages(from, (stage, offset, length) -> {
            MemorySegment host = from.asSlice(offset, length);
            CudaKernels.copy(
                    device.handle(),
                    to.memory().asSlice(offset, length),
                    stage == null ? host : stage.copyFrom(host),
                    handle);
        });
    }

    /**
     * Copies elements of the device to the host, to memory of any kind.
     *
     * @throws IllegalArgumentException if the sizes in bytes differ, or the memory is read-only
     */
    public void copy(DeviceSegment from, MemorySegment to) {
        from.requireOn(device);
        requireSameSize(to, from);
        if (to.isReadOnly()) {
            throw new IllegalArgumentException("the output is read-only");
        }
        inStages(to, (stage, offset, length) -> {
            MemorySegment host = to.asSlice(offset, length);
            CudaKernels.copy(
                    device.handle(), stage == null ? host : stage, from.memory().asSlice(offset, length), handle);
            if (stage != null) {
                host.copyFrom(stage);
            }
        });
    }

    private static void requireSameSize(MemorySegment host, DeviceSegment segment) {
        if (host.byteSize() != segment.memory().byteSize()) {
            throw new IllegalArgumentException("memory of " + host.byteSize() + " bytes on the host, but of "
                    + segment.memory().byteSize() + " bytes on the device");
        }
    }

    /** A copy of {@code length} bytes from {@code offset} on, by way of memory of that size, or null for none. */
    private interface Copy {
        void run(MemorySegment stage, long offset, long length);
    }

    /** The driver can't read the heap, where the garbage collector moves arrays. */
    private static void inStages(MemorySegment host, Copy copy) {
        long bytes = host.byteSize();
        if (host.isNative()) {
            copy.run(null, 0, bytes);
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(Math.min(bytes, STAGE_BYTES));
            for (long offset = 0; offset < bytes; offset += STAGE_BYTES) {
                long length = Math.min(bytes - offset, STAGE_BYTES);
                copy.run(memory.asSlice(0, length), offset, length);
            }
        }
    }

    /**
     * An empty accumulator on the device, to which this stream adds. The arena owns it.
     *
     * @throws UnsupportedOperationException with an option that GPUs don't offer
     */
    public CudaAccumulator newAccumulator(MnistLoss options, Arena arena) {
        double threshold = options.cudaOptions().threshold();
        MemorySegment accumulator = device.make(
                0, arena, () -> CudaKernels.newAccumulator(device.handle(), threshold), CudaKernels::endAccumulator);
        return new CudaAccumulator(options, this, accumulator);
    }

    MemorySegment handle() {
        return handle;
    }
}
