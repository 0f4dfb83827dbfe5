/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vocabulary of kernels_vector.h for vectors of 16 bytes, which every processor of today's 64-bit architectures has:
 * SSE2, SSE4.1 and NEON. It is written in the vector extensions of GCC and Clang; intrinsics serve where these have no word
 * for an instruction. An instruction set's file includes it, and ends with its descriptor.
 *
 * A mask becomes a selector by a table of sign bits, as for AVX2.
 */
#include "exactloss/exactloss.h"
#include "kernels.h"

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <immintrin.h>
#else
#include <arm_neon.h>
#endif

#ifdef __SSE4_1__
#define ROUNDS_QUIETLY
#endif

#define VECTOR_BYTES 16
#define f32_lanes 4
#define f64_lanes 2
#define VECTOR_OF(type) type __attribute__((vector_size(VECTOR_BYTES)))
typedef VECTOR_OF(float) f32_vector;
typedef VECTOR_OF(double) f64_vector;
typedef VECTOR_OF(uint32_t) int_vector;
typedef VECTOR_OF(int32_t) i32_signed;
typedef VECTOR_OF(uint64_t) i64_lanes;
typedef VECTOR_OF(int64_t) i64_signed;
typedef VECTOR_OF(uint16_t) i16_lanes;
typedef VECTOR_OF(int16_t) i16_signed;
typedef VECTOR_OF(uint8_t) i8_lanes;

/* ------------------------------------------------------------------------------------------- any integers -- */

static inline int_vector int_load(const void *p) {
    int_vector x;
    memcpy(&x, p, sizeof x);
    return x;
}

static inline void int_store(void *p, int_vector x) { memcpy(p, &x, sizeof x); }
static inline int_vector int_and(int_vector a, int_vector b) { return a & b; }
static inline int_vector int_or(int_vector a, int_vector b) { return a | b; }
static inline int_vector int_or3(int_vector a, int_vector b, int_vector c) { return a | b | c; }

static inline int_vector i32_set(uint32_t value) { return (int_vector){value, value, value, value}; }
static inline int_vector i16_set(uint16_t value) { return i32_set(0x10001u * value); }
static inline int_vector i8_set(uint8_t value) { return i32_set(0x1010101u * value); }
static inline int_vector i64_set(uint64_t value) { return (int_vector)(i64_lanes){value, value}; }
static inline int_vector i32_add(int_vector a, int_vector b) { return a + b; }
static inline int_vector i32_sub(int_vector a, int_vector b) { return a - b; }
static inline int_vector i64_add(int_vector a, int_vector b) { return (int_vector)((i64_lanes)a + (i64_lanes)b); }
static inline int_vector i64_sub(int_vector a, int_vector b) { return (int_vector)((i64_lanes)a - (i64_lanes)b); }
static inline int_vector i64_shift_left(int_vector x, int bits) { return (int_vector)((i64_lanes)x << bits); }
static inline int_vector i64_shift_right(int_vector x, int bits) { return (int_vector)((i64_lanes)x >> bits); }
static inline int_vector i32_shift_right(int_vector x, int bits) { return x >> bits; }

/* a where all bits of the lane are set, b where none is. */
static inline int_vector int_blend(int_vector lanes, int_vector a, int_vector b) { return (a & lanes) | (b & ~lanes); }

/* All ones where the sign bit is set. */
static inline int_vector i32_signs(int_vector x) { return (int_vector)((i32_signed)x >> 31); }

/* 64-bit lanes that have the same sum as the 32-bit ones, which are signed: even ones and odd ones, each and 2^31. */
static inline int_vector i32_widen(int_vector x) {
    const i64_lanes biased = (i64_lanes)(x ^ i32_set(0x80000000));
    return (int_vector)((biased & 0xffffffffu) + (biased >> 32) - ((uint64_t)1 << 32));
}

static inline double f64_sum(f64_vector x) { return x[0] + x[1]; }
static inline int64_t i64_sum(int_vector x) { return (int64_t)(((i64_lanes)x)[0] + ((i64_lanes)x)[1]); }

/* --------------------------------------------------------------------------------- what an instruction set has -- */

#ifdef __SSE2__

