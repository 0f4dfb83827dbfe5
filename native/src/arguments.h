/* SPDX-License-Identifier: Apache-2.0 */
/* What the public functions check before anything is computed. */
#ifndef EXACTLOSS_ARGUMENTS_H
#define EXACTLOSS_ARGUMENTS_H

#include "batch.h"

/* Whether elements offset .. offset + count - 1, of any type, can be addressed. */
static inline int exactloss_is_range(int64_t offset, int64_t count) {
    const int64_t most = PTRDIFF_MAX / 8;
    return offset >= 0 && count >= 0 && offset <= most && count <= most - offset;
}

/* The type of predictions for a dtype; NULL where it is none. */
const real_type *exactloss_real_type(const exactloss_kernels *kernels, int dtype);

/* Whether the rows of a matrix, `stride` elements apart, can be addressed, and its elements be counted. */
int exactloss_is_matrix(int64_t rows, int64_t columns, int64_t stride, int64_t offset);

/* The flags of functions with a loss, with a gradient, and with a gradient that needs no predictions. */
#define LOSS_FLAGS (EXACTLOSS_STRICT | EXACTLOSS_LOGITS)
#define GRADIENT_FLAGS (EXACTLOSS_STRICT | EXACTLOSS_LOGITS | EXACTLOSS_ACCUMULATE)
#define TARGET_GRADIENT_FLAGS (EXACTLOSS_STRICT | EXACTLOSS_ACCUMULATE)

/*
 * Complete a batch, whose pointers, offset and count are set, with the kernels, the types and the flags, and check it
 * all: EXACTLOSS_OK, or an error. Pointers may be NULL where there is nothing to read.
 */
int exactloss_open_batch(batch *b, int predictions_dtype, int targets_dtype, int flags, int allowed_flags);

/* The same for a batch with weights. */
int exactloss_open_weighted(batch *b, int predictions_dtype, int targets_dtype, const void *weights, int flags);

/* The same for a batch without predictions. */
int exactloss_open_targets(batch *b, int gradient_dtype, int targets_dtype, int flags, int allowed_flags);

#endif
