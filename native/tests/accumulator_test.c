/* SPDX-License-Identifier: Apache-2.0 */
/* Data in pieces: the same result however it is cut, merged, stored and read back; and no bytes that do harm. */
#include "accumulator.h"
#include "exactloss/exactloss.h"
#include "inputs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MNIST EXACTLOSS_MNIST
#define TYPES (EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8)
#define COUNT 20000
#define BYTES 448 /* of the byte form with one loss */
#define PARTS 4

static float p[COUNT], w[COUNT];
static unsigned char t[COUNT];

static void fill(uint64_t seed, input_kind kind) {
    uint64_t state = seed;
    fill_floats(kind, &state, (unsigned char *)p, COUNT);
    fill_bytes(1, &state, t, COUNT);
    fill_floats(UNIFORM, &state, (unsigned char *)w, COUNT);
}

static exactloss_accumulator fresh(double threshold) {
    exactloss_accumulator a;
    memset(&a, 0x5a, sizeof a);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_init(&a, MNIST, threshold));
    return a;
}

static void add_weighted(exactloss_accumulator *a, int64_t from, int64_t to) {
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_accumulator_add(a, TYPES, p + from, t + from, w + from, to - from, NULL, NULL));
}

static void add(exactloss_accumulator *a, int64_t from, int64_t to) {
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_accumulator_add(a, TYPES, p + from, t + from, NULL, to - from, NULL, NULL));
}

static void serialize(const exactloss_accumulator *a, unsigned char *bytes) {
    int64_t size = -1;
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_serialize(a, bytes, BYTES, &size));
    assert_int_equal(BYTES, size);
}

static exactloss_evaluation result_of(const exactloss_accumulator *a) {
    exactloss_evaluation e = {.size = sizeof e};
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(a, &e));
    assert_true(e.size == sizeof e && e.losses == MNIST);
    return e;
}

static void pieces_and_merges_do_not_matter(void **unused) {
    (void)unused;
    for (uint64_t seed = 0; seed < 4 * INPUT_KINDS; seed++) {
        const input_kind kind = (input_kind)(seed % INPUT_KINDS);
        const int is_weighted = seed / INPUT_KINDS % 2 == 1;
        void (*const add_some)(exactloss_accumulator *, int64_t, int64_t) = is_weighted ? add_weighted : add;
        fill(seed, kind);
        exactloss_evaluation want = {.size = sizeof want};
        assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(MNIST | TYPES, p, t, is_weighted ? w : NULL, COUNT, NULL, 0.5,
                                                          &want, NULL));
        exactloss_accumulator parts[PARTS] = {fresh(0.5), fresh(0.5), fresh(0.5), fresh(0.5)}, whole = fresh(0.5);
        uint64_t state = seed;
        for (int64_t from = 0, to; from < COUNT; from = to) {
            to = from + (int64_t)(next_random(&state) % (next_random(&state) % 2 ? 100 : 9000));
            to = to > COUNT ? COUNT : to;
            add_some(&parts[next_random(&state) % PARTS], from, to);
        }
        add_some(&whole, 0, COUNT);
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_merge(&parts[3], &parts[1]));
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_merge(&parts[0], &parts[3]));
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_merge(&parts[2], &parts[0]));
        const exactloss_evaluation have = result_of(&parts[2]);
        if (memcmp(&want, &have, sizeof want) != 0) {
            fail_msg("%s, seed %llu: %a in pieces, %a at once", INPUT_KIND_NAMES[kind], (unsigned long long)seed,
                     have.mnist.mean, want.mnist.mean);
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
        add(&a, 0, COUNT / 4);
        add_weighted(&a, COUNT / 4, COUNT / 2);
        serialize(&a, first);
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_deserialize(&b, first, BYTES));
        add(&a, COUNT / 2, COUNT);
        add(&b, COUNT / 2, COUNT);
        serialize(&a, first);
        serialize(&b, second);
        assert_memory_equal(first, second, BYTES);
    }
}

