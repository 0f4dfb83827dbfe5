/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions: the passage's example, NaN and infinities, strict mode, and every bad argument. */
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

#define F32 EXACTLOSS_FLOAT32
#define U8 EXACTLOSS_UINT8
#define MEAN EXACTLOSS_REDUCTION_MEAN
#define SUM EXACTLOSS_REDUCTION_SUM
#define COUNT 5000

static const float PREDICTIONS[] = {0.9f, 0.4f, 0.2f};
static const unsigned char TARGETS[] = {1, 0, 1};

static double loss_of(const float *p, const unsigned char *t, int64_t n, int reduction) {
    double loss = -1;
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss(p, F32, t, U8, 0, n, reduction, 0, &loss, NULL, NULL));
    return loss;
}

/* ----------------------------------------------------------------------------------------------- results -- */

static void the_passage(void **unused) {
    (void)unused;
    const float float_targets[] = {1, 0, 1};
    double loss;
    float loss_f32;
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_mnist_loss(PREDICTIONS, F32, TARGETS, U8, 0, 3, MEAN, 0, &loss, &loss_f32, NULL));
    assert_true(loss == 0.43333334227403003);
    assert_true(loss_f32 == 0.43333334f);
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss(PREDICTIONS, F32, float_targets, F32, 0, 3, MEAN,
                                                        EXACTLOSS_STRICT, &loss, NULL, NULL));
    assert_true(loss == 0.43333334227403003);
}

static void nothing_gives_nan_and_zero(void **unused) {
    (void)unused;
    double loss = 1;
    float loss_f32 = 1;
    exactloss_evaluation e;
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss(NULL, F32, NULL, U8, 0, 0, MEAN, 0, &loss, &loss_f32, NULL));
    assert_true(isnan(loss) && isnan(loss_f32));
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss(NULL, F32, NULL, U8, 0, 0, SUM, 0, &loss, &loss_f32, NULL));
    assert_true(loss == 0 && !signbit(loss) && loss_f32 == 0 && !signbit(loss_f32));
    assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(NULL, F32, NULL, U8, 0, 0, 0.5, 0, &e, NULL));
    assert_true(isnan(e.loss) && isnan(e.loss_f32) && isnan(e.accuracy) && e.loss_sum == 0 && e.count == 0);
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_none(NULL, F32, NULL, U8, 0, 0, 0, NULL, NULL));
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_gradient(NULL, U8, 0, 0, 1, MEAN, 0, NULL, F32, NULL));
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
    exactloss_evaluation e;
    const float p[] = {NAN, 0.75f, INFINITY, -INFINITY};
    const unsigned char t[] = {1, 1, 0, 0};
    assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(p, F32, t, U8, 0, 4, 0.5, 0, &e, NULL));
    assert_int_equal(1, e.nan_count);
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
        exactloss_evaluation want = {0}, have;
        for (int i = 0; i < COUNT; i++) {
            const int predicted = (double)p[i] > THRESHOLDS[k], positive = t[i] == 1;
            want.positives += positive;
            want.nan_count += isnan(p[i]);
            want.true_positives += positive && predicted;
            want.false_positives += !positive && predicted;
            want.true_negatives += !positive && !predicted;
            want.false_negatives += positive && !predicted;
        }
        assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(p, F32, t, U8, 0, COUNT, THRESHOLDS[k], 0, &have, NULL));
        assert_int_equal(COUNT, have.count);
        assert_memory_equal(&want.positives, &have.positives, 6 * sizeof(int64_t));
        assert_true(have.accuracy == (double)(want.true_positives + want.true_negatives) / COUNT);
        assert_true(have.threshold == THRESHOLDS[k]);
    }
}

static void distances_are_ieee(void **unused) {
    (void)unused;
    static float p[COUNT], out[COUNT];
    static unsigned char t[COUNT];
    uint64_t state = 12;
    fill_floats(ANY_BITS, &state, (unsigned char *)p, COUNT);
    fill_bytes(1, &state, t, COUNT);
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_none(p, F32, t, U8, 0, COUNT, 0, out, NULL));
    for (int i = 0; i < COUNT; i++) {
        const float want = t[i] == 1 ? 1.0f - p[i] : p[i];
        assert_true(t[i] == 1 && isnan(want) ? isnan(out[i]) : memcmp(&want, &out[i], 4) == 0);
    }
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_none(p, F32, t, U8, 0, COUNT, 0, p, NULL));
    for (int i = 0; i < COUNT; i++) {
        assert_true(isnan(out[i]) ? isnan(p[i]) : memcmp(&p[i], &out[i], 4) == 0);
    }
}

