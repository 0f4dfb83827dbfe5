/* SPDX-License-Identifier: Apache-2.0 */
/* Whether all variants that are measured compute the same bits: every instruction set, any number of threads. */
#ifndef EXACTLOSS_BENCH_CHECK_H
#define EXACTLOSS_BENCH_CHECK_H

#include "suites.h"

/*
 * Runs every operation of every suite on small inputs, by each backend in `p`, by the public functions, and with
 * threads, and compares the bits of all results. Prints the number of comparisons, and every difference. Returns
 * the number of differences.
 */
int check_suites(const plan *p);

#endif
