/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a block is summed exactly, by vectors of floats or of doubles: a part of kernels_vector.h. The numbers in this
 * argument are those of float; the constants in kernels_vector.h make the same of double.
 *
 * 1. Predictions nearly always lie in [2^-19, 1]. Then every ±p is a multiple of 2^-42, and float additions split it
 *    into two integers without error. Let y = ±p:
 *        h = y + 6            lies in [5, 7], where floats are 2^-21 apart: y rounded to that grid, plus 6
 *        r = y - (h - 6)      exact: both differences are multiples of 2^-42, and |r| <= 2^-22
 *    The bit pattern of h, less that of 6, is y's high part in units of 2^-21: an integer of at most 2^21, added as an
 *    integer. The r of four vectors are added as floats first, exactly: |R| <= 2^-20 in multiples of 2^-42 has 22 bits.
 *        l = R + 1.5 * 2^-19  lies in [2^-19, 2^-18], where floats are 2^-42 apart: exact
 *    and l's bit pattern, less that of the constant, is R in units of 2^-42, at most 2^22. A lane of int32_t holds the
 *    sums of a block: 4096 / 8 high parts <= 2^30, and 4096 / 8 / 4 low parts <= 2^29. It starts at minus the patterns
 *    of all the constants that will come, modulo 2^32. The products with the sign are exact in the fma.
 *    With doubles: [2^-48, 1], grids 2^-50 and 2^-100, and 2048 / 4 high parts <= 2^59 in a lane of int64_t.
 *
 * 2. Whether a block is of that kind is the largest of (pattern of p) - (pattern of 2^-19), as unsigned integers:
 *    zeros, smaller and negative values, NaN and infinities all become large. It is looked at every few groups, so that
 *    little is done in vain. A tail is padded with ones, which are subtracted again. Of doubles only the upper halves
 *    of the patterns are compared, which lets p below 1 + 2^-20 pass: the argument holds for these too.
 *
 * 3. Any other block of finite values is split in the same way, each rest by itself: with 2^e above every |y|,
 *    c = 1.5 * 2^(e+1) plays the part of 6, h = y + c is y on the grid 2^(e-22), and the rest y - (h - c) is exact and
 *    at most 2^(e-23), so e - 23 is the e of the next level. Three levels in registers take zeros, the probabilities of
 *    confident models down to 2^-45 and raw scores. They work on chunks of 64 vectors, so a lane sums to 2^28 at most
 *    (2^57 with doubles, and a block of 2048 of these to 2^62).
 *
 * 4. If something is left of a chunk after three levels, the chunk is done again level by level, the rests in a buffer,
 *    until all are 0: up to twelve levels for a mix of subnormals and huge values (41 with doubles).
 *
 * 5. A block with NaN, infinities or values from 2^125 (2^1021) up, where c would overflow, is left to the portable
 *    kernel.
 *
 * All of this needs rounding to nearest and no flushing to zero; the public functions see to it.
 */

#define GROUP (4 * V(lanes))

/* Lanes that each hold a signed integer plus `additions` times a bit pattern, modulo 2^32 or 2^64: those integers, widened. */
static inline int_vector V(unbias)(int_vector lanes, int additions, V(pattern) pattern) {
    return B(widen)(B(sub)(lanes, B(set)((V(pattern))additions * pattern)));
}

/* The sums of a block so far; `largest` tells whether they are exact. */
typedef struct V(sums) {
    int_vector high, low, largest;
} V(sums);

/* Adds a group: four vectors of p, whose signs are in the mask. */
static ALWAYS_INLINE V(sums) V(add_group)(V(sums) s, const V(vector) x[4], const uint64_t *mask, int group) {
    const V(vector) c = V(set)(V(high_split));
    V(vector) high[4], rest[4];
    for (int k = 0; k < 4; k++) {
        const V(vector) sign = V(signs)(mask, group, k);
        high[k] = V(fma)(x[k], sign, c);
        rest[k] = V(fma)(x[k], sign, V(sub)(c, high[k]));
        s.largest = i32_max(s.largest, B(sub)(V(bits)(x[k]), B(set)(V(smallest_bits))));
    }
    const V(vector) rests = V(add)(V(add)(rest[0], rest[1]), V(add)(rest[2], rest[3]));
    s.high =
        B(add)(s.high, B(add)(B(add)(V(bits)(high[0]), V(bits)(high[1])), B(add)(V(bits)(high[2]), V(bits)(high[3]))));
    s.low = B(add)(s.low, V(bits)(V(add)(rests, V(set)(V(low_split)))));
    return s;
}

