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
#define BRIER EXACTLOSS_BRIER
#define LOG EXACTLOSS_LOG
#define ALL (MNIST | BRIER | LOG)
#define TYPES (EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8)
#define COUNT 20000
#define BYTES 448 /* of the byte form with the loss mnist */
#define MOST EXACTLOSS_ACCUMULATOR_MAX_BYTES
#define PARTS 4

static float p[COUNT], w[COUNT];
static unsigned char t[COUNT];
static int options = TYPES; /* of what is added */

static void fill(uint64_t seed, input_kind kind) {
    uint64_t state = seed;
    fill_floats(kind, &state, (unsigned char *)p, COUNT);
    fill_bytes(1, &state, t, COUNT);
    fill_floats(UNIFORM, &state, (unsigned char *)w, COUNT);
}

static exactloss_accumulator fresh_of(int losses, double threshold) {
    exactloss_accumulator a;
    memset(&a, 0x5a, sizeof a);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_init(&a, losses, threshold));
    return a;
}

static exactloss_accumulator fresh(double threshold) { return fresh_of(MNIST, threshold); }

static void add_weighted(exactloss_accumulator *a, int64_t from, int64_t to) {
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_accumulator_add(a, options, p + from, t + from, w + from, to - from, NULL, NULL));
}

static void add(exactloss_accumulator *a, int64_t from, int64_t to) {
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_accumulator_add(a, options, p + from, t + from, NULL, to - from, NULL, NULL));
}

/* The bytes of the form of a set of losses, as native/docs/byte-form.md has them. */
static int64_t size_of(int losses) {
    return 112 + ((losses & MNIST) != 0 ? 336 : 0) + ((losses & BRIER) != 0 ? 600 : 0) +
           ((losses & LOG) != 0 ? 336 : 0);
}

static void serialize_set(const exactloss_accumulator *a, int losses, unsigned char *bytes) {
    int64_t size = -1;
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_serialize(a, bytes, size_of(losses), &size));
    assert_int_equal(size_of(losses), size);
}

static void serialize(const exactloss_accumulator *a, unsigned char *bytes) { serialize_set(a, MNIST, bytes); }

static exactloss_evaluation result_of(const exactloss_accumulator *a) {
    exactloss_evaluation e = {.size = sizeof e};
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(a, &e));
    assert_true(e.size == sizeof e);
    return e;
}

static void pieces_and_merges_do_not_matter(void **unused) {
    (void)unused;
    for (uint64_t seed = 0; seed < 14 * INPUT_KINDS; seed++) {
        const input_kind kind = (input_kind)(seed % INPUT_KINDS);
        const int is_weighted = seed / INPUT_KINDS % 2 == 1, losses = 1 + (int)(seed / INPUT_KINDS % 7);
        void (*const add_some)(exactloss_accumulator *, int64_t, int64_t) = is_weighted ? add_weighted : add;
        options = TYPES | (seed % 3 == 0 ? EXACTLOSS_FROM_LOGITS : 0) | (seed % 2 == 0 ? EXACTLOSS_CLAMP : 0);
        fill(seed, kind);
        exactloss_evaluation want = {.size = sizeof want};
        assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(losses | options, p, t, is_weighted ? w : NULL, COUNT, NULL,
                                                          0.5, &want, NULL));
        exactloss_accumulator parts[PARTS], whole = fresh_of(losses, 0.5);
        for (int i = 0; i < PARTS; i++) {
            parts[i] = fresh_of(losses, 0.5);
        }
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
            fail_msg("%s, losses %d, seed %llu: other results in pieces than at once", INPUT_KIND_NAMES[kind], losses,
                     (unsigned long long)seed);
        }
        unsigned char bytes[MOST], whole_bytes[MOST];
        serialize_set(&parts[2], losses, bytes);
        serialize_set(&whole, losses, whole_bytes);
        assert_memory_equal(whole_bytes, bytes, (size_t)size_of(losses));
    }
    options = TYPES;
}

