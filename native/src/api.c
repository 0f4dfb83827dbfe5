/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public functions that compute: check the arguments, choose the kernels, run, finish. Public names are in the
 * api*.c files alone.
 *
 * A function writes its outputs last, when nothing can fail any more.
 */
#include "arguments.h"
#include "batch.h"
#include "exactloss/exactloss.h"
#include "fp_environment.h"

#include <stddef.h>

_Static_assert(sizeof(exactloss_violation) == 24, "exactloss_violation is part of the binary interface");
_Static_assert(offsetof(exactloss_violation, argument) == 16, "exactloss_violation is part of the binary interface");
_Static_assert(sizeof(exactloss_evaluation) == 104, "exactloss_evaluation is part of the binary interface");
_Static_assert(offsetof(exactloss_evaluation, count) == 48, "exactloss_evaluation is part of the binary interface");

/* ----------------------------------------------------------------------------------------------- the loss -- */

static int is_scalar(int reduction) {
    return reduction == EXACTLOSS_REDUCTION_MEAN || reduction == EXACTLOSS_REDUCTION_SUM;
}

/* The loss of a batch, and its gradient unless that is NULL; the loss is not computed without a place for it. */
static int compute_loss(const batch *b, int reduction, double *loss, float *loss_f32, const gradient_output *gradient,
                        exactloss_violation *violation) {
    totals t;
    double result = 0;
    float result_f32 = 0;
    exactloss_totals_init(&t);
    const fp_environment saved = fp_environment_enter();
    const int status = exactloss_batch_total(b, NULL, &t, gradient, violation);
    if (status == EXACTLOSS_OK) {
        exactloss_totals_loss(&t, reduction, &result, loss_f32 == NULL ? NULL : &result_f32);
    }
    fp_environment_leave(saved);
    if (status == EXACTLOSS_OK && loss != NULL) {
        *loss = result;
    }
    if (status == EXACTLOSS_OK && loss_f32 != NULL) {
        *loss_f32 = result_f32;
    }
    return status;
}

/*
 * The shortest way for the commonest calls, those with byte targets, without flags and of one block: a call on few
 * elements takes longer to look at than to compute. Returns 0 where it is another call, or a wrong one.
 */
static int loss_of_block(const void *predictions, int predictions_dtype, const void *targets, int targets_dtype,
                         int64_t targets_offset, int64_t count, int reduction, int flags, double *loss,
                         float *loss_f32) {
    const exactloss_kernels *kernels = exactloss_dispatch();
    if (kernels == NULL || targets_dtype != EXACTLOSS_UINT8 || flags != 0 || count < 1 || count > LONG_BLOCK ||
        !exactloss_is_range(targets_offset, count) || predictions == NULL || targets == NULL || loss == NULL ||
        !is_scalar(reduction)) {
        return 0;
    }
    const real_type *type = exactloss_real_type(kernels, predictions_dtype);
    if (type == NULL) {
        return 0;
    }
    exact_sum sum;
    exactloss_sum_init(&sum);
    const fp_environment saved = fp_environment_enter();
    type->sum_by_bytes(predictions, (const unsigned char *)targets + targets_offset, (int)count, &sum);
    exactloss_sum_divide(&sum, reduction == EXACTLOSS_REDUCTION_MEAN ? count : 1, loss, loss_f32);
    fp_environment_leave(saved);
    return 1;
}

int exactloss_mnist_loss(const void *predictions, int predictions_dtype, const void *targets, int targets_dtype,
                         int64_t targets_offset, int64_t count, int reduction, int flags, double *loss, float *loss_f32,
                         exactloss_violation *violation) {
    if (loss_of_block(predictions, predictions_dtype, targets, targets_dtype, targets_offset, count, reduction, flags,
                      loss, loss_f32)) {
        return EXACTLOSS_OK;
    }
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    const int status = exactloss_open_batch(&b, predictions_dtype, targets_dtype, flags, LOSS_FLAGS);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    return is_scalar(reduction) ? compute_loss(&b, reduction, loss, loss_f32, NULL, violation)
                                : EXACTLOSS_ERROR_REDUCTION;
}

