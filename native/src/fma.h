/* SPDX-License-Identifier: Apache-2.0 */
/*
 * a·b + c, rounded once, to nearest: by the target's instruction, or emulated. libm's functions would be a call that takes
 * longer than the rest of a sigmoid, and not every libm rounds once.
 *
 * Both emulations are right for all inputs; which NaN results from one may differ.
 *
 * Floats: the product is a double. Its sum with c is rounded to a double and then to a float. Only a double in the middle
 * between two floats is changed by that, where the first rounding led there: its last 28 bits are 0. Then the sum is rounded
 * to odd instead (Boldo, Melquiond: Emulation of FMA and correctly rounded sums, 2008): of its two neighbours, the one whose
 * last bit is 1 stands for all that lies between, and the second rounding sees on which side of the middle that is.
 *
 * Doubles: a·b = high + low (Dekker's product), high + c = sum + error (TwoSum), and rest = error + low, rounded. The exact
 * result lies between sum + rest - w and sum + rest + w, if w is a unit in the last place of `rest`, or 0 where one of its
 * terms is. If both are rounded to the same number, it is the result. If they are not, if a step overflowed and left NaN, or
 * if high and c are so small that a part of the product may be subnormal, the terms are added as integers of 128 bits. Bits
 * that these do not hold leave a 1 in the last place, as above.
 */
#ifndef EXACTLOSS_FMA_H
#define EXACTLOSS_FMA_H

#include "compiler.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t pattern_of_double(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double double_of_pattern(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ---------------------------------------------------------------------------------------------------- floats -- */

static inline float emulated_fma_f32(float a, float b, float c) {
    const double product = (double)a * (double)b, addend = (double)c, sum = product + addend;
    uint64_t bits = pattern_of_double(sum);
    if ((bits & 0xfffffff) != 0) {
        return (float)sum;
    }
    const double back = sum - product, error = (product - (sum - back)) + (addend - back); /* exact: TwoSum */
    if (error < 0 || error > 0) {                                                          /* not NaN */
        bits = (bits - ((error < 0) != (sum < 0))) | 1;
    }
    return (float)double_of_pattern(bits);
}

/* --------------------------------------------------------------------------------------------------- doubles -- */

/* (high 2^64 + low) 2^exponent */
typedef struct wide_number {
    uint64_t high, low;
    int exponent;
} wide_number;

#define WIDE_TOP 125 /* the place of a normalized number's first bit: below it, a sum has room for a carry */

static inline wide_number wide_normalize(wide_number x) {
    if (x.high == 0) {
        x = (wide_number){x.low, 0, x.exponent - 64};
    }
    const int shift = __builtin_clzll(x.high) - (127 - WIDE_TOP);
    x.exponent -= shift;
    if (shift > 0) {
        x.high = x.high << shift | x.low >> (64 - shift);
        x.low <<= shift;
    } else if (shift < 0) { /* of a sum, whose last bits say no more than whether there are any */
        x.low = x.low >> -shift | x.high << (64 + shift) | (x.low << (64 + shift) != 0);
        x.high >>= -shift;
    }
    return x;
}

/* Drops the last bits, of which the last one left tells whether any was set. */
static inline wide_number wide_drop(wide_number x, int bits) {
    x.exponent += bits;
    if (bits >= 64) {
        x = (wide_number){0, x.high | (x.low != 0), x.exponent};
        bits = bits - 64 < 63 ? bits - 64 : 63; /* the number is below 2^62 */
    }
    if (bits > 0) {
        const int is_set = x.low << (64 - bits) != 0;
        x.low = x.low >> bits | x.high << (64 - bits) | (uint64_t)is_set;
        x.high >>= bits;
    }
    return x;
}

/* The magnitude of a finite number: its last bit is worth 2^exponent. */
static inline wide_number wide_of_double(double x) {
    const uint64_t bits = pattern_of_double(x), fraction = bits & (((uint64_t)1 << 52) - 1);
    const int exponent = (int)(bits >> 52 & 0x7ff);
    return exponent == 0 ? (wide_number){0, fraction, -1074}
                         : (wide_number){0, fraction | (uint64_t)1 << 52, exponent - 1075};
}

