/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks arguments in the order in which the functions of exactloss.h do, so that a wrong call gets the same status
 * there and here.
 */
#include "job.h"
#include "arguments.h"
#include "fp_environment.h"

#include <math.h>
#include <string.h>

/* A type of predictions: its number, and the format of its numbers. */
typedef struct real {
    int number; /* TYPE_* */
    int size;
    float_format format;
} real;

static const real *find_real(int dtype) {
    static const real F16 = {TYPE_F16, 2, FLOAT16_FORMAT}, BF16 = {TYPE_BF16, 2, BFLOAT16_FORMAT},
                      F32 = {TYPE_F32, 4, FLOAT32_FORMAT}, F64 = {TYPE_F64, 8, FLOAT64_FORMAT};
    switch (dtype) {
        case EXACTLOSS_FLOAT16:
            return &F16;
        case EXACTLOSS_BFLOAT16:
            return &BF16;
        case EXACTLOSS_FLOAT32:
            return &F32;
        case EXACTLOSS_FLOAT64:
            return &F64;
        default:
            return NULL;
    }
}

static int is_aligned(const void *array, int64_t size) { return (int64_t)((uintptr_t)array % (uintptr_t)size) == 0; }

/* Fills in what the kernels need to know of the targets: their size, and the bits of a 1. */
static int set_targets(cuda_job *job, const job_arrays *a) {
    static const struct {
        int dtype, size;
        uint64_t one;
    } TYPES[] = {
        {EXACTLOSS_UINT8, 1, 1},
        {EXACTLOSS_INT32, 4, 1},
        {EXACTLOSS_INT64, 8, 1},
        {EXACTLOSS_FLOAT32, 4, 0x3f800000},
        {EXACTLOSS_FLOAT64, 8, 0x3ff0000000000000},
    };
    const unsigned char *bytes = a->targets;
    const int64_t offset = a->count == 0 ? 0 : a->targets_offset; /* nothing is added to NULL */
    if (a->targets_dtype == EXACTLOSS_BITS) {
        job->targets = bytes + offset / 8;
        job->first_bit = (int32_t)(offset % 8);
        job->target_size = 0;
        return EXACTLOSS_OK;
    }
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (TYPES[i].dtype == a->targets_dtype) {
            job->targets = bytes + TYPES[i].size * offset;
            job->target_size = TYPES[i].size;
            job->one = TYPES[i].one;
            return is_aligned(bytes, TYPES[i].size) ? EXACTLOSS_OK : EXACTLOSS_CUDA_ERROR_ALIGNMENT;
        }
    }
    return EXACTLOSS_ERROR_DTYPE;
}

/* Whether the targets of 16 bytes of predictions can be loaded at once: as much as 16 bytes at a time. */
static int has_vector_targets(const cuda_job *job, int elements) {
    if (job->target_size == 0) {
        return job->first_bit % elements == 0;
    }
    const int size = job->target_size * elements;
    return is_aligned(job->targets, size < 16 ? size : 16);
}

static int report_alignment(void) {
    return exactloss_cuda_fail(EXACTLOSS_CUDA_ERROR_ALIGNMENT,
                               "a device array is not aligned to the size of its elements");
}

/* What is the same with and without predictions. */
static int prepare(const job_arrays *a, int allowed_flags, const real **found, prepared_job *p) {
    const real *type = find_real(a->predictions_dtype);
    *p = (prepared_job){.job = {.predictions = a->predictions, .count = a->count, .limit = (double)NAN}};
    if (!exactloss_is_range(a->targets_offset, a->count)) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_COUNT);
    }
    if ((a->flags & ~allowed_flags) != 0) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_FLAGS);
    }
    if (type == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_DTYPE);
    }
    if (a->targets == NULL && a->count > 0) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    const int status = set_targets(&p->job, a);
    if (status == EXACTLOSS_CUDA_ERROR_ALIGNMENT) {
        return report_alignment();
    }
    *found = type;
    p->element_size = type->size;
    p->factor_format = type->format;
    p->job.type = type->number;
    p->job.is_vectorised = has_vector_targets(&p->job, 16 / type->size);
    return exactloss_cuda_explain(status);
}

