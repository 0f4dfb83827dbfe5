/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of one instruction set, except its sums, against the portable ones, bit by bit: at every length up to
 * 1,000 and up to the block size, at every alignment, for every kind of input, with all arrays between unreadable pages.
 */
#include "exactloss/exactloss.h"
#include "kernel_cases.h"
#include "types.h"

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

static exactloss_decode *decoder_of(const exactloss_kernels *of, const target_type *type) {
    return type->size == 1 ? of->decode_8 : type->size == 4 ? of->decode_32 : of->decode_64;
}

/* Targets: mostly 0 and 1; and -0, neighbours of both in some bit, and any bits. */
static void fill_targets(const target_type *type, uint64_t *state, unsigned char *p, int count) {
    for (int i = 0; i < count; i++) {
        const uint64_t random = next_random(state), sign = type->magnitude + 1, bit = (uint64_t)1 << (random >> 8) % 64;
        const uint64_t odd[] = {sign, bit, type->one ^ bit, type->one | sign, UINT64_MAX, next_random(state)};
        const uint64_t value = random % 4 == 0 ? odd[(random >> 16) % 6] : random & 8 ? type->one : 0;
        memcpy(p + type->size * i, &value, (size_t)type->size);
    }
}

/* The patterns that are looked for: those of 1, and of 0. */
static void check_decoders(const target_type *type, const unsigned char *want_from, const unsigned char *have_from,
                           int64_t first, int count, uint64_t seed) {
    const uint64_t wanted[] = {type->one, 0}, relevant[] = {UINT64_MAX, type->magnitude};
    uint64_t want[MASK_WORDS], have[MASK_WORDS];
    for (int i = 0; i < 2; i++) {
        memset(have, 0xaa, sizeof have);
        assert_int_equal(decoder_of(portable, type)(want_from, 0, count, wanted[i], relevant[i], want),
                         decoder_of(kernels, type)(have_from, first, count, wanted[i], relevant[i], have));
        check_masks(want, have, i == 0 ? "the mask of ones" : "the mask of zeros", count, seed);
    }
}

/* The types of targets except bits, which all instruction sets decode alike. */
static const target_type *target_type_of(int number) {
    const target_type *type = exactloss_target_type(number * EXACTLOSS_T_UINT8);
    return type != NULL && type->size > 0 ? type : NULL;
}

