/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A processor's features count only as far as the operating system saves the registers behind them: it says so in XCR0,
 * with one bit for the XMM registers, one for the upper halves of YMM and three for AVX-512's. FMA is a feature of its
 * own, which AVX2 does not imply; so are F16C and POPCNT.
 */
#include "features.h"

#include "exactloss/exactloss.h"

#ifdef EXACTLOSS_X86_64
#include <cpuid.h>
#endif

#define LEAF1_FMA (1u << 12)
#define LEAF1_POPCNT (1u << 23)
#define LEAF1_OSXSAVE (1u << 27)
#define LEAF1_AVX (1u << 28)
#define LEAF1_F16C (1u << 29)
#define LEAF7_AVX2 (1u << 5)
#define LEAF7_AVX512F (1u << 16)
#define LEAF7_AVX512DQ (1u << 17)
#define LEAF7_AVX512BW (1u << 30)
#define LEAF7_AVX512VL (1u << 31)

#define XCR0_AVX 0x6u
#define XCR0_AVX512 0xe6u

#define AVX2_LEAF1 (LEAF1_FMA | LEAF1_POPCNT | LEAF1_AVX | LEAF1_F16C)
#define AVX512_LEAF7 (LEAF7_AVX2 | LEAF7_AVX512F | LEAF7_AVX512DQ | LEAF7_AVX512BW | LEAF7_AVX512VL)

cpu_facts exactloss_read_cpu(void) {
    cpu_facts facts = {0, 0, 0};
#ifdef EXACTLOSS_X86_64
    unsigned eax, ebx, ecx, edx;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx)) {
        facts.leaf1_ecx = ecx;
    }
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
        facts.leaf7_ebx = ebx;
    }
    if (facts.leaf1_ecx & LEAF1_OSXSAVE) {
        unsigned low, high;
        __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
        facts.xcr0 = (uint64_t)high << 32 | low;
    }
#endif
    return facts;
}

static int support(cpu_facts facts, uint32_t leaf7, uint64_t xcr0) {
    if ((facts.leaf1_ecx & AVX2_LEAF1) != AVX2_LEAF1 || (facts.leaf7_ebx & leaf7) != leaf7) {
        return EXACTLOSS_ISA_ABSENT;
    }
    const int enabled = (facts.leaf1_ecx & LEAF1_OSXSAVE) && (facts.xcr0 & xcr0) == xcr0;
    return enabled ? EXACTLOSS_ISA_USABLE : EXACTLOSS_ISA_DISABLED;
}

int exactloss_support(cpu_facts facts, int isa) {
    switch (isa) {
        case EXACTLOSS_ISA_PORTABLE:
            return EXACTLOSS_ISA_USABLE;
        case EXACTLOSS_ISA_AVX2:
            return support(facts, LEAF7_AVX2, XCR0_AVX);
        case EXACTLOSS_ISA_AVX512:
            return support(facts, AVX512_LEAF7, XCR0_AVX512);
        default:
            return EXACTLOSS_ISA_ABSENT;
    }
}
