/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of the losses, and the sigmoid, for one type of elements: a part of kernels_vector.h. Their loops are
 * written once, and get the functions of a loss as constants.
 */

/* --------------------------------------------------------------------------------------------------- predictions -- */

typedef V(vector) V(value_function)(V(vector) p, V(mask) t);
typedef V(vector) V(complete_function)(V(vector) p, V(mask) t, V(vector) value);
typedef V(vector) V(gradient_function)(V(vector) p, V(mask) t, V(vector) g);

static ALWAYS_INLINE void V(values)(V(value_function) * value, V(complete_function) * complete, const void *predictions,
                                    const uint64_t *mask, int count, void *values) {
    const int vectors = count / V(lanes), rest = count % V(lanes);
    int v = 0;
    for (; v + INTERLEAVED <= vectors; v += INTERLEAVED) {
        V(vector) p[INTERLEAVED], r[INTERLEAVED];
        int_vector unusual = B(set)(0);
        for (int i = 0; i < INTERLEAVED; i++) {
            p[i] = V(load)(V(at)(predictions, (v + i) * V(lanes)));
            r[i] = value(p[i], V(mask_at)(mask, v + i));
            unusual = i32_max(unusual, V(unusual)(p[i]));
        }
        if (i32_any_above(unusual, V(usual))) {
            for (int i = 0; i < INTERLEAVED; i++) {
                r[i] = complete(p[i], V(mask_at)(mask, v + i), r[i]);
            }
        }
        for (int i = 0; i < INTERLEAVED; i++) {
            V(store)(V(out)(values, (v + i) * V(lanes)), r[i]);
        }
    }
    for (; v < vectors; v++) {
        const V(vector) p = V(load)(V(at)(predictions, v * V(lanes)));
        const V(mask) t = V(mask_at)(mask, v);
        V(store)(V(out)(values, v * V(lanes)), complete(p, t, value(p, t)));
    }
    if (rest != 0) {
        const V(vector) p = V(load_first)(V(at)(predictions, vectors * V(lanes)), rest, V(set)(1));
        const V(mask) t = V(mask_at)(mask, vectors);
        V(store_first)(V(out)(values, vectors * V(lanes)), rest, complete(p, t, value(p, t)));
    }
}

static ALWAYS_INLINE void V(gradients)(V(gradient_function) * of_element, const void *predictions, const uint64_t *mask,
                                       int count, const void *g, void *gradient) {
    const int vectors = count / V(lanes), rest = count % V(lanes);
    V(real) factor;
    memcpy(&factor, g, sizeof factor);
    const V(vector) factors = V(set)(factor);
    for (int v = 0; v < vectors; v++) {
        const V(vector) p = V(load)(V(at)(predictions, v * V(lanes)));
        V(store)(V(out)(gradient, v * V(lanes)), of_element(p, V(mask_at)(mask, v), factors));
    }
    if (rest != 0) {
        const V(vector) p = V(load_first)(V(at)(predictions, vectors * V(lanes)), rest, V(set)(1));
        V(store_first)(V(out)(gradient, vectors * V(lanes)), rest, of_element(p, V(mask_at)(mask, vectors), factors));
    }
}

/* -------------------------------------------------------------------------------------------------------- logits -- */

/* The value and the gradient of a loss of logits. */
typedef struct V(logit_functions) {
    V(vector) (*value)(V(logit) x, V(mask) t);
    V(vector) (*gradient)(V(logit) x, V(mask) t, V(vector) g);
} V(logit_functions);

/* The outputs that there are: constants in the loops. */
#define PREDICTIONS 1u
#define DISTANCES 2u
#define VALUES 4u
#define GRADIENT 8u

/* The results for a vector of logits. */
typedef struct V(logit_result) {
    V(vector) prediction, distance, value, gradient;
} V(logit_result);

static ALWAYS_INLINE V(logit_result)
    V(logit_step)(V(logit_functions) loss, V(vector) x, V(exponential) e, V(mask) t, V(vector) g, unsigned wanted) {
    const V(logit) logit = {x, e, V(sigmoids_of)(e)};
    V(logit_result) r = {0};
    if ((wanted & PREDICTIONS) != 0) {
        r.prediction = V(prediction)(logit);
    }
    if ((wanted & DISTANCES) != 0) {
        r.distance = V(logit_distance)(logit, t);
    }
    if ((wanted & VALUES) != 0) {
        r.value = loss.value(logit, t);
    }
    if ((wanted & GRADIENT) != 0) {
        r.gradient = loss.gradient(logit, t, g);
    }
    return r;
}

static ALWAYS_INLINE void V(logit_store)(V(logit_result) r, int i, unsigned wanted, logit_outputs to) {
    if ((wanted & PREDICTIONS) != 0) {
        V(store)(V(out)(to.predictions, i), r.prediction);
    }
    if ((wanted & DISTANCES) != 0) {
        V(store)(V(out)(to.distances, i), r.distance);
    }
    if ((wanted & VALUES) != 0) {
        V(store)(V(out)(to.values, i), r.value);
    }
    if ((wanted & GRADIENT) != 0) {
        V(store)(V(out)(to.gradient, i), r.gradient);
    }
}

static inline void V(logit_store_first)(V(logit_result) r, int i, int count, unsigned wanted, logit_outputs to) {
    if ((wanted & PREDICTIONS) != 0) {
        V(store_first)(V(out)(to.predictions, i), count, r.prediction);
    }
    if ((wanted & DISTANCES) != 0) {
        V(store_first)(V(out)(to.distances, i), count, r.distance);
    }
    if ((wanted & VALUES) != 0) {
        V(store_first)(V(out)(to.values, i), count, r.value);
    }
    if ((wanted & GRADIENT) != 0) {
        V(store_first)(V(out)(to.gradient, i), count, r.gradient);
    }
}

