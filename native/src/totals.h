/* SPDX-License-Identifier: Apache-2.0 */
/* The sums and counts of elements, and the results that are computed from them. */
#ifndef EXACTLOSS_TOTALS_H
#define EXACTLOSS_TOTALS_H

#include "exact_sum.h"
#include "exactloss/exactloss.h"
#include "losses/losses.h"

/*
 * The sums and counts of all elements so far. The sum of a loss is that of the weighted values of its elements: of a
 * linear loss of predictions c times that of w·d, which is the exact Σ ±w·p plus the weights of the positive targets,
 * so that no 1 - p is ever rounded.
 */
typedef struct totals {
    int64_t losses; /* the set whose sums there are */
    int64_t count;
    int64_t positives;
    int64_t true_positives;
    int64_t false_positives;
    int64_t weighted;  /* elements that came with a weight */
    exact_sum weights; /* of those elements */
    exact_sum sums[LOSS_COUNT];
} totals;

static inline void exactloss_totals_init(totals *t, int losses) {
    t->losses = losses;
    t->count = 0;
    t->positives = 0;
    t->true_positives = 0;
    t->false_positives = 0;
    t->weighted = 0;
    exactloss_sum_init(&t->weights);
    for (int i = 0; i < LOSS_COUNT; i++) {
        exactloss_sum_init(&t->sums[i]);
    }
}

/* Adds `other`, which has the same losses and may be `t` itself. The counts must not overflow. */
void exactloss_totals_merge(totals *t, const totals *other);

/* The sum of the weighted values of a loss, divided by the sum of the weights for the mean; f32 may be NULL. */
void exactloss_totals_loss(const totals *t, int loss, int reduction, double *f64, float *f32);

/* All results. The size of the evaluation has been set. */
void exactloss_totals_result(const totals *t, double threshold, exactloss_evaluation *evaluation);

/* EXACTLOSS_OK, or an error where there is no room for `count` evaluations, at least 1, of the size that the first has. */
int exactloss_check_evaluations(const exactloss_evaluation *evaluations, int64_t count);

/*
 * A threshold may be any double but NaN. -0 is the same threshold as +0, and becomes it. Only the bits are looked at,
 * since a comparison obeys the caller's floating-point environment. EXACTLOSS_OK, or EXACTLOSS_ERROR_THRESHOLD.
 */
int exactloss_take_threshold(double given, double *threshold);

/*
 * The smallest float or double (of 4 or 8 bytes) above a threshold, so that p > threshold becomes smallest <= p. NaN
 * where there is none.
 */
double exactloss_smallest_above(double threshold, int size);

#endif
