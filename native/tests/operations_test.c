/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logits, gradients in one pass, weights, rows, where and sigmoid: worked examples, and that a refused call writes nothing.
 * matrix_test.py compares their results with exact ones, type by type; arguments_test.c has what each function refuses.
 */
#include "exactloss/exactloss.h"
#include "inputs.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MNIST EXACTLOSS_MNIST
#define MEAN EXACTLOSS_MEAN
#define SUM EXACTLOSS_SUM
#define STRICT EXACTLOSS_STRICT
#define LOGITS EXACTLOSS_FROM_LOGITS
#define ACCUMULATE EXACTLOSS_ACCUMULATE
#define TYPES (EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8)
#define COUNT 3000

static const float P[] = {0.9f, 0.4f, 0.2f};
static const float X[] = {2, -1, 0};
static const float W[] = {1, 2, 0.5f};
static const unsigned char T[] = {1, 0, 1};

static void check_close(double want, double have, double ulps) {
    if (!(fabs(want - have) <= ulps * (double)FLT_EPSILON / 2 * fabs(want))) {
        fail_msg("expected %.17g, got %.17g", want, have);
    }
}

static double sigmoid(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }

/* A loss that is not refused. */
static double loss_of(int options, const void *p, const void *t, const float *w, int64_t count) {
    double loss = -1;
    assert_int_equal(EXACTLOSS_OK, exactloss_loss(MNIST | options, p, t, w, count, NULL, &loss, NULL));
    return loss;
}

static exactloss_evaluation evaluation_of(int options, const void *p, const void *t, const float *w, int64_t count,
                                          double threshold) {
    exactloss_evaluation e = {.size = sizeof e};
    assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(MNIST | options, p, t, w, count, NULL, threshold, &e, NULL));
    return e;
}

static exactloss_evaluation result_of(const exactloss_accumulator *a) {
    exactloss_evaluation e = {.size = sizeof e};
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(a, &e));
    return e;
}

static exactloss_accumulator empty_accumulator(double threshold) {
    exactloss_accumulator a;
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_init(&a, MNIST, threshold));
    return a;
}

/* ---------------------------------------------------------------------------------------------------- logits -- */

static void losses_from_logits(void **unused) {
    (void)unused;
    const double loss = loss_of(MEAN | TYPES | LOGITS, X, T, NULL, 3);
    const double sum = loss_of(SUM | TYPES | LOGITS, X, T, NULL, 3);
    float d[3];
    assert_int_equal(EXACTLOSS_OK, exactloss_values(MNIST | TYPES | LOGITS, X, T, NULL, 3, d, NULL));
    check_close(sigmoid(-2), (double)d[0], 1);
    check_close(sigmoid(-1), (double)d[1], 1);
    assert_true(d[2] == 0.5f);
    assert_true(sum == (double)d[0] + (double)d[1] + 0.5);
    assert_true(loss == sum / 3);
}

/* Where 1 - sigmoid(x) is 0 in float, the distance has all its digits, and so has the gradient. */
static void small_distances_keep_their_digits(void **unused) {
    (void)unused;
    static const float LOGIT[] = {30, 80, -30, -80};
    for (int i = 0; i < 4; i++) {
        const unsigned char target = LOGIT[i] > 0;
        double loss;
        float gradient;
        assert_int_equal(EXACTLOSS_OK, exactloss_gradient(MNIST | MEAN | TYPES | LOGITS, &LOGIT[i], &target, NULL, 1, 1,
                                                          1, &gradient, &loss, NULL));
        const double want = exp(-fabs((double)LOGIT[i]));
        assert_true(1.0f - (float)sigmoid(fabs((double)LOGIT[i])) == 0);
        check_close(want, loss, 2);
        check_close(target ? -want : want, (double)gradient, 4);
    }
}

static void evaluates_logits(void **unused) {
    (void)unused;
    /* sigmoid(2) = 0.88, sigmoid(-1) = 0.27, sigmoid(0) = 0.5 */
    exactloss_evaluation e = evaluation_of(TYPES | LOGITS, X, T, NULL, 3, 0.5);
    assert_true(e.true_positives == 1 && e.false_positives == 0 && e.false_negatives == 1 && e.true_negatives == 1);
    e = evaluation_of(TYPES | LOGITS, X, T, NULL, 3, 0.25);
    assert_true(e.true_positives == 2 && e.false_positives == 1 && e.false_negatives == 0 && e.true_negatives == 0);
}

