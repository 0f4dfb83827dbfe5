/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sums of a TYPE of predictions (f16, bf16, f32, f64), which are computed with an ELEMENT: a part of
 * kernels_vector.h. T(sum) is sum_f16, and so on. T(sum_in_range) is the fast path: see sum_usual_vector.h, sum_rounded_vector.h and
 * fixed_vector.h.
 */
#define T(name) JOIN(name, TYPE)
#define ARRAY JOIN(TYPE, array)
#define LONGEST_SUM (LONG_BLOCK / 16 * V(lanes))                       /* elements */
#define TYPE_BLOCK (BLOCK * (int)sizeof(float) / (int)sizeof(V(real))) /* elements */

/* Adds a block, and counts its elements unless counts is NULL or the block is off the fast path; returns 1 or 0. */
static ALWAYS_INLINE int T(add_block)(const void *predictions, const uint64_t *mask, int positives, int count,
                                      V(counts) * counts, summation *s) {
    const V(targets) targets = {0, mask, NULL, positives};
    if (s->unusual_blocks > 0) {
        s->unusual_blocks--;
    } else if (T(sum_in_range)(predictions, targets, count, counts, s) >= 0) {
        return 1;
    } else {
        s->unusual_blocks = UNUSUAL_BLOCKS;
    }
    T(sum_any)(predictions, mask, positives, count, s->sum);
    return 0;
}

static void T(sum)(const void *predictions, const uint64_t *mask, int positives, int count, summation *s) {
    T(add_block)(predictions, mask, positives, count, NULL, s);
}

static int T(sum_and_count)(const void *predictions, const uint64_t *mask, int positives, int count, double limit,
                            int *common, summation *s) {
    V(counts) counts = {V(set)((V(real))limit), 0, 0};
    if (!T(add_block)(predictions, mask, positives, count, &counts, s)) {
        V(count)(ARRAY(), predictions, mask, count, &counts);
    }
    *common = counts.common;
    return counts.found;
}

static __attribute__((noinline)) int T(decode_and_sum)(const void *predictions, const unsigned char *targets, int count,
                                                       summation *s) {
    const unsigned char *p = predictions;
    uint64_t mask[MASK_WORDS];
    int positives = 0;
    for (int from = 0, size; from < count; from += size, p += ARRAY().size * size) {
        size = count - from < TYPE_BLOCK ? count - from : TYPE_BLOCK;
        const int found = decode_8(targets, from, size, 1, UINT8_MAX, mask);
        T(sum)(p, mask, found, size, s);
        positives += found;
    }
    return positives;
}

/*
 * If a group's byte targets are decoded at once, it is done on the way, and the mask never leaves the registers: in pieces of
 * which a lane holds the sum.
 */
static int T(sum_by_bytes)(const void *predictions, const unsigned char *bytes, int count, summation *s) {
    const unsigned char *p = predictions;
    int positives = 0;
    while (4 * V(lanes) == GROUP_OF_BYTES && s->unusual_blocks == 0 && count > 0) {
        const int size = count < LONGEST_SUM ? count : LONGEST_SUM;
        const int found = T(sum_in_range)(p, (V(targets)){1, NULL, bytes, 0}, size, NULL, s);
        if (found < 0) {
            s->unusual_blocks = UNUSUAL_BLOCKS;
        } else {
            positives += found;
            p += ARRAY().size * size;
            bytes += size;
            count -= size;
        }
    }
    return count == 0 ? positives : positives + T(decode_and_sum)(p, bytes, count, s);
}

#undef T
#undef ARRAY
#undef TYPE_BLOCK
#undef LONGEST_SUM
