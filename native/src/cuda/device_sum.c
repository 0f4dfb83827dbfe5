/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels leave integers, and what is made of them is made by the code of exact_sum.c and totals.c, which the
 * processor's kernels end in too: hence the same bits.
 */
#include "device_sum.h"
#include "error.h"

#include <stdlib.h>
#include <string.h>

static CUdeviceptr address_of(const device_sum *sum) { return (CUdeviceptr)(uintptr_t)sum->words; }

int exactloss_cuda_make_sum(const cuda_driver *driver, device_sum **made) {
    CUdeviceptr words = 0;
    void *pinned = NULL;
    device_sum *sum = malloc(sizeof *sum);
    if (sum == NULL) {
        return exactloss_cuda_fail(EXACTLOSS_CUDA_ERROR_MEMORY, "out of memory");
    }
    int status = CUDA_CALL(driver, cuMemAlloc, &words, sizeof(total_words));
    if (status == EXACTLOSS_OK) {
        status = CUDA_CALL(driver, cuMemAllocHost, &pinned, sizeof(total_words));
        if (status != EXACTLOSS_OK) {
            driver->cuMemFree(words);
        }
    }
    if (status != EXACTLOSS_OK) {
        free(sum);
        return status;
    }
    *sum = (device_sum){.driver = driver, .words = (total_words *)(uintptr_t)words, .pinned = pinned};
    *made = sum;
    return EXACTLOSS_OK;
}

CUresult exactloss_cuda_end_sum(device_sum *sum) {
    const CUresult freed = sum->driver->cuMemFree(address_of(sum));
    const CUresult freed_host = sum->driver->cuMemFreeHost(sum->pinned);
    free(sum);
    return freed != 0 ? freed : freed_host;
}

int exactloss_cuda_clear_sum(const device_sum *sum, void *stream) {
    return CUDA_CALL(sum->driver, cuMemsetD8Async, address_of(sum), 0, sizeof(total_words), (CUstream)stream);
}

/* ------------------------------------------------------------------------------------------- words to totals -- */

/* The bins between the first and the last that are not 0 become those of the sum. */
static void take_sum(const sum_words *words, exact_sum *sum) {
    exact_sum taken;
    exactloss_sum_init(&taken);
    taken.nan_count = (int64_t)words->nan_count;
    taken.positive_infinities = (int64_t)words->positive_infinities;
    taken.negative_infinities = (int64_t)words->negative_infinities;
    taken.last = EXACT_SUM_BINS;
    while (taken.last > 0 && words->bins[taken.last - 1] == 0) {
        taken.last--;
    }
    while (taken.first < taken.last && words->bins[taken.first] == 0) {
        taken.first++;
    }
    memcpy(taken.bins, words->bins, sizeof taken.bins);
    exactloss_sum_merge(sum, &taken);
}

static void take_words(const total_words *words, totals *t) {
    t->count = (int64_t)words->count;
    t->positives = (int64_t)words->positives;
    t->true_positives = (int64_t)words->hits;
    t->false_positives = (int64_t)(words->above - words->hits);
    t->weighted = (int64_t)words->weighted;
    take_sum(&words->weights, &t->weights);
    for (int loss = 0; loss < LOSS_COUNT; loss++) {
        if ((t->losses >> loss & 1) != 0) {
            take_sum(&words->losses[loss], &t->sums[loss]);
        }
    }
}

int exactloss_cuda_fetch_sum(const device_sum *sum, void *stream, totals *t) {
    int status = CUDA_CALL(sum->driver, cuMemcpyAsync, (CUdeviceptr)(uintptr_t)sum->pinned, address_of(sum),
                           sizeof(total_words), (CUstream)stream);
    if (status == EXACTLOSS_OK) {
        status = CUDA_CALL(sum->driver, cuStreamSynchronize, (CUstream)stream);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (sum->pinned->blocks > MOST_BLOCKS) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_OVERFLOW);
    }
    if (sum->pinned->bad_weights != 0) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_WEIGHT);
    }
    take_words(sum->pinned, t);
    return EXACTLOSS_OK;
}

/* -------------------------------------------------------------------------------------------------- the pool -- */

int exactloss_cuda_borrow_sum(sum_pool *pool, const cuda_driver *driver, device_sum **borrowed) {
    pthread_mutex_lock(&pool->lock);
    device_sum *sum = pool->idle;
    if (sum != NULL) {
        pool->idle = sum->next_idle;
    }
    pthread_mutex_unlock(&pool->lock);
    *borrowed = sum;
    return sum != NULL ? EXACTLOSS_OK : exactloss_cuda_make_sum(driver, borrowed);
}

void exactloss_cuda_return_sum(sum_pool *pool, device_sum *sum) {
    pthread_mutex_lock(&pool->lock);
    sum->next_idle = pool->idle;
    pool->idle = sum;
    pthread_mutex_unlock(&pool->lock);
}

int exactloss_cuda_empty_pool(sum_pool *pool, const cuda_driver *driver) {
    CUresult worst = 0;
    while (pool->idle != NULL) {
        device_sum *sum = pool->idle;
        pool->idle = sum->next_idle;
        const CUresult result = exactloss_cuda_end_sum(sum);
        worst = worst != 0 ? worst : result;
    }
    return exactloss_cuda_judge(driver, worst, "cuMemFree");
}
