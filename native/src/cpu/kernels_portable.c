/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The definition: plain C that every other kernel is tested against bit by bit, and that runs where no other can.
 *
 * A float is an integer of 24 bits times a power of two. Sixteen such powers share an int64_t, in units of the
 * smallest: an addend is below 2^39, and the sum of a block's 2,048 below 2^50, or 2^54 with the ones of its targets.
 * So no branch depends on how large a prediction is: half of such branches would be mispredicted where predictions
 * are of every size, and take four times as long.
 */
#include "../names.h"
#include "exactloss/exactloss.h"
#include "fma.h"
#include "fp_environment.h"
#include "kernels.h"

#include <math.h>
#include <string.h>

/* The units of window w are 2^(WINDOW * w + FIRST_UNIT); those of one window are the units of exact_sum.h. */
#define WINDOW 16 /* powers of two */
#define WINDOWS 17
#define FIRST_UNIT (-154)
#define UNIT_WINDOW 7

/*
 * The largest part of the window above: 2^56 units, which with the block's own are below the limit of an addition,
 * 2^57.
 */
#define MOST_ABOVE ((int64_t)1 << 40)

static uint16_t load_u16(const void *array, int i) {
    uint16_t bits;
    memcpy(&bits, (const unsigned char *)array + sizeof bits * (size_t)i, sizeof bits);
    return bits;
}

static void store_u16(void *array, int i, uint16_t bits) {
    memcpy((unsigned char *)array + sizeof bits * (size_t)i, &bits, sizeof bits);
}

static uint32_t load_u32(const void *array, int i) {
    uint32_t bits;
    memcpy(&bits, (const unsigned char *)array + sizeof bits * (size_t)i, sizeof bits);
    return bits;
}

static void store_u32(void *array, int i, uint32_t bits) {
    memcpy((unsigned char *)array + sizeof bits * (size_t)i, &bits, sizeof bits);
}

static int is_set(const uint64_t *mask, int i) { return (int)(mask[i / 64] >> i % 64 & 1); }

static int set_bit(uint64_t *mask, int i, int value) {
    mask[i / 64] |= (uint64_t)value << i % 64;
    return value;
}

static void clear_mask(uint64_t *mask, int count) { memset(mask, 0, (size_t)(count + 63) / 64 * sizeof *mask); }

/* Defines a decoder for elements of a width. */
#define DEFINE_DECODER(name, type)                                                                                     \
    static int name(const void *targets, int64_t first, int count, uint64_t wanted, uint64_t relevant,                 \
                    uint64_t *mask) {                                                                                  \
        const unsigned char *bytes = (const unsigned char *)targets + (int64_t)sizeof(type) * first;                   \
        int found = 0;                                                                                                 \
        clear_mask(mask, count);                                                                                       \
        for (int i = 0; i < count; i++, bytes += sizeof(type)) {                                                       \
            type element;                                                                                              \
            memcpy(&element, bytes, sizeof element);                                                                   \
            found += set_bit(mask, i, (element & relevant) == wanted);                                                 \
        }                                                                                                              \
        return found;                                                                                                  \
    }

DEFINE_DECODER(decode_8, uint8_t)
DEFINE_DECODER(decode_32, uint32_t)
DEFINE_DECODER(decode_64, uint64_t)

/* The bits [offset, offset + count) of an array, 1 <= count <= 64. Touches no byte without one of them. */
static uint64_t packed_bits(const unsigned char *bytes, int64_t offset, int count) {
    const unsigned char *first = bytes + offset / 8;
    const int shift = (int)(offset % 8), size = (shift + count + 7) / 8;
    uint64_t word = 0;
    for (int i = 0; i < size && i < 8; i++) {
        word |= (uint64_t)first[i] << 8 * i;
    }
    word >>= shift;
    if (size == 9) {
        word |= (uint64_t)first[8] << (64 - shift);
    }
    return count == 64 ? word : word & (((uint64_t)1 << count) - 1);
}

