/* SPDX-License-Identifier: Apache-2.0 */
/* A checked call: which kernel does it, with which arguments. */
#ifndef EXACTLOSS_CUDA_JOB_H
#define EXACTLOSS_CUDA_JOB_H

#include "device.h"
#include "layout.h"
#include "totals.h"

/* The arguments of a public function that say what there is in memory. */
typedef struct job_arrays {
    const void *predictions;
    int predictions_dtype; /* of the gradient, where there are no predictions */
    const void *targets;
    int targets_dtype;
    int64_t targets_offset;
    int64_t count;
    int flags;
} job_arrays;

typedef struct prepared_job {
    cuda_job job;
    int kernel;       /* an index of exactloss_cuda_device's */
    int element_size; /* of predictions and gradient, in bytes */
    float_format factor_format;
    int tile; /* elements that a block works on at a time */
} prepared_job;

/* Prepares a pass over predictions or logits: EXACTLOSS_OK, or sets the error. */
int exactloss_cuda_prepare(const job_arrays *arrays, prepared_job *prepared);

/* Prepares a pass over targets alone, for a gradient. */
int exactloss_cuda_prepare_targets(const job_arrays *arrays, prepared_job *prepared);

/* Compares with this threshold, which exactloss_take_threshold() has given. */
void exactloss_cuda_set_threshold(prepared_job *prepared, double threshold);

/* Adds a gradient of the factor upstream / divisor: EXACTLOSS_OK, or sets the error. */
int exactloss_cuda_set_gradient(prepared_job *prepared, double upstream, int64_t divisor, void *gradient);

/* Puts the job into a stream; the device's context is current. */
int exactloss_cuda_launch(exactloss_cuda_device *device, const prepared_job *prepared, void *stream);

#endif
