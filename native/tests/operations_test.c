/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logits, gradients in one pass, weights, rows, where and sigmoid: worked examples, what each refuses, and that a refused
 * call writes nothing. matrix_test.py compares their results with exact ones, type by type.
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

#define F16 EXACTLOSS_FLOAT16
#define F32 EXACTLOSS_FLOAT32
#define F64 EXACTLOSS_FLOAT64
#define U8 EXACTLOSS_UINT8
#define MEAN EXACTLOSS_REDUCTION_MEAN
#define SUM EXACTLOSS_REDUCTION_SUM
#define NONE EXACTLOSS_REDUCTION_NONE
#define STRICT EXACTLOSS_STRICT
#define LOGITS EXACTLOSS_LOGITS
#define ACCUMULATE EXACTLOSS_ACCUMULATE
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

/* ---------------------------------------------------------------------------------------------------- logits -- */

static void losses_from_logits(void **unused) {
    (void)unused;
    double loss, sum;
    float d[3];
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss(X, F32, T, U8, 0, 3, MEAN, LOGITS, &loss, NULL, NULL));
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss(X, F32, T, U8, 0, 3, SUM, LOGITS, &sum, NULL, NULL));
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_none(X, F32, T, U8, 0, 3, LOGITS, d, NULL));
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
        assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_and_gradient(&LOGIT[i], F32, &target, U8, 0, 1, 1, MEAN,
                                                                         LOGITS, &loss, NULL, &gradient, NULL));
        const double want = exp(-fabs((double)LOGIT[i]));
        assert_true(1.0f - (float)sigmoid(fabs((double)LOGIT[i])) == 0);
        check_close(want, loss, 2);
        check_close(target ? -want : want, (double)gradient, 4);
    }
}

static void evaluates_logits(void **unused) {
    (void)unused;
    exactloss_evaluation e;
    /* sigmoid(2) = 0.88, sigmoid(-1) = 0.27, sigmoid(0) = 0.5 */
    assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(X, F32, T, U8, 0, 3, 0.5, LOGITS, &e, NULL));
    assert_true(e.true_positives == 1 && e.false_positives == 0 && e.false_negatives == 1 && e.true_negatives == 1);
    assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(X, F32, T, U8, 0, 3, 0.25, LOGITS, &e, NULL));
    assert_true(e.true_positives == 2 && e.false_positives == 1 && e.false_negatives == 0 && e.true_negatives == 0);
}

static void strict_logits_may_be_anything_but_nan(void **unused) {
    (void)unused;
    const float x[] = {INFINITY, -INFINITY, 500, NAN};
    const unsigned char t[] = {1, 0, 1, 0};
    double loss = 7;
    exactloss_violation v;
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss(x, F32, t, U8, 0, 3, SUM, LOGITS | STRICT, &loss, NULL, &v));
    assert_true(loss == 0);
    loss = 7;
    assert_int_equal(EXACTLOSS_ERROR_STRICT,
                     exactloss_mnist_loss(x, F32, t, U8, 0, 4, SUM, LOGITS | STRICT, &loss, NULL, &v));
    assert_true(loss == 7 && v.index == 3 && isnan(v.value) && v.argument == EXACTLOSS_PREDICTIONS);
}

/* ------------------------------------------------------------------------------------------------- gradients -- */

static void gradients_add_up(void **unused) {
    (void)unused;
    float gradient[] = {10, 20, 30};
    double loss;
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_mnist_loss_gradient(T, U8, 0, 3, 3, MEAN, ACCUMULATE, gradient, F32, NULL));
    assert_true(gradient[0] == 9 && gradient[1] == 21 && gradient[2] == 29);
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_and_gradient(P, F32, T, U8, 0, 3, 0.5, SUM, ACCUMULATE, &loss,
                                                                     NULL, gradient, NULL));
    assert_true(gradient[0] == 8.5f && gradient[1] == 21.5f && gradient[2] == 28.5f);
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_mnist_loss_and_gradient(P, F32, T, U8, 0, 3, 2, NONE, 0, NULL, NULL, gradient, NULL));
    assert_true(gradient[0] == -2 && gradient[1] == 2 && gradient[2] == -2);
}

