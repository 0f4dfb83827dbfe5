/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact sum of a block whose values do not all lie in the usual range: a part of kernels_vector.h. It continues the
 * argument of sum_vector.h.
 *
 * 4. For any other block, e comes from its largest magnitude, and the smallest but 0 tells how many bits there are
 *    below 2^e. If two parts do not hold them, y - (h - c) and z - (g - h), which are exact and at most 2^(e-22),
 *    take the places of y and z, with c' as the next c. Up to five parts are kept in registers: they take zeros, the
 *    probabilities of confident models down to 2^-85, and raw scores. Where there was such a block, more are
 *    expected: the next few aren't tried as in 2.
 *
 * 5. Where there is the flag of 3, the first 256 elements are taken for the whole block: they give e and the number of
 *    parts. The flag tells whether these were enough for all, and the largest magnitude, which is kept for that,
 *    whether 2^e was; if not, all are looked at.
 *
 * 6. What has still more bits, or lies near the smallest subnormal, is done in chunks of 64 vectors, part by part, the
 *    rests in a buffer, until all are 0: up to 13 parts for a mix of subnormals and huge values (42 with doubles).
 *
 * 7. A block with NaN, infinities or values above 2^124 (from 2^1020 up), where g would overflow, is left to the
 *    portable kernel.
 */

/* The vector at element i of a block, with zeros behind its end. */
static inline V(vector) V(load_padded)(const void *predictions, int i, int count) {
    return i + V(lanes) <= count ? V(load)(V(at)(predictions, i))
                                 : V(load_first)(V(at)(predictions, i), count - i, V(set)(0));
}

/* The vectors of a group of a block, with zeros behind its end. */
static ALWAYS_INLINE void V(load_group)(const void *predictions, int group, int count, V(vector) x[4]) {
    const int from = group * GROUP;
    for (int k = 0; k < 4; k++) {
        const int i = from + V(lanes) * k;
        x[k] = from + GROUP <= count ? V(load)(V(at)(predictions, i)) : V(load_padded)(predictions, i, count);
    }
}

/* The range of the magnitudes except 0: they are at most 2^above, and multiples of 2^(least - fraction). */
typedef struct V(span) {
    int least, above, is_empty; /* empty where all are 0 */
} V(span);

/*
 * The largest pattern, and the largest negated one, which is that of the smallest pattern except 0; of the bits in `mask`
 * alone. Each is the largest of a group first: one chain of such operations would take longer than the rest.
 */
typedef struct V(extremes) {
    int_vector largest, negated;
} V(extremes);

static V(extremes) V(extremes_of)(const void *values, int count, int_vector mask) {
    V(extremes) e = {B(set)(0), B(set)(0)};
    for (int g = 0; g * GROUP < count; g++) {
        V(vector) x[4];
        int_vector m[4], n[4];
        V(load_group)(values, g, count, x);
        for (int k = 0; k < 4; k++) {
            m[k] = int_and(V(bits)(x[k]), mask);
            n[k] = B(sub)(B(set)(0), m[k]);
        }
        e.largest = i32_max(e.largest, i32_max(i32_max(m[0], m[1]), i32_max(m[2], m[3])));
        e.negated = i32_max(e.negated, i32_max(i32_max(n[0], n[1]), i32_max(n[2], n[3])));
    }
    return e;
}

/* The exponent of the smallest comes out one too low for a power of two and for a subnormal number. */
static V(span) V(magnitudes)(const void *predictions, int count) {
    const V(extremes) e = V(extremes_of)(predictions, count, B(set)(V(magnitude_bits)));
    const uint32_t last = V(largest_upper)(e.negated);
    return (V(span)){V(exponent)(~last), V(bound)(V(largest_upper)(e.largest)), last == 0};
}

/*
 * Adds the parts of a block whose magnitudes are at most 2^e. Each part includes `additions` times the pattern it was
 * split by.
 */
static __attribute__((noinline)) void V(add_sums)(const int_vector *sums, int parts, int additions, int e,
                                                  exact_sum *sum) {
    for (int i = 0; i < parts; i++) {
        const int64_t units = V(sum_lanes)(sums[i], additions, V(split_pattern)(e - V(step) * i));
        exactloss_sum_add(sum, units, EXACT_SUM_ONE + e + 1 - V(step) * (i + 1));
    }
}

/*
 * Adds a block whose magnitudes are at most 2^e, in `parts` parts. If the flag or the largest magnitude shows that it
 * is not such a block, adds nothing and returns 0.
 */
