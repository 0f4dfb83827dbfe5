/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoder of targets of WIDTH bits, 32 or 64: a part of kernels_vector.h. The last elements, fewer than a vector,
 * are compared in a copy, whose other lanes are dropped.
 */
#define LANES (8 * VECTOR_BYTES / WIDTH)
#define SET JOIN(JOIN_WIDTH(i, WIDTH), set)
#define EQUAL JOIN(JOIN_WIDTH(i, WIDTH), equal)

static int JOIN(decode, WIDTH)(const void *targets, int64_t first, int count, uint64_t wanted, uint64_t relevant,
                               uint64_t *mask) {
    const unsigned char *p = (const unsigned char *)targets + WIDTH / 8 * first;
    const int_vector value = SET((JOIN_WIDTH(pattern, WIDTH))wanted),
                     bits_to_compare = SET((JOIN_WIDTH(pattern, WIDTH))relevant);
    int found = 0;
    for (int word = 0; 64 * word < count; word++) {
        const int size = count - 64 * word < 64 ? count - 64 * word : 64;
        uint64_t bits = 0;
        for (int i = 0; i < size; i += LANES, p += VECTOR_BYTES) {
            int_vector elements;
            prefetch(p, BLOCK * WIDTH / 8);
            if (i + LANES <= size) {
                elements = int_load(p);
            } else {
                elements = int_load(copy_tail(p, (size_t)(size - i) * WIDTH / 8).bytes);
            }
            bits |= (uint64_t)EQUAL(int_and(elements, bits_to_compare), value) << i;
        }
        mask[word] = size == 64 ? bits : bits & (((uint64_t)1 << size) - 1);
        found += count_bits(mask[word]);
    }
    return found;
}

#undef LANES
#undef SET
#undef EQUAL
