/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a batch through the kernels: block by block its targets become a mask, and its predictions (or the
 * sigmoids of its logits) become sums of losses, counts and a gradient.
 */
#ifndef EXACTLOSS_BATCH_H
#define EXACTLOSS_BATCH_H

#include "cpu/kernels.h"
#include "exactloss/exactloss.h"
#include "options.h"
#include "totals.h"
#include "types.h"

/*
 * Checked arrays, and what to compute from them: 80 bytes. GCC clears a larger struct by a string
 * instruction, which takes 10 ns.
 */
typedef struct batch {
    const exactloss_kernels *kernels;
    const unsigned char *predictions; /* NULL where only a gradient is wanted that does not depend on them */
    const real_type *type;            /* of predictions and gradient */
    const unsigned char *targets;
    const target_type *target_type;
    exactloss_decode *decode;     /* of the targets' width */
    int64_t first_target;         /* an index of the array: below 8, unless a row of bits begins there */
    const unsigned char *weights; /* floats; NULL: all are 1 */
    int64_t count;
    int losses; /* the set that is summed */
    _Bool is_logits;
    _Bool is_strict;
    _Bool is_unchecked; /* elements may have to be refused */
    _Bool is_clamped;   /* EXACTLOSS_CLAMP */
} batch;

/* Moves the beginning of a batch's arrays by so many elements each. */
static inline void exactloss_advance(batch *b, int64_t predictions, int64_t targets, int64_t weights) {
    b->predictions += b->type->size * predictions;
    b->first_target += targets;
    b->weights = b->weights == NULL ? NULL : b->weights + (int64_t)sizeof(float) * weights;
}

/* The output of a gradient, its loss and its factor. */
typedef struct gradient_output {
    unsigned char *array; /* of the batch's type */
    int loss;             /* LOSS_* */
    int is_accumulated;
    double limit;            /* of the magnitude, where the batch is clamped; 0: there is none */
    unsigned char factor[8]; /* g as a float or a double */

    /* The gradient of c times the distance, which depends on the target alone: cg where that is negative, -cg elsewhere. */
    unsigned char plus[8], minus[8];
} gradient_output;

/*
 * Sets the factor of a gradient, whose loss is set: upstream / divisor, rounded once to the batch's type; from logits
 * to float if that is wider.
 */
void exactloss_gradient_factor(const batch *b, double upstream, int64_t divisor, gradient_output *gradient);

/*
 * Adds a batch to `t`, which is empty and has the batch's losses, and gives a gradient unless that is NULL. threshold:
 * NULL where the predictions need not be compared with one; the counts of true and false positives then stay 0. Returns
 * EXACTLOSS_OK, or an error that names an element in *violation; then nothing was written, but `t` holds a part of
 * the batch and must be thrown away.
 */
int exactloss_batch_total(const batch *b, const double *threshold, totals *t, const gradient_output *gradient,
                          exactloss_violation *violation);

/* Whether a gradient depends on the targets alone, as that of a linear loss of predictions does. */
int exactloss_is_gradient_of_targets(const batch *b, const gradient_output *gradient);

/* Looks for the first element that must be refused: EXACTLOSS_OK, or the error that names it in *violation. */
int exactloss_batch_check(const batch *b, exactloss_violation *violation);

/* Writes the values of the batch's one loss. */
void exactloss_batch_values(const batch *b, unsigned char *values);

/* Writes the sigmoids of a batch of logits, which needs no targets. */
void exactloss_batch_sigmoid(const batch *b, unsigned char *sigmoids);

#endif
