/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sums and counts of a batch. There is one way for a block, total_block(). Beside it stand special ways, which
 * measurements have shown to be faster (docs/numerics.md). One is for a gradient of predictions alone,
 *     write_gradient             without any sum
 * and two for the sum of the distances of predictions, without weights and without a gradient:
 *     total_by_bytes             byte targets from a cache: decoded in the pass that sums
 *     total_directly             any targets: no workspace, and counts in the pass that sums
 * The loss of one block of byte targets needs no batch at all: see cpu/block_loss.h.
 */
#include "block.h"

#include <math.h>

#define DIRECT_BYTES (4 * BLOCK) /* of floats or doubles in a block without a workspace */

/* ------------------------------------------------------------------------------------------------------- losses -- */

/* Adds the counts of a block: `positive` predictions are positive, `hits` of them with a positive target. */
static void add_counts(totals *t, int positive, int hits) {
    t->true_positives += hits;
    t->false_positives += positive - hits;
}

/* Adds the values of a block. With a mask, the values are predictions, and their distances are added. */
static void add_values(const batch *b, const block *k, const void *values, const uint64_t *mask, summation *s) {
    if (k->weights.array != NULL) {
        b->type->wide->sum_weighted(values, k->weights, mask, k->count, s);
    } else {
        b->type->wide->sum(values, mask, mask == NO_TARGET ? 0 : k->positives, k->count, s);
    }
}

/* The sums of a batch so far. */
typedef struct sums {
    summation distances, squares; /* w·d and w·d²; without a sum where no loss needs it */
    summation losses[LOSS_COUNT];
    summation weights;
} sums;

/* Losses that have a sum in common have that of the first of them. */
static void open_sums(const batch *b, totals *t, sums *s) {
    const int linear = b->losses & LINEAR_LOSSES, square = b->losses & SQUARE_LOSSES;
    s->distances = (summation){.sum = linear != 0 ? &t->sums[exactloss_first_loss(linear)] : NULL};
    s->squares = (summation){.sum = square != 0 ? &t->sums[exactloss_first_loss(square)] : NULL};
    s->weights = (summation){.sum = &t->weights};
    for (int i = 0; i < LOSS_COUNT; i++) {
        s->losses[i] = (summation){.sum = &t->sums[i]};
    }
}

/* Completes the sums of the losses that are linear or squares. */
static void close_sums(const batch *b, const sums *s, totals *t) {
    for (int i = 0; i < LOSS_COUNT; i++) {
        const int loss = b->losses & 1 << i;
        const exact_sum *sum = (loss & LINEAR_LOSSES) != 0 ? s->distances.sum : s->squares.sum;
        if ((loss & ~VALUE_LOSSES) != 0 && sum != &t->sums[i]) {
            t->sums[i] = *sum;
        }
    }
    for (int i = 0; i < LOSS_COUNT; i++) {
        if ((b->losses >> i & 1) != 0 && exactloss_losses[i].linear > 1) {
            exactloss_sum_multiply(&t->sums[i], exactloss_losses[i].linear);
        }
    }
}

/* Adds the squares of predictions' distances, or with NO_TARGET of distances, if they are summed. */
static void add_squares(const batch *b, const block *k, const void *values, const uint64_t *mask, sums *s) {
    if (s->squares.sum != NULL) {
        b->type->wide->sum_squares(values, k->weights, mask, k->count, &s->squares);
    }
}

/* Adds the values of a loss, which lie in the workspace. */
static void add_loss(const batch *b, const block *k, int loss, workspace *work, summation *s) {
    exactloss_clamp_values(b, loss, k->count, work->values);
    add_values(b, k, work->values, NO_TARGET, s);
}

/*
 * One pass over the logits of a block. It writes the loss's values if they are summed, what is `left` to the first pass,
 * and the gradient unless g is NULL.
 */
static void take_logits(const batch *b, const block *k, int loss, const gradient_output *g, logit_outputs *left,
                        workspace *work, sums *s) {
    const int is_summed = (b->losses & VALUE_LOSSES & 1 << loss) != 0;
    left->values = is_summed ? work->values : NULL;
    left->gradient = g == NULL ? NULL : exactloss_gradient_of_block(b, k, g, work);
    b->type->wide->losses[loss].from_logits(k->predictions, k->mask, k->count, g == NULL ? NULL : g->factor, *left);
    left->predictions = NULL;
    left->distances = NULL;
    left->sum = NULL;
    if (is_summed) {
        add_loss(b, k, loss, work, &s->losses[loss]);
    }
}

