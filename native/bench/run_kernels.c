/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations by the kernels of any instruction set, as the public functions run them by those of the process. With
 * several threads each takes one contiguous range and makes totals of it, which are merged.
 */
#include "arguments.h"
#include "variants.h"

#include <math.h>

#define STEP 64 /* ranges begin at multiples of this: whole bytes of bits, and whole rows */

typedef struct call {
    const variant *variant;
    gradient_output gradient;
} call;

static exactloss_decode *decoder(const exactloss_kernels *kernels, type_id targets) {
    switch (ELEMENT_TYPES[targets].bits) {
        case 8:
            return kernels->decode_8;
        case 32:
            return kernels->decode_32;
        case 64:
            return kernels->decode_64;
        default:
            return exactloss_decode_bits;
    }
}

/* The batch of elements start .. start + count - 1. */
static batch batch_of(const variant *v, int64_t start, int64_t count) {
    const inputs *in = v->in;
    const operation *o = v->operation;
    const int options = operation_options(o, in), is_weighted = (o->reads & BIT(WEIGHTS)) != 0;
    const int is_of_targets = (o->reads & (BIT(PREDICTIONS) | BIT(LOGITS))) == 0;
    const unsigned char *predictions = in->arrays[o->is_logits ? LOGITS : PREDICTIONS];
    const unsigned char *weights = in->arrays[WEIGHTS];
    const exactloss_kernels *kernels = v->backend->kernels;
    const real_type *type = exactloss_real_type(kernels, options);
    return (batch){.kernels = kernels,
                   .predictions = is_of_targets ? NULL : predictions + type->size * start,
                   .type = type,
                   .targets = in->arrays[TARGETS],
                   .target_type = exactloss_target_type(options),
                   .decode = decoder(kernels, in->targets_type),
                   .first_target = start,
                   .weights = is_weighted ? weights + (int64_t)sizeof(float) * start : NULL,
                   .count = count,
                   .losses = o->work == COMPUTE_GRADIENT ? 0 : o->losses,
                   .is_logits = o->is_logits,
                   .is_unchecked = is_weighted};
}

static void compute_where(const variant *v, int64_t first, int64_t count) {
    const inputs *in = v->in;
    const exactloss_kernels *kernels = v->backend->kernels;
    const int options = operation_options(v->operation, in);
    const real_type *type = exactloss_real_type(kernels, options);
    const uint64_t relevant = exactloss_target_type(options)->magnitude;
    exactloss_decode *decode = decoder(kernels, in->targets_type);
    uint64_t is_false[MASK_WORDS];
    for (int64_t start = first; start < first + count; start += BLOCK) {
        const int size = first + count - start < BLOCK ? (int)(first + count - start) : BLOCK;
        const int64_t at = type->size * start;
        decode(in->arrays[TARGETS], start, size, 0, relevant, is_false);
        type->select(is_false, in->arrays[LOGITS] + at, 0, in->arrays[PREDICTIONS] + at, 0, size,
                     in->arrays[OUTPUT] + at);
    }
}

static void compute_rows(const variant *v, int64_t start, int64_t count) {
    double *losses = (double *)(void *)v->in->arrays[OUTPUT];
    for (int64_t row = start / COLUMNS; row < (start + count) / COLUMNS; row++) {
        const batch b = batch_of(v, row * COLUMNS, COLUMNS);
        totals t;
        exactloss_totals_init(&t, b.losses);
        exactloss_batch_total(&b, NULL, &t, NULL, NULL);
        exactloss_totals_loss(&t, LOSS_MNIST, EXACTLOSS_MEAN, &losses[row], NULL);
    }
}

static uint64_t move_bytes(const variant *v, int64_t start, int64_t count) {
    const inputs *in = v->in;
    baseline_mix mix = {
        .to = in->arrays[OUTPUT], .to_bits = operation_writes(v->operation, in), .start = start, .count = count};
    for (array a = 0; a < ARRAYS; a++) {
        if ((v->operation->reads & BIT(a)) != 0) {
            mix.from[mix.reads] = in->arrays[a];
            mix.from_bits[mix.reads++] = inputs_bits(in, a);
        }
    }
    return baseline_move(v->backend->loops, &mix);
}

