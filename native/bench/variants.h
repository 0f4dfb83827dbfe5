/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A variant is one way to compute one operation: by which backend and in how many threads. A backend runs it: the
 * kernels of an instruction set, the public functions, or those of a GPU.
 */
#ifndef EXACTLOSS_BENCH_VARIANTS_H
#define EXACTLOSS_BENCH_VARIANTS_H

#include "baselines.h"
#include "batch.h"
#include "operations.h"
#include "team.h"

#define ROUNDS 15

/* The results of a run, apart from the output array. Results that an operation does not give stay as they were. */
typedef struct outcome {
    double mean; /* of a loss */
    exactloss_evaluation evaluation;
    double inexact_loss;
    uint64_t moved; /* of the bytes read */
} outcome;

/* The results of one thread, in cache lines of its own. */
typedef struct partial {
    _Alignas(64) totals totals;
    double inexact_sum;
    uint64_t moved;
} partial;

typedef struct variant variant;

typedef struct backend {
    const char *isa; /* as it is reported */
    void (*run)(const variant *v, outcome *result);
    const exactloss_kernels *kernels; /* NULL for the public functions and the GPU */
    const baseline_loops *loops;
    void (*enter)(const variant *v); /* of a GPU: takes the arrays there, and back; NULL otherwise */
    void (*leave)(const variant *v);
    int (*can_run)(const operation *o); /* NULL: all operations of the library */
    const char *device;                 /* the name of a GPU */
} backend;

struct variant {
    const operation *operation;
    const backend *backend;
    const inputs *in;
    int threads;
    partial *partials; /* one for each thread */
    team *team;        /* while it runs, where there are several threads */

    double ns[ROUNDS]; /* an element, ascending once measured */
    int rounds;
    int64_t repeats; /* runs in a round */
    int interval;    /* rounds from one to the next that it takes part in */
};

/*
 * Lists the backends of this machine, the best one last, and returns their number; says on stderr which instruction sets
 * are missing, and why.
 */
#define MOST_BACKENDS 8
int backends_list(const backend *list[MOST_BACKENDS]);

/* The public functions, with the kernels that they choose; ends the program where EXACTLOSS_MAX_ISA is wrong. */
const backend *backend_public(void);

/* The first GPU; NULL where there is none, and then stderr says why. */
const backend *backend_cuda(void);

/* Runs a variant by the kernels of its backend, and by the public functions. */
void run_kernels(const variant *v, outcome *result);
void run_public(const variant *v, outcome *result);

#endif
