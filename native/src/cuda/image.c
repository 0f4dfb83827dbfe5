/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

/* Puts a file into the library, and a 0 behind it, which ends the text where it is one. */
#define EMBED(name, path)                                                                                              \
    __asm__(".section .rodata\n.balign 16\n.globl " #name "\n.hidden " #name "\n" #name ":\n.incbin \"" path           \
            "\"\n.byte 0\n.previous\n")

EMBED(exactloss_cuda_image, EXACTLOSS_CUDA_IMAGE);

#ifdef EXACTLOSS_CUDA_FALLBACK
EMBED(exactloss_cuda_fallback, EXACTLOSS_CUDA_FALLBACK);
#else
__asm__(".globl exactloss_cuda_fallback\n.hidden exactloss_cuda_fallback\n"
        ".set exactloss_cuda_fallback, exactloss_cuda_image\n");
#endif
