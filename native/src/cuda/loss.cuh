/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over predictions or logits: the sum of the distances, the counts, and the gradient where it is wanted.
 *
 * A block works on tiles of 256 threads' vectors of 16 bytes. A thread first tries the fast path of sum.cuh on all of
 * its elements at once, and where that says no, takes them one by one; so it does with arrays that are not aligned for
 * vectors, and at the end of all arrays. Nothing is written before the fast path has succeeded, so that the gradient
 * may take the place of the predictions.
 */
#pragma once

#include "gradient.cuh"
#include "sum.cuh"

/* The type of distances of logits, the sum, and the group of the fast path, that a type of predictions needs. */
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
template <class type> using group_of = typename sums<type>::group;

static __device__ __forceinline__ float factor_of(const cuda_job &job, float) {
    return __uint_as_float((uint32_t)job.factor);
}

static __device__ __forceinline__ double factor_of(const cuda_job &job, double) { return f64_from_bits(job.factor); }

/* What an element comes to. */
template <class real> struct element_value {
    real prediction; /* that the threshold is compared with */
    real distance;   /* of logits; of predictions, the prediction with its sign flipped for a positive target */
    real gradient;   /* of logits alone */
};

template <class real>
static __device__ __forceinline__ element_value<real> logit_value(real x, bool positive, real factor) {
    const auto s = sigmoids(x);
    const bool negative = is_negative(x);
    element_value<real> value;
    value.prediction = negative ? s.small : s.large;
    value.distance = negative == positive ? s.large : s.small;
    value.gradient = flip(product(factor, product(s.small, s.large)), positive);
    return value;
}

/* Predictions `first` and following of each vector, all at once; or returns false, with nothing done. */
template <class type>
static __device__ __forceinline__ bool add_vectors(const cuda_job &job, int64_t first, sum_of<type> &sum,
                                                   thread_counts &counts) {
    typedef typename type::real real;
    typedef typename type::stored stored;
    const int n = 16 / sizeof(stored);
    const uint4 *at = (const uint4 *)((const stored *)job.predictions + first);
    uint4 raw[VECTORS];
    group_of<type> group;
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
        group.add(p, positive >> i);
        above |= (uint32_t)(p >= limit) << i;
    }
    if (!group.end(sum)) {
        return false;
    }
    counts.count(positive, above);
    if (job.gradient != 0) {
        put_signed_factors<sizeof(stored), VECTORS>(job, first, positive);
    }
    return true;
}

/* The same for a vector of logits: word by word, since a sigmoid is work enough to keep a thread busy. */
template <class type>
static __device__ __forceinline__ bool add_logits(const cuda_job &job, int64_t first, sum_of<type> &sum,
                                                  thread_counts &counts) {
    typedef typename type::real real;
    typedef typename type::stored stored;
    const int n = 16 / sizeof(stored), n_of_step = n < 4 ? 1 : n / 4;
    uint4 raw = __ldcs((const uint4 *)((const stored *)job.predictions + first));
    group_of<typename sums<type>::wide> group; /* distances have all the digits of a real */
    uint32_t above = 0;
    const uint32_t positive = target_mask<n, LOGIT_VECTORS>(job, first);
    const real limit = (real)job.limit, factor = factor_of(job, (real)0);
#pragma unroll 1
    for (int i = 0; i < n; i += n_of_step) {
        stored slopes[n_of_step];
#pragma unroll
        for (int j = 0; j < n_of_step; j++) {
            const real x = type::widen(job, take<stored>(raw, j));
            const element_value<real> value = logit_value(x, (positive >> (i + j) & 1) != 0, factor);
            group.add(value.distance, 0);
            above |= (uint32_t)(value.prediction >= limit) << (i + j);
            slopes[j] = type::narrow(job, value.gradient);
        }
        raw = shift_in(raw, slopes);
    }
    if (!group.end(sum)) {
        return false;
    }
    counts.count(positive, above);
    if (job.gradient != 0) {
        __stcs((uint4 *)((stored *)job.gradient + first), raw);
    }
    return true;
}

