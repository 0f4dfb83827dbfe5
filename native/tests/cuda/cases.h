/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One batch through the functions of libexactloss_cuda.so, on whatever device there is, compared with libexactloss.so bit
 * by bit. A difference ends the process with a line that says what was tested.
 */
#ifndef CUDA_CASES_H
#define CUDA_CASES_H

#include "exactloss/exactloss_cuda.h"
#include "inputs.h"

#define LARGEST_COUNT (1 << 16) /* elements of a case, with its offset and shifts */

typedef enum weights_kind { NO_WEIGHTS, USUAL_WEIGHTS, ANY_WEIGHTS, WEIGHTS_KINDS } weights_kind;

typedef struct test_case {
    int type, targets_type; /* EXACTLOSS_P_* and EXACTLOSS_T_* */
    int losses, loss;       /* a set, and the one of it that the gradient is of */
    int clamp;
    int logits, count;
    input_kind kind;
    weights_kind weights;
    int first_bit;     /* of targets that are bits */
    int shift;         /* of predictions and gradient, in elements from an aligned address */
    int targets_shift; /* of the targets, in elements, or bytes of bits */
    int at_end;        /* all arrays end where the memory does */
    int in_place;      /* the gradient takes the place of the predictions */
    double threshold, upstream;
} test_case;

/* What is being tested, for the line of a failure. */
extern char test_context[256];

/* Ends the process with a line. */
__attribute__((format(printf, 1, 2), noreturn)) void fail(const char *format, ...);

/* Fails where a status is none of success. */
void check(int status);

/* A number from 0 to limit - 1. */
int below(int limit);

/* The bytes of an element of EXACTLOSS_P_* or EXACTLOSS_T_* that is no bit. */
int size_of(int type);

/* Writes `count` predictions, uniform in [0, 1), or targets, or weights of a kind, from the start of an array. */
void fill_predictions(unsigned char *array, int type, int count);
void fill_targets(unsigned char *array, int type, int64_t count);
void fill_weights(unsigned char *array, weights_kind kind, int count);

/* Opens device `ordinal`, and allocates what the cases need; gives it back. */
exactloss_cuda_device *open_cases(int ordinal);
void close_cases(void);

/* Through accumulators, with and without a gradient; a third of the elements are summed by the processor. */
void run_case(const test_case *c);

/* Through the functions that wait, for the batch that the last run_case() has made, which was not in place. */
void run_sync_case(const test_case *c);

/* `count` times one value, all targets the same, and all weights; a weight of 0: none. */
void run_equal_case(int losses, int type, double value, int target, float weight, int count);

#endif
