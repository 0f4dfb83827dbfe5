/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One element after another, neighbours by neighbouring threads, and one kernel for all types: for weights, and for
 * losses that are not linear. What is added is always a product of a weight, which is 1 where there are none:
 *     of a linear loss     ±p, and the 1 of a positive target; of a logit, the distance
 *     of a square          p², and of a positive target -2 p and 1, since (1 - p)² is 1 - 2 p + p²; of a logit, d²
 *     of any other loss    its value
 *     of the weights       1
 *
 * Where such a product is a double, which fma() tells, and is 0 or in [2^-28, 2^20], it is split as in sum.cuh, in units
 * that are 2^20 times as large: it is a multiple of 2^-80, if it has at most 53 bits. So it is with nearly all floats.
 * Any other product, of up to 130 bits, is added to the block's bins: so are nearly all squares of doubles.
 */
#pragma once

#include "loss.cuh"

#define PRODUCT_SCALE 20
#define WEIGHTS_NUMBER LOSS_COUNT /* among the block's sums */

/* The products of a sum: of the line, the square or the value, of 2 line, and of 1. */
enum { FIRST_PRODUCT, SLOPE_PRODUCT, ONE_PRODUCT, PRODUCTS };

/* A product, split; 0 where that cannot be done. */
struct split_product {
    int64_t high, low; /* in units of 2^-50 and 2^-100 times 2^PRODUCT_SCALE: at most 2^50 and 2^49 */
    bool is_taken;
};

/* What a thread has summed of split products: at most 2^52 for each element. */
struct product_sum {
    int64_t high, low;

    /* Adds a product `times` times; or returns the bit that says that it is left. */
    __device__ __forceinline__ uint32_t add(const split_product &y, int times, int number, int product) {
        high += times * y.high;
        low += times * y.low;
        return (uint32_t)!y.is_taken << (PRODUCTS * number + product);
    }
};

static_assert(((int64_t)ELEMENTS_OF_THREAD << 52) > 0, "a sum of products would overflow");

struct element_total {
    product_sum losses[LOSS_COUNT], weights;
    thread_counts counts;
};

/* What is added for an element. */
struct element_values {
    double line;               /* ±p, or of a logit the distance */
    double losses[LOSS_COUNT]; /* of other losses than linear ones and squares */
    bool is_positive, is_above;
};

static __device__ __forceinline__ bool is_in(int losses, int loss) { return (losses >> loss & 1) != 0; }

static __device__ __forceinline__ bool is_finite(double x) { return (bits_of(x) >> 52 & 0x7ff) != 0x7ff; }

/* The significand of a finite double, and the power of two of its last bit. */
static __device__ __forceinline__ uint64_t significand_of(double x, int &exponent) {
    const int biased = (int)(bits_of(x) >> 52 & 0x7ff);
    exponent = (biased == 0 ? 0 : biased - 1) - 1074;
    return (bits_of(x) & 0xfffffffffffff) | (uint64_t)(biased != 0) << 52;
}

/* As exactloss_sum_add_product(): 32 bits at a time of a * b, each of which fit with the weight's 24 bits. */
static __device__ __forceinline__ void add_any_product(sum_words &sum, double a, double b, float weight) {
    if (!is_finite(a) || !is_finite(b)) {
        add_any(sum, __dmul_rn(__dmul_rn(a, b), (double)weight));
        return;
    }
    int a_exponent, b_exponent;
    const uint64_t x = significand_of(a, a_exponent), y = significand_of(b, b_exponent);
    const uint64_t x0 = (uint32_t)x, x1 = x >> 32, y0 = (uint32_t)y, y1 = y >> 32;
    const uint64_t one = x1 * y0 + (x0 * y0 >> 32), other = x0 * y1 + (uint32_t)one;
    uint64_t low = x * y, high = x1 * y1 + (one >> 32) + (other >> 32);

    const int weight_exponent = (int)(bits_of(weight) >> 23 & 0xff);
    const int64_t magnitude = (int64_t)((bits_of(weight) & 0x7fffff) | (uint32_t)(weight_exponent != 0) << 23);
    const int64_t multiplier = is_negative(a) != is_negative(b) ? -magnitude : magnitude;
    int position = EXACT_SUM_ONE - 149 + a_exponent + b_exponent + (weight_exponent == 0 ? 0 : weight_exponent - 1);
#pragma unroll 1
    for (; (low | high) != 0; position += 32) {
        if ((uint32_t)low != 0) {
            add_to_bins(sum, multiplier * (int64_t)(uint32_t)low, position);
        }
        low = low >> 32 | high << 32;
        high >>= 32;
    }
}

