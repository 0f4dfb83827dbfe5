/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public functions that compute at once: check the arguments, run, finish. Public names are in the api*.c files
 * alone.
 *
 * A function writes its outputs last, when nothing can fail any more.
 */
#include "arguments.h"
#include "batch.h"
#include "exactloss/exactloss.h"
#include "fp_environment.h"
#include "rows.h"

#include <stddef.h>

/* ------------------------------------------------------------------------------------------ losses and gradients -- */

/* The loss of a batch, and its gradient unless that is NULL. */
static int compute_loss(const batch *b, int options, const gradient_output *gradient, double *loss,
                        exactloss_violation *violation) {
    totals t;
    exactloss_totals_init(&t, b->losses);
    const int status = exactloss_batch_total(b, NULL, &t, gradient, violation);
    if (status == EXACTLOSS_OK && loss != NULL) {
        exactloss_totals_loss(&t, exactloss_first_loss(b->losses), options & OPTION_REDUCTION, loss, NULL);
    }
    return status;
}

/* A function of its own: inlined, it would make the short way save more registers. */
static __attribute__((noinline)) int loss_of_rows(int options, const void *predictions, const void *targets,
                                                  const float *weights, int64_t count, const exactloss_rows *rows,
                                                  double *losses, exactloss_violation *violation) {
    matrix m;
    m.first = (batch){.predictions = predictions, .targets = targets, .weights = (const void *)weights, .count = count};
    int status =
        exactloss_open_batch(&m.first, options, OPTION_BATCH | OPTION_REDUCTION, NEEDS_ONE_LOSS | NEEDS_REDUCTION);
    if (status == EXACTLOSS_OK) {
        status = exactloss_open_rows(&m, rows);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_check_row_pointers(&m);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (losses == NULL && m.shape.count > 0) {
        return EXACTLOSS_ERROR_NULL;
    }
    const fp_environment saved = fp_environment_enter();
    status = exactloss_check_rows(&m, violation);
    for (int64_t row = 0; row < m.shape.count && status == EXACTLOSS_OK; row++) {
        status = compute_loss(exactloss_row_of(&m, row), options, NULL, losses + row, violation);
    }
    fp_environment_leave(saved);
    return status;
}

_Static_assert(DISTANCE_LOSSES != 0 && (DISTANCE_LOSSES & (DISTANCE_LOSSES - 1)) == 0,
               "kernel_of_block() compares with one");

/*
 * The kernel for a batch so short that preparing it would take longer than its loss: one block of byte targets, neither
 * weighted nor checked, without a wrong argument. NULL for any other, and while no kernels are chosen.
 */
static inline exactloss_loss_of_block *kernel_of_block(int options, const void *predictions, const void *targets,
                                                       int64_t count, const double *loss) {
    const int others = options & ~OPTION_P;
    if ((others != (DISTANCE_LOSSES | EXACTLOSS_MEAN | EXACTLOSS_T_UINT8) &&
         others != (DISTANCE_LOSSES | EXACTLOSS_SUM | EXACTLOSS_T_UINT8)) ||
        predictions == NULL || targets == NULL || count < 1 || count > LONG_BLOCK || loss == NULL) {
        return NULL;
    }
    const exactloss_kernels *kernels = atomic_load_explicit(&exactloss_chosen_kernels, memory_order_acquire);
    return kernels == NULL ? NULL : kernels->loss_of_block[NUMBER_OF_TYPE(options)];
}

int exactloss_loss(int options, const void *predictions, const void *targets, const float *weights, int64_t count,
                   const exactloss_rows *rows, double *losses, exactloss_violation *violation) {
    if (rows == NULL && weights == NULL) {
        exactloss_loss_of_block *kernel = kernel_of_block(options, predictions, targets, count, losses);
        if (kernel != NULL) {
            return kernel((options & EXACTLOSS_MEAN) != 0 ? (int)count : 1, predictions, targets, losses, count);
        }
    }
    return loss_of_rows(options, predictions, targets, weights, count, rows, losses, violation);
}

int exactloss_values(int options, const void *predictions, const void *targets, const float *weights, int64_t count,
                     void *values, exactloss_violation *violation) {
    batch b = {.predictions = predictions, .targets = targets, .weights = (const void *)weights, .count = count};
    int status = exactloss_open_batch(&b, options, OPTION_BATCH, NEEDS_ONE_LOSS);
    if (status == EXACTLOSS_OK) {
        status = exactloss_check_pointers(&b);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (values == NULL && count > 0) {
        return EXACTLOSS_ERROR_NULL;
    }
    const fp_environment saved = fp_environment_enter();
    status = exactloss_batch_check(&b, violation);
    if (status == EXACTLOSS_OK) {
        exactloss_batch_values(&b, values);
    }
    fp_environment_leave(saved);
    return status;
}

int exactloss_gradient(int options, const void *predictions, const void *targets, const float *weights, int64_t count,
                       double upstream, int64_t divisor, void *gradient, double *loss, exactloss_violation *violation) {
    batch b = {.predictions = predictions, .targets = targets, .weights = (const void *)weights, .count = count};
    gradient_output output = {.array = gradient};
    int status = exactloss_open_batch(&b, options, OPTION_BATCH | OPTION_REDUCTION | EXACTLOSS_ACCUMULATE,
                                      NEEDS_ONE_LOSS | (loss == NULL ? 0 : NEEDS_REDUCTION));
    if (status != EXACTLOSS_OK) {
        return status;
    }
    const fp_environment saved = fp_environment_enter();
    status = exactloss_open_gradient(&b, options, upstream, divisor, &output);
    if (status == EXACTLOSS_OK && loss == NULL && exactloss_is_gradient_of_targets(&b, &output)) {
        status = targets == NULL && count > 0 ? EXACTLOSS_ERROR_NULL : EXACTLOSS_OK;
        b.predictions = b.is_strict ? b.predictions : NULL; /* to be checked, or not to be read */
    } else if (status == EXACTLOSS_OK) {
        status = exactloss_check_pointers(&b);
    }
    if (status == EXACTLOSS_OK) {
        b.losses = loss == NULL ? 0 : b.losses;
        status = compute_loss(&b, options, &output, loss, violation);
    }
    fp_environment_leave(saved);
    return status;
}

/* ---------------------------------------------------------------------------------------------------- evaluation -- */

static int compute_evaluation(const batch *b, double threshold, exactloss_evaluation *evaluation,
                              exactloss_violation *violation) {
    totals t;
    exactloss_totals_init(&t, b->losses);
    const int status = exactloss_batch_total(b, &threshold, &t, NULL, violation);
    if (status == EXACTLOSS_OK) {
        exactloss_totals_result(&t, threshold, evaluation);
    }
    return status;
}

int exactloss_evaluate(int options, const void *predictions, const void *targets, const float *weights, int64_t count,
                       const exactloss_rows *rows, double threshold, exactloss_evaluation *evaluations,
                       exactloss_violation *violation) {
    matrix m;
    m.first = (batch){.predictions = predictions, .targets = targets, .weights = (const void *)weights, .count = count};
    int status = exactloss_open_batch(&m.first, options, OPTION_BATCH, NEEDS_LOSSES);
    if (status == EXACTLOSS_OK) {
        status = exactloss_open_rows(&m, rows);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_take_threshold(threshold, &threshold);
    }
    if (status == EXACTLOSS_OK) {
        status = exactloss_check_row_pointers(&m);
    }
    if (status == EXACTLOSS_OK && m.shape.count > 0) {
        status = exactloss_check_evaluations(evaluations, m.shape.count);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    const fp_environment saved = fp_environment_enter();
    status = exactloss_check_rows(&m, violation);
    const int64_t size = m.shape.count > 0 ? evaluations->size : 0;
    for (int64_t row = 0; row < m.shape.count && status == EXACTLOSS_OK; row++) {
        exactloss_evaluation *evaluation = (void *)((unsigned char *)evaluations + size * row);
        evaluation->size = size;
        status = compute_evaluation(exactloss_row_of(&m, row), threshold, evaluation, violation);
    }
    fp_environment_leave(saved);
    return status;
}

/* ---------------------------------------------------------------------------------------------- array operations -- */

static exactloss_select *select_of_size(const exactloss_kernels *kernels, int element_size) {
    switch (element_size) {
        case 1:
            return kernels->select_8;
        case 2:
            return kernels->select_16;
        case 4:
            return kernels->select_32;
        case 8:
            return kernels->select_64;
        default:
            return NULL;
    }
}

int exactloss_where(int options, const void *condition, const void *a, const void *b, int element_size, int64_t count,
                    void *out) {
    const exactloss_kernels *kernels = exactloss_dispatch();
    if (kernels == NULL) {
        return EXACTLOSS_ERROR_MAX_ISA;
    }
    const int is_bits = (options & OPTION_T) == EXACTLOSS_T_BITS, first = exactloss_bit_offset(options);
    const int a_is_scalar = (options & EXACTLOSS_SCALAR_A) != 0, b_is_scalar = (options & EXACTLOSS_SCALAR_B) != 0;
    if ((options & ~(OPTION_T | OPTION_BIT_OFFSET | EXACTLOSS_SCALAR_A | EXACTLOSS_SCALAR_B)) != 0 ||
        (!is_bits && first != 0)) {
        return EXACTLOSS_ERROR_OPTIONS;
    }
    exactloss_select *select = select_of_size(kernels, element_size);
    if (select == NULL || (!is_bits && (options & OPTION_T) != EXACTLOSS_T_UINT8)) {
        return EXACTLOSS_ERROR_TYPE;
    }
    if (!exactloss_is_range(0, count)) {
        return EXACTLOSS_ERROR_COUNT;
    }
    if (count > 0 && (condition == NULL || a == NULL || b == NULL || out == NULL)) {
        return EXACTLOSS_ERROR_NULL;
    }
    exactloss_decode *decode = is_bits ? exactloss_decode_bits : kernels->decode_8;
    uint64_t is_false[MASK_WORDS];
    for (int64_t start = 0; start < count; start += BLOCK) {
        const int size = count - start < BLOCK ? (int)(count - start) : BLOCK;
        const int64_t at = element_size * start;
        decode(condition, first + start, size, 0, is_bits ? 1 : UINT8_MAX, is_false);
        select(is_false, (const unsigned char *)b + (b_is_scalar ? 0 : at), b_is_scalar,
               (const unsigned char *)a + (a_is_scalar ? 0 : at), a_is_scalar, size, (unsigned char *)out + at);
    }
    return EXACTLOSS_OK;
}

int exactloss_sigmoid(int options, const void *logits, int64_t count, void *out) {
    batch b = {.kernels = exactloss_dispatch(), .predictions = logits, .count = count};
    if (b.kernels == NULL) {
        return EXACTLOSS_ERROR_MAX_ISA;
    }
    if ((options & ~OPTION_P) != 0) {
        return EXACTLOSS_ERROR_OPTIONS;
    }
    b.type = exactloss_real_type(b.kernels, options);
    if (b.type == NULL) {
        return EXACTLOSS_ERROR_TYPE;
    }
    if (!exactloss_is_range(0, count)) {
        return EXACTLOSS_ERROR_COUNT;
    }
    if (count > 0 && (logits == NULL || out == NULL)) {
        return EXACTLOSS_ERROR_NULL;
    }
    const fp_environment saved = fp_environment_enter();
    exactloss_batch_sigmoid(&b, out);
    fp_environment_leave(saved);
    return EXACTLOSS_OK;
}
