/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions of the accumulator. */
#include "accumulator.h"
#include "../accumulator.h"
#include "job.h"
#include "options.h"

#include <stdlib.h>

/* Makes an accumulator whose words are 0. */
static int make(exactloss_cuda_device *device, int losses, double threshold, exactloss_cuda_accumulator **made) {
    exactloss_cuda_accumulator *a = malloc(sizeof *a);
    if (a == NULL) {
        return exactloss_cuda_fail(EXACTLOSS_CUDA_ERROR_MEMORY, "out of memory");
    }
    *a = (exactloss_cuda_accumulator){.device = device, .losses = losses, .threshold = threshold};
    int status = exactloss_cuda_make_sum(device->driver, &a->sum);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_clear_sum(a->sum, NULL);
        if (status == EXACTLOSS_OK) {
            status = CUDA_CALL(device->driver, cuStreamSynchronize, NULL);
        }
        if (status != EXACTLOSS_OK) {
            exactloss_cuda_end_sum(a->sum);
        }
    }
    if (status != EXACTLOSS_OK) {
        free(a);
        return status;
    }
    *made = a;
    return EXACTLOSS_OK;
}

int exactloss_cuda_accumulator_create(exactloss_cuda_device *device, int losses, double threshold,
                                      exactloss_cuda_accumulator **created) {
    if (created != NULL) {
        *created = NULL;
    }
    if (device == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    int status = exactloss_check_options(losses, OPTION_LOSSES, NEEDS_LOSSES);
    if (status == EXACTLOSS_OK) {
        status = exactloss_take_threshold(threshold, &threshold);
    }
    if (status == EXACTLOSS_OK && created == NULL) {
        status = EXACTLOSS_ERROR_NULL;
    }
    if (status != EXACTLOSS_OK) {
        return exactloss_cuda_explain(status);
    }
    status = exactloss_cuda_enter(device);
    if (status == EXACTLOSS_OK) {
        status = make(device, losses, threshold, created);
        exactloss_cuda_leave(device);
    }
    return status;
}

int exactloss_cuda_accumulator_destroy(exactloss_cuda_accumulator *a) {
    if (a == NULL) {
        return EXACTLOSS_OK;
    }
    int status = exactloss_cuda_enter(a->device);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_judge(a->device->driver, exactloss_cuda_end_sum(a->sum), "cuMemFree");
        exactloss_cuda_leave(a->device);
        free(a);
    }
    return status;
}

int exactloss_cuda_accumulator_clear_async(exactloss_cuda_accumulator *a, void *stream) {
    if (a == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    int status = exactloss_cuda_enter(a->device);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_clear_sum(a->sum, stream);
        exactloss_cuda_leave(a->device);
    }
    return status;
}

/* Puts a request that adds to an accumulator into a stream. */
static int add(exactloss_cuda_accumulator *a, const job_request *request, void *stream) {
    prepared_job prepared;
    int status = exactloss_cuda_prepare(request, &prepared);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    prepared.job.total = a->sum->words;
    status = exactloss_cuda_enter(a->device);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_launch(a->device, &prepared, stream);
        exactloss_cuda_leave(a->device);
    }
    return status;
}

int exactloss_cuda_accumulator_add_async(exactloss_cuda_accumulator *a, int options, const void *predictions,
                                         const void *targets, const float *weights, int64_t count, void *stream) {
    if (a == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    const job_request request = {.options = options,
                                 .allowed = OPTION_CUDA_BATCH,
                                 .losses = a->losses,
                                 .predictions = predictions,
                                 .targets = targets,
                                 .weights = weights,
                                 .count = count,
                                 .threshold = &a->threshold};
    return add(a, &request, stream);
}

int exactloss_cuda_accumulator_add_with_gradient_async(exactloss_cuda_accumulator *a, int options,
                                                       const void *predictions, const void *targets,
                                                       const float *weights, int64_t count, double upstream,
                                                       int64_t divisor, void *gradient, void *stream) {
    if (a == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    const job_request request = {.options = options,
                                 .allowed = OPTION_CUDA_BATCH,
                                 .losses = a->losses,
                                 .needs = NEEDS_ONE_LOSS,
                                 .predictions = predictions,
                                 .targets = targets,
                                 .weights = weights,
                                 .count = count,
                                 .threshold = &a->threshold,
                                 .has_gradient = 1,
                                 .upstream = upstream,
                                 .divisor = divisor,
                                 .gradient = gradient};
    return add(a, &request, stream);
}

int exactloss_cuda_accumulator_merge_sync(exactloss_accumulator *total, exactloss_cuda_accumulator *a, void *stream) {
    int status = a == NULL ? EXACTLOSS_ERROR_NULL : exactloss_accumulator_check(total);
    if (status != EXACTLOSS_OK) {
        return exactloss_cuda_explain(status);
    }
    accumulator fetched = {.magic = ACCUMULATOR_MAGIC, .threshold = a->threshold};
    exactloss_totals_init(&fetched.totals, a->losses);
    status = exactloss_cuda_enter(a->device);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_fetch_sum(a->sum, stream, &fetched.totals);
        exactloss_cuda_leave(a->device);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_explain(exactloss_accumulator_combine(exactloss_accumulator_state(total), &fetched));
    }
    return status;
}
