/* SPDX-License-Identifier: Apache-2.0 */
#include "totals.h"

#include "compiler.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

void exactloss_totals_merge(totals *t, const totals *other) {
    t->count += other->count;
    t->positives += other->positives;
    t->true_positives += other->true_positives;
    t->false_positives += other->false_positives;
    t->weighted += other->weighted;
    exactloss_sum_merge(&t->weights, &other->weights);
    for (int i = 0; i < LOSS_COUNT; i++) {
        exactloss_sum_merge(&t->sums[i], &other->sums[i]);
    }
}

/* The sum of all weights: those that were given, and 1 for every other element. */
static exact_sum all_weights(const totals *t) {
    exact_sum weights = t->weights;
    exactloss_sum_add(&weights, t->count - t->weighted, EXACT_SUM_ONE);
    return weights;
}

void exactloss_totals_loss(const totals *t, int loss, int reduction, double *f64, float *f32) {
    const exact_sum *sum = &t->sums[loss];
    if (reduction == EXACTLOSS_SUM) {
        exactloss_sum_divide(sum, 1, f64, f32);
    } else if (t->count == 0) {
        *f64 = NAN;
        if (f32 != NULL) {
            *f32 = NAN;
        }
    } else if (t->weighted == 0) {
        exactloss_sum_divide(sum, t->count, f64, f32);
    } else {
        const exact_sum weights = all_weights(t);
        exactloss_sum_divide_by_sum(sum, &weights, f64, f32);
    }
}

/* -------------------------------------------------------------------------------------------------- evaluations -- */

#define FIRST_EVALUATION_SIZE 208 /* of the struct as it was first published */

_Static_assert(sizeof(exactloss_loss_result) == 40, "exactloss_loss_result is part of the binary interface");
_Static_assert(sizeof(exactloss_evaluation) == 88 + LOSS_COUNT * sizeof(exactloss_loss_result),
               "exactloss_evaluation is part of the binary interface");

int exactloss_check_evaluations(const exactloss_evaluation *evaluations, int64_t count) {
    if (evaluations == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    const int64_t size = evaluations->size;
    return size < FIRST_EVALUATION_SIZE || size % 8 != 0 || size > PTRDIFF_MAX / count ? EXACTLOSS_ERROR_SIZE
                                                                                       : EXACTLOSS_OK;
}

static void put_result(const totals *t, int loss, exactloss_loss_result *r) {
    if ((t->losses >> loss & 1) == 0) {
        *r = (exactloss_loss_result){.mean = NAN, .sum = NAN, .mean_f32 = NAN, .sum_f32 = NAN};
        return;
    }
    exactloss_totals_loss(t, loss, EXACTLOSS_MEAN, &r->mean, &r->mean_f32);
    exactloss_totals_loss(t, loss, EXACTLOSS_SUM, &r->sum, &r->sum_f32);
    r->nan_count = t->sums[loss].nan_count;
    r->infinite_count = t->sums[loss].positive_infinities + t->sums[loss].negative_infinities;
}

void exactloss_totals_result(const totals *t, double threshold, exactloss_evaluation *e) {
    const int64_t room = e->size;
    e->losses = t->losses;
    e->threshold = threshold;
    e->count = t->count;
    e->positives = t->positives;
    e->true_positives = t->true_positives;
    e->false_positives = t->false_positives;
    e->false_negatives = t->positives - t->true_positives;
    e->true_negatives = t->count - t->positives - t->false_positives;
    e->accuracy = exactloss_ratio(e->true_positives + e->true_negatives, t->count);
    e->weight_sum = (double)t->count;
    if (t->weighted != 0) {
        const exact_sum weights = all_weights(t);
        exactloss_sum_divide(&weights, 1, &e->weight_sum, NULL);
    }
#define LOSS(name, NAME)                                                                                               \
    if (room >= (int64_t)(offsetof(exactloss_evaluation, name) + sizeof e->name)) {                                    \
        put_result(t, LOSS_##NAME, &e->name);                                                                          \
        e->size = (int64_t)(offsetof(exactloss_evaluation, name) + sizeof e->name);                                    \
    }
#include "losses/losses.def"
#undef LOSS
}

/* -------------------------------------------------------------------------------------------------- thresholds -- */

int exactloss_take_threshold(double given, double *threshold) {
    uint64_t bits;
    memcpy(&bits, &given, sizeof bits);
    if (bits << 1 > (uint64_t)0x7ff << 53) {
        return EXACTLOSS_ERROR_THRESHOLD;
    }
    bits = bits << 1 == 0 ? 0 : bits;
    memcpy(threshold, &bits, sizeof bits);
    return EXACTLOSS_OK;
}

/* The float or double above one that is not the largest: the next bit pattern, but that -0 is +0 here. */
static float float_above(float value) {
    int32_t bits;
    value += 0.0f;
    memcpy(&bits, &value, sizeof bits);
    bits += bits < 0 ? -1 : 1;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

static double double_above(double value) {
    int64_t bits;
    value += 0.0;
    memcpy(&bits, &value, sizeof bits);
    bits += bits < 0 ? -1 : 1;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

double exactloss_smallest_above(double threshold, int size) {
    if (size == sizeof(double)) {
        return threshold < INFINITY ? double_above(threshold) : NAN;
    }
    const float nearest = (float)threshold;
    if ((double)nearest > threshold) {
        return (double)nearest;
    }
    return nearest < INFINITY ? (double)float_above(nearest) : (double)NAN;
}
