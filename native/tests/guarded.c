/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "guarded.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

guarded guarded_allocate(size_t size) {
    const size_t page = page_size();
    const size_t usable = (size + page - 1) / page * page;
    unsigned char *all = mmap(NULL, usable + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all + page, usable, PROT_READ | PROT_WRITE) != 0) {
        perror("guarded_allocate");
        abort();
    }
    return (guarded){all + page, all + page + usable};
}

void guarded_free(guarded g) {
    const size_t page = page_size();
    munmap(g.begin - page, (size_t)(g.end - g.begin) + 2 * page);
}
