/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The choice of the kernels: the best that the machine can run and EXACTLOSS_MAX_ISA allows. It is made once. Threads
 * that race for the first call all come to the same choice, so the pointer needs no lock.
 */
#include "exactloss/exactloss.h"
#include "features.h"
#include "kernels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Indexed by EXACTLOSS_ISA_*. */
static const exactloss_kernels *const TABLES[] = {
    &exactloss_kernels_portable,
#ifdef EXACTLOSS_X86_64
    &exactloss_kernels_avx2,
    &exactloss_kernels_avx512,
#endif
};

#define TABLE_COUNT ((int)(sizeof TABLES / sizeof *TABLES))

/* Stands for the choice that an unknown word in EXACTLOSS_MAX_ISA makes impossible. */
static const exactloss_kernels NO_CHOICE = {.isa_name = NULL};

static _Atomic(const exactloss_kernels *) chosen = NULL;

/* EXACTLOSS_ISA_* that the environment allows at most, or -1 for an unknown word. */
static int highest_allowed(void) {
    static const char *const NAMES[] = {"portable", "avx2", "avx512"};
    const char *word = getenv("EXACTLOSS_MAX_ISA");
    if (word == NULL) {
        return EXACTLOSS_ISA_AVX512;
    }
    for (int isa = EXACTLOSS_ISA_AVX512; isa >= 0; isa--) {
        if (strcmp(word, NAMES[isa]) == 0) {
            return isa;
        }
    }
    return -1;
}

static const exactloss_kernels *choose(void) {
    const cpu_facts facts = exactloss_read_cpu();
    const int allowed = highest_allowed();
    for (int isa = allowed < TABLE_COUNT ? allowed : TABLE_COUNT - 1; isa >= 0; isa--) {
        if (exactloss_support(facts, isa) == EXACTLOSS_ISA_USABLE) {
            return TABLES[isa];
        }
    }
    return &NO_CHOICE;
}

const exactloss_kernels *exactloss_dispatch(void) {
    const exactloss_kernels *kernels = atomic_load_explicit(&chosen, memory_order_acquire);
    if (kernels == NULL) {
        kernels = choose();
        atomic_store_explicit(&chosen, kernels, memory_order_release);
    }
    return kernels == &NO_CHOICE ? NULL : kernels;
}
