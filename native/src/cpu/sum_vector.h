/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a block of floats is summed exactly, by vectors: a part of kernels_vector.h.
 *
 * 1. Predictions nearly always lie in [2^-19, 1]. Then every ±p is a multiple of 2^-42, and float additions split it
 *    into two integers without error. Let y = ±p:
 *        h = y + 6            lies in [5, 7], where floats are 2^-21 apart: y rounded to that grid, plus 6
 *        r = y - (h - 6)      exact: both differences are multiples of 2^-42, and |r| <= 2^-22
 *    The bit pattern of h, less that of 6, is y's high part in units of 2^-21: an integer of at most 2^21, added as an
 *    integer. The r of four vectors are added as floats first, exactly: |R| <= 2^-20 in multiples of 2^-42 has 22 bits.
 *        l = R + 1.5 * 2^-19  lies in [2^-19, 2^-18], where floats are 2^-42 apart: exact
 *    and l's bit pattern, less that of the constant, is R in units of 2^-42, at most 2^22. A lane of int32_t holds the
 *    sums of a block: 4096 / LANES high parts <= 2^30, and 4096 / LANES / 4 low parts <= 2^29. It starts at minus the
 *    patterns of all the constants that will come, modulo 2^32. The products with the sign are exact in the fma.
 *
 * 2. Whether a block is of that kind is the largest of (pattern of p) - (pattern of 2^-19), as unsigned integers:
 *    zeros, smaller and negative values, NaN and infinities all become large. It is looked at every few groups, so that
 *    little is done in vain. A tail is padded with ones, which are subtracted again.
 *
 * 3. Any other block of finite values is split in the same way, each rest by itself: with 2^e above every |y|,
 *    c = 1.5 * 2^(e+1) plays the part of 6, h = y + c is y on the grid 2^(e-22), and the rest y - (h - c) is exact and
 *    at most 2^(e-23), so e - 23 is the e of the next level. Three levels in registers take zeros, the probabilities of
 *    confident models down to 2^-45 and raw scores. They work on chunks of 64 vectors, so a lane sums to 2^28 at most.
 *
 * 4. If something is left of a chunk after three levels, the chunk is done again level by level, the rests in a buffer,
 *    until all are 0: up to twelve levels for a mix of subnormals and huge values.
 *
 * 5. A block with NaN, infinities or values from 2^125 up, where c would overflow, is left to the portable kernel.
 *
 * All of this needs rounding to nearest and no flushing to zero; api.c sees to it.
 */
#ifndef EXACTLOSS_SUM_VECTOR_H
#define EXACTLOSS_SUM_VECTOR_H

#define SMALLEST_BITS 0x36000000u /* 2^-19 */
#define ONE_BITS 0x3f800000u      /* 1 */
#define HIGH_SPLIT 6.0f
#define HIGH_SPLIT_BITS 0x40c00000u
#define LOW_SPLIT 0x1.8p-19f
#define LOW_SPLIT_BITS 0x36400000u
#define GROUPS_PER_CHECK 16
#define LEVELS 3
#define CHUNK 64      /* vectors */
#define PREFETCH 2048 /* bytes; hardware prefetchers lose the stream between the passes over a block */
#define GROUP (4 * LANES)

/* Asks for a line that may lie past the end of the array: a hint, which never faults. */
static inline void prefetch(uintptr_t address) { __builtin_prefetch((const void *)address); }

/* Lanes that each hold a signed integer plus `additions` times a bit pattern, modulo 2^32: those integers, widened. */
static inline vw unbias(vi lanes, int additions, uint32_t pattern) {
    return vi_widen(vi_sub(lanes, vi_set((uint32_t)additions * pattern)));
}

/* Keeps the sums of a block in registers. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* The sums of a block so far, and whether they are exact: where no lane of `largest` is above ONE - SMALLEST. */
typedef struct block_sums {
    vi high, low, largest;
} block_sums;

static ALWAYS_INLINE int are_exact(const block_sums *s) { return !vi_any_above(s->largest, ONE_BITS - SMALLEST_BITS); }

