/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions: the worked example, NaN and infinities, strict mode, and the floating-point environment. */
#include "exactloss/exactloss.h"
#include "inputs.h"

#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef EXACTLOSS_X86_64
#include <immintrin.h>
#endif

#define MNIST EXACTLOSS_MNIST
#define MEAN EXACTLOSS_MEAN
#define SUM EXACTLOSS_SUM
#define STRICT EXACTLOSS_STRICT
#define TYPES (EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8)
#define COUNT 5000

static const float PREDICTIONS[] = {0.9f, 0.4f, 0.2f};
static const unsigned char TARGETS[] = {1, 0, 1};

static double loss_of(const float *p, const unsigned char *t, int64_t n, int reduction) {
    double loss = -1;
    assert_int_equal(EXACTLOSS_OK, exactloss_loss(MNIST | reduction | TYPES, p, t, NULL, n, NULL, &loss, NULL));
    return loss;
}

/* The evaluation at a threshold, whose mean and sum are those of the losses. */
static exactloss_evaluation evaluation_of(const float *p, const unsigned char *t, int64_t n, double threshold) {
    exactloss_evaluation e = {.size = sizeof e};
    assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(MNIST | TYPES, p, t, NULL, n, NULL, threshold, &e, NULL));
    assert_int_equal(MNIST, e.losses);
    return e;
}

/* ----------------------------------------------------------------------------------------------- results -- */

static void the_worked_example(void **unused) {
    (void)unused;
    const float float_targets[] = {1, 0, 1};
    double loss;
    assert_true(loss_of(PREDICTIONS, TARGETS, 3, MEAN) == 0.43333334227403003);
    assert_int_equal(EXACTLOSS_OK, exactloss_loss(MNIST | MEAN | EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_FLOAT32 | STRICT,
                                                  PREDICTIONS, float_targets, NULL, 3, NULL, &loss, NULL));
    assert_true(loss == 0.43333334227403003);
    const exactloss_evaluation e = evaluation_of(PREDICTIONS, TARGETS, 3, 0.5);
    assert_true(e.mnist.mean == 0.43333334227403003 && e.mnist.mean_f32 == 0.43333334f);
    assert_true(e.mnist.sum == 1.30000002682209014892578125 && e.mnist.sum_f32 == 1.3000001f);
    assert_true(e.weight_sum == 3 && e.accuracy == 2.0 / 3 && e.threshold == 0.5);
}

static void nothing_gives_nan_and_zero(void **unused) {
    (void)unused;
    assert_true(isnan(loss_of(NULL, NULL, 0, MEAN)));
    const double sum = loss_of(NULL, NULL, 0, SUM);
    assert_true(sum == 0 && !signbit(sum));
    const exactloss_evaluation e = evaluation_of(NULL, NULL, 0, 0.5);
    assert_true(isnan(e.mnist.mean) && isnan(e.mnist.mean_f32) && isnan(e.accuracy) && e.count == 0);
    assert_true(e.mnist.sum == 0 && !signbit(e.mnist.sum) && e.mnist.sum_f32 == 0 && !signbit(e.mnist.sum_f32));
    assert_true(e.weight_sum == 0 && e.mnist.nan_count == 0 && e.mnist.infinite_count == 0);
}

/* The float forms are rounded from the exact value, not from the double. */
static void floats_are_rounded_once(void **unused) {
    (void)unused;
    /* 1 + 2^-24 + 2^-80 is nearer to the float above 1 than to 1; as a double it is the middle between both. */
    const float p[] = {1, 0x1p-24f, 0x1p-80f, 0};
    const unsigned char t[] = {0, 0, 0, 0};
    exactloss_evaluation e = evaluation_of(p, t, 3, 0.5);
    assert_true(e.mnist.sum == 1 + 0x1p-24 && e.mnist.sum_f32 == 0x1.000002p0f);
    e = evaluation_of(p, t, 4, 0.5);
    assert_true(e.mnist.mean == (1 + 0x1p-24) / 4 && e.mnist.mean_f32 == 0x1.000002p-2f);
    const float large[] = {3e38f, 3e38f};
    e = evaluation_of(large, t, 2, 0.5);
    assert_true(e.mnist.sum == 2 * (double)3e38f && e.mnist.sum_f32 == INFINITY && e.mnist.mean_f32 == 3e38f);
}

