/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every type of targets: the same results as from bytes that are 1 where the element equals 1, at every length, offset and
 * alignment; and in strict mode the first element that is neither 0 nor 1. Runs on the kernels that EXACTLOSS_MAX_ISA
 * names, or exits with 77 (skipped).
 */
#include "exactloss/exactloss.h"
#include "guarded.h"
#include "inputs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SKIPPED 77
#define COUNT 5000
#define ODD_VALUES 6

/* A type of targets: how to write an element, and elements that are neither 0 nor 1 with what strict mode says of them. */
typedef struct target_type {
    const char *name;
    int dtype, bits;
    void (*write)(unsigned char *targets, int64_t i, double value);
    double odd[ODD_VALUES];
} target_type;

static void write_u8(unsigned char *targets, int64_t i, double value) { targets[i] = (unsigned char)value; }

static void write_i32(unsigned char *targets, int64_t i, double value) {
    const int32_t element = (int32_t)value;
    memcpy(targets + 4 * i, &element, 4);
}

static void write_i64(unsigned char *targets, int64_t i, double value) {
    const int64_t element = (int64_t)value;
    memcpy(targets + 8 * i, &element, 8);
}

static void write_f32(unsigned char *targets, int64_t i, double value) {
    const float element = (float)value;
    memcpy(targets + 4 * i, &element, 4);
}

static void write_f64(unsigned char *targets, int64_t i, double value) { memcpy(targets + 8 * i, &value, 8); }

static void write_bit(unsigned char *targets, int64_t i, double value) {
    const unsigned char bit = (unsigned char)(1 << i % 8);
    targets[i / 8] = (unsigned char)(value == 1 ? targets[i / 8] | bit : targets[i / 8] & ~bit);
}

static const target_type TYPES[] = {
    {"uint8", EXACTLOSS_UINT8, 8, write_u8, {2, 255, 3, 128, 254, 129}},
    {"int32", EXACTLOSS_INT32, 32, write_i32, {-1, 257, 65537, -2147483648.0, 16777217, 2}},
    {"int64", EXACTLOSS_INT64, 64, write_i64, {-1, 4294967297.0, 0x1p32, -0x1p63, 257, 65537}},
    {"float32", EXACTLOSS_FLOAT32, 32, write_f32, {NAN, 0x1.000002p0, 0x1.fffffep-1, -1, 0x1p-149, INFINITY}},
    {"float64", EXACTLOSS_FLOAT64, 64, write_f64, {NAN, 0x1.0000000000001p0, 0x1.fffffffffffffp-1, -1, 0x1p-1074, 2}},
    {"bits", EXACTLOSS_BITS, 1, write_bit, {0}},
};

#define TYPE_COUNT ((int)(sizeof TYPES / sizeof *TYPES))

static float predictions[COUNT];
static unsigned char bytes[COUNT];

static size_t size_of(const target_type *type, int64_t count) { return (size_t)(count * type->bits + 7) / 8; }

/* Fills `targets` from the element `offset` on, and the bytes that stand for them. */
static void fill(const target_type *type, int odd, int64_t offset, int count, uint64_t seed, unsigned char *targets) {
    uint64_t state = seed;
    for (int i = 0; i < count; i++) {
        const uint64_t random = next_random(&state);
        const int is_odd = odd && type->bits > 1 && random % 8 == 0;
        const double value = is_odd ? type->odd[(random >> 8) % ODD_VALUES] : (double)(random >> 20 & 1);
        type->write(targets, offset + i, value);
        bytes[i] = value == 1;
        predictions[i] = next_float(UNIFORM, &state);
    }
}

static exactloss_evaluation evaluate(int dtype, const void *targets, int64_t offset, int64_t count) {
    exactloss_evaluation e;
    assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(predictions, EXACTLOSS_FLOAT32, targets, dtype, offset, count,
                                                      0.5, 0, &e, NULL));
    return e;
}

