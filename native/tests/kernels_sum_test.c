/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sums of one instruction set against the portable ones, bit by bit: at every length up to 1,000 and up to the block
 * size, at every alignment, for every kind of input, with all arrays between unreadable pages.
 */
#include "kernel_cases.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int count_set(const uint64_t *mask, int count) {
    int set = 0;
    for (int i = 0; i < count; i++) {
        set += (int)(mask[i / 64] >> i % 64 & 1);
    }
    return set;
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
    static const double LIMITS[] = {0.5, 0, -1, 1, 0x1.000002p-1, 0x1.fffffep-2, 0x1p-149, -0., 3, INFINITY, NAN};
    const double limit = LIMITS[seed % (sizeof LIMITS / sizeof *LIMITS)];
    const int positives = count_set(mask, count);
    unsigned char want[SUM_BYTES], have[SUM_BYTES];
    int want_common = -1, have_common = -2;
    exact_sum sum;
    summation s = begin(&sum);
    const int want_found = r->want_type->sum_and_count(p, mask, positives, count, limit, &want_common, &s);
    write_sum(&sum, want);
    s = begin(&sum);
    s.is_from_memory = (int)(seed % 2);
    const int have_found = r->have_type->sum_and_count(p, mask, positives, count, limit, &have_common, &s);
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
    summation s = begin(&sum);
    r->want_type->sum(p, mask, positives, count, &s);
    write_sum(&sum, want);
    for (int is_from_memory = 0; is_from_memory < 2; is_from_memory++) {
        s = begin(&sum);
        s.is_from_memory = is_from_memory;
        r->have_type->sum(p, mask, positives, count, &s);
        write_sum(&sum, have);
        if (memcmp(want, have, sizeof want) != 0) {
            fail_msg("sum of %s%s differs: %s, %d elements, seed %llu", r->name, is_from_memory ? " from memory" : "",
                     INPUT_KIND_NAMES[kind], count, (unsigned long long)seed);
        }
    }
    s = begin(&sum);
    const int found = r->have_type->sum_by_bytes(p, bytes_of(mask, count), count, &s);
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
    summation s = begin(&sum);
    const int expected_positives = r->want_type->sum_by_bytes(p, bytes, count, &s);
    write_sum(&sum, want);
    s = begin(&sum);
    const int positives = r->have_type->sum_by_bytes(p, bytes, count, &s);
    write_sum(&sum, have);
    if (positives != expected_positives || memcmp(want, have, sizeof want) != 0) {
        fail_msg("sum of %d %s by bytes differs, seed %llu", count, r->name, (unsigned long long)seed);
    }
}