/* One bit for each lane, of lanes that are all ones or zeros. */
static inline unsigned i32_bits_of(int_vector lanes) { return (unsigned)_mm_movemask_ps((__m128)lanes); }
static inline unsigned i64_bits_of(int_vector lanes) { return (unsigned)_mm_movemask_pd((__m128d)lanes); }

static inline uint64_t equal_16_bytes(int_vector x, int_vector value) {
    return (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8((__m128i)x, (__m128i)value));
}

static inline uint64_t equal_64_bytes(const int_vector x[4], int_vector value) {
    return equal_16_bytes(x[0], value) | equal_16_bytes(x[1], value) << 16 | equal_16_bytes(x[2], value) << 32 |
           equal_16_bytes(x[3], value) << 48;
}

static inline void int_stream(void *p, int_vector x) { _mm_stream_si128(p, (__m128i)x); }
static inline void stream_end(void) { _mm_sfence(); }

static inline f32_vector f32_max(f32_vector a, f32_vector b) { return (f32_vector)_mm_max_ps((__m128)a, (__m128)b); }
static inline f64_vector f64_max(f64_vector a, f64_vector b) { return (f64_vector)_mm_max_pd((__m128d)a, (__m128d)b); }

/* The first and the last two floats, and the other way round. */
static inline f64_vector first_doubles(f32_vector x) { return (f64_vector)_mm_cvtps_pd((__m128)x); }
static inline f64_vector last_doubles(f32_vector x) {
    return (f64_vector)_mm_cvtps_pd(_mm_movehl_ps((__m128)x, (__m128)x));
}
static inline f32_vector floats_of(f64_vector first, f64_vector last) {
    return (f32_vector)_mm_movelh_ps(_mm_cvtpd_ps((__m128d)first), _mm_cvtpd_ps((__m128d)last));
}
static inline f64_vector f64_load_floats(const void *p) {
    return (f64_vector)_mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64(p)));
}

/* Four elements of 16 bits, from and to lanes of 32; in the upper halves of these. */
static inline int_vector i16_load(const void *p) {
    return (int_vector)_mm_unpacklo_epi16(_mm_loadl_epi64(p), _mm_setzero_si128());
}
static inline int_vector i16_load_upper(const void *p) {
    return (int_vector)_mm_unpacklo_epi16(_mm_setzero_si128(), _mm_loadl_epi64(p));
}
static inline void i16_store_upper(void *p, int_vector x) {
    const __m128i lanes = _mm_srai_epi32((__m128i)x, 16);
    _mm_storel_epi64(p, _mm_packs_epi32(lanes, lanes));
}

#ifdef __SSE4_1__

static inline int_vector i32_max(int_vector a, int_vector b) {
    return (int_vector)_mm_max_epu32((__m128i)a, (__m128i)b);
}
static inline int_vector i32_min(int_vector a, int_vector b) {
    return (int_vector)_mm_min_epu32((__m128i)a, (__m128i)b);
}
#define f32_least i32_min
#define f64_least i32_min

static inline int_vector select_signs_32(int_vector signs, int_vector a, int_vector b) {
    return (int_vector)_mm_blendv_ps((__m128)b, (__m128)a, (__m128)signs);
}
static inline int_vector select_signs_64(int_vector signs, int_vector a, int_vector b) {
    return (int_vector)_mm_blendv_pd((__m128d)b, (__m128d)a, (__m128d)signs);
}

#else

#define EMULATES_I32_MIN /* ... which takes six instructions */

/* SSE2 compares signed integers only. */
static inline int_vector i32_above(int_vector a, int_vector b) {
    const int_vector sign = i32_set(0x80000000);
    return (int_vector)_mm_cmpgt_epi32((__m128i)(a ^ sign), (__m128i)(b ^ sign));
}
static inline int_vector i32_max(int_vector a, int_vector b) { return int_blend(i32_above(a, b), a, b); }
static inline int_vector i32_min(int_vector a, int_vector b) { return int_blend(i32_above(a, b), b, a); }

/* The order of patterns is that of the numbers. */
static inline int_vector f32_least(int_vector a, int_vector b) { return (int_vector)_mm_min_ps((__m128)a, (__m128)b); }
static inline int_vector f64_least(int_vector a, int_vector b) {
    return (int_vector)_mm_min_pd((__m128d)a, (__m128d)b);
}

