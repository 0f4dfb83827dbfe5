/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernels use of CUDA, for an ordinary C++ compiler; the executor does what threads do together. */
#ifndef CUDA_SHIM_H
#define CUDA_SHIM_H

#include "../executor.h"

#include <cmath>
#include <cstring>

#define __global__
#define __device__
#define __shared__ EXECUTOR_SHARED
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)

struct alignas(8) uint2 {
    uint32_t x, y;
};
struct alignas(16) uint4 {
    uint32_t x, y, z, w;
};
struct alignas(16) ulonglong2 {
    unsigned long long x, y;
};

static inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) { return {x, y, z, w}; }

/* threadIdx.x and the others */
struct executor_number {
    const unsigned &x;
};
static const executor_number threadIdx = {executor::thread}, blockIdx = {executor::block}, gridDim = {executor::blocks};

static inline void __syncthreads() { executor::barrier(); }
static inline void __threadfence() { executor::yield(); }

template <class type> static inline type __shfl_down_sync(uint32_t mask, type value, int distance) {
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    bits = executor::shuffle_down(mask, bits, static_cast<unsigned>(distance));
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

static inline unsigned long long atomicAdd(unsigned long long *word, unsigned long long value) {
    return executor::atomic_add(word, value);
}
static inline unsigned atomicAdd(unsigned *word, unsigned value) { return executor::atomic_add(word, value); }

template <class type> static inline type __ldcs(const type *address) { return *executor::aligned(address); }
template <class type> static inline void __stcs(type *address, type value) { *executor::aligned(address) = value; }

static inline int __popc(uint32_t bits) { return __builtin_popcount(bits); }

template <class to, class from> static inline to executor_bits(from value) {
    static_assert(sizeof(to) == sizeof(from), "as many bits");
    to result;
    std::memcpy(&result, &value, sizeof result);
    return result;
}

static inline uint32_t __float_as_uint(float x) { return executor_bits<uint32_t>(x); }
static inline float __uint_as_float(uint32_t x) { return executor_bits<float>(x); }
static inline long long __double_as_longlong(double x) { return executor_bits<long long>(x); }
static inline double __longlong_as_double(long long x) { return executor_bits<double>(x); }

static inline float __fadd_rn(float a, float b) { return a + b; }
static inline float __fsub_rn(float a, float b) { return a - b; }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fdiv_rn(float a, float b) { return a / b; }
static inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
static inline double __dadd_rn(double a, double b) { return a + b; }
static inline double __dsub_rn(double a, double b) { return a - b; }
static inline double __dmul_rn(double a, double b) { return a * b; }
static inline double __ddiv_rn(double a, double b) { return a / b; }
static inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }

#endif
