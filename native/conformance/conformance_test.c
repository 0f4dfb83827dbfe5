/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conformance_test FILE: every case of cases.txt, through the public functions of the shared library, on the kernels
 * that EXACTLOSS_MAX_ISA names. Exits with 77 (skipped) where this machine cannot run them.
 */
#include "case.h"
#include "exactloss/exactloss.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SKIPPED 77

static int failures;

/* ------------------------------------------------------------------------------------------------------- words -- */

/* A constant by the name that the file has for it; what a list of words comes to is their sum. */
typedef struct named {
    const char *name;
    int constant;
} named;

static const named LOSSES[] = {
    {"mnist", EXACTLOSS_MNIST}, {"brier", EXACTLOSS_BRIER}, {"log", EXACTLOSS_LOG}, {NULL, 0}};
static const named REDUCTIONS[] = {{"mean", EXACTLOSS_MEAN}, {"sum", EXACTLOSS_SUM}, {NULL, 0}};
static const named FLAGS[] = {{"logits", EXACTLOSS_FROM_LOGITS},
                              {"strict", EXACTLOSS_STRICT},
                              {"clamp", EXACTLOSS_CLAMP},
                              {"accumulate", EXACTLOSS_ACCUMULATE},
                              {NULL, 0}};
static const named ARGUMENTS[] = {
    {"predictions", EXACTLOSS_PREDICTIONS}, {"targets", EXACTLOSS_TARGETS}, {"weights", EXACTLOSS_WEIGHTS}, {NULL, 0}};
static const named METRICS[] = {{"accuracy", EXACTLOSS_METRIC_ACCURACY},
                                {"precision", EXACTLOSS_METRIC_PRECISION},
                                {"recall", EXACTLOSS_METRIC_RECALL},
                                {"specificity", EXACTLOSS_METRIC_SPECIFICITY},
                                {"f1", EXACTLOSS_METRIC_F1},
                                {"balanced_accuracy", EXACTLOSS_METRIC_BALANCED_ACCURACY},
                                {"jaccard", EXACTLOSS_METRIC_JACCARD},
                                {"kappa", EXACTLOSS_METRIC_KAPPA},
                                {"matthews", EXACTLOSS_METRIC_MATTHEWS},
                                {NULL, 0}};

static int constant_of(test_case *c, const named *constants, const char *word) {
    for (; constants->name != NULL; constants++) {
        if (strcmp(word, constants->name) == 0) {
            return constants->constant;
        }
    }
    fail(c, "the word %s is unknown", word);
    return 0;
}

/* The constants of a line's words; 0 where there is no such line. */
static int constants_of(test_case *c, const named *constants, const line *l) {
    int all = 0;
    for (const char *word = l == NULL ? "" : next_word(l->words); *word != 0; word = next_word(word)) {
        all |= constant_of(c, constants, word);
    }
    return all;
}

static double number_of(test_case *c, const char *name) {
    const line *l = find_line(c, 0, name);
    return l == NULL ? 0 : double_of(next_word(l->words));
}

/* ------------------------------------------------------------------------------------------------------- batches -- */

/* The arrays and flags in a part of a case's lines. */
typedef struct batch {
    array predictions, targets, weights, initial;
    int options; /* the types and the flags */
} batch;

static batch read_batch(test_case *c, int first, int end) {
    batch b = {.predictions = read_array(find_line_before(c, first, end, "predictions")),
               .targets = read_array(find_line_before(c, first, end, "targets")),
               .weights = read_array(find_line_before(c, first, end, "weights")),
               .initial = read_array(find_line_before(c, first, end, "initial"))};
    b.options = b.predictions.as_prediction | b.targets.as_target |
                constants_of(c, FLAGS, find_line_before(c, first, end, "flags"));
    return b;
}

static void free_batch(batch *b) {
    free_array(&b->predictions);
    free_array(&b->targets);
    free_array(&b->weights);
    free_array(&b->initial);
}

static const float *weights_of(const batch *b) { return (const float *)(const void *)b->weights.memory; }

/* The memory of a gradient before the call. */
static array open_gradient(batch *b) {
    array gradient = array_like(&b->predictions);
    if (b->initial.memory != NULL) {
        memcpy(gradient.memory, b->initial.memory, (size_t)gradient.bytes);
    }
    return gradient;
}

/* Compares a status with the wanted one. Returns whether there are results. */
static int is_ok(test_case *c, int status, const exactloss_violation *violation) {
    const line *wanted = find_line(c, 0, "status"), *element = find_line(c, 0, "violation");
    expect_integer(c, "status", wanted == NULL ? "0" : next_word(wanted->words), status);
    if (element != NULL) {
        const char *argument = next_word(element->words), *index = next_word(argument);
        if (violation->argument != constant_of(c, ARGUMENTS, argument)) {
            fail(c, "expected a violation in the %s, got number %d", argument, violation->argument);
        }
        expect_integer(c, "index of the violation", index, violation->index);
        expect_double(c, "value of the violation", next_word(index), violation->value);
    }
    return status == EXACTLOSS_OK;
}

