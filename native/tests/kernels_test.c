/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every kernel of one instruction set against the portable one, bit by bit: at every length up to 1,000 and up to the
 * block size, at every alignment, for every kind of input, with all arrays between unreadable pages.
 *
 * Usage: kernels_test avx2|avx512. Exits with 77, which means skipped, on a machine without the instruction set.
 * Compiled with EMULATED_AVX512, the AVX-512 kernels are the emulated ones, and run everywhere.
 */
#include "cpu/features.h"
#include "cpu/kernels.h"
#include "exactloss/exactloss.h"
#include "guarded.h"
#include "inputs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SKIPPED 77
#define SLACK 64

static const exactloss_kernels *kernels;
static const exactloss_kernels *const portable = &exactloss_kernels_portable;
static guarded predictions, targets, got, spare;
static unsigned char expected[8 * BLOCK];

/* The kernels of a type of floating-point numbers, and of the portable table. */
typedef struct real_case {
    const char *name;
    int size, longest;
    const real_type *want_type, *have_type;
    const real_kernels *want, *have;
    void (*fill)(input_kind kind, uint64_t *state, unsigned char *elements, int count);
} real_case;

enum { F32, F64, REALS };

static real_case real_of(int which) {
    if (which == F32) {
        return (real_case){"float32",         4,          BLOCK, &portable->f32, &kernels->f32, portable->f32.wide,
                           kernels->f32.wide, fill_floats};
    }
    return (real_case){"float64",         8,           BLOCK / 2, &portable->f64, &kernels->f64, portable->f64.wide,
                       kernels->f64.wide, fill_doubles};
}

/* Calls `test` with every length and a seed of its own. */
static void for_all_lengths(void (*test)(int count, uint64_t seed)) {
    for (int count = 0; count <= 1000; count++) {
        test(count, (uint64_t)count);
    }
    for (int count = 1001; count <= BLOCK; count += count < BLOCK - 130 ? 97 : 1) {
        test(count, (uint64_t)count);
    }
}

static int words_of(int count) { return (count + 63) / 64; }

static void random_mask(uint64_t *state, int count, uint64_t *mask) {
    memset(mask, 0, MASK_WORDS * sizeof *mask);
    for (int i = 0; i < count; i++) {
        mask[i / 64] |= (next_random(state) & 1) << i % 64;
    }
}

/* ------------------------------------------------------------------------------------------------------ sum -- */

#define SUM_BYTES (4 * EXACT_SUM_BINS + 24)

static int count_set(const uint64_t *mask, int count) {
    int set = 0;
    for (int i = 0; i < count; i++) {
        set += (int)(mask[i / 64] >> i % 64 & 1);
    }
    return set;
}

/* All that an exact sum holds, in a form without history. */
static void write_sum(const exact_sum *sum, unsigned char bytes[SUM_BYTES]) {
    unsigned char *specials = bytes + 4 * EXACT_SUM_BINS;
    exactloss_sum_to_bytes(sum, 0, EXACT_SUM_BINS, bytes);
    memcpy(specials, &sum->nan_count, 8);
    memcpy(specials + 8, &sum->positive_infinities, 8);
    memcpy(specials + 16, &sum->negative_infinities, 8);
}

/* The targets of a mask: 1 where it is set, other bytes elsewhere. */
static unsigned char *bytes_of(const uint64_t *mask, int count) {
    static const unsigned char NEGATIVE[] = {0, 2, 0, 255, 129};
    unsigned char *bytes = targets.end - count;
    for (int i = 0; i < count; i++) {
        bytes[i] = (mask[i / 64] >> i % 64 & 1) != 0 ? 1 : NEGATIVE[i % 5];
    }
    return bytes;
}

static void check_sum_and_count(const real_case *r, input_kind kind, const unsigned char *p, const uint64_t *mask,
                                int count, uint64_t seed) {
    static const double LIMITS[] = {0.5, 0, -1, 1, INFINITY, NAN};
    const double limit = LIMITS[seed % (sizeof LIMITS / sizeof *LIMITS)];
    const int positives = count_set(mask, count);
    unsigned char want[SUM_BYTES], have[SUM_BYTES];
    int want_common = -1, have_common = -2;
    exact_sum sum;
    exactloss_sum_init(&sum);
    const int want_found = r->want_type->sum_and_count(p, mask, positives, count, limit, &want_common, &sum);
    write_sum(&sum, want);
    exactloss_sum_init(&sum);
    const int have_found = r->have_type->sum_and_count(p, mask, positives, count, limit, &have_common, &sum);
    write_sum(&sum, have);
    if (want_found != have_found || want_common != have_common || memcmp(want, have, sizeof want) != 0) {
        fail_msg(
            "sum and count of %s differ: %s, %d elements, %d and not %d at least %g, %d and not %d positive, seed %llu",
            r->name, INPUT_KIND_NAMES[kind], count, have_found, want_found, limit, have_common, want_common,
            (unsigned long long)seed);
    }
}

