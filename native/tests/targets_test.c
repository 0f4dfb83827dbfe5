/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every type of targets: the same results as from bytes that are 1 where the element equals 1, at every length, first
 * element, bit offset and alignment; and in strict mode the first element that is neither 0 nor 1. Runs on the kernels that EXACTLOSS_MAX_ISA
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
    int option, bits;
    void (*write)(unsigned char *targets, int64_t i, double value);
    double odd[ODD_VALUES];
} target_type;

static void write_u8(unsigned char *targets, int64_t i, double value) { targets[i] = (unsigned char)value; }

static void write_i8(unsigned char *targets, int64_t i, double value) {
    const int8_t element = (int8_t)value;
    memcpy(targets + i, &element, 1);
}

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

/* A few bits away from 0 and 1, above all. */
static const target_type TYPES[] = {
    {"uint8", EXACTLOSS_T_UINT8, 8, write_u8, {2, 255, 3, 128, 254, 129}},
    {"int8", EXACTLOSS_T_INT8, 8, write_i8, {-1, 2, 3, -128, -2, -127}},
    {"int32", EXACTLOSS_T_INT32, 32, write_i32, {-1, 257, 65537, -2147483648.0, 16777217, 2}},
    {"int64", EXACTLOSS_T_INT64, 64, write_i64, {-1, 4294967297.0, 0x1p32, -0x1p63, 257, 65537}},
    {"float32", EXACTLOSS_T_FLOAT32, 32, write_f32, {NAN, 0x1.000002p0, 0x1.fffffep-1, -1, 0x1p-149, INFINITY}},
    {"float64", EXACTLOSS_T_FLOAT64, 64, write_f64, {NAN, 0x1.0000000000001p0, 0x1.fffffffffffffp-1, -1, 0x1p-1074, 2}},
    {"bits", EXACTLOSS_T_BITS, 1, write_bit, {0}},
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

/* The evaluation of the targets from element `first` on. Packed bits begin with bit first % 8 of a byte. */
static exactloss_evaluation evaluate(const target_type *type, const unsigned char *targets, int64_t first,
                                     int64_t count) {
    exactloss_evaluation e = {.size = sizeof e};
    const int offset = type->bits == 1 ? (int)(first % 8) * EXACTLOSS_T_BIT_OFFSET : 0;
    const int options = EXACTLOSS_MNIST | EXACTLOSS_P_FLOAT32 | type->option | offset;
    const unsigned char *at = targets + first * type->bits / 8;
    assert_int_equal(EXACTLOSS_OK, exactloss_evaluate(options, predictions, at, NULL, count, NULL, 0.5, &e, NULL));
    return e;
}

static void check(const target_type *type, int64_t first, int count, uint64_t seed) {
    guarded memory = guarded_allocate(size_of(type, first + count) + 1);
    /* The elements end at the unreadable page. */
    unsigned char *targets = memory.end - size_of(type, first + count);
    memset(targets, 0xff, size_of(type, first + count)); /* the bits before and behind them */
    fill(type, 1, first, count, seed, targets);
    const exactloss_evaluation want = evaluate(&TYPES[0], bytes, 0, count);
    const exactloss_evaluation have = evaluate(type, targets, first, count);
    if (memcmp(&want, &have, sizeof want) != 0) {
        fail_msg("%s, %d elements from %d on, seed %llu: loss %a, not %a", type->name, count, (int)first,
                 (unsigned long long)seed, have.mnist.mean, want.mnist.mean);
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

static void every_first_element(void **unused) {
    (void)unused;
    for (int k = 0; k < TYPE_COUNT; k++) {
        for (int64_t first = 1; first <= 70; first++) {
            check(&TYPES[k], first, 200, (uint64_t)first);
            check(&TYPES[k], first, 4097, (uint64_t)first);
        }
    }
}

static void every_alignment(void **unused) {
    (void)unused;
    static unsigned char memory[8 * COUNT + 64];
    for (int k = 0; k < TYPE_COUNT; k++) {
        for (int shift = 0; shift < 64; shift++) {
            fill(&TYPES[k], 1, 0, 333, (uint64_t)shift, memory + shift);
            const exactloss_evaluation want = evaluate(&TYPES[0], bytes, 0, 333);
            const exactloss_evaluation have = evaluate(&TYPES[k], memory + shift, 0, 333);
            assert_memory_equal(&want, &have, sizeof want);
        }
    }
}

/* A strict call on all targets: its status. */
static int strict_loss(const target_type *type, const unsigned char *targets, exactloss_violation *violation) {
    double loss = 7;
    const int options = EXACTLOSS_MNIST | EXACTLOSS_MEAN | EXACTLOSS_P_FLOAT32 | type->option | EXACTLOSS_STRICT;
    const int status = exactloss_loss(options, predictions, targets, NULL, COUNT, NULL, &loss, violation);
    assert_int_equal(status != EXACTLOSS_OK, loss == 7);
    return status;
}

static void strict_mode_names_the_value(void **unused) {
    (void)unused;
    static unsigned char memory[8 * COUNT];
    for (int k = 0; k < TYPE_COUNT; k++) {
        const target_type *type = &TYPES[k];
        fill(type, 0, 0, COUNT, 1, memory);
        assert_int_equal(EXACTLOSS_OK, strict_loss(type, memory, NULL));
        for (int value = 0; value < 2; value++) {
            for (int i = 0; i < COUNT; i++) {
                type->write(memory, i, value);
            }
            assert_int_equal(EXACTLOSS_OK, strict_loss(type, memory, NULL));
        }
        for (int i = 0; i < ODD_VALUES && type->bits > 1; i++) {
            const int at = 17 + 913 * i;
            const double want = type->odd[i];
            exactloss_violation v;
            fill(type, 0, 0, COUNT, 1, memory);
            type->write(memory, 3, -0.0); /* equals 0 */
            type->write(memory, at, want);
            type->write(memory, at + 1, want);
            assert_int_equal(EXACTLOSS_ERROR_STRICT, strict_loss(type, memory, &v));
            assert_int_equal(at, v.index);
            assert_int_equal(EXACTLOSS_TARGETS, v.argument);
            assert_true(isnan(want) ? isnan(v.value) : v.value == want);
        }
    }
}

/* Flips a bit of an element of so many bits. */
static void flip_bit(unsigned char *element, int bits, int bit) {
    const uint16_t one = 1;
    unsigned char is_little_endian;
    memcpy(&is_little_endian, &one, 1);
    element[is_little_endian ? bit / 8 : (bits - 1 - bit) / 8] ^= (unsigned char)(1 << bit % 8);
}

/* Every single bit that is wrong: in the pattern of 1, and in that of 0 unless it is the sign of a float. */
static void strict_mode_looks_at_every_bit(void **unused) {
    (void)unused;
    static unsigned char memory[8 * COUNT];
    for (int k = 0; k < TYPE_COUNT; k++) {
        const target_type *type = &TYPES[k];
        const int is_real = type->option == EXACTLOSS_T_FLOAT32 || type->option == EXACTLOSS_T_FLOAT64;
        for (int bit = 0; bit < type->bits && type->bits > 1; bit++) {
            const int is_sign = is_real && bit == type->bits - 1;
            for (int value = 0; value < 2; value++) {
                const int at = 100 + bit;
                exactloss_violation v = {.index = -1};
                fill(type, 0, 0, COUNT, 1, memory);
                type->write(memory, at, value);
                flip_bit(memory + at * type->bits / 8, type->bits, bit);
                const int is_other = !is_real && bit == 0; /* 1 becomes 0, and 0 becomes 1 */
                const int is_good = is_other || (is_sign && value == 0);
                assert_int_equal(is_good ? EXACTLOSS_OK : EXACTLOSS_ERROR_STRICT, strict_loss(type, memory, &v));
                assert_int_equal(is_good ? -1 : at, v.index);
            }
        }
    }
}

/* Every byte, of both types. */
static void every_byte(void **unused) {
    (void)unused;
    for (int k = 0; k < 2; k++) {
        for (int byte = 0; byte < 256; byte++) {
            unsigned char memory[COUNT] = {0};
            exactloss_violation v = {.index = -1};
            memory[70] = (unsigned char)byte;
            assert_int_equal(byte == 1, evaluate(&TYPES[k], memory, 0, COUNT).positives);
            assert_int_equal(byte < 2 ? EXACTLOSS_OK : EXACTLOSS_ERROR_STRICT, strict_loss(&TYPES[k], memory, &v));
            assert_int_equal(byte < 2 ? -1 : 70, v.index);
            assert_true(byte < 2 || v.value == (k == 0 ? byte : (int8_t)byte));
        }
    }
}

/* All offsets within a byte, at lengths around a word, and from a bit beyond the first byte, as rows have them. */
static void every_bit_offset(void **unused) {
    (void)unused;
    const target_type *type = &TYPES[TYPE_COUNT - 1];
    for (int offset = 0; offset < 8; offset++) {
        for (int count = 1; count <= 200; count++) {
            check(type, offset, count, (uint64_t)count);
        }
        for (int64_t stride = 0; stride < 100; stride += 7) {
            static unsigned char memory[1000];
            enum { ROWS = 6, COLUMNS = 90 };
            const int options =
                EXACTLOSS_MNIST | EXACTLOSS_SUM | EXACTLOSS_P_FLOAT32 | type->option | offset * EXACTLOSS_T_BIT_OFFSET;
            const exactloss_rows rows = {.count = ROWS, .predictions_stride = 0, .targets_stride = stride};
            double losses[ROWS];
            fill(type, 0, offset, (int)stride * (ROWS - 1) + COLUMNS, (uint64_t)stride, memory);
            assert_int_equal(EXACTLOSS_OK,
                             exactloss_loss(options, predictions, memory, NULL, COLUMNS, &rows, losses, NULL));
            for (int row = 0; row < ROWS; row++) {
                const exactloss_evaluation e = evaluate(type, memory, offset + stride * row, COLUMNS);
                assert_true(losses[row] == e.mnist.sum);
            }
        }
    }
}

int main(void) {
    const char *wanted = getenv("EXACTLOSS_MAX_ISA"), *name = exactloss_isa_name();
    if (wanted != NULL && (name == NULL || strcmp(wanted, name) != 0)) {
        printf("skipped: this machine cannot run %s\n", wanted);
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length),
        cmocka_unit_test(every_first_element),
        cmocka_unit_test(every_alignment),
        cmocka_unit_test(strict_mode_names_the_value),
        cmocka_unit_test(strict_mode_looks_at_every_bit),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(every_bit_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
