/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

/* Whether the rows of an array, `stride` elements apart, can be addressed. */
static int is_addressable(int64_t rows, int64_t count, int64_t stride, int64_t first) {
    if (stride < 0) {
        return 0;
    }
    return rows <= 1 || (stride <= INT64_MAX / 2 / rows && exactloss_is_range(first + stride * (rows - 1), count));
}

int exactloss_open_rows(matrix *m, const exactloss_rows *rows) {
    const batch *b = &m->first;
    if (rows == NULL) {
        m->shape.count = 1;
        return EXACTLOSS_OK;
    }
    m->shape = *rows;
    const exactloss_rows *s = &m->shape;
    if (!exactloss_is_range(0, s->count) || (s->count > 1 && b->count > INT64_MAX / s->count) ||
        !is_addressable(s->count, b->count, s->predictions_stride, 0) ||
        !is_addressable(s->count, b->count, s->targets_stride, b->first_target) ||
        (b->weights != NULL && !is_addressable(s->count, b->count, s->weights_stride, 0))) {
        return EXACTLOSS_ERROR_COUNT;
    }
    return EXACTLOSS_OK;
}

batch *exactloss_row_of(matrix *m, int64_t row) {
    batch *b = &m->another;
    if (row == 0 || m->first.count == 0) {
        return &m->first;
    }
    *b = m->first;
    const int64_t weights_stride = b->weights == NULL ? 0 : m->shape.weights_stride; /* else any number */
    exactloss_advance(b, m->shape.predictions_stride * row, m->shape.targets_stride * row, weights_stride * row);
    return b;
}

int exactloss_check_several_rows(matrix *m, exactloss_violation *violation) {
    const int64_t rows = m->first.is_unchecked && m->first.count > 0 ? m->shape.count : 0;
    for (int64_t row = 0; row < rows; row++) {
        const batch *b = exactloss_row_of(m, row);
        const int status = exactloss_batch_check(b, violation);
        if (status != EXACTLOSS_OK) {
            if (violation != NULL) {
                violation->index += row * b->count;
            }
            return status;
        }
    }
    m->first.is_unchecked = 0;
    return EXACTLOSS_OK;
}
