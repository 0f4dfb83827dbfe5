/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exactloss on NVIDIA GPUs: the same results, with the same bits, from arrays that lie in a GPU's memory.
 *
 *     exactloss_cuda_device *device;
 *     double loss;
 *     int status = exactloss_cuda_open(0, &device);
 *     if (status == EXACTLOSS_OK) {
 *         status = exactloss_cuda_loss_sync(device,
 *                                           EXACTLOSS_MNIST | EXACTLOSS_MEAN | EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8,
 *                                           predictions, targets, NULL, n, &loss, NULL);
 *     }
 *     if (status != EXACTLOSS_OK) {
 *         fprintf(stderr, "%s\n", exactloss_cuda_error());
 *     }
 *
 * This is the header of libexactloss_cuda.so, a library of its own. It needs libc and nothing else: neither a CUDA
 * toolkit, nor libexactloss.so, nor, to be loaded, a GPU. The first call that needs the driver looks for libcuda.so.1,
 * once for the life of the process. Without a driver or a GPU that call and all later ones return
 * EXACTLOSS_CUDA_ERROR_UNAVAILABLE, and exactloss_cuda_error() says why. native/docs/cuda.md tells how the library
 * works and what is proven about it.
 *
 * The numeric contract, the options and the results are those of exactloss.h. An accumulator of exactloss.h takes the
 * sum of a GPU as it takes anything else: partial results of GPUs and processors merge into the bits that one of them
 * alone would have given. Rows, EXACTLOSS_STRICT and EXACTLOSS_ACCUMULATE are not offered: the two constants are
 * EXACTLOSS_ERROR_OPTIONS.
 *
 * The parameters that most functions have
 *   device        An opened device.
 *   options       Constants of exactloss.h, or-ed together. Each function names the groups that it takes. A bit outside
 *                 these groups is an error, never ignored.
 *   predictions   `count` elements of the type EXACTLOSS_P_*. A device array, as all that follow.
 *   targets       `count` elements of the type EXACTLOSS_T_*.
 *   weights       `count` finite float32 numbers that are not negative, or NULL: every weight is 1 then.
 *   count         The number of elements, at least 0. Where it is 0, no array is read or written, and all may be NULL.
 *   gradient      Receives `count` elements of the type of the predictions. It may be the predictions' own memory (in
 *                 place).
 *   stream        A CUstream (the same as a cudaStream_t), in which the work is done in order; NULL is the legacy
 *                 default stream. It belongs to the primary context of the device, as those of the CUDA runtime and
 *                 of PyTorch do.
 *
 * Rules for every function
 *   Status       EXACTLOSS_OK (0), an EXACTLOSS_ERROR_* or an EXACTLOSS_CUDA_ERROR_* code. On an error no result has
 *                been written, except that a gradient's memory may have been, if the driver failed or a weight was
 *                bad.
 *   Order        Arguments are checked in this order, and the first fault is returned: the device or the accumulators
 *                (NULL; for one of exactloss.h alignment and content); options (unknown bits, loss, reduction, types);
 *                numbers (count, divisor, size); the threshold; device arrays (NULL, alignment); where the result goes
 *                (NULL, the size of an evaluation). The device is asked after that.
 *   Weights      A weight that is negative, NaN or infinite is found by the GPU. The call that waits for the result
 *                returns EXACTLOSS_ERROR_WEIGHT.
 *   Arrays       Device arrays are addresses that the device can use: its own memory, managed memory, or pinned host
 *                memory, from any CUDA library. Nothing is ever moved to the GPU unasked: sending an array there takes
 *                longer than it takes the processor to sum it. Results are written to ordinary memory of the host.
 *   Alignment    A device array is aligned to the size of its elements; otherwise EXACTLOSS_CUDA_ERROR_ALIGNMENT. Most
 *                calls are fastest where predictions and gradient are aligned to 16 bytes, and targets to 16 bytes or
 *                to as many as belong to 16 bytes of predictions (4 bytes: uint8 beside float32). Whole allocations
 *                are.
 *   Aliasing     Inputs may overlap each other. A gradient must not overlap any input, but for being in place.
 *   Waiting      An *_async function only puts work into the stream. It neither waits nor allocates, so arrays must
 *                stay as they are until the stream has done it. A *_sync function also waits for that, for this
 *                stream alone.
 *   Threads      Every function may be called from any thread, at the same time as any other, except where it says
 *                otherwise. It leaves the thread's current CUDA context as it was.
 *   Driver       What the GPU itself reports (an illegal address, for example) is returned by the call that waits for
 *                it: EXACTLOSS_CUDA_ERROR_DRIVER. After most of these errors CUDA cannot be used in the process any
 *                more.
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
 * The number of GPUs that can be used, at least 1. Without any it is 0, the status EXACTLOSS_CUDA_ERROR_UNAVAILABLE,
 * and exactloss_cuda_error() gives the reason. The first call loads and initialises the driver; without one it takes
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

/* ---------------------------------------------------------------------------------------- losses and gradients -- */

/*
 * The loss of a batch, as exactloss_loss() gives it.
 *
 * options       a loss, a reduction, the types; FROM_LOGITS, CLAMP
 * loss          receives the result, on the host
 */
EXACTLOSS_API int exactloss_cuda_loss_sync(exactloss_cuda_device *device, int options, const void *predictions,
                                           const void *targets, const float *weights, int64_t count, double *loss,
                                           void *stream);

