/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_cases.h"

#include "cpu/features.h"
#include "exactloss/exactloss.h"

#include <stdio.h>
#include <string.h>

#define SKIPPED 77

const exactloss_kernels *kernels;
const exactloss_kernels *const portable = &exactloss_kernels_portable;
guarded predictions, targets, got, spare;

#ifdef EMULATED_AVX512

static int choose_kernels(int argc, char **argv) {
    (void)argc, (void)argv;
    kernels = &exactloss_kernels_avx512;
    return 0;
}

#else

static int choose_kernels(int argc, char **argv) {
#ifdef EXACTLOSS_X86_64
    static const exactloss_kernels *const TABLES[] = {&exactloss_kernels_avx2, &exactloss_kernels_avx512};
    static const int ISAS[] = {EXACTLOSS_ISA_AVX2, EXACTLOSS_ISA_AVX512};
    for (int i = 0; i < 2; i++) {
        if (argc == 2 && strcmp(argv[1], TABLES[i]->isa_name) == 0) {
            kernels = TABLES[i];
            const int support = exactloss_support(exactloss_read_cpu(), ISAS[i]);
            if (support != EXACTLOSS_ISA_USABLE) {
                printf("skipped: this machine cannot run %s (%s)\n", argv[1],
                       support == EXACTLOSS_ISA_ABSENT ? "the processor lacks it" : "the operating system disables it");
                return SKIPPED;
            }
        }
    }
#else
    (void)argv;
    if (argc == 2) {
        printf("skipped: only x86-64 has vector kernels\n");
        return SKIPPED;
    }
#endif
    return kernels == NULL ? 2 : 0;
}

#endif

int open_kernel_cases(int argc, char **argv) {
    const int status = choose_kernels(argc, argv);
    if (status == 0) {
        predictions = guarded_allocate(8 * LONG_BLOCK + SLACK);
        targets = guarded_allocate(LONG_BLOCK + SLACK);
        got = guarded_allocate(8 * BLOCK + SLACK);
        spare = guarded_allocate(8 * BLOCK + SLACK);
    }
    return status;
}

void close_kernel_cases(void) {
    guarded_free(predictions);
    guarded_free(targets);
    guarded_free(got);
    guarded_free(spare);
}

real_case real_of(int which) {
    if (which == F32) {
        return (real_case){"float32",         4,          BLOCK, &portable->f32, &kernels->f32, portable->f32.wide,
                           kernels->f32.wide, fill_floats};
    }
    return (real_case){"float64",         8,           BLOCK / 2, &portable->f64, &kernels->f64, portable->f64.wide,
                       kernels->f64.wide, fill_doubles};
}

void for_all_lengths(void (*test)(int count, uint64_t seed)) {
    for (int count = 0; count <= 1000; count++) {
        test(count, (uint64_t)count);
    }
    for (int count = 1001; count <= BLOCK; count += count < BLOCK - 130 ? 97 : 1) {
        test(count, (uint64_t)count);
    }
}

void random_mask(uint64_t *state, int count, uint64_t *mask) {
    memset(mask, 0, MASK_WORDS * sizeof *mask);
    for (int i = 0; i < count; i++) {
        mask[i / 64] |= (next_random(state) & 1) << i % 64;
    }
}
