/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vector kernels for AVX-512 F, BW, DQ and VL: 16 floats or 8 doubles a vector, and masks in mask registers.
 */
#include "exactloss/exactloss.h"
#include "kernels.h"

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define VECTOR_BYTES 64
#define f32_lanes 16
#define f64_lanes 8
typedef __m512 f32_vector;
typedef __m512d f64_vector;
typedef __m512i int_vector;

/* ------------------------------------------------------------------------------------------------- integers -- */

static inline int_vector int_load(const void *p) { return _mm512_loadu_si512(p); }
static inline void int_store(void *p, int_vector x) { _mm512_storeu_si512(p, x); }
static inline void int_stream(void *p, int_vector x) { _mm512_stream_si512(p, x); } /* p is aligned */
static inline int_vector int_and(int_vector a, int_vector b) { return _mm512_and_si512(a, b); }
static inline int_vector int_or(int_vector a, int_vector b) { return _mm512_or_si512(a, b); }

static inline int_vector i8_set(uint8_t value) { return _mm512_set1_epi8((char)value); }
static inline int_vector i16_set(uint16_t value) { return _mm512_set1_epi16((short)value); }
static inline int_vector i32_set(uint32_t value) { return _mm512_set1_epi32((int)value); }
static inline int_vector i64_set(uint64_t value) { return _mm512_set1_epi64((long long)value); }
static inline int_vector i32_add(int_vector a, int_vector b) { return _mm512_add_epi32(a, b); }
static inline int_vector i64_add(int_vector a, int_vector b) { return _mm512_add_epi64(a, b); }
static inline int_vector i32_sub(int_vector a, int_vector b) { return _mm512_sub_epi32(a, b); }
static inline int_vector i64_sub(int_vector a, int_vector b) { return _mm512_sub_epi64(a, b); }
static inline int_vector i64_shift_left(int_vector x, unsigned bits) { return _mm512_slli_epi64(x, bits); }
static inline int_vector i32_shift_right(int_vector x, unsigned bits) { return _mm512_srli_epi32(x, bits); }
static inline int_vector i64_shift_right(int_vector x, unsigned bits) { return _mm512_srli_epi64(x, bits); }

static inline int_vector int_or3(int_vector a, int_vector b, int_vector c) {
    return _mm512_ternarylogic_epi32(a, b, c, 0xfe);
}

/* The larger and the smaller of unsigned integers. */
static inline int_vector i32_max(int_vector a, int_vector b) { return _mm512_max_epu32(a, b); }
static inline int_vector i32_min(int_vector a, int_vector b) { return _mm512_min_epu32(a, b); }
#define f32_least i32_min
#define f64_least i32_min

/* 64-bit lanes that have the same sum as the 32-bit ones, which are signed. */
static inline int_vector i32_widen(int_vector x) {
    return _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(x)),
                            _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(x, 1)));
}

static inline int64_t i64_sum(int_vector x) { return _mm512_reduce_add_epi64(x); }

/* Whether any lane is above a limit, as an unsigned integer. */
static inline int i32_any_above(int_vector x, uint32_t limit) {
    return _mm512_cmpgt_epu32_mask(x, i32_set(limit)) != 0;
}

/* The largest lane as an unsigned integer. */
static inline uint32_t i32_largest(int_vector x) { return _mm512_reduce_max_epu32(x); }

