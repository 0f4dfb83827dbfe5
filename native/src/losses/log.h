/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: -ln(1 - d), binary cross-entropy. Of a prediction it is -ln(p) where the target is positive, and -ln(1 - p)
 * where it is negative; of a logit, ln(1 + exp(-x)) or ln(1 + exp(x)). Its derivative by d is 1 / (1 - d), and by the
 * logit d, with the sign of that of the distance. templates.h says what a loss defines, logarithm.h how far the
 * values are off.
 */
#define log_LINEAR 0
#define log_SQUARE 0

#ifdef LOSS_TEMPLATES

KERNEL_FUNCTION V(vector) V(log_value)(V(vector) p, V(mask) t) { return V(minus_log)(p, t); }

KERNEL_FUNCTION V(vector) V(log_complete)(V(vector) p, V(mask) t, V(vector) value) {
    const V(vector) other = V(sub)(V(set)(1), p), s = V(select)(t, p, other);
    const V(vector) of_zero = V(select_less)(V(set)(0), s, value, V(set)((V(real))INFINITY));
    /* p (1 - p) is negative, or NaN, where p is not within [0, 1]. */
    return V(select_less)(V(set)(-V(SMALLEST)), V(mul)(p, other), of_zero, V(set)((V(real))NAN));
}

KERNEL_FUNCTION V(vector) V(log_gradient)(V(vector) p, V(mask) t, V(vector) g) {
    return V(div)(V(negate_where)(t, g), V(select)(t, p, V(sub)(V(set)(1), p)));
}

KERNEL_FUNCTION V(vector) V(log_logit_value)(V(logit) x, V(mask) t) {
    return V(softplus)(V(negate_where)(t, x.x), x.e);
}

KERNEL_FUNCTION V(vector) V(log_logit_gradient)(V(logit) x, V(mask) t, V(vector) g) {
    return V(negate_where)(t, V(mul)(V(logit_distance)(x, t), g));
}

#endif
