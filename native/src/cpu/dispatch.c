/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instruction sets, and the choice among them: the one of the highest rank that the machine has and
 * EXACTLOSS_MAX_ISA allows.
 */
#include "exactloss/exactloss.h"
#include "kernels.h"

#include <stdlib.h>
#include <string.h>

#ifdef EXACTLOSS_X86_64
extern const exactloss_kernels exactloss_kernels_sse2, exactloss_kernels_sse41, exactloss_kernels_avx2,
    exactloss_kernels_avx512;
#define X86_64(kernels) &(kernels)
#else
#define X86_64(kernels) NULL
#endif

#ifdef EXACTLOSS_AARCH64
extern const exactloss_kernels exactloss_kernels_neon;
#define AARCH64(kernels) &(kernels)
#else
#define AARCH64(kernels) NULL
#endif

/*
 * Ordered by rank. Names without kernels in this build are known too: one environment serves different machines. NEON has the
 * lowest rank of all vectors, so that a name of x86-64 forbids no vectors on aarch64.
 */
static const exactloss_isa ISAS[] = {
    {"portable", &exactloss_kernels_portable}, {"neon", AARCH64(exactloss_kernels_neon)},
    {"sse2", X86_64(exactloss_kernels_sse2)},  {"sse4.1", X86_64(exactloss_kernels_sse41)},
    {"avx2", X86_64(exactloss_kernels_avx2)},  {"avx512", X86_64(exactloss_kernels_avx512)},
};

#define ISA_COUNT ((int)(sizeof ISAS / sizeof *ISAS))

_Atomic(const exactloss_kernels *) exactloss_chosen_kernels = NULL;

/* Whether a choice has failed: the environment is not read again. */
static atomic_int has_failed = 0;

const exactloss_isa *exactloss_isa_of(int number) { return number >= 0 && number < ISA_COUNT ? &ISAS[number] : NULL; }

/* What is not as it should be is as if it were not there. */
static int support_of(const exactloss_kernels *kernels, cpu_facts facts) {
    const int support = kernels == NULL ? EXACTLOSS_ISA_ABSENT : kernels->support(facts);
    const int is_tried = support == EXACTLOSS_ISA_USABLE && kernels->is_faithful != NULL;
    return is_tried && !kernels->is_faithful() ? EXACTLOSS_ISA_ABSENT : support;
}

int exactloss_support_of(const exactloss_isa *isa) { return support_of(isa->kernels, exactloss_read_cpu()); }

/* The rank that the environment allows at most, or -1 for an unknown name. */
static int highest_allowed(void) {
    const char *name = getenv("EXACTLOSS_MAX_ISA");
    int rank = ISA_COUNT - 1;
    while (name != NULL && rank >= 0 && strcmp(name, ISAS[rank].name) != 0) {
        rank--;
    }
    return rank;
}

const exactloss_kernels *exactloss_choose_kernels(void) {
    if (atomic_load_explicit(&has_failed, memory_order_acquire)) {
        return NULL;
    }
    const cpu_facts facts = exactloss_read_cpu();
    int rank = highest_allowed();
    while (rank > 0 && support_of(ISAS[rank].kernels, facts) != EXACTLOSS_ISA_USABLE) {
        rank--;
    }
    if (rank < 0) {
        atomic_store_explicit(&has_failed, 1, memory_order_release);
        return NULL;
    }
    atomic_store_explicit(&exactloss_chosen_kernels, ISAS[rank].kernels, memory_order_release);
    return ISAS[rank].kernels;
}