static inline int_vector select_signs_32(int_vector signs, int_vector a, int_vector b) {
    return int_blend(i32_signs(signs), a, b);
}
static inline int_vector select_signs_64(int_vector signs, int_vector a, int_vector b) {
    return int_blend((int_vector)_mm_shuffle_epi32((__m128i)i32_signs(signs), 0xf5), a, b);
}

#endif

#else

static inline unsigned i32_bits_of(int_vector lanes) { return vaddvq_u32(lanes & (int_vector){1, 2, 4, 8}); }
static inline unsigned i64_bits_of(int_vector lanes) {
    return (unsigned)vaddvq_u64((uint64x2_t)lanes & (uint64x2_t){1, 2});
}

static inline uint64_t equal_16_bytes(int_vector x, int_vector value) {
    const uint8x16_t own = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t bits = vceqq_u8((uint8x16_t)x, (uint8x16_t)value) & own;
    return vaddv_u8(vget_low_u8(bits)) | (uint64_t)vaddv_u8(vget_high_u8(bits)) << 8;
}

/* Each byte keeps a bit of its own, and neighbours are added three times. */
static inline uint64_t equal_64_bytes(const int_vector x[4], int_vector value) {
    const uint8x16_t own = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t bits[4];
    for (int i = 0; i < 4; i++) {
        bits[i] = vceqq_u8((uint8x16_t)x[i], (uint8x16_t)value) & own;
    }
    const uint8x16_t all = vpaddq_u8(vpaddq_u8(bits[0], bits[1]), vpaddq_u8(bits[2], bits[3]));
    return vgetq_lane_u64((uint64x2_t)vpaddq_u8(all, all), 0);
}

static inline void int_stream(void *p, int_vector x) { int_store(p, x); }
static inline void stream_end(void) {}

/* Not the instruction of this name, which returns NaN where either is. */
static inline f32_vector f32_max(f32_vector a, f32_vector b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
static inline f64_vector f64_max(f64_vector a, f64_vector b) { return vbslq_f64(vcgtq_f64(a, b), a, b); }
static inline f32_vector f32_fma(f32_vector a, f32_vector b, f32_vector c) { return vfmaq_f32(c, a, b); }
static inline f64_vector f64_fma(f64_vector a, f64_vector b, f64_vector c) { return vfmaq_f64(c, a, b); }
static inline f64_vector f64_load_floats(const void *p) { return vcvt_f64_f32(vld1_f32(p)); }
static inline f64_vector first_doubles(f32_vector x) { return vcvt_f64_f32(vget_low_f32(x)); }
static inline f64_vector last_doubles(f32_vector x) { return vcvt_high_f64_f32(x); }

static inline int_vector i16_load_upper(const void *p) { return vshll_n_u16(vld1_u16(p), 16); }
static inline void i16_store_upper(void *p, int_vector x) { vst1_u16(p, vshrn_n_u32(x, 16)); }

static inline f32_vector f32_load_f16(const void *p) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p))); }
static inline void f32_store_f16(void *p, f32_vector x) { vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(x))); }

static inline int_vector i32_max(int_vector a, int_vector b) { return vmaxq_u32(a, b); }
static inline int_vector i32_min(int_vector a, int_vector b) { return vminq_u32(a, b); }
#define f32_least i32_min
#define f64_least i32_min

/* One instruction, which GCC does not find by itself. */
#define HAS_LOAD_FOUR
#define DEFINE_LOAD_FOUR(element)                                                                                      \
    static inline void element##_load_four(const unsigned char *p, element##_vector x[4]) {                            \
        const uint8x16x4_t four = vld1q_u8_x4(p);                                                                      \
        for (int k = 0; k < 4; k++) {                                                                                  \
            x[k] = (element##_vector)four.val[k];                                                                      \
        }                                                                                                              \
    }
DEFINE_LOAD_FOUR(f32)
DEFINE_LOAD_FOUR(f64)

/* Each lane's bit is shifted to the place of the sign, which is inserted. */
#define HAS_NEGATE_IN_GROUP
static inline f32_vector f32_negate_in_group(uint64_t bits, int k, f32_vector x) {
    const i32_signed left = {31 - 4 * k, 30 - 4 * k, 29 - 4 * k, 28 - 4 * k};
    return vbslq_f32(vdupq_n_u32(0x80000000), (f32_vector)vshlq_u32(vdupq_n_u32((uint32_t)bits), left), x);
}
static inline f64_vector f64_negate_in_group(uint64_t bits, int k, f64_vector x) {
    const i64_signed left = {63 - 2 * k, 62 - 2 * k};
    return vbslq_f64(vdupq_n_u64((uint64_t)1 << 63), (f64_vector)vshlq_u64(vdupq_n_u64(bits), left), x);
}

