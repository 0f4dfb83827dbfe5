/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a set of kernels offers: one table per instruction set.
 *
 * Kernels work on blocks of at most BLOCK elements. Targets of every type are first decoded to a mask, one bit an
 * element, so that the kernels for predictions know nothing of target types. Bit j of word i belongs to element
 * 64 * i + j; bits past the end of the block are 0. All arrays may have any alignment.
 */
#ifndef EXACTLOSS_KERNELS_H
#define EXACTLOSS_KERNELS_H

#include "exact_sum.h"

#include <stdint.h>

#define BLOCK 4096

#define MASK_WORDS (BLOCK / 64)

/*
 * Sets the bits of the elements that equal `value` (0 or 1) among targets[offset] .. targets[offset + count - 1], and
 * returns how many there are.
 */
typedef int exactloss_decode(const void *targets, int64_t offset, int count, int value, uint64_t *mask);

typedef struct exactloss_kernels {
    const char *isa_name;

    exactloss_decode *decode_u8;
    exactloss_decode *decode_i32;
    exactloss_decode *decode_i64;
    exactloss_decode *decode_f32;
    exactloss_decode *decode_f64;

    /* The number of bits that are set in both of two masks of `count` elements. */
    int (*count_common)(const uint64_t *a, const uint64_t *b, int count);

    /* Adds the distances: 1 - p where the mask is set, which it is for `positives` elements, and p elsewhere. */
    void (*sum_f32)(const void *predictions, const uint64_t *mask, int positives, int count, exact_sum *sum);

    /* Sets the bits of the elements with lower <= p <= upper, and returns how many there are; NaN is in no range. */
    int (*within_f32)(const void *predictions, int count, float lower, float upper, uint64_t *mask);

    /* distances[i] = 1 - p where the mask is set, p elsewhere; in place too. */
    void (*distances_f32)(const void *predictions, const uint64_t *mask, int count, void *distances);

    /* gradient[i] = -g where the mask is set, +g elsewhere. */
    void (*gradient_f32)(const uint64_t *mask, int count, float g, void *gradient);
} exactloss_kernels;

extern const exactloss_kernels exactloss_kernels_portable;
#ifdef EXACTLOSS_X86_64
extern const exactloss_kernels exactloss_kernels_avx2;
extern const exactloss_kernels exactloss_kernels_avx512;
#endif

/* Packed bits are a mask already, so all instruction sets share their decoder. */
exactloss_decode exactloss_decode_bits;

/* The kernels that this process uses, chosen at the first call; NULL where EXACTLOSS_MAX_ISA is no known word. */
const exactloss_kernels *exactloss_dispatch(void);

#endif
