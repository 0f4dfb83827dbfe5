/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every pass over a block reads it from the first-level cache, into which the first pass brought it: 10 KiB of float32
 * predictions and bytes. Where something is computed on the way (float32 from narrower types, sigmoids, gradients), it
 * lies in a workspace, and the blocks are shorter, so that both fit. The loss alone of byte targets takes one pass, so
 * that its blocks may be longer.
 */
#include "batch.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define DIRECT_BYTES (4 * BLOCK) /* of floats or doubles in a block without a workspace */
#define WORK_BLOCK 1024          /* elements in a block with one */
#define FROM_MEMORY (32 << 20)   /* bytes of an array that no cache is expected to hold */

static const uint64_t NO_TARGET[MASK_WORDS];

typedef struct workspace {
    double inputs[WORK_BLOCK], predictions[WORK_BLOCK], distances[WORK_BLOCK], gradient[WORK_BLOCK];
} workspace;

/* ---------------------------------------------------------------------------------------------------- blocks -- */

/* Elements start .. start + count - 1 of a batch. */
typedef struct block {
    int64_t start;
    int count;
    int positives;           /* elements whose target is positive */
    const void *predictions; /* with a workspace, as floats or doubles; logits where the batch has logits */
    const void *weights;     /* floats, or NULL */
    uint64_t mask[MASK_WORDS];
} block;

static int needs_workspace(const batch *b) {
    return b->is_logits || b->weights != NULL || (b->type->widen != NULL && b->is_strict);
}

/* Places the block of at most `most` elements from `start` on. */
static void place_block(const batch *b, int64_t start, int most, block *k) {
    const int64_t rest = b->count - start;
    k->start = start;
    k->count = rest < most ? (int)rest : most;
    k->weights = b->weights == NULL ? NULL : b->weights + sizeof(float) * (size_t)start;
    k->predictions = b->predictions == NULL ? NULL : b->predictions + b->type->size * start;
}

static void decode_block(const batch *b, block *k) {
    k->positives = b->decode(b->targets, b->targets_offset + k->start, k->count, 1, k->mask);
}

/* Places a block of the workspace's size, decodes its targets and widens its predictions. */
static void open_block(const batch *b, int64_t start, workspace *work, block *k) {
    place_block(b, start, WORK_BLOCK, k);
    decode_block(b, k);
    if (k->predictions != NULL && b->type->widen != NULL) {
        b->type->widen(k->predictions, k->count, work->inputs);
        k->predictions = work->inputs;
    }
}

/* ------------------------------------------------------------------------------------------------ strict mode -- */

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
    const int64_t first = b->targets_offset + k->start;
    const int zeros = b->decode(b->targets, first, k->count, 0, good);
    for (int i = 0; 64 * i < k->count; i++) {
        good[i] |= k->mask[i];
    }
    return first_clear(good, zeros + k->positives, k->count);
}

