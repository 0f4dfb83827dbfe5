/* SPDX-License-Identifier: Apache-2.0 */
#include "variants.h"

#include <stdio.h>
#include <stdlib.h>

/* Why an instruction set cannot be measured; NULL where it can. */
static const char *fault_of(const exactloss_isa *isa) {
    if (isa->kernels == NULL) {
        return "this build does not have it";
    }
    switch (exactloss_support_of(isa)) {
        case EXACTLOSS_ISA_USABLE:
            return NULL;
        case EXACTLOSS_ISA_DISABLED:
            return "the operating system does not enable it";
        default:
            return "this machine does not have it";
    }
}

int backends_list(const backend *list[MOST_BACKENDS]) {
    static backend usable[MOST_BACKENDS];
    const exactloss_isa *isa;
    int count = 0;
    for (int number = 0; count < MOST_BACKENDS && (isa = exactloss_isa_of(number)) != NULL; number++) {
        const char *fault = fault_of(isa);
        if (fault != NULL) {
            fprintf(stderr, "%s: not measured, %s\n", isa->name, fault);
            continue;
        }
        usable[count] = (backend){
            .isa = isa->name, .run = run_kernels, .kernels = isa->kernels, .loops = baseline_loops_of(isa->name)};
        list[count] = &usable[count];
        count++;
    }
    return count;
}

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