/* The largest sums that many blocks can have: more than an int64_t holds in the units that a block is summed in. */
static void many_blocks_do_not_overflow(void **unused) {
    (void)unused;
    const int64_t count = (int64_t)1 << 21;
    float *p = malloc((size_t)count * sizeof *p);
    unsigned char *t = calloc((size_t)count, 1);
    assert_true(p != NULL && t != NULL);
    for (int64_t i = 0; i < count; i++) {
        p[i] = 1.0f;
    }
    assert_true(loss_of(p, t, count, SUM) == 0x1p21);
    for (int64_t i = 0; i < count; i++) {
        p[i] = -0x1.fffffep0f;
        t[i] = 1;
    }
    assert_true(loss_of(p, t, count, SUM) == 0x1p21 * (1 + 0x1.fffffep0));
    free(p);
    free(t);
}

static void specials_follow_the_contract(void **unused) {
    (void)unused;
    const unsigned char zero[] = {0, 0, 0}, first[] = {1, 0, 0};
    assert_true(isnan(loss_of((const float[]){0.5f, NAN, INFINITY}, zero, 3, MEAN)));
    assert_true(loss_of((const float[]){0.5f, 0.25f, INFINITY}, zero, 3, MEAN) == INFINITY);
    assert_true(loss_of((const float[]){INFINITY, 0.25f, 0.5f}, first, 3, SUM) == -INFINITY);
    assert_true(isnan(loss_of((const float[]){INFINITY, INFINITY, 0.5f}, first, 3, MEAN)));
    assert_true(loss_of((const float[]){INFINITY, -INFINITY, 0.5f}, first, 3, MEAN) == -INFINITY);
    const double zeros = loss_of((const float[]){-0.0f, -0.0f, -0.0f}, zero, 3, MEAN);
    assert_true(zeros == 0 && !signbit(zeros));
    const float p[] = {NAN, 0.75f, INFINITY, -INFINITY};
    const unsigned char t[] = {1, 1, 0, 0};
    const exactloss_evaluation e = evaluation_of(p, t, 4, 0.5);
    assert_true(e.mnist.nan_count == 1 && e.mnist.infinite_count == 2);
    assert_int_equal(1, e.true_positives);
    assert_int_equal(1, e.false_negatives);
    assert_int_equal(1, e.false_positives);
    assert_int_equal(1, e.true_negatives);
    assert_true(e.accuracy == 0.5);
}

/* The counts against a plain loop, with thresholds that are not floats and that some predictions equal. */
static void counts_follow_the_threshold(void **unused) {
    (void)unused;
    static const double THRESHOLDS[] = {0.5,  0.1,  0.0,      -0.0,      1.0,  0.30000001192092896, 0x1p-149, 1e-60,
                                        1e60, -5.5, INFINITY, -INFINITY, -1e60};
    static float p[COUNT];
    static unsigned char t[COUNT];
    uint64_t state = 11;
    for (int i = 0; i < COUNT; i++) {
        p[i] = i % 10 == 0 ? 0.3f : next_float(i % 7 == 0 ? ANY_BITS : i % 5 == 0 ? EDGES : UNIFORM, &state);
    }
    fill_bytes(1, &state, t, COUNT);
    for (size_t k = 0; k < sizeof THRESHOLDS / sizeof *THRESHOLDS; k++) {
        exactloss_evaluation want = {0};
        for (int i = 0; i < COUNT; i++) {
            const int predicted = (double)p[i] > THRESHOLDS[k], positive = t[i] == 1;
            want.positives += positive;
            want.mnist.nan_count += isnan(p[i]) != 0;
            want.true_positives += positive && predicted;
            want.false_positives += !positive && predicted;
            want.true_negatives += !positive && !predicted;
            want.false_negatives += positive && !predicted;
        }
        const exactloss_evaluation have = evaluation_of(p, t, COUNT, THRESHOLDS[k]);
        assert_int_equal(COUNT, have.count);
        assert_memory_equal(&want.positives, &have.positives, 5 * sizeof(int64_t));
        assert_int_equal(want.mnist.nan_count, have.mnist.nan_count);
        assert_true(have.accuracy == (double)(want.true_positives + want.true_negatives) / COUNT);
        assert_true(have.threshold == THRESHOLDS[k]);
    }
}

