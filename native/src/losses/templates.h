/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of all losses for one ELEMENT (f32, f64), with those of sigmoid.h and logarithm.h, with their
 * vocabulary, and with
 *     V(mask)                  for each lane, whether its target is positive
 *     V(select)(t, a, b)       a where t, b elsewhere
 *     V(negate_where)(t, x)    -x where t, x elsewhere, by the sign bit alone
 *     V(select_less)(a, b, x, y)   x where a < b, y elsewhere, as where a or b is NaN
 *
 * A loss <name> defines the properties
 *     <name>_LINEAR, <name>_SQUARE            see losses.h
 * and five functions, of which each rounds in one fixed order of correctly rounded operations:
 *     V(<name>_value)(p, t)                   the loss of a prediction, at least where 0 < p < 1
 *     V(<name>_complete)(p, t, value)         the loss of any prediction, from that
 *     V(<name>_gradient)(p, t, g)             g times its derivative by p
 *     V(<name>_logit_value)(x, t)             the loss of a logit, see V(logit)
 *     V(<name>_logit_gradient)(x, t, g)       g times its derivative by the logit
 */
#include "../sigmoid.h"

#include "../logarithm.h"

/* A logit x, with exp(-|x|), and the sigmoids of -|x| and |x|. What a loss does not use is not computed. */
typedef struct V(logit) {
    V(vector) x;
    V(exponential) e;
    V(sigmoid_pair) s;
} V(logit);

/* From exp(-|x|) and the quotient of that. */
KERNEL_FUNCTION V(logit) V(logit_by)(V(vector) x, V(exponential) e, V(vector) q) {
    const V(logit) logit = {x, e, V(sigmoids_of)(e, q)};
    return logit;
}

KERNEL_FUNCTION V(logit) V(logit_of)(V(vector) x) {
    const V(exponential) e = V(exponential_of)(x);
    return V(logit_by)(x, e, V(quotient_of)(e));
}

/* The prediction of a logit. */
KERNEL_FUNCTION V(vector) V(prediction)(V(logit) x) { return V(select_negative)(x.x, x.s.small, x.s.large); }

/* The distance of a prediction. Where the target is negative, p keeps all its bits, those of a NaN too. */
KERNEL_FUNCTION V(vector) V(distance)(V(vector) p, V(mask) t) { return V(select)(t, V(sub)(V(set)(1), p), p); }

/* The distance of a logit is the prediction of -x where the target is positive, so nothing cancels. */
KERNEL_FUNCTION V(vector) V(logit_distance)(V(logit) x, V(mask) t) {
    return V(select_negative)(V(negate_where)(t, x.x), x.s.small, x.s.large);
}

/* g times the derivative of the distance of a logit. */
KERNEL_FUNCTION V(vector) V(logit_slope)(V(logit) x, V(mask) t, V(vector) g) {
    return V(negate_where)(t, V(mul)(g, V(mul)(x.s.small, x.s.large)));
}

#define LOSS_TEMPLATES
#define LOSS(name, NAME)
#include "losses.def"
#undef LOSS
#undef LOSS_TEMPLATES