static void strict_logits_may_be_anything_but_nan(void **unused) {
    (void)unused;
    const float x[] = {INFINITY, -INFINITY, 500, NAN};
    const unsigned char t[] = {1, 0, 1, 0};
    double loss = 7;
    exactloss_violation v;
    assert_true(loss_of(SUM | TYPES | LOGITS | STRICT, x, t, NULL, 3) == 0);
    assert_int_equal(EXACTLOSS_ERROR_STRICT,
                     exactloss_loss(MNIST | SUM | TYPES | LOGITS | STRICT, x, t, NULL, 4, NULL, &loss, &v));
    assert_true(loss == 7 && v.index == 3 && isnan(v.value) && v.argument == EXACTLOSS_PREDICTIONS);
}

/* ------------------------------------------------------------------------------------------------- gradients -- */

static void gradients_add_up(void **unused) {
    (void)unused;
    float gradient[] = {10, 20, 30};
    double loss;
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_gradient(MNIST | TYPES | ACCUMULATE, NULL, T, NULL, 3, 3, 3, gradient, NULL, NULL));
    assert_true(gradient[0] == 9 && gradient[1] == 21 && gradient[2] == 29);
    assert_int_equal(EXACTLOSS_OK, exactloss_gradient(MNIST | SUM | TYPES | ACCUMULATE, P, T, NULL, 3, 0.5, 1, gradient,
                                                      &loss, NULL));
    assert_true(gradient[0] == 8.5f && gradient[1] == 21.5f && gradient[2] == 28.5f);
    assert_true(loss == loss_of(SUM | TYPES, P, T, NULL, 3));
    assert_int_equal(EXACTLOSS_OK, exactloss_gradient(MNIST | TYPES, P, T, NULL, 3, 2, 1, gradient, NULL, NULL));
    assert_true(gradient[0] == -2 && gradient[1] == 2 && gradient[2] == -2);
}

/* Gradients of 32 MiB and more are written in another way, at any address of an element. */
static void large_gradients(void **unused) {
    (void)unused;
    static const uint16_t MINUS_AND_PLUS[] = {0xbc00, 0x3c00};
    const int64_t count = ((int64_t)1 << 24) + 37;
    unsigned char *t = malloc((size_t)count), *memory = malloc((size_t)count * 4 + 68), *gradient = memory + 4;
    float *w = malloc((size_t)count * sizeof *w);
    assert_true(t != NULL && memory != NULL && w != NULL);
    uint64_t state = 1;
    for (int64_t i = 0; i < count; i++) {
        t[i] = (unsigned char)(next_random(&state) % 2);
        w[i] = (float)(i % 5);
    }
    memset(memory, 0x55, (size_t)count * 4 + 68);
    for (int is_weighted = 0; is_weighted < 2; is_weighted++) {
        assert_int_equal(EXACTLOSS_OK, exactloss_gradient(MNIST | TYPES, NULL, t, is_weighted ? w : NULL, count, 1, 1,
                                                          gradient, NULL, NULL));
        for (int64_t i = 0; i < count; i++) {
            float g;
            memcpy(&g, gradient + 4 * i, sizeof g);
            if (g != (t[i] == 1 ? -1.0f : 1.0f) * (is_weighted ? w[i] : 1)) {
                fail_msg("gradient[%lld] is %g", (long long)i, (double)g);
            }
        }
        assert_true(memory[3] == 0x55 && gradient[4 * count] == 0x55);
    }
    assert_int_equal(EXACTLOSS_OK, exactloss_gradient(MNIST | EXACTLOSS_P_FLOAT16 | EXACTLOSS_T_UINT8, NULL, t, NULL,
                                                      count, 1, 1, memory + 6, NULL, NULL));
    for (int64_t i = 0; i < count; i++) {
        if (memcmp(memory + 6 + 2 * i, &MINUS_AND_PLUS[t[i] != 1], 2) != 0) {
            fail_msg("the gradient %lld of float16 is wrong", (long long)i);
        }
    }
    free(t);
    free(memory);
    free(w);
}

