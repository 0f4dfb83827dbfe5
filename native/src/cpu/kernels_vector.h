/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vector kernels, once for every instruction set: kernels_avx2.c and kernels_avx512.c define the vocabulary and
 * include this file. f32_vector and f64_vector are vectors of f32_lanes floats and f64_lanes doubles, int_vector is one
 * of integers, which i8_ to i64_ functions take as lanes of so many bits.
 *
 * What is the same for floats and for doubles is in real_vector.h, sum_vector.h and sum_vector_any.h, which are included
 * for each, with ELEMENT f32 or f64. There V(add) is f32_add or f64_add.
 *
 * HAS_QUIET_ADDITIONS says whether V(add_quietly) leaves the inexact flag alone, so that the flag tells of the other
 * operations; otherwise it is V(add).
 */
#include "fp_environment.h"
#include "kernels.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define JOIN_NAMES(a, b) a##_##b
#define JOIN(a, b) JOIN_NAMES(a, b)
#define V(name) JOIN(ELEMENT, name)

/* The same for the integers of their bit patterns: B(add) is i32_add or i64_add. */
#define B(name) JOIN(BITS, name)

/* The kernel of a name: K(sum) is sum_f32 or sum_f64. */
#define K(name) JOIN(name, ELEMENT)

#define ALWAYS_INLINE inline __attribute__((always_inline)) /* keeps the sums of a block in registers */
#define FIRST_CHECK 64                                      /* elements of a block */
#define SAMPLE 256                                          /* elements of a block that is longer */
#define MOST_PARTS 5
#define UNUSUAL_BLOCKS 8 /* are expected where there was one off the fast path */
#define SIGMOIDS 16      /* vectors in a chunk */
#define INTERLEAVED 2    /* of them, which is a divisor */
#define CHUNK 64         /* vectors */
/*
 * Hardware prefetchers lose a stream while other arrays of the block are read, so memory is asked for what comes next:
 * predictions so many bytes ahead, and targets one block. A hint never faults, so it may lie past the end of an array.
 */
#define PREFETCH 6144
#define PREFETCH_TO_WRITE 1024
static inline void prefetch(const unsigned char *p, size_t ahead) {
    __builtin_prefetch((const void *)((uintptr_t)p + ahead));
}
static inline void prefetch_to_write(const unsigned char *p, size_t ahead) {
    __builtin_prefetch((const void *)((uintptr_t)p + ahead), 1);
}

#ifndef VECTOR_OPERAND /* emulated vectors are in no register */
#define VECTOR_OPERAND "+v"
#endif

/*
 * The inexact flag. Compilers know nothing of it, so they are told what must not be computed before it is cleared, and
 * what must be by the time it is read: whatever depends on a pointer's memory, and a vector with all that it comes from.
 */
static inline const unsigned char *clear_inexact(const unsigned char *p) {
    _mm_setcsr(MXCSR_DEFAULT);
    __asm__ volatile("" : "+r"(p) : : "memory");
    return p;
}

static inline int is_inexact(int_vector *result) {
    __asm__ volatile("" : VECTOR_OPERAND(*result));
    return (_mm_getcsr() & _MM_EXCEPT_INEXACT) != 0;
}

/* --------------------------------------------------------------------------------------------------- floats -- */

typedef float f32_real;
typedef uint32_t f32_pattern;

#define f32_fraction 23 /* bits */
#define f32_bias 127
#define f32_magnitude_bits 0x7fffffffu
#define f32_lowest -149               /* the smallest positive number is 2^lowest */
#define f32_step 22                   /* from a part of a sum to the next */
#define f32_smallest_bits 0x36000000u /* 2^-19 */

static inline uint32_t f32_largest_upper(int_vector x) { return i32_largest(x); }
static inline int f32_exponent(uint32_t upper) { return (int)(upper >> 23) - f32_bias; }

/* The least e with |p| <= 2^e, by the upper half of its pattern: as far as that tells. */
static inline int f32_bound(uint32_t upper) { return f32_exponent(upper - 1) + 1; }

/* Of the patterns of a block, their bitwise or and the smallest: whether any is below the range, or not below 2. */
static inline int f32_is_out_of_range(int_vector all, int_vector least) {
    return i32_any_above(i32_max(all, i32_sub(least, i32_set(f32_smallest_bits))), 0x3fffffff);
}