int exactloss_cuda_prepare(const job_arrays *a, prepared_job *p) {
    const real *type = NULL;
    const int status = prepare(a, EXACTLOSS_LOGITS, &type, p);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (a->predictions == NULL && a->count > 0) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    if (!is_aligned(a->predictions, type->size)) {
        return report_alignment();
    }
    const int is_logits = (a->flags & EXACTLOSS_LOGITS) != 0;
    if (is_logits && type->size < 4) {
        p->factor_format = (float_format)FLOAT32_FORMAT; /* they are computed as floats */
    }
    if (type->size == 8) {
        p->kernel = is_logits ? DOUBLE_LOGITS : DOUBLE_PREDICTIONS;
    } else {
        p->kernel = is_logits ? FLOAT_LOGITS : FLOAT_PREDICTIONS;
    }
    p->tile = TILE(is_logits ? LOGIT_VECTORS : VECTORS, type->size);
    p->job.is_vectorised &= is_aligned(a->predictions, 16);
    return EXACTLOSS_OK;
}

int exactloss_cuda_prepare_targets(const job_arrays *a, prepared_job *p) {
    const real *type = NULL;
    const int status = prepare(a, 0, &type, p);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    p->kernel = GRADIENT;
    p->tile = TILE(GRADIENT_VECTORS, type->size);
    return EXACTLOSS_OK;
}

void exactloss_cuda_set_threshold(prepared_job *p, double threshold) {
    const fp_environment saved = fp_environment_enter();
    p->job.limit = exactloss_smallest_above(threshold, p->element_size < 8 ? 4 : 8);
    fp_environment_leave(saved);
}

/* The bits of upstream / divisor, rounded once to a format. */
static uint64_t divide_upstream(double upstream, int64_t divisor, float_format format) {
    const uint64_t sign_bit = format.infinity + ((uint64_t)1 << (format.precision - 1));
    const uint64_t sign = signbit(upstream) ? sign_bit : 0;
    if (isnan(upstream)) {
        return format.infinity | (uint64_t)1 << (format.precision - 2) | sign;
    }
    if (isinf(upstream)) {
        return format.infinity | sign;
    }
    exact_sum sum;
    exactloss_sum_init(&sum);
    exactloss_sum_add_double(&sum, upstream);
    return upstream == 0 ? sign : exactloss_sum_encode(&sum, divisor, format);
}

int exactloss_cuda_set_gradient(prepared_job *p, double upstream, int64_t divisor, void *gradient) {
    if (p->job.count == 0) {
        return EXACTLOSS_OK;
    }
    if (gradient == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    if (!is_aligned(gradient, p->element_size)) {
        return report_alignment();
    }
    const fp_environment saved = fp_environment_enter();
    p->job.factor = divide_upstream(upstream, divisor, p->factor_format);
    fp_environment_leave(saved);
    p->job.gradient = gradient;
    p->job.is_vectorised &= is_aligned(gradient, 16);
    return EXACTLOSS_OK;
}

int exactloss_cuda_launch(exactloss_cuda_device *device, const prepared_job *p, void *stream) {
    if (p->job.count == 0) {
        return EXACTLOSS_OK;
    }
    const cuda_kernel *kernel = &device->kernels[p->kernel];
    const int64_t tiles = (p->job.count + p->tile - 1) / p->tile;
    const int64_t most = (int64_t)BLOCK_THREADS * THREAD_ELEMENTS / p->tile; /* tiles of a block */
    const int64_t fewest = (tiles + most - 1) / most;
    int64_t blocks = tiles < kernel->resident ? tiles : kernel->resident;
    blocks = blocks < fewest ? fewest : blocks;
    cuda_job job = p->job;
    void *arguments[] = {&job};
    return CUDA_CALL(device, cuLaunchKernel, kernel->function, (unsigned)blocks, 1, 1, BLOCK_THREADS, 1, 1, 0,
                     (CUstream)stream, arguments, NULL);
}
