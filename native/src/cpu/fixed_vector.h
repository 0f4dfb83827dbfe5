/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact sum of a block of a TYPE of 16 bits (f16, bf16) whose values lie in the usual range, as fixed-point numbers: a part
 * of kernels_vector.h.
 *
 * 1. A float16 of [0, 2), be it subnormal, is a multiple of 2^-24. A bfloat16 of [2^-19, 2), or 0, is one of 2^-26. So p * 2^26
 *    is an integer below 2^27. It has no more significant bits than p, so a float holds it: to scale p, to change its sign and
 *    to convert it to an integer is exact. A lane of int32_t holds the sum of 16 such integers, which make a piece of the block.
 *    An instruction set may keep fewer bits after the point of a float16, f16_point.
 *
 * 2. The bitwise or of the patterns tells that none has a sign, or the exponent of 2 or a larger one, as NaN and infinities have.
 *    That is all for float16. For bfloat16 the smallest pattern less one, an unsigned integer, tells that nothing but 0 is
 *    below 2^-19. As all instruction sets have the smaller of two signed integers, 2^15 is added: pattern + 0x7fff, modulo 2^16.
 *
 * 3. A bfloat16 of [2^-35, 2^-19) is a multiple of 2^-42, so p * 2^26 has a fraction, which is one of 2^-16. The conversion to an
 *    integer cuts it off. It is p * 2^26 less that integer, exactly, and is added as a float: the 32 fractions of a lane in a
 *    piece come to less than 2^8, where floats have all multiples of 2^-16. Some instruction sets scale p by adding 26 to its
 *    exponent, which makes 2^-101 of 0. The conversion cuts that off too. Among the fractions it is rounded away beside any
 *    other one, and cut off when these are converted to units of 2^-42.
 *
 * A tail is padded with zeros.
 */
#define T(name) JOIN(name, TYPE)
#define F(name) JOIN(TYPE, name)
#define GROUP (4 * f32_lanes)
#define PIECE 16 /* groups, of which a lane of each sum takes one element, or two where f16_point is 25 */

/* The smallest patterns of 1 and of 3, where 0 is allowed in any case. */
#define f16_smallest 0
#define f16_finest 0
#define bf16_smallest 0x3600 /* 2^-19 */
#define bf16_finest 0x2e00   /* 2^-35 */

/* What tells whether patterns are in range. */
typedef struct F(range) {
    int_vector all, least; /* the bitwise or; of bfloat16, the smallest as in 2 */
} F(range);

/* Nothing is above its smallest pattern, so that a difference from those of the ranges has 16 bits. */
static ALWAYS_INLINE F(range) F(empty_range)(void) { return (F(range)){i16_set(0), i16_set(0xffff)}; }

static ALWAYS_INLINE F(range) F(add_to_range)(F(range) r, const unsigned char *p) {
    const int_vector first = int_load(p), last = int_load(p + VECTOR_BYTES), shift = i16_set(0x7fff);
    r.all = int_or3(r.all, first, last);
    if (F(smallest) != 0) {
        r.least = i16_min(r.least, i16_min(i16_add(first, shift), i16_add(last, shift)));
    }
    return r;
}

static ALWAYS_INLINE int F(is_out_of_range)(F(range) r, int smallest) {
    const int_vector above = int_and(r.all, i16_set(0xc000)); /* with the sign, or from 2 on */
    const int_vector below = int_and(i16_sub(r.least, i16_set((uint16_t)(smallest + 0x7fff))), i16_set(0x8000));
    return i32_any_above(F(smallest) != 0 ? int_or(above, below) : above, 0);
}

/* The least pattern of [0, 2) whose number is at least the limit, the same in all lanes; that of 2 where there is none. */
static uint16_t F(pattern_at_least)(f32_vector limit) {
    tail narrow;
    uint16_t pattern;
    if (f32_at_least(f32_set(0), limit) != 0) {
        return 0;
    }
    JOIN(f32_store, TYPE)(narrow.bytes, limit);
    memcpy(&pattern, narrow.bytes, sizeof pattern);
    const int least = (pattern & 0x7fff) + (f32_at_least(JOIN(f32_load, TYPE)(narrow.bytes), limit) == 0);
    return (uint16_t)(least < 0x4000 ? least : 0x4000);
}

static ALWAYS_INLINE void F(count_group)(f32_counts *counts, const unsigned char *p, uint16_t least, int size,
                                         uint64_t targets) {
    const uint64_t bits = i16_at_least(p, least) & (size == 64 ? UINT64_MAX : ((uint64_t)1 << size) - 1);
    counts->found += count_bits(bits);
    counts->common += count_bits(bits & targets);
}

