/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of the stack a call uses: it runs in a thread whose stack was filled with a pattern, and what has changed is
 * compared with a thread that does nothing. Without optimisation, locals that share memory otherwise do not. Runs on the
 * kernels that EXACTLOSS_MAX_ISA names, or exits with 77 (skipped).
 */
#define _POSIX_C_SOURCE 200809L
#include "exactloss/exactloss.h"
#include "exactloss/exactloss_arrow.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* GCC has a macro, and Clang a question. */
#ifdef __SANITIZE_ADDRESS__
#define HAS_SANITIZER 1
#elif defined __has_feature
#define HAS_SANITIZER __has_feature(address_sanitizer)
#else
#define HAS_SANITIZER 0
#endif

#define SKIPPED 77
#define MOST (32 * 1024)
#define ALL (EXACTLOSS_MNIST | EXACTLOSS_BRIER | EXACTLOSS_LOG)
#define COUNT 5000
#define ROWS 3
#define PATTERN 0x5a

static _Alignas(4096) unsigned char stack[1 << 18];
static double predictions[COUNT], targets[COUNT], outputs[COUNT];
static float weights[COUNT];
static exactloss_accumulator accumulators[ROWS];

typedef struct job {
    int (*run)(int options, const float *weights);
    int options;
    const float *weights;
    int status;
} job;

static int run_nothing(int options, const float *w) {
    (void)options, (void)w;
    return EXACTLOSS_OK;
}

static const exactloss_rows SHAPE = {ROWS, 1000, 1000, 1000};

static int run_loss(int options, const float *w) {
    return exactloss_loss(options | EXACTLOSS_MEAN, predictions, targets, w, COUNT, NULL, outputs, NULL);
}

static int run_loss_of_rows(int options, const float *w) {
    return exactloss_loss(options | EXACTLOSS_SUM, predictions, targets, w, 1000, &SHAPE, outputs, NULL);
}

static int run_values(int options, const float *w) {
    return exactloss_values(options, predictions, targets, w, COUNT, outputs, NULL);
}

static int run_gradient(int options, const float *w) {
    return exactloss_gradient(options | EXACTLOSS_MEAN | EXACTLOSS_ACCUMULATE, predictions, targets, w, COUNT, 0.3,
                              COUNT, outputs, outputs + COUNT - 1, NULL);
}

static int run_evaluate(int options, const float *w) {
    exactloss_evaluation *evaluations = (exactloss_evaluation *)(void *)outputs;
    evaluations->size = sizeof *evaluations;
    return exactloss_evaluate(options | ALL, predictions, targets, w, 1000, &SHAPE, 0.5, evaluations, NULL);
}

static int run_add(int options, const float *w) {
    return exactloss_accumulator_add(accumulators, options | ALL, predictions, targets, w, 1000, &SHAPE, NULL);
}

static int run_add_with_gradient(int options, const float *w) {
    return exactloss_accumulator_add_with_gradient(accumulators, options, predictions, targets, w, COUNT, 0.3, COUNT,
                                                   outputs, NULL);
}

static int run_where(int options, const float *w) {
    (void)options;
    return exactloss_where(EXACTLOSS_T_UINT8, targets, predictions, w == NULL ? predictions : (const void *)weights, 4,
                           COUNT, outputs);
}

static int run_sigmoid(int options, const float *w) {
    (void)w;
    return exactloss_sigmoid(options & 0xf000, predictions, COUNT, outputs);
}

/* Every third row is null, so that short runs are gathered. */
static int run_add_of_columns(int options, const float *w) {
    static unsigned char bitmap[COUNT / 8 + 1];
    exactloss_arrow_column columns[3] = {
        {.view = {predictions, COUNT, options & 0xf000, 8}, .validity = {bitmap}, .null_count = COUNT},
        {.view = {targets, COUNT, options & 0xf0000, 8}},
        {.view = {weights, COUNT, 0, sizeof *weights}},
    };
    for (int i = 0; i < COUNT; i++) {
        bitmap[i / 8] = (unsigned char)(bitmap[i / 8] | (i % 3 > 0) << i % 8);
    }
    return exactloss_arrow_add(accumulators, (options & ~0xff0ff) | ALL, columns, columns + 1,
                               w == NULL ? NULL : columns + 2, NULL, NULL);
}

