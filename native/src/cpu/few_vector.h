/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loss of few elements of a TYPE (f32, bf16), by vectors: a part of kernels_vector.h. block_loss.h argues why it is exact.
 *
 * Groups of four vectors are followed by vectors. The last vector ends with the last element: it takes some of the earlier
 * ones once more, as zeros. Fewer elements are left to scalars, in the kernel's own function: a call of the portable kernels
 * would take 1 ns.
 */
#define T(name) JOIN(name, TYPE)

/* The most elements that scalars sum faster. */
#ifdef EMULATES_I32_MIN
#define f32_scalars (4 * f32_lanes - 1)
#else
#define f32_scalars (f32_lanes > 8 ? f32_lanes - 1 : 7)
#endif

/* Adds a vector, whose halves have a sum each: -x where the bit is set. */
static ALWAYS_INLINE void T(add_vector)(f32_vector x, uint64_t negative, f64_vector s[4]) {
    x = f32_negate_in_group(negative, 0, x);
    s[0] = f64_add(s[0], first_doubles(x));
    s[1] = f64_add(s[1], last_doubles(x));
}

/* Adds a group in the same way: x, which lies at p. The sums of its odd vectors are others, so that no chain is long. */
#ifdef HAS_FACTORS
static ALWAYS_INLINE void T(add_group)(const unsigned char *p, const f32_vector x[4], uint64_t negative,
                                       f64_vector s[4]) {
    const int is_wide = JOIN(TYPE, array)().size == 4;
    for (int k = 0; k < 4; k++) {
        const f64_vector first = is_wide ? f64_load_floats(p + VECTOR_BYTES * k) : first_doubles(x[k]);
        const f64_vector last = is_wide ? f64_load_floats(p + VECTOR_BYTES * k + VECTOR_BYTES / 2) : last_doubles(x[k]);
        s[k % 2 * 2] = f64_fma(first, first_factors(negative, k), s[k % 2 * 2]);
        s[k % 2 * 2 + 1] = f64_fma(last, last_factors(negative, k), s[k % 2 * 2 + 1]);
        /* Compilers must not compute all indexes of factors at first: they would have to save registers for these. */
        __asm__ volatile("" : "+r"(negative) : : "memory");
    }
}
#else
static ALWAYS_INLINE void T(add_group)(const unsigned char *p, f32_vector x[4], uint64_t negative, f64_vector s[4]) {
    (void)p;
    for (int k = 0; k < 4; k++) {
        x[k] = f32_negate_in_group(negative, k, x[k]);
    }
    s[0] = f64_add(s[0], f64_add(first_doubles(x[0]), first_doubles(x[1])));
    s[1] = f64_add(s[1], f64_add(last_doubles(x[0]), last_doubles(x[1])));
    s[2] = f64_add(s[2], f64_add(first_doubles(x[2]), first_doubles(x[3])));
    s[3] = f64_add(s[3], f64_add(last_doubles(x[2]), last_doubles(x[3])));
}
#endif

/* Sums few elements, at least a vector; returns 0 if one of them is out of range. */
static ALWAYS_INLINE int T(add_few)(const unsigned char *p, const unsigned char *targets, int64_t count, double *sum) {
    const f32_layout layout = JOIN(TYPE, array)();
    const size_t size = (size_t)layout.size, vector = f32_lanes, group = 4 * vector, end = (size_t)count;
    f64_vector s[4] = {f64_set(0), f64_set(0), f64_set(0), f64_set(0)};
    int positives = 0;
    size_t i = 0;
    for (; i + group <= end; i += group) {
        f32_vector x[4];
        for (size_t k = 0; k < 4; k++) {
            x[k] = layout.load(p + size * (i + vector * k));
        }
        const int_vector bits[4] = {f32_bits(x[0]), f32_bits(x[1]), f32_bits(x[2]), f32_bits(x[3])};
        if (f32_group_is_out_of_range(bits)) {
            return 0;
        }
        const uint64_t positive = equal_few(targets + i, 1);
        positives += count_bits(positive);
        T(add_group)(p + size * i, x, positive, s);
    }
    for (; i + vector <= end; i += vector) {
        const f32_vector x = layout.load(p + size * i);
        if (f32_is_out_of_range(f32_bits(x), f32_bits(x))) {
            return 0;
        }
        const uint64_t positive = equal_vector(targets + i, 1);
        positives += count_bits(positive);
        T(add_vector)(x, positive, s);
    }
    if (i < end) {
        const uint64_t kept = (uint64_t)-1 << (i + vector - end);
        const f32_vector x = layout.load(p + size * (end - vector));
        if (f32_is_out_of_range(f32_bits(x), f32_bits(x))) {
            return 0;
        }
        const uint64_t positive = equal_vector(targets + (end - vector), 1) & kept;
        positives += count_bits(positive);
        T(add_vector)(f32_select(f32_mask_of(kept), x, f32_set(0)), positive, s);
    }
    *sum = f64_sum(f64_add(f64_add(s[0], s[1]), f64_add(s[2], s[3]))) + (double)positives;
    return 1;
}

DEFINE_LOSS_OF_FEW(__attribute__((noinline)), T(loss_of_few), T(sum_by_bytes),
                   T(add_few)(predictions, targets, count, &sum))

DEFINE_LOSS_OF_FEW(ALWAYS_INLINE, T(loss_of_scalars), T(sum_by_bytes),
                   add_scalars(predictions, JOIN(TYPE, array)().size, targets, count, &sum))

static LOSS_OF_BLOCK(T(loss_of_block)) {
    if (count > f32_scalars) {
        return count <= FEW ? T(loss_of_few)(divisor, predictions, targets, loss, count)
                            : loss_by_bytes(divisor, predictions, targets, loss, count, T(sum_by_bytes));
    }
    return T(loss_of_scalars)(divisor, predictions, targets, loss, count);
}

#undef T
#undef f32_scalars
