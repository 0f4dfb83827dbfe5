/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The losses of few elements, of one instruction set and of the portable kernels: against exact sums, at every length, between
 * unreadable pages, in every rounding mode, without a flag. Predictions are in the range of the short way, and out of it.
 */
#include "exactloss/exactloss.h"
#include "kernel_cases.h"

#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static double expected(const real_type *type, int divisor, const unsigned char *p, const unsigned char *bytes,
                       int count) {
    exact_sum sum;
    double result;
    summation s = begin(&sum);
    type->sum_by_bytes(p, bytes, count, &s);
    exactloss_sum_divide(&sum, divisor, &result, NULL);
    return result;
}

/* The sum, and the mean. type: EXACTLOSS_P_* */
static void check_few(const char *name, const exactloss_kernels *tested, int type, const real_type *reference,
                      const unsigned char *p, const unsigned char *bytes, int count, uint64_t seed) {
    static const int ROUNDINGS[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (int i = 0; i < 8; i++) {
        const int divisor = i % 2 == 0 ? 1 : count;
        const double want = expected(reference, divisor, p, bytes, count);
        double have;
        fesetround(ROUNDINGS[i / 2]);
        feclearexcept(FE_ALL_EXCEPT);
        const int status = tested->loss_of_block[type / EXACTLOSS_P_FLOAT16](divisor, p, bytes, &have, count);
        const int flags = fetestexcept(FE_ALL_EXCEPT);
        fesetround(FE_TONEAREST);
        if (status != EXACTLOSS_OK || flags != 0 || memcmp(&have, &want, sizeof have) != 0) {
            fail_msg("%s loss of %d elements of type %#x / %d: %a and not %a, status %d, flags %d, rounding mode %d, "
                     "seed %llu",
                     name, count, (unsigned)type, divisor, have, want, status, flags, i / 2, (unsigned long long)seed);
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
    check_few(isa_name, kernels, EXACTLOSS_P_FLOAT32, &portable->f32, floats, bytes, count, seed);
    check_few(isa_name, kernels, EXACTLOSS_P_BFLOAT16, &portable->bf16, shorts, bytes, count, seed);
    check_few("portable", portable, EXACTLOSS_P_FLOAT32, &portable->f32, floats, bytes, count, seed);
    check_few("portable", portable, EXACTLOSS_P_BFLOAT16, &portable->bf16, shorts, bytes, count, seed);
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
        check_few(isa_name, kernels, EXACTLOSS_P_FLOAT32, &portable->f32, p, bytes, FEW, (uint64_t)target);
        for (int i = 0; i < FEW; i++) {
            memcpy(p + 4 * i, &STRANGERS[i % 10], sizeof *STRANGERS);
            check_few(isa_name, kernels, EXACTLOSS_P_FLOAT32, &portable->f32, p, bytes, FEW, (uint64_t)i);
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
