/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call leaves the upper halves of vector registers cleared. Otherwise the caller's SSE instructions, which keep these
 * halves, would be several times slower from then on, without a sign why.
 */
#include "cpu/kernels.h"
#include "exactloss/exactloss.h"

#include <cpuid.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LONGEST 600
#define OSXSAVE (1u << 27) /* of leaf 1 */
#define XGETBV_1 (1u << 2) /* of leaf 13.1 */
#define UPPER_HALVES 0x44u /* of the registers of AVX, and of the first 16 of AVX-512 */

static uint16_t halves[LONGEST];
static float floats[LONGEST], weights[LONGEST];
static double doubles[LONGEST], out[LONGEST];
static unsigned char targets[LONGEST];

static const int LOSSES[] = {EXACTLOSS_MNIST, EXACTLOSS_BRIER, EXACTLOSS_LOG};
static const struct {
    int option;
    const void *predictions;
} TYPES[] = {
    {EXACTLOSS_P_FLOAT16, halves},
    {EXACTLOSS_P_BFLOAT16, halves},
    {EXACTLOSS_P_FLOAT32, floats},
    {EXACTLOSS_P_FLOAT64, doubles},
};

static unsigned upper_halves_in_use(void) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
    return low & UPPER_HALVES;
}

static void check(const char *function, int status, int options, int count) {
    if (status != EXACTLOSS_OK || upper_halves_in_use() != 0) {
        fail_msg("%s, options %#x, %d elements: status %d, or upper halves of vectors are not cleared", function,
                 (unsigned)options, count, status);
    }
}

static void check_calls(int options, const void *p, const float *w, int count) {
    const int with_mean = options | EXACTLOSS_MEAN;
    exactloss_evaluation evaluation = {.size = sizeof evaluation};
    double loss;
    __asm__ volatile("vzeroupper" : : : "memory");
    int status = exactloss_loss(with_mean, p, targets, w, count, NULL, &loss, NULL);
    check("exactloss_loss", status, options, count);
    status = exactloss_values(options, p, targets, w, count, out, NULL);
    check("exactloss_values", status, options, count);
    status = exactloss_gradient(with_mean, p, targets, w, count, 1, count, out, &loss, NULL);
    check("exactloss_gradient", status, options, count);
    status = exactloss_evaluate(options, p, targets, w, count, NULL, 0.5, &evaluation, NULL);
    check("exactloss_evaluate", status, options, count);
}

static void calls_clear_upper_halves(void **state) {
    const exactloss_isa *isa = *state;
    for (int i = 0; i < LONGEST; i++) {
        floats[i] = (float)(i % 99 + 1) / 128;
        doubles[i] = (double)floats[i];
        halves[i] = (uint16_t)(0x3800 + i % 99);
        weights[i] = (float)(i % 5 + 1) / 4;
        targets[i] = i % 3 == 0;
    }
    atomic_store(&exactloss_chosen_kernels, isa->kernels);
    for (int count = 1; count <= LONGEST; count += count < 140 ? 1 : 51) {
        for (int k = 0; k < 3 * 4 * 2; k++) {
            const int is_logits = k / 12, type = k / 3 % 4;
            const int options =
                LOSSES[k % 3] | TYPES[type].option | EXACTLOSS_T_UINT8 | (is_logits ? EXACTLOSS_FROM_LOGITS : 0);
            check_calls(options, TYPES[type].predictions, NULL, count);
            check_calls(options, TYPES[type].predictions, weights, count);
        }
    }
}

/* Whether the processor tells which of its registers are in their initial state. */
static int tells_what_is_in_use(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & OSXSAVE) != 0 && __get_cpuid_count(13, 1, &a, &b, &c, &d) &&
           (a & XGETBV_1) != 0;
}

int main(void) {
    struct CMUnitTest tests[2];
    int count = 0;
    for (int i = 0; exactloss_isa_of(i) != NULL; i++) {
        const exactloss_isa *isa = exactloss_isa_of(i);
        if (strncmp(isa->name, "avx", 3) == 0 && exactloss_support_of(isa) == EXACTLOSS_ISA_USABLE) {
            tests[count++] = (struct CMUnitTest){isa->name, calls_clear_upper_halves, NULL, NULL, (void *)isa};
        }
    }
    if (count == 0 || !tells_what_is_in_use()) {
        puts("skipped: this processor has no upper halves, or does not tell whether they are in use");
        return 77;
    }
    return _cmocka_run_group_tests("upper halves", tests, (size_t)count, NULL, NULL);
}
