// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import io.github.exactloss.ElementType;
import io.github.exactloss.ExactLossException;
import io.github.exactloss.NativeLibraryException;
import io.github.exactloss.cuda.internal.CudaKernels;
import io.github.exactloss.cuda.internal.CudaLibrary;
import io.github.exactloss.internal.CoreLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * An NVIDIA GPU. It has memory, as {@link DeviceSegment}s, and does its work in {@link CudaStream}s.
 *
 * <p>A device lives as long as the arena that it was opened in, and so does what is made on it, in whatever order the arenas
 * are closed: a device is closed when nothing of it is left. Using a closed one is an {@link IllegalStateException}.
 *
 * <p>Usable from any thread at the same time, as far as the arenas allow it.
 */
public final class CudaDevice {
    private final Description description;
    private final MemorySegment raw;
    private final MemorySegment handle;

    /** The number of users: the arena that it was opened in, and everything made on it. The last that ends closes it. */
    private final AtomicInteger users = new AtomicInteger(1);

    /**
     * What a device is.
     *
     * @param name the name that the driver gives
     * @param memoryBytes the size of its memory
     * @param memoryBandwidth bytes a second at most, from the memory's clock and the width of its bus; 0 where unknown
     * @param computeMajor the compute capability's first number
     * @param computeMinor the compute capability's second number
     * @param multiprocessors the number of multiprocessors
     * @param driverVersion the version of CUDA that the driver speaks: 1000 * major + 10 * minor
     */
    public record Description(
            String name,
            long memoryBytes,
            long memoryBandwidth,
            int computeMajor,
            int computeMinor,
            int multiprocessors,
            int driverVersion) {}

    private CudaDevice(int ordinal, Arena arena) {
        description = CudaKernels.describe(ordinal);
        raw = CudaKernels.open(ordinal);
        try {
            handle = CudaKernels.owned(raw, 0, arena, ended -> release());
        } catch (RuntimeException e) {
            release();
            throw e;
        }
    }

    /** Why there is no device that can be used, in one line; empty if there is one. The answer holds for the process. */
    public static Optional<String> absence() {
        try {
            count();
            return Optional.empty();
        } catch (NativeLibraryException | ExactLossException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** The devices that can be opened, by their numbers from 0 on. Where there is none, {@link #absence()} says why. */
    public static List<Description> available() {
        return absence().isPresent()
                ? List.of()
                : IntStream.range(0, count()).mapToObj(CudaKernels::describe).toList();
    }

    private static int count() {
        CudaLibrary.load();
        return CudaKernels.deviceCount();
    }

    /**
     * Opens a device and loads the kernels into it: in milliseconds, or some seconds where the driver has to compile them.
     *
     * @param ordinal its index in {@link #available()}
     * @throws NativeLibraryException if a native library can't be loaded
     * @throws ExactLossException if there is no such device, with the reason, or if the driver fails
     */
    public static CudaDevice open(int ordinal, Arena arena) {
        CoreLibrary.load();
        CudaLibrary.load();
        return new CudaDevice(ordinal, arena);
    }

    /** What it is. */
    public Description description() {
        return description;
    }

    /**
     * New device memory for {@code count} elements, of unspecified content, aligned to 256 bytes. The arena owns it.
     *
     * @throws IllegalArgumentException if {@code count} is negative or too large to address
     * @throws ExactLossException if there is not enough memory, or the driver fails
     */
    public DeviceSegment allocate(ElementType type, long count, Arena arena) {
        long bytes = type.bytes(count);
        MemorySegment memory =
                make(bytes, arena, () -> CudaKernels.allocate(handle, bytes), ended -> CudaKernels.free(raw, ended));
        return new DeviceSegment(this, memory, type, 0, count);
    }

    /**
     * A view of device memory that another library has made.
     *
     * @param memory its address and size; alive for as long as the memory is. Every byte must be one that this device can
     *     use, and the elements aligned to their size: a wrong address ends the use of CUDA in this process.
     * @throws IllegalArgumentException if the size is no multiple of that of an element, or it is memory of the heap
     */
    public DeviceSegment view(MemorySegment memory, ElementType type) {
        if (!memory.isNative()) {
            throw new IllegalArgumentException("memory of the heap is none of a device");
        }
        if (memory.byteSize() > Long.MAX_VALUE / Byte.SIZE) {
            throw new IllegalArgumentException("a segment of " + memory.byteSize()
                    + " bytes is larger than memory; give it its size by asSlice(0, bytes)");
        }
        long count = memory.byteSize() * Byte.SIZE / type.bits();
        if (type.bytes(count) != memory.byteSize()) {
            throw new IllegalArgumentException(
                    "a segment of " + memory.byteSize() + " bytes holds no whole number of " + type + " elements");
        }
        return new DeviceSegment(this, memory, type, 0, count);
    }

    /**
     * A new stream, which neither waits for others nor makes them wait. The arena owns it.
     *
     * @throws ExactLossException if the driver fails
     */
    public CudaStream newStream(Arena arena) {
        return new CudaStream(
                this, make(0, arena, () -> CudaKernels.newStream(handle), ended -> CudaKernels.endStream(raw, ended)));
    }

    /** The device's name: {@code CudaDevice[NVIDIA H100 PCIe]}. */
    @Override
    public String toString() {
        return "CudaDevice[" + description.name() + "]";
    }

    MemorySegment handle() {
        return handle;
    }

    /** Makes a part of this device, which an arena owns. */
    MemorySegment make(long bytes, Arena arena, Supplier<MemorySegment> maker, Consumer<MemorySegment> end) {
        retain();
        MemorySegment made = null;
        try {
            made = maker.get();
            return CudaKernels.owned(made, bytes, arena, ended -> end(ended, end));
        } catch (RuntimeException e) {
            if (made == null) {
                release();
            } else {
                end(made, end);
            }
            throw e;
        }
    }

    private void end(MemorySegment ended, Consumer<MemorySegment> end) {
        try {
            end.accept(ended);
        } finally {
            release();
        }
    }

    private void retain() {
        if (users.getAndUpdate(n -> n == 0 ? 0 : n + 1) == 0) {
            throw new IllegalStateException("the device is closed");
        }
    }

    private void release() {
        if (users.decrementAndGet() == 0) {
            CudaKernels.close(raw);
        }
    }
}