/* An accumulator that is given the pieces of a batch knows the divisor of the whole. */
static void pieces_have_the_gradient_of_the_whole(void **unused) {
    (void)unused;
    static float x[COUNT], w[COUNT], want[COUNT], have[COUNT];
    static unsigned char t[COUNT];
    uint64_t state = 1;
    fill_floats(RAW_SCORES, &state, (unsigned char *)x, COUNT);
    fill_floats(UNIFORM, &state, (unsigned char *)w, COUNT);
    fill_bytes(0, &state, t, COUNT);
    for (int is_weighted = 0; is_weighted < 2; is_weighted++) {
        const float *weights = is_weighted ? w : NULL;
        const int options = MNIST | TYPES | LOGITS;
        double loss;
        assert_int_equal(EXACTLOSS_OK,
                         exactloss_gradient(options | MEAN, x, t, weights, COUNT, 0.7, COUNT, want, &loss, NULL));
        exactloss_accumulator a = empty_accumulator(0.5);
        for (int from = 0; from < COUNT; from += 700) {
            const int count = COUNT - from < 700 ? COUNT - from : 700;
            assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add_with_gradient(&a, options, x + from, t + from,
                                                                                   is_weighted ? w + from : NULL, count,
                                                                                   0.7, COUNT, have + from, NULL));
        }
        assert_memory_equal(want, have, sizeof want);
        assert_true(result_of(&a).mnist.mean == loss);
        assert_true(loss == loss_of(MEAN | TYPES | LOGITS, x, t, weights, COUNT));
    }
}

static void refused_gradients_write_nothing(void **unused) {
    (void)unused;
    const float p[] = {0.5f, 0.25f, 1.5f}, w[] = {1, 1, -0.5f};
    float gradient[] = {7, 7, 7};
    double loss = 7;
    exactloss_violation v;
    exactloss_accumulator a = empty_accumulator(0.5);
    const exactloss_accumulator before = a;
    assert_int_equal(EXACTLOSS_ERROR_STRICT,
                     exactloss_gradient(MNIST | MEAN | TYPES | STRICT, p, T, NULL, 3, 1, 3, gradient, &loss, &v));
    assert_true(v.index == 2 && v.value == 1.5 && v.argument == EXACTLOSS_PREDICTIONS);
    assert_int_equal(EXACTLOSS_ERROR_STRICT, exactloss_accumulator_add_with_gradient(&a, MNIST | TYPES | STRICT, p, T,
                                                                                     NULL, 3, 1, 3, gradient, &v));
    for (int flags = 0; flags <= ACCUMULATE; flags += ACCUMULATE) {
        assert_int_equal(EXACTLOSS_ERROR_WEIGHT,
                         exactloss_gradient(MNIST | MEAN | TYPES | flags, p, T, w, 3, 1, 3, gradient, &loss, &v));
        assert_int_equal(EXACTLOSS_ERROR_WEIGHT,
                         exactloss_gradient(MNIST | TYPES | flags, NULL, T, w, 3, 1, 3, gradient, NULL, &v));
        assert_int_equal(EXACTLOSS_ERROR_WEIGHT,
                         exactloss_accumulator_add_with_gradient(&a, MNIST | TYPES | LOGITS | flags, p, T, w, 3, 1, 3,
                                                                 gradient, &v));
        assert_true(v.index == 2 && v.value == -0.5 && v.argument == EXACTLOSS_WEIGHTS);
    }
    assert_true(loss == 7 && gradient[0] == 7 && gradient[1] == 7 && gradient[2] == 7);
    assert_memory_equal(&before, &a, sizeof a);
}

/* ------------------------------------------------------------------------------------------------------- weights -- */

static void weighted_losses(void **unused) {
    (void)unused;
    const float p[] = {0.75f, 0.25f, 0.5f};
    const double mean = loss_of(MEAN | TYPES | STRICT, p, T, W, 3), sum = loss_of(SUM | TYPES, p, T, W, 3);
    assert_true(sum == 1 * 0.25 + 2 * 0.25 + 0.5 * 0.5);
    assert_true(mean == 1 / 3.5);
    exactloss_evaluation e = evaluation_of(TYPES, p, T, W, 3, 0.5);
    assert_true(e.mnist.mean == mean && e.mnist.sum == sum && e.weight_sum == 3.5);
    assert_true(e.mnist.mean_f32 == (float)mean && e.mnist.sum_f32 == 1 && e.count == 3 && e.true_positives == 1);
    /* With elements that have no weight: 1 each. */
    exactloss_accumulator a = empty_accumulator(0.5);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, TYPES, p, T, W, 3, NULL, NULL));
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, MNIST | TYPES, p, T, NULL, 2, NULL, NULL));
    e = result_of(&a);
    assert_true(e.weight_sum == 5.5 && e.mnist.sum == 1.5 && e.mnist.mean == 1.5 / 5.5);
}

