/* SPDX-License-Identifier: Apache-2.0 */
/* The operations by the public functions: the cost of a small call for a caller, and a check of run_kernels.c. */
#include "variants.h"

#include <stdio.h>
#include <stdlib.h>

static int accumulate(int types, const void *predictions, const void *targets, int64_t count,
                      exactloss_evaluation *evaluation) {
    exactloss_accumulator accumulator;
    int status = exactloss_accumulator_init(&accumulator, EXACTLOSS_MNIST, THRESHOLD);
    if (status == EXACTLOSS_OK) {
        status = exactloss_accumulator_add(&accumulator, types, predictions, targets, NULL, count, NULL, NULL);
    }
    return status != EXACTLOSS_OK ? status : exactloss_accumulator_result(&accumulator, evaluation);
}

static int run(const variant *v, outcome *result) {
    static const exactloss_rows ADJACENT = {0, COLUMNS, COLUMNS, COLUMNS};
    const inputs *in = v->in;
    const operation *o = v->operation;
    const int options = operation_options(o, in), mean = options | EXACTLOSS_MEAN;
    const void *p = in->arrays[o->is_logits ? LOGITS : PREDICTIONS], *t = in->arrays[TARGETS];
    const float *w = (o->reads & BIT(WEIGHTS)) != 0 ? (const void *)in->arrays[WEIGHTS] : NULL;
    const void *gradient_of = (o->reads & BIT(PREDICTIONS)) != 0 ? p : NULL; /* the targets alone */
    void *out = in->arrays[OUTPUT];
    const int64_t count = in->count;
    exactloss_evaluation *e = &result->evaluation;
    exactloss_rows rows = ADJACENT;
    switch (o->work) {
        case COMPUTE_LOSS:
            return exactloss_loss(mean, p, t, w, count, NULL, &result->mean, NULL);
        case COMPUTE_EVALUATION:
            e->size = sizeof *e;
            return exactloss_evaluate(options, p, t, w, count, NULL, THRESHOLD, e, NULL);
        case COMPUTE_ACCUMULATION:
            e->size = sizeof *e;
            return accumulate(options, p, t, count, e);
        case COMPUTE_LOSS_AND_GRADIENT:
            return exactloss_gradient(mean, p, t, w, count, UPSTREAM, count, out, &result->mean, NULL);
        case COMPUTE_GRADIENT:
            return exactloss_gradient(options, gradient_of, t, w, count, UPSTREAM, count, out, NULL, NULL);
        case COMPUTE_SIGMOID:
            return exactloss_sigmoid(ELEMENT_TYPES[in->predictions_type].as_real, p, count, out);
        case COMPUTE_WHERE:
            return exactloss_where(ELEMENT_TYPES[in->targets_type].as_target, t, p, in->arrays[LOGITS],
                                   inputs_bits(in, PREDICTIONS) / 8, count, out);
        case COMPUTE_ROWS:
            rows.count = count / COLUMNS;
            return exactloss_loss(mean, p, t, w, COLUMNS, &rows, out, NULL);
        default:
            return EXACTLOSS_OK; /* the baselines are no functions of the library */
    }
}

void run_public(const variant *v, outcome *result) {
    const int status = run(v, result);
    if (status != EXACTLOSS_OK) {
        fprintf(stderr, "exactloss-bench: %s: %s\n", v->operation->name, exactloss_status_string(status));
        exit(1);
    }
}