static void check_sum(const real_case *r, input_kind kind, const unsigned char *p, const uint64_t *mask, int count,
                      uint64_t seed) {
    unsigned char want[SUM_BYTES], have[SUM_BYTES];
    const int positives = count_set(mask, count);
    exact_sum sum;
    exactloss_sum_init(&sum);
    r->want_type->sum(p, mask, positives, count, &sum);
    write_sum(&sum, want);
    exactloss_sum_init(&sum);
    r->have_type->sum(p, mask, positives, count, &sum);
    write_sum(&sum, have);
    if (memcmp(want, have, sizeof want) != 0) {
        fail_msg("sum of %s differs: %s, %d elements, seed %llu", r->name, INPUT_KIND_NAMES[kind], count,
                 (unsigned long long)seed);
    }
    exactloss_sum_init(&sum);
    const int found = r->have_type->sum_by_bytes(p, bytes_of(mask, count), count, &sum);
    write_sum(&sum, have);
    if (found != positives || memcmp(want, have, sizeof want) != 0) {
        fail_msg("sum of %s by bytes differs: %s, %d elements, %d positive and not %d, seed %llu", r->name,
                 INPUT_KIND_NAMES[kind], count, found, positives, (unsigned long long)seed);
    }
    check_sum_and_count(r, kind, p, mask, count, seed);
}

static void check_long_block(const real_case *r, const unsigned char *p, const unsigned char *bytes, int count,
                             uint64_t seed) {
    unsigned char want[SUM_BYTES], have[SUM_BYTES];
    exact_sum sum;
    exactloss_sum_init(&sum);
    const int expected_positives = r->want_type->sum_by_bytes(p, bytes, count, &sum);
    write_sum(&sum, want);
    exactloss_sum_init(&sum);
    const int positives = r->have_type->sum_by_bytes(p, bytes, count, &sum);
    write_sum(&sum, have);
    if (positives != expected_positives || memcmp(want, have, sizeof want) != 0) {
        fail_msg("sum of %d %s by bytes differs, seed %llu", count, r->name, (unsigned long long)seed);
    }
}

/* More elements than a block has, all on the fast path but perhaps one, which is anywhere. */
static void long_blocks_by_bytes(void **unused) {
    (void)unused;
    for (uint64_t seed = 0; seed < 200; seed++) {
        uint64_t state = seed;
        const int count = LONG_BLOCK - (int)(next_random(&state) % 4000);
        const real_case r = real_of((int)(seed % 2));
        unsigned char *p = predictions.end - r.size * count, *bytes = targets.end - count;
        r.fill(FAST_RANGE, &state, p, count);
        if (seed % 3 != 0) {
            r.fill(MIXED, &state, p + r.size * (int)(next_random(&state) % (unsigned)count), 1);
        }
        for (int i = 0; i < count; i++) {
            bytes[i] = (unsigned char)(next_random(&state) % 3);
        }
        check_long_block(&r, p, bytes, count, seed);
    }
}

/* The largest sums of the fast path, of either sign: those of the numbers just below 2. */
static void long_blocks_of_the_largest(void **unused) {
    (void)unused;
    static const uint32_t FLOAT = 0x3fffffff;
    static const uint64_t DOUBLE = 0x3fffffffffffffff;
    for (int i = 0; i < 2 * REALS; i++) {
        const real_case r = real_of(i % REALS);
        unsigned char *p = predictions.end - r.size * LONG_BLOCK, *bytes = targets.end - LONG_BLOCK;
        for (int k = 0; k < LONG_BLOCK; k++) {
            memcpy(p + r.size * k, r.size == 4 ? (const void *)&FLOAT : &DOUBLE, (size_t)r.size);
        }
        memset(bytes, i / REALS, LONG_BLOCK);
        check_long_block(&r, p, bytes, LONG_BLOCK, (uint64_t)i);
    }
}

