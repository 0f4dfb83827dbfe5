/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public functions that compute at once. Those that wait borrow a sum of the device: after the first call nothing
 * is allocated, and calls in several threads each have their own.
 */
#include "fp_environment.h"
#include "job.h"
#include "options.h"

/* Runs a job, and waits for its totals. */
static int total_in_context(exactloss_cuda_device *device, prepared_job *prepared, void *stream, totals *t) {
    device_sum *sum;
    int status = exactloss_cuda_borrow_sum(&device->sums, device->driver, &sum);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    prepared->job.total = sum->words;
    status = exactloss_cuda_clear_sum(sum, stream);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_launch(device, prepared, stream);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_fetch_sum(sum, stream, t);
    }
    if (status == EXACTLOSS_OK || status == EXACTLOSS_ERROR_WEIGHT) {
        exactloss_cuda_return_sum(&device->sums, sum);
    } else {
        exactloss_cuda_end_sum(sum); /* a kernel may still add to it, so nobody else may have it */
    }
    return status;
}

static int total(exactloss_cuda_device *device, prepared_job *prepared, void *stream, totals *t) {
    exactloss_totals_init(t, prepared->job.losses);
    int status = exactloss_cuda_enter(device);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (prepared->job.count > 0) {
        status = total_in_context(device, prepared, stream, t);
    }
    exactloss_cuda_leave(device);
    return status;
}

/* Runs a job, and gives its loss. */
static int compute_loss(exactloss_cuda_device *device, const job_request *request, double *loss, void *stream) {
    prepared_job prepared;
    totals t;
    int status = exactloss_cuda_prepare(request, &prepared);
    if (status == EXACTLOSS_OK && loss == NULL) {
        status = exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    if (status == EXACTLOSS_OK) {
        status = total(device, &prepared, stream, &t);
    }
    if (status == EXACTLOSS_OK) {
        const fp_environment saved = fp_environment_enter();
        exactloss_totals_loss(&t, exactloss_first_loss(prepared.job.losses), request->options & OPTION_REDUCTION, loss,
                              NULL);
        fp_environment_leave(saved);
    }
    return status;
}

int exactloss_cuda_loss_sync(exactloss_cuda_device *device, int options, const void *predictions, const void *targets,
                             const float *weights, int64_t count, double *loss, void *stream) {
    const job_request request = {.options = options,
                                 .allowed = OPTION_CUDA_BATCH | OPTION_REDUCTION,
                                 .needs = NEEDS_ONE_LOSS | NEEDS_REDUCTION,
                                 .predictions = predictions,
                                 .targets = targets,
                                 .weights = weights,
                                 .count = count};
    if (device == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    return compute_loss(device, &request, loss, stream);
}

int exactloss_cuda_gradient_async(exactloss_cuda_device *device, int options, const void *predictions,
                                  const void *targets, const float *weights, int64_t count, double upstream,
                                  int64_t divisor, void *gradient, void *stream) {
    const job_request request = {.options = options,
                                 .allowed = OPTION_CUDA_BATCH,
                                 .needs = NEEDS_ONE_LOSS,
                                 .predictions = predictions,
                                 .targets = targets,
                                 .weights = weights,
                                 .count = count,
                                 .has_gradient = 1,
                                 .upstream = upstream,
                                 .divisor = divisor,
                                 .gradient = gradient};
    prepared_job prepared;
    if (device == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    int status = exactloss_cuda_prepare_gradient(&request, &prepared);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_enter(device);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_launch(device, &prepared, stream);
        exactloss_cuda_leave(device);
    }
    return status;
}

int exactloss_cuda_loss_and_gradient_sync(exactloss_cuda_device *device, int options, const void *predictions,
                                          const void *targets, const float *weights, int64_t count, double upstream,
                                          void *gradient, double *loss, void *stream) {
    const int is_divided = (options & EXACTLOSS_MEAN) != 0 && count > 0;
    const job_request request = {.options = options,
                                 .allowed = OPTION_CUDA_BATCH | (weights == NULL ? OPTION_REDUCTION : EXACTLOSS_SUM),
                                 .needs = NEEDS_ONE_LOSS | NEEDS_REDUCTION,
                                 .predictions = predictions,
                                 .targets = targets,
                                 .weights = weights,
                                 .count = count,
                                 .has_gradient = 1,
                                 .upstream = upstream,
                                 .divisor = is_divided ? count : 1,
                                 .gradient = gradient};
    if (device == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    return compute_loss(device, &request, loss, stream);
}

int exactloss_cuda_evaluate_sync(exactloss_cuda_device *device, int options, const void *predictions,
                                 const void *targets, const float *weights, int64_t count, double threshold,
                                 exactloss_evaluation *evaluation, void *stream) {
    const job_request request = {.options = options,
                                 .allowed = OPTION_CUDA_BATCH,
                                 .needs = NEEDS_LOSSES,
                                 .predictions = predictions,
                                 .targets = targets,
                                 .weights = weights,
                                 .count = count,
                                 .threshold = &threshold};
    prepared_job prepared;
    totals t;
    if (device == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    int status = exactloss_cuda_prepare(&request, &prepared);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_explain(exactloss_check_evaluations(evaluation, 1));
    }
    if (status == EXACTLOSS_OK) {
        status = total(device, &prepared, stream, &t);
    }
    if (status == EXACTLOSS_OK) {
        const fp_environment saved = fp_environment_enter();
        exactloss_take_threshold(threshold, &threshold);
        exactloss_totals_result(&t, threshold, evaluation);
        fp_environment_leave(saved);
    }
    return status;
}
