/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a sum in a device's memory, and the way from there to the totals of the host. In all functions the
 * device's context is current.
 */
#ifndef EXACTLOSS_CUDA_DEVICE_SUM_H
#define EXACTLOSS_CUDA_DEVICE_SUM_H

#include "driver.h"
#include "layout.h"
#include "totals.h"

#include <pthread.h>

typedef struct device_sum {
    const cuda_driver *driver;
    total_words *words;  /* of the device */
    total_words *pinned; /* of the host, where they arrive */
    struct device_sum *next_idle;
} device_sum;

/* Makes a sum whose words are not set yet; or sets the error. */
int exactloss_cuda_make_sum(const cuda_driver *driver, device_sum **sum);

/* Ends a sum, once the device is done with it; the driver's answer. */
CUresult exactloss_cuda_end_sum(device_sum *sum);

/* Sets all words to 0, in the order of the stream. */
int exactloss_cuda_clear_sum(const device_sum *sum, void *stream);

/*
 * Waits for the stream, and makes totals, whose losses are set, of the words: EXACTLOSS_OK, or sets the error, which
 * may be that the device has found a bad weight, or that the words could have overflowed.
 */
int exactloss_cuda_fetch_sum(const device_sum *sum, void *stream, totals *t);

/* The sums of a device that are not in use. */
typedef struct sum_pool {
    pthread_mutex_t lock;
    device_sum *idle;
} sum_pool;

/* Takes a sum from the pool, or makes one. */
int exactloss_cuda_borrow_sum(sum_pool *pool, const cuda_driver *driver, device_sum **sum);

/* Gives back a sum that the device is done with. */
void exactloss_cuda_return_sum(sum_pool *pool, device_sum *sum);

/* Ends the sums of the pool: EXACTLOSS_OK, or sets the error. */
int exactloss_cuda_empty_pool(sum_pool *pool, const cuda_driver *driver);

#endif
