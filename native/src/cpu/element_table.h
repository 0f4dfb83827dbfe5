/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the kernels of an ELEMENT: a part of kernels_table.h. */
static const real_kernels V(kernels) = {
    .sum = K(sum),
    .count_at_least = K(count_at_least),
    .sum_weighted = K(sum_weighted),
    .sum_squares = K(sum_squares),
    .within = K(within),
    .sigmoid = K(sigmoid),
    .add = K(add),
    .multiply = K(multiply),
    .limit = K(limit),
    .losses =
        {
#define LOSS(name, NAME)                                                                                               \
    [LOSS_##NAME] = {.values = K(values_##name), .gradient = K(gradient_##name), .from_logits = K(from_logits_##name)},
#include "../losses/losses.def"
#undef LOSS
        },
};
