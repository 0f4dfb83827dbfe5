/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What exactloss.h promises of signals and of fork(). A call is interrupted in its middle, where it reads a page that
 * can't be read yet: the handler, on a stack of its own, makes calls too. Runs on the kernels that EXACTLOSS_MAX_ISA
 * names, or exits with 77 (skipped).
 */
#define _GNU_SOURCE
#include "exactloss/exactloss.h"

#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIPPED 77
#define COUNT 40000
#define STACK_SIZE (128 * 1024)
#define OPTIONS (EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8)
#define ALL (EXACTLOSS_MNIST | EXACTLOSS_BRIER | EXACTLOSS_LOG)

static float *predictions;
static unsigned char targets[COUNT];
static float weights[COUNT], gradient[COUNT];

/* The results of several calls. */
typedef struct results {
    exactloss_evaluation evaluation;
    double loss;
    float last_gradient;
    int status;
} results;

static void compute(results *r) {
    memset(r, 0, sizeof *r);
    r->evaluation.size = sizeof r->evaluation;
    r->status =
        exactloss_evaluate(ALL | OPTIONS, predictions, targets, weights, COUNT, NULL, 0.5, &r->evaluation, NULL) |
        exactloss_gradient(EXACTLOSS_LOG | EXACTLOSS_MEAN | EXACTLOSS_FROM_LOGITS | OPTIONS, predictions, targets, NULL,
                           COUNT, 1, COUNT, gradient, &r->loss, NULL);
    r->last_gradient = gradient[COUNT - 1];
}

static const size_t SIZE = COUNT * sizeof(float);
static results in_handler;
static int interruptions, interrupted_rounding;

static void let_it_be_read(int signal) {
    (void)signal;
    interruptions++;
    if (mprotect(predictions, SIZE, PROT_READ) != 0) {
        abort();
    }
    const int before = fegetround();
    fesetround(FE_UPWARD); /* as the interrupted program may have it */
    compute(&in_handler);
    interrupted_rounding = fegetround();
    fesetround(before);
}

static void a_handler_makes_calls(void **unused) {
    (void)unused;
    results want, have;
    const stack_t stack = {.ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE}, none = {.ss_flags = SS_DISABLE};
    struct sigaction action = {.sa_handler = let_it_be_read, .sa_flags = SA_ONSTACK}, former;
    compute(&want);
    assert_int_equal(EXACTLOSS_OK, want.status);
    assert_non_null(stack.ss_sp);
    assert_int_equal(0, sigaltstack(&stack, NULL));
    assert_int_equal(0, sigaction(SIGSEGV, &action, &former));
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    assert_int_equal(0, mprotect((unsigned char *)predictions + SIZE / 2 / page * page, SIZE / 2, PROT_NONE));
    compute(&have);
    assert_int_equal(0, sigaction(SIGSEGV, &former, NULL));
    assert_int_equal(0, sigaltstack(&none, NULL));
    free(stack.ss_sp);
    assert_int_equal(1, interruptions);
    assert_int_equal(FE_UPWARD, interrupted_rounding);
    assert_memory_equal(&want, &in_handler, sizeof want);
    assert_memory_equal(&want, &have, sizeof want);
}

/* The child has its own copy of everything that a call needs. */
static void a_child_goes_on(void **unused) {
    (void)unused;
    results of_parent;
    compute(&of_parent);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        results of_child;
        compute(&of_child);
        _exit(memcmp(&of_parent, &of_child, sizeof of_child) == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
    const char *wanted = getenv("EXACTLOSS_MAX_ISA"), *name = exactloss_isa_name();
    if (wanted != NULL && (name == NULL || strcmp(wanted, name) != 0)) {
        printf("skipped: this machine cannot run %s\n", wanted);
        return SKIPPED;
    }
    predictions = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (predictions == MAP_FAILED) {
        return 1;
    }
    for (int i = 0; i < COUNT; i++) {
        predictions[i] = (float)(i * 37 % COUNT) / COUNT;
        targets[i] = i % 3 == 0;
        weights[i] = (float)(i % 5);
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_handler_makes_calls), cmocka_unit_test(a_child_goes_on)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
