/* SPDX-License-Identifier: Apache-2.0 */
/* The search for the first element that must be refused: by strict mode, or for its weight. */
#include "block.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The index of the first of `count` bits that is not set, where `set` of them are; count where all are. */
static int first_clear(const uint64_t *mask, int set, int count) {
    int i = 0;
    while (set < count && (mask[i / 64] >> i % 64 & 1) != 0) {
        i++;
    }
    return set < count ? i : count;
}

static int first_bad_prediction(const batch *b, const block *k) {
    uint64_t good[MASK_WORDS];
    if (k->predictions == NULL) {
        return k->count;
    }
    const double lowest = b->is_logits ? -INFINITY : 0, highest = b->is_logits ? INFINITY : 1;
    return first_clear(good, b->type->wide->within(k->predictions, k->count, lowest, highest, good), k->count);
}

static int first_bad_target(const batch *b, const block *k) {
    uint64_t good[MASK_WORDS];
    const int zeros = b->decode(b->targets, b->first_target + k->start, k->count, 0, b->target_type->magnitude, good);
    for (int i = 0; 64 * i < k->count; i++) {
        good[i] |= k->mask[i];
    }
    return first_clear(good, zeros + k->positives, k->count);
}

static int first_bad_weight(const batch *b, const block *k) {
    uint64_t good[MASK_WORDS];
    if (k->weights.array == NULL || k->weights.span.are_good) {
        return k->count;
    }
    return first_clear(good, b->kernels->f32.wide->within(k->weights.array, k->count, 0, FLT_MAX, good), k->count);
}

static double float_value(const void *floats, int i) {
    float value;
    memcpy(&value, (const unsigned char *)floats + sizeof value * (size_t)i, sizeof value);
    return (double)value;
}

static double prediction_value(const batch *b, const block *k, int i) {
    double value;
    if (b->type->wide_size == sizeof(float)) {
        return float_value(k->predictions, i);
    }
    memcpy(&value, (const unsigned char *)k->predictions + sizeof value * (size_t)i, sizeof value);
    return value;
}

static void name_violation(int64_t index, int argument, double value, exactloss_violation *violation) {
    if (violation != NULL) {
        *violation = (exactloss_violation){.index = index, .value = value, .argument = argument};
    }
}

int exactloss_check_block(const batch *b, const block *k, exactloss_violation *violation) {
    const int p = b->is_strict ? first_bad_prediction(b, k) : k->count;
    const int t = b->is_strict ? first_bad_target(b, k) : k->count;
    const int w = first_bad_weight(b, k);
    if (p < k->count && p <= t && p <= w) {
        name_violation(k->start + p, EXACTLOSS_PREDICTIONS, prediction_value(b, k, p), violation);
        return EXACTLOSS_ERROR_STRICT;
    }
    if (t < k->count && t <= w) {
        const int64_t index = k->start + t;
        const unsigned char *target = b->targets + b->target_type->size * (b->first_target + index);
        name_violation(index, EXACTLOSS_TARGETS, exactloss_target_value(b->target_type, target), violation);
        return EXACTLOSS_ERROR_STRICT;
    }
    if (w < k->count) {
        name_violation(k->start + w, EXACTLOSS_WEIGHTS, float_value(k->weights.array, w), violation);
        return EXACTLOSS_ERROR_WEIGHT;
    }
    return EXACTLOSS_OK;
}

int exactloss_batch_check(const batch *b, exactloss_violation *violation) {
    workspace work;
    block k;
    for (int64_t start = 0; start < b->count && b->is_unchecked; start += k.count) {
        exactloss_open_block(b, start, &work, &k);
        exactloss_weigh_block(b, &k);
        const int status = exactloss_check_block(b, &k, violation);
        if (status != EXACTLOSS_OK) {
            return status;
        }
    }
    return EXACTLOSS_OK;
}
