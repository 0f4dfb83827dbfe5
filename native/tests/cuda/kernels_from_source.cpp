/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels' source, compiled for the executor. */
#include "cuda_shim.h"

#include "kernels.cu"

#include "kernel_table.h"

#define ENTRY(name)                                                                                                    \
    {"exactloss_" #name, sizeof(cuda_job),                                                                             \
     [](const void *job) { exactloss_##name(*static_cast<const cuda_job *>(job)); }},

const kernel_entry kernel_table[] = {CUDA_KERNELS(ENTRY)};

const size_t kernel_count = sizeof kernel_table / sizeof *kernel_table;