static void bytes_come_back(void **unused) {
    (void)unused;
    for (uint64_t seed = 0; seed < 7 * INPUT_KINDS; seed++) {
        const int losses = 1 + (int)(seed / INPUT_KINDS);
        const int64_t size = size_of(losses);
        fill(seed, (input_kind)(seed % INPUT_KINDS));
        exactloss_accumulator a = fresh_of(losses, 0.25), b;
        unsigned char first[MOST], second[MOST];
        add(&a, 0, COUNT / 4);
        add_weighted(&a, COUNT / 4, COUNT / 2);
        serialize_set(&a, losses, first);
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_deserialize(&b, first, size));
        add(&a, COUNT / 2, COUNT);
        add(&b, COUNT / 2, COUNT);
        serialize_set(&a, losses, first);
        serialize_set(&b, losses, second);
        assert_memory_equal(first, second, (size_t)size);
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

/* All losses, of one prediction of 1/2, an infinite one of a positive target, and one that is no probability. */
static void bytes_of_all_losses_are_as_documented(void **unused) {
    (void)unused;
    const float predictions[] = {0.5f, INFINITY, -3};
    const unsigned char targets[] = {1, 1, 0};
    unsigned char want[MOST] = {'X', 'L', 'A', 'C', 1, 0, 0, 0, ALL}, have[MOST];
    unsigned char *mnist = want + 112, *brier = mnist + 336, *log = brier + 600;
    want[22] = 0xe0; /* the threshold */
    want[23] = 0x3f;
    want[24] = 3; /* count */
    want[32] = 2; /* positives */
    want[40] = 1; /* true positives */
    mnist[16] = 1;
    brier[8] = 1;
    log[0] = 2;
    /* 1/2 - 3, and 1 of the positive infinite one: -3/2, or 1 + 1/2 - 2, in units of 2^-1248 */
    mnist[24 + 155] = 0x80;
    mnist[24 + 156] = 0xfe;
    memset(mnist + 24 + 157, 0xff, 308 - 157);
    /* 1/4 + 9, and 1 of the positive infinite one, in units of 2^-2304 */
    brier[24 + 287] = 0x40;
    brier[24 + 288] = 10;
    /* ln 2 is the float 0xb17218 * 2^-24 */
    log[24 + 153] = 0x18;
    log[24 + 154] = 0x72;
    log[24 + 155] = 0xb1;
    exactloss_accumulator a = fresh_of(ALL, 0.5);
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_add(&a, TYPES, predictions, targets, NULL, 3, NULL, NULL));
    serialize_set(&a, ALL, have);
    assert_memory_equal(want, have, MOST);
    const exactloss_evaluation e = result_of(&a);
    assert_true(e.losses == ALL && e.mnist.infinite_count == 1 && e.mnist.sum == -INFINITY && e.mnist.nan_count == 0);
    assert_true(e.brier.infinite_count == 1 && e.brier.sum == INFINITY && e.brier.nan_count == 0);
    assert_true(e.log.infinite_count == 0 && isnan(e.log.sum) && e.log.nan_count == 2);
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
        {8, 8},      /* an unknown loss */
        {8, 9},      /* an unknown loss beside a known one */
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

/* Writes an integer of the form, of 8 bytes. */
static void put_number(int64_t value, unsigned char *bytes) {
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(value >> 8 * i);
    }
}

/* Writes a sum of value * 2^bits as `used` bytes, of which bit `one` is the integer 1. */
static void put_sum(int64_t value, int bits, int one, int used, unsigned char *bytes) {
    const int at = (one + bits) / 8;
    memset(bytes, 0, (size_t)at);
    memset(bytes + at, value < 0 ? 0xff : 0, (size_t)(used - at));
    put_number(value, bytes + at);
}

/* The form of so many elements, with weights and losses that are just above the largest. */
static void forge(int losses, int64_t count, int is_weighted, int sign, unsigned char *bytes) {
    const exactloss_accumulator empty = fresh_of(losses, 0.5);
    const int weight_bits = is_weighted ? 128 : 0;
    serialize_set(&empty, losses, bytes);
    put_number(count, bytes + 24);
    put_number(is_weighted ? count : 0, bytes + 56);
    put_sum(is_weighted ? count : 0, 128, 160, 44, bytes + 64);
    for (int loss = 1, at = 112; loss <= LOG; loss *= 2) {
        if ((losses & loss) != 0 && loss == BRIER) {
            put_sum(sign * count, 2048 + weight_bits, 2304, 576, bytes + at + 24);
            at += 600;
        } else if ((losses & loss) != 0) {
            put_sum(sign * count, 1024 + weight_bits, 1248, 308, bytes + at + 24);
            at += 336;
        }
    }
}

/* The largest sums that are accepted, and what is a unit beyond them. */
static void sums_have_their_bounds(void **unused) {
    (void)unused;
    static const int64_t COUNTS[] = {1, 2, 3, 1000, INT64_MAX};
    for (int i = 0; i < 3 * 5 * 4; i++) {
        const int losses = MNIST << i % 3, is_weighted = i / 15 % 2, sign = i / 30 == 0 ? 1 : -1;
        exactloss_accumulator a;
        const int top =
            (losses == BRIER ? 544 : 284) + (is_weighted ? 16 : 0); /* where the count of the forged sum is */
        unsigned char bytes[MOST], *sum = bytes + 112 + 24;
        forge(losses, COUNTS[i / 3 % 5], is_weighted, sign, bytes);
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_deserialize(&a, bytes, size_of(losses)));
        if (sign == 1) {
            sum[0] = 1;
        } else {
            put_sum(-COUNTS[i / 3 % 5] - 1, 8 * top, 0, losses == BRIER ? 576 : 308, sum);
            memset(sum, 0xff, (size_t)top);
        }
        assert_int_equal(EXACTLOSS_ERROR_FORMAT, exactloss_accumulator_deserialize(&a, bytes, size_of(losses)));
        if (is_weighted) {
            forge(losses, COUNTS[i / 3 % 5], is_weighted, sign, bytes);
            bytes[64] = 1;
            assert_int_equal(EXACTLOSS_ERROR_FORMAT, exactloss_accumulator_deserialize(&a, bytes, size_of(losses)));
        }
    }
}