/* Gradients of 32 MiB and more are written in another way, at any address of an element. */
static void large_gradients(void **unused) {
    (void)unused;
    static const unsigned char MINUS_AND_PLUS[2][2] = {{0x00, 0xbc}, {0x00, 0x3c}};
    const int64_t count = ((int64_t)1 << 24) + 37;
    unsigned char *t = malloc((size_t)count), *memory = malloc((size_t)count * 4 + 68), *gradient = memory + 4;
    assert_true(t != NULL && memory != NULL);
    uint64_t state = 1;
    for (int64_t i = 0; i < count; i++) {
        t[i] = (unsigned char)(next_random(&state) % 2);
    }
    memset(memory, 0x55, (size_t)count * 4 + 68);
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_gradient(t, U8, 0, count, 1, SUM, 0, gradient, F32, NULL));
    for (int64_t i = 0; i < count; i++) {
        float g;
        memcpy(&g, gradient + 4 * i, sizeof g);
        if (g != (t[i] == 1 ? -1.0f : 1.0f)) {
            fail_msg("gradient[%lld] is %g", (long long)i, (double)g);
        }
    }
    assert_true(memory[3] == 0x55 && gradient[4 * count] == 0x55);
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_gradient(t, U8, 0, count, 1, SUM, 0, memory + 6, F16, NULL));
    for (int64_t i = 0; i < count; i++) {
        if (memcmp(memory + 6 + 2 * i, MINUS_AND_PLUS[t[i] != 1], 2) != 0) {
            fail_msg("the gradient %lld of float16 is wrong", (long long)i);
        }
    }
    free(t);
    free(memory);
}

/* An accumulator that is given the pieces of a batch knows the divisor of the whole. */
static void pieces_have_the_gradient_of_the_whole(void **unused) {
    (void)unused;
    static float x[COUNT], want[COUNT], have[COUNT];
    static unsigned char t[COUNT];
    uint64_t state = 1;
    fill_floats(RAW_SCORES, &state, (unsigned char *)x, COUNT);
    fill_bytes(0, &state, t, COUNT);
    double loss;
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_and_gradient(x, F32, t, U8, 0, COUNT, 0.7, MEAN, LOGITS, &loss,
                                                                     NULL, want, NULL));
    exactloss_accumulator a;
    exactloss_evaluation e;
    exactloss_accumulator_init(&a, 0.5);
    for (int from = 0; from < COUNT; from += 700) {
        const int count = COUNT - from < 700 ? COUNT - from : 700;
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add_with_gradient(&a, x + from, F32, t, U8, from, count,
                                                                               0.7, COUNT, LOGITS, have + from, NULL));
    }
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(&a, &e));
    assert_memory_equal(want, have, sizeof want);
    assert_true(e.loss == loss);
}

static void refused_gradients_write_nothing(void **unused) {
    (void)unused;
    const float p[] = {0.5f, 0.25f, 1.5f};
    float gradient[] = {7, 7, 7};
    double loss = 7;
    exactloss_violation v;
    exactloss_accumulator a, before;
    exactloss_accumulator_init(&a, 0.5);
    before = a;
    assert_int_equal(EXACTLOSS_ERROR_STRICT, exactloss_mnist_loss_and_gradient(p, F32, T, U8, 0, 3, 1, MEAN, STRICT,
                                                                               &loss, NULL, gradient, &v));
    assert_true(v.index == 2 && v.value == 1.5 && v.argument == EXACTLOSS_PREDICTIONS);
    assert_int_equal(EXACTLOSS_ERROR_STRICT,
                     exactloss_accumulator_add_with_gradient(&a, p, F32, T, U8, 0, 3, 1, 3, STRICT, gradient, &v));
    assert_true(loss == 7 && gradient[0] == 7 && gradient[1] == 7 && gradient[2] == 7);
    assert_memory_equal(&before, &a, sizeof a);
}

/* ------------------------------------------------------------------------------------------- weights and rows -- */

static void weighted_losses(void **unused) {
    (void)unused;
    const float p[] = {0.75f, 0.25f, 0.5f};
    double mean, sum;
    exactloss_evaluation e;
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_weighted_mnist_loss(p, F32, T, U8, 0, W, 3, MEAN, STRICT, &mean, NULL, NULL));
    assert_int_equal(EXACTLOSS_OK, exactloss_weighted_mnist_loss(p, F32, T, U8, 0, W, 3, SUM, 0, &sum, NULL, NULL));
    assert_true(sum == 1 * 0.25 + 2 * 0.25 + 0.5 * 0.5);
    assert_true(mean == 1 / 3.5);
    assert_int_equal(EXACTLOSS_OK, exactloss_weighted_evaluate(p, F32, T, U8, 0, W, 3, 0.5, 0, &e, NULL));
    assert_true(e.loss == mean && e.loss_sum == sum && e.weight_sum == 3.5 && e.count == 3 && e.true_positives == 1);
    /* With elements that have no weight: 1 each. */
    exactloss_accumulator a;
    exactloss_accumulator_init(&a, 0.5);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add_weighted(&a, p, F32, T, U8, 0, W, 3, 0, NULL));
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, p, F32, T, U8, 0, 2, 0, NULL));
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(&a, &e));
    assert_true(e.weight_sum == 5.5 && e.loss_sum == 1.5 && e.loss == 1.5 / 5.5);
}

