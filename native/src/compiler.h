/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sources need of the compiler, and what they ask about the processor that they are compiled for.
 *
 * A float or double operation is IEEE 754's, rounded once to its own type. The same bits everywhere rest on it, and no test
 * of another build would see that it is missing. CMake sees to it (cmake/platform.cmake); this is for those who compile the
 * sources in another way.
 */
#ifndef EXACTLOSS_COMPILER_H
#define EXACTLOSS_COMPILER_H

#include <float.h>

#ifndef __GNUC__
#error "GCC or Clang is needed, whose builtins and vectors the sources use: on Windows, those of MinGW"
#endif

#if FLT_RADIX != 2 || FLT_MANT_DIG != 24 || FLT_MAX_EXP != 128 || DBL_MANT_DIG != 53 || DBL_MAX_EXP != 1024
#error "floats and doubles are not those of IEEE 754"
#endif

#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16 /* where only halves are wider */
#error "operations would be rounded twice: compile with -msse2 -mfpmath=sse (x86) or -fexcess-precision=fast (GCC)"
#endif

#if defined __FAST_MATH__ || (defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__ != 0) ||                            \
    defined __ASSOCIATIVE_MATH__ || defined __RECIPROCAL_MATH__ || defined __NO_SIGNED_ZEROS__
#error "sums would not be exact: compile, and link, without -ffast-math or its parts, or with -fno-fast-math last"
#endif

/* Whether fma and the number of ones in a word are instructions; otherwise their builtins would be calls. */
#if defined __FMA__ || defined __aarch64__ || defined __s390x__ || defined __powerpc64__ ||                            \
    (defined __riscv_flen && __riscv_flen >= 64)
#define HAS_FMA 1
#else
#define HAS_FMA 0
#endif

#if defined __POPCNT__ || defined __aarch64__
#define HAS_COUNT_OF_BITS 1
#else
#define HAS_COUNT_OF_BITS 0
#endif

/* Before a loop: how many times its body is repeated. */
#define PRAGMA(words) _Pragma(#words)
#ifdef __clang__
#define UNROLL(times) PRAGMA(unroll times)
#else
#define UNROLL(times) PRAGMA(GCC unroll times)
#endif

#endif
