/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch is read block by block. Every pass over a block reads it from the first-level cache, into which the first pass
 * brought it. Where something is computed on the way (float32 from narrower types, sigmoids, values, gradients), it lies in
 * a workspace, and the blocks are shorter, so that both fit.
 *
 * There is one way for a block, total_block(). Beside it stand three special ways for the sum of one linear loss of
 * predictions, without weights and without a gradient, each of which a measurement has earned its place (numerics.md):
 *     exactloss_loss_of_block    one block of byte targets: without a batch at all
 *     total_by_bytes             byte targets from a cache: decoded in the pass that sums
 *     total_directly             any targets: no workspace, and counts in the pass that sums
 */
#include "batch.h"

#include "arguments.h"
#include "fp_environment.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define DIRECT_BYTES (4 * BLOCK) /* of floats or doubles in a block without a workspace */
#define WORK_BLOCK 1024          /* elements in a block with one */
#define FROM_MEMORY (32 << 20)   /* bytes of an array that no cache is expected to hold */

static const uint64_t NO_TARGET[MASK_WORDS];

/* What is computed of a block, as floats or doubles unless it says otherwise. */
typedef struct workspace {
    double inputs[WORK_BLOCK];      /* predictions or logits of a narrower type, widened */
    double predictions[WORK_BLOCK]; /* of logits */
    double values[WORK_BLOCK];      /* of a loss */
    double gradient[WORK_BLOCK];
    union {
        float weights[WORK_BLOCK];   /* those of positive targets, 0 for the others */
        uint16_t narrow[WORK_BLOCK]; /* values or a gradient, rounded to a narrower type */
    };
} workspace;

/* ------------------------------------------------------------------------------------------------------- blocks -- */

/* Elements start .. start + count - 1 of a batch. */
typedef struct block {
    int64_t start;
    int count;
    int positives;           /* elements whose target is positive */
    const void *predictions; /* with a workspace, as floats or doubles; logits where the batch has logits */
    const void *weights;     /* floats, or NULL */
    uint64_t mask[MASK_WORDS];
} block;

/* Places the block of at most `most` elements from `start` on. */
static void place_block(const batch *b, int64_t start, int most, block *k) {
    const int64_t rest = b->count - start;
    k->start = start;
    k->count = rest < most ? (int)rest : most;
    k->weights = b->weights == NULL ? NULL : b->weights + sizeof(float) * (size_t)start;
    k->predictions = b->predictions == NULL ? NULL : b->predictions + b->type->size * start;
}

static int decode_targets(const batch *b, const block *k, uint64_t wanted, uint64_t relevant, uint64_t *mask) {
    return b->decode(b->targets, b->first_target + k->start, k->count, wanted, relevant, mask);
}

static void decode_block(const batch *b, block *k) {
    k->positives = decode_targets(b, k, b->target_type->one, UINT64_MAX, k->mask);
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

/* -------------------------------------------------------------------------------------------- elements to refuse -- */

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
    const int zeros = decode_targets(b, k, 0, b->target_type->magnitude, good);
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
        const unsigned char *target = b->targets + b->target_type->size * (b->first_target + index);
        name_violation(index, EXACTLOSS_TARGETS, exactloss_target_value(b->target_type, target), violation);
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
    for (int64_t start = 0; start < b->count && b->is_unchecked; start += k.count) {
        open_block(b, start, &work, &k);
        const int status = check_block(b, &k, violation);
        if (status != EXACTLOSS_OK) {
            return status;
        }
    }
    return EXACTLOSS_OK;
}

/* ---------------------------------------------------------------------------------------------------- gradients -- */

void exactloss_gradient_factor(const batch *b, double upstream, int64_t divisor, gradient_output *gradient) {
    const int is_widened = b->is_logits && b->type->widen != NULL;
    double g = upstream; /* zeros, whose sign a sum does not keep, infinities and NaN */
    if (upstream != 0 && isfinite(upstream)) {
        exact_sum sum;
        exactloss_sum_init(&sum);
        exactloss_sum_add_double(&sum, upstream);
        g = exactloss_sum_round(&sum, divisor, is_widened ? b->kernels->f32.format : b->type->format);
    }
    const float narrow = (float)g;
    if (b->type->wide_size == sizeof narrow) {
        memcpy(gradient->factor, &narrow, sizeof narrow);
    } else {
        memcpy(gradient->factor, &g, sizeof g);
    }
}

/* It is ±cg where the loss is c times the distance. */
int exactloss_is_gradient_of_targets(const batch *b, const gradient_output *g) {
    return !b->is_logits && exactloss_losses[g->loss].linear != 0;
}

/* Whether a gradient is written past the caches, which saves reading what is overwritten; sigmoids take longer. */
static int is_streamed(const batch *b, const gradient_output *g) {
    return !g->is_accumulated && !b->is_logits && b->count >= FROM_MEMORY / b->type->size;
}