int exactloss_decode_bits(const void *targets, int64_t first, int count, uint64_t wanted, uint64_t relevant,
                          uint64_t *mask) {
    int found = 0;
    (void)relevant; /* the one that there is */
    for (int i = 0; i < count; i += 64) {
        const int size = count - i < 64 ? count - i : 64;
        const uint64_t all = size == 64 ? UINT64_MAX : ((uint64_t)1 << size) - 1;
        mask[i / 64] = packed_bits(targets, first + i, size) ^ (wanted == 1 ? 0 : all);
        found += count_bits(mask[i / 64]);
    }
    return found;
}

/* -------------------------------------------------------------------------------------------- float and double -- */

/*
 * Defines the vocabulary of sigmoid.h and real_portable.h for a type, with vectors of one element. There V(add) is
 * f32_add or f64_add, and K(add), a kernel, is add_f32 or add_f64.
 */
#define DEFINE_VOCABULARY(element, real, fused, copy_sign)                                                             \
    typedef real element##_real, element##_vector;                                                                     \
    typedef int element##_mask;                                                                                        \
                                                                                                                       \
    static real element##_load(const void *array, int i) {                                                             \
        real value;                                                                                                    \
        memcpy(&value, (const unsigned char *)array + sizeof value * (size_t)i, sizeof value);                         \
        return value;                                                                                                  \
    }                                                                                                                  \
    static void element##_store(void *array, int i, real value) {                                                      \
        memcpy((unsigned char *)array + sizeof value * (size_t)i, &value, sizeof value);                               \
    }                                                                                                                  \
    static real element##_set(real value) { return value; }                                                            \
    static real element##_add(real a, real b) { return a + b; }                                                        \
    static real element##_sub(real a, real b) { return a - b; }                                                        \
    static real element##_mul(real a, real b) { return a * b; }                                                        \
    static real element##_div(real a, real b) { return a / b; }                                                        \
    static real element##_fma(real a, real b, real c) { return fused(a, b, c); }                                       \
    static real element##_max(real a, real b) { return a > b ? a : b; }                                                \
    static real element##_minus_abs(real x) { return copy_sign(x, -1); }                                               \
    static real element##_select_negative(real x, real a, real b) { return signbit(x) ? a : b; }                       \
    static real element##_select(int t, real a, real b) { return t ? a : b; }                                          \
    static real element##_select_less(real a, real b, real x, real y) { return a < b ? x : y; }                        \
    static real element##_negate_where(int t, real x) { return t ? -x : x; }

DEFINE_VOCABULARY(f32, float, fused_f32, copysignf)
DEFINE_VOCABULARY(f64, double, fused_f64, copysign)

/* 2^k, by way of a normal number, so that only the product is rounded; anything where k is NaN. */
static float f32_power(float k) {
    const uint32_t bits = isnan(k) ? 0 : (uint32_t)((int)k + 127 + 64) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power * 0x1p-64f;
}

static double f64_power(double k) {
    return 0x1p-128 * double_of_pattern(isnan(k) ? 0 : (uint64_t)((int)k + 1023 + 128) << 52);
}

/* Defines c - k and 2^-k, with 2/3 <= s 2^-k < 4/3. The pattern of s, less that of 2/3, has k as its exponent. */
#define DEFINE_SCALE(element, real, pattern, fraction_bits, bias, two_thirds)                                          \
    typedef struct element##_scaled {                                                                                  \
        real minus_k, power;                                                                                           \
    } element##_scaled;                                                                                                \
    static element##_scaled element##_scale(real s, real c) {                                                          \
        const pattern one = (pattern)(bias) << (fraction_bits);                                                        \
        element##_scaled result;                                                                                       \
        pattern bits;                                                                                                  \
        memcpy(&bits, &s, sizeof bits);                                                                                \
        const int exponent = (int)((bits + (one - (two_thirds))) >> (fraction_bits));                                  \
        result.minus_k = c + (real)((bias)-exponent);                                                                  \
        bits = (pattern)(2 * (bias)-exponent) << (fraction_bits);                                                      \
        memcpy(&result.power, &bits, sizeof bits);                                                                     \
        return result;                                                                                                 \
    }

DEFINE_SCALE(f32, float, uint32_t, 23, 127, 0x3f2aaaabu)
DEFINE_SCALE(f64, double, uint64_t, 52, 1023, 0x3fe5555555555555u)

