/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vector kernels, once for every instruction set. An instruction set's file defines the vocabulary (src/README.md
 * lists it) and includes this file. Code that floats and doubles share is in files of its own, which are included
 * twice: with ELEMENT f32 and f64. Code that the types of predictions share is in type_vector.h.
 */
#include "fp_environment.h"
#include "kernels.h"
#include "names.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define JOIN_WIDTHS(a, b) a##b
#define JOIN_WIDTH(a, b) JOIN_WIDTHS(a, b)

/* The names of an ELEMENT beside V(add): B(add) is i32_add or i64_add, K(sum) is sum_f32 or sum_f64. */
#define B(name) JOIN(BITS, name)
#define K(name) JOIN(name, ELEMENT)

#define ALWAYS_INLINE inline __attribute__((always_inline)) /* keeps the sums of a block in registers */
#define FIRST_CHECK 64                                      /* elements of a block */
#define SAMPLE 256                                          /* elements of a block that is longer */
#define MOST_PARTS 5
#define UNUSUAL_BLOCKS 8 /* are expected where there was one off the fast path */
#define SIGMOIDS 16      /* vectors in a chunk */
#ifndef INTERLEAVED
#define INTERLEAVED 2 /* of them, which is a divisor */
#endif
#define CHUNK 64 /* vectors */

/*
 * Whether the divisions of a chunk of sigmoids are a step of their own: it shortens the chains, but costs loads. It pays with
 * AVX2, and where an fma is emulated.
 */
#define DIVIDES_APART (VECTOR_BYTES == 32 || INTERLEAVED == 1)

/*
 * Hardware prefetchers lose a stream while other arrays of the block are read. So the next elements are prefetched:
 * predictions this many bytes ahead, and targets one block ahead. A hint never faults, so it may lie past the end of an
 * array.
 */
#define PREFETCH 6144
#define PREFETCH_LOGITS 1024 /* and their gradient, bytes ahead: they are read at less than half the speed */
static inline void prefetch(const unsigned char *p, size_t ahead) {
    __builtin_prefetch((const void *)((uintptr_t)p + ahead));
}
static inline void prefetch_to_write(const unsigned char *p, size_t ahead) {
    __builtin_prefetch((const void *)((uintptr_t)p + ahead), 1);
}

/* The byte targets that one step decodes, if it is as fast as several of equal_bytes() together. */
#ifndef GROUP_OF_BYTES
#define GROUP_OF_BYTES 64
#define equal_group equal_bytes
#endif

#ifndef HAS_ADD_BY_FMA
#define f32_add_by_fma f32_add
#define f64_add_by_fma f64_add
#endif

#if defined ADDS_QUIETLY || defined ROUNDS_QUIETLY
#include "inexact_flag.h"
#else
static inline const unsigned char *clear_inexact(const unsigned char *p) { return p; }
static inline int is_inexact(int_vector *result) { return result == NULL; }
#endif

/* Where additions raise the flag, this constant removes every use of it from the sums that split numbers by additions. */
#ifdef ADDS_QUIETLY
#define USES_FLAG 1
#else
#define USES_FLAG 0
#define f32_add_quietly f32_add
#define f64_add_quietly f64_add
#define f64_fma_quietly f64_fma
#endif

/* Whether arrays evict the tables of an instruction set that can do without. */
#ifdef HAS_SCALE_FROM_MEMORY
#define EVICTS_TABLES(summation) ((summation)->is_from_memory)
#else
#define EVICTS_TABLES(summation) 0
#define f32_scale_from_memory f32_scale_in_group
#endif

typedef uint8_t pattern8;
typedef uint16_t pattern16;
typedef uint32_t pattern32;
typedef uint64_t pattern64;

/* The last elements of an array, fewer than a vector, in a copy. */
typedef struct tail {
    _Alignas(VECTOR_BYTES) unsigned char bytes[VECTOR_BYTES];
} tail;

static tail copy_tail(const unsigned char *p, size_t size) {
    tail t = {{0}};
    memcpy(t.bytes, p, size);
    return t;
}

/* --------------------------------------------------------------------------------------------------- floats -- */

typedef float f32_real;
typedef uint32_t f32_pattern;

#define f32_fraction 23 /* bits */
#define f32_bias 127
#define f32_magnitude_bits 0x7fffffffu
#define f32_two_thirds 0x3f2aaaabu
#define f32_lowest -149               /* the smallest positive number is 2^lowest */
#define f32_step 22                   /* from a part of a sum to the next */
#define f32_smallest_bits 0x36000000u /* 2^-19 */

static inline uint32_t f32_largest_upper(int_vector x) { return i32_largest(x); }
static inline int f32_exponent(uint32_t upper) { return (int)(upper >> 23) - f32_bias; }

