/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sigmoid of every instruction set that this machine can run: the same bits as the portable one, within its bound of
 * the true value, monotonic, and in range.
 *
 * Usage: sigmoid_test [all THREADS]. With `all`, every one of the 2^32 floats, which takes minutes; without, a sample.
 * Doubles are always a sample.
 */
#include "cpu/kernels.h"
#include "exactloss/exactloss.h"
#include "inputs.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHUNK 1024 /* inputs at a time */
#define MOST_THREADS 64
#define MOST_ISAS 16
#define SAMPLE 1009 /* one chunk in this many is tested, unless all are */
#define FLOAT_CHUNKS (((uint64_t)1 << 32) / CHUNK)

/* The largest errors in units in the last place, as the header promises them. */
#define FLOAT_BOUND 1.0
#define DOUBLE_BOUND 2.0

static int threads = 1, step = SAMPLE;

/* ----------------------------------------------------------------------------------------------- the kernels -- */

typedef struct usable_isas {
    int count;
    const exactloss_isa *isas[MOST_ISAS];
} usable_isas;

/* The instruction sets that this machine can run, from portable on. */
static usable_isas list_isas(void) {
    usable_isas usable = {0};
    const exactloss_isa *isa;
    for (int i = 0; (isa = exactloss_isa_of(i)) != NULL; i++) {
        if (exactloss_support_of(isa) == EXACTLOSS_ISA_USABLE) {
            assert_true(usable.count < MOST_ISAS);
            usable.isas[usable.count++] = isa;
        }
    }
    return usable;
}

/* σ(x) and σ(-x) of a chunk: the latter is the distance of a positive target. */
static void run(const real_kernels *k, const void *x, void *plus, void *minus) {
    uint64_t all[MASK_WORDS];
    memset(all, 0xff, sizeof all);
    k->sigmoid(x, CHUNK, plus);
    k->losses[LOSS_MNIST].from_logits(x, all, CHUNK, NULL, NULL, minus, NULL);
}

/* ------------------------------------------------------------------------------------------- the true values -- */

/* |have - want| in units in the last place of want, in a format of `precision` bits and the smallest exponent `low`. */
static double error_in_ulp(long double have, long double want, int precision, int low) {
    int exponent;
    frexpl(want, &exponent);
    exponent = exponent < low ? low : exponent;
    return (double)ldexpl(fabsl(have - want), precision - exponent);
}

/* 1 / (1 + exp(-x)), with a relative error of some units of long double's. */
static long double true_sigmoid(long double x) {
    const long double e = expl(-fabsl(x));
    return (x < 0 ? e : 1) / (1 + e);
}

/* ---------------------------------------------------------------------------------------------------- floats -- */

typedef struct findings {
    uint64_t from; /* the first chunk; every `stride`-th follows, up to the last one of all */
    uint64_t stride, checked, differing, out_of_range, disordered, lost_nan;
    double error;
    float worst;
} findings;

