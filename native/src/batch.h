/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a batch through the kernels: block by block its targets become a mask, its predictions (or the sigmoids of
 * its logits) a sum, counts and a gradient.
 */
#ifndef EXACTLOSS_BATCH_H
#define EXACTLOSS_BATCH_H

#include "cpu/kernels.h"
#include "exactloss/exactloss.h"
#include "totals.h"

/* Arrays that arguments.c has checked. */
typedef struct batch {
    const exactloss_kernels *kernels;
    const unsigned char *predictions; /* NULL where an operation needs only targets */
    const real_type *type;            /* of the predictions, or where there are none, of the gradient */
    const void *targets;
    exactloss_decode *decode;                               /* of the targets' type */
    double (*target_value)(const void *targets, int64_t i); /* of the targets' type */
    int64_t targets_offset;
    const unsigned char *weights; /* floats; NULL: all are 1 */
    int64_t count;
    int is_strict;
    int is_logits;
} batch;

/* Where the gradient of a batch goes, and the factor of it. */
typedef struct gradient_output {
    unsigned char *array; /* of the batch's type */
    int is_accumulated;
    unsigned char plus[8], minus[8]; /* g and -g as a float or a double */
} gradient_output;

/* The factor of a gradient: upstream / divisor, rounded once to the batch's type (float at least, for logits). */
void exactloss_gradient_factor(const batch *b, double upstream, int64_t divisor, gradient_output *gradient);

/*
 * Adds a batch to `t`, and gives its gradient unless that is NULL. threshold: NULL where the predictions need not be
 * compared with one; the counts of true and false positives then stay. Returns EXACTLOSS_OK or an error that names an
 * element in *violation; then nothing was written, but `t` holds a part of the batch and must be thrown away.
 */
int exactloss_batch_total(const batch *b, const double *threshold, totals *t, const gradient_output *gradient,
                          exactloss_violation *violation);

/* Looks for the first element that must be refused: EXACTLOSS_OK, or the error that names it in *violation. */
int exactloss_batch_check(const batch *b, exactloss_violation *violation);

/* Writes the distances of a batch. */
void exactloss_batch_distances(const batch *b, unsigned char *distances);

/* Writes the gradient of a batch of targets. */
void exactloss_batch_gradient(const batch *b, const gradient_output *gradient);

/* Writes the sigmoids of a batch of logits, which needs no targets. */
void exactloss_batch_sigmoid(const batch *b, unsigned char *sigmoids);

#endif
