/* SPDX-License-Identifier: Apache-2.0 */
/* What an exactloss_accumulator's memory holds, and its byte form. */
#ifndef EXACTLOSS_ACCUMULATOR_H
#define EXACTLOSS_ACCUMULATOR_H

#include "batch.h"

typedef struct accumulator {
    uint64_t magic; /* ACCUMULATOR_MAGIC, unless the memory is no initialised accumulator */
    double threshold;
    totals totals;
} accumulator;

#define ACCUMULATOR_MAGIC 0x6c6f737361636331u

/* Writes EXACTLOSS_ACCUMULATOR_BYTES bytes. */
void exactloss_accumulator_to_bytes(const accumulator *a, unsigned char *bytes);

/* Reads EXACTLOSS_ACCUMULATOR_BYTES bytes: EXACTLOSS_OK, or EXACTLOSS_ERROR_FORMAT and `a` as it was. */
int exactloss_accumulator_from_bytes(accumulator *a, const unsigned char *bytes);

#endif