/* Adds a block to `sum`, and returns 1; or returns 0 where a value is out of range. */
static ALWAYS_INLINE int V(sum_in_range)(const void *predictions, const uint64_t *mask, int positives, int count,
                                         exact_sum *sum) {
    const int whole = count / GROUP, rest = count % GROUP, groups = whole + (rest != 0);
    V(vector) x[4];
    V(sums) s;
    s.high = B(set)(0 - 4 * (V(pattern))groups * V(high_split_bits));
    s.low = B(set)(0 - (V(pattern))groups * V(low_split_bits));
    s.largest = B(set)(0);
    for (int g = 0; g < whole; g++) {
        const unsigned char *p = V(at)(predictions, g * GROUP);
        if (g % GROUPS_PER_CHECK == GROUPS_PER_CHECK - 1 && V(is_out_of_range)(s.largest)) {
            return 0;
        }
        for (int k = 0; k < 4; k++) {
            x[k] = V(load)(p + VECTOR_BYTES * k);
            if (VECTOR_BYTES * k % 64 == 0) {
                prefetch((uintptr_t)p + PREFETCH + (unsigned)(VECTOR_BYTES * k));
            }
        }
        s = V(add_group)(s, x, mask, g);
    }
    if (rest != 0) {
        const unsigned char *p = V(at)(predictions, whole * GROUP);
        for (int k = 0; k < 4; k++) {
            x[k] = V(load_first)(p + VECTOR_BYTES * k, rest - V(lanes) * k, V(set)(1));
        }
        s = V(add_group)(s, x, mask, whole);
    }
    if (V(is_out_of_range)(s.largest)) {
        return 0;
    }
    V(add_parts)(s.high, s.low, positives - (groups * GROUP - count), sum);
    return 1;
}

/* The vector at element i of a block, with zeros behind its end. */
static inline V(vector) V(load_padded)(const void *predictions, int i, int count) {
    return i + V(lanes) <= count ? V(load)(V(at)(predictions, i))
                                 : V(load_first)(V(at)(predictions, i), count - i, V(set)(0));
}

/* The largest |p| of a block, as a bit pattern. */
static V(pattern) V(largest_magnitude)(const void *predictions, int count) {
    int_vector largest = B(set)(0);
    for (int i = 0; i < count; i += V(lanes)) {
        const V(vector) x = V(load_padded)(predictions, i, count);
        largest = B(max)(largest, int_and(V(bits)(x), B(set)(V(magnitude_bits))));
    }
    return B(largest)(largest);
}

/* The smallest e with |y| <= 2^e for the largest pattern, but not below -127, where the grid is the subnormals'. */
static int V(exponent_above)(V(pattern) largest) {
    const int exponent = (int)(largest >> V(fraction));
    const V(pattern) half = (V(pattern))1 << (V(fraction) - 1);
    return exponent != 0 ? exponent + 1 - V(bias) : largest <= half ? -V(bias) : 1 - V(bias);
}

/* The pattern of c = 1.5 * 2^(e+1), -127 <= e <= 125. */
static V(pattern) V(split_pattern)(int e) {
    return ((V(pattern))(e + 1 + V(bias)) << V(fraction)) | (V(pattern))1 << (V(fraction) - 1);
}

/* Splits y at c: returns the pattern of the high part, and leaves the rest. */
static ALWAYS_INLINE int_vector V(split)(V(vector) * y, V(vector) c) {
    const V(vector) h = V(add)(*y, c);
    *y = V(sub)(*y, V(sub)(h, c));
    return V(bits)(h);
}

/*
 * Adds the vectors [from, to) of a block to `units`, of 2^(e-22), 2^(e-45) and 2^(e-68), and returns 1; or returns 0
 * where some value has bits below the last of these.
 */