/* Blocks of all kinds, one after the other into one sum, which remembers what kind it met: with and without a mask. */
static void usual_and_unusual_blocks(void **unused) {
    (void)unused;
    uint64_t mask[MASK_WORDS];
    unsigned char want[SUM_BYTES], have[SUM_BYTES];
    for (uint64_t seed = 0; seed < 40; seed++) {
        const real_case r = real_of((int)(seed % 2));
        uint64_t state = seed;
        exact_sum expected_sum, sum;
        exactloss_sum_init(&expected_sum);
        exactloss_sum_init(&sum);
        for (int i = 0; i < 60; i++) {
            const int is_usual = next_random(&state) % 8 != 0;
            const input_kind kind = is_usual ? FAST_RANGE : (input_kind)(next_random(&state) % INPUT_KINDS);
            const int count = (int)(next_random(&state) % (unsigned)(r.longest + 1));
            unsigned char *p = predictions.end - r.size * count;
            r.fill(kind, &state, p, count);
            random_mask(&state, count, mask);
            const int positives = count_set(mask, count);
            r.want_type->sum(p, mask, positives, count, &expected_sum);
            if (next_random(&state) % 2 == 0) {
                r.have_type->sum(p, mask, positives, count, &sum);
            } else {
                assert_int_equal(r.have_type->sum_by_bytes(p, bytes_of(mask, count), count, &sum), positives);
            }
        }
        write_sum(&expected_sum, want);
        write_sum(&sum, have);
        if (memcmp(want, have, sizeof want) != 0) {
            fail_msg("sum of blocks of %s differs, seed %llu", r.name, (unsigned long long)seed);
        }
    }
}

/* Blocks whose sums are near the largest that an int64_t in units of 2^-42 could hold. */
static void sums_of_thousands(void **unused) {
    (void)unused;
    static const uint64_t NONE[MASK_WORDS];
    const exactloss_kernels *const tables[] = {portable, kernels};
    const float value = 8191.5f;
    for (int i = 0; i < BLOCK; i++) {
        memcpy(predictions.begin + sizeof value * (size_t)i, &value, sizeof value);
    }
    for (int k = 0; k < 2; k++) {
        exact_sum sum;
        double total;
        exactloss_sum_init(&sum);
        for (int i = 0; i < 100; i++) {
            tables[k]->f32.sum(predictions.begin, NONE, 0, BLOCK, &sum);
        }
        exactloss_sum_divide(&sum, 1, &total, NULL);
        assert_true(total == 100.0 * BLOCK * (double)value);
    }
}

/* float16 and bfloat16, widened on the way: from 2^-7 or 2^-19 to below 2, or any bits. */
static void narrow_sums_of_length(int count, uint64_t seed) {
    static const unsigned LOWEST[] = {0x2000, 0x3600}; /* 2 is 0x4000 in both */
    const real_case types[] = {{.name = "float16", .want_type = &portable->f16, .have_type = &kernels->f16},
                               {.name = "bfloat16", .want_type = &portable->bf16, .have_type = &kernels->bf16}};
    uint64_t state = seed, mask[MASK_WORDS];
    for (int i = 0; i < 4; i++) {
        const real_case *r = &types[i / 2];
        const input_kind kind = i % 2 == 0 ? FAST_RANGE : ANY_BITS;
        unsigned char *p = predictions.end - 2 * count;
        for (int k = 0; k < count; k++) {
            const unsigned random = (unsigned)next_random(&state), lowest = LOWEST[i / 2];
            const uint16_t bits = (uint16_t)(kind == ANY_BITS ? random : lowest + random % (0x4000 - lowest));
            memcpy(p + 2 * k, &bits, sizeof bits);
        }
        random_mask(&state, count, mask);
        check_sum(r, kind, p, mask, count, seed);
    }
}

/* Around the upper end of the fast path: there two values that share an integer must not leave their binade. */
static void sum_around_two(void **unused) {
    (void)unused;
    static const double LIMITS[] = {1, 1.9, 2, 2.1, 4};
    uint64_t mask[MASK_WORDS];
    for (uint64_t seed = 0; seed < 40; seed++) {
        const real_case r = real_of((int)(seed % 2));
        const double low = LIMITS[seed / 2 % 4], high = LIMITS[seed / 2 % 4 + 1];
        uint64_t state = seed;
        for (int i = 0; i < r.longest; i++) {
            const double value = low + (high - low) * (double)(next_random(&state) >> 11) * 0x1p-53;
            const float narrow = (float)value;
            memcpy(predictions.begin + r.size * i, r.size == 4 ? (const void *)&narrow : (const void *)&value,
                   (size_t)r.size);
        }
        random_mask(&state, r.longest, mask);
        check_sum(&r, FAST_RANGE, predictions.begin, mask, r.longest, seed);
        memset(mask, 0xff, (size_t)r.longest / 8);
        check_sum(&r, FAST_RANGE, predictions.begin, mask, r.longest, seed);
    }
}

