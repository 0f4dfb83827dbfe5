/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A libcuda.so.1 without a GPU: it runs the kernels of a table on the executor. Device memory is the host's, before and
 * behind it pages that cannot be read. What is put into a stream is done when somebody waits for it, and not before; host
 * memory that is not pinned is copied at once, as the real driver does.
 */
#include "fake_driver.h"
#include "executor.h"
#include "kernel_table.h"

#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sys/mman.h>
#include <vector>

#define API extern "C" __attribute__((visibility("default")))
#define PAGE 4096u

typedef int CUresult;
typedef uint64_t CUdeviceptr;
typedef std::vector<std::function<void()>> queue;

enum : CUresult {
    INVALID_VALUE = 1,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    NO_BINARY = 209,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500
};

struct stream {
    queue work;
};

static std::recursive_mutex lock;
static std::map<uint64_t, size_t> device_memory, pinned_memory;
static std::map<stream *, std::unique_ptr<stream>> streams;
static stream default_stream;
static thread_local int context_depth;
static char the_context, the_module;

static long number_from(const char *name, long otherwise) {
    const char *text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtol(text, nullptr, 10);
}

API fake_cuda_state fake_cuda;
fake_cuda_state fake_cuda = {.calls = 0,
                             .fail_at = number_from("FAKE_CUDA_FAIL_AT", -1),
                             .fail_code = static_cast<int>(number_from("FAKE_CUDA_FAIL_CODE", 700)),
                             .failed = nullptr,
                             .launches = 0,
                             .resources = 0,
                             .contexts = 0,
                             .multiprocessors = 3,
                             .seed = 1,
                             .blocks = 0};

/* Counts a call; whether it is the one that shall fail. */
static bool is_failing(const char *name) {
    const bool found = fake_cuda.calls++ == fake_cuda.fail_at;
    fake_cuda.failed = found ? name : fake_cuda.failed;
    return found;
}

/* How a function begins, and one that needs a context. */
#define ENTER()                                                                                                        \
    const std::lock_guard<std::recursive_mutex> guard(lock);                                                           \
    if (is_failing(__func__)) {                                                                                        \
        return fake_cuda.fail_code;                                                                                    \
    }                                                                                                                  \
    static_assert(true)
#define ENTER_CONTEXT()                                                                                                \
    ENTER();                                                                                                           \
    if (context_depth == 0) {                                                                                          \
        return INVALID_CONTEXT;                                                                                        \
    }                                                                                                                  \
    static_assert(true)

static stream *find(void *handle) {
    if (handle == nullptr) {
        return &default_stream;
    }
    const auto found = streams.find(static_cast<stream *>(handle));
    return found == streams.end() ? nullptr : found->first;
}

static void finish(stream *s) {
    queue work;
    work.swap(s->work);
    for (const auto &step : work) {
        step();
    }
}

static void finish_all() {
    finish(&default_stream);
    for (const auto &entry : streams) {
        finish(entry.first);
    }
}

static bool is_within(const std::map<uint64_t, size_t> &memory, uint64_t address, size_t size) {
    auto next = memory.upper_bound(address);
    return next != memory.begin() && (--next, address + size <= next->first + next->second);
}

/* ---- devices and contexts ---------------------------------------------------------------------------------------- */

API CUresult cuInit(unsigned) {
    ENTER();
    return 0;
}

API CUresult cuDriverGetVersion(int *version) {
    ENTER();
    *version = static_cast<int>(number_from("FAKE_CUDA_VERSION", 13000));
    return 0;
}

API CUresult cuGetErrorString(CUresult error, const char **text) {
    *text = error == 2 ? "out of memory" : "an injected or a faked error";
    return 0;
}

API CUresult cuDeviceGetCount(int *count) {
    ENTER();
    *count = static_cast<int>(number_from("FAKE_CUDA_DEVICES", 1));
    return 0;
}

API CUresult cuDeviceGet(int *device, int ordinal) {
    ENTER();
    *device = ordinal;
    return 0;
}

API CUresult cuDeviceGetName(char *name, int size, int) {
    ENTER();
    std::strncpy(name, "a fake GPU", static_cast<size_t>(size));
    return 0;
}