/*
 * Any bytes give an error, or an accumulator that works and writes the same bytes again. Two of these, merged, are such
 * an accumulator too.
 */
static void random_bytes_do_no_harm(void **unused) {
    (void)unused;
    fill(2, MIXED);
    uint64_t state = 99;
    int accepted = 0, merged = 0;
    for (int round = 0; round < 40000; round++) {
        const int losses = 1 + (int)(next_random(&state) % 7);
        const int64_t size = size_of(losses);
        exactloss_accumulator both[2];
        int statuses[2];
        unsigned char bytes[2][MOST], again[MOST];
        for (int i = 0; i < 2; i++) {
            exactloss_accumulator *a = &both[i];
            *a = fresh_of(losses, 0.5);
            add(a, 0, (int64_t)(next_random(&state) % 4));
            add_weighted(a, 0, (int64_t)(next_random(&state) % 4));
            serialize_set(a, losses, bytes[i]);
            for (int changes = (int)(next_random(&state) % 4); changes > 0; changes--) {
                /* Half of them where the losses of one kind have their largest bits. */
                const uint64_t at = next_random(&state) % 2 == 0 ? 112 + 24 + 280 + next_random(&state) % 24
                                                                 : next_random(&state) % (uint64_t)size;
                bytes[i][at] ^= (unsigned char)(1 << next_random(&state) % 8);
            }
            statuses[i] = exactloss_accumulator_deserialize(a, bytes[i], size);
            if (statuses[i] == EXACTLOSS_OK) {
                accepted++;
                serialize_set(a, losses, again);
                assert_memory_equal(bytes[i], again, (size_t)size);
                result_of(a);
            }
        }
        if (statuses[0] == EXACTLOSS_OK && statuses[1] == EXACTLOSS_OK &&
            exactloss_accumulator_merge(&both[0], &both[1]) == EXACTLOSS_OK) {
            merged++;
            serialize_set(&both[0], losses, again);
            if (exactloss_accumulator_deserialize(&both[1], again, size) != EXACTLOSS_OK) {
                fail_msg("round %d: two forms are accepted, but not what they are merged to", round);
            }
        }
    }
    assert_in_range(accepted, 1, 79999);
    assert_in_range(merged, 1, accepted / 2);
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

/* Other losses than the accumulator's. */
static void losses_must_be_the_same(void **unused) {
    (void)unused;
    fill(4, UNIFORM);
    float gradient = 7;
    for (int one = 1; one <= ALL; one++) {
        for (int another = 1; another <= ALL; another++) {
            exactloss_accumulator a = fresh_of(one, 0.5), other = fresh_of(another, one % 2 == 0 ? 0.25 : 0.5);
            const exactloss_accumulator before = a, other_before = other;
            if (one != another) {
                /* before the threshold, the types and the count */
                assert_int_equal(EXACTLOSS_ERROR_LOSS, exactloss_accumulator_merge(&a, &other));
                assert_int_equal(EXACTLOSS_ERROR_LOSS,
                                 exactloss_accumulator_add(&other, one, p, t, NULL, -1, NULL, NULL));
                exactloss_accumulator rows[] = {a, other};
                const exactloss_rows shape = {2, 1, 1, 0};
                assert_int_equal(EXACTLOSS_ERROR_LOSS,
                                 exactloss_accumulator_add(rows, one | TYPES, p, t, NULL, 1, &shape, NULL));
                assert_memory_equal(&before, &rows[0], sizeof a);
                assert_memory_equal(&other_before, &rows[1], sizeof a);
            }
            /* One of them has a gradient, and may be one of several. */
            const int is_one = one == MNIST || one == BRIER || one == LOG;
            const int want = is_one && (one & another) != 0 ? EXACTLOSS_ERROR_TYPE : EXACTLOSS_ERROR_LOSS;
            assert_int_equal(
                want, exactloss_accumulator_add_with_gradient(&other, one, p, t, NULL, 1, 1, 1, &gradient, NULL));
            assert_int_equal(EXACTLOSS_ERROR_OPTIONS,
                             exactloss_accumulator_add(&other, another | EXACTLOSS_MEAN, p, t, NULL, 1, NULL, NULL));
            assert_memory_equal(&before, &a, sizeof a);
            assert_memory_equal(&other_before, &other, sizeof a);
        }
    }
    assert_true(gradient == 7);
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
        cmocka_unit_test(bytes_are_as_documented),          cmocka_unit_test(bytes_of_all_losses_are_as_documented),
        cmocka_unit_test(impossible_bytes_are_refused),     cmocka_unit_test(sums_have_their_bounds),
        cmocka_unit_test(bytes_have_their_number),          cmocka_unit_test(random_bytes_do_no_harm),
        cmocka_unit_test(counts_do_not_overflow),           cmocka_unit_test(many_counts_have_their_ratio),
        cmocka_unit_test(minus_zero_is_the_threshold_zero), cmocka_unit_test(losses_must_be_the_same),
        cmocka_unit_test(misaligned_memory_is_refused),     cmocka_unit_test(bad_arguments_have_their_statuses),
        cmocka_unit_test(results_have_their_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
