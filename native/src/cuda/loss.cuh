/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over predictions or logits for the linear losses: sums, counts, and the gradient where it is wanted.
 *
 * A block works on tiles of 256 threads' vectors of 16 bytes. A thread first tries the fast path of sum.cuh on all of
 * its elements at once, and where that says no, takes them one by one; so it does with arrays that are not aligned for
 * vectors, and at the end of all arrays. Nothing is written before the fast path has succeeded, so that the gradient
 * may take the place of the predictions.
 */
#pragma once

#include "gradient.cuh"
#include "sum.cuh"

#include <type_traits>

/* What a type of predictions needs: the type of values that are computed, the sum, and the groups of the fast path. */
template <class type, class real = typename type::real> struct sums;

template <class type> struct sums<type, float> {
    typedef f32_type wide;
    typedef float_sum sum;
    typedef float_group<type::SMALLEST> group;
};

template <class type> struct sums<type, double> {
    typedef f64_type wide;
    typedef double_sum sum;
    typedef double_group group;
};

template <class type> using sum_of = typename sums<type>::sum;

/* What a thread has summed and counted. */
template <class sum_type> struct thread_total {
    sum_type losses[LOSS_COUNT];
    thread_counts counts;
};

/* The groups of the linear losses from a number on. Values that are computed have all the digits of a real. */
template <class type, bool is_computed, int loss = next_loss<LINEAR_LOSSES>> struct loss_groups {
    typename sums<std::conditional_t<is_computed, typename sums<type>::wide, type>>::group group;
    loss_groups<type, is_computed, next_loss<LINEAR_LOSSES, loss + 1>> others;

    template <class element> __device__ __forceinline__ void add(const cuda_job &job, const element &e) {
        if (is_summed(job, loss)) {
            group.add(e.template addend<loss>(), e.sign());
        }
        others.add(job, e);
    }
    __device__ __forceinline__ bool is_exact() const { return group.is_exact() && others.is_exact(); }
    __device__ __forceinline__ void end(sum_of<type> *sums) const {
        group.end(sums[loss]);
        others.end(sums);
    }
};

template <class type, bool is_computed> struct loss_groups<type, is_computed, LOSS_COUNT> {
    template <class element> __device__ __forceinline__ void add(const cuda_job &, const element &) {}
    __device__ __forceinline__ bool is_exact() const { return true; }
    __device__ __forceinline__ void end(sum_of<type> *) const {}
};

/* Predictions `first` and following of each vector, all at once; or returns false, with nothing done. */
template <class type>
static __device__ __forceinline__ bool add_vectors(const cuda_job &job, int64_t first,
                                                   thread_total<sum_of<type>> &total) {
    typedef typename type::real real;
    typedef typename type::stored stored;
    const int n = 16 / sizeof(stored);
    const uint4 *at = (const uint4 *)((const stored *)job.predictions + first);
    uint4 raw[VECTORS];
    loss_groups<type, false> groups;
    uint32_t above = 0;
#pragma unroll
    for (int v = 0; v < VECTORS; v++) {
        raw[v] = __ldcs(at + v * BLOCK_THREADS);
    }
    const uint32_t positive = target_mask<n, VECTORS>(job, first);
    const real limit = (real)job.limit;
#pragma unroll
    for (int i = 0; i < VECTORS * n; i++) {
        const real p = type::widen(job, take<stored>(raw[i / n], i % n));
        groups.add(job, prediction_element<real>{p, positive >> i});
        above |= (uint32_t)(p >= limit) << i;
    }
    if (!groups.is_exact()) {
        return false;
    }
    groups.end(total.losses);
    total.counts.count(positive, above);
    if (job.gradient != 0) {
        put_steps<VECTORS>(job, steps_of<type>(job), first, positive);
    }
    return true;
}

/* The same for a vector of logits: word by word, since a sigmoid is work enough to keep a thread busy. */
template <class type>
static __device__ __forceinline__ bool add_logits(const cuda_job &job, int64_t first,
                                                  thread_total<sum_of<type>> &total) {
    typedef typename type::real real;
    typedef typename type::stored stored;
    const int n = 16 / sizeof(stored), n_of_step = n < 4 ? 1 : n / 4;
    uint4 raw = __ldcs((const uint4 *)((const stored *)job.predictions + first));
    loss_groups<type, true> groups;
    uint32_t above = 0;
    const uint32_t positive = target_mask<n, LOGIT_VECTORS>(job, first);
    const real limit = (real)job.limit;
#pragma unroll 1
    for (int i = 0; i < n; i += n_of_step) {
        stored slopes[n_of_step];
#pragma unroll
        for (int j = 0; j < n_of_step; j++) {
            const logit_element<real> e(type::widen(job, take<stored>(raw, j)), positive >> (i + j));
            groups.add(job, e);
            above |= (uint32_t)(e.prediction() >= limit) << (i + j);
            slopes[j] = type::narrow(job, gradient_of<LINEAR_LOSSES>(job, e));
        }
        raw = shift_in(raw, slopes);
    }
    if (!groups.is_exact()) {
        return false;
    }
    groups.end(total.losses);
    total.counts.count(positive, above);
    if (job.gradient != 0) {
        __stcs((uint4 *)((stored *)job.gradient + first), raw);
    }
    return true;
}

/* ------------------------------------------------------------------------------- whatever the type of the job -- */

template <class type, bool is_logits>
static __device__ __forceinline__ bool add_group_of(const cuda_job &job, int64_t first,
                                                    thread_total<sum_of<type>> &total) {
    return is_logits ? add_logits<type>(job, first, total) : add_vectors<type>(job, first, total);
}

