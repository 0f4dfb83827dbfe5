/* SPDX-License-Identifier: Apache-2.0 */
/* The vector kernels for aarch64: 4 floats or 2 doubles a vector. */
#include "simd128.h"

/* Every aarch64 processor has it. */
static int isa_support(cpu_facts facts) {
    (void)facts;
    return EXACTLOSS_ISA_USABLE;
}

#define ISA_KERNELS exactloss_kernels_neon
#include "kernels_table.h"