static void check_sum_of_products(const real_case *r, input_kind kind, const unsigned char *p, const uint64_t *mask,
                                  int count, uint64_t seed) {
    unsigned char want[SUM_BYTES], have[SUM_BYTES], *weights = spare.end - 4 * count;
    uint64_t state = seed;
    exact_sum sum;
    fill_floats(seed % 2 ? UNIFORM : MIXED, &state, weights, count);
    exactloss_sum_init(&sum);
    r->want->sum_products(p, weights, mask, count, &sum);
    write_sum(&sum, want);
    exactloss_sum_init(&sum);
    r->have->sum_products(p, weights, mask, count, &sum);
    write_sum(&sum, have);
    if (memcmp(want, have, sizeof want) != 0) {
        fail_msg("sum of products of %s differs: %s, %d elements, seed %llu", r->name, INPUT_KIND_NAMES[kind], count,
                 (unsigned long long)seed);
    }
}

static void sum_of_length(int count, uint64_t seed) {
    uint64_t mask[MASK_WORDS];
    for (int which = 0; which < REALS; which++) {
        const real_case r = real_of(which);
        for (int kind = 0; kind < INPUT_KINDS && count <= r.longest; kind++) {
            uint64_t state = seed ^ (uint64_t)kind << 32;
            unsigned char *p = predictions.end - r.size * count;
            r.fill((input_kind)kind, &state, p, count);
            random_mask(&state, count, mask);
            check_sum(&r, (input_kind)kind, p, mask, count, seed);
            if (kind == (int)(seed % INPUT_KINDS)) {
                check_sum_of_products(&r, (input_kind)kind, p, mask, count, seed);
            }
        }
    }
}

static void sum_at_all_lengths(void **unused) {
    (void)unused;
    for_all_lengths(sum_of_length);
    for_all_lengths(narrow_sums_of_length);
}

/* One value that leaves the fast path, or just not, at each place of a block that else lies on it. */
static void sum_with_one_stranger(void **unused) {
    (void)unused;
    static const uint32_t FLOATS[] = {0x35ffffff, 0x3f800001, 0x80000000, 0x00000001, 0xbf800000,
                                      0x7f7fffff, 0xff800000, 0x7fc00000, 0x7e800000, 0x7dffffff,
                                      0x40000000, 0x3fffffff, 0x7f800000};
    static const uint64_t DOUBLES[] = {0x3ceffffffffffff1, 0x3ff0000000000001, 0x8000000000000000, 0x0000000000000001,
                                       0xbff0000000000000, 0x7fefffffffffffff, 0xfff0000000000000, 0x7ff8000000000000,
                                       0x7fc0000000000000, 0x7fbfffffffffffff, 0x3ff0000100000000, 0x3ff00000ffffffff,
                                       0x4000000000000000, 0x3fffffffffffffff, 0x7ff0000000000000};
    const int count = 300;
    for (int which = 0; which < REALS; which++) {
        const real_case r = real_of(which);
        const int strangers =
            which == F32 ? (int)(sizeof FLOATS / sizeof *FLOATS) : (int)(sizeof DOUBLES / sizeof *DOUBLES);
        uint64_t state = 42, mask[MASK_WORDS];
        unsigned char *p = predictions.end - r.size * count;
        r.fill(FAST_RANGE, &state, p, count);
        random_mask(&state, count, mask);
        for (int i = 0; i < count; i++) {
            unsigned char saved[8], *element = p + r.size * i;
            memcpy(saved, element, (size_t)r.size);
            for (int k = 0; k < strangers; k++) {
                memcpy(element, which == F32 ? (const void *)&FLOATS[k] : &DOUBLES[k], (size_t)r.size);
                check_sum(&r, FAST_RANGE, p, mask, count, (uint64_t)i);
            }
            memcpy(element, saved, (size_t)r.size);
        }
    }
}

static void sum_with_constant_masks(void **unused) {
    (void)unused;
    for (int i = 0; i < REALS * INPUT_KINDS * 2; i++) {
        const real_case r = real_of(i % REALS);
        const input_kind kind = (input_kind)(i / REALS / 2);
        uint64_t state = 7, mask[MASK_WORDS];
        unsigned char *p = predictions.end - r.size * r.longest;
        r.fill(kind, &state, p, r.longest);
        memset(mask, i / REALS % 2 ? 0xff : 0, sizeof mask);
        memset(mask + r.longest / 64, 0, sizeof mask - (size_t)r.longest / 8);
        check_sum(&r, kind, p, mask, r.longest, 7);
    }
}

