/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sums of few elements, of one instruction set and of the portable kernels: against exact sums, at every length, between
 * unreadable pages, in every rounding mode, without a flag. They are NaN where a prediction is out of range, and only there.
 */
#include "kernel_cases.h"

#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int is_in_range(const unsigned char *p, int size, int count) {
    for (int i = 0; i < count; i++) {
        uint32_t bits = 0;
        memcpy((unsigned char *)&bits + 4 - size, p + size * i, (size_t)size);
        if (bits < 0x36000000 || bits > 0x3fffffff) {
            return 0;
        }
    }
    return 1;
}

static double expected_sum(const real_type *type, const unsigned char *p, const unsigned char *bytes, int count) {
    exact_sum sum;
    double result;
    summation s = begin(&sum);
    type->sum_by_bytes(p, bytes, count, &s);
    exactloss_sum_divide(&sum, 1, &result, NULL);
    return result;
}

static void check_few(const char *name, const real_type *type, const real_type *reference, const char *of,
                      const unsigned char *p, const unsigned char *bytes, int count, uint64_t seed) {
    static const int ROUNDINGS[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    const int is_in = is_in_range(p, type->size, count);
    const double want = is_in ? expected_sum(reference, p, bytes, count) : 0;
    for (int i = 0; i < 4; i++) {
        fesetround(ROUNDINGS[i]);
        feclearexcept(FE_ALL_EXCEPT);
        const double have = type->sum_few(p, bytes, count);
        const int flags = fetestexcept(FE_ALL_EXCEPT);
        fesetround(FE_TONEAREST);
        if (flags != 0 || (is_in ? have != want : !isnan(have))) {
            fail_msg("%s sum of %d %s: %a and not %a, flags %d, rounding mode %d, seed %llu", name, count, of, have,
                     is_in ? want : (double)NAN, flags, i, (unsigned long long)seed);
        }
    }
}

static void few(input_kind kind, int count, uint64_t seed) {
    uint64_t state = seed;
    unsigned char *floats = predictions.end - 4 * count, *shorts = spare.end - 2 * count, *bytes = targets.end - count;
    fill_floats(kind, &state, floats, count);
    fill_bytes(seed % 2 != 0, &state, bytes, count);
    for (int i = 0; i < count; i++) {
        memcpy(shorts + 2 * i, floats + 4 * i + 2, 2);
    }
    check_few(isa_name, &kernels->f32, &portable->f32, "floats", floats, bytes, count, seed);
    check_few(isa_name, &kernels->bf16, &portable->bf16, "bfloat16", shorts, bytes, count, seed);
    check_few("portable", &portable->f32, &portable->f32, "floats", floats, bytes, count, seed);
    check_few("portable", &portable->bf16, &portable->bf16, "bfloat16", shorts, bytes, count, seed);
}

static void every_length_and_kind(void **unused) {
    (void)unused;
    for (int kind = 0; kind < INPUT_KINDS; kind++) {
        for (int count = 1; count <= FEW; count++) {
            few((input_kind)kind, count, (uint64_t)(1000 * kind + count));
        }
    }
}

/* The largest sums, of either sign, and one stranger at every place. */
static void edges(void **unused) {
    (void)unused;
    static const uint32_t STRANGERS[] = {0x00000000, 0x80000000, 0x00000001, 0x35ffffff, 0x40000000,
                                         0xbf000000, 0x7f800001, 0x7fc00000, 0xff800000, 0x7f800000};
    static const uint32_t LARGEST = 0x3fffffff;
    unsigned char *p = predictions.end - 4 * FEW, *bytes = targets.end - FEW;
    for (int target = 0; target < 2; target++) {
        memset(bytes, target, FEW);
        for (int i = 0; i < FEW; i++) {
            memcpy(p + 4 * i, &LARGEST, sizeof LARGEST);
        }
        check_few(isa_name, &kernels->f32, &portable->f32, "floats", p, bytes, FEW, (uint64_t)target);
        for (int i = 0; i < FEW; i++) {
            memcpy(p + 4 * i, &STRANGERS[i % 10], sizeof *STRANGERS);
            check_few(isa_name, &kernels->f32, &portable->f32, "floats", p, bytes, FEW, (uint64_t)i);
            memcpy(p + 4 * i, &LARGEST, sizeof LARGEST);
        }
    }
}

int main(int argc, char **argv) {
    const int status = open_kernel_cases(argc, argv);
    if (status != 0) {
        return status;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_length_and_kind), cmocka_unit_test(edges)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    close_kernel_cases();
    return failed;
}
