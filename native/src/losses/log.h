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

KERNEL_FUNCTION V(vector) V(log_value)(V(vector) p, V(mask) t) {
    const V(vector) zero = V(set)(0), one = V(set)(1), nan = V(set)((V(real))NAN), infinity = V(set)((V(real))INFINITY);
    const V(vector) other = V(sub)(one, p);
    /* 1 - d = s + e without any rounding */
    const V(vector) s = V(select)(t, p, other);
    const V(vector) e = V(select)(t, zero, V(sub)(V(sub)(one, other), p));
    V(vector) value = V(select_less)(zero, s, V(minus_log)(s, e), infinity);
    value = V(select_less)(p, zero, nan, value);
    value = V(select_less)(one, p, nan, value);
    return V(add)(value, V(sub)(p, p)); /* NaN where p is */
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
