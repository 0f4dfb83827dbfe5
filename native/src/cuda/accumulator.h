/* SPDX-License-Identifier: Apache-2.0 */
/* A sum in a device's memory, and the way from there to the totals of the host. */
#ifndef EXACTLOSS_CUDA_ACCUMULATOR_H
#define EXACTLOSS_CUDA_ACCUMULATOR_H

#include "device.h"
#include "totals.h"

struct exactloss_cuda_accumulator {
    exactloss_cuda_device *device;
    double threshold;
    uint64_t *words;  /* SUM_WORDS of device memory */
    uint64_t *pinned; /* as many of the host's, where they arrive */
    struct exactloss_cuda_accumulator *next_idle;
};

/* In the next five functions the device's context is current. */

/* Makes an accumulator whose words are not set yet; or sets the error. */
int exactloss_cuda_make_accumulator(exactloss_cuda_device *device, exactloss_cuda_accumulator **accumulator);

/* Ends an accumulator, once the device is done with it; the driver's answer. */
CUresult exactloss_cuda_end_accumulator(exactloss_cuda_accumulator *accumulator);

/* Sets all words to 0, in the order of the stream. */
int exactloss_cuda_clear(exactloss_cuda_accumulator *accumulator, void *stream);

/* Waits for the stream, and makes totals of the words. */
int exactloss_cuda_fetch(exactloss_cuda_accumulator *accumulator, void *stream, totals *t);

/* Ends the accumulators that the *_sync functions have left for the next ones: EXACTLOSS_OK, or sets the error. */
int exactloss_cuda_free_idle(exactloss_cuda_device *device);

#endif
