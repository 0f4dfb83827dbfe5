/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floats and doubles for sigmoid.h, logarithm.h and the losses, and the types of predictions. Every operation is one that rounds to
 * nearest and that the compiler may not contract.
 */
#pragma once

#include "../names.h"
#include "layout.h"

#include <cuda_fp16.h>

#define KERNEL_FUNCTION static __device__ __forceinline__

typedef float f32_real, f32_vector;
typedef double f64_real, f64_vector;
typedef bool f32_mask, f64_mask;

static __device__ __forceinline__ float f32_set(float value) { return value; }
static __device__ __forceinline__ float f32_add(float a, float b) { return __fadd_rn(a, b); }
static __device__ __forceinline__ float f32_sub(float a, float b) { return __fsub_rn(a, b); }
static __device__ __forceinline__ float f32_mul(float a, float b) { return __fmul_rn(a, b); }
static __device__ __forceinline__ float f32_div(float a, float b) { return __fdiv_rn(a, b); }
static __device__ __forceinline__ float f32_fma(float a, float b, float c) { return __fmaf_rn(a, b, c); }
static __device__ __forceinline__ float f32_max(float a, float b) { return a > b ? a : b; }
static __device__ __forceinline__ float f32_minus_abs(float x) {
    return __uint_as_float(__float_as_uint(x) | 0x80000000u);
}

/* k is moved to the exponent of a float by an addition: 2^(k + 64), which the product rounds where it is subnormal. */
static __device__ __forceinline__ float f32_power(float k) {
    return __fmul_rn(0x1p-64f, __uint_as_float(__float_as_uint(__fadd_rn(k, 0x1.8p23f + 127 + 64)) << 23));
}

static __device__ __forceinline__ double f64_set(double value) { return value; }
static __device__ __forceinline__ double f64_add(double a, double b) { return __dadd_rn(a, b); }
static __device__ __forceinline__ double f64_sub(double a, double b) { return __dsub_rn(a, b); }
static __device__ __forceinline__ double f64_mul(double a, double b) { return __dmul_rn(a, b); }
static __device__ __forceinline__ double f64_div(double a, double b) { return __ddiv_rn(a, b); }
static __device__ __forceinline__ double f64_fma(double a, double b, double c) { return __fma_rn(a, b, c); }
static __device__ __forceinline__ double f64_max(double a, double b) { return a > b ? a : b; }
static __device__ __forceinline__ uint64_t f64_bits(double x) { return (uint64_t)__double_as_longlong(x); }
static __device__ __forceinline__ double f64_from_bits(uint64_t bits) { return __longlong_as_double((long long)bits); }
static __device__ __forceinline__ double f64_minus_abs(double x) { return f64_from_bits(f64_bits(x) | 1ull << 63); }
static __device__ __forceinline__ double f64_power(double k) {
    return __dmul_rn(0x1p-128, f64_from_bits(f64_bits(__dadd_rn(k, 0x1.8p52 + 1023 + 128)) << 52));
}

static __device__ __forceinline__ uint32_t bits_of(float x) { return __float_as_uint(x); }
static __device__ __forceinline__ uint64_t bits_of(double x) { return f64_bits(x); }
static __device__ __forceinline__ bool is_negative(float x) { return bits_of(x) >> 31 != 0; }
static __device__ __forceinline__ bool is_negative(double x) { return bits_of(x) >> 63 != 0; }

/* Flips the sign where the lowest bit of a mask is set. */
static __device__ __forceinline__ float flip(float x, uint32_t mask) {
    return __uint_as_float(__float_as_uint(x) ^ mask << 31);
}
static __device__ __forceinline__ double flip(double x, uint32_t mask) {
    return f64_from_bits(f64_bits(x) ^ (uint64_t)mask << 63);
}

static __device__ __forceinline__ float mul(float a, float b) { return f32_mul(a, b); }
static __device__ __forceinline__ double mul(double a, double b) { return f64_mul(a, b); }

/* x, but at most so much in magnitude; NaN stays. */
template <class real> static __device__ __forceinline__ real limited(real x, double most) {
    const real high = (real)most;
    return high < x ? high : x < -high ? -high : x;
}

/* Defines what the losses need beside that, for a type. */
#define DEFINE_SELECTIONS(element, real)                                                                               \
    static __device__ __forceinline__ real element##_select(bool t, real a, real b) { return t ? a : b; }              \
    static __device__ __forceinline__ real element##_select_negative(real x, real a, real b) {                         \
        return is_negative(x) ? a : b;                                                                                 \
    }                                                                                                                  \
    static __device__ __forceinline__ real element##_select_less(real a, real b, real x, real y) {                     \
        return a < b ? x : y;                                                                                          \
    }                                                                                                                  \
    static __device__ __forceinline__ real element##_negate_where(bool t, real x) { return flip(x, t); }

DEFINE_SELECTIONS(f32, float)
DEFINE_SELECTIONS(f64, double)