/*
 * Of a block of logits, adds the losses, and writes a gradient unless g is NULL, and the sigmoids likewise. A gradient may
 * take the place of the logits, so its pass is the last one.
 */
static void total_logits(const batch *b, const block *k, const gradient_output *g, void *predictions, workspace *work,
                         sums *s) {
    const int has_linear = s->distances.sum != NULL, is_weighted = k->weights.array != NULL;
    const int summed = b->losses & VALUE_LOSSES;
    const int last = g != NULL ? g->loss : exactloss_first_loss(summed != 0 ? summed : b->losses);
    logit_outputs left = {.predictions = predictions,
                          .distances = has_linear || s->squares.sum != NULL ? work->distances : NULL,
                          .sum = has_linear && !is_weighted ? &s->distances : NULL};
    for (int i = 0; i < LOSS_COUNT; i++) {
        if (i != last && (summed >> i & 1) != 0) {
            take_logits(b, k, i, NULL, &left, work, s);
        }
    }
    take_logits(b, k, last, g, &left, work, s);
    if (has_linear && is_weighted) {
        add_values(b, k, work->distances, NO_TARGET, &s->distances);
    }
    add_squares(b, k, work->distances, NO_TARGET, s);
    if (g != NULL) {
        exactloss_put_gradient(b, k, g, work);
    }
}

/* Adds the losses of a block of predictions. */
static void total_predictions(const batch *b, const block *k, workspace *work, sums *s) {
    const int summed = b->losses & VALUE_LOSSES;
    for (int i = 0; i < LOSS_COUNT; i++) {
        if ((summed >> i & 1) != 0) {
            b->type->wide->losses[i].values(k->predictions, k->mask, k->count, work->values);
            add_loss(b, k, i, work, &s->losses[i]);
        }
    }
    if (s->distances.sum != NULL) {
        add_values(b, k, k->predictions, k->mask, &s->distances);
    }
    add_squares(b, k, k->predictions, k->mask, s);
}

/*
 * Adds a block. smallest: see exactloss_smallest_above(); NULL where nothing is counted. The gradient comes last, as
 * it may take the place of the predictions.
 */
static void total_block(const batch *b, const block *k, const double *smallest, const gradient_output *g,
                        workspace *work, sums *s, totals *t) {
    const void *predictions = b->is_logits ? work->predictions : k->predictions;
    if (b->is_logits) {
        total_logits(b, k, g, smallest == NULL ? NULL : work->predictions, work, s);
    } else {
        total_predictions(b, k, work, s);
    }
    if (smallest != NULL) {
        int hits;
        const int positive = b->type->wide->count_at_least(predictions, k->mask, k->count, *smallest, &hits);
        add_counts(t, positive, hits);
    }
    if (k->weights.array != NULL) {
        b->kernels->f32.wide->sum(k->weights.array, NO_TARGET, 0, k->count, &s->weights);
        t->weighted += k->count;
    }
    t->positives += k->positives;
    if (g != NULL && !b->is_logits) {
        exactloss_compute_gradient(b, k, g, work);
    }
}

/* Adds the batch by way of a workspace. */
static __attribute__((noinline)) int total_by_workspace(const batch *b, const double *smallest, totals *t,
                                                        const gradient_output *g, exactloss_violation *violation) {
    workspace work;
    block k;
    sums s;
    open_sums(b, t, &s);
    for (int64_t start = 0; start < b->count; start += k.count) {
        exactloss_open_block(b, start, &work, &k);
        exactloss_weigh_block(b, &k);
        if (g == NULL && b->is_unchecked) {
            const int status = exactloss_check_block(b, &k, violation);
            if (status != EXACTLOSS_OK) {
                return status;
            }
        }
        total_block(b, &k, smallest, g, &work, &s, t);
    }
    close_sums(b, &s, t);
    if (g != NULL) {
        exactloss_end_gradient(b, g);
    }
    return EXACTLOSS_OK;
}

