/* SPDX-License-Identifier: Apache-2.0 */
/* An opened device: its context, its kernels, and the sums that are not in use. */
#ifndef EXACTLOSS_CUDA_DEVICE_H
#define EXACTLOSS_CUDA_DEVICE_H

#include "device_sum.h"
#include "driver.h"
#include "error.h"
#include "layout.h"

enum {
#define KERNEL_NUMBER(name) KERNEL_##name,
    CUDA_KERNELS(KERNEL_NUMBER)
#undef KERNEL_NUMBER
        KERNELS
};

typedef struct cuda_kernel {
    CUfunction function;
    int64_t resident; /* blocks that fit on the device at the same time */
} cuda_kernel;

struct exactloss_cuda_device {
    const cuda_driver *driver;
    CUdevice id;
    CUcontext context;
    CUmodule module;
    cuda_kernel kernels[KERNELS];
    sum_pool sums;
};

/* Makes the device's context current for this thread, or sets the error. */
int exactloss_cuda_enter(exactloss_cuda_device *device);

/* Makes the context current that was so before. */
void exactloss_cuda_leave(exactloss_cuda_device *device);

#endif
