/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver is loaded by its name alone, from where the system's loader finds it: an environment variable of our own
 * that names a library to load would be a hole. It is never unloaded, since the driver does not support that.
 */
#include "driver.h"
#include "error.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/*
 * glibc 2.34 moved these functions from libdl and libpthread to libc, under a new version. The old one, which every later
 * release has too, lets a library that was built there run with glibc 2.17.
 */
#ifdef __GLIBC__
#ifdef __aarch64__
#define OLD_VERSION(name) __asm__(".symver " #name ", " #name "@GLIBC_2.17")
#elif defined __x86_64__
#define OLD_VERSION(name) __asm__(".symver " #name ", " #name "@GLIBC_2.2.5")
#else
#define OLD_VERSION(name) _Static_assert(1, "any version will do")
#endif
OLD_VERSION(dlopen);
OLD_VERSION(dlsym);
OLD_VERSION(dlerror);
OLD_VERSION(pthread_once);
#endif

#define STUB 34              /* CUDA_ERROR_STUB_LIBRARY */
#define OLDEST_VERSION 11000 /* CUDA 11.0; the kernels' PTX asks for less, but nothing older is tested by anybody */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static cuda_driver driver;
static char reason[ERROR_SIZE]; /* why there is no driver; empty where there is one */

static int find_functions(void *library) {
#define FIND(member, symbol, parameters)                                                                               \
    {                                                                                                                  \
        void *address = dlsym(library, #symbol);                                                                       \
        if (address == NULL) {                                                                                         \
            snprintf(reason, sizeof reason, "CUDA unavailable: the driver libcuda.so.1 has no " #symbol);              \
            return 0;                                                                                                  \
        }                                                                                                              \
        memcpy(&driver.member, &address, sizeof address);                                                              \
    }
    CUDA_DRIVER_FUNCTIONS(FIND)
#undef FIND
    return 1;
}

static const char *words_of(CUresult result) {
    const char *text = NULL;
    return driver.cuGetErrorString(result, &text) == 0 && text != NULL ? text : "an unknown error";
}

static void give_up(const char *call, CUresult result) {
    const char *words = result == STUB ? "libcuda.so.1 is the CUDA toolkit's stub, not the driver" : words_of(result);
    snprintf(reason, sizeof reason, "CUDA unavailable: %s: %s (error %d)", call, words, result);
}

static void load(void) {
    void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(reason, sizeof reason, "CUDA unavailable: no NVIDIA driver: %s", dlerror());
        return;
    }
    if (!find_functions(library)) {
        return;
    }
    CUresult result = driver.cuDriverGetVersion(&driver.version);
    if (result != 0) {
        give_up("cuDriverGetVersion", result);
    } else if (driver.version < OLDEST_VERSION) {
        snprintf(reason, sizeof reason, "CUDA unavailable: the driver speaks CUDA %d.%d, and 11.0 or later is needed",
                 driver.version / 1000, driver.version % 1000 / 10);
    } else if ((result = driver.cuInit(0)) != 0) {
        give_up("cuInit", result);
    } else if ((result = driver.cuDeviceGetCount(&driver.devices)) != 0) {
        give_up("cuDeviceGetCount", result);
    } else if (driver.devices < 1) {
        snprintf(reason, sizeof reason, "CUDA unavailable: the driver finds no GPU");
    }
}

const cuda_driver *exactloss_cuda_driver(void) {
    pthread_once(&once, load);
    if (reason[0] != '\0') {
        exactloss_cuda_fail(EXACTLOSS_CUDA_ERROR_UNAVAILABLE, "%s", reason);
        return NULL;
    }
    return &driver;
}

int exactloss_cuda_judge(const cuda_driver *d, CUresult result, const char *call) {
    const char *text = NULL;
    if (result == 0) {
        return EXACTLOSS_OK;
    }
    if (d->cuGetErrorString(result, &text) != 0 || text == NULL) {
        text = "an unknown error";
    }
    return exactloss_cuda_fail(result == CUDA_ERROR_OUT_OF_MEMORY ? EXACTLOSS_CUDA_ERROR_MEMORY
                                                                  : EXACTLOSS_CUDA_ERROR_DRIVER,
                               "%s: %s (error %d)", call, text, result);
}
