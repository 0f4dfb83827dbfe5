/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sums and counts of a batch. There is one way for a block, total_block(). Beside it stand special ways, which
 * measurements have shown to be faster (docs/numerics.md). One is for a gradient of predictions alone,
 *     write_gradient             without any sum
 * and three for the sum of one linear loss of predictions, without weights and without a gradient:
 *     exactloss_loss_of_block    one block of byte targets: without a batch at all
 *     total_by_bytes             byte targets from a cache: decoded in the pass that sums
 *     total_directly             any targets: no workspace, and counts in the pass that sums
 */
#include "arguments.h"
#include "block.h"
#include "fp_environment.h"

#include <math.h>

#define DIRECT_BYTES (4 * BLOCK) /* of floats or doubles in a block without a workspace */

static const uint64_t NO_TARGET[MASK_WORDS];

/* ------------------------------------------------------------------------------------------------------- losses -- */

/* Adds the counts of a block: `positive` predictions are positive, `hits` of them with a positive target. */
static void add_counts(totals *t, int positive, int hits) {
    t->true_positives += hits;
    t->false_positives += positive - hits;
}

/* Adds w·v for each element, where v is a value, or with a mask 1 - value where it is set. */
static void add_weighted(const batch *b, const block *k, const void *values, const uint64_t *mask, workspace *work,
                         summation *s) {
    static const float ZERO = 0;
    b->type->wide->sum_products(values, k->weights, mask, k->count, s);
    if (mask != NO_TARGET) {
        summation weights = {s->sum, 0};
        b->kernels->select_32(mask, k->weights, 0, &ZERO, 1, k->count, work->weights);
        b->kernels->f32.wide->sum(work->weights, NO_TARGET, 0, k->count, &weights);
    }
}

/* Adds the values of a block. With a mask, the values are predictions, and their distances are added. */
static void add_values(const batch *b, const block *k, const void *values, const uint64_t *mask, workspace *work,
                       summation *s) {
    if (k->weights != NULL) {
        add_weighted(b, k, values, mask, work, s);
    } else {
        b->type->wide->sum(values, mask, mask == NO_TARGET ? 0 : k->positives, k->count, s);
    }
}

/* Adds a loss of a block of predictions. */
static void total_predictions(const batch *b, const block *k, int loss, workspace *work, summation *s) {
    if (exactloss_losses[loss].linear != 0) {
        add_values(b, k, k->predictions, k->mask, work, s);
    } else {
        b->type->wide->losses[loss].values(k->predictions, k->mask, k->count, work->values);
        add_values(b, k, work->values, NO_TARGET, work, s);
    }
}

/*
 * For a block of logits: adds a loss unless s is NULL, writes its gradient unless g is NULL, and the sigmoids unless
 * predictions is NULL.
 */
static void total_logits(const batch *b, const block *k, int loss, const gradient_output *g, void *predictions,
                         workspace *work, summation *s) {
    b->type->wide->losses[loss].from_logits(k->predictions, k->mask, k->count, g == NULL ? NULL : g->factor,
                                            predictions, s == NULL ? NULL : work->values,
                                            g == NULL ? NULL : exactloss_gradient_of_block(b, k, g, work));
    if (s != NULL) {
        add_values(b, k, work->values, NO_TARGET, work, s);
    }
    if (g != NULL) {
        exactloss_put_gradient(b, k, g, work);
    }
}

/* The sums of a batch so far. */
typedef struct sums {
    summation losses[LOSS_COUNT], weights;
} sums;

/*
 * Adds a block. smallest: see exactloss_smallest_above(); NULL where nothing is counted. The gradient comes last, as
 * it may take the place of the predictions.
 */