/* The byte form is a promise to other languages and versions: this is it, for the worked example. */
static void bytes_are_as_documented(void **unused) {
    (void)unused;
    const float predictions[] = {0.9f, 0.4f, 0.2f};
    const unsigned char targets[] = {1, 0, 1};
    unsigned char want[BYTES] = {'X', 'L', 'A', 'C', 1, 0, 0, 0, 1}, have[BYTES];
    want[22] = 0xe0; /* the threshold */
    want[23] = 0x3f;
    want[24] = 3; /* count */
    want[32] = 2; /* positives */
    want[40] = 1; /* true positives */
    /* The sum is 1.30000002682209014892578125 = 0x14ccccd4 * 2^-28, and 2^-28 has position 1220 = 8 * 152 + 4. */
    const uint64_t sum = (uint64_t)0x14ccccd4 << 4;
    for (int i = 0; i < 8; i++) {
        want[136 + 152 + i] = (unsigned char)(sum >> 8 * i);
    }
    exactloss_accumulator a = fresh(0.5);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, TYPES, predictions, targets, NULL, 3, NULL, NULL));
    serialize(&a, have);
    assert_memory_equal(want, have, BYTES);
    /* One more element with the weight 2^-3 and a distance of 1/2, both of which have one bit. */
    const float half = 0.5f, weight = 0x1p-3f;
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, TYPES, &half, targets + 1, &weight, 1, NULL, NULL));
    want[24] = 4;            /* count */
    want[56] = 1;            /* weighted */
    want[136 + 155] += 0x10; /* 2^-4 at position 1244 */
    want[64 + (1248 - 3) / 8 - 4 * 34] = 1 << (1248 - 3) % 8;
    serialize(&a, have);
    assert_memory_equal(want, have, BYTES);
    /* And some that are NaN or infinite, with a false positive. */
    const float specials[] = {NAN, INFINITY, INFINITY, -INFINITY, -INFINITY, -INFINITY};
    const unsigned char negative[] = {0, 0, 0, 0, 0, 0};
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, TYPES, specials, negative, NULL, 6, NULL, NULL));
    want[24] = 10; /* count */
    want[48] = 2;  /* false positives */
    want[112] = 1; /* NaN */
    want[120] = 2; /* infinities */
    want[128] = 3;
    serialize(&a, have);
    assert_memory_equal(want, have, BYTES);
    exactloss_accumulator read;
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_deserialize(&read, want, BYTES));
    const exactloss_evaluation e = result_of(&read), other = result_of(&a);
    assert_memory_equal(&e, &other, sizeof e);
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
        {3, 'c'},    /* magic */
        {4, 2},      /* version */
        {4, 0},      /* version */
        {7, 1},      /* version */
        {8, 0},      /* no loss */
        {8, 2},      /* an unknown loss */
        {8, 3},      /* an unknown loss beside a known one */
        {9, 1},      /* an unknown loss */
        {15, 0x80},  /* an unknown loss, at the sign */
        {23, 0x7f},  /* threshold: NaN, with the byte below */
        {31, 0x80},  /* a negative count */
        {39, 0x80},  /* a negative count */
        {47, 0x80},  /* a negative count */
        {55, 0x80},  /* a negative count */
        {63, 0x80},  /* a negative count */
        {119, 0x80}, /* a negative count */
        {127, 0x80}, /* a negative count */
        {135, 0x80}, /* a negative count */
        {39, 0x10},  /* more positives than elements */
        {47, 0x10},  /* more true positives than positives */
        {55, 0x10},  /* more false positives than negatives */
        {63, 0x10},  /* more weighted elements than elements */
        {64, 0x01},  /* a sum of weights without weighted elements */
        {107, 0x80}, /* a negative sum of weights */
        {108, 0x01}, /* no zero behind the sum of weights */
        {111, 0x80}, /* no zero behind the sum of weights */
        {119, 0x10}, /* more NaN than elements */
        {127, 0x10}, /* more infinities than elements */
        {135, 0x10}, /* more infinities than elements */
        {442, 0x01}, /* a sum that so few elements cannot have without weights */
        {443, 0x40}, /* a sum that so few elements cannot have */
        {444, 0x01}, /* no zero behind the sum */
        {447, 0x80}, /* no zero behind the sum */
    };
    memcpy(bad, good, BYTES);
    memset(bad + 16, 0, 7);
    bad[23] = 0x80; /* threshold: -0 */
    assert_int_equal(EXACTLOSS_ERROR_FORMAT, exactloss_accumulator_deserialize(&untouched, bad, BYTES));
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
        memcpy(bad, good, BYTES);
        bad[CHANGES[i].at] = (unsigned char)CHANGES[i].value;
        if (CHANGES[i].at == 23) {
            bad[22] = 0xf8;
        }
        if (exactloss_accumulator_deserialize(&untouched, bad, BYTES) != EXACTLOSS_ERROR_FORMAT) {
            fail_msg("%#x at byte %d is not refused", (unsigned)CHANGES[i].value, CHANGES[i].at);
        }
    }
    /* As many NaN, infinities and minus infinities as elements, but together more; and more NaN than are not predicted
     * positive. */
    memcpy(bad, good, BYTES);
    bad[120] = bad[128] = 0xf4;
    bad[121] = bad[129] = 0x01; /* 500 each */
    memset(bad + 136, 0, 308);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_deserialize(&a, bad, BYTES));
    bad[112] = 1;
    assert_int_equal(EXACTLOSS_ERROR_FORMAT, exactloss_accumulator_deserialize(&untouched, bad, BYTES));
    memcpy(bad, good, BYTES);
    bad[112] = 0xe8;
    bad[113] = 0x03; /* 1000 */
    assert_int_equal(EXACTLOSS_ERROR_FORMAT, exactloss_accumulator_deserialize(&untouched, bad, BYTES));
    assert_memory_equal(&before, &untouched, sizeof before);
}

