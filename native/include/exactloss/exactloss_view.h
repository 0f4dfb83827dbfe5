/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays of other libraries, as the functions of exactloss.h take them: what exactloss_dlpack.h and exactloss_arrow.h
 * have in common.
 *
 * A view is the address, the number and the type of the elements of an array: nothing is copied, and nothing is kept.
 * It is valid for as long as the array's memory stays. An array that can't be viewed is refused, and a fault says why.
 */
#ifndef EXACTLOSS_EXACTLOSS_VIEW_H
#define EXACTLOSS_EXACTLOSS_VIEW_H

#include "exactloss.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The role of an array, beside EXACTLOSS_PREDICTIONS, EXACTLOSS_TARGETS and EXACTLOSS_WEIGHTS: any type will do. */
#define EXACTLOSS_ANY_ROLE 0

/* The elements of an array. */
typedef struct exactloss_view {
    const void *data;     /* the first element; of packed bits the byte that has it; may be NULL where count is 0 */
    int64_t count;        /* of elements, of all dimensions together */
    int32_t options;      /* predictions: EXACTLOSS_P_*. targets: EXACTLOSS_T_*, of packed bits with their offset.
                             weights: 0. any role: both, where elements of the type can be both; 0 for any other type */
    int32_t element_size; /* in bytes; 0 for packed bits */
} exactloss_view;

/*
 * Why an array can't be viewed, for a message such as "predictions: PROBLEM", or, where the two numbers differ,
 * "predictions: PROBLEM FOUND, not WANTED".
 */
typedef struct exactloss_fault {
    const char *problem; /* what is wrong, and what to do about it: a static English text without a full stop */
    int64_t found;       /* the number that is wrong */
    int64_t wanted;      /* what it should be; equal to `found` where no number says more */
} exactloss_fault;

#ifdef __cplusplus
}
#endif

#endif