/* Compares a double with what a line says. */
static void expect_line(test_case *c, const char *name, double have) {
    const line *l = find_line(c, 0, name);
    expect_double(c, name, l == NULL ? "" : next_word(l->words), have);
}

/* Compares a count with what a line says. */
static void expect_count(test_case *c, const char *name, int64_t have) {
    const line *l = find_line(c, 0, name);
    expect_integer(c, name, l == NULL ? "" : next_word(l->words), have);
}

static void expect_result(test_case *c, const line *l, const exactloss_loss_result *have) {
    const char *word = next_word(next_word(l->words));
    expect_double(c, "mean", word, have->mean);
    expect_double(c, "sum", word = next_word(word), have->sum);
    expect_float(c, "mean as a float", word = next_word(word), have->mean_f32);
    expect_float(c, "sum as a float", word = next_word(word), have->sum_f32);
    expect_integer(c, "elements that are NaN", word = next_word(word), have->nan_count);
    expect_integer(c, "elements that are infinite", next_word(word), have->infinite_count);
}

static void expect_evaluation(test_case *c, const exactloss_evaluation *e) {
    expect_count(c, "count", e->count);
    expect_count(c, "positives", e->positives);
    expect_count(c, "true_positives", e->true_positives);
    expect_count(c, "false_positives", e->false_positives);
    expect_count(c, "true_negatives", e->true_negatives);
    expect_count(c, "false_negatives", e->false_negatives);
    expect_line(c, "accuracy", e->accuracy);
    expect_line(c, "weight_sum", e->weight_sum);
    int losses = 0;
    for (int i = 0; i < c->count; i++) {
        if (strcmp(c->lines[i].words, "result") == 0) {
            const int loss = constant_of(c, LOSSES, next_word(find_line(c, i, "result")->words));
            expect_result(c, &c->lines[i],
                          loss == EXACTLOSS_MNIST   ? &e->mnist
                          : loss == EXACTLOSS_BRIER ? &e->brier
                                                    : &e->log);
            losses |= loss;
        }
    }
    if (losses != e->losses) {
        fail(c, "the losses %d were asked for, and those of the evaluation are %lld", losses, (long long)e->losses);
    }
}

/* ---------------------------------------------------------------------------------------------------- operations -- */

static void run_loss(test_case *c) {
    batch b = read_batch(c, 0, c->count);
    const int options = b.options | constants_of(c, LOSSES, find_line(c, 0, "losses")) |
                        constants_of(c, REDUCTIONS, find_line(c, 0, "reduction"));
    double loss;
    exactloss_violation violation;
    if (is_ok(c,
              exactloss_loss(options, b.predictions.memory, b.targets.memory, weights_of(&b), b.predictions.count, NULL,
                             &loss, &violation),
              &violation)) {
        expect_line(c, "loss", loss);
    }
    free_batch(&b);
}

static void run_values(test_case *c) {
    batch b = read_batch(c, 0, c->count);
    array values = array_like(&b.predictions);
    exactloss_violation violation;
    const int options = b.options | constants_of(c, LOSSES, find_line(c, 0, "losses"));
    if (is_ok(c,
              exactloss_values(options, b.predictions.memory, b.targets.memory, weights_of(&b), b.predictions.count,
                               values.memory, &violation),
              &violation)) {
        expect_elements(c, find_line(c, 0, "values"), &values);
    }
    free_array(&values);
    free_batch(&b);
}

static void run_gradient(test_case *c) {
    batch b = read_batch(c, 0, c->count);
    array gradient = open_gradient(&b);
    const line *reduction = find_line(c, 0, "reduction");
    const int options =
        b.options | constants_of(c, LOSSES, find_line(c, 0, "losses")) | constants_of(c, REDUCTIONS, reduction);
    const double upstream = number_of(c, "upstream");
    const int64_t divisor = decimal(next_word(find_line(c, 0, "divisor")->words));
    double loss;
    exactloss_violation violation;
    if (is_ok(c,
              exactloss_gradient(options, b.predictions.memory, b.targets.memory, weights_of(&b), b.predictions.count,
                                 upstream, divisor, gradient.memory, reduction == NULL ? NULL : &loss, &violation),
              &violation)) {
        expect_elements(c, find_line(c, 0, "gradient"), &gradient);
        if (reduction != NULL) {
            expect_line(c, "gradient_loss", loss);
        }
    }
    free_array(&gradient);
    free_batch(&b);
}

