/* SPDX-License-Identifier: Apache-2.0 */
#include "gradient.cuh"

#define DEFINE_GRADIENT(bits)                                                                                          \
    extern "C" __global__ void __launch_bounds__(BLOCK_THREADS) exactloss_##bits##_gradient(const cuda_job job) {      \
        gradient_kernel<bits / 8>(job);                                                                                \
    }

DEFINE_GRADIENT(16)
DEFINE_GRADIENT(32)
DEFINE_GRADIENT(64)
