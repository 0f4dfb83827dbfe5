/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks arguments as the functions of exactloss.h do, so that a wrong call gets the same status there and here, and
 * says in a job what the kernels need to know.
 */
#include "job.h"
#include "fp_environment.h"
#include "options.h"
#include "types.h"

#include <math.h>

/* A type of predictions. */
typedef struct real {
    int option; /* EXACTLOSS_P_* */
    int number; /* TYPE_* */
    int size;
    float_format format;
} real;

static const real *find_real(int options) {
    static const real REALS[] = {
        {EXACTLOSS_P_FLOAT16, TYPE_F16, 2, FLOAT16_FORMAT},
        {EXACTLOSS_P_BFLOAT16, TYPE_BF16, 2, BFLOAT16_FORMAT},
        {EXACTLOSS_P_FLOAT32, TYPE_F32, 4, FLOAT32_FORMAT},
        {EXACTLOSS_P_FLOAT64, TYPE_F64, 8, FLOAT64_FORMAT},
    };
    for (size_t i = 0; i < sizeof REALS / sizeof *REALS; i++) {
        if (REALS[i].option == (options & OPTION_P)) {
            return &REALS[i];
        }
    }
    return NULL;
}

/* What is looked up while a request is checked. */
typedef struct checked {
    const real *type;
    const target_type *target_type;
    double threshold;
    int is_logits;
    int has_predictions; /* they are read */
} checked;

/* ----------------------------------------------------------------------------------------------------- checks -- */

/* To an accumulator no losses are named, or all of its own; of a gradient one of them. */
static int has_losses_of_accumulator(const job_request *r) {
    const int losses = r->options & OPTION_LOSSES;
    return r->losses == 0 || losses == r->losses || (r->has_gradient ? (losses & r->losses) == losses : losses == 0);
}

static int check_numbers(const job_request *r, checked *c) {
    if (!exactloss_is_range(0, r->count) || (r->has_gradient && r->divisor < 1)) {
        return EXACTLOSS_ERROR_COUNT;
    }
    return r->threshold == NULL ? EXACTLOSS_OK : exactloss_take_threshold(*r->threshold, &c->threshold);
}

static int is_aligned(const void *array, int size) { return (uintptr_t)array % (uintptr_t)size == 0; }

static int check_arrays(const job_request *r, const checked *c) {
    if (r->count > 0 && ((c->has_predictions && r->predictions == NULL) || r->targets == NULL ||
                         (r->has_gradient && r->gradient == NULL))) {
        return EXACTLOSS_ERROR_NULL;
    }
    const int target_size = c->target_type->size == 0 ? 1 : c->target_type->size;
    return (!c->has_predictions || is_aligned(r->predictions, c->type->size)) && is_aligned(r->targets, target_size) &&
                   is_aligned(r->weights, sizeof(float)) && (!r->has_gradient || is_aligned(r->gradient, c->type->size))
               ? EXACTLOSS_OK
               : EXACTLOSS_CUDA_ERROR_ALIGNMENT;
}

