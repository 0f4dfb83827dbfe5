/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mnist: the distance d itself, 1 - p where the target is positive and p elsewhere. From logits, d is sigmoid(-x) or
 * sigmoid(x), of which one is the `small` of a sigmoid pair and the other the `large`.
 *
 * templates.h says what a loss defines, and with which vocabulary.
 */

/* Linear in p: the sum is that of the exact distances, whose 1 - p is never rounded. */
#define mnist_LINEAR 1

#ifdef LOSS_TEMPLATES

/* Where the target is negative, p keeps all its bits, those of a NaN too. */
KERNEL_FUNCTION V(vector) V(mnist_value)(V(vector) p, V(mask) t) { return V(select)(t, V(sub)(V(set)(1), p), p); }

KERNEL_FUNCTION V(vector) V(mnist_gradient)(V(vector) p, V(mask) t, V(vector) g) {
    (void)p;
    return V(negate_where)(t, g);
}

KERNEL_FUNCTION V(vector) V(mnist_logit_value)(V(vector) x, V(sigmoid_pair) s, V(mask) t) {
    return V(select)(t, V(select_negative)(x, s.large, s.small), V(select_negative)(x, s.small, s.large));
}

KERNEL_FUNCTION V(vector) V(mnist_logit_gradient)(V(vector) x, V(sigmoid_pair) s, V(mask) t, V(vector) g) {
    (void)x;
    return V(negate_where)(t, V(mul)(g, V(mul)(s.small, s.large)));
}

#endif
