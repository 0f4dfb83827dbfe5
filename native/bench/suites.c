/* SPDX-License-Identifier: Apache-2.0 */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

const int64_t ELEMENTS[SIZES] = {
    [A_CALL] = 64, [L1] = 4096, [L2] = 1 << 16, [A_MILLION] = 1000000, [L3] = 1 << 20, [RAM] = 1 << 26};

#define ALL(count) (BIT(count) - 1)
#define TUNED .predictions = BIT(FLOAT32), .targets = BIT(UINT8)
#define ORDINARY .values = BIT(UNIFORM), .labels = BIT(RANDOM)
#define REALS (BIT(FLOAT32) | BIT(FLOAT64) | BIT(FLOAT16) | BIT(BFLOAT16))
#define LABEL_TYPES (BIT(UINT8) | BIT(INT8) | BIT(INT32) | BIT(INT64) | BIT(FLOAT32) | BIT(FLOAT64) | BIT(BITS))
#define ARRAY_OPERATIONS (ALL(OPERATIONS) & ~BIT(ACCUMULATOR)) /* one call each */
#define OTHER_LOSSES (ALL(ACCUMULATOR) & ~ALL(BRIER))
#define LEVELS (BIT(L1) | BIT(L2) | BIT(L3) | BIT(RAM))

const suite SUITES[] = {
    {.name = "operations",
     .heading = "Every operation, from each level of memory",
     .operations = ARRAY_OPERATIONS,
     TUNED,
     ORDINARY,
     .sizes = LEVELS},
    {.name = "calls",
     .heading = "A small call and a larger one, by the public function",
     .operations = BIT(MEAN) | BIT(ACCUMULATOR),
     TUNED,
     ORDINARY,
     .sizes = BIT(A_CALL) | BIT(A_MILLION),
     .by = PUBLIC_FUNCTIONS},
    {.name = "prediction_types",
     .heading = "Types of predictions",
     .operations = BIT(MEAN) | BIT(EVALUATE) | BIT(LOSS_AND_GRADIENT_LOGITS) | BIT(BRIER) | BIT(LOG) | BIT(LOG_LOGITS),
     .predictions = REALS,
     .targets = BIT(UINT8),
     ORDINARY,
     .sizes = BIT(L2) | BIT(RAM)},
    {.name = "target_types",
     .heading = "Types of targets",
     .operations = BIT(MEAN),
     .predictions = BIT(FLOAT32),
     .targets = LABEL_TYPES,
     ORDINARY,
     .sizes = BIT(L2) | BIT(RAM)},
    {.name = "labels",
     .heading = "Sorted labels beside random ones",
     .operations = BIT(MEAN) | BIT(EVALUATE) | BIT(GRADIENT) | BIT(LOSS_AND_GRADIENT) | BIT(WHERE),
     TUNED,
     .values = BIT(UNIFORM),
     .labels = ALL(LABELS),
     .sizes = BIT(L2) | BIT(RAM)},
    {.name = "threads",
     .heading = "All processors beside one",
     .operations = ARRAY_OPERATIONS,
     TUNED,
     ORDINARY,
     .sizes = BIT(L2) | BIT(L3) | BIT(RAM),
     .by = BEST_ISA,
     .is_threaded = 1},
    {.name = SLOW_PATHS,
     .heading = "Slow paths: predictions of every kind beside uniform ones",
     .operations = BIT(MEAN),
     .predictions = REALS,
     .targets = BIT(UINT8),
     .values = ALL(VALUES),
     .labels = BIT(RANDOM),
     .sizes = BIT(L2)},
    {.name = SLOW_PATHS,
     .heading = "Slow paths: from memory",
     .operations = BIT(MEAN),
     TUNED,
     .values = ALL(VALUES),
     .labels = BIT(RANDOM),
     .sizes = BIT(RAM)},
    {.name = SLOW_PATHS,
     .heading = "Slow paths: logits",
     .operations = BIT(MEAN_LOGITS),
     .predictions = REALS,
     .targets = BIT(UINT8),
     .values = BIT(UNIFORM) | BIT(SIGMOID_NORMAL) | BIT(RAW_SCORES),
     .labels = BIT(RANDOM),
     .sizes = BIT(L2)},
    {.name = "everything",
     .heading = "Every operation of mnist with every type, from each level of memory, with random and sorted labels",
     .operations = ARRAY_OPERATIONS & ~OTHER_LOSSES,
     .predictions = REALS,
     .targets = LABEL_TYPES,
     .values = BIT(UNIFORM),
     .labels = ALL(LABELS),
     .sizes = LEVELS,
     .is_threaded = 1,
     .is_on_request = 1},
    {.name = "everything",
     .heading = "Every operation of the other losses with every type of predictions, from each level of memory",
     .operations = OTHER_LOSSES,
     .predictions = REALS,
     .targets = BIT(UINT8),
     ORDINARY,
     .sizes = LEVELS,
     .is_threaded = 1,
     .is_on_request = 1},
    {.name = "cuda",
     .heading = "Every operation that a GPU has, from its memory",
     .operations = BIT(MEAN) | BIT(MEAN_LOGITS) | BIT(EVALUATE) | BIT(EVALUATE_LOGITS) | BIT(GRADIENT) |
                   BIT(LOSS_AND_GRADIENT) | BIT(LOSS_AND_GRADIENT_LOGITS) | BIT(WEIGHTED_MEAN) |
                   BIT(WEIGHTED_GRADIENT) | OTHER_LOSSES,
     .predictions = REALS,
     .targets = BIT(UINT8),
     ORDINARY,
     .sizes = BIT(L3) | BIT(RAM),
     .by = ON_GPU,
     .is_on_request = 1},
};

