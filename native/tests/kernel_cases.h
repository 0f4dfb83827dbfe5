/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the tests of the kernels: the kernels of one instruction set, which are compared with the portable ones bit
 * by bit, and arrays that lie between unreadable pages.
 */
#ifndef EXACTLOSS_TESTS_KERNEL_CASES_H
#define EXACTLOSS_TESTS_KERNEL_CASES_H

#include "cpu/kernels.h"
#include "guarded.h"
#include "inputs.h"

#include <stdint.h>

#define SLACK 64 /* bytes in an array beyond the most that is tested, for any alignment */

extern const char *isa_name;
extern const exactloss_kernels *kernels;
extern const exactloss_kernels *const portable;
extern guarded predictions, targets, got, spare;

/*
 * Chooses the kernels by the program's argument, the name of an instruction set, and allocates the arrays. Returns 0; or
 * else the program's exit status: 77, which means skipped, on a machine without the instruction set. Compiled with
 * EMULATED_KERNELS, it chooses these for every name, and they run everywhere.
 */
int open_kernel_cases(int argc, char **argv);

void close_kernel_cases(void);

/* The kernels of a type of floating-point numbers, and of the portable table. */
typedef struct real_case {
    const char *name;
    int size, longest;
    const real_type *want_type, *have_type;
    const real_kernels *want, *have;
    void (*fill)(input_kind kind, uint64_t *state, unsigned char *elements, int count);
} real_case;

enum { F32, F64, REALS };

real_case real_of(int which);

/* Calls `test` with every length and a seed of its own. */
void for_all_lengths(void (*test)(int count, uint64_t seed));

void random_mask(uint64_t *state, int count, uint64_t *mask);

#define SUM_BYTES (4 * EXACT_SUM_BINS + 24)

/* All that an exact sum holds, in a form without history. */
void write_sum(const exact_sum *sum, unsigned char bytes[SUM_BYTES]);

/* An empty sum, and that no block has been added to it. */
summation begin(exact_sum *sum);

#endif