static float float_of(uint64_t index) {
    const uint32_t bits = (uint32_t)index;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void check_float(findings *f, float x, float plus, float minus) {
    if (isnan(x)) {
        f->lost_nan += !isnan(plus) || !isnan(minus);
        return;
    }
    f->checked++;
    f->out_of_range += !(plus >= 0 && plus <= 1 && minus >= 0 && minus <= 1);
    const double error = error_in_ulp((long double)plus, true_sigmoid((long double)x), FLT_MANT_DIG, FLT_MIN_EXP);
    if (error > f->error) {
        f->error = error;
        f->worst = x;
    }
}

static void *check_chunks(void *argument) {
    findings *f = argument;
    const usable_isas usable = list_isas();
    static _Thread_local float x[CHUNK], want[2][CHUNK], have[2][CHUNK];
    for (uint64_t chunk = f->from; chunk < FLOAT_CHUNKS; chunk += f->stride) {
        for (int i = 0; i < CHUNK; i++) {
            x[i] = float_of(CHUNK * chunk + (uint64_t)i);
        }
        run(usable.isas[0]->kernels->f32.wide, x, want[0], want[1]);
        for (int k = 1; k < usable.count; k++) {
            run(usable.isas[k]->kernels->f32.wide, x, have[0], have[1]);
            for (int i = 0; i < CHUNK; i++) {
                f->differing += !isnan(x[i]) && (memcmp(&want[0][i], &have[0][i], sizeof(float)) != 0 ||
                                                 memcmp(&want[1][i], &have[1][i], sizeof(float)) != 0);
                f->lost_nan += isnan(x[i]) && (!isnan(have[0][i]) || !isnan(have[1][i]));
            }
        }
        for (int i = 0; i < CHUNK; i++) {
            check_float(f, x[i], want[0][i], want[1][i]);
            /* The patterns of positive floats ascend with them, those of negative ones descend. */
            const int is_rising = signbit(x[0]) ? -1 : 1;
            f->disordered += i > 0 && !isnan(x[i]) &&
                             is_rising * ((want[0][i] < want[0][i - 1]) - (want[0][i] > want[0][i - 1])) > 0;
        }
    }
    return NULL;
}

static void floats_are_right(void **unused) {
    (void)unused;
    static findings parts[MOST_THREADS];
    pthread_t workers[MOST_THREADS];
    for (int i = 0; i < threads; i++) {
        parts[i] = (findings){.from = (uint64_t)(i * step), .stride = (uint64_t)(threads * step)};
        assert_int_equal(0, pthread_create(&workers[i], NULL, check_chunks, &parts[i]));
    }
    findings all = {0};
    for (int i = 0; i < threads; i++) {
        assert_int_equal(0, pthread_join(workers[i], NULL));
        all.checked += parts[i].checked;
        all.differing += parts[i].differing;
        all.out_of_range += parts[i].out_of_range;
        all.disordered += parts[i].disordered;
        all.lost_nan += parts[i].lost_nan;
        if (parts[i].error > all.error) {
            all.error = parts[i].error;
            all.worst = parts[i].worst;
        }
    }
    printf("%llu floats: at most %.4f ulp, at %a\n", (unsigned long long)all.checked, all.error, (double)all.worst);
    if (step == 1) {
        assert_int_equal(2 * (uint64_t)0x7f800001, all.checked);
    }
    assert_int_equal(0, all.differing);
    assert_int_equal(0, all.out_of_range);
    assert_int_equal(0, all.disordered);
    assert_int_equal(0, all.lost_nan);
    assert_true(all.error <= FLOAT_BOUND);
}

/* --------------------------------------------------------------------------------------------------- doubles -- */

static double double_input(int round, uint64_t *state) {
    static const double EXTREMES[] = {0.0,    -0.0, INFINITY, -INFINITY, 745.2, -745.2,
                                      744.44, 746,  1e308,    0x1p-1074, 36.8,  1};
    const double unit = next_double(UNIFORM, state);
    switch (round % 4) {
        case 0:
            return 40 * unit - 20;
        case 1:
            return 1500 * unit - 750;
        case 2:
            return next_double(MIXED, state);
        default:
            return EXTREMES[next_random(state) % (sizeof EXTREMES / sizeof *EXTREMES)];
    }
}

static void doubles_are_right(void **unused) {
    (void)unused;
    const usable_isas usable = list_isas();
    static double x[CHUNK], want[2][CHUNK], have[2][CHUNK];
    uint64_t state = 1;
    double largest = 0, worst = 0;
    for (int round = 0; round < (step == 1 ? 40000 : 400); round++) {
        for (int i = 0; i < CHUNK; i++) {
            x[i] = double_input(round, &state);
        }
        run(usable.isas[0]->kernels->f64.wide, x, want[0], want[1]);
        for (int k = 1; k < usable.count; k++) {
            run(usable.isas[k]->kernels->f64.wide, x, have[0], have[1]);
            assert_memory_equal(want, have, sizeof want);
        }
        for (int i = 0; i < CHUNK; i++) {
            assert_true(want[0][i] >= 0 && want[0][i] <= 1);
            const double error =
                error_in_ulp((long double)want[0][i], true_sigmoid((long double)x[i]), DBL_MANT_DIG, DBL_MIN_EXP);
            worst = error > largest ? x[i] : worst;
            largest = error > largest ? error : largest;
        }
    }
    printf("doubles: at most %.4f ulp, at %a\n", largest, worst);
    /* If long double is no wider than double, it is no reference. */
    assert_true(LDBL_MANT_DIG == DBL_MANT_DIG || largest <= DOUBLE_BOUND);
}

/* -------------------------------------------------------------------------------------------------- gradients -- */

/* Where 1 - σ(x) is 0 in float, σ(x) * σ(-x) has all its digits. */
static void slopes_keep_their_digits(void **unused) {
    (void)unused;
    const usable_isas usable = list_isas();
    const uint64_t none[MASK_WORDS] = {0};
    const float one = 1;
    for (int k = 0; k < usable.count; k++) {
        for (int i = 0; i <= 1740; i++) {
            const float x = (float)i * 0.1f - 87;
            const long double true_slope = true_sigmoid((long double)x) * true_sigmoid(-(long double)x);
            float slope;
            usable.isas[k]->kernels->f32.wide->losses[LOSS_MNIST].from_logits(&x, none, 1, &one, NULL, NULL, &slope);
            const double error = error_in_ulp((long double)slope, true_slope, FLT_MANT_DIG, FLT_MIN_EXP);
            if (error > 2.5) {
                fail_msg("%s: the slope at %a is %a, %f ulp off", usable.isas[k]->name, (double)x, (double)slope,
                         error);
            }
        }
    }
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "all") == 0) {
        step = 1;
        threads = atoi(argv[2]);
    }
    if ((argc != 1 && step != 1) || threads < 1 || threads > MOST_THREADS) {
        fprintf(stderr, "usage: sigmoid_test [all THREADS], with 1 to %d threads\n", MOST_THREADS);
        return 2;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_are_right),
        cmocka_unit_test(doubles_are_right),
        cmocka_unit_test(slopes_keep_their_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
