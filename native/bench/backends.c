/* SPDX-License-Identifier: Apache-2.0 */
#include "variants.h"

#include <stdio.h>
#include <stdlib.h>

static const backend PORTABLE = {
    .isa = "portable", .run = run_kernels, .kernels = &exactloss_kernels_portable, .loops = &baseline_loops_portable};

#ifdef EXACTLOSS_X86_64

static const backend AVX2 = {
    .isa = "avx2", .run = run_kernels, .kernels = &exactloss_kernels_avx2, .loops = &baseline_loops_avx2};
static const backend AVX512 = {
    .isa = "avx512", .run = run_kernels, .kernels = &exactloss_kernels_avx512, .loops = &baseline_loops_avx512};

static int add(const backend *b, int isa, const backend **list, int count) {
    const int support = exactloss_isa_support(isa);
    if (support == EXACTLOSS_ISA_USABLE) {
        list[count++] = b;
    } else {
        fprintf(stderr, "%s: not measured, %s\n", b->isa,
                support == EXACTLOSS_ISA_DISABLED ? "the operating system does not enable it"
                                                  : "this machine does not have it");
    }
    return count;
}

int backends_list(const backend *list[MOST_BACKENDS]) {
    list[0] = &PORTABLE;
    const int count = add(&AVX2, EXACTLOSS_ISA_AVX2, list, 1);
    return add(&AVX512, EXACTLOSS_ISA_AVX512, list, count);
}

#else

int backends_list(const backend *list[MOST_BACKENDS]) {
    fprintf(stderr, "avx2, avx512: not measured, this build does not have them\n");
    list[0] = &PORTABLE;
    return 1;
}

#endif

#ifndef EXACTLOSS_BENCH_CUDA

const backend *backend_cuda(void) {
    fprintf(stderr, "cuda: not measured, this build does not have it\n");
    return NULL;
}

#endif

const backend *backend_public(void) {
    static backend chosen = {.run = run_public};
    chosen.isa = exactloss_isa_name();
    if (chosen.isa == NULL) {
        fprintf(stderr, "exactloss-bench: %s\n", exactloss_status_string(EXACTLOSS_ERROR_MAX_ISA));
        exit(1);
    }
    return &chosen;
}
