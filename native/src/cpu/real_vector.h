/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels whose result is a mask or an array, for one type of elements: a part of kernels_vector.h. */

static inline const unsigned char *V(at)(const void *array, int i) {
    return (const unsigned char *)array + sizeof(V(real)) * (size_t)i;
}

static inline unsigned char *V(out)(void *array, int i) { return (unsigned char *)array + sizeof(V(real)) * (size_t)i; }

/* How a block lies in memory: elements of `size` bytes, of which `load` makes a vector, and `widen` an array of reals. */
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
        found += __builtin_popcountll(mask[i]);
    }
    if (count % 64 != 0) {
        mask[words] = V(within_word)(V(at)(predictions, 64 * words), count % 64, low, high);
        found += __builtin_popcountll(mask[words]);
    }
    return found;
}

/* Counts as exactloss_count_at_least does, in an array as sum_vector.h sums it. */
static ALWAYS_INLINE int V(count)(V(layout) layout, const void *predictions, const uint64_t *mask, int count,
                                  double limit, int *common) {
    const V(vector) least = V(set)((V(real))limit);
    const unsigned char *p = predictions;
    const int words = count / 64, rest = count % 64;
    int found = 0;
    *common = 0;
    for (int i = 0; i < words; i++, p += layout.size * 64) {
        uint64_t bits = 0;
        for (int k = 0; k < 64; k += V(lanes)) {
            bits |= (uint64_t)V(at_least)(layout.load(p + layout.size * k), least) << k;
        }
        found += __builtin_popcountll(bits);
        *common += __builtin_popcountll(bits & mask[i]);
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
            bits |= (uint64_t)V(at_least)(x, least) << k;
        }
        found += __builtin_popcountll(bits);
        *common += __builtin_popcountll(bits & mask[words]);
    }
    return found;
}

static int K(count_at_least)(const void *predictions, const uint64_t *mask, int count, double limit, int *common) {
    return V(count)(V(array)(), predictions, mask, count, limit, common);
}

