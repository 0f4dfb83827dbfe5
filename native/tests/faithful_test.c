/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A processor that says that it has everything, and whose AVX-512 (an emulated one) does not keep the inexact flag as the
 * kernels rely on, gets the kernels of the next instruction set.
 */
#include "cpu/kernels.h"
#include "exactloss/exactloss.h"

#include <immintrin.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int has_everything(cpu_facts facts) { return facts.xcr0 != 0 ? EXACTLOSS_ISA_USABLE : EXACTLOSS_ISA_ABSENT; }

/* A table that is only chosen, not used. */
const exactloss_kernels exactloss_kernels_sse2 = {.support = has_everything};
const exactloss_kernels exactloss_kernels_sse41 = {.support = has_everything};
const exactloss_kernels exactloss_kernels_avx2 = {.support = has_everything};
extern const exactloss_kernels exactloss_kernels_avx512;

/* Called in place of exactloss_read_cpu(). */
cpu_facts __wrap_exactloss_read_cpu(void);
cpu_facts __wrap_exactloss_read_cpu(void) { return (cpu_facts){UINT32_MAX, UINT32_MAX, UINT64_MAX}; }

static void the_flag_decides(void **unused) {
    (void)unused;
    static const struct {
        int fault;
        const exactloss_kernels *kernels;
        int support;
    } CASES[] = {
        {NO_FAULT, &exactloss_kernels_avx512, EXACTLOSS_ISA_USABLE},
        {NO_FLAGS, &exactloss_kernels_avx2, EXACTLOSS_ISA_ABSENT},
        {LOUD_ADDITIONS, &exactloss_kernels_avx2, EXACTLOSS_ISA_ABSENT},
        {LOUD_FMA, &exactloss_kernels_avx2, EXACTLOSS_ISA_ABSENT},
    };
    const exactloss_isa *avx512 = NULL;
    for (int i = 0; avx512 == NULL || avx512->kernels != &exactloss_kernels_avx512; i++) {
        avx512 = exactloss_isa_of(i);
    }
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const unsigned before = _mm_getcsr();
        emulated_fault = CASES[i].fault;
        assert_ptr_equal(CASES[i].kernels, exactloss_choose_kernels());
        assert_int_equal(CASES[i].support, exactloss_support_of(avx512));
        emulated_fault = NO_FAULT;
        assert_int_equal(before, _mm_getcsr());
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_flag_decides)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
