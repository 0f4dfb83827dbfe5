/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vector kernels, once for every instruction set: kernels_avx2.c and kernels_avx512.c define the vocabulary (vf and
 * vi, vectors of LANES floats and 32-bit integers, vw, a vector of 64-bit integers, and the functions on them) and
 * include this file.
 */
#include "kernels.h"

#include <math.h>
#include <string.h>

static inline const unsigned char *float_at(const void *array, int i) {
    return (const unsigned char *)array + 4 * (size_t)i;
}

#include "sum_vector.h"

/* --------------------------------------------------------------------------------------------------- masks -- */

static int count_common(const uint64_t *a, const uint64_t *b, int count) {
    int common = 0;
    for (int i = 0; i < (count + 63) / 64; i++) {
        common += __builtin_popcountll(a[i] & b[i]);
    }
    return common;
}

static int decode_u8(const void *targets, int64_t offset, int count, int value, uint64_t *mask) {
    const unsigned char *bytes = (const unsigned char *)targets + offset;
    const int words = count / 64;
    int found = 0;
    for (int i = 0; i < words; i++) {
        mask[i] = equal_bytes(bytes + 64 * (size_t)i, value);
        found += __builtin_popcountll(mask[i]);
    }
    if (count % 64 != 0) {
        mask[words] = equal_first_bytes(bytes + 64 * (size_t)words, count % 64, value);
        found += __builtin_popcountll(mask[words]);
    }
    return found;
}

static int within_f32(const void *floats, int count, float lower, float upper, uint64_t *mask) {
    const vf low = vf_set(lower), high = vf_set(upper);
    int found = 0;
    for (int word = 0; 64 * word < count; word++) {
        uint64_t bits = 0;
        for (int i = 64 * word; i < 64 * word + 64 && i < count; i += LANES) {
            const vf x = i + LANES <= count ? vf_load(float_at(floats, i))
                                            : vf_load_first(float_at(floats, i), count - i, vf_set(NAN));
            bits |= (uint64_t)vf_within(x, low, high) << i % 64;
        }
        mask[word] = bits;
        found += __builtin_popcountll(bits);
    }
    return found;
}

/*
 * Defines a decoder from equal(p, value), which compares a vector's worth of elements; the last ones, fewer than that,
 * are compared in a copy that is padded with bytes of a value that is neither 0 nor 1.
 */
#define DEFINE_DECODER(name, type, equal)                                                                              \
    static int name(const void *targets, int64_t offset, int count, int value, uint64_t *mask) {                       \
        const unsigned char *p = (const unsigned char *)targets + (int64_t)sizeof(type) * offset;                      \
        int found = 0;                                                                                                 \
        for (int word = 0; 64 * word < count; word++) {                                                                \
            uint64_t bits = 0;                                                                                         \
            for (int i = 64 * word; i < 64 * word + 64 && i < count; i += LANES, p += LANES * sizeof(type)) {          \
                unsigned char tail[LANES * sizeof(type)];                                                              \
                const unsigned char *elements = p;                                                                     \
                if (i + LANES > count) {                                                                               \
                    memset(tail, 0xff, sizeof tail);                                                                   \
                    memcpy(tail, p, (size_t)(count - i) * sizeof(type));                                               \
                    elements = tail;                                                                                   \
                }                                                                                                      \
                bits |= (uint64_t)equal(elements, value) << i % 64;                                                    \
            }                                                                                                          \
            mask[word] = bits;                                                                                         \
            found += __builtin_popcountll(bits);                                                                       \
        }                                                                                                              \
        return found;                                                                                                  \
    }

DEFINE_DECODER(decode_i32, int32_t, equal_i32)
DEFINE_DECODER(decode_i64, int64_t, equal_i64)
DEFINE_DECODER(decode_f32, float, equal_f32)
DEFINE_DECODER(decode_f64, double, equal_f64)

/* -------------------------------------------------------------------------------------------------- arrays -- */

static void distances_f32(const void *predictions, const uint64_t *mask, int count, void *distances) {
    const vf one = vf_set(1.0f);
    unsigned char *out = distances;
    const int vectors = count / LANES;
    for (int v = 0; v < vectors; v++) {
        const vf p = vf_load(float_at(predictions, v * LANES));
        vf_store(out + 4 * LANES * v, vf_select(mask, v, vf_sub(one, p), p));
    }
    const int rest = count % LANES;
    if (rest != 0) {
        const vf p = vf_load_first(float_at(predictions, vectors * LANES), rest, one);
        vf_store_first(out + 4 * LANES * vectors, rest, vf_select(mask, vectors, vf_sub(one, p), p));
    }
}

static void gradient_f32(const uint64_t *mask, int count, float g, void *gradient) {
    const vf plus = vf_set(g), minus = vf_set(-g);
    unsigned char *out = gradient;
    const int vectors = count / LANES;
    for (int v = 0; v < vectors; v++) {
        vf_store(out + 4 * LANES * v, vf_select(mask, v, minus, plus));
    }
    const int rest = count % LANES;
    if (rest != 0) {
        vf_store_first(out + 4 * LANES * vectors, rest, vf_select(mask, vectors, minus, plus));
    }
}

#define KERNELS(name)                                                                                                  \
    {                                                                                                                  \
        .isa_name = name, .decode_u8 = decode_u8, .decode_i32 = decode_i32, .decode_i64 = decode_i64,                  \
        .decode_f32 = decode_f32, .decode_f64 = decode_f64, .count_common = count_common, .sum_f32 = sum_f32,          \
        .within_f32 = within_f32, .distances_f32 = distances_f32, .gradient_f32 = gradient_f32                         \
    }
