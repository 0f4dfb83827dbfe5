/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of suites. Each suite answers one question. It consists of groups; the variants of a group have the same
 * types and the same size, and take turns.
 */
#ifndef EXACTLOSS_BENCH_SUITES_H
#define EXACTLOSS_BENCH_SUITES_H

#include "variants.h"

typedef enum size_id { A_CALL, L1, L2, A_MILLION, L3, RAM, SIZES } size_id;

extern const int64_t ELEMENTS[SIZES];

typedef enum by { EVERY_ISA, BEST_ISA, PUBLIC_FUNCTIONS, ON_GPU } by;

/* Sets of BIT(...). A suite is the product of all of them. */
typedef struct suite {
    const char *name;
    const char *heading;
    unsigned operations, predictions, targets, values, labels, sizes;
    by by;
    int is_threaded;   /* by all processors too */
    int is_on_request; /* only where it is named */
} suite;

extern const suite SUITES[];
extern const int SUITE_COUNT;

#define SLOW_PATHS "slow_paths" /* the suite whose ratios to uniform values have a limit */

/* The backends of this machine, and their uses. */
typedef struct plan {
    const backend *backends[MOST_BACKENDS + 2]; /* the public functions and a GPU too */
    int backend_count;
    const backend *gpu; /* for the suites that run there */
    int threads[3];
    int thread_count;
    int is_public_only; /* the other backends run baselines alone */
    int64_t elements;
} plan;

#define MOST_INPUTS ((int)VALUES * (int)LABELS)

typedef struct group {
    const suite *suite;
    inputs inputs[MOST_INPUTS]; /* those of one combination of values and labels */
    int input_count;
    operation movers[OPERATIONS + 1]; /* the baselines of all operations */
    int mover_count;
    variant *variants; /* baselines first */
    int count;
} group;

/* Makes the inputs and the variants of one combination of types. */
void group_open(group *g, const suite *s, type_id predictions, type_id targets, const plan *p);

void group_close(group *g);

/* Calls `visit` for each combination of types in a suite, with an opened group. */
void suite_visit(const suite *s, const plan *p, void (*visit)(group *g, void *context), void *context);

#endif