/* ---------------------------------------------------------------------------------------------------- masks -- */

static void check_masks(const uint64_t *want, const uint64_t *have, const char *what, int count, uint64_t seed) {
    if (memcmp(want, have, (size_t)words_of(count) * sizeof *want) != 0) {
        fail_msg("%s differs: %d elements, seed %llu", what, count, (unsigned long long)seed);
    }
}

static void masks_of_length(int count, uint64_t seed) {
    uint64_t want[MASK_WORDS], have[MASK_WORDS], state = seed;
    unsigned char *floats = predictions.end - 4 * count;
    unsigned char *bytes = targets.end - count;
    fill_bytes(1, &state, bytes, count);
    for (int value = 0; value < 2; value++) {
        memset(have, 0xaa, sizeof have);
        assert_int_equal(portable->decode_u8(bytes, 0, count, value, want),
                         kernels->decode_u8(bytes, 0, count, value, have));
        check_masks(want, have, "decode_u8", count, seed);
        fill_float_targets(1, &state, floats, count);
        memset(have, 0xaa, sizeof have);
        assert_int_equal(portable->decode_f32(floats, 0, count, value, want),
                         kernels->decode_f32(floats, 0, count, value, have));
        check_masks(want, have, "decode_f32", count, seed);
    }
}

static void ranges_of_length(int count, uint64_t seed) {
    static const double RANGES[][2] = {{0, 1}, {0x1.000002p-1, INFINITY}, {NAN, INFINITY}, {-INFINITY, -0.0}};
    uint64_t want[MASK_WORDS], have[MASK_WORDS], state = seed;
    for (int which = 0; which < REALS; which++) {
        const real_case r = real_of(which);
        unsigned char *p = predictions.end - r.size * count;
        r.fill(seed % 2 ? ANY_BITS : EDGES, &state, p, count);
        for (int i = 0; i < 4; i++) {
            memset(have, 0xaa, sizeof have);
            assert_int_equal(r.want->within(p, count, RANGES[i][0], RANGES[i][1], want),
                             r.have->within(p, count, RANGES[i][0], RANGES[i][1], have));
            check_masks(want, have, r.name, count, seed);
        }
        random_mask(&state, count, have);
        for (int i = 0; i < 4; i++) {
            const double limit = RANGES[i][i / 2];
            int want_common = -1, have_common = -2;
            assert_int_equal(r.want->count_at_least(p, have, count, limit, &want_common),
                             r.have->count_at_least(p, have, count, limit, &have_common));
            assert_int_equal(want_common, have_common);
        }
    }
}

/* Elements of `size` bytes: mostly `zero` and `one`, and some of random bytes. */
static void fill_elements(const void *zero, const void *one, int size, uint64_t *state, unsigned char *p, int count) {
    for (int i = 0; i < count; i++) {
        const uint64_t random = next_random(state);
        const uint64_t odd = next_random(state);
        memcpy(p + size * i, random % 8 == 0 ? (const void *)&odd : random & 8 ? one : zero, (size_t)size);
    }
}

static void wide_masks_of_length(int count, uint64_t seed) {
    static const int32_t INT32[] = {0, 1};
    static const int64_t INT64[] = {0, 1};
    static const double FLOAT64[] = {0, 1};
    const struct {
        const char *name;
        const void *zero, *one;
        int size;
        exactloss_decode *want, *have;
    } decoders[] = {
        {"decode_i32", &INT32[0], &INT32[1], 4, portable->decode_i32, kernels->decode_i32},
        {"decode_i64", &INT64[0], &INT64[1], 8, portable->decode_i64, kernels->decode_i64},
        {"decode_f64", &FLOAT64[0], &FLOAT64[1], 8, portable->decode_f64, kernels->decode_f64},
    };
    for (int i = 0; i < 3; i++) {
        uint64_t want[MASK_WORDS], have[MASK_WORDS], state = seed;
        unsigned char *p = predictions.end - decoders[i].size * count;
        fill_elements(decoders[i].zero, decoders[i].one, decoders[i].size, &state, p, count);
        for (int value = 0; value < 2; value++) {
            memset(have, 0xaa, sizeof have);
            assert_int_equal(decoders[i].want(p, 0, count, value, want), decoders[i].have(p, 0, count, value, have));
            check_masks(want, have, decoders[i].name, count, seed);
        }
    }
}

