/* SPDX-License-Identifier: Apache-2.0 */
/* What the public functions check before anything is computed, in the order that exactloss.h gives. */
#ifndef EXACTLOSS_ARGUMENTS_H
#define EXACTLOSS_ARGUMENTS_H

#include "batch.h"
#include "options.h"

/* Whether `count` elements of any type, from element `from` on, can be addressed. */
static inline int exactloss_is_range(int64_t from, int64_t count) {
    const int64_t most = PTRDIFF_MAX / 8;
    return from >= 0 && count >= 0 && from <= most && count <= most - from;
}

/* The type of predictions in options; NULL where there is none, or an unknown one. */
const real_type *exactloss_real_type(const exactloss_kernels *kernels, int options);

/* What a function needs of its options beside the types. */
enum { NEEDS_ONE_LOSS = 1, NEEDS_LOSSES = 2, NEEDS_REDUCTION = 4 };

/* The first fault of options, apart from the types: a bit outside of `allowed`, or a lack of what is needed. */
int exactloss_check_options(int options, int allowed, int needs);

/*
 * Completes a batch, whose pointers and count are set, with the kernels, and with what the options say. EXACTLOSS_OK,
 * or an error: the options have a bit outside of `allowed`, or lack what is needed, or the count is out of range.
 */
int exactloss_open_batch(batch *b, int options, int allowed, int needs);

/* EXACTLOSS_OK, or EXACTLOSS_ERROR_NULL where a batch with elements lacks its predictions or its targets. */
int exactloss_check_pointers(const batch *b);

/*
 * Completes a gradient, whose array is set, for a batch that is open: EXACTLOSS_OK, or an error where the divisor is
 * out of range, or the array NULL.
 */
int exactloss_open_gradient(const batch *b, int options, double upstream, int64_t divisor, gradient_output *gradient);

#endif