static int V(sum_three_levels)(const void *predictions, const uint64_t *mask, int count, int from, int to, int e,
                               int64_t units[LEVELS]) {
    V(vector) c[LEVELS];
    int_vector sums[LEVELS], rests = B(set)(0);
    for (int level = 0; level < LEVELS; level++) {
        c[level] = V(from_bits)(B(set)(V(split_pattern)(e - V(fraction) * level)));
        sums[level] = B(set)(0);
    }
    for (int v = from; v < to; v++) {
        V(vector) y = V(mul)(V(load_padded)(predictions, v * V(lanes), count), V(signs)(mask, v / 4, v % 4));
        for (int level = 0; level < LEVELS; level++) {
            sums[level] = B(add)(sums[level], V(split)(&y, c[level]));
        }
        rests = int_or(rests, V(bits)(y));
    }
    if (B(largest)(int_and(rests, B(set)(V(magnitude_bits)))) != 0) {
        return 0;
    }
    for (int level = 0; level < LEVELS; level++) {
        units[level] += i64_sum(V(unbias)(sums[level], to - from, V(split_pattern)(e - V(fraction) * level)));
    }
    return 1;
}

/* Moves what lies on the grid 2^(e - 22) from `rest` to the sum; returns the largest remaining magnitude's pattern. */
static V(pattern) V(sum_level)(unsigned char *rest, int vectors, int e, exact_sum *sum) {
    const V(vector) c = V(from_bits)(B(set)(V(split_pattern)(e)));
    int_vector high = B(set)(0), largest = B(set)(0);
    for (int v = 0; v < vectors; v++, rest += VECTOR_BYTES) {
        V(vector) y = V(load)(rest);
        high = B(add)(high, V(split)(&y, c));
        largest = B(max)(largest, int_and(V(bits)(y), B(set)(V(magnitude_bits))));
        V(store)(rest, y);
    }
    exactloss_sum_add(sum, i64_sum(V(unbias)(high, vectors, V(split_pattern)(e))), EXACT_SUM_ONE + e + 1 - V(fraction));
    return B(largest)(largest);
}

/* Adds the vectors [from, to), at most CHUNK, level by level. */
static void V(sum_all_levels)(const void *predictions, const uint64_t *mask, int count, int from, int to,
                              exact_sum *sum) {
    unsigned char rest[VECTOR_BYTES * CHUNK];
    int_vector largest = B(set)(0);
    for (int v = from; v < to; v++) {
        const V(vector) x = V(load_padded)(predictions, v * V(lanes), count);
        largest = B(max)(largest, int_and(V(bits)(x), B(set)(V(magnitude_bits))));
        V(store)(rest + VECTOR_BYTES * (v - from), V(mul)(x, V(signs)(mask, v / 4, v % 4)));
    }
    for (V(pattern) left = B(largest)(largest); left != 0;) {
        left = V(sum_level)(rest, to - from, V(exponent_above)(left), sum);
    }
}

/* Adds a block of any values with |p| <= 2^e, e <= 125. */
static void V(sum_split)(const void *predictions, const uint64_t *mask, int count, int e, exact_sum *sum) {
    const int vectors = (count + V(lanes) - 1) / V(lanes);
    const int is_deep = e - V(fraction) * (LEVELS - 1) < -V(bias);
    int64_t units[LEVELS] = {0};
    for (int from = 0; from < vectors; from += CHUNK) {
        const int to = from + CHUNK < vectors ? from + CHUNK : vectors;
        if (is_deep || !V(sum_three_levels)(predictions, mask, count, from, to, e, units)) {
            V(sum_all_levels)(predictions, mask, count, from, to, sum);
        }
    }
    for (int level = 0; level < LEVELS && !is_deep; level++) {
        exactloss_sum_add(sum, units[level], EXACT_SUM_ONE + e + 1 - V(fraction) * (level + 1));
    }
}

/* Adds a block that is off the fast path. Not inlined, so that the fast path need not save registers for it. */
static __attribute__((noinline)) void V(sum_any)(const void *predictions, const uint64_t *mask, int positives,
                                                 int count, exact_sum *sum) {
    const V(pattern) largest = V(largest_magnitude)(predictions, count);
    if (largest >= (V(pattern))(2 * V(bias) - 2) << V(fraction)) {
        exactloss_kernels_portable.ELEMENT.wide->sum(predictions, mask, positives, count, sum);
        return;
    }
    exactloss_sum_add_units(sum, positives * EXACT_SUM_UNITS_OF_ONE);
    if (largest != 0) {
        V(sum_split)(predictions, mask, count, V(exponent_above)(largest), sum);
    }
}

static void K(sum)(const void *predictions, const uint64_t *mask, int positives, int count, exact_sum *sum) {
    if (!V(sum_in_range)(predictions, mask, positives, count, sum)) {
        V(sum_any)(predictions, mask, positives, count, sum);
    }
}

#undef GROUP
