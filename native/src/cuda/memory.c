/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and streams of a device. */
#include "device.h"

int exactloss_cuda_alloc(exactloss_cuda_device *device, int64_t size, void **memory) {
    CUdeviceptr address = 0;
    if (memory != NULL) {
        *memory = NULL;
    }
    if (device != NULL && size < 0) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_COUNT);
    }
    if (memory == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    int status = exactloss_cuda_enter(device);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (size > 0) {
        status = CUDA_CALL(device->driver, cuMemAlloc, &address, (size_t)size);
    }
    exactloss_cuda_leave(device);
    if (status == EXACTLOSS_OK) {
        *memory = (void *)(uintptr_t)address;
    }
    return status;
}

int exactloss_cuda_free(exactloss_cuda_device *device, void *memory) {
    int status = exactloss_cuda_enter(device);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (memory != NULL) {
        status = CUDA_CALL(device->driver, cuMemFree, (CUdeviceptr)(uintptr_t)memory);
    }
    exactloss_cuda_leave(device);
    return status;
}

int exactloss_cuda_copy_async(exactloss_cuda_device *device, void *to, const void *from, int64_t size, void *stream) {
    if (device == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    if (size < 0) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_COUNT);
    }
    if (size > 0 && (to == NULL || from == NULL)) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    int status = exactloss_cuda_enter(device);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (size > 0) {
        status = CUDA_CALL(device->driver, cuMemcpyAsync, (CUdeviceptr)(uintptr_t)to, (CUdeviceptr)(uintptr_t)from,
                           (size_t)size, (CUstream)stream);
    }
    exactloss_cuda_leave(device);
    return status;
}

int exactloss_cuda_stream_create(exactloss_cuda_device *device, void **stream) {
    CUstream made = NULL;
    if (stream == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    *stream = NULL;
    int status = exactloss_cuda_enter(device);
    if (status == EXACTLOSS_OK) {
        status = CUDA_CALL(device->driver, cuStreamCreate, &made, CU_STREAM_NON_BLOCKING);
        exactloss_cuda_leave(device);
    }
    if (status == EXACTLOSS_OK) {
        *stream = made;
    }
    return status;
}

int exactloss_cuda_stream_destroy(exactloss_cuda_device *device, void *stream) {
    int status = exactloss_cuda_enter(device);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (stream != NULL) {
        status = CUDA_CALL(device->driver, cuStreamDestroy, (CUstream)stream);
    }
    exactloss_cuda_leave(device);
    return status;
}

int exactloss_cuda_stream_sync(exactloss_cuda_device *device, void *stream) {
    int status = exactloss_cuda_enter(device);
    if (status == EXACTLOSS_OK) {
        status = CUDA_CALL(device->driver, cuStreamSynchronize, (CUstream)stream);
        exactloss_cuda_leave(device);
    }
    return status;
}
