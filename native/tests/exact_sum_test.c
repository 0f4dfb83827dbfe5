/* SPDX-License-Identifier: Apache-2.0 */
/* The exact sum and its quotient against IEEE division, 128-bit integers and the edges of both formats. */
#include "exact_sum.h"
#include "inputs.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static exact_sum empty(void) {
    exact_sum sum;
    memset(&sum, 0xa5, sizeof sum); /* what init leaves alone must not matter */
    exactloss_sum_init(&sum);
    return sum;
}

static void check_double(double want, double have) {
    if (memcmp(&want, &have, sizeof want) != 0) {
        fail_msg("expected %a, got %a", want, have);
    }
}

static void check_quotient(const exact_sum *sum, int64_t divisor, double want, float want_f32) {
    double have;
    float have_f32;
    exactloss_sum_divide(sum, divisor, &have, &have_f32);
    check_double(want, have);
    check_double((double)want_f32, (double)have_f32);
}

static void check_same(const exact_sum *want, const exact_sum *have) {
    unsigned char want_bytes[4 * EXACT_SUM_BINS], have_bytes[4 * EXACT_SUM_BINS];
    exactloss_sum_to_bytes(want, 0, EXACT_SUM_BINS, want_bytes);
    exactloss_sum_to_bytes(have, 0, EXACT_SUM_BINS, have_bytes);
    assert_memory_equal(want_bytes, have_bytes, sizeof want_bytes);
    assert_int_equal(want->nan_count, have->nan_count);
    assert_int_equal(want->positive_infinities, have->positive_infinities);
    assert_int_equal(want->negative_infinities, have->negative_infinities);
}

/* Integers below 2^53 (2^24) divide with one rounding in double (float). */
static void integers_divide_as_ieee_does(void **unused) {
    (void)unused;
    uint64_t state = 1;
    for (int i = 0; i < 200000; i++) {
        const int64_t a = (int64_t)(next_random(&state) >> (40 + next_random(&state) % 24));
        const int64_t b = 1 + (int64_t)(next_random(&state) >> (40 + next_random(&state) % 24));
        const int64_t wide_a = (int64_t)(next_random(&state) >> (11 + next_random(&state) % 53));
        const int64_t wide_b = 1 + (int64_t)(next_random(&state) >> (12 + next_random(&state) % 52));
        exact_sum sum = empty();
        exactloss_sum_add(&sum, i % 2 ? a : -a, EXACT_SUM_ONE);
        double quotient;
        float quotient_f32;
        exactloss_sum_divide(&sum, b, &quotient, &quotient_f32);
        check_double((double)((float)(i % 2 ? a : -a) / (float)b) + 0.0, (double)quotient_f32);
        sum = empty();
        exactloss_sum_add(&sum, wide_a, EXACT_SUM_ONE);
        exactloss_sum_divide(&sum, wide_b, &quotient, NULL);
        check_double((double)wide_a / (double)wide_b, quotient);
    }
}

/* The same with a divisor that is a sum. Both sums are scaled far from 1, which must not matter. */
static void sums_divide_as_ieee_does(void **unused) {
    (void)unused;
    uint64_t state = 11;
    for (int i = 0; i < 100000; i++) {
        const int64_t a = (int64_t)(next_random(&state) >> (11 + next_random(&state) % 53));
        const int64_t b = 1 + (int64_t)(next_random(&state) >> (12 + next_random(&state) % 52));
        const int scale = (int)(next_random(&state) % 1000);
        exact_sum sum = empty(), divisor = empty();
        exactloss_sum_add(&sum, i % 2 ? a : -a, scale);
        exactloss_sum_add(&divisor, b, scale);
        double quotient;
        exactloss_sum_divide_by_sum(&sum, &divisor, &quotient, NULL);
        check_double((double)(i % 2 ? a : -a) / (double)b + 0.0, quotient);
        exact_sum one = empty(), by_sum = empty();
        exactloss_sum_add(&one, a, EXACT_SUM_ONE - 40);
        exactloss_sum_add(&by_sum, b, EXACT_SUM_ONE);
        double want;
        float want_f32, have_f32;
        exactloss_sum_divide(&one, b, &want, &want_f32);
        exactloss_sum_divide_by_sum(&one, &by_sum, &quotient, &have_f32);
        check_double(want, quotient);
        check_double((double)want_f32, (double)have_f32);
    }
}

