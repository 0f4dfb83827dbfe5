/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions of the accumulator. */
#include "accumulator.h"
#include "arguments.h"
#include "exactloss/exactloss.h"
#include "fp_environment.h"

_Static_assert(sizeof(exactloss_accumulator) == EXACTLOSS_ACCUMULATOR_SIZE, "accumulators have a fixed size");

static const accumulator *const_state_of(const exactloss_accumulator *memory) {
    return (const accumulator *)(const void *)memory;
}

int exactloss_accumulator_init(exactloss_accumulator *memory, double threshold) {
    if (memory == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    const int status = exactloss_take_threshold(threshold, &threshold);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    accumulator *a = exactloss_accumulator_state(memory);
    a->magic = ACCUMULATOR_MAGIC;
    a->threshold = threshold;
    exactloss_totals_init(&a->totals);
    return EXACTLOSS_OK;
}

/* Adds a batch, and gives its gradient unless that is NULL. */
static int add_batch(exactloss_accumulator *memory, const batch *b, const gradient_output *gradient,
                     exactloss_violation *violation) {
    accumulator *a = exactloss_accumulator_state(memory);
    if (b->count > INT64_MAX - a->totals.count) {
        return EXACTLOSS_ERROR_OVERFLOW;
    }
    totals t;
    exactloss_totals_init(&t);
    const fp_environment saved = fp_environment_enter();
    const int status = exactloss_batch_total(b, &a->threshold, &t, gradient, violation);
    fp_environment_leave(saved);
    if (status == EXACTLOSS_OK) {
        exactloss_totals_merge(&a->totals, &t);
    }
    return status;
}

int exactloss_accumulator_add(exactloss_accumulator *memory, const void *predictions, int predictions_dtype,
                              const void *targets, int targets_dtype, int64_t targets_offset, int64_t count, int flags,
                              exactloss_violation *violation) {
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    int status = exactloss_accumulator_check(memory);
    if (status == EXACTLOSS_OK) {
        status = exactloss_open_batch(&b, predictions_dtype, targets_dtype, flags, LOSS_FLAGS);
    }
    return status != EXACTLOSS_OK ? status : add_batch(memory, &b, NULL, violation);
}

int exactloss_accumulator_add_weighted(exactloss_accumulator *memory, const void *predictions, int predictions_dtype,
                                       const void *targets, int targets_dtype, int64_t targets_offset,
                                       const void *weights, int64_t count, int flags, exactloss_violation *violation) {
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    int status = exactloss_accumulator_check(memory);
    if (status == EXACTLOSS_OK) {
        status = exactloss_open_weighted(&b, predictions_dtype, targets_dtype, weights, flags);
    }
    return status != EXACTLOSS_OK ? status : add_batch(memory, &b, NULL, violation);
}

int exactloss_accumulator_add_with_gradient(exactloss_accumulator *memory, const void *predictions,
                                            int predictions_dtype, const void *targets, int targets_dtype,
                                            int64_t targets_offset, int64_t count, double upstream, int64_t divisor,
                                            int flags, void *gradient, exactloss_violation *violation) {
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    int status = exactloss_accumulator_check(memory);
    if (status == EXACTLOSS_OK) {
        status = exactloss_open_batch(&b, predictions_dtype, targets_dtype, flags, GRADIENT_FLAGS);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (divisor < 1) {
        return EXACTLOSS_ERROR_COUNT;
    }
    if (gradient == NULL && count > 0) {
        return EXACTLOSS_ERROR_NULL;
    }
    gradient_output output = {.array = gradient, .is_accumulated = (flags & EXACTLOSS_ACCUMULATE) != 0};
    const fp_environment saved = fp_environment_enter();
    exactloss_gradient_factor(&b, upstream, divisor, &output);
    fp_environment_leave(saved);
    return add_batch(memory, &b, &output, violation);
}

int exactloss_accumulator_merge(exactloss_accumulator *memory, const exactloss_accumulator *other) {
    int status = exactloss_accumulator_check(memory);
    if (status == EXACTLOSS_OK) {
        status = exactloss_accumulator_check(other);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    return exactloss_accumulator_combine(exactloss_accumulator_state(memory), const_state_of(other));
}

int exactloss_accumulator_result(const exactloss_accumulator *memory, exactloss_evaluation *evaluation) {
    const int status = exactloss_accumulator_check(memory);
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
    const int status = exactloss_accumulator_check(memory);
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
    return exactloss_accumulator_from_bytes(exactloss_accumulator_state(memory), bytes);
}
