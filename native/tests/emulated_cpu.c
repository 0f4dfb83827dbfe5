/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A processor that claims every feature, for programs whose AVX-512 kernels are emulated. They are linked with
 * --wrap=exactloss_read_cpu. The tables below AVX-512 have no kernels: they are chosen in a test, and never called.
 */
#include "cpu/kernels.h"
#include "exactloss/exactloss.h"

static int has_everything(cpu_facts facts) { return facts.xcr0 != 0 ? EXACTLOSS_ISA_USABLE : EXACTLOSS_ISA_ABSENT; }

extern const exactloss_kernels exactloss_kernels_sse2, exactloss_kernels_sse41, exactloss_kernels_avx2;
const exactloss_kernels exactloss_kernels_sse2 = {.support = has_everything};
const exactloss_kernels exactloss_kernels_sse41 = {.support = has_everything};
const exactloss_kernels exactloss_kernels_avx2 = {.support = has_everything};

/* Called in place of exactloss_read_cpu(). */
cpu_facts __wrap_exactloss_read_cpu(void);
cpu_facts __wrap_exactloss_read_cpu(void) { return (cpu_facts){UINT32_MAX, UINT32_MAX, UINT64_MAX}; }