/* Around the widest divisor that is an integer, and far beyond it: a b and b, times a number of any width, give a. */
static void sums_divide_by_sums_of_every_width(void **unused) {
    (void)unused;
    uint64_t state = 12;
    for (int i = 0; i < 20000; i++) {
        const int64_t a = (int64_t)(next_random(&state) >> 40), b = (int64_t)(next_random(&state) >> 40) | 1;
        const int scale = (int)(next_random(&state) % 900), width = 36 + (int)(next_random(&state) % (i % 2 ? 8 : 800));
        const int sign = i % 3 == 0 ? -1 : 1;
        exact_sum sum = empty(), divisor = empty();
        exactloss_sum_add(&sum, a * b, scale);
        exactloss_sum_add(&sum, sign * a * b, scale + width);
        exactloss_sum_add(&divisor, sign * b, scale + width);
        exactloss_sum_add(&divisor, b, scale);
        if (sign < 0) { /* which the divisor must not have */
            exact_sum positive = empty(), other = empty();
            exactloss_sum_add_finite(&positive, &divisor, -1);
            exactloss_sum_add_finite(&other, &sum, -1);
            divisor = positive;
            sum = other;
        }
        double quotient;
        exactloss_sum_divide_by_sum(&sum, &divisor, &quotient, NULL);
        check_double((double)a, quotient);
    }
}

static void sums_divide_by_wide_sums(void **unused) {
    (void)unused;
    /* (2^200 + 1) * 3 / (2^200 + 1), (2^200 + 2) / (2^200 + 1) just above 1, and 0 / 0 */
    exact_sum sum = empty(), divisor = empty();
    exactloss_sum_add(&divisor, 1, EXACT_SUM_ONE + 200);
    exactloss_sum_add(&divisor, 1, EXACT_SUM_ONE);
    exactloss_sum_add(&sum, 3, EXACT_SUM_ONE + 200);
    exactloss_sum_add(&sum, 3, EXACT_SUM_ONE);
    double quotient;
    float quotient_f32;
    exactloss_sum_divide_by_sum(&sum, &divisor, &quotient, &quotient_f32);
    check_double(3, quotient);
    check_double(3, (double)quotient_f32);
    /* (1 + 2^-24) + 2^-200: the middle between two floats, and a little */
    sum = divisor;
    exactloss_sum_add(&sum, 1, EXACT_SUM_ONE + 200 - 24);
    exactloss_sum_add(&sum, 1, EXACT_SUM_ONE - 24);
    exactloss_sum_divide_by_sum(&sum, &divisor, &quotient, &quotient_f32);
    check_double(1 + 0x1p-24, quotient);
    check_double(1, (double)quotient_f32);
    exactloss_sum_add(&sum, 1, EXACT_SUM_ONE);
    exactloss_sum_divide_by_sum(&sum, &divisor, &quotient, &quotient_f32);
    check_double(1 + 0x1p-24, quotient);
    check_double(0x1.000002p0, (double)quotient_f32);
    divisor = empty();
    exactloss_sum_divide_by_sum(&sum, &divisor, &quotient, NULL);
    assert_true(isnan(quotient));
    sum = empty();
    exactloss_sum_add_double(&sum, -INFINITY);
    exactloss_sum_add(&divisor, 5, EXACT_SUM_ONE);
    exactloss_sum_divide_by_sum(&sum, &divisor, &quotient, NULL);
    check_double(-INFINITY, quotient);
}

/*
 * Adds sign * m * n * f * 2^(position - EXACT_SUM_ONE), m and n below 2^54 and f at most 2^24, in products of 60 bits.
 * frexp makes subnormals longer than they are: below position 0 there are only zeros.
 */