API CUresult cuDeviceTotalMem_v2(size_t *size, int) {
    ENTER();
    *size = size_t(1) << 30;
    return 0;
}

API CUresult cuDeviceGetAttribute(int *value, int attribute, int) {
    ENTER();
    switch (attribute) {
        case 16:
            *value = fake_cuda.multiprocessors;
            return 0;
        case 36:
            *value = 1000000; /* kHz */
            return 0;
        case 37:
            *value = 256;
            return 0;
        case 75:
            *value = 9;
            return 0;
        case 76:
            *value = 0;
            return 0;
        default:
            return INVALID_VALUE;
    }
}

API CUresult cuDevicePrimaryCtxRetain(void **context, int) {
    ENTER();
    *context = &the_context;
    fake_cuda.resources++;
    return 0;
}

API CUresult cuDevicePrimaryCtxRelease_v2(int) {
    ENTER();
    finish_all();
    fake_cuda.resources--;
    return 0;
}

API CUresult cuCtxPushCurrent_v2(void *context) {
    ENTER();
    if (context != &the_context) {
        return INVALID_CONTEXT;
    }
    fake_cuda.contexts = ++context_depth;
    return 0;
}

API CUresult cuCtxPopCurrent_v2(void **context) {
    const std::lock_guard<std::recursive_mutex> guard(lock);
    if (context_depth == 0) {
        return INVALID_CONTEXT;
    }
    fake_cuda.contexts = --context_depth;
    *context = &the_context;
    return 0;
}

/* ---- modules and kernels ----------------------------------------------------------------------------------------- */

/* A "fat binary" begins with a magic number; the kind of its first part tells PTX (1) from a binary (2). */
static bool is_fat_binary(const unsigned char *image) { return std::memcmp(image, "\x50\xed\x55\xba", 4) == 0; }

API CUresult cuModuleLoadData(void **module, const void *image) {
    ENTER_CONTEXT();
    const auto *bytes = static_cast<const unsigned char *>(image);
    if (is_fat_binary(bytes) ? bytes[16] != 1 && bytes[16] != 2
                             : std::strstr(static_cast<const char *>(image), ".version") == nullptr) {
        return INVALID_IMAGE;
    }
    if (std::getenv("FAKE_CUDA_ONLY_PTX") != nullptr && is_fat_binary(bytes) && bytes[16] != 1) {
        return NO_BINARY;
    }
    *module = &the_module;
    fake_cuda.resources++;
    return 0;
}

API CUresult cuModuleUnload(void *module) {
    ENTER_CONTEXT();
    if (module != &the_module) {
        return INVALID_HANDLE;
    }
    finish_all();
    fake_cuda.resources--;
    return 0;
}

API CUresult cuModuleGetFunction(const void **function, void *module, const char *name) {
    ENTER_CONTEXT();
    if (module != &the_module) {
        return INVALID_HANDLE;
    }
    for (size_t i = 0; i < kernel_count; i++) {
        if (std::strcmp(kernel_table[i].name, name) == 0) {
            *function = &kernel_table[i];
            return 0;
        }
    }
    return NOT_FOUND;
}

API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, void *, int, size_t) {
    ENTER_CONTEXT();
    *blocks = 2;
    return 0;
}