/* The least e with |p| <= 2^e, by the upper half of its pattern: as far as that tells. */
static inline int f32_bound(uint32_t upper) { return f32_exponent(upper - 1) + 1; }

/* From the bitwise or and the smallest of a block's patterns: whether any is below the range, or not below 2. */
static inline int f32_is_out_of_range(int_vector all, int_vector least) {
    return i32_any_above(int_or(all, i32_sub(least, i32_set(f32_smallest_bits))), 0x3fffffff);
}

/* The same of four patterns, without an operation on floats. */
static inline int f32_group_is_out_of_range(const int_vector b[4]) {
    const int_vector all = int_or(int_or3(b[0], b[1], b[2]), b[3]);
#ifdef EMULATES_I32_MIN
    int_vector below = i32_set(0);
    for (int k = 0; k < 4; k++) {
        below = int_or(below, i32_sub(b[k], i32_set(f32_smallest_bits)));
    }
    return i32_any_above(int_or(all, below), 0x3fffffff);
#else
    return f32_is_out_of_range(all, i32_min(i32_min(b[0], b[1]), i32_min(b[2], b[3])));
#endif
}

/* The distances of logits up to 13 are above 2^-19. This is the pattern of -13. */
#define f32_usual_logit 0xc1500000u

/* An unsigned integer for each lane, at most f32_usual where 0 < p < 1, and above it everywhere else. */
static inline int_vector f32_unusual(f32_vector p) { return i32_sub(f32_bits(p), i32_set(1)); }
#define f32_usual 0x3f7ffffeu

/* Adds the parts of a block, in units of 2^-20 and 2^-42, and `ones` times 1. */
static inline void f32_add_parts(int_vector high, int_vector low, int ones, exact_sum *sum) {
    const int_vector units = i64_add(i64_shift_left(i32_widen(high), 22), i32_widen(low));
    exactloss_sum_add_units(sum, i64_sum(units) + ones * EXACT_SUM_UNITS_OF_ONE);
}

#define ELEMENT f32
#define BITS i32
#include "scale_vector.h"

#include "../losses/templates.h"
#include "array_vector.h"
#include "sum_vector.h"
#ifdef ROUNDS_QUIETLY
#include "sum_rounded_vector.h"
#else
#include "sum_usual_vector.h"
#endif
#include "sum_vector_any.h"

#include "loss_vector.h"
#undef ELEMENT
#undef BITS

/* -------------------------------------------------------------------------------------------------- doubles -- */

typedef double f64_real;
typedef uint64_t f64_pattern;

#define f64_fraction 52 /* bits */
#define f64_bias 1023
#define f64_magnitude_bits 0x7fffffffffffffffu
#define f64_two_thirds 0x3fe5555555555555u
#define f64_lowest -1074
#define f64_step 51
#define f64_smallest_bits 0x3cf0000000000000u /* 2^-48 */

/* The upper half of the largest lane, and the exponent in such a half. */
static inline uint32_t f64_largest_upper(int_vector x) { return i32_largest(i64_shift_right(x, 32)); }
static inline int f64_exponent(uint32_t upper) { return (int)(upper >> 20) - f64_bias; }
static inline int f64_bound(uint32_t upper) { return f64_exponent(upper) + 1; }

static inline int f64_is_out_of_range(int_vector all, int_vector least) {
    const int_vector above = i64_sub(i64_shift_right(least, 32), i64_set(f64_smallest_bits >> 32));
    return i32_any_above(int_or(i64_shift_right(all, 32), above), 0x3fffffff);
}

/* The distances of logits up to 33 are above 2^-48. */
#define f64_usual_logit 0xc0408000u

/* By the upper half, hence above f64_usual for the smallest numbers too. */
static inline int_vector f64_unusual(f64_vector p) { return i64_sub(i64_shift_right(f64_bits(p), 32), i64_set(1)); }
#define f64_usual 0x3feffffeu

static inline int_vector i64_widen(int_vector x) { return x; }

/* Adds the parts of a block, in units of 2^-49 and 2^-100, and `ones` times 1. */
static inline void f64_add_parts(int_vector high, int_vector low, int ones, exact_sum *sum) {
    exactloss_sum_add(sum, i64_sum(high), EXACT_SUM_ONE - 49);
    exactloss_sum_add(sum, i64_sum(low), EXACT_SUM_ONE - 100);
    exactloss_sum_add_units(sum, ones * EXACT_SUM_UNITS_OF_ONE);
}

#define ELEMENT f64
#define BITS i64
#include "scale_vector.h"

#include "../losses/templates.h"
#include "array_vector.h"
#include "sum_vector.h"

#include "sum_usual_vector.h"
#include "sum_vector_any.h"

