/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte forms that no elements have, with numbers at and around the bounds that native/docs/byte-form.md gives. Two forms
 * that are accepted merge to a form that is accepted too, and is their sum, number by number: so nothing that comes from
 * outside can spoil what it is merged with. Likewise, elements can be added to each form that is accepted.
 */
#include "exactloss/exactloss.h"
#include "inputs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ALL (EXACTLOSS_MNIST | EXACTLOSS_BRIER | EXACTLOSS_LOG)
#define MOST EXACTLOSS_ACCUMULATOR_MAX_BYTES
#define ROUNDS 60000
#define ELEMENTS 5

/* An integer of a form. */
typedef struct field {
    int at, size; /* in bytes */
} field;

enum { COUNT, POSITIVES, TRUE_POSITIVES, FALSE_POSITIVES, WEIGHTED, WEIGHTS, OTHERS };

/* The integers of a form, and its losses. */
typedef struct layout {
    int losses, size;
    field fields[OTHERS + 3 * 4]; /* of each loss three counts and a sum */
    int field_count;
} layout;

static field *append(layout *form, int at, int size) {
    field *f = &form->fields[form->field_count++];
    *f = (field){at, size};
    form->size = at + size;
    return f;
}

/* The padding of weights and of both small sums is 4 bytes. */
static layout layout_of(int losses) {
    layout form = {.losses = losses};
    for (int i = COUNT; i <= WEIGHTED; i++) {
        append(&form, 24 + 8 * i, 8);
    }
    append(&form, 64, 44);
    form.size += 4;
    for (int loss = EXACTLOSS_MNIST; loss <= EXACTLOSS_LOG; loss *= 2) {
        if ((losses & loss) != 0) {
            for (int i = 0; i < 3; i++) {
                append(&form, form.size, 8);
            }
            append(&form, form.size, loss == EXACTLOSS_BRIER ? 576 : 308);
            form.size += loss == EXACTLOSS_BRIER ? 0 : 4;
        }
    }
    return form;
}

/* ------------------------------------------------------------------------------------------- integers in bytes -- */

/* Adds an integer to another of the same size, modulo 2^(8 size). */
static void add_integer(unsigned char *total, const unsigned char *addend, int size) {
    int carry = 0;
    for (int i = 0; i < size; i++) {
        carry += total[i] + addend[i];
        total[i] = (unsigned char)carry;
        carry >>= 8;
    }
}

/* Adds value * 256^byte. */
static void add_value(unsigned char *total, int size, int64_t value, int byte) {
    unsigned char addend[576];
    memset(addend, 0, (size_t)byte);
    for (int i = byte; i < size; i++) {
        addend[i] = (unsigned char)(i - byte < 8 ? value >> 8 * (i - byte) : value >> 63);
    }
    add_integer(total, addend, size);
}

static void put_count(unsigned char *bytes, const layout *form, int i, int64_t value) {
    memset(bytes + form->fields[i].at, 0, 8);
    add_value(bytes + form->fields[i].at, 8, value, 0);
}

/* ---------------------------------------------------------------------------------------------------- forging -- */

/* Up to `most`, with a preference for both ends. */
static int64_t draw_up_to(int64_t most, uint64_t *state) {
    switch (next_random(state) % 4) {
        case 0:
            return 0;
        case 1:
            return most;
        default:
            return most == 0 ? 0 : (int64_t)(next_random(state) % (uint64_t)most);
    }
}

static int64_t draw_count(uint64_t *state) {
    const int bits = (int)(next_random(state) % 64);
    switch (next_random(state) % 4) {
        case 0:
            return (int64_t)(next_random(state) % 4);
        case 1:
            return (int64_t)(((uint64_t)1 << bits) - 1);
        case 2:
            return (int64_t)((uint64_t)1 << bits % 63);
        default:
            return (int64_t)(next_random(state) >> 1 >> bits % 63);
    }
}

/* A sum whose bound is count * 256^top: at it, a unit or more off it, or far below. */
static void draw_sum(unsigned char *sum, int size, int64_t count, int top, int is_signed, uint64_t *state) {
    const int sign = is_signed && next_random(state) % 2 == 0 ? -1 : 1;
    const uint64_t kind = next_random(state) % 8;
    memset(sum, 0, (size_t)size);
    if (kind < 5) {
        add_value(sum, size, sign * count, top);
    }
    if (kind != 0) {
        const int64_t small = (int64_t)(next_random(state) >> next_random(state) % 64 >> 1);
        add_value(sum, size, kind < 4 ? -sign * small : sign * small, (int)(next_random(state) % (uint64_t)top));
    }
}

static void forge(const layout *form, uint64_t *state, unsigned char *bytes) {
    exactloss_accumulator empty;
    int64_t size;
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_init(&empty, form->losses, 0.5));
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_serialize(&empty, bytes, MOST, &size));
    assert_int_equal(form->size, size);
    const int64_t count = draw_count(state), positives = draw_up_to(count, state);
    const int64_t weighted = next_random(state) % 2 == 0 ? 0 : draw_up_to(count, state);
    put_count(bytes, form, COUNT, count);
    put_count(bytes, form, POSITIVES, positives);
    put_count(bytes, form, TRUE_POSITIVES, draw_up_to(positives, state));
    put_count(bytes, form, FALSE_POSITIVES, draw_up_to(count - positives, state));
    put_count(bytes, form, WEIGHTED, weighted);
    /* The unit is 2^-160, and a weight is below 2^128. */
    draw_sum(bytes + form->fields[WEIGHTS].at, 44, weighted, (160 + 128) / 8, 0, state);
    for (int i = OTHERS; i < form->field_count; i += 4) {
        const field *sum = &form->fields[i + 3];
        const int is_square = sum->size == 576, bits = (is_square ? 2048 : 1024) + (weighted == 0 ? 0 : 128);
        for (int k = 0; k < 3; k++) {
            put_count(bytes, form, i + k, next_random(state) % 4 == 0 ? draw_up_to(count, state) : 0);
        }
        draw_sum(bytes + sum->at, sum->size, count, ((is_square ? 2304 : 1248) + bits) / 8, 1, state);
    }
}