static inline int_vector select_signs_32(int_vector signs, int_vector a, int_vector b) {
    return vbslq_u32(i32_signs(signs), a, b);
}
static inline int_vector select_signs_64(int_vector signs, int_vector a, int_vector b) {
    return (int_vector)vbslq_u64((uint64x2_t)vshrq_n_s64((int64x2_t)signs, 63), (uint64x2_t)a, (uint64x2_t)b);
}

#endif

/* Whether any lane is above a limit below 2^32 - 1, as an unsigned integer. */
static inline int i32_any_above(int_vector x, uint32_t limit) {
#ifdef __SSE2__
    if ((limit & (limit + 1)) == 0) {
#ifdef __SSE4_1__
        return !_mm_testz_si128((__m128i)x, (__m128i)i32_set(~limit));
#else
        return i32_bits_of((int_vector)((x & ~limit) == 0)) != 0xf;
#endif
    }
    return i32_bits_of((int_vector)(i32_max(x, i32_set(limit + 1)) == x)) != 0;
#else
    return vmaxvq_u32(x) > limit;
#endif
}

/* The largest lane as an unsigned integer. */
static inline uint32_t i32_largest(int_vector x) {
    const uint32_t first = x[0] > x[1] ? x[0] : x[1], last = x[2] > x[3] ? x[2] : x[3];
    return first > last ? first : last;
}

/* ---------------------------------------------------------------------------------------------------- masks -- */

/*
 * The sign bits of 4 floats for each 4 bits of a mask, those and ones of 2 doubles for each 2: see cmake/signs.cmake. A table
 * for whole bytes would save instructions, but arrays from memory evict it.
 */
#include "signs_128.h"

/* The bits of a vector of the block. */
static inline uint64_t f32_lanes_at(const uint64_t *mask, int vector) { return mask[vector / 16] >> vector % 16 * 4; }
static inline uint64_t f64_lanes_at(const uint64_t *mask, int vector) { return mask[vector / 32] >> vector % 32 * 2; }

/* The bit of each lane in its sign bit; the other bits are 0. */
static inline int_vector signs_32(uint64_t bits) { return int_load(SIGNS_32[bits & 0xf]); }
static inline int_vector signs_64(uint64_t bits) { return int_load(SIGNS_64[bits & 0x3]); }

/* For a vector of the block, in lanes of 8 to 64 bits: a where the mask is set, b elsewhere. */
static inline int_vector i8_select(const uint64_t *mask, int vector, int_vector a, int_vector b) {
    const i8_lanes own = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint64_t bits = mask[vector / 4] >> vector % 4 * 16, of_each = 0x101010101010101;
    const i8_lanes bytes = (i8_lanes)(i64_lanes){(bits & 0xff) * of_each, (bits >> 8 & 0xff) * of_each};
    return int_blend((int_vector)((bytes & own) == own), a, b);
}

static inline int_vector i16_select(const uint64_t *mask, int vector, int_vector a, int_vector b) {
    const i16_lanes own = {1, 2, 4, 8, 16, 32, 64, 128};
    const i16_lanes bits = (i16_lanes)i16_set((uint8_t)(mask[vector / 8] >> vector % 8 * 8));
    return int_blend((int_vector)((bits & own) == own), a, b);
}

static inline int_vector i32_select(const uint64_t *mask, int vector, int_vector a, int_vector b) {
    return select_signs_32(signs_32(f32_lanes_at(mask, vector)), a, b);
}

static inline int_vector i64_select(const uint64_t *mask, int vector, int_vector a, int_vector b) {
    return select_signs_64(signs_64(f64_lanes_at(mask, vector)), a, b);
}

/* ------------------------------------------------------------------------------------------- floats and doubles -- */

static inline f32_vector f32_set(float value) { return (f32_vector){value, value, value, value}; }
static inline f64_vector f64_set(double value) { return (f64_vector){value, value}; }

