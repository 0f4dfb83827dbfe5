/* SPDX-License-Identifier: Apache-2.0 */
#include "executor.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

/* The variables in shared memory, of all kernels in this library. */
extern "C" char __start_cuda_shared[], __stop_cuda_shared[];

#define STACK_BYTES 65536

/* ---- contexts: ucontext would do, but asks the kernel for each switch, ten times slower -------------------------- */

#ifdef __x86_64__

typedef void *context;

extern "C" void executor_switch(context *from, context to);
__asm__(".text\n.globl executor_switch\n.hidden executor_switch\nexecutor_switch:\n"
        "push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n"
        "mov %rsp, (%rdi); mov %rsi, %rsp\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp; ret\n");

static void make_context(context *made, char *stack, void (*entry)()) {
    void **top = reinterpret_cast<void **>(stack + STACK_BYTES);
    *--top = nullptr; /* where entry() would return to; with it the stack is aligned as at a call */
    *--top = reinterpret_cast<void *>(entry);
    top -= 6;
    std::memset(top, 0, 6 * sizeof *top);
    *made = top;
}

static void switch_context(context *from, context *to) { executor_switch(from, *to); }

#else
#include <ucontext.h>

typedef ucontext_t context;

static void make_context(context *made, char *stack, void (*entry)()) {
    getcontext(made);
    made->uc_stack.ss_sp = stack;
    made->uc_stack.ss_size = STACK_BYTES;
    made->uc_link = nullptr;
    makecontext(made, entry, 0);
}

static void switch_context(context *from, context *to) { swapcontext(from, to); }

#endif

