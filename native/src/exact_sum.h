/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sum of floating-point numbers without any rounding, and its quotients with exactly one.
 *
 * The sum is a fixed-point number: bit `position` of it weighs 2^(position - 2304), so EXACT_SUM_ONE is the integer 1.
 * The square of the smallest double times the smallest float, 2^-2297, lies within, and above it is room for 2^64 such
 * products of the largest, 2^2176: 4608 bits. They are kept in bins of 32 bits, each in an int64_t, so that most
 * additions need no carry: addition of integers is associative, which is why the order and the grouping of the addends
 * cannot be seen in the result.
 *
 * Before the bins there is one wide int64_t in units of 2^-42, in which the sums of ordinary blocks of float32 land: a
 * small batch never gets to the bins. And only a window of the bins is in use and initialised, so that an empty sum
 * costs nothing to make.
 *
 * NaN and infinities are no numbers to add: they are counted beside the sum, and decide its value when it is read.
 */
#ifndef EXACTLOSS_EXACT_SUM_H
#define EXACTLOSS_EXACT_SUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EXACT_SUM_BINS 144
#define EXACT_SUM_ONE 2304
#define EXACT_SUM_UNIT (EXACT_SUM_ONE - 42) /* the position of the units */
#define EXACT_SUM_UNITS_OF_ONE ((int64_t)1 << 42)
#define EXACT_SUM_UNIT_ADDITIONS 32

typedef struct exact_sum {
    int32_t first, last;    /* bins[first] .. bins[last - 1] hold the sum; the others count as 0 */
    int32_t unsettled;      /* additions since the carries were last settled */
    int32_t unit_additions; /* additions to the units since they were last moved to the bins */
    int64_t units;
    int64_t nan_count;
    int64_t positive_infinities;
    int64_t negative_infinities;
    int64_t bins[EXACT_SUM_BINS];
} exact_sum;

/* Makes an empty sum. */
static inline void exactloss_sum_init(exact_sum *sum) { memset(sum, 0, offsetof(exact_sum, bins)); }

/* Adds units * 2^(position - EXACT_SUM_ONE), 0 <= position <= 32 * (EXACT_SUM_BINS - 3). */
void exactloss_sum_add(exact_sum *sum, int64_t units, int position);

/* Moves the units to the bins. */
void exactloss_sum_flush_units(exact_sum *sum);

/* Adds units * 2^-42, |units| <= 2^57. */
static inline void exactloss_sum_add_units(exact_sum *sum, int64_t units) {
    if (sum->unit_additions == EXACT_SUM_UNIT_ADDITIONS) {
        exactloss_sum_flush_units(sum);
    }
    sum->units += units;
    sum->unit_additions++;
}

/* Adds a double: finite, infinite or NaN. */
void exactloss_sum_add_double(exact_sum *sum, double value);

/* Adds a * b * factor, of which the factor is finite; an infinite product times 0 is NaN. */
void exactloss_sum_add_product(exact_sum *sum, double a, double b, float factor);

/* Multiplies by a whole number from 1 to 2^16. */
void exactloss_sum_multiply(exact_sum *sum, int factor);

/* Adds the finite part of `other`, or subtracts it where the sign is -1; the sum itself may be added. */
void exactloss_sum_add_finite(exact_sum *sum, const exact_sum *other, int sign);

/* Adds `other`, which may be `sum` itself. */
void exactloss_sum_merge(exact_sum *sum, const exact_sum *other);

/*
 * sum / divisor, rounded once, to nearest even, to double and to float; quotient_f32 may be NULL. divisor >= 1. With
 * NaN or both infinities among the addends: NaN; with one of them: that infinity. A sum of exactly 0 gives +0.
 */
void exactloss_sum_divide(const exact_sum *sum, int64_t divisor, double *quotient, float *quotient_f32);

/* The same for a divisor that is a sum too: finite, and not negative. Divided by 0: NaN. */
void exactloss_sum_divide_by_sum(const exact_sum *sum, const exact_sum *divisor, double *quotient, float *quotient_f32);

/* A binary format of IEEE 754's kind. */
typedef struct float_format {
    int precision;     /* the bits of a significand */
    int lowest;        /* the smallest positive number is 2^lowest */
    uint64_t infinity; /* the encoding */
} float_format;

#define FLOAT16_FORMAT                                                                                                 \
    { 11, -24, 0x7c00 }
#define BFLOAT16_FORMAT                                                                                                \
    { 8, -133, 0x7f80 }
#define FLOAT32_FORMAT                                                                                                 \
    { 24, -149, 0x7f800000 }
#define FLOAT64_FORMAT                                                                                                 \
    { 53, -1074, 0x7ff0000000000000u }

/* sum / divisor, rounded once as above to a format. There is no NaN or infinity among the addends. */
double exactloss_sum_round(const exact_sum *sum, int64_t divisor, float_format format);

/* dividend / divisor, rounded once, to nearest even, to a format. Zeros, infinities and NaN pass on. divisor >= 1. */
double exactloss_quotient(double dividend, int64_t divisor, float_format format);

/* part / whole of counts, rounded once, to nearest even; NaN where the whole is 0. */
double exactloss_ratio(int64_t part, int64_t whole);

/*
 * The finite part of the sum, which lies within the bins [first, last), as 4 bytes for each of these: two's complement,
 * little-endian; equal sums, equal bytes.
 */
void exactloss_sum_to_bytes(const exact_sum *sum, int first, int last, unsigned char *bytes);

/* The inverse. Sets everything but the counts of NaN and infinities, which become 0. */
void exactloss_sum_from_bytes(exact_sum *sum, int first, int last, const unsigned char *bytes);

/* The number of bits of the magnitude of the finite part: 0 for an empty or zero sum. */
int exactloss_sum_bit_length(const exact_sum *sum);

/* Whether the finite part is below 0. */
int exactloss_sum_is_negative(const exact_sum *sum);

#endif
