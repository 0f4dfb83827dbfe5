/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices. The primary context is retained, as the CUDA runtime and PyTorch do, so that their memory and streams can be
 * used; it is current only for the time of a call.
 */
#include "device.h"
#include "image.h"

#include <stdlib.h>
#include <string.h>

static const char *const NAMES[KERNELS] = {
#define KERNEL_NAME(name) "exactloss_" #name,
    CUDA_KERNELS(KERNEL_NAME)
#undef KERNEL_NAME
};

int exactloss_cuda_abi_version(void) { return EXACTLOSS_CUDA_ABI_VERSION; }

int exactloss_cuda_device_count(int *count) {
    if (count == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    const cuda_driver *driver = exactloss_cuda_driver();
    *count = driver == NULL ? 0 : driver->devices;
    return driver == NULL ? EXACTLOSS_CUDA_ERROR_UNAVAILABLE : EXACTLOSS_OK;
}

/* The device of a number. */
static int find_device(int ordinal, const cuda_driver **driver, CUdevice *id) {
    *driver = exactloss_cuda_driver();
    if (*driver == NULL) {
        return EXACTLOSS_CUDA_ERROR_UNAVAILABLE;
    }
    if (ordinal < 0 || ordinal >= (*driver)->devices) {
        return exactloss_cuda_fail(EXACTLOSS_CUDA_ERROR_DEVICE, "there is no device %d; the first of %d is 0", ordinal,
                                   (*driver)->devices);
    }
    return CUDA_CALL(*driver, cuDeviceGet, id, ordinal);
}

static int read_attribute(const cuda_driver *driver, CUdevice id, int attribute, int *value) {
    return CUDA_CALL(driver, cuDeviceGetAttribute, value, attribute, id);
}

int exactloss_cuda_get_device_info(int ordinal, exactloss_cuda_device_info *info) {
    const cuda_driver *driver;
    CUdevice id;
    exactloss_cuda_device_info read = {.driver_version = 0};
    size_t size = 0;
    int clock = 0, width = 0;
    if (info == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    int status = find_device(ordinal, &driver, &id);
    if (status == EXACTLOSS_OK) {
        status = CUDA_CALL(driver, cuDeviceGetName, read.name, (int)sizeof read.name, id);
    }
    if (status == EXACTLOSS_OK) {
        status = CUDA_CALL(driver, cuDeviceTotalMem, &size, id);
    }
    const struct {
        int attribute;
        int *value;
    } attributes[] = {
        {CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, &read.multiprocessors},
        {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, &read.compute_major},
        {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, &read.compute_minor},
        {CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, &clock},
        {CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, &width},
    };
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes && status == EXACTLOSS_OK; i++) {
        status = read_attribute(driver, id, attributes[i].attribute, attributes[i].value);
    }
    if (status == EXACTLOSS_OK) {
        read.memory_bytes = (int64_t)size;
        read.memory_bandwidth = (int64_t)clock * 1000 * 2 * (width / 8); /* kHz, two transfers a tick, bits */
        read.driver_version = driver->version;
        *info = read;
    }
    return status;
}

int exactloss_cuda_enter(exactloss_cuda_device *device) {
    if (device == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    return CUDA_CALL(device->driver, cuCtxPushCurrent, device->context);
}

void exactloss_cuda_leave(exactloss_cuda_device *device) {
    CUcontext ours;
    device->driver->cuCtxPopCurrent(&ours);
}

/*
 * An older driver knows neither the binaries nor the PTX of a newer compiler: it gets PTX of a version that all drivers
 * of GPUs for which there are kernels know.
 */
static int load_module(exactloss_cuda_device *device) {
    CUresult result = device->driver->cuModuleLoadData(&device->module, exactloss_cuda_image);
    if (result / 100 * 100 == CUDA_ERRORS_OF_IMAGES) {
        result = device->driver->cuModuleLoadData(&device->module, exactloss_cuda_fallback);
    }
    return exactloss_cuda_judge(device->driver, result, "cuModuleLoadData");
}

static int find_kernels(exactloss_cuda_device *device) {
    int multiprocessors = 0;
    int status = read_attribute(device->driver, device->id, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, &multiprocessors);
    for (int i = 0; i < KERNELS && status == EXACTLOSS_OK; i++) {
        cuda_kernel *kernel = &device->kernels[i];
        int blocks = 0;
        status = CUDA_CALL(device->driver, cuModuleGetFunction, &kernel->function, device->module, NAMES[i]);
        if (status == EXACTLOSS_OK) {
            status = CUDA_CALL(device->driver, cuOccupancyMaxActiveBlocksPerMultiprocessor, &blocks, kernel->function,
                               BLOCK_THREADS, 0);
            kernel->resident = blocks > 0 ? (int64_t)blocks * multiprocessors : 1;
        }
    }
    return status;
}

/* What needs the context. */
static int load_kernels(exactloss_cuda_device *device) {
    int status = exactloss_cuda_enter(device);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    status = load_module(device);
    if (status == EXACTLOSS_OK) {
        status = find_kernels(device);
        if (status != EXACTLOSS_OK) {
            device->driver->cuModuleUnload(device->module);
        }
    }
    exactloss_cuda_leave(device);
    return status;
}

int exactloss_cuda_open(int ordinal, exactloss_cuda_device **device) {
    if (device == NULL) {
        return exactloss_cuda_explain(EXACTLOSS_ERROR_NULL);
    }
    *device = NULL;
    exactloss_cuda_device opened = {.driver = NULL};
    int status = find_device(ordinal, &opened.driver, &opened.id);
    if (status == EXACTLOSS_OK) {
        status = CUDA_CALL(opened.driver, cuDevicePrimaryCtxRetain, &opened.context, opened.id);
    }
    if (status != EXACTLOSS_OK) {
        return status;
    }
    status = load_kernels(&opened);
    exactloss_cuda_device *made = status == EXACTLOSS_OK ? malloc(sizeof *made) : NULL;
    if (made == NULL) {
        opened.driver->cuDevicePrimaryCtxRelease(opened.id);
        return status != EXACTLOSS_OK ? status : exactloss_cuda_fail(EXACTLOSS_CUDA_ERROR_MEMORY, "out of memory");
    }
    *made = opened;
    pthread_mutex_init(&made->sums.lock, NULL);
    *device = made;
    return EXACTLOSS_OK;
}

int exactloss_cuda_close(exactloss_cuda_device *device) {
    if (device == NULL) {
        return EXACTLOSS_OK;
    }
    int status = exactloss_cuda_enter(device), unloaded = EXACTLOSS_OK;
    if (status == EXACTLOSS_OK) {
        status = exactloss_cuda_empty_pool(&device->sums, device->driver);
        unloaded = CUDA_CALL(device->driver, cuModuleUnload, device->module);
        exactloss_cuda_leave(device);
    }
    const int released = CUDA_CALL(device->driver, cuDevicePrimaryCtxRelease, device->id);
    pthread_mutex_destroy(&device->sums.lock);
    free(device);
    status = status != EXACTLOSS_OK ? status : unloaded;
    return status != EXACTLOSS_OK ? status : released;
}
