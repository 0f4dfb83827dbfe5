/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient of a batch: its factor, and the way of a block's gradient to the output. */
#include "block.h"
#include "compiler.h"

#include <math.h>
#include <string.h>

static void put_wide(const batch *b, double value, unsigned char *element) {
    const float narrow = (float)value;
    if (b->type->wide_size == sizeof narrow) {
        memcpy(element, &narrow, sizeof narrow);
    } else {
        memcpy(element, &value, sizeof value);
    }
}

void exactloss_gradient_factor(const batch *b, double upstream, int64_t divisor, gradient_output *gradient) {
    const int is_widened = b->type->widen != NULL && !exactloss_is_gradient_of_targets(b, gradient);
    const double g = exactloss_quotient(upstream, divisor, is_widened ? b->kernels->f32.format : b->type->format);
    const double step = exactloss_losses[gradient->loss].linear * g;
    const int is_steep = !b->is_logits && (1 << gradient->loss & VALUE_LOSSES) != 0;
    put_wide(b, g, gradient->factor);
    gradient->limit = b->is_clamped && is_steep ? CLAMPED_SLOPE * fabs(g) : 0;
    put_wide(b, step, gradient->plus);
    put_wide(b, -step, gradient->minus);
}

/* It is ±cg where the loss is c times the distance. */
int exactloss_is_gradient_of_targets(const batch *b, const gradient_output *g) {
    return !b->is_logits && exactloss_losses[g->loss].linear != 0;
}

/*
 * Whether a gradient is written past the caches, which saves reading the memory that is overwritten. From logits,
 * computing takes longer than reading.
 */
static int is_streamed(const batch *b, const gradient_output *g) {
    return !g->is_accumulated && !b->is_logits && b->count >= FROM_MEMORY / b->type->size;
}

/* Whether the kernels can write a gradient directly to the output. */
static int is_in_place(const batch *b, const gradient_output *g) {
    return b->type->narrow == NULL && !g->is_accumulated && b->weights == NULL && !is_streamed(b, g) && g->limit == 0;
}

void *exactloss_gradient_of_block(const batch *b, const block *k, const gradient_output *g, workspace *work) {
    return is_in_place(b, g) ? (void *)(g->array + b->type->size * k->start) : work->gradient;
}

void exactloss_put_gradient(const batch *b, const block *k, const gradient_output *g, workspace *work) {
    const real_type *type = b->type;
    unsigned char *out = g->array + type->size * k->start;
    if (is_in_place(b, g)) {
        return;
    }
    if (g->limit > 0) {
        type->wide->limit(g->limit, k->count, work->gradient);
    }
    if (k->weights.array != NULL) {
        type->wide->multiply(k->weights.array, k->count, work->gradient);
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
        /* The addends are the elements that would be written otherwise. */
        type->widen(work->narrow, k->count, work->gradient);
        type->widen(out, k->count, work->values);
        type->wide->add(work->gradient, k->count, work->values);
        type->narrow(work->values, k->count, out);
    }
}

void exactloss_compute_gradient(const batch *b, const block *k, const gradient_output *g, workspace *work) {
    void *gradient = exactloss_gradient_of_block(b, k, g, work);
    if (exactloss_is_gradient_of_targets(b, g)) {
        b->type->select_wide(k->mask, g->minus, 1, g->plus, 1, k->count, gradient);
    } else {
        b->type->wide->losses[g->loss].gradient(k->predictions, k->mask, k->count, g->factor, gradient);
    }
    exactloss_put_gradient(b, k, g, work);
}

void exactloss_end_gradient(const batch *b, const gradient_output *g) {
    if (is_streamed(b, g)) {
        b->kernels->stream_end();
    }
}