static void gradients_are_rounded_once(void **unused) {
    (void)unused;
    static float out[COUNT];
    static unsigned char t[COUNT];
    uint64_t state = 13;
    fill_bytes(1, &state, t, COUNT);
    for (int64_t n = 1; n <= COUNT; n += n < 300 ? 1 : 501) {
        assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_gradient(t, U8, 0, n, 1.0, MEAN, 0, out, F32, NULL));
        for (int64_t i = 0; i < n; i++) {
            assert_true(out[i] == (t[i] == 1 ? -1.0f : 1.0f) / (float)n);
        }
    }
    static const int PLAIN[] = {SUM, EXACTLOSS_REDUCTION_NONE};
    for (int k = 0; k < 2; k++) {
        assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_gradient(t, U8, 0, 9, 0.1, PLAIN[k], 0, out, F32, NULL));
        assert_true(fabsf(out[8]) == 0.1f);
    }
    /* Exactly 1 + 2^-24 + 2^-52, a little above the middle between two floats: rounded up. */
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_mnist_loss_gradient(t, U8, 0, 2, 2 + 0x1p-23 + 0x1p-51, MEAN, 0, out, F32, NULL));
    assert_true(fabsf(out[0]) == 0x1.000002p0f);
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_gradient(t, U8, 0, 2, NAN, MEAN, 0, out, F32, NULL));
    assert_true(isnan(out[0]) && isnan(out[1]));
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss_gradient((const unsigned char[]){1, 0}, U8, 0, 2, -0.0, MEAN, 0,
                                                                 out, F32, NULL));
    assert_true(out[0] == 0 && !signbit(out[0]) && out[1] == 0 && signbit(out[1]));
}

static void targets_offset_skips_elements(void **unused) {
    (void)unused;
    const unsigned char bytes[] = {9, 9, 1, 0, 1};
    const float floats[] = {9, 1, 0, 1};
    double loss;
    assert_int_equal(EXACTLOSS_OK, exactloss_mnist_loss(PREDICTIONS, F32, bytes, U8, 2, 3, MEAN, 0, &loss, NULL, NULL));
    assert_true(loss == 0.43333334227403003);
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_mnist_loss(PREDICTIONS, F32, floats, F32, 1, 3, MEAN, 0, &loss, NULL, NULL));
    assert_true(loss == 0.43333334227403003);
}

/* ------------------------------------------------------------------------------------------- strict mode -- */

typedef struct refusal {
    int at;
    float prediction;
    int target;
    int argument;
    double value;
} refusal;

static void check_refusal(const float *p, const void *t, int dtype, int64_t n, const refusal *want) {
    static float out[COUNT];
    double loss = 7;
    exactloss_evaluation e = {.count = 7};
    exactloss_violation v[4] = {{0}};
    exactloss_accumulator a, before;
    memset(out, 0x55, sizeof out);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_init(&a, 0.5));
    before = a;
    const int strict = EXACTLOSS_STRICT, refused = EXACTLOSS_ERROR_STRICT;
    assert_int_equal(refused, exactloss_mnist_loss(p, F32, t, dtype, 0, n, MEAN, strict, &loss, NULL, &v[0]));
    assert_int_equal(refused, exactloss_evaluate(p, F32, t, dtype, 0, n, 0.5, strict, &e, &v[1]));
    assert_int_equal(refused, exactloss_mnist_loss_none(p, F32, t, dtype, 0, n, strict, out, &v[2]));
    assert_int_equal(refused, exactloss_accumulator_add(&a, p, F32, t, dtype, 0, n, strict, &v[3]));
    assert_int_equal(refused, exactloss_mnist_loss(p, F32, t, dtype, 0, n, MEAN, strict, &loss, NULL, NULL));
    assert_true(loss == 7 && e.count == 7);
    assert_memory_equal(&before, &a, sizeof a);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(0x55, ((unsigned char *)out)[4 * i]);
    }
    for (int i = 0; i < 4; i++) {
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
                         exactloss_mnist_loss(p, F32, t, U8, 0, COUNT, MEAN, EXACTLOSS_STRICT, &loss, NULL, NULL));
        p[c->at] = c->prediction;
        t[c->at] = (unsigned char)c->target;
        if (c->at + 1 < COUNT) {
            p[c->at + 1] = NAN; /* a later one does not matter */
        }
        for (int i = 0; i < COUNT; i++) {
            float_targets[i] = t[i];
        }
        check_refusal(p, t, U8, COUNT, c);
        check_refusal(p, float_targets, F32, COUNT, c);
    }
}