API CUresult cuLaunchKernel(const kernel_entry *kernel, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                            unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared, void *handle,
                            void **arguments, void **extra) {
    ENTER_CONTEXT();
    stream *s = find(handle);
    if (s == nullptr) {
        return INVALID_HANDLE;
    }
    if (grid_x == 0 || grid_y != 1 || grid_z != 1 || block_x == 0 || block_x > 1024 || block_y != 1 || block_z != 1 ||
        shared != 0 || extra != nullptr) {
        return INVALID_VALUE;
    }
    const auto *job = static_cast<const char *>(arguments[0]);
    const std::vector<char> copy(job, job + kernel->job_size);
    const unsigned seed = fake_cuda.seed++;
    s->work.push_back([=] {
        executor::launch(grid_x, block_x, seed, 1 + seed % 4, kernel->run, copy.data());
        fake_cuda.launches++;
        fake_cuda.blocks += grid_x;
    });
    return 0;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static CUresult map_memory(std::map<uint64_t, size_t> &memory, size_t size, uint64_t *address) {
    if (size == 0) {
        return INVALID_VALUE;
    }
    const size_t whole = (size + PAGE - 1) / PAGE * PAGE;
    auto *pages = static_cast<char *>(mmap(nullptr, whole + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (pages == MAP_FAILED || mprotect(pages + PAGE, whole, PROT_READ | PROT_WRITE) != 0) {
        return 2;
    }
    *address = reinterpret_cast<uint64_t>(pages + PAGE);
    std::memset(pages + PAGE, 0xcd, whole);
    memory[*address] = size;
    fake_cuda.resources++;
    return 0;
}

static CUresult unmap_memory(std::map<uint64_t, size_t> &memory, uint64_t address) {
    const auto found = memory.find(address);
    if (found == memory.end()) {
        return INVALID_VALUE;
    }
    finish_all();
    const size_t whole = (found->second + PAGE - 1) / PAGE * PAGE;
    munmap(reinterpret_cast<char *>(address) - PAGE, whole + 2 * PAGE);
    memory.erase(found);
    fake_cuda.resources--;
    return 0;
}

API CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t size) {
    ENTER_CONTEXT();
    return map_memory(device_memory, size, address);
}

API CUresult cuMemFree_v2(CUdeviceptr address) {
    ENTER_CONTEXT();
    return unmap_memory(device_memory, address);
}

API CUresult cuMemAllocHost_v2(void **memory, size_t size) {
    uint64_t address = 0;
    ENTER_CONTEXT();
    const CUresult result = map_memory(pinned_memory, size, &address);
    *memory = reinterpret_cast<void *>(address);
    return result;
}

API CUresult cuMemFreeHost(void *memory) {
    ENTER_CONTEXT();
    return unmap_memory(pinned_memory, reinterpret_cast<uint64_t>(memory));
}

API CUresult cuMemsetD8Async(CUdeviceptr address, unsigned char value, size_t size, void *handle) {
    ENTER_CONTEXT();
    stream *s = find(handle);
    if (s == nullptr || !is_within(device_memory, address, size)) {
        return INVALID_VALUE;
    }
    s->work.push_back([=] { std::memset(reinterpret_cast<void *>(address), value, size); });
    return 0;
}

API CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t size, void *handle) {
    ENTER_CONTEXT();
    stream *s = find(handle);
    if (s == nullptr) {
        return INVALID_HANDLE;
    }
    const auto is_kept = [size](uint64_t address) {
        return is_within(device_memory, address, size) || is_within(pinned_memory, address, size);
    };
    auto *destination = reinterpret_cast<char *>(to);
    const auto *source = reinterpret_cast<const char *>(from);
    if (!is_kept(from)) {
        const std::vector<char> copy(source, source + size);
        s->work.push_back([=] { std::memcpy(destination, copy.data(), size); });
    } else {
        s->work.push_back([=] { std::memmove(destination, source, size); });
    }
    if (!is_kept(to)) {
        finish(s);
    }
    return 0;
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

API CUresult cuStreamCreate(void **made, unsigned flags) {
    ENTER_CONTEXT();
    if (flags != 1) {
        return INVALID_VALUE;
    }
    auto s = std::make_unique<stream>();
    *made = s.get();
    streams[s.get()] = std::move(s);
    fake_cuda.resources++;
    return 0;
}

API CUresult cuStreamDestroy_v2(void *handle) {
    ENTER_CONTEXT();
    stream *s = find(handle);
    if (handle == nullptr || s == nullptr) {
        return INVALID_HANDLE;
    }
    finish(s);
    streams.erase(s);
    fake_cuda.resources--;
    return 0;
}

API CUresult cuStreamSynchronize(void *handle) {
    ENTER_CONTEXT();
    stream *s = find(handle);
    if (s == nullptr) {
        return INVALID_HANDLE;
    }
    finish(s);
    return 0;
}
