/* SPDX-License-Identifier: Apache-2.0 */
/* Data in pieces: the same result however it is cut, merged, stored and read back; and no bytes that do harm. */
#include "exactloss/exactloss.h"
#include "inputs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define F32 EXACTLOSS_FLOAT32
#define U8 EXACTLOSS_UINT8
#define COUNT 20000
#define BYTES EXACTLOSS_ACCUMULATOR_BYTES
#define PARTS 4

static float p[COUNT];
static unsigned char t[COUNT];

static void fill(uint64_t seed, input_kind kind) {
    uint64_t state = seed;
    fill_floats(kind, &state, (unsigned char *)p, COUNT);
    fill_bytes(1, &state, t, COUNT);
}

static exactloss_accumulator fresh(double threshold) {
    exactloss_accumulator a;
    memset(&a, 0x5a, sizeof a);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_init(&a, threshold));
    return a;
}

static void add(exactloss_accumulator *a, int64_t from, int64_t to) {
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(a, p + from, F32, t, U8, from, to - from, 0, NULL));
}

static void serialize(const exactloss_accumulator *a, unsigned char *bytes) {
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_serialize(a, bytes, BYTES));
}

static void pieces_and_merges_do_not_matter(void **unused) {
    (void)unused;
    for (uint64_t seed = 0; seed < 4 * INPUT_KINDS; seed++) {
        const input_kind kind = (input_kind)(seed % INPUT_KINDS);
        fill(seed, kind);
        exactloss_evaluation want, have;
        assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(p, F32, t, U8, 0, COUNT, 0.5, 0, &want, NULL));
        exactloss_accumulator parts[PARTS] = {fresh(0.5), fresh(0.5), fresh(0.5), fresh(0.5)}, whole = fresh(0.5);
        uint64_t state = seed;
        for (int64_t from = 0, to; from < COUNT; from = to) {
            to = from + (int64_t)(next_random(&state) % (next_random(&state) % 2 ? 100 : 9000));
            to = to > COUNT ? COUNT : to;
            add(&parts[next_random(&state) % PARTS], from, to);
        }
        add(&whole, 0, COUNT);
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_merge(&parts[3], &parts[1]));
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_merge(&parts[0], &parts[3]));
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_merge(&parts[2], &parts[0]));
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(&parts[2], &have));
        if (memcmp(&want, &have, sizeof want) != 0) {
            fail_msg("%s, seed %llu: %a in pieces, %a at once", INPUT_KIND_NAMES[kind], (unsigned long long)seed,
                     have.loss, want.loss);
        }
        unsigned char bytes[BYTES], whole_bytes[BYTES];
        serialize(&parts[2], bytes);
        serialize(&whole, whole_bytes);
        assert_memory_equal(whole_bytes, bytes, BYTES);
    }
}

static void bytes_come_back(void **unused) {
    (void)unused;
    for (uint64_t seed = 0; seed < INPUT_KINDS; seed++) {
        fill(seed, (input_kind)seed);
        exactloss_accumulator a = fresh(0.25), b;
        unsigned char first[BYTES], second[BYTES];
        add(&a, 0, COUNT / 2);
        serialize(&a, first);
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_deserialize(&b, first, BYTES));
        add(&a, COUNT / 2, COUNT);
        add(&b, COUNT / 2, COUNT);
        serialize(&a, first);
        serialize(&b, second);
        assert_memory_equal(first, second, BYTES);
    }
}

/* The byte form is a promise to other languages and versions: this is it, for the passage's example. */
static void bytes_are_as_documented(void **unused) {
    (void)unused;
    const float predictions[] = {0.9f, 0.4f, 0.2f};
    const unsigned char targets[] = {1, 0, 1};
    unsigned char want[BYTES] = {'X', 'L', 'A', 'C', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 3, 0}, have[BYTES];
    want[24] = 2; /* positives */
    want[32] = 1; /* true positives */
    /* The sum is 1.30000002682209014892578125 = 0x14ccccd4 * 2^-28, and 2^-28 has position 1220 = 8 * 152 + 4. */
    const uint64_t sum = (uint64_t)0x14ccccd4 << 4;
    for (int i = 0; i < 8; i++) {
        want[80 + 152 + i] = (unsigned char)(sum >> 8 * i);
    }
    exactloss_accumulator a = fresh(0.5);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, predictions, F32, targets, U8, 0, 3, 0, NULL));
    serialize(&a, have);
    assert_memory_equal(want, have, BYTES);
    /* One more element with the weight 2^-3 and a distance of 1/2, both of which have one bit. */
    const float half = 0.5f, weight = 0x1p-3f;
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_accumulator_add_weighted(&a, &half, F32, targets + 1, U8, 0, &weight, 1, 0, NULL));
    want[16] = 4;           /* count */
    want[48] = 1;           /* weighted */
    want[80 + 155] += 0x10; /* 2^-4 at position 1244 */
    want[388 + (1248 - 3) / 8 - 4 * 34] = 1 << (1248 - 3) % 8;
    serialize(&a, have);
    assert_memory_equal(want, have, BYTES);
}

