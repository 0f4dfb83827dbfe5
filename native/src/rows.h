/* SPDX-License-Identifier: Apache-2.0 */
/* A matrix, whose rows are batches; and a batch, as a matrix of one row. */
#ifndef EXACTLOSS_ROWS_H
#define EXACTLOSS_ROWS_H

#include "arguments.h"
#include "batch.h"

typedef struct matrix {
    batch first;   /* the first row */
    batch another; /* another row */
    exactloss_rows shape;
} matrix;

/*
 * Completes a matrix, whose first row is open: EXACTLOSS_OK, or an error where a row can't be addressed. rows: NULL
 * for a batch.
 */
int exactloss_open_rows(matrix *m, const exactloss_rows *rows);

/* EXACTLOSS_OK, or EXACTLOSS_ERROR_NULL where a matrix with elements lacks its predictions or its targets. */
static inline int exactloss_check_row_pointers(const matrix *m) {
    return m->shape.count == 0 ? EXACTLOSS_OK : exactloss_check_pointers(&m->first);
}

/* A row, until the next call. The first row is `first` itself: a single batch is never copied. */
batch *exactloss_row_of(matrix *m, int64_t row);

int exactloss_check_several_rows(matrix *m, exactloss_violation *violation);

/*
 * Looks for the first element that must be refused, where there are several rows: EXACTLOSS_OK, or the error that
 * names it in *violation. The rows need not be checked again then. A single row is not checked here: its sum does that.
 */
static inline int exactloss_check_rows(matrix *m, exactloss_violation *violation) {
    return m->shape.count == 1 ? EXACTLOSS_OK : exactloss_check_several_rows(m, violation);
}

#endif
