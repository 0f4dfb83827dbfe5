/* SPDX-License-Identifier: Apache-2.0 */
/* The features that the processor has and the operating system enables. */
#ifndef EXACTLOSS_FEATURES_H
#define EXACTLOSS_FEATURES_H

#include <stdint.h>

/* The results of x86-64's CPUID and XGETBV; 0 for a leaf that the processor lacks, and on any other architecture. */
typedef struct cpu_facts {
    uint32_t leaf1_ecx;
    uint32_t leaf7_ebx;
    uint64_t xcr0;
} cpu_facts;

/* The facts of this processor. */
cpu_facts exactloss_read_cpu(void);

#define LEAF1_FMA (1u << 12)
#define LEAF1_SSE41 (1u << 19)
#define LEAF1_POPCNT (1u << 23)
#define LEAF1_OSXSAVE (1u << 27)
#define LEAF1_AVX (1u << 28)
#define LEAF1_F16C (1u << 29)
#define LEAF7_AVX2 (1u << 5)
#define LEAF7_AVX512F (1u << 16)
#define LEAF7_AVX512DQ (1u << 17)
#define LEAF7_AVX512BW (1u << 30)
#define LEAF7_AVX512VL (1u << 31)

/*
 * The registers whose content the operating system saves: one bit for XMM, one for the upper halves of YMM, and three
 * for AVX-512's.
 */
#define XCR0_AVX 0x6u
#define XCR0_AVX512 0xe6u

/* EXACTLOSS_ISA_USABLE; _ABSENT if the processor lacks a feature; or _DISABLED if registers are not saved. */
int exactloss_x86_support(cpu_facts facts, cpu_facts needed);

#endif
