/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public functions: check the arguments, choose the kernels, run, finish. The only file with public names.
 *
 * A function writes its outputs last, when nothing can fail any more.
 */
#include "accumulator.h"
#include "batch.h"
#include "cpu/features.h"
#include "exactloss/exactloss.h"
#include "fp_environment.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(exactloss_violation) == 24, "exactloss_violation is part of the binary interface");
_Static_assert(offsetof(exactloss_violation, argument) == 16, "exactloss_violation is part of the binary interface");
_Static_assert(sizeof(exactloss_evaluation) == 96, "exactloss_evaluation is part of the binary interface");
_Static_assert(offsetof(exactloss_evaluation, count) == 40, "exactloss_evaluation is part of the binary interface");
_Static_assert(sizeof(exactloss_accumulator) == EXACTLOSS_ACCUMULATOR_SIZE, "accumulators have a fixed size");

#define LARGEST_ELEMENT 8

/* ---------------------------------------------------------------------------------------------- arguments -- */

/* Whether `count` elements of any type, from `offset` on, can be addressed. */
static int is_count(int64_t offset, int64_t count) {
    const int64_t most = PTRDIFF_MAX / LARGEST_ELEMENT;
    return offset >= 0 && count >= 0 && offset <= most && count <= most - offset;
}

/* Defines a function that reads a target of a type. */
#define DEFINE_VALUE(name, type)                                                                                       \
    static double name(const void *targets, int64_t i) {                                                               \
        type value;                                                                                                    \
        memcpy(&value, (const unsigned char *)targets + (int64_t)sizeof value * i, sizeof value);                      \
        return (double)value;                                                                                          \
    }

DEFINE_VALUE(value_u8, unsigned char)
DEFINE_VALUE(value_i32, int32_t)
DEFINE_VALUE(value_i64, int64_t)
DEFINE_VALUE(value_f32, float)
DEFINE_VALUE(value_f64, double)

static int use(batch *b, exactloss_decode *decode, double (*target_value)(const void *, int64_t)) {
    b->decode = decode;
    b->target_value = target_value;
    return EXACTLOSS_OK;
}

/* Fills in what depends on the type of the targets. Bits need no value: strict mode refuses none of them. */
static int set_targets(const exactloss_kernels *kernels, int dtype, batch *b) {
    switch (dtype) {
        case EXACTLOSS_UINT8:
            return use(b, kernels->decode_u8, value_u8);
        case EXACTLOSS_INT32:
            return use(b, kernels->decode_i32, value_i32);
        case EXACTLOSS_INT64:
            return use(b, kernels->decode_i64, value_i64);
        case EXACTLOSS_FLOAT32:
            return use(b, kernels->decode_f32, value_f32);
        case EXACTLOSS_FLOAT64:
            return use(b, kernels->decode_f64, value_f64);
        case EXACTLOSS_BITS:
            return use(b, exactloss_decode_bits, NULL);
        default:
            return EXACTLOSS_ERROR_DTYPE;
    }
}

/* Checks what every computing function takes. Pointers may be NULL when there is nothing to read. */
static int check_batch(const exactloss_kernels *kernels, batch *b, int targets_dtype, int flags) {
    if (kernels == NULL) {
        return EXACTLOSS_ERROR_MAX_ISA;
    }
    if (!is_count(b->targets_offset, b->count)) {
        return EXACTLOSS_ERROR_COUNT;
    }
    if ((flags & ~EXACTLOSS_STRICT) != 0) {
        return EXACTLOSS_ERROR_FLAGS;
    }
    if (b->targets == NULL && b->count > 0) {
        return EXACTLOSS_ERROR_NULL;
    }
    return set_targets(kernels, targets_dtype, b);
}

static int check_predictions(const batch *b, int dtype) {
    if (dtype != EXACTLOSS_FLOAT32) {
        return EXACTLOSS_ERROR_DTYPE;
    }
    return b->predictions == NULL && b->count > 0 ? EXACTLOSS_ERROR_NULL : EXACTLOSS_OK;
}

