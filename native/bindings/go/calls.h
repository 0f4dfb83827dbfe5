/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of exactloss.h as cgo calls them cheapest: results are returned by value, so that Go has no memory for
 * them to allocate, and arrays are bytes. Of a void * cgo would search the whole object that it points into for Go
 * pointers, and panic if there are any: a slice may lie in a struct that has some.
 */
#ifndef EXACTLOSS_GO_CALLS_H
#define EXACTLOSS_GO_CALLS_H

#include <exactloss/exactloss.h>
#include <math.h>

typedef const uint8_t *array;

typedef struct number_result {
    double value;
    exactloss_violation violation;
    int status;
} number_result;

typedef struct evaluation_result {
    exactloss_evaluation evaluation;
    exactloss_violation violation;
    int status;
} evaluation_result;

static inline number_result loss_of(int options, array predictions, array targets, const float *weights,
                                    int64_t count) {
    number_result result = {.value = NAN};
    result.status =
        exactloss_loss(options, predictions, targets, weights, count, NULL, &result.value, &result.violation);
    return result;
}

static inline number_result values_of(int options, array predictions, array targets, const float *weights,
                                      int64_t count, uint8_t *values) {
    number_result result = {.value = NAN};
    result.status = exactloss_values(options, predictions, targets, weights, count, values, &result.violation);
    return result;
}

/* With a reduction, the value is the loss. */
static inline number_result gradient_of(int options, array predictions, array targets, const float *weights,
                                        int64_t count, double upstream, int64_t divisor, uint8_t *gradient) {
    number_result result = {.value = NAN};
    double *loss = options & (EXACTLOSS_MEAN | EXACTLOSS_SUM) ? &result.value : NULL;
    result.status = exactloss_gradient(options, predictions, targets, weights, count, upstream, divisor, gradient, loss,
                                       &result.violation);
    return result;
}

static inline evaluation_result evaluation_of(int options, array predictions, array targets, const float *weights,
                                              int64_t count, double threshold) {
    evaluation_result result;
    result.evaluation.size = sizeof result.evaluation;
    result.status = exactloss_evaluate(options, predictions, targets, weights, count, NULL, threshold,
                                       &result.evaluation, &result.violation);
    return result;
}

static inline number_result add_to(exactloss_accumulator *accumulator, int options, array predictions, array targets,
                                   const float *weights, int64_t count) {
    number_result result = {.value = NAN};
    result.status =
        exactloss_accumulator_add(accumulator, options, predictions, targets, weights, count, NULL, &result.violation);
    return result;
}

static inline number_result add_with_gradient_to(exactloss_accumulator *accumulator, int options, array predictions,
                                                 array targets, const float *weights, int64_t count, double upstream,
                                                 int64_t divisor, uint8_t *gradient) {
    number_result result = {.value = NAN};
    result.status = exactloss_accumulator_add_with_gradient(accumulator, options, predictions, targets, weights, count,
                                                            upstream, divisor, gradient, &result.violation);
    return result;
}

static inline evaluation_result evaluation_in(const exactloss_accumulator *accumulator) {
    evaluation_result result;
    result.evaluation.size = sizeof result.evaluation;
    result.status = exactloss_accumulator_result(accumulator, &result.evaluation);
    return result;
}

/* The metric of these counts, or with metric 0 the F-score. */
static inline number_result metric_of(int64_t true_positives, int64_t false_positives, int64_t true_negatives,
                                      int64_t false_negatives, int metric, double beta) {
    const exactloss_evaluation evaluation = {.size = sizeof evaluation,
                                             .true_positives = true_positives,
                                             .false_positives = false_positives,
                                             .true_negatives = true_negatives,
                                             .false_negatives = false_negatives};
    number_result result = {.value = NAN};
    result.status = metric == 0 ? exactloss_f_beta(&evaluation, beta, &result.value)
                                : exactloss_metric(&evaluation, metric, &result.value);
    return result;
}

static inline int sigmoid_of(int options, array logits, int64_t count, uint8_t *out) {
    return exactloss_sigmoid(options, logits, count, out);
}

static inline int where_of(int options, array condition, array a, array b, int element_size, int64_t count,
                           uint8_t *out) {
    return exactloss_where(options, condition, a, b, element_size, count, out);
}

static inline int accumulator_from(exactloss_accumulator *accumulator, array bytes, int64_t size) {
    return exactloss_accumulator_deserialize(accumulator, bytes, size);
}

#endif