static void weights_of_zero_only(void **unused) {
    (void)unused;
    const float zeros[] = {0, -0.0f, 0}, p[] = {0.5f, INFINITY, 0.5f};
    exactloss_evaluation e = evaluation_of(TYPES, P, T, zeros, 3, 0.5);
    assert_true(isnan(e.mnist.mean) && isnan(e.mnist.mean_f32) && e.mnist.sum == 0 && e.weight_sum == 0);
    assert_true(e.mnist.nan_count == 0 && isnan(loss_of(MEAN | TYPES, P, T, zeros, 3)));
    e = evaluation_of(TYPES, p, T, zeros, 3, 0.5);
    assert_true(isnan(e.mnist.sum) && e.mnist.nan_count == 1 && e.false_positives == 1);
}

/*
 * The value and the product are each rounded to float, and for float16 the product then to float16. Had the value been
 * rounded to float16 too, the result would be 1 + 2^-10.
 */
static void weighted_values(void **unused) {
    (void)unused;
    static const uint16_t HALVES[] = {0x3555, 0x3555, 0x0001}; /* 0.333251953125 = 1365 * 2^-12, and 2^-24 */
    const float w[] = {3, 3, 0.75f}, other[] = {1.500001f, 3, 0.75f}, p[] = {0x1p-30f, 0.1f, 0.2f};
    float values[3];
    uint16_t halves[3];
    assert_int_equal(EXACTLOSS_OK, exactloss_values(MNIST | TYPES, p, T, w, 3, values, NULL));
    assert_true(values[0] == 3 && values[1] == 0.1f * 3 && values[2] == (1 - 0.2f) * 0.75f);
    assert_int_equal(EXACTLOSS_OK, exactloss_values(MNIST | EXACTLOSS_P_FLOAT16 | EXACTLOSS_T_UINT8, HALVES, T, other,
                                                    3, halves, NULL));
    assert_true(halves[0] == 0x3c00 && halves[1] == 0x3c00 && halves[2] == 0x3a00);
    /* In place. */
    float in_place[3];
    memcpy(in_place, p, sizeof p);
    assert_int_equal(EXACTLOSS_OK, exactloss_values(MNIST | TYPES, in_place, T, w, 3, in_place, NULL));
    assert_memory_equal(values, in_place, sizeof values);
}

static void weighted_gradients(void **unused) {
    (void)unused;
    const float w[] = {1, 2, 0.3f};
    float gradient[3], in_place[3], from_logits[3], plain[3];
    double loss;
    memcpy(in_place, P, sizeof P);
    assert_int_equal(EXACTLOSS_OK, exactloss_gradient(MNIST | TYPES, NULL, T, w, 3, 1, 3, gradient, NULL, NULL));
    const float g = 1 / 3.0f;
    assert_true(gradient[0] == -g && gradient[1] == g * 2 && gradient[2] == -g * 0.3f);
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_gradient(MNIST | SUM | TYPES, in_place, T, w, 3, 1, 3, in_place, &loss, NULL));
    assert_memory_equal(gradient, in_place, sizeof gradient);
    assert_true(loss == loss_of(SUM | TYPES, P, T, w, 3));
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_gradient(MNIST | TYPES | ACCUMULATE, NULL, T, w, 3, 1, 3, gradient, NULL, NULL));
    for (int i = 0; i < 3; i++) {
        assert_true(gradient[i] == 2 * in_place[i]);
    }
    assert_int_equal(EXACTLOSS_OK, exactloss_gradient(MNIST | TYPES | LOGITS, X, T, NULL, 3, 1, 3, plain, NULL, NULL));
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_gradient(MNIST | TYPES | LOGITS, X, T, w, 3, 1, 3, from_logits, NULL, NULL));
    for (int i = 0; i < 3; i++) {
        assert_true(from_logits[i] == plain[i] * w[i]);
    }
}