/* The sums and counts of a block so far; the sums in lanes of int64_t. */
typedef struct F(sums) {
    int_vector whole, fine; /* in units of 2^-f16_point or 2^-bf16_point; the fractions, in units of 2^-42 */
    f32_targets targets;
    f32_counts counts;
} F(sums);

/*
 * Adds groups `from` .. `to` - 1 of a block, which begin at p, and returns their range. Each has `size` elements, and zeros
 * behind them. is_fine: with fractions.
 */
static ALWAYS_INLINE F(range) F(add_groups)(int is_fine, int is_from_memory, int is_counted, const unsigned char *p,
                                            int from, int to, int size, uint16_t limit, F(sums) * s) {
    int_vector lanes[4] = {i32_set(0), i32_set(0), i32_set(0), i32_set(0)};
    f32_vector rests[2] = {f32_set(0), f32_set(0)};
    F(range) range = F(empty_range)();
    UNROLL(2)
    do {
        range = F(add_to_range)(range, p);
        for (int k = 0; k < 2 * VECTOR_BYTES; k += 64) {
            prefetch(p + k, PREFETCH);
        }
        const uint64_t bits = f32_take_targets(&s->targets, from, size);
        F(add_fixed)(p, bits, is_from_memory, lanes, is_fine ? rests : NULL);
        if (is_counted) {
            F(count_group)(&s->counts, p, limit, size, bits);
        }
        p += 2 * VECTOR_BYTES;
    } while (++from < to);
    for (int k = 0; k < 4; k++) {
        s->whole = i64_add(s->whole, i32_widen(lanes[k]));
    }
    for (int k = 0; k < 2 && is_fine; k++) {
        s->fine = i64_add(s->fine, i32_widen(i32_truncated(f32_mul(rests[k], f32_set(0x1p16f)))));
    }
    return range;
}

/* As sum_in_range_f32(). A piece is done again where it turns out to have fractions, which the next one is then expected to have. */
static ALWAYS_INLINE int F(sum_in_range)(int is_from_memory, const void *predictions, f32_targets targets, int count,
                                         f32_counts *counts, exact_sum *sum) {
    const int groups = (count + GROUP - 1) / GROUP, whole = count / GROUP, is_counted = counts != NULL;
    const uint16_t limit = is_counted ? F(pattern_at_least)(counts->limit) : 0;
    F(sums) s = {i64_set(0), i64_set(0), targets, {f32_set(0), 0, 0}};
    for (int from = 0, is_fine = 0; from < groups;) {
        const unsigned char *p = (const unsigned char *)predictions + 2 * GROUP * (size_t)from;
        unsigned char padded[2 * VECTOR_BYTES];
        int to = whole - from < PIECE ? whole : from + PIECE, size = GROUP;
        if (from == whole) {
            to = groups;
            size = count % GROUP;
            memset(padded, 0, sizeof padded);
            memcpy(padded, p, 2 * (size_t)size);
            p = padded;
        }
        F(sums) next = s;
        F(range) range;
        if (F(finest) < F(smallest) && is_fine) {
            range = F(add_groups)(1, is_from_memory, is_counted, p, from, to, size, limit, &next);
        } else {
            range = F(add_groups)(0, is_from_memory, is_counted, p, from, to, size, limit, &next);
        }
        const int should_be_fine = F(is_out_of_range)(range, F(smallest));
        if (should_be_fine && F(is_out_of_range)(range, F(finest))) {
            return -1;
        }
        if (is_fine || !should_be_fine) {
            s = next;
            from = to;
        }
        is_fine = should_be_fine;
    }
    if (is_counted) {
        counts->found = s.counts.found;
        counts->common = s.counts.common;
    }
    const int_vector units = i64_add(i64_shift_left(s.whole, 42 - F(point)), s.fine);
    exactloss_sum_add_units(sum, i64_sum(units) + s.targets.positives * EXACT_SUM_UNITS_OF_ONE);
    return s.targets.positives;
}

static ALWAYS_INLINE int T(sum_in_range)(const void *predictions, f32_targets targets, int count, f32_counts *counts,
                                         summation *s) {
    return EVICTS_TABLES(s) ? F(sum_in_range)(1, predictions, targets, count, counts, s->sum)
                            : F(sum_in_range)(0, predictions, targets, count, counts, s->sum);
}

#undef T
#undef F
#undef GROUP
#undef PIECE
#undef f16_smallest
#undef f16_finest
#undef bf16_smallest
#undef bf16_finest