/* Defines the words that differ in types alone: `bits` is the width of a lane. */
#define DEFINE_REALS(element, real, bits, lanes)                                                                       \
    static inline element##_vector element##_load(const void *p) { return (element##_vector)int_load(p); }             \
    static inline void element##_store(void *p, element##_vector x) { int_store(p, (int_vector)x); }                   \
    static inline element##_vector element##_add(element##_vector a, element##_vector b) { return a + b; }             \
    static inline element##_vector element##_sub(element##_vector a, element##_vector b) { return a - b; }             \
    static inline element##_vector element##_mul(element##_vector a, element##_vector b) { return a * b; }             \
    static inline element##_vector element##_div(element##_vector a, element##_vector b) { return a / b; }             \
    static inline int_vector element##_bits(element##_vector x) { return (int_vector)x; }                              \
    static inline element##_vector element##_from_bits(int_vector x) { return (element##_vector)x; }                   \
    static inline element##_vector element##_minus_abs(element##_vector x) {                                           \
        return (element##_vector)((int_vector)x | (int_vector)element##_set(-(real)0));                                \
    }                                                                                                                  \
    /* a where x has its sign bit set, b elsewhere. */                                                                 \
    static inline element##_vector element##_select_negative(element##_vector x, element##_vector a,                   \
                                                             element##_vector b) {                                     \
        return (element##_vector)select_signs_##bits((int_vector)x, (int_vector)a, (int_vector)b);                     \
    }                                                                                                                  \
    /* The lanes whose bit is set, as their sign bits. */                                                              \
    typedef element##_vector element##_mask;                                                                           \
    static inline element##_mask element##_mask_of(uint64_t of_lanes) {                                                \
        return (element##_mask)signs_##bits(of_lanes);                                                                 \
    }                                                                                                                  \
    static inline element##_vector element##_select(element##_mask m, element##_vector a, element##_vector b) {        \
        return element##_select_negative(m, a, b);                                                                     \
    }                                                                                                                  \
    static inline element##_vector element##_negate_where(element##_mask m, element##_vector x) {                      \
        return (element##_vector)((int_vector)x ^ (int_vector)m);                                                      \
    }                                                                                                                  \
    static inline element##_vector element##_select_less(element##_vector a, element##_vector b, element##_vector x,   \
                                                         element##_vector y) {                                         \
        return (element##_vector)int_blend((int_vector)(a < b), (int_vector)x, (int_vector)y);                         \
    }                                                                                                                  \
    /* The first `count` elements, and `fill` in the other lanes. Nothing else is read. */                             \
    static inline element##_vector element##_load_first(const void *p, int count, element##_vector fill) {             \
        if (count >= (lanes)) {                                                                                        \
            return element##_load(p);                                                                                  \
        }                                                                                                              \
        if (count > 0) {                                                                                               \
            memcpy(&fill, p, sizeof(real) * (size_t)count);                                                            \
        }                                                                                                              \
        return fill;                                                                                                   \
    }                                                                                                                  \
    static inline void element##_store_first(void *p, int count, element##_vector x) {                                 \
        if (count >= (lanes)) {                                                                                        \
            element##_store(p, x);                                                                                     \
        } else {                                                                                                       \
            memcpy(p, &x, sizeof(real) * (size_t)count);                                                               \
        }                                                                                                              \
    }                                                                                                                  \
    static inline unsigned element##_within(element##_vector x, element##_vector lower, element##_vector upper) {      \
        return i##bits##_bits_of((int_vector)(lower <= x) & (int_vector)(x <= upper));                                 \
    }                                                                                                                  \
    static inline unsigned element##_at_least(element##_vector x, element##_vector limit) {                            \
        return i##bits##_bits_of((int_vector)(x >= limit));                                                            \
    }

DEFINE_REALS(f32, float, 32, f32_lanes)
DEFINE_REALS(f64, double, 64, f64_lanes)

static inline f32_vector f32_load_floats(const void *p) { return f32_load(p); }

/* 2^k of integers k <= 0, as in kernels_avx2.c. */
static inline f32_vector f32_power(f32_vector k) {
    return 0x1p-64f * (f32_vector)((int_vector)(k + (0x1.8p23f + 127 + 64)) << 23);
}

static inline f64_vector f64_power(f64_vector k) {
    return 0x1p-128 * (f64_vector)((i64_lanes)(k + (0x1.8p52 + 1023 + 128)) << 52);
}

