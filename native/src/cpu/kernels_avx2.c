/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vector kernels for AVX2 with FMA, F16C and POPCNT: 8 floats or 4 doubles a vector.
 *
 * A mask becomes a selector by a table: a byte of it gives the sign bits of eight lanes, where a blend looks for them.
 * Only lanes of 8 and 16 bits are compared with a bit of their own.
 */
#include "exactloss/exactloss.h"
#include "kernels.h"

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define VECTOR_BYTES 32
#define ROUNDS_QUIETLY
#define HAS_FACTORS
#define f32_lanes 8
#define f64_lanes 4
typedef __m256 f32_vector;
typedef __m256d f64_vector;
typedef __m256i int_vector;

/* ------------------------------------------------------------------------------------------------- integers -- */

static inline int_vector int_load(const void *p) { return _mm256_loadu_si256(p); }
static inline void int_store(void *p, int_vector x) { _mm256_storeu_si256(p, x); }
static inline void int_stream(void *p, int_vector x) { _mm256_stream_si256(p, x); } /* p is aligned */
static inline int_vector int_and(int_vector a, int_vector b) { return _mm256_and_si256(a, b); }
static inline int_vector int_or(int_vector a, int_vector b) { return _mm256_or_si256(a, b); }

static inline int_vector i8_set(uint8_t value) { return _mm256_set1_epi8((char)value); }
static inline int_vector i16_set(uint16_t value) { return _mm256_set1_epi16((short)value); }
static inline int_vector i32_set(uint32_t value) { return _mm256_set1_epi32((int)value); }
static inline int_vector i64_set(uint64_t value) { return _mm256_set1_epi64x((long long)value); }
static inline int_vector i32_add(int_vector a, int_vector b) { return _mm256_add_epi32(a, b); }
static inline int_vector i64_add(int_vector a, int_vector b) { return _mm256_add_epi64(a, b); }
static inline int_vector i32_sub(int_vector a, int_vector b) { return _mm256_sub_epi32(a, b); }
static inline int_vector i64_sub(int_vector a, int_vector b) { return _mm256_sub_epi64(a, b); }
static inline int_vector i64_shift_left(int_vector x, int bits) { return _mm256_slli_epi64(x, bits); }
static inline int_vector i32_shift_right(int_vector x, int bits) { return _mm256_srli_epi32(x, bits); }
static inline int_vector i64_shift_right(int_vector x, int bits) { return _mm256_srli_epi64(x, bits); }

static inline int_vector int_or3(int_vector a, int_vector b, int_vector c) { return int_or(a, int_or(b, c)); }

/* The larger and the smaller of unsigned integers. */
static inline int_vector i32_max(int_vector a, int_vector b) { return _mm256_max_epu32(a, b); }
static inline int_vector i32_min(int_vector a, int_vector b) { return _mm256_min_epu32(a, b); }
#define f32_least i32_min
#define f64_least i32_min

/* 64-bit lanes that have the same sum as the 32-bit ones, which are signed. */
static inline int_vector i32_widen(int_vector x) {
    return _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(x)),
                            _mm256_cvtepi32_epi64(_mm256_extracti128_si256(x, 1)));
}

static inline int64_t i64_sum(int_vector x) {
    const __m128i pair = _mm_add_epi64(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    return _mm_cvtsi128_si64(pair) + _mm_extract_epi64(pair, 1);
}

/* Whether any lane is above a limit below 2^32 - 1, as an unsigned integer. */
static inline int i32_any_above(int_vector x, uint32_t limit) {
    if ((limit & (limit + 1)) == 0) {
        return !_mm256_testz_si256(x, i32_set(~limit));
    }
    return _mm256_movemask_epi8(_mm256_cmpeq_epi32(i32_max(x, i32_set(limit + 1)), x)) != 0;
}

/* The largest lane as an unsigned integer. */
static inline uint32_t i32_largest(int_vector x) {
    __m128i m = _mm_max_epu32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 0x4e));
    m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(m);
}

