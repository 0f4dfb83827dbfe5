/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "measure.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of elements: one, less than a word of the mask, several blocks and the rest of one, many times the same ranges. */
static const int64_t CHECKED_ELEMENTS[] = {1, 63, 1000, 13001, 65536};

#define INEXACT_TOLERANCE 1e-3 /* of the mean of distances within [0, 1] */

#define UNTOUCHED 0xa5 /* the output's content before a run */

typedef struct tally {
    int compared, different;
} tally;

/* The results of a variant. */
typedef struct answer {
    const variant *variant;
    outcome outcome;
    unsigned char *output; /* NULL where there is none */
} answer;

static answer ask(variant *v) {
    const inputs *in = v->in;
    const size_t size = (size_t)inputs_output_size(in);
    answer a = {.variant = v};
    memset(&a.outcome, 0, sizeof a.outcome);
    if (in->arrays[OUTPUT] != NULL) {
        memset(in->arrays[OUTPUT], UNTOUCHED, size);
    }
    variant_enter(v);
    v->backend->run(v, &a.outcome);
    variant_leave(v);
    if (in->arrays[OUTPUT] != NULL) {
        a.output = allocate((int64_t)size);
        memcpy(a.output, in->arrays[OUTPUT], size);
    }
    return a;
}

static int is_same(const answer *a, const answer *b) {
    return memcmp(&a->outcome, &b->outcome, sizeof a->outcome) == 0 &&
           (a->output == NULL || memcmp(a->output, b->output, (size_t)inputs_output_size(a->variant->in)) == 0);
}

/* Prints a variant's result and the expected one. */
static void report(const answer *a, const char *what, const answer *b) {
    const variant *v = a->variant;
    const inputs *in = v->in;
    fprintf(stderr, "%s, %s with %s, %s, %s labels, %" PRId64 " elements: %s%s in %d threads %s", v->operation->name,
            ELEMENT_TYPES[in->predictions_type].name, ELEMENT_TYPES[in->targets_type].name, VALUES_NAMES[in->values],
            LABELS_NAMES[in->labels], in->count, v->backend->isa,
            v->backend->kernels == NULL ? " (public function)" : "", v->threads, what);
    if (b != NULL) {
        fprintf(stderr, " %s in %d", b->variant->backend->isa, b->variant->threads);
    }
    fprintf(stderr, "\n");
}

/* The inexact mean may differ by its rounding errors. */
static void check_inexact(const answer *inexact, tally *all) {
    const inputs *in = inexact->variant->in;
    double exact = NAN;
    if (in->values == RAW_SCORES) {
        return;
    }
    exactloss_loss(operation_options(inexact->variant->operation, in) | EXACTLOSS_MEAN, in->arrays[PREDICTIONS],
                   in->arrays[TARGETS], NULL, in->count, NULL, &exact, NULL);
    all->compared++;
    if (!(fabs(inexact->outcome.inexact_loss - exact) <= INEXACT_TOLERANCE)) {
        all->different++;
        report(inexact, "is far from the exact mean", NULL);
    }
}

/* Compares each variant with the first one of its operation and its inputs: the portable kernels in 1 thread. */
static void check_group(group *g, void *context) {
    tally *all = context;
    answer reference = {.variant = NULL};
    for (int i = 0; i < g->count; i++) {
        variant *v = &g->variants[i];
        answer given = ask(v);
        if (v->operation->work == INEXACT_LOSS) {
            check_inexact(&given, all);
            free(given.output);
        } else if (reference.variant == NULL || reference.variant->operation != v->operation ||
                   reference.variant->in != v->in) {
            free(reference.output);
            reference = given;
        } else {
            all->compared++;
            if (!is_same(&given, &reference)) {
                all->different++;
                report(&given, "differs from", &reference);
            }
            free(given.output);
        }
    }
    free(reference.output);
}

int check_suites(const plan *p) {
    tally all = {0, 0};
    for (int s = 0; s < SUITE_COUNT; s++) {
        for (size_t i = 0; i < sizeof CHECKED_ELEMENTS / sizeof *CHECKED_ELEMENTS; i++) {
            plan small = *p;
            small.elements = CHECKED_ELEMENTS[i];
            suite_visit(&SUITES[s], &small, check_group, &all);
        }
    }
    printf("%d comparisons, %d different\n", all.compared, all.different);
    return all.different;
}
