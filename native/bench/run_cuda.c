/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations on a GPU, by the public functions that wait for their results. While a variant is entered its arrays
 * lie in the GPU's memory, and the way there and back is not measured. One variant is entered at a time.
 */
#include "variants.h"

#include "exactloss/exactloss_cuda.h"

#include <stdio.h>
#include <stdlib.h>

static exactloss_cuda_device *device;
static void *on_device[ARRAYS];

static void expect(int status, const char *what) {
    if (status != EXACTLOSS_OK) {
        fprintf(stderr, "exactloss-bench: cuda: %s: %s\n", what, exactloss_cuda_error());
        exit(1);
    }
}

static int64_t size_of(const inputs *in, array a) { return a == OUTPUT ? inputs_output_size(in) : inputs_size(in, a); }

static void enter(const variant *v) {
    const inputs *in = v->in;
    for (array a = 0; a < ARRAYS; a++) {
        if ((operation_needs(v->operation) & BIT(a)) != 0) {
            expect(exactloss_cuda_alloc(device, size_of(in, a), &on_device[a]), "memory for the arrays");
            expect(exactloss_cuda_copy_async(device, on_device[a], in->arrays[a], size_of(in, a), NULL),
                   "a copy to the GPU");
        }
    }
    expect(exactloss_cuda_stream_sync(device, NULL), "a copy to the GPU");
}

/* The output is copied back, with what lies behind it. */
static void leave(const variant *v) {
    if (on_device[OUTPUT] != NULL) {
        expect(
            exactloss_cuda_copy_async(device, v->in->arrays[OUTPUT], on_device[OUTPUT], size_of(v->in, OUTPUT), NULL),
            "a copy from the GPU");
        expect(exactloss_cuda_stream_sync(device, NULL), "a copy from the GPU");
    }
    for (array a = 0; a < ARRAYS; a++) {
        expect(exactloss_cuda_free(device, on_device[a]), "memory of the arrays");
        on_device[a] = NULL;
    }
}

static int copy(const inputs *in) {
    const int status = exactloss_cuda_copy_async(device, on_device[OUTPUT], on_device[PREDICTIONS],
                                                 inputs_size(in, PREDICTIONS), NULL);
    return status != EXACTLOSS_OK ? status : exactloss_cuda_stream_sync(device, NULL);
}

static int gradient(const inputs *in, int options, const float *weights) {
    const int status = exactloss_cuda_gradient_async(device, options, on_device[PREDICTIONS], on_device[TARGETS],
                                                     weights, in->count, UPSTREAM, in->count, on_device[OUTPUT], NULL);
    return status != EXACTLOSS_OK ? status : exactloss_cuda_stream_sync(device, NULL);
}

static int compute(const variant *v, outcome *result) {
    const inputs *in = v->in;
    const operation *o = v->operation;
    const int options = operation_options(o, in), mean = options | EXACTLOSS_MEAN;
    const void *p = on_device[o->is_logits ? LOGITS : PREDICTIONS], *t = on_device[TARGETS];
    const float *w = on_device[WEIGHTS]; /* NULL unless the operation reads them */
    exactloss_evaluation *e = &result->evaluation;
    switch (o->work) {
        case COMPUTE_LOSS:
            return exactloss_cuda_loss_sync(device, mean, p, t, w, in->count, &result->mean, NULL);
        case COMPUTE_EVALUATION:
            e->size = sizeof *e;
            return exactloss_cuda_evaluate_sync(device, options, p, t, w, in->count, THRESHOLD, e, NULL);
        case COMPUTE_LOSS_AND_GRADIENT:
            return exactloss_cuda_loss_and_gradient_sync(device, mean, p, t, w, in->count, UPSTREAM, on_device[OUTPUT],
                                                         &result->mean, NULL);
        case COMPUTE_GRADIENT:
            return gradient(in, options, w);
        default:
            return copy(in);
    }
}

static void run(const variant *v, outcome *result) { expect(compute(v, result), v->operation->name); }

static int can_run(const operation *o) {
    switch (o->work) {
        case COMPUTE_LOSS:
        case COMPUTE_EVALUATION:
        case COMPUTE_LOSS_AND_GRADIENT:
        case COMPUTE_GRADIENT:
        case COPY_ON_DEVICE:
            return 1;
        default:
            return 0;
    }
}

static void close_device(void) { exactloss_cuda_close(device); }

const backend *backend_cuda(void) {
    static exactloss_cuda_device_info info;
    static const backend CUDA = {
        .isa = "cuda", .run = run, .enter = enter, .leave = leave, .can_run = can_run, .device = info.name};
    if (exactloss_cuda_open(0, &device) != EXACTLOSS_OK) {
        fprintf(stderr, "cuda: not measured, %s\n", exactloss_cuda_error());
        return NULL;
    }
    atexit(close_device);
    expect(exactloss_cuda_get_device_info(0, &info), "its description");
    return &CUDA;
}