template <bool is_logits>
static __device__ __forceinline__ bool add_group(const cuda_job &job, int64_t first, thread_total<float_sum> &total) {
    return job.type == TYPE_F32 ? add_group_of<f32_type, is_logits>(job, first, total)
                                : add_group_of<half_type, is_logits>(job, first, total);
}

template <bool is_logits>
static __device__ __forceinline__ bool add_group(const cuda_job &job, int64_t first, thread_total<double_sum> &total) {
    return add_group_of<f64_type, is_logits>(job, first, total);
}

template <class type> static __device__ __forceinline__ typename type::real load(const cuda_job &job, int64_t i) {
    return type::widen(job, ((const typename type::stored *)job.predictions)[i]);
}

static __device__ __forceinline__ float load(const cuda_job &job, int64_t i, float) {
    return job.type == TYPE_F32 ? load<f32_type>(job, i) : load<half_type>(job, i);
}

static __device__ __forceinline__ double load(const cuda_job &job, int64_t i, double) { return load<f64_type>(job, i); }

template <class type>
static __device__ __forceinline__ void put(const cuda_job &job, int64_t i, typename type::real slope) {
    ((typename type::stored *)job.gradient)[i] = type::narrow(job, slope);
}

static __device__ __forceinline__ void put_slope(const cuda_job &job, int64_t i, float slope) {
    if (job.type == TYPE_F32) {
        put<f32_type>(job, i, slope);
    } else {
        put<half_type>(job, i, slope);
    }
}

static __device__ __forceinline__ void put_slope(const cuda_job &job, int64_t i, double slope) {
    put<f64_type>(job, i, slope);
}

/* ----------------------------------------------------------------------------------------------- one by one -- */

/* Adds an element to the linear losses from a number on. */
template <int loss = next_loss<LINEAR_LOSSES>, class element, class sum_type>
static __device__ __forceinline__ void add_to_losses(const cuda_job &job, const element &e, sum_type *sums) {
    if (is_summed(job, loss)) {
        const auto y = flip(e.template addend<loss>(), e.sign());
        if (!sums[loss].add(y)) {
            add_any(block.total.losses[loss], y);
        }
    }
    if constexpr (next_loss<LINEAR_LOSSES, loss + 1> < LOSS_COUNT) {
        add_to_losses<next_loss<LINEAR_LOSSES, loss + 1>>(job, e, sums);
    }
}

template <class element, class sum_type>
static __device__ __forceinline__ void add_element(const cuda_job &job, int64_t i, thread_total<sum_type> &total) {
    const element e{load(job, i, (typename element::real)0), is_positive(job, i)};
    add_to_losses(job, e, total.losses);
    total.counts.count(e.is_positive(), e.prediction() >= (typename element::real)job.limit);
    if (job.gradient != 0) {
        put_slope(job, i, gradient_of<LINEAR_LOSSES>(job, e));
    }
}

/*
 * Adds what the threads have summed to the block's words, and these to the device's; of the distances of predictions
 * also the ones of positive targets.
 */
template <class sum_type>
static __device__ __forceinline__ void end_losses(const cuda_job &job, thread_total<sum_type> &total,
                                                  bool has_distances) {
    end_warp(total.counts);
#pragma unroll
    for (int loss = 0; loss < LOSS_COUNT; loss++) {
        if ((LINEAR_LOSSES >> loss & 1) != 0) {
            end_warp(total.losses[loss], loss);
        }
    }
    __syncthreads();
    for (int loss = 0; loss < LOSS_COUNT; loss++) {
        if ((LINEAR_LOSSES >> loss & 1) == 0) {
            continue;
        }
        add_parts<sum_type>(loss, 0, block.total.losses[loss]);
        if (has_distances && threadIdx.x == BLOCK_THREADS - 1) {
            add_to_bins(block.total.losses[loss], (int64_t)block.total.positives, EXACT_SUM_ONE);
        }
    }
    end_block(job, has_distances);
}

template <class sum_type, bool is_logits> static __device__ __forceinline__ void loss_kernel(const cuda_job &job) {
    typedef typename sum_type::real real;
    typedef std::conditional_t<is_logits, logit_element<real>, prediction_element<real>> element;
    const int vectors = is_logits ? LOGIT_VECTORS : VECTORS;
    const int n = sizeof(real) == 8 ? 2 : job.type == TYPE_F32 ? 4 : 8, tile = BLOCK_THREADS * vectors * n;
    thread_total<sum_type> total = {};
    begin_block();
#pragma unroll 1
    for (int64_t start = (int64_t)blockIdx.x * tile; start < job.count; start += (int64_t)gridDim.x * tile) {
        const bool is_whole = job.is_vectorised != 0 && start + tile <= job.count;
        if (is_whole && add_group<is_logits>(job, start + (int64_t)threadIdx.x * n, total)) {
            continue;
        }
        /* The same elements one by one; or where there are no vectors, neighbours for neighbouring threads. */
        const int64_t from = start + (is_whole ? (int)threadIdx.x * n : (int)threadIdx.x);
        const int step = is_whole ? 1 : BLOCK_THREADS;
#pragma unroll 1
        for (int v = 0; v < vectors; v++) {
#pragma unroll 1
            for (int k = 0; k < n; k++) {
                const int64_t i = from + v * n * BLOCK_THREADS + k * step;
                if (i < job.count) {
                    add_element<element>(job, i, total);
                }
            }
        }
    }
    if (job.total != 0) {
        end_losses(job, total, !is_logits);
    }
}