/* All ones in the first `count` lanes; count may be negative or more than there are. */
static inline int_vector i32_first(int count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline int_vector i64_first(int count) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3));
}

/* ---------------------------------------------------------------------------------------------------- masks -- */

/* The sign bits of 8 floats for each byte of a mask, and of 4 doubles for each half of one: see cmake/signs.cmake. */
#include "signs_avx2.h"

/* The bits of a vector of the block. */
static inline uint64_t f32_lanes_at(const uint64_t *mask, int vector) { return ((const unsigned char *)mask)[vector]; }

static inline uint64_t f64_lanes_at(const uint64_t *mask, int vector) {
    return (uint64_t)((const unsigned char *)mask)[vector / 2] >> vector % 2 * 4;
}

/* The bit of each lane in its sign bit; the other bits are 0. */
static inline __m256 signs_32(uint64_t bits) { return _mm256_load_ps(SIGNS_32[bits & 0xff]); }

static inline __m256d signs_64(uint64_t bits) { return _mm256_load_pd(SIGNS_64[bits & 0xf]); }

/* All ones in the lanes whose bit is set, for a vector of the block. */
static inline int_vector i16_chosen(const uint64_t *mask, int vector) {
    const int_vector own =
        _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, (short)0x8000);
    uint16_t bits;
    memcpy(&bits, (const unsigned char *)mask + sizeof bits * (size_t)vector, sizeof bits);
    return _mm256_cmpeq_epi16(int_and(i16_set(bits), own), own);
}

static inline int_vector i8_chosen(const uint64_t *mask, int vector) {
    const int_vector byte_of_lane = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2,
                                                     2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const int_vector own = i64_set(0x8040201008040201);
    int32_t bits;
    memcpy(&bits, (const unsigned char *)mask + sizeof bits * (size_t)vector, sizeof bits);
    const int_vector bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), byte_of_lane);
    return _mm256_cmpeq_epi8(int_and(bytes, own), own);
}

/* For a vector of the block, in lanes of 8 to 64 bits: a where the mask is set, b elsewhere. */
static inline int_vector i8_select(const uint64_t *mask, int vector, int_vector a, int_vector b) {
    return _mm256_blendv_epi8(b, a, i8_chosen(mask, vector));
}

static inline int_vector i16_select(const uint64_t *mask, int vector, int_vector a, int_vector b) {
    return _mm256_blendv_epi8(b, a, i16_chosen(mask, vector));
}

static inline int_vector i32_select(const uint64_t *mask, int vector, int_vector a, int_vector b) {
    return _mm256_castps_si256(
        _mm256_blendv_ps(_mm256_castsi256_ps(b), _mm256_castsi256_ps(a), signs_32(f32_lanes_at(mask, vector))));
}

static inline int_vector i64_select(const uint64_t *mask, int vector, int_vector a, int_vector b) {
    return _mm256_castpd_si256(
        _mm256_blendv_pd(_mm256_castsi256_pd(b), _mm256_castsi256_pd(a), signs_64(f64_lanes_at(mask, vector))));
}

/* --------------------------------------------------------------------------------------------------- floats -- */