static void values_are_ieee(void **unused) {
    (void)unused;
    static float p[COUNT], out[COUNT];
    static unsigned char t[COUNT];
    uint64_t state = 12;
    fill_floats(ANY_BITS, &state, (unsigned char *)p, COUNT);
    fill_bytes(1, &state, t, COUNT);
    assert_int_equal(EXACTLOSS_OK, exactloss_values(MNIST | TYPES, p, t, NULL, COUNT, out, NULL));
    for (int i = 0; i < COUNT; i++) {
        const float want = t[i] == 1 ? 1.0f - p[i] : p[i];
        assert_true(t[i] == 1 && isnan(want) ? isnan(out[i]) : memcmp(&want, &out[i], 4) == 0);
    }
    assert_int_equal(EXACTLOSS_OK, exactloss_values(MNIST | TYPES, p, t, NULL, COUNT, p, NULL));
    for (int i = 0; i < COUNT; i++) {
        assert_true(isnan(out[i]) ? isnan(p[i]) : memcmp(&p[i], &out[i], 4) == 0);
    }
}

static void check_gradient(const unsigned char *t, int64_t n, double upstream, int64_t divisor, float *out) {
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_gradient(MNIST | TYPES, NULL, t, NULL, n, upstream, divisor, out, NULL, NULL));
}

static void gradients_are_rounded_once(void **unused) {
    (void)unused;
    static float out[COUNT];
    static unsigned char t[COUNT];
    uint64_t state = 13;
    fill_bytes(1, &state, t, COUNT);
    for (int64_t n = 1; n <= COUNT; n += n < 300 ? 1 : 501) {
        check_gradient(t, n, 1.0, n, out);
        for (int64_t i = 0; i < n; i++) {
            assert_true(out[i] == (t[i] == 1 ? -1.0f : 1.0f) / (float)n);
        }
    }
    check_gradient(t, 9, 0.1, 1, out);
    assert_true(fabsf(out[8]) == 0.1f);
    check_gradient(t, 9, 0x1p62, INT64_MAX, out);
    assert_true(fabsf(out[8]) == 0.5f);
    /* Exactly 1 + 2^-24 + 2^-52, a little above the middle between two floats: rounded up. */
    check_gradient(t, 2, 2 + 0x1p-23 + 0x1p-51, 2, out);
    assert_true(fabsf(out[0]) == 0x1.000002p0f);
    check_gradient(t, 2, NAN, 2, out);
    assert_true(isnan(out[0]) && isnan(out[1]));
    check_gradient((const unsigned char[]){1, 0}, 2, -INFINITY, 2, out);
    assert_true(out[0] == INFINITY && out[1] == -INFINITY);
    check_gradient((const unsigned char[]){1, 0}, 2, -0.0, 2, out);
    assert_true(out[0] == 0 && !signbit(out[0]) && out[1] == 0 && signbit(out[1]));
}

/* --------------------------------------------------------------------------------------------- sizes of evaluations -- */

#define MORE 64 /* bytes that a later version of the struct might have */

/* Rows whose evaluations are as large as the struct, and larger: each where its size puts it, and nothing behind it. */
static void evaluations_have_their_sizes(void **unused) {
    (void)unused;
    enum { ROWS = 5 };
    static float p[ROWS * 10];
    static unsigned char t[ROWS * 10];
    static _Alignas(8) unsigned char memory[ROWS * (sizeof(exactloss_evaluation) + MORE) + 8];
    const exactloss_rows rows = {ROWS, 10, 10, 0};
    const int64_t known = sizeof(exactloss_evaluation);
    uint64_t state = 17;
    fill_floats(UNIFORM, &state, (unsigned char *)p, ROWS * 10);
    fill_bytes(0, &state, t, ROWS * 10);
    for (int64_t size = known; size <= known + MORE; size += 8) {
        memset(memory, 0x55, sizeof memory);
        memcpy(memory, &size, sizeof size);
        assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(MNIST | TYPES, p, t, NULL, 10, &rows, 0.5,
                                                          (exactloss_evaluation *)(void *)memory, NULL));
        for (int row = 0; row < ROWS; row++) {
            const exactloss_evaluation want = evaluation_of(p + 10 * row, t + 10 * row, 10, 0.5);
            assert_int_equal(known, want.size);
            assert_memory_equal(&want, memory + size * row, (size_t)known);
            for (int64_t i = known; i < size; i++) {
                assert_int_equal(0x55, memory[size * row + i]);
            }
        }
        for (size_t i = (size_t)size * ROWS; i < sizeof memory; i++) {
            assert_int_equal(0x55, memory[i]);
        }
    }
    for (int64_t size = -8; size < known + 16; size++) {
        memset(memory, 0x55, sizeof memory);
        memcpy(memory, &size, sizeof size);
        const int want = size < known || size % 8 != 0 ? EXACTLOSS_ERROR_SIZE : EXACTLOSS_OK;
        assert_int_equal(want, exactloss_evaluate(MNIST | TYPES, p, t, NULL, 10, NULL, 0.5,
                                                  (exactloss_evaluation *)(void *)memory, NULL));
        assert_int_equal(want != EXACTLOSS_OK, memory[8] == 0x55);
        assert_int_equal(0x55, memory[known]);
    }
}