/* The first `count` lanes; count may be negative or more than there are. */
static inline __mmask16 i32_first(int count) {
    return _mm512_cmpgt_epi32_mask(_mm512_set1_epi32(count),
                                   _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

static inline __mmask8 i64_first(int count) { return (__mmask8)i32_first(count); }

/* ---------------------------------------------------------------------------------------------------- masks -- */

/* The mask's bits of a vector of the block, which has 8, 16, 32 or 64 lanes. */
static inline __mmask8 mask_8(const uint64_t *mask, int vector) { return ((const unsigned char *)mask)[vector]; }

static inline __mmask16 mask_16(const uint64_t *mask, int vector) {
    uint16_t bits;
    memcpy(&bits, (const unsigned char *)mask + sizeof bits * (size_t)vector, sizeof bits);
    return bits;
}

static inline __mmask32 mask_32(const uint64_t *mask, int vector) {
    uint32_t bits;
    memcpy(&bits, (const unsigned char *)mask + sizeof bits * (size_t)vector, sizeof bits);
    return bits;
}

/* For a vector of the block, in lanes of 8 to 64 bits: a where the mask is set, b elsewhere. */
static inline int_vector i8_select(const uint64_t *mask, int vector, int_vector a, int_vector b) {
    return _mm512_mask_blend_epi8(mask[vector], b, a);
}

static inline int_vector i16_select(const uint64_t *mask, int vector, int_vector a, int_vector b) {
    return _mm512_mask_blend_epi16(mask_32(mask, vector), b, a);
}

static inline int_vector i32_select(const uint64_t *mask, int vector, int_vector a, int_vector b) {
    return _mm512_mask_blend_epi32(mask_16(mask, vector), b, a);
}

static inline int_vector i64_select(const uint64_t *mask, int vector, int_vector a, int_vector b) {
    return _mm512_mask_blend_epi64(mask_8(mask, vector), b, a);
}

/* --------------------------------------------------------------------------------------------------- floats -- */

static inline f32_vector f32_set(float value) { return _mm512_set1_ps(value); }
static inline f32_vector f32_load(const void *p) { return _mm512_loadu_ps(p); }
static inline f32_vector f32_load_floats(const void *p) { return f32_load(p); }
static inline void f32_store(void *p, f32_vector x) { _mm512_storeu_ps(p, x); }
static inline f32_vector f32_add(f32_vector a, f32_vector b) { return _mm512_add_ps(a, b); }
static inline f32_vector f32_sub(f32_vector a, f32_vector b) { return _mm512_sub_ps(a, b); }
static inline f32_vector f32_mul(f32_vector a, f32_vector b) { return _mm512_mul_ps(a, b); }
static inline f32_vector f32_div(f32_vector a, f32_vector b) { return _mm512_div_ps(a, b); }
static inline f32_vector f32_max(f32_vector a, f32_vector b) { return _mm512_max_ps(a, b); }
static inline f32_vector f32_fma(f32_vector a, f32_vector b, f32_vector c) { return _mm512_fmadd_ps(a, b, c); }
static inline f32_vector f32_minus_abs(f32_vector x) { return _mm512_or_ps(x, f32_set(-0.0f)); }
static inline f32_vector f32_power(f32_vector k) { return _mm512_scalef_ps(f32_set(1), k); }
static inline int_vector f32_bits(f32_vector x) { return _mm512_castps_si512(x); }
static inline f32_vector f32_from_bits(int_vector x) { return _mm512_castsi512_ps(x); }

/* a where x has its sign bit set, b elsewhere. */
static inline f32_vector f32_select_negative(f32_vector x, f32_vector a, f32_vector b) {
    return _mm512_mask_blend_ps(_mm512_movepi32_mask(f32_bits(x)), b, a);
}

static inline uint64_t f32_lanes_at(const uint64_t *mask, int vector) { return mask_16(mask, vector); }

/* The lanes whose bit is set. */
typedef __mmask16 f32_mask;
static inline f32_mask f32_mask_of(uint64_t bits) { return (__mmask16)bits; }

/* a where the mask is set, b elsewhere. */
static inline f32_vector f32_select(f32_mask mask, f32_vector a, f32_vector b) {
    return _mm512_mask_blend_ps(mask, b, a);
}

/* x where a < b, y elsewhere. */
static inline f32_vector f32_select_less(f32_vector a, f32_vector b, f32_vector x, f32_vector y) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), y, x);
}

/* -x where the mask is set, x elsewhere. */
static inline f32_vector f32_negate_where(f32_mask mask, f32_vector x) {
    return _mm512_mask_xor_ps(x, mask, x, f32_set(-0.0f));
}

/* The first `count` floats, and `fill` in the other lanes. Nothing else is read. */
static inline f32_vector f32_load_first(const void *p, int count, f32_vector fill) {
    return _mm512_mask_loadu_ps(fill, i32_first(count), p);
}