static void check(const target_type *type, int64_t offset, int count, uint64_t seed) {
    guarded memory = guarded_allocate(size_of(type, offset + count) + 1);
    /* The elements end at the unreadable page. */
    unsigned char *targets = memory.end - size_of(type, offset + count);
    fill(type, 1, offset, count, seed, targets);
    const exactloss_evaluation want = evaluate(EXACTLOSS_UINT8, bytes, 0, count);
    const exactloss_evaluation have = evaluate(type->dtype, targets, offset, count);
    if (memcmp(&want, &have, sizeof want) != 0) {
        fail_msg("%s, %d elements from %d on, seed %llu: loss %a, not %a", type->name, count, (int)offset,
                 (unsigned long long)seed, have.loss, want.loss);
    }
    guarded_free(memory);
}

static void every_length(void **unused) {
    (void)unused;
    for (int k = 0; k < TYPE_COUNT; k++) {
        for (int count = 1; count <= COUNT; count += count < 300 ? 1 : 331) {
            check(&TYPES[k], 0, count, (uint64_t)count);
        }
    }
}

static void every_offset(void **unused) {
    (void)unused;
    for (int k = 0; k < TYPE_COUNT; k++) {
        for (int64_t offset = 1; offset <= 70; offset++) {
            check(&TYPES[k], offset, 200, (uint64_t)offset);
            check(&TYPES[k], offset, 4097, (uint64_t)offset);
        }
    }
}

static void every_alignment(void **unused) {
    (void)unused;
    static unsigned char memory[8 * COUNT + 64];
    for (int k = 0; k < TYPE_COUNT; k++) {
        for (int shift = 0; shift < 64; shift++) {
            fill(&TYPES[k], 1, 0, 333, (uint64_t)shift, memory + shift);
            const exactloss_evaluation want = evaluate(EXACTLOSS_UINT8, bytes, 0, 333);
            const exactloss_evaluation have = evaluate(TYPES[k].dtype, memory + shift, 0, 333);
            assert_memory_equal(&want, &have, sizeof want);
        }
    }
}

static void strict_mode_names_the_value(void **unused) {
    (void)unused;
    static unsigned char memory[8 * COUNT];
    for (int k = 0; k < TYPE_COUNT; k++) {
        const target_type *type = &TYPES[k];
        double loss = 7;
        fill(type, 0, 0, COUNT, 1, memory);
        assert_int_equal(EXACTLOSS_OK,
                         exactloss_mnist_loss(predictions, EXACTLOSS_FLOAT32, memory, type->dtype, 0, COUNT,
                                              EXACTLOSS_REDUCTION_MEAN, EXACTLOSS_STRICT, &loss, NULL, NULL));
        for (int value = 0; value < 2; value++) {
            for (int i = 0; i < COUNT; i++) {
                type->write(memory, i, value);
            }
            assert_int_equal(EXACTLOSS_OK,
                             exactloss_mnist_loss(predictions, EXACTLOSS_FLOAT32, memory, type->dtype, 0, COUNT,
                                                  EXACTLOSS_REDUCTION_MEAN, EXACTLOSS_STRICT, &loss, NULL, NULL));
        }
        for (int i = 0; i < ODD_VALUES && type->bits > 1; i++) {
            const int at = 17 + 913 * i;
            const double want = type->odd[i];
            exactloss_violation v;
            fill(type, 0, 0, COUNT, 1, memory);
            type->write(memory, at, want);
            type->write(memory, at + 1, want);
            assert_int_equal(EXACTLOSS_ERROR_STRICT,
                             exactloss_mnist_loss(predictions, EXACTLOSS_FLOAT32, memory, type->dtype, 0, COUNT,
                                                  EXACTLOSS_REDUCTION_MEAN, EXACTLOSS_STRICT, &loss, NULL, &v));
            assert_int_equal(at, v.index);
            assert_int_equal(EXACTLOSS_TARGETS, v.argument);
            assert_true(isnan(want) ? isnan(v.value) : v.value == want);
        }
    }
}

int main(void) {
    const char *wanted = getenv("EXACTLOSS_MAX_ISA");
    if (wanted != NULL && strcmp(wanted, exactloss_isa_name()) != 0) {
        printf("skipped: this machine cannot run %s\n", wanted);
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length),
        cmocka_unit_test(every_offset),
        cmocka_unit_test(every_alignment),
        cmocka_unit_test(strict_mode_names_the_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
