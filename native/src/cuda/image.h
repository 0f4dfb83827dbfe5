/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled kernels, in the form that cuModuleLoadData() takes. */
#ifndef EXACTLOSS_CUDA_IMAGE_H
#define EXACTLOSS_CUDA_IMAGE_H

/* The binaries of each architecture, and PTX for later ones: where they were built without nvcc, the PTX below. */
const void *exactloss_cuda_image(void);

/* PTX of a version that older drivers know too. */
const void *exactloss_cuda_ptx(void);

#endif