/* Stores the first `count` lanes. */
static inline void f32_store_first(void *p, int count, f32_vector x) { _mm512_mask_storeu_ps(p, i32_first(count), x); }

/* One bit for each lane that lies between the limits. */
static inline unsigned f32_within(f32_vector x, f32_vector lower, f32_vector upper) {
    return _mm512_mask_cmp_ps_mask(_mm512_cmp_ps_mask(lower, x, _CMP_LE_OQ), x, upper, _CMP_LE_OQ);
}

/* One bit for each lane that is at least the limit. */
static inline unsigned f32_at_least(f32_vector x, f32_vector limit) { return _mm512_cmp_ps_mask(x, limit, _CMP_GE_OQ); }

static inline f32_vector f32_load_f16(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256(p)); }

static inline void f32_store_f16(void *p, f32_vector x) {
    _mm256_storeu_si256(p, _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

static inline f32_vector f32_load_bf16(const void *p) {
    return f32_from_bits(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(p)), 16));
}

/* Rounds to the upper 16 bits, where a NaN must not become an infinity: it gets the quiet bit instead. */
static inline void f32_store_bf16(void *p, f32_vector x) {
    const int_vector bits = f32_bits(x), upper = _mm512_srli_epi32(bits, 16);
    const int_vector odd = int_and(upper, i32_set(1));
    const int_vector rounded = _mm512_srli_epi32(i32_add(bits, i32_add(odd, i32_set(0x7fff))), 16);
    const __mmask16 is_nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
    const int_vector result = _mm512_mask_blend_epi32(is_nan, rounded, int_or(upper, i32_set(0x40)));
    _mm256_storeu_si256(p, _mm512_cvtepi32_epi16(result));
}

/* -------------------------------------------------------------------------------------------------- doubles -- */

static inline f64_vector f64_set(double value) { return _mm512_set1_pd(value); }
static inline f64_vector f64_load(const void *p) { return _mm512_loadu_pd(p); }
static inline f64_vector f64_load_floats(const void *p) { return _mm512_cvtps_pd(_mm256_loadu_ps(p)); }
static inline void f64_store(void *p, f64_vector x) { _mm512_storeu_pd(p, x); }
static inline f64_vector f64_add(f64_vector a, f64_vector b) { return _mm512_add_pd(a, b); }
static inline f64_vector f64_sub(f64_vector a, f64_vector b) { return _mm512_sub_pd(a, b); }
static inline f64_vector f64_mul(f64_vector a, f64_vector b) { return _mm512_mul_pd(a, b); }
static inline f64_vector f64_div(f64_vector a, f64_vector b) { return _mm512_div_pd(a, b); }
static inline f64_vector f64_max(f64_vector a, f64_vector b) { return _mm512_max_pd(a, b); }
static inline f64_vector f64_fma(f64_vector a, f64_vector b, f64_vector c) { return _mm512_fmadd_pd(a, b, c); }
static inline f64_vector first_doubles(f32_vector x) { return _mm512_cvtps_pd(_mm512_castps512_ps256(x)); }
static inline f64_vector last_doubles(f32_vector x) {
    return _mm512_cvtps_pd(_mm256_castsi256_ps(_mm512_extracti64x4_epi64(f32_bits(x), 1)));
}
static inline double f64_sum(f64_vector x) { return _mm512_reduce_add_pd(x); }
static inline f64_vector f64_minus_abs(f64_vector x) { return _mm512_or_pd(x, f64_set(-0.0)); }
static inline f64_vector f64_power(f64_vector k) { return _mm512_scalef_pd(f64_set(1), k); }
static inline int_vector f64_bits(f64_vector x) { return _mm512_castpd_si512(x); }
static inline f64_vector f64_from_bits(int_vector x) { return _mm512_castsi512_pd(x); }

static inline f64_vector f64_select_negative(f64_vector x, f64_vector a, f64_vector b) {
    return _mm512_mask_blend_pd(_mm512_movepi64_mask(f64_bits(x)), b, a);
}

static inline uint64_t f64_lanes_at(const uint64_t *mask, int vector) { return mask_8(mask, vector); }

