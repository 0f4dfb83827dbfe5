/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for the compiler's <immintrin.h> where the AVX-512 kernels are tested on a processor without AVX-512: SIMDe
 * executes their intrinsics in plain C. Intrinsics that SIMDe lacks or rounds differently are added here, from Intel's
 * descriptions. The conversions of float16 are the portable kernels', which the test of the AVX2 kernels holds to the
 * processor's.
 */
#ifndef EXACTLOSS_TESTS_EMULATION_IMMINTRIN_H
#define EXACTLOSS_TESTS_EMULATION_IMMINTRIN_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>

#include "cpu/kernels.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define VECTOR_OPERAND "+m" /* of inline assembly */

typedef simde__mmask8 __mmask8;
typedef simde__mmask16 __mmask16;
typedef simde__mmask32 __mmask32;
typedef simde__mmask64 __mmask64;

/* ------------------------------------------------------------------------------------------------ reductions -- */

static inline int64_t _mm512_reduce_add_epi64(__m512i x) {
    int64_t lanes[8], sum = 0;
    memcpy(lanes, &x, sizeof lanes);
    for (int i = 0; i < 8; i++) {
        sum += lanes[i];
    }
    return sum;
}

static inline double _mm512_reduce_add_pd(__m512d x) {
    double lanes[8], sum = 0;
    memcpy(lanes, &x, sizeof lanes);
    for (int i = 0; i < 8; i++) {
        sum += lanes[i];
    }
    return sum;
}

#define DEFINE_REDUCE_MAX(name, type)                                                                                  \
    static inline type name(__m512i x) {                                                                               \
        type lanes[64 / sizeof(type)], largest;                                                                        \
        memcpy(lanes, &x, sizeof lanes);                                                                               \
        largest = lanes[0];                                                                                            \
        for (size_t i = 1; i < 64 / sizeof(type); i++) {                                                               \
            largest = lanes[i] > largest ? lanes[i] : largest;                                                         \
        }                                                                                                              \
        return largest;                                                                                                \
    }

DEFINE_REDUCE_MAX(_mm512_reduce_max_epu32, uint32_t)
DEFINE_REDUCE_MAX(_mm512_reduce_max_epi64, int64_t)

/* ----------------------------------------------------------------------------------------------- comparisons -- */

static inline __mmask16 _mm512_cmpgt_epu32_mask(__m512i a, __m512i b) {
    uint32_t left[16], right[16];
    unsigned mask = 0;
    memcpy(left, &a, sizeof left);
    memcpy(right, &b, sizeof right);
    for (int i = 0; i < 16; i++) {
        mask |= (unsigned)(left[i] > right[i]) << i;
    }
    return (__mmask16)mask;
}

/* Macros, since compilers want the predicate to be a constant. */
#define _mm512_mask_cmp_ps_mask(mask, a, b, predicate) ((__mmask16)((mask)&_mm512_cmp_ps_mask(a, b, predicate)))
#define _mm512_mask_cmp_pd_mask(mask, a, b, predicate) ((__mmask8)((mask)&_mm512_cmp_pd_mask(a, b, predicate)))

/* ---------------------------------------------------------------------------------------------- conversions -- */

#define DEFINE_CONVERSION(name, from_vector, from, to_vector, to, count)                                               \
    static inline to_vector name(from_vector x) {                                                                      \
        from before[count];                                                                                            \
        to after[count];                                                                                               \
        to_vector result;                                                                                              \
        memcpy(before, &x, sizeof before);                                                                             \
        for (int i = 0; i < (count); i++) {                                                                            \
            after[i] = (to)before[i];                                                                                  \
        }                                                                                                              \
        memcpy(&result, after, sizeof result);                                                                         \
        return result;                                                                                                 \
    }