/* ------------------------------------------------------------------------------- whatever the type of the job -- */

template <class type, bool is_logits>
static __device__ __forceinline__ bool add_group_of(const cuda_job &job, int64_t first, sum_of<type> &sum,
                                                    thread_counts &counts) {
    return is_logits ? add_logits<type>(job, first, sum, counts) : add_vectors<type>(job, first, sum, counts);
}

template <bool is_logits>
static __device__ __forceinline__ bool add_group(const cuda_job &job, int64_t first, float_sum &sum,
                                                 thread_counts &counts) {
    return job.type == TYPE_F32 ? add_group_of<f32_type, is_logits>(job, first, sum, counts)
                                : add_group_of<half_type, is_logits>(job, first, sum, counts);
}

template <bool is_logits>
static __device__ __forceinline__ bool add_group(const cuda_job &job, int64_t first, double_sum &sum,
                                                 thread_counts &counts) {
    return add_group_of<f64_type, is_logits>(job, first, sum, counts);
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

static __device__ __forceinline__ void put_factor(const cuda_job &job, int64_t i, bool positive, float) {
    if (job.type == TYPE_F32) {
        put_signed_factor<4>(job, i, positive);
    } else {
        put_signed_factor<2>(job, i, positive);
    }
}

static __device__ __forceinline__ void put_factor(const cuda_job &job, int64_t i, bool positive, double) {
    put_signed_factor<8>(job, i, positive);
}

/* ----------------------------------------------------------------------------------------------- one by one -- */

template <bool is_logits, class sum_type>
static __device__ __forceinline__ void add_element(const cuda_job &job, int64_t i, sum_type &sum,
                                                   thread_counts &counts) {
    typedef typename sum_type::real real;
    const real x = load(job, i, (real)0);
    const bool positive = is_positive(job, i);
    element_value<real> value = {x, flip(x, positive), 0};
    if (is_logits) {
        value = logit_value(x, positive, factor_of(job, (real)0));
    }
    if (!sum.add(value.distance)) {
        add_any(value.distance);
    }
    counts.count(positive, value.prediction >= (real)job.limit);
    if (job.gradient != 0 && is_logits) {
        put_slope(job, i, value.gradient);
    } else if (job.gradient != 0) {
        put_factor(job, i, positive, (real)0);
    }
}

template <class sum_type, bool is_logits> static __device__ __forceinline__ void loss_kernel(const cuda_job &job) {
    const int n = sizeof(typename sum_type::real) == 8 ? 2 : job.type == TYPE_F32 ? 4 : 8;
    const int group = n * (is_logits ? LOGIT_VECTORS : VECTORS), tile = BLOCK_THREADS * group;
    sum_type sum = {{0, 0, 0, 0}};
    thread_counts counts = {0, 0, 0};
    begin_block();
#pragma unroll 1
    for (int64_t start = (int64_t)blockIdx.x * tile; start < job.count; start += (int64_t)gridDim.x * tile) {
        const int64_t first = start + (int64_t)threadIdx.x * n;
        const bool is_whole = job.is_vectorised != 0 && start + tile <= job.count;
        if (is_whole && add_group<is_logits>(job, first, sum, counts)) {
            continue;
        }
        /* The same elements one by one; or where there are no vectors, neighbours for neighbouring threads. */
        int64_t i = is_whole ? first : start + threadIdx.x;
#pragma unroll 1
        for (int k = 1; k <= group && i < job.count; k++) {
            add_element<is_logits>(job, i, sum, counts);
            i += !is_whole ? BLOCK_THREADS : (k & (n - 1)) == 0 ? (BLOCK_THREADS - 1) * n + 1 : 1;
        }
    }
    end_block(job, sum, counts, !is_logits);
}