#define K(name) JOIN(name, ELEMENT)

#define ELEMENT f32
#include "../losses/templates.h"
#include "real_portable.h"
#undef ELEMENT

#define ELEMENT f64
#include "../losses/templates.h"
#include "real_portable.h"
#undef ELEMENT

/* -------------------------------------------------------------------------------------------- conversions -- */

static void widen_f16(const void *from, int count, void *to) {
    for (int i = 0; i < count; i++) {
        const uint32_t half = load_u16(from, i), sign = (half & 0x8000) << 16, fraction = half & 0x3ff;
        const uint32_t exponent = half >> 10 & 31;
        uint32_t bits;
        if (exponent == 0) {
            const float value = (float)fraction * 0x1p-24f;
            memcpy(&bits, &value, sizeof bits);
        } else if (exponent == 31) {
            bits = 0x7f800000 | fraction << 13 | (uint32_t)(fraction != 0) << 22;
        } else {
            bits = (exponent + 112) << 23 | fraction << 13;
        }
        store_u32(to, i, sign | bits);
    }
}

static uint32_t round_to_f16(uint32_t magnitude) {
    if (magnitude > 0x7f800000) {
        return 0x7e00 | (magnitude >> 13 & 0x3ff);
    }
    if (magnitude >= 0x47800000) { /* 2^16 */
        return 0x7c00;
    }
    if (magnitude >= 0x38800000) { /* 2^-14; a carry out of the fraction is right, up to infinity */
        const uint32_t rebased = magnitude - ((uint32_t)112 << 23);
        return (rebased + 0xfff + (rebased >> 13 & 1)) >> 13;
    }
    float value; /* a subnormal: floats are 2^-24 apart from 0.5 on, as these are */
    memcpy(&value, &magnitude, sizeof value);
    value += 0.5f;
    memcpy(&magnitude, &value, sizeof value);
    return magnitude - 0x3f000000;
}

static void narrow_f16(const void *from, int count, void *to) {
    for (int i = 0; i < count; i++) {
        const uint32_t bits = load_u32(from, i);
        store_u16(to, i, (uint16_t)((bits >> 16 & 0x8000) | round_to_f16(bits & 0x7fffffff)));
    }
}

static void widen_bf16(const void *from, int count, void *to) {
    for (int i = 0; i < count; i++) {
        store_u32(to, i, (uint32_t)load_u16(from, i) << 16);
    }
}

static void narrow_bf16(const void *from, int count, void *to) {
    for (int i = 0; i < count; i++) {
        const uint32_t bits = load_u32(from, i);
        const int is_nan = (bits & 0x7fffffff) > 0x7f800000;
        store_u16(to, i, (uint16_t)(is_nan ? bits >> 16 | 0x40 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16));
    }
}

/* Defines a selection between elements of a size in bytes. */
#define DEFINE_SELECT(name, size)                                                                                      \
    static void name(const uint64_t *mask, const void *a, int a_is_scalar, const void *b, int b_is_scalar, int count,  \
                     void *out) {                                                                                      \
        for (int i = 0; i < count; i++) {                                                                              \
            const unsigned char *from_a = (const unsigned char *)a + (a_is_scalar ? 0 : (size)*i);                     \
            const unsigned char *from_b = (const unsigned char *)b + (b_is_scalar ? 0 : (size)*i);                     \
            memmove((unsigned char *)out + (size)*i, is_set(mask, i) ? from_a : from_b, (size));                       \
        }                                                                                                              \
    }

DEFINE_SELECT(select_8, 1)
DEFINE_SELECT(select_16, 2)
DEFINE_SELECT(select_32, 4)
DEFINE_SELECT(select_64, 8)

static void stream(const void *from, size_t size, void *to) { memcpy(to, from, size); }

static void stream_end(void) {}

/* ------------------------------------------------------------------------------------------------------ sums -- */

