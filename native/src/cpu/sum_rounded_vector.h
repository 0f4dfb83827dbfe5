/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact sum of a block of floats in the usual range by an instruction set that defines ROUNDS_QUIETLY: it rounds to a
 * whole number without raising the inexact flag. A part of kernels_vector.h, in place of sum_usual_vector.h.
 *
 * a. Let y = p * 2^20 or -p * 2^20: exact. Let r be y, rounded to a whole number. Then d = y - r is exact, as it is a multiple
 *    of the last place of y and at most 1/2. So y is r + d.
 *
 * b. The r of a chunk of 16 vectors are added as floats, and so are the d. The sums become integers: those of r as they are,
 *    that of d times 2^22. So p is summed in units of 2^-20 and 2^-42. Of all these operations only the rounding leaves the
 *    flag alone. If the flag is not raised, all others were exact, for any values.
 *
 * c. With predictions that are 0, or in [2^-18, 2), none is inexact. The r are whole numbers. They have two sums, of 8 vectors
 *    each, so these are below 8 * 2 * 2^20 = 2^24, but for numbers that round to 2. The d are multiples of 2^-21, whose sum is at most 16 / 2 = 2^3. Down to
 *    2^-19 it depends on the values. Vectors of 16 bytes have one sum of the r, for want of registers. So above 1 it depends
 *    on the values as well.
 *
 * d. The integers of a chunk are at most 2^25: this is checked for the sums of r, and follows from a for that of d. A lane
 *    holds those of a block, and of a long one: 2048 / 4 / 16 or 8192 / 16 / 16 chunks, and one that is shorter, make at most
 *    33 * 2^25 < 2^31. What is NaN, infinite or too large for an integer becomes -2^31, which the check finds.
 */
#define CHUNK_GROUPS 4
#define TAKES_TURNS (VECTOR_BYTES > 16)
#define SCALED_LOW 0x1p22f
#define MOST_OF_SUM (TAKES_TURNS ? 1u << 24 : 1u << 25) /* of r */

/* The sums of a block so far: in units of 2^-20 and 2^-42, and the bitwise or of all sums of r, each plus MOST_OF_SUM. */
typedef struct f32_sums {
    int_vector high, low, all;
} f32_sums;

/* The sums of a chunk so far: of r, where two take turns to be `whole`, and of d. */
typedef struct f32_parts {
    f32_vector whole, other, rest;
} f32_parts;

/* Adds a group: four vectors of p, whose signs are given as a bit each. */
static ALWAYS_INLINE f32_parts f32_add_group(f32_parts c, int is_from_memory, const f32_vector x[4], uint64_t bits) {
    f32_vector r[4], d[4];
    for (int k = 0; k < 4; k++) {
        const f32_vector y = is_from_memory ? f32_scale_from_memory(bits, k, x[k]) : f32_scale_in_group(bits, k, x[k]);
        r[k] = f32_round_quietly(y);
        d[k] = f32_sub(y, r[k]);
    }
    const f32_vector whole = f32_add(c.whole, f32_add(f32_add(r[0], r[1]), f32_add(r[2], r[3])));
    c.rest = f32_add(c.rest, f32_add(f32_add(d[0], d[1]), f32_add(d[2], d[3])));
    c.whole = TAKES_TURNS ? c.other : whole;
    c.other = TAKES_TURNS ? whole : c.other;
    return c;
}

static ALWAYS_INLINE f32_sums f32_add_sum(f32_sums s, f32_vector whole) {
    const int_vector integers = f32_integers(whole);
    s.high = i32_add(s.high, integers);
    s.all = int_or(s.all, i32_add(integers, i32_set(MOST_OF_SUM)));
    return s;
}

static ALWAYS_INLINE f32_sums f32_add_chunk(f32_sums s, f32_parts c) {
    s = f32_add_sum(s, c.whole);
    s = TAKES_TURNS ? f32_add_sum(s, c.other) : s;
    s.low = i32_add(s.low, f32_integers(f32_mul(c.rest, f32_set(SCALED_LOW))));
    return s;
}