/* Whether the kernels can write a gradient where it belongs. */
static int is_in_place(const batch *b, const gradient_output *g) {
    return b->type->narrow == NULL && !g->is_accumulated && b->weights == NULL && !is_streamed(b, g);
}

/* Where the kernels write the gradient of a block. */
static void *gradient_of_block(const batch *b, const block *k, const gradient_output *g, workspace *work) {
    return is_in_place(b, g) ? (void *)(g->array + b->type->size * k->start) : work->gradient;
}

/* Weights a block's gradient in the workspace, rounds it, and adds or writes it where it belongs. */
static void put_gradient(const batch *b, const block *k, const gradient_output *g, workspace *work) {
    const real_type *type = b->type;
    unsigned char *out = g->array + type->size * k->start;
    if (is_in_place(b, g)) {
        return;
    }
    if (k->weights != NULL) {
        type->wide->multiply(k->weights, k->count, work->gradient);
    }
    const void *rounded = work->gradient;
    if (type->narrow != NULL) {
        type->narrow(work->gradient, k->count, work->narrow);
        rounded = work->narrow;
    }
    const size_t size = (size_t)type->size * (size_t)k->count;
    if (is_streamed(b, g)) {
        b->kernels->stream(rounded, size, out);
    } else if (!g->is_accumulated) {
        memcpy(out, rounded, size);
    } else if (type->narrow == NULL) {
        type->wide->add(rounded, k->count, out);
    } else {
        /* What is added is what would be written otherwise. */
        type->widen(work->narrow, k->count, work->gradient);
        type->widen(out, k->count, work->values);
        type->wide->add(work->gradient, k->count, work->values);
        type->narrow(work->values, k->count, out);
    }
}

/* Writes the gradient of a block of predictions. */
static void compute_gradient(const batch *b, const block *k, const gradient_output *g, workspace *work) {
    const loss_kernels *loss = &b->type->wide->losses[g->loss];
    void *gradient = gradient_of_block(b, k, g, work);
    if (exactloss_is_gradient_of_targets(b, g)) {
        /* One element stands for all with a positive target, and one for the others. */
        static const uint64_t SECOND = 2;
        static const double ZEROS[2] = {0, 0};
        const int size = b->type->wide_size;
        unsigned char steps[2 * sizeof(double)];
        loss->gradient(ZEROS, &SECOND, 2, g->factor, steps);
        b->type->select_wide(k->mask, steps + size, 1, steps, 1, k->count, gradient);
    } else {
        loss->gradient(k->predictions, k->mask, k->count, g->factor, gradient);
    }
    put_gradient(b, k, g, work);
}

/* ------------------------------------------------------------------------------------------------------- losses -- */

/* Counts the predictions of a block that are positive: so many, `hits` of them rightly. */
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

/* Adds the values of a block. With a mask, they are predictions, of which the distances are added. */
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

/* Of a block of logits, adds a loss unless s is NULL, writes its gradient unless g is, and the sigmoids likewise. */
static void total_logits(const batch *b, const block *k, int loss, const gradient_output *g, void *predictions,
                         workspace *work, summation *s) {
    b->type->wide->losses[loss].from_logits(k->predictions, k->mask, k->count, g == NULL ? NULL : g->factor,
                                            predictions, s == NULL ? NULL : work->values,
                                            g == NULL ? NULL : gradient_of_block(b, k, g, work));
    if (s != NULL) {
        add_values(b, k, work->values, NO_TARGET, work, s);
    }
    if (g != NULL) {
        put_gradient(b, k, g, work);
    }
}

/* The sums of a batch so far. */
typedef struct sums {
    summation losses[LOSS_COUNT], weights;
} sums;

/*
 * Adds a block. smallest: see exactloss_smallest_above(); NULL where nothing is counted. The gradient comes last, as it may
 * take the place of the predictions.
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
        compute_gradient(b, k, g, work);
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
        open_block(b, start, &work, &k);
        if (g == NULL && b->is_unchecked) {
            const int status = check_block(b, &k, violation);
            if (status != EXACTLOSS_OK) {
                return status;
            }
        }
        total_block(b, &k, smallest, g, &work, &s, t);
    }
    if (g != NULL && is_streamed(b, g)) {
        b->kernels->stream_end();
    }
    return EXACTLOSS_OK;
}

/* ------------------------------------------------------------------------------------------------- special ways -- */

/* Whether a batch is the sum of one linear loss of predictions, without weights. */
static int is_linear_sum(const batch *b) {
    return !b->is_logits && b->weights == NULL && exactloss_is_one_loss(b->losses) &&
           exactloss_losses[exactloss_first_loss(b->losses)].linear != 0;
}

