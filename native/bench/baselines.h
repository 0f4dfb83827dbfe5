/* SPDX-License-Identifier: Apache-2.0 */
/* The loops that the library is compared with, which do less: one set for each instruction set. */
#ifndef EXACTLOSS_BENCH_BASELINES_H
#define EXACTLOSS_BENCH_BASELINES_H

#include <stddef.h>
#include <stdint.h>

typedef struct baseline_loops {
    /* The exclusive or of all words of 8 bytes, the last one filled up with zeros. */
    uint64_t (*read)(const unsigned char *bytes, size_t size);

    void (*fill)(unsigned char *bytes, size_t size);
    void (*copy)(const unsigned char *from, size_t size, unsigned char *to);

    /* The sum of the distances of floats from bytes in float lanes, with rounding at each step, as plain code does. */
    double (*inexact_sum)(const unsigned char *floats, const unsigned char *bytes, int64_t count);
} baseline_loops;

/* The loops for an instruction set; the portable ones where it has none of its own. */
const baseline_loops *baseline_loops_of(const char *isa);

#define MOST_READS 3

/* The arrays to move: elements start .. start + count - 1. start is a multiple of 64. */
typedef struct baseline_mix {
    int reads;
    const unsigned char *from[MOST_READS];
    int from_bits[MOST_READS]; /* of an element */
    unsigned char *to;
    int to_bits; /* 0: nothing is written */
    int64_t start, count;
} baseline_mix;

/*
 * Moves the same bytes as an operation does: reads all arrays and writes one. The output becomes a copy of the first
 * array with elements of its size, or constants if there is none. Returns the exclusive or of the other arrays.
 */
uint64_t baseline_move(const baseline_loops *loops, const baseline_mix *mix);

#endif