DEFINE_CONVERSION(_mm512_cvtepi32_epi64, __m256i, int32_t, __m512i, int64_t, 8)
DEFINE_CONVERSION(_mm512_cvtepu16_epi32, __m256i, uint16_t, __m512i, uint32_t, 16)
DEFINE_CONVERSION(_mm512_cvtepi32_epi16, __m512i, uint32_t, __m256i, uint16_t, 16)
DEFINE_CONVERSION(_mm512_cvtps_pd, __m256, float, __m512d, double, 8)

DEFINE_CONVERSION(_mm512_cvtepi32_ps, __m512i, int32_t, __m512, float, 16)

/* By the processor, as C defines no conversion of what is too large. */
static inline __m512i _mm512_cvttps_epi32(__m512 x) {
    __m128 floats[4];
    __m128i integers[4];
    memcpy(floats, &x, sizeof floats);
    for (int i = 0; i < 4; i++) {
        integers[i] = _mm_cvttps_epi32(floats[i]);
    }
    __m512i result;
    memcpy(&result, integers, sizeof result);
    return result;
}

static inline __m512 _mm512_cvtph_ps(__m256i x) {
    __m512 result;
    exactloss_kernels_portable.f16.widen(&x, 16, &result);
    return result;
}

#define _MM_FROUND_NO_EXC 8
#define _mm512_cvtps_ph(x, rounding) emulated_cvtps_ph(x)

static inline __m256i emulated_cvtps_ph(__m512 x) {
    __m256i result;
    exactloss_kernels_portable.f16.narrow(&x, 16, &result);
    return result;
}

/* ------------------------------------------------------------------------------------------------- arithmetic -- */

#define _mm512_mask_sub_epi16(otherwise, mask, a, b) _mm512_mask_mov_epi16(otherwise, mask, _mm512_sub_epi16(a, b))

#undef _mm512_madd_epi16
#define _mm512_madd_epi16 simde_mm512_madd_epi16

/* Rounded once, as the processor does it. The k of x * 2^k is an integer, or NaN where the result is. */
#undef _mm512_fmadd_ps
#undef _mm512_fmadd_pd
#undef _mm512_scalef_ps
#undef _mm512_scalef_pd

#define DEFINE_SCALEF(name, vector, type, count)                                                                       \
    static inline vector name(vector x, vector k) {                                                                    \
        type lanes[count], exponents[count];                                                                           \
        memcpy(lanes, &x, sizeof lanes);                                                                               \
        memcpy(exponents, &k, sizeof exponents);                                                                       \
        for (int i = 0; i < (count); i++) {                                                                            \
            lanes[i] = isnan(exponents[i]) ? exponents[i] : (type)ldexp((double)lanes[i], (int)exponents[i]);          \
        }                                                                                                              \
        memcpy(&x, lanes, sizeof lanes);                                                                               \
        return x;                                                                                                      \
    }

#define DEFINE_FMADD(name, vector, type, count, fused)                                                                 \
    static inline vector name(vector a, vector b, vector c) {                                                          \
        type x[count], y[count], z[count];                                                                             \
        memcpy(x, &a, sizeof x);                                                                                       \
        memcpy(y, &b, sizeof y);                                                                                       \
        memcpy(z, &c, sizeof z);                                                                                       \
        for (int i = 0; i < (count); i++) {                                                                            \
            z[i] = fused(x[i], y[i], z[i]);                                                                            \
        }                                                                                                              \
        memcpy(&c, z, sizeof z);                                                                                       \
        return c;                                                                                                      \
    }

/* What the emulated processor does wrong, if a test wants that: it keeps no flags, or quiet operations raise them. */
enum { NO_FAULT, NO_FLAGS, LOUD_ADDITIONS, LOUD_FMA };
__attribute__((weak)) int emulated_fault = NO_FAULT;

#define _mm_getcsr() (emulated_fault == NO_FLAGS ? _mm_getcsr() & ~0x3fu : _mm_getcsr())

/*
 * The operations that raise no flag. The flags are the processor's own, which the operations of SIMDe raise too; in a
 * function of its own, so that none of these gets in between.
 */