/* 1 - x where the bit of the lane is set, x elsewhere. */
static inline f64_vector f64_distance_by(uint64_t bits, f64_vector x) {
    return f64_negate_where(f64_mask_of(bits), x) + f64_load(ONES_64[bits & 0x3]);
}

/* The same, with either sign, for its square. */
static inline f64_vector f64_root_by(uint64_t bits, f64_vector x) { return f64_load(ONES_64[bits & 0x3]) - x; }

/* ------------------------------------------------------------------------------------------------- 16 bits -- */

static inline f32_vector f32_load_bf16(const void *p) { return (f32_vector)i16_load_upper(p); }

/* Rounds to the upper 16 bits, where a NaN must not become an infinity: it gets the quiet bit instead. */
static inline void f32_store_bf16(void *p, f32_vector x) {
    const int_vector bits = (int_vector)x, rounded = bits + (bits >> 16 & 1) + 0x7fff;
    i16_store_upper(p, int_blend((int_vector)(x == x), rounded, bits | 0x400000));
}

#ifdef __SSE2__

/*
 * The exponent's bias changes by 112. A subnormal gets the exponent of 2^-14 in place of its 0, and 2^-14 is subtracted: no
 * operation takes a subnormal float, which is slow. That also makes a NaN quiet.
 */
static inline f32_vector f32_load_f16(const void *p) {
    const int_vector half = i16_load(p), magnitude = half & 0x7fff;
    const int_vector is_small = (int_vector)((i32_signed)magnitude < 0x400);
    const int_vector is_special = (int_vector)((i32_signed)magnitude > 0x7bff);
    const int_vector bits = (magnitude << 13) + (112u << 23) + (is_small & 1u << 23) + (is_special & 112u << 23);
    const f32_vector value = (f32_vector)bits - (f32_vector)(is_small & (int_vector)f32_set(0x1p-14f));
    return (f32_vector)((int_vector)value | (half ^ magnitude) << 16);
}

/* See narrow_f16() of kernels_portable.c. */
static inline void f32_store_f16(void *p, f32_vector x) {
    const int_vector bits = (int_vector)x, magnitude = bits & 0x7fffffff, rebased = magnitude - (112u << 23);
    const int_vector normal = (rebased + 0xfff + (rebased >> 13 & 1)) >> 13;
    const int_vector is_small = (int_vector)((i32_signed)magnitude < 0x38800000);
    const int_vector small = (int_vector)((f32_vector)(magnitude & is_small) + 0.5f) - 0x3f000000;
    const int_vector is_large = (int_vector)((i32_signed)magnitude > 0x477fffff);
    const int_vector finite = int_blend(is_small, small, normal);
    const int_vector special = int_blend((int_vector)(x == x), i32_set(0x7c00), 0x7e00 | (magnitude >> 13 & 0x3ff));
    i16_store_upper(p, int_blend(is_large, special, finite) << 16 | (bits & 0x80000000));
}

/* ---------------------------------------------------------------------------------------- the fma that SSE lacks -- */

#define INTERLEAVED 1 /* the compiler cannot mix vectors, as an fma has a branch */

#include "fma.h"

/* a + b, rounded to odd: see fma.h. */
static inline f64_vector odd_sum(f64_vector a, f64_vector b) {
    const f64_vector sum = a + b, back = sum - a, error = (a - (sum - back)) + (b - back);
    const i64_lanes is_inexact = (i64_lanes)(error < 0) | (i64_lanes)(error > 0),
                    toward_0 = (i64_lanes)error ^ (i64_lanes)sum;
    return (f64_vector)(((i64_lanes)sum - ((toward_0 & is_inexact) >> 63)) | is_inexact >> 63);
}

/*
 * As in fma.h, where also a subnormal result is rounded only once: here a sum of doubles is rounded again unless it lies in the
 * middle between two normal floats. In sigmoid.h and logarithm.h, subnormal results are exact, or rounded from products
 * alone, or count for nothing in what they are added to; the exhaustive tests compare all floats.
 */
