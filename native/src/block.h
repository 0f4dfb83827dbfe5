/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch is read block by block. Every pass over a block reads it from the first-level cache, into which the first
 * pass brought it. Where something is computed on the way (float32 from narrower types, sigmoids, values, gradients),
 * it lies in a workspace, and the blocks are shorter, so that both fit.
 */
#ifndef EXACTLOSS_BLOCK_H
#define EXACTLOSS_BLOCK_H

#include "batch.h"

#define WORK_BYTES 4096        /* of the floats or doubles in a block with a workspace */
#define FROM_MEMORY (32 << 20) /* bytes of an array that no cache is expected to hold */

/* The arrays that are computed of a block. They hold floats or doubles unless stated otherwise. */
typedef struct workspace {
    union { /* the gradient overwrites its inputs, which nothing reads afterwards */
        _Alignas(64) unsigned char inputs[WORK_BYTES]; /* predictions or logits of a narrower type, widened */
        unsigned char gradient[WORK_BYTES];
    };
    unsigned char predictions[WORK_BYTES];           /* of logits */
    unsigned char values[WORK_BYTES];                /* of a loss */
    union {                                          /* never in use at the same time */
        unsigned char distances[WORK_BYTES];         /* of logits */
        uint16_t narrow[WORK_BYTES / sizeof(float)]; /* values or a gradient, rounded to a narrower type */
    };
} workspace;

/* Elements start .. start + count - 1 of a batch. */
typedef struct block {
    int64_t start;
    int count;
    int positives;           /* elements whose target is positive */
    const void *predictions; /* with a workspace, as floats or doubles; logits where the batch has logits */
    block_weights weights;   /* with their span once the block is weighed */
    uint64_t mask[MASK_WORDS];
} block;

/* Places the block of at most `most` elements from `start` on. */
static inline void exactloss_place_block(const batch *b, int64_t start, int most, block *k) {
    const int64_t rest = b->count - start;
    k->start = start;
    k->count = rest < most ? (int)rest : most;
    k->weights.array = b->weights == NULL ? NULL : b->weights + sizeof(float) * (size_t)start;
    k->predictions = b->predictions == NULL ? NULL : b->predictions + b->type->size * start;
}

/* Decodes the targets of a block. */
static inline void exactloss_decode_block(const batch *b, block *k) {
    k->positives =
        b->decode(b->targets, b->first_target + k->start, k->count, b->target_type->one, UINT64_MAX, k->mask);
}

/* Places a block of the workspace's size, decodes its targets and widens its predictions. */
static inline void exactloss_open_block(const batch *b, int64_t start, workspace *work, block *k) {
    exactloss_place_block(b, start, WORK_BYTES / b->type->wide_size, k);
    exactloss_decode_block(b, k);
    if (k->predictions != NULL && b->type->widen != NULL) {
        b->type->widen(k->predictions, k->count, work->inputs);
        k->predictions = work->inputs;
    }
}

/* Finds the span of the weights of a block, for its check and its sums. */
static inline void exactloss_weigh_block(const batch *b, block *k) {
    if (k->weights.array != NULL) {
        k->weights.span = b->kernels->span_of_weights(k->weights.array, k->count);
    }
}

/* Looks for the first element of an open block, which is weighed, that must be refused. */
int exactloss_check_block(const batch *b, const block *k, exactloss_violation *violation);

/* Brings the values of a loss that may be infinite to at most CLAMPED_VALUE, if the batch is clamped. */
static inline void exactloss_clamp_values(const batch *b, int loss, int count, void *values) {
    if (b->is_clamped && (1 << loss & VALUE_LOSSES) != 0) {
        b->type->wide->limit(CLAMPED_VALUE, count, values);
    }
}

/* Where the kernels write the gradient of a block: where it belongs, or to the workspace. */
void *exactloss_gradient_of_block(const batch *b, const block *k, const gradient_output *g, workspace *work);

/* Weights and rounds the gradient of a block, and adds or writes it to its place in the output. */
void exactloss_put_gradient(const batch *b, const block *k, const gradient_output *g, workspace *work);

/* Computes the gradient of an open block of predictions, and puts it to its place in the output. */
void exactloss_compute_gradient(const batch *b, const block *k, const gradient_output *g, workspace *work);

/* Called when the gradients of all blocks have been put. */
void exactloss_end_gradient(const batch *b, const gradient_output *g);

#endif