static ALWAYS_INLINE int V(sum_parts)(const unsigned char *predictions, const uint64_t *mask, int count, int e,
                                      int parts, exact_sum *sum) {
    const int groups = (count + GROUP - 1) / GROUP;
    V(vector) c[MOST_PARTS];
    int_vector sums[MOST_PARTS], ended[MOST_PARTS], largest = B(set)(0);
    for (int i = 0; i < parts; i++) {
        c[i] = V(split_at)(e - V(step) * i);
        sums[i] = B(set)(0);
    }
    const V(vector) both = V(add)(c[parts - 2], c[parts - 1]);
    const unsigned char *p = USES_FLAG ? clear_inexact(predictions) : predictions;
    for (int g = 0; g < groups; g++) {
        V(vector) y[4];
        int_vector m[4];
        V(load_group)(p, g, count, y);
        const uint64_t bits = V(group_bits)(mask, g);
        for (int k = 0; k < 4; k++) {
            m[k] = int_and(V(bits)(y[k]), B(set)(V(magnitude_bits)));
            y[k] = V(negate_where)(V(mask_of)(bits >> V(lanes) * k), y[k]);
        }
        if (USES_FLAG) {
            largest = i32_max(largest, i32_max(i32_max(m[0], m[1]), i32_max(m[2], m[3])));
        }
        for (int k = 0; k < 4; k += 2) {
            for (int i = 0; i < parts - 2; i++) {
                V(add_part_of_pair)(&y[k], &y[k + 1], c[i], &sums[i]);
            }
            V(add_pair)(y[k], y[k + 1], c[parts - 2], both, &sums[parts - 2], &sums[parts - 1]);
        }
    }
    for (int i = 0; i < parts; i++) {
        ended[i] = sums[i]; /* so that nothing points to the sums, which would keep them in memory */
    }
    if (USES_FLAG && (is_inexact(&ended[parts - 1]) || V(bound)(V(largest_upper)(largest)) > e)) {
        return 0;
    }
    V(add_sums)(ended, parts, 2 * groups, e, sum);
    return 1;
}

/* The same, in as many parts as a span takes; returns 0 too where these are too many. */
static int V(sum_of_span)(const void *predictions, const uint64_t *mask, int count, V(span) s, exact_sum *sum) {
    const int parts = (s.above - s.least + V(fraction) + V(step)) / V(step);
    if (parts > MOST_PARTS || s.above - V(step) * parts < V(lowest)) {
        return 0;
    }
    switch (parts) {
        case 5:
            return V(sum_parts)(predictions, mask, count, s.above, 5, sum);
        case 4:
            return V(sum_parts)(predictions, mask, count, s.above, 4, sum);
        case 3:
            return V(sum_parts)(predictions, mask, count, s.above, 3, sum);
        default:
            return V(sum_parts)(predictions, mask, count, s.above, 2, sum);
    }
}

/* Moves the first part of the values in a buffer, which are at most 2^e, to the sum. */
static void V(take_part)(unsigned char *rests, int vectors, int e, exact_sum *sum) {
    const int is_last = e == 1 - V(bias); /* subnormals are as far apart as the numbers in the binade above them */
    const V(pattern) pattern = is_last ? (V(pattern))1 << V(fraction) : V(split_pattern)(e);
    const V(vector) c = V(from_bits)(B(set)(pattern));
    int_vector part = B(set)(0);
    for (int v = 0; v < vectors; v++) {
        unsigned char *rest = rests + VECTOR_BYTES * v;
        V(store)(rest, V(add_part)(V(load)(rest), c, &part));
    }
    exactloss_sum_add(sum, V(sum_lanes)(part, vectors, pattern),
                      EXACT_SUM_ONE + (is_last ? V(lowest) : e + 1 - V(step)));
}

/* Adds a block of any finite values of at most 2^(bias - 3), in as many parts as it takes. */
static void V(sum_all_parts)(const void *predictions, const uint64_t *mask, int count, exact_sum *sum) {
    unsigned char rests[VECTOR_BYTES * CHUNK];
    const int vectors = (count + V(lanes) - 1) / V(lanes);
    for (int from = 0; from < vectors; from += CHUNK) {
        const int size = vectors - from < CHUNK ? vectors - from : CHUNK;
        for (int v = 0; v < size; v++) {
            const V(vector) x = V(load_padded)(predictions, (from + v) * V(lanes), count);
            V(store)(rests + VECTOR_BYTES * v, V(negate_where)(V(mask_at)(mask, from + v), x));
        }
        for (V(span) s = V(magnitudes)(rests, size * V(lanes)); !s.is_empty;
             s = V(magnitudes)(rests, size * V(lanes))) {
            V(take_part)(rests, size, s.above, sum);
        }
    }
}

/* Whether g would overflow. */
static inline int V(is_too_large)(V(span) s) { return !s.is_empty && s.above > V(bias) - 3; }

/*
 * Adds a block by the span of its first elements, if it is that of all; returns whether it was. Where these lie in the
 * usual range, others most likely do not, since the block is here: so one part more than the usual two is taken.
 */
static inline int V(sum_by_sample)(const void *predictions, const uint64_t *mask, int count, exact_sum *sum) {
    if (!USES_FLAG || count <= SAMPLE) {
        return 0;
    }
    V(span) s = V(magnitudes)(predictions, SAMPLE);
    const int of_three_parts = s.above + V(fraction) - 2 * V(step);
    if (s.above <= 1 && s.least > of_three_parts) {
        s.least = of_three_parts;
    }
    return !s.is_empty && !V(is_too_large)(s) && V(sum_of_span)(predictions, mask, count, s, sum);
}

/* Adds a block that is off the fast path. Not inlined, so that the fast path need not save registers for it. */
static __attribute__((noinline)) void K(sum_any)(const void *predictions, const uint64_t *mask, int positives,
                                                 int count, exact_sum *sum) {
    if (!V(sum_by_sample)(predictions, mask, count, sum)) {
        const V(span) s = V(magnitudes)(predictions, count);
        if (V(is_too_large)(s)) {
            summation portable = {.sum = sum};
            exactloss_kernels_portable.ELEMENT.wide->sum(predictions, mask, positives, count, &portable);
            return;
        }
        if (!s.is_empty && !V(sum_of_span)(predictions, mask, count, s, sum)) {
            V(sum_all_parts)(predictions, mask, count, sum);
        }
    }
    exactloss_sum_add_units(sum, positives * EXACT_SUM_UNITS_OF_ONE);
}

#undef GROUP