static inline f32_vector f32_set(float value) { return _mm256_set1_ps(value); }
static inline f32_vector f32_load(const void *p) { return _mm256_loadu_ps(p); }
static inline f32_vector f32_load_floats(const void *p) { return f32_load(p); }
static inline void f32_store(void *p, f32_vector x) { _mm256_storeu_ps(p, x); }
static inline f32_vector f32_add(f32_vector a, f32_vector b) { return _mm256_add_ps(a, b); }
static inline f32_vector f32_sub(f32_vector a, f32_vector b) { return _mm256_sub_ps(a, b); }
static inline f32_vector f32_mul(f32_vector a, f32_vector b) { return _mm256_mul_ps(a, b); }
static inline f32_vector f32_div(f32_vector a, f32_vector b) { return _mm256_div_ps(a, b); }
static inline f32_vector f32_max(f32_vector a, f32_vector b) { return _mm256_max_ps(a, b); }
static inline f32_vector f32_fma(f32_vector a, f32_vector b, f32_vector c) { return _mm256_fmadd_ps(a, b, c); }
static inline f32_vector f32_minus_abs(f32_vector x) { return _mm256_or_ps(x, f32_set(-0.0f)); }
static inline int_vector f32_bits(f32_vector x) { return _mm256_castps_si256(x); }
static inline f32_vector f32_from_bits(int_vector x) { return _mm256_castsi256_ps(x); }

/* a where x has its sign bit set, b elsewhere. */
static inline f32_vector f32_select_negative(f32_vector x, f32_vector a, f32_vector b) {
    return _mm256_blendv_ps(b, a, x);
}

/* The lanes whose bit is set, as their sign bits. */
typedef f32_vector f32_mask;
static inline f32_mask f32_mask_of(uint64_t bits) { return signs_32(bits); }

/* a where the mask is set, b elsewhere. */
static inline f32_vector f32_select(f32_mask mask, f32_vector a, f32_vector b) {
    return f32_select_negative(mask, a, b);
}

/* x where a < b, y elsewhere. */
static inline f32_vector f32_select_less(f32_vector a, f32_vector b, f32_vector x, f32_vector y) {
    return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}

/* -x where the mask is set, x elsewhere. */
static inline f32_vector f32_negate_where(f32_mask mask, f32_vector x) { return _mm256_xor_ps(x, mask); }

/* The first `count` floats, and `fill` in the other lanes. Nothing else is read. */
static inline f32_vector f32_load_first(const void *p, int count, f32_vector fill) {
    const int_vector first = i32_first(count);
    return _mm256_blendv_ps(fill, _mm256_maskload_ps(p, first), f32_from_bits(first));
}

/* Stores the first `count` lanes. */
static inline void f32_store_first(void *p, int count, f32_vector x) { _mm256_maskstore_ps(p, i32_first(count), x); }

/* One bit for each lane that lies between the limits. */
static inline unsigned f32_within(f32_vector x, f32_vector lower, f32_vector upper) {
    const __m256 inside = _mm256_and_ps(_mm256_cmp_ps(lower, x, _CMP_LE_OQ), _mm256_cmp_ps(x, upper, _CMP_LE_OQ));
    return (unsigned)_mm256_movemask_ps(inside);
}

/* One bit for each lane that is at least the limit. */
static inline unsigned f32_at_least(f32_vector x, f32_vector limit) {
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(x, limit, _CMP_GE_OQ));
}

/*
 * 2^k of integers k <= 0, by way of 2^(k + 64), which is a normal number, so that only the product is rounded. Floats
 * are integers from 2^23 on, so the last bits of the sum are the biased exponent, and the shift drops the others.
 */
static inline f32_vector f32_power(f32_vector k) {
    const f32_vector biased = f32_add(k, f32_set(0x1.8p23f + 127 + 64));
    return f32_mul(f32_set(0x1p-64f), f32_from_bits(_mm256_slli_epi32(f32_bits(biased), 23)));
}

static inline f32_vector f32_load_f16(const void *p) { return _mm256_cvtph_ps(_mm_loadu_si128(p)); }

static inline void f32_store_f16(void *p, f32_vector x) {
    _mm_storeu_si128(p, _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

static inline f32_vector f32_load_bf16(const void *p) {
    return f32_from_bits(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128(p)), 16));
}

