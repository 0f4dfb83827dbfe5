/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics: of counts whose quotients doubles divide at once, of multiples of these up to 2^63-1, and at the ends. */
#include "exactloss/exactloss.h"
#include "inputs.h"

#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define METRICS EXACTLOSS_METRIC_MATTHEWS /* their number */
#define MATTHEWS EXACTLOSS_METRIC_MATTHEWS

static exactloss_evaluation of_counts(int64_t tp, int64_t fp, int64_t tn, int64_t fn) {
    return (exactloss_evaluation){.size = sizeof(exactloss_evaluation),
                                  .true_positives = tp,
                                  .false_positives = fp,
                                  .true_negatives = tn,
                                  .false_negatives = fn};
}

static double metric_of(const exactloss_evaluation *e, int metric) {
    double value = -7;
    assert_int_equal(EXACTLOSS_OK, exactloss_metric(e, metric, &value));
    return value;
}

static double f_beta_of(const exactloss_evaluation *e, double beta) {
    double value = -7;
    assert_int_equal(EXACTLOSS_OK, exactloss_f_beta(e, beta, &value));
    return value;
}

static void assert_within(double want, double have, double tolerance, int metric, const exactloss_evaluation *e) {
    if (!(fabs(want - have) <= tolerance) && !(isnan(want) && isnan(have))) {
        fail_msg("metric %d of %lld, %lld, %lld, %lld is %a, not %a", metric, (long long)e->true_positives,
                 (long long)e->false_positives, (long long)e->true_negatives, (long long)e->false_negatives, have,
                 want);
    }
}

static double ulp_of(double value) { return nextafter(fabs(value), INFINITY) - fabs(value); }

/* By the definitions, with one division of whole numbers each, which is right for counts up to 2^25. */
static void fill_metrics(double tp, double fp, double tn, double fn, double *want) {
    const double p = tp + fn, n = tn + fp, positive = tp + fp, negative = tn + fn, determinant = tp * tn - fp * fn;
    want[EXACTLOSS_METRIC_ACCURACY] = (tp + tn) / (p + n);
    want[EXACTLOSS_METRIC_PRECISION] = tp / positive;
    want[EXACTLOSS_METRIC_RECALL] = tp / p;
    want[EXACTLOSS_METRIC_SPECIFICITY] = tn / n;
    want[EXACTLOSS_METRIC_F1] = 2 * tp / (2 * tp + fp + fn);
    want[EXACTLOSS_METRIC_BALANCED_ACCURACY] = (tp * n + tn * p) / (2 * p * n);
    want[EXACTLOSS_METRIC_JACCARD] = tp / (tp + fp + fn);
    want[EXACTLOSS_METRIC_KAPPA] = 2 * determinant / (positive * n + p * negative);
    want[EXACTLOSS_METRIC_MATTHEWS] = determinant / (sqrt(positive * p) * sqrt(n * negative));
}

/* What Matthews may be off, with what the definition's own five roundings may add. */
static double tolerance_of(int metric, double value) { return metric == MATTHEWS ? 6 * ulp_of(value) : 0; }