/* Adds the windows of a block. The units hold all of a usual block, so that no bin is opened. */
static void add_windows(int64_t *windows, exact_sum *sum) {
    int64_t *unit = &windows[UNIT_WINDOW], *next = unit + 1;
    if (*next > -MOST_ABOVE && *next < MOST_ABOVE) {
        *unit += *next * ((int64_t)1 << WINDOW);
        *next = 0;
    }
    exactloss_sum_add_units(sum, *unit);
    *unit = 0;
    for (int w = 0; w < WINDOWS; w++) {
        if (windows[w] != 0) {
            exactloss_sum_add(sum, windows[w], EXACT_SUM_ONE + FIRST_UNIT + WINDOW * w);
        }
    }
}

static void sum_f32(const void *predictions, const uint64_t *mask, int positives, int count, summation *s) {
    int64_t windows[WINDOWS] = {0};
    windows[UNIT_WINDOW] = positives * EXACT_SUM_UNITS_OF_ONE;
    for (int i = 0; i < count; i++) {
        const uint32_t bits = load_u32(predictions, i), exponent = bits >> 23 & 0xff, fraction = bits & 0x7fffff;
        const uint32_t is_normal = exponent != 0;
        const int64_t minus = -(int64_t)(bits >> 31 ^ (uint32_t)is_set(mask, i)); /* all ones to negate, or 0 */
        if (exponent == 0xff) {
            const float p = f32_load(predictions, i);
            exactloss_sum_add_double(s->sum, (double)(minus != 0 ? -fabsf(p) : fabsf(p)));
            continue;
        }
        const uint32_t power = exponent - is_normal + (uint32_t)(-149 - FIRST_UNIT); /* of the last bit */
        const int64_t magnitude = (int64_t)(fraction | is_normal << 23) << power % WINDOW;
        windows[power / WINDOW] += (magnitude ^ minus) - minus;
    }
    add_windows(windows, s->sum);
}

static void sum_f64(const void *predictions, const uint64_t *mask, int positives, int count, summation *s) {
    exactloss_sum_add_units(s->sum, positives * EXACT_SUM_UNITS_OF_ONE);
    for (int i = 0; i < count; i++) {
        const double p = f64_load(predictions, i);
        exactloss_sum_add_double(s->sum, is_set(mask, i) ? -p : p);
    }
}

/* Defines the sums of w·d, as ±w·p and w, and of w·d², as w·p², -2w·p and w. */
#define DEFINE_SUMS_OF_PRODUCTS(element)                                                                               \
    static void sum_weighted_##element(const void *values, block_weights weights, const uint64_t *mask, int count,     \
                                       summation *s) {                                                                 \
        for (int i = 0; i < count; i++) {                                                                              \
            const float w = f32_load(weights.array, i);                                                                \
            add_product_##element(s->sum, element##_load(values, i), is_set(mask, i) ? -1 : 1, w);                     \
            exactloss_sum_add_double(s->sum, is_set(mask, i) ? w : 0);                                                 \
        }                                                                                                              \
    }                                                                                                                  \
    static void sum_squares_##element(const void *values, block_weights weights, const uint64_t *mask, int count,      \
                                      summation *s) {                                                                  \
        for (int i = 0; i < count; i++) {                                                                              \
            const double x = element##_load(values, i);                                                                \
            const float w = weights.array == NULL ? 1 : f32_load(weights.array, i);                                    \
            add_square_##element(s->sum, x, w);                                                                        \
            add_product_##element(s->sum, is_set(mask, i) && isfinite(x) ? x : 0, -2, w);                              \
            exactloss_sum_add_double(s->sum, is_set(mask, i) ? w : 0);                                                 \
        }                                                                                                              \
    }

static weight_span span_of_weights(const void *weights, int count) {
    uint32_t least = UINT32_MAX, most = 0;
    for (int i = 0; i < count; i++) {
        const uint32_t w = load_u32(weights, i);
        least = w != 0 && w < least ? w : least;
        most = w > most ? w : most;
    }
    return exactloss_weight_span(least, most);
}

/* The product of two floats is a double. */
static void add_product_f32(exact_sum *sum, double x, int factor, float w) {
    exactloss_sum_add_double(sum, factor * x * (double)w);
}

static void add_square_f32(exact_sum *sum, double x, float w) {
    if (w == 1) {
        exactloss_sum_add_double(sum, x * x);
    } else {
        exactloss_sum_add_product(sum, x * x, 1, w);
    }
}