static int first_bad_weight(const batch *b, const block *k) {
    uint64_t good[MASK_WORDS];
    if (k->weights == NULL) {
        return k->count;
    }
    return first_clear(good, b->kernels->f32.wide->within(k->weights, k->count, 0, FLT_MAX, good), k->count);
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

static int check_block(const batch *b, const block *k, exactloss_violation *violation) {
    const int p = b->is_strict ? first_bad_prediction(b, k) : k->count;
    const int t = b->is_strict ? first_bad_target(b, k) : k->count;
    const int w = first_bad_weight(b, k);
    if (p < k->count && p <= t && p <= w) {
        name_violation(k->start + p, EXACTLOSS_PREDICTIONS, prediction_value(b, k, p), violation);
        return EXACTLOSS_ERROR_STRICT;
    }
    if (t < k->count && t <= w) {
        const int64_t index = k->start + t;
        name_violation(index, EXACTLOSS_TARGETS, b->target_value(b->targets, b->targets_offset + index), violation);
        return EXACTLOSS_ERROR_STRICT;
    }
    if (w < k->count) {
        name_violation(k->start + w, EXACTLOSS_WEIGHTS, float_value(k->weights, w), violation);
        return EXACTLOSS_ERROR_WEIGHT;
    }
    return EXACTLOSS_OK;
}

int exactloss_batch_check(const batch *b, exactloss_violation *violation) {
    workspace work;
    block k;
    for (int64_t start = 0; start < b->count; start += k.count) {
        open_block(b, start, &work, &k);
        const int status = check_block(b, &k, violation);
        if (status != EXACTLOSS_OK) {
            return status;
        }
    }
    return EXACTLOSS_OK;
}

/* -------------------------------------------------------------------------------------------------- gradients -- */

static void put_wide(const batch *b, double value, unsigned char *element) {
    const float narrow = (float)value;
    if (b->type->wide_size == sizeof narrow) {
        memcpy(element, &narrow, sizeof narrow);
    } else {
        memcpy(element, &value, sizeof value);
    }
}

void exactloss_gradient_factor(const batch *b, double upstream, int64_t divisor, gradient_output *gradient) {
    const int is_widened = b->is_logits && b->type->widen != NULL;
    double g = upstream; /* zeros, whose sign a sum does not keep, infinities and NaN */
    if (upstream != 0 && isfinite(upstream)) {
        exact_sum sum;
        exactloss_sum_init(&sum);
        exactloss_sum_add_double(&sum, upstream);
        g = exactloss_sum_round(&sum, divisor, is_widened ? b->kernels->f32.format : b->type->format);
    }
    put_wide(b, g, gradient->plus);
    put_wide(b, -g, gradient->minus);
}

/* Whether a gradient is written past the caches, which saves reading what is overwritten; sigmoids take longer. */
static int is_streamed(const batch *b, const gradient_output *g) {
    return !g->is_accumulated && !b->is_logits && b->count >= FROM_MEMORY / b->type->size;
}

/* Whether the kernels can write a gradient where it belongs. */
static int is_in_place(const batch *b, const gradient_output *g) {
    return b->type->narrow == NULL && !g->is_accumulated && !is_streamed(b, g);
}

/* Rounds a block's gradient, floats or doubles in the workspace, and adds or writes it where it belongs. */
static void put_gradient(const batch *b, const block *k, const gradient_output *g, workspace *work) {
    const real_type *type = b->type;
    unsigned char *out = g->array + type->size * k->start;
    if (type->narrow != NULL && (g->is_accumulated || is_streamed(b, g))) {
        type->narrow(work->gradient, k->count, work->distances);
    }
    if (is_streamed(b, g)) {
        const double *values = type->narrow == NULL ? work->gradient : work->distances;
        b->kernels->stream(values, (size_t)type->size * (size_t)k->count, out);
    } else if (type->narrow == NULL) {
        type->wide->add(work->gradient, k->count, out);
    } else if (g->is_accumulated) {
        /* What is added is what would be written otherwise. */
        type->widen(work->distances, k->count, work->gradient);
        type->widen(out, k->count, work->inputs);
        type->wide->add(work->gradient, k->count, work->inputs);
        type->narrow(work->inputs, k->count, out);
    } else {
        type->narrow(work->gradient, k->count, out);
    }
}

static void end_gradient(const batch *b, const gradient_output *g) {
    if (is_streamed(b, g)) {
        b->kernels->stream_end();
    }
}

/* Writes -g or +g for each target of a block. */
static void step_gradient(const batch *b, const block *k, const gradient_output *g, workspace *work) {
    if (is_in_place(b, g)) {
        b->type->select(k->mask, g->minus, 1, g->plus, 1, k->count, g->array + b->type->size * k->start);
    } else {
        b->type->select_wide(k->mask, g->minus, 1, g->plus, 1, k->count, work->gradient);
        put_gradient(b, k, g, work);
    }
}

void exactloss_batch_gradient(const batch *b, const gradient_output *g) {
    workspace work;
    block k;
    for (int64_t start = 0; start < b->count; start += k.count) {
        open_block(b, start, &work, &k);
        step_gradient(b, &k, g, &work);
    }
    end_gradient(b, g);
}

/* ----------------------------------------------------------------------------------------------------- losses -- */

/* Counts the predictions of a block that are positive: so many, `hits` of them rightly. */
static void add_counts(totals *t, int positive, int hits) {
    t->true_positives += hits;
    t->false_positives += positive - hits;
}

/* Adds w*d for each element, where d is a value, or with a mask 1 - value where it is set. */
static void add_weighted(const batch *b, const block *k, const void *values, const uint64_t *mask, workspace *work,
                         totals *t) {
    static const float ZERO = 0;
    const real_kernels *floats = b->kernels->f32.wide;
    b->type->wide->sum_products(values, k->weights, mask, k->count, &t->sum);
    if (mask != NO_TARGET) {
        b->kernels->select_32(mask, k->weights, 0, &ZERO, 1, k->count, work->gradient);
        floats->sum(work->gradient, NO_TARGET, 0, k->count, &t->sum);
    }
    floats->sum(k->weights, NO_TARGET, 0, k->count, &t->weights);
    t->weighted += k->count;
}

/* Makes the sigmoids of a block's logits, and their gradient unless g is NULL. */
static void open_logits(const batch *b, const block *k, const gradient_output *g, int with_predictions,
                        workspace *work) {
    void *gradient = NULL;
    if (g != NULL) {
        gradient = is_in_place(b, g) ? (void *)(g->array + b->type->size * k->start) : work->gradient;
    }
    b->type->wide->sigmoid(k->predictions, k->mask, k->count, g == NULL ? NULL : g->plus,
                           with_predictions ? work->predictions : NULL, work->distances, gradient);
}

/* Adds a block by way of the workspace. smallest: see exactloss_smallest_above(); NULL where nothing is counted. */
static void total_block(const batch *b, const block *k, const double *smallest, const gradient_output *g,
                        workspace *work, totals *t) {
    const void *predictions = k->predictions, *values = k->predictions;
    const uint64_t *mask = k->mask;
    if (b->is_logits) {
        open_logits(b, k, g, smallest != NULL, work);
        predictions = work->predictions;
        values = work->distances;
        mask = NO_TARGET;
    }
    if (k->weights != NULL) {
        add_weighted(b, k, values, mask, work, t);
    } else {
        b->type->wide->sum(values, mask, b->is_logits ? 0 : k->positives, k->count, &t->sum);
    }
    if (smallest != NULL) {
        int hits;
        const int positive = b->type->wide->count_at_least(predictions, k->mask, k->count, *smallest, &hits);
        add_counts(t, positive, hits);
    }
    t->positives += k->positives;
    if (g != NULL && !b->is_logits) {
        step_gradient(b, k, g, work);
    } else if (g != NULL && !is_in_place(b, g)) {
        put_gradient(b, k, g, work);
    }
}

/* Adds the batch by way of a workspace. */
static __attribute__((noinline)) int total_by_workspace(const batch *b, const double *smallest, totals *t,
                                                        const gradient_output *g, exactloss_violation *violation) {
    workspace work;
    block k;
    for (int64_t start = 0; start < b->count; start += k.count) {
        open_block(b, start, &work, &k);
        if (g == NULL && (b->is_strict || b->weights != NULL)) {
            const int status = check_block(b, &k, violation);
            if (status != EXACTLOSS_OK) {
                return status;
            }
        }
        total_block(b, &k, smallest, g, &work, t);
    }
    if (g != NULL) {
        end_gradient(b, g);
    }
    return EXACTLOSS_OK;
}

static int total_directly(const batch *b, const double *smallest, totals *t, exactloss_violation *violation) {
    const real_type *type = b->type;
    block k;
    for (int64_t start = 0; start < b->count; start += k.count) {
        place_block(b, start, DIRECT_BYTES / type->wide_size, &k);
        decode_block(b, &k);
        if (b->is_strict) {
            const int status = check_block(b, &k, violation);
            if (status != EXACTLOSS_OK) {
                return status;
            }
        }
        t->positives += k.positives;
        if (smallest == NULL) {
            type->sum(k.predictions, k.mask, k.positives, k.count, &t->sum);
        } else {
            int hits;
            const int positive =
                type->sum_and_count(k.predictions, k.mask, k.positives, k.count, *smallest, &hits, &t->sum);
            add_counts(t, positive, hits);
        }
    }
    return EXACTLOSS_OK;
}

/*
 * The commonest batch, and the shortest way: the loss alone, of targets that are bytes. Not where they come from memory,
 * which gives a block's targets and then its predictions a tenth faster than both at once.
 */
static int is_by_bytes(const batch *b) {
    return b->decode == b->kernels->decode_u8 && !b->is_strict && !needs_workspace(b) &&
           b->count < FROM_MEMORY / b->type->size;
}

static void total_by_bytes(const batch *b, totals *t) {
    const real_type *type = b->type;
    const unsigned char *bytes = (const unsigned char *)b->targets + b->targets_offset;
    for (int64_t start = 0; start < b->count; start += LONG_BLOCK) {
        const int count = (int)(b->count - start < LONG_BLOCK ? b->count - start : LONG_BLOCK);
        t->positives += type->sum_by_bytes(b->predictions + type->size * start, bytes + start, count, &t->sum);
    }
}

int exactloss_batch_total(const batch *b, const double *threshold, totals *t, const gradient_output *g,
                          exactloss_violation *violation) {
    const double smallest = threshold == NULL ? NAN : exactloss_smallest_above(*threshold, b->type->wide_size);
    const double *least = isnan(smallest) ? NULL : &smallest; /* what nothing is above needs no counting */
    t->count += b->count;
    if (least == NULL && g == NULL && is_by_bytes(b)) {
        total_by_bytes(b, t);
        return EXACTLOSS_OK;
    }
    const int status = g != NULL && b->is_strict ? exactloss_batch_check(b, violation) : EXACTLOSS_OK;
    if (status != EXACTLOSS_OK) {
        return status;
    }
    return g != NULL || needs_workspace(b) ? total_by_workspace(b, least, t, g, violation)
                                           : total_directly(b, least, t, violation);
}

/* ----------------------------------------------------------------------------------------------------- arrays -- */

void exactloss_batch_distances(const batch *b, unsigned char *distances) {
    const real_type *type = b->type;
    workspace work;
    block k;
    for (int64_t start = 0; start < b->count; start += k.count) {
        open_block(b, start, &work, &k);
        unsigned char *out = distances + type->size * start;
        void *wide = type->narrow == NULL ? (void *)out : work.distances;
        if (b->is_logits) {
            type->wide->sigmoid(k.predictions, k.mask, k.count, NULL, NULL, wide, NULL);
        } else {
            type->wide->distances(k.predictions, k.mask, k.count, wide);
        }
        if (type->narrow != NULL && b->is_logits) {
            type->narrow(work.distances, k.count, out);
        } else if (type->narrow != NULL) {
            /* The predictions themselves, where they are the distances: a NaN keeps its bits. */
            type->narrow(work.distances, k.count, work.gradient);
            type->select(k.mask, work.gradient, 0, b->predictions + type->size * start, 0, k.count, out);
        }
    }
}

void exactloss_batch_sigmoid(const batch *b, unsigned char *sigmoids) {
    const real_type *type = b->type;
    workspace work;
    for (int64_t start = 0; start < b->count; start += WORK_BLOCK) {
        const int count = b->count - start < WORK_BLOCK ? (int)(b->count - start) : WORK_BLOCK;
        const unsigned char *x = b->predictions + type->size * start;
        unsigned char *out = sigmoids + type->size * start;
        if (type->widen == NULL) {
            type->wide->sigmoid(x, NO_TARGET, count, NULL, out, NULL, NULL);
        } else {
            type->widen(x, count, work.inputs);
            type->wide->sigmoid(work.inputs, NO_TARGET, count, NULL, work.predictions, NULL, NULL);
            type->narrow(work.predictions, count, out);
        }
    }
}
