/* SPDX-License-Identifier: Apache-2.0 */
#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "team.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPINS 4096 /* before the processor is offered to others */

/* Each thread writes to cache lines of its own: a line that two threads write moves between them for each word. */
#define SEPARATE 128 /* bytes: two lines, which are fetched as a pair */

typedef struct member {
    _Alignas(SEPARATE) atomic_uint finished; /* the last call that it has worked on */
    pthread_t thread;
    team *team;
    int part;
} member;

struct team {
    _Alignas(SEPARATE) atomic_uint calls; /* so far */
    team_work *work;                      /* NULL: no more */
    void *context;
    int threads;
    member members[];
};

static void wait_a_little(int *spins) {
    if (++*spins % SPINS == 0) {
        sched_yield();
    }
#ifdef EXACTLOSS_X86_64
    __builtin_ia32_pause();
#endif
}

static void wait_for(atomic_uint *value, unsigned wanted) {
    for (int spins = 0; atomic_load_explicit(value, memory_order_acquire) != wanted;) {
        wait_a_little(&spins);
    }
}

static void *serve(void *argument) {
    member *m = argument;
    team *t = m->team;
    for (unsigned call = 1;; call++) {
        wait_for(&t->calls, call);
        if (t->work == NULL) {
            return NULL;
        }
        t->work(t->context, m->part);
        atomic_store_explicit(&m->finished, call, memory_order_release);
    }
}

static void start_call(team *t, team_work *work, void *context) {
    t->work = work;
    t->context = context;
    atomic_store_explicit(&t->calls, atomic_load_explicit(&t->calls, memory_order_relaxed) + 1, memory_order_release);
}

team *team_open(int threads) {
    const size_t size = sizeof(team) + (size_t)threads * sizeof(member);
    team *t = aligned_alloc(SEPARATE, size);
    if (t == NULL) {
        fprintf(stderr, "exactloss-bench: there is no memory for %d threads\n", threads);
        exit(1);
    }
    memset(t, 0, size);
    t->threads = threads;
    for (int i = 1; i < threads; i++) {
        member *m = &t->members[i];
        m->team = t;
        m->part = i;
        if (pthread_create(&m->thread, NULL, serve, m) != 0) {
            fprintf(stderr, "exactloss-bench: %d threads are not to be had\n", threads);
            exit(1);
        }
    }
    return t;
}

void team_run(team *t, team_work *work, void *context) {
    start_call(t, work, context);
    work(context, 0);
    for (int i = 1; i < t->threads; i++) {
        wait_for(&t->members[i].finished, atomic_load_explicit(&t->calls, memory_order_relaxed));
    }
}

void team_close(team *t) {
    start_call(t, NULL, NULL);
    for (int i = 1; i < t->threads; i++) {
        pthread_join(t->members[i].thread, NULL);
    }
    free(t);
}

int team_processors(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return CPU_COUNT(&set);
    }
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : (int)online;
}
