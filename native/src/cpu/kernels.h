/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a set of kernels offers: one table per instruction set.
 *
 * Kernels work on blocks of at most BLOCK elements, or half as many doubles. Targets of every type are first decoded to
 * a mask, one bit an element, so that the kernels for predictions know nothing of target types; only the commonest
 * type, bytes, has a shorter way too. Bit j of word i belongs to element 64 * i + j; bits past the end of the block
 * are 0. All arrays may have any alignment.
 *
 * Predictions are float32 or float64, each with the same set of kernels; narrower types are widened to float32 first.
 */
#ifndef EXACTLOSS_KERNELS_H
#define EXACTLOSS_KERNELS_H

#include "exact_sum.h"

#include <stddef.h>
#include <stdint.h>

#define BLOCK 2048      /* small enough for the first-level cache, with its targets, and for a lane's int32_t */
#define LONG_BLOCK 8192 /* of what is read once */

#define MASK_WORDS (BLOCK / 64)

/*
 * Sets the bits of the elements that equal `value` (0 or 1) among targets[offset] .. targets[offset + count - 1], and
 * returns how many there are.
 */
typedef int exactloss_decode(const void *targets, int64_t offset, int count, int value, uint64_t *mask);

/* Converts an array of `count` elements. */
typedef void exactloss_convert(const void *from, int count, void *to);

/*
 * out[i] = mask ? a[i] : b[i], where a scalar is one element that stands for all. In place of a or b too.
 */
typedef void exactloss_select(const uint64_t *mask, const void *a, int a_is_scalar, const void *b, int b_is_scalar,
                              int count, void *out);

/* Adds the distances: 1 - p where the mask is set, which it is for `positives` elements, and p elsewhere. */
typedef void exactloss_add_distances(const void *predictions, const uint64_t *mask, int positives, int count,
                                     exact_sum *sum);

/*
 * The same for targets that are bytes, those that equal 1 positive; returns how many are. This commonest type has no
 * mask to keep, so that there may be more elements: LONG_BLOCK.
 */
typedef int exactloss_add_by_bytes(const void *predictions, const unsigned char *targets, int count, exact_sum *sum);

/* The number of p >= limit, a real or NaN; and in *common, how many of these have the mask set. */
typedef int exactloss_count_at_least(const void *predictions, const uint64_t *mask, int count, double limit,
                                     int *common);

/* Both in one pass: adds the distances, and counts. */
typedef int exactloss_add_and_count(const void *predictions, const uint64_t *mask, int positives, int count,
                                    double limit, int *common, exact_sum *sum);

/* Copies an array, past the caches where the instruction set can; whole only after stream_end(). */
typedef void exactloss_stream(const void *from, size_t size, void *to);

/* The kernels for arrays of one type, float or double, which `real` stands for. */
typedef struct real_kernels {
    exactloss_add_distances *sum;
    exactloss_count_at_least *count_at_least;

    /* Adds -w * p where the mask is set, and w * p elsewhere. The weights are finite floats. */
    void (*sum_products)(const void *predictions, const void *weights, const uint64_t *mask, int count, exact_sum *sum);

    /* Sets the bits of the elements with lower <= p <= upper, both of which are a real or NaN; NaN is in no range. */
    int (*within)(const void *predictions, int count, double lower, double upper, uint64_t *mask);

    /* distances[i] = 1 - p where the mask is set, p elsewhere; in place too. */
    void (*distances)(const void *predictions, const uint64_t *mask, int count, void *distances);

    /*
     * Of logits x, each output unless it is NULL: predictions[i] = σ(x); distances[i] = σ(-x) where the mask is set,
     * σ(x) elsewhere; gradient[i] = g * (σ(x) * σ(-x)), negative where the mask is set. g points to a real, and is not
     * read without a gradient. The outputs may be in place.
     */
    void (*sigmoid)(const void *logits, const uint64_t *mask, int count, const void *g, void *predictions,
                    void *distances, void *gradient);

    /* values[i] += addends[i] */
    void (*add)(const void *addends, int count, void *values);
} real_kernels;

/*
 * A type of predictions. What is narrower than float is widened to it, exactly, and rounded back to nearest even; only
 * to be summed and counted it needs no array of floats.
 */
typedef struct real_type {
    int size; /* of an element in bytes */
    float_format format;
    exactloss_select *select;     /* between elements of the type */
    exactloss_add_distances *sum; /* of elements of the type */
    exactloss_add_by_bytes *sum_by_bytes;
    exactloss_add_and_count *sum_and_count;
    exactloss_convert *widen, *narrow; /* NULL for float and double */
    int wide_size;                     /* of a float or a double */
    exactloss_select *select_wide;     /* between these */
    const real_kernels *wide;          /* that take these */
} real_type;

typedef struct exactloss_kernels {
    const char *isa_name;

    exactloss_decode *decode_u8;
    exactloss_decode *decode_i32;
    exactloss_decode *decode_i64;
    exactloss_decode *decode_f32;
    exactloss_decode *decode_f64;

    exactloss_select *select_8, *select_16, *select_32, *select_64; /* between elements of so many bits */

    exactloss_stream *stream;
    void (*stream_end)(void);

    real_type f16, bf16, f32, f64;
} exactloss_kernels;

#define NARROW_TYPE(type_format, type)                                                                                 \
    {                                                                                                                  \
        .size = 2, .format = type_format, .select = select_16, .sum = sum_##type, .sum_by_bytes = sum_by_bytes_##type, \
        .sum_and_count = sum_and_count_##type, .widen = widen_##type, .narrow = narrow_##type, .wide_size = 4,         \
        .select_wide = select_32, .wide = &f32_kernels                                                                 \
    }

#define WIDE_TYPE(bytes, type_format, selection, type)                                                                 \
    {                                                                                                                  \
        .size = (bytes), .format = type_format, .select = (selection), .sum = sum_##type,                              \
        .sum_by_bytes = sum_by_bytes_##type, .sum_and_count = sum_and_count_##type, .wide_size = (bytes),              \
        .select_wide = (selection), .wide = &type##_kernels                                                            \
    }

/* The table of a file that defines all of these functions as static ones. */
#define KERNELS(name)                                                                                                  \
    {                                                                                                                  \
        .isa_name = (name), .decode_u8 = decode_u8, .decode_i32 = decode_i32, .decode_i64 = decode_i64,                \
        .decode_f32 = decode_f32, .decode_f64 = decode_f64, .select_8 = select_8, .select_16 = select_16,              \
        .select_32 = select_32, .select_64 = select_64, .stream = stream, .stream_end = stream_end,                    \
        .f16 = NARROW_TYPE(FLOAT16_FORMAT, f16), .bf16 = NARROW_TYPE(BFLOAT16_FORMAT, bf16),                           \
        .f32 = WIDE_TYPE(4, FLOAT32_FORMAT, select_32, f32), .f64 = WIDE_TYPE(8, FLOAT64_FORMAT, select_64, f64),      \
    }

/* The same for the kernels of a type. */
#define REAL_KERNELS(element)                                                                                          \
    {                                                                                                                  \
        .sum = sum_##element, .sum_products = sum_products_##element, .within = within_##element,                      \
        .count_at_least = count_at_least_##element, .distances = distances_##element, .sigmoid = sigmoid_##element,    \
        .add = add_##element                                                                                           \
    }

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
