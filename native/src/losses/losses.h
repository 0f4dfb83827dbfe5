/* SPDX-License-Identifier: Apache-2.0 */
/* The losses as numbers: the index of each, and the properties by which the sums of a batch are chosen. */
#ifndef EXACTLOSS_LOSSES_H
#define EXACTLOSS_LOSSES_H

enum {
#define LOSS(name, NAME) LOSS_##NAME,
#include "losses.def"
#undef LOSS
    LOSS_COUNT
};

#define ALL_LOSSES ((1 << LOSS_COUNT) - 1)

/* Sets of losses: linear ones (see below), those whose value is the distance itself, its squares, and all others. */
enum {
    LINEAR_LOSSES = 0
#define LOSS(name, NAME) | (name##_LINEAR != 0) << LOSS_##NAME
#include "losses.def"
#undef LOSS
    ,
    DISTANCE_LOSSES = 0
#define LOSS(name, NAME) | (name##_LINEAR == 1) << LOSS_##NAME
#include "losses.def"
#undef LOSS
    ,
    SQUARE_LOSSES = 0
#define LOSS(name, NAME) | name##_SQUARE << LOSS_##NAME
#include "losses.def"
#undef LOSS
    ,
    VALUE_LOSSES = ALL_LOSSES & ~LINEAR_LOSSES & ~SQUARE_LOSSES
};

/* How a loss is summed. Where both are 0, the sum is that of its values. */
typedef struct loss_properties {
    int linear; /* a whole number c >= 1 where the value is c times the distance d: the sum is c Σd, of exact distances */
    int square; /* 1 where the value is d²: the sum is Σd², of exact squares */
} loss_properties;

extern const loss_properties exactloss_losses[LOSS_COUNT];

/* The largest value and slope of a loss with EXACTLOSS_CLAMP, as in torch.nn.BCELoss. */
#define CLAMPED_VALUE 100
#define CLAMPED_SLOPE 1e12

/* Whether a set consists of one loss. */
static inline int exactloss_is_one_loss(int losses) { return losses != 0 && (losses & (losses - 1)) == 0; }

/* The index of the first loss of a set, which is not empty. */
static inline int exactloss_first_loss(int losses) {
    int i = 0;
    while ((losses >> i & 1) == 0) {
        i++;
    }
    return i;
}

#endif
