/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every pass over a block reads it from the first-level cache, into which the first pass brought it: 20 KiB of float32
 * predictions and bytes.
 */
#include "batch.h"

#include <math.h>
#include <string.h>

#define ELEMENT_SIZE 4 /* of float32 predictions */

void exactloss_totals_init(totals *t) {
    t->count = 0;
    t->positives = 0;
    t->true_positives = 0;
    t->false_positives = 0;
    exactloss_sum_init(&t->sum);
}

void exactloss_totals_merge(totals *t, const totals *other) {
    t->count += other->count;
    t->positives += other->positives;
    t->true_positives += other->true_positives;
    t->false_positives += other->false_positives;
    exactloss_sum_merge(&t->sum, &other->sum);
}

static double ratio(int64_t part, int64_t whole) {
    exact_sum sum;
    double quotient;
    exactloss_sum_init(&sum);
    exactloss_sum_add(&sum, part, EXACT_SUM_ONE);
    exactloss_sum_divide(&sum, whole, &quotient, NULL);
    return quotient;
}

void exactloss_totals_result(const totals *t, double threshold, exactloss_evaluation *e) {
    e->count = t->count;
    e->positives = t->positives;
    e->true_positives = t->true_positives;
    e->false_positives = t->false_positives;
    e->false_negatives = t->positives - t->true_positives;
    e->true_negatives = t->count - t->positives - t->false_positives;
    e->nan_count = t->sum.nan_count;
    e->threshold = threshold;
    exactloss_sum_divide(&t->sum, 1, &e->loss_sum, &e->loss_sum_f32);
    if (t->count == 0) {
        e->loss = NAN;
        e->loss_f32 = NAN;
        e->accuracy = NAN;
    } else {
        exactloss_sum_divide(&t->sum, t->count, &e->loss, &e->loss_f32);
        e->accuracy = ratio(e->true_positives + e->true_negatives, t->count);
    }
}

/* ------------------------------------------------------------------------------------------------ strict mode -- */

/* A block of a batch: elements start .. start + count - 1, and the mask of their positive targets. */
typedef struct block {
    int64_t start;
    int count;
    int positives;
    const unsigned char *predictions;
    uint64_t mask[MASK_WORDS];
} block;

static void open_block(const batch *b, int64_t start, block *k) {
    const int64_t rest = b->count - start;
    k->start = start;
    k->count = (int)(rest < BLOCK ? rest : BLOCK);
    k->predictions = b->predictions == NULL ? NULL : b->predictions + ELEMENT_SIZE * start;
    k->positives = b->decode(b->targets, b->targets_offset + start, k->count, 1, k->mask);
}

/* The index of the first of `count` bits that is not set, of which there is one. */
static int first_clear(const uint64_t *mask, int count) {
    int i = 0;
    while (i + 1 < count && (mask[i / 64] >> i % 64 & 1) != 0) {
        i++;
    }
    return i;
}

static double prediction_value(const unsigned char *element) {
    float value;
    memcpy(&value, element, sizeof value);
    return value;
}

static int refuse(int64_t index, int argument, double value, exactloss_violation *violation) {
    if (violation != NULL) {
        *violation = (exactloss_violation){.index = index, .value = value, .argument = argument};
    }
    return EXACTLOSS_ERROR_STRICT;
}

static int check_block(const exactloss_kernels *kernels, const batch *b, const block *k,
                       exactloss_violation *violation) {
    uint64_t good[MASK_WORDS];
    int target = k->count;
    if (k->positives + b->decode(b->targets, b->targets_offset + k->start, k->count, 0, good) < k->count) {
        for (int i = 0; 64 * i < k->count; i++) {
            good[i] |= k->mask[i];
        }
        target = first_clear(good, k->count);
    }
    if (k->predictions != NULL && kernels->within_f32(k->predictions, k->count, 0.0f, 1.0f, good) < k->count) {
        const int p = first_clear(good, k->count);
        if (p <= target) {
            return refuse(k->start + p, EXACTLOSS_PREDICTIONS, prediction_value(k->predictions + ELEMENT_SIZE * p),
                          violation);
        }
    }
    if (target < k->count) {
        const int64_t index = k->start + target;
        return refuse(index, EXACTLOSS_TARGETS, b->target_value(b->targets, b->targets_offset + index), violation);
    }
    return EXACTLOSS_OK;
}

int exactloss_batch_check(const exactloss_kernels *kernels, const batch *b, exactloss_violation *violation) {
    block k;
    for (int64_t start = 0; start < b->count; start += BLOCK) {
        open_block(b, start, &k);
        const int status = check_block(kernels, b, &k, violation);
        if (status != EXACTLOSS_OK) {
            return status;
        }
    }
    return EXACTLOSS_OK;
}

/* ------------------------------------------------------------------------------------------------- operations -- */

/* The smallest float above a threshold, so that p > threshold becomes smallest <= p; NaN where there is none. */
static float smallest_above(double threshold) {
    const float nearest = (float)threshold;
    if (nearest > threshold) {
        return nearest;
    }
    return isinf(nearest) && nearest > 0 ? NAN : nextafterf(nearest, INFINITY);
}

int exactloss_batch_total(const exactloss_kernels *kernels, const batch *b, const double *threshold, int strict,
                          totals *t, exactloss_violation *violation) {
    block k;
    uint64_t predicted[MASK_WORDS];
    const float smallest = threshold == NULL ? NAN : smallest_above(*threshold);
    for (int64_t start = 0; start < b->count; start += BLOCK) {
        open_block(b, start, &k);
        if (strict && check_block(kernels, b, &k, violation) != EXACTLOSS_OK) {
            return EXACTLOSS_ERROR_STRICT;
        }
        kernels->sum_f32(k.predictions, k.mask, k.positives, k.count, &t->sum);
        t->positives += k.positives;
        if (threshold != NULL) {
            const int above = kernels->within_f32(k.predictions, k.count, smallest, INFINITY, predicted);
            const int hits = kernels->count_common(predicted, k.mask, k.count);
            t->true_positives += hits;
            t->false_positives += above - hits;
        }
    }
    t->count += b->count;
    return EXACTLOSS_OK;
}

void exactloss_batch_distances(const exactloss_kernels *kernels, const batch *b, unsigned char *distances) {
    block k;
    for (int64_t start = 0; start < b->count; start += BLOCK) {
        open_block(b, start, &k);
        kernels->distances_f32(k.predictions, k.mask, k.count, distances + ELEMENT_SIZE * start);
    }
}

void exactloss_batch_gradient(const exactloss_kernels *kernels, const batch *b, float g, unsigned char *gradient) {
    block k;
    for (int64_t start = 0; start < b->count; start += BLOCK) {
        open_block(b, start, &k);
        kernels->gradient_f32(k.mask, k.count, g, gradient + ELEMENT_SIZE * start);
    }
}
