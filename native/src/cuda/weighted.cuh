/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same pass with weights: one element after another, neighbours by neighbouring threads, and one kernel for all
 * types. What is added is always the product of a double and a weight: of a value, of the 1 of a positive target where
 * the loss is linear, and of 1 for the sum of the weights.
 *
 * Where such a product is a double, which fma() tells, and is 0 or in [2^-28, 2^20], double_sum takes it: in units of
 * 2^20 it is a multiple of 2^-100 there, if it has at most 53 bits. So it is with nearly all floats. Any other product,
 * of up to 77 bits, is added to the block's bins.
 */
#pragma once

#include "loss.cuh"

#define PRODUCT_SCALE 20
#define WEIGHTS_NUMBER LOSS_COUNT /* among the block's sums */

/* What a thread has summed, in units of 2^PRODUCT_SCALE, and counted. */
struct weighted_total {
    double_sum losses[LOSS_COUNT], weights;
    thread_counts counts;
};

/* What is added for an element. */
struct weighted_values {
    double losses[LOSS_COUNT];
    bool is_positive, is_above;
};

/* As exactloss_sum_add_product(): the 53 bits of a value in two parts, each of which fits with the weight's 24 bits. */
static __device__ __forceinline__ void add_any_product(sum_words &sum, double value, float weight) {
    const uint64_t bits = bits_of(value);
    const int exponent = (int)(bits >> 52 & 0x7ff), weight_exponent = (int)(bits_of(weight) >> 23 & 0xff);
    if (exponent == 0x7ff) {
        add_any(sum, __dmul_rn(value, (double)weight));
        return;
    }
    const uint64_t significand = (bits & 0xfffffffffffff) | (uint64_t)(exponent != 0) << 52;
    const int64_t magnitude = (int64_t)((bits_of(weight) & 0x7fffff) | (uint32_t)(weight_exponent != 0) << 23);
    const int64_t multiplier = is_negative(value) ? -magnitude : magnitude;
    const int position = EXACT_SUM_ONE - 1074 - 149 + (exponent == 0 ? 0 : exponent - 1) +
                         (weight_exponent == 0 ? 0 : weight_exponent - 1);
#pragma unroll 1
    for (int i = 0; i < 64; i += 32) {
        add_to_bins(sum, multiplier * (int64_t)(significand >> i & 0xffffffff), position + i);
    }
}

/* Adds a product to a thread's parts; or returns false where they can't take it. */
static __device__ __forceinline__ bool add_product(double value, float weight, double_sum &parts) {
    const double product = __dmul_rn(value, (double)weight), rest = __fma_rn(value, (double)weight, -product);
    const double scaled = __dmul_rn(product, 1.0 / (1 << PRODUCT_SCALE));
    const bool has_underflown = scaled == 0 && value != 0 && weight != 0;
    return rest == 0 && !has_underflown && parts.add(scaled);
}

/* What an element gives to the losses from a number on. */
template <int loss = 0, class element>
static __device__ __forceinline__ void take_values(const element &e, weighted_values &values) {
    values.losses[loss] = (double)flip(e.template addend<loss>(), e.template sign<loss>());
    if constexpr (loss + 1 < LOSS_COUNT) {
        take_values<loss + 1>(e, values);
    }
}

/* Writes the gradient of an element, and gives its values. */
template <class element>
static __device__ __forceinline__ weighted_values look_at(const cuda_job &job, int64_t i, const element &e) {
    typedef typename element::real real;
    weighted_values values;
    take_values(e, values);
    values.is_positive = e.is_positive();
    values.is_above = e.prediction() >= (real)job.limit;
    if (job.gradient != 0) {
        put_slope(job, i, mul(gradient_of(job, e), (real)job.weights[i]));
    }
    return values;
}

template <class real>
static __device__ __forceinline__ weighted_values look_at(const cuda_job &job, int64_t i, uint32_t target) {
    const real x = job.predictions == 0 ? 0 : load(job, i, (real)0);
    return job.is_logits != 0 ? look_at(job, i, logit_element<real>(x, target))
                              : look_at(job, i, prediction_element<real>{x, target});
}

/* Two products for each loss, and one for the weights: a bit is set where the parts could not take it. */
static __device__ __forceinline__ uint32_t add_products(const cuda_job &job, const weighted_values &values,
                                                        float weight, weighted_total &total) {
    uint32_t rest = 0;
#pragma unroll
    for (int loss = 0; loss < LOSS_COUNT; loss++) {
        const bool has_one = values.is_positive && job.is_logits == 0 && (LINEAR_LOSSES >> loss & 1) != 0;
        if (is_summed(job, loss)) {
            rest |= (uint32_t)!add_product(values.losses[loss], weight, total.losses[loss]) << 2 * loss;
            rest |= (uint32_t)(has_one && !add_product(1, weight, total.losses[loss])) << (2 * loss + 1);
        }
    }
    return rest | (uint32_t)!add_product(1, weight, total.weights) << 2 * LOSS_COUNT;
}

/* Adds the products that are left to the block's bins. */
static __device__ __forceinline__ void add_rest(uint32_t rest, const weighted_values &values, float weight) {
#pragma unroll 1
    for (int product = 0; rest >> product != 0; product++) {
        double value = 1;
#pragma unroll
        for (int loss = 0; loss < LOSS_COUNT; loss++) {
            value = product == 2 * loss ? values.losses[loss] : value;
        }
        if ((rest >> product & 1) != 0) {
            add_any_product(product == 2 * LOSS_COUNT ? block.total.weights : block.total.losses[product / 2], value,
                            weight);
        }
    }
}

/* Adds what the threads have summed to the block's words, and these to the device's. */
static __device__ __forceinline__ void end_weighted(const cuda_job &job, weighted_total &total) {
    end_warp(total.counts);
    end_warp(total.weights, WEIGHTS_NUMBER);
#pragma unroll
    for (int loss = 0; loss < LOSS_COUNT; loss++) {
        end_warp(total.losses[loss], loss);
    }
    __syncthreads();
#pragma unroll 1
    for (int number = 0; number <= WEIGHTS_NUMBER; number++) {
        sum_words &sum = number == WEIGHTS_NUMBER ? block.total.weights : block.total.losses[number];
        add_parts<double_sum>(number, PRODUCT_SCALE, sum);
    }
    end_block(job, job.is_logits == 0);
}

static __device__ __forceinline__ void weighted_kernel(const cuda_job &job) {
    weighted_total total = {};
    begin_block();
#pragma unroll 1
    for (int64_t i = (int64_t)blockIdx.x * WEIGHTED_TILE + threadIdx.x; i < job.count;
         i += (int64_t)gridDim.x * WEIGHTED_TILE) {
        const uint32_t target = is_positive(job, i);
        const weighted_values values =
            job.type == TYPE_F64 ? look_at<double>(job, i, target) : look_at<float>(job, i, target);
        const float weight = job.weights[i];
        if (!(weight >= 0 && weight < __uint_as_float(0x7f800000u))) {
            add_count(&block.total.bad_weights, 1);
        } else if (job.total != 0) {
            add_rest(add_products(job, values, weight, total), values, weight);
            total.counts.count(values.is_positive, values.is_above);
        }
    }
    if (job.total != 0) {
        end_weighted(job, total);
    }
}