/* Adds a group: four vectors of p, whose signs are in the mask. */
static ALWAYS_INLINE block_sums add_group(block_sums s, const vf x[4], const uint64_t *mask, int group) {
    const vf c = vf_set(HIGH_SPLIT);
    vf high[4], rest[4];
    for (int k = 0; k < 4; k++) {
        const vf sign = vf_signs(mask, group, k);
        high[k] = vf_fma(x[k], sign, c);
        rest[k] = vf_fma(x[k], sign, vf_sub(c, high[k]));
        s.largest = vi_max(s.largest, vi_sub(vf_bits(x[k]), vi_set(SMALLEST_BITS)));
    }
    const vf rests = vf_add(vf_add(rest[0], rest[1]), vf_add(rest[2], rest[3]));
    s.high =
        vi_add(s.high, vi_add(vi_add(vf_bits(high[0]), vf_bits(high[1])), vi_add(vf_bits(high[2]), vf_bits(high[3]))));
    s.low = vi_add(s.low, vf_bits(vf_add(rests, vf_set(LOW_SPLIT))));
    return s;
}

/* Puts the sum of a block in units of 2^-42 into *units and returns 1, or returns 0 where a value is out of range. */
static ALWAYS_INLINE int sum_units(const void *predictions, const uint64_t *mask, int count, int64_t *units) {
    const int whole = count / GROUP;
    const int rest = count % GROUP;
    const int groups = whole + (rest != 0);
    block_sums s = {vi_set(0 - 4 * (uint32_t)groups * HIGH_SPLIT_BITS), vi_set(0 - (uint32_t)groups * LOW_SPLIT_BITS),
                    vi_set(0)};
    vf x[4];
    for (int g = 0; g < whole; g++) {
        const unsigned char *p = float_at(predictions, g * GROUP);
        if (g % GROUPS_PER_CHECK == GROUPS_PER_CHECK - 1 && !are_exact(&s)) {
            return 0;
        }
        for (int k = 0; k < 4; k++) {
            x[k] = vf_load(p + 4 * LANES * k);
            if (4 * LANES * k % 64 == 0) {
                prefetch((uintptr_t)p + PREFETCH + (unsigned)(4 * LANES * k));
            }
        }
        s = add_group(s, x, mask, g);
    }
    if (rest != 0) {
        const unsigned char *p = float_at(predictions, whole * GROUP);
        for (int k = 0; k < 4; k++) {
            x[k] = vf_load_first(p + 4 * LANES * k, rest - LANES * k, vf_set(1.0f));
        }
        s = add_group(s, x, mask, whole);
    }
    *units = vw_sum(vw_add(vw_shift_left(vi_widen(s.high), 21), vi_widen(s.low))) -
             (groups * GROUP - count) * EXACT_SUM_UNITS_OF_ONE;
    return are_exact(&s);
}

/* The vector at element i of a block, with zeros behind its end. */
static inline vf load_padded(const void *predictions, int i, int count) {
    return i + LANES <= count ? vf_load(float_at(predictions, i))
                              : vf_load_first(float_at(predictions, i), count - i, vf_set(0.0f));
}

/* The largest |p| of a block, as a bit pattern. */
static uint32_t largest_magnitude(const void *predictions, int count) {
    vi largest = vi_set(0);
    for (int i = 0; i < count; i += LANES) {
        const vf x = load_padded(predictions, i, count);
        largest = vi_max(largest, vi_and(vf_bits(x), vi_set(0x7fffffffu)));
    }
    return vi_largest(largest);
}

/* The smallest e with |y| <= 2^e for the largest pattern, but not below -127, where the grid is the subnormals'. */
static int exponent_above(uint32_t largest) {
    const int exponent = (int)(largest >> 23);
    return exponent != 0 ? exponent - 126 : largest <= 0x400000u ? -127 : -126;
}

/* The pattern of c = 1.5 * 2^(e+1), -127 <= e <= 125. */
static uint32_t split_pattern(int e) { return ((uint32_t)(e + 128) << 23) | 0x400000u; }

/* Splits y at c: returns the pattern of the high part, and leaves the rest. */
static ALWAYS_INLINE vi split(vf *y, vf c) {
    const vf h = vf_add(*y, c);
    *y = vf_sub(*y, vf_sub(h, c));
    return vf_bits(h);
}

/*
 * Adds the vectors [from, to) of a block to `units`, of 2^(e-22), 2^(e-45) and 2^(e-68), and returns 1; or returns 0
 * where some value has bits below the last of these.
 */
