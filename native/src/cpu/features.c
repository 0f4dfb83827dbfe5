/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A processor's features count only as far as the operating system saves the registers behind them, which it says in
 * XCR0.
 */
#include "features.h"

#include "exactloss/exactloss.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

cpu_facts exactloss_read_cpu(void) {
    cpu_facts facts = {0, 0, 0};
#ifdef __x86_64__
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

int exactloss_x86_support(cpu_facts facts, cpu_facts needed) {
    if ((facts.leaf1_ecx & needed.leaf1_ecx) != needed.leaf1_ecx ||
        (facts.leaf7_ebx & needed.leaf7_ebx) != needed.leaf7_ebx) {
        return EXACTLOSS_ISA_ABSENT;
    }
    const int is_enabled =
        needed.xcr0 == 0 || ((facts.leaf1_ecx & LEAF1_OSXSAVE) != 0 && (facts.xcr0 & needed.xcr0) == needed.xcr0);
    return is_enabled ? EXACTLOSS_ISA_USABLE : EXACTLOSS_ISA_DISABLED;
}