static __device__ __forceinline__ split_product split(double value, float weight) {
    const double product = __dmul_rn(value, (double)weight), rest = __fma_rn(value, (double)weight, -product);
    const double magnitude = f64_from_bits(bits_of(product) & ~(1ull << 63)), c = 6ll << PRODUCT_SCALE;
    const bool is_in_range = magnitude >= 0x1p-48 * (1 << PRODUCT_SCALE) && magnitude <= 1 << PRODUCT_SCALE;
    const bool is_taken = rest == 0 && (is_in_range || value == 0 || weight == 0);
    const double y = is_taken ? product : 0, h = __dadd_rn(y, c), l = __dadd_rn(y, __dsub_rn(c + c * 0x1p-50, h));
    return {(int64_t)(bits_of(h) - bits_of(c)), (int64_t)(bits_of(l) - bits_of(c * 0x1p-50)), is_taken};
}

/* The same of a square. One that is so small that fma() does not tell what is lost is out of the range, or 0. */
static __device__ __forceinline__ split_product split_square(double root, float weight) {
    const double square = __dmul_rn(root, root);
    const bool is_exact = __fma_rn(root, root, -square) == 0 && (square != 0 || root == 0);
    return split(is_exact ? square : f64_from_bits(~0ull), weight);
}

/* The values of an element for the losses from a number on. */
template <int loss = next_loss<VALUE_LOSSES>, class element>
static __device__ __forceinline__ void take_values(const cuda_job &job, const element &e, element_values &values) {
    if constexpr (loss < LOSS_COUNT) {
        if (is_in(job.losses, loss)) {
            values.losses[loss] = limited(e.template value<loss>(), job.most);
        }
        take_values<next_loss<VALUE_LOSSES, loss + 1>>(job, e, values);
    }
}

/* Takes what an element gives to the sums; its gradient, or 0 where none is wanted. */
template <class element>
static __device__ __forceinline__ typename element::real look_at(const cuda_job &job, const element &e,
                                                                 element_values &values) {
    values.line = e.line();
    values.is_above = e.prediction() >= (typename element::real)job.limit;
    take_values(job, e, values);
    return job.gradient == 0 ? 0 : gradient_of<ALL_LOSSES>(job, e);
}

/* Writes the gradient of element i, and gives what is added for it. */
template <class real>
static __device__ __forceinline__ element_values look_at(const cuda_job &job, int64_t i, float weight) {
    const uint32_t target = is_positive(job, i);
    const real x = job.predictions == 0 ? 0 : load(job, i, (real)0);
    element_values values = {};
    values.is_positive = target != 0;
    const real slope = job.is_logits != 0 ? look_at(job, logit_element<real>(x, target), values)
                                          : look_at(job, prediction_element<real>{x, target}, values);
    if (job.gradient != 0) {
        put_slope(job, i, mul(limited(slope, job.steepest), (real)weight));
    }
    return values;
}

