/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of the CUDA driver that are used, by a declaration of our own: no header of the toolkit is needed, and
 * libcuda.so.1 is looked for at run time.
 */
#ifndef EXACTLOSS_CUDA_DRIVER_H
#define EXACTLOSS_CUDA_DRIVER_H

#include <stddef.h>
#include <stdint.h>

typedef int CUresult;
typedef int CUdevice;
typedef uint64_t CUdeviceptr;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUstream_st *CUstream;

#define CUDA_ERROR_OUT_OF_MEMORY 2
#define CUDA_ERRORS_OF_IMAGES 200 /* the first of a hundred */

#define CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT 16
#define CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE 36
#define CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH 37
#define CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR 75
#define CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR 76

#define CU_STREAM_NON_BLOCKING 1

/* X(the member below, the symbol, the parameters) */
#define CUDA_DRIVER_FUNCTIONS(X)                                                                                       \
    X(cuInit, cuInit, (unsigned flags))                                                                                \
    X(cuDriverGetVersion, cuDriverGetVersion, (int *version))                                                          \
    X(cuGetErrorString, cuGetErrorString, (CUresult error, const char **text))                                         \
    X(cuDeviceGetCount, cuDeviceGetCount, (int *count))                                                                \
    X(cuDeviceGet, cuDeviceGet, (CUdevice * device, int ordinal))                                                      \
    X(cuDeviceGetName, cuDeviceGetName, (char *name, int size, CUdevice device))                                       \
    X(cuDeviceTotalMem, cuDeviceTotalMem_v2, (size_t * size, CUdevice device))                                         \
    X(cuDeviceGetAttribute, cuDeviceGetAttribute, (int *value, int attribute, CUdevice device))                        \
    X(cuDevicePrimaryCtxRetain, cuDevicePrimaryCtxRetain, (CUcontext * context, CUdevice device))                      \
    X(cuDevicePrimaryCtxRelease, cuDevicePrimaryCtxRelease_v2, (CUdevice device))                                      \
    X(cuCtxPushCurrent, cuCtxPushCurrent_v2, (CUcontext context))                                                      \
    X(cuCtxPopCurrent, cuCtxPopCurrent_v2, (CUcontext * context))                                                      \
    X(cuModuleLoadData, cuModuleLoadData, (CUmodule * module, const void *image))                                      \
    X(cuModuleUnload, cuModuleUnload, (CUmodule module))                                                               \
    X(cuModuleGetFunction, cuModuleGetFunction, (CUfunction * function, CUmodule module, const char *name))            \
    X(cuOccupancyMaxActiveBlocksPerMultiprocessor, cuOccupancyMaxActiveBlocksPerMultiprocessor,                        \
      (int *blocks, CUfunction, int threads, size_t shared))                                                           \
    X(cuMemAlloc, cuMemAlloc_v2, (CUdeviceptr * memory, size_t size))                                                  \
    X(cuMemFree, cuMemFree_v2, (CUdeviceptr memory))                                                                   \
    X(cuMemAllocHost, cuMemAllocHost_v2, (void **memory, size_t size))                                                 \
    X(cuMemFreeHost, cuMemFreeHost, (void *memory))                                                                    \
    X(cuMemsetD8Async, cuMemsetD8Async, (CUdeviceptr memory, unsigned char value, size_t size, CUstream stream))       \
    X(cuMemcpyAsync, cuMemcpyAsync, (CUdeviceptr to, CUdeviceptr from, size_t size, CUstream stream))                  \
    X(cuStreamCreate, cuStreamCreate, (CUstream * stream, unsigned flags))                                             \
    X(cuStreamDestroy, cuStreamDestroy_v2, (CUstream stream))                                                          \
    X(cuStreamSynchronize, cuStreamSynchronize, (CUstream stream))                                                     \
    X(cuLaunchKernel, cuLaunchKernel,                                                                                  \
      (CUfunction, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,              \
       unsigned block_z, unsigned shared, CUstream stream, void **arguments, void **extra))

#define CUDA_DRIVER_MEMBER(member, symbol, parameters) CUresult(*member) parameters;

typedef struct cuda_driver {
    CUDA_DRIVER_FUNCTIONS(CUDA_DRIVER_MEMBER)
    int version; /* of CUDA that it speaks */
    int devices; /* at least 1 */
} cuda_driver;

#undef CUDA_DRIVER_MEMBER

/* The driver, initialised at the first call; NULL where there is none that can be used, and the error is set then. */
const cuda_driver *exactloss_cuda_driver(void);

/* EXACTLOSS_OK where a call of the driver succeeded; otherwise sets the error, which names the call. */
int exactloss_cuda_judge(const cuda_driver *driver, CUresult result, const char *call);

/* EXACTLOSS_OK, or the status of a failed call of the driver: `function` is a member of cuda_driver. */
#define CUDA_CALL(driver, function, ...) exactloss_cuda_judge(driver, (driver)->function(__VA_ARGS__), #function)

#endif
