/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact sums of w·d, of d² and of w·d², where d is the distance of a float p: a part of kernels_vector.h. It
 * continues the argument of sum_vector.h with doubles.
 *
 * 8. A product a·b of doubles needs no rounding to be split: in place of y + c, an fma gives a·b + c, rounded once. So h
 *    and g are as before, and so is l, if a·b is a multiple of 2^(e-101) and at most 2^e. It may have more than 53 bits.
 *
 * 9. The factors are w and d, or d twice. With 2^m <= p < 2, or p = 0, p and 1 - p are multiples of 2^(m-23), which are
 *    doubles as long as m >= -30; so the smallest p, the smallest w and the largest one tell whether all products of a
 *    block are such multiples. For w·d², which has too many bits, d² is u + v. Let n be p² rounded to a multiple of
 *    2^-26; then u is n, or n + 1 - 2p where the target is positive, which is a multiple of 2^-52 and at most 1, and
 *    v = p² - n, at most 2^-27, is exact as well. w·v is summed with an e of its own.
 *
 * 10. The inexact flag, where there is one, tells whether all of this was exact. Then only the bitwise or of the patterns
 *     and the bound of the weights are needed.
 *
 * Of any other block, arrays are summed: of w·p, which is a double, of w·p², which is at most two, and of what the positive targets
 * add to these.
 */
#define GROUP (4 * f64_lanes) /* elements */
#define SOME 64               /* elements in arrays, each of half a KiB of the stack */
#define GRID -26              /* u is a multiple of 2^this */
#define GRID_SHIFT 0x1.8p26   /* doubles of its size are 2^GRID apart */
#define BELOW_GRID 29         /* how far the e of w·v is below that of w·u */
#define SMALLEST_EXPONENT -30 /* of p */

/* a·b */
typedef struct product {
    f64_vector a, b;
} product;

/* What is summed; constants in the loops. */
typedef struct product_kind {
    int is_weighted, is_square;
} product_kind;

#define WEIGHTED_DISTANCES ((product_kind){1, 0})
#define SQUARES ((product_kind){0, 1})
#define WEIGHTED_SQUARES ((product_kind){1, 1})

/* The number of products of an element. */
static ALWAYS_INLINE int terms_of(product_kind kind) { return kind.is_weighted && kind.is_square ? 2 : 1; }

/* The least e: d is below 2, and the weights are below 2^above. */
static ALWAYS_INLINE int bound_of(product_kind kind, weight_span weights) {
    return weights.above + (kind.is_square ? 2 : 1);
}

/* The constants c and c + c' of a term. */
typedef struct product_scale {
    f64_vector c, both;
} product_scale;

static ALWAYS_INLINE product_scale product_scale_of(int e) {
    const f64_vector c = f64_split_at(e);
    return (product_scale){c, f64_add(c, f64_split_at(e - f64_step))};
}

/* The sums of a block so far, and whether they are right. */
typedef struct product_sums {
    int_vector high[2], low[2]; /* of each term */
    int_vector all, least;      /* of the patterns of p: the bitwise or; the smallest, less one, hence without 0 */
} product_sums;

/* The products of a vector of doubles. */
static ALWAYS_INLINE void products_of(product_kind kind, const unsigned char *p, const unsigned char *w, uint64_t bits,
                                      product products[2]) {
    const f64_vector x = f64_load_floats(p);
    if (!kind.is_weighted) {
        const f64_vector root = f64_root_by(bits, x);
        products[0] = (product){root, root};
        return;
    }
    const f64_vector weight = f64_load_floats(w);
    if (!kind.is_square) {
        products[0] = (product){weight, f64_distance_by(bits, x)};
        return;
    }
    const f64_vector shift = f64_set(GRID_SHIFT), minus_n = f64_sub(shift, f64_fma_quietly(x, x, shift));
    const f64_vector line = f64_select(f64_mask_of(bits), f64_fma(f64_set(-2), x, f64_set(1)), f64_set(0));
    products[0] = (product){weight, f64_sub(line, minus_n)};
    products[1] = (product){weight, f64_fma(x, x, minus_n)};
}

