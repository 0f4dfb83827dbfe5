/* SPDX-License-Identifier: Apache-2.0 */
/* A checked call: which kernel does it, with which arguments. */
#ifndef EXACTLOSS_CUDA_JOB_H
#define EXACTLOSS_CUDA_JOB_H

#include "device.h"
#include "layout.h"

/* The arguments of a public function, and what it takes. */
typedef struct job_request {
    int options;
    int allowed; /* options */
    int needs;   /* NEEDS_* of options.h */
    int losses;  /* of the accumulator that is added to; 0: those of the options */
    const void *predictions;
    const void *targets;
    const float *weights;
    int64_t count;
    const double *threshold; /* NULL: predictions are not compared with one */
    int has_gradient;        /* whether the next three are arguments */
    double upstream;
    int64_t divisor;
    void *gradient;
} job_request;

/* The options of all functions that take a batch. */
#define OPTION_CUDA_BATCH (OPTION_BATCH & ~EXACTLOSS_STRICT)

typedef struct prepared_job {
    cuda_job job;
    int kernel; /* KERNEL_* */
    int tile;   /* elements that a block works on at a time */
    int most;   /* elements of a thread */
} prepared_job;

/* Checks all arguments, in the order of exactloss_cuda.h, and prepares the job but for its sum: or sets the error. */
int exactloss_cuda_prepare(const job_request *request, prepared_job *prepared);

/* The same where only the gradient is wanted, which may not depend on predictions. */
int exactloss_cuda_prepare_gradient(const job_request *request, prepared_job *prepared);

/* Puts the job into a stream; the device's context is current. */
int exactloss_cuda_launch(exactloss_cuda_device *device, const prepared_job *prepared, void *stream);

#endif