/* ----------------------------------------------------------------------------------------------------- checks -- */

static void add_form(const layout *form, unsigned char *total, const unsigned char *addend) {
    for (int i = 0; i < form->field_count; i++) {
        add_integer(total + form->fields[i].at, addend + form->fields[i].at, form->fields[i].size);
    }
}

/* Checks that an accumulator has a form, and that this is accepted and has the same results. */
static void check_form(const exactloss_accumulator *a, const unsigned char *want, const layout *form, const char *what,
                       uint64_t round) {
    unsigned char have[MOST];
    int64_t size = 0;
    exactloss_accumulator read;
    exactloss_evaluation e = {.size = sizeof e}, of_read = {.size = sizeof e};
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_serialize(a, have, MOST, &size));
    assert_int_equal(form->size, size);
    if (memcmp(want, have, (size_t)size) != 0) {
        fail_msg("round %llu: what is %s is not the sum", (unsigned long long)round, what);
    }
    if (exactloss_accumulator_deserialize(&read, have, size) != EXACTLOSS_OK) {
        fail_msg("round %llu: what is %s is not accepted", (unsigned long long)round, what);
    }
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(a, &e));
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(&read, &of_read));
    assert_memory_equal(&e, &of_read, sizeof e);
}

/* The number of rounds in which both forms were accepted and could be merged. */
static int merge_forged(const layout *form, uint64_t round) {
    uint64_t state = round;
    exactloss_accumulator accumulators[2];
    unsigned char bytes[2][MOST], sum[MOST];
    int64_t counts[2];
    for (int i = 0; i < 2; i++) {
        forge(form, &state, bytes[i]);
        if (exactloss_accumulator_deserialize(&accumulators[i], bytes[i], form->size) != EXACTLOSS_OK) {
            return 0;
        }
        exactloss_evaluation e = {.size = sizeof e};
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_result(&accumulators[i], &e));
        counts[i] = e.count;
    }
    if (counts[0] > INT64_MAX - counts[1]) {
        const exactloss_accumulator before = accumulators[0];
        assert_int_equal(EXACTLOSS_ERROR_OVERFLOW, exactloss_accumulator_merge(&accumulators[0], &accumulators[1]));
        assert_memory_equal(&before, &accumulators[0], sizeof before);
        return 0;
    }
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_merge(&accumulators[0], &accumulators[1]));
    memcpy(sum, bytes[0], (size_t)form->size);
    add_form(form, sum, bytes[1]);
    check_form(&accumulators[0], sum, form, "merged", round);
    return 1;
}

static void accepted_forms_merge_to_accepted_ones(void **unused) {
    (void)unused;
    int merged = 0;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        const layout form = layout_of(1 + (int)(round % ALL));
        merged += merge_forged(&form, round);
    }
    assert_in_range(merged, ROUNDS / 20, ROUNDS);
}

/* Elements of the largest and of any values, weighted or not. */
static void elements_are_added_to_any_accepted_form(void **unused) {
    (void)unused;
    int added = 0;
    for (uint64_t round = 0; round < ROUNDS / 10; round++) {
        const layout form = layout_of(1 + (int)(round % ALL));
        const input_kind kind = round % 2 == 0 ? HUGE_VALUES : ANY_BITS;
        uint64_t state = round;
        unsigned char bytes[MOST], of_elements[MOST], t[ELEMENTS];
        double p[ELEMENTS];
        float w[ELEMENTS];
        int64_t size;
        exactloss_accumulator a, elements;
        forge(&form, &state, bytes);
        fill_doubles(kind, &state, (unsigned char *)p, ELEMENTS);
        fill_bytes(1, &state, t, ELEMENTS);
        for (int i = 0; i < ELEMENTS; i++) {
            w[i] = i % 2 == 0 ? 0x1.fffffep127f : next_float(UNIFORM, &state);
        }
        const float *weights = next_random(&state) % 2 == 0 ? w : NULL;
        const int options = EXACTLOSS_P_FLOAT64 | EXACTLOSS_T_UINT8;
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_init(&elements, form.losses, 0.5));
        assert_int_equal(EXACTLOSS_OK,
                         exactloss_accumulator_add(&elements, options, p, t, weights, ELEMENTS, NULL, NULL));
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_serialize(&elements, of_elements, MOST, &size));
        check_form(&elements, of_elements, &form, "of real elements", round);
        if (exactloss_accumulator_deserialize(&a, bytes, form.size) != EXACTLOSS_OK ||
            exactloss_accumulator_add(&a, options, p, t, weights, ELEMENTS, NULL, NULL) == EXACTLOSS_ERROR_OVERFLOW) {
            continue;
        }
        add_form(&form, bytes, of_elements);
        check_form(&a, bytes, &form, "added to", round);
        added++;
    }
    assert_in_range(added, ROUNDS / 100, ROUNDS / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_forms_merge_to_accepted_ones),
        cmocka_unit_test(elements_are_added_to_any_accepted_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
