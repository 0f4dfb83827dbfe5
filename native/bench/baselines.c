/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several arrays are moved chunk by chunk, as the library does it. The portable loops are plain C for the compiler, and
 * the C library's memset and memcpy, which may have the best stores for arrays larger than the caches.
 *
 * The vector loops clear the upper halves of the registers themselves: GCC forgets it in functions with a target of their
 * own, and the code around them pays.
 */
#include "baselines.h"

#include <string.h>

#ifdef EXACTLOSS_X86_64
#include <immintrin.h>
#endif

#define CHUNK 4096 /* elements */

#define FILLING 0x3f

/* ----------------------------------------------------------------------------------------------------- portable -- */

static uint64_t word_at(const unsigned char *bytes, size_t size) {
    uint64_t word = 0;
    memcpy(&word, bytes, size < sizeof word ? size : sizeof word);
    return word;
}

static uint64_t read_portable(const unsigned char *bytes, size_t size) {
    uint64_t all[4] = {0, 0, 0, 0};
    size_t i = 0;
    for (; i + 32 <= size; i += 32) {
        for (size_t k = 0; k < 4; k++) {
            all[k] ^= word_at(bytes + i + 8 * k, 8);
        }
    }
    for (; i < size; i += 8) {
        all[0] ^= word_at(bytes + i, size - i);
    }
    return all[0] ^ all[1] ^ all[2] ^ all[3];
}

static void fill_portable(unsigned char *bytes, size_t size) { memset(bytes, FILLING, size); }

static void copy_portable(const unsigned char *from, size_t size, unsigned char *to) { memcpy(to, from, size); }

/*
 * Without a branch, which random labels would make slow. From tables, because compilers turn arithmetic into a branch.
 */
static float distance(const unsigned char *floats, const unsigned char *bytes, int64_t i) {
    static const float OFFSETS[2] = {0, 1}, SIGNS[2] = {1, -1};
    const int positive = bytes[i] == 1;
    float p;
    memcpy(&p, floats + 4 * i, sizeof p);
    return OFFSETS[positive] + SIGNS[positive] * p;
}

static double inexact_portable(const unsigned char *floats, const unsigned char *bytes, int64_t count) {
    float sum[4] = {0, 0, 0, 0};
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (int k = 0; k < 4; k++) {
            sum[k] += distance(floats, bytes, i + k);
        }
    }
    for (; i < count; i++) {
        sum[0] += distance(floats, bytes, i);
    }
    return (double)sum[0] + (double)sum[1] + (double)sum[2] + (double)sum[3];
}

static const baseline_loops PORTABLE_LOOPS = {read_portable, fill_portable, copy_portable, inexact_portable};

#ifdef EXACTLOSS_X86_64

/* ---------------------------------------------------------------------------------------------- SSE2, SSE4.1 -- */

#define SSE41 __attribute__((target("sse4.1")))

/* The C library's memset and memcpy are as good with such short vectors. */
static uint64_t read_sse2(const unsigned char *bytes, size_t size) {
    __m128i all[4] = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    size_t i = 0;
    for (; i + 64 <= size; i += 64) {
        for (size_t k = 0; k < 4; k++) {
            all[k] = _mm_xor_si128(all[k], _mm_loadu_si128((const void *)(bytes + i + 16 * k)));
        }
    }
    uint64_t words[2];
    _mm_storeu_si128((void *)words, _mm_xor_si128(_mm_xor_si128(all[0], all[1]), _mm_xor_si128(all[2], all[3])));
    return words[0] ^ words[1] ^ read_portable(bytes + i, size - i);
}

static double sum_of_lanes(const __m128 sum[4]) {
    float lanes[4];
    _mm_storeu_ps(lanes, _mm_add_ps(_mm_add_ps(sum[0], sum[1]), _mm_add_ps(sum[2], sum[3])));
    return (double)lanes[0] + (double)lanes[1] + (double)lanes[2] + (double)lanes[3];
}

static double inexact_sse2(const unsigned char *floats, const unsigned char *bytes, int64_t count) {
    const __m128 one = _mm_set1_ps(1.0f), sign = _mm_set1_ps(-0.0f);
    __m128 sum[4] = {_mm_setzero_ps(), _mm_setzero_ps(), _mm_setzero_ps(), _mm_setzero_ps()};
    int64_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const __m128i t = _mm_cmpeq_epi8(_mm_loadu_si128((const void *)(bytes + i)), _mm_set1_epi8(1));
        const __m128i low = _mm_unpacklo_epi8(t, t), high = _mm_unpackhi_epi8(t, t);
        const __m128i positive[4] = {_mm_unpacklo_epi16(low, low), _mm_unpackhi_epi16(low, low),
                                     _mm_unpacklo_epi16(high, high), _mm_unpackhi_epi16(high, high)};
        for (int k = 0; k < 4; k++) {
            const __m128 is_positive = _mm_castsi128_ps(positive[k]);
            const __m128 p = _mm_loadu_ps((const void *)(floats + 4 * (i + 4 * k)));
            const __m128 d = _mm_add_ps(_mm_xor_ps(p, _mm_and_ps(is_positive, sign)), _mm_and_ps(is_positive, one));
            sum[k] = _mm_add_ps(sum[k], d);
        }
    }
    return sum_of_lanes(sum) + inexact_portable(floats + 4 * i, bytes + i, count - i);
}