int exactloss_weighted_mnist_loss(const void *predictions, int predictions_dtype, const void *targets,
                                  int targets_dtype, int64_t targets_offset, const void *weights, int64_t count,
                                  int reduction, int flags, double *loss, float *loss_f32,
                                  exactloss_violation *violation) {
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    const int status = exactloss_open_weighted(&b, predictions_dtype, targets_dtype, weights, flags);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    return is_scalar(reduction) ? compute_loss(&b, reduction, loss, loss_f32, NULL, violation)
                                : EXACTLOSS_ERROR_REDUCTION;
}

int exactloss_mnist_loss_none(const void *predictions, int predictions_dtype, const void *targets, int targets_dtype,
                              int64_t targets_offset, int64_t count, int flags, void *distances,
                              exactloss_violation *violation) {
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    int status = exactloss_open_batch(&b, predictions_dtype, targets_dtype, flags, LOSS_FLAGS);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (distances == NULL && count > 0) {
        return EXACTLOSS_ERROR_NULL;
    }
    const fp_environment saved = fp_environment_enter();
    if (b.is_strict) {
        status = exactloss_batch_check(&b, violation);
    }
    if (status == EXACTLOSS_OK) {
        exactloss_batch_distances(&b, distances);
    }
    fp_environment_leave(saved);
    return status;
}

/* ------------------------------------------------------------------------------------------- the gradient -- */