static void small_counts_and_their_multiples(void **unused) {
    (void)unused;
    uint64_t state = 5;
    for (int round = 0; round < 20000; round++) {
        int64_t counts[4], total = 0;
        for (int i = 0; i < 4; i++) {
            counts[i] =
                (int64_t)(next_random(&state) % 5 == 0 ? 0 : next_random(&state) >> (40 + next_random(&state) % 24));
            total += counts[i];
        }
        const exactloss_evaluation e = of_counts(counts[0], counts[1], counts[2], counts[3]);
        double want[METRICS + 1];
        fill_metrics((double)counts[0], (double)counts[1], (double)counts[2], (double)counts[3], want);
        const int64_t most = total == 0 ? 1 : INT64_MAX / total, k = most - (int64_t)(next_random(&state) % 1000);
        const int64_t factor = k < 1 ? 1 : k;
        const exactloss_evaluation multiple =
            of_counts(counts[0] * factor, counts[1] * factor, counts[2] * factor, counts[3] * factor);
        for (int metric = 1; metric <= METRICS; metric++) {
            const double value = metric_of(&e, metric);
            assert_within(want[metric], value, tolerance_of(metric, want[metric]), metric, &e);
            assert_within(value, metric_of(&multiple, metric), 0, metric, &multiple);
        }
        const double betas[] = {0, 0.5, 2, 0.1, 1e-200, 1e200, 0x1.fffffffffffffp1023};
        for (size_t i = 0; i < sizeof betas / sizeof *betas; i++) {
            assert_within(f_beta_of(&e, betas[i]), f_beta_of(&multiple, betas[i]), 0, EXACTLOSS_METRIC_F1, &multiple);
        }
        assert_within(want[EXACTLOSS_METRIC_F1], f_beta_of(&e, 1), 0, EXACTLOSS_METRIC_F1, &e);
        assert_within(5 * (double)counts[0] / (5 * (double)counts[0] + 4 * (double)counts[3] + (double)counts[1]),
                      f_beta_of(&e, 2), 0, EXACTLOSS_METRIC_F1, &e);
        /* A beta of 0 leaves precision alone, and a very large one recall. */
        if (counts[0] > 0) {
            assert_within(want[EXACTLOSS_METRIC_RECALL], f_beta_of(&e, 1e200), 0, EXACTLOSS_METRIC_RECALL, &e);
        }
        assert_within(want[EXACTLOSS_METRIC_PRECISION], f_beta_of(&e, 0), 0, EXACTLOSS_METRIC_PRECISION, &e);
    }
}

/* Where doubles would cancel, or overflow the counts. */
static void large_counts(void **unused) {
    (void)unused;
    const int64_t big = (int64_t)1 << 60;
    exactloss_evaluation e = of_counts(big + 1, big, big - 1, big);
    /* The determinant is (2^60 + 1) (2^60 - 1) - 2^120 = -1. */
    assert_true(metric_of(&e, EXACTLOSS_METRIC_KAPPA) == -0x1p-122);
    assert_true(metric_of(&e, MATTHEWS) == -0x1p-122);
    assert_true(metric_of(&e, EXACTLOSS_METRIC_ACCURACY) == 0.5);
    e = of_counts(INT64_MAX - 1, 1, 0, 0);
    assert_true(metric_of(&e, EXACTLOSS_METRIC_F1) == 1 && metric_of(&e, EXACTLOSS_METRIC_PRECISION) == 1);
    e = of_counts(1, INT64_MAX - 1, 0, 0);
    assert_true(metric_of(&e, EXACTLOSS_METRIC_PRECISION) == 0x1p-63 && metric_of(&e, EXACTLOSS_METRIC_F1) == 0x1p-62);
}

static void perfect_useless_and_perverse(void **unused) {
    (void)unused;
    static const struct {
        int64_t tp, fp, tn, fn;
        double kappa, matthews;
    } CASES[] = {{3, 0, 7, 0, 1, 1}, {0, 7, 0, 7, -1, -1}, {4, 6, 6, 4, 0, 0}};
    for (int i = 0; i < 3; i++) {
        const exactloss_evaluation e = of_counts(CASES[i].tp, CASES[i].fp, CASES[i].tn, CASES[i].fn);
        assert_within(CASES[i].kappa, metric_of(&e, EXACTLOSS_METRIC_KAPPA), 0, EXACTLOSS_METRIC_KAPPA, &e);
        assert_within(CASES[i].matthews, metric_of(&e, MATTHEWS), 0, MATTHEWS, &e);
    }
}