/* ------------------------------------------------------------------------------------------- strict mode -- */

typedef struct refusal {
    int at;
    float prediction;
    int target;
    int argument;
    double value;
} refusal;

static void check_refusal(const float *p, const void *t, int target_type, int64_t n, const refusal *want) {
    static float out[COUNT];
    double loss[2] = {7, 7};
    exactloss_evaluation e = {.size = sizeof e, .count = 7};
    exactloss_violation v[6] = {{0}};
    exactloss_accumulator a, before;
    memset(out, 0x55, sizeof out);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_init(&a, MNIST, 0.5));
    before = a;
    const int o = MNIST | EXACTLOSS_P_FLOAT32 | target_type | STRICT, refused = EXACTLOSS_ERROR_STRICT;
    assert_int_equal(refused, exactloss_loss(o | MEAN, p, t, NULL, n, NULL, &loss[0], &v[0]));
    assert_int_equal(refused, exactloss_evaluate(o, p, t, NULL, n, NULL, 0.5, &e, &v[1]));
    assert_int_equal(refused, exactloss_values(o, p, t, NULL, n, out, &v[2]));
    assert_int_equal(refused, exactloss_gradient(o | MEAN, p, t, NULL, n, 1, n, out, &loss[1], &v[3]));
    assert_int_equal(refused, exactloss_accumulator_add(&a, o, p, t, NULL, n, NULL, &v[4]));
    assert_int_equal(refused, exactloss_accumulator_add_with_gradient(&a, o, p, t, NULL, n, 1, n, out, &v[5]));
    assert_int_equal(refused, exactloss_loss(o | MEAN, p, t, NULL, n, NULL, &loss[0], NULL));
    assert_true(loss[0] == 7 && loss[1] == 7 && e.count == 7);
    assert_memory_equal(&before, &a, sizeof a);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(0x55, ((unsigned char *)out)[4 * i]);
    }
    for (int i = 0; i < 6; i++) {
        assert_int_equal(want->at, v[i].index);
        assert_int_equal(want->argument, v[i].argument);
        assert_true(isnan(want->value) ? isnan(v[i].value) : v[i].value == want->value);
        assert_int_equal(0, v[i].reserved);
    }
}

static void strict_mode_names_the_first_bad_element(void **unused) {
    (void)unused;
    static const refusal CASES[] = {
        {0, 1.5f, 0, EXACTLOSS_PREDICTIONS, 1.5},
        {63, -0x1p-149f, 0, EXACTLOSS_PREDICTIONS, -0x1p-149},
        {64, NAN, 1, EXACTLOSS_PREDICTIONS, NAN},
        {4095, INFINITY, 1, EXACTLOSS_PREDICTIONS, INFINITY},
        {4096, 0x1.000002p0f, 1, EXACTLOSS_PREDICTIONS, 0x1.000002p0},
        {4999, 0.5f, 2, EXACTLOSS_TARGETS, 2},
        {77, 0.5f, 255, EXACTLOSS_TARGETS, 255},
        {1234, 2.0f, 3, EXACTLOSS_PREDICTIONS, 2},
    };
    static float p[COUNT], float_targets[COUNT];
    static unsigned char t[COUNT];
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        const refusal *c = &CASES[k];
        uint64_t state = k;
        fill_floats(UNIFORM, &state, (unsigned char *)p, COUNT);
        fill_bytes(0, &state, t, COUNT);
        p[0] = -0.0f; /* equals 0, so it is allowed */
        double loss;
        assert_int_equal(EXACTLOSS_OK,
                         exactloss_loss(MNIST | MEAN | TYPES | STRICT, p, t, NULL, COUNT, NULL, &loss, NULL));
        p[c->at] = c->prediction;
        t[c->at] = (unsigned char)c->target;
        if (c->at + 1 < COUNT) {
            p[c->at + 1] = NAN; /* a later one does not matter */
        }
        for (int i = 0; i < COUNT; i++) {
            float_targets[i] = t[i];
        }
        check_refusal(p, t, EXACTLOSS_T_UINT8, COUNT, c);
        check_refusal(p, float_targets, EXACTLOSS_T_FLOAT32, COUNT, c);
    }
}