/* c - k and 2^-k, with 2/3 <= s 2^-k < 4/3: the pattern of s, less that of 2/3, has k as its exponent. */
struct f32_scaled {
    float minus_k, power;
};
static __device__ __forceinline__ f32_scaled f32_scale(float s, float c) {
    const uint32_t exponent = (bits_of(s) + ((127u << 23) - 0x3f2aaaabu)) >> 23;
    return {__fsub_rn(0x1.8p23f + 127 + c, __uint_as_float(bits_of(0x1.8p23f) + exponent)),
            __uint_as_float((254 - exponent) << 23)};
}

struct f64_scaled {
    double minus_k, power;
};
static __device__ __forceinline__ f64_scaled f64_scale(double s, double c) {
    const uint64_t exponent = (bits_of(s) + ((1023ull << 52) - 0x3fe5555555555555ull)) >> 52;
    return {__dsub_rn(0x1.8p52 + 1023 + c, f64_from_bits(bits_of(0x1.8p52) + exponent)),
            f64_from_bits((2046 - exponent) << 52)};
}

#define ELEMENT f32
#include "../losses/templates.h"
#undef ELEMENT

#define ELEMENT f64
#include "../losses/templates.h"
#undef ELEMENT

/* ------------------------------------------------------------------------------------- types of predictions -- */

/*
 * Of each type: the bits that an element is stored as, the real that is computed with, the conversions, and the bits
 * of the smallest real but 0 that sum.cuh takes on its fast path.
 */
struct f32_type {
    typedef float real;
    typedef uint32_t stored;
    static const uint32_t SMALLEST = 108u << 23; /* 2^-19: all from there on are multiples of 2^-42 */
    static __device__ __forceinline__ float widen(const cuda_job &, uint32_t bits) { return __uint_as_float(bits); }
    static __device__ __forceinline__ uint32_t narrow(const cuda_job &, float x) { return __float_as_uint(x); }
};

struct f64_type {
    typedef double real;
    typedef uint64_t stored;
    static const uint64_t SMALLEST = 975ull << 52; /* 2^-48: multiples of 2^-100 */
    static __device__ __forceinline__ double widen(const cuda_job &, uint64_t bits) { return f64_from_bits(bits); }
    static __device__ __forceinline__ uint64_t narrow(const cuda_job &, double x) { return f64_bits(x); }
};

static __device__ __forceinline__ uint32_t round_to_bf16(uint32_t bits) {
    const bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
    return is_nan ? bits >> 16 | 0x40 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

/* float16 and bfloat16 */
struct half_type {
    typedef float real;
    typedef uint16_t stored;
    static const uint32_t SMALLEST = 103u << 23; /* 2^-24: the smallest subnormal float16 */
    static __device__ __forceinline__ float widen(const cuda_job &job, uint16_t bits) {
        return job.type == TYPE_F16 ? __half2float(__ushort_as_half(bits)) : __uint_as_float((uint32_t)bits << 16);
    }
    static __device__ __forceinline__ uint16_t narrow(const cuda_job &job, float x) {
        return job.type == TYPE_F16 ? __half_as_ushort(__float2half_rn(x)) : (uint16_t)round_to_bf16(bits_of(x));
    }
};

/* Element j of 16 bytes. */
template <class stored> static __device__ __forceinline__ stored take(const uint4 &v, int j);

static __device__ __forceinline__ uint32_t word(const uint4 &v, int i) {
    return i == 0 ? v.x : i == 1 ? v.y : i == 2 ? v.z : v.w;
}

template <> __device__ __forceinline__ uint16_t take<uint16_t>(const uint4 &v, int j) {
    return (uint16_t)(word(v, j / 2) >> 16 * (j % 2));
}
template <> __device__ __forceinline__ uint32_t take<uint32_t>(const uint4 &v, int j) { return word(v, j); }
template <> __device__ __forceinline__ uint64_t take<uint64_t>(const uint4 &v, int j) {
    return (uint64_t)word(v, 2 * j + 1) << 32 | word(v, 2 * j);
}

/* Puts element j into 16 bytes that are 0 from there on. */
static __device__ __forceinline__ void add_bits(uint4 &v, int i, uint32_t bits) {
    (i == 0 ? v.x : i == 1 ? v.y : i == 2 ? v.z : v.w) |= bits;
}

static __device__ __forceinline__ void put(uint4 &v, int j, uint16_t e) {
    add_bits(v, j / 2, (uint32_t)e << 16 * (j % 2));
}
static __device__ __forceinline__ void put(uint4 &v, int j, uint32_t e) { add_bits(v, j, e); }
static __device__ __forceinline__ void put(uint4 &v, int j, uint64_t e) {
    add_bits(v, 2 * j, (uint32_t)e);
    add_bits(v, 2 * j + 1, (uint32_t)(e >> 32));
}

/* Takes one step's elements, a word or a double, out at the front of 16 bytes, and puts others in behind. */
static __device__ __forceinline__ uint4 shift_in(const uint4 &v, const uint16_t *e) {
    return make_uint4(v.y, v.z, v.w, e[0] | (uint32_t)e[1] << 16);
}
static __device__ __forceinline__ uint4 shift_in(const uint4 &v, const uint32_t *e) {
    return make_uint4(v.y, v.z, v.w, e[0]);
}
static __device__ __forceinline__ uint4 shift_in(const uint4 &v, const uint64_t *e) {
    return make_uint4(v.z, v.w, (uint32_t)e[0], (uint32_t)(e[0] >> 32));
}