namespace executor {

unsigned thread, block, threads, blocks;

enum class state { ready, at_barrier, in_shuffle, done };

struct fiber {
    context saved;
    state is;
    unsigned id;
    uint32_t mask; /* of the shuffle that it waits in */
    unsigned distance;
    uint64_t value, received;
    std::unique_ptr<char[]> stack;
};

struct running_block {
    unsigned id, done;
    std::vector<fiber> fibers;
    std::vector<char> shared;
};

static context scheduler;
static fiber *current;
static running_block *current_block, *loaded; /* the latter's variables lie in shared memory */
static void (*body)(const void *);
static const void *argument;
static std::mt19937 random_numbers;

static unsigned any_number() { return static_cast<unsigned>(random_numbers()); }

void fail(const char *message) {
    std::fprintf(stderr, "executor: %s (block %u, thread %u)\n", message, block, thread);
    std::_Exit(3);
}

static void wait_as(state reason) {
    current->is = reason;
    switch_context(&current->saved, &scheduler);
}

static void run_thread() {
    body(argument);
    current_block->done++;
    wait_as(state::done);
}

void barrier() { wait_as(state::at_barrier); }

void yield() {
    if (any_number() % 4 == 0) {
        wait_as(state::ready);
    }
}

uint64_t shuffle_down(uint32_t mask, uint64_t value, unsigned distance) {
    if ((mask >> current->id % 32 & 1) == 0) {
        fail("a lane is not in the mask of its own shuffle");
    }
    current->mask = mask;
    current->value = value;
    current->distance = distance;
    wait_as(state::in_shuffle);
    return current->received;
}

/* Lets a block go on whose threads have all come to the barrier. */
static void release_barrier(running_block &b) {
    unsigned waiting = 0;
    for (const fiber &f : b.fibers) {
        waiting += f.is == state::at_barrier;
    }
    if (waiting > 0 && waiting + b.done == threads) {
        if (b.done > 0) {
            fail("some threads have ended before a barrier that others wait at");
        }
        for (fiber &f : b.fibers) {
            f.is = state::ready;
        }
    }
}

/* Whether all lanes of the mask are in the same shuffle as this one. */
static bool is_complete(const fiber *warp, const fiber &f) {
    for (unsigned lane = 0; lane < 32; lane++) {
        if ((f.mask >> lane & 1) != 0) {
            const fiber &other = warp[lane];
            if (other.is == state::done) {
                fail("the mask of a shuffle names a thread that has ended");
            }
            if (other.is != state::in_shuffle) {
                return false;
            }
            if (other.mask != f.mask || other.distance != f.distance) {
                fail("two lanes of a warp are in different shuffles");
            }
        }
    }
    return true;
}

static void release_shuffles(running_block &b) {
    for (unsigned first = 0; first < threads; first += 32) {
        fiber *warp = &b.fibers[first];
        for (unsigned lane = 0; lane < 32; lane++) {
            const fiber &f = warp[lane];
            if (f.is != state::in_shuffle || !is_complete(warp, f)) {
                continue;
            }
            const uint32_t mask = f.mask;
            for (unsigned i = 0; i < 32; i++) {
                const unsigned source = i + warp[i].distance;
                const bool is_valid = source < 32 && (mask >> source & 1) != 0;
                warp[i].received = source >= 32 ? warp[i].value : is_valid ? warp[source].value : 0xdeadbeefdeadbeef;
            }
            for (unsigned i = 0; i < 32; i++) {
                if ((mask >> i & 1) != 0) {
                    warp[i].is = state::ready;
                }
            }
        }
    }
}

static void load_shared(running_block &b) {
    const size_t size = static_cast<size_t>(__stop_cuda_shared - __start_cuda_shared);
    if (loaded == &b) {
        return;
    }
    if (loaded != nullptr) {
        std::memcpy(loaded->shared.data(), __start_cuda_shared, size);
    }
    std::memcpy(__start_cuda_shared, b.shared.data(), size);
    loaded = &b;
}

static void begin(running_block &b, unsigned id) {
    b.id = id;
    b.done = 0;
    b.shared.assign(static_cast<size_t>(__stop_cuda_shared - __start_cuda_shared), static_cast<char>(0xcd));
    b.fibers.resize(threads);
    for (unsigned i = 0; i < threads; i++) {
        fiber &f = b.fibers[i];
        f.id = i;
        f.is = state::ready;
        if (!f.stack) {
            f.stack.reset(new char[STACK_BYTES]);
        }
        make_context(&f.saved, f.stack.get(), run_thread);
    }
}

/* Lets some of the threads run that can, in some order; fails where none can and none will. */
static void run_some(running_block &b) {
    const unsigned start = any_number() % threads, step = any_number() | 1;
    const unsigned most = any_number() % 4 == 0 ? 40 : threads;
    unsigned ran = 0;
    load_shared(b);
    current_block = &b;
    block = b.id;
    for (unsigned i = 0; i < threads && ran < most; i++) {
        fiber &f = b.fibers[(start + i * step) % threads];
        if (f.is == state::ready) {
            current = &f;
            thread = f.id;
            ran++;
            switch_context(&scheduler, &f.saved);
        }
    }
    release_barrier(b);
    release_shuffles(b);
    const auto is_ready = [](const fiber &f) { return f.is == state::ready; };
    if (b.done < threads && std::none_of(b.fibers.begin(), b.fibers.end(), is_ready)) {
        fail("deadlock: threads wait for others that never come");
    }
}

void launch(unsigned grid, unsigned block_size, unsigned seed, unsigned resident, void (*kernel)(const void *),
            const void *job) {
    static std::vector<std::unique_ptr<running_block>> pool; /* stacks are worth keeping */
    std::vector<running_block *> alive;
    std::vector<unsigned> order(grid);
    unsigned next = 0;
    threads = block_size;
    blocks = grid;
    body = kernel;
    argument = job;
    loaded = nullptr;
    random_numbers.seed(seed);
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin(), order.end(), random_numbers);
    while (pool.size() < resident) {
        pool.push_back(std::make_unique<running_block>());
    }
    std::vector<running_block *> idle;
    for (const auto &b : pool) {
        idle.push_back(b.get());
    }
    while (next < grid || !alive.empty()) {
        while (next < grid && alive.size() < resident) {
            alive.push_back(idle.back());
            idle.pop_back();
            begin(*alive.back(), order[next++]);
        }
        const size_t i = any_number() % alive.size();
        run_some(*alive[i]);
        if (alive[i]->done == threads) {
            loaded = nullptr;
            idle.push_back(alive[i]);
            alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
}

} // namespace executor
