/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of the public functions before they compute, in the order that exactloss.h gives. */
#ifndef EXACTLOSS_ARGUMENTS_H
#define EXACTLOSS_ARGUMENTS_H

#include "batch.h"
#include "options.h"

/* The type of predictions in options; NULL where there is none, or an unknown one. */
static inline const real_type *exactloss_real_type(const exactloss_kernels *kernels, int options) {
    switch (options & OPTION_P) {
        case EXACTLOSS_P_FLOAT16:
            return &kernels->f16;
        case EXACTLOSS_P_BFLOAT16:
            return &kernels->bf16;
        case EXACTLOSS_P_FLOAT32:
            return &kernels->f32;
        case EXACTLOSS_P_FLOAT64:
            return &kernels->f64;
        default:
            return NULL;
    }
}

/*
 * Completes a batch, whose pointers and count are set, with the kernels and from the options. EXACTLOSS_OK, or an
 * error: the options have a bit outside of `allowed` or lack a needed one, or the count is out of range.
 */
int exactloss_open_batch(batch *b, int options, int allowed, int needs);

/* EXACTLOSS_OK, or EXACTLOSS_ERROR_NULL where a batch with elements lacks its predictions or its targets. */
static inline int exactloss_check_pointers(const batch *b) {
    return b->count > 0 && (b->predictions == NULL || b->targets == NULL) ? EXACTLOSS_ERROR_NULL : EXACTLOSS_OK;
}

/*
 * Completes a gradient, whose array is set, for a batch that is open: EXACTLOSS_OK, or an error where the divisor is
 * out of range, or the array NULL.
 */
int exactloss_open_gradient(const batch *b, int options, double upstream, int64_t divisor, gradient_output *gradient);

#endif
