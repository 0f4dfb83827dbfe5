/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sources need of the compiler: that a float or double operation is IEEE 754's, rounded once to its own type.
 * The same bits everywhere rest on it, and no test of another build would see that it is missing. CMake sees to it
 * (cmake/arithmetic.cmake); this is for those who compile the sources in another way.
 */
#ifndef EXACTLOSS_ARITHMETIC_H
#define EXACTLOSS_ARITHMETIC_H

#include <float.h>

#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16 /* where only halves are wider */
#error "operations would be rounded twice: compile with -msse2 -mfpmath=sse (x86) or -fexcess-precision=fast (GCC)"
#endif

#if defined __FAST_MATH__ || (defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__ != 0) ||                            \
    defined __ASSOCIATIVE_MATH__ || defined __RECIPROCAL_MATH__ || defined __NO_SIGNED_ZEROS__
#error "sums would not be exact: compile, and link, without -ffast-math or its parts, or with -fno-fast-math last"
#endif

#endif