int exactloss_mnist_loss_gradient(const void *targets, int targets_dtype, int64_t targets_offset, int64_t count,
                                  double upstream, int reduction, int flags, void *gradient, int gradient_dtype,
                                  exactloss_violation *violation) {
    batch b = {.targets = targets, .targets_offset = targets_offset, .count = count};
    int status = exactloss_open_targets(&b, gradient_dtype, targets_dtype, flags, TARGET_GRADIENT_FLAGS);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (!is_scalar(reduction) && reduction != EXACTLOSS_REDUCTION_NONE) {
        return EXACTLOSS_ERROR_REDUCTION;
    }
    if (count == 0) {
        return EXACTLOSS_OK;
    }
    if (gradient == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    gradient_output output = {.array = gradient, .is_accumulated = (flags & EXACTLOSS_ACCUMULATE) != 0};
    const fp_environment saved = fp_environment_enter();
    exactloss_gradient_factor(&b, upstream, reduction == EXACTLOSS_REDUCTION_MEAN ? count : 1, &output);
    if (b.is_strict) {
        status = exactloss_batch_check(&b, violation);
    }
    if (status == EXACTLOSS_OK) {
        exactloss_batch_gradient(&b, &output);
    }
    fp_environment_leave(saved);
    return status;
}

int exactloss_mnist_loss_and_gradient(const void *predictions, int predictions_dtype, const void *targets,
                                      int targets_dtype, int64_t targets_offset, int64_t count, double upstream,
                                      int reduction, int flags, double *loss, float *loss_f32, void *gradient,
                                      exactloss_violation *violation) {
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    const int status = exactloss_open_batch(&b, predictions_dtype, targets_dtype, flags, GRADIENT_FLAGS);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    const int has_no_loss = reduction == EXACTLOSS_REDUCTION_NONE && loss == NULL && loss_f32 == NULL;
    if (!is_scalar(reduction) && !has_no_loss) {
        return EXACTLOSS_ERROR_REDUCTION;
    }
    if (count == 0) {
        return compute_loss(&b, reduction, loss, loss_f32, NULL, violation);
    }
    if (gradient == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    gradient_output output = {.array = gradient, .is_accumulated = (flags & EXACTLOSS_ACCUMULATE) != 0};
    const fp_environment saved = fp_environment_enter();
    exactloss_gradient_factor(&b, upstream, reduction == EXACTLOSS_REDUCTION_MEAN ? count : 1, &output);
    fp_environment_leave(saved);
    return compute_loss(&b, reduction, loss, loss_f32, &output, violation);
}

/* ------------------------------------------------------------------------------------------ the evaluation -- */

static int compute_evaluation(const batch *b, double threshold, exactloss_evaluation *evaluation,
                              exactloss_violation *violation) {
    totals t;
    int status = exactloss_take_threshold(threshold, &threshold);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (evaluation == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    exactloss_totals_init(&t);
    const fp_environment saved = fp_environment_enter();
    status = exactloss_batch_total(b, &threshold, &t, NULL, violation);
    if (status == EXACTLOSS_OK) {
        exactloss_totals_result(&t, threshold, evaluation);
    }
    fp_environment_leave(saved);
    return status;
}

int exactloss_evaluate(const void *predictions, int predictions_dtype, const void *targets, int targets_dtype,
                       int64_t targets_offset, int64_t count, double threshold, int flags,
                       exactloss_evaluation *evaluation, exactloss_violation *violation) {
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    const int status = exactloss_open_batch(&b, predictions_dtype, targets_dtype, flags, LOSS_FLAGS);
    return status != EXACTLOSS_OK ? status : compute_evaluation(&b, threshold, evaluation, violation);
}

int exactloss_weighted_evaluate(const void *predictions, int predictions_dtype, const void *targets, int targets_dtype,
                                int64_t targets_offset, const void *weights, int64_t count, double threshold, int flags,
                                exactloss_evaluation *evaluation, exactloss_violation *violation) {
    batch b = {.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = count};
    const int status = exactloss_open_weighted(&b, predictions_dtype, targets_dtype, weights, flags);
    return status != EXACTLOSS_OK ? status : compute_evaluation(&b, threshold, evaluation, violation);
}

/* ----------------------------------------------------------------------------------------------------- rows -- */

/* A matrix, as the batch of its first row and the distances between rows. */
typedef struct matrix {
    batch first;
    int64_t predictions_stride, targets_stride, rows;
} matrix;

static batch row_of(const matrix *m, int64_t row) {
    batch b = m->first;
    b.predictions = b.predictions == NULL ? NULL : b.predictions + b.type->size * m->predictions_stride * row;
    b.targets_offset += m->targets_stride * row;
    return b;
}

/* In strict mode, looks for the first element to refuse, and then need not look again. */
static int check_rows(matrix *m, exactloss_violation *violation) {
    for (int64_t row = 0; row < m->rows && m->first.is_strict; row++) {
        const batch b = row_of(m, row);
        const int status = exactloss_batch_check(&b, violation);
        if (status != EXACTLOSS_OK) {
            if (violation != NULL) {
                violation->index += row * b.count;
            }
            return status;
        }
    }
    m->first.is_strict = 0;
    return EXACTLOSS_OK;
}

/* Completes a matrix whose pointers, offset and shape are set. */
static int open_rows(matrix *m, int predictions_dtype, int targets_dtype, int flags) {
    if (!exactloss_is_matrix(m->rows, m->first.count, m->predictions_stride, 0) ||
        !exactloss_is_matrix(m->rows, m->first.count, m->targets_stride, m->first.targets_offset)) {
        return EXACTLOSS_ERROR_COUNT;
    }
    if (m->rows == 0) {
        m->first.count = 0; /* there is nothing to read, so pointers may be NULL */
    }
    return exactloss_open_batch(&m->first, predictions_dtype, targets_dtype, flags, LOSS_FLAGS);
}

int exactloss_mnist_loss_rows(const void *predictions, int predictions_dtype, int64_t predictions_stride,
                              const void *targets, int targets_dtype, int64_t targets_offset, int64_t targets_stride,
                              int64_t rows, int64_t columns, int reduction, int flags, double *losses,
                              float *losses_f32, exactloss_violation *violation) {
    matrix m = {{.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = columns},
                predictions_stride,
                targets_stride,
                rows};
    int status = open_rows(&m, predictions_dtype, targets_dtype, flags);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (!is_scalar(reduction)) {
        return EXACTLOSS_ERROR_REDUCTION;
    }
    const fp_environment saved = fp_environment_enter();
    status = check_rows(&m, violation);
    for (int64_t row = 0; row < rows && status == EXACTLOSS_OK; row++) {
        const batch b = row_of(&m, row);
        status = compute_loss(&b, reduction, losses == NULL ? NULL : losses + row,
                              losses_f32 == NULL ? NULL : losses_f32 + row, NULL, NULL);
    }
    fp_environment_leave(saved);
    return status;
}

int exactloss_evaluate_rows(const void *predictions, int predictions_dtype, int64_t predictions_stride,
                            const void *targets, int targets_dtype, int64_t targets_offset, int64_t targets_stride,
                            int64_t rows, int64_t columns, double threshold, int flags,
                            exactloss_evaluation *evaluations, exactloss_violation *violation) {
    matrix m = {{.predictions = predictions, .targets = targets, .targets_offset = targets_offset, .count = columns},
                predictions_stride,
                targets_stride,
                rows};
    int status = open_rows(&m, predictions_dtype, targets_dtype, flags);
    if (status == EXACTLOSS_OK) {
        status = exactloss_take_threshold(threshold, &threshold);
    }
    if (status == EXACTLOSS_OK && evaluations == NULL && rows > 0) {
        status = EXACTLOSS_ERROR_NULL;
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    const fp_environment saved = fp_environment_enter();
    status = check_rows(&m, violation);
    for (int64_t row = 0; row < rows && status == EXACTLOSS_OK; row++) {
        const batch b = row_of(&m, row);
        status = compute_evaluation(&b, threshold, evaluations + row, NULL);
    }
    fp_environment_leave(saved);
    return status;
}

/* --------------------------------------------------------------------------------------- array operations -- */

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

int exactloss_where(const void *condition, int condition_dtype, int64_t condition_offset, const void *a, const void *b,
                    int element_size, int64_t count, int flags, void *out) {
    const exactloss_kernels *kernels = exactloss_dispatch();
    if (kernels == NULL) {
        return EXACTLOSS_ERROR_MAX_ISA;
    }
    if (!exactloss_is_range(condition_offset, count)) {
        return EXACTLOSS_ERROR_COUNT;
    }
    if ((flags & ~(EXACTLOSS_SCALAR_A | EXACTLOSS_SCALAR_B)) != 0) {
        return EXACTLOSS_ERROR_FLAGS;
    }
    exactloss_select *select = select_of_size(kernels, element_size);
    if (select == NULL || (condition_dtype != EXACTLOSS_UINT8 && condition_dtype != EXACTLOSS_BITS)) {
        return EXACTLOSS_ERROR_DTYPE;
    }
    if (count > 0 && (condition == NULL || a == NULL || b == NULL || out == NULL)) {
        return EXACTLOSS_ERROR_NULL;
    }
    exactloss_decode *decode = condition_dtype == EXACTLOSS_BITS ? exactloss_decode_bits : kernels->decode_u8;
    const int a_is_scalar = (flags & EXACTLOSS_SCALAR_A) != 0, b_is_scalar = (flags & EXACTLOSS_SCALAR_B) != 0;
    uint64_t is_false[MASK_WORDS];
    for (int64_t start = 0; start < count; start += BLOCK) {
        const int size = count - start < BLOCK ? (int)(count - start) : BLOCK;
        const int64_t at = element_size * start;
        decode(condition, condition_offset + start, size, 0, is_false);
        select(is_false, (const unsigned char *)b + (b_is_scalar ? 0 : at), b_is_scalar,
               (const unsigned char *)a + (a_is_scalar ? 0 : at), a_is_scalar, size, (unsigned char *)out + at);
    }
    return EXACTLOSS_OK;
}

int exactloss_sigmoid(const void *logits, int dtype, int64_t count, void *out) {
    batch b = {.kernels = exactloss_dispatch(), .predictions = logits, .count = count};
    if (b.kernels == NULL) {
        return EXACTLOSS_ERROR_MAX_ISA;
    }
    if (!exactloss_is_range(0, count)) {
        return EXACTLOSS_ERROR_COUNT;
    }
    b.type = exactloss_real_type(b.kernels, dtype);
    if (b.type == NULL) {
        return EXACTLOSS_ERROR_DTYPE;
    }
    if (count > 0 && (logits == NULL || out == NULL)) {
        return EXACTLOSS_ERROR_NULL;
    }
    const fp_environment saved = fp_environment_enter();
    exactloss_batch_sigmoid(&b, out);
    fp_environment_leave(saved);
    return EXACTLOSS_OK;
}