static void masks_at_all_lengths(void **unused) {
    (void)unused;
    for_all_lengths(masks_of_length);
    for_all_lengths(wide_masks_of_length);
    for_all_lengths(ranges_of_length);
}

static void decoders_honour_the_offset(void **unused) {
    (void)unused;
    uint64_t want[MASK_WORDS], have[MASK_WORDS], state = 5;
    fill_bytes(1, &state, targets.begin, 1000);
    fill_float_targets(1, &state, predictions.begin, 1000);
    for (int64_t offset = 0; offset <= 130; offset++) {
        assert_int_equal(portable->decode_u8(targets.begin + offset, 0, 500, 1, want),
                         kernels->decode_u8(targets.begin, offset, 500, 1, have));
        check_masks(want, have, "decode_u8 with offset", 500, (uint64_t)offset);
        assert_int_equal(portable->decode_f32(predictions.begin + 4 * offset, 0, 500, 1, want),
                         kernels->decode_f32(predictions.begin, offset, 500, 1, have));
        check_masks(want, have, "decode_f32 with offset", 500, (uint64_t)offset);
    }
}

/* --------------------------------------------------------------------------------------------------- arrays -- */

static void check_arrays(const void *have, size_t size, const char *what, int count, uint64_t seed) {
    if (memcmp(expected, have, size) != 0) {
        fail_msg("%s differs: %d elements, seed %llu", what, count, (unsigned long long)seed);
    }
}

/* 1 - NaN and the like have no bits that are promised, so there is no NaN among these inputs. */
static input_kind kind_without_nan(uint64_t seed) { return (input_kind)(seed % ANY_BITS); }

static void arrays_of_length(int count, uint64_t seed) {
    uint64_t mask[MASK_WORDS], state = seed;
    random_mask(&state, count, mask);
    for (int which = 0; which < REALS; which++) {
        const real_case r = real_of(which);
        const size_t size = (size_t)(r.size * count);
        unsigned char *p = predictions.end - size, *out = got.end - size;
        r.fill(kind_without_nan(seed), &state, p, count);
        r.want->distances(p, mask, count, expected);
        r.have->distances(p, mask, count, out);
        check_arrays(out, size, "distances", count, seed);
        memcpy(out, p, size);
        r.have->distances(out, mask, count, out);
        check_arrays(out, size, "distances in place", count, seed);
        r.fill(kind_without_nan(seed / 2), &state, expected, count);
        memcpy(out, expected, size);
        r.want->add(p, count, expected);
        r.have->add(p, count, out);
        check_arrays(out, size, "add", count, seed);
    }
}

/* Each of the outputs, alone and with the others; in place of the logits too. */
static void sigmoids_of_length(int count, uint64_t seed) {
    static unsigned char want[3][8 * BLOCK], have[3][8 * BLOCK];
    uint64_t mask[MASK_WORDS], state = seed;
    random_mask(&state, count, mask);
    for (int which = 0; which < REALS; which++) {
        const real_case r = real_of(which);
        const size_t size = (size_t)(r.size * count);
        unsigned char *x = predictions.end - size, g[8];
        r.fill(seed % 3 == 0 ? MIXED : seed % 3 == 1 ? RAW_SCORES : UNIFORM, &state, x, count);
        r.fill(UNIFORM, &state, g, 1);
        for (unsigned wanted = 1 + (unsigned)seed % 7, times = 0; times < 2; times++, wanted = 7) {
            void *in_want[3], *in_have[3];
            for (int k = 0; k < 3; k++) {
                in_want[k] = wanted >> k & 1 ? want[k] : NULL;
                in_have[k] = wanted >> k & 1 ? have[k] + sizeof have[k] - size : NULL;
            }
            r.want->sigmoid(x, mask, count, g, in_want[0], in_want[1], in_want[2]);
            r.have->sigmoid(x, mask, count, g, in_have[0], in_have[1], in_have[2]);
            for (int k = 0; k < 3; k++) {
                if (in_want[k] != NULL && memcmp(in_want[k], in_have[k], size) != 0) {
                    fail_msg("output %d of sigmoid of %s differs: %d elements, seed %llu", k, r.name, count,
                             (unsigned long long)seed);
                }
            }
        }
        unsigned char *out = got.end - size;
        memcpy(out, x, size);
        r.have->sigmoid(out, mask, count, g, NULL, NULL, out);
        memcpy(expected, want[2], size);
        check_arrays(out, size, "gradient in place", count, seed);
    }
}

