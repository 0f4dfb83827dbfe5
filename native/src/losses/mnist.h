/* SPDX-License-Identifier: Apache-2.0 */
/* mnist: the distance d. templates.h says what a loss defines. */

/* The sum is that of the exact distances, whose 1 - p is never rounded. */
#define mnist_LINEAR 1
#define mnist_SQUARE 0

#ifdef LOSS_TEMPLATES

KERNEL_FUNCTION V(vector) V(mnist_value)(V(vector) p, V(mask) t) { return V(distance)(p, t); }

KERNEL_FUNCTION V(vector) V(mnist_complete)(V(vector) p, V(mask) t, V(vector) value) {
    (void)p;
    (void)t;
    return value;
}

KERNEL_FUNCTION V(vector) V(mnist_gradient)(V(vector) p, V(mask) t, V(vector) g) {
    (void)p;
    return V(negate_where)(t, g);
}

KERNEL_FUNCTION V(vector) V(mnist_logit_value)(V(logit) x, V(mask) t) { return V(logit_distance)(x, t); }

KERNEL_FUNCTION V(vector) V(mnist_logit_gradient)(V(logit) x, V(mask) t, V(vector) g) {
    return V(logit_slope)(x, t, g);
}

#endif
