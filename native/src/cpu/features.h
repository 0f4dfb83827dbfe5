/* SPDX-License-Identifier: Apache-2.0 */
/* Which instruction sets the processor has and the operating system enables. */
#ifndef EXACTLOSS_FEATURES_H
#define EXACTLOSS_FEATURES_H

#include <stdint.h>

/* What CPUID and XGETBV say; 0 where the processor has no such leaf. */
typedef struct cpu_facts {
    uint32_t leaf1_ecx;
    uint32_t leaf7_ebx;
    uint64_t xcr0;
} cpu_facts;

/* Reads the facts of this processor; all 0 on other architectures than x86-64. */
cpu_facts exactloss_read_cpu(void);

/* EXACTLOSS_ISA_USABLE, _ABSENT or _DISABLED for an EXACTLOSS_ISA_*, from the facts alone. */
int exactloss_support(cpu_facts facts, int isa);

#endif
