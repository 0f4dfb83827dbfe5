/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of one instruction set, but for its sums, against the portable ones, bit by bit: at every length up to
 * 1,000 and up to the block size, at every alignment, for every kind of input, with all arrays between unreadable pages.
 */
#include "kernel_cases.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static unsigned char expected[8 * BLOCK];

static int words_of(int count) { return (count + 63) / 64; }

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
            r.fill(MIXED, &state, p, count);
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

int main(int argc, char **argv) {
    const int status = open_kernel_cases(argc, argv);
    if (status != 0) {
        return status;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_at_all_lengths),  cmocka_unit_test(decoders_honour_the_offset),
        cmocka_unit_test(arrays_at_all_lengths), cmocka_unit_test(streams_copy),
        cmocka_unit_test(all_conversions),       cmocka_unit_test(all_alignments),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    close_kernel_cases();
    return failed;
}
