/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vector kernels for AVX2 with FMA and POPCNT: 8 floats a vector.
 *
 * A mask becomes a selector without a shuffle: a broadcast load puts 32 of its bits into every lane, and a shift by a
 * count of its own brings each lane's bit to the top, where a blend looks for it.
 */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define LANES 8
typedef __m256 vf;
typedef __m256i vi;
typedef __m256i vw;
typedef uint8_t lane_bits;

static inline vf vf_set(float value) { return _mm256_set1_ps(value); }
static inline vf vf_load(const void *p) { return _mm256_loadu_ps(p); }
static inline void vf_store(void *p, vf x) { _mm256_storeu_ps(p, x); }
static inline vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
static inline vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
static inline vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
static inline vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
static inline vi vf_bits(vf x) { return _mm256_castps_si256(x); }
static inline vf vf_from_bits(vi x) { return _mm256_castsi256_ps(x); }

static inline vi vi_set(uint32_t value) { return _mm256_set1_epi32((int)value); }
static inline vi vi_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
static inline vi vi_sub(vi a, vi b) { return _mm256_sub_epi32(a, b); }
static inline vi vi_and(vi a, vi b) { return _mm256_and_si256(a, b); }
static inline vi vi_or(vi a, vi b) { return _mm256_or_si256(a, b); }
static inline vi vi_max(vi a, vi b) { return _mm256_max_epu32(a, b); }

/* 64-bit lanes that have the same sum as the 32-bit ones, which are signed. */
static inline vw vi_widen(vi x) {
    return _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(x)),
                            _mm256_cvtepi32_epi64(_mm256_extracti128_si256(x, 1)));
}

static inline vw vw_add(vw a, vw b) { return _mm256_add_epi64(a, b); }
static inline vw vw_shift_left(vw x, int bits) { return _mm256_slli_epi64(x, bits); }
static inline int64_t vw_sum(vw x) {
    const __m128i pair = _mm_add_epi64(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    return _mm_cvtsi128_si64(pair) + _mm_extract_epi64(pair, 1);
}

/* Whether any lane is above a limit below 2^32 - 1, as an unsigned integer. */
static inline int vi_any_above(vi x, uint32_t limit) {
    return _mm256_movemask_epi8(_mm256_cmpeq_epi32(vi_max(x, vi_set(limit + 1)), x)) != 0;
}

/* The largest lane as an unsigned integer. */
static inline uint32_t vi_largest(vi x) {
    __m128i m = _mm_max_epu32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 0x4e));
    m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(m);
}

/* Bit 8 * k + lane of a group's 32 bits in that lane's top bit, above bits without meaning. */
static inline vf mask_tops(const uint64_t *mask, int group, int k) {
    static const int32_t SHIFTS[4][LANES] = {{31, 30, 29, 28, 27, 26, 25, 24},
                                             {23, 22, 21, 20, 19, 18, 17, 16},
                                             {15, 14, 13, 12, 11, 10, 9, 8},
                                             {7, 6, 5, 4, 3, 2, 1, 0}};
    int32_t bits;
    memcpy(&bits, (const unsigned char *)mask + sizeof bits * (size_t)group, sizeof bits);
    return vf_from_bits(_mm256_sllv_epi32(_mm256_set1_epi32(bits), _mm256_loadu_si256((const void *)SHIFTS[k])));
}

/* -1 where the mask is set, 1 elsewhere, for the vector k of a group of four. */
static inline vf vf_signs(const uint64_t *mask, int group, int k) {
    return _mm256_blendv_ps(vf_set(1.0f), vf_set(-1.0f), mask_tops(mask, group, k));
}

/* a where the mask is set, b elsewhere, for a vector of the block. */
static inline vf vf_select(const uint64_t *mask, int vector, vf a, vf b) {
    return _mm256_blendv_ps(b, a, mask_tops(mask, vector / 4, vector % 4));
}