/* Adds the parts of a block, in units of 2^-20 and 2^-42, and so many ones. */
static inline void f32_add_parts(int_vector high, int_vector low, int ones, exact_sum *sum) {
    const int_vector units = i64_add(i64_shift_left(i32_widen(high), 22), i32_widen(low));
    exactloss_sum_add_units(sum, i64_sum(units) + ones * EXACT_SUM_UNITS_OF_ONE);
}

#define ELEMENT f32
#define BITS i32
#include "../sigmoid.h"
#include "real_vector.h"
#include "sum_vector.h"
#include "sum_vector_any.h"
#undef ELEMENT
#undef BITS

/* -------------------------------------------------------------------------------------------------- doubles -- */

typedef double f64_real;
typedef uint64_t f64_pattern;

#define f64_fraction 52 /* bits */
#define f64_bias 1023
#define f64_magnitude_bits 0x7fffffffffffffffu
#define f64_lowest -1074
#define f64_step 51
#define f64_smallest_bits 0x3cf0000000000000u /* 2^-48 */

/* Of the largest lane, the upper half; and the exponent in such a half. */
static inline uint32_t f64_largest_upper(int_vector x) { return i32_largest(i64_shift_right(x, 32)); }
static inline int f64_exponent(uint32_t upper) { return (int)(upper >> 20) - f64_bias; }
static inline int f64_bound(uint32_t upper) { return f64_exponent(upper) + 1; }

static inline int f64_is_out_of_range(int_vector all, int_vector least) {
    const int_vector above = i64_sub(i64_shift_right(least, 32), i64_set(f64_smallest_bits >> 32));
    return i32_any_above(i32_max(i64_shift_right(all, 32), above), 0x3fffffff);
}

static inline int_vector i64_widen(int_vector x) { return x; }

/* Adds the parts of a block, in units of 2^-49 and 2^-100, and so many ones. */
static inline void f64_add_parts(int_vector high, int_vector low, int ones, exact_sum *sum) {
    exactloss_sum_add(sum, i64_sum(high), EXACT_SUM_ONE - 49);
    exactloss_sum_add(sum, i64_sum(low), EXACT_SUM_ONE - 100);
    exactloss_sum_add_units(sum, ones * EXACT_SUM_UNITS_OF_ONE);
}

#define ELEMENT f64
#define BITS i64
#include "../sigmoid.h"
#include "real_vector.h"
#include "sum_vector.h"
#include "sum_vector_any.h"
#undef ELEMENT
#undef BITS

/* --------------------------------------------------------------------------------------------------- masks -- */

static int decode_u8(const void *targets, int64_t offset, int count, int value, uint64_t *mask) {
    const unsigned char *bytes = (const unsigned char *)targets + offset;
    const int words = count / 64;
    int found = 0;
    for (int i = 0; i < words; i++) {
        prefetch(bytes + 64 * (size_t)i, BLOCK);
        mask[i] = equal_bytes(bytes + 64 * (size_t)i, value);
        found += __builtin_popcountll(mask[i]);
    }
    if (count % 64 != 0) {
        mask[words] = equal_first_bytes(bytes + 64 * (size_t)words, count % 64, value);
        found += __builtin_popcountll(mask[words]);
    }
    return found;
}

/*
 * Defines a decoder from equal(p, value), which compares f32_lanes elements; the last ones, fewer than that, are
 * compared in a copy that is padded with bytes of a value that is neither 0 nor 1.
 */
#define DEFINE_DECODER(name, type, equal)                                                                              \
    static int name(const void *targets, int64_t offset, int count, int value, uint64_t *mask) {                       \
        const unsigned char *p = (const unsigned char *)targets + (int64_t)sizeof(type) * offset;                      \
        int found = 0;                                                                                                 \
        for (int word = 0; 64 * word < count; word++) {                                                                \
            uint64_t bits = 0;                                                                                         \
            for (int i = 64 * word; i < 64 * word + 64 && i < count; i += f32_lanes, p += f32_lanes * sizeof(type)) {  \
                unsigned char tail[f32_lanes * sizeof(type)];                                                          \
                const unsigned char *elements = p;                                                                     \
                prefetch(p, BLOCK * sizeof(type));                                                                     \
                if (i + f32_lanes > count) {                                                                           \
                    memset(tail, 0xff, sizeof tail);                                                                   \
                    memcpy(tail, p, (size_t)(count - i) * sizeof(type));                                               \
                    elements = tail;                                                                                   \
                }                                                                                                      \
                bits |= (uint64_t)equal(elements, value) << i % 64;                                                    \
            }                                                                                                          \
            mask[word] = bits;                                                                                         \
            found += __builtin_popcountll(bits);                                                                       \
        }                                                                                                              \
        return found;                                                                                                  \
    }

