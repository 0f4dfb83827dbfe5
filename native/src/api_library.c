/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions that tell of the library and of the machine. */
#include "cpu/features.h"
#include "cpu/kernels.h"
#include "exactloss/exactloss.h"

const char *exactloss_version(void) { return EXACTLOSS_VERSION; }

int exactloss_abi_version(void) { return EXACTLOSS_ABI_VERSION; }

const char *exactloss_isa_name(void) {
    const exactloss_kernels *kernels = exactloss_dispatch();
    return kernels == NULL ? NULL : kernels->isa_name;
}

int exactloss_isa_support(int isa) {
#ifndef EXACTLOSS_X86_64
    if (isa != EXACTLOSS_ISA_PORTABLE) {
        return EXACTLOSS_ISA_ABSENT;
    }
#endif
    return exactloss_support(exactloss_read_cpu(), isa);
}
