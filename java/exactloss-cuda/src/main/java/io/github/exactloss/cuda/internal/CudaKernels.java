// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda.internal;

import static io.github.exactloss.cuda.internal.bindings.exactloss_cuda_h.*;

import io.github.exactloss.Batch;
import io.github.exactloss.Evaluation;
import io.github.exactloss.ExactLossException;
import io.github.exactloss.Weights;
import io.github.exactloss.cuda.CudaDevice;
import io.github.exactloss.cuda.internal.bindings.exactloss_cuda_device_info;
import io.github.exactloss.internal.Evaluations;
import io.github.exactloss.internal.Linkage;
import io.github.exactloss.internal.Options;
import io.github.exactloss.internal.Structs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * The native functions that work on GPUs. Their callers have loaded the libraries and checked the arguments.
 *
 * <p>{@code options} are constants of {@link Options} and of a loss, without the types. A batch is one of device memory, which
 * is only ever passed on: nothing here reads or writes it.
 */
public final class CudaKernels {
    static final int ABI_VERSION = EXACTLOSS_CUDA_ABI_VERSION();

    private CudaKernels() {}

    static int abiVersion() {
        return exactloss_cuda_abi_version();
    }

    public static int deviceCount() {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment count = call.allocate(C_INT);
            check(() -> (int) exactloss_cuda_device_count$handle().invokeExact(count));
            return count.get(C_INT, 0);
        }
    }

    public static CudaDevice.Description describe(int ordinal) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment info = exactloss_cuda_device_info.allocate(call);
            check(() -> (int) exactloss_cuda_get_device_info$handle().invokeExact(ordinal, info));
            return new CudaDevice.Description(
                    exactloss_cuda_device_info.name(info).getString(0),
                    exactloss_cuda_device_info.memory_bytes(info),
                    exactloss_cuda_device_info.memory_bandwidth(info),
                    exactloss_cuda_device_info.compute_major(info),
                    exactloss_cuda_device_info.compute_minor(info),
                    exactloss_cuda_device_info.multiprocessors(info),
                    exactloss_cuda_device_info.driver_version(info));
        }
    }

    public static MemorySegment open(int ordinal) {
        return made(made -> (int) exactloss_cuda_open$handle().invokeExact(ordinal, made));
    }

    public static void close(MemorySegment device) {
        check(() -> (int) exactloss_cuda_close$handle().invokeExact(device));
    }

    public static MemorySegment allocate(MemorySegment device, long bytes) {
        return made(made -> (int) exactloss_cuda_alloc$handle().invokeExact(device, bytes, made));
    }

    public static void free(MemorySegment device, MemorySegment memory) {
        check(() -> (int) exactloss_cuda_free$handle().invokeExact(device, memory));
    }

    /** Copies all of {@code from}, one of them being off-heap memory of the host, and waits for it. */
    public static void copy(MemorySegment device, MemorySegment to, MemorySegment from, MemorySegment stream) {
        long bytes = from.byteSize();
        check(() -> (int) exactloss_cuda_copy_async$handle().invokeExact(device, to, from, bytes, stream));
        synchronize(device, stream);
    }

    public static MemorySegment newStream(MemorySegment device) {
        return made(made -> (int) exactloss_cuda_stream_create$handle().invokeExact(device, made));
    }

    public static void endStream(MemorySegment device, MemorySegment stream) {
        check(() -> (int) exactloss_cuda_stream_destroy$handle().invokeExact(device, stream));
    }

    public static void synchronize(MemorySegment device, MemorySegment stream) {
        check(() -> (int) exactloss_cuda_stream_sync$handle().invokeExact(device, stream));
    }

    public static double loss(MemorySegment device, int options, Batch batch, MemorySegment stream) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment loss = call.allocate(C_DOUBLE);
            check(() -> (int) exactloss_cuda_loss_sync$handle()
                    .invokeExact(
                            device,
                            options | types(batch),
                            batch.predictions().segment(),
                            batch.targets().segment(),
                            weights(batch),
                            batch.count(),
                            loss,
                            stream));
            return loss.get(C_DOUBLE, 0);
        }
    }

    /** Puts the work into the stream, and does not wait for it. */
    public static void gradient(
            MemorySegment device,
            int options,
            Batch batch,
            double upstream,
            long divisor,
            MemorySegment gradient,
            MemorySegment stream) {
        check(() -> (int) exactloss_cuda_gradient_async$handle()
                .invokeExact(
                        device,
                        options | types(batch),
                        batch.predictions().segment(),
                        batch.targets().segment(),
                        weights(batch),
                        batch.count(),
                        upstream,
                        divisor,
                        gradient,
                        stream));
    }

    public static double lossAndGradient(
            MemorySegment device,
            int options,
            Batch batch,
            double upstream,
            MemorySegment gradient,
            MemorySegment stream) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment loss = call.allocate(C_DOUBLE);
            check(() -> (int) exactloss_cuda_loss_and_gradient_sync$handle()
                    .invokeExact(
                            device,
                            options | types(batch),
                            batch.predictions().segment(),
                            batch.targets().segment(),
                            weights(batch),
                            batch.count(),
                            upstream,
                            gradient,
                            loss,
                            stream));
            return loss.get(C_DOUBLE, 0);
        }
    }

    public static Evaluation evaluate(
            MemorySegment device, int options, Batch batch, double threshold, MemorySegment stream) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment evaluation = call.allocate(Structs.EVALUATION_BYTES, Long.BYTES);
            Structs.setSize(evaluation);
            check(() -> (int) exactloss_cuda_evaluate_sync$handle()
                    .invokeExact(
                            device,
                            options | types(batch),
                            batch.predictions().segment(),
                            batch.targets().segment(),
                            weights(batch),
                            batch.count(),
                            threshold,
                            evaluation,
                            stream));
            return Evaluations.read(evaluation);
        }
    }

    public static MemorySegment newAccumulator(MemorySegment device, int losses, double threshold) {
        return made(
                made -> (int) exactloss_cuda_accumulator_create$handle().invokeExact(device, losses, threshold, made));
    }

    public static void endAccumulator(MemorySegment accumulator) {
        check(() -> (int) exactloss_cuda_accumulator_destroy$handle().invokeExact(accumulator));
    }

    public static void clear(MemorySegment accumulator, MemorySegment stream) {
        check(() -> (int) exactloss_cuda_accumulator_clear_async$handle().invokeExact(accumulator, stream));
    }

    public static void add(MemorySegment accumulator, int options, Batch batch, MemorySegment stream) {
        check(() -> (int) exactloss_cuda_accumulator_add_async$handle()
                .invokeExact(
                        accumulator,
                        options | types(batch),
                        batch.predictions().segment(),
                        batch.targets().segment(),
                        weights(batch),
                        batch.count(),
                        stream));
    }

    public static void addWithGradient(
            MemorySegment accumulator,
            int options,
            Batch batch,
            double upstream,
            long divisor,
            MemorySegment gradient,
            MemorySegment stream) {
        check(() -> (int) exactloss_cuda_accumulator_add_with_gradient_async$handle()
                .invokeExact(
                        accumulator,
                        options | types(batch),
                        batch.predictions().segment(),
                        batch.targets().segment(),
                        weights(batch),
                        batch.count(),
                        upstream,
                        divisor,
                        gradient,
                        stream));
    }

    /**
     * Adds the accumulator of a device to one of the core library.
     *
     * @param total in off-heap memory, because the call waits for the GPU
     */
    public static void merge(MemorySegment total, MemorySegment accumulator, MemorySegment stream) {
        check(() -> (int) exactloss_cuda_accumulator_merge_sync$handle().invokeExact(total, accumulator, stream));
    }

    private static int types(Batch batch) {
        return Options.types(batch.predictions(), batch.targets());
    }

    private static MemorySegment weights(Batch batch) {
        return batch.weights().map(Weights::segment).orElse(MemorySegment.NULL);
    }

    /**
     * What the library made, for as long as an arena lives; {@code end} ends it, without an arena. Restricted because it
     * says how long the memory is, and who frees it, which is known of memory that was just made.
     */
    @SuppressWarnings("restricted")
    public static MemorySegment owned(MemorySegment made, long bytes, Arena arena, Consumer<MemorySegment> end) {
        return made.reinterpret(bytes, arena, end);
    }

    /** A downcall that writes a pointer to what it made. */
    private interface Maker {
        int make(MemorySegment made) throws Throwable;
    }

    private static MemorySegment made(Maker maker) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment made = call.allocate(C_POINTER);
            check(() -> maker.make(made));
            return MemorySegment.ofAddress(made.get(C_POINTER, 0).address());
        }
    }

    /** Turns an error into its exception. The reason is kept by thread; a virtual one stays on its own meanwhile. */
    private static void check(Linkage.Call call) {
        if (Linkage.status(call) != 0) {
            throw new ExactLossException(exactloss_cuda_error().getString(0));
        }
    }
}