/* In every function that takes weights. */
static void bad_weights_are_refused(void **unused) {
    (void)unused;
    static const float BAD[] = {-0x1p-149f, -1, INFINITY, NAN};
    for (int i = 0; i < 4; i++) {
        const float w[] = {1, 1, BAD[i]}, p[] = {0.5f, 0.5f, 2};
        double losses[] = {7, 7};
        float values[] = {7, 7, 7};
        exactloss_evaluation e = {.size = sizeof e, .count = 7};
        exactloss_accumulator a = empty_accumulator(0.5);
        const exactloss_accumulator before = a;
        exactloss_violation v[6];
        const int o = MNIST | TYPES, refused = EXACTLOSS_ERROR_WEIGHT;
        assert_int_equal(refused, exactloss_loss(o | MEAN, P, T, w, 3, NULL, losses, &v[0]));
        assert_int_equal(refused, exactloss_values(o, P, T, w, 3, values, &v[1]));
        assert_int_equal(refused, exactloss_gradient(o | SUM, P, T, w, 3, 1, 1, values, losses + 1, &v[2]));
        assert_int_equal(refused, exactloss_evaluate(o, P, T, w, 3, NULL, 0.5, &e, &v[3]));
        assert_int_equal(refused, exactloss_accumulator_add(&a, o, P, T, w, 3, NULL, &v[4]));
        assert_int_equal(refused, exactloss_accumulator_add_with_gradient(&a, o, P, T, w, 3, 1, 1, values, &v[5]));
        for (int k = 0; k < 6; k++) {
            assert_true(v[k].index == 2 && v[k].argument == EXACTLOSS_WEIGHTS && v[k].reserved == 0);
            assert_true(v[k].value == (double)BAD[i] || (isnan(v[k].value) && isnan(BAD[i])));
        }
        assert_int_equal(EXACTLOSS_ERROR_STRICT, exactloss_loss(o | MEAN | STRICT, p, T, w, 3, NULL, losses, &v[0]));
        assert_true(v[0].index == 2 && v[0].argument == EXACTLOSS_PREDICTIONS);
        assert_true(losses[0] == 7 && losses[1] == 7 && values[0] == 7 && e.count == 7);
        assert_memory_equal(&before, &a, sizeof a);
    }
}

/* ---------------------------------------------------------------------------------------------------------- rows -- */

/* 9 rows of 50 columns of floats, bytes and weights. */
enum { ROWS = 9, COLUMNS = 50 };
static float matrix[COUNT], matrix_weights[COUNT];
static unsigned char matrix_targets[COUNT];

static void fill_matrix(void) {
    uint64_t state = 2;
    fill_floats(UNIFORM, &state, (unsigned char *)matrix, COUNT);
    fill_floats(UNIFORM, &state, (unsigned char *)matrix_weights, COUNT);
    fill_bytes(0, &state, matrix_targets, COUNT);
}

static void rows_are_batches(void **unused) {
    (void)unused;
    fill_matrix();
    /* The rows of each array apart by more than their length, by less, or all the same. */
    static const exactloss_rows SHAPES[] = {{ROWS, 70, 60, 55}, {ROWS, 0, 60, 50}, {ROWS, 50, 0, 3}, {ROWS, 1, 50, 0}};
    for (int i = 0; i < 8; i++) {
        const exactloss_rows *s = &SHAPES[i / 2];
        const float *w = i % 2 == 0 ? NULL : matrix_weights;
        double losses[ROWS];
        exactloss_evaluation evaluations[ROWS];
        exactloss_accumulator accumulators[ROWS], alone;
        evaluations[0].size = sizeof *evaluations;
        for (int row = 0; row < ROWS; row++) {
            accumulators[row] = empty_accumulator(0.1 * row);
        }
        assert_int_equal(EXACTLOSS_OK, exactloss_loss(MNIST | MEAN | TYPES | STRICT, matrix, matrix_targets, w, COLUMNS,
                                                      s, losses, NULL));
        assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(MNIST | TYPES, matrix, matrix_targets, w, COLUMNS, s, 0.25,
                                                          evaluations, NULL));
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(accumulators, MNIST | TYPES, matrix, matrix_targets, w,
                                                                 COLUMNS, s, NULL));
        for (int row = 0; row < ROWS; row++) {
            const float *p = matrix + s->predictions_stride * row;
            const unsigned char *t = matrix_targets + s->targets_stride * row;
            const float *weights = w == NULL ? NULL : w + s->weights_stride * row;
            const double loss = loss_of(MEAN | TYPES, p, t, weights, COLUMNS);
            if (losses[row] != loss) {
                fail_msg("row %d of shape %d has the loss %a, not %a", row, i, losses[row], loss);
            }
            const exactloss_evaluation e = evaluation_of(TYPES, p, t, weights, COLUMNS, 0.25);
            assert_memory_equal(&e, &evaluations[row], sizeof e);
            const exactloss_evaluation other = evaluation_of(TYPES, p, t, weights, COLUMNS, 0.1 * row);
            const exactloss_evaluation result = result_of(&accumulators[row]);
            assert_memory_equal(&other, &result, sizeof other);
            alone = empty_accumulator(0.1 * row);
            assert_int_equal(EXACTLOSS_OK,
                             exactloss_accumulator_add(&alone, TYPES, p, t, weights, COLUMNS, NULL, NULL));
            unsigned char want[EXACTLOSS_ACCUMULATOR_MAX_BYTES], have[EXACTLOSS_ACCUMULATOR_MAX_BYTES];
            int64_t size, other_size;
            assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_serialize(&alone, want, sizeof want, &size));
            assert_int_equal(EXACTLOSS_OK,
                             exactloss_accumulator_serialize(&accumulators[row], have, sizeof have, &other_size));
            assert_int_equal(size, other_size);
            assert_memory_equal(want, have, (size_t)size);
        }
    }
}