static void weights_of_zero_only(void **unused) {
    (void)unused;
    const float zeros[] = {0, -0.0f, 0}, p[] = {0.5f, INFINITY, 0.5f};
    exactloss_evaluation e;
    assert_int_equal(EXACTLOSS_OK, exactloss_weighted_evaluate(P, F32, T, U8, 0, zeros, 3, 0.5, 0, &e, NULL));
    assert_true(isnan(e.loss) && isnan(e.loss_f32) && e.loss_sum == 0 && e.weight_sum == 0 && e.nan_count == 0);
    assert_int_equal(EXACTLOSS_OK, exactloss_weighted_evaluate(p, F32, T, U8, 0, zeros, 3, 0.5, 0, &e, NULL));
    assert_true(isnan(e.loss_sum) && e.nan_count == 1 && e.false_positives == 1);
}

static void bad_weights_are_refused(void **unused) {
    (void)unused;
    static const float BAD[] = {-0x1p-149f, -1, INFINITY, NAN};
    for (int i = 0; i < 4; i++) {
        const float w[] = {1, 1, BAD[i]};
        double loss = 7;
        exactloss_violation v;
        assert_int_equal(EXACTLOSS_ERROR_WEIGHT,
                         exactloss_weighted_mnist_loss(P, F32, T, U8, 0, w, 3, MEAN, 0, &loss, NULL, &v));
        assert_true(loss == 7 && v.index == 2 && v.argument == EXACTLOSS_WEIGHTS);
        assert_true(v.value == (double)BAD[i] || (isnan(v.value) && isnan(BAD[i])));
        const float p[] = {0.5f, 0.5f, 2};
        assert_int_equal(EXACTLOSS_ERROR_STRICT,
                         exactloss_weighted_mnist_loss(p, F32, T, U8, 0, w, 3, MEAN, STRICT, &loss, NULL, &v));
        assert_true(v.index == 2 && v.argument == EXACTLOSS_PREDICTIONS);
    }
}

static void rows_are_batches(void **unused) {
    (void)unused;
    static float p[COUNT];
    static unsigned char t[COUNT];
    uint64_t state = 2;
    fill_floats(UNIFORM, &state, (unsigned char *)p, COUNT);
    fill_bytes(0, &state, t, COUNT);
    double losses[9];
    float losses_f32[9];
    exactloss_evaluation evaluations[9];
    /* 9 rows of 50 columns, 70 and 60 elements apart, and with the same targets for all. */
    for (int64_t stride = 0; stride <= 60; stride += 60) {
        assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_rows(p, F32, 70, t, U8, 5, stride, 9, 50, MEAN, STRICT,
                                                                 losses, losses_f32, NULL));
        assert_int_equal(EXACTLOSS_OK,
                         exactloss_evaluate_rows(p, F32, 70, t, U8, 5, stride, 9, 50, 0.25, 0, evaluations, NULL));
        for (int row = 0; row < 9; row++) {
            double loss;
            float loss_f32;
            exactloss_evaluation e;
            exactloss_mnist_loss(p + 70 * row, F32, t, U8, 5 + stride * row, 50, MEAN, 0, &loss, &loss_f32, NULL);
            exactloss_evaluate(p + 70 * row, F32, t, U8, 5 + stride * row, 50, 0.25, 0, &e, NULL);
            assert_true(losses[row] == loss && losses_f32[row] == loss_f32);
            assert_memory_equal(&e, &evaluations[row], sizeof e);
        }
    }
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_mnist_loss_rows(NULL, F32, 0, NULL, U8, 0, 0, 9, 0, MEAN, 0, losses, NULL, NULL));
    assert_true(isnan(losses[0]) && isnan(losses[8]));
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_mnist_loss_rows(NULL, F32, 9, NULL, U8, 0, 9, 0, 50, MEAN, 0, NULL, NULL, NULL));
    p[70 * 4 + 3] = -1;
    t[5 + 60 * 5] = 9;
    exactloss_violation v;
    losses[0] = 7;
    assert_int_equal(EXACTLOSS_ERROR_STRICT,
                     exactloss_mnist_loss_rows(p, F32, 70, t, U8, 5, 60, 9, 50, MEAN, STRICT, losses, NULL, &v));
    assert_true(losses[0] == 7 && v.index == 50 * 4 + 3 && v.value == -1 && v.argument == EXACTLOSS_PREDICTIONS);
}

