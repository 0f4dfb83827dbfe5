/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vector kernels, once for every instruction set: kernels_avx2.c and kernels_avx512.c define the vocabulary (vf and
 * vi, vectors of LANES floats and 32-bit integers, vw, a vector of 64-bit integers, and the functions on them) and
 * include this file.
 *
 * How a block of floats is summed exactly
 *
 * 1. Predictions nearly always lie in [2^-20, 1]. Then every ±p is a multiple of 2^-43, and float additions split it
 *    into two integers without error. Let y = ±p:
 *        h = y + 3            lies in [2, 4], where floats are 2^-22 apart: y rounded to that grid, plus 3
 *        r = y - (h - 3)      exact: both differences are multiples of 2^-43, and |r| <= 2^-23
 *    The bit pattern of h, less that of 3, is y's high part in units of 2^-22: an integer of at most 2^22, added as an
 *    integer. The r of four vectors are added as floats first, exactly: |R| <= 2^-21 in multiples of 2^-43 has 22 bits.
 *        l = R + 1.5 * 2^-20  lies in [2^-20, 2^-19], where floats are 2^-43 apart: exact
 *    and l's bit pattern, less that of the constant, is R in units of 2^-43, at most 2^22. A lane of int32_t holds the
 *    sums of a block: 4096 / LANES / 2 high parts <= 2^30, and 4096 / LANES / 4 low parts <= 2^29. The patterns of the
 *    constants are subtracted once a block, modulo 2^32. The products with the sign, +1 or -1, are exact in the fma.
 *
 * 2. Whether a block is of that kind is the largest of (pattern of p) - (pattern of 2^-20), as unsigned integers:
 *    smaller and negative values, NaN and infinities all become large. A tail is padded with ones, which are subtracted
 *    again.
 *
 * 3. Any other block is split level by level. With 2^e above every |y|, c = 1.5 * 2^(e+1) plays the part of 3: h = y + c
 *    is y on the grid 2^(e-22), and the rest y - (h - c) is exact and at most 2^(e-23). The rests go into a buffer and
 *    are split in turn until all are 0: two levels for raw scores, up to twelve for a mix of subnormals and huge values.
 *
 * 4. A block with NaN, infinities or values from 2^125 up, where c would overflow, is left to the portable kernel.
 *
 * All of this needs rounding to nearest and no flushing to zero; api.c sees to it.
 */
#include "kernels.h"

#include <math.h>
#include <string.h>

#define SMALLEST_BITS 0x35800000u /* 2^-20 */
#define ONE_BITS 0x3f800000u      /* 1 */
#define HIGH_SPLIT 3.0f
#define HIGH_SPLIT_BITS 0x40400000u
#define LOW_SPLIT 0x1.8p-20f
#define LOW_SPLIT_BITS 0x35c00000u
#define PREFETCH 2048 /* bytes; hardware prefetchers lose the stream between the passes over a block */
#define GROUP (4 * LANES)

static inline const unsigned char *float_at(const void *array, int i) {
    return (const unsigned char *)array + 4 * (size_t)i;
}

/* ---------------------------------------------------------------------------------------------- block sums -- */

/* Asks for a line that may lie past the end of the array: a hint, which never faults. */
static inline void prefetch(uintptr_t address) { __builtin_prefetch((const void *)address); }

/* Lanes that each hold a signed integer plus `additions` times a bit pattern, modulo 2^32: those integers, widened. */
static inline vw unbias(vi lanes, int additions, uint32_t pattern) {
    return vi_widen(vi_sub(lanes, vi_set((uint32_t)additions * pattern)));
}

/* Keeps the sums of a block in registers. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* The sums of a block so far: high parts of the even and the odd vectors, low parts, and the largest range check. */
typedef struct block_sums {
    vi even, odd, low, largest;
} block_sums;

/* Adds a group: four vectors of p, whose signs are in the mask. */
static ALWAYS_INLINE block_sums add_group(block_sums s, const vf x[4], const uint64_t *mask, int group) {
    const vf split = vf_set(HIGH_SPLIT);
    vf high[4], rest[4];
    for (int k = 0; k < 4; k++) {
        const vf sign = vf_signs(mask, group, k);
        high[k] = vf_fma(x[k], sign, split);
        rest[k] = vf_fma(x[k], sign, vf_sub(split, high[k]));
        s.largest = vi_max(s.largest, vi_sub(vf_bits(x[k]), vi_set(SMALLEST_BITS)));
    }
    const vf rests = vf_add(vf_add(rest[0], rest[1]), vf_add(rest[2], rest[3]));
    s.even = vi_add(s.even, vi_add(vf_bits(high[0]), vf_bits(high[2])));
    s.odd = vi_add(s.odd, vi_add(vf_bits(high[1]), vf_bits(high[3])));
    s.low = vi_add(s.low, vf_bits(vf_add(rests, vf_set(LOW_SPLIT))));
    return s;
}

