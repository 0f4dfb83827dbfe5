/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact sum of a PRODUCT of two arrays of floats, which are multiplied to doubles in registers, and off the fast
 * path in an array: a part of kernels_vector.h. f64_load_<PRODUCT>(p, other) multiplies f64_lanes elements of the
 * array at p and of the one that lies `other` bytes behind it.
 */
#define LOAD JOIN(f64_load, PRODUCT)
#define HALF_BLOCK (BLOCK / 2)

static void JOIN(widen, PRODUCT)(const void *from, ptrdiff_t other, int count, void *to) {
    const unsigned char *in = from;
    unsigned char *out = to;
    int i = 0;
    for (; i + f64_lanes <= count; i += f64_lanes) {
        f64_store(f64_out(out, i), LOAD(f32_at(in, i), other));
    }
    if (i < count) {
        struct pair {
            float first[f64_lanes], second[f64_lanes];
        } rest = {{0}, {0}};
        memcpy(rest.first, f32_at(in, i), sizeof(float) * (size_t)(count - i));
        memcpy(rest.second, f32_at(in, i) + other, sizeof(float) * (size_t)(count - i));
        f64_store_first(f64_out(out, i), count - i, LOAD(&rest, offsetof(struct pair, second)));
    }
}

/* Adds the products, with the other sign where the mask is set. */
static void JOIN(sum, PRODUCT)(const void *x, const void *y, const uint64_t *mask, int count, summation *s) {
    const ptrdiff_t other = (const unsigned char *)y - (const unsigned char *)x;
    const f64_layout layout = {sizeof(float), LOAD, JOIN(widen, PRODUCT), other};
    for (int from = 0, size; from < count; from += size) {
        size = count - from < HALF_BLOCK ? count - from : HALF_BLOCK;
        const unsigned char *p = f32_at(x, from);
        const f64_targets targets = {0, mask + from / 64, NULL, 0};
        if (s->unusual_blocks > 0) {
            s->unusual_blocks--;
        } else if (f64_sum_in_range(layout, p, targets, size, NULL, s->sum) >= 0) {
            continue;
        } else {
            s->unusual_blocks = UNUSUAL_BLOCKS;
        }
        double products[HALF_BLOCK];
        JOIN(widen, PRODUCT)(p, other, size, products);
        sum_any_f64(products, mask + from / 64, 0, size, s->sum);
    }
}

#undef LOAD
#undef HALF_BLOCK
