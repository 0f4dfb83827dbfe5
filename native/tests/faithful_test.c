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

extern const exactloss_kernels exactloss_kernels_avx2, exactloss_kernels_avx512;

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