const int SUITE_COUNT = (int)(sizeof SUITES / sizeof *SUITES);

/* ------------------------------------------------------------------------------------------------------ variants -- */

/* The operations of a group, baselines first. */
typedef struct selection {
    const operation *list[2 * OPERATIONS + 3];
    int count;
} selection;

static void add_mover(group *g, const operation *o) {
    const inputs *in = &g->inputs[0];
    for (int i = 0; i < g->mover_count; i++) {
        if (operation_reads(&g->movers[i], in) == operation_reads(o, in) &&
            operation_writes(&g->movers[i], in) == operation_writes(o, in)) {
            return;
        }
    }
    g->movers[g->mover_count++] = operation_that_moves(o, in);
}

/* The operations of a suite, except `where` if the targets' type can't be a condition's. */
static unsigned wanted_operations(const group *g) {
    const int is_condition = (BIT(g->inputs[0].targets_type) & (BIT(UINT8) | BIT(BITS))) != 0;
    return is_condition ? g->suite->operations : g->suite->operations & ~BIT(WHERE);
}

static selection select_operations(group *g) {
    selection s = {.count = 0};
    const unsigned wanted = wanted_operations(g);
    for (operation_id id = 0; id < OPERATIONS; id++) {
        if ((wanted & BIT(id)) != 0) {
            add_mover(g, &OPERATION_LIST[id]);
        }
    }
    if ((wanted & BIT(GRADIENT)) != 0) {
        add_mover(g, &FILL);
    }
    for (int i = 0; i < g->mover_count; i++) {
        s.list[s.count++] = &g->movers[i];
    }
    if (g->suite->by == ON_GPU) {
        s.list[s.count++] = &DEVICE_COPY;
    }
    if ((wanted & BIT(MEAN)) != 0 && g->inputs[0].predictions_type == FLOAT32 && g->inputs[0].targets_type == UINT8) {
        s.list[s.count++] = &INEXACT_MEAN;
    }
    for (operation_id id = 0; id < OPERATIONS; id++) {
        if ((wanted & BIT(id)) != 0) {
            s.list[s.count++] = &OPERATION_LIST[id];
        }
    }
    return s;
}

/* Whether a backend runs an operation. A GPU has no loops for baselines except its copy. */
static int can_run(const backend *b, const operation *o, const plan *p) {
    if (b->can_run != NULL) {
        return b->can_run(o);
    }
    switch (o->work) {
        case INEXACT_LOSS:
        case MOVE_BYTES:
            return b->loops != NULL;
        case COPY_ON_DEVICE:
            return 0;
        default:
            return b->kernels == NULL || !p->is_public_only;
    }
}

static void add_variant(group *g, const operation *o, const inputs *in, const backend *b, int threads) {
    partial *partials = allocate((int64_t)sizeof(partial) * threads);
    memset(partials, 0, sizeof(partial) * (size_t)threads);
    g->variants[g->count++] =
        (variant){.operation = o, .backend = b, .in = in, .threads = threads, .partials = partials};
}

/* Baselines run by the loops of a backend, and which bytes they move does not depend on the values. */
static void add_variants(group *g, const selection *s, const plan *p) {
    for (int i = 0; i < s->count; i++) {
        const operation *o = s->list[i];
        for (int v = 0; v < (o->work == MOVE_BYTES ? 1 : g->input_count); v++) {
            for (int b = 0; b < p->backend_count; b++) {
                const backend *how = p->backends[b];
                if (!can_run(how, o, p)) {
                    continue;
                }
                for (int t = 0; t < (how->kernels == NULL ? 1 : p->thread_count); t++) {
                    add_variant(g, o, &g->inputs[v], how, p->threads[t]);
                }
            }
        }
    }
}

/* ----------------------------------------------------------------------------------------------------- groups -- */

void group_open(group *g, const suite *s, type_id predictions, type_id targets, const plan *p) {
    *g = (group){.suite = s};
    for (values v = 0; v < VALUES; v++) {
        for (labels l = 0; l < LABELS; l++) {
            if ((s->values & BIT(v)) != 0 && (s->labels & BIT(l)) != 0) {
                g->inputs[g->input_count++] = (inputs){.predictions_type = predictions,
                                                       .targets_type = targets,
                                                       .values = v,
                                                       .labels = l,
                                                       .count = p->elements};
            }
        }
    }
    const selection selected = select_operations(g);
    unsigned needed = 0;
    for (int i = 0; i < selected.count; i++) {
        needed |= operation_needs(selected.list[i]);
    }
    for (int i = 0; i < g->input_count; i++) {
        inputs_open(&g->inputs[i], needed);
    }
    const int most = selected.count * g->input_count * p->backend_count * p->thread_count;
    g->variants = allocate((int64_t)sizeof(variant) * most);
    add_variants(g, &selected, p);
}

void group_close(group *g) {
    for (int i = 0; i < g->count; i++) {
        free(g->variants[i].partials);
    }
    free(g->variants);
    for (int i = 0; i < g->input_count; i++) {
        inputs_close(&g->inputs[i]);
    }
}

void suite_visit(const suite *s, const plan *p, void (*visit)(group *g, void *context), void *context) {
    for (type_id predictions = 0; predictions < TYPES; predictions++) {
        for (type_id targets = 0; targets < TYPES; targets++) {
            if ((s->predictions & BIT(predictions)) != 0 && (s->targets & BIT(targets)) != 0) {
                group g;
                group_open(&g, s, predictions, targets, p);
                visit(&g, context);
                group_close(&g);
            }
        }
    }
}