/* As f64_add_pair() does. */
static ALWAYS_INLINE void add_pair_of_products(product y, product z, product_scale scale, int_vector *high,
                                               int_vector *low) {
    const f64_vector h = f64_fma_quietly(y.a, y.b, scale.c), g = f64_fma_quietly(z.a, z.b, h);
    const f64_vector l = f64_fma(y.a, y.b, f64_sub(scale.both, h));
    *high = i64_add(*high, f64_bits(g));
    *low = i64_add(*low, f64_bits(f64_add(l, f64_fma(z.a, z.b, f64_sub(h, g)))));
}

/* Adds a group: four vectors of doubles. */
static ALWAYS_INLINE product_sums add_group_of_products(product_sums s, product_kind kind,
                                                        const product_scale scales[2], const unsigned char *p,
                                                        const unsigned char *w, uint64_t bits) {
    const int step = (int)sizeof(float) * f64_lanes;
    for (int k = 0; k < 4; k += 2) {
        const int_vector patterns = f32_bits(f32_load(p + step * k));
        s.all = int_or(s.all, patterns);
        if (!USES_FLAG) {
            s.least = i32_min(s.least, i32_sub(patterns, i32_set(1)));
        }
        product y[2], z[2];
        products_of(kind, p + step * k, w + step * k, bits >> f64_lanes * k, y);
        products_of(kind, p + step * (k + 1), w + step * (k + 1), bits >> f64_lanes * (k + 1), z);
        for (int i = 0; i < terms_of(kind); i++) {
            add_pair_of_products(y[i], z[i], scales[i], &s.high[i], &s.low[i]);
        }
    }
    return s;
}

/* Whether the products are multiples of 2^(e-101) of their term, by the smallest p and the span of the weights. */
static inline int are_multiples(product_kind kind, weight_span weights, int_vector least) {
    const uint32_t smallest = UINT32_MAX - i32_largest(i32_sub(i32_set(UINT32_MAX), least)) + 1; /* 0: there is none */
    const int exponent = smallest == 0 ? 0 : f32_exponent(smallest), m = exponent < 0 ? exponent : 0;
    const int of_distance = m - f32_fraction, of_weight = kind.is_weighted ? weights.least - f32_fraction : 0;
    const int of_factor = kind.is_square ? 2 * of_distance : of_distance;
    const int first =
        terms_of(kind) == 1 ? of_factor : GRID; /* if m < -4, 1 - 2p is finer, but v's condition stronger */
    const int lowest = bound_of(kind, weights) - 2 * f64_step + 1; /* of the first term */
    return m >= SMALLEST_EXPONENT && of_weight + first >= lowest && of_weight + of_factor >= lowest - BELOW_GRID;
}

/* Adds the products of a block, if they are in the usual range; returns whether they are. */
static ALWAYS_INLINE int sum_products_in_range(product_kind kind, const unsigned char *p, const unsigned char *w,
                                               weight_span weights, const uint64_t *mask, int count, exact_sum *sum) {
    const int whole = count / GROUP, rest = count % GROUP;
    const int e[2] = {bound_of(kind, weights), bound_of(kind, weights) - BELOW_GRID};
    const product_scale scales[2] = {product_scale_of(e[0]), product_scale_of(e[1])};
    product_sums s;
    for (int i = 0; i < 2; i++) {
        s.high[i] = i64_set(0);
        s.low[i] = i64_set(0);
    }
    s.all = i32_set(0);
    s.least = i32_set(UINT32_MAX);
    for (int g = 0, end; g <= whole; g = end) {
        const unsigned char *q = USES_FLAG ? clear_inexact(p) : p;
        end = g == 0 && count > SAMPLE ? FIRST_CHECK / GROUP : whole + 1;
        for (int i = g; i < end && i < whole; i++) {
            s = add_group_of_products(s, kind, scales, f32_at(q, GROUP * i), f32_at(w, GROUP * i),
                                      f64_group_bits(mask, i));
        }
        if (end > whole && rest != 0) {
            float last_p[GROUP] = {0}, last_w[GROUP] = {0};
            memcpy(last_p, f32_at(q, GROUP * whole), sizeof(float) * (size_t)rest);
            if (kind.is_weighted) {
                memcpy(last_w, f32_at(w, GROUP * whole), sizeof(float) * (size_t)rest);
            }
            s = add_group_of_products(s, kind, scales, (const unsigned char *)last_p, (const unsigned char *)last_w,
                                      f64_group_bits(mask, whole));
        }
        int_vector result = int_or(s.low[0], s.low[1]);
        if ((USES_FLAG ? is_inexact(&result) : !are_multiples(kind, weights, s.least)) ||
            i32_any_above(s.all, 0x3fffffff)) {
            return 0;
        }
    }
    for (int i = 0; i < terms_of(kind); i++) {
        const int_vector parts[2] = {s.high[i], s.low[i]};
        f64_add_sums(parts, 2, 2 * (whole + (rest != 0)), e[i], sum);
    }
    return 1;
}