static void strict_gradient_checks_targets_alone(void **unused) {
    (void)unused;
    const float targets[] = {0, 1, -0.0f, NAN};
    float out[4] = {7, 7, 7, 7};
    exactloss_violation v;
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_mnist_loss_gradient(targets, F32, 0, 3, 1, SUM, EXACTLOSS_STRICT, out, F32, &v));
    out[0] = 7;
    assert_int_equal(EXACTLOSS_ERROR_STRICT,
                     exactloss_mnist_loss_gradient(targets, F32, 0, 4, 1, SUM, EXACTLOSS_STRICT, out, F32, &v));
    assert_true(out[0] == 7 && v.index == 3 && isnan(v.value) && v.argument == EXACTLOSS_TARGETS);
}

/* ------------------------------------------------------------------------------------- bad arguments -- */

static void bad_arguments_have_their_statuses(void **unused) {
    (void)unused;
    const float *p = PREDICTIONS;
    const unsigned char *t = TARGETS;
    double out = 7;
    float g[3] = {7, 7, 7};
    exactloss_evaluation e = {.count = 7};
#define LOSS(p, pt, t, tt, offset, n, reduction, flags)                                                                \
    exactloss_mnist_loss(p, pt, t, tt, offset, n, reduction, flags, &out, NULL, NULL)
    assert_int_equal(EXACTLOSS_ERROR_NULL, LOSS(NULL, F32, t, U8, 0, 3, MEAN, 0));
    assert_int_equal(EXACTLOSS_ERROR_NULL, LOSS(p, F32, NULL, U8, 0, 3, MEAN, 0));
    assert_int_equal(EXACTLOSS_ERROR_COUNT, LOSS(p, F32, t, U8, 0, -1, MEAN, 0));
    assert_int_equal(EXACTLOSS_ERROR_COUNT, LOSS(p, F32, t, U8, -1, 3, MEAN, 0));
    assert_int_equal(EXACTLOSS_ERROR_COUNT, LOSS(p, F32, t, U8, 0, INT64_MAX, MEAN, 0));
    assert_int_equal(EXACTLOSS_ERROR_COUNT, LOSS(p, F32, t, U8, INT64_MAX, 3, MEAN, 0));
    assert_int_equal(EXACTLOSS_ERROR_DTYPE, LOSS(p, U8, t, U8, 0, 3, MEAN, 0));
    assert_int_equal(EXACTLOSS_ERROR_DTYPE, LOSS(p, F32, t, 0, 0, 3, MEAN, 0));
    assert_int_equal(EXACTLOSS_ERROR_DTYPE, LOSS(p, 99, t, U8, 0, 3, MEAN, 0));
    assert_int_equal(EXACTLOSS_ERROR_REDUCTION, LOSS(p, F32, t, U8, 0, 3, EXACTLOSS_REDUCTION_NONE, 0));
    assert_int_equal(EXACTLOSS_ERROR_REDUCTION, LOSS(p, F32, t, U8, 0, 3, 3, 0));
    assert_int_equal(EXACTLOSS_ERROR_FLAGS, LOSS(p, F32, t, U8, 0, 3, MEAN, EXACTLOSS_ACCUMULATE));
    assert_int_equal(EXACTLOSS_ERROR_FLAGS, LOSS(p, F32, t, U8, 0, 3, MEAN, -1));
#undef LOSS
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_mnist_loss_none(p, F32, t, U8, 0, 3, 0, NULL, NULL));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_mnist_loss_gradient(t, U8, 0, 3, 1, MEAN, 0, NULL, F32, NULL));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_mnist_loss_gradient(NULL, U8, 0, 3, 1, MEAN, 0, g, F32, NULL));
    assert_int_equal(EXACTLOSS_ERROR_DTYPE, exactloss_mnist_loss_gradient(t, U8, 0, 3, 1, MEAN, 0, g, U8, NULL));
    assert_int_equal(EXACTLOSS_ERROR_REDUCTION, exactloss_mnist_loss_gradient(t, U8, 0, 3, 1, 3, 0, g, F32, NULL));
    assert_int_equal(EXACTLOSS_ERROR_REDUCTION, exactloss_mnist_loss_gradient(t, U8, 0, 3, 1, -1, 0, g, F32, NULL));
    assert_int_equal(EXACTLOSS_ERROR_THRESHOLD, exactloss_evaluate(p, F32, t, U8, 0, 3, NAN, 0, &e, NULL));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_evaluate(p, F32, t, U8, 0, 3, 0.5, 0, NULL, NULL));
    assert_true(out == 7 && g[0] == 7 && e.count == 7);
}