/* ------------------------------------------------------------------------------------------------------ arrays -- */

static void where_selects(void **unused) {
    (void)unused;
    const unsigned char condition[] = {0, 1, 255, 0, 2}, bits[] = {0x60, 0x01}; /* 0, 1, 1, 0, 1 from bit 4 on */
    const int16_t a[] = {1, 2, 3, 4, 5}, b[] = {-1, -2, -3, -4, -5}, zero = 0;
    static const int16_t BOTH[] = {-1, 2, 3, -4, 5}, MASKED[] = {0, 2, 3, 0, 5};
    int16_t out[5];
    assert_int_equal(EXACTLOSS_OK, exactloss_where(condition, U8, 0, a, b, 2, 5, 0, out));
    assert_memory_equal(BOTH, out, sizeof out);
    assert_int_equal(EXACTLOSS_OK, exactloss_where(bits, EXACTLOSS_BITS, 4, a, &zero, 2, 5, EXACTLOSS_SCALAR_B, out));
    assert_memory_equal(MASKED, out, sizeof out);
    memcpy(out, b, sizeof out);
    assert_int_equal(EXACTLOSS_OK, exactloss_where(condition, U8, 0, a, out, 2, 5, 0, out));
    assert_memory_equal(BOTH, out, sizeof out);
}

static void sigmoids_of_the_edges(void **unused) {
    (void)unused;
    const double x[] = {0, -0.0, INFINITY, -INFINITY, 1000, -1000, NAN};
    static const double WANT[] = {0.5, 0.5, 1, 0, 1, 0};
    const uint16_t half[] = {0x0000, 0x7c00, 0xfc00, 0x4000}; /* 0, Inf, -Inf, 2 */
    double out[7];
    uint16_t out_half[4];
    assert_int_equal(EXACTLOSS_OK, exactloss_sigmoid(x, F64, 7, out));
    assert_memory_equal(WANT, out, sizeof WANT);
    assert_true(isnan(out[6]));
    assert_int_equal(EXACTLOSS_OK, exactloss_sigmoid(half, F16, 4, out_half));
    /* sigmoid(2) = 0.8808, and float16 are 2^-11 apart there: 1804 of them. */
    assert_true(out_half[0] == 0x3800 && out_half[1] == 0x3c00 && out_half[2] == 0 && out_half[3] == 0x3b0c);
}

/* --------------------------------------------------------------------------------------------- bad arguments -- */