/* Adds the products of any block. */
static __attribute__((noinline)) void sum_any_products(product_kind kind, const unsigned char *p,
                                                       const unsigned char *w, const uint64_t *mask, int count,
                                                       exact_sum *sum) {
    exact_sum others; /* which are no numbers only where there is such a one in the sum itself */
    exactloss_sum_init(&others);
    for (int from = 0, size; from < count; from += size) {
        float floats[SOME] = {0}, weights[SOME] = {0};
        double terms[SOME], rests[SOME], lines[SOME], ones[SOME];
        const uint64_t *targets = mask + from / 64;
        size = count - from < SOME ? count - from : SOME;
        memcpy(floats, f32_at(p, from), sizeof(float) * (size_t)size);
        if (kind.is_weighted) {
            memcpy(weights, f32_at(w, from), sizeof(float) * (size_t)size);
        }
        for (int i = 0; i < size; i += f64_lanes) {
            const f64_mask t = f64_mask_at(targets, i / f64_lanes);
            const f64_vector x = f64_load_floats(floats + i), zero = f64_set(0);
            const f64_vector weight = kind.is_weighted ? f64_load_floats(weights + i) : f64_set(1);
            const f64_vector wx = f64_mul(weight, x), term = kind.is_square ? f64_mul(wx, x) : wx;
            f64_store(terms + i, term);
            f64_store(rests + i, f64_fma(wx, x, f64_sub(zero, term)));
            f64_store(lines + i, f64_select(t, f64_mul(f64_set(-2), wx), zero));
            f64_store(ones + i, f64_select(t, weight, zero));
        }
        sum_any_f64(terms, kind.is_square ? NO_TARGET : targets, 0, size, sum);
        sum_any_f64(ones, NO_TARGET, 0, size, sum);
        if (kind.is_square) {
            sum_any_f64(rests, NO_TARGET, 0, size, &others);
            sum_any_f64(lines, NO_TARGET, 0, size, &others);
        }
    }
    exactloss_sum_add_finite(sum, &others, 1);
}

static ALWAYS_INLINE void sum_products(product_kind kind, const void *p, const void *w, weight_span weights,
                                       const uint64_t *mask, int count, summation *s) {
    if (s->unusual_blocks > 0) {
        s->unusual_blocks--;
    } else if (sum_products_in_range(kind, p, w, weights, mask, count, s->sum)) {
        return;
    } else {
        s->unusual_blocks = UNUSUAL_BLOCKS;
    }
    sum_any_products(kind, p, w, mask, count, s->sum);
}

static void sum_weighted_f32(const void *values, block_weights weights, const uint64_t *mask, int count, summation *s) {
    sum_products(WEIGHTED_DISTANCES, values, weights.array, weights.span, mask, count, s);
}

static void sum_squares_f32(const void *values, block_weights weights, const uint64_t *mask, int count, summation *s) {
    if (weights.array == NULL) {
        sum_products(SQUARES, values, values, (weight_span){0, 0, 1}, mask, count, s);
    } else {
        sum_products(WEIGHTED_SQUARES, values, weights.array, weights.span, mask, count, s);
    }
}

static weight_span span_of_weights(const void *weights, int count) {
    const f32_extremes e = f32_extremes_of(weights, count, i32_set(UINT32_MAX));
    return exactloss_weight_span(0 - i32_largest(e.negated), i32_largest(e.largest));
}

#undef GROUP
#undef SOME