static void add_pieces(exact_sum *sum, int sign, int64_t m, int64_t n, int64_t f, int position) {
    const int size = 18, mask = (1 << size) - 1;
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            const int64_t product = (m >> size * i & mask) * (n >> size * j & mask) * f;
            const int at = position + size * (i + j), zeros = at < 0 ? -at : 0;
            if (product != 0) {
                assert_true(zeros < 63 && product >> zeros << zeros == product);
                exactloss_sum_add(sum, sign * (product >> zeros), at + zeros);
            }
        }
    }
}

/* Products of three random values, against those of their pieces. */
static void products_are_exact(void **unused) {
    (void)unused;
    uint64_t state = 12;
    for (int i = 0; i < 100000; i++) {
        const double a = next_double(MIXED, &state), b = next_double(i % 4 == 0 ? SUBNORMAL : MIXED, &state);
        const float factor = next_float(i % 3 == 0 ? SUBNORMAL : MIXED, &state);
        int of_a, of_b, of_factor;
        const int64_t m = (int64_t)ldexp(frexp(a, &of_a), 53), n = (int64_t)ldexp(frexp(b, &of_b), 53);
        const int64_t f = (int64_t)ldexp(frexp((double)factor, &of_factor), 24);
        const int sign = (m < 0) ^ (n < 0) ^ (f < 0) ? -1 : 1;
        exact_sum have = empty(), want = empty();
        exactloss_sum_add_product(&have, a, b, factor);
        add_pieces(&want, sign, llabs(m), llabs(n), llabs(f), EXACT_SUM_ONE + of_a + of_b + of_factor - 53 - 53 - 24);
        check_same(&want, &have);
    }
    exact_sum sum = empty();
    exactloss_sum_add_product(&sum, INFINITY, 1, 0);
    exactloss_sum_add_product(&sum, 1, -INFINITY, 0x1p-149f);
    exactloss_sum_add_product(&sum, -INFINITY, -INFINITY, 1);
    exactloss_sum_add_product(&sum, 0, INFINITY, 1);
    exactloss_sum_add_product(&sum, NAN, 1, 1);
    assert_true(sum.nan_count == 3 && sum.negative_infinities == 1 && sum.positive_infinities == 1);
}

/* Of the finite part alone, added or subtracted, of units and of bins, before and after carries. */
static void adds_the_finite_part(void **unused) {
    (void)unused;
    uint64_t state = 14;
    for (int i = 0; i < 20000; i++) {
        const int sign = i % 2 == 0 ? 1 : -1;
        exact_sum have = empty(), want = empty(), other = empty();
        for (int k = 0; k < 40; k++) {
            const int64_t units = (int64_t)(next_random(&state) >> (6 + next_random(&state) % 50)) - 0x800000;
            const double value = next_double(MIXED, &state);
            exact_sum *const to = k % 2 == 0 ? &have : &other;
            const int factor = k % 2 == 0 ? 1 : sign;
            if ((i & 2) != 0) {
                exactloss_sum_add_units(to, units);
                exactloss_sum_add(&want, factor * units, EXACT_SUM_UNIT);
            }
            if ((i & (k % 2 == 0 ? 4 : 8)) != 0) {
                exactloss_sum_add_double(to, value);
                exactloss_sum_add_double(&want, factor * value);
            }
        }
        other.nan_count = other.positive_infinities = other.negative_infinities = 1;
        exactloss_sum_add_finite(&have, &other, sign);
        check_same(&want, &have);
        exactloss_sum_add_finite(&have, &have, sign);
        exactloss_sum_merge(&want, &want);
        check_same(sign == 1 ? &want : &(exact_sum){0}, &have);
    }
}