/* If the gradient does not depend on predictions, they are checked only if they are given. */
static void strict_gradients_check_what_there_is(void **unused) {
    (void)unused;
    const float targets[] = {0, 1, -0.0f, NAN}, predictions[] = {0, 1, 1.5f, 0};
    float out[4] = {7, 7, 7, 7};
    const int options = MNIST | EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_FLOAT32 | STRICT;
    exactloss_violation v;
    assert_int_equal(EXACTLOSS_OK, exactloss_gradient(options, NULL, targets, NULL, 3, 1, 1, out, NULL, &v));
    assert_true(out[0] == 1 && out[1] == -1 && out[2] == 1);
    out[0] = 7;
    assert_int_equal(EXACTLOSS_ERROR_STRICT, exactloss_gradient(options, NULL, targets, NULL, 4, 1, 1, out, NULL, &v));
    assert_true(out[0] == 7 && v.index == 3 && isnan(v.value) && v.argument == EXACTLOSS_TARGETS);
    assert_int_equal(EXACTLOSS_ERROR_STRICT,
                     exactloss_gradient(options, predictions, targets, NULL, 4, 1, 1, out, NULL, &v));
    assert_true(out[0] == 7 && v.index == 2 && v.value == 1.5 && v.argument == EXACTLOSS_PREDICTIONS);
}

/* --------------------------------------------------------------------- the floating-point environment -- */

#define EVALUATIONS 9

typedef struct everything {
    double losses[6], fused_loss;
    exactloss_evaluation evaluations[EVALUATIONS];
    float values[COUNT], gradient[COUNT], fused[COUNT], sigmoids[COUNT], weighted[COUNT];
    uint16_t halves[COUNT];
    double doubles[COUNT / 2];
} everything;

static void compute_everything(const float *p, const unsigned char *t, everything *r) {
    static const int64_t COUNTS[] = {7, 100, COUNT, 2, 64, 128};
    const exactloss_rows rows = {3, 1000, 1000, 1000};
    exactloss_accumulator a;
    memset(r, 0, sizeof *r);
    exactloss_accumulator_init(&a, MNIST, 0x1p-1074);
    for (int i = 0; i < EVALUATIONS; i++) {
        r->evaluations[i].size = sizeof *r->evaluations;
    }
    for (int i = 0; i < 6; i++) {
        exactloss_loss(MNIST | MEAN | TYPES, p, t, NULL, COUNTS[i], NULL, &r->losses[i], NULL);
    }
    for (int i = 0; i < 3; i++) {
        exactloss_evaluate(MNIST | TYPES, p, t, NULL, COUNTS[i], NULL, i == 1 ? 0x1p-1073 : 0.1, &r->evaluations[i],
                           NULL);
    }
    exactloss_accumulator_add(&a, TYPES, p, t, NULL, 33, NULL, NULL);
    exactloss_accumulator_result(&a, &r->evaluations[3]);
    exactloss_values(MNIST | TYPES, p, t, NULL, COUNT, r->values, NULL);
    exactloss_gradient(MNIST | TYPES, NULL, t, NULL, COUNT, 1e-40, COUNT, r->gradient, NULL, NULL);
    exactloss_sigmoid(EXACTLOSS_P_FLOAT32, p, COUNT, r->sigmoids);
    exactloss_evaluate(MNIST | TYPES, p, t, r->sigmoids, 0, NULL, 0.5, &r->evaluations[4], NULL);
    exactloss_evaluate(MNIST | TYPES, p, t, r->sigmoids, COUNT, NULL, 0.5, &r->evaluations[5], NULL);
    exactloss_evaluate(MNIST | TYPES, p, t, r->sigmoids, 1000, &rows, 0.5, &r->evaluations[6], NULL);
    exactloss_gradient(MNIST | MEAN | TYPES | EXACTLOSS_FROM_LOGITS, p, t, r->sigmoids, COUNT, 1e-30, COUNT, r->fused,
                       &r->fused_loss, NULL);
    exactloss_accumulator_add_with_gradient(&a, MNIST | TYPES | EXACTLOSS_FROM_LOGITS | EXACTLOSS_ACCUMULATE, p, t,
                                            NULL, COUNT, 1e-30, 3, r->fused, NULL);
    exactloss_values(MNIST | TYPES, p, t, r->sigmoids, COUNT, r->weighted, NULL);
    /* The same bytes as other types: any bits will do. */
    exactloss_values(MNIST | EXACTLOSS_P_FLOAT16 | EXACTLOSS_T_UINT8 | EXACTLOSS_FROM_LOGITS, p, t, NULL, COUNT,
                     r->halves, NULL);
    exactloss_sigmoid(EXACTLOSS_P_FLOAT64, p, COUNT / 2, r->doubles);
}