/* A bad element, in the last row or before it: no row was written, and the first one of all is named. */
static void rows_are_refused_together(void **unused) {
    (void)unused;
    const exactloss_rows shape = {ROWS, 70, 60, 55};
    const struct {
        int row, column, argument;
    } bad[] = {{8, 49, EXACTLOSS_WEIGHTS}, {8, 49, EXACTLOSS_TARGETS},    {8, 48, EXACTLOSS_PREDICTIONS},
               {5, 0, EXACTLOSS_TARGETS},  {4, 3, EXACTLOSS_PREDICTIONS}, {0, 7, EXACTLOSS_WEIGHTS}};
    fill_matrix();
    double losses[ROWS];
    exactloss_evaluation evaluations[ROWS];
    exactloss_accumulator accumulators[ROWS];
    memset(losses, 0x55, sizeof losses);
    memset(evaluations, 0x55, sizeof evaluations);
    evaluations[0].size = sizeof *evaluations;
    for (int row = 0; row < ROWS; row++) {
        accumulators[row] = empty_accumulator(0.1 * row);
    }
    unsigned char before[3][sizeof accumulators];
    memcpy(before[0], losses, sizeof losses);
    memcpy(before[1], evaluations, sizeof evaluations);
    memcpy(before[2], accumulators, sizeof accumulators);
    for (int i = 0; i < 6; i++) {
        double value = -1;
        if (bad[i].argument == EXACTLOSS_PREDICTIONS) {
            matrix[70 * bad[i].row + bad[i].column] = -1;
        } else if (bad[i].argument == EXACTLOSS_WEIGHTS) {
            matrix_weights[55 * bad[i].row + bad[i].column] = -1;
        } else {
            matrix_targets[60 * bad[i].row + bad[i].column] = 9;
            value = 9;
        }
        const int want = bad[i].argument == EXACTLOSS_WEIGHTS ? EXACTLOSS_ERROR_WEIGHT : EXACTLOSS_ERROR_STRICT;
        const int o = MNIST | TYPES | STRICT;
        exactloss_violation v[3];
        assert_int_equal(
            want, exactloss_loss(o | MEAN, matrix, matrix_targets, matrix_weights, COLUMNS, &shape, losses, &v[0]));
        assert_int_equal(want, exactloss_evaluate(o, matrix, matrix_targets, matrix_weights, COLUMNS, &shape, 0.5,
                                                  evaluations, &v[1]));
        assert_int_equal(want, exactloss_accumulator_add(accumulators, o, matrix, matrix_targets, matrix_weights,
                                                         COLUMNS, &shape, &v[2]));
        for (int k = 0; k < 3; k++) {
            assert_int_equal(COLUMNS * bad[i].row + bad[i].column, v[k].index);
            assert_int_equal(bad[i].argument, v[k].argument);
            assert_true(v[k].value == value && v[k].reserved == 0);
        }
        assert_memory_equal(before[0], losses, sizeof losses);
        assert_memory_equal(before[1], evaluations, sizeof evaluations);
        assert_memory_equal(before[2], accumulators, sizeof accumulators);
    }
}

