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
static guarded predictions, targets, got;
static unsigned char expected[4 * BLOCK];

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

/* All that an exact sum holds, in a form without history. */
static void write_sum(const exact_sum *sum, unsigned char *bytes) {
    exactloss_sum_to_bytes(sum, bytes);
    memcpy(bytes + EXACT_SUM_BYTES, &sum->nan_count, 8);
    memcpy(bytes + EXACT_SUM_BYTES + 8, &sum->positive_infinities, 8);
    memcpy(bytes + EXACT_SUM_BYTES + 16, &sum->negative_infinities, 8);
}

static void check_sum(input_kind kind, const unsigned char *p, const uint64_t *mask, int count, uint64_t seed) {
    unsigned char want[EXACT_SUM_BYTES + 24], have[EXACT_SUM_BYTES + 24];
    const int positives = portable->count_common(mask, mask, count);
    exact_sum sum;
    exactloss_sum_init(&sum);
    portable->sum_f32(p, mask, positives, count, &sum);
    write_sum(&sum, want);
    exactloss_sum_init(&sum);
    kernels->sum_f32(p, mask, positives, count, &sum);
    write_sum(&sum, have);
    if (memcmp(want, have, sizeof want) != 0) {
        fail_msg("sum differs: %s, %d elements, seed %llu", INPUT_KIND_NAMES[kind], count, (unsigned long long)seed);
    }
}

static void sum_of_length(int count, uint64_t seed) {
    uint64_t mask[MASK_WORDS];
    for (int kind = 0; kind < INPUT_KINDS; kind++) {
        uint64_t state = seed ^ (uint64_t)kind << 32;
        unsigned char *p = predictions.end - 4 * count;
        fill_floats((input_kind)kind, &state, p, count);
        random_mask(&state, count, mask);
        check_sum((input_kind)kind, p, mask, count, seed);
    }
}

static void sum_at_all_lengths(void **unused) {
    (void)unused;
    for_all_lengths(sum_of_length);
}

/* One value that leaves the fast path, at each place of a block that else lies on it. */
static void sum_with_one_stranger(void **unused) {
    (void)unused;
    static const uint32_t STRANGERS[] = {0x35ffffff, 0x3f800001, 0x80000000, 0x00000001, 0xbf800000,
                                         0x7f7fffff, 0xff800000, 0x7fc00000, 0x7e800000, 0x7dffffff};
    const int count = 300;
    uint64_t state = 42, mask[MASK_WORDS];
    unsigned char *p = predictions.end - 4 * count;
    fill_floats(FAST_RANGE, &state, p, count);
    random_mask(&state, count, mask);
    for (int i = 0; i < count; i++) {
        unsigned char saved[4];
        memcpy(saved, p + 4 * i, 4);
        for (size_t k = 0; k < sizeof STRANGERS / sizeof *STRANGERS; k++) {
            memcpy(p + 4 * i, &STRANGERS[k], 4);
            check_sum(FAST_RANGE, p, mask, count, (uint64_t)i);
        }
        memcpy(p + 4 * i, saved, 4);
    }
}

static void sum_with_constant_masks(void **unused) {
    (void)unused;
    for (int kind = 0; kind < INPUT_KINDS; kind++) {
        for (int bit = 0; bit < 2; bit++) {
            uint64_t state = 7, mask[MASK_WORDS];
            unsigned char *p = predictions.end - 4 * BLOCK;
            fill_floats((input_kind)kind, &state, p, BLOCK);
            memset(mask, bit ? 0xff : 0, sizeof mask);
            check_sum((input_kind)kind, p, mask, BLOCK, 7);
        }
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
    static const float RANGES[][2] = {{0.0f, 1.0f}, {0x1.000002p-1f, INFINITY}, {NAN, INFINITY}, {-INFINITY, -0.0f}};
    fill_floats(seed % 2 ? ANY_BITS : EDGES, &state, floats, count);
    for (int i = 0; i < 4; i++) {
        memset(have, 0xaa, sizeof have);
        assert_int_equal(portable->within_f32(floats, count, RANGES[i][0], RANGES[i][1], want),
                         kernels->within_f32(floats, count, RANGES[i][0], RANGES[i][1], have));
        check_masks(want, have, "within_f32", count, seed);
    }
    random_mask(&state, count, have);
    assert_int_equal(portable->count_common(want, have, count), kernels->count_common(want, have, count));
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

static void check_arrays(const unsigned char *have, const char *what, int count, uint64_t seed) {
    if (memcmp(expected, have, 4 * (size_t)count) != 0) {
        fail_msg("%s differs: %d elements, seed %llu", what, count, (unsigned long long)seed);
    }
}

static void arrays_of_length(int count, uint64_t seed) {
    uint64_t mask[MASK_WORDS], state = seed;
    unsigned char *p = predictions.end - 4 * count;
    unsigned char *out = got.end - 4 * count;
    random_mask(&state, count, mask);
    /* 1 - NaN is a NaN of any payload, so there is none among the inputs here; api_test looks at NaN. */
    fill_floats((input_kind)(seed % ANY_BITS), &state, p, count);
    portable->distances_f32(p, mask, count, expected);
    kernels->distances_f32(p, mask, count, out);
    check_arrays(out, "distances_f32", count, seed);
    memcpy(out, p, 4 * (size_t)count);
    kernels->distances_f32(out, mask, count, out);
    check_arrays(out, "distances_f32 in place", count, seed);
    const float g = next_float(ANY_BITS, &state);
    portable->gradient_f32(mask, count, g, expected);
    kernels->gradient_f32(mask, count, g, out);
    check_arrays(out, "gradient_f32", count, seed);
}

static void arrays_at_all_lengths(void **unused) {
    (void)unused;
    for_all_lengths(arrays_of_length);
}

/* Every combination of misalignments of two arrays within a vector. */
static void all_alignments(void **unused) {
    (void)unused;
    const int count = 333;
    uint64_t mask[MASK_WORDS], want[MASK_WORDS], state = 3;
    random_mask(&state, count, mask);
    for (int shift = 0; shift < SLACK; shift++) {
        unsigned char *p = predictions.begin + shift;
        fill_floats(FAST_RANGE, &state, p, count);
        check_sum(FAST_RANGE, p, mask, count, (uint64_t)shift);
        fill_floats(MIXED, &state, p, count);
        check_sum(MIXED, p, mask, count, (uint64_t)shift);
        uint64_t have[MASK_WORDS];
        assert_int_equal(portable->within_f32(p, count, 0.0f, 1.0f, want),
                         kernels->within_f32(p, count, 0.0f, 1.0f, have));
        check_masks(want, have, "within_f32", count, (uint64_t)shift);
        portable->distances_f32(p, mask, count, expected);
        for (int out_shift = 0; out_shift < SLACK; out_shift++) {
            kernels->distances_f32(p, mask, count, got.begin + out_shift);
            check_arrays(got.begin + out_shift, "distances_f32", count, (uint64_t)(SLACK * shift + out_shift));
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
    predictions = guarded_allocate(8 * BLOCK + SLACK);
    targets = guarded_allocate(BLOCK + SLACK);
    got = guarded_allocate(4 * BLOCK + SLACK);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sum_at_all_lengths),
        cmocka_unit_test(sum_with_one_stranger),
        cmocka_unit_test(sum_with_constant_masks),
        cmocka_unit_test(masks_at_all_lengths),
        cmocka_unit_test(decoders_honour_the_offset),
        cmocka_unit_test(arrays_at_all_lengths),
        cmocka_unit_test(all_alignments),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    guarded_free(predictions);
    guarded_free(targets);
    guarded_free(got);
    return failed;
}