static int sum_three_levels(const void *predictions, const uint64_t *mask, int count, int from, int to, int e,
                            int64_t units[LEVELS]) {
    vf c[LEVELS];
    vi sums[LEVELS], rests = vi_set(0);
    for (int level = 0; level < LEVELS; level++) {
        c[level] = vf_from_bits(vi_set(split_pattern(e - 23 * level)));
        sums[level] = vi_set(0);
    }
    for (int v = from; v < to; v++) {
        vf y = vf_mul(load_padded(predictions, v * LANES, count), vf_signs(mask, v / 4, v % 4));
        for (int level = 0; level < LEVELS; level++) {
            sums[level] = vi_add(sums[level], split(&y, c[level]));
        }
        rests = vi_or(rests, vf_bits(y));
    }
    if (vi_largest(vi_and(rests, vi_set(0x7fffffffu))) != 0) {
        return 0;
    }
    for (int level = 0; level < LEVELS; level++) {
        units[level] += vw_sum(unbias(sums[level], to - from, split_pattern(e - 23 * level)));
    }
    return 1;
}

/* Moves what lies on the grid 2^(e - 22) from `rest` to the sum; returns the largest remaining magnitude's pattern. */
static uint32_t sum_level(unsigned char *rest, int vectors, int e, exact_sum *sum) {
    const vf c = vf_from_bits(vi_set(split_pattern(e)));
    vi high = vi_set(0), largest = vi_set(0);
    for (int v = 0; v < vectors; v++, rest += 4 * LANES) {
        vf y = vf_load(rest);
        high = vi_add(high, split(&y, c));
        largest = vi_max(largest, vi_and(vf_bits(y), vi_set(0x7fffffffu)));
        vf_store(rest, y);
    }
    exactloss_sum_add(sum, vw_sum(unbias(high, vectors, split_pattern(e))), EXACT_SUM_ONE + e - 22);
    return vi_largest(largest);
}

/* Adds the vectors [from, to), at most CHUNK, level by level. */
static void sum_all_levels(const void *predictions, const uint64_t *mask, int count, int from, int to, exact_sum *sum) {
    unsigned char rest[4 * LANES * CHUNK];
    vi largest = vi_set(0);
    for (int v = from; v < to; v++) {
        const vf x = load_padded(predictions, v * LANES, count);
        largest = vi_max(largest, vi_and(vf_bits(x), vi_set(0x7fffffffu)));
        vf_store(rest + 4 * LANES * (v - from), vf_mul(x, vf_signs(mask, v / 4, v % 4)));
    }
    for (uint32_t left = vi_largest(largest); left != 0;) {
        left = sum_level(rest, to - from, exponent_above(left), sum);
    }
}

/* Adds a block of any values with |p| <= 2^e, e <= 125. */
static void sum_split(const void *predictions, const uint64_t *mask, int count, int e, exact_sum *sum) {
    const int vectors = (count + LANES - 1) / LANES;
    const int is_deep = e - 23 * (LEVELS - 1) < -127;
    int64_t units[LEVELS] = {0};
    for (int from = 0; from < vectors; from += CHUNK) {
        const int to = from + CHUNK < vectors ? from + CHUNK : vectors;
        if (is_deep || !sum_three_levels(predictions, mask, count, from, to, e, units)) {
            sum_all_levels(predictions, mask, count, from, to, sum);
        }
    }
    for (int level = 0; level < LEVELS && !is_deep; level++) {
        exactloss_sum_add(sum, units[level], EXACT_SUM_ONE + e - 22 - 23 * level);
    }
}

/* Adds a block that is off the fast path. Not inlined, so that the fast path need not save registers for it. */
static __attribute__((noinline)) void sum_any(const void *predictions, const uint64_t *mask, int positives, int count,
                                              exact_sum *sum) {
    const uint32_t largest = largest_magnitude(predictions, count);
    if (largest >= 252u << 23) {
        exactloss_kernels_portable.sum_f32(predictions, mask, positives, count, sum);
        return;
    }
    exactloss_sum_add_units(sum, positives * EXACT_SUM_UNITS_OF_ONE);
    if (largest != 0) {
        sum_split(predictions, mask, count, exponent_above(largest), sum);
    }
}

static void sum_f32(const void *predictions, const uint64_t *mask, int positives, int count, exact_sum *sum) {
    int64_t units;
    if (sum_units(predictions, mask, count, &units)) {
        exactloss_sum_add_units(sum, units + positives * EXACT_SUM_UNITS_OF_ONE);
    } else {
        sum_any(predictions, mask, positives, count, sum);
    }
}

#endif
