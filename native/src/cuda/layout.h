/* SPDX-License-Identifier: Apache-2.0 */
/* What the host and the kernels agree on: the arguments of a launch, and the words that it adds its results to. */
#ifndef EXACTLOSS_CUDA_LAYOUT_H
#define EXACTLOSS_CUDA_LAYOUT_H

#include <stdint.h>

#define BLOCK_THREADS 256

/* No thread is given more elements, by a grid of enough blocks: sum.cuh says which integers would overflow. */
#define THREAD_ELEMENTS (1 << 20)

/* The 16-byte loads that a thread has in flight of predictions and of logits, and its stores of a gradient alone. */
#define VECTORS 2
#define LOGIT_VECTORS 1
#define GRADIENT_VECTORS 1

/* The elements that a block works on at a time, of so many bytes each. */
#define TILE(vectors, size) (BLOCK_THREADS * (vectors)*16 / (size))

/* The words of a device's sum: 64-bit integers that start as 0. */
enum {
    WORD_COUNT,
    WORD_POSITIVES,
    WORD_ABOVE, /* predictions above the threshold */
    WORD_HITS,  /* of these, with a positive target */
    WORD_NAN,
    WORD_POSITIVE_INFINITIES,
    WORD_NEGATIVE_INFINITIES,
    WORD_BLOCKS, /* that have added to the words */
    WORD_BINS,   /* the first of SUM_BINS bins of 32 bits each, those of exact_sum.h, with the carries unsettled */
    SUM_BINS = 75,
    SUM_WORDS = WORD_BINS + SUM_BINS
};

/* A block adds less than 2^33 to a bin, so that this many can't overflow it. */
#define MOST_BLOCKS (1 << 29)

/* Types of predictions. The kernels for floats serve the first three. */
enum { TYPE_F16, TYPE_BF16, TYPE_F32, TYPE_F64 };

/* The one argument of a kernel. */
typedef struct cuda_job {
    const void *predictions; /* or logits */
    const void *targets;
    void *gradient; /* NULL: none is wanted */
    uint64_t *sum;  /* SUM_WORDS words; NULL where only the gradient is wanted */
    int64_t count;
    uint64_t one;          /* the bits of a target that equals 1 */
    uint64_t factor;       /* the bits of the gradient's factor g */
    double limit;          /* predictions of at least so much are above the threshold */
    int32_t target_size;   /* in bytes; 0: bits */
    int32_t first_bit;     /* of the targets' first byte, where they are bits */
    int32_t is_vectorised; /* whether all arrays are aligned for loads and stores of 16 bytes */
    int32_t type;          /* of predictions and gradient: TYPE_* */
} cuda_job;

#endif