/* Rounds to the upper 16 bits, where a NaN must not become an infinity: it gets the quiet bit instead. */
static inline void f32_store_bf16(void *p, f32_vector x) {
    const int_vector bits = f32_bits(x), upper = _mm256_srli_epi32(bits, 16);
    const int_vector odd = int_and(upper, i32_set(1));
    const int_vector rounded = _mm256_srli_epi32(i32_add(bits, i32_add(odd, i32_set(0x7fff))), 16);
    const int_vector is_nan = f32_bits(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
    const int_vector result = _mm256_blendv_epi8(rounded, int_or(upper, i32_set(0x40)), is_nan);
    const int_vector packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(result, result), 0xd8);
    _mm_storeu_si128(p, _mm256_castsi256_si128(packed));
}

/* -------------------------------------------------------------------------------------------------- doubles -- */

static inline f64_vector f64_set(double value) { return _mm256_set1_pd(value); }
static inline f64_vector f64_load(const void *p) { return _mm256_loadu_pd(p); }
static inline f64_vector f64_load_floats(const void *p) { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
static inline void f64_store(void *p, f64_vector x) { _mm256_storeu_pd(p, x); }
static inline f64_vector f64_add(f64_vector a, f64_vector b) { return _mm256_add_pd(a, b); }
static inline f64_vector f64_sub(f64_vector a, f64_vector b) { return _mm256_sub_pd(a, b); }
static inline f64_vector f64_mul(f64_vector a, f64_vector b) { return _mm256_mul_pd(a, b); }
static inline f64_vector f64_div(f64_vector a, f64_vector b) { return _mm256_div_pd(a, b); }
static inline f64_vector f64_max(f64_vector a, f64_vector b) { return _mm256_max_pd(a, b); }
static inline f64_vector f64_fma(f64_vector a, f64_vector b, f64_vector c) { return _mm256_fmadd_pd(a, b, c); }
static inline f64_vector first_doubles(f32_vector x) { return _mm256_cvtps_pd(_mm256_castps256_ps128(x)); }
static inline f64_vector last_doubles(f32_vector x) { return _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)); }
static inline double f64_sum(f64_vector x) {
    const __m128d pair = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));
    return _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)));
}
static inline f64_vector f64_minus_abs(f64_vector x) { return _mm256_or_pd(x, f64_set(-0.0)); }
static inline int_vector f64_bits(f64_vector x) { return _mm256_castpd_si256(x); }
static inline f64_vector f64_from_bits(int_vector x) { return _mm256_castsi256_pd(x); }

static inline f64_vector f64_select_negative(f64_vector x, f64_vector a, f64_vector b) {
    return _mm256_blendv_pd(b, a, x);
}

typedef f64_vector f64_mask;
static inline f64_mask f64_mask_of(uint64_t bits) { return signs_64(bits); }

static inline f64_vector f64_select(f64_mask mask, f64_vector a, f64_vector b) {
    return f64_select_negative(mask, a, b);
}

/* x where a < b, y elsewhere. */
static inline f64_vector f64_select_less(f64_vector a, f64_vector b, f64_vector x, f64_vector y) {
    return _mm256_blendv_pd(y, x, _mm256_cmp_pd(a, b, _CMP_LT_OQ));
}

static inline f64_vector f64_negate_where(f64_mask mask, f64_vector x) { return _mm256_xor_pd(x, mask); }

/* 1 - x where the bit of the lane is set, x elsewhere. Before a selection GCC would compare the selector with 0. */
static inline f64_vector f64_distance_by(uint64_t bits, f64_vector x) {
    return f64_add(f64_negate_where(signs_64(bits), x), _mm256_load_pd(ONES_64[bits & 0xf]));
}

/* The same, with either sign, for its square. Adders are busier than fma. */
static inline f64_vector f64_root_by(uint64_t bits, f64_vector x) {
    return f64_fma(x, f64_set(-1), _mm256_load_pd(ONES_64[bits & 0xf]));
}

static inline f64_vector f64_load_first(const void *p, int count, f64_vector fill) {
    const int_vector first = i64_first(count);
    return _mm256_blendv_pd(fill, _mm256_maskload_pd(p, first), f64_from_bits(first));
}