/* A metric is NaN where its divisor is 0, and only there. */
static void undefined_metrics_are_nan(void **unused) {
    (void)unused;
    static const struct {
        int64_t counts[4];
        int undefined; /* bit k: metric k */
    } CASES[] = {
        {{0, 0, 0, 0}, 0x3fe},
        {{0, 0, 5, 0},
         1 << EXACTLOSS_METRIC_PRECISION | 1 << EXACTLOSS_METRIC_RECALL | 1 << EXACTLOSS_METRIC_F1 |
             1 << EXACTLOSS_METRIC_BALANCED_ACCURACY | 1 << EXACTLOSS_METRIC_JACCARD | 1 << EXACTLOSS_METRIC_KAPPA |
             1 << MATTHEWS},
        {{5, 0, 0, 0},
         1 << EXACTLOSS_METRIC_SPECIFICITY | 1 << EXACTLOSS_METRIC_BALANCED_ACCURACY | 1 << EXACTLOSS_METRIC_KAPPA |
             1 << MATTHEWS},
        {{0, 0, 3, 2}, 1 << EXACTLOSS_METRIC_PRECISION | 1 << MATTHEWS},
        {{0, 2, 3, 0}, 1 << EXACTLOSS_METRIC_RECALL | 1 << EXACTLOSS_METRIC_BALANCED_ACCURACY | 1 << MATTHEWS},
        {{1, 1, 1, 1}, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const int64_t *c = CASES[i].counts;
        const exactloss_evaluation e = of_counts(c[0], c[1], c[2], c[3]);
        for (int metric = 1; metric <= METRICS; metric++) {
            if ((isnan(metric_of(&e, metric)) != 0) != (CASES[i].undefined >> metric & 1)) {
                fail_msg("case %zu: metric %d is %g", i, metric, metric_of(&e, metric));
            }
        }
        assert_int_equal(CASES[i].undefined >> EXACTLOSS_METRIC_F1 & 1, isnan(f_beta_of(&e, 3)) != 0);
    }
}

static void wrong_arguments_are_refused(void **unused) {
    (void)unused;
    exactloss_evaluation e = of_counts(1, 2, 3, 4);
    double value = -7;
    assert_int_equal(EXACTLOSS_ERROR_METRIC, exactloss_metric(&e, 0, &value));
    assert_int_equal(EXACTLOSS_ERROR_METRIC, exactloss_metric(NULL, METRICS + 1, NULL));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_metric(NULL, 1, &value));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_metric(&e, 1, NULL));
    const double betas[] = {-1, -0.0, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(EXACTLOSS_ERROR_METRIC, exactloss_f_beta(NULL, betas[i], NULL));
    }
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_f_beta(NULL, 1, &value));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_f_beta(&e, 1, NULL));
    e.size = offsetof(exactloss_evaluation, mnist);
    assert_int_equal(EXACTLOSS_OK, exactloss_f_beta(&e, 1, &value));
    value = -7;
    e.size--;
    assert_int_equal(EXACTLOSS_ERROR_SIZE, exactloss_f_beta(&e, 1, &value));
    const int64_t bad[][4] = {{-1, 2, 3, 4},        {1, -1, 3, 4},        {1, 2, -1, 4},       {1, 2, 3, INT64_MIN},
                              {INT64_MAX, 0, 0, 1}, {INT64_MAX, 1, 0, 0}, {0, 0, INT64_MAX, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        e = of_counts(bad[i][0], bad[i][1], bad[i][2], bad[i][3]);
        assert_int_equal(EXACTLOSS_ERROR_COUNT, exactloss_metric(&e, 1, &value));
    }
    assert_true(value == -7);
}

static void the_environment_has_no_influence(void **unused) {
    (void)unused;
    const exactloss_evaluation e = of_counts(5, 2, 7, 3);
    double want[METRICS + 1];
    for (int metric = 1; metric <= METRICS; metric++) {
        want[metric] = metric_of(&e, metric);
    }
    fesetround(FE_UPWARD);
    feclearexcept(FE_ALL_EXCEPT);
    for (int metric = 1; metric <= METRICS; metric++) {
        double value = -7;
        exactloss_metric(&e, metric, &value);
        assert_true(value == want[metric] && fetestexcept(FE_ALL_EXCEPT) == 0 && fegetround() == FE_UPWARD);
    }
    fesetround(FE_TONEAREST);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_counts_and_their_multiples), cmocka_unit_test(large_counts),
        cmocka_unit_test(perfect_useless_and_perverse),     cmocka_unit_test(undefined_metrics_are_nan),
        cmocka_unit_test(wrong_arguments_are_refused),      cmocka_unit_test(the_environment_has_no_influence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