#define DEFINE_QUIET_OPERATION(name, vector, add)                                                                      \
    static __attribute__((noinline)) vector name(vector a, vector b) {                                                 \
        const unsigned flags = _mm_getcsr();                                                                           \
        __asm__ volatile("" : "+m"(a), "+m"(b));                                                                       \
        vector sum = add(a, b);                                                                                        \
        __asm__ volatile("" : "+m"(sum));                                                                              \
        if (emulated_fault != LOUD_ADDITIONS) {                                                                        \
            _mm_setcsr(flags);                                                                                         \
        }                                                                                                              \
        return sum;                                                                                                    \
    }

#define _mm512_add_round_ps(a, b, rounding) emulated_add_quietly_ps(a, b)
#define _mm512_add_round_pd(a, b, rounding) emulated_add_quietly_pd(a, b)
#define _mm512_fmadd_round_pd(a, b, c, rounding) emulated_fmadd_quietly_pd(a, b, c)

DEFINE_QUIET_OPERATION(emulated_add_quietly_ps, __m512, _mm512_add_ps)
DEFINE_QUIET_OPERATION(emulated_add_quietly_pd, __m512d, _mm512_add_pd)
DEFINE_FMADD(_mm512_fmadd_ps, __m512, float, 16, fmaf)
DEFINE_FMADD(_mm512_fmadd_pd, __m512d, double, 8, fma)

static __attribute__((noinline)) __m512d emulated_fmadd_quietly_pd(__m512d a, __m512d b, __m512d c) {
    const unsigned flags = _mm_getcsr();
    __asm__ volatile("" : "+m"(a), "+m"(b), "+m"(c));
    __m512d sum = _mm512_fmadd_pd(a, b, c);
    __asm__ volatile("" : "+m"(sum));
    if (emulated_fault != LOUD_FMA) {
        _mm_setcsr(flags);
    }
    return sum;
}

DEFINE_SCALEF(_mm512_scalef_ps, __m512, float, 16)
DEFINE_SCALEF(_mm512_scalef_pd, __m512d, double, 8)

/* --------------------------------------------------------------------------------- masked loads and stores -- */

#define DEFINE_MASKED_LOAD(name, vector, mask_type, type)                                                              \
    static inline vector name(vector otherwise, mask_type mask, const void *p) {                                       \
        for (size_t i = 0; i < 64 / sizeof(type); i++) {                                                               \
            if (mask >> i & 1) {                                                                                       \
                memcpy((unsigned char *)&otherwise + sizeof(type) * i, (const unsigned char *)p + sizeof(type) * i,    \
                       sizeof(type));                                                                                  \
            }                                                                                                          \
        }                                                                                                              \
        return otherwise;                                                                                              \
    }

DEFINE_MASKED_LOAD(_mm512_mask_loadu_ps, __m512, __mmask16, float)
DEFINE_MASKED_LOAD(_mm512_mask_loadu_pd, __m512d, __mmask8, double)
DEFINE_MASKED_LOAD(emulated_mask_loadu_epi8, __m512i, __mmask64, char)
#define _mm512_maskz_loadu_epi8(mask, p) emulated_mask_loadu_epi8(_mm512_setzero_si512(), mask, p)

#define DEFINE_MASKED_STORE(name, vector, mask_type, type)                                                             \
    static inline void name(void *p, mask_type mask, vector x) {                                                       \
        for (size_t i = 0; i < 64 / sizeof(type); i++) {                                                               \
            if (mask >> i & 1) {                                                                                       \
                memcpy((unsigned char *)p + sizeof(type) * i, (const unsigned char *)&x + sizeof(type) * i,            \
                       sizeof(type));                                                                                  \
            }                                                                                                          \
        }                                                                                                              \
    }

DEFINE_MASKED_STORE(_mm512_mask_storeu_ps, __m512, __mmask16, float)
DEFINE_MASKED_STORE(_mm512_mask_storeu_pd, __m512d, __mmask8, double)

static inline void _mm512_stream_si512(void *p, __m512i x) { _mm512_store_si512(p, x); }

#endif