static void impossible_bytes_are_refused(void **unused) {
    (void)unused;
    fill(1, UNIFORM);
    exactloss_accumulator a = fresh(0.5), untouched = fresh(0.125);
    const exactloss_accumulator before = untouched;
    unsigned char good[BYTES], bad[BYTES];
    add(&a, 0, 1000);
    serialize(&a, good);
    /* Where the byte form's fields begin, a byte to put at their top, and what is wrong then. */
    static const struct {
        int at, value;
    } CHANGES[] = {
        {0, 'x'},    /* magic */
        {4, 2},      /* version */
        {7, 1},      /* version */
        {15, 0x7f},  /* threshold: NaN, with the byte below */
        {23, 0x80},  /* a negative count */
        {31, 0x10},  /* more positives than elements */
        {39, 0x10},  /* more true positives than positives */
        {47, 0x10},  /* more false positives than negatives */
        {55, 0x10},  /* more weighted elements than elements */
        {63, 0x10},  /* more NaN than elements */
        {71, 0x10},  /* more infinities than elements */
        {79, 0x10},  /* more infinities than elements */
        {386, 0x01}, /* a sum that so few elements cannot have without weights */
        {387, 0x40}, /* a sum that so few elements cannot have */
        {388, 0x01}, /* a sum of weights without weighted elements */
        {431, 0x80}, /* a negative sum of weights */
    };
    memcpy(bad, good, BYTES);
    memset(bad + 8, 0, 7);
    bad[15] = 0x80; /* threshold: -0 */
    assert_int_equal(EXACTLOSS_ERROR_FORMAT, exactloss_accumulator_deserialize(&untouched, bad, BYTES));
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
        memcpy(bad, good, BYTES);
        bad[CHANGES[i].at] = (unsigned char)CHANGES[i].value;
        if (CHANGES[i].at == 15) {
            bad[14] = 0xf8;
        }
        assert_int_equal(EXACTLOSS_ERROR_FORMAT, exactloss_accumulator_deserialize(&untouched, bad, BYTES));
    }
    assert_int_equal(EXACTLOSS_ERROR_BUFFER, exactloss_accumulator_deserialize(&untouched, good, BYTES - 1));
    assert_int_equal(EXACTLOSS_ERROR_BUFFER, exactloss_accumulator_deserialize(&untouched, good, BYTES + 1));
    assert_int_equal(EXACTLOSS_ERROR_BUFFER, exactloss_accumulator_serialize(&a, bad, BYTES - 1));
    assert_memory_equal(&before, &untouched, sizeof before);
}

/* Whatever the bytes: an error, or an accumulator that works and writes the same bytes again. */
static void random_bytes_do_no_harm(void **unused) {
    (void)unused;
    fill(2, MIXED);
    uint64_t state = 99;
    int accepted = 0;
    for (int round = 0; round < 20000; round++) {
        exactloss_accumulator a = fresh(0.5);
        unsigned char bytes[BYTES], again[BYTES];
        add(&a, 0, 100);
        serialize(&a, bytes);
        for (int changes = 1 + (int)(next_random(&state) % 3); changes > 0; changes--) {
            bytes[next_random(&state) % BYTES] ^= (unsigned char)(1 << next_random(&state) % 8);
        }
        exactloss_evaluation e;
        if (exactloss_accumulator_deserialize(&a, bytes, BYTES) == EXACTLOSS_OK) {
            accepted++;
            serialize(&a, again);
            assert_memory_equal(bytes, again, BYTES);
            const int merged = exactloss_accumulator_merge(&a, &a);
            assert_true(merged == EXACTLOSS_OK || merged == EXACTLOSS_ERROR_OVERFLOW);
            assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(&a, &e));
        }
    }
    assert_in_range(accepted, 1, 19999);
}

