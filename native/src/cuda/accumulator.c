/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels leave integers, and what is made of them here is made by the code of exact_sum.c and totals.c, which the
 * processor's kernels end in too: hence the same bits.
 */
#include "accumulator.h"
#include "../accumulator.h"
#include "job.h"
#include "layout.h"

#include <stdlib.h>

_Static_assert(SUM_BINS <= EXACT_SUM_BINS - 2, "exactloss_sum_add() changes three bins");

int exactloss_cuda_make_accumulator(exactloss_cuda_device *device, exactloss_cuda_accumulator **made) {
    CUdeviceptr words = 0;
    void *pinned = NULL;
    exactloss_cuda_accumulator *a = malloc(sizeof *a);
    if (a == NULL) {
        return exactloss_cuda_fail(EXACTLOSS_CUDA_ERROR_MEMORY, "out of memory");
    }
    int status = CUDA_CALL(device, cuMemAlloc, &words, SUM_WORDS * sizeof(uint64_t));
    if (status == EXACTLOSS_OK) {
        status = CUDA_CALL(device, cuMemAllocHost, &pinned, SUM_WORDS * sizeof(uint64_t));
        if (status != EXACTLOSS_OK) {
            device->driver->cuMemFree(words);
        }
    }
    if (status != EXACTLOSS_OK) {
        free(a);
        return status;
    }
    *a = (exactloss_cuda_accumulator){.device = device, .words = (uint64_t *)(uintptr_t)words, .pinned = pinned};
    *made = a;
    return EXACTLOSS_OK;
}

CUresult exactloss_cuda_end_accumulator(exactloss_cuda_accumulator *a) {
    const CUresult freed = a->device->driver->cuMemFree((CUdeviceptr)(uintptr_t)a->words);
    const CUresult freed_host = a->device->driver->cuMemFreeHost(a->pinned);
    free(a);
    return freed != 0 ? freed : freed_host;
}

int exactloss_cuda_free_idle(exactloss_cuda_device *device) {
    CUresult worst = 0;
    while (device->idle != NULL) {
        exactloss_cuda_accumulator *a = device->idle;
        device->idle = a->next_idle;
        const CUresult result = exactloss_cuda_end_accumulator(a);
        worst = worst != 0 ? worst : result;
    }
    return exactloss_cuda_judge(device->driver, worst, "cuMemFree");
}

int exactloss_cuda_clear(exactloss_cuda_accumulator *a, void *stream) {
    return CUDA_CALL(a->device, cuMemsetD8Async, (CUdeviceptr)(uintptr_t)a->words, 0, SUM_WORDS * sizeof(uint64_t),
                     (CUstream)stream);
}

static void take_words(const uint64_t *words, totals *t) {
    exactloss_totals_init(t);
    t->count = (int64_t)words[WORD_COUNT];
    t->positives = (int64_t)words[WORD_POSITIVES];
    t->true_positives = (int64_t)words[WORD_HITS];
    t->false_positives = (int64_t)(words[WORD_ABOVE] - words[WORD_HITS]);
    t->sum.nan_count = (int64_t)words[WORD_NAN];
    t->sum.positive_infinities = (int64_t)words[WORD_POSITIVE_INFINITIES];
    t->sum.negative_infinities = (int64_t)words[WORD_NEGATIVE_INFINITIES];
    for (int i = 0; i < SUM_BINS; i++) {
        const int64_t bin = (int64_t)words[WORD_BINS + i];
        if (bin != 0) {
            exactloss_sum_add(&t->sum, bin, 32 * i);
        }
    }
}

int exactloss_cuda_fetch(exactloss_cuda_accumulator *a, void *stream, totals *t) {
    int status = CUDA_CALL(a->device, cuMemcpyAsync, (CUdeviceptr)(uintptr_t)a->pinned,
                           (CUdeviceptr)(uintptr_t)a->words, SUM_WORDS * sizeof(uint64_t), (CUstream)stream);
    if (status == EXACTLOSS_OK) {
        status = CUDA_CALL(a->device, cuStreamSynchronize, (CUstream)stream);
    }
    if (status == EXACTLOSS_OK) {
        take_words(a->pinned, t);
    }
    return status;
}

/* ------------------------------------------------------------------------------------- the public functions -- */

