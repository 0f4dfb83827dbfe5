/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The losses of losses.def by their numbers, and what an element comes to for each of them. Kernels go through all
 * losses at compile time: template functions call themselves for the next one.
 */
#pragma once

#include "layout.h"
#include "reals.cuh"

template <int loss> struct loss_of;

#define LOSS_FUNCTIONS(name, element)                                                                                  \
    static __device__ __forceinline__ element##_vector value(element##_vector p, bool t) {                             \
        return element##_##name##_value(p, t);                                                                         \
    }                                                                                                                  \
    static __device__ __forceinline__ element##_vector gradient(element##_vector p, bool t, element##_vector g) {      \
        return element##_##name##_gradient(p, t, g);                                                                   \
    }                                                                                                                  \
    static __device__ __forceinline__ element##_vector value(element##_vector x, element##_sigmoid_pair s, bool t) {   \
        return element##_##name##_logit_value(x, s, t);                                                                \
    }                                                                                                                  \
    static __device__ __forceinline__ element##_vector gradient(element##_vector x, element##_sigmoid_pair s, bool t,  \
                                                                element##_vector g) {                                  \
        return element##_##name##_logit_gradient(x, s, t, g);                                                          \
    }

#define LOSS(name, NAME)                                                                                               \
    template <> struct loss_of<LOSS_##NAME> {                                                                          \
        static const bool is_linear = name##_LINEAR != 0;                                                              \
        LOSS_FUNCTIONS(name, f32)                                                                                      \
        LOSS_FUNCTIONS(name, f64)                                                                                      \
    };
#include "../losses/losses.def"
#undef LOSS

/* What the distances of a linear loss are multiplied by. */
static __device__ __forceinline__ int factor_of(int loss) {
    int factor = 1;
#define LOSS(name, NAME)                                                                                               \
    static_assert(name##_LINEAR <= LARGEST_FACTOR, "the words of a sum would overflow");                               \
    factor = name##_LINEAR > 1 && loss == LOSS_##NAME ? name##_LINEAR : factor;
#include "../losses/losses.def"
#undef LOSS
    return factor;
}

/* Whether a loss is summed. The only one always is, as a gradient alone costs the same. */
static __device__ __forceinline__ bool is_summed(const cuda_job &job, int loss) {
    return LOSS_COUNT == 1 || (job.losses >> loss & 1) != 0;
}

/* Whether the gradient of predictions depends on the targets alone, as that of a linear loss does. */
static __device__ __forceinline__ bool is_gradient_of_targets(const cuda_job &job) {
    return LINEAR_LOSSES == ALL_LOSSES || (LINEAR_LOSSES >> job.gradient_loss & 1) != 0;
}

/* ----------------------------------------------------------------------------------------------- elements -- */

/*
 * An element that is given by its prediction. What is added to the sum of a loss is an addend, with the sign flipped by
 * the lowest bit of a mask: of a linear loss ±p, and the ones of positive targets are added elsewhere.
 */
template <class real_type> struct prediction_element {
    typedef real_type real;
    real p;
    uint32_t target; /* the lowest bit: whether it is positive */

    __device__ __forceinline__ bool is_positive() const { return (target & 1) != 0; }
    __device__ __forceinline__ real prediction() const { return p; }
    template <int loss> __device__ __forceinline__ real addend() const {
        return loss_of<loss>::is_linear ? p : loss_of<loss>::value(p, is_positive());
    }
    template <int loss> __device__ __forceinline__ uint32_t sign() const {
        return loss_of<loss>::is_linear ? target : 0;
    }
    template <int loss> __device__ __forceinline__ real gradient(real g) const {
        return loss_of<loss>::gradient(p, is_positive(), g);
    }
};

static __device__ __forceinline__ f32_sigmoid_pair sigmoids(float x) { return f32_sigmoids(x); }
static __device__ __forceinline__ f64_sigmoid_pair sigmoids(double x) { return f64_sigmoids(x); }

/* An element that is given by its logit. */
template <class real_type> struct logit_element {
    typedef real_type real;
    real x;
    uint32_t target;
    decltype(sigmoids(real())) s;

    __device__ __forceinline__ logit_element(real logit, uint32_t target_bit)
        : x(logit), target(target_bit), s(sigmoids(logit)) {}
    __device__ __forceinline__ bool is_positive() const { return (target & 1) != 0; }
    __device__ __forceinline__ real prediction() const { return is_negative(x) ? s.small : s.large; }
    template <int loss> __device__ __forceinline__ real addend() const {
        return loss_of<loss>::value(x, s, is_positive());
    }
    template <int loss> __device__ __forceinline__ uint32_t sign() const { return 0; }
    template <int loss> __device__ __forceinline__ real gradient(real g) const {
        return loss_of<loss>::gradient(x, s, is_positive(), g);
    }
};

/* The gradient of the job's loss. */
template <int loss = 0, class element>
static __device__ __forceinline__ typename element::real gradient_of(const cuda_job &job, const element &e) {
    if constexpr (loss + 1 < LOSS_COUNT) {
        if (job.gradient_loss != loss) {
            return gradient_of<loss + 1>(job, e);
        }
    }
    return e.template gradient<loss>((typename element::real)job.factor);
}