static int check(const job_request *r, int is_gradient_alone, checked *c) {
    *c = (checked){.type = find_real(r->options), .target_type = exactloss_target_type(r->options)};
    int status = exactloss_check_options(r->options, r->allowed, r->needs);
    if (status == EXACTLOSS_OK && !has_losses_of_accumulator(r)) {
        status = EXACTLOSS_ERROR_LOSS;
    }
    if (status == EXACTLOSS_OK && (c->type == NULL || c->target_type == NULL)) {
        status = EXACTLOSS_ERROR_TYPE;
    }
    if (status == EXACTLOSS_OK) {
        status = check_numbers(r, c);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    c->is_logits = (r->options & EXACTLOSS_FROM_LOGITS) != 0;
    c->has_predictions = !is_gradient_alone || c->is_logits ||
                         exactloss_losses[exactloss_first_loss(r->options & OPTION_LOSSES)].linear == 0;
    return check_arrays(r, c);
}

/* -------------------------------------------------------------------------------------------------------- jobs -- */

/* Whether the arrays can be loaded and stored by 16 bytes of predictions, and the targets of these by up to 16. */
static int is_vectorised(const job_request *r, const checked *c) {
    const int elements = 16 / c->type->size, size = c->target_type->size * elements;
    const int has_vector_targets = c->target_type->size == 0 ? exactloss_bit_offset(r->options) % elements == 0
                                                             : is_aligned(r->targets, size < 16 ? size : 16);
    return has_vector_targets && (!c->has_predictions || is_aligned(r->predictions, 16)) &&
           (!r->has_gradient || is_aligned(r->gradient, 16));
}

/* Whether only linear losses are summed, and the gradient is none or of one. */
static int is_linear(const cuda_job *job) {
    const int differentiated = job->gradient == NULL ? 0 : 1 << job->gradient_loss;
    return ((job->losses | differentiated) & ~LINEAR_LOSSES) == 0;
}

static void choose_kernel(const job_request *r, const checked *c, prepared_job *p) {
    const int size = c->type->size;
    p->most = THREAD_ELEMENTS;
    if (r->weights != NULL || !is_linear(&p->job)) {
        p->kernel = KERNEL_elements;
        p->tile = ELEMENTS_TILE;
        p->most = ELEMENTS_OF_THREAD;
    } else if (!c->has_predictions) {
        p->kernel = KERNEL_target_gradient;
        p->tile = TILE(GRADIENT_VECTORS, size);
    } else if (c->is_logits) {
        p->kernel = size == 8 ? KERNEL_double_logits : KERNEL_float_logits;
        p->tile = TILE(LOGIT_VECTORS, size);
    } else {
        p->kernel = size == 8 ? KERNEL_double_predictions : KERNEL_float_predictions;
        p->tile = TILE(VECTORS, size);
    }
}

/* The factor of a gradient, and with EXACTLOSS_CLAMP the largest one of a loss that may have any. */
static void fill_gradient(const job_request *r, const checked *c, cuda_job *job) {
    const int loss = exactloss_first_loss(r->options & OPTION_LOSSES);
    const float_format wide = FLOAT32_FORMAT; /* in which gradients of narrower types are computed */
    const int is_steep = !c->is_logits && (1 << loss & VALUE_LOSSES) != 0;
    const int is_widened = c->type->size < 4 && (c->is_logits || exactloss_losses[loss].linear == 0);
    job->gradient = r->gradient;
    job->gradient_loss = loss;
    job->factor = exactloss_quotient(r->upstream, r->divisor, is_widened ? wide : c->type->format);
    if ((r->options & EXACTLOSS_CLAMP) != 0 && is_steep) {
        job->steepest = CLAMPED_SLOPE * fabs(job->factor);
    }
}

static void fill(const job_request *r, const checked *c, int is_gradient_alone, cuda_job *job) {
    const int losses = r->losses != 0 ? r->losses : r->options & OPTION_LOSSES;
    *job = (cuda_job){.predictions = c->has_predictions ? r->predictions : NULL,
                      .targets = r->targets,
                      .weights = r->weights,
                      .count = r->count,
                      .one = c->target_type->one,
                      .limit = (double)NAN,
                      .most = (r->options & EXACTLOSS_CLAMP) != 0 ? CLAMPED_VALUE : (double)INFINITY,
                      .steepest = (double)INFINITY,
                      .losses = is_gradient_alone ? 0 : losses,
                      .target_size = c->target_type->size,
                      .first_bit = exactloss_bit_offset(r->options),
                      .type = c->type->number,
                      .is_logits = c->is_logits,
                      .is_vectorised = is_vectorised(r, c)};
    const fp_environment saved = fp_environment_enter();
    if (r->threshold != NULL) {
        job->limit = exactloss_smallest_above(c->threshold, c->type->size < 8 ? 4 : 8);
    }
    if (r->has_gradient) {
        fill_gradient(r, c, job);
    }
    fp_environment_leave(saved);
}

static int prepare(const job_request *r, int is_gradient_alone, prepared_job *p) {
    checked c;
    const int status = check(r, is_gradient_alone, &c);
    if (status == EXACTLOSS_CUDA_ERROR_ALIGNMENT) {
        return exactloss_cuda_fail(status, "a device array is not aligned to the size of its elements");
    }
    if (status != EXACTLOSS_OK) {
        return exactloss_cuda_explain(status);
    }
    fill(r, &c, is_gradient_alone, &p->job);
    choose_kernel(r, &c, p);
    return EXACTLOSS_OK;
}

int exactloss_cuda_prepare(const job_request *request, prepared_job *prepared) { return prepare(request, 0, prepared); }

int exactloss_cuda_prepare_gradient(const job_request *request, prepared_job *prepared) {
    return prepare(request, 1, prepared);
}

int exactloss_cuda_launch(exactloss_cuda_device *device, const prepared_job *p, void *stream) {
    if (p->job.count == 0) {
        return EXACTLOSS_OK;
    }
    const cuda_kernel *kernel = &device->kernels[p->kernel];
    const int64_t tiles = (p->job.count + p->tile - 1) / p->tile;
    const int64_t most = (int64_t)BLOCK_THREADS * p->most / p->tile; /* tiles of a block */
    const int64_t fewest = (tiles + most - 1) / most;
    int64_t blocks = tiles < kernel->resident ? tiles : kernel->resident;
    blocks = blocks < fewest ? fewest : blocks;
    if (blocks > INT32_MAX) { /* the most blocks of a grid */
        return exactloss_cuda_explain(EXACTLOSS_ERROR_COUNT);
    }
    cuda_job job = p->job;
    void *arguments[] = {&job};
    return CUDA_CALL(device->driver, cuLaunchKernel, kernel->function, (unsigned)blocks, 1, 1, BLOCK_THREADS, 1, 1, 0,
                     (CUstream)stream, arguments, NULL);
}