static void counts_do_not_overflow(void **unused) {
    (void)unused;
    fill(3, UNIFORM);
    exactloss_accumulator full = fresh(0.5), one = fresh(0.5);
    unsigned char bytes[BYTES];
    serialize(&full, bytes);
    memset(bytes + 16, 0xff, 7);
    bytes[23] = 0x7f;
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_deserialize(&full, bytes, BYTES));
    add(&one, 0, 1);
    assert_int_equal(EXACTLOSS_ERROR_OVERFLOW, exactloss_accumulator_add(&full, p, F32, t, U8, 0, 1, 0, NULL));
    assert_int_equal(EXACTLOSS_ERROR_OVERFLOW, exactloss_accumulator_merge(&full, &one));
    assert_int_equal(EXACTLOSS_ERROR_OVERFLOW, exactloss_accumulator_merge(&one, &full));
    exactloss_evaluation e;
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(&full, &e));
    assert_true(e.count == INT64_MAX && e.loss == 0 && e.accuracy == 1);
}

/* 2^53 that are right and one that is not: more than a double counts, and their ratio is not 1. */
static void many_counts_have_their_ratio(void **unused) {
    (void)unused;
    static const float BELOW = 0.25f;
    static const unsigned char RIGHT = 0, WRONG = 1;
    exactloss_accumulator a = fresh(0.5);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, &BELOW, F32, &RIGHT, U8, 0, 1, 0, NULL));
    for (int i = 0; i < 53; i++) {
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_merge(&a, &a));
    }
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, &BELOW, F32, &WRONG, U8, 0, 1, 0, NULL));
    exactloss_evaluation e;
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(&a, &e));
    assert_true(e.count == ((int64_t)1 << 53) + 1 && e.accuracy == 1 - 0x1p-53);
}

static void minus_zero_is_the_threshold_zero(void **unused) {
    (void)unused;
    fill(5, UNIFORM);
    exactloss_accumulator minus = fresh(-0.0), plus = fresh(0.0);
    unsigned char minus_bytes[BYTES], plus_bytes[BYTES];
    serialize(&minus, minus_bytes);
    serialize(&plus, plus_bytes);
    assert_memory_equal(plus_bytes, minus_bytes, BYTES);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_merge(&minus, &plus));
    exactloss_evaluation e;
    assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(p, F32, t, U8, 0, 10, -0.0, 0, &e, NULL));
    assert_true(e.threshold == 0 && !signbit(e.threshold));
}

static void bad_arguments_have_their_statuses(void **unused) {
    (void)unused;
    fill(4, UNIFORM);
    exactloss_accumulator a = fresh(0.5), other = fresh(0.25), garbage;
    const exactloss_accumulator before = a;
    exactloss_evaluation e;
    unsigned char bytes[BYTES];
    memset(&garbage, 0x77, sizeof garbage);
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_init(NULL, 0.5));
    assert_int_equal(EXACTLOSS_ERROR_THRESHOLD, exactloss_accumulator_init(&a, NAN));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_add(NULL, p, F32, t, U8, 0, 1, 0, NULL));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_add(&a, NULL, F32, t, U8, 0, 1, 0, NULL));
    assert_int_equal(EXACTLOSS_ERROR_COUNT, exactloss_accumulator_add(&a, p, F32, t, U8, 0, -1, 0, NULL));
    assert_int_equal(EXACTLOSS_ERROR_DTYPE, exactloss_accumulator_add(&a, p, F32, t, 77, 0, 1, 0, NULL));
    assert_int_equal(EXACTLOSS_ERROR_ACCUMULATOR, exactloss_accumulator_add(&garbage, p, F32, t, U8, 0, 1, 0, NULL));
    assert_int_equal(EXACTLOSS_ERROR_ACCUMULATOR, exactloss_accumulator_merge(&garbage, &a));
    assert_int_equal(EXACTLOSS_ERROR_ACCUMULATOR, exactloss_accumulator_merge(&a, &garbage));
    assert_int_equal(EXACTLOSS_ERROR_ACCUMULATOR, exactloss_accumulator_result(&garbage, &e));
    assert_int_equal(EXACTLOSS_ERROR_ACCUMULATOR, exactloss_accumulator_serialize(&garbage, bytes, BYTES));
    assert_int_equal(EXACTLOSS_ERROR_THRESHOLD, exactloss_accumulator_merge(&a, &other));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_merge(&a, NULL));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_result(&a, NULL));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_serialize(&a, NULL, BYTES));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_deserialize(&a, NULL, BYTES));
    assert_memory_equal(&before, &a, sizeof a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_and_merges_do_not_matter),   cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(bytes_are_as_documented),           cmocka_unit_test(impossible_bytes_are_refused),
        cmocka_unit_test(random_bytes_do_no_harm),           cmocka_unit_test(counts_do_not_overflow),
        cmocka_unit_test(many_counts_have_their_ratio),      cmocka_unit_test(minus_zero_is_the_threshold_zero),
        cmocka_unit_test(bad_arguments_have_their_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
