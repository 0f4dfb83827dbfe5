/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels by name. A kernel serves several types, of predictions and of targets, that it tells apart by the job: that
 * is the same for all threads, costs little beside the memory, and keeps the binaries of many architectures small.
 *
 * At most 64 registers, so that half of the threads that an SM can have are there to hide each other's waiting.
 */
#include "elements.cuh"

#define KERNEL(name) extern "C" __global__ void __launch_bounds__(BLOCK_THREADS, 4) exactloss_##name(const cuda_job job)

KERNEL(float_predictions) { loss_kernel<float_sum, false>(job); }
KERNEL(double_predictions) { loss_kernel<double_sum, false>(job); }
KERNEL(float_logits) { loss_kernel<float_sum, true>(job); }
KERNEL(double_logits) { loss_kernel<double_sum, true>(job); }
KERNEL(target_gradient) { gradient_kernel(job); }
KERNEL(elements) { elements_kernel(job); }
