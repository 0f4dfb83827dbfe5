/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a batch through the kernels: block by block its targets become a mask, its predictions a sum and counts.
 */
#ifndef EXACTLOSS_BATCH_H
#define EXACTLOSS_BATCH_H

#include "cpu/kernels.h"
#include "exactloss/exactloss.h"

/* Arrays that api.c has checked. */
typedef struct batch {
    const unsigned char *predictions; /* float32; NULL where an operation needs only targets */
    const void *targets;
    exactloss_decode *decode;                               /* of the targets' type */
    double (*target_value)(const void *targets, int64_t i); /* of the targets' type */
    int64_t targets_offset;
    int64_t count;
} batch;

/*
 * What is known of all elements seen so far. The sum is that of their distances, as Σ ±p plus the number of positive
 * targets, so that no 1 - p is ever rounded.
 */
typedef struct totals {
    int64_t count;
    int64_t positives;
    int64_t true_positives;
    int64_t false_positives;
    exact_sum sum;
} totals;

void exactloss_totals_init(totals *t);

/* Adds `other`, which may be `t` itself. The counts must not overflow. */
void exactloss_totals_merge(totals *t, const totals *other);

/* The metrics of all elements so far. */
void exactloss_totals_result(const totals *t, double threshold, exactloss_evaluation *evaluation);

/*
 * Adds a batch to `t`. threshold: NULL where the predictions need not be compared with one; the counts of true and
 * false positives then stay. strict: whether to look for elements that strict mode refuses. Returns EXACTLOSS_OK or
 * EXACTLOSS_ERROR_STRICT; in the latter case `t` holds a part of the batch and must be thrown away.
 */
int exactloss_batch_total(const exactloss_kernels *kernels, const batch *b, const double *threshold, int strict,
                          totals *t, exactloss_violation *violation);

/* Looks for the first element that strict mode refuses: EXACTLOSS_OK, or EXACTLOSS_ERROR_STRICT. */
int exactloss_batch_check(const exactloss_kernels *kernels, const batch *b, exactloss_violation *violation);

/* Writes the distances of a batch. */
void exactloss_batch_distances(const exactloss_kernels *kernels, const batch *b, unsigned char *distances);

/* Writes -g or +g for each target of a batch. */
void exactloss_batch_gradient(const exactloss_kernels *kernels, const batch *b, float g, unsigned char *gradient);

#endif
