/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The selection between elements of WIDTH bits: a part of kernels_vector.h. The loop is one of its own for each kind of
 * arguments, which are constants in it; x and y are the scalars in every lane.
 */
#define ELEMENTS JOIN_WIDTH(pattern, WIDTH)
#define I(name) JOIN(JOIN_WIDTH(i, WIDTH), name)
#define SELECT JOIN(select, WIDTH)

static ALWAYS_INLINE void JOIN(SELECT, vectors)(const uint64_t *mask, const unsigned char *a, int a_is_scalar,
                                                int_vector x, const unsigned char *b, int b_is_scalar, int_vector y,
                                                int vectors, unsigned char *out) {
    for (int v = 0; v < vectors; v++) {
        const size_t at = VECTOR_BYTES * (size_t)v;
        int_store(out + at, I(select)(mask, v, a_is_scalar ? x : int_load(a + at), b_is_scalar ? y : int_load(b + at)));
    }
}

static int_vector JOIN(SELECT, scalar)(const void *element, int is_there) {
    ELEMENTS scalar = 0;
    if (is_there) {
        memcpy(&scalar, element, sizeof scalar);
    }
    return I(set)(scalar);
}

static void SELECT(const uint64_t *mask, const void *a, int a_is_scalar, const void *b, int b_is_scalar, int count,
                   void *out) {
    const int vectors = count * WIDTH / (8 * VECTOR_BYTES);
    const size_t last = VECTOR_BYTES * (size_t)vectors, rest = sizeof(ELEMENTS) * (size_t)count - last;
    const unsigned char *from_a = a, *from_b = b;
    int_vector x = JOIN(SELECT, scalar)(a, a_is_scalar && count > 0);
    int_vector y = JOIN(SELECT, scalar)(b, b_is_scalar && count > 0);
    if (a_is_scalar && b_is_scalar) {
        JOIN(SELECT, vectors)(mask, NULL, 1, x, NULL, 1, y, vectors, out);
    } else if (a_is_scalar) {
        JOIN(SELECT, vectors)(mask, NULL, 1, x, from_b, 0, y, vectors, out);
    } else if (b_is_scalar) {
        JOIN(SELECT, vectors)(mask, from_a, 0, x, NULL, 1, y, vectors, out);
    } else {
        JOIN(SELECT, vectors)(mask, from_a, 0, x, from_b, 0, y, vectors, out);
    }
    if (rest != 0) {
        x = a_is_scalar ? x : int_load(copy_tail(from_a + last, rest).bytes);
        y = b_is_scalar ? y : int_load(copy_tail(from_b + last, rest).bytes);
        tail selected;
        int_store(selected.bytes, I(select)(mask, vectors, x, y));
        memcpy((unsigned char *)out + last, selected.bytes, rest);
    }
}

#undef ELEMENTS
#undef I
#undef SELECT
