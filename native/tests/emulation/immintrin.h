/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for the compiler's <immintrin.h> where the AVX-512 kernels are tested on a processor without AVX-512: SIMDe
 * executes their intrinsics in plain C. What SIMDe lacks of them is added here, from Intel's description of each.
 */
#ifndef EXACTLOSS_TESTS_EMULATION_IMMINTRIN_H
#define EXACTLOSS_TESTS_EMULATION_IMMINTRIN_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>

#include <stdint.h>
#include <string.h>

typedef simde__mmask16 __mmask16;
typedef simde__mmask64 __mmask64;

static inline int64_t _mm512_reduce_add_epi64(__m512i x) {
    int64_t lanes[8], sum = 0;
    memcpy(lanes, &x, sizeof lanes);
    for (int i = 0; i < 8; i++) {
        sum += lanes[i];
    }
    return sum;
}

static inline uint32_t _mm512_reduce_max_epu32(__m512i x) {
    uint32_t lanes[16], largest = 0;
    memcpy(lanes, &x, sizeof lanes);
    for (int i = 0; i < 16; i++) {
        largest = lanes[i] > largest ? lanes[i] : largest;
    }
    return largest;
}

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

static inline __m512i _mm512_cvtepi32_epi64(__m256i x) {
    int32_t narrow[8];
    int64_t wide[8];
    __m512i result;
    memcpy(narrow, &x, sizeof narrow);
    for (int i = 0; i < 8; i++) {
        wide[i] = narrow[i];
    }
    memcpy(&result, wide, sizeof result);
    return result;
}

/* A macro, since compilers want the predicate to be a constant. */
#define _mm512_mask_cmp_ps_mask(mask, a, b, predicate) ((__mmask16)((mask)&_mm512_cmp_ps_mask(a, b, predicate)))

static inline __m512 _mm512_mask_loadu_ps(__m512 otherwise, __mmask16 mask, const void *p) {
    float lanes[16];
    __m512 result;
    memcpy(lanes, &otherwise, sizeof lanes);
    for (int i = 0; i < 16; i++) {
        if (mask >> i & 1) {
            memcpy(&lanes[i], (const unsigned char *)p + 4 * i, 4);
        }
    }
    memcpy(&result, lanes, sizeof result);
    return result;
}

static inline __m512i _mm512_maskz_loadu_epi8(__mmask64 mask, const void *p) {
    unsigned char lanes[64] = {0};
    __m512i result;
    for (int i = 0; i < 64; i++) {
        if (mask >> i & 1) {
            lanes[i] = ((const unsigned char *)p)[i];
        }
    }
    memcpy(&result, lanes, sizeof result);
    return result;
}

static inline void _mm512_mask_storeu_ps(void *p, __mmask16 mask, __m512 x) {
    float lanes[16];
    memcpy(lanes, &x, sizeof lanes);
    for (int i = 0; i < 16; i++) {
        if (mask >> i & 1) {
            memcpy((unsigned char *)p + 4 * i, &lanes[i], 4);
        }
    }
}

#endif