static void run_evaluate(test_case *c) {
    batch b = read_batch(c, 0, c->count);
    exactloss_evaluation evaluation = {.size = sizeof evaluation};
    exactloss_violation violation;
    const int options = b.options | constants_of(c, LOSSES, find_line(c, 0, "losses"));
    if (is_ok(c,
              exactloss_evaluate(options, b.predictions.memory, b.targets.memory, weights_of(&b), b.predictions.count,
                                 NULL, number_of(c, "threshold"), &evaluation, &violation),
              &violation)) {
        expect_evaluation(c, &evaluation);
    }
    free_batch(&b);
}

/* Compares an accumulator's evaluation, its bytes, and those of one that is read from them. */
static void expect_accumulator(test_case *c, const exactloss_accumulator *accumulator) {
    unsigned char bytes[EXACTLOSS_ACCUMULATOR_MAX_BYTES], again[EXACTLOSS_ACCUMULATOR_MAX_BYTES];
    int64_t size = 0, size_again = 0;
    exactloss_accumulator copy;
    exactloss_evaluation evaluation = {.size = sizeof evaluation}, evaluation_again = {.size = sizeof evaluation};
    const line *whole = find_line(c, 0, "bytes"), *hash = find_line(c, 0, "bytes_fnv1a");
    if (exactloss_accumulator_result(accumulator, &evaluation) != EXACTLOSS_OK ||
        exactloss_accumulator_serialize(accumulator, bytes, sizeof bytes, &size) != EXACTLOSS_OK ||
        exactloss_accumulator_deserialize(&copy, bytes, size) != EXACTLOSS_OK ||
        exactloss_accumulator_result(&copy, &evaluation_again) != EXACTLOSS_OK ||
        exactloss_accumulator_serialize(&copy, again, sizeof again, &size_again) != EXACTLOSS_OK) {
        fail(c, "the accumulator has no result, or no bytes, or cannot be read from them");
        return;
    }
    expect_evaluation(c, &evaluation);
    expect_evaluation(c, &evaluation_again);
    if (size != size_again || memcmp(bytes, again, (size_t)size) != 0) {
        fail(c, "an accumulator that is read from bytes has others");
    }
    const array have = {.size = 1, .count = size, .bytes = size, .memory = bytes};
    if (whole != NULL) {
        array wanted = read_bytes(next_word(whole->words));
        if (wanted.count != size || memcmp(bytes, wanted.memory, (size_t)size) != 0) {
            fail(c, "the bytes of the accumulator are wrong");
        }
        free_array(&wanted);
    }
    if (hash != NULL) {
        expect_hash(c, "bytes", next_word(hash->words), &have);
    }
    if (whole == NULL && hash == NULL) {
        fail(c, "no line has the bytes of the accumulator");
    }
}

/* Adds the batch in the lines from `first` on to the accumulator that line `end` names. Returns the status. */
static int add_batch(test_case *c, int first, int end, exactloss_accumulator accumulators[2],
                     exactloss_violation *violation) {
    batch b = read_batch(c, first, end);
    line *l = &c->lines[end];
    const char *to = next_word(l->words), *loss = next_word(to), *upstream = next_word(loss);
    exactloss_accumulator *accumulator = &accumulators[decimal(to) & 1];
    l->is_used = 1;
    int status;
    if (*loss == 0) {
        status = exactloss_accumulator_add(accumulator, b.options, b.predictions.memory, b.targets.memory,
                                           weights_of(&b), b.predictions.count, NULL, violation);
    } else {
        array gradient = open_gradient(&b);
        status = exactloss_accumulator_add_with_gradient(accumulator, b.options | constant_of(c, LOSSES, loss),
                                                         b.predictions.memory, b.targets.memory, weights_of(&b),
                                                         b.predictions.count, double_of(upstream),
                                                         decimal(next_word(upstream)), gradient.memory, violation);
        expect_elements(c, find_line_before(c, end + 1, end + 2, "gradient"), &gradient);
        free_array(&gradient);
    }
    free_batch(&b);
    return status;
}

static void run_accumulate(test_case *c) {
    exactloss_accumulator accumulators[2];
    exactloss_violation violation;
    const int losses = constants_of(c, LOSSES, find_line(c, 0, "losses"));
    int status = EXACTLOSS_OK, first = 0;
    for (int i = 0; i < 2 && status == EXACTLOSS_OK; i++) {
        status = exactloss_accumulator_init(&accumulators[i], losses, number_of(c, "threshold"));
    }
    for (int i = 0; i < c->count && status == EXACTLOSS_OK; i++) {
        if (strcmp(c->lines[i].words, "add") == 0 || strcmp(c->lines[i].words, "add_with_gradient") == 0) {
            status = add_batch(c, first, i, accumulators, &violation);
            first = i + 1;
        }
    }
    if (is_ok(c, status, &violation)) {
        if (find_line(c, 0, "merge") != NULL) {
            status = exactloss_accumulator_merge(&accumulators[0], &accumulators[1]);
            expect_integer(c, "status of the merge", "0", status);
        }
        expect_accumulator(c, &accumulators[0]);
    }
}