/* Every other number of bytes; and no byte beyond them is looked at, or written. */
static void bytes_have_their_number(void **unused) {
    (void)unused;
    fill(1, UNIFORM);
    exactloss_accumulator a = fresh(0.5), untouched = fresh(0.125);
    const exactloss_accumulator before = untouched;
    unsigned char good[BYTES], buffer[BYTES + 8];
    add(&a, 0, 1000);
    serialize(&a, good);
    memset(buffer, 0x55, sizeof buffer);
    for (int64_t size = -1; size <= BYTES + 8; size++) {
        int64_t written = 7;
        memcpy(buffer, good, BYTES);
        if (size != BYTES) {
            assert_int_equal(EXACTLOSS_ERROR_SIZE, exactloss_accumulator_deserialize(&untouched, buffer, size));
        }
        memset(buffer, 0x55, BYTES);
        const int want = size < BYTES ? EXACTLOSS_ERROR_SIZE : EXACTLOSS_OK;
        assert_int_equal(want, exactloss_accumulator_serialize(&a, buffer, size, &written));
        assert_int_equal(want == EXACTLOSS_OK ? BYTES : 7, written);
        assert_int_equal(want == EXACTLOSS_OK ? 'X' : 0x55, buffer[0]);
        assert_int_equal(0x55, buffer[BYTES]);
    }
    assert_int_equal(EXACTLOSS_ERROR_SIZE, exactloss_accumulator_deserialize(&untouched, good, INT64_MIN));
    assert_int_equal(EXACTLOSS_ERROR_SIZE, exactloss_accumulator_deserialize(&untouched, good, INT64_MAX));
    assert_memory_equal(&before, &untouched, sizeof before);
    assert_true(BYTES <= EXACTLOSS_ACCUMULATOR_MAX_BYTES);
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
        if (exactloss_accumulator_deserialize(&a, bytes, BYTES) == EXACTLOSS_OK) {
            accepted++;
            serialize(&a, again);
            assert_memory_equal(bytes, again, BYTES);
            const int merged = exactloss_accumulator_merge(&a, &a);
            assert_true(merged == EXACTLOSS_OK || merged == EXACTLOSS_ERROR_OVERFLOW);
            result_of(&a);
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
    memset(bytes + 24, 0xff, 7);
    bytes[31] = 0x7f;
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_deserialize(&full, bytes, BYTES));
    add(&one, 0, 1);
    assert_int_equal(EXACTLOSS_ERROR_OVERFLOW, exactloss_accumulator_add(&full, TYPES, p, t, NULL, 1, NULL, NULL));
    assert_int_equal(EXACTLOSS_ERROR_OVERFLOW, exactloss_accumulator_merge(&full, &one));
    assert_int_equal(EXACTLOSS_ERROR_OVERFLOW, exactloss_accumulator_merge(&one, &full));
    const exactloss_evaluation e = result_of(&full);
    assert_true(e.count == INT64_MAX && e.mnist.mean == 0 && e.accuracy == 1 && e.weight_sum == 0x1p63);
}