static void statuses_have_words(void **unused) {
    (void)unused;
    for (int status = 0; status <= EXACTLOSS_ERROR_WEIGHT; status++) {
        assert_string_not_equal("unknown status", exactloss_status_string(status));
    }
    assert_string_equal("unknown status", exactloss_status_string(EXACTLOSS_ERROR_WEIGHT + 1));
    assert_string_equal("unknown status", exactloss_status_string(-1));
    assert_int_equal(EXACTLOSS_ABI_VERSION, exactloss_abi_version());
    assert_int_equal(EXACTLOSS_ISA_ABSENT, exactloss_isa_support(99));
    assert_int_equal(EXACTLOSS_ISA_USABLE, exactloss_isa_support(EXACTLOSS_ISA_PORTABLE));
}

/* --------------------------------------------------------------------- the floating-point environment -- */

typedef struct everything {
    double losses[3];
    exactloss_evaluation evaluations[6];
    float distances[COUNT], gradient[COUNT], fused[COUNT], sigmoids[COUNT];
    uint16_t halves[COUNT];
    double doubles[COUNT / 2];
} everything;

static void compute_everything(const float *p, const unsigned char *t, everything *r) {
    static const int64_t COUNTS[] = {7, 100, COUNT};
    exactloss_accumulator a;
    memset(r, 0, sizeof *r);
    exactloss_accumulator_init(&a, 0x1p-1074);
    for (int i = 0; i < 3; i++) {
        exactloss_mnist_loss(p, F32, t, U8, 0, COUNTS[i], MEAN, 0, &r->losses[i], NULL, NULL);
        exactloss_evaluate(p, F32, t, U8, 0, COUNTS[i], i == 1 ? 0x1p-1073 : 0.1, 0, &r->evaluations[i], NULL);
    }
    exactloss_accumulator_add(&a, p, F32, t, U8, 0, 33, 0, NULL);
    exactloss_accumulator_result(&a, &r->evaluations[3]);
    exactloss_mnist_loss_none(p, F32, t, U8, 0, COUNT, 0, r->distances, NULL);
    exactloss_mnist_loss_gradient(t, U8, 0, COUNT, 1e-40, MEAN, 0, r->gradient, F32, NULL);
    exactloss_weighted_evaluate(p, F32, t, U8, 0, r->sigmoids, 0, 0.5, 0, &r->evaluations[4], NULL);
    exactloss_sigmoid(p, F32, COUNT, r->sigmoids);
    exactloss_weighted_evaluate(p, F32, t, U8, 0, r->sigmoids, COUNT, 0.5, 0, &r->evaluations[5], NULL);
    exactloss_mnist_loss_and_gradient(p, F32, t, U8, 0, COUNT, 1e-30, MEAN, EXACTLOSS_LOGITS, NULL, NULL, r->fused,
                                      NULL);
    /* The same bytes as other types: any bits will do. */
    exactloss_mnist_loss_none(p, EXACTLOSS_FLOAT16, t, U8, 0, COUNT, EXACTLOSS_LOGITS, r->halves, NULL);
    exactloss_sigmoid(p, EXACTLOSS_FLOAT64, COUNT / 2, r->doubles);
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
        cmocka_unit_test(the_passage),
        cmocka_unit_test(nothing_gives_nan_and_zero),
        cmocka_unit_test(many_blocks_do_not_overflow),
        cmocka_unit_test(specials_follow_the_contract),
        cmocka_unit_test(counts_follow_the_threshold),
        cmocka_unit_test(distances_are_ieee),
        cmocka_unit_test(gradients_are_rounded_once),
        cmocka_unit_test(targets_offset_skips_elements),
        cmocka_unit_test(strict_mode_names_the_first_bad_element),
        cmocka_unit_test(strict_gradient_checks_targets_alone),
        cmocka_unit_test(bad_arguments_have_their_statuses),
        cmocka_unit_test(statuses_have_words),
        cmocka_unit_test(the_environment_has_no_influence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