/* Stores a value, rounded to the type, as element i of the predictions. */
static void put_value(const real_case *r, int i, double value) {
    const float narrow = (float)value;
    memcpy(predictions.begin + r->size * i, r->size == 4 ? (const void *)&narrow : (const void *)&value,
           (size_t)r->size);
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

/* Equal numbers, of either sign, which take the sums in a lane to the limits of the fast path and above. */
static void long_blocks_of_one_number(void **unused) {
    (void)unused;
    static const double NUMBERS[] = {
        0x1.fffffffffffffp0,
        0x1.fffffep0,
        1,
        0x1.00001p0,
        0x1p-21,
        0x1.8p-20,
        0x1.4p-19,
        0x1.00002p-1,
        0x1.fffffep-19,
        0x1.fffffep-1,
        0x1.fffffep-2,
        0.0,
        -1,
        3,
        30,
        2000,
        0x1p30,
        0x1p100,
    };
    for (int i = 0; i < 2 * REALS * (int)(sizeof NUMBERS / sizeof *NUMBERS); i++) {
        const real_case r = real_of(i / 2 % REALS);
        unsigned char *p = predictions.end - r.size * LONG_BLOCK, *bytes = targets.end - LONG_BLOCK;
        const double number = NUMBERS[i / (2 * REALS)];
        /* As a float, the largest double below 2 would be 2. */
        const float narrow = r.size == 4 && number < 2 && number > 1.5 ? 0x1.fffffep0f : (float)number;
        for (int k = 0; k < LONG_BLOCK; k++) {
            memcpy(p + r.size * k, r.size == 4 ? (const void *)&narrow : (const void *)&number, (size_t)r.size);
        }
        memset(bytes, i % 2, LONG_BLOCK);
        check_long_block(&r, p, bytes, LONG_BLOCK, (uint64_t)i);
    }
}

/* Blocks of all kinds, one after the other into one summation, which remembers what kind it met: with and without a mask. */
static void usual_and_unusual_blocks(void **unused) {
    (void)unused;
    uint64_t mask[MASK_WORDS];
    unsigned char want[SUM_BYTES], have[SUM_BYTES];
    for (uint64_t seed = 0; seed < 40; seed++) {
        const real_case r = real_of((int)(seed % 2));
        uint64_t state = seed;
        exact_sum expected_sum, sum;
        summation wanted = begin(&expected_sum), s = begin(&sum);
        for (int i = 0; i < 60; i++) {
            const int is_usual = next_random(&state) % 8 != 0;
            const input_kind kind = is_usual ? FAST_RANGE : (input_kind)(next_random(&state) % INPUT_KINDS);
            const int count = (int)(next_random(&state) % (unsigned)(r.longest + 1));
            unsigned char *p = predictions.end - r.size * count;
            r.fill(kind, &state, p, count);
            random_mask(&state, count, mask);
            const int positives = count_set(mask, count);
            r.want_type->sum(p, mask, positives, count, &wanted);
            int want_common, have_common;
            const int want_found = r.want->count_at_least(p, mask, count, 0.5, &want_common);
            switch (next_random(&state) % 3) {
                case 0:
                    r.have_type->sum(p, mask, positives, count, &s);
                    break;
                case 1:
                    assert_int_equal(r.have_type->sum_by_bytes(p, bytes_of(mask, count), count, &s), positives);
                    break;
                default:
                    assert_int_equal(r.have_type->sum_and_count(p, mask, positives, count, 0.5, &have_common, &s),
                                     want_found);
                    assert_int_equal(have_common, want_common);
                    break;
            }
        }
        write_sum(&expected_sum, want);
        write_sum(&sum, have);
        if (memcmp(want, have, sizeof want) != 0) {
            fail_msg("sum of blocks of %s differs, seed %llu", r.name, (unsigned long long)seed);
        }
    }
}

/*
 * Equal values just below a power of two, which are the largest of their kind: block after block, until any integer
 * that can't hold their sum would overflow. The expected sum is a product.
 */
static void sums_of_equal_values(void **unused) {
    (void)unused;
    static const uint64_t NONE[MASK_WORDS];
    const exactloss_kernels *const tables[] = {portable, kernels};
    for (int i = 0; i < 200; i++) {
        const float below = nextafterf(ldexpf(1, i / 4 - 25), 0), value = i % 4 / 2 == 0 ? below : -below;
        for (int k = 0; k < BLOCK; k++) {
            memcpy(predictions.begin + sizeof value * (size_t)k, &value, sizeof value);
        }
        exact_sum sum;
        double total;
        summation s = begin(&sum);
        for (int k = 0; k < 100; k++) {
            tables[i % 2]->f32.sum(predictions.begin, NONE, 0, BLOCK, &s);
        }
        exactloss_sum_divide(&sum, 100 * BLOCK, &total, NULL);
        if (total != (double)value) {
            fail_msg("the mean of equal values is %a and not %a (kernels %d)", total, (double)value, i % 2);
        }
    }
}

/* Blocks of one value: every power of two of the type, and its neighbours; all positive targets, or none. */
static void sum_around_every_power_of_two(void **unused) {
    (void)unused;
    for (int which = 0; which < REALS; which++) {
        const real_case r = real_of(which);
        const int lowest = which == F32 ? -149 : -1074, highest = which == F32 ? 127 : 1023;
        for (int e = lowest; e <= highest; e++) {
            const double power = ldexp(1, e);
            const double below = which == F32 ? (double)nextafterf((float)power, 0) : nextafter(power, 0);
            const double above = which == F32 ? (double)nextafterf((float)power, INFINITY) : nextafter(power, INFINITY);
            const double values[] = {power, below, above};
            for (int i = 0; i < 6; i++) {
                uint64_t mask[MASK_WORDS];
                memset(mask, i % 2 == 0 ? 0 : 0xff, sizeof mask);
                memset((unsigned char *)mask + r.longest / 8, 0, sizeof mask - (size_t)r.longest / 8);
                for (int k = 0; k < r.longest; k++) {
                    put_value(&r, k, values[i / 2]);
                }
                check_sum(&r, MIXED, predictions.begin, mask, r.longest, (uint64_t)(e - lowest));
            }
        }
    }
}

/* Any bits up to 2^124 or 2^1020, so that whole blocks are split until nothing is left. */
static void sum_of_many_parts(void **unused) {
    (void)unused;
    for (uint64_t seed = 0; seed < 40; seed++) {
        const real_case r = real_of((int)(seed % 2));
        uint64_t state = seed, mask[MASK_WORDS];
        for (int i = 0; i < r.longest; i++) {
            const double exponent_range = r.size == 4 ? 273 : 2094;
            const double value =
                ldexp(1 + (double)(next_random(&state) >> 11) * 0x1p-53,
                      (r.size == 4 ? 123 : 1019) - (int)(next_random(&state) % (uint64_t)exponent_range));
            put_value(&r, i, value);
        }
        random_mask(&state, r.longest, mask);
        check_sum(&r, MIXED, predictions.begin, mask, r.longest, seed);
    }
}

/*
 * Blocks whose beginning takes a given number of parts, followed by one element that is just too fine or too large for
 * these parts, or just not: around the last part's unit, and around the largest magnitude.
 */
static void sum_of_beginnings_that_mislead(void **unused) {
    (void)unused;
    const int count = 700, bound = 6;
    for (int i = 0; i < 8; i++) {
        const real_case r = real_of(i % REALS);
        const int parts = 2 + i / REALS, fraction = r.size == 4 ? 23 : 52, step = r.size == 4 ? 22 : 51;
        const double finest = ldexp(1, bound + fraction + 1 - parts * step), unit = ldexp(1, bound + 1 - parts * step);
        const double largest = ldexp(1, bound), above = largest * (1 + ldexp(1, -fraction));
        const double strangers[] = {unit / 2, 1.5 * unit, unit, largest, above, -above};
        uint64_t state = (uint64_t)i, mask[MASK_WORDS];
        for (int k = 0; k < count; k++) {
            const double significand = 1.25 + 0.5 * (double)(next_random(&state) >> 11) * 0x1p-53;
            put_value(&r, k, significand * (k % 2 == 0 ? finest : largest / 2));
        }
        for (int k = 256; k < count; k += k < count - 10 ? 7 : 1) {
            for (int which = 0; which < 12; which++) {
                unsigned char saved[8], *element = predictions.begin + r.size * k;
                memcpy(saved, element, (size_t)r.size);
                put_value(&r, k, strangers[which / 2]);
                memset(mask, 0, sizeof mask);
                if (which % 2 == 0) {
                    random_mask(&state, count, mask);
                }
                check_sum(&r, MIXED, predictions.begin, mask, count, (uint64_t)(100 * parts + which));
                memcpy(element, saved, (size_t)r.size);
            }
        }
    }
}

/*
 * Checks that no block was off the fast path. Zeros are on it if the inexact flag decides, and floats above 1 unless a sum has
 * 16 vectors of 4.
 */
static void usual_blocks_take_the_fast_path(void **unused) {
    (void)unused;
    static const int LENGTHS[] = {1, 64, 255, 300, 1024};
    const int is_avx512 = strcmp(isa_name, "avx512") == 0, is_sse41 = strcmp(isa_name, "sse4.1") == 0;
    const int is_rounding = is_sse41 || strcmp(isa_name, "avx2") == 0;
    for (int i = 0; i < 30 * REALS; i++) {
        const real_case r = real_of(i % REALS);
        const int with_zeros = is_avx512 || (is_rounding && r.size == 4);
        const int kind = i / REALS % 3; /* any below 1, ones, any from 1 to 1.99 */
        const int count = LENGTHS[i / REALS % 5];
        uint64_t state = (uint64_t)i, mask[MASK_WORDS];
        exact_sum sum;
        summation s = begin(&sum);
        r.fill(FAST_RANGE, &state, predictions.begin, count);
        for (int k = 0; k < count && kind > 0; k++) {
            const int above_1 = kind == 2 && !(is_sse41 && r.size == 4);
            put_value(&r, k, above_1 ? 1 + (double)(next_random(&state) % 990) / 1000 : 1);
        }
        for (int k = 0; k < 10 && with_zeros; k++) {
            put_value(&r, (int)(next_random(&state) % (unsigned)count), 0);
        }
        random_mask(&state, count, mask);
        r.have_type->sum(predictions.begin, mask, count_set(mask, count), count, &s);
        assert_int_equal(s.unusual_blocks, 0);
        r.have_type->sum_by_bytes(predictions.begin, bytes_of(mask, count), count, &s);
        assert_int_equal(s.unusual_blocks, 0);
    }
}

/* The types of 16 bits. Both have 0x4000 as the pattern of 2, and a range that is summed as integers. */
enum { F16, BF16, NARROW_TYPES };

static real_case narrow_type(int which) {
    return which == F16
               ? (real_case){.name = "float16", .size = 2, .want_type = &portable->f16, .have_type = &kernels->f16}
               : (real_case){.name = "bfloat16", .size = 2, .want_type = &portable->bf16, .have_type = &kernels->bf16};
}

/* Patterns of [0, 2): from 0x3600 on, which is the bfloat16 2^-19; one of `seldom` from `lowest` on; and a few of 0. */
static void fill_narrow(unsigned lowest, unsigned seldom, uint64_t *state, unsigned char *p, int count) {
    for (int k = 0; k < count; k++) {
        const uint64_t random = next_random(state);
        const unsigned least = (random >> 32) % seldom == 0 ? lowest : 0x3600;
        const uint16_t bits = (uint16_t)(random >> 58 == 0 ? 0 : least + (unsigned)random % (0x4000 - least));
        memcpy(p + 2 * k, &bits, sizeof bits);
    }
}

static void narrow_sums_of_length(int count, uint64_t seed) {
    static const unsigned LOWEST[NARROW_TYPES] = {0, 0x2e00}, SELDOM[] = {1, 50, 1000};
    uint64_t state = seed, mask[MASK_WORDS];
    unsigned char *p = predictions.end - 2 * count;
    for (int which = 0; which < NARROW_TYPES; which++) {
        const real_case r = narrow_type(which);
        for (int i = 0; i < 3; i++) {
            fill_narrow(LOWEST[which], SELDOM[i], &state, p, count);
            random_mask(&state, count, mask);
            check_sum(&r, FAST_RANGE, p, mask, count, seed);
        }
        for (int k = 0; k < count; k++) {
            const uint16_t bits = (uint16_t)next_random(&state);
            memcpy(p + 2 * k, &bits, sizeof bits);
        }
        check_sum(&r, ANY_BITS, p, mask, count, seed);
    }
}

/*
 * Blocks of one pattern: the largest sums of the integers, of either sign, and of the fractions that they leave; and both ends of
 * every range.
 */
static void narrow_blocks_of_one_value(void **unused) {
    (void)unused;
    static const uint16_t PATTERNS[] = {0x3fff, 0x4000, 0x3600, 0x35ff, 0x327f, 0x2e00, 0x2dff, 0x0400, 0x03ff,
                                        0x0080, 0x007f, 0x0001, 0x0000, 0x8000, 0x8001, 0xbfff, 0x7f80};
    for (int i = 0; i < 3 * NARROW_TYPES * (int)(sizeof PATTERNS / sizeof *PATTERNS); i++) {
        const real_case r = narrow_type(i % NARROW_TYPES);
        uint64_t state = (uint64_t)i, mask[MASK_WORDS];
        unsigned char *p = predictions.end - 2 * LONG_BLOCK, *bytes = targets.end - LONG_BLOCK;
        for (int k = 0; k < LONG_BLOCK; k++) {
            memcpy(p + 2 * k, &PATTERNS[i / NARROW_TYPES / 3], sizeof *PATTERNS);
            bytes[k] =
                (unsigned char)(i / NARROW_TYPES % 3 == 2 ? next_random(&state) % 2 : (unsigned)i / NARROW_TYPES % 3);
        }
        portable->decode_8(bytes, 0, BLOCK, 1, UINT8_MAX, mask);
        check_long_block(&r, p, bytes, LONG_BLOCK, (uint64_t)i);
        check_sum(&r, MIXED, p, mask, BLOCK, (uint64_t)i);
    }
}

/* One value that leaves a range, or just not, at each place of a block, which has several pieces and a tail. */
static void narrow_sums_with_one_stranger(void **unused) {
    (void)unused;
    static const uint16_t STRANGERS[] = {0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x2dff, 0x2e00, 0x35ff, 0x3600, 0x3800,
                                         0x3f00, 0x3fff, 0x4000, 0xbc00, 0x7c00, 0x7c01, 0x7f80, 0x7f81, 0xfc00};
    const int count = 1500;
    unsigned char *p = predictions.end - 2 * count;
    for (int which = 0; which < NARROW_TYPES; which++) {
        const real_case r = narrow_type(which);
        uint64_t state = 42, mask[MASK_WORDS];
        fill_narrow(0x3600, 1, &state, p, count);
        random_mask(&state, count, mask);
        for (int i = 0; i < count; i++) {
            unsigned char saved[2];
            memcpy(saved, p + 2 * i, sizeof saved);
            for (int k = 0; k < (int)(sizeof STRANGERS / sizeof *STRANGERS); k++) {
                memcpy(p + 2 * i, &STRANGERS[k], sizeof *STRANGERS);
                check_sum(&r, FAST_RANGE, p, mask, count, (uint64_t)(i + k));
            }
            memcpy(p + 2 * i, saved, sizeof saved);
        }
    }
}

/* Zeros, subnormal numbers of float16, and small numbers of bfloat16 are no reason to leave it. */
static void narrow_blocks_take_the_fast_path(void **unused) {
    (void)unused;
    for (int i = 0; i < 40; i++) {
        const real_case r = narrow_type(i % NARROW_TYPES);
        uint64_t state = (uint64_t)i, mask[MASK_WORDS];
        exact_sum sum;
        summation s = begin(&sum);
        fill_narrow(i % NARROW_TYPES == F16 ? 0 : 0x2e00, 300, &state, predictions.begin, BLOCK);
        random_mask(&state, BLOCK, mask);
        r.have_type->sum(predictions.begin, mask, count_set(mask, BLOCK), BLOCK, &s);
        assert_int_equal(s.unusual_blocks, 0);
        r.have_type->sum_by_bytes(predictions.begin, bytes_of(mask, BLOCK), BLOCK, &s);
        assert_int_equal(s.unusual_blocks, 0);
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
            put_value(&r, i, value);
        }
        random_mask(&state, r.longest, mask);
        check_sum(&r, FAST_RANGE, predictions.begin, mask, r.longest, seed);
        memset(mask, 0xff, (size_t)r.longest / 8);
        check_sum(&r, FAST_RANGE, predictions.begin, mask, r.longest, seed);
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
        }
    }
}