static void bad_arguments_have_their_statuses(void **unused) {
    (void)unused;
    enum { NULLS = EXACTLOSS_ERROR_NULL, COUNTS = EXACTLOSS_ERROR_COUNT, FLAGS = EXACTLOSS_ERROR_FLAGS };
    float g[] = {7, 7, 7};
    double loss = 7;
    exactloss_evaluation e = {.count = 7};
    exactloss_accumulator a;
    exactloss_accumulator_init(&a, 0.5);
    const exactloss_accumulator before = a;
#define GRADIENT(reduction, flags, loss, gradient)                                                                     \
    exactloss_mnist_loss_and_gradient(P, F32, T, U8, 0, 3, 1, reduction, flags, loss, NULL, gradient, NULL)
    assert_int_equal(NULLS, GRADIENT(MEAN, 0, &loss, NULL));
    assert_int_equal(FLAGS, GRADIENT(MEAN, EXACTLOSS_SCALAR_A, &loss, g));
    assert_int_equal(EXACTLOSS_ERROR_REDUCTION, GRADIENT(NONE, 0, &loss, g));
    assert_int_equal(EXACTLOSS_ERROR_REDUCTION, GRADIENT(3, 0, NULL, g));
#undef GRADIENT
    assert_int_equal(FLAGS, exactloss_mnist_loss_gradient(T, U8, 0, 3, 1, MEAN, LOGITS, g, F32, NULL));
#define WITH_GRADIENT(p, divisor, gradient)                                                                            \
    exactloss_accumulator_add_with_gradient(&a, p, F32, T, U8, 0, 3, 1, divisor, 0, gradient, NULL)
    assert_int_equal(COUNTS, WITH_GRADIENT(P, 0, g));
    assert_int_equal(NULLS, WITH_GRADIENT(NULL, 3, g));
    assert_int_equal(NULLS, WITH_GRADIENT(P, 3, NULL));
#undef WITH_GRADIENT
    assert_int_equal(NULLS, exactloss_weighted_mnist_loss(P, F32, T, U8, 0, NULL, 3, MEAN, 0, &loss, NULL, NULL));
    assert_int_equal(EXACTLOSS_ERROR_REDUCTION,
                     exactloss_weighted_mnist_loss(P, F32, T, U8, 0, W, 3, NONE, 0, &loss, NULL, NULL));
    assert_int_equal(FLAGS, exactloss_weighted_mnist_loss(P, F32, T, U8, 0, W, 3, MEAN, ACCUMULATE, &loss, NULL, NULL));
    assert_int_equal(EXACTLOSS_ERROR_THRESHOLD, exactloss_weighted_evaluate(P, F32, T, U8, 0, W, 3, NAN, 0, &e, NULL));
    assert_int_equal(NULLS, exactloss_accumulator_add_weighted(&a, P, F32, T, U8, 0, NULL, 3, 0, NULL));
#define ROWS(p, p_stride, offset, t_stride, rows, columns)                                                             \
    exactloss_mnist_loss_rows(p, F32, p_stride, T, U8, offset, t_stride, rows, columns, MEAN, 0, &loss, NULL, NULL)
    assert_int_equal(NULLS, ROWS(NULL, 1, 0, 1, 1, 1));
    assert_int_equal(COUNTS, ROWS(P, 1, 0, 1, -1, 1));
    assert_int_equal(COUNTS, ROWS(P, 1, 0, 1, 1, -1));
    assert_int_equal(COUNTS, ROWS(P, -1, 0, 1, 2, 1));
    assert_int_equal(COUNTS, ROWS(P, 1, 0, -1, 2, 1));
    assert_int_equal(COUNTS, ROWS(P, 1, -1, 1, 1, 1));
    assert_int_equal(COUNTS, ROWS(P, INT64_MAX / 2, 0, 1, 3, 1));
    assert_int_equal(COUNTS, ROWS(P, 0, 0, INT64_MAX, 2, 1));
    assert_int_equal(COUNTS, ROWS(P, 0, 0, 0, INT64_MAX / 2, 3));
#undef ROWS
    assert_int_equal(EXACTLOSS_ERROR_REDUCTION,
                     exactloss_mnist_loss_rows(P, F32, 1, T, U8, 0, 1, 3, 1, NONE, 0, &loss, NULL, NULL));
    assert_int_equal(NULLS, exactloss_evaluate_rows(P, F32, 1, T, U8, 0, 1, 3, 1, 0.5, 0, NULL, NULL));
    assert_int_equal(EXACTLOSS_ERROR_THRESHOLD,
                     exactloss_evaluate_rows(P, F32, 1, T, U8, 0, 1, 1, 1, NAN, 0, &e, NULL));
#define WHERE(condition, dtype, offset, a, size, count, flags, out)                                                    \
    exactloss_where(condition, dtype, offset, a, P, size, count, flags, out)
    assert_int_equal(NULLS, WHERE(NULL, U8, 0, P, 4, 3, 0, g));
    assert_int_equal(NULLS, WHERE(T, U8, 0, NULL, 4, 3, 0, g));
    assert_int_equal(NULLS, WHERE(T, U8, 0, P, 4, 3, 0, NULL));
    assert_int_equal(COUNTS, WHERE(T, U8, -1, P, 4, 3, 0, g));
    assert_int_equal(COUNTS, WHERE(T, U8, 0, P, 4, -1, 0, g));
    assert_int_equal(FLAGS, WHERE(T, U8, 0, P, 4, 3, STRICT, g));
    assert_int_equal(EXACTLOSS_ERROR_DTYPE, WHERE(T, U8, 0, P, 3, 3, 0, g));
    assert_int_equal(EXACTLOSS_ERROR_DTYPE, WHERE(T, F32, 0, P, 4, 3, 0, g));
#undef WHERE
    assert_int_equal(NULLS, exactloss_sigmoid(NULL, F32, 3, g));
    assert_int_equal(NULLS, exactloss_sigmoid(X, F32, 3, NULL));
    assert_int_equal(COUNTS, exactloss_sigmoid(X, F32, -1, g));
    assert_int_equal(EXACTLOSS_ERROR_DTYPE, exactloss_sigmoid(X, U8, 3, g));
    assert_true(loss == 7 && g[0] == 7 && g[1] == 7 && g[2] == 7 && e.count == 7);
    assert_memory_equal(&before, &a, sizeof a);
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
        cmocka_unit_test(bad_weights_are_refused),
        cmocka_unit_test(rows_are_batches),
        cmocka_unit_test(where_selects),
        cmocka_unit_test(sigmoids_of_the_edges),
        cmocka_unit_test(bad_arguments_have_their_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