static void conversions_of_length(int count, uint64_t seed) {
    exactloss_convert *const want[] = {portable->f16.widen, portable->bf16.widen, portable->f16.narrow,
                                       portable->bf16.narrow};
    exactloss_convert *const have[] = {kernels->f16.widen, kernels->bf16.widen, kernels->f16.narrow,
                                       kernels->bf16.narrow};
    uint64_t state = seed;
    for (int k = 0; k < 4; k++) {
        const int from = k < 2 ? 2 : 4, to = 6 - from;
        unsigned char *p = predictions.end - from * count, *out = got.end - to * count;
        for (int i = 0; i < from * count; i++) {
            p[i] = (unsigned char)next_random(&state);
        }
        want[k](p, count, expected);
        have[k](p, count, out);
        check_arrays(out, (size_t)(to * count), "a conversion", count, seed);
    }
}

/* Every float16 and bfloat16, and for each the floats around the middle between it and the next. */
static void streams_copy(void **unused) {
    (void)unused;
    for (int size = 0; size < 300; size++) {
        for (int alignment = 0; alignment < 64; alignment++) {
            uint64_t state = (uint64_t)(64 * size + alignment);
            unsigned char *from = spare.end - size, *to = got.begin + alignment;
            memset(got.begin, 0x55, 512);
            for (int i = 0; i < size; i++) {
                from[i] = (unsigned char)next_random(&state);
            }
            kernels->stream(from, (size_t)size, to);
            kernels->stream_end();
            if (memcmp(from, to, (size_t)size) != 0 || to[size] != 0x55 || (alignment > 0 && to[-1] != 0x55)) {
                fail_msg("%d bytes at alignment %d are not copied", size, alignment);
            }
        }
    }
}

static void all_conversions(void **unused) {
    (void)unused;
    const real_type *want[] = {&portable->f16, &portable->bf16}, *have[] = {&kernels->f16, &kernels->bf16};
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        const uint16_t narrow = (uint16_t)bits;
        for (int k = 0; k < 2; k++) {
            uint32_t wide, other;
            want[k]->widen(&narrow, 1, &wide);
            have[k]->widen(&narrow, 1, &other);
            assert_int_equal(wide, other);
            static const uint32_t MIDDLES[] = {0x1000, 0x8000};
            for (uint32_t near = 0; near < 4; near++) {
                uint32_t floats[2] = {wide + MIDDLES[k] - 1 + near, wide - MIDDLES[k] + 1 - near};
                uint16_t a[2], b[2];
                want[k]->narrow(floats, 2, a);
                have[k]->narrow(floats, 2, b);
                assert_memory_equal(a, b, sizeof a);
            }
            uint16_t back;
            have[k]->narrow(&wide, 1, &back);
            const int is_nan = (wide & 0x7fffffff) > 0x7f800000;
            assert_int_equal(is_nan ? bits | (k == 0 ? 0x200 : 0x40) : bits, back);
        }
    }
}

static void selections_of_length(int count, uint64_t seed) {
    exactloss_select *const want[] = {portable->select_8, portable->select_16, portable->select_32,
                                      portable->select_64};
    exactloss_select *const have[] = {kernels->select_8, kernels->select_16, kernels->select_32, kernels->select_64};
    uint64_t mask[MASK_WORDS], state = seed;
    random_mask(&state, count, mask);
    for (int k = 0; k < 4; k++) {
        const int size = 1 << k, a_is_scalar = (int)(seed / 2 % 2), b_is_scalar = (int)(seed % 2);
        unsigned char *a = predictions.end - size * (a_is_scalar ? 1 : count);
        unsigned char *b = spare.end - size * (b_is_scalar ? 1 : count);
        for (int i = 0; i < size * count; i++) {
            predictions.end[-1 - i] = (unsigned char)next_random(&state);
            spare.end[-1 - i] = (unsigned char)next_random(&state);
        }
        unsigned char *out = got.end - size * count;
        want[k](mask, a, a_is_scalar, b, b_is_scalar, count, expected);
        have[k](mask, a, a_is_scalar, b, b_is_scalar, count, out);
        check_arrays(out, (size_t)(size * count), "a selection", count, seed);
        if (!b_is_scalar) {
            have[k](mask, a, a_is_scalar, b, b_is_scalar, count, b);
            check_arrays(b, (size_t)(size * count), "a selection in place", count, seed);
        }
    }
}

static void arrays_at_all_lengths(void **unused) {
    (void)unused;
    for (int count = 0; count <= BLOCK / 2; count += count < 1000 ? 1 : 131) {
        arrays_of_length(count, (uint64_t)count);
        sigmoids_of_length(count, (uint64_t)count);
    }
    for_all_lengths(conversions_of_length);
    for_all_lengths(selections_of_length);
}