/* Adds the products of an element; a bit is set for each that is left. */
static __device__ __forceinline__ uint32_t add_products(const cuda_job &job, const element_values &values, float weight,
                                                        element_total &total) {
    const bool has_one = values.is_positive && job.is_logits == 0;
    const split_product line = split(values.line, weight), one = split(1, weight);
    uint32_t rest = job.weights == 0 ? 0 : total.weights.add(one, 1, WEIGHTS_NUMBER, FIRST_PRODUCT);
#pragma unroll
    for (int loss = 0; loss < LOSS_COUNT; loss++) {
        product_sum &sum = total.losses[loss];
        if (!is_in(job.losses, loss)) {
            continue;
        }
        if (is_in(LINEAR_LOSSES, loss)) {
            rest |= sum.add(line, 1, loss, FIRST_PRODUCT);
        } else if (is_in(SQUARE_LOSSES, loss)) {
            rest |= sum.add(split_square(values.line, weight), 1, loss, FIRST_PRODUCT);
            rest |= has_one && is_finite(values.line) ? sum.add(line, 2, loss, SLOPE_PRODUCT) : 0;
        } else {
            rest |= sum.add(split(values.losses[loss], weight), 1, loss, FIRST_PRODUCT);
        }
        rest |= has_one && !is_in(VALUE_LOSSES, loss) ? sum.add(one, 1, loss, ONE_PRODUCT) : 0;
    }
    return rest;
}

/* Adds the products that are left to the block's bins. */
static __device__ __forceinline__ void add_rest(uint32_t rest, const element_values &values, float weight) {
#pragma unroll 1
    for (int i = 0; rest >> i != 0; i++) {
        const int number = i / PRODUCTS, product = i % PRODUCTS;
        double a = values.line;
#pragma unroll
        for (int loss = 0; loss < LOSS_COUNT; loss++) {
            a = is_in(VALUE_LOSSES, loss) && number == loss ? values.losses[loss] : a;
        }
        a = number == WEIGHTS_NUMBER || product == ONE_PRODUCT ? 1.0 : a;
        const bool is_square = product == FIRST_PRODUCT && is_in(SQUARE_LOSSES, number);
        const double b = is_square ? a : product == SLOPE_PRODUCT ? 2.0 : 1.0;
        sum_words &sum = number == WEIGHTS_NUMBER ? block.total.weights : block.total.losses[number];
        if ((rest >> i & 1) != 0) {
            add_any_product(sum, a, b, weight);
        }
    }
}

/* Adds what the threads have summed to the block's words, and these to the device's. */
static __device__ __forceinline__ void end_elements(const cuda_job &job, element_total &total) {
    end_warp(total.counts);
#pragma unroll 1
    for (int number = 0; number <= WEIGHTS_NUMBER; number++) {
        double_sum sum = {};
        int64_t high = total.weights.high, low = total.weights.low;
#pragma unroll
        for (int loss = 0; loss < LOSS_COUNT; loss++) {
            high = number == loss ? total.losses[loss].high : high;
            low = number == loss ? total.losses[loss].low : low;
        }
        sum.add_split(high, low);
        end_warp(sum, number);
    }
    __syncthreads();
#pragma unroll 1
    for (int number = 0; number <= WEIGHTS_NUMBER; number++) {
        sum_words &sum = number == WEIGHTS_NUMBER ? block.total.weights : block.total.losses[number];
        add_parts<double_sum>(number, PRODUCT_SCALE, sum);
    }
    end_block(job, true);
}

static __device__ __forceinline__ void elements_kernel(const cuda_job &job) {
    element_total total = {};
    begin_block();
#pragma unroll 1
    for (int64_t i = (int64_t)blockIdx.x * ELEMENTS_TILE + threadIdx.x; i < job.count;
         i += (int64_t)gridDim.x * ELEMENTS_TILE) {
        const float weight = job.weights == 0 ? 1 : job.weights[i];
        const element_values values =
            job.type == TYPE_F64 ? look_at<double>(job, i, weight) : look_at<float>(job, i, weight);
        if (!(weight >= 0 && weight < __uint_as_float(0x7f800000u))) {
            add_count(&block.total.bad_weights, 1);
        } else if (job.total != 0) {
            add_rest(add_products(job, values, weight, total), values, weight);
            total.counts.count(values.is_positive, values.is_above);
        }
    }
    if (job.total != 0) {
        end_elements(job, total);
    }
}