/*
 * The gradient of a loss, as exactloss_gradient() gives it.
 *
 * options       a loss, the types; FROM_LOGITS, CLAMP
 * predictions   may be NULL for EXACTLOSS_MNIST without FROM_LOGITS, whose gradient does not depend on them
 *
 * upstream and divisor are as in exactloss_gradient(). Nobody waits for a result here, so weights are not checked:
 * one that is negative or NaN is multiplied as it is.
 */
EXACTLOSS_API int exactloss_cuda_gradient_async(exactloss_cuda_device *device, int options, const void *predictions,
                                                const void *targets, const float *weights, int64_t count,
                                                double upstream, int64_t divisor, void *gradient, void *stream);

/*
 * The loss of a batch, and the gradient of upstream * loss, in one pass over memory.
 *
 * options       a loss, a reduction, the types; FROM_LOGITS, CLAMP
 * upstream      the derivative of the final result with respect to the loss, usually 1; NaN and infinities pass on
 * loss          receives the result, on the host
 *
 * The divisor of exactloss_gradient() is `count` for EXACTLOSS_MEAN, and 1 for EXACTLOSS_SUM. With weights a mean has
 * the sum of the weights in its place, which is not known beforehand: EXACTLOSS_MEAN with weights is
 * EXACTLOSS_ERROR_OPTIONS. exactloss_cuda_accumulator_add_with_gradient_async() takes any divisor.
 */
EXACTLOSS_API int exactloss_cuda_loss_and_gradient_sync(exactloss_cuda_device *device, int options,
                                                        const void *predictions, const void *targets,
                                                        const float *weights, int64_t count, double upstream,
                                                        void *gradient, double *loss, void *stream);

/* -------------------------------------------------------------------------------------------------- evaluation -- */

/*
 * Any set of losses and all counts of a batch, as exactloss_evaluate() gives them.
 *
 * options       losses, the types; FROM_LOGITS, CLAMP
 * threshold     any double but NaN
 * evaluation    receives the result, on the host; its `size` is set beforehand
 */
EXACTLOSS_API int exactloss_cuda_evaluate_sync(exactloss_cuda_device *device, int options, const void *predictions,
                                               const void *targets, const float *weights, int64_t count,
                                               double threshold, exactloss_evaluation *evaluation, void *stream);

/* ----------------------------------------------------------------------------- the accumulator: data in pieces -- */

/*
 * Makes an empty accumulator, in less than 1.2 KiB of device memory for each loss that the library knows, and 1.3 KiB
 * more.
 *
 * losses        EXACTLOSS_MNIST ..., or-ed, and nothing else
 * threshold     any double but NaN
 * accumulator   receives the accumulator; NULL on failure
 */
EXACTLOSS_API int exactloss_cuda_accumulator_create(exactloss_cuda_device *device, int losses, double threshold,
                                                    exactloss_cuda_accumulator **accumulator);

/* Ends an accumulator, NULL being none, once all work of its device is done. */
EXACTLOSS_API int exactloss_cuda_accumulator_destroy(exactloss_cuda_accumulator *accumulator);

/* Empties an accumulator, in the order of the stream. */
EXACTLOSS_API int exactloss_cuda_accumulator_clear_async(exactloss_cuda_accumulator *accumulator, void *stream);

/*
 * Adds a batch. Several streams may add to one accumulator at the same time, and the order does not matter.
 *
 * options       the accumulator's losses, or none of them; the types; FROM_LOGITS, CLAMP
 */
EXACTLOSS_API int exactloss_cuda_accumulator_add_async(exactloss_cuda_accumulator *accumulator, int options,
                                                       const void *predictions, const void *targets,
                                                       const float *weights, int64_t count, void *stream);

/*
 * Adds a batch, and gives the gradient of one of the accumulator's losses, in one pass over memory.
 *
 * options       one loss, which is the accumulator's or one of its losses; the types; FROM_LOGITS, CLAMP
 *
 * upstream and divisor are as in exactloss_gradient(); predictions must not be NULL.
 */
EXACTLOSS_API int exactloss_cuda_accumulator_add_with_gradient_async(exactloss_cuda_accumulator *accumulator,
                                                                     int options, const void *predictions,
                                                                     const void *targets, const float *weights,
                                                                     int64_t count, double upstream, int64_t divisor,
                                                                     void *gradient, void *stream);

/*
 * Waits for the stream, and adds all that the device's accumulator was given to `total`, an accumulator of
 * exactloss.h. The device's accumulator stays as it is and takes further data.
 *
 * Both have the same losses (otherwise EXACTLOSS_ERROR_LOSS) and the same threshold (otherwise
 * EXACTLOSS_ERROR_THRESHOLD). If any weight was bad since the last clear, nothing is added: EXACTLOSS_ERROR_WEIGHT.
 * After 2^27 blocks of threads, some ten thousand large calls without a clear, the device's integers could
 * overflow: EXACTLOSS_ERROR_OVERFLOW.
 *
 * No other stream may be adding meanwhile: a part of its elements could be in the sums, and another in the counts.
 * One call at a time for an accumulator of the device.
 */
EXACTLOSS_API int exactloss_cuda_accumulator_merge_sync(exactloss_accumulator *total,
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
