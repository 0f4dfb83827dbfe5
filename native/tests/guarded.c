/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "guarded.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef _WIN32
#include <windows.h>

static size_t page_size(void) {
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwPageSize;
}

static unsigned char *reserve(size_t size) { return VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_NOACCESS); }

static int make_usable(unsigned char *p, size_t size) {
    return VirtualAlloc(p, size, MEM_COMMIT, PAGE_READWRITE) != NULL;
}

static void release(unsigned char *p, size_t size) {
    (void)size;
    VirtualFree(p, 0, MEM_RELEASE);
}
#else
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static unsigned char *reserve(size_t size) {
    void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static int make_usable(unsigned char *p, size_t size) { return mprotect(p, size, PROT_READ | PROT_WRITE) == 0; }

static void release(unsigned char *p, size_t size) { munmap(p, size); }
#endif

guarded guarded_allocate(size_t size) {
    const size_t page = page_size();
    const size_t usable = (size + page - 1) / page * page;
    unsigned char *all = reserve(usable + 2 * page);
    if (all == NULL || (usable > 0 && !make_usable(all + page, usable))) {
        perror("guarded_allocate");
        abort();
    }
    return (guarded){all + page, all + page + usable};
}

void guarded_free(guarded g) {
    const size_t page = page_size();
    release(g.begin - page, (size_t)(g.end - g.begin) + 2 * page);
}