typedef __mmask8 f64_mask;
static inline f64_mask f64_mask_of(uint64_t bits) { return (__mmask8)bits; }

static inline f64_vector f64_select(f64_mask mask, f64_vector a, f64_vector b) {
    return _mm512_mask_blend_pd(mask, b, a);
}

/* x where a < b, y elsewhere. */
static inline f64_vector f64_select_less(f64_vector a, f64_vector b, f64_vector x, f64_vector y) {
    return _mm512_mask_blend_pd(_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ), y, x);
}

static inline f64_vector f64_negate_where(f64_mask mask, f64_vector x) {
    return _mm512_mask_xor_pd(x, mask, x, f64_set(-0.0));
}

/* 1 - x where the bit of the lane is set, x elsewhere. Adders are busier than fma. */
static inline f64_vector f64_distance_by(uint64_t bits, f64_vector x) {
    return f64_select(f64_mask_of(bits), f64_fma(x, f64_set(-1), f64_set(1)), x);
}

static inline f64_vector f64_root_by(uint64_t bits, f64_vector x) { return f64_distance_by(bits, x); }

static inline f64_vector f64_load_first(const void *p, int count, f64_vector fill) {
    return _mm512_mask_loadu_pd(fill, i64_first(count), p);
}

static inline void f64_store_first(void *p, int count, f64_vector x) { _mm512_mask_storeu_pd(p, i64_first(count), x); }

static inline unsigned f64_within(f64_vector x, f64_vector lower, f64_vector upper) {
    return _mm512_mask_cmp_pd_mask(_mm512_cmp_pd_mask(lower, x, _CMP_LE_OQ), x, upper, _CMP_LE_OQ);
}

static inline unsigned f64_at_least(f64_vector x, f64_vector limit) { return _mm512_cmp_pd_mask(x, limit, _CMP_GE_OQ); }

/* -------------------------------------------------------------------------------------------------- targets -- */

/* One bit for each of 64 bytes that equals value. */
static inline uint64_t equal_bytes(const unsigned char *bytes, int value) {
    return _mm512_cmpeq_epi8_mask(int_load(bytes), _mm512_set1_epi8((char)value));
}

#define equal_few equal_bytes

/* The same of 16 bytes. */
static inline uint64_t equal_vector(const unsigned char *bytes, int value) {
    const __m128i x = _mm_loadu_si128((const void *)bytes);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8((char)value)));
}

/* The same for fewer than 64 bytes; nothing else is read. */
static inline uint64_t equal_first_bytes(const unsigned char *bytes, int count, int value) {
    const __mmask64 first = ((uint64_t)1 << count) - 1;
    return _mm512_mask_cmpeq_epi8_mask(first, _mm512_maskz_loadu_epi8(first, bytes), _mm512_set1_epi8((char)value));
}

/* One bit for each lane in which two vectors are equal. */
static inline unsigned i32_equal(int_vector a, int_vector b) { return _mm512_cmpeq_epi32_mask(a, b); }
static inline unsigned i64_equal(int_vector a, int_vector b) { return _mm512_cmpeq_epi64_mask(a, b); }

static inline void stream_end(void) { _mm_sfence(); }

/* ---------------------------------------------------------------------------------------------- fixed point -- */

static inline int_vector i16_add(int_vector a, int_vector b) { return _mm512_add_epi16(a, b); }
static inline int_vector i16_sub(int_vector a, int_vector b) { return _mm512_sub_epi16(a, b); }
static inline int_vector i16_min(int_vector a, int_vector b) { return _mm512_min_epi16(a, b); }

static inline f32_vector f32_of_integers(int_vector x) { return _mm512_cvtepi32_ps(x); }
static inline int_vector i32_truncated(f32_vector x) { return _mm512_cvttps_epi32(x); }

/* One bit for each of 64 patterns, as signed integers, that is at least the limit. */
static inline uint64_t i16_at_least(const unsigned char *p, uint16_t limit) {
    return _mm512_cmpge_epi16_mask(int_load(p), i16_set(limit)) |
           (uint64_t)_mm512_cmpge_epi16_mask(int_load(p + 64), i16_set(limit)) << 32;
}

