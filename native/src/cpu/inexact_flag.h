/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inexact flag of x86-64: for instruction sets that have operations which round and leave it alone. Then it reports
 * only the other operations, so it tells whether these were exact. An instruction set's file includes this header after
 * its vocabulary.
 */
#ifndef EXACTLOSS_INEXACT_FLAG_H
#define EXACTLOSS_INEXACT_FLAG_H

#include "fp_environment.h"

#ifndef VECTOR_OPERAND /* emulated vectors are in no register */
#define VECTOR_OPERAND "+v"
#endif

/*
 * Compilers don't know the flag. So they are told what must be computed after it is cleared (everything that depends on a
 * pointer's memory), and what before it is read (a vector, and all that it comes from).
 */
static inline const unsigned char *clear_inexact(const unsigned char *p) {
    _mm_setcsr(MXCSR_DEFAULT);
    __asm__ volatile("" : "+r"(p) : : "memory");
    return p;
}

static inline int is_inexact(int_vector *result) {
    __asm__ volatile("" : VECTOR_OPERAND(*result));
    return (_mm_getcsr() & MXCSR_INEXACT) != 0;
}

/*
 * Whether an operation raises the flag where it is inexact, and its quiet form does not. A translator of instructions may
 * keep no flags, and then the sums of the kernels would be wrong without a sign of it.
 */
#define DEFINE_KEEPS_FLAG(operation, element, real, loud, quiet)                                                       \
    static int operation##_keeps_flag(void) {                                                                          \
        static const real TERMS[2 * element##_lanes] = {[0] = 1, [element##_lanes] = (real)0x1p-99};                   \
        const unsigned char *p = clear_inexact((const void *)TERMS);                                                   \
        element##_vector a = element##_load(p), b = element##_load(p + VECTOR_BYTES);                                  \
        int_vector sum = element##_bits(quiet);                                                                        \
        const int is_quiet = !is_inexact(&sum);                                                                        \
        p = clear_inexact((const void *)TERMS);                                                                        \
        a = element##_load(p);                                                                                         \
        b = element##_load(p + VECTOR_BYTES);                                                                          \
        sum = element##_bits(loud);                                                                                    \
        return is_inexact(&sum) && is_quiet;                                                                           \
    }

#endif