/* ------------------------------------------------------------------------------------------------- special ways -- */

/* A gradient of predictions without any sum. */
static __attribute__((noinline)) void write_gradient(const batch *b, const gradient_output *g) {
    workspace work;
    block k;
    for (int64_t start = 0; start < b->count; start += k.count) {
        exactloss_open_block(b, start, &work, &k);
        exactloss_compute_gradient(b, &k, g, &work);
    }
    exactloss_end_gradient(b, g);
}

/* Whether a batch is the sum of the distances of predictions, without weights. */
static int is_linear_sum(const batch *b) {
    return !b->is_logits && b->weights == NULL && exactloss_is_one_loss(b->losses & DISTANCE_LOSSES) &&
           (b->losses & ~DISTANCE_LOSSES) == 0;
}

/* Whether no cache is expected to hold the predictions. */
static int is_from_memory(const batch *b) { return b->count >= FROM_MEMORY / b->type->size; }

static int total_directly(const batch *b, const double *smallest, totals *t, exactloss_violation *violation) {
    const real_type *type = b->type;
    summation s = {.sum = &t->sums[exactloss_first_loss(b->losses)], .is_from_memory = is_from_memory(b)};
    block k;
    for (int64_t start = 0; start < b->count; start += k.count) {
        exactloss_place_block(b, start, DIRECT_BYTES / type->wide_size, &k);
        exactloss_decode_block(b, &k);
        if (b->is_unchecked) {
            const int status = exactloss_check_block(b, &k, violation);
            if (status != EXACTLOSS_OK) {
                return status;
            }
        }
        t->positives += k.positives;
        if (smallest == NULL) {
            type->sum(k.predictions, k.mask, k.positives, k.count, &s);
        } else {
            int hits;
            const int positive = type->sum_and_count(k.predictions, k.mask, k.positives, k.count, *smallest, &hits, &s);
            add_counts(t, positive, hits);
        }
    }
    return EXACTLOSS_OK;
}

/*
 * Not for arrays that come from memory: reading a block's targets and then its predictions is a tenth faster than
 * reading both at once.
 */
static int is_by_bytes(const batch *b) { return b->target_type->size == 1 && !b->is_unchecked && !is_from_memory(b); }

static void total_by_bytes(const batch *b, totals *t) {
    const real_type *type = b->type;
    summation s = {.sum = &t->sums[exactloss_first_loss(b->losses)]};
    for (int64_t start = 0; start < b->count; start += LONG_BLOCK) {
        const int count = (int)(b->count - start < LONG_BLOCK ? b->count - start : LONG_BLOCK);
        const unsigned char *targets = b->targets + b->first_target + start;
        t->positives += type->sum_by_bytes(b->predictions + type->size * start, targets, count, &s);
    }
}

/* ------------------------------------------------------------------------------------------------------ batches -- */

/* The shortest of the ways that a batch can take. */
static int total_in_blocks(const batch *b, const double *smallest, totals *t, const gradient_output *g,
                           exactloss_violation *violation) {
    if (g == NULL && is_linear_sum(b)) {
        const int is_narrow = b->type->widen != NULL && b->is_strict; /* elements must be widened to be checked */
        if (smallest == NULL && is_by_bytes(b)) {
            total_by_bytes(b, t);
            return EXACTLOSS_OK;
        }
        if (!is_narrow) {
            return total_directly(b, smallest, t, violation);
        }
    }
    const int status = g != NULL && b->is_unchecked ? exactloss_batch_check(b, violation) : EXACTLOSS_OK;
    if (status == EXACTLOSS_OK && g != NULL && b->losses == 0 && !b->is_logits) {
        write_gradient(b, g);
        return EXACTLOSS_OK;
    }
    return status != EXACTLOSS_OK ? status : total_by_workspace(b, smallest, t, g, violation);
}

int exactloss_batch_total(const batch *b, const double *threshold, totals *t, const gradient_output *g,
                          exactloss_violation *violation) {
    const double smallest = threshold == NULL ? NAN : exactloss_smallest_above(*threshold, b->type->wide_size);
    const double *least = isnan(smallest) ? NULL : &smallest; /* nothing is above it: no need to count */
    const int status = total_in_blocks(b, least, t, g, violation);
    t->count = b->count;
    return status;
}
