/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Under a translator of instructions: every instruction set that the library would choose gives the sums of the portable
 * kernels. With an argument, the translator keeps no inexact flag, and those that rely on it are not chosen.
 */
#include "cpu/kernels.h"
#include "exactloss/exactloss.h"

#include <stdio.h>
#include <string.h>

/* Values of which no kernel's fast path can add all without rounding. */
static void sum_of(const exactloss_kernels *kernels, unsigned char bytes[4 * EXACT_SUM_BINS]) {
    float p[BLOCK];
    const uint64_t mask[MASK_WORDS] = {0};
    exact_sum sum;
    exactloss_sum_init(&sum);
    summation s = {.sum = &sum};
    for (int i = 0; i < BLOCK; i++) {
        p[i] = i == 1000 ? 0x1.8p-60f : 0.5f;
    }
    kernels->f32.sum(p, mask, 0, BLOCK, &s);
    exactloss_sum_to_bytes(&sum, 0, EXACT_SUM_BINS, bytes);
}

int main(int count, char **arguments) {
    static const char *const BY_FLAG[] = {"sse4.1", "avx2", "avx512"};
    unsigned char want[4 * EXACT_SUM_BINS], have[4 * EXACT_SUM_BINS];
    int failed = 0;
    (void)arguments;
    sum_of(&exactloss_kernels_portable, want);
    for (int i = 0; exactloss_isa_of(i) != NULL; i++) {
        const exactloss_isa *isa = exactloss_isa_of(i);
        if (exactloss_support_of(isa) == EXACTLOSS_ISA_USABLE) {
            sum_of(isa->kernels, have);
            const int is_equal = memcmp(want, have, sizeof want) == 0;
            printf("%s: %s\n", isa->name, is_equal ? "the same sum" : "another sum");
            failed |= !is_equal;
        }
    }
    for (size_t i = 0; count > 1 && i < sizeof BY_FLAG / sizeof *BY_FLAG; i++) {
        if (exactloss_isa_support(BY_FLAG[i]) == EXACTLOSS_ISA_USABLE) {
            printf("%s would be chosen, without a flag to rely on\n", BY_FLAG[i]);
            failed = 1;
        }
    }
    return failed;
}
