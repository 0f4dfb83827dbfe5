/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of sigmoid.h and logarithm.h have in common: a function on every instruction set that this machine can
 * run has the same bits as the portable one, is within its bound of the true value, in its range, and in order.
 *
 * Usage: PROGRAM [all THREADS]. With `all`, every one of the 2^32 floats, which takes minutes; without, a sample. Doubles
 * are always a sample.
 */
#ifndef EXACTLOSS_TESTS_FUNCTION_CASES_H
#define EXACTLOSS_TESTS_FUNCTION_CASES_H

#include "cpu/kernels.h"

#include <stdint.h>

#define CHUNK 1024 /* inputs at a time */
#define MOST_ISAS 16

/* The instruction sets that this machine can run, from portable on. */
typedef struct usable_isas {
    int count;
    const exactloss_isa *isas[MOST_ISAS];
} usable_isas;

usable_isas list_isas(void);

/* A function of floats and doubles. The true values are NaN where the function is, and wider than what they judge. */
typedef struct function_case {
    const char *name;
    void (*run)(const real_kernels *k, const void *x, void *y); /* of a chunk */
    double (*of_float)(double x);
    long double (*of_double)(long double x);
    double highest; /* the range is from +0 to this */
    int order;      /* 1: rising, -1: falling, 0: neither is promised */
    double (*next_input)(uint64_t *state);
} function_case;

/* Reads the program's arguments; returns 0, or else its exit status. */
int open_function_cases(int argc, char **argv);

/* Tests, whose state is a function_case. They print what they found. */
void floats_are_right(void **state);
void doubles_are_right(void **state);

/* |have - want| in units in the last place of want, in a format of `precision` bits and the smallest exponent `low`. */
double error_in_ulp(long double have, long double want, int precision, int low);

/* Logits of all sizes, and the extremes. */
double next_logit(uint64_t *state);

#endif
