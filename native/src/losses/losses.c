/* SPDX-License-Identifier: Apache-2.0 */
#include "losses.h"

#include "exactloss/exactloss.h"

#define LOSS(name, NAME) _Static_assert(EXACTLOSS_##NAME == 1 << LOSS_##NAME, "a loss is the bit of its index");
#include "losses.def"
#undef LOSS

const loss_properties exactloss_losses[LOSS_COUNT] = {
#define LOSS(name, NAME) [LOSS_##NAME] = {.linear = name##_LINEAR, .square = name##_SQUARE},
#include "losses.def"
#undef LOSS
};
