/* SPDX-License-Identifier: Apache-2.0 */
#include "nulls.h"

#include "cpu/kernels.h"

#include <stddef.h>

/* One bit for each of the 64 rows from `row` on, or of those before row `count`: set where the row is not null. */
static uint64_t valid_rows(const bitmaps *b, int64_t row, int64_t count) {
    const int rows = count - row < 64 ? (int)(count - row) : 64;
    uint64_t valid = rows == 64 ? UINT64_MAX : ((uint64_t)1 << rows) - 1, bits;
    for (int i = 0; i < BITMAP_COUNT; i++) {
        if (b->bits[i] != NULL) {
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

int64_t exactloss_count_nulls(const bitmaps *b, int64_t count) {
    int64_t valid = 0;
    if (!has_bitmap(b)) {
        return 0;
    }
    for (int64_t row = 0; row < count; row += 64) {
        valid += __builtin_popcountll(valid_rows(b, row, count));
    }
    return count - valid;
}

/* The first row from `row` on that is valid, or that is not: `count` where there is none. */
static int64_t find_row(const bitmaps *b, int is_valid, int64_t row, int64_t count) {
    for (int64_t start = row; start < count; start += 64) {
        const uint64_t valid = valid_rows(b, start, count), wanted = is_valid ? valid : ~valid;
        if (wanted != 0) {
            const int64_t found = start + __builtin_ctzll(wanted);
            return found < count ? found : count;
        }
    }
    return count;
}

int64_t exactloss_next_run(const bitmaps *b, int64_t row, int64_t count, int64_t *first) {
    const int is_everything = !has_bitmap(b);
    *first = is_everything ? row : find_row(b, 1, row, count);
    return (is_everything ? count : find_row(b, 0, *first, count)) - *first;
}