static int run_byte_form(int options, const float *w) {
    unsigned char bytes[EXACTLOSS_ACCUMULATOR_MAX_BYTES];
    int64_t size;
    exactloss_evaluation e = {.size = sizeof e};
    (void)options, (void)w;
    const int status = exactloss_accumulator_serialize(accumulators, bytes, sizeof bytes, &size) |
                       exactloss_accumulator_deserialize(accumulators, bytes, size) |
                       exactloss_accumulator_merge(accumulators, accumulators + 1);
    return status | exactloss_accumulator_result(accumulators, &e);
}

static void *run_job(void *argument) {
    job *j = argument;
    j->status = j->run(j->options, j->weights);
    return NULL;
}

/* The bytes of the stack that a job changes. */
static long depth_of(job *j) {
    pthread_attr_t attributes;
    pthread_t thread;
    memset(stack, PATTERN, sizeof stack);
    assert_int_equal(0, pthread_attr_init(&attributes));
    assert_int_equal(0, pthread_attr_setstack(&attributes, stack, sizeof stack));
    assert_int_equal(0, pthread_create(&thread, &attributes, run_job, j));
    assert_int_equal(0, pthread_join(thread, NULL));
    pthread_attr_destroy(&attributes);
    size_t lowest = 0;
    while (lowest < sizeof stack && stack[lowest] == PATTERN) {
        lowest++;
    }
    return (long)(sizeof stack - lowest);
}

/*
 * Numbers of nearly all sizes below 1, in each type that their bytes may be read as: with these the kernels take their longest
 * ways.
 */
static void fill(void) {
    for (int i = 0; i < COUNT; i++) {
        const float value[] = {ldexpf(1, -8 - i % 118), ldexpf(1, -8 - 7 * i % 118)};
        memcpy(&predictions[i], value, sizeof value);
        memcpy((unsigned char *)targets + i, i % 3 == 0 ? "\1" : "\0", 1);
        weights[i] = ldexpf(1, i % 200 - 100);
    }
}

static void calls_use_little_stack(void **unused) {
    (void)unused;
    static const struct {
        const char *name;
        int (*run)(int options, const float *weights);
    } CALLS[] = {
        {"loss", run_loss},
        {"loss of rows", run_loss_of_rows},
        {"values", run_values},
        {"gradient", run_gradient},
        {"evaluate", run_evaluate},
        {"accumulator_add", run_add},
        {"where", run_where},
        {"accumulator_add_with_gradient", run_add_with_gradient},
        {"sigmoid", run_sigmoid},
        {"the byte form", run_byte_form},
        {"arrow_add", run_add_of_columns},
    };
    fill();
    job nothing = {.run = run_nothing};
    const long base = depth_of(&nothing);
    long most = 0;
    for (int i = 0; i < ROWS; i++) {
        assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_init(&accumulators[i], ALL, 0.5));
    }
    for (int i = 0; i < 3 * 4 * 16; i++) {
        const int loss = i % 3, type = 1 + i / 3 % 4, flags = i / 12;
        for (size_t k = 0; k < sizeof CALLS / sizeof *CALLS; k++) {
            job j = {.run = CALLS[k].run, .weights = (flags & 4) == 0 ? NULL : weights};
            j.options = EXACTLOSS_MNIST << loss | type * EXACTLOSS_P_FLOAT16 | EXACTLOSS_T_UINT8 |
                        ((flags & 1) == 0 ? 0 : EXACTLOSS_FROM_LOGITS) | ((flags & 2) == 0 ? 0 : EXACTLOSS_STRICT) |
                        ((flags & 8) == 0 ? 0 : EXACTLOSS_CLAMP);
            run_job(&j); /* the dynamic linker's part of a first call */
            assert_int_equal(EXACTLOSS_OK, j.status);
            const long depth = depth_of(&j) - base;
            most = depth > most ? depth : most;
            if (depth > MOST) {
                fail_msg("%s with options %#x, weights %d: %ld bytes", CALLS[k].name, (unsigned)j.options,
                         j.weights != NULL, depth);
            }
        }
    }
    printf("at most %ld bytes\n", most);
}

int main(void) {
    const char *wanted = getenv("EXACTLOSS_MAX_ISA"), *name = exactloss_isa_name();
    if (wanted != NULL && (name == NULL || strcmp(wanted, name) != 0)) {
        printf("skipped: this machine cannot run %s\n", wanted);
        return SKIPPED;
    }
#if defined __OPTIMIZE__ && !HAS_SANITIZER
    const struct CMUnitTest tests[] = {cmocka_unit_test(calls_use_little_stack)};
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    (void)calls_use_little_stack;
    printf("skipped: this build is not optimised, or has a sanitizer, which takes stack of its own\n");
    return SKIPPED;
#endif
}