static void add_product_f64(exact_sum *sum, double x, int factor, float w) {
    exactloss_sum_add_product(sum, x, factor, w);
}

static void add_square_f64(exact_sum *sum, double x, float w) { exactloss_sum_add_product(sum, x, x, w); }

DEFINE_SUMS_OF_PRODUCTS(f32)
DEFINE_SUMS_OF_PRODUCTS(f64)

/* Defines the sum and the counts of a type of 16 bits. */
#define DEFINE_NARROW_SUM(type)                                                                                        \
    static void sum_##type(const void *predictions, const uint64_t *mask, int positives, int count, summation *s) {    \
        float wide[BLOCK];                                                                                             \
        widen_##type(predictions, count, wide);                                                                        \
        sum_f32(wide, mask, positives, count, s);                                                                      \
    }                                                                                                                  \
    static int count_at_least_##type(const void *predictions, const uint64_t *mask, int count, double limit,           \
                                     int *common) {                                                                    \
        float wide[BLOCK];                                                                                             \
        widen_##type(predictions, count, wide);                                                                        \
        return count_at_least_f32(wide, mask, count, limit, common);                                                   \
    }

DEFINE_NARROW_SUM(f16)
DEFINE_NARROW_SUM(bf16)

#define DEFINE_SUM_AND_COUNT(type)                                                                                     \
    static int sum_and_count_##type(const void *predictions, const uint64_t *mask, int positives, int count,           \
                                    double limit, int *common, summation *s) {                                         \
        sum_##type(predictions, mask, positives, count, s);                                                            \
        return count_at_least_##type(predictions, mask, count, limit, common);                                         \
    }

DEFINE_SUM_AND_COUNT(f16)
DEFINE_SUM_AND_COUNT(bf16)
DEFINE_SUM_AND_COUNT(f32)
DEFINE_SUM_AND_COUNT(f64)

/* Defines the sum of a type of `size` bytes for targets that are bytes. */
#define DEFINE_SUM_BY_BYTES(type, bytes)                                                                               \
    static int sum_by_bytes_##type(const void *predictions, const unsigned char *targets, int count, summation *s) {   \
        uint64_t mask[MASK_WORDS];                                                                                     \
        int positives = 0;                                                                                             \
        for (int from = 0, size; from < count; from += size) {                                                         \
            size = count - from < BLOCK / 2 ? count - from : BLOCK / 2;                                                \
            const int found = decode_8(targets, from, size, 1, UINT8_MAX, mask);                                       \
            sum_##type((const unsigned char *)predictions + (bytes) * (size_t)from, mask, found, size, s);             \
            positives += found;                                                                                        \
        }                                                                                                              \
        return positives;                                                                                              \
    }

DEFINE_SUM_BY_BYTES(f16, 2)
DEFINE_SUM_BY_BYTES(bf16, 2)
DEFINE_SUM_BY_BYTES(f32, 4)
DEFINE_SUM_BY_BYTES(f64, 8)

#include "block_loss.h"

DEFINE_LOSS_OF_FEW(inline, loss_of_few_bf16, sum_by_bytes_bf16, add_scalars(predictions, 2, targets, count, &sum))
DEFINE_LOSS_OF_FEW(inline, loss_of_few_f32, sum_by_bytes_f32, add_scalars(predictions, 4, targets, count, &sum))

static LOSS_OF_BLOCK(loss_of_block_bf16) {
    return count <= FEW ? loss_of_few_bf16(divisor, predictions, targets, loss, count)
                        : loss_by_bytes(divisor, predictions, targets, loss, count, sum_by_bytes_bf16);
}

static LOSS_OF_BLOCK(loss_of_block_f32) {
    return count <= FEW ? loss_of_few_f32(divisor, predictions, targets, loss, count)
                        : loss_by_bytes(divisor, predictions, targets, loss, count, sum_by_bytes_f32);
}

DEFINE_LOSS_OF_BLOCK(f16)
DEFINE_LOSS_OF_BLOCK(f64)

/* Every machine can run plain C. */
static int isa_support(cpu_facts facts) {
    (void)facts;
    return EXACTLOSS_ISA_USABLE;
}

#define ISA_KERNELS exactloss_kernels_portable
#include "kernels_table.h"
