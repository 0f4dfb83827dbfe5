/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled kernels, in a form that cuModuleLoadData() takes. */
#ifndef EXACTLOSS_CUDA_IMAGE_H
#define EXACTLOSS_CUDA_IMAGE_H

/* The binaries of each architecture; in a build without nvcc, the PTX below. */
extern const char exactloss_cuda_image[];

/* PTX of an old version, for drivers and GPUs that the image is not made for. The same object in a build without nvcc. */
extern const char exactloss_cuda_fallback[];

#endif
