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

typedef struct test_case {
    int dtype, targets_dtype, logits, count;
    input_kind kind;
    int64_t targets_offset;
    int shift;         /* of predictions and gradient, in elements from an aligned address */
    int targets_shift; /* of the targets, in elements */
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

/* The bytes of an element that is no bit. */
int size_of(int dtype);

/* Writes `count` predictions, uniform in [0, 1), or targets, from the start of an array. */
void fill_predictions(unsigned char *array, int dtype, int count);
void fill_targets(unsigned char *array, int dtype, int64_t count);

/* Opens device `ordinal`, and allocates what the cases need; gives it back. */
exactloss_cuda_device *open_cases(int ordinal);
void close_cases(void);

/* Through accumulators, with and without a gradient; a third of the elements are summed by the processor. */
void run_case(const test_case *c);

/* Through the functions that wait, for the batch that the last run_case() has made, which was not in place. */
void run_sync_case(const test_case *c);

/* `count` times one value, all targets the same. */
void run_equal_case(int dtype, double value, int target, int count);

#endif
