/* SPDX-License-Identifier: Apache-2.0 */
/* The values of the loss log; function_cases.h says what of them is tested, and how the program is used. */
#include "function_cases.h"
#include "inputs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint64_t NONE[MASK_WORDS];

static int is_probability(double x) { return x >= 0 && x <= 1; }

/* -ln(p), of a positive target. */
static void run_log(const real_kernels *k, const void *p, void *y) {
    uint64_t all[MASK_WORDS];
    memset(all, 0xff, sizeof all);
    k->losses[LOSS_LOG].values(p, all, CHUNK, y);
}

/* +0 where ln is 0, as the library gives it. */
static double log_of_float(double p) { return is_probability(p) ? 0 - log(p) : NAN; }

static long double log_of_double(long double p) { return is_probability((double)p) ? 0 - logl(p) : NAN; }

/* -ln(1 - p), of a negative one. */
static void run_log1p(const real_kernels *k, const void *p, void *y) { k->losses[LOSS_LOG].values(p, NONE, CHUNK, y); }

static double log1p_of_float(double p) { return is_probability(p) ? 0 - log1p(-p) : NAN; }

static long double log1p_of_double(long double p) { return is_probability((double)p) ? 0 - log1pl(-p) : NAN; }

/* ln(1 + exp(x)), of a negative one's logit. */
static void run_softplus(const real_kernels *k, const void *x, void *y) {
    k->losses[LOSS_LOG].from_logits(x, NONE, CHUNK, NULL, (logit_outputs){.values = y});
}

static double softplus_of_float(double x) { return isnan(x) ? x : fmax(x, 0) + log1p(exp(-fabs(x))); }

static long double softplus_of_double(long double x) { return isnan(x) ? x : fmaxl(x, 0) + log1pl(expl(-fabsl(x))); }

/* Around 0 and 1 at all distances, around powers of two and of 2/3 times these, and what is no probability. */
static double next_probability(uint64_t *state) {
    static const double EXTREMES[] = {0.0, -0.0, 1,          0x1.fffffffffffffp-1, 0x1p-1074, 0x1p-1022, 1e-30,    0.5,
                                      2,   -1,   -0x1p-1074, 0x1.0000000000001p0,  NAN,       INFINITY,  -INFINITY};
    const double unit = next_double(UNIFORM, state);
    const double exponent = (double)(next_random(state) % 60), near = 1 + (unit - 0.5) * ldexp(1, -20);
    switch (next_random(state) % 6) {
        case 0:
            return unit;
        case 1:
            return exp2(-1074 * unit);
        case 2:
            return 1 - exp2(-54 * unit);
        case 3:
            return fmin(1, exp2(-exponent) * near);
        case 4:
            return 2 * exp2(-exponent) / 3 * near;
        default:
            return EXTREMES[next_random(state) % (sizeof EXTREMES / sizeof *EXTREMES)];
    }
}

static function_case minus_log = {"-ln(p)", run_log, log_of_float, log_of_double, INFINITY, -1, next_probability};
static function_case minus_log1p = {"-ln(1 - p)", run_log1p, log1p_of_float,  log1p_of_double,
                                    INFINITY,     1,         next_probability};
static function_case softplus = {"ln(1 + exp(x))", run_softplus, softplus_of_float, softplus_of_double, INFINITY, 0,
                                 next_logit};

int main(int argc, char **argv) {
    const int status = open_function_cases(argc, argv);
    if (status != 0) {
        return status;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(floats_are_right, &minus_log),
        cmocka_unit_test_prestate(floats_are_right, &minus_log1p),
        cmocka_unit_test_prestate(floats_are_right, &softplus),
        cmocka_unit_test_prestate(doubles_are_right, &minus_log),
        cmocka_unit_test_prestate(doubles_are_right, &minus_log1p),
        cmocka_unit_test_prestate(doubles_are_right, &softplus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