/* 2^53 that are right and one that is not: more than a double counts, and their ratio is not 1. */
static void many_counts_have_their_ratio(void **unused) {
    (void)unused;
    static const float BELOW = 0.25f;
    static const unsigned char RIGHT = 0, WRONG = 1;
    exactloss_accumulator a = fresh(0.5);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, TYPES, &BELOW, &RIGHT, NULL, 1, NULL, NULL));
    for (int i = 0; i < 53; i++) {
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_merge(&a, &a));
    }
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, TYPES, &BELOW, &WRONG, NULL, 1, NULL, NULL));
    const exactloss_evaluation e = result_of(&a);
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
    exactloss_evaluation e = {.size = sizeof e};
    assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(MNIST | TYPES, p, t, NULL, 10, NULL, -0.0, &e, NULL));
    assert_true(e.threshold == 0 && !signbit(e.threshold));
}

/* Other losses than the accumulator's. There is one loss, so that another set can only be forged. */
static void losses_must_be_the_same(void **unused) {
    (void)unused;
    fill(4, UNIFORM);
    exactloss_accumulator a = fresh(0.5), other = fresh(0.25);
    float gradient = 7;
    exactloss_accumulator_state(&other)->totals.losses = 2;
    const exactloss_accumulator before = a, other_before = other;
    assert_int_equal(EXACTLOSS_ERROR_LOSS, exactloss_accumulator_merge(&a, &other)); /* before the threshold */
    assert_int_equal(EXACTLOSS_ERROR_LOSS, exactloss_accumulator_merge(&other, &a));
    /* Before the types and the count. */
    assert_int_equal(EXACTLOSS_ERROR_LOSS, exactloss_accumulator_add(&other, MNIST, p, t, NULL, -1, NULL, NULL));
    assert_int_equal(EXACTLOSS_ERROR_LOSS,
                     exactloss_accumulator_add_with_gradient(&other, MNIST, p, t, NULL, -1, 1, 1, &gradient, NULL));
    assert_int_equal(EXACTLOSS_ERROR_OPTIONS,
                     exactloss_accumulator_add(&other, MNIST | EXACTLOSS_MEAN, p, t, NULL, 1, NULL, NULL));
    exactloss_accumulator rows[] = {a, other};
    const exactloss_rows shape = {2, 1, 1, 0};
    assert_int_equal(EXACTLOSS_ERROR_LOSS, exactloss_accumulator_add(rows, MNIST | TYPES, p, t, NULL, 1, &shape, NULL));
    assert_true(gradient == 7);
    assert_memory_equal(&before, &a, sizeof a);
    assert_memory_equal(&before, &rows[0], sizeof a);
    assert_memory_equal(&other_before, &other, sizeof a);
}

static void misaligned_memory_is_refused(void **unused) {
    (void)unused;
    static _Alignas(8) unsigned char memory[2 * sizeof(exactloss_accumulator)], before[sizeof memory];
    exactloss_accumulator good = fresh(0.5);
    exactloss_evaluation e = {.size = sizeof e};
    unsigned char bytes[BYTES];
    int64_t size;
    float gradient;
    fill(4, UNIFORM);
    serialize(&good, bytes);
    memset(memory, 0x55, sizeof memory);
    memcpy(before, memory, sizeof memory);
    for (int shift = 1; shift < 8; shift++) {
        void *misaligned = memory + shift;
        const int want = EXACTLOSS_ERROR_ALIGNMENT;
        assert_int_equal(want, exactloss_accumulator_init(misaligned, MNIST, 0.5));
        assert_int_equal(want, exactloss_accumulator_add(misaligned, TYPES, p, t, NULL, 1, NULL, NULL));
        assert_int_equal(want, exactloss_accumulator_add_with_gradient(misaligned, MNIST | TYPES, p, t, NULL, 1, 1, 1,
                                                                       &gradient, NULL));
        assert_int_equal(want, exactloss_accumulator_merge(misaligned, &good));
        assert_int_equal(want, exactloss_accumulator_merge(&good, misaligned));
        assert_int_equal(want, exactloss_accumulator_result(misaligned, &e));
        assert_int_equal(want, exactloss_accumulator_serialize(misaligned, bytes, BYTES, &size));
        assert_int_equal(want, exactloss_accumulator_deserialize(misaligned, bytes, BYTES));
    }
    assert_memory_equal(before, memory, sizeof memory);
}

