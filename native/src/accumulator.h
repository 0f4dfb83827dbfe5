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

/*
 * A threshold may be any double but NaN. -0 is the same threshold as +0, and becomes it. Only the bits are looked at,
 * since a comparison obeys the caller's floating-point environment. EXACTLOSS_OK, or EXACTLOSS_ERROR_THRESHOLD.
 */
int exactloss_take_threshold(double given, double *threshold);

/* Writes EXACTLOSS_ACCUMULATOR_BYTES bytes. */
void exactloss_accumulator_to_bytes(const accumulator *a, unsigned char *bytes);

/* Reads EXACTLOSS_ACCUMULATOR_BYTES bytes: EXACTLOSS_OK, or EXACTLOSS_ERROR_FORMAT and `a` as it was. */
int exactloss_accumulator_from_bytes(accumulator *a, const unsigned char *bytes);

#endif
