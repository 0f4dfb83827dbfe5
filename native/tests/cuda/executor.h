/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executes a CUDA kernel on a processor: one fiber for each thread, a few blocks at a time, all interleaved by the
 * choice of a seed. Shared memory begins as poison. What CUDA leaves undefined ends the process with a message: a
 * barrier that not all threads of a block reach, a shuffle that not all lanes of its mask take part in.
 */
#ifndef EXECUTOR_H
#define EXECUTOR_H

#include <cstdint>

namespace executor {

/* The thread that runs. */
extern unsigned thread, block, threads, blocks;

/* A variable in shared memory: the executor gives each block its own content. */
#define EXECUTOR_SHARED __attribute__((section("cuda_shared")))

/* __syncthreads() */
void barrier();

/* The value of the lane `distance` above, or the own one where there is none; all lanes of the mask call it. */
uint64_t shuffle_down(uint32_t mask, uint64_t value, unsigned distance);

/* Lets other threads run, perhaps. */
void yield();

/* Ends the process. */
[[noreturn]] void fail(const char *message);

/* Runs `kernel` for every thread of a grid, with so many blocks at a time. */
void launch(unsigned grid, unsigned block_size, unsigned seed, unsigned resident, void (*kernel)(const void *job),
            const void *job);

/* Where memory access must be aligned. */
template <class type> type *aligned(type *address) {
    if (reinterpret_cast<uintptr_t>(address) % sizeof(type) != 0) {
        fail("a misaligned access to memory");
    }
    return address;
}

/* An atomic addition, before which others may run. */
template <class type> type atomic_add(type *word, type value) {
    yield();
    const type old = *aligned(word);
    *word = old + value;
    return old;
}

} // namespace executor

#endif