DEFINE_DECODER(decode_i32, int32_t, equal_i32)
DEFINE_DECODER(decode_i64, int64_t, equal_i64)
DEFINE_DECODER(decode_f32, float, equal_f32)
DEFINE_DECODER(decode_f64, double, equal_f64)

/* -------------------------------------------------------------------------------------------------- arrays -- */

/* The last elements of an array, fewer than a vector, in a copy. */
typedef struct tail {
    _Alignas(VECTOR_BYTES) unsigned char bytes[VECTOR_BYTES];
} tail;

static tail copy_tail(const unsigned char *p, size_t size) {
    tail t = {{0}};
    memcpy(t.bytes, p, size);
    return t;
}

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

static void stream_end(void) { _mm_sfence(); }

/* Defines the conversion to floats of a type of 16 bits. */
#define DEFINE_WIDEN(name, load)                                                                                       \
    static void name(const void *from, int count, void *to) {                                                          \
        const unsigned char *in = from;                                                                                \
        unsigned char *out = to;                                                                                       \
        int i = 0;                                                                                                     \
        for (; i + f32_lanes <= count; i += f32_lanes, in += 2 * f32_lanes, out += 4 * f32_lanes) {                    \
            prefetch(in, PREFETCH);                                                                                    \
            f32_store(out, load(in));                                                                                  \
        }                                                                                                              \
        if (i < count) {                                                                                               \
            const tail rest = copy_tail(in, 2 * (size_t)(count - i));                                                  \
            f32_store_first(out, count - i, load(rest.bytes));                                                         \
        }                                                                                                              \
    }

/* Defines the conversion back. */
#define DEFINE_CONVERSION_BACK(name, store)                                                                            \
    static void name(const void *from, int count, void *to) {                                                          \
        const unsigned char *in = from;                                                                                \
        unsigned char *out = to;                                                                                       \
        int i = 0;                                                                                                     \
        for (; i + f32_lanes <= count; i += f32_lanes, in += 4 * f32_lanes, out += 2 * f32_lanes) {                    \
            store(out, f32_load(in));                                                                                  \
        }                                                                                                              \
        if (i < count) {                                                                                               \
            tail rest;                                                                                                 \
            store(rest.bytes, f32_load_first(in, count - i, f32_set(0)));                                              \
            memcpy(out, rest.bytes, 2 * (size_t)(count - i));                                                          \
        }                                                                                                              \
    }

DEFINE_WIDEN(widen_f16, f32_load_f16)
DEFINE_WIDEN(widen_bf16, f32_load_bf16)
DEFINE_CONVERSION_BACK(narrow_f16, f32_store_f16)
DEFINE_CONVERSION_BACK(narrow_bf16, f32_store_bf16)

/* ----------------------------------------------------------------------------------------------------- sums -- */

/* Defines what a type of 16 bits has of its own: it is widened in registers, or off the fast path in an array. */
#define DEFINE_NARROW(type)                                                                                            \
    static ALWAYS_INLINE f32_layout type##_array(void) { return (f32_layout){2, f32_load_##type, widen_##type}; }      \
    static __attribute__((noinline)) void sum_any_##type(const void *predictions, const uint64_t *mask, int positives, \
                                                         int count, exact_sum *sum) {                                  \
        float wide[BLOCK];                                                                                             \
        widen_##type(predictions, count, wide);                                                                        \
        sum_any_f32(wide, mask, positives, count, sum);                                                                \
    }

DEFINE_NARROW(f16)
DEFINE_NARROW(bf16)

static inline int block_size(int count, size_t size_of_real) {
    const int most = BLOCK * (int)sizeof(float) / (int)size_of_real;
    return count < most ? count : most;
}

/*
 * Defines the sums of a type, which are computed with floats or doubles. Where a group of these is a word of the mask,
 * byte targets are decoded on the way, so that the mask never leaves the registers.
 */
