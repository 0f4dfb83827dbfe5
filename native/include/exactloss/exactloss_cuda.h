/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exactloss on NVIDIA GPUs: the same results, with the same bits, from arrays that lie in a GPU's memory.
 *
 *     exactloss_cuda_device *device;
 *     double loss;
 *     int status = exactloss_cuda_open(0, &device);
 *     if (status == EXACTLOSS_OK) {
 *         status = exactloss_cuda_mnist_loss_sync(device, predictions, EXACTLOSS_FLOAT32, targets, EXACTLOSS_UINT8, 0,
 *                                                 n, EXACTLOSS_REDUCTION_MEAN, 0, &loss, NULL, NULL);
 *     }
 *     if (status != EXACTLOSS_OK) {
 *         fprintf(stderr, "%s\n", exactloss_cuda_error());
 *     }
 *
 * This is the header of libexactloss_cuda.so, a library of its own that needs nothing but libc: neither a CUDA toolkit,
 * nor libexactloss.so, nor, to be loaded, a GPU. It looks for the driver, libcuda.so.1, at the first call that needs
 * one, and never again: where there is no driver or no GPU, nothing can be opened: EXACTLOSS_CUDA_ERROR_UNAVAILABLE, and
 * exactloss_cuda_error() says why. native/docs/cuda.md tells how it works and what is proven about it.
 *
 * The numeric contract is that of exactloss.h, and so are types, reductions, flags and results. An accumulator of
 * exactloss.h takes what a GPU has summed as it takes anything else: partial results of GPUs and processors merge into
 * the bits that one of them alone would have given. Strict mode, weights, rows and EXACTLOSS_ACCUMULATE are not offered.
 *
 * Rules for every function, beside those of exactloss.h
 *   - Returns a status: EXACTLOSS_OK (0), an EXACTLOSS_ERROR_* or an EXACTLOSS_CUDA_ERROR_* code; then no result was
 *     written. The memory of a gradient may have been, where it is the driver that failed.
 *   - Predictions, targets and gradients are addresses that the device can use: its own memory, managed memory, or
 *     pinned host memory, from whatever CUDA library. Nothing is ever moved to the GPU unasked: sending an array there
 *     takes longer than it takes the processor to sum it. Results are written to ordinary memory of the host.
 *   - A device array is aligned to the size of its elements; otherwise EXACTLOSS_CUDA_ERROR_ALIGNMENT. It is fastest
 *     where predictions and gradient are aligned to 16 bytes, and the targets, from targets_offset on, as all those that
 *     belong to 16 bytes of predictions would be (to 4 bytes: uint8 beside float32): whole allocations are.
 *   - `stream` is a CUstream (the same as a cudaStream_t), in which the work is done in order; NULL is the legacy
 *     default stream. It belongs to the primary context of the device, as those of the CUDA runtime and of PyTorch do.
 *   - An *_async function only puts work into the stream. It neither waits nor allocates, so arrays must stay as they
 *     are until the stream has done it. A *_sync function also waits for that, for this stream alone.
 *   - Functions may be called from any thread at the same time. They leave the thread's current CUDA context as it was.
 *   - What the GPU itself reports (an illegal address, say) comes from the call that waits for it as
 *     EXACTLOSS_CUDA_ERROR_DRIVER. After most of such errors CUDA cannot be used in the process any more.
 */
#ifndef EXACTLOSS_EXACTLOSS_CUDA_H
#define EXACTLOSS_EXACTLOSS_CUDA_H

#include "exactloss.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------ constants -- */

/* The version of this binary interface, as EXACTLOSS_ABI_VERSION is that of exactloss.h. */
#define EXACTLOSS_CUDA_ABI_VERSION 1

/* Statuses, beside those of exactloss.h. */
#define EXACTLOSS_CUDA_ERROR_UNAVAILABLE 101 /* no driver, a driver that is too old, or no GPU */
#define EXACTLOSS_CUDA_ERROR_DEVICE 102      /* there is no device of that number */
#define EXACTLOSS_CUDA_ERROR_MEMORY 103      /* not enough memory, of the device or pinned memory of the host */
#define EXACTLOSS_CUDA_ERROR_ALIGNMENT 104   /* a device array is not aligned to the size of its elements */
#define EXACTLOSS_CUDA_ERROR_DRIVER 105 /* a call of the driver failed; exactloss_cuda_error() says which and how */

/* ---------------------------------------------------------------------------------------------------- types -- */

/* A GPU that was opened, with the library's kernels loaded into its primary context. */
typedef struct exactloss_cuda_device exactloss_cuda_device;

