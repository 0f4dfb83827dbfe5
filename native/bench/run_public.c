/* SPDX-License-Identifier: Apache-2.0 */
/* The operations by the public functions: what a caller pays for a small call, and a check of run_kernels.c. */
#include "variants.h"

#include <stdio.h>
#include <stdlib.h>

static int run(const variant *v, outcome *result) {
    const inputs *in = v->in;
    const operation *o = v->operation;
    const int dtype = ELEMENT_TYPES[in->predictions_type].dtype, flags = o->is_logits ? EXACTLOSS_LOGITS : 0;
    const int targets_dtype = ELEMENT_TYPES[in->targets_type].dtype, mean = EXACTLOSS_REDUCTION_MEAN;
    const void *p = in->arrays[o->is_logits ? LOGITS : PREDICTIONS], *t = in->arrays[TARGETS];
    unsigned char *out = in->arrays[OUTPUT];
    exactloss_evaluation *e = &result->evaluation;
    switch (o->work) {
        case COMPUTE_LOSS:
            return (o->reads & BIT(WEIGHTS)) == 0
                       ? exactloss_mnist_loss(p, dtype, t, targets_dtype, 0, in->count, mean, flags, &e->loss, NULL,
                                              NULL)
                       : exactloss_weighted_mnist_loss(p, dtype, t, targets_dtype, 0, in->arrays[WEIGHTS], in->count,
                                                       mean, flags, &e->loss, NULL, NULL);
        case COMPUTE_EVALUATION:
            return exactloss_evaluate(p, dtype, t, targets_dtype, 0, in->count, THRESHOLD, flags, e, NULL);
        case COMPUTE_LOSS_AND_GRADIENT:
            return exactloss_mnist_loss_and_gradient(p, dtype, t, targets_dtype, 0, in->count, UPSTREAM, mean, flags,
                                                     &e->loss, NULL, out, NULL);
        case COMPUTE_GRADIENT:
            return exactloss_mnist_loss_gradient(t, targets_dtype, 0, in->count, UPSTREAM, mean, flags, out, dtype,
                                                 NULL);
        case COMPUTE_SIGMOID:
            return exactloss_sigmoid(p, dtype, in->count, out);
        case COMPUTE_WHERE:
            return exactloss_where(t, targets_dtype, 0, p, in->arrays[LOGITS], inputs_bits(in, PREDICTIONS) / 8,
                                   in->count, 0, out);
        case COMPUTE_ROWS:
            return exactloss_mnist_loss_rows(p, dtype, COLUMNS, t, targets_dtype, 0, COLUMNS, in->count / COLUMNS,
                                             COLUMNS, mean, flags, (double *)(void *)out, NULL, NULL);
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