static inline void f64_store_first(void *p, int count, f64_vector x) { _mm256_maskstore_pd(p, i64_first(count), x); }

static inline unsigned f64_within(f64_vector x, f64_vector lower, f64_vector upper) {
    const __m256d inside = _mm256_and_pd(_mm256_cmp_pd(lower, x, _CMP_LE_OQ), _mm256_cmp_pd(x, upper, _CMP_LE_OQ));
    return (unsigned)_mm256_movemask_pd(inside);
}

static inline unsigned f64_at_least(f64_vector x, f64_vector limit) {
    return (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(x, limit, _CMP_GE_OQ));
}

/* The same by way of 2^(k + 128). */
static inline f64_vector f64_power(f64_vector k) {
    const f64_vector biased = f64_add(k, f64_set(0x1.8p52 + 1023 + 128));
    return f64_mul(f64_set(0x1p-128), f64_from_bits(i64_shift_left(f64_bits(biased), 52)));
}

/* -------------------------------------------------------------------------------------------------- targets -- */

/* One bit for each of 32 bytes that equals value. */
static inline uint32_t equal_lanes(__m256i bytes, int value) {
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8((char)value)));
}

/* One bit for each of 64 bytes that equals value. */
static inline uint64_t equal_bytes(const unsigned char *bytes, int value) {
    return equal_lanes(int_load(bytes), value) | (uint64_t)equal_lanes(int_load(bytes + 32), value) << 32;
}

/* The same for fewer than 64 bytes: masked loads read whole words of four, the last bytes are compared one by one. */
static inline uint64_t equal_first_bytes(const unsigned char *bytes, int count, int value) {
    const int words = count / 4;
    const __m256i low = _mm256_maskload_epi32((const void *)bytes, i32_first(words));
    const __m256i high = _mm256_maskload_epi32((const void *)(bytes + 32), i32_first(words - 8));
    const uint64_t in_words = ((uint64_t)1 << 4 * words) - 1;
    uint64_t bits = (equal_lanes(low, value) | (uint64_t)equal_lanes(high, value) << 32) & in_words;
    for (int i = 4 * words; i < count; i++) {
        bits |= (uint64_t)(bytes[i] == value) << i;
    }
    return bits;
}

/* One bit for each lane in which two vectors are equal. */
static inline unsigned i32_equal(int_vector a, int_vector b) {
    return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)));
}

static inline unsigned i64_equal(int_vector a, int_vector b) {
    return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(a, b)));
}

/* One bit for each of 8 bytes that equals value, and of 32. */
static inline uint64_t equal_vector(const unsigned char *bytes, int value) {
    const __m128i x = _mm_loadl_epi64((const void *)bytes);
    return (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8((char)value))) & 0xff;
}
static inline uint64_t equal_few(const unsigned char *bytes, int value) { return equal_lanes(int_load(bytes), value); }

#define GROUP_OF_BYTES 32
#define equal_group equal_few

/*
 * -1 where the bit is set, and 1 elsewhere, for the halves of vector number k of four. Floats in memory are converted by one
 * operation, those in the upper half of a register by three. The row of an index is at 4 doubles times that.
 */
static inline f64_vector factors_at(uint64_t fours, int k) {
    return _mm256_load_pd((const double *)FACTORS_64 + (fours >> 8 * k & 0xff));
}
static inline f64_vector first_factors(uint64_t bits, int k) { return factors_at(bits << 2 & 0x3c3c3c3c, k); }
static inline f64_vector last_factors(uint64_t bits, int k) { return factors_at(bits >> 2 & 0x3c3c3c3c, k); }

static inline void stream_end(void) { _mm_sfence(); }

/*
 * Each lane's bit at the place of the sign, among other bits. That takes longer than a look into a table, of which arrays from
 * memory, however, evict the most.
 */
