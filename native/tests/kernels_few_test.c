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

#ifdef __x86_64__
#include <immintrin.h>
#endif

/* All flags, of which <fenv.h> does not know x86's for a subnormal operand. */
#ifdef __x86_64__
static void clear_flags(void) { _mm_setcsr(_mm_getcsr() & ~0x3fu); }
static int raised_flags(void) { return (int)(_mm_getcsr() & 0x3f); }
#else
static void clear_flags(void) { feclearexcept(FE_ALL_EXCEPT); }
static int raised_flags(void) { return fetestexcept(FE_ALL_EXCEPT); }
#endif

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
        clear_flags();
        const int status = tested->loss_of_block[NUMBER_OF_TYPE(type)](divisor, p, bytes, &have, count);
        const int flags = raised_flags();
        fesetround(FE_TONEAREST);
        if (status != EXACTLOSS_OK || flags != 0 || memcmp(&have, &want, sizeof have) != 0) {
            fail_msg("%s loss of %d elements of type %#x / %d: %a and not %a, status %d, flags %d, rounding mode %d, "
                     "seed %llu",
                     name, count, (unsigned)type, divisor, have, want, status, flags, i / 2, (unsigned long long)seed);
        }
    }
}

/* By both kernels, floats and what their upper halves are. */
static void check_all(const unsigned char *floats, const unsigned char *bytes, int count, uint64_t seed) {
    unsigned char *shorts = spare.end - 2 * count;
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
            uint64_t seed = (uint64_t)(1000 * kind + count), state = seed;
            unsigned char *floats = predictions.end - 4 * count, *bytes = targets.end - count;
            fill_floats((input_kind)kind, &state, floats, count);
            fill_bytes(seed % 2 != 0, &state, bytes, count);
            check_all(floats, bytes, count, seed);
        }
    }
}

/* Equal predictions, of either target: the largest sums, and those that are 0. */
static void equal_elements(void **unused) {
    (void)unused;
    static const uint32_t PATTERNS[] = {0x3fffffff, 0x3f800000, 0x36000000};
    for (int i = 0; i < 6 * FEW; i++) {
        const int count = i / 6 + 1;
        unsigned char *p = predictions.end - 4 * count, *bytes = targets.end - count;
        memset(bytes, i % 2, (size_t)count);
        for (int k = 0; k < count; k++) {
            memcpy(p + 4 * k, &PATTERNS[i / 2 % 3], sizeof *PATTERNS);
        }
        check_all(p, bytes, count, (uint64_t)i);
    }
}

/* One stranger to the range at every place: of a group, of a vector, of one that overlaps, of scalars. */
static void strangers(void **unused) {
    (void)unused;
    static const uint32_t STRANGERS[] = {0x00000000, 0x80000000, 0x00000001, 0x35800001, 0x35ffffff, 0x40000000,
                                         0xbf000000, 0x7f800001, 0x7fc00000, 0xff800000, 0x7f800000, 0x00800000};
    static const int COUNTS[] = {1, 3, 7, 15, 17, 31, 33, 67, 100, FEW};
    for (size_t c = 0; c < sizeof COUNTS / sizeof *COUNTS; c++) {
        const int count = COUNTS[c];
        unsigned char *p = predictions.end - 4 * count, *bytes = targets.end - count;
        uint64_t state = c;
        fill_floats(FAST_RANGE, &state, p, count);
        fill_bytes(0, &state, bytes, count);
        for (int i = 0; i < count; i++) {
            unsigned char native[4];
            memcpy(native, p + 4 * i, sizeof native);
            for (size_t k = 0; k < sizeof STRANGERS / sizeof *STRANGERS; k++) {
                memcpy(p + 4 * i, &STRANGERS[k], sizeof *STRANGERS);
                check_all(p, bytes, count, 100 * c + k);
            }
            memcpy(p + 4 * i, native, sizeof native);
        }
    }
}

int main(int argc, char **argv) {
    const int status = open_kernel_cases(argc, argv);
    if (status != 0) {
        return status;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_length_and_kind), cmocka_unit_test(equal_elements),
                                       cmocka_unit_test(strangers)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    close_kernel_cases();
    return failed;
}