static void run_bytes(test_case *c) {
    array input = read_bytes(next_word(find_line(c, 0, "input")->words));
    exactloss_accumulator accumulator;
    exactloss_evaluation evaluation = {.size = sizeof evaluation};
    if (is_ok(c, exactloss_accumulator_deserialize(&accumulator, input.memory, input.count), NULL)) {
        expect_integer(c, "status of the result", "0", exactloss_accumulator_result(&accumulator, &evaluation));
        expect_evaluation(c, &evaluation);
    }
    free_array(&input);
}

static void run_metrics(test_case *c) {
    exactloss_evaluation e = {.size = sizeof e};
    const char *word = next_word(find_line(c, 0, "counts")->words);
    e.true_positives = decimal(word);
    e.false_positives = decimal(word = next_word(word));
    e.true_negatives = decimal(word = next_word(word));
    e.false_negatives = decimal(next_word(word));
    double value = 0;
    if (find_line(c, 0, "beta") != NULL) {
        is_ok(c, exactloss_f_beta(&e, number_of(c, "beta"), &value), NULL);
    }
    for (int i = 0; i < c->count; i++) {
        line *l = &c->lines[i];
        const char *name = next_word(l->words);
        if (strcmp(l->words, "metric") == 0) {
            expect_integer(c, name, "0", exactloss_metric(&e, constant_of(c, METRICS, name), &value));
        } else if (strcmp(l->words, "f_beta") == 0) {
            expect_integer(c, "f_beta", "0", exactloss_f_beta(&e, double_of(name), &value));
        } else {
            continue;
        }
        l->is_used = 1;
        expect_double(c, name, next_word(name), value);
    }
}

static void run_sigmoid(test_case *c) {
    array logits = read_array(find_line(c, 0, "predictions")), out = array_like(&logits);
    if (is_ok(c, exactloss_sigmoid(logits.as_prediction, logits.memory, logits.count, out.memory), NULL)) {
        expect_elements(c, find_line(c, 0, "out"), &out);
    }
    free_array(&logits);
    free_array(&out);
}

static void run_where(test_case *c) {
    array condition = read_array(find_line(c, 0, "condition"));
    array a = read_array(find_line(c, 0, "a")), b = read_array(find_line(c, 0, "b"));
    array shape = a;
    shape.count = condition.count;
    shape.bytes = shape.size * shape.count;
    array out = array_like(&shape);
    const int options =
        condition.as_target | (a.count == 1 ? EXACTLOSS_SCALAR_A : 0) | (b.count == 1 ? EXACTLOSS_SCALAR_B : 0);
    const int status =
        exactloss_where(options, condition.memory, a.memory, b.memory, a.size, condition.count, out.memory);
    if (is_ok(c, status, NULL)) {
        expect_elements(c, find_line(c, 0, "out"), &out);
    }
    free_array(&condition);
    free_array(&a);
    free_array(&b);
    free_array(&out);
}

static void run_case(test_case *c) {
    static const struct {
        const char *name;
        void (*run)(test_case *c);
    } operations[] = {{"loss", run_loss},         {"values", run_values},   {"gradient", run_gradient},
                      {"evaluate", run_evaluate}, {"bytes", run_bytes},     {"accumulate", run_accumulate},
                      {"metrics", run_metrics},   {"sigmoid", run_sigmoid}, {"where", run_where}};
    int is_known = 0;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (strcmp(c->operation, operations[i].name) == 0) {
            operations[i].run(c);
            is_known = 1;
        }
    }
    if (!is_known) {
        fail(c, "the operation %s is unknown", c->operation);
    }
    for (int i = 0; i < c->count; i++) {
        if (!c->lines[i].is_used) {
            fail(c, "line %d, \"%s\", was not looked at", c->lines[i].number, c->lines[i].words);
        }
    }
    failures += c->failures != 0;
}

int main(int argc, char **argv) {
    const char *wanted = getenv("EXACTLOSS_MAX_ISA"), *name = exactloss_isa_name();
    if (argc != 2) {
        fprintf(stderr, "usage: conformance_test FILE\n");
        return 2;
    }
    if (name == NULL) { /* a misspelt name would be a skipped test for good */
        printf("there is no instruction set %s\n", wanted);
        return 2;
    }
    if (wanted != NULL && strcmp(wanted, name) != 0) {
        printf("skipped: this machine cannot run %s\n", wanted);
        return SKIPPED;
    }
    const int cases = for_each_case(argv[1], run_case);
    printf("%d cases, %d of them wrong\n", cases, failures);
    return failures == 0 ? 0 : 1;
}
