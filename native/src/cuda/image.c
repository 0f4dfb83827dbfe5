/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

/* Puts a file into the library, and a 0 behind it, which ends PTX. */
#define EMBED(name, path)                                                                                              \
    __asm__(".section .rodata\n.balign 16\n.globl " #name "\n.hidden " #name "\n" #name ":\n.incbin \"" path           \
            "\"\n.byte 0\n.previous\n");                                                                               \
    extern const char name[];

EMBED(exactloss_cuda_ptx_text, EXACTLOSS_CUDA_PTX)

const void *exactloss_cuda_ptx(void) { return exactloss_cuda_ptx_text; }

#ifdef EXACTLOSS_CUDA_FATBIN
EMBED(exactloss_cuda_fatbin, EXACTLOSS_CUDA_FATBIN)

const void *exactloss_cuda_image(void) { return exactloss_cuda_fatbin; }
#else
const void *exactloss_cuda_image(void) { return exactloss_cuda_ptx_text; }
#endif