/* Quotients of integers, rounded to every format: the middles go to the even neighbour, and all overflow to infinity. */
static void rounds_to_every_format(void **unused) {
    (void)unused;
    static const struct {
        float_format format;
        double smallest, largest, beyond;
    } FORMATS[] = {
        {FLOAT16_FORMAT, 0x1p-24, 65504, 65520},
        {BFLOAT16_FORMAT, 0x1p-133, 0x1.fep127, 0x1.ffp127},
        {FLOAT32_FORMAT, 0x1p-149, (double)FLT_MAX, 0x1.ffffffp127},
    };
    for (int k = 0; k < 3; k++) {
        const float_format format = FORMATS[k].format;
        const double ulp = ldexp(1, 1 - format.precision);
        const double inputs[] = {1 + ulp / 2,
                                 1 + ulp * 3 / 2,
                                 1 + ulp * 0.75,
                                 -FORMATS[k].largest,
                                 -FORMATS[k].beyond,
                                 nextafter(FORMATS[k].beyond, 0),
                                 FORMATS[k].smallest / 2,
                                 -FORMATS[k].smallest * 3 / 2,
                                 FORMATS[k].smallest * 0.75,
                                 0};
        const double wanted[] = {1,
                                 1 + 2 * ulp,
                                 1 + ulp,
                                 -FORMATS[k].largest,
                                 -INFINITY,
                                 FORMATS[k].largest,
                                 0,
                                 -FORMATS[k].smallest * 2,
                                 FORMATS[k].smallest,
                                 0};
        for (int i = 0; i < 10; i++) {
            exact_sum sum = empty();
            exactloss_sum_add_double(&sum, inputs[i]);
            check_double(wanted[i], exactloss_sum_round(&sum, 1, format));
        }
    }
    uint64_t state = 13;
    for (int i = 0; i < 100000; i++) {
        const double value = next_double(UNIFORM, &state) * 0x1p-140;
        exact_sum sum = empty();
        exactloss_sum_add_double(&sum, value);
        check_double((double)(float)value, exactloss_sum_round(&sum, 1, (float_format)FLOAT32_FORMAT));
        check_double((double)(float)(value / 3), exactloss_sum_round(&sum, 3, (float_format)FLOAT32_FORMAT));
    }
}

/* With the divisor 1 any double comes back as it is, and its float form as the conversion rounds it. */
static void doubles_come_back(void **unused) {
    (void)unused;
    uint64_t state = 2;
    for (int i = 0; i < 200000; i++) {
        const uint64_t bits = next_random(&state) & (i % 3 ? UINT64_MAX : 0x801fffffffffffff);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isnan(value) || value == 0) {
            continue;
        }
        exact_sum sum = empty();
        exactloss_sum_add_double(&sum, value);
        double have;
        float have_f32;
        exactloss_sum_divide(&sum, 1, &have, &have_f32);
        check_double(value, have);
        check_double((double)(float)value, (double)have_f32);
    }
}

static void rounds_ties_to_even_at_the_smallest_numbers(void **unused) {
    (void)unused;
    static const double WANT[] = {0, 0, 0x1p-1074, 0x1p-1073, 0x1p-1073, 0x1p-1073, 0x1.8p-1073, 0x1p-1072};
    for (int units = 0; units < 8; units++) {
        exact_sum sum = empty();
        exactloss_sum_add(&sum, units, EXACT_SUM_ONE - 1074);
        check_quotient(&sum, 2, WANT[units], 0);
    }
    exact_sum sum = empty();
    exactloss_sum_add(&sum, 3, EXACT_SUM_ONE - 150);
    check_quotient(&sum, 1, 0x1.8p-149, 0x1p-148f);
    sum = empty();
    exactloss_sum_add(&sum, 1, EXACT_SUM_ONE - 1074);
    check_quotient(&sum, INT64_MAX, 0, 0);
}

static void rounds_to_float_from_the_exact_value(void **unused) {
    (void)unused;
    exact_sum sum = empty();
    exactloss_sum_add_double(&sum, 1.0 + 0x1p-24);
    check_quotient(&sum, 1, 1.0 + 0x1p-24, 1.0f);
    exactloss_sum_add_double(&sum, 0x1p-80);
    check_quotient(&sum, 1, 1.0 + 0x1p-24, 0x1.000002p0f);
    exactloss_sum_add_double(&sum, -0x1p-79);
    check_quotient(&sum, 1, 1.0 + 0x1p-24, 1.0f);
}

