/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sums of w·d, d² and w·d² of one instruction set against the portable ones, bit by bit, and those against their
 * definition, one product after the other.
 */
#include "kernel_cases.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { WEIGHTED, SQUARES, WEIGHTED_SQUARES, SUMS };
static const char *const NAMES[] = {"w d", "d²", "w d²"};

/* Elements and their weights, which lie in `spare`. */
typedef struct product_case {
    const real_case *real;
    const unsigned char *p, *weights;
    const uint64_t *mask;
    int count;
} product_case;

static void add(const real_kernels *k, const exactloss_kernels *all, const product_case *c, int which, summation *s) {
    const block_weights weights = {c->weights, all->span_of_weights(c->weights, c->count)};
    if (which == WEIGHTED) {
        k->sum_weighted(c->p, weights, c->mask, c->count, s);
    } else {
        k->sum_squares(c->p, which == SQUARES ? (block_weights){NULL, {0, 0, 0}} : weights, c->mask, c->count, s);
    }
}

static void check(const product_case *c, const char *inputs, uint64_t seed) {
    for (int which = 0; which < SUMS; which++) {
        unsigned char want[SUM_BYTES], have[SUM_BYTES];
        exact_sum sum;
        summation s = begin(&sum);
        add(c->real->want, portable, c, which, &s);
        write_sum(&sum, want);
        s = begin(&sum);
        add(c->real->have, kernels, c, which, &s);
        write_sum(&sum, have);
        if (memcmp(want, have, sizeof want) != 0) {
            fail_msg("the sum of %s of %s differs: %s, %d elements, seed %llu", NAMES[which], c->real->name, inputs,
                     c->count, (unsigned long long)seed);
        }
    }
}

static void put_weight(unsigned char *weights, int i, float w) { memcpy(weights + sizeof w * (size_t)i, &w, sizeof w); }

/* Weights are finite, and not negative. */
static void fill_weights(input_kind kind, uint64_t *state, unsigned char *weights, int count) {
    for (int i = 0; i < count; i++) {
        put_weight(weights, i, fabsf(next_float(kind, state)));
    }
}

static void products_of_length(int count, uint64_t seed) {
    static const input_kind WEIGHTS[] = {UNIFORM, FAST_RANGE, MIXED, SUBNORMAL, ONES};
    for (int which = 0; which < REALS; which++) {
        const real_case r = real_of(which);
        const input_kind kind = (input_kind)(seed % INPUT_KINDS);
        unsigned char *p = predictions.end - r.size * count, *weights = spare.end - 4 * count;
        uint64_t state = seed, mask[MASK_WORDS];
        if (count <= r.longest) {
            r.fill(kind, &state, p, count);
            fill_weights(WEIGHTS[seed / INPUT_KINDS % 5], &state, weights, count);
            random_mask(&state, count, mask);
            check(&(product_case){&r, p, weights, mask, count}, INPUT_KIND_NAMES[kind], seed);
        }
    }
}

static void products_at_all_lengths(void **unused) {
    (void)unused;
    for_all_lengths(products_of_length);
}

/* A float with an exponent from low to high and random bits of its significand; 1 in 32 is 0. */
static float between(int low, int high, uint64_t *state) {
    const uint64_t random = next_random(state);
    const float significand = 1 + (float)(random & 0x7fffff) * 0x1p-23f;
    const int exponent = low + (int)(random >> 32 & 0x3fffffff) % (high - low + 1);
    return random >> 62 == 0 && (random & 7) == 0 ? 0 : ldexpf(significand, exponent);
}