/* An evaluation on a GPU that takes its data in pieces, without waiting: integers in the device's memory. */
typedef struct exactloss_cuda_accumulator exactloss_cuda_accumulator;

/* What a device is. */
typedef struct exactloss_cuda_device_info {
    char name[256];           /* as the driver gives it, ended by a 0 */
    int64_t memory_bytes;     /* of the device */
    int64_t memory_bandwidth; /* bytes a second at most, from its clock and the width of its bus; 0 where unknown */
    int32_t compute_major;    /* compute capability: 9.0 is major 9, minor 0 */
    int32_t compute_minor;
    int32_t multiprocessors;
    int32_t driver_version; /* of CUDA that the driver speaks: 1000 * major + 10 * minor */
} exactloss_cuda_device_info;

/* -------------------------------------------------------------------------------------------------- devices -- */

/*
 * The number of GPUs that can be used, at least 1. Without any it is 0, the status EXACTLOSS_CUDA_ERROR_UNAVAILABLE, and
 * exactloss_cuda_error() gives the reason. The first call loads and initialises the driver; without one it takes
 * microseconds. The answer holds for the life of the process.
 */
EXACTLOSS_API int exactloss_cuda_device_count(int *count);

/* Describes device `ordinal`, 0 <= ordinal < count. It is not opened for that, and no context is made. */
EXACTLOSS_API int exactloss_cuda_get_device_info(int ordinal, exactloss_cuda_device_info *info);

/*
 * Opens device `ordinal`: retains its primary context, which is made now unless it is in use, and loads the kernels.
 * Takes from milliseconds to some seconds, the latter where the driver has to compile them for a new architecture.
 * A device may be opened several times. *device is NULL on failure.
 */
EXACTLOSS_API int exactloss_cuda_open(int ordinal, exactloss_cuda_device **device);

/*
 * Closes a device, NULL being none, and releases its context. No work of this library may be under way there, and its
 * accumulators are destroyed before. Memory and streams from the functions below should be too: they live until the
 * last user of the primary context has released it.
 */
EXACTLOSS_API int exactloss_cuda_close(exactloss_cuda_device *device);

/* -------------------------------------------------------------------------------------- memory and streams -- */

/* Allocates `size` bytes of device memory, aligned to 256 bytes, of unspecified content. 0 bytes give NULL. */
EXACTLOSS_API int exactloss_cuda_alloc(exactloss_cuda_device *device, int64_t size, void **memory);

/* Frees what exactloss_cuda_alloc() gave, once all work of the device is done; NULL does nothing. */
EXACTLOSS_API int exactloss_cuda_free(exactloss_cuda_device *device, void *memory);

/*
 * Copies `size` bytes between host and device, or within either, in the order of the stream. Host memory that is not
 * pinned may be read before the call returns, or it may be waited for: as cudaMemcpyAsync() does.
 */
EXACTLOSS_API int exactloss_cuda_copy_async(exactloss_cuda_device *device, void *to, const void *from, int64_t size,
                                            void *stream);

/* Makes a stream that does not wait for the legacy default stream, nor makes it wait. */
EXACTLOSS_API int exactloss_cuda_stream_create(exactloss_cuda_device *device, void **stream);

/* Ends a stream once its work is done. NULL does nothing. */
EXACTLOSS_API int exactloss_cuda_stream_destroy(exactloss_cuda_device *device, void *stream);

/* Waits until the stream has done all that was put into it so far. */
EXACTLOSS_API int exactloss_cuda_stream_sync(exactloss_cuda_device *device, void *stream);

/* ---------------------------------------------------------------------------------------- loss and gradient -- */

/*
 * The mean or the sum of the distances, as exactloss_mnist_loss() gives it, with the same bits.
 *
 * flags         EXACTLOSS_LOGITS
 * loss          receives the result as a double, on the host; may be NULL
 * loss_f32      receives it as a float; may be NULL
 */
EXACTLOSS_API int exactloss_cuda_mnist_loss_sync(exactloss_cuda_device *device, const void *predictions,
                                                 int predictions_dtype, const void *targets, int targets_dtype,
                                                 int64_t targets_offset, int64_t count, int reduction, int flags,
                                                 double *loss, float *loss_f32, void *stream);

/* The loss and all counting metrics, as exactloss_evaluate() gives them. flags: EXACTLOSS_LOGITS. */
EXACTLOSS_API int exactloss_cuda_evaluate_sync(exactloss_cuda_device *device, const void *predictions,
                                               int predictions_dtype, const void *targets, int targets_dtype,
                                               int64_t targets_offset, int64_t count, double threshold, int flags,
                                               exactloss_evaluation *evaluation, void *stream);