/* Both checks, and the kernels to use. */
static int open_batch(const exactloss_kernels **kernels, batch *b, int predictions_dtype, int targets_dtype,
                      int flags) {
    *kernels = exactloss_dispatch();
    const int status = check_batch(*kernels, b, targets_dtype, flags);
    return status != EXACTLOSS_OK ? status : check_predictions(b, predictions_dtype);
}

/* ----------------------------------------------------------------------------------------------- the loss -- */

int exactloss_mnist_loss(const void *predictions, int predictions_dtype, const void *targets, int targets_dtype,
                         int64_t targets_offset, int64_t count, int reduction, int flags, double *loss, float *loss_f32,
                         exactloss_violation *violation) {
    const exactloss_kernels *kernels;
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    int status = open_batch(&kernels, &b, predictions_dtype, targets_dtype, flags);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (reduction != EXACTLOSS_REDUCTION_MEAN && reduction != EXACTLOSS_REDUCTION_SUM) {
        return EXACTLOSS_ERROR_REDUCTION;
    }
    totals t;
    double result = NAN;
    float result_f32 = NAN;
    exactloss_totals_init(&t);
    const fp_environment saved = fp_environment_enter();
    status = exactloss_batch_total(kernels, &b, NULL, flags & EXACTLOSS_STRICT, &t, violation);
    if (status == EXACTLOSS_OK && (reduction == EXACTLOSS_REDUCTION_SUM || count > 0)) {
        exactloss_sum_divide(&t.sum, reduction == EXACTLOSS_REDUCTION_SUM ? 1 : count, &result,
                             loss_f32 == NULL ? NULL : &result_f32);
    }
    fp_environment_leave(saved);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (loss != NULL) {
        *loss = result;
    }
    if (loss_f32 != NULL) {
        *loss_f32 = result_f32;
    }
    return EXACTLOSS_OK;
}

int exactloss_mnist_loss_none(const void *predictions, int predictions_dtype, const void *targets, int targets_dtype,
                              int64_t targets_offset, int64_t count, int flags, void *distances,
                              exactloss_violation *violation) {
    const exactloss_kernels *kernels;
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    int status = open_batch(&kernels, &b, predictions_dtype, targets_dtype, flags);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (distances == NULL && count > 0) {
        return EXACTLOSS_ERROR_NULL;
    }
    const fp_environment saved = fp_environment_enter();
    if (flags & EXACTLOSS_STRICT) {
        status = exactloss_batch_check(kernels, &b, violation);
    }
    if (status == EXACTLOSS_OK) {
        exactloss_batch_distances(kernels, &b, distances);
    }
    fp_environment_leave(saved);
    return status;
}

/* upstream / count for the mean, upstream otherwise, rounded once to float. */
static float gradient_value(double upstream, int64_t count, int reduction) {
    if (upstream == 0) {
        return (float)upstream; /* a sum does not keep the sign of a zero */
    }
    exact_sum sum;
    double quotient;
    float quotient_f32;
    exactloss_sum_init(&sum);
    exactloss_sum_add_double(&sum, upstream);
    exactloss_sum_divide(&sum, reduction == EXACTLOSS_REDUCTION_MEAN ? count : 1, &quotient, &quotient_f32);
    return quotient_f32;
}