/* From small elements and weights of a narrow range to larger ones: all around the ends of the fast path. */
static void products_of_all_ranges(void **unused) {
    (void)unused;
    const real_case r = real_of(F32);
    for (uint64_t seed = 0; seed < 6000; seed++) {
        uint64_t state = seed, mask[MASK_WORDS];
        const int count = 1 + (int)(next_random(&state) % 1024), small = -(int)(next_random(&state) % 40);
        const int scale = (int)(next_random(&state) % 200) - 110, width = (int)(next_random(&state) % 80);
        unsigned char *p = predictions.end - r.size * count, *weights = spare.end - 4 * count;
        for (int i = 0; i < count; i++) {
            const float value = between(small, (int)(seed % 16 / 14), &state);
            memcpy(p + sizeof value * (size_t)i, &value, sizeof value);
            put_weight(weights, i, between(scale, scale + width < 127 ? scale + width : 127, &state));
        }
        random_mask(&state, count, mask);
        check(&(product_case){&r, p, weights, mask, count}, "of a range", seed);
    }
}

/* One element or weight at each place of a block that otherwise takes the fast path. */
static void products_with_one_stranger(void **unused) {
    (void)unused;
    static const float VALUES[] = {2.5f,       3.9f, 7.9f,      0,         -0.0f,      1,          0x1.fffffep0f,
                                   2,          -1,   0x1p-149f, 0x1p-126f, 0x1.8p-29f, 0x1.2p-30f, 0x1.8p-26f,
                                   0x1.8p-27f, NAN,  INFINITY,  -INFINITY, 0x1p127f};
    static const float WEIGHTS[] = {0, 0x1p-149f, 0x1.8p-28f, 0x1.8p-36f, 0x1p100f, 0x1.fffffep127f, -0.0f};
    const int count = 700, values = (int)(sizeof VALUES / sizeof *VALUES),
              weights_count = (int)(sizeof WEIGHTS / sizeof *WEIGHTS);
    const real_case r = real_of(F32);
    uint64_t state = 5, mask[MASK_WORDS];
    unsigned char *p = predictions.end - r.size * count, *weights = spare.end - 4 * count;
    r.fill(FAST_RANGE, &state, p, count);
    fill_weights(FAST_RANGE, &state, weights, count);
    random_mask(&state, count, mask);
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < values + weights_count; k++) {
            unsigned char saved[4], *element = k < values ? p + 4 * i : weights + 4 * i;
            memcpy(saved, element, sizeof saved);
            memcpy(element, k < values ? &VALUES[k] : &WEIGHTS[k - values], sizeof saved);
            check(&(product_case){&r, p, weights, mask, count}, "one stranger", (uint64_t)(i * 100 + k));
            memcpy(element, saved, sizeof saved);
        }
    }
}

static void products_at_all_alignments(void **unused) {
    (void)unused;
    const int count = 333;
    const real_case r = real_of(F32);
    uint64_t mask[MASK_WORDS], state = 3;
    random_mask(&state, count, mask);
    for (int shift = 0; shift < SLACK; shift++) {
        unsigned char *p = predictions.begin + shift, *weights = spare.begin + (SLACK - 1 - shift);
        r.fill(FAST_RANGE, &state, p, count);
        fill_weights(FAST_RANGE, &state, weights, count);
        check(&(product_case){&r, p, weights, mask, count}, "at an alignment", (uint64_t)shift);
    }
}

static double value_of(const real_case *r, const unsigned char *p, int i) {
    float narrow;
    double value;
    memcpy(r->size == sizeof narrow ? (void *)&narrow : (void *)&value, p + r->size * i, (size_t)r->size);
    return r->size == sizeof narrow ? (double)narrow : value;
}

