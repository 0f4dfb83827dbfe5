/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of constants that options are or-ed from, and the checks of arguments that all libraries share. */
#ifndef EXACTLOSS_OPTIONS_H
#define EXACTLOSS_OPTIONS_H

#include "exactloss/exactloss.h"
#include "losses/losses.h"

#include <stddef.h>
#include <stdint.h>

#define OPTION_LOSSES 0xff
#define OPTION_REDUCTION (EXACTLOSS_MEAN | EXACTLOSS_SUM)
#define OPTION_P 0xf000
#define NUMBER_OF_TYPE(options) (((options)&OPTION_P) / EXACTLOSS_P_FLOAT16) /* of the predictions */
#define OPTION_T 0xf0000
#define OPTION_BIT_OFFSET 0x700000

/* The groups of every function that takes a batch. */
#define OPTION_BATCH                                                                                                   \
    (OPTION_LOSSES | OPTION_P | OPTION_T | OPTION_BIT_OFFSET | EXACTLOSS_FROM_LOGITS | EXACTLOSS_STRICT |              \
     EXACTLOSS_CLAMP)

/* The first bit of targets that are bits, in the byte that the array begins with. */
static inline int exactloss_bit_offset(int options) { return (options & OPTION_BIT_OFFSET) / EXACTLOSS_T_BIT_OFFSET; }

/* The options that a function requires besides the types. */
enum { NEEDS_ONE_LOSS = 1, NEEDS_LOSSES = 2, NEEDS_REDUCTION = 4 };

/*
 * EXACTLOSS_OK if options have all needed bits and none outside of `allowed`; otherwise the error. Types that are
 * missing or unknown are left to those who look them up. Inlined, as a call on few elements takes longer to check
 * than to compute.
 */
static inline int exactloss_check_options(int options, int allowed, int needs) {
    const int losses = options & OPTION_LOSSES, reduction = options & OPTION_REDUCTION;
    const int has_offset = (options & OPTION_BIT_OFFSET) != 0, has_bits = (options & OPTION_T) == EXACTLOSS_T_BITS;
    if ((options & ~allowed) != 0 || (has_offset && !has_bits)) {
        return EXACTLOSS_ERROR_OPTIONS;
    }
    if (losses > ALL_LOSSES || ((needs & NEEDS_LOSSES) != 0 && losses == 0) ||
        ((needs & NEEDS_ONE_LOSS) != 0 && !exactloss_is_one_loss(losses))) {
        return EXACTLOSS_ERROR_LOSS;
    }
    if ((needs & NEEDS_REDUCTION) != 0 && reduction != EXACTLOSS_MEAN && reduction != EXACTLOSS_SUM) {
        return EXACTLOSS_ERROR_REDUCTION;
    }
    return EXACTLOSS_OK;
}

/* Whether `count` elements of any type, from element `from` on, can be addressed. */
static inline int exactloss_is_range(int64_t from, int64_t count) {
    const int64_t most = PTRDIFF_MAX / 8;
    return from >= 0 && count >= 0 && from <= most && count <= most - from;
}

#endif
