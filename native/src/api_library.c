/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions about the library and the machine. */
#include "cpu/kernels.h"
#include "exactloss/exactloss.h"

#include <string.h>

/* One string, so that a library says which it is without being loaded. */
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define IDENTITY "exactloss with ABI " TEXT(EXACTLOSS_ABI_VERSION) ", version "

const char *exactloss_version(void) { return &(IDENTITY EXACTLOSS_VERSION)[sizeof IDENTITY - 1]; }

int exactloss_abi_version(void) { return EXACTLOSS_ABI_VERSION; }

const char *exactloss_isa_name(void) {
    const exactloss_kernels *kernels = exactloss_dispatch();
    const exactloss_isa *isa = NULL;
    for (int i = 0; kernels != NULL && (isa == NULL || isa->kernels != kernels); i++) {
        isa = exactloss_isa_of(i);
    }
    return isa == NULL ? NULL : isa->name;
}

const char *exactloss_isa_name_of(int number) {
    const exactloss_isa *isa = exactloss_isa_of(number);
    return isa == NULL ? NULL : isa->name;
}

int exactloss_isa_support(const char *name) {
    const exactloss_isa *isa = name == NULL ? NULL : exactloss_isa_of(0);
    for (int i = 1; isa != NULL && strcmp(isa->name, name) != 0; i++) {
        isa = exactloss_isa_of(i);
    }
    return isa == NULL ? EXACTLOSS_ISA_ABSENT : exactloss_support_of(isa);
}