/*
 * p * 2^25 is the significand, an integer of 11 bits, times 2^e, where e is the exponent's field; where that is 0, twice
 * the pattern, which is less than with the bit before the point. 16 bits hold -2^e for all e.
 */
#define HAS_ADD_FIXED_F16
#define f16_point 25
static inline void f16_add_fixed(const unsigned char *p, uint64_t bits, int is_from_memory, int_vector sums[4],
                                 f32_vector *rests) {
    (void)is_from_memory;
    (void)rests;
    for (int k = 0; k < 2; k++) {
        const int_vector x = int_load(p + 64 * k);
        const int_vector normal = _mm512_ternarylogic_epi32(x, i16_set(0x3ff), i16_set(0x400), 0xea);
        const int_vector significand = i16_min(i16_add(x, x), normal);
        const int_vector negated =
            _mm512_mask_sub_epi16(significand, (__mmask32)(bits >> 32 * k), i16_set(0), significand);
        const int_vector minus_power = _mm512_sllv_epi16(i16_set(0xffff), _mm512_srli_epi16(x, 10));
        sums[k] = i32_sub(sums[k], _mm512_madd_epi16(negated, minus_power));
    }
}

/* ±p * 2^26 of 64 elements, negative where the bit is set: the even ones of each half, and the odd ones. */
static inline void bf16_scaled(const unsigned char *p, uint64_t bits, int is_from_memory, f32_vector x[4]) {
    (void)is_from_memory;
    for (int k = 0; k < 2; k++) {
        const int_vector scale =
            _mm512_mask_blend_epi16((__mmask32)(bits >> 32 * k), i16_set(26 << 7), i16_set(0x8000 | 26 << 7));
        const int_vector scaled = i16_add(int_load(p + 64 * k), scale);
        x[2 * k] = f32_from_bits(_mm512_slli_epi32(scaled, 16));
        x[2 * k + 1] = f32_from_bits(int_and(scaled, i32_set(0xffff0000)));
    }
}

/* -------------------------------------------------------------------------------------------- the inexact flag -- */

#define ADDS_QUIETLY
static inline f32_vector f32_add_quietly(f32_vector a, f32_vector b) {
    return _mm512_add_round_ps(a, b, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

static inline f64_vector f64_add_quietly(f64_vector a, f64_vector b) {
    return _mm512_add_round_pd(a, b, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

static inline f64_vector f64_fma_quietly(f64_vector a, f64_vector b, f64_vector c) {
    return _mm512_fmadd_round_pd(a, b, c, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* The same sums by the other units: adders are busy. */
#define HAS_ADD_BY_FMA
static inline f32_vector f32_add_by_fma(f32_vector a, f32_vector b) { return f32_fma(a, f32_set(1), b); }
static inline f64_vector f64_add_by_fma(f64_vector a, f64_vector b) { return f64_fma(a, f64_set(1), b); }

#include "kernels_vector.h"

DEFINE_KEEPS_FLAG(f32_add, f32, float, f32_add(a, b), f32_add_quietly(a, b))
DEFINE_KEEPS_FLAG(f64_add, f64, double, f64_add(a, b), f64_add_quietly(a, b))
DEFINE_KEEPS_FLAG(f64_fma, f64, double, f64_fma(a, a, b), f64_fma_quietly(a, a, b))

static int keeps_inexact_flag(void) {
    const fp_environment saved = fp_environment_enter();
    const int is_kept = f32_add_keeps_flag() && f64_add_keeps_flag() && f64_fma_keeps_flag();
    fp_environment_leave(saved);
    return is_kept;
}

static int isa_support(cpu_facts facts) {
    return exactloss_x86_support(
        facts, (cpu_facts){.leaf1_ecx = LEAF1_FMA | LEAF1_POPCNT | LEAF1_AVX | LEAF1_F16C,
                           .leaf7_ebx = LEAF7_AVX2 | LEAF7_AVX512F | LEAF7_AVX512DQ | LEAF7_AVX512BW | LEAF7_AVX512VL,
                           .xcr0 = XCR0_AVX512});
}

#define ISA_KERNELS exactloss_kernels_avx512
#include "kernels_table.h"
