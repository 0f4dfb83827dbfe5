/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sigmoid and the functions of all losses for one ELEMENT (f32, f64), with the vocabulary of sigmoid.h, and with
 *     V(mask)                  for each lane, whether its target is positive
 *     V(select)(t, a, b)       a where t, b elsewhere
 *     V(negate_where)(t, x)    -x where t, x elsewhere, by the sign bit alone
 *
 * A loss <name> defines the property
 *     <name>_LINEAR            see losses.h
 * and four functions, each of correctly rounded operations in one fixed order:
 *     V(<name>_value)(p, t)                   the loss of a prediction
 *     V(<name>_gradient)(p, t, g)             g times its derivative by p
 *     V(<name>_logit_value)(x, s, t)          the loss of a logit x, s being the sigmoids of -|x| and |x|
 *     V(<name>_logit_gradient)(x, s, t, g)    g times its derivative by x
 */
#include "../sigmoid.h"

#define LOSS_TEMPLATES
#define LOSS(name, NAME)
#include "losses.def"
#undef LOSS
#undef LOSS_TEMPLATES