#define DEFINE_SUMS(type, real)                                                                                        \
    /* Adds a block, and counts its elements unless counts is NULL or the block is off the fast path; 1 or 0. */       \
    static ALWAYS_INLINE int add_block_##type(const void *predictions, const uint64_t *mask, int positives, int count, \
                                              real##_counts *counts, exact_sum *sum) {                                 \
        const real##_targets targets = {0, mask, NULL, positives};                                                     \
        if (sum->unusual_blocks > 0) {                                                                                 \
            sum->unusual_blocks--;                                                                                     \
        } else if (real##_sum_in_range(type##_array(), predictions, targets, count, counts, sum) >= 0) {               \
            return 1;                                                                                                  \
        } else {                                                                                                       \
            sum->unusual_blocks = UNUSUAL_BLOCKS;                                                                      \
        }                                                                                                              \
        sum_any_##type(predictions, mask, positives, count, sum);                                                      \
        return 0;                                                                                                      \
    }                                                                                                                  \
    static void sum_##type(const void *predictions, const uint64_t *mask, int positives, int count, exact_sum *sum) {  \
        add_block_##type(predictions, mask, positives, count, NULL, sum);                                              \
    }                                                                                                                  \
    static int sum_and_count_##type(const void *predictions, const uint64_t *mask, int positives, int count,           \
                                    double limit, int *common, exact_sum *sum) {                                       \
        real##_counts counts = {real##_set((real##_real)limit), 0, 0};                                                 \
        if (!add_block_##type(predictions, mask, positives, count, &counts, sum)) {                                    \
            return real##_count(type##_array(), predictions, mask, count, limit, common);                              \
        }                                                                                                              \
        *common = counts.common;                                                                                       \
        return counts.found;                                                                                           \
    }                                                                                                                  \
    static __attribute__((noinline)) int decode_and_sum_##type(const void *predictions, const unsigned char *targets,  \
                                                               int count, exact_sum *sum) {                            \
        const unsigned char *p = predictions;                                                                          \
        uint64_t mask[MASK_WORDS];                                                                                     \
        int positives = 0;                                                                                             \
        for (int from = 0, size; from < count; from += size, p += type##_array().size * size) {                        \
            size = block_size(count - from, sizeof(real##_real));                                                      \
            const int found = decode_u8(targets, from, size, 1, mask);                                                 \
            sum_##type(p, mask, found, size, sum);                                                                     \
            positives += found;                                                                                        \
        }                                                                                                              \
        return positives;                                                                                              \
    }                                                                                                                  \
    static int sum_by_bytes_##type(const void *predictions, const unsigned char *bytes, int count, exact_sum *sum) {   \
        const real##_targets targets = {1, NULL, bytes, 0};                                                            \
        if (4 * real##_lanes == 64 && sum->unusual_blocks == 0) {                                                      \
            const int positives = real##_sum_in_range(type##_array(), predictions, targets, count, NULL, sum);         \
            if (positives >= 0) {                                                                                      \
                return positives;                                                                                      \
            }                                                                                                          \
            sum->unusual_blocks = UNUSUAL_BLOCKS;                                                                      \
        }                                                                                                              \
        return decode_and_sum_##type(predictions, bytes, count, sum);                                                  \
    }

DEFINE_SUMS(f16, f32)
DEFINE_SUMS(bf16, f32)
DEFINE_SUMS(f32, f32)
DEFINE_SUMS(f64, f64)

/*
 * Defines the selection between elements of a type. x and y are the scalars in every lane; the loop is one of its own
 * for each kind of arguments, which are constants in it.
 */
#define DEFINE_SELECT(name, type, lanes)                                                                               \
    static ALWAYS_INLINE void name##_vectors(const uint64_t *mask, const unsigned char *a, int a_is_scalar,            \
                                             int_vector x, const unsigned char *b, int b_is_scalar, int_vector y,      \
                                             int vectors, unsigned char *out) {                                        \
        for (int v = 0; v < vectors; v++) {                                                                            \
            const size_t at = VECTOR_BYTES * (size_t)v;                                                                \
            int_store(out + at, lanes##_select(mask, v, a_is_scalar ? x : int_load(a + at),                            \
                                               b_is_scalar ? y : int_load(b + at)));                                   \
        }                                                                                                              \
    }                                                                                                                  \
    static void name(const uint64_t *mask, const void *a, int a_is_scalar, const void *b, int b_is_scalar, int count,  \
                     void *out) {                                                                                      \
        const int vectors = count / (int)(VECTOR_BYTES / sizeof(type));                                                \
        const size_t last = VECTOR_BYTES * (size_t)vectors, rest = sizeof(type) * (size_t)count - last;                \
        const unsigned char *from_a = a, *from_b = b;                                                                  \
        int_vector x = lanes##_set(0), y = x;                                                                          \
        type scalar;                                                                                                   \
        if (a_is_scalar && count > 0) {                                                                                \
            memcpy(&scalar, a, sizeof scalar);                                                                         \
            x = lanes##_set(scalar);                                                                                   \
        }                                                                                                              \
        if (b_is_scalar && count > 0) {                                                                                \
            memcpy(&scalar, b, sizeof scalar);                                                                         \
            y = lanes##_set(scalar);                                                                                   \
        }                                                                                                              \
        if (a_is_scalar && b_is_scalar) {                                                                              \
            name##_vectors(mask, NULL, 1, x, NULL, 1, y, vectors, out);                                                \
        } else if (a_is_scalar) {                                                                                      \
            name##_vectors(mask, NULL, 1, x, from_b, 0, y, vectors, out);                                              \
        } else if (b_is_scalar) {                                                                                      \
            name##_vectors(mask, from_a, 0, x, NULL, 1, y, vectors, out);                                              \
        } else {                                                                                                       \
            name##_vectors(mask, from_a, 0, x, from_b, 0, y, vectors, out);                                            \
        }                                                                                                              \
        if (rest != 0) {                                                                                               \
            x = a_is_scalar ? x : int_load(copy_tail(from_a + last, rest).bytes);                                      \
            y = b_is_scalar ? y : int_load(copy_tail(from_b + last, rest).bytes);                                      \
            tail selected;                                                                                             \
            int_store(selected.bytes, lanes##_select(mask, vectors, x, y));                                            \
            memcpy((unsigned char *)out + last, selected.bytes, rest);                                                 \
        }                                                                                                              \
    }

DEFINE_SELECT(select_8, uint8_t, i8)
DEFINE_SELECT(select_16, uint16_t, i16)
DEFINE_SELECT(select_32, uint32_t, i32)
DEFINE_SELECT(select_64, uint64_t, i64)

/* ------------------------------------------------------------------------------------------------- products -- */

#define PRODUCTS 512 /* at a time: 4 KiB of doubles, and a whole number of words of a mask */

/* The products of two floats are doubles, exactly. */
static void sum_products_f32(const void *predictions, const void *weights, const uint64_t *mask, int count,
                             exact_sum *sum) {
    double products[PRODUCTS];
    for (int from = 0; from < count; from += PRODUCTS) {
        const unsigned char *p = f32_at(predictions, from), *w = f32_at(weights, from);
        const int size = count - from < PRODUCTS ? count - from : PRODUCTS;
        int i = 0;
        for (; i + f64_lanes <= size; i += f64_lanes) {
            f64_store(products + i, f64_mul(f64_load_floats(f32_at(p, i)), f64_load_floats(f32_at(w, i))));
        }
        for (; i < size; i++) {
            float a, b;
            memcpy(&a, f32_at(p, i), sizeof a);
            memcpy(&b, f32_at(w, i), sizeof b);
            products[i] = (double)a * (double)b;
        }
        /* Without sum->unusual_blocks, which tells of the weights' own sum in between. */
        const f64_targets targets = {0, mask + from / 64, NULL, 0};
        if (f64_sum_in_range(f64_array(), products, targets, size, NULL, sum) < 0) {
            sum_any_f64(products, mask + from / 64, 0, size, sum);
        }
    }
}

/* A double and a float have no product that is a double: left to the portable kernel. */
static void sum_products_f64(const void *predictions, const void *weights, const uint64_t *mask, int count,
                             exact_sum *sum) {
    exactloss_kernels_portable.f64.wide->sum_products(predictions, weights, mask, count, sum);
}

static const real_kernels f32_kernels = REAL_KERNELS(f32);
static const real_kernels f64_kernels = REAL_KERNELS(f64);