static void sum_at_all_lengths(void **unused) {
    (void)unused;
    for_all_lengths(sum_of_length);
    for_all_lengths(narrow_sums_of_length);
}

/*
 * One value that leaves the fast path, or just not, at each place of a block that else lies on it: the ends of its range,
 * and multiples of its unit, 2^-42 or 2^-100, and of half of that.
 */
static void sum_with_one_stranger(void **unused) {
    (void)unused;
    static const uint32_t FLOATS[] = {0x35ffffff, 0x3f800001, 0x80000000, 0x00000001, 0xbf800000,
                                      0x7f7fffff, 0xff800000, 0x7fc00000, 0x7e800000, 0x7dffffff,
                                      0x40000000, 0x3fffffff, 0x7f800000, 0x00000000, 0x36000000,
                                      0x2a800000, 0x2a000000, 0x2ac00000, 0x2b400000, 0x2a7fffff};
    static const uint64_t DOUBLES[] = {0x3ceffffffffffff1, 0x3ff0000000000001, 0x8000000000000000, 0x0000000000000001,
                                       0xbff0000000000000, 0x7fefffffffffffff, 0xfff0000000000000, 0x7ff8000000000000,
                                       0x7fc0000000000000, 0x7fbfffffffffffff, 0x3ff0000100000000, 0x3ff00000ffffffff,
                                       0x4000000000000000, 0x3fffffffffffffff, 0x7ff0000000000000, 0x0000000000000000,
                                       0x3cf0000000000000, 0x39b0000000000000, 0x39a0000000000000, 0x39b8000000000000,
                                       0x39c8000000000000, 0x39afffffffffffff};
    const int count = 700; /* more than one look at the range, and a tail */
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

/* The arrays at all alignments. */
static void sum_at_all_alignments(void **unused) {
    (void)unused;
    const int count = 333;
    uint64_t mask[MASK_WORDS], state = 3;
    random_mask(&state, count, mask);
    for (int which = 0; which < REALS; which++) {
        const real_case r = real_of(which);
        for (int shift = 0; shift < SLACK; shift++) {
            unsigned char *p = predictions.begin + shift;
            r.fill(FAST_RANGE, &state, p, count);
            check_sum(&r, FAST_RANGE, p, mask, count, (uint64_t)shift);
            r.fill(MIXED, &state, p, count);
            check_sum(&r, MIXED, p, mask, count, (uint64_t)shift);
        }
    }
}

int main(int argc, char **argv) {
    const int status = open_kernel_cases(argc, argv);
    if (status != 0) {
        return status;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sum_at_all_lengths),
        cmocka_unit_test(sum_at_all_alignments),
        cmocka_unit_test(sum_with_one_stranger),
        cmocka_unit_test(sum_with_constant_masks),
        cmocka_unit_test(sum_around_two),
        cmocka_unit_test(sums_of_equal_values),
        cmocka_unit_test(usual_and_unusual_blocks),
        cmocka_unit_test(long_blocks_by_bytes),
        cmocka_unit_test(long_blocks_of_one_number),
        cmocka_unit_test(sum_around_every_power_of_two),
        cmocka_unit_test(sum_of_many_parts),
        cmocka_unit_test(sum_of_beginnings_that_mislead),
        cmocka_unit_test(usual_blocks_take_the_fast_path),
        cmocka_unit_test(narrow_blocks_of_one_value),
        cmocka_unit_test(narrow_sums_with_one_stranger),
        cmocka_unit_test(narrow_blocks_take_the_fast_path),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    close_kernel_cases();
    return failed;
}