/* Puts the sum of a block in units of 2^-43 into *units and returns 1, or returns 0 where a value is out of range. */
static ALWAYS_INLINE int sum_units(const void *predictions, const uint64_t *mask, int count, int64_t *units) {
    block_sums s = {vi_set(0), vi_set(0), vi_set(0), vi_set(0)};
    int groups = count / GROUP;
    const int rest = count % GROUP;
    vf x[4];
    for (int g = 0; g < groups; g++) {
        const unsigned char *p = float_at(predictions, g * GROUP);
        for (int k = 0; k < 4; k++) {
            x[k] = vf_load(p + 4 * LANES * k);
            if (4 * LANES * k % 64 == 0) {
                prefetch((uintptr_t)p + PREFETCH + (unsigned)(4 * LANES * k));
            }
        }
        s = add_group(s, x, mask, g);
    }
    if (rest != 0) {
        const unsigned char *p = float_at(predictions, groups * GROUP);
        for (int k = 0; k < 4; k++) {
            x[k] = vf_load_first(p + 4 * LANES * k, rest - LANES * k, vf_set(1.0f));
        }
        s = add_group(s, x, mask, groups);
        groups++;
    }
    const vw high = vw_add(unbias(s.even, 2 * groups, HIGH_SPLIT_BITS), unbias(s.odd, 2 * groups, HIGH_SPLIT_BITS));
    *units = vw_sum(vw_add(vw_shift_left(high, 21), unbias(s.low, groups, LOW_SPLIT_BITS))) -
             (groups * GROUP - count) * EXACT_SUM_UNITS_OF_ONE;
    return vi_largest(s.largest) <= ONE_BITS - SMALLEST_BITS;
}

/* Copies ±p into `rest`, padded with zeros to whole pairs of vectors; returns the largest magnitude's bit pattern. */
static uint32_t copy_signed(const void *predictions, const uint64_t *mask, int count, int pairs, unsigned char *rest) {
    vi largest = vi_set(0);
    for (int v = 0; v < 2 * pairs; v++) {
        const vf x = vf_load_first(float_at(predictions, v * LANES), count - v * LANES, vf_set(0.0f));
        largest = vi_max(largest, vi_and(vf_bits(x), vi_set(0x7fffffffu)));
        vf_store(rest + 4 * LANES * v, vf_mul(x, vf_signs(mask, v / 4, v % 4)));
    }
    return vi_largest(largest);
}

/* Splits one vector of `rest` at c, leaves what c's grid does not hold, and returns the pattern of the high part. */
static inline vi split_level(unsigned char *rest, vf c, vi *largest) {
    const vf y = vf_load(rest);
    const vf h = vf_add(y, c);
    const vf r = vf_sub(y, vf_sub(h, c));
    vf_store(rest, r);
    *largest = vi_max(*largest, vi_and(vf_bits(r), vi_set(0x7fffffffu)));
    return vf_bits(h);
}

/* Moves what lies on the grid 2^(e - 22) from `rest` to the sum; returns the largest remaining magnitude's pattern. */
static uint32_t sum_level(unsigned char *rest, int pairs, int e, exact_sum *sum) {
    const uint32_t pattern = ((uint32_t)(e + 128) << 23) | 0x400000u; /* 1.5 * 2^(e+1) */
    const vf c = vf_from_bits(vi_set(pattern));
    vi even = vi_set(0), odd = vi_set(0), largest = vi_set(0);
    for (int i = 0; i < pairs; i++, rest += 8 * LANES) {
        even = vi_add(even, split_level(rest, c, &largest));
        odd = vi_add(odd, split_level(rest + 4 * LANES, c, &largest));
    }
    const int64_t units = vw_sum(vw_add(unbias(even, pairs, pattern), unbias(odd, pairs, pattern)));
    exactloss_sum_add(sum, units, EXACT_SUM_ONE + e - 22);
    return vi_largest(largest);
}