/* All ones in the first `count` lanes; count may be negative or more than LANES. */
static inline vi first_lanes(int count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* The first `count` floats, and `fill` in the other lanes. Nothing else is read. */
static inline vf vf_load_first(const void *p, int count, vf fill) {
    const vi first = first_lanes(count);
    return _mm256_blendv_ps(fill, _mm256_maskload_ps(p, first), vf_from_bits(first));
}

/* Stores the first `count` lanes. */
static inline void vf_store_first(void *p, int count, vf x) { _mm256_maskstore_ps(p, first_lanes(count), x); }

static inline lane_bits vf_within(vf x, vf lower, vf upper) {
    const vf inside = _mm256_and_ps(_mm256_cmp_ps(lower, x, _CMP_LE_OQ), _mm256_cmp_ps(x, upper, _CMP_LE_OQ));
    return (lane_bits)_mm256_movemask_ps(inside);
}

/* One bit for each of 32 bytes that equals value. */
static inline uint32_t equal_lanes(__m256i bytes, int value) {
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8((char)value)));
}

/* One bit for each of 64 bytes that equals value. */
static inline uint64_t equal_bytes(const unsigned char *bytes, int value) {
    return equal_lanes(_mm256_loadu_si256((const void *)bytes), value) |
           (uint64_t)equal_lanes(_mm256_loadu_si256((const void *)(bytes + 32)), value) << 32;
}

/* The same for fewer than 64 bytes: masked loads read whole words of four, the last bytes are compared one by one. */
static inline uint64_t equal_first_bytes(const unsigned char *bytes, int count, int value) {
    const int words = count / 4;
    const __m256i low = _mm256_maskload_epi32((const void *)bytes, first_lanes(words));
    const __m256i high = _mm256_maskload_epi32((const void *)(bytes + 32), first_lanes(words - 8));
    const uint64_t in_words = ((uint64_t)1 << 4 * words) - 1;
    uint64_t bits = (equal_lanes(low, value) | (uint64_t)equal_lanes(high, value) << 32) & in_words;
    for (int i = 4 * words; i < count; i++) {
        bits |= (uint64_t)(bytes[i] == value) << i;
    }
    return bits;
}

static inline lane_bits equal_i32(const unsigned char *p, int value) {
    const __m256i equal = _mm256_cmpeq_epi32(_mm256_loadu_si256((const void *)p), _mm256_set1_epi32(value));
    return (lane_bits)_mm256_movemask_ps(_mm256_castsi256_ps(equal));
}

static inline lane_bits equal_f32(const unsigned char *p, int value) {
    return (lane_bits)_mm256_movemask_ps(_mm256_cmp_ps(vf_load(p), vf_set((float)value), _CMP_EQ_OQ));
}

static inline lane_bits equal_i64(const unsigned char *p, int value) {
    const __m256i wanted = _mm256_set1_epi64x(value);
    const __m256i low = _mm256_cmpeq_epi64(_mm256_loadu_si256((const void *)p), wanted);
    const __m256i high = _mm256_cmpeq_epi64(_mm256_loadu_si256((const void *)(p + 32)), wanted);
    return (lane_bits)(_mm256_movemask_pd(_mm256_castsi256_pd(low)) | _mm256_movemask_pd(_mm256_castsi256_pd(high))
                                                                          << 4);
}

static inline lane_bits equal_f64(const unsigned char *p, int value) {
    const __m256d wanted = _mm256_set1_pd(value);
    const __m256d low = _mm256_cmp_pd(_mm256_loadu_pd((const void *)p), wanted, _CMP_EQ_OQ);
    const __m256d high = _mm256_cmp_pd(_mm256_loadu_pd((const void *)(p + 32)), wanted, _CMP_EQ_OQ);
    return (lane_bits)(_mm256_movemask_pd(low) | _mm256_movemask_pd(high) << 4);
}

#include "kernels_vector.h"

const exactloss_kernels exactloss_kernels_avx2 = KERNELS("avx2");
