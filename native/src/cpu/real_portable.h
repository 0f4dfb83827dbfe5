/* SPDX-License-Identifier: Apache-2.0 */
/* The portable kernels whose result is a mask or an array, for one type of elements: a part of kernels_portable.c. */

static int K(within)(const void *predictions, int count, double lower, double upper, uint64_t *mask) {
    int found = 0;
    clear_mask(mask, count);
    for (int i = 0; i < count; i++) {
        const V(vector) p = V(load)(predictions, i);
        found += set_bit(mask, i, (V(vector))lower <= p && p <= (V(vector))upper);
    }
    return found;
}

static int K(count_at_least)(const void *predictions, const uint64_t *mask, int count, double limit, int *common) {
    int found = 0;
    *common = 0;
    for (int i = 0; i < count; i++) {
        const int is_at_least = V(load)(predictions, i) >= (V(vector))limit;
        found += is_at_least;
        *common += is_at_least && is_set(mask, i);
    }
    return found;
}

static void K(add)(const void *addends, int count, void *values) {
    for (int i = 0; i < count; i++) {
        V(store)(values, i, V(load)(values, i) + V(load)(addends, i));
    }
}

static void K(multiply)(const void *weights, int count, void *values) {
    for (int i = 0; i < count; i++) {
        V(store)(values, i, V(load)(values, i) * (V(vector))f32_load(weights, i));
    }
}

static void K(limit)(double most, int count, void *values) {
    const V(vector) high = (V(vector))most;
    for (int i = 0; i < count; i++) {
        const V(vector) x = V(load)(values, i);
        V(store)(values, i, V(select_less)(high, x, high, V(select_less)(x, -high, -high, x)));
    }
}

static void K(sigmoid)(const void *logits, int count, void *out) {
    for (int i = 0; i < count; i++) {
        V(store)(out, i, V(prediction)(V(logit_of)(V(load)(logits, i))));
    }
}

static void K(sum)(const void *values, const uint64_t *mask, int positives, int count, summation *s);

/* Defines the kernels of a loss. */
#define LOSS(name, NAME)                                                                                               \
    static void K(values_##name)(const void *predictions, const uint64_t *mask, int count, void *values) {             \
        for (int i = 0; i < count; i++) {                                                                              \
            const V(vector) p = V(load)(predictions, i);                                                               \
            const int t = is_set(mask, i);                                                                             \
            V(store)(values, i, V(name##_complete)(p, t, V(name##_value)(p, t)));                                      \
        }                                                                                                              \
    }                                                                                                                  \
    static void K(gradient_##name)(const void *predictions, const uint64_t *mask, int count, const void *g,            \
                                   void *gradient) {                                                                   \
        for (int i = 0; i < count; i++) {                                                                              \
            V(store)(gradient, i, V(name##_gradient)(V(load)(predictions, i), is_set(mask, i), V(load)(g, 0)));        \
        }                                                                                                              \
    }                                                                                                                  \
    static void K(from_logits_##name)(const void *logits, const uint64_t *mask, int count, const void *g,              \
                                      logit_outputs to) {                                                              \
        for (int i = 0; i < count; i++) {                                                                              \
            const V(logit) x = V(logit_of)(V(load)(logits, i));                                                        \
            const int t = is_set(mask, i);                                                                             \
            if (to.predictions != NULL) {                                                                              \
                V(store)(to.predictions, i, V(prediction)(x));                                                         \
            }                                                                                                          \
            if (to.distances != NULL) {                                                                                \
                V(store)(to.distances, i, V(logit_distance)(x, t));                                                    \
            }                                                                                                          \
            if (to.values != NULL) {                                                                                   \
                V(store)(to.values, i, V(name##_logit_value)(x, t));                                                   \
            }                                                                                                          \
            if (to.gradient != NULL) {                                                                                 \
                V(store)(to.gradient, i, V(name##_logit_gradient)(x, t, V(load)(g, 0)));                               \
            }                                                                                                          \
        }                                                                                                              \
        if (to.sum != NULL) {                                                                                          \
            K(sum)(to.distances, NO_TARGET, 0, count, to.sum);                                                         \
        }                                                                                                              \
    }
#include "../losses/losses.def"
#undef LOSS
