/* SPDX-License-Identifier: Apache-2.0 */
/* What the library is measured against: loops that do less. For EXACTLOSS_ISA_AVX2 and EXACTLOSS_ISA_AVX512. */
#ifndef EXACTLOSS_BENCH_BASELINES_H
#define EXACTLOSS_BENCH_BASELINES_H

#include <stdint.h>

/* Reads count floats and count bytes, and returns something that depends on all of them. */
double baseline_read(int isa, const unsigned char *floats, const unsigned char *bytes, int64_t count);

/* The sum of the distances in float lanes, with rounding at each step, as plain vector code does it. */
double baseline_inexact_sum(int isa, const unsigned char *predictions, const unsigned char *targets, int64_t count);

/* Writes count floats. */
void baseline_fill(int isa, unsigned char *floats, int64_t count);

#endif
