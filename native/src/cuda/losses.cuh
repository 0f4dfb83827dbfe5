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
        return element##_##name##_complete(p, t, element##_##name##_value(p, t));                                      \
    }                                                                                                                  \
    static __device__ __forceinline__ element##_vector gradient(element##_vector p, bool t, element##_vector g) {      \
        return element##_##name##_gradient(p, t, g);                                                                   \
    }                                                                                                                  \
    static __device__ __forceinline__ element##_vector value(element##_logit x, bool t) {                              \
        return element##_##name##_logit_value(x, t);                                                                   \
    }                                                                                                                  \
    static __device__ __forceinline__ element##_vector gradient(element##_logit x, bool t, element##_vector g) {       \
        return element##_##name##_logit_gradient(x, t, g);                                                             \
    }

#define LOSS(name, NAME)                                                                                               \
    template <> struct loss_of<LOSS_##NAME> {                                                                          \
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

/* The first loss of a set from a number on, or LOSS_COUNT. */
template <int losses, int loss = 0, bool is_found = loss == LOSS_COUNT || (losses >> loss & 1) != 0>
constexpr int next_loss = next_loss<losses, loss + 1>;
template <int losses, int loss> constexpr int next_loss<losses, loss, true> = loss;

/* Whether a linear loss is summed. The only one always is, as a gradient alone costs the same. */
static __device__ __forceinline__ bool is_summed(const cuda_job &job, int loss) {
    return LINEAR_LOSSES == 1 << loss || (job.losses >> loss & 1) != 0;
}

/* ----------------------------------------------------------------------------------------------- elements -- */

/*
 * An element that is given by its prediction. What is added to the sum of a linear loss is an addend, with the sign
 * flipped by the lowest bit of a mask: ±p, and the ones of positive targets are added elsewhere. It is also the line().
 */
template <class real_type> struct prediction_element {
    typedef real_type real;
    real p;
    uint32_t target; /* the lowest bit: whether it is positive */

    __device__ __forceinline__ bool is_positive() const { return (target & 1) != 0; }
    __device__ __forceinline__ real prediction() const { return p; }
    __device__ __forceinline__ real line() const { return flip(p, target); }
    template <int loss> __device__ __forceinline__ real addend() const { return p; }
    __device__ __forceinline__ uint32_t sign() const { return target; }
    template <int loss> __device__ __forceinline__ real value() const { return loss_of<loss>::value(p, is_positive()); }
    template <int loss> __device__ __forceinline__ real gradient(real g) const {
        return loss_of<loss>::gradient(p, is_positive(), g);
    }
};

static __device__ __forceinline__ f32_logit logit_of(float x) { return f32_logit_of(x); }
static __device__ __forceinline__ f64_logit logit_of(double x) { return f64_logit_of(x); }
static __device__ __forceinline__ float prediction_of(const f32_logit &x) { return f32_prediction(x); }
static __device__ __forceinline__ double prediction_of(const f64_logit &x) { return f64_prediction(x); }
static __device__ __forceinline__ float distance_of(const f32_logit &x, bool t) { return f32_logit_distance(x, t); }
static __device__ __forceinline__ double distance_of(const f64_logit &x, bool t) { return f64_logit_distance(x, t); }

/* An element that is given by its logit. Its addends are values, and its line() is the distance. */
template <class real_type> struct logit_element {
    typedef real_type real;
    decltype(logit_of(real())) x;
    uint32_t target;

    __device__ __forceinline__ logit_element(real logit, uint32_t target_bit)
        : x(logit_of(logit)), target(target_bit) {}
    __device__ __forceinline__ bool is_positive() const { return (target & 1) != 0; }
    __device__ __forceinline__ real prediction() const { return prediction_of(x); }
    __device__ __forceinline__ real line() const { return distance_of(x, is_positive()); }
    template <int loss> __device__ __forceinline__ real addend() const { return value<loss>(); }
    __device__ __forceinline__ uint32_t sign() const { return 0; }
    template <int loss> __device__ __forceinline__ real value() const { return loss_of<loss>::value(x, is_positive()); }
    template <int loss> __device__ __forceinline__ real gradient(real g) const {
        return loss_of<loss>::gradient(x, is_positive(), g);
    }
};

/* The gradient of the job's loss, which is one of a set. */
template <int losses, int loss = next_loss<losses>, class element>
static __device__ __forceinline__ typename element::real gradient_of(const cuda_job &job, const element &e) {
    if constexpr (next_loss<losses, loss + 1> < LOSS_COUNT) {
        if (job.gradient_loss != loss) {
            return gradient_of<losses, next_loss<losses, loss + 1>>(job, e);
        }
    }
    return e.template gradient<loss>((typename element::real)job.factor);
}
