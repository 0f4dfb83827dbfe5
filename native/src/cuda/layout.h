/* SPDX-License-Identifier: Apache-2.0 */
/* What the host and the kernels agree on: the kernels, the arguments of a launch, and the words that it adds to. */
#ifndef EXACTLOSS_CUDA_LAYOUT_H
#define EXACTLOSS_CUDA_LAYOUT_H

#include "../exact_sum.h"
#include "../losses/losses.h"

#include <stddef.h>
#include <stdint.h>

/* X(name), of exactloss_<name> in kernels.cu */
#define CUDA_KERNELS(X)                                                                                                \
    X(float_predictions) X(double_predictions) X(float_logits) X(double_logits) X(target_gradient) X(elements)

#define BLOCK_THREADS 256

/* No thread is given more elements, by a grid of enough blocks: sum.cuh says which integers would overflow. */
#define THREAD_ELEMENTS (1 << 18)
#define ELEMENTS_OF_THREAD (1 << 10) /* in the kernel that takes them one by one */

/* The 16-byte loads that a thread has in flight of predictions and of logits, and its stores of a gradient alone. */
#define VECTORS 2
#define LOGIT_VECTORS 1
#define GRADIENT_VECTORS 1

/* The elements that a block works on at a time, of so many bytes each; and those that are taken one by one. */
#define TILE(vectors, size) (BLOCK_THREADS * (vectors)*16 / (size))
#define ELEMENTS_TILE BLOCK_THREADS

/* A sum in bins as those of exact_sum.h, with the carries unsettled. */
typedef struct sum_words {
    uint64_t nan_count, positive_infinities, negative_infinities;
    uint64_t bins[EXACT_SUM_BINS];
} sum_words;

/* What the elements of a device come to: 64-bit integers that start as 0. Another loss is another sum at the end. */
typedef struct total_words {
    uint64_t blocks; /* that have added to the words */
    uint64_t count;
    uint64_t positives;
    uint64_t above; /* predictions above the threshold */
    uint64_t hits;  /* of these, with a positive target */
    uint64_t weighted;
    uint64_t bad_weights;
    sum_words weights;
    sum_words losses[LOSS_COUNT];
} total_words;

#define WORDS_OF(type) ((int)(sizeof(type) / sizeof(uint64_t)))
#define COUNT_WORDS ((int)(offsetof(total_words, weights) / sizeof(uint64_t)))
#define SPECIAL_WORDS ((int)(offsetof(sum_words, bins) / sizeof(uint64_t)))

/* A block adds less than 2^33 to a bin, times the factor of a linear loss, so that this many can't overflow it. */
#define MOST_BLOCKS (1 << 27)
#define LARGEST_FACTOR 4

/* Types of predictions. The kernels for floats serve the first three. */
enum { TYPE_F16, TYPE_BF16, TYPE_F32, TYPE_F64 };

/* The one argument of a kernel. */
typedef struct cuda_job {
    const void *predictions; /* or logits; NULL where only a gradient is wanted that does not depend on them */
    const void *targets;
    const float *weights; /* to the kernel of elements; NULL: all are 1 */
    void *gradient;       /* NULL: none is wanted */
    total_words *total;   /* NULL where only the gradient is wanted */
    int64_t count;
    uint64_t one;          /* the bits of a target that equals 1 */
    double factor;         /* g of the gradient; a float, unless the predictions are doubles */
    double limit;          /* predictions of at least so much are above the threshold */
    double most, steepest; /* the largest value, and the largest gradient, to the kernel of elements */
    int32_t losses;        /* the set that is summed */
    int32_t gradient_loss; /* LOSS_*, that the gradient is of */
    int32_t target_size;   /* in bytes; 0: bits */
    int32_t first_bit;     /* of the targets' first byte, where they are bits */
    int32_t type;          /* of predictions and gradient: TYPE_* */
    int32_t is_logits;     /* to the kernel of elements */
    int32_t is_vectorised; /* whether all arrays are aligned for loads and stores of 16 bytes */
} cuda_job;

#endif