#define HAS_SCALE_FROM_MEMORY
static inline int_vector signs_from_memory(uint64_t bits, int k) {
    const int_vector left = i32_sub(_mm256_setr_epi32(31, 30, 29, 28, 27, 26, 25, 24), i32_set((uint32_t)(8 * k)));
    return _mm256_sllv_epi32(i32_set((uint32_t)bits), left);
}

/* --------------------------------------------------------------------------------------------------- rounding -- */

static inline f32_vector f32_round_quietly(f32_vector x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

static inline int_vector f32_integers(f32_vector x) { return _mm256_cvtps_epi32(x); }

static inline f32_vector f32_scale_in_group(uint64_t bits, int k, f32_vector x) {
    return _mm256_mul_ps(x, _mm256_load_ps(SCALES_32[bits >> 8 * k & 0xff]));
}

static inline f32_vector f32_scale_from_memory(uint64_t bits, int k, f32_vector x) {
    const f32_vector is_negated = f32_from_bits(signs_from_memory(bits, k));
    return _mm256_mul_ps(x, f32_select_negative(is_negated, f32_set(-0x1p20f), f32_set(0x1p20f)));
}

/* ---------------------------------------------------------------------------------------------- fixed point -- */

static inline int_vector i16_add(int_vector a, int_vector b) { return _mm256_add_epi16(a, b); }
static inline int_vector i16_sub(int_vector a, int_vector b) { return _mm256_sub_epi16(a, b); }
static inline int_vector i16_min(int_vector a, int_vector b) { return _mm256_min_epi16(a, b); }

static inline f32_vector f32_of_integers(int_vector x) { return _mm256_cvtepi32_ps(x); }
static inline int_vector i32_truncated(f32_vector x) { return _mm256_cvttps_epi32(x); }

/* One bit for each of 32 patterns, as signed integers, that is at least the limit. */
static inline uint64_t i16_at_least(const unsigned char *p, uint16_t limit) {
    const int_vector below = i16_sub(i16_set(limit), i16_set(1));
    const int_vector bytes =
        _mm256_packs_epi16(_mm256_cmpgt_epi16(int_load(p), below), _mm256_cmpgt_epi16(int_load(p + 32), below));
    return (uint32_t)_mm256_movemask_epi8(_mm256_permute4x64_epi64(bytes, 0xd8));
}

/* A sign and 26 in the exponent are added to a pattern. */
static inline f32_vector f32_in_units(f32_vector x, uint64_t bits, int k, int is_from_memory) {
    const int_vector of_bits = int_or(int_and(signs_from_memory(bits, k), i32_set(0x80000000)), i32_set(26 << 23));
    return f32_from_bits(i32_add(f32_bits(x), is_from_memory ? of_bits : int_load(SHIFTS_32[bits >> 8 * k & 0xff])));
}

/* ±p * 2^26 of 32 elements, negative where the bit is set. */
static inline void f16_scaled(const unsigned char *p, uint64_t bits, int is_from_memory, f32_vector x[4]) {
    for (int k = 0; k < 4; k++) {
        x[k] = f32_in_units(f32_load_f16(p + 16 * k), bits, k, is_from_memory);
    }
}

static inline void bf16_scaled(const unsigned char *p, uint64_t bits, int is_from_memory, f32_vector x[4]) {
    for (int k = 0; k < 4; k++) {
        x[k] = f32_in_units(f32_load_bf16(p + 16 * k), bits, k, is_from_memory);
    }
}

#include "kernels_vector.h"

static int isa_support(cpu_facts facts) {
    return exactloss_x86_support(facts, (cpu_facts){.leaf1_ecx = LEAF1_FMA | LEAF1_POPCNT | LEAF1_AVX | LEAF1_F16C,
                                                    .leaf7_ebx = LEAF7_AVX2,
                                                    .xcr0 = XCR0_AVX});
}

#define ISA_KERNELS exactloss_kernels_avx2
#include "kernels_table.h"