static int total_directly(const batch *b, const double *smallest, totals *t, exactloss_violation *violation) {
    const real_type *type = b->type;
    summation s = {&t->sums[exactloss_first_loss(b->losses)], 0};
    block k;
    for (int64_t start = 0; start < b->count; start += k.count) {
        place_block(b, start, DIRECT_BYTES / type->wide_size, &k);
        decode_block(b, &k);
        if (b->is_unchecked) {
            const int status = check_block(b, &k, violation);
            if (status != EXACTLOSS_OK) {
                return status;
            }
        }
        t->positives += k.positives;
        if (smallest == NULL) {
            type->sum(k.predictions, k.mask, k.positives, k.count, &s);
        } else {
            int hits;
            const int positive =
                type->sum_and_count(k.predictions, k.mask, k.positives, k.count, *smallest, &hits, &s);
            add_counts(t, positive, hits);
        }
    }
    return EXACTLOSS_OK;
}

/*
 * Not where the arrays come from memory, which gives a block's targets and then its predictions a tenth faster than both at
 * once.
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
    const int losses = options & OPTION_LOSSES, others = options & ~(OPTION_LOSSES | OPTION_P);
    const int is_mean = others == (EXACTLOSS_MEAN | EXACTLOSS_T_UINT8);
    if (kernels == NULL || count < 1 || count > LONG_BLOCK || predictions == NULL || targets == NULL || loss == NULL ||
        (!is_mean && others != (EXACTLOSS_SUM | EXACTLOSS_T_UINT8)) || losses > ALL_LOSSES ||
        !exactloss_is_one_loss(losses) || exactloss_losses[exactloss_first_loss(losses)].linear != 1) {
        return 0;
    }
    const real_type *type = exactloss_real_type(kernels, options);
    if (type == NULL) {
        return 0;
    }
    exact_sum sum;
    exactloss_sum_init(&sum);
    summation s = {&sum, 0};
    const fp_environment saved = fp_environment_enter();
    type->sum_by_bytes(predictions, targets, (int)count, &s);
    exactloss_sum_divide(&sum, is_mean ? count : 1, loss, NULL);
    fp_environment_leave(saved);
    return 1;
}

/* ------------------------------------------------------------------------------------------------------ batches -- */

int exactloss_batch_total(const batch *b, const double *threshold, totals *t, const gradient_output *g,
                          exactloss_violation *violation) {
    const double smallest = threshold == NULL ? NAN : exactloss_smallest_above(*threshold, b->type->wide_size);
    const double *least = isnan(smallest) ? NULL : &smallest; /* what nothing is above needs no counting */
    t->count += b->count;
    if (g == NULL && is_linear_sum(b)) {
        const int is_narrow = b->type->widen != NULL && b->is_strict; /* what is checked must be widened */
        if (least == NULL && is_by_bytes(b)) {
            total_by_bytes(b, t);
            return EXACTLOSS_OK;
        }
        if (!is_narrow) {
            return total_directly(b, least, t, violation);
        }
    }
    const int status = g != NULL ? exactloss_batch_check(b, violation) : EXACTLOSS_OK;
    return status != EXACTLOSS_OK ? status : total_by_workspace(b, least, t, g, violation);
}

void exactloss_batch_values(const batch *b, unsigned char *values) {
    const real_type *type = b->type;
    const int loss = exactloss_first_loss(b->losses);
    const loss_kernels *kernels = &type->wide->losses[loss];
    const int is_copied = !b->is_logits && b->weights == NULL && exactloss_losses[loss].linear == 1;
    workspace work;
    block k;
    for (int64_t start = 0; start < b->count; start += k.count) {
        open_block(b, start, &work, &k);
        unsigned char *out = values + type->size * start;
        void *wide = type->narrow == NULL ? (void *)out : work.values;
        if (b->is_logits) {
            kernels->from_logits(k.predictions, k.mask, k.count, NULL, NULL, wide, NULL);
        } else {
            kernels->values(k.predictions, k.mask, k.count, wide);
        }
        if (k.weights != NULL) {
            type->wide->multiply(k.weights, k.count, wide);
        }
        if (type->narrow != NULL && is_copied) {
            /* The predictions themselves, where they are the distances: a NaN keeps its bits. */
            type->narrow(work.values, k.count, work.narrow);
            type->select(k.mask, work.narrow, 0, b->predictions + type->size * start, 0, k.count, out);
        } else if (type->narrow != NULL) {
            type->narrow(work.values, k.count, out);
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
            type->wide->sigmoid(x, count, out);
        } else {
            type->widen(x, count, work.inputs);
            type->wide->sigmoid(work.inputs, count, work.predictions);
            type->narrow(work.predictions, count, out);
        }
    }
}