SSE41 static double inexact_sse41(const unsigned char *floats, const unsigned char *bytes, int64_t count) {
    const __m128 one = _mm_set1_ps(1.0f);
    __m128 sum[4] = {_mm_setzero_ps(), _mm_setzero_ps(), _mm_setzero_ps(), _mm_setzero_ps()};
    int64_t i = 0;
    for (; i + 16 <= count; i += 16) {
        for (int k = 0; k < 4; k++) {
            int32_t four;
            memcpy(&four, bytes + i + 4 * k, sizeof four);
            const __m128 p = _mm_loadu_ps((const void *)(floats + 4 * (i + 4 * k)));
            const __m128i t = _mm_cmpeq_epi32(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four)), _mm_set1_epi32(1));
            sum[k] = _mm_add_ps(sum[k], _mm_blendv_ps(p, _mm_sub_ps(one, p), _mm_castsi128_ps(t)));
        }
    }
    return sum_of_lanes(sum) + inexact_portable(floats + 4 * i, bytes + i, count - i);
}

static const baseline_loops SSE2_LOOPS = {read_sse2, fill_portable, copy_portable, inexact_sse2};
static const baseline_loops SSE41_LOOPS = {read_sse2, fill_portable, copy_portable, inexact_sse41};

/* --------------------------------------------------------------------------------------------------------- AVX2 -- */

#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))

AVX2 static uint64_t read_avx2(const unsigned char *bytes, size_t size) {
    __m256i all[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
    size_t i = 0;
    for (; i + 128 <= size; i += 128) {
        for (size_t k = 0; k < 4; k++) {
            all[k] = _mm256_xor_si256(all[k], _mm256_loadu_si256((const void *)(bytes + i + 32 * k)));
        }
    }
    uint64_t words[4];
    _mm256_storeu_si256((void *)words,
                        _mm256_xor_si256(_mm256_xor_si256(all[0], all[1]), _mm256_xor_si256(all[2], all[3])));
    _mm256_zeroupper();
    return words[0] ^ words[1] ^ words[2] ^ words[3] ^ read_portable(bytes + i, size - i);
}

AVX2 static void fill_avx2(unsigned char *bytes, size_t size) {
    size_t i = 0;
    for (; i + 32 <= size; i += 32) {
        _mm256_storeu_si256((void *)(bytes + i), _mm256_set1_epi8(FILLING));
    }
    _mm256_zeroupper();
    memset(bytes + i, FILLING, size - i);
}

AVX2 static void copy_avx2(const unsigned char *from, size_t size, unsigned char *to) {
    size_t i = 0;
    for (; i + 32 <= size; i += 32) {
        _mm256_storeu_si256((void *)(to + i), _mm256_loadu_si256((const void *)(from + i)));
    }
    _mm256_zeroupper();
    memcpy(to + i, from + i, size - i);
}

AVX2 static double inexact_avx2(const unsigned char *floats, const unsigned char *bytes, int64_t count) {
    const __m256 one = _mm256_set1_ps(1.0f);
    __m256 sum[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    int64_t i = 0;
    for (; i + 32 <= count; i += 32) {
        for (int k = 0; k < 4; k++) {
            const __m256 p = _mm256_loadu_ps((const void *)(floats + 4 * (i + 8 * k)));
            const __m256i t = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(bytes + i + 8 * k)));
            const __m256 positive = _mm256_castsi256_ps(_mm256_cmpeq_epi32(t, _mm256_set1_epi32(1)));
            sum[k] = _mm256_add_ps(sum[k], _mm256_blendv_ps(p, _mm256_sub_ps(one, p), positive));
        }
    }
    float lanes[8];
    _mm256_storeu_ps(lanes, _mm256_add_ps(_mm256_add_ps(sum[0], sum[1]), _mm256_add_ps(sum[2], sum[3])));
    _mm256_zeroupper();
    double total = inexact_portable(floats + 4 * i, bytes + i, count - i);
    for (int k = 0; k < 8; k++) {
        total += (double)lanes[k];
    }
    return total;
}

