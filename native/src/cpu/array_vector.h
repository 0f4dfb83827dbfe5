/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels whose result is a mask or an array, for one type of elements: a part of kernels_vector.h. */

static inline const unsigned char *V(at)(const void *array, int i) {
    return (const unsigned char *)array + sizeof(V(real)) * (size_t)i;
}

static inline unsigned char *V(out)(void *array, int i) { return (unsigned char *)array + sizeof(V(real)) * (size_t)i; }

/* The lanes of a vector of the block whose targets are positive. */
static inline V(mask) V(mask_at)(const uint64_t *mask, int vector) { return V(mask_of)(V(lanes_at)(mask, vector)); }

#ifndef HAS_NEGATE_IN_GROUP
static ALWAYS_INLINE V(vector) V(negate_in_group)(uint64_t bits, int k, V(vector) x) {
    return V(negate_where)(V(mask_of)(bits >> V(lanes) * k), x);
}
#endif

#ifndef HAS_LOAD_FOUR
static ALWAYS_INLINE void V(load_four)(const unsigned char *p, V(vector) x[4]) {
    for (int k = 0; k < 4; k++) {
        x[k] = V(load)(p + VECTOR_BYTES * k);
    }
}
#endif

/* How a block lies in memory: elements of `size` bytes. `load` makes a vector of them, `widen` an array of reals. */
typedef struct V(layout) {
    int size;
    V(vector) (*load)(const void *p);
    exactloss_convert *widen; /* NULL where they are reals already */
} V(layout);

static ALWAYS_INLINE V(layout) V(array)(void) { return (V(layout)){sizeof(V(real)), V(load), NULL}; }

/* One bit for each of at most 64 elements that lies between the limits. */
static ALWAYS_INLINE uint64_t V(within_word)(const unsigned char *p, int count, V(vector) lower, V(vector) upper) {
    uint64_t bits = 0;
    for (int k = 0; k < count; k += V(lanes)) {
        const V(vector) x =
            k + V(lanes) <= count ? V(load)(V(at)(p, k)) : V(load_first)(V(at)(p, k), count - k, V(set)((V(real))NAN));
        bits |= (uint64_t)V(within)(x, lower, upper) << k;
    }
    return bits;
}

static int K(within)(const void *predictions, int count, double lower, double upper, uint64_t *mask) {
    const V(vector) low = V(set)((V(real))lower), high = V(set)((V(real))upper);
    const int words = count / 64;
    int found = 0;
    for (int i = 0; i < words; i++) {
        mask[i] = V(within_word)(V(at)(predictions, 64 * i), 64, low, high);
        found += count_bits(mask[i]);
    }
    if (count % 64 != 0) {
        mask[words] = V(within_word)(V(at)(predictions, 64 * words), count % 64, low, high);
        found += count_bits(mask[words]);
    }
    return found;
}

/* Counts as of exactloss_count_at_least. */
typedef struct V(counts) {
    V(vector) limit;
    int found, common;
} V(counts);

static ALWAYS_INLINE void V(count)(V(layout) layout, const void *predictions, const uint64_t *mask, int count,
                                   V(counts) * counts) {
    const unsigned char *p = predictions;
    const int words = count / 64, rest = count % 64;
    counts->found = counts->common = 0;
    for (int i = 0; i < words; i++, p += layout.size * 64) {
        uint64_t bits = 0;
        for (int k = 0; k < 64; k += V(lanes)) {
            bits |= (uint64_t)V(at_least)(layout.load(p + layout.size * k), counts->limit) << k;
        }
        counts->found += count_bits(bits);
        counts->common += count_bits(bits & mask[i]);
    }
    if (rest != 0) {
        V(real) reals[64];
        uint64_t bits = 0;
        if (layout.widen != NULL) {
            layout.widen(p, rest, reals);
            p = (const unsigned char *)reals;
        }
        for (int k = 0; k < rest; k += V(lanes)) {
            const V(vector) x = V(load_first)(V(at)(p, k), rest - k, V(set)((V(real))NAN));
            bits |= (uint64_t)V(at_least)(x, counts->limit) << k;
        }
        counts->found += count_bits(bits);
        counts->common += count_bits(bits & mask[words]);
    }
}

static int K(count_at_least)(const void *predictions, const uint64_t *mask, int count, double limit, int *common) {
    V(counts) counts = {.limit = V(set)((V(real))limit)};
    V(count)(V(array)(), predictions, mask, count, &counts);
    *common = counts.common;
    return counts.found;
}

static void K(add)(const void *addends, int count, void *values) {
    const int vectors = count / V(lanes), rest = count % V(lanes);
    for (int v = 0; v < vectors; v++) {
        void *value = V(out)(values, v * V(lanes));
        V(store)(value, V(add)(V(load)(value), V(load)(V(at)(addends, v * V(lanes)))));
    }
    if (rest != 0) {
        const V(vector) zero = V(set)(0);
        void *value = V(out)(values, vectors * V(lanes));
        const V(vector) addend = V(load_first)(V(at)(addends, vectors * V(lanes)), rest, zero);
        V(store_first)(value, rest, V(add)(V(load_first)(value, rest, zero), addend));
    }
}

static void K(multiply)(const void *weights, int count, void *values) {
    const int vectors = count / V(lanes), rest = count % V(lanes);
    for (int v = 0; v < vectors; v++) {
        void *value = V(out)(values, v * V(lanes));
        V(store)(value, V(mul)(V(load)(value), V(load_floats)(f32_at(weights, v * V(lanes)))));
    }
    if (rest != 0) {
        float last[V(lanes)] = {0};
        void *value = V(out)(values, vectors * V(lanes));
        memcpy(last, f32_at(weights, vectors * V(lanes)), sizeof *last * (size_t)rest);
        V(store_first)(value, rest, V(mul)(V(load_first)(value, rest, V(set)(0)), V(load_floats)(last)));
    }
}

static void K(limit)(double most, int count, void *values) {
    const V(vector) high = V(set)((V(real))most), low = V(set)((V(real)) - most);
    const int vectors = count / V(lanes), rest = count % V(lanes);
    for (int v = 0; v <= vectors; v++) {
        void *value = V(out)(values, v * V(lanes));
        const int size = v < vectors ? V(lanes) : rest;
        const V(vector) x = V(load_first)(value, size, low);
        V(store_first)(value, size, V(select_less)(high, x, high, V(select_less)(x, low, low, x)));
    }
}
