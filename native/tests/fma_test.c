/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulated a·b + c against the exact sum of both terms, rounded once: on random numbers, and on those where a second
 * rounding or a lost bit would show. The target's instruction, if it has one, is compared with the same.
 */
#include "fma.h"

#include "exact_sum.h"
#include "inputs.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SEED 22
#define TRIPLES 100000 /* of each kind */

typedef enum triple_kind {
    ANY,      /* random patterns */
    FEW_BITS, /* mostly zeros or ones: ties, and exact results */
    CLOSE,    /* a·b and c nearly cancel */
    HALVES,   /* c is the half of a·b's last place, and a little */
    SMALL,    /* the result is subnormal, or nearly so */
    SPECIAL,  /* zeros, infinities, NaN and the ends of the ranges */
    KINDS
} triple_kind;

static const double SPECIAL_NUMBERS[] = {
    0.0,         0.5,       1.0,      1.5,     3.0,         FLT_MIN,         0x1p-149,
    FLT_MAX,     0x1p-75,   0x1p64,   DBL_MIN, 0x1p-1074,   DBL_MAX,         0x1p-537,
    0x1p-538,    0x1p512,   0x1p-52,  0x1p-24, 1 + 0x1p-23, 1 + 0x1p-52,     1 - 0x1p-53,
    0x1.8p-1074, 0x1p-1022, INFINITY, NAN,     1 - 0x1p-24, 0x1.fffffep-127, 0x1.fffffffffffffp-1023,
};

static double any_number(uint64_t *state) { return double_of_pattern(next_random(state)); }

/* A number between 2^-range and 2^range, of either sign. */
static double number_near_one(uint64_t *state, int range) {
    const uint64_t bits = next_random(state),
                   exponent = 1023 + next_random(state) % (2 * (uint64_t)range) - (uint64_t)range;
    return double_of_pattern((bits & 0x800fffffffffffffu) | exponent << 52);
}

/* A number of few ones, or few zeros, in its significand. */
static double number_of_few_bits(uint64_t *state, int range) {
    const uint64_t few = (uint64_t)1 << next_random(state) % 53 | (uint64_t)1 << next_random(state) % 53;
    const uint64_t one = next_random(state), fraction = (one % 3 == 0 ? ~few : few) & 0xfffffffffffffu;
    const uint64_t signed_exponent = pattern_of_double(number_near_one(state, range)) & 0xfff0000000000000u;
    return double_of_pattern(signed_exponent | fraction);
}

static double special_number(uint64_t *state) {
    const double x = SPECIAL_NUMBERS[next_random(state) % (sizeof SPECIAL_NUMBERS / sizeof *SPECIAL_NUMBERS)];
    return next_random(state) % 2 == 0 ? x : -x;
}

typedef struct triple {
    double a, b, c;
} triple;

/* For floats, the range of the exponents is theirs; the numbers are rounded later. */
static triple next_triple(triple_kind kind, int range, double smallest, uint64_t *state) {
    triple t = {number_near_one(state, range / 2), number_near_one(state, range / 2), 0};
    const double near_one = 1 + (double)(int64_t)(next_random(state) % 9 - 4) * (range > 200 ? 0x1p-52 : 0x1p-23);
    switch (kind) {
        case ANY:
            return (triple){any_number(state), any_number(state), any_number(state)};
        case FEW_BITS:
            return (triple){number_of_few_bits(state, range / 4), number_of_few_bits(state, range / 4),
                            number_of_few_bits(state, range / 4)};
        case CLOSE:
            t.c = -(t.a * t.b) * near_one;
            return t;
        case HALVES:
            t.a = number_of_few_bits(state, range / 4);
            t.c = t.a * t.b * double_of_pattern((1023 - next_random(state) % 110) << 52) * near_one;
            return t;
        case SMALL:
            t.b = number_near_one(state, 60) * smallest / t.a;
            t.c = number_near_one(state, 60) * smallest;
            return t;
        default:
            return (triple){special_number(state), special_number(state), special_number(state)};
    }
}

/* a·b + c, rounded once to a format. Where nothing has to be rounded, IEEE 754's rules are those of the operations. */
static double rounded_once(triple t, float_format format) {
    exact_sum sum;
    if (!isfinite(t.a) || !isfinite(t.b) || t.a == 0 || t.b == 0) {
        return t.a * t.b + t.c;
    }
    if (!isfinite(t.c)) {
        return t.c;
    }
    exactloss_sum_init(&sum);
    exactloss_sum_add_product(&sum, t.a, t.b, 1);
    exactloss_sum_add_double(&sum, t.c);
    return exactloss_sum_round(&sum, 1, format);
}

static int is_same(double x, double y) {
    return isnan(x) || isnan(y) ? isnan(x) && isnan(y) : pattern_of_double(x) == pattern_of_double(y);
}

static void check(const char *function, triple_kind kind, int i, triple t, double have, double want) {
    if (!is_same(have, want)) {
        fail_msg("%s(%a, %a, %a) = %a, should be %a (seed %d, kind %d, triple %d)", function, t.a, t.b, t.c, have, want,
                 SEED, (int)kind, i);
    }
}

/* The nearest float; of any pattern, its lower half. */
static float to_float(triple_kind kind, double x) {
    const uint32_t bits = (uint32_t)pattern_of_double(x);
    float f = (float)x;
    if (kind == ANY) {
        memcpy(&f, &bits, sizeof f);
    }
    return f;
}

static void floats_are_rounded_once(void **unused) {
    (void)unused;
    uint64_t state = SEED;
    for (triple_kind kind = ANY; kind < KINDS; kind++) {
        for (int i = 0; i < TRIPLES; i++) {
            const triple wide = next_triple(kind, 120, 0x1p-140, &state);
            const float a = to_float(kind, wide.a), b = to_float(kind, wide.b), c = to_float(kind, wide.c);
            const triple t = {(double)a, (double)b, (double)c};
            const double want = rounded_once(t, (float_format)FLOAT32_FORMAT);
            check("emulated_fma_f32", kind, i, t, (double)emulated_fma_f32(a, b, c), want);
            check("fused_f32", kind, i, t, (double)fused_f32(a, b, c), want);
        }
    }
}

static void doubles_are_rounded_once(void **unused) {
    (void)unused;
    uint64_t state = SEED;
    for (triple_kind kind = ANY; kind < KINDS; kind++) {
        for (int i = 0; i < TRIPLES; i++) {
            const triple t = next_triple(kind, 1000, 0x1p-1060, &state);
            const double want = rounded_once(t, (float_format)FLOAT64_FORMAT);
            check("emulated_fma_f64", kind, i, t, emulated_fma_f64(t.a, t.b, t.c), want);
            check("fused_f64", kind, i, t, fused_f64(t.a, t.b, t.c), want);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_are_rounded_once),
        cmocka_unit_test(doubles_are_rounded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