static void total_block(const batch *b, const block *k, const double *smallest, const gradient_output *g,
                        workspace *work, sums *s, totals *t) {
    const int last = g != NULL && b->is_logits ? g->loss : LOSS_COUNT; /* in the pass that gives the gradient */
    const void *predictions = b->is_logits ? work->predictions : k->predictions;
    void *sigmoids = smallest == NULL ? NULL : work->predictions;
    for (int i = 0; b->losses >> i != 0; i++) {
        if ((b->losses >> i & 1) == 0 || i == last) {
            continue;
        }
        if (b->is_logits) {
            total_logits(b, k, i, NULL, sigmoids, work, &s->losses[i]);
            sigmoids = NULL;
        } else {
            total_predictions(b, k, i, work, &s->losses[i]);
        }
    }
    if (last < LOSS_COUNT) {
        total_logits(b, k, last, g, sigmoids, work, (b->losses >> last & 1) != 0 ? &s->losses[last] : NULL);
    }
    if (smallest != NULL) {
        int hits;
        const int positive = b->type->wide->count_at_least(predictions, k->mask, k->count, *smallest, &hits);
        add_counts(t, positive, hits);
    }
    if (k->weights != NULL) {
        b->kernels->f32.wide->sum(k->weights, NO_TARGET, 0, k->count, &s->weights);
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
    sums s = {.weights = {&t->weights, 0}};
    for (int i = 0; i < LOSS_COUNT; i++) {
        s.losses[i] = (summation){&t->sums[i], 0};
    }
    for (int64_t start = 0; start < b->count; start += k.count) {
        exactloss_open_block(b, start, &work, &k);
        if (g == NULL && b->is_unchecked) {
            const int status = exactloss_check_block(b, &k, violation);
            if (status != EXACTLOSS_OK) {
                return status;
            }
        }
        total_block(b, &k, smallest, g, &work, &s, t);
    }
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

/* Whether a batch is the sum of one linear loss of predictions, without weights. */
static int is_linear_sum(const batch *b) {
    return !b->is_logits && b->weights == NULL && exactloss_is_one_loss(b->losses) && (b->losses & ~LINEAR_LOSSES) == 0;
}

static int total_directly(const batch *b, const double *smallest, totals *t, exactloss_violation *violation) {
    const real_type *type = b->type;
    summation s = {&t->sums[exactloss_first_loss(b->losses)], 0};
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
static int is_by_bytes(const batch *b) {
    return b->target_type->size == 1 && !b->is_unchecked && b->count < FROM_MEMORY / b->type->size;
}

static void total_by_bytes(const batch *b, totals *t) {
    const real_type *type = b->type;
    summation s = {&t->sums[exactloss_first_loss(b->losses)], 0};
    for (int64_t start = 0; start < b->count; start += LONG_BLOCK) {
        const int count = (int)(b->count - start < LONG_BLOCK ? b->count - start : LONG_BLOCK);
        const unsigned char *targets = b->targets + b->first_target + start;
        t->positives += type->sum_by_bytes(b->predictions + type->size * start, targets, count, &s);
    }
}

int exactloss_loss_of_block(int options, const void *predictions, const void *targets, int64_t count, double *loss) {
    const exactloss_kernels *kernels = exactloss_dispatch();
    if (kernels == NULL) {
        return EXACTLOSS_ERROR_MAX_ISA;
    }
    exact_sum sum;
    exactloss_sum_init(&sum);
    summation s = {&sum, 0};
    const fp_environment saved = fp_environment_enter();
    exactloss_real_type(kernels, options)->sum_by_bytes(predictions, targets, (int)count, &s);
    exactloss_sum_divide(&sum, (options & EXACTLOSS_MEAN) != 0 ? count : 1, loss, NULL);
    fp_environment_leave(saved);
    return EXACTLOSS_OK;
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
    for (int i = 0; i < LOSS_COUNT && !b->is_logits; i++) {
        /* For a linear loss of predictions, the distances have been summed. */
        if (exactloss_losses[i].linear > 1) {
            exactloss_sum_multiply(&t->sums[i], exactloss_losses[i].linear);
        }
    }
    return status;
}