/* Adds groups `from` .. `to` - 1 of a block, which begin at p, and counts them unless counts is NULL. */
static ALWAYS_INLINE f32_parts f32_add_groups(f32_parts c, int is_from_memory, const unsigned char *p,
                                              f32_targets *targets, int from, int to, f32_counts *counts) {
#if VECTOR_BYTES == 16
    UNROLL(1) /* instructions with two operands would need more registers than there are */
#endif
    for (int g = from; g < to; g++, p += 4 * VECTOR_BYTES) {
        f32_vector x[4];
        f32_load_four(p, x);
        for (int k = 0; k < 4 * VECTOR_BYTES; k += 64) {
            prefetch(p + k, PREFETCH);
        }
        const uint64_t bits = f32_take_targets(targets, g, GROUP);
        c = f32_add_group(c, is_from_memory, x, bits);
        if (counts != NULL) {
            f32_count_group(counts, x, GROUP, bits);
        }
    }
    return c;
}

/* As sum_in_range_f32() below. is_from_memory is a constant. */
static ALWAYS_INLINE int f32_sum_rounded(int is_from_memory, const void *predictions, f32_targets targets, int count,
                                         f32_counts *counts, exact_sum *sum) {
    const int whole = count / GROUP, rest = count % GROUP, group_bytes = 4 * VECTOR_BYTES;
    const unsigned char *p = clear_inexact(predictions);
    const f32_parts none = {f32_set(0), f32_set(0), f32_set(0)};
    f32_sums s = {i32_set(0), i32_set(0), i32_set(0)};
    int g = 0;
    for (; g + CHUNK_GROUPS <= whole; g += CHUNK_GROUPS, p += CHUNK_GROUPS * group_bytes) {
        s = f32_add_chunk(s, f32_add_groups(none, is_from_memory, p, &targets, g, g + CHUNK_GROUPS, counts));
    }
    f32_parts last = f32_add_groups(none, is_from_memory, p, &targets, g, whole, counts);
    if (rest != 0) {
        f32_vector x[4];
        f32_load_rest(f32_array(), p + group_bytes * (whole - g), rest, x);
        const uint64_t bits = f32_take_targets(&targets, whole, rest);
        last = f32_add_group(last, is_from_memory, x, bits);
        if (counts != NULL) {
            f32_count_group(counts, x, rest, bits);
        }
    }
    s = f32_add_chunk(s, last);
    int_vector result = int_or(s.high, s.low);
    if (is_inexact(&result) || i32_any_above(s.all, 2 * MOST_OF_SUM - 1)) {
        return -1;
    }
    f32_add_parts(s.high, s.low, targets.positives - (rest != 0 ? GROUP - rest : 0), sum);
    return targets.positives;
}

/*
 * Adds a block, counts its elements unless counts is NULL, and returns how many targets are positive; or returns -1 where
 * an operation was inexact, or a value is out of range.
 */
static ALWAYS_INLINE int sum_in_range_f32(const void *predictions, f32_targets targets, int count, f32_counts *counts,
                                          summation *to) {
    return EVICTS_TABLES(to) ? f32_sum_rounded(1, predictions, targets, count, counts, to->sum)
                             : f32_sum_rounded(0, predictions, targets, count, counts, to->sum);
}

DEFINE_KEEPS_FLAG(rounding, f32, float, f32_add(a, b), f32_round_quietly(f32_mul(a, b)))
DEFINE_KEEPS_FLAG(conversion, f32, float, f32_from_bits(f32_integers(f32_mul(a, b))), f32_round_quietly(f32_mul(a, b)))

static int keeps_inexact_flag(void) {
    const fp_environment saved = fp_environment_enter();
    const int is_kept = rounding_keeps_flag() && conversion_keeps_flag();
    fp_environment_leave(saved);
    return is_kept;
}

#undef CHUNK_GROUPS
#undef SCALED_LOW
#undef TAKES_TURNS
#undef MOST_OF_SUM