static inline wide_number wide_product(wide_number a, wide_number b) {
    const uint64_t a_low = (uint32_t)a.low, a_high = a.low >> 32, b_low = (uint32_t)b.low, b_high = b.low >> 32;
    const uint64_t low = a_low * b_low, middle = a_high * b_low + (low >> 32),
                   other = a_low * b_high + (uint32_t)middle;
    return (wide_number){a_high * b_high + (middle >> 32) + (other >> 32), other << 32 | (uint32_t)low,
                         a.exponent + b.exponent};
}

/* Rounds a normalized magnitude to a pattern. */
static inline uint64_t wide_round(wide_number x) {
    const int usual = WIDE_TOP - 52,
              least = -1074 - x.exponent; /* bits to drop: for 53 bits; for multiples of 2^-1074 */
    x = wide_drop(x, (usual > least ? usual : least) - 2);
    const uint64_t kept = x.low >> 2, rounded = kept + ((x.low & 3) + (kept & 1) > 2);
    const int exponent = x.exponent + 2 + 1074;
    return exponent > 2045 ? (uint64_t)0x7ff << 52 : ((uint64_t)exponent << 52) + rounded;
}

static __attribute__((noinline)) double fma_by_integers(double a, double b, double c) {
    if (!isfinite(a) || !isfinite(b) || a == 0 || b == 0) {
        return a * b + c;
    }
    if (!isfinite(c) || c == 0) {
        return c == 0 ? a * b : c + c;
    }
    wide_number x = wide_normalize(wide_product(wide_of_double(a), wide_of_double(b)));
    wide_number y = wide_normalize(wide_of_double(c));
    uint64_t sign = (pattern_of_double(a) ^ pattern_of_double(b)) & (uint64_t)1 << 63,
             other = pattern_of_double(c) ^ sign;
    if (y.exponent > x.exponent ||
        (y.exponent == x.exponent && (y.high > x.high || (y.high == x.high && y.low > x.low)))) {
        const wide_number larger = y;
        y = x;
        x = larger;
        sign ^= other & (uint64_t)1 << 63;
    }
    y = wide_drop(y, x.exponent - y.exponent);
    if (other >> 63 == 0) {
        x.low += y.low;
        x.high += y.high + (x.low < y.low);
    } else {
        x.high -= y.high + (x.low < y.low);
        x.low -= y.low;
    }
    if ((x.high | x.low) == 0) {
        return 0;
    }
    return double_of_pattern(wide_round(wide_normalize(x)) | sign);
}

/* Of the exponent: where high or c has any, it is 2^-895 or more, and no bit of a·b that counts is lost to underflow. */
#define DEKKER_BITS ((uint64_t)0x78 << 56)

/* x's upper 26 bits; the rest has 26 bits too, with its sign. */
static inline double upper_half(double x) {
    const double scaled = x * 0x1.0000002p27;
    return scaled - (scaled - x);
}

static inline double emulated_fma_f64(double a, double b, double c) {
    const double a1 = upper_half(a), a2 = a - a1, b1 = upper_half(b), b2 = b - b1;
    const double high = a * b, low = ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2;
    const double sum = high + c, back = sum - high, error = (high - (sum - back)) + (c - back);
    const double rest = error + low, w = error == 0 || low == 0 ? 0 : fabs(rest) * 0x1p-52;
    const double least = sum + (rest - w), most = sum + (rest + w);
    const int is_large = ((pattern_of_double(high) | pattern_of_double(c)) & DEKKER_BITS) != 0;
    return least == most && is_large ? least : fma_by_integers(a, b, c);
}

/* ------------------------------------------------------------------------------------------------- the choice -- */

/* By an instruction where there is one. */
#if HAS_FMA
static inline float fused_f32(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static inline double fused_f64(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
#define fused_f32 emulated_fma_f32
#define fused_f64 emulated_fma_f64
#endif

#endif
