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

/* The value and the gradient of a loss of logits, and whether it is linear, so that the distances are summed. */
typedef struct V(logit_functions) {
    V(vector) (*value)(V(logit) x, V(mask) t);
    V(vector) (*gradient)(V(logit) x, V(mask) t, V(vector) g);
    int is_linear;
} V(logit_functions);

/* The outputs that there are: constants in the loops. */
#define PREDICTIONS 1u
#define DISTANCES 2u
#define VALUES 4u
#define GRADIENT 8u
#define SUM 16u /* of the distances */

/* The results for a vector of logits. */
typedef struct V(logit_result) {
    V(vector) prediction, distance, value, gradient;
} V(logit_result);

static ALWAYS_INLINE V(logit_result)
    V(logit_step)(V(logit_functions) loss, V(logit) x, V(mask) t, V(vector) g, unsigned wanted) {
    V(logit_result) r = {0};
    if ((wanted & PREDICTIONS) != 0) {
        r.prediction = V(prediction)(x);
    }
    if ((wanted & DISTANCES) != 0) {
        r.distance = V(logit_distance)(x, t);
    }
    if ((wanted & VALUES) != 0) {
        r.value = loss.value(x, t);
    }
    if ((wanted & GRADIENT) != 0) {
        r.gradient = loss.gradient(x, t, g);
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
 * The sum of a block's distances, as in sum_vector.h, but without the inexact flag, which sigmoids raise: the largest logit
 * tells that no distance is below the usual range.
 */
typedef struct V(distance_sums) {
    int_vector high, low;
    int_vector largest; /* the largest patterns of -|x|, as unsigned integers; of doubles, of their upper halves */
} V(distance_sums);

static ALWAYS_INLINE V(distance_sums) V(no_distances)(int vectors) {
    const V(pattern) pairs = (V(pattern))vectors / 2;
    return (V(distance_sums)){B(set)(0 - pairs * V(split_pattern)(1)),
                              B(set)(0 - pairs * V(split_pattern)(1 - V(step))), B(set)(0)};
}

static ALWAYS_INLINE void V(add_distances)(const unsigned char *distances, int vectors, V(distance_sums) * sums) {
    const V(vector) c = V(split_at)(1), both = V(add)(c, V(split_at)(1 - V(step)));
    for (int v = 0; v < vectors; v += 2, distances += 2 * VECTOR_BYTES) {
        V(add_pair)(V(load)(distances), V(load)(distances + VECTOR_BYTES), c, both, &sums->high, &sums->low);
    }
}

/*
 * A sigmoid is one long chain of operations, and a processor overlaps only a few such chains. So a chunk of vectors is
 * computed in steps with short chains: the exponentials and the divisions, the rest, and the sum. The longer steps take
 * some vectors without a branch between them, so that the compiler interleaves them.
 */
static ALWAYS_INLINE void V(logit_chunk)(V(logit_functions) loss, const void *logits, const uint64_t *mask, int v,
                                         int vectors, V(vector) g, unsigned wanted, logit_outputs to,
                                         V(distance_sums) * sums) {
    V(exponential) e[SIGMOIDS];
    V(vector) q[SIGMOIDS];
    for (int k = 0; k < vectors; k += INTERLEAVED) {
        for (int i = k; i < k + INTERLEAVED; i++) {
            const V(vector) x = V(load)(V(at)(logits, (v + i) * V(lanes)));
            if (VECTOR_BYTES * i % 64 == 0) {
                prefetch(V(at)(logits, (v + i) * V(lanes)), PREFETCH_LOGITS);
            }
            e[i] = V(exponential_of)(x);
            if (!DIVIDES_APART) {
                q[i] = V(quotient_of)(e[i]);
            }
            if ((wanted & SUM) != 0) {
                sums->largest = i32_max(sums->largest, V(bits)(V(minus_abs)(x)));
            }
        }
    }
    for (int k = 0; DIVIDES_APART && k < vectors; k++) {
        q[k] = V(quotient_of)(e[k]);
    }
    for (int k = 0; k < vectors; k += INTERLEAVED) {
        V(logit_result) r[INTERLEAVED];
        for (int i = 0; i < INTERLEAVED; i++) {
            const int at = (v + k + i) * V(lanes);
            if ((wanted & GRADIENT) != 0 && VECTOR_BYTES * i % 64 == 0) {
                prefetch_to_write(V(at)(to.gradient, at), PREFETCH_LOGITS);
            }
            const V(logit) x = V(logit_by)(V(load)(V(at)(logits, at)), e[k + i], q[k + i]);
            r[i] = V(logit_step)(loss, x, V(mask_at)(mask, v + k + i), g, wanted);
        }
        for (int i = 0; i < INTERLEAVED; i++) {
            V(logit_store)(r[i], (v + k + i) * V(lanes), wanted, to);
        }
    }
    if ((wanted & SUM) != 0) {
        V(add_distances)(V(at)(to.distances, v * V(lanes)), vectors, sums);
    }
}

/* With SUM, for a multiple of two vectors, and returns whether the distances have been added to the sum. */
static ALWAYS_INLINE int V(logit_loop)(V(logit_functions) loss, const void *logits, const uint64_t *mask, int count,
                                       V(vector) g, unsigned wanted, logit_outputs to) {
    const int vectors = count / V(lanes), rest = count % V(lanes);
    V(distance_sums) sums = V(no_distances)(vectors);
    int v = 0;
    for (int size; v + INTERLEAVED <= vectors; v += size) {
        size = vectors - v < SIGMOIDS ? (vectors - v) / INTERLEAVED * INTERLEAVED : SIGMOIDS;
        V(logit_chunk)(loss, logits, mask, v, size, g, wanted, to, &sums);
    }
    for (; v < vectors; v++) {
        const V(logit) x = V(logit_of)(V(load)(V(at)(logits, v * V(lanes))));
        V(logit_store)(V(logit_step)(loss, x, V(mask_at)(mask, v), g, wanted), v * V(lanes), wanted, to);
    }
    if (rest != 0) {
        const V(logit) x = V(logit_of)(V(load_first)(V(at)(logits, v * V(lanes)), rest, V(set)(0)));
        V(logit_store_first)(V(logit_step)(loss, x, V(mask_at)(mask, v), g, wanted), v * V(lanes), rest, wanted, to);
    }
    if ((wanted & SUM) == 0 || V(largest_upper)(sums.largest) > V(usual_logit)) {
        return 0;
    }
    V(add_parts)(sums.high, sums.low, 0, to.sum->sum);
    return 1;
}

static void K(sum)(const void *values, const uint64_t *mask, int positives, int count, summation *s);

static ALWAYS_INLINE void V(from_logits)(V(logit_functions) loss, const void *logits, const uint64_t *mask, int count,
                                         const void *g, logit_outputs to) {
    V(real) factor = 0;
    if (to.gradient != NULL) {
        memcpy(&factor, g, sizeof factor);
    }
    const V(vector) factors = V(set)(factor);
    const unsigned outputs = (to.predictions == NULL ? 0 : PREDICTIONS) | (to.distances == NULL ? 0 : DISTANCES) |
                             (to.values == NULL ? 0 : VALUES) | (to.gradient == NULL ? 0 : GRADIENT);
    const int is_usual = to.sum != NULL && to.sum->unusual_blocks == 0 && count % (2 * V(lanes)) == 0;
    const unsigned wanted = outputs | (loss.is_linear && is_usual ? SUM : 0);
    int is_summed = 0;
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
        case DISTANCES | SUM:
            is_summed = V(logit_loop)(loss, logits, mask, count, factors, DISTANCES | SUM, to);
            break;
        case DISTANCES | GRADIENT | SUM:
            is_summed = V(logit_loop)(loss, logits, mask, count, factors, DISTANCES | GRADIENT | SUM, to);
            break;
        default:
            is_summed = V(logit_loop)(loss, logits, mask, count, factors, wanted, to);
            break;
    }
    if (to.sum != NULL && !is_summed) {
        K(sum)(to.distances, NO_TARGET, 0, count, to.sum);
    }
}

static void K(sigmoid)(const void *logits, int count, void *out) {
    const V(logit_functions) none = {NULL, NULL, 0};
    const logit_outputs to = {.predictions = out};
    V(logit_loop)(none, logits, NO_TARGET, count, V(set)(0), PREDICTIONS, to);
}

#undef PREDICTIONS
#undef DISTANCES
#undef VALUES
#undef GRADIENT
#undef SUM

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
        const V(logit_functions) loss = {V(name##_logit_value), V(name##_logit_gradient), name##_LINEAR != 0};         \
        V(from_logits)(loss, logits, mask, count, g, to);                                                              \
    }
#include "../losses/losses.def"
#undef LOSS