/* Quotients so close to the middle between two floats that their double lies on it; the bins know no shortcut. */
static void the_shortcut_rounds_to_float_correctly(void **unused) {
    (void)unused;
    uint64_t state = 5;
    for (int i = 0; i < 10000; i++) {
        const int64_t divisor = (int64_t)1 << 40 | (int64_t)(next_random(&state) >> 25) | 1;
        uint64_t inverse = 1; /* of the divisor, modulo 2^20 */
        for (int k = 0; k < 6; k++) {
            inverse *= 2 - (uint64_t)divisor * inverse;
        }
        /* divisor * middle = 1 modulo 2^20, so units / divisor * 2^20 lies 1 / divisor below the 25-bit odd number. */
        const int64_t middle = (int64_t)((inverse & 0xfffff) | (16 + next_random(&state) % 16) << 20);
        const int64_t product_high = (divisor >> 20) * middle + ((divisor & 0xfffff) * middle >> 20);
        const int64_t units = product_high + (int64_t)(next_random(&state) & 1);
        exact_sum by_units = empty(), by_bins = empty();
        exactloss_sum_add_units(&by_units, units);
        exactloss_sum_add(&by_bins, units, EXACT_SUM_UNIT);
        double want;
        float want_f32;
        exactloss_sum_divide(&by_bins, divisor, &want, &want_f32);
        check_quotient(&by_units, divisor, want, want_f32);
    }
}

static void overflows_to_infinity(void **unused) {
    (void)unused;
    exact_sum sum = empty();
    exactloss_sum_add_double(&sum, -(double)FLT_MAX);
    check_quotient(&sum, 1, -(double)FLT_MAX, -FLT_MAX);
    exactloss_sum_add_double(&sum, -0x1p102);
    check_quotient(&sum, 1, -(double)FLT_MAX - 0x1p102, -FLT_MAX);
    exactloss_sum_add_double(&sum, -0x1p102);
    check_quotient(&sum, 1, -(double)FLT_MAX - 0x1p103, -INFINITY);
    sum = empty();
    exactloss_sum_add_double(&sum, DBL_MAX);
    exactloss_sum_add_double(&sum, DBL_MAX);
    check_quotient(&sum, 1, INFINITY, INFINITY);
    check_quotient(&sum, 2, DBL_MAX, INFINITY);
}

static void cancels_exactly(void **unused) {
    (void)unused;
    exact_sum sum = empty();
    exactloss_sum_add_double(&sum, 1e300);
    exactloss_sum_add_double(&sum, 5e-324);
    exactloss_sum_add_double(&sum, -1e300);
    check_quotient(&sum, 1, 5e-324, 0);
    exactloss_sum_add_double(&sum, -5e-324);
    check_quotient(&sum, 7, 0.0, 0.0f);
    sum = empty();
    check_quotient(&sum, 7, 0.0, 0.0f);
}

static void specials_decide(void **unused) {
    (void)unused;
    exact_sum sum = empty();
    exactloss_sum_add_double(&sum, 3.0);
    exactloss_sum_add_double(&sum, -INFINITY);
    check_quotient(&sum, 5, -INFINITY, -INFINITY);
    exactloss_sum_add_double(&sum, INFINITY);
    check_quotient(&sum, 5, NAN, NAN);
    sum = empty();
    exactloss_sum_add_double(&sum, NAN);
    exactloss_sum_add_double(&sum, INFINITY);
    check_quotient(&sum, 1, NAN, NAN);
}

