/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient of predictions where it depends on the targets alone: one of two steps. */
#pragma once

#include "losses.cuh"
#include "targets.cuh"

template <class stored> struct gradient_steps {
    stored negative, positive; /* of a negative target, and of a positive one */

    __device__ __forceinline__ stored at(uint32_t mask) const { return (mask & 1) != 0 ? positive : negative; }
};

template <class type>
static __device__ __forceinline__ gradient_steps<typename type::stored> steps_of(const cuda_job &job) {
    typedef prediction_element<typename type::real> element;
    return {type::narrow(job, gradient_of(job, element{0, 0})), type::narrow(job, gradient_of(job, element{0, 1}))};
}

/* Writes the gradients of so many times 16 bytes, from element `first` on. */
template <int vectors, class stored>
static __device__ __forceinline__ void put_steps(const cuda_job &job, const gradient_steps<stored> &steps,
                                                 int64_t first, uint32_t mask) {
    const int n = 16 / sizeof(stored);
    uint4 *at = (uint4 *)((stored *)job.gradient + first);
#pragma unroll
    for (int v = 0; v < vectors; v++) {
        uint4 all = make_uint4(0, 0, 0, 0);
#pragma unroll
        for (int i = 0; i < n; i++) {
            put(all, i, steps.at(mask >> (v * n + i)));
        }
        __stcs(at + v * BLOCK_THREADS, all);
    }
}

template <class type> static __device__ __forceinline__ void put_gradient(const cuda_job &job) {
    typedef typename type::stored stored;
    const int n = 16 / sizeof(stored), tile = TILE(GRADIENT_VECTORS, sizeof(stored));
    const auto steps = steps_of<type>(job);
#pragma unroll 1
    for (int64_t start = (int64_t)blockIdx.x * tile; start < job.count; start += (int64_t)gridDim.x * tile) {
        if (job.is_vectorised != 0 && start + tile <= job.count) {
            const int64_t first = start + (int64_t)threadIdx.x * n;
            put_steps<GRADIENT_VECTORS>(job, steps, first, target_mask<n, GRADIENT_VECTORS>(job, first));
        } else {
#pragma unroll 1
            for (int64_t i = start + threadIdx.x; i < start + tile && i < job.count; i += BLOCK_THREADS) {
                ((stored *)job.gradient)[i] = steps.at(is_positive(job, i));
            }
        }
    }
}

static __device__ __forceinline__ void gradient_kernel(const cuda_job &job) {
    switch (job.type) {
        case TYPE_F64:
            return put_gradient<f64_type>(job);
        case TYPE_F32:
            return put_gradient<f32_type>(job);
        default:
            return put_gradient<half_type>(job);
    }
}
