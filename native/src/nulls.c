/* SPDX-License-Identifier: Apache-2.0 */
#include "nulls.h"

#include "cpu/kernels.h"

#include <stddef.h>
#include <string.h>

/* One bit for each of the 64 rows from `row` on, or of those before row `count`: set where the row is not null. */
static uint64_t valid_rows(const bitmaps *b, int64_t row, int64_t count) {
    const int rows = count - row < 64 ? (int)(count - row) : 64;
    uint64_t valid = rows == 64 ? UINT64_MAX : ((uint64_t)1 << rows) - 1;
    for (int i = 0; i < BITMAP_COUNT; i++) {
        if (b->bits[i] != NULL) {
            uint64_t bits = 0;
            exactloss_decode_bits(b->bits[i], b->offset[i] + row, rows, 1, 1, &bits);
            valid &= bits;
        }
    }
    return valid;
}

static int has_bitmap(const bitmaps *b) {
    int any = 0;
    for (int i = 0; i < BITMAP_COUNT; i++) {
        any |= b->bits[i] != NULL;
    }
    return any;
}

/* The only bitmap from the byte of its row 0 on; NULL where there are several, or row 0 begins within a byte. */
static const unsigned char *only_bitmap(const bitmaps *b) {
    const unsigned char *only = NULL;
    for (int i = 0; i < BITMAP_COUNT; i++) {
        if (b->bits[i] != NULL) {
            if (only != NULL || b->offset[i] % 8 != 0) {
                return NULL;
            }
            only = (const unsigned char *)b->bits[i] + b->offset[i] / 8;
        }
    }
    return only;
}

int64_t exactloss_count_nulls(const bitmaps *b, int64_t count) {
    int64_t valid = 0, row = 0;
    if (!has_bitmap(b)) {
        return 0;
    }
    const unsigned char *only = only_bitmap(b);
    for (; only != NULL && count - row >= 64; row += 64) {
        uint64_t bits;
        memcpy(&bits, only + row / 8, sizeof bits);
        valid += count_bits(bits);
    }
    for (; row < count; row += 64) {
        valid += count_bits(valid_rows(b, row, count));
    }
    return count - valid;
}

void exactloss_open_runs(run_reader *r, const bitmaps *nulls, int64_t count) {
    *r = (run_reader){*nulls, has_bitmap(nulls), count, 0, 0, valid_rows(nulls, 0, count)};
}

/* The first row from `next` on that is valid, or that is not; `count` where there is none. */
static int64_t find_row(run_reader *r, int is_valid) {
    uint64_t among = UINT64_MAX << (r->next - r->start); /* the rows that are not read yet */
    for (;;) {
        const uint64_t found = (is_valid ? r->valid : ~r->valid) & among;
        if (found != 0) { /* row `count` is not valid */
            return r->start + __builtin_ctzll(found);
        }
        if (r->start + 64 >= r->count) {
            return r->count;
        }
        r->start += 64;
        r->valid = valid_rows(&r->nulls, r->start, r->count);
        among = UINT64_MAX;
    }
}

int64_t exactloss_next_run(run_reader *r, int64_t *first) {
    if (r->next >= r->count) {
        return 0;
    }
    r->next = *first = r->has_nulls ? find_row(r, 1) : 0;
    if (r->next < r->count) {
        r->next = r->has_nulls ? find_row(r, 0) : r->count;
    }
    return r->next - *first;
}
