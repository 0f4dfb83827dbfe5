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

static void K(distances)(const void *predictions, const uint64_t *mask, int count, void *distances) {
    for (int i = 0; i < count; i++) {
        const size_t at = sizeof(V(vector)) * (size_t)i;
        const V(vector) complement = 1 - V(load)(predictions, i);
        const void *p = (const unsigned char *)predictions + at;
        memmove((unsigned char *)distances + at, is_set(mask, i) ? &complement : p, sizeof complement);
    }
}

static void K(add)(const void *addends, int count, void *values) {
    for (int i = 0; i < count; i++) {
        V(store)(values, i, V(load)(values, i) + V(load)(addends, i));
    }
}

static void K(sigmoid)(const void *logits, const uint64_t *mask, int count, const void *g, void *predictions,
                       void *distances, void *gradient) {
    for (int i = 0; i < count; i++) {
        const V(vector) x = V(load)(logits, i);
        const V(sigmoid_pair) s = V(sigmoids)(x);
        const V(vector) p = V(select_negative)(x, s.small, s.large), other = V(select_negative)(x, s.large, s.small);
        if (predictions != NULL) {
            V(store)(predictions, i, p);
        }
        if (distances != NULL) {
            V(store)(distances, i, is_set(mask, i) ? other : p);
        }
        if (gradient != NULL) {
            const V(vector) slope = V(load)(g, 0) * (s.small * s.large);
            V(store)(gradient, i, is_set(mask, i) ? -slope : slope);
        }
    }
}
