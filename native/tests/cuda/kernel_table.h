/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels that a fake driver can run: from the source, or from the PTX. */
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include <cstddef>

struct kernel_entry {
    const char *name;
    size_t job_size;
    void (*run)(const void *job); /* as one thread of the executor */
};

extern const kernel_entry kernel_table[];
extern const size_t kernel_count;

#endif
