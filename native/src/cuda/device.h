/* SPDX-License-Identifier: Apache-2.0 */
/* An opened device: its context, its kernels, and the sums that are not in use. */
#ifndef EXACTLOSS_CUDA_DEVICE_H
#define EXACTLOSS_CUDA_DEVICE_H

#include "driver.h"
#include "error.h"

#include <pthread.h>

/* In the order of the names in device.c. */
enum { FLOAT_PREDICTIONS, DOUBLE_PREDICTIONS, FLOAT_LOGITS, DOUBLE_LOGITS, GRADIENT, KERNELS };

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
    pthread_mutex_t lock; /* of the list below */
    struct exactloss_cuda_accumulator *idle;
};

/* Makes the device's context current for this thread, or sets the error. */
int exactloss_cuda_enter(exactloss_cuda_device *device);

/* Makes the context current that was so before. */
void exactloss_cuda_leave(exactloss_cuda_device *device);

/* EXACTLOSS_OK, or the status of a failed call of the driver: `function` is a member of cuda_driver. */
#define CUDA_CALL(device, function, ...)                                                                               \
    exactloss_cuda_judge((device)->driver, (device)->driver->function(__VA_ARGS__), #function)

#endif
