/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics: quotients of whole numbers, rounded once. Exact sums hold numbers of any size that counts come to, and
 * divided by 0 they give the NaN of a metric that is not defined.
 */
#include "exact_sum.h"
#include "exactloss/exactloss.h"
#include "fp_environment.h"

#include <math.h>
#include <stddef.h>

/* The counts that metrics are made of: true and false, positives and negatives. */
typedef struct confusion {
    int64_t tp, fp, tn, fn;
} confusion;

static int take_counts(const exactloss_evaluation *e, const double *value, confusion *c) {
    if (e == NULL || value == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    if (e->size < (int64_t)(offsetof(exactloss_evaluation, false_negatives) + sizeof e->false_negatives)) {
        return EXACTLOSS_ERROR_SIZE;
    }
    *c = (confusion){e->true_positives, e->false_positives, e->true_negatives, e->false_negatives};
    if (c->tp < 0 || c->fp < 0 || c->tn < 0 || c->fn < 0 || c->fp > INT64_MAX - c->tp || c->fn > INT64_MAX - c->tn ||
        c->tn + c->fn > INT64_MAX - c->tp - c->fp) {
        return EXACTLOSS_ERROR_COUNT;
    }
    return EXACTLOSS_OK;
}

/* A fraction of whole numbers. */
typedef struct fraction {
    exact_sum above, below;
} fraction;

static void open_fraction(fraction *f) {
    exactloss_sum_init(&f->above);
    exactloss_sum_init(&f->below);
}

static double value_of(const fraction *f) {
    double value;
    exactloss_sum_divide_by_sum(&f->above, &f->below, &value, NULL);
    return value;
}

/* Adds sign * a * b. The product of two halves of 32 bits is added in halves too, which int64_t holds. */
static void add_product(exact_sum *sum, int sign, int64_t a, int64_t b) {
    const uint64_t half = 0xffffffff, x = (uint64_t)a, y = (uint64_t)b;
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            const uint64_t product = (x >> 32 * i & half) * (y >> 32 * j & half);
            const int position = EXACT_SUM_ONE + 32 * (i + j);
            exactloss_sum_add(sum, sign * (int64_t)(product & half), position);
            exactloss_sum_add(sum, sign * (int64_t)(product >> 32), position + 32);
        }
    }
}

/* Adds beta² * count, in as many bits of the count as a float holds. */
static void add_square(exact_sum *sum, double beta, int64_t count) {
    for (float unit = 1; count != 0; count >>= 24, unit *= 0x1p24f) {
        exactloss_sum_add_product(sum, beta, beta, (float)(count & 0xffffff) * unit);
    }
}

static double f_score(const confusion *c, double beta) {
    fraction f;
    open_fraction(&f);
    add_product(&f.above, 1, c->tp, 1);
    add_square(&f.above, beta, c->tp);
    f.below = f.above;
    add_product(&f.below, 1, c->fp, 1);
    add_square(&f.below, beta, c->fn);
    return value_of(&f);
}

/* Half of recall + specificity, as one fraction. */
static double balanced_accuracy(const confusion *c) {
    const int64_t positives = c->tp + c->fn, negatives = c->tn + c->fp;
    fraction f;
    open_fraction(&f);
    add_product(&f.above, 1, c->tp, negatives);
    add_product(&f.above, 1, c->tn, positives);
    add_product(&f.below, 2, positives, negatives);
    return value_of(&f);
}

/* The agreement beyond chance: 2 (tp tn - fp fn) / ((tp + fp) (fp + tn) + (tp + fn) (fn + tn)). */
static double kappa(const confusion *c) {
    fraction f;
    open_fraction(&f);
    add_product(&f.above, 2, c->tp, c->tn);
    add_product(&f.above, -2, c->fp, c->fn);
    add_product(&f.below, 1, c->tp + c->fp, c->fp + c->tn);
    add_product(&f.below, 1, c->tp + c->fn, c->fn + c->tn);
    return value_of(&f);
}

/* (tp tn - fp fn) / (a b) */
static double association(const confusion *c, int64_t a, int64_t b) {
    fraction f;
    open_fraction(&f);
    add_product(&f.above, 1, c->tp, c->tn);
    add_product(&f.above, -1, c->fp, c->fn);
    add_product(&f.below, 1, a, b);
    return value_of(&f);
}

/*
 * The geometric mean of precision - (1 - the precision of negatives) and of recall - (1 - specificity), with their
 * sign. Both and their product are rounded, which moves the root by 1.5 * 2^-53 of it; then it is rounded: 2 units in
 * the last place.
 */
static double matthews(const confusion *c) {
    const double of_predictions = association(c, c->tp + c->fp, c->tn + c->fn);
    const double of_targets = association(c, c->tp + c->fn, c->tn + c->fp);
    return copysign(sqrt(of_predictions * of_targets), of_targets);
}

/* beta: of the F-score. */
static double compute(const confusion *c, int metric, double beta) {
    switch (metric) {
        case EXACTLOSS_METRIC_ACCURACY:
            return exactloss_ratio(c->tp + c->tn, c->tp + c->fp + c->tn + c->fn);
        case EXACTLOSS_METRIC_PRECISION:
            return exactloss_ratio(c->tp, c->tp + c->fp);
        case EXACTLOSS_METRIC_RECALL:
            return exactloss_ratio(c->tp, c->tp + c->fn);
        case EXACTLOSS_METRIC_SPECIFICITY:
            return exactloss_ratio(c->tn, c->tn + c->fp);
        case EXACTLOSS_METRIC_F1:
            return f_score(c, beta);
        case EXACTLOSS_METRIC_BALANCED_ACCURACY:
            return balanced_accuracy(c);
        case EXACTLOSS_METRIC_JACCARD:
            return exactloss_ratio(c->tp, c->tp + c->fp + c->fn);
        case EXACTLOSS_METRIC_KAPPA:
            return kappa(c);
        default:
            return matthews(c);
    }
}

static int put_metric(const exactloss_evaluation *evaluation, int metric, double beta, double *value) {
    confusion c;
    const int status = take_counts(evaluation, value, &c);
    if (status == EXACTLOSS_OK) {
        const fp_environment saved = fp_environment_enter();
        *value = compute(&c, metric, beta);
        fp_environment_leave(saved);
    }
    return status;
}

int exactloss_metric(const exactloss_evaluation *evaluation, int metric, double *value) {
    if (metric < EXACTLOSS_METRIC_ACCURACY || metric > EXACTLOSS_METRIC_MATTHEWS) {
        return EXACTLOSS_ERROR_METRIC;
    }
    return put_metric(evaluation, metric, 1, value);
}

int exactloss_f_beta(const exactloss_evaluation *evaluation, double beta, double *value) {
    if (!isfinite(beta) || signbit(beta)) {
        return EXACTLOSS_ERROR_METRIC;
    }
    return put_metric(evaluation, EXACTLOSS_METRIC_F1, beta, value);
}
