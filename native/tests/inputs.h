/* SPDX-License-Identifier: Apache-2.0 */
/* Seeded inputs for the tests: every kind of float that a kernel treats differently. */
#ifndef EXACTLOSS_TESTS_INPUTS_H
#define EXACTLOSS_TESTS_INPUTS_H

#include <stdint.h>

typedef enum input_kind {
    UNIFORM,     /* [0, 1), multiples of 2^-24, as random generators make them */
    FAST_RANGE,  /* all bit patterns of [2^-19, 1] */
    EDGES,       /* 0, -0, 1, -1, 2^-19 and the neighbours of each */
    ONES,        /* 1 throughout: the largest sums */
    TIES,        /* halfway between multiples of 2^-21: the largest rests */
    TINY,        /* probabilities of a confident model, down to 1e-30 */
    SUBNORMAL,   /* subnormals and zeros of both signs */
    RAW_SCORES,  /* [-50, 50] */
    PLATEAU,     /* just below 128, and seldom -128: the largest sums off the fast path */
    HUGE_VALUES, /* around 3e38, both signs */
    MIXED,       /* any finite bit pattern */
    ANY_BITS,    /* any bit pattern: NaN and infinities too */
    INPUT_KINDS
} input_kind;

extern const char *const INPUT_KIND_NAMES[INPUT_KINDS];

/* The next 64 bits of a generator (splitmix64), whose state is any number. */
uint64_t next_random(uint64_t *state);

/* A float of a kind. */
float next_float(input_kind kind, uint64_t *state);

/* Writes count floats at any alignment. */
void fill_floats(input_kind kind, uint64_t *state, unsigned char *floats, int count);

/* The same kinds of doubles: with more digits, and in the double's own range. */
double next_double(input_kind kind, uint64_t *state);
void fill_doubles(input_kind kind, uint64_t *state, unsigned char *doubles, int count);

/* Targets: mostly 0 and 1, and with `odd` some other bytes. */
void fill_bytes(int odd, uint64_t *state, unsigned char *bytes, int count);

/* Targets as floats: mostly 0 and 1, and with `odd` some -0, NaN and neighbours of 1. */
void fill_float_targets(int odd, uint64_t *state, unsigned char *floats, int count);

#endif