/* One accumulator that is none, anywhere among them, or that is full. */
static void rows_need_all_their_accumulators(void **unused) {
    (void)unused;
    const exactloss_rows shape = {ROWS, 70, 60, 0};
    fill_matrix();
    for (int i = 0; i < 2 * ROWS; i++) {
        exactloss_accumulator accumulators[ROWS], before[ROWS];
        unsigned char bytes[EXACTLOSS_ACCUMULATOR_MAX_BYTES];
        int64_t size;
        for (int row = 0; row < ROWS; row++) {
            accumulators[row] = empty_accumulator(0.5);
        }
        if (i < ROWS) {
            memset(&accumulators[i], 0x77, sizeof *accumulators);
        } else {
            assert_int_equal(EXACTLOSS_OK,
                             exactloss_accumulator_serialize(&accumulators[i - ROWS], bytes, sizeof bytes, &size));
            memset(bytes + 24, 0xff, 7);
            bytes[31] = 0x7f;
            assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_deserialize(&accumulators[i - ROWS], bytes, size));
        }
        memcpy(before, accumulators, sizeof before);
        assert_int_equal(
            i < ROWS ? EXACTLOSS_ERROR_ACCUMULATOR : EXACTLOSS_ERROR_OVERFLOW,
            exactloss_accumulator_add(accumulators, TYPES, matrix, matrix_targets, NULL, COLUMNS, &shape, NULL));
        assert_memory_equal(before, accumulators, sizeof before);
    }
}

/* ------------------------------------------------------------------------------------------------------ arrays -- */

static void where_selects(void **unused) {
    (void)unused;
    const unsigned char condition[] = {0, 1, 255, 0, 2}, bits[] = {0x60, 0x01}; /* 0, 1, 1, 0, 1 from bit 4 on */
    const int16_t a[] = {1, 2, 3, 4, 5}, b[] = {-1, -2, -3, -4, -5}, zero = 0;
    static const int16_t BOTH[] = {-1, 2, 3, -4, 5}, MASKED[] = {0, 2, 3, 0, 5};
    int16_t out[5];
    assert_int_equal(EXACTLOSS_OK, exactloss_where(EXACTLOSS_T_UINT8, condition, a, b, 2, 5, out));
    assert_memory_equal(BOTH, out, sizeof out);
    assert_int_equal(EXACTLOSS_OK, exactloss_where(EXACTLOSS_T_BITS | 4 * EXACTLOSS_T_BIT_OFFSET | EXACTLOSS_SCALAR_B,
                                                   bits, a, &zero, 2, 5, out));
    assert_memory_equal(MASKED, out, sizeof out);
    memcpy(out, b, sizeof out);
    assert_int_equal(EXACTLOSS_OK, exactloss_where(EXACTLOSS_T_UINT8, condition, a, out, 2, 5, out));
    assert_memory_equal(BOTH, out, sizeof out);
}

static void sigmoids_of_the_edges(void **unused) {
    (void)unused;
    const double x[] = {0, -0.0, INFINITY, -INFINITY, 1000, -1000, NAN};
    static const double WANT[] = {0.5, 0.5, 1, 0, 1, 0};
    const uint16_t half[] = {0x0000, 0x7c00, 0xfc00, 0x4000}; /* 0, Inf, -Inf, 2 */
    double out[7];
    uint16_t out_half[4];
    assert_int_equal(EXACTLOSS_OK, exactloss_sigmoid(EXACTLOSS_P_FLOAT64, x, 7, out));
    assert_memory_equal(WANT, out, sizeof WANT);
    assert_true(isnan(out[6]));
    assert_int_equal(EXACTLOSS_OK, exactloss_sigmoid(EXACTLOSS_P_FLOAT16, half, 4, out_half));
    /* sigmoid(2) = 0.8808, and float16 are 2^-11 apart there: 1804 of them. */
    assert_true(out_half[0] == 0x3800 && out_half[1] == 0x3c00 && out_half[2] == 0 && out_half[3] == 0x3b0c);
}

/* --------------------------------------------------------------------------------------------- brier and log -- */