/*
 * A sigmoid is one long chain of operations, and a processor overlaps only a few such chains. So a chunk of vectors is
 * computed in two steps, the exponentials and the rest, whose chains are half as long. Each step takes some vectors
 * without a branch between them, so that the compiler interleaves them.
 */
static ALWAYS_INLINE void V(logit_chunk)(V(logit_functions) loss, const void *logits, const uint64_t *mask, int v,
                                         int vectors, V(vector) g, unsigned wanted, logit_outputs to) {
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
        V(logit_result) r[INTERLEAVED];
        for (int i = 0; i < INTERLEAVED; i++) {
            const int at = (v + k + i) * V(lanes);
            if ((wanted & GRADIENT) != 0 && VECTOR_BYTES * i % 64 == 0) {
                prefetch_to_write(V(at)(to.gradient, at), PREFETCH_TO_WRITE);
            }
            const V(mask) t = V(mask_at)(mask, v + k + i);
            r[i] = V(logit_step)(loss, V(load)(V(at)(logits, at)), e[k + i], t, g, wanted);
        }
        for (int i = 0; i < INTERLEAVED; i++) {
            V(logit_store)(r[i], (v + k + i) * V(lanes), wanted, to);
        }
    }
}

static ALWAYS_INLINE void V(logit_loop)(V(logit_functions) loss, const void *logits, const uint64_t *mask, int count,
                                        V(vector) g, unsigned wanted, logit_outputs to) {
    const int vectors = count / V(lanes), rest = count % V(lanes);
    int v = 0;
    for (int size; v + INTERLEAVED <= vectors; v += size) {
        size = vectors - v < SIGMOIDS ? (vectors - v) / INTERLEAVED * INTERLEAVED : SIGMOIDS;
        V(logit_chunk)(loss, logits, mask, v, size, g, wanted, to);
    }
    for (; v < vectors; v++) {
        const V(vector) x = V(load)(V(at)(logits, v * V(lanes)));
        const V(logit_result) r = V(logit_step)(loss, x, V(exponential_of)(x), V(mask_at)(mask, v), g, wanted);
        V(logit_store)(r, v * V(lanes), wanted, to);
    }
    if (rest != 0) {
        const V(vector) x = V(load_first)(V(at)(logits, v * V(lanes)), rest, V(set)(0));
        const V(logit_result) r = V(logit_step)(loss, x, V(exponential_of)(x), V(mask_at)(mask, v), g, wanted);
        V(logit_store_first)(r, v * V(lanes), rest, wanted, to);
    }
}

static ALWAYS_INLINE void V(from_logits)(V(logit_functions) loss, const void *logits, const uint64_t *mask, int count,
                                         const void *g, logit_outputs to) {
    V(real) factor = 0;
    if (to.gradient != NULL) {
        memcpy(&factor, g, sizeof factor);
    }
    const V(vector) factors = V(set)(factor);
    const unsigned wanted = (to.predictions == NULL ? 0 : PREDICTIONS) | (to.distances == NULL ? 0 : DISTANCES) |
                            (to.values == NULL ? 0 : VALUES) | (to.gradient == NULL ? 0 : GRADIENT);
    switch (wanted) {
        case DISTANCES:
            V(logit_loop)(loss, logits, mask, count, factors, DISTANCES, to);
            break;
        case VALUES:
            V(logit_loop)(loss, logits, mask, count, factors, VALUES, to);
            break;
        case DISTANCES | GRADIENT:
            V(logit_loop)(loss, logits, mask, count, factors, DISTANCES | GRADIENT, to);
            break;
        case VALUES | GRADIENT:
            V(logit_loop)(loss, logits, mask, count, factors, VALUES | GRADIENT, to);
            break;
        case PREDICTIONS | DISTANCES | VALUES:
            V(logit_loop)(loss, logits, mask, count, factors, PREDICTIONS | DISTANCES | VALUES, to);
            break;
        default:
            V(logit_loop)(loss, logits, mask, count, factors, wanted, to);
            break;
    }
}

static void K(sigmoid)(const void *logits, int count, void *out) {
    const V(logit_functions) none = {NULL, NULL};
    const logit_outputs to = {.predictions = out};
    V(logit_loop)(none, logits, NO_TARGET, count, V(set)(0), PREDICTIONS, to);
}

#undef PREDICTIONS
#undef DISTANCES
#undef VALUES
#undef GRADIENT

/* Defines the kernels of a loss. */
#define LOSS(name, NAME)                                                                                               \
    static void K(values_##name)(const void *predictions, const uint64_t *mask, int count, void *values) {             \
        V(values)(V(name##_value), V(name##_complete), predictions, mask, count, values);                              \
    }                                                                                                                  \
    static void K(gradient_##name)(const void *predictions, const uint64_t *mask, int count, const void *g,            \
                                   void *gradient) {                                                                   \
        V(gradients)(V(name##_gradient), predictions, mask, count, g, gradient);                                       \
    }                                                                                                                  \
    static void K(from_logits_##name)(const void *logits, const uint64_t *mask, int count, const void *g,              \
                                      logit_outputs to) {                                                              \
        const V(logit_functions) loss = {V(name##_logit_value), V(name##_logit_gradient)};                             \
        V(from_logits)(loss, logits, mask, count, g, to);                                                              \
    }
#include "../losses/losses.def"
#undef LOSS
