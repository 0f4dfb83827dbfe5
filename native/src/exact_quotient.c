/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quotients of a sum, rounded once. Everything here is integer arithmetic, except for a shortcut that needs
 * rounding to nearest.
 */
#include "exact_sum.h"

#include "compiler.h"

#include <float.h>
#include <math.h>

/* ------------------------------------------------------------------------------------- sign and magnitude -- */

/* |sum| as `count` limbs without leading zeros. Bit 0 of limbs[0] has the given position. */
typedef struct magnitude {
    int position, count, negative;
    uint32_t limbs[EXACT_SUM_BINS + 4]; /* room for the carry of the top bin, and for bits_of() to read 0 above */
} magnitude;

static void negate(uint32_t *limbs, int count) {
    uint64_t carry = 1;
    for (int i = 0; i < count; i++) {
        carry += (uint32_t)~limbs[i];
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static void finish_magnitude(magnitude *m, int64_t carry) {
    m->limbs[m->count++] = (uint32_t)carry;
    m->limbs[m->count++] = (uint32_t)(carry >> 32);
    m->negative = carry < 0;
    if (m->negative) {
        negate(m->limbs, m->count);
    }
    m->limbs[m->count] = 0;
    m->limbs[m->count + 1] = 0;
    while (m->count > 0 && m->limbs[m->count - 1] == 0) {
        m->count--;
    }
}

static void take_magnitude(const exact_sum *sum, magnitude *m) {
    m->count = 0;
    if (sum->first == sum->last) {
        m->position = EXACT_SUM_UNIT;
        finish_magnitude(m, sum->units);
        return;
    }
    exact_sum flushed = *sum;
    exactloss_sum_flush_units(&flushed);
    m->position = 32 * flushed.first;
    int64_t carry = 0;
    for (int i = flushed.first; i < flushed.last; i++) {
        carry += flushed.bins[i];
        m->limbs[m->count++] = (uint32_t)carry;
        carry >>= 32;
    }
    finish_magnitude(m, carry);
}

/* The number of bits of a magnitude that is not 0, counted from bit 0 of limbs[0]. */
static int limb_bits(const magnitude *m) { return 32 * m->count + 32 - __builtin_clzll(m->limbs[m->count - 1]); }

int exactloss_sum_is_negative(const exact_sum *sum) {
    magnitude m;
    take_magnitude(sum, &m);
    return m.negative;
}

/* -------------------------------------------------------------------------------------------- the quotient -- */

/* The quotient lies at significand * 2^exponent, or (where inexact) strictly between that and the next significand. */
typedef struct quotient {
    uint64_t significand; /* its top bit is set */
    int exponent;
    int inexact;
} quotient;

/* Bits [low, low + size) of the limbs, where bits below 0 are 0; size < 64. */
static uint64_t bits_of(const magnitude *m, int low, int size) {
    if (low + size <= 0) {
        return 0;
    }
    if (low < 0) {
        return bits_of(m, 0, size + low) << -low;
    }
    const uint32_t *limbs = m->limbs + low / 32;
    const int shift = low % 32;
    const uint64_t pair = limbs[0] | (uint64_t)limbs[1] << 32;
    const uint64_t bits = shift == 0 ? pair : pair >> shift | (uint64_t)limbs[2] << (64 - shift);
    return bits & (((uint64_t)1 << size) - 1);
}

/* Whether any of the bits [0, end) is set. */
static int any_below(const magnitude *m, int end) {
    for (int low = 0; low < end; low += 32) {
        if (bits_of(m, low, end - low < 32 ? end - low : 32) != 0) {
            return 1;
        }
    }
    return 0;
}

/*
 * Long division from the top, in digits of as many bits as keep (remainder << bits) within 64. It stops when the
 * significand has its 64 bits, or is exact.
 */
static quotient divide(const magnitude *m, uint64_t divisor) {
    quotient q = {0, 0, 0};
    uint64_t remainder = 0;
    int at = limb_bits(m);
    const int room = divisor == 1 ? 63 : __builtin_clzll(divisor);
    while (q.significand >> 63 == 0) {
        const int zeros = q.significand == 0 ? 64 : __builtin_clzll(q.significand);
        if (remainder == 0 && at <= 0) {
            q.significand <<= zeros;
            at -= zeros;
            break;
        }
        const int size = room < zeros ? room : zeros;
        at -= size;
        remainder = remainder << size | bits_of(m, at, size);
        q.significand = q.significand << size | remainder / divisor;
        remainder %= divisor;
    }
    q.exponent = at + m->position - EXACT_SUM_ONE;
    q.inexact = remainder != 0 || any_below(m, at);
    return q;
}

/*
 * The remainder of a division by a magnitude, as many limbs as that and one more. A bit comes in from the right;
 * returns whether the divisor went into it, and subtracts it then.
 */
static int divide_step(uint32_t *remainder, const magnitude *divisor, uint64_t bit) {
    const int count = divisor->count + 1;
    for (int i = 0; i < count; i++) {
        bit |= (uint64_t)remainder[i] << 1;
        remainder[i] = (uint32_t)bit;
        bit >>= 32;
    }
    int top = count - 1;
    uint32_t limb = 0;
    while (top > 0 && remainder[top] == limb) {
        limb = divisor->limbs[--top];
    }
    if (remainder[top] < limb) {
        return 0;
    }
    int64_t borrow = 0;
    for (int i = 0; i < count; i++) {
        borrow += (int64_t)remainder[i] - (i < divisor->count ? divisor->limbs[i] : 0);
        remainder[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    return 1;
}

/*
 * Whether a magnitude is *value * 2^(*position - EXACT_SUM_ONE), with a value of at most 63 bits, which divide() takes.
 */
static int is_short(const magnitude *m, uint64_t *value, int *position) {
    int low = 0;
    while (m->limbs[low / 32] == 0) {
        low += 32;
    }
    while ((m->limbs[low / 32] >> low % 32 & 1) == 0) {
        low++;
    }
    const int size = limb_bits(m) - low;
    *value = size < 64 ? bits_of(m, low, size) : 0;
    *position = m->position + low;
    return size < 64;
}

/* Long division bit by bit, until the significand has its 64 bits. */
static quotient divide_by_long(const magnitude *m, const magnitude *divisor) {
    uint32_t remainder[EXACT_SUM_BINS + 3] = {0};
    quotient q = {0, 0, 0};
    int at = limb_bits(m);
    while (q.significand >> 63 == 0) {
        at--;
        const uint64_t bit = at < 0 ? 0 : m->limbs[at / 32] >> at % 32 & 1;
        q.significand = q.significand << 1 | (uint64_t)divide_step(remainder, divisor, bit);
    }
    q.exponent = at + m->position - divisor->position;
    q.inexact = any_below(m, at);
    for (int i = 0; i <= divisor->count; i++) {
        q.inexact |= remainder[i] != 0;
    }
    return q;
}

static quotient divide_magnitudes(const magnitude *m, const magnitude *divisor) {
    uint64_t value;
    int position;
    if (!is_short(divisor, &value, &position)) {
        return divide_by_long(m, divisor);
    }
    quotient q = divide(m, value);
    q.exponent -= position - EXACT_SUM_ONE;
    return q;
}

/*
 * Rounds to nearest even to a format, and returns the encoding of the magnitude. Adding the rounded significand to the
 * exponent field carries into it where it must.
 */
static uint64_t encode(quotient q, float_format format) {
    int dropped = 64 - format.precision;
    if (q.exponent + dropped < format.lowest) {
        dropped = format.lowest - q.exponent;
    }
    if (dropped > 64) {
        return 0;
    }
    uint64_t kept = dropped == 64 ? 0 : q.significand >> dropped;
    const uint64_t rest = dropped == 64 ? q.significand : q.significand & (((uint64_t)1 << dropped) - 1);
    const uint64_t half = (uint64_t)1 << (dropped - 1);
    kept += rest > half || (rest == half && (q.inexact || (kept & 1) != 0));
    const int scale = q.exponent + dropped - format.lowest;
    if (scale + 1 >= (int)(format.infinity >> (format.precision - 1))) {
        return format.infinity;
    }
    return ((uint64_t)scale << (format.precision - 1)) + kept;
}

static const float_format F64 = FLOAT64_FORMAT;
static const float_format F32 = FLOAT32_FORMAT;

/* The encoding of a sum that has NaN or infinities among its addends; 0 if there are none. */
static uint64_t encode_special(const exact_sum *sum, float_format format) {
    const uint64_t last_exponent_bit = (uint64_t)1 << (format.precision - 1);
    if (sum->nan_count != 0 || (sum->positive_infinities != 0 && sum->negative_infinities != 0)) {
        return format.infinity | last_exponent_bit >> 1;
    }
    if (sum->negative_infinities != 0) {
        return (format.infinity + last_exponent_bit) | format.infinity;
    }
    return sum->positive_infinities != 0 ? format.infinity : 0;
}

static uint64_t encode_signed(quotient q, int negative, float_format format) {
    const uint64_t sign = format.infinity + ((uint64_t)1 << (format.precision - 1));
    return encode(q, format) | (negative ? sign : 0);
}

static void store(uint64_t bits_f64, uint64_t bits_f32, double *f64, float *f32) {
    const uint32_t narrow = (uint32_t)bits_f32;
    memcpy(f64, &bits_f64, sizeof *f64);
    if (f32 != NULL) {
        memcpy(f32, &narrow, sizeof *f32);
    }
}

static int store_special(const exact_sum *sum, double *f64, float *f32) {
    const uint64_t bits = encode_special(sum, F64);
    if (bits != 0) {
        store(bits, encode_special(sum, F32), f64, f32);
    }
    return bits != 0;
}

static void store_quotient(quotient q, int negative, double *f64, float *f32) {
    store(encode_signed(q, negative, F64), f32 == NULL ? 0 : encode_signed(q, negative, F32), f64, f32);
}

/*
 * The common case: a small batch in [0, 1]. Both operands are integers that a double holds, so IEEE division rounds
 * their quotient once; scaling by 2^42 is exact. Its rounding to float is right too, unless it lies in the middle
 * between two floats.
 */
static int divide_small(const exact_sum *sum, int64_t divisor, double *f64, float *f32) {
    const int64_t most = (int64_t)1 << 53;
    if (sum->first != sum->last || sum->units == 0 || sum->units > most || sum->units < -most || divisor > most) {
        return 0;
    }
    const double result = (double)sum->units / ((double)divisor * 0x1p42);
    if (f32 != NULL) {
        uint64_t bits;
        memcpy(&bits, &result, sizeof bits);
        if ((bits & 0x1fffffff) == 0x10000000) {
            return 0;
        }
        *f32 = (float)result;
    }
    *f64 = result;
    return 1;
}

void exactloss_sum_divide(const exact_sum *sum, int64_t divisor, double *f64, float *f32) {
    if (store_special(sum, f64, f32) || divide_small(sum, divisor, f64, f32)) {
        return;
    }
    magnitude m;
    take_magnitude(sum, &m);
    if (m.count == 0) {
        store(0, 0, f64, f32);
    } else {
        store_quotient(divide(&m, (uint64_t)divisor), m.negative, f64, f32);
    }
}

void exactloss_sum_divide_by_sum(const exact_sum *sum, const exact_sum *divisor, double *f64, float *f32) {
    if (store_special(sum, f64, f32)) {
        return;
    }
    magnitude m, d;
    take_magnitude(sum, &m);
    take_magnitude(divisor, &d);
    if (d.count == 0) {
        *f64 = NAN;
        if (f32 != NULL) {
            *f32 = NAN;
        }
    } else if (m.count == 0) {
        store(0, 0, f64, f32);
    } else {
        store_quotient(divide_magnitudes(&m, &d), m.negative, f64, f32);
    }
}

/* sum / divisor, rounded once to a format: its encoding. */
static uint64_t encode_sum(const exact_sum *sum, int64_t divisor, float_format format) {
    magnitude m;
    take_magnitude(sum, &m);
    return m.count == 0 ? 0 : encode_signed(divide(&m, (uint64_t)divisor), m.negative, format);
}

/* 2^exponent, of a double. */
static double power_of_two(int exponent) {
    const uint64_t bits = exponent >= -1022 ? (uint64_t)(exponent + 1023) << 52 : (uint64_t)1 << (exponent + 1074);
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

double exactloss_sum_round(const exact_sum *sum, int64_t divisor, float_format format) {
    const uint64_t one = (uint64_t)1 << (format.precision - 1); /* in the last place of the exponent */
    const uint64_t encoding = encode_sum(sum, divisor, format);
    const uint64_t bits = encoding & ((format.infinity + one) - 1);
    const int exponent = (int)(bits / one);
    double value = exponent == 0 ? (double)bits * power_of_two(format.lowest)
                                 : (double)(bits % one + one) * power_of_two(format.lowest + exponent - 1);
    value = bits == format.infinity ? INFINITY : value;
    return bits == encoding ? value : -value;
}

/*
 * Rounds the quotient of two doubles once more, to a format. That is the quotient rounded once unless the quotient of
 * doubles lies in the middle between two numbers of the format, where its own rounding may have moved it: returns 0
 * then, and where it is not in the format's range of normal numbers.
 */
static int round_again(double *value, float_format format) {
    const int lowest = format.lowest + format.precision - 1; /* the exponent of the smallest normal number */
    const uint64_t rest = ((uint64_t)1 << (DBL_MANT_DIG - format.precision)) - 1, half = (rest + 1) / 2;
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    const int exponent = (int)(bits >> (DBL_MANT_DIG - 1) & 0x7ff) - (DBL_MAX_EXP - 1);
    if (exponent < lowest || exponent > -lowest || (rest != 0 && (bits & rest) == half)) {
        return 0;
    }
    bits = (bits + half) & ~rest;
    memcpy(value, &bits, sizeof bits);
    return 1;
}

double exactloss_quotient(double dividend, int64_t divisor, float_format format) {
    exact_sum sum;
    if (dividend == 0 || !isfinite(dividend)) {
        return dividend;
    }
    double value = dividend / (double)divisor;
    if (divisor <= (int64_t)1 << DBL_MANT_DIG && round_again(&value, format)) {
        return value;
    }
    exactloss_sum_init(&sum);
    exactloss_sum_add_double(&sum, dividend);
    return exactloss_sum_round(&sum, divisor, format);
}

double exactloss_ratio(int64_t part, int64_t whole) {
    if (whole == 0) {
        return NAN;
    }
    if (whole <= (int64_t)1 << DBL_MANT_DIG) {
        return (double)part / (double)whole;
    }
    exact_sum sum;
    exactloss_sum_init(&sum);
    exactloss_sum_add(&sum, part, EXACT_SUM_ONE);
    return exactloss_sum_round(&sum, whole, F64);
}