int exactloss_mnist_loss_gradient(const void *targets, int targets_dtype, int64_t targets_offset, int64_t count,
                                  double upstream, int reduction, int flags, void *gradient, int gradient_dtype,
                                  exactloss_violation *violation) {
    const exactloss_kernels *kernels = exactloss_dispatch();
    batch b = {.targets = targets, .targets_offset = targets_offset, .count = count};
    int status = check_batch(kernels, &b, targets_dtype, flags);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (gradient_dtype != EXACTLOSS_FLOAT32) {
        return EXACTLOSS_ERROR_DTYPE;
    }
    if (reduction < EXACTLOSS_REDUCTION_NONE || reduction > EXACTLOSS_REDUCTION_SUM) {
        return EXACTLOSS_ERROR_REDUCTION;
    }
    if (gradient == NULL && count > 0) {
        return EXACTLOSS_ERROR_NULL;
    }
    if (count == 0) {
        return EXACTLOSS_OK;
    }
    const fp_environment saved = fp_environment_enter();
    if (flags & EXACTLOSS_STRICT) {
        status = exactloss_batch_check(kernels, &b, violation);
    }
    if (status == EXACTLOSS_OK) {
        exactloss_batch_gradient(kernels, &b, gradient_value(upstream, count, reduction), gradient);
    }
    fp_environment_leave(saved);
    return status;
}

