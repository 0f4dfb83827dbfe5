/* SPDX-License-Identifier: Apache-2.0 */
/* The measured operations: those of the library, and the loops that they are compared with. */
#ifndef EXACTLOSS_BENCH_OPERATIONS_H
#define EXACTLOSS_BENCH_OPERATIONS_H

#include "inputs.h"

typedef enum operation_id {
    MEAN,
    MEAN_LOGITS,
    EVALUATE,
    EVALUATE_LOGITS,
    GRADIENT,
    LOSS_AND_GRADIENT,
    LOSS_AND_GRADIENT_LOGITS,
    SIGMOID,
    WHERE, /* where(targets, predictions, logits): two arrays of the same type */
    MEAN_ROWS,
    WEIGHTED_MEAN,
    WEIGHTED_GRADIENT,
    BRIER,
    WEIGHTED_BRIER,
    BRIER_LOGITS,
    BRIER_LOSS_AND_GRADIENT,
    BRIER_LOSS_AND_GRADIENT_LOGITS,
    LOG,
    LOG_LOGITS,
    LOG_GRADIENT,
    LOG_LOSS_AND_GRADIENT,
    LOG_LOSS_AND_GRADIENT_LOGITS,
    EVALUATE_ALL, /* three losses in one pass */
    EVALUATE_ALL_LOGITS,
    ACCUMULATOR, /* made, filled with all elements, and read */
    OPERATIONS
} operation_id;

/* The computations. Operations from logits differ from the others in the array that they read. */
typedef enum work {
    COMPUTE_LOSS,
    COMPUTE_EVALUATION,
    COMPUTE_ACCUMULATION,
    COMPUTE_LOSS_AND_GRADIENT,
    COMPUTE_GRADIENT,
    COMPUTE_SIGMOID,
    COMPUTE_WHERE,
    COMPUTE_ROWS,
    INEXACT_LOSS,
    MOVE_BYTES,
    COPY_ON_DEVICE
} work;

/* The parameters of the operations besides arrays. */
#define THRESHOLD 0.5
#define UPSTREAM 1.0
#define COLUMNS 64 /* of the matrix whose rows have a loss each */

typedef enum output { NO_OUTPUT, AN_ELEMENT_EACH, A_DOUBLE_A_ROW } output;

typedef struct operation {
    const char *name;
    work work;
    unsigned reads; /* a set of BIT(array) */
    int is_logits;
    output output;
    int losses; /* one, or those of an evaluation; 0 where there is none */
} operation;

extern const operation OPERATION_LIST[OPERATIONS];

/* The mean of float32 with uint8 that ordinary code computes. */
extern const operation INEXACT_MEAN;

/* A loop that writes as much as a large output takes, and reads nothing. */
extern const operation FILL;

/* A copy of the predictions within the memory of a GPU. */
extern const operation DEVICE_COPY;

/* A loop that moves the same bytes as an operation. */
operation operation_that_moves(const operation *o, const inputs *in);

/* The losses, the types and the flags of an operation of the library, as its functions take them. */
int operation_options(const operation *o, const inputs *in);

/* The number of the operation's loss, LOSS_*. */
int operation_loss(const operation *o);

/* Bits an element that an operation reads, and that it writes. */
int operation_reads(const operation *o, const inputs *in);
int operation_writes(const operation *o, const inputs *in);

/* The arrays that an operation needs, a set of BIT(array). */
unsigned operation_needs(const operation *o);

#endif
