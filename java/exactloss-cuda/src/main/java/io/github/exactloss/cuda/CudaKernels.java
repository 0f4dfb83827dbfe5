// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static io.github.exactloss.bindings.cuda.exactloss_cuda_h.*;

import io.github.exactloss.bindings.cuda.exactloss_cuda_device_info;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * The downcalls to the library that works on GPUs, as {@link Kernels} has those to the other one. Segments of device memory
 * are only ever passed on: nothing here reads or writes them.
 */
final class CudaKernels {
    static final int ABI_VERSION = EXACTLOSS_CUDA_ABI_VERSION();

    private CudaKernels() {}

    static int abiVersion() {
        return exactloss_cuda_abi_version();
    }

    static int deviceCount() {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment count = call.allocate(C_INT);
            check(() -> (int) exactloss_cuda_device_count$handle().invokeExact(count));
            return count.get(C_INT, 0);
        }
    }

    static CudaDevice.Description describe(int ordinal) {
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

    static MemorySegment open(int ordinal) {
        return made(made -> (int) exactloss_cuda_open$handle().invokeExact(ordinal, made));
    }

    static void close(MemorySegment device) {
        check(() -> (int) exactloss_cuda_close$handle().invokeExact(device));
    }

    static MemorySegment allocate(MemorySegment device, long bytes) {
        return made(made -> (int) exactloss_cuda_alloc$handle().invokeExact(device, bytes, made));
    }

    static void free(MemorySegment device, MemorySegment memory) {
        check(() -> (int) exactloss_cuda_free$handle().invokeExact(device, memory));
    }

    /** Copies all of {@code from}, one of them being off-heap memory of the host, and waits for it. */
    static void copy(MemorySegment device, MemorySegment to, MemorySegment from, MemorySegment stream) {
        long bytes = from.byteSize();
        check(() -> (int) exactloss_cuda_copy_async$handle().invokeExact(device, to, from, bytes, stream));
        synchronize(device, stream);
    }

    static MemorySegment newStream(MemorySegment device) {
        return made(made -> (int) exactloss_cuda_stream_create$handle().invokeExact(device, made));
    }

    static void endStream(MemorySegment device, MemorySegment stream) {
        check(() -> (int) exactloss_cuda_stream_destroy$handle().invokeExact(device, stream));
    }

    static void synchronize(MemorySegment device, MemorySegment stream) {
        check(() -> (int) exactloss_cuda_stream_sync$handle().invokeExact(device, stream));
    }

    static double loss(
            MemorySegment device,
            DeviceSegment predictions,
            DeviceSegment targets,
            Reduction reduction,
            int flags,
            MemorySegment stream) {
        MemorySegment loss = Scratch.ofThread().loss();
        check(() -> (int) exactloss_cuda_mnist_loss_sync$handle()
                .invokeExact(
                        device,
                        predictions.memory(),
                        predictions.type().code(),
                        targets.memory(),
                        targets.type().code(),
                        targets.first(),
                        predictions.count(),
                        reduction.code(),
                        flags,
                        loss,
                        MemorySegment.NULL,
                        stream));
        return loss.get(C_DOUBLE, 0);
    }

    static Evaluation evaluate(
            MemorySegment device,
            DeviceSegment predictions,
            DeviceSegment targets,
            double threshold,
            int flags,
            MemorySegment stream) {
        Scratch scratch = Scratch.ofThread();
        check(() -> (int) exactloss_cuda_evaluate_sync$handle()
                .invokeExact(
                        device,
                        predictions.memory(),
                        predictions.type().code(),
                        targets.memory(),
                        targets.type().code(),
                        targets.first(),
                        predictions.count(),
                        threshold,
                        flags,
                        scratch.evaluation(),
                        stream));
        return scratch.readEvaluation();
    }

    static void gradient(
            MemorySegment device,
            DeviceSegment targets,
            double upstream,
            Reduction reduction,
            Output gradient,
            MemorySegment stream) {
        check(() -> (int) exactloss_cuda_mnist_loss_gradient_async$handle()
                .invokeExact(
                        device,
                        targets.memory(),
                        targets.type().code(),
                        targets.first(),
                        targets.count(),
                        upstream,
                        reduction.code(),
                        gradient.segment(),
                        gradient.type().code(),
                        stream));
    }

    static double lossAndGradient(
            MemorySegment device,
            DeviceSegment predictions,
            DeviceSegment targets,
            double upstream,
            Reduction reduction,
            int flags,
            Output gradient,
            MemorySegment stream) {
        MemorySegment loss = Scratch.ofThread().loss();
        check(() -> (int) exactloss_cuda_mnist_loss_and_gradient_sync$handle()
                .invokeExact(
                        device,
                        predictions.memory(),
                        predictions.type().code(),
                        targets.memory(),
                        targets.type().code(),
                        targets.first(),
                        predictions.count(),
                        upstream,
                        reduction.code(),
                        flags,
                        loss,
                        MemorySegment.NULL,
                        gradient.segment(),
                        stream));
        return loss.get(C_DOUBLE, 0);
    }

    static MemorySegment newAccumulator(MemorySegment device, double threshold) {
        return made(made -> (int) exactloss_cuda_accumulator_create$handle().invokeExact(device, threshold, made));
    }

    static void endAccumulator(MemorySegment accumulator) {
        check(() -> (int) exactloss_cuda_accumulator_destroy$handle().invokeExact(accumulator));
    }

    static void clear(MemorySegment accumulator, MemorySegment stream) {
        check(() -> (int) exactloss_cuda_accumulator_clear_async$handle().invokeExact(accumulator, stream));
    }

    static void add(
            MemorySegment accumulator,
            DeviceSegment predictions,
            DeviceSegment targets,
            int flags,
            MemorySegment stream) {
        check(() -> (int) exactloss_cuda_accumulator_add_async$handle()
                .invokeExact(
                        accumulator,
                        predictions.memory(),
                        predictions.type().code(),
                        targets.memory(),
                        targets.type().code(),
                        targets.first(),
                        predictions.count(),
                        flags,
                        stream));
    }

    static void addWithGradient(
            MemorySegment accumulator,
            DeviceSegment predictions,
            DeviceSegment targets,
            double upstream,
            long divisor,
            int flags,
            Output gradient,
            MemorySegment stream) {
        check(() -> (int) exactloss_cuda_accumulator_add_with_gradient_async$handle()
                .invokeExact(
                        accumulator,
                        predictions.memory(),
                        predictions.type().code(),
                        targets.memory(),
                        targets.type().code(),
                        targets.first(),
                        predictions.count(),
                        upstream,
                        divisor,
                        flags,
                        gradient.segment(),
                        stream));
    }

    static void merge(MemorySegment sum, MemorySegment accumulator, MemorySegment stream) {
        check(() -> (int) exactloss_cuda_accumulator_merge_sync$handle().invokeExact(sum, accumulator, stream));
    }

    /**
     * What the library made, for as long as an arena lives; {@code end} ends it, without an arena. Restricted because it
     * says how long the memory is, and who frees it, which is known of memory that was just made.
     */
    @SuppressWarnings("restricted")
    static MemorySegment owned(MemorySegment made, long bytes, Arena arena, Consumer<MemorySegment> end) {
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
    private static void check(Kernels.Call call) {
        int status = Kernels.status(call);
        if (status != 0) {
            throw new ExactLossException(status, exactloss_cuda_error().getString(0));
        }
    }
}
