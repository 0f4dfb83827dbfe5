/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public functions that compute. Those that wait borrow an accumulator of the device for their sum: after the first
 * call nothing is allocated, and calls in several threads each have their own.
 */
#include "accumulator.h"
#include "fp_environment.h"
#include "job.h"

static int is_scalar(int reduction) {
    return reduction == EXACTLOSS_REDUCTION_MEAN || reduction == EXACTLOSS_REDUCTION_SUM;
}

static int borrow(exactloss_cuda_device *device, exactloss_cuda_accumulator **borrowed) {
    pthread_mutex_lock(&device->lock);
    exactloss_cuda_accumulator *a = device->idle;
    if (a != NULL) {
        device->idle = a->next_idle;
    }
    pthread_mutex_unlock(&device->lock);
    *borrowed = a;
    return a != NULL ? EXACTLOSS_OK : exactloss_cuda_make_accumulator(device, borrowed);
}

static void give_back(exactloss_cuda_accumulator *a) {
    exactloss_cuda_device *device = a->device;
    pthread_mutex_lock(&device->lock);
    a->next_idle = device->idle;
    device->idle = a;
    pthread_mutex_unlock(&device->lock);
}

/* Runs a job, and waits for its totals. */
static int total_in_context(exactloss_cuda_device *device, prepared_job *prepared, void *stream, totals *t) {
    exactloss_cuda_accumulator *a;
    int status = borrow(device, &a);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    prepared->job.sum = a->words;
    status = exactloss_cuda_clear(a, stream);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_launch(device, prepared, stream);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_fetch(a, stream, t);
    }
    if (status == EXACTLOSS_OK) {
        give_back(a);
    } else {
        exactloss_cuda_end_accumulator(a); /* a kernel may still add to it, so nobody else may have it */
    }
    return status;
}

static int total(exactloss_cuda_device *device, prepared_job *prepared, void *stream, totals *t) {
    exactloss_totals_init(t);
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
static int compute_loss(exactloss_cuda_device *device, prepared_job *prepared, int reduction, double *loss,
                        float *loss_f32, void *stream) {
    totals t;
    double result = 0;
    float result_f32 = 0;
    const int status = total(device, prepared, stream, &t);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    const fp_environment saved = fp_environment_enter();
    exactloss_totals_loss(&t, reduction, &result, &result_f32);
    fp_environment_leave(saved);
    if (loss != NULL) {
        *loss = result;
    }
    if (loss_f32 != NULL) {
        *loss_f32 = result_f32;
    }
    return EXACTLOSS_OK;
}

int exactloss_cuda_mnist_loss_sync(exactloss_cuda_device *device, const void *predictions, int predictions_dtype,
                                   const void *targets, int targets_dtype, int64_t targets_offset, int64_t count,
                                   int reduction, int flags, double *loss, float *loss_f32, void *stream) {
    const job_arrays arrays = {predictions, predictions_dtype, targets, targets_dtype, targets_offset, count, flags};
    prepared_job prepared;
    const int status = exactloss_cuda_prepare(&arrays, &prepared);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (!is_scalar(reduction)) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_REDUCTION);
    }
    return compute_loss(device, &prepared, reduction, loss, loss_f32, stream);
}

int exactloss_cuda_mnist_loss_and_gradient_sync(exactloss_cuda_device *device, const void *predictions,
                                                int predictions_dtype, const void *targets, int targets_dtype,
                                                int64_t targets_offset, int64_t count, double upstream, int reduction,
                                                int flags, double *loss, float *loss_f32, void *gradient,
                                                void *stream) {
    const job_arrays arrays = {predictions, predictions_dtype, targets, targets_dtype, targets_offset, count, flags};
    prepared_job prepared;
    int status = exactloss_cuda_prepare(&arrays, &prepared);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (!is_scalar(reduction)) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_REDUCTION);
    }
    status =
        exactloss_cuda_set_gradient(&prepared, upstream, reduction == EXACTLOSS_REDUCTION_MEAN ? count : 1, gradient);
    return status != EXACTLOSS_OK ? status : compute_loss(device, &prepared, reduction, loss, loss_f32, stream);
}

int exactloss_cuda_mnist_loss_gradient_async(exactloss_cuda_device *device, const void *targets, int targets_dtype,
                                             int64_t targets_offset, int64_t count, double upstream, int reduction,
                                             void *gradient, int gradient_dtype, void *stream) {
    const job_arrays arrays = {NULL, gradient_dtype, targets, targets_dtype, targets_offset, count, 0};
    prepared_job prepared;
    int status = exactloss_cuda_prepare_targets(&arrays, &prepared);
    if (status == EXACTLOSS_OK && !is_scalar(reduction) && reduction != EXACTLOSS_REDUCTION_NONE) {
        status = exactloss_cuda_explain(EXACTLOSS_ERROR_REDUCTION);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_set_gradient(&prepared, upstream, reduction == EXACTLOSS_REDUCTION_MEAN ? count : 1,
                                             gradient);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_enter(device);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_launch(device, &prepared, stream);
        exactloss_cuda_leave(device);
    }
    return status;
}

int exactloss_cuda_evaluate_sync(exactloss_cuda_device *device, const void *predictions, int predictions_dtype,
                                 const void *targets, int targets_dtype, int64_t targets_offset, int64_t count,
                                 double threshold, int flags, exactloss_evaluation *evaluation, void *stream) {
    const job_arrays arrays = {predictions, predictions_dtype, targets, targets_dtype, targets_offset, count, flags};
    prepared_job prepared;
    totals t;
    int status = exactloss_cuda_prepare(&arrays, &prepared);
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_explain(exactloss_take_threshold(threshold, &threshold));
    }
    if (status == EXACTLOSS_OK && evaluation == NULL) {
        status = exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    exactloss_cuda_set_threshold(&prepared, threshold);
    status = total(device, &prepared, stream, &t);
    if (status == EXACTLOSS_OK) {
        const fp_environment saved = fp_environment_enter();
        exactloss_totals_result(&t, threshold, evaluation);
        fp_environment_leave(saved);
    }
    return status;
}
