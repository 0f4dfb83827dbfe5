/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of constants that options are or-ed from. */
#ifndef EXACTLOSS_OPTIONS_H
#define EXACTLOSS_OPTIONS_H

#include "exactloss/exactloss.h"
#include "losses/losses.h"

#define OPTION_LOSSES 0xff
#define OPTION_REDUCTION (EXACTLOSS_MEAN | EXACTLOSS_SUM)
#define OPTION_P 0xf000
#define OPTION_T 0xf0000
#define OPTION_BIT_OFFSET 0x700000

/* The groups of every function that takes a batch. */
#define OPTION_BATCH                                                                                                   \
    (OPTION_LOSSES | OPTION_P | OPTION_T | OPTION_BIT_OFFSET | EXACTLOSS_FROM_LOGITS | EXACTLOSS_STRICT)

/* The first bit of targets that are bits, in the byte that the array begins with. */
static inline int exactloss_bit_offset(int options) { return (options & OPTION_BIT_OFFSET) / EXACTLOSS_T_BIT_OFFSET; }

#endif
