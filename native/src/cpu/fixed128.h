/* SPDX-License-Identifier: Apache-2.0 */
/* The words of fixed_vector.h for vectors of 16 bytes: a part of simd128.h. */

static inline int_vector i16_add(int_vector a, int_vector b) { return (int_vector)((i16_lanes)a + (i16_lanes)b); }
static inline int_vector i16_sub(int_vector a, int_vector b) { return (int_vector)((i16_lanes)a - (i16_lanes)b); }

static inline f32_vector f32_of_integers(int_vector x) { return __builtin_convertvector((i32_signed)x, f32_vector); }

#ifdef __SSE2__

/* Lanes of 16 bits that are all ones or zeros, as bytes. */
static inline int_vector i16_pack(i16_signed a, i16_signed b) {
    return (int_vector)_mm_packs_epi16((__m128i)a, (__m128i)b);
}

static inline int_vector i16_min(int_vector a, int_vector b) {
    return (int_vector)_mm_min_epi16((__m128i)a, (__m128i)b);
}

static inline int_vector i32_truncated(f32_vector x) { return (int_vector)_mm_cvttps_epi32((__m128)x); }

/*
 * p * 2^26 has the exponent of a float16 p plus 112 + 26. A subnormal has become v = 2^11 (1 + m / 2^10), and should be
 * m 2^2 = v + (v - 2^12).
 */
static inline f32_vector f16_signed(__m128i scaled, uint64_t bits) {
    const f32_vector v = (f32_vector)scaled;
    const f32_vector x = v + (f32_vector)_mm_min_ps((__m128)(v - 0x1p12f), _mm_setzero_ps());
    return (f32_vector)((int_vector)x ^ signs_32(bits));
}

static inline void f16_scaled(const unsigned char *p, uint64_t bits, int is_from_memory, f32_vector x[4]) {
    (void)is_from_memory;
    for (int k = 0; k < 4; k += 2) {
        const i16_lanes half = (i16_lanes)int_load(p + 8 * k);
        const __m128i upper = (__m128i)((half >> 3) + (138 << 7)), lower = (__m128i)(half << 13);
        x[k] = f16_signed(_mm_unpacklo_epi16(lower, upper), bits >> 4 * k);
        x[k + 1] = f16_signed(_mm_unpackhi_epi16(lower, upper), bits >> (4 * k + 4));
    }
}

static inline f32_vector bf16_signed(__m128i widened, uint64_t bits) {
    return (f32_vector)((int_vector)widened + int_load(SHIFTS_32[bits & 0xf]));
}

static inline void bf16_scaled(const unsigned char *p, uint64_t bits, int is_from_memory, f32_vector x[4]) {
    (void)is_from_memory;
    for (int k = 0; k < 4; k += 2) {
        const __m128i zero = _mm_setzero_si128(), half = (__m128i)int_load(p + 8 * k);
        x[k] = bf16_signed(_mm_unpacklo_epi16(zero, half), bits >> 4 * k);
        x[k + 1] = bf16_signed(_mm_unpackhi_epi16(zero, half), bits >> (4 * k + 4));
    }
}

#else

static inline int_vector i16_pack(i16_signed a, i16_signed b) {
    return (int_vector)vcombine_s8(vmovn_s16(a), vmovn_s16(b));
}

static inline int_vector i16_min(int_vector a, int_vector b) {
    return (int_vector)vminq_s16((int16x8_t)a, (int16x8_t)b);
}

static inline int_vector i32_truncated(f32_vector x) { return (int_vector)vcvtq_s32_f32(x); }

static inline void f16_scaled(const unsigned char *p, uint64_t bits, int is_from_memory, f32_vector x[4]) {
    (void)is_from_memory;
    for (int k = 0; k < 4; k++) {
        x[k] = f32_negate_in_group(bits, k, f32_load_f16(p + 8 * k)) * 0x1p26f;
    }
}

static inline void bf16_scaled(const unsigned char *p, uint64_t bits, int is_from_memory, f32_vector x[4]) {
    (void)is_from_memory;
    for (int k = 0; k < 4; k++) {
        x[k] = f32_negate_in_group(bits, k, f32_load_bf16(p + 8 * k)) * 0x1p26f;
    }
}

#endif

/* One bit for each of 16 patterns, as signed integers, that is at least the limit. */
static inline uint64_t i16_at_least(const unsigned char *p, uint16_t limit) {
    const i16_signed least = (i16_signed)i16_set(limit);
    const i16_signed first = (i16_signed)int_load(p) >= least, last = (i16_signed)int_load(p + 16) >= least;
    return equal_16_bytes(i16_pack(first, last), i8_set(0xff));
}