static const baseline_loops AVX2_LOOPS = {read_avx2, fill_avx2, copy_avx2, inexact_avx2};

/* ------------------------------------------------------------------------------------------------------ AVX-512 -- */

AVX512 static uint64_t read_avx512(const unsigned char *bytes, size_t size) {
    __m512i all[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    size_t i = 0;
    for (; i + 256 <= size; i += 256) {
        for (size_t k = 0; k < 4; k++) {
            all[k] = _mm512_xor_si512(all[k], _mm512_loadu_si512(bytes + i + 64 * k));
        }
    }
    uint64_t words[8], rest = 0;
    _mm512_storeu_si512(words, _mm512_xor_si512(_mm512_xor_si512(all[0], all[1]), _mm512_xor_si512(all[2], all[3])));
    _mm256_zeroupper();
    for (int k = 0; k < 8; k++) {
        rest ^= words[k];
    }
    return rest ^ read_portable(bytes + i, size - i);
}

AVX512 static void fill_avx512(unsigned char *bytes, size_t size) {
    size_t i = 0;
    for (; i + 64 <= size; i += 64) {
        _mm512_storeu_si512(bytes + i, _mm512_set1_epi8(FILLING));
    }
    _mm256_zeroupper();
    memset(bytes + i, FILLING, size - i);
}

AVX512 static void copy_avx512(const unsigned char *from, size_t size, unsigned char *to) {
    size_t i = 0;
    for (; i + 64 <= size; i += 64) {
        _mm512_storeu_si512(to + i, _mm512_loadu_si512(from + i));
    }
    _mm256_zeroupper();
    memcpy(to + i, from + i, size - i);
}

AVX512 static double inexact_avx512(const unsigned char *floats, const unsigned char *bytes, int64_t count) {
    const __m512 one = _mm512_set1_ps(1.0f);
    __m512 sum[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    int64_t i = 0;
    for (; i + 64 <= count; i += 64) {
        const __mmask64 positive = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(bytes + i), _mm512_set1_epi8(1));
        for (int k = 0; k < 4; k++) {
            const __m512 p = _mm512_loadu_ps(floats + 4 * (i + 16 * k));
            sum[k] = _mm512_add_ps(sum[k], _mm512_mask_sub_ps(p, (__mmask16)(positive >> 16 * k), one, p));
        }
    }
    const __m512 all = _mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), _mm512_add_ps(sum[2], sum[3]));
    const double total = (double)_mm512_reduce_add_ps(all);
    _mm256_zeroupper();
    return total + inexact_portable(floats + 4 * i, bytes + i, count - i);
}

static const baseline_loops AVX512_LOOPS = {read_avx512, fill_avx512, copy_avx512, inexact_avx512};

#endif

/* -------------------------------------------------------------------------------------------- instruction sets -- */

const baseline_loops *baseline_loops_of(const char *isa) {
#ifdef EXACTLOSS_X86_64
    if (strcmp(isa, "sse2") == 0) {
        return &SSE2_LOOPS;
    }
    if (strcmp(isa, "sse4.1") == 0) {
        return &SSE41_LOOPS;
    }
    if (strcmp(isa, "avx2") == 0) {
        return &AVX2_LOOPS;
    }
    if (strcmp(isa, "avx512") == 0) {
        return &AVX512_LOOPS;
    }
#endif
    (void)isa;
    return &PORTABLE_LOOPS;
}

/* -------------------------------------------------------------------------------------------------------- mixes -- */

static size_t bytes_of(int64_t elements, int bits) { return (size_t)((elements * bits + 7) / 8); }

uint64_t baseline_move(const baseline_loops *loops, const baseline_mix *mix) {
    const int is_alone = mix->reads + (mix->to_bits > 0) == 1 || (mix->reads == 1 && mix->from_bits[0] == mix->to_bits);
    const int64_t end = mix->start + mix->count, chunk = is_alone ? mix->count : CHUNK;
    uint64_t all = 0;
    for (int64_t i = mix->start; i < end; i += chunk) {
        const int64_t size = end - i < chunk ? end - i : chunk;
        unsigned char *to = mix->to_bits == 0 ? NULL : mix->to + bytes_of(i, mix->to_bits);
        int is_written = mix->to_bits == 0;
        for (int r = 0; r < mix->reads; r++) {
            const unsigned char *from = mix->from[r] + bytes_of(i, mix->from_bits[r]);
            if (!is_written && mix->from_bits[r] == mix->to_bits) {
                loops->copy(from, bytes_of(size, mix->from_bits[r]), to);
                is_written = 1;
            } else {
                all ^= loops->read(from, bytes_of(size, mix->from_bits[r]));
            }
        }
        if (!is_written) {
            loops->fill(to, bytes_of(size, mix->to_bits));
        }
    }
    return all;
}
