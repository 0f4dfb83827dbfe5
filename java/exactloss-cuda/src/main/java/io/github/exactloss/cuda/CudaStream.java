// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import io.github.exactloss.Batch;
import io.github.exactloss.ElementType;
import io.github.exactloss.Evaluator;
import io.github.exactloss.ExactLossException;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import io.github.exactloss.cuda.internal.CudaKernels;
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

    /**
     * A loss of arrays in the memory of the stream's device.
     *
     * @throws UnsupportedOperationException if the loss is strict or accumulates gradients, which GPUs don't offer
     */
    public CudaLoss loss(Loss loss) {
        return new CudaLoss(loss, this);
    }

    /**
     * An evaluator of arrays in the memory of the stream's device.
     *
     * @throws UnsupportedOperationException if the evaluator is strict, which GPUs don't offer
     */
    public CudaEvaluator evaluator(Evaluator evaluator) {
        return new CudaEvaluator(evaluator, this);
    }

    /**
     * Waits until all work that was put into this stream so far is done.
     *
     * @throws ExactLossException if the driver fails, or has failed in that work
     */
    public void synchronize() {
        CudaKernels.synchronize(device.handle(), handle);
    }

    /**
     * Copies a batch into new device memory, which the arena owns.
     *
     * @throws IllegalArgumentException if the counts differ, as those of {@link Batch#ofRows} may
     * @throws ExactLossException if there is not enough memory, or the driver fails
     */
    public DeviceBatch copyOf(Batch batch, Arena arena) {
        DeviceBatch copy = DeviceBatch.of(copyOf(batch.predictions(), arena), copyOf(batch.targets(), arena));
        return batch.weights()
                .map(weights -> copy.weights(copyOf(weights, arena)))
                .orElse(copy);
    }

    /** Copies predictions into new device memory, which the arena owns. It throws what copying a batch does. */
    public DeviceSegment copyOf(Predictions predictions, Arena arena) {
        return copyOf(predictions.segment(), predictions.type(), 0, predictions.count(), arena);
    }

    /** Copies targets into new device memory, which the arena owns. It throws what copying a batch does. */
    public DeviceSegment copyOf(Targets targets, Arena arena) {
        return copyOf(targets.segment(), targets.type(), targets.bitOffset(), targets.count(), arena);
    }

    /** Copies weights into new device memory, which the arena owns. It throws what copying a batch does. */
    public DeviceSegment copyOf(Weights weights, Arena arena) {
        return copyOf(weights.segment(), weights.type(), 0, weights.count(), arena);
    }

    private DeviceSegment copyOf(MemorySegment from, ElementType type, int bitOffset, long count, Arena arena) {
        DeviceSegment copy = device.allocate(type, bitOffset + count, arena);
        copy(from, copy);
        return copy.slice(bitOffset, count);
    }

    /**
     * Copies elements of the host, in memory of any kind, to the device.
     *
     * @throws IllegalArgumentException if the sizes in bytes differ
     * @throws ExactLossException if the driver fails
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
     * @throws ExactLossException if the driver fails
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
     * @throws UnsupportedOperationException if the evaluator is strict, which GPUs don't offer
     * @throws ExactLossException if there is not enough memory, or the driver fails
     */
    public CudaAccumulator newAccumulator(Evaluator evaluator, Arena arena) {
        CudaOptions.requireOffered(evaluator);
        int losses = CudaOptions.losses(evaluator);
        MemorySegment accumulator = device.make(
                0,
                arena,
                () -> CudaKernels.newAccumulator(device.handle(), losses, evaluator.threshold()),
                CudaKernels::endAccumulator);
        return new CudaAccumulator(evaluator, this, accumulator);
    }

    /** The device's name: {@code CudaStream[CudaDevice[NVIDIA H100 PCIe]]}. */
    @Override
    public String toString() {
        return "CudaStream[" + device + "]";
    }

    MemorySegment handle() {
        return handle;
    }
}