/* d is 1 - p, whose square is 1 - 2 p + p²; what is no number counts once. */
static void portable_products_are_exact(void **unused) {
    (void)unused;
    for (uint64_t seed = 0; seed < 60 * INPUT_KINDS; seed++) {
        const real_case r = real_of((int)(seed % 2));
        const input_kind kind = (input_kind)(seed / 2 % INPUT_KINDS);
        const int count = 300, which = (int)(seed / (2 * INPUT_KINDS) % SUMS);
        unsigned char want[SUM_BYTES], have[SUM_BYTES], *p = predictions.end - r.size * count;
        uint64_t state = seed, mask[MASK_WORDS];
        exact_sum sum, wanted;
        begin(&wanted);
        r.fill(kind, &state, p, count);
        fill_weights(MIXED, &state, spare.begin, count);
        random_mask(&state, count, mask);
        for (int i = 0; i < count; i++) {
            const double value = value_of(&r, p, i);
            const int is_positive = (int)(mask[i / 64] >> i % 64 & 1);
            float weight = 1;
            if (which != SQUARES) {
                memcpy(&weight, spare.begin + sizeof weight * (size_t)i, sizeof weight);
            }
            exactloss_sum_add_product(&wanted, value, which == WEIGHTED ? is_positive ? -1 : 1 : value, weight);
            if (is_positive) {
                exactloss_sum_add_product(&wanted, 1, 1, weight);
                exactloss_sum_add_product(&wanted, which == WEIGHTED || !isfinite(value) ? 0 : value, -2, weight);
            }
        }
        summation s = begin(&sum);
        add(r.want, portable, &(product_case){&r, p, spare.begin, mask, count}, which, &s);
        write_sum(&sum, have);
        write_sum(&wanted, want);
        if (memcmp(want, have, sizeof want) != 0) {
            fail_msg("the portable sum of %s of %s is wrong: %s, seed %llu", NAMES[which], r.name,
                     INPUT_KIND_NAMES[kind], (unsigned long long)seed);
        }
    }
}

static void spans_are_equal(void **unused) {
    (void)unused;
    for (uint64_t seed = 0; seed < 4000; seed++) {
        uint64_t state = seed;
        const int count = 1 + (int)(next_random(&state) % 300);
        unsigned char *weights = spare.end - 4 * count;
        fill_weights((input_kind)(seed % INPUT_KINDS), &state, weights, count);
        if (seed % 5 == 0) {
            fill_floats(ANY_BITS, &state, weights + 4 * (next_random(&state) % (unsigned)count), 1);
        }
        const weight_span want = portable->span_of_weights(weights, count);
        const weight_span have = kernels->span_of_weights(weights, count);
        if (want.are_good != have.are_good ||
            (want.are_good && (want.least != have.least || want.above != have.above))) {
            fail_msg("the span is %d to %d, good %d, and not %d to %d, good %d: seed %llu", have.least, have.above,
                     have.are_good, want.least, want.above, want.are_good, (unsigned long long)seed);
        }
    }
}

/* Probabilities and weights as they usually are, and zeros, are not off the fast path. */
static void usual_products_take_the_fast_path(void **unused) {
    (void)unused;
    const real_case r = real_of(F32);
    for (uint64_t seed = 0; seed < 200; seed++) {
        uint64_t state = seed, mask[MASK_WORDS];
        const int count = 1 + (int)(next_random(&state) % 1024);
        unsigned char *p = predictions.end - r.size * count, *weights = spare.end - 4 * count;
        r.fill(FAST_RANGE, &state, p, count);
        for (int i = 0; i < count; i++) {
            put_weight(weights, i, between(-6, 6, &state));
        }
        memset(p, 0, (size_t)r.size);
        random_mask(&state, count, mask);
        for (int which = 0; which < SUMS; which++) {
            exact_sum sum;
            summation s = begin(&sum);
            add(r.have, kernels, &(product_case){&r, p, weights, mask, count}, which, &s);
            if (s.unusual_blocks != 0) {
                fail_msg("the sum of %s is off the fast path, seed %llu", NAMES[which], (unsigned long long)seed);
            }
        }
    }
}

int main(int argc, char **argv) {
    const int status = open_kernel_cases(argc, argv);
    if (status != 0) {
        return status;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_at_all_lengths),           cmocka_unit_test(products_of_all_ranges),
        cmocka_unit_test(products_with_one_stranger),        cmocka_unit_test(products_at_all_alignments),
        cmocka_unit_test(portable_products_are_exact),       cmocka_unit_test(spans_are_equal),
        cmocka_unit_test(usual_products_take_the_fast_path),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    close_kernel_cases();
    return failed;
}