/* More additions than bins hold without settling their carries, against their product: 2^63 and -1 of each. */
static void settles_carries_in_time(void **unused) {
    (void)unused;
    const int64_t additions = ((int64_t)1 << 28) + 3;
    exact_sum sum = empty(), negative = empty();
    for (int64_t i = 0; i < additions; i++) {
        exactloss_sum_add(&sum, INT64_MAX, EXACT_SUM_ONE + 31);
        exactloss_sum_add(&negative, INT64_MIN, EXACT_SUM_ONE + 31);
    }
    exact_sum expected = empty();
    exactloss_sum_add(&expected, additions, EXACT_SUM_ONE + 31 + 63);
    exactloss_sum_add(&expected, -additions, EXACT_SUM_ONE + 31);
    unsigned char want[4 * EXACT_SUM_BINS], have[4 * EXACT_SUM_BINS];
    exactloss_sum_to_bytes(&expected, 0, EXACT_SUM_BINS, want);
    exactloss_sum_to_bytes(&sum, 0, EXACT_SUM_BINS, have);
    assert_memory_equal(want, have, 4 * EXACT_SUM_BINS);
    exactloss_sum_merge(&sum, &negative); /* INT64_MAX + INT64_MIN = -1 for each */
    check_quotient(&sum, additions, -0x1p31, -0x1p31f);
}

static void merges_and_bytes_have_no_history(void **unused) {
    (void)unused;
    for (uint64_t seed = 0; seed < 300; seed++) {
        uint64_t state = seed;
        exact_sum all = empty(), parts[3] = {empty(), empty(), empty()}, read;
        unsigned char want[4 * EXACT_SUM_BINS], have[4 * EXACT_SUM_BINS];
        for (int i = 0; i < 60; i++) {
            const double value = (double)next_float(MIXED, &state) * (i % 5 == 0 ? 0x1p800 : 1);
            exactloss_sum_add_double(&all, value);
            exactloss_sum_add_double(&parts[next_random(&state) % 3], value);
        }
        exactloss_sum_merge(&parts[2], &parts[0]);
        exactloss_sum_merge(&parts[1], &parts[2]);
        exactloss_sum_to_bytes(&all, 0, EXACT_SUM_BINS, want);
        exactloss_sum_to_bytes(&parts[1], 0, EXACT_SUM_BINS, have);
        assert_memory_equal(want, have, 4 * EXACT_SUM_BINS);
        exactloss_sum_from_bytes(&read, 0, EXACT_SUM_BINS, want);
        exactloss_sum_to_bytes(&read, 0, EXACT_SUM_BINS, have);
        assert_memory_equal(want, have, 4 * EXACT_SUM_BINS);
        exactloss_sum_merge(&all, &all);
        exactloss_sum_merge(&read, &parts[1]);
        exactloss_sum_to_bytes(&all, 0, EXACT_SUM_BINS, want);
        exactloss_sum_to_bytes(&read, 0, EXACT_SUM_BINS, have);
        assert_memory_equal(want, have, 4 * EXACT_SUM_BINS);
    }
}

/* Against the products of the addends: of sums with units, with bins, with both and with neither. */
static void multiplies(void **unused) {
    (void)unused;
    static const int FACTORS[] = {1, 2, 3, 7, 255, 256, 257, 1000, 65535, 65536};
    for (int i = 0; i < 10 * 4; i++) {
        uint64_t state = (uint64_t)i;
        const int factor = FACTORS[i % 10], has_units = (i / 10 & 1) != 0, has_bins = (i / 10 & 2) != 0;
        exact_sum have = empty(), want = empty();
        for (int k = 0; k < 50; k++) {
            const double value = next_double(MIXED, &state) * 0x1p-20;
            const int64_t units = (int64_t)(next_random(&state) >> 40) - 0x800000;
            if (has_units) {
                exactloss_sum_add_units(&have, units);
                exactloss_sum_add(&want, units * factor, EXACT_SUM_UNIT);
            }
            if (has_bins) {
                exactloss_sum_add_double(&have, value);
                exactloss_sum_add_product(&want, value, 1, (float)factor);
            }
        }
        have.nan_count = want.nan_count = 3;
        have.positive_infinities = want.positive_infinities = 5;
        have.negative_infinities = want.negative_infinities = 7;
        exactloss_sum_multiply(&have, factor);
        check_same(&want, &have);
        /* It is a sum like any other: it can be added to, and multiplied again. */
        exactloss_sum_add_double(&have, 1.5);
        exactloss_sum_add_double(&want, 1.5);
        exactloss_sum_multiply(&have, 2);
        exactloss_sum_merge(&want, &want);
        want.nan_count = 3;
        want.positive_infinities = 5;
        want.negative_infinities = 7;
        check_same(&want, &have);
    }
    /* Bins with carries that have not been settled, of either sign. */
    static const int64_t LARGEST[] = {INT64_MAX, -INT64_MAX};
    for (int i = 0; i < 2; i++) {
        exact_sum have = empty(), want = empty();
        for (int k = 0; k < 1 << 20; k++) {
            exactloss_sum_add(&have, LARGEST[i], EXACT_SUM_ONE + 31);
        }
        exactloss_sum_add(&want, LARGEST[i], EXACT_SUM_ONE + 31 + 20 + 16);
        exactloss_sum_multiply(&have, 65536);
        check_same(&want, &have);
    }
}