int exactloss_cuda_accumulator_create(exactloss_cuda_device *device, double threshold,
                                      exactloss_cuda_accumulator **created) {
    if (created == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    *created = NULL;
    int status = exactloss_cuda_explain(exactloss_take_threshold(threshold, &threshold));
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_enter(device);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    exactloss_cuda_accumulator *made = NULL;
    status = exactloss_cuda_make_accumulator(device, &made);
    if (status == EXACTLOSS_OK) {
        made->threshold = threshold;
        status = exactloss_cuda_clear(made, NULL);
        if (status == EXACTLOSS_OK) {
            status = CUDA_CALL(device, cuStreamSynchronize, NULL);
        }
        if (status != EXACTLOSS_OK) {
            exactloss_cuda_end_accumulator(made);
        }
    }
    exactloss_cuda_leave(device);
    if (status == EXACTLOSS_OK) {
        *created = made;
    }
    return status;
}

int exactloss_cuda_accumulator_destroy(exactloss_cuda_accumulator *a) {
    if (a == NULL) {
        return EXACTLOSS_OK;
    }
    exactloss_cuda_device *device = a->device;
    int status = exactloss_cuda_enter(device);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_judge(device->driver, exactloss_cuda_end_accumulator(a), "cuMemFree");
        exactloss_cuda_leave(device);
    }
    return status;
}

int exactloss_cuda_accumulator_clear_async(exactloss_cuda_accumulator *a, void *stream) {
    if (a == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    int status = exactloss_cuda_enter(a->device);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_clear(a, stream);
        exactloss_cuda_leave(a->device);
    }
    return status;
}

/* Puts a job that adds to an accumulator into a stream. */
static int add(exactloss_cuda_accumulator *a, prepared_job *prepared, void *stream) {
    exactloss_cuda_set_threshold(prepared, a->threshold);
    prepared->job.sum = a->words;
    int status = exactloss_cuda_enter(a->device);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_launch(a->device, prepared, stream);
        exactloss_cuda_leave(a->device);
    }
    return status;
}

int exactloss_cuda_accumulator_add_async(exactloss_cuda_accumulator *a, const void *predictions, int predictions_dtype,
                                         const void *targets, int targets_dtype, int64_t targets_offset, int64_t count,
                                         int flags, void *stream) {
    const job_arrays arrays = {predictions, predictions_dtype, targets, targets_dtype, targets_offset, count, flags};
    prepared_job prepared;
    if (a == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    const int status = exactloss_cuda_prepare(&arrays, &prepared);
    return status != EXACTLOSS_OK ? status : add(a, &prepared, stream);
}

int exactloss_cuda_accumulator_add_with_gradient_async(exactloss_cuda_accumulator *a, const void *predictions,
                                                       int predictions_dtype, const void *targets, int targets_dtype,
                                                       int64_t targets_offset, int64_t count, double upstream,
                                                       int64_t divisor, int flags, void *gradient, void *stream) {
    const job_arrays arrays = {predictions, predictions_dtype, targets, targets_dtype, targets_offset, count, flags};
    prepared_job prepared;
    if (a == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    int status = exactloss_cuda_prepare(&arrays, &prepared);
    if (status == EXACTLOSS_OK && divisor < 1) {
        status = exactloss_cuda_explain(EXACTLOSS_ERROR_COUNT);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_set_gradient(&prepared, upstream, divisor, gradient);
    }
    return status != EXACTLOSS_OK ? status : add(a, &prepared, stream);
}

int exactloss_cuda_accumulator_merge_sync(exactloss_accumulator *sum, exactloss_cuda_accumulator *a, void *stream) {
    int status = a == NULL ? EXACTLOSS_ERROR_NULL : exactloss_accumulator_check(sum);
    if (status != EXACTLOSS_OK) {
        return exactloss_cuda_explain(status);
    }
    accumulator fetched = {.magic = ACCUMULATOR_MAGIC, .threshold = a->threshold};
    status = exactloss_cuda_enter(a->device);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_fetch(a, stream, &fetched.totals);
        exactloss_cuda_leave(a->device);
    }
    if (status == EXACTLOSS_OK) {
        const int is_full = a->pinned[WORD_BLOCKS] > MOST_BLOCKS;
        status =
            exactloss_cuda_explain(is_full ? EXACTLOSS_ERROR_OVERFLOW
                                           : exactloss_accumulator_combine(exactloss_accumulator_state(sum), &fetched));
    }
    return status;
}