#include "loss_vector.h"
#undef ELEMENT
#undef BITS

/* --------------------------------------------------------------------------------------------------- masks -- */

/* Every bit of a byte is relevant. */
static int decode_8(const void *targets, int64_t first, int count, uint64_t wanted, uint64_t relevant, uint64_t *mask) {
    const unsigned char *bytes = (const unsigned char *)targets + first;
    const int words = count / 64, value = (int)wanted;
    int found = 0;
    (void)relevant;
    for (int i = 0; i < words; i++) {
        prefetch(bytes + 64 * (size_t)i, BLOCK);
        mask[i] = equal_bytes(bytes + 64 * (size_t)i, value);
        found += count_bits(mask[i]);
    }
    if (count % 64 != 0) {
        mask[words] = equal_first_bytes(bytes + 64 * (size_t)words, count % 64, value);
        found += count_bits(mask[words]);
    }
    return found;
}

#define WIDTH 32
#include "decode_vector.h"
#undef WIDTH

#define WIDTH 64
#include "decode_vector.h"
#undef WIDTH

/* -------------------------------------------------------------------------------------------------- arrays -- */

static void stream(const void *from, size_t size, void *to) {
    const unsigned char *in = from;
    unsigned char *out = to;
    const size_t to_vector = (0 - (uintptr_t)to) % VECTOR_BYTES, head = to_vector < size ? to_vector : size;
    memcpy(out, in, head);
    size_t i = head;
    for (; i + VECTOR_BYTES <= size; i += VECTOR_BYTES) {
        int_stream(out + i, int_load(in + i));
    }
    memcpy(out + i, in + i, size - i);
}

/* ------------------------------------------------------------------------------------------ types of predictions -- */

/* Adds ±p of a group to the sums of 1 in fixed_vector.h, and fractions to the rests unless these are NULL; float16 has none. */
#ifndef HAS_ADD_FIXED_F16
#define f16_point 26
static ALWAYS_INLINE void f16_add_fixed(const unsigned char *p, uint64_t bits, int is_from_memory, int_vector sums[4],
                                        f32_vector *rests) {
    f32_vector x[4];
    (void)rests;
    f16_scaled(p, bits, is_from_memory, x);
    for (int k = 0; k < 4; k++) {
        sums[k] = i32_add(sums[k], i32_truncated(x[k]));
    }
}
#endif

#define bf16_point 26
static ALWAYS_INLINE void bf16_add_fixed(const unsigned char *p, uint64_t bits, int is_from_memory, int_vector sums[4],
                                         f32_vector *rests) {
    f32_vector x[4];
    bf16_scaled(p, bits, is_from_memory, x);
    for (int k = 0; k < 4; k++) {
        const int_vector whole = i32_truncated(x[k]);
        sums[k] = i32_add(sums[k], whole);
        if (rests != NULL) {
            rests[k / 2] = f32_add(rests[k / 2], f32_sub(x[k], f32_of_integers(whole)));
        }
    }
}

#define ELEMENT f32
#define TYPE f16
#include "fixed_vector.h"
#include "narrow_vector.h"
#include "type_vector.h"
#undef TYPE

#define TYPE bf16
#include "fixed_vector.h"
#include "narrow_vector.h"
#include "type_vector.h"
#undef TYPE

#define TYPE f32
#include "type_vector.h"
#undef TYPE
#undef ELEMENT

#define ELEMENT f64
#define TYPE f64
#include "type_vector.h"
#undef TYPE
#undef ELEMENT

#include "block_loss.h"

#define TYPE bf16
#include "few_vector.h"
#undef TYPE

#define TYPE f32
#include "few_vector.h"
#undef TYPE

DEFINE_LOSS_OF_BLOCK(f16)
DEFINE_LOSS_OF_BLOCK(f64)

/* ---------------------------------------------------------------------------------------------------- selections -- */

#define WIDTH 8
#include "select_vector.h"
#undef WIDTH

#define WIDTH 16
#include "select_vector.h"
#undef WIDTH

#define WIDTH 32
#include "select_vector.h"
#undef WIDTH

#define WIDTH 64
#include "select_vector.h"
#undef WIDTH

/* ------------------------------------------------------------------------------------------------- products -- */

#include "product_vector.h"

/* Products with doubles are left to the portable kernels. */
static void sum_weighted_f64(const void *values, block_weights weights, const uint64_t *mask, int count, summation *s) {
    exactloss_kernels_portable.f64.wide->sum_weighted(values, weights, mask, count, s);
}

static void sum_squares_f64(const void *values, block_weights weights, const uint64_t *mask, int count, summation *s) {
    exactloss_kernels_portable.f64.wide->sum_squares(values, weights, mask, count, s);
}
