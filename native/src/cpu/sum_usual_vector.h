/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact sum of a block whose values lie in the usual range: a part of kernels_vector.h. It continues the argument of
 * sum_vector.h.
 *
 * 2. Predictions nearly always lie in [2^-19, 1], so they are multiples of 2^-42: e = 1, c = 12. All of [2^-19, 2) is as
 *    good, and cheaper to check: the bitwise or of the patterns tells that none has the exponent of 2 or a sign, and
 *    the smallest pattern, as an unsigned integer, that none is 0 or less than 2^-19. NaN and infinities have an
 *    exponent above that of 2. A tail is padded with ones, which are subtracted again. The range is looked at after
 *    64 elements, so that little is done in vain where all is different, and at the end. With doubles: [2^-48, 2),
 *    and only the upper halves of the patterns are compared.
 *
 * 3. Some instruction sets have additions that do not raise the inexact flag. With h and g added so, the flag tells
 *    whether all else was exact. If it was, g - c and the last sum less c' are y + z, as long as |y|, |z| <= 2^e keeps
 *    both in their binades. The flag tells nothing of that, so the bitwise or is needed as before. If it was not, the
 *    block is done again as any other. The smallest pattern serves in the first 64 elements, in a tail and in a short
 *    block alone, and is that of p less one, so that the range there is 0 and (2^-19, 2).
 */

/* The sums of a block so far; the patterns of its values tell whether they are exact, where the flag does not. */
typedef struct V(sums) {
    int_vector high, low;
    int_vector all, least; /* the bitwise or of the patterns, and the smallest; of doubles, of their upper halves */
} V(sums);

/*
 * Adds a group: four vectors of p, whose signs are given as a bit each. Without `least`, the inexact flag decides
 * whether it was exact.
 */
static ALWAYS_INLINE V(sums) V(add_group)(V(sums) s, const V(vector) x[4], uint64_t bits, int with_least) {
    const V(vector) c = V(split_at)(1), both = V(add)(c, V(split_at)(1 - V(step)));
    int_vector p[4];
    V(vector) y[4];
    for (int k = 0; k < 4; k++) {
        p[k] = V(bits)(x[k]);
    }
    s.all = int_or3(int_or3(s.all, p[0], p[1]), p[2], p[3]);
    if (with_least) {
        if (USES_FLAG) {
            for (int k = 0; k < 4; k++) {
                p[k] = B(sub)(p[k], B(set)(1));
            }
        }
        s.least = V(least)(s.least, V(least)(V(least)(p[0], p[1]), V(least)(p[2], p[3])));
    }
    for (int k = 0; k < 4; k++) {
        y[k] = V(negate_in_group)(bits, k, x[k]);
    }
    V(add_pair)(y[0], y[1], c, both, &s.high, &s.low);
    V(add_pair)(y[2], y[3], c, both, &s.high, &s.low);
    return s;
}

/* Adds groups `from` .. `to` - 1 of a block, which begin at p, and counts them unless counts is NULL. */
static ALWAYS_INLINE V(sums) V(add_groups)(V(sums) s, const unsigned char *p, V(targets) * targets, int from, int to,
                                           int with_least, V(counts) * counts) {
    for (int g = from; g < to; g++, p += 4 * VECTOR_BYTES) {
        V(vector) x[4];
        V(load_four)(p, x);
        for (int k = 0; k < 4 * VECTOR_BYTES; k += 64) {
            prefetch(p + k, PREFETCH);
        }
        const uint64_t bits = V(take_targets)(targets, g, GROUP);
        s = V(add_group)(s, x, bits, with_least);
        if (counts != NULL) {
            V(count_group)(counts, x, GROUP, bits);
        }
    }
    return s;
}

/* The same by the inexact flag, without `least`. Returns whether it was exact, provided that the range is right. */
static ALWAYS_INLINE int V(add_groups_by_flag)(V(sums) * s, const unsigned char *p, V(targets) * targets, int from,
                                               int to, V(counts) * counts) {
    p = clear_inexact(p);
    *s = V(add_groups)(*s, p, targets, from, to, 0, counts);
    return !is_inexact(&s->low);
}

/*
 * Adds a block, counts its elements unless counts is NULL, and returns how many targets are positive; or
 * returns -1 where a value is out of range.
 */
static ALWAYS_INLINE int K(sum_in_range)(const void *predictions, V(targets) targets, int count, V(counts) * counts,
                                         summation *to) {
    const int whole = count / GROUP, rest = count % GROUP, groups = whole + (rest != 0);
    const int group_bytes = 4 * VECTOR_BYTES;
    const unsigned char *p = predictions;
    V(sums) s;
    s.high = B(set)(0 - 2 * (V(pattern))groups * V(split_pattern)(1));
    s.low = B(set)(0 - 2 * (V(pattern))groups * V(split_pattern)(1 - V(step)));
    s.all = B(set)(0);
    s.least = V(bits)(V(set)(1));
    for (int g = 0, end; g < whole; g = end) {
        int is_exact = 1;
        end = g == 0 && count > SAMPLE ? FIRST_CHECK / GROUP : whole;
        if (USES_FLAG && g > 0) {
            is_exact = V(add_groups_by_flag)(&s, p + group_bytes * g, &targets, g, end, counts);
        } else {
            s = V(add_groups)(s, p + group_bytes * g, &targets, g, end, 1, counts);
        }
        if (!is_exact || V(is_out_of_range)(s.all, s.least)) {
            return -1;
        }
    }
    if (rest != 0) {
        V(vector) x[4];
        V(load_rest)(V(array)(), p + group_bytes * whole, rest, x);
        const uint64_t bits = V(take_targets)(&targets, whole, rest);
        s = V(add_group)(s, x, bits, 1);
        if (counts != NULL) {
            V(count_group)(counts, x, rest, bits);
        }
        if (V(is_out_of_range)(s.all, s.least)) {
            return -1;
        }
    }
    V(add_parts)(s.high, s.low, targets.positives - (groups * GROUP - count), to->sum);
    return targets.positives;
}