/* Every combination of misalignments of two arrays within a vector. */
static void all_alignments(void **unused) {
    (void)unused;
    const int count = 333;
    uint64_t mask[MASK_WORDS], want[MASK_WORDS], state = 3;
    random_mask(&state, count, mask);
    for (int which = 0; which < REALS; which++) {
        const real_case r = real_of(which);
        for (int shift = 0; shift < SLACK; shift++) {
            unsigned char *p = predictions.begin + shift, g[8];
            r.fill(FAST_RANGE, &state, p, count);
            check_sum(&r, FAST_RANGE, p, mask, count, (uint64_t)shift);
            r.fill(MIXED, &state, p, count);
            check_sum(&r, MIXED, p, mask, count, (uint64_t)shift);
            uint64_t have[MASK_WORDS];
            assert_int_equal(r.want->within(p, count, 0, 1, want), r.have->within(p, count, 0, 1, have));
            check_masks(want, have, "within", count, (uint64_t)shift);
            r.fill(RAW_SCORES, &state, p, count);
            r.fill(UNIFORM, &state, g, 1);
            for (int out_shift = 0; out_shift < SLACK; out_shift++) {
                unsigned char *out = got.begin + out_shift;
                r.want->distances(p, mask, count, expected);
                r.have->distances(p, mask, count, out);
                check_arrays(out, (size_t)(r.size * count), "distances", count, (uint64_t)(SLACK * shift + out_shift));
            }
            r.want->sigmoid(p, mask, count, g, NULL, NULL, expected);
            r.have->sigmoid(p, mask, count, g, NULL, NULL, got.begin + SLACK - shift);
            check_arrays(got.begin + SLACK - shift, (size_t)(r.size * count), "gradient", count, (uint64_t)shift);
        }
    }
}

/* ----------------------------------------------------------------------------------------------------- main -- */

#ifdef EMULATED_AVX512

static int choose_kernels(int argc, char **argv) {
    (void)argc, (void)argv;
    kernels = &exactloss_kernels_avx512;
    return 0;
}

#else

static int choose_kernels(int argc, char **argv) {
#ifdef EXACTLOSS_X86_64
    static const exactloss_kernels *const TABLES[] = {&exactloss_kernels_avx2, &exactloss_kernels_avx512};
    static const int ISAS[] = {EXACTLOSS_ISA_AVX2, EXACTLOSS_ISA_AVX512};
    for (int i = 0; i < 2; i++) {
        if (argc == 2 && strcmp(argv[1], TABLES[i]->isa_name) == 0) {
            kernels = TABLES[i];
            const int support = exactloss_support(exactloss_read_cpu(), ISAS[i]);
            if (support != EXACTLOSS_ISA_USABLE) {
                printf("skipped: this machine cannot run %s (%s)\n", argv[1],
                       support == EXACTLOSS_ISA_ABSENT ? "the processor lacks it" : "the operating system disables it");
                return SKIPPED;
            }
        }
    }
#else
    (void)argv;
    if (argc == 2) {
        printf("skipped: only x86-64 has vector kernels\n");
        return SKIPPED;
    }
#endif
    return kernels == NULL ? 2 : 0;
}

#endif

int main(int argc, char **argv) {
    const int status = choose_kernels(argc, argv);
    if (status != 0) {
        return status;
    }
    predictions = guarded_allocate(8 * LONG_BLOCK + SLACK);
    targets = guarded_allocate(LONG_BLOCK + SLACK);
    got = guarded_allocate(8 * BLOCK + SLACK);
    spare = guarded_allocate(8 * BLOCK + SLACK);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sum_at_all_lengths),       cmocka_unit_test(sum_with_one_stranger),
        cmocka_unit_test(long_blocks_by_bytes),     cmocka_unit_test(long_blocks_of_the_largest),
        cmocka_unit_test(usual_and_unusual_blocks), cmocka_unit_test(sums_of_thousands),
        cmocka_unit_test(sum_around_two),           cmocka_unit_test(sum_with_constant_masks),
        cmocka_unit_test(masks_at_all_lengths),     cmocka_unit_test(decoders_honour_the_offset),
        cmocka_unit_test(arrays_at_all_lengths),    cmocka_unit_test(streams_copy),
        cmocka_unit_test(all_conversions),          cmocka_unit_test(all_alignments),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    guarded_free(predictions);
    guarded_free(targets);
    guarded_free(got);
    guarded_free(spare);
    return failed;
}
