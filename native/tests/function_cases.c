/* SPDX-License-Identifier: Apache-2.0 */
#include "function_cases.h"

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

#define MOST_THREADS 64
#define SAMPLE 1009 /* one chunk in so many is tested, unless all are */
#define FLOATS ((uint64_t)1 << 32)

/* The largest errors in units in the last place, as the header promises them. */
#define FLOAT_BOUND 1.0
#define DOUBLE_BOUND 2.0

static int threads = 1, step = SAMPLE;

int open_function_cases(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "all") == 0) {
        step = 1;
        threads = atoi(argv[2]);
    }
    if ((argc != 1 && step != 1) || threads < 1 || threads > MOST_THREADS) {
        fprintf(stderr, "usage: %s [all THREADS], with 1 to %d threads\n", argv[0], MOST_THREADS);
        return 2;
    }
    return 0;
}

usable_isas list_isas(void) {
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

double error_in_ulp(long double have, long double want, int precision, int low) {
    int exponent;
    frexpl(want, &exponent);
    exponent = exponent < low ? low : exponent;
    return (double)ldexpl(fabsl(have - want), precision - exponent);
}

/* ---------------------------------------------------------------------------------------------------- floats -- */

typedef struct findings {
    const function_case *function;
    uint64_t from; /* the first chunk; every so manieth follows, up to the last one of all */
    uint64_t stride, seen, numbers, differing, out_of_range, disordered, lost_nan;
    double error;
    float worst;
} findings;

static float float_of(uint64_t index) {
    const uint32_t bits = (uint32_t)index;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void check_float(findings *f, float x, float y) {
    const double want = f->function->of_float((double)x);
    f->seen++;
    if (isnan(want)) {
        f->lost_nan += isnan(y) ? 0 : 1;
        return;
    }
    f->numbers++;
    f->out_of_range += y >= 0 && (double)y <= f->function->highest && !signbit(y) ? 0 : 1;
    const double error = (double)y == want ? 0 : error_in_ulp((long double)y, want, FLT_MANT_DIG, FLT_MIN_EXP);
    if (error > f->error) {
        f->error = error;
        f->worst = x;
    }
}

static void *check_chunks(void *argument) {
    findings *f = argument;
    const usable_isas usable = list_isas();
    static _Thread_local float x[CHUNK], want[CHUNK], have[CHUNK];
    for (uint64_t chunk = f->from; chunk < FLOATS / CHUNK; chunk += f->stride) {
        for (int i = 0; i < CHUNK; i++) {
            x[i] = float_of(CHUNK * chunk + (uint64_t)i);
        }
        f->function->run(usable.isas[0]->kernels->f32.wide, x, want);
        for (int k = 1; k < usable.count; k++) {
            f->function->run(usable.isas[k]->kernels->f32.wide, x, have);
            for (int i = 0; i < CHUNK; i++) {
                f->differing += memcmp(&want[i], &have[i], sizeof(float)) != 0 && !(isnan(want[i]) && isnan(have[i]));
            }
        }
        /* The patterns of positive floats ascend with them, those of negative ones descend. */
        const int order = signbit(x[0]) ? -f->function->order : f->function->order;
        for (int i = 0; i < CHUNK; i++) {
            check_float(f, x[i], want[i]);
            f->disordered += i > 0 && order * ((want[i] < want[i - 1]) - (want[i] > want[i - 1])) > 0;
        }
    }
    return NULL;
}

void floats_are_right(void **state) {
    const function_case *function = *state;
    static findings parts[MOST_THREADS];
    pthread_t workers[MOST_THREADS];
    for (int i = 0; i < threads; i++) {
        parts[i] = (findings){
            .function = function, .from = (uint64_t)(i * step), .stride = (uint64_t)(threads * step), .error = -1};
        assert_int_equal(0, pthread_create(&workers[i], NULL, check_chunks, &parts[i]));
    }
    findings all = {.error = -1};
    for (int i = 0; i < threads; i++) {
        assert_int_equal(0, pthread_join(workers[i], NULL));
        all.seen += parts[i].seen;
        all.numbers += parts[i].numbers;
        all.differing += parts[i].differing;
        all.out_of_range += parts[i].out_of_range;
        all.disordered += parts[i].disordered;
        all.lost_nan += parts[i].lost_nan;
        if (parts[i].error > all.error) {
            all.error = parts[i].error;
            all.worst = parts[i].worst;
        }
    }
    printf("%s: %llu floats, %llu with a value, at most %.4f ulp off, at %a\n", function->name,
           (unsigned long long)all.seen, (unsigned long long)all.numbers, all.error, (double)all.worst);
    assert_true(step != 1 || all.seen == FLOATS);
    assert_int_equal(0, all.differing);
    assert_int_equal(0, all.out_of_range);
    assert_int_equal(0, all.disordered);
    assert_int_equal(0, all.lost_nan);
    assert_true(all.error >= 0 && all.error <= FLOAT_BOUND);
}

/* --------------------------------------------------------------------------------------------------- doubles -- */

double next_logit(uint64_t *state) {
    static const double EXTREMES[] = {0.0,    -0.0, INFINITY, -INFINITY, 745.2, -745.2,
                                      744.44, 746,  1e308,    0x1p-1074, 36.8,  1};
    const double unit = next_double(UNIFORM, state);
    switch (next_random(state) % 4) {
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

/* The error of one, or infinity where it is none of a number in the range. */
static double error_of_double(const function_case *function, double x, double y) {
    const long double want = function->of_double((long double)x);
    if (isnan(want) || (long double)y == want) {
        return !isnan(want) == !isnan(y) && (isnan(y) || !signbit(y)) ? 0 : INFINITY;
    }
    if (!(y >= 0 && y <= function->highest) || signbit(y)) {
        return INFINITY;
    }
    return error_in_ulp((long double)y, want, DBL_MANT_DIG, DBL_MIN_EXP);
}

void doubles_are_right(void **state) {
    const function_case *function = *state;
    const usable_isas usable = list_isas();
    static double x[CHUNK], want[CHUNK], have[CHUNK];
    uint64_t random = 1;
    const int rounds = step == 1 ? 40000 : 400;
    double largest = 0, worst = 0;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < CHUNK; i++) {
            x[i] = function->next_input(&random);
        }
        function->run(usable.isas[0]->kernels->f64.wide, x, want);
        for (int k = 1; k < usable.count; k++) {
            function->run(usable.isas[k]->kernels->f64.wide, x, have);
            for (int i = 0; i < CHUNK; i++) {
                assert_true(memcmp(&want[i], &have[i], sizeof(double)) == 0 || (isnan(want[i]) && isnan(have[i])));
            }
        }
        for (int i = 0; i < CHUNK; i++) {
            const double error = error_of_double(function, x[i], want[i]);
            worst = error > largest ? x[i] : worst;
            largest = error > largest ? error : largest;
        }
    }
    printf("%s: %d doubles, at most %.4f ulp off, at %a\n", function->name, CHUNK * rounds, largest, worst);
    /* Where long double is no wider than double, it can't tell. */
    assert_true(LDBL_MANT_DIG == DBL_MANT_DIG || largest <= DOUBLE_BOUND);
}
