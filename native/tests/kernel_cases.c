/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_cases.h"

#include "exactloss/exactloss.h"

#include <stdio.h>
#include <string.h>

#define SKIPPED 77

const char *isa_name;
const exactloss_kernels *kernels;
const exactloss_kernels *const portable = &exactloss_kernels_portable;
guarded predictions, targets, got, spare;

#ifdef EMULATED_KERNELS

extern const exactloss_kernels EMULATED_KERNELS;

static int choose_kernels(void) {
    kernels = &EMULATED_KERNELS;
    return 0;
}

#else

static int choose_kernels(void) {
    const exactloss_isa *isa = NULL;
    for (int i = 0; (isa = exactloss_isa_of(i)) != NULL && strcmp(isa->name, isa_name) != 0;) {
        i++;
    }
    if (isa == NULL) {
        fprintf(stderr, "there is no instruction set %s\n", isa_name);
        return 2;
    }
    const int support = exactloss_support_of(isa);
    if (support != EXACTLOSS_ISA_USABLE) {
        printf("skipped: this machine cannot run %s (%s)\n", isa_name,
               isa->kernels == NULL              ? "this build has no kernels for it"
               : support == EXACTLOSS_ISA_ABSENT ? "the processor lacks it"
                                                 : "the operating system disables it");
        return SKIPPED;
    }
    kernels = isa->kernels;
    return 0;
}

#endif

int open_kernel_cases(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s ISA\n", argv[0]);
        return 2;
    }
    isa_name = argv[1];
    const int status = choose_kernels();
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

void write_sum(const exact_sum *sum, unsigned char bytes[SUM_BYTES]) {
    unsigned char *specials = bytes + 4 * EXACT_SUM_BINS;
    exactloss_sum_to_bytes(sum, 0, EXACT_SUM_BINS, bytes);
    memcpy(specials, &sum->nan_count, 8);
    memcpy(specials + 8, &sum->positive_infinities, 8);
    memcpy(specials + 16, &sum->negative_infinities, 8);
}

summation begin(exact_sum *sum) {
    exactloss_sum_init(sum);
    return (summation){.sum = sum};
}
