/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kernels run under the EXACTLOSS_MAX_ISA that the test runner has set: threads that race for the first call all
 * get the best usable ones that it allows, or the error that an unknown word is.
 */
#define _POSIX_C_SOURCE 200809L
#include "exactloss/exactloss.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 8

static const char *const NAMES[] = {"portable", "avx2", "avx512"};
static pthread_barrier_t start;

/* NULL for an unknown word. */
static const char *expected_name(void) {
    const char *word = getenv("EXACTLOSS_MAX_ISA");
    int highest = -1;
    for (int isa = 0; isa < 3; isa++) {
        if (word == NULL || strcmp(word, NAMES[isa]) == 0) {
            highest = isa;
        }
    }
    while (highest > 0 && exactloss_isa_support(highest) != EXACTLOSS_ISA_USABLE) {
        highest--;
    }
    return highest < 0 ? NULL : NAMES[highest];
}

static void *ask(void *unused) {
    (void)unused;
    pthread_barrier_wait(&start);
    return (void *)exactloss_isa_name();
}

static void racing_threads_get_the_expected_kernels(void **unused) {
    (void)unused;
    const char *expected = expected_name();
    pthread_t threads[THREADS];
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(0, pthread_create(&threads[i], NULL, ask, NULL));
    }
    for (int i = 0; i < THREADS; i++) {
        void *name;
        pthread_join(threads[i], &name);
        if (expected == NULL) {
            assert_null(name);
        } else {
            assert_string_equal(expected, name);
        }
    }
    pthread_barrier_destroy(&start);
}

static void computing_functions_agree(void **unused) {
    (void)unused;
    const float prediction = 0.25f;
    const unsigned char target = 0;
    float gradient = 7;
    double loss = 7;
    exactloss_evaluation evaluation = {.count = 7};
    exactloss_accumulator accumulator;
    const int want = expected_name() == NULL ? EXACTLOSS_ERROR_MAX_ISA : EXACTLOSS_OK;
    assert_int_equal(want, exactloss_mnist_loss(&prediction, EXACTLOSS_FLOAT32, &target, EXACTLOSS_UINT8, 0, 1,
                                                EXACTLOSS_REDUCTION_MEAN, 0, &loss, NULL, NULL));
    assert_int_equal(want, exactloss_mnist_loss_gradient(&target, EXACTLOSS_UINT8, 0, 1, 1.0, EXACTLOSS_REDUCTION_MEAN,
                                                         0, &gradient, EXACTLOSS_FLOAT32, NULL));
    assert_int_equal(want, exactloss_evaluate(&prediction, EXACTLOSS_FLOAT32, &target, EXACTLOSS_UINT8, 0, 1, 0.5, 0,
                                              &evaluation, NULL));
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_init(&accumulator, 0.5));
    assert_int_equal(want, exactloss_accumulator_add(&accumulator, &prediction, EXACTLOSS_FLOAT32, &target,
                                                     EXACTLOSS_UINT8, 0, 1, 0, NULL));
    assert_true(loss == (want == EXACTLOSS_OK ? 0.25 : 7));
    assert_true(gradient == (want == EXACTLOSS_OK ? 1.0f : 7.0f));
    assert_int_equal(want == EXACTLOSS_OK ? 1 : 7, evaluation.count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(racing_threads_get_the_expected_kernels),
        cmocka_unit_test(computing_functions_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