/* With and without EXACTLOSS_CLAMP: the last of these is no probability. */
static void clamped_logs(void **unused) {
    (void)unused;
    static const float PROBABILITIES[] = {0, 1e-45f, 1e-20f, 1e-11f, 1, -1e-30f};
    static const unsigned char POSITIVE[] = {1, 1, 1, 1, 1, 1};
    enum { NUMBER = sizeof PROBABILITIES / sizeof *PROBABILITIES };
    const int options = EXACTLOSS_LOG | TYPES;
    float values[NUMBER], clamped[NUMBER], gradient[NUMBER];
    assert_int_equal(EXACTLOSS_OK, exactloss_values(options, PROBABILITIES, POSITIVE, NULL, NUMBER, values, NULL));
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_values(options | EXACTLOSS_CLAMP, PROBABILITIES, POSITIVE, NULL, NUMBER, clamped, NULL));
    assert_true(values[0] == INFINITY && clamped[0] == 100 && values[1] > 103 && clamped[1] == 100);
    assert_true(values[2] == clamped[2] && values[3] == clamped[3] && values[4] == 0 && clamped[4] == 0);
    assert_true(isnan(values[5]) && isnan(clamped[5]));
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_gradient(options, PROBABILITIES, POSITIVE, NULL, NUMBER, 1, 2, gradient, NULL, NULL));
    assert_true(gradient[0] == -INFINITY && gradient[1] == -INFINITY && gradient[2] == -0.5f / 1e-20f);
    assert_true(gradient[3] == -0.5f / 1e-11f && gradient[4] == -0.5f);
    assert_int_equal(EXACTLOSS_OK, exactloss_gradient(options | EXACTLOSS_CLAMP, PROBABILITIES, POSITIVE, NULL, NUMBER,
                                                      1, 2, gradient, NULL, NULL));
    assert_true(gradient[0] == -0.5e12f && gradient[1] == -0.5e12f && gradient[2] == -0.5e12f);
    assert_true(gradient[3] == -0.5f / 1e-11f && gradient[4] == -0.5f && gradient[5] == 0.5e12f);
}

/* Of two doubles against negative targets. */
static double sum_of_squares(const double *p, const float *w) {
    static const unsigned char NEGATIVE[] = {0, 0};
    const int options = EXACTLOSS_BRIER | SUM | EXACTLOSS_P_FLOAT64 | EXACTLOSS_T_UINT8;
    double loss = -1;
    assert_int_equal(EXACTLOSS_OK, exactloss_loss(options, p, NEGATIVE, w, 2, NULL, &loss, NULL));
    return loss;
}

/* Squares beyond the range of double on both sides: only their mean is rounded. */
static void squares_leave_the_range_of_double(void **unused) {
    (void)unused;
    static const double OVERFLOWING[] = {1e200, -1e200}, UNDERFLOWING[] = {0x1p-600, 0x1p-1074};
    static const unsigned char NEGATIVE[] = {0, 0};
    static const float HEAVY[] = {0x1p127f, 0x1p127f}, LIGHT[] = {0x1p-149f, 0x1p-149f};
    const int options = EXACTLOSS_BRIER | EXACTLOSS_P_FLOAT64 | EXACTLOSS_T_UINT8;
    assert_true(sum_of_squares(OVERFLOWING, NULL) == INFINITY);
    assert_true(sum_of_squares(UNDERFLOWING, NULL) == 0);
    assert_true(sum_of_squares(UNDERFLOWING, HEAVY) == 0x1p-1073);
    assert_true(sum_of_squares((const double[]){0x1p580, 1}, LIGHT) == 0x1p1011);
    exactloss_accumulator a;
    exactloss_evaluation e = {.size = sizeof e};
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_init(&a, EXACTLOSS_BRIER, 0.5));
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, options, (const double[]){0x1p1000, INFINITY},
                                                             NEGATIVE, NULL, 2, NULL, NULL));
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(&a, &e));
    assert_true(e.brier.sum == INFINITY && e.brier.infinite_count == 1 && e.brier.nan_count == 0);
    assert_true(e.losses == EXACTLOSS_BRIER && isnan(e.mnist.sum) && isnan(e.log.mean) && e.mnist.infinite_count == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_from_logits),
        cmocka_unit_test(small_distances_keep_their_digits),
        cmocka_unit_test(evaluates_logits),
        cmocka_unit_test(strict_logits_may_be_anything_but_nan),
        cmocka_unit_test(gradients_add_up),
        cmocka_unit_test(large_gradients),
        cmocka_unit_test(pieces_have_the_gradient_of_the_whole),
        cmocka_unit_test(refused_gradients_write_nothing),
        cmocka_unit_test(weighted_losses),
        cmocka_unit_test(weights_of_zero_only),
        cmocka_unit_test(weighted_values),
        cmocka_unit_test(weighted_gradients),
        cmocka_unit_test(bad_weights_are_refused),
        cmocka_unit_test(rows_are_batches),
        cmocka_unit_test(rows_are_refused_together),
        cmocka_unit_test(rows_need_all_their_accumulators),
        cmocka_unit_test(where_selects),
        cmocka_unit_test(sigmoids_of_the_edges),
        cmocka_unit_test(clamped_logs),
        cmocka_unit_test(squares_leave_the_range_of_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
