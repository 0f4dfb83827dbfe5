/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gradient of predictions: g with the sign flipped where the target is positive. It needs no arithmetic, so all
 * types of a size share it.
 */
#pragma once

#include "targets.cuh"

/* 16 bytes of g, the signs of which are flipped by the low bits of a mask. */
template <int SIZE> static __device__ __forceinline__ uint4 signed_factors(uint64_t factor, uint32_t mask);

template <> __device__ __forceinline__ uint4 signed_factors<4>(uint64_t factor, uint32_t mask) {
    const uint32_t g = (uint32_t)factor;
    return make_uint4(g ^ mask << 31, g ^ (mask >> 1) << 31, g ^ (mask >> 2) << 31, g ^ (mask >> 3) << 31);
}

template <> __device__ __forceinline__ uint4 signed_factors<8>(uint64_t factor, uint32_t mask) {
    const uint32_t low = (uint32_t)factor, high = (uint32_t)(factor >> 32);
    return make_uint4(low, high ^ mask << 31, low, high ^ (mask >> 1) << 31);
}

/* Two numbers of 16 bits, of which the first has its sign at bit 15. */
static __device__ __forceinline__ uint32_t signed_pair(uint32_t pair, uint32_t mask) {
    return pair ^ ((mask & 1) << 15 | (mask >> 1) << 31);
}

template <> __device__ __forceinline__ uint4 signed_factors<2>(uint64_t factor, uint32_t mask) {
    const uint32_t pair = (uint32_t)factor << 16 | (uint32_t)factor;
    return make_uint4(signed_pair(pair, mask), signed_pair(pair, mask >> 2), signed_pair(pair, mask >> 4),
                      signed_pair(pair, mask >> 6));
}

/* Writes g for element i. */
template <int SIZE>
static __device__ __forceinline__ void put_signed_factor(const cuda_job &job, int64_t i, bool positive) {
    if (SIZE == 2) {
        ((uint16_t *)job.gradient)[i] = (uint16_t)(job.factor ^ (uint64_t)positive << 15);
    } else if (SIZE == 4) {
        ((uint32_t *)job.gradient)[i] = (uint32_t)(job.factor ^ (uint64_t)positive << 31);
    } else {
        ((uint64_t *)job.gradient)[i] = job.factor ^ (uint64_t)positive << 63;
    }
}

/* Writes the gradients of so many times 16 bytes, from element `first` on. */
template <int SIZE, int vectors>
static __device__ __forceinline__ void put_signed_factors(const cuda_job &job, int64_t first, uint32_t mask) {
    const int n = 16 / SIZE;
    uint4 *at = (uint4 *)((char *)job.gradient + SIZE * first);
#pragma unroll
    for (int v = 0; v < vectors; v++) {
        __stcs(at + v * BLOCK_THREADS, signed_factors<SIZE>(job.factor, mask >> v * n));
    }
}

template <int SIZE> static __device__ __forceinline__ void put_gradient(const cuda_job &job) {
    const int n = 16 / SIZE, tile = TILE(GRADIENT_VECTORS, SIZE);
#pragma unroll 1
    for (int64_t start = (int64_t)blockIdx.x * tile; start < job.count; start += (int64_t)gridDim.x * tile) {
        if (job.is_vectorised != 0 && start + tile <= job.count) {
            const int64_t first = start + (int64_t)threadIdx.x * n;
            put_signed_factors<SIZE, GRADIENT_VECTORS>(job, first, target_mask<n, GRADIENT_VECTORS>(job, first));
        } else {
#pragma unroll 1
            for (int64_t i = start + threadIdx.x; i < start + tile && i < job.count; i += BLOCK_THREADS) {
                put_signed_factor<SIZE>(job, i, is_positive(job, i));
            }
        }
    }
}

static __device__ __forceinline__ void gradient_kernel(const cuda_job &job) {
    switch (job.type) {
        case TYPE_F64:
            return put_gradient<8>(job);
        case TYPE_F32:
            return put_gradient<4>(job);
        default:
            return put_gradient<2>(job);
    }
}