static void K(distances)(const void *predictions, const uint64_t *mask, int count, void *distances) {
    const V(vector) one = V(set)(1);
    const int vectors = count / V(lanes), rest = count % V(lanes);
    for (int v = 0; v < vectors; v++) {
        const V(vector) p = V(load)(V(at)(predictions, v * V(lanes)));
        V(store)(V(out)(distances, v * V(lanes)), V(select)(mask, v, V(sub)(one, p), p));
    }
    if (rest != 0) {
        const V(vector) p = V(load_first)(V(at)(predictions, vectors * V(lanes)), rest, one);
        V(store_first)(V(out)(distances, vectors * V(lanes)), rest, V(select)(mask, vectors, V(sub)(one, p), p));
    }
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

/* What the logits of a vector give. */
typedef struct V(sigmoid_result) {
    V(vector) prediction, distance, gradient;
} V(sigmoid_result);

static inline V(sigmoid_result)
    V(sigmoid_step)(V(vector) x, V(sigmoid_pair) s, const uint64_t *mask, int vector, V(vector) g) {
    const V(vector) p = V(select_negative)(x, s.small, s.large), other = V(select_negative)(x, s.large, s.small);
    const V(vector) slope = V(mul)(g, V(mul)(s.small, s.large));
    const V(vector) minus = V(from_bits)(B(sub)(V(bits)(slope), V(bits)(V(set)((V(real)) - 0.0))));
    return (V(sigmoid_result)){p, V(select)(mask, vector, other, p), V(select)(mask, vector, minus, slope)};
}

/* The outputs of a sigmoid kernel, and which of them there are: constants in its loops. */
typedef struct V(sigmoid_outputs) {
    void *predictions, *distances, *gradient;
} V(sigmoid_outputs);

#define PREDICTIONS 1u
#define DISTANCES 2u
#define GRADIENT 4u

static ALWAYS_INLINE void V(sigmoid_store)(V(sigmoid_result) r, int i, unsigned wanted, V(sigmoid_outputs) to) {
    if ((wanted & PREDICTIONS) != 0) {
        V(store)(V(out)(to.predictions, i), r.prediction);
    }
    if ((wanted & DISTANCES) != 0) {
        V(store)(V(out)(to.distances, i), r.distance);
    }
    if ((wanted & GRADIENT) != 0) {
        V(store)(V(out)(to.gradient, i), r.gradient);
    }
}

static inline void V(sigmoid_store_first)(V(sigmoid_result) r, int i, int count, unsigned wanted,
                                          V(sigmoid_outputs) to) {
    if ((wanted & PREDICTIONS) != 0) {
        V(store_first)(V(out)(to.predictions, i), count, r.prediction);
    }
    if ((wanted & DISTANCES) != 0) {
        V(store_first)(V(out)(to.distances, i), count, r.distance);
    }
    if ((wanted & GRADIENT) != 0) {
        V(store_first)(V(out)(to.gradient, i), count, r.gradient);
    }
}

/*
 * A sigmoid is one long chain of operations, of which a processor can begin only so many at a time. A chunk of vectors
 * is therefore taken in two steps, the exponentials and the rest, whose chains are half as long; in each, some vectors
 * without a branch between, which the compiler interleaves.
 */
static ALWAYS_INLINE void V(sigmoid_chunk)(const void *logits, const uint64_t *mask, int v, int vectors, V(vector) g,
                                           unsigned wanted, V(sigmoid_outputs) to) {
    V(exponential) e[SIGMOIDS];
    for (int k = 0; k < vectors; k += INTERLEAVED) {
        for (int i = k; i < k + INTERLEAVED; i++) {
            if (VECTOR_BYTES * i % 64 == 0) {
                prefetch(V(at)(logits, (v + i) * V(lanes)), PREFETCH);
            }
            e[i] = V(exponential_of)(V(load)(V(at)(logits, (v + i) * V(lanes))));
        }
    }
    for (int k = 0; k < vectors; k += INTERLEAVED) {
        V(sigmoid_result) r[INTERLEAVED];
        for (int i = 0; i < INTERLEAVED; i++) {
            const int at = (v + k + i) * V(lanes);
            if ((wanted & GRADIENT) != 0 && VECTOR_BYTES * i % 64 == 0) {
                prefetch_to_write(V(at)(to.gradient, at), PREFETCH_TO_WRITE);
            }
            r[i] = V(sigmoid_step)(V(load)(V(at)(logits, at)), V(sigmoids_of)(e[k + i]), mask, v + k + i, g);
        }
        for (int i = 0; i < INTERLEAVED; i++) {
            V(sigmoid_store)(r[i], (v + k + i) * V(lanes), wanted, to);
        }
    }
}

static ALWAYS_INLINE void V(sigmoid_loop)(const void *logits, const uint64_t *mask, int count, V(vector) g,
                                          unsigned wanted, V(sigmoid_outputs) to) {
    const int vectors = count / V(lanes), rest = count % V(lanes);
    int v = 0;
    for (int size; v + INTERLEAVED <= vectors; v += size) {
        size = vectors - v < SIGMOIDS ? (vectors - v) / INTERLEAVED * INTERLEAVED : SIGMOIDS;
        V(sigmoid_chunk)(logits, mask, v, size, g, wanted, to);
    }
    for (; v < vectors; v++) {
        const V(vector) x = V(load)(V(at)(logits, v * V(lanes)));
        V(sigmoid_store)(V(sigmoid_step)(x, V(sigmoids)(x), mask, v, g), v * V(lanes), wanted, to);
    }
    if (rest != 0) {
        const V(vector) x = V(load_first)(V(at)(logits, v * V(lanes)), rest, V(set)(0));
        V(sigmoid_store_first)(V(sigmoid_step)(x, V(sigmoids)(x), mask, v, g), v * V(lanes), rest, wanted, to);
    }
}

static void K(sigmoid)(const void *logits, const uint64_t *mask, int count, const void *g, void *predictions,
                       void *distances, void *gradient) {
    const V(sigmoid_outputs) to = {predictions, distances, gradient};
    V(real) factor = 0;
    if (gradient != NULL) {
        memcpy(&factor, g, sizeof factor);
    }
    const V(vector) factors = V(set)(factor);
    const unsigned wanted = (predictions == NULL ? 0 : PREDICTIONS) | (distances == NULL ? 0 : DISTANCES) |
                            (gradient == NULL ? 0 : GRADIENT);
    switch (wanted) {
        case PREDICTIONS:
            V(sigmoid_loop)(logits, mask, count, factors, PREDICTIONS, to);
            break;
        case DISTANCES:
            V(sigmoid_loop)(logits, mask, count, factors, DISTANCES, to);
            break;
        case DISTANCES | GRADIENT:
            V(sigmoid_loop)(logits, mask, count, factors, DISTANCES | GRADIENT, to);
            break;
        default:
            V(sigmoid_loop)(logits, mask, count, factors, wanted, to);
            break;
    }
}

#undef PREDICTIONS
#undef DISTANCES
#undef GRADIENT
