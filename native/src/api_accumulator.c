/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions of the accumulator. */
#include "accumulator.h"
#include "arguments.h"
#include "exactloss/exactloss.h"
#include "fp_environment.h"
#include "rows.h"

_Static_assert(sizeof(exactloss_accumulator) == EXACTLOSS_ACCUMULATOR_SIZE, "accumulators have a fixed size");

static const accumulator *const_state_of(const exactloss_accumulator *memory) {
    return (const accumulator *)(const void *)memory;
}

int exactloss_accumulator_init(exactloss_accumulator *memory, int options, double threshold) {
    int status = exactloss_accumulator_check_address(memory);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if ((options & ~OPTION_LOSSES) != 0) {
        return EXACTLOSS_ERROR_OPTIONS;
    }
    if (options == 0 || options > ALL_LOSSES) {
        return EXACTLOSS_ERROR_LOSS;
    }
    status = exactloss_take_threshold(threshold, &threshold);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    accumulator *a = exactloss_accumulator_state(memory);
    a->magic = ACCUMULATOR_MAGIC;
    a->threshold = threshold;
    exactloss_totals_init(&a->totals, options);
    return EXACTLOSS_OK;
}

/* Adds a batch of the accumulator's losses, and gives a gradient unless that is NULL. */
static int add_batch(accumulator *a, batch *b, const gradient_output *gradient, exactloss_violation *violation) {
    totals t;
    b->losses = (int)a->totals.losses;
    exactloss_totals_init(&t, b->losses);
    const int status = exactloss_batch_total(b, &a->threshold, &t, gradient, violation);
    if (status == EXACTLOSS_OK) {
        exactloss_totals_merge(&a->totals, &t);
    }
    return status;
}

static int check_room(const accumulator *a, int64_t count) {
    return count > INT64_MAX - a->totals.count ? EXACTLOSS_ERROR_OVERFLOW : EXACTLOSS_OK;
}

/*
 * Checks the accumulators of rows and the options: EXACTLOSS_OK, or the first error. If there are more accumulators
 * than can be addressed, they are not read: their number is the error.
 */
static int check_all(const exactloss_accumulator *memory, int64_t rows, int options) {
    const int losses = options & OPTION_LOSSES, is_too_many = rows > PTRDIFF_MAX / EXACTLOSS_ACCUMULATOR_SIZE;
    const int64_t count = is_too_many ? 0 : rows;
    int status = count > 0 ? exactloss_accumulator_check_address(memory) : EXACTLOSS_OK; /* before it is added to */
    for (int64_t row = 0; row < count && status == EXACTLOSS_OK; row++) {
        status = exactloss_accumulator_check(memory + row);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_check_options(options, OPTION_BATCH, 0);
    }
    for (int64_t row = 0; row < count && status == EXACTLOSS_OK && losses != 0; row++) {
        status = losses == const_state_of(memory + row)->totals.losses ? EXACTLOSS_OK : EXACTLOSS_ERROR_LOSS;
    }
    return status == EXACTLOSS_OK && is_too_many ? EXACTLOSS_ERROR_COUNT : status;
}

int exactloss_accumulator_add(exactloss_accumulator *accumulators, int options, const void *predictions,
                              const void *targets, const float *weights, int64_t count, const exactloss_rows *rows,
                              exactloss_violation *violation) {
    matrix m;
    m.first = (batch){.predictions = predictions, .targets = targets, .weights = (const void *)weights, .count = count};
    const int64_t row_count = rows == NULL ? 1 : rows->count;
    if (exactloss_dispatch() == NULL) {
        return EXACTLOSS_ERROR_MAX_ISA;
    }
    int status = check_all(accumulators, row_count, options);
    if (status == EXACTLOSS_OK) {
        status = exactloss_open_batch(&m.first, options, OPTION_BATCH, 0);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_open_rows(&m, rows);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_check_row_pointers(&m);
    }
    for (int64_t row = 0; row < row_count && status == EXACTLOSS_OK; row++) {
        status = check_room(const_state_of(accumulators + row), count);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    const fp_environment saved = fp_environment_enter();
    status = exactloss_check_rows(&m, violation);
    for (int64_t row = 0; row < row_count && status == EXACTLOSS_OK; row++) {
        status = add_batch(exactloss_accumulator_state(accumulators + row), exactloss_row_of(&m, row), NULL, violation);
    }
    fp_environment_leave(saved);
    return status;
}

int exactloss_accumulator_add_with_gradient(exactloss_accumulator *memory, int options, const void *predictions,
                                            const void *targets, const float *weights, int64_t count, double upstream,
                                            int64_t divisor, void *gradient, exactloss_violation *violation) {
    batch b = {.predictions = predictions, .targets = targets, .weights = (const void *)weights, .count = count};
    gradient_output output = {.array = gradient};
    const int allowed = OPTION_BATCH | EXACTLOSS_ACCUMULATE;
    if (exactloss_dispatch() == NULL) {
        return EXACTLOSS_ERROR_MAX_ISA;
    }
    int status = exactloss_accumulator_check(memory);
    if (status == EXACTLOSS_OK) {
        status = exactloss_check_options(options, allowed, NEEDS_ONE_LOSS);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    accumulator *a = exactloss_accumulator_state(memory);
    if ((options & a->totals.losses) == 0) {
        return EXACTLOSS_ERROR_LOSS;
    }
    status = exactloss_open_batch(&b, options, allowed, NEEDS_ONE_LOSS);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    const fp_environment saved = fp_environment_enter();
    status = exactloss_open_gradient(&b, options, upstream, divisor, &output);
    if (status == EXACTLOSS_OK) {
        status = exactloss_check_pointers(&b);
    }
    if (status == EXACTLOSS_OK) {
        status = check_room(a, count);
    }
    if (status == EXACTLOSS_OK) {
        status = add_batch(a, &b, &output, violation);
    }
    fp_environment_leave(saved);
    return status;
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
    int status = exactloss_accumulator_check(memory);
    if (status == EXACTLOSS_OK) {
        status = exactloss_check_evaluations(evaluation, 1);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    const fp_environment saved = fp_environment_enter();
    exactloss_totals_result(&const_state_of(memory)->totals, const_state_of(memory)->threshold, evaluation);
    fp_environment_leave(saved);
    return EXACTLOSS_OK;
}

int exactloss_accumulator_serialize(const exactloss_accumulator *memory, void *bytes, int64_t capacity, int64_t *size) {
    const int status = exactloss_accumulator_check(memory);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (bytes == NULL || size == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    const int64_t needed = exactloss_accumulator_byte_size(const_state_of(memory)->totals.losses);
    if (capacity < needed) {
        return EXACTLOSS_ERROR_SIZE;
    }
    exactloss_accumulator_to_bytes(const_state_of(memory), bytes);
    *size = needed;
    return EXACTLOSS_OK;
}

int exactloss_accumulator_deserialize(exactloss_accumulator *memory, const void *bytes, int64_t size) {
    const int status = exactloss_accumulator_check_address(memory);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    return bytes == NULL ? EXACTLOSS_ERROR_NULL
                         : exactloss_accumulator_from_bytes(exactloss_accumulator_state(memory), bytes, size);
}
