/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vector kernels for AVX-512 F, BW, DQ and VL: 16 floats a vector, and masks in mask registers.
 */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define LANES 16
typedef __m512 vf;
typedef __m512i vi;
typedef __m512i vw;
typedef uint16_t lane_bits;

static inline vf vf_set(float value) { return _mm512_set1_ps(value); }
static inline vf vf_load(const void *p) { return _mm512_loadu_ps(p); }
static inline void vf_store(void *p, vf x) { _mm512_storeu_ps(p, x); }
static inline vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
static inline vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
static inline vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
static inline vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
static inline vi vf_bits(vf x) { return _mm512_castps_si512(x); }
static inline vf vf_from_bits(vi x) { return _mm512_castsi512_ps(x); }

static inline vi vi_set(uint32_t value) { return _mm512_set1_epi32((int)value); }
static inline vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
static inline vi vi_sub(vi a, vi b) { return _mm512_sub_epi32(a, b); }
static inline vi vi_and(vi a, vi b) { return _mm512_and_si512(a, b); }
static inline vi vi_or(vi a, vi b) { return _mm512_or_si512(a, b); }
static inline vi vi_max(vi a, vi b) { return _mm512_max_epu32(a, b); }

/* 64-bit lanes that have the same sum as the 32-bit ones, which are signed. */
static inline vw vi_widen(vi x) {
    return _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(x)),
                            _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(x, 1)));
}

static inline vw vw_add(vw a, vw b) { return _mm512_add_epi64(a, b); }
static inline vw vw_shift_left(vw x, unsigned bits) { return _mm512_slli_epi64(x, bits); }
static inline int64_t vw_sum(vw x) { return _mm512_reduce_add_epi64(x); }

/* Whether any lane is above a limit, as an unsigned integer. */
static inline int vi_any_above(vi x, uint32_t limit) { return _mm512_cmpgt_epu32_mask(x, vi_set(limit)) != 0; }

/* The largest lane as an unsigned integer. */
static inline uint32_t vi_largest(vi x) { return _mm512_reduce_max_epu32(x); }

/* The mask's bits of a vector of the block. */
static inline __mmask16 mask_bits(const uint64_t *mask, int vector) {
    lane_bits bits;
    memcpy(&bits, (const unsigned char *)mask + sizeof bits * (size_t)vector, sizeof bits);
    return bits;
}

/* -1 where the mask is set, 1 elsewhere, for the vector k of a group of four. */
static inline vf vf_signs(const uint64_t *mask, int group, int k) {
    return _mm512_mask_blend_ps(mask_bits(mask, 4 * group + k), vf_set(1.0f), vf_set(-1.0f));
}

/* a where the mask is set, b elsewhere, for a vector of the block. */
static inline vf vf_select(const uint64_t *mask, int vector, vf a, vf b) {
    return _mm512_mask_blend_ps(mask_bits(mask, vector), b, a);
}

/* The first `count` lanes; count may be negative or more than LANES. */
static inline __mmask16 first_lanes(int count) {
    return _mm512_cmpgt_epi32_mask(_mm512_set1_epi32(count),
                                   _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

/* The first `count` floats, and `fill` in the other lanes. Nothing else is read. */
static inline vf vf_load_first(const void *p, int count, vf fill) {
    return _mm512_mask_loadu_ps(fill, first_lanes(count), p);
}

/* Stores the first `count` lanes. */
static inline void vf_store_first(void *p, int count, vf x) { _mm512_mask_storeu_ps(p, first_lanes(count), x); }

static inline lane_bits vf_within(vf x, vf lower, vf upper) {
    return _mm512_mask_cmp_ps_mask(_mm512_cmp_ps_mask(lower, x, _CMP_LE_OQ), x, upper, _CMP_LE_OQ);
}

/* One bit for each of 64 bytes that equals value. */
static inline uint64_t equal_bytes(const unsigned char *bytes, int value) {
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(bytes), _mm512_set1_epi8((char)value));
}

/* The same for fewer than 64 bytes; nothing else is read. */
static inline uint64_t equal_first_bytes(const unsigned char *bytes, int count, int value) {
    const __mmask64 first = ((uint64_t)1 << count) - 1;
    return _mm512_mask_cmpeq_epi8_mask(first, _mm512_maskz_loadu_epi8(first, bytes), _mm512_set1_epi8((char)value));
}

static inline lane_bits equal_i32(const unsigned char *p, int value) {
    return _mm512_cmpeq_epi32_mask(_mm512_loadu_si512(p), _mm512_set1_epi32(value));
}

static inline lane_bits equal_f32(const unsigned char *p, int value) {
    return _mm512_cmp_ps_mask(vf_load(p), vf_set((float)value), _CMP_EQ_OQ);
}

static inline lane_bits equal_i64(const unsigned char *p, int value) {
    const __m512i wanted = _mm512_set1_epi64(value);
    return (lane_bits)(_mm512_cmpeq_epi64_mask(_mm512_loadu_si512(p), wanted) |
                       _mm512_cmpeq_epi64_mask(_mm512_loadu_si512(p + 64), wanted) << 8);
}

static inline lane_bits equal_f64(const unsigned char *p, int value) {
    const __m512d wanted = _mm512_set1_pd(value);
    return (lane_bits)(_mm512_cmp_pd_mask(_mm512_loadu_pd(p), wanted, _CMP_EQ_OQ) |
                       _mm512_cmp_pd_mask(_mm512_loadu_pd(p + 64), wanted, _CMP_EQ_OQ) << 8);
}

#include "kernels_vector.h"

const exactloss_kernels exactloss_kernels_avx512 = KERNELS("avx512");