static void compute(const call *c, int64_t start, int64_t count, partial *p) {
    static const double threshold = THRESHOLD;
    const variant *v = c->variant;
    const inputs *in = v->in;
    const batch b = v->operation->work < INEXACT_LOSS ? batch_of(v, start, count) : (batch){.count = 0};
    gradient_output gradient = c->gradient;
    gradient.array = in->arrays[OUTPUT] == NULL ? NULL : in->arrays[OUTPUT] + inputs_bits(in, OUTPUT) / 8 * start;
    switch (v->operation->work) {
        case COMPUTE_LOSS:
            exactloss_batch_total(&b, NULL, &p->totals, NULL, NULL);
            break;
        case COMPUTE_EVALUATION:
        case COMPUTE_ACCUMULATION:
            exactloss_batch_total(&b, &threshold, &p->totals, NULL, NULL);
            break;
        case COMPUTE_LOSS_AND_GRADIENT:
        case COMPUTE_GRADIENT:
            exactloss_batch_total(&b, NULL, &p->totals, &gradient, NULL);
            break;
        case COMPUTE_SIGMOID:
            exactloss_batch_sigmoid(&b, gradient.array);
            break;
        case COMPUTE_WHERE:
            compute_where(v, start, count);
            break;
        case COMPUTE_ROWS:
            compute_rows(v, start, count);
            break;
        case INEXACT_LOSS:
            p->inexact_sum = v->backend->loops->inexact_sum(in->arrays[PREDICTIONS] + (int64_t)sizeof(float) * start,
                                                            in->arrays[TARGETS] + start, count);
            break;
        case MOVE_BYTES:
            p->moved = move_bytes(v, start, count);
            break;
        case COPY_ON_DEVICE:
            break; /* no kernels run it */
    }
}

static int64_t start_of(const variant *v, int part) {
    return part == v->threads ? v->in->count : v->in->count / STEP * part / v->threads * STEP;
}

static void compute_part(void *context, int part) {
    const call *c = context;
    partial *p = &c->variant->partials[part];
    const int64_t start = start_of(c->variant, part);
    exactloss_totals_init(&p->totals, c->variant->operation->losses);
    compute(c, start, start_of(c->variant, part + 1) - start, p);
}

/* Merges the results of the threads, and rounds them. */
static void finish(const variant *v, outcome *result) {
    partial *all = &v->partials[0];
    for (int i = 1; i < v->threads; i++) {
        exactloss_totals_merge(&all->totals, &v->partials[i].totals);
        all->inexact_sum += v->partials[i].inexact_sum;
        all->moved ^= v->partials[i].moved;
    }
    switch (v->operation->work) {
        case COMPUTE_LOSS:
        case COMPUTE_LOSS_AND_GRADIENT:
            exactloss_totals_loss(&all->totals, operation_loss(v->operation), EXACTLOSS_MEAN, &result->mean, NULL);
            break;
        case COMPUTE_EVALUATION:
        case COMPUTE_ACCUMULATION:
            result->evaluation.size = sizeof result->evaluation;
            exactloss_totals_result(&all->totals, THRESHOLD, &result->evaluation);
            break;
        case INEXACT_LOSS:
            result->inexact_loss = all->inexact_sum / (double)v->in->count;
            break;
        case MOVE_BYTES:
            result->moved = all->moved;
            break;
        default:
            break;
    }
}

void run_kernels(const variant *v, outcome *result) {
    call c = {.variant = v};
    if (v->operation->work == COMPUTE_GRADIENT || v->operation->work == COMPUTE_LOSS_AND_GRADIENT) {
        const batch b = batch_of(v, 0, v->in->count);
        c.gradient.loss = operation_loss(v->operation);
        exactloss_gradient_factor(&b, UPSTREAM, v->in->count, &c.gradient);
    }
    if (v->threads == 1) {
        compute_part(&c, 0);
    } else {
        team_run(v->team, compute_part, &c);
    }
    finish(v, result);
}