/* Sums that have units alone, whose merging opens no bins; and the last that do. */
static void merges_units(void **unused) {
    (void)unused;
    static const int64_t LIMIT = (int64_t)1 << 57;
    const int64_t units[] = {0, 1, -5, LIMIT - 1, LIMIT, -LIMIT};
    for (int i = 0; i < 6 * 6 * 3; i++) {
        const int64_t one = units[i % 6], other = units[i / 6 % 6];
        const int additions = 30 + i / 36; /* 32 fit before they are moved to the bins */
        exact_sum a = empty(), b = empty(), expected = empty();
        unsigned char want[4 * EXACT_SUM_BINS], have[4 * EXACT_SUM_BINS];
        for (int k = 0; k < additions; k++) {
            exactloss_sum_add_units(&a, one);
            exactloss_sum_add(&expected, one, EXACT_SUM_UNIT);
        }
        for (int k = 0; k < 2; k++) {
            exactloss_sum_add_units(&b, other);
            exactloss_sum_add(&expected, other, EXACT_SUM_UNIT);
        }
        b.nan_count = 1;
        exactloss_sum_merge(&a, &b);
        exactloss_sum_to_bytes(&a, 0, EXACT_SUM_BINS, have);
        exactloss_sum_to_bytes(&expected, 0, EXACT_SUM_BINS, want);
        assert_memory_equal(want, have, sizeof want);
        assert_int_equal(1, a.nan_count);
        for (int k = 0; k < 3; k++) {
            exactloss_sum_merge(&b, &b);
        }
        expected = empty();
        for (int k = 0; k < 16; k++) {
            exactloss_sum_add(&expected, other, EXACT_SUM_UNIT);
        }
        exactloss_sum_to_bytes(&b, 0, EXACT_SUM_BINS, have);
        exactloss_sum_to_bytes(&expected, 0, EXACT_SUM_BINS, want);
        assert_memory_equal(want, have, sizeof want);
        assert_int_equal(8, b.nan_count);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_divide_as_ieee_does),
        cmocka_unit_test(sums_divide_as_ieee_does),
        cmocka_unit_test(sums_divide_by_sums_of_every_width),
        cmocka_unit_test(sums_divide_by_wide_sums),
        cmocka_unit_test(products_are_exact),
        cmocka_unit_test(adds_the_finite_part),
        cmocka_unit_test(rounds_to_every_format),
        cmocka_unit_test(doubles_come_back),
        cmocka_unit_test(rounds_ties_to_even_at_the_smallest_numbers),
        cmocka_unit_test(rounds_to_float_from_the_exact_value),
        cmocka_unit_test(the_shortcut_rounds_to_float_correctly),
        cmocka_unit_test(overflows_to_infinity),
        cmocka_unit_test(cancels_exactly),
        cmocka_unit_test(specials_decide),
        cmocka_unit_test(settles_carries_in_time),
        cmocka_unit_test(merges_and_bytes_have_no_history),
        cmocka_unit_test(multiplies),
        cmocka_unit_test(merges_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