/* Rounding downward, 1 - 1 is -0. */
static void no_loss_is_positive_zero(void **unused) {
    (void)unused;
    static const float P[] = {1, 1, 1, 1};
    static const unsigned char T[] = {1, 1, 1, 1};
    for (int count = 1; count <= 4; count++) {
        double loss = 1;
        fesetround(FE_DOWNWARD);
        exactloss_loss(MNIST | MEAN | TYPES, P, T, NULL, count, NULL, &loss, NULL);
        fesetround(FE_TONEAREST);
        assert_true(loss == 0 && !signbit(loss));
    }
}

static void the_environment_has_no_influence(void **unused) {
    (void)unused;
    static const int ROUNDINGS[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    static const input_kind KINDS[] = {FAST_RANGE, SUBNORMAL, RAW_SCORES, MIXED};
    static float p[COUNT];
    static unsigned char t[COUNT];
    static everything want, have;
    for (int kind = 0; kind < 4; kind++) {
        uint64_t state = (uint64_t)kind;
        fill_floats(KINDS[kind], &state, (unsigned char *)p, COUNT);
        fill_bytes(0, &state, t, COUNT);
        if (KINDS[kind] == SUBNORMAL) {
            memset(t, 0, COUNT); /* beside the ones of positive targets nobody would see the subnormals */
        }
        compute_everything(p, t, &want);
        for (int i = 0; i < 3; i++) {
            const int raised = i == 0 ? 0 : i == 1 ? FE_INEXACT | FE_OVERFLOW : FE_ALL_EXCEPT;
            fesetround(ROUNDINGS[i]);
            feclearexcept(FE_ALL_EXCEPT);
            feraiseexcept(raised);
            feclearexcept(FE_ALL_EXCEPT & ~raised); /* overflow may raise inexact */
            compute_everything(p, t, &have);
            const int rounding = fegetround(), flags = fetestexcept(FE_ALL_EXCEPT);
            fesetround(FE_TONEAREST);
            assert_int_equal(ROUNDINGS[i], rounding);
            assert_int_equal(raised, flags);
            assert_memory_equal(&want, &have, sizeof want);
        }
#ifdef EXACTLOSS_X86_64
        const unsigned saved = _mm_getcsr();
        /* Results flushed to zero, operands taken for zero, all exceptions unmasked, no flag, and all flags. */
        const unsigned states[] = {saved | 0x8000, saved | 0x0040, saved & ~0x1f80u & ~0x3fu, saved & ~0x3fu,
                                   saved | 0x3f};
        for (int i = 0; i < 5; i++) {
            _mm_setcsr(states[i]);
            compute_everything(p, t, &have);
            const unsigned after = _mm_getcsr();
            _mm_setcsr(saved);
            assert_int_equal(states[i], after);
            assert_memory_equal(&want, &have, sizeof want);
        }
#endif
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example),
        cmocka_unit_test(nothing_gives_nan_and_zero),
        cmocka_unit_test(floats_are_rounded_once),
        cmocka_unit_test(many_blocks_do_not_overflow),
        cmocka_unit_test(specials_follow_the_contract),
        cmocka_unit_test(counts_follow_the_threshold),
        cmocka_unit_test(values_are_ieee),
        cmocka_unit_test(gradients_are_rounded_once),
        cmocka_unit_test(evaluations_have_their_sizes),
        cmocka_unit_test(strict_mode_names_the_first_bad_element),
        cmocka_unit_test(strict_gradients_check_what_there_is),
        cmocka_unit_test(the_environment_has_no_influence),
        cmocka_unit_test(no_loss_is_positive_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
