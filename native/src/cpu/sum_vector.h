/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the exact sums of a block have in common, by vectors of floats or doubles: a part of kernels_vector.h.
 * sum_usual_vector.h and sum_rounded_vector.h sum a block whose values lie in the usual range, sum_vector_any.h any
 * other. The numbers in this argument are those of float; the constants in kernels_vector.h make the same of double.
 *
 * 1. Two floats |y|, |z| <= 2^e that are multiples of 2^(e-43) are split by additions, without error, into two
 *    integers that are their sum. Let c = 6 * 2^e and c' = 6 * 2^(e-22). Between 4 and 8 times a power of two, floats
 *    are its 2^-21 apart, so
 *        h = y + c            lies in [5, 7] * 2^e and g = h + z in [4, 8] * 2^e, where floats are 2^(e-21) apart: each
 *                             addition rounds off at most 2^(e-22)
 *        l = y + (c + c' - h) is c' plus what the first addition rounded off, and
 *        l + (z + (h - g))    c' plus what both did: at most 2^(e-21) from c', it lies in [4, 8] * 2^(e-22), where
 *                             floats are 2^(e-43) apart, and all of them are multiples of that: exact
 *    So is what lies between: c + c' - h and h - g are multiples of 2^(e-21), of at most 23 bits, and z + (h - g) is
 *    one of 2^(e-43), at most 2^(e-22). The patterns of g and of the last sum, less those of c and c', are y + z in
 *    units of 2^(e-21) and 2^(e-43), at most 2^21 of either for each value. They are added as integers: a lane of
 *    int32_t holds those of a block, 2048 / 4 * 2^21 = 2^30 for the shortest vectors, and of a long one where vectors
 *    have 16 lanes, 8192 / 16 * 2^21 = 2^30. With doubles: c' = 6 * 2^(e-51), units of 2^(e-50) and 2^(e-101), and
 *    1024 / 2 * 2^50 = 2^59 in a lane of int64_t.
 *
 * All of this needs rounding to nearest and no flushing to zero; the public functions see to it.
 */

#define GROUP (4 * V(lanes))

/* The pattern of 6 * 2^e. */
static inline V(pattern) V(split_pattern)(int e) {
    return ((V(pattern))(e + 2 + V(bias)) << V(fraction)) | (V(pattern))1 << (V(fraction) - 1);
}

static ALWAYS_INLINE V(vector) V(split_at)(int e) { return V(from_bits)(B(set)(V(split_pattern)(e))); }

/* Adds the two last parts of y + z, which are split at c; `both` is c + c'. */
static ALWAYS_INLINE void V(add_pair)(V(vector) y, V(vector) z, V(vector) c, V(vector) both, int_vector *high,
                                      int_vector *low) {
    const V(vector) h = V(add_quietly)(y, c), g = V(add_quietly)(h, z);
    const V(vector) l = V(add_by_fma)(y, V(sub)(both, h));
    *high = B(add)(*high, V(bits)(g));
    *low = B(add)(*low, V(bits)(V(add)(l, V(add_by_fma)(z, V(sub)(h, g)))));
}

/* Adds the first part of y + z, and leaves the rests of both. */
static ALWAYS_INLINE void V(add_part_of_pair)(V(vector) * y, V(vector) * z, V(vector) c, int_vector *part) {
    const V(vector) h = V(add_quietly)(*y, c), g = V(add_quietly)(h, *z);
    *part = B(add)(*part, V(bits)(g));
    *y = V(sub)(*y, V(sub)(h, c));
    *z = V(sub)(*z, V(sub)(g, h));
}

/* Adds the first part of y, and returns the rest of it. */
static ALWAYS_INLINE V(vector) V(add_part)(V(vector) y, V(vector) c, int_vector *part) {
    const V(vector) h = V(add)(y, c);
    *part = B(add)(*part, V(bits)(h));
    return V(sub)(y, V(sub)(h, c));
}

/* The sum of signed integers, of which each lane holds one plus `additions` times a pattern, modulo 2^32 or 2^64. */
static int64_t V(sum_lanes)(int_vector lanes, int additions, V(pattern) pattern) {
    return i64_sum(B(widen)(B(sub)(lanes, B(set)((V(pattern))additions * pattern))));
}

/* The last group, of fewer elements, padded with ones. */
static ALWAYS_INLINE void V(load_rest)(V(layout) layout, const unsigned char *p, int rest, V(vector) x[4]) {
    V(real) reals[GROUP];
    if (layout.widen != NULL) {
        layout.widen(p, rest, reals);
        p = (const unsigned char *)reals;
    }
    for (int k = 0; k < 4; k++) {
        x[k] = V(load_first)(p + VECTOR_BYTES * k, rest - V(lanes) * k, V(set)(1));
    }
}

/* The bits of a group in the mask of a block. */
static inline uint64_t V(group_bits)(const uint64_t *mask, int group) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const unsigned char *p = (const unsigned char *)mask + GROUP / 8 * (size_t)group;
    uint64_t bits = 0;
    if (GROUP == 16 && VECTOR_BYTES == 16) { /* one instruction on aarch64, which GCC does not find by itself */
        uint16_t half;
        memcpy(&half, p, sizeof half);
        return half;
    }
    memcpy(&bits, p, GROUP / 8);
    return bits;
#else
    return mask[GROUP * group / 64] >> GROUP * group % 64;
#endif
}

/*
 * The targets of a block: its mask and the number of positives; or bytes, from which the groups' masks are made on the
 * way.
 */
typedef struct V(targets) {
    int are_bytes; /* constant; only where equal_group() takes a group */
    const uint64_t *mask;
    const unsigned char *bytes;
    int positives;
} V(targets);

/* The bits of the first `size` elements of a group. */
static ALWAYS_INLINE uint64_t V(take_targets)(V(targets) * t, int group, int size) {
    if (!t->are_bytes) {
        return V(group_bits)(t->mask, group);
    }
    const unsigned char *bytes = t->bytes + GROUP * (size_t)group;
    if (GROUP % 64 == 0) {
        prefetch(bytes, BLOCK);
    }
    const uint64_t bits = size == GROUP ? equal_group(bytes, 1) : equal_first_bytes(bytes, size, 1);
    t->positives += count_bits(bits);
    return bits;
}

static ALWAYS_INLINE void V(count_group)(V(counts) * counts, const V(vector) x[4], int size, uint64_t targets) {
    uint64_t bits = 0;
    for (int k = 0; k < 4; k++) {
        bits |= (uint64_t)V(at_least)(x[k], counts->limit) << V(lanes) * k;
    }
    bits &= size == 64 ? UINT64_MAX : ((uint64_t)1 << size) - 1;
    counts->found += count_bits(bits);
    counts->common += count_bits(bits & targets);
}
