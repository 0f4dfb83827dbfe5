/* SPDX-License-Identifier: Apache-2.0 */
/* The sigmoid, and what is made of it; function_cases.h says what of it is tested, and how the program is used. */
#include "function_cases.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* σ(x) */
static void run_sigmoid(const real_kernels *k, const void *x, void *y) { k->sigmoid(x, CHUNK, y); }

static double sigmoid_of_float(double x) {
    const double e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

static long double sigmoid_of_double(long double x) {
    const long double e = expl(-fabsl(x));
    return (x < 0 ? e : 1) / (1 + e);
}

/* σ(-x): the distance of a positive target. */
static void run_distance(const real_kernels *k, const void *x, void *y) {
    uint64_t all[MASK_WORDS];
    memset(all, 0xff, sizeof all);
    k->losses[LOSS_MNIST].from_logits(x, all, CHUNK, NULL, (logit_outputs){.distances = y});
}

static double distance_of_float(double x) { return sigmoid_of_float(-x); }

static long double distance_of_double(long double x) { return sigmoid_of_double(-x); }

static function_case sigmoid = {"sigmoid(x)", run_sigmoid, sigmoid_of_float, sigmoid_of_double, 1, 1, next_logit};
static function_case distance = {"sigmoid(-x)", run_distance, distance_of_float, distance_of_double, 1, -1, next_logit};

/* Where 1 - σ(x) is 0 in float, σ(x) * σ(-x) has all its digits. */
static void slopes_keep_their_digits(void **unused) {
    (void)unused;
    const usable_isas usable = list_isas();
    const uint64_t none[MASK_WORDS] = {0};
    const float one = 1;
    for (int k = 0; k < usable.count; k++) {
        for (int i = 0; i <= 1740; i++) {
            const float x = (float)i * 0.1f - 87;
            const long double true_slope = sigmoid_of_double((long double)x) * sigmoid_of_double(-(long double)x);
            float slope;
            usable.isas[k]->kernels->f32.wide->losses[LOSS_MNIST].from_logits(&x, none, 1, &one,
                                                                              (logit_outputs){.gradient = &slope});
            const double error = error_in_ulp((long double)slope, true_slope, FLT_MANT_DIG, FLT_MIN_EXP);
            if (error > 2.5) {
                fail_msg("%s: the slope at %a is %a, %f ulp off", usable.isas[k]->name, (double)x, (double)slope,
                         error);
            }
        }
    }
}

/* A logit whose sigmoid has another last bit where an fma is emulated in double and rounded twice. */
static void no_fma_is_rounded_twice(void **unused) {
    (void)unused;
    const usable_isas usable = list_isas();
    for (int k = 0; k < usable.count; k++) {
        float x[CHUNK], y[CHUNK];
        for (int i = 0; i < CHUNK; i++) {
            x[i] = 0x1.5ce5d8p-7f;
        }
        run_sigmoid(usable.isas[k]->kernels->f32.wide, x, y);
        for (int i = 0; i < CHUNK; i++) {
            if (y[i] != 0x1.015ce6p-1f) {
                fail_msg("%s: sigmoid(%a) is %a", usable.isas[k]->name, (double)x[i], (double)y[i]);
            }
        }
    }
}

int main(int argc, char **argv) {
    const int status = open_function_cases(argc, argv);
    if (status != 0) {
        return status;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(floats_are_right, &sigmoid),
        cmocka_unit_test_prestate(floats_are_right, &distance),
        cmocka_unit_test_prestate(doubles_are_right, &sigmoid),
        cmocka_unit_test_prestate(doubles_are_right, &distance),
        cmocka_unit_test(slopes_keep_their_digits),
        cmocka_unit_test(no_fma_is_rounded_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
