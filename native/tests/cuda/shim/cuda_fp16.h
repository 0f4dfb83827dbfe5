/* SPDX-License-Identifier: Apache-2.0 */
/* The conversions of float16 that the kernels use; the compiler's own do the work. */
#ifndef CUDA_SHIM_FP16_H
#define CUDA_SHIM_FP16_H

#include "cuda_shim.h"

typedef _Float16 __half;

static inline __half __ushort_as_half(uint16_t bits) { return executor_bits<_Float16>(bits); }
static inline uint16_t __half_as_ushort(__half x) { return executor_bits<uint16_t>(x); }
static inline float __half2float(__half x) { return static_cast<float>(x); }
static inline __half __float2half_rn(float x) { return static_cast<_Float16>(x); }

#endif