int exactloss_evaluate(const void *predictions, int predictions_dtype, const void *targets, int targets_dtype,
                       int64_t targets_offset, int64_t count, double threshold, int flags,
                       exactloss_evaluation *evaluation, exactloss_violation *violation) {
    const exactloss_kernels *kernels;
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    int status = open_batch(&kernels, &b, predictions_dtype, targets_dtype, flags);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    status = exactloss_take_threshold(threshold, &threshold);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (evaluation == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    totals t;
    exactloss_totals_init(&t);
    const fp_environment saved = fp_environment_enter();
    status = exactloss_batch_total(kernels, &b, &threshold, flags & EXACTLOSS_STRICT, &t, violation);
    if (status == EXACTLOSS_OK) {
        exactloss_totals_result(&t, threshold, evaluation);
    }
    fp_environment_leave(saved);
    return status;
}

/* ---------------------------------------------------------------------------------------- the accumulator -- */

static accumulator *state_of(exactloss_accumulator *memory) { return (accumulator *)(void *)memory; }

static const accumulator *const_state_of(const exactloss_accumulator *memory) {
    return (const accumulator *)(const void *)memory;
}

static int check_accumulator(const exactloss_accumulator *memory) {
    if (memory == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    return const_state_of(memory)->magic == ACCUMULATOR_MAGIC ? EXACTLOSS_OK : EXACTLOSS_ERROR_ACCUMULATOR;
}

int exactloss_accumulator_init(exactloss_accumulator *memory, double threshold) {
    if (memory == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    const int status = exactloss_take_threshold(threshold, &threshold);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    accumulator *a = state_of(memory);
    a->magic = ACCUMULATOR_MAGIC;
    a->threshold = threshold;
    exactloss_totals_init(&a->totals);
    return EXACTLOSS_OK;
}

int exactloss_accumulator_add(exactloss_accumulator *memory, const void *predictions, int predictions_dtype,
                              const void *targets, int targets_dtype, int64_t targets_offset, int64_t count, int flags,
                              exactloss_violation *violation) {
    int status = check_accumulator(memory);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    const exactloss_kernels *kernels;
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    status = open_batch(&kernels, &b, predictions_dtype, targets_dtype, flags);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    accumulator *a = state_of(memory);
    if (count > INT64_MAX - a->totals.count) {
        return EXACTLOSS_ERROR_OVERFLOW;
    }
    totals t;
    exactloss_totals_init(&t);
    const fp_environment saved = fp_environment_enter();
    status = exactloss_batch_total(kernels, &b, &a->threshold, flags & EXACTLOSS_STRICT, &t, violation);
    fp_environment_leave(saved);
    if (status == EXACTLOSS_OK) {
        exactloss_totals_merge(&a->totals, &t);
    }
    return status;
}

int exactloss_accumulator_merge(exactloss_accumulator *memory, const exactloss_accumulator *other) {
    int status = check_accumulator(memory);
    if (status == EXACTLOSS_OK) {
        status = check_accumulator(other);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    accumulator *a = state_of(memory);
    const accumulator *o = const_state_of(other);
    if (memcmp(&a->threshold, &o->threshold, sizeof a->threshold) != 0) {
        return EXACTLOSS_ERROR_THRESHOLD;
    }
    if (o->totals.count > INT64_MAX - a->totals.count) {
        return EXACTLOSS_ERROR_OVERFLOW;
    }
    exactloss_totals_merge(&a->totals, &o->totals);
    return EXACTLOSS_OK;
}

int exactloss_accumulator_result(const exactloss_accumulator *memory, exactloss_evaluation *evaluation) {
    const int status = check_accumulator(memory);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (evaluation == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    const fp_environment saved = fp_environment_enter();
    exactloss_totals_result(&const_state_of(memory)->totals, const_state_of(memory)->threshold, evaluation);
    fp_environment_leave(saved);
    return EXACTLOSS_OK;
}

int exactloss_accumulator_serialize(const exactloss_accumulator *memory, void *bytes, int64_t capacity) {
    const int status = check_accumulator(memory);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (bytes == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    if (capacity < EXACTLOSS_ACCUMULATOR_BYTES) {
        return EXACTLOSS_ERROR_BUFFER;
    }
    exactloss_accumulator_to_bytes(const_state_of(memory), bytes);
    return EXACTLOSS_OK;
}

int exactloss_accumulator_deserialize(exactloss_accumulator *memory, const void *bytes, int64_t size) {
    if (memory == NULL || bytes == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    if (size != EXACTLOSS_ACCUMULATOR_BYTES) {
        return EXACTLOSS_ERROR_BUFFER;
    }
    return exactloss_accumulator_from_bytes(state_of(memory), bytes);
}

/* -------------------------------------------------------------------------------------------- the library -- */

const char *exactloss_status_string(int status) {
    switch (status) {
        case EXACTLOSS_OK:
            return "no error";
        case EXACTLOSS_ERROR_NULL:
            return "a required pointer is NULL";
        case EXACTLOSS_ERROR_COUNT:
            return "a count or offset is negative or too large to address";
        case EXACTLOSS_ERROR_DTYPE:
            return "an element type is unknown or not allowed here";
        case EXACTLOSS_ERROR_REDUCTION:
            return "a reduction is unknown or not allowed here";
        case EXACTLOSS_ERROR_FLAGS:
            return "flags has a bit that means nothing";
        case EXACTLOSS_ERROR_THRESHOLD:
            return "a threshold is NaN, or two accumulators differ in theirs";
        case EXACTLOSS_ERROR_STRICT:
            return "strict mode refused a prediction outside [0, 1] or a target other than 0 or 1";
        case EXACTLOSS_ERROR_ACCUMULATOR:
            return "the memory is no initialised accumulator";
        case EXACTLOSS_ERROR_OVERFLOW:
            return "an accumulator would count more than 2^63-1 elements";
        case EXACTLOSS_ERROR_BUFFER:
            return "a byte buffer has the wrong size";
        case EXACTLOSS_ERROR_FORMAT:
            return "the bytes are no accumulator, or one of an unknown version";
        case EXACTLOSS_ERROR_MAX_ISA:
            return "EXACTLOSS_MAX_ISA has a value other than portable, avx2 or avx512";
        default:
            return "unknown status";
    }
}

const char *exactloss_version(void) { return EXACTLOSS_VERSION; }

int exactloss_abi_version(void) { return EXACTLOSS_ABI_VERSION; }

const char *exactloss_isa_name(void) {
    const exactloss_kernels *kernels = exactloss_dispatch();
    return kernels == NULL ? NULL : kernels->isa_name;
}

int exactloss_isa_support(int isa) {
#ifndef EXACTLOSS_X86_64
    if (isa != EXACTLOSS_ISA_PORTABLE) {
        return EXACTLOSS_ISA_ABSENT;
    }
#endif
    return exactloss_support(exactloss_read_cpu(), isa);
}
