/* SPDX-License-Identifier: Apache-2.0 */
/* The content of an exactloss_accumulator's memory, and its byte form. */
#ifndef EXACTLOSS_ACCUMULATOR_H
#define EXACTLOSS_ACCUMULATOR_H

#include "totals.h"

/* The caller declares its memory as another type, which this type may therefore alias. */
typedef struct __attribute__((may_alias)) accumulator {
    uint64_t magic; /* ACCUMULATOR_MAGIC, unless the memory is no initialised accumulator */
    double threshold;
    totals totals;
} accumulator;

#define ACCUMULATOR_MAGIC 0x6c6f737361636331u

static inline accumulator *exactloss_accumulator_state(exactloss_accumulator *memory) {
    return (accumulator *)(void *)memory;
}

/* EXACTLOSS_OK where accumulators can lie at an address: EXACTLOSS_ERROR_NULL or _ALIGNMENT otherwise. */
int exactloss_accumulator_check_address(const exactloss_accumulator *memory);

/* EXACTLOSS_OK where the memory holds an accumulator, and the error otherwise. */
int exactloss_accumulator_check(const exactloss_accumulator *memory);

/* Adds `other`, which may be `a` itself: EXACTLOSS_OK, or an error and `a` as it was. */
int exactloss_accumulator_combine(accumulator *a, const accumulator *other);

/* The number of bytes of the byte form with a set of losses. */
int64_t exactloss_accumulator_byte_size(int64_t losses);

/* Writes that number of bytes. */
void exactloss_accumulator_to_bytes(const accumulator *a, unsigned char *bytes);

/* Reads `size` bytes: EXACTLOSS_OK, or an error and `a` as it was. */
int exactloss_accumulator_from_bytes(accumulator *a, const unsigned char *bytes, int64_t size);

#endif