static void masks_of_length(int count, uint64_t seed) {
    uint64_t state = seed;
    for (int number = 1; target_type_of(number) != NULL; number++) {
        const target_type *type = target_type_of(number);
        unsigned char *p = predictions.end - type->size * count;
        fill_targets(type, &state, p, count);
        check_decoders(type, p, p, 0, count, seed);
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

static void masks_at_all_lengths(void **unused) {
    (void)unused;
    for_all_lengths(masks_of_length);
    for_all_lengths(ranges_of_length);
}

static void decoders_honour_the_first_index(void **unused) {
    (void)unused;
    uint64_t state = 5;
    for (int number = 1; target_type_of(number) != NULL; number++) {
        const target_type *type = target_type_of(number);
        fill_targets(type, &state, predictions.begin, 1000);
        for (int64_t first = 0; first <= 130; first++) {
            check_decoders(type, predictions.begin + type->size * first, predictions.begin, first, 500,
                           (uint64_t)first);
        }
    }
}

/* --------------------------------------------------------------------------------------------------- arrays -- */

static void check_arrays(const void *have, size_t size, const char *what, int count, uint64_t seed) {
    if (memcmp(expected, have, size) != 0) {
        fail_msg("%s differs: %d elements, seed %llu", what, count, (unsigned long long)seed);
    }
}

/* The bits of 1 - NaN are not promised, so there is no NaN among these inputs. */
static input_kind kind_without_nan(uint64_t seed) { return (input_kind)(seed % ANY_BITS); }

static void arrays_of_length(int count, uint64_t seed) {
    uint64_t mask[MASK_WORDS], state = seed;
    random_mask(&state, count, mask);
    for (int which = 0; which < REALS; which++) {
        const real_case r = real_of(which);
        const size_t size = (size_t)(r.size * count);
        unsigned char *p = predictions.end - size, *out = got.end - size, *weights = spare.end - 4 * count, g[8];
        r.fill(kind_without_nan(seed), &state, p, count);
        r.fill(UNIFORM, &state, g, 1);
        for (int loss = 0; loss < LOSS_COUNT; loss++) {
            r.want->losses[loss].values(p, mask, count, expected);
            r.have->losses[loss].values(p, mask, count, out);
            check_arrays(out, size, "values", count, seed);
            memcpy(out, p, size);
            r.have->losses[loss].values(out, mask, count, out);
            check_arrays(out, size, "values in place", count, seed);
            r.want->losses[loss].gradient(p, mask, count, g, expected);
            r.have->losses[loss].gradient(p, mask, count, g, out);
            check_arrays(out, size, "gradient", count, seed);
            memcpy(out, p, size);
            r.have->losses[loss].gradient(out, mask, count, g, out);
            check_arrays(out, size, "gradient in place", count, seed);
        }
        r.fill(kind_without_nan(seed / 2), &state, expected, count);
        memcpy(out, expected, size);
        r.want->add(p, count, expected);
        r.have->add(p, count, out);
        check_arrays(out, size, "add", count, seed);
        fill_floats(seed % 2 ? UNIFORM : MIXED, &state, weights, count);
        memcpy(out, p, size);
        memcpy(expected, p, size);
        r.want->multiply(weights, count, expected);
        r.have->multiply(weights, count, out);
        check_arrays(out, size, "multiply", count, seed);
        static const double LIMITS[] = {100, 0.5, 0x1p-149, INFINITY};
        r.fill(seed % 2 ? kind_without_nan(seed / 2) : ANY_BITS, &state, expected, count);
        memcpy(out, expected, size);
        r.want->limit(LIMITS[seed / 2 % 4], count, expected);
        r.have->limit(LIMITS[seed / 2 % 4], count, out);
        check_arrays(out, size, "limit", count, seed);
    }
}

#define OUTPUTS 4

/* Those that the bits of `wanted` name, and with the distances their sum. */
static logit_outputs choose(unsigned wanted, void *const outputs[OUTPUTS], summation *sum) {
    return (logit_outputs){.predictions = wanted & 1 ? outputs[0] : NULL,
                           .distances = wanted & 2 ? outputs[1] : NULL,
                           .sum = wanted & 2 ? sum : NULL,
                           .values = wanted & 4 ? outputs[2] : NULL,
                           .gradient = wanted & 8 ? outputs[3] : NULL};
}

/* Each of the outputs of a loss, alone and with the others; in place of the logits too. */
static void check_logits(const real_case *r, int loss, const unsigned char *x, const uint64_t *mask, int count,
                         uint64_t seed) {
    static unsigned char want[OUTPUTS][8 * BLOCK], have[OUTPUTS][8 * BLOCK];
    static const char *const NAMES[OUTPUTS] = {"predictions", "distances", "values", "gradient"};
    const size_t size = (size_t)(r->size * count);
    void *in_want[OUTPUTS], *in_have[OUTPUTS], *in_place[OUTPUTS];
    unsigned char g[8], *out = got.end - size, want_sum[SUM_BYTES], have_sum[SUM_BYTES];
    exact_sum distances;
    summation sum = begin(&distances);
    uint64_t state = seed;
    r->fill(UNIFORM, &state, g, 1);
    for (int k = 0; k < OUTPUTS; k++) {
        in_want[k] = want[k];
        in_have[k] = have[k] + sizeof have[k] - size;
        in_place[k] = out;
    }
    r->want->losses[loss].from_logits(x, mask, count, g, choose(15, in_want, &sum));
    write_sum(&distances, want_sum);
    const unsigned choices[] = {15, 2, 10,
                                1 + (unsigned)seed % 15}; /* the kernels have loops of their own for 2 and 10 */
    for (int choice = 0; choice < 4; choice++) {
        const unsigned wanted = choices[choice];
        memset(have, 0, sizeof have);
        sum = begin(&distances);
        r->have->losses[loss].from_logits(x, mask, count, (wanted & 8) != 0 ? g : NULL, choose(wanted, in_have, &sum));
        write_sum(&distances, have_sum);
        if ((wanted & 2) != 0 && memcmp(want_sum, have_sum, SUM_BYTES) != 0) {
            fail_msg("the sums of the distances from logits of %s differ: loss %d, outputs %u, %d elements, seed %llu",
                     r->name, loss, wanted, count, (unsigned long long)seed);
        }
        for (int k = 0; k < OUTPUTS; k++) {
            if ((wanted >> k & 1) != 0 && memcmp(want[k], in_have[k], size) != 0) {
                fail_msg("the %s from logits of %s differ: loss %d, %d elements, seed %llu", NAMES[k], r->name, loss,
                         count, (unsigned long long)seed);
            }
        }
    }
    for (int k = 0; k < OUTPUTS; k++) {
        memcpy(out, x, size);
        r->have->losses[loss].from_logits(out, mask, count, g, choose(1U << k, in_place, NULL));
        memcpy(expected, want[k], size);
        check_arrays(out, size, NAMES[k], count, seed);
    }
}

/*
 * Small logits, and a few of up to 1 or 4 more than the largest whose distances are surely in the usual range: 13, and 33
 * for doubles.
 */
static void fill_near_bound(const real_case *r, uint64_t *state, unsigned char *x, int count) {
    const int most = next_random(state) % 2 == 0 ? 1 : 4;
    r->fill(UNIFORM, state, x, count);
    for (int i = (int)(next_random(state) % 32); i < count; i += 32) {
        const uint64_t random = next_random(state);
        const double size = (r->size == 4 ? 13 : 33) + most * (double)(random % 1024) / 1024;
        const double logit = random >> 63 != 0 ? -size : size;
        const float narrow = (float)logit;
        memcpy(x + r->size * i, r->size == 4 ? (const void *)&narrow : (const void *)&logit, (size_t)r->size);
    }
}

static void logits_of_length(int count, uint64_t seed) {
    uint64_t mask[MASK_WORDS], state = seed;
    random_mask(&state, count, mask);
    for (int which = 0; which < REALS; which++) {
        const real_case r = real_of(which);
        const size_t size = (size_t)(r.size * count);
        unsigned char *x = predictions.end - size, *out = got.end - size;
        if (seed / 4 % 4 == 0) {
            fill_near_bound(&r, &state, x, count);
        } else {
            r.fill(seed % 3 == 0 ? MIXED : seed % 3 == 1 ? RAW_SCORES : UNIFORM, &state, x, count);
        }
        for (int loss = 0; loss < LOSS_COUNT; loss++) {
            check_logits(&r, loss, x, mask, count, seed);
        }
        r.want->sigmoid(x, count, expected);
        r.have->sigmoid(x, count, out);
        check_arrays(out, size, "sigmoid", count, seed);
        memcpy(out, x, size);
        r.have->sigmoid(out, count, out);
        check_arrays(out, size, "sigmoid in place", count, seed);
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
        logits_of_length(count, (uint64_t)count);
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
                const int loss = out_shift % LOSS_COUNT;
                r.want->losses[loss].values(p, mask, count, expected);
                r.have->losses[loss].values(p, mask, count, out);
                check_arrays(out, (size_t)(r.size * count), "values", count, (uint64_t)(SLACK * shift + out_shift));
                fill_floats(UNIFORM, &state, spare.begin + SLACK - out_shift, count);
                r.want->multiply(spare.begin + SLACK - out_shift, count, expected);
                r.have->multiply(spare.begin + SLACK - out_shift, count, out);
                check_arrays(out, (size_t)(r.size * count), "multiply", count, (uint64_t)(SLACK * shift + out_shift));
            }
            for (int loss = 0; loss < LOSS_COUNT; loss++) {
                unsigned char *out = got.begin + SLACK - shift;
                r.want->losses[loss].from_logits(p, mask, count, g, (logit_outputs){.gradient = expected});
                r.have->losses[loss].from_logits(p, mask, count, g, (logit_outputs){.gradient = out});
                check_arrays(out, (size_t)(r.size * count), "gradient", count, (uint64_t)shift);
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
        cmocka_unit_test(masks_at_all_lengths),  cmocka_unit_test(decoders_honour_the_first_index),
        cmocka_unit_test(arrays_at_all_lengths), cmocka_unit_test(streams_copy),
        cmocka_unit_test(all_conversions),       cmocka_unit_test(all_alignments),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    close_kernel_cases();
    return failed;
}
