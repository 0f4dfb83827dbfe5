/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets become a mask, one bit an element, whatever their type: a target is positive where its bits are those of a 1,
 * of which every type has one pattern. The type is a number of bytes, the same for all threads, so that one kernel
 * serves all types.
 */
#pragma once

#include "layout.h"

/* Bit j is set where byte j of a word equals 1. */
static __device__ __forceinline__ uint32_t match_bytes(uint32_t word) {
    const uint32_t x = word ^ 0x01010101u;
    const uint32_t zeros = ~(((x & 0x7f7f7f7fu) + 0x7f7f7f7fu) | x) & 0x80808080u; /* in the top bits of its bytes */
    return (zeros >> 7) * 0x01020408u >> 24;
}

/* Bit j is set where word j equals `one`. */
static __device__ __forceinline__ uint32_t match_words(uint4 words, uint32_t one) {
    return (uint32_t)(words.x == one) | (uint32_t)(words.y == one) << 1 | (uint32_t)(words.z == one) << 2 |
           (uint32_t)(words.w == one) << 3;
}

static __device__ __forceinline__ uint32_t match_pair(ulonglong2 pair, uint64_t one) {
    return (uint32_t)(pair.x == one) | (uint32_t)(pair.y == one) << 1;
}

/* N targets of SIZE bytes that lie side by side, loaded by as few instructions as there are; `match` makes N bits. */
template <int SIZE, int N> struct target_load;

template <> struct target_load<1, 2> {
    uint16_t bytes;
    __device__ __forceinline__ void load(const void *at) { bytes = __ldcs((const uint16_t *)at); }
    __device__ __forceinline__ uint32_t match(uint64_t) const { return match_bytes(bytes | 0xffff0000u); }
};

template <> struct target_load<1, 4> {
    uint32_t bytes;
    __device__ __forceinline__ void load(const void *at) { bytes = __ldcs((const uint32_t *)at); }
    __device__ __forceinline__ uint32_t match(uint64_t) const { return match_bytes(bytes); }
};

template <> struct target_load<1, 8> {
    uint2 bytes;
    __device__ __forceinline__ void load(const void *at) { bytes = __ldcs((const uint2 *)at); }
    __device__ __forceinline__ uint32_t match(uint64_t) const {
        return match_bytes(bytes.x) | match_bytes(bytes.y) << 4;
    }
};

template <> struct target_load<4, 2> {
    uint2 words;
    __device__ __forceinline__ void load(const void *at) { words = __ldcs((const uint2 *)at); }
    __device__ __forceinline__ uint32_t match(uint64_t one) const {
        return (uint32_t)(words.x == (uint32_t)one) | (uint32_t)(words.y == (uint32_t)one) << 1;
    }
};

template <int N> struct target_load<4, N> {
    uint4 words[N / 4];
    __device__ __forceinline__ void load(const void *at) {
#pragma unroll
        for (int i = 0; i < N / 4; i++) {
            words[i] = __ldcs((const uint4 *)at + i);
        }
    }
    __device__ __forceinline__ uint32_t match(uint64_t one) const {
        uint32_t mask = 0;
#pragma unroll
        for (int i = 0; i < N / 4; i++) {
            mask |= match_words(words[i], (uint32_t)one) << 4 * i;
        }
        return mask;
    }
};

template <int N> struct target_load<8, N> {
    ulonglong2 pairs[N / 2];
    __device__ __forceinline__ void load(const void *at) {
#pragma unroll
        for (int i = 0; i < N / 2; i++) {
            pairs[i] = __ldcs((const ulonglong2 *)at + i);
        }
    }
    __device__ __forceinline__ uint32_t match(uint64_t one) const {
        uint32_t mask = 0;
#pragma unroll
        for (int i = 0; i < N / 2; i++) {
            mask |= match_pair(pairs[i], one) << 2 * i;
        }
        return mask;
    }
};

/* The masks of `vectors` times N targets, the first of which are `first` and BLOCK_THREADS * N elements apart. */
template <int SIZE, int N, int vectors>
static __device__ __forceinline__ uint32_t mask_of(const cuda_job &job, int64_t first) {
    target_load<SIZE, N> loads[vectors];
    const char *at = (const char *)job.targets + SIZE * first;
    uint32_t mask = 0;
#pragma unroll
    for (int v = 0; v < vectors; v++) {
        loads[v].load(at + v * (BLOCK_THREADS * N * SIZE));
    }
#pragma unroll
    for (int v = 0; v < vectors; v++) {
        mask |= loads[v].match(job.one) << v * N;
    }
    return mask;
}

/* N packed bits lie in one byte. */
template <int N, int vectors>
static __device__ __forceinline__ uint32_t mask_of_bits(const cuda_job &job, int64_t first) {
    const int64_t bit = job.first_bit + first;
    const uint8_t *at = (const uint8_t *)job.targets + (bit >> 3);
    uint32_t bytes[vectors], mask = 0;
#pragma unroll
    for (int v = 0; v < vectors; v++) {
        bytes[v] = __ldcs(at + v * (BLOCK_THREADS * N / 8));
    }
#pragma unroll
    for (int v = 0; v < vectors; v++) {
        mask |= (bytes[v] >> (bit & 7) & ((1u << N) - 1)) << v * N;
    }
    return mask;
}

/* The same for whatever type the targets are of. */
template <int N, int vectors>
static __device__ __forceinline__ uint32_t target_mask(const cuda_job &job, int64_t first) {
    switch (job.target_size) {
        case 0:
            return mask_of_bits<N, vectors>(job, first);
        case 1:
            return mask_of<1, N, vectors>(job, first);
        case 4:
            return mask_of<4, N, vectors>(job, first);
        default:
            return mask_of<8, N, vectors>(job, first);
    }
}

/* Whether target i is positive. */
static __device__ __forceinline__ bool is_positive(const cuda_job &job, int64_t i) {
    const int64_t bit = job.first_bit + i;
    switch (job.target_size) {
        case 0:
            return (((const uint8_t *)job.targets)[bit >> 3] >> (bit & 7) & 1) != 0;
        case 1:
            return ((const uint8_t *)job.targets)[i] == 1;
        case 4:
            return ((const uint32_t *)job.targets)[i] == (uint32_t)job.one;
        default:
            return ((const uint64_t *)job.targets)[i] == job.one;
    }
}