/*
 * The gradient with respect to predictions, as exactloss_mnist_loss_gradient() gives it.
 *
 * gradient      device memory that receives count elements of gradient_dtype
 */
EXACTLOSS_API int exactloss_cuda_mnist_loss_gradient_async(exactloss_cuda_device *device, const void *targets,
                                                           int targets_dtype, int64_t targets_offset, int64_t count,
                                                           double upstream, int reduction, void *gradient,
                                                           int gradient_dtype, void *stream);

/*
 * The loss and its gradient in one pass over memory, as exactloss_mnist_loss_and_gradient() gives them.
 *
 * reduction     EXACTLOSS_REDUCTION_MEAN or _SUM
 * flags         EXACTLOSS_LOGITS
 * gradient      device memory that receives count elements of predictions_dtype. It may be the predictions' own memory
 *               (in place); any other overlap is undefined.
 */
EXACTLOSS_API int exactloss_cuda_mnist_loss_and_gradient_sync(exactloss_cuda_device *device, const void *predictions,
                                                              int predictions_dtype, const void *targets,
                                                              int targets_dtype, int64_t targets_offset, int64_t count,
                                                              double upstream, int reduction, int flags, double *loss,
                                                              float *loss_f32, void *gradient, void *stream);

/* ----------------------------------------------------------------------------- the accumulator: data in pieces -- */

/*
 * Makes an empty accumulator, in less than 1 KiB of device memory. threshold: as in exactloss_accumulator_init().
 * *accumulator is NULL on failure.
 */
EXACTLOSS_API int exactloss_cuda_accumulator_create(exactloss_cuda_device *device, double threshold,
                                                    exactloss_cuda_accumulator **accumulator);

/* Ends an accumulator, NULL being none, once all work of its device is done. */
EXACTLOSS_API int exactloss_cuda_accumulator_destroy(exactloss_cuda_accumulator *accumulator);

/* Empties an accumulator, in the order of the stream. */
EXACTLOSS_API int exactloss_cuda_accumulator_clear_async(exactloss_cuda_accumulator *accumulator, void *stream);

/*
 * Adds `count` elements; flags: EXACTLOSS_LOGITS. Several streams may add to one accumulator at the same time, and the
 * order does not matter.
 */
EXACTLOSS_API int exactloss_cuda_accumulator_add_async(exactloss_cuda_accumulator *accumulator, const void *predictions,
                                                       int predictions_dtype, const void *targets, int targets_dtype,
                                                       int64_t targets_offset, int64_t count, int flags, void *stream);

/*
 * Adds `count` elements and gives their gradient, as exactloss_accumulator_add_with_gradient() does.
 *
 * divisor       the number of elements that the mean is taken over; 1 for the sum; at least 1, or EXACTLOSS_ERROR_COUNT
 * flags         EXACTLOSS_LOGITS
 */
EXACTLOSS_API int exactloss_cuda_accumulator_add_with_gradient_async(exactloss_cuda_accumulator *accumulator,
                                                                     const void *predictions, int predictions_dtype,
                                                                     const void *targets, int targets_dtype,
                                                                     int64_t targets_offset, int64_t count,
                                                                     double upstream, int64_t divisor, int flags,
                                                                     void *gradient, void *stream);

/*
 * Waits for the stream, and adds all that the device's accumulator was given, which stays as it is, to `sum`: an
 * initialised accumulator of exactloss.h with the same threshold (otherwise EXACTLOSS_ERROR_THRESHOLD). No
 * other stream may be adding meanwhile: of its elements any part could be in the sum, and another in the counts. One
 * call at a time for an accumulator of the device.
 * After 2^29 blocks of threads, some hundred thousand large calls without a clear, the device's integers could
 * overflow: EXACTLOSS_ERROR_OVERFLOW.
 */
EXACTLOSS_API int exactloss_cuda_accumulator_merge_sync(exactloss_accumulator *sum,
                                                        exactloss_cuda_accumulator *accumulator, void *stream);

/* ---------------------------------------------------------------------------------------------- the library -- */

/*
 * Why the last function that failed in this thread did so: one line without a full stop, with the driver's own words
 * where it has some. Empty if none failed yet. Never NULL; it stays until the next failure in this thread.
 */
EXACTLOSS_API const char *exactloss_cuda_error(void);

/* EXACTLOSS_CUDA_ABI_VERSION as it was when the library was compiled. */
EXACTLOSS_API int exactloss_cuda_abi_version(void);

#ifdef __cplusplus
}
#endif

#endif
