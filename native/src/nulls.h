/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows of some columns are null, from Arrow's validity bitmaps. */
#ifndef EXACTLOSS_NULLS_H
#define EXACTLOSS_NULLS_H

#include <stdint.h>

#define BITMAP_COUNT 6 /* two of each of three columns */

/* A row is null where its bit is 0 in any of the bitmaps. NULL is no bitmap. */
typedef struct bitmaps {
    const void *bits[BITMAP_COUNT];
    int64_t offset[BITMAP_COUNT]; /* the bit of row 0 */
} bitmaps;

/* The number of null rows among the first `count`. */
int64_t exactloss_count_nulls(const bitmaps *b, int64_t count);

/* Finds the runs of rows that are not null, one after the other. */
typedef struct run_reader {
    bitmaps nulls;
    int has_nulls; /* whether there is a bitmap */
    int64_t count; /* of rows */
    int64_t next;  /* the first row that is not read yet */
    int64_t start; /* of the 64 rows that `valid` has a bit for */
    uint64_t valid;
} run_reader;

void exactloss_open_runs(run_reader *r, const bitmaps *nulls, int64_t count);

/* The length of the next run of rows, as long as it can be, and its first row. 0 at the end. */
int64_t exactloss_next_run(run_reader *r, int64_t *first);

#endif