static void sum_levels(const void *predictions, const uint64_t *mask, int positives, int count, exact_sum *sum) {
    unsigned char rest[4 * BLOCK];
    const int pairs = (count + 2 * LANES - 1) / (2 * LANES);
    uint32_t largest = copy_signed(predictions, mask, count, pairs, rest);
    if (largest >= 252u << 23) {
        exactloss_kernels_portable.sum_f32(predictions, mask, positives, count, sum);
        return;
    }
    exactloss_sum_add_units(sum, positives * EXACT_SUM_UNITS_OF_ONE);
    while (largest != 0) {
        /* The smallest e with |y| <= 2^e for all, but not below -127, where the grid is that of the subnormals. */
        const int exponent = (int)(largest >> 23);
        const int e = exponent != 0 ? exponent - 126 : largest <= 0x400000u ? -127 : -126;
        largest = sum_level(rest, pairs, e, sum);
    }
}

static void sum_f32(const void *predictions, const uint64_t *mask, int positives, int count, exact_sum *sum) {
    int64_t units;
    if (sum_units(predictions, mask, count, &units)) {
        exactloss_sum_add_units(sum, units + positives * EXACT_SUM_UNITS_OF_ONE);
    } else {
        sum_levels(predictions, mask, positives, count, sum);
    }
}

/* --------------------------------------------------------------------------------------------------- masks -- */

static int count_common(const uint64_t *a, const uint64_t *b, int count) {
    int common = 0;
    for (int i = 0; i < (count + 63) / 64; i++) {
        common += __builtin_popcountll(a[i] & b[i]);
    }
    return common;
}

static int decode_u8(const void *targets, int64_t offset, int count, int value, uint64_t *mask) {
    const unsigned char *bytes = (const unsigned char *)targets + offset;
    const int words = count / 64;
    int found = 0;
    for (int i = 0; i < words; i++) {
        mask[i] = equal_bytes(bytes + 64 * (size_t)i, value);
        found += __builtin_popcountll(mask[i]);
    }
    if (count % 64 != 0) {
        mask[words] = equal_first_bytes(bytes + 64 * (size_t)words, count % 64, value);
        found += __builtin_popcountll(mask[words]);
    }
    return found;
}

static int within_f32(const void *floats, int count, float lower, float upper, uint64_t *mask) {
    const vf low = vf_set(lower), high = vf_set(upper);
    int found = 0;
    for (int word = 0; 64 * word < count; word++) {
        uint64_t bits = 0;
        for (int i = 64 * word; i < 64 * word + 64 && i < count; i += LANES) {
            const vf x = i + LANES <= count ? vf_load(float_at(floats, i))
                                            : vf_load_first(float_at(floats, i), count - i, vf_set(NAN));
            bits |= (uint64_t)vf_within(x, low, high) << i % 64;
        }
        mask[word] = bits;
        found += __builtin_popcountll(bits);
    }
    return found;
}

static int decode_f32(const void *targets, int64_t offset, int count, int value, uint64_t *mask) {
    return within_f32((const unsigned char *)targets + 4 * offset, count, (float)value, (float)value, mask);
}

/* -------------------------------------------------------------------------------------------------- arrays -- */

static void distances_f32(const void *predictions, const uint64_t *mask, int count, void *distances) {
    const vf one = vf_set(1.0f);
    unsigned char *out = distances;
    const int vectors = count / LANES;
    for (int v = 0; v < vectors; v++) {
        const vf p = vf_load(float_at(predictions, v * LANES));
        vf_store(out + 4 * LANES * v, vf_select(mask, v, vf_sub(one, p), p));
    }
    const int rest = count % LANES;
    if (rest != 0) {
        const vf p = vf_load_first(float_at(predictions, vectors * LANES), rest, one);
        vf_store_first(out + 4 * LANES * vectors, rest, vf_select(mask, vectors, vf_sub(one, p), p));
    }
}

static void gradient_f32(const uint64_t *mask, int count, float g, void *gradient) {
    const vf plus = vf_set(g), minus = vf_set(-g);
    unsigned char *out = gradient;
    const int vectors = count / LANES;
    for (int v = 0; v < vectors; v++) {
        vf_store(out + 4 * LANES * v, vf_select(mask, v, minus, plus));
    }
    const int rest = count % LANES;
    if (rest != 0) {
        vf_store_first(out + 4 * LANES * vectors, rest, vf_select(mask, vectors, minus, plus));
    }
}

#define KERNELS(name)                                                                                                  \
    {                                                                                                                  \
        .isa_name = name, .decode_u8 = decode_u8, .decode_f32 = decode_f32, .count_common = count_common,              \
        .sum_f32 = sum_f32, .within_f32 = within_f32, .distances_f32 = distances_f32, .gradient_f32 = gradient_f32     \
    }