static inline f32_vector f32_fma(f32_vector a, f32_vector b, f32_vector c) {
    const f64_vector first_product = first_doubles(a) * first_doubles(b), first = first_product + first_doubles(c);
    const f64_vector last_product = last_doubles(a) * last_doubles(b), last = last_product + last_doubles(c);
    const int_vector lower = (int_vector)_mm_shuffle_ps((__m128)first, (__m128)last, 0x88);
    if (__builtin_expect(i32_bits_of((int_vector)(lower << 3 == 0x80000000)) != 0, 0)) {
        return floats_of(odd_sum(first_product, first_doubles(c)), odd_sum(last_product, last_doubles(c)));
    }
    return floats_of(first, last);
}

static inline f64_vector f64_upper_half(f64_vector x) {
    const f64_vector scaled = x * 0x1.0000002p27;
    return scaled - (scaled - x);
}

static __attribute__((noinline, cold)) f64_vector f64_fma_by_integers(f64_vector a, f64_vector b, f64_vector c) {
    return (f64_vector){fma_by_integers(a[0], b[0], c[0]), fma_by_integers(a[1], b[1], c[1])};
}

/* emulated_fma_f64(), with the same names. */
static inline __attribute__((always_inline)) f64_vector f64_fma(f64_vector a, f64_vector b, f64_vector c) {
    const f64_vector a1 = f64_upper_half(a), a2 = a - a1, b1 = f64_upper_half(b), b2 = b - b1;
    const f64_vector high = a * b, low = ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2;
    const f64_vector sum = high + c, back = sum - high, error = (high - (sum - back)) + (c - back);
    const f64_vector rest = error + low, size = (f64_vector)(((i64_lanes)high | (i64_lanes)c) & DEKKER_BITS);
    const f64_vector inexact =
        (f64_vector)((i64_lanes)rest & (i64_lanes)(error != 0) & (i64_lanes)(low != 0) & INT64_MAX);
    const f64_vector w = inexact * 0x1p-52, least = sum + (rest - w), most = sum + (rest + w);
    if (__builtin_expect(i64_bits_of((int_vector)(least == most) & (int_vector)(size != 0)) != 3, 0)) {
        return f64_fma_by_integers(a, b, c);
    }
    return least;
}

#endif

#include "fixed128.h"

/* ------------------------------------------------------------------------------------------------- targets -- */

/* One bit for each of 64 bytes that equals value. */
static inline uint64_t equal_bytes(const unsigned char *bytes, int value) {
    const int_vector x[4] = {int_load(bytes), int_load(bytes + 16), int_load(bytes + 32), int_load(bytes + 48)};
    return equal_64_bytes(x, i8_set((uint8_t)value));
}

/* The same for fewer than 64 bytes. */
static inline uint64_t equal_first_bytes(const unsigned char *bytes, int count, int value) {
    unsigned char copy[64] = {0};
    memcpy(copy, bytes, (size_t)count);
    return equal_bytes(copy, value) & (((uint64_t)1 << count) - 1);
}

/* One bit for each lane in which two vectors are equal. */
static inline unsigned i32_equal(int_vector a, int_vector b) { return i32_bits_of((int_vector)(a == b)); }
static inline unsigned i64_equal(int_vector a, int_vector b) {
    return i64_bits_of((int_vector)((i64_lanes)a == (i64_lanes)b));
}

/* One bit for each of 4 bytes that equals value. */
static inline uint64_t equal_vector(const unsigned char *bytes, int value) {
    uint32_t four;
    memcpy(&four, bytes, sizeof four);
    return equal_16_bytes((int_vector){four, 0, 0, 0}, i8_set((uint8_t)value)) & 0xf;
}

/* One bit for each of 16 bytes that equals value. */
static inline uint64_t equal_few(const unsigned char *bytes, int value) {
    return equal_16_bytes(int_load(bytes), i8_set((uint8_t)value));
}

/* ------------------------------------------------------------------------------------------------ rounding -- */

#ifdef __SSE4_1__

#define GROUP_OF_BYTES 16
#define equal_group equal_few

static inline f32_vector f32_round_quietly(f32_vector x) {
    return (f32_vector)_mm_round_ps((__m128)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

static inline int_vector f32_integers(f32_vector x) { return (int_vector)_mm_cvtps_epi32((__m128)x); }

static inline f32_vector f32_scale_in_group(uint64_t bits, int k, f32_vector x) {
    return x * f32_load(SCALES_32[bits >> 4 * k & 0xf]);
}

#endif

#include "kernels_vector.h"