/* Of the functions that compute nothing; arguments_test.c has the others. */
static void bad_arguments_have_their_statuses(void **unused) {
    (void)unused;
    fill(4, UNIFORM);
    exactloss_accumulator a = fresh(0.5), other = fresh(0.25), garbage;
    const exactloss_accumulator before = a;
    exactloss_evaluation e = {.size = sizeof e, .count = 7};
    unsigned char bytes[BYTES] = {7};
    int64_t size = 7;
    memset(&garbage, 0x77, sizeof garbage);
    assert_int_equal(EXACTLOSS_ERROR_ACCUMULATOR, exactloss_accumulator_merge(&garbage, &a));
    assert_int_equal(EXACTLOSS_ERROR_ACCUMULATOR, exactloss_accumulator_merge(&a, &garbage));
    assert_int_equal(EXACTLOSS_ERROR_ACCUMULATOR, exactloss_accumulator_result(&garbage, NULL));
    assert_int_equal(EXACTLOSS_ERROR_ACCUMULATOR, exactloss_accumulator_serialize(&garbage, NULL, 0, &size));
    assert_int_equal(EXACTLOSS_ERROR_THRESHOLD, exactloss_accumulator_merge(&a, &other));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_merge(&a, NULL));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_merge(NULL, &a));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_result(&a, NULL));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_result(NULL, &e));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_serialize(&a, NULL, 0, &size));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_serialize(&a, bytes, 0, NULL));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_serialize(NULL, bytes, BYTES, &size));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_deserialize(&a, NULL, 0));
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_accumulator_deserialize(NULL, bytes, BYTES));
    const int64_t known = sizeof e, sizes[] = {0, -8, known - 8, known + 4, INT64_MIN};
    for (int i = 0; i < 5; i++) {
        e.size = sizes[i];
        assert_int_equal(EXACTLOSS_ERROR_SIZE, exactloss_accumulator_result(&a, &e));
        assert_int_equal(sizes[i], e.size);
    }
    assert_true(e.count == 7 && size == 7 && bytes[0] == 7);
    assert_memory_equal(&before, &a, sizeof a);
}

/* A larger evaluation than this library knows: what it knows is written, and said. */
static void results_have_their_sizes(void **unused) {
    (void)unused;
    fill(6, UNIFORM);
    exactloss_accumulator a = fresh(0.5);
    add(&a, 0, 100);
    struct {
        exactloss_evaluation e;
        unsigned char more[16];
    } larger;
    memset(&larger, 0x55, sizeof larger);
    larger.e.size = sizeof larger;
    const exactloss_evaluation want = result_of(&a);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(&a, &larger.e));
    assert_memory_equal(&want, &larger.e, sizeof want);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(0x55, larger.more[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_and_merges_do_not_matter),  cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(bytes_are_as_documented),          cmocka_unit_test(impossible_bytes_are_refused),
        cmocka_unit_test(bytes_have_their_number),          cmocka_unit_test(random_bytes_do_no_harm),
        cmocka_unit_test(counts_do_not_overflow),           cmocka_unit_test(many_counts_have_their_ratio),
        cmocka_unit_test(minus_zero_is_the_threshold_zero), cmocka_unit_test(losses_must_be_the_same),
        cmocka_unit_test(misaligned_memory_is_refused),     cmocka_unit_test(bad_arguments_have_their_statuses),
        cmocka_unit_test(results_have_their_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
