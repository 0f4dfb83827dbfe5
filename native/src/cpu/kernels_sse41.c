/* SPDX-License-Identifier: Apache-2.0 */
/* The vector kernels for SSE4.1 with POPCNT, which all of today's x86-64 processors without AVX2 have. */
#include "simd128.h"

static int isa_support(cpu_facts facts) {
    return exactloss_x86_support(facts, (cpu_facts){.leaf1_ecx = LEAF1_SSE41 | LEAF1_POPCNT});
}

#define ISA_KERNELS exactloss_kernels_sse41
#include "kernels_table.h"
