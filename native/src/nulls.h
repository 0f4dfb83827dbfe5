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

/*
 * The longest run of rows without null that begins at the first one that is not null from `row` on, and ends before
 * row `count`: its length, at least 1, and its first row. 0 where there is no such row.
 */
int64_t exactloss_next_run(const bitmaps *b, int64_t row, int64_t count, int64_t *first);

#endif
