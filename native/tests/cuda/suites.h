/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of cases; quick: fewer of them, for a bug that any would find. */
#ifndef CUDA_SUITES_H
#define CUDA_SUITES_H

/* All types around the size of a tile, at the end of memory. */
void test_sizes(int quick);

/* All pairs of alignments of predictions and targets. */
void test_alignments(int quick);

/* All lengths up to 300. */
void test_lengths(void);

void test_equal_values(int quick);

/* Weights of all kinds, with all types. */
void test_weights(int quick);

/* All sets of losses, with and without EXACTLOSS_CLAMP and weights. */
void test_losses(int quick);

void test_ties(void);

/* Anything together. */
void test_random(int cases);

#endif
