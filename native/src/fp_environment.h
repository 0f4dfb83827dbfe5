/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default floating-point environment for the time of a call: rounding to nearest, subnormals kept, no traps. A
 * program that runs with another one (a fast-math start-up file flushes subnormals in every thread) gets the same bits.
 * Afterwards the caller's environment is restored, with its exception flags.
 */
#ifndef EXACTLOSS_FP_ENVIRONMENT_H
#define EXACTLOSS_FP_ENVIRONMENT_H

#include "compiler.h"

#ifdef __x86_64__

#include <immintrin.h>

#define MXCSR_DEFAULT 0x1f80u
#define MXCSR_CONTROL 0xffc0u /* all but the sticky exception flags */
#define MXCSR_INEXACT 0x20u

typedef unsigned fp_environment;

static inline fp_environment fp_environment_enter(void) {
    const unsigned saved = _mm_getcsr();
    if ((saved & MXCSR_CONTROL) != MXCSR_DEFAULT) {
        _mm_setcsr(MXCSR_DEFAULT);
    }
    return saved;
}

static inline void fp_environment_leave(fp_environment saved) { _mm_setcsr(saved); }

#elif defined __aarch64__

#include <stdint.h>

/* FPCR, whose default is 0, and the sticky flags. */
typedef struct fp_environment {
    uint64_t control, flags;
} fp_environment;

static inline void set_fp_control(uint64_t control) { __asm__ volatile("msr fpcr, %0" : : "r"(control) : "memory"); }

static inline fp_environment fp_environment_enter(void) {
    fp_environment saved;
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(saved.control), "=r"(saved.flags));
    if (saved.control != 0) {
        set_fp_control(0);
    }
    return saved;
}

static inline void fp_environment_leave(fp_environment saved) {
    if (saved.control != 0) {
        set_fp_control(saved.control);
    }
    __asm__ volatile("msr fpsr, %0" : : "r"(saved.flags) : "memory");
}

#else

#include <fenv.h>

typedef fenv_t fp_environment;

static inline fp_environment fp_environment_enter(void) {
    fenv_t saved;
    fegetenv(&saved);
    fesetenv(FE_DFL_ENV);
    return saved;
}

static inline void fp_environment_leave(fp_environment saved) { fesetenv(&saved); }

#endif

#endif
