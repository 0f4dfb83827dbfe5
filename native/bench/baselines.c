/* SPDX-License-Identifier: Apache-2.0 */
#include "baselines.h"

#include "exactloss/exactloss.h"

#ifdef EXACTLOSS_X86_64

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))

AVX2 static double read_avx2(const unsigned char *floats, const unsigned char *bytes, int64_t count) {
    __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
    for (int64_t i = 0; i + 32 <= count; i += 32) {
        a = _mm256_xor_si256(a, _mm256_loadu_si256((const void *)(floats + 4 * i)));
        b = _mm256_xor_si256(b, _mm256_loadu_si256((const void *)(floats + 4 * i + 32)));
        c = _mm256_xor_si256(c, _mm256_loadu_si256((const void *)(floats + 4 * i + 64)));
        d = _mm256_xor_si256(d, _mm256_loadu_si256((const void *)(floats + 4 * i + 96)));
        a = _mm256_xor_si256(a, _mm256_loadu_si256((const void *)(bytes + i)));
    }
    const __m256i all = _mm256_xor_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(c, d));
    return (double)(_mm256_extract_epi64(all, 0) ^ _mm256_extract_epi64(all, 1) ^ _mm256_extract_epi64(all, 2) ^
                    _mm256_extract_epi64(all, 3));
}

AVX512 static double read_avx512(const unsigned char *floats, const unsigned char *bytes, int64_t count) {
    __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
    for (int64_t i = 0; i + 64 <= count; i += 64) {
        a = _mm512_xor_si512(a, _mm512_loadu_si512(floats + 4 * i));
        b = _mm512_xor_si512(b, _mm512_loadu_si512(floats + 4 * i + 64));
        c = _mm512_xor_si512(c, _mm512_loadu_si512(floats + 4 * i + 128));
        d = _mm512_xor_si512(d, _mm512_loadu_si512(floats + 4 * i + 192));
        a = _mm512_xor_si512(a, _mm512_loadu_si512(bytes + i));
    }
    return (double)_mm512_reduce_add_epi64(_mm512_xor_si512(_mm512_xor_si512(a, b), _mm512_xor_si512(c, d)));
}

AVX2 static double inexact_avx2(const unsigned char *predictions, const unsigned char *targets, int64_t count) {
    const __m256 one = _mm256_set1_ps(1.0f);
    __m256 sum[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    for (int64_t i = 0; i + 32 <= count; i += 32) {
        for (int k = 0; k < 4; k++) {
            const __m256 p = _mm256_loadu_ps((const void *)(predictions + 4 * (i + 8 * k)));
            const __m256i t = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(targets + i + 8 * k)));
            const __m256 positive = _mm256_castsi256_ps(_mm256_cmpeq_epi32(t, _mm256_set1_epi32(1)));
            sum[k] = _mm256_add_ps(sum[k], _mm256_blendv_ps(p, _mm256_sub_ps(one, p), positive));
        }
    }
    float lanes[8];
    double total = 0;
    _mm256_storeu_ps(lanes, _mm256_add_ps(_mm256_add_ps(sum[0], sum[1]), _mm256_add_ps(sum[2], sum[3])));
    for (int i = 0; i < 8; i++) {
        total += (double)lanes[i];
    }
    return total;
}

AVX512 static double inexact_avx512(const unsigned char *predictions, const unsigned char *targets, int64_t count) {
    const __m512 one = _mm512_set1_ps(1.0f);
    __m512 sum[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    for (int64_t i = 0; i + 64 <= count; i += 64) {
        const __mmask64 positive = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(targets + i), _mm512_set1_epi8(1));
        for (int k = 0; k < 4; k++) {
            const __m512 p = _mm512_loadu_ps(predictions + 4 * (i + 16 * k));
            sum[k] = _mm512_add_ps(sum[k], _mm512_mask_sub_ps(p, (__mmask16)(positive >> 16 * k), one, p));
        }
    }
    return (double)_mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), _mm512_add_ps(sum[2], sum[3])));
}

AVX2 static void fill_avx2(unsigned char *floats, int64_t count) {
    for (int64_t i = 0; i + 8 <= count; i += 8) {
        _mm256_storeu_ps((void *)(floats + 4 * i), _mm256_set1_ps(0.5f));
    }
}

AVX512 static void fill_avx512(unsigned char *floats, int64_t count) {
    for (int64_t i = 0; i + 16 <= count; i += 16) {
        _mm512_storeu_ps(floats + 4 * i, _mm512_set1_ps(0.5f));
    }
}

double baseline_read(int isa, const unsigned char *floats, const unsigned char *bytes, int64_t count) {
    return isa == EXACTLOSS_ISA_AVX512 ? read_avx512(floats, bytes, count) : read_avx2(floats, bytes, count);
}

double baseline_inexact_sum(int isa, const unsigned char *predictions, const unsigned char *targets, int64_t count) {
    return isa == EXACTLOSS_ISA_AVX512 ? inexact_avx512(predictions, targets, count)
                                       : inexact_avx2(predictions, targets, count);
}

void baseline_fill(int isa, unsigned char *floats, int64_t count) {
    if (isa == EXACTLOSS_ISA_AVX512) {
        fill_avx512(floats, count);
    } else {
        fill_avx2(floats, count);
    }
}

#else

double baseline_read(int isa, const unsigned char *floats, const unsigned char *bytes, int64_t count) {
    (void)isa, (void)floats, (void)bytes, (void)count;
    return 0;
}

double baseline_inexact_sum(int isa, const unsigned char *predictions, const unsigned char *targets, int64_t count) {
    (void)isa, (void)predictions, (void)targets, (void)count;
    return 0;
}

void baseline_fill(int isa, unsigned char *floats, int64_t count) { (void)isa, (void)floats, (void)count; }

#endif
