/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brier: the square of the distance d, the squared error of 0/1 targets (G. W. Brier, "Verification of forecasts
 * expressed in terms of probability", 1950). Its derivative by d is 2d. templates.h says what a loss defines.
 *
 * A value is that of the rounded distance, rounded once more; the sum is that of the exact squares of the exact
 * distances.
 */
#define brier_LINEAR 0
#define brier_SQUARE 1

#ifdef LOSS_TEMPLATES

KERNEL_FUNCTION V(vector) V(brier_value)(V(vector) p, V(mask) t) {
    const V(vector) d = V(distance)(p, t);
    return V(mul)(d, d);
}

KERNEL_FUNCTION V(vector) V(brier_complete)(V(vector) p, V(mask) t, V(vector) value) {
    (void)p;
    (void)t;
    return value;
}

KERNEL_FUNCTION V(vector) V(brier_gradient)(V(vector) p, V(mask) t, V(vector) g) {
    const V(vector) d = V(distance)(p, t);
    return V(negate_where)(t, V(mul)(V(add)(d, d), g));
}

KERNEL_FUNCTION V(vector) V(brier_logit_value)(V(logit) x, V(mask) t) {
    const V(vector) d = V(logit_distance)(x, t);
    return V(mul)(d, d);
}

KERNEL_FUNCTION V(vector) V(brier_logit_gradient)(V(logit) x, V(mask) t, V(vector) g) {
    const V(vector) d = V(logit_distance)(x, t);
    return V(mul)(V(add)(d, d), V(logit_slope)(x, t, g));
}

#endif
