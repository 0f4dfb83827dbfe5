/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kernels run under the EXACTLOSS_MAX_ISA that the test runner has set: threads that race for the first call all
 * get the best usable ones that it allows, or the error that an unknown name is.
 */
#define _POSIX_C_SOURCE 200809L
#include "cpu/kernels.h"
#include "exactloss/exactloss.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 8
#define OPTIONS (EXACTLOSS_MNIST | EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8)

/* Where all threads have come, they go on together. macOS has no pthread_barrier_t. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t all_there;
    int missing;
} start = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, THREADS};

static void wait_for_all(void) {
    pthread_mutex_lock(&start.mutex);
    if (--start.missing == 0) {
        pthread_cond_broadcast(&start.all_there);
    }
    while (start.missing > 0) {
        pthread_cond_wait(&start.all_there, &start.mutex);
    }
    pthread_mutex_unlock(&start.mutex);
}

/* NULL for an unknown name. */
static const char *expected_name(void) {
    const char *limit = getenv("EXACTLOSS_MAX_ISA"), *name, *best = NULL;
    int is_known = limit == NULL;
    for (int i = 0; (name = exactloss_isa_name_of(i)) != NULL; i++) {
        is_known |= limit != NULL && strcmp(limit, name) == 0;
    }
    for (int i = 0; is_known && (name = exactloss_isa_name_of(i)) != NULL; i++) {
        best = exactloss_isa_support(name) == EXACTLOSS_ISA_USABLE ? name : best;
        if (limit != NULL && strcmp(limit, name) == 0) {
            break;
        }
    }
    return best;
}

static void *ask(void *unused) {
    (void)unused;
    wait_for_all();
    return (void *)exactloss_isa_name();
}

static void racing_threads_get_the_expected_kernels(void **unused) {
    (void)unused;
    const char *expected = expected_name();
    pthread_t threads[THREADS];
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
}

static void computing_functions_agree(void **unused) {
    (void)unused;
    const float prediction = 0.25f;
    const unsigned char target = 0;
    float gradient = 7, value = 7, sigmoid = 7, selected = 7, added = 7;
    double loss = 7, other_loss = 7;
    exactloss_evaluation evaluation = {.size = sizeof evaluation, .count = 7};
    exactloss_accumulator accumulator, before;
    const int want = expected_name() == NULL ? EXACTLOSS_ERROR_MAX_ISA : EXACTLOSS_OK;
    assert_int_equal(want, exactloss_loss(OPTIONS | EXACTLOSS_MEAN, &prediction, &target, NULL, 1, NULL, &loss, NULL));
    assert_int_equal(want, exactloss_values(OPTIONS, &prediction, &target, NULL, 1, &value, NULL));
    assert_int_equal(want, exactloss_gradient(OPTIONS | EXACTLOSS_SUM, &prediction, &target, NULL, 1, 1, 1, &gradient,
                                              &other_loss, NULL));
    assert_int_equal(want, exactloss_evaluate(OPTIONS, &prediction, &target, NULL, 1, NULL, 0.5, &evaluation, NULL));
    assert_int_equal(want, exactloss_where(EXACTLOSS_T_UINT8, &target, &loss, &prediction, 4, 1, &selected));
    assert_int_equal(want, exactloss_sigmoid(EXACTLOSS_P_FLOAT32, &prediction, 1, &sigmoid));
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_init(&accumulator, EXACTLOSS_MNIST, 0.5));
    before = accumulator;
    assert_int_equal(want, exactloss_accumulator_add(&accumulator, OPTIONS, &prediction, &target, NULL, 1, NULL, NULL));
    assert_int_equal(want, exactloss_accumulator_add_with_gradient(&accumulator, OPTIONS, &prediction, &target, NULL, 1,
                                                                   1, 1, &added, NULL));
    const int is_ok = want == EXACTLOSS_OK;
    assert_true(loss == (is_ok ? 0.25 : 7) && other_loss == (is_ok ? 0.25 : 7) && value == (is_ok ? 0.25f : 7));
    assert_true(gradient == (is_ok ? 1.0f : 7.0f) && added == (is_ok ? 1.0f : 7.0f) && (sigmoid == 7) == !is_ok);
    assert_true(selected == (is_ok ? 0.25f : 7));
    assert_int_equal(is_ok ? 1 : 7, evaluation.count);
    assert_int_equal(is_ok, memcmp(&before, &accumulator, sizeof before) != 0);
}

/* An unknown name comes before any other fault. */
static void the_name_is_the_first_fault(void **unused) {
    (void)unused;
    double loss;
    exactloss_evaluation e;
    const int unknown = expected_name() == NULL;
#define EXPECT(fault, call) assert_int_equal(unknown ? EXACTLOSS_ERROR_MAX_ISA : (fault), call)
    EXPECT(EXACTLOSS_ERROR_OPTIONS, exactloss_loss(-1, NULL, NULL, NULL, -1, NULL, &loss, NULL));
    EXPECT(EXACTLOSS_ERROR_OPTIONS, exactloss_values(-1, NULL, NULL, NULL, -1, NULL, NULL));
    EXPECT(EXACTLOSS_ERROR_OPTIONS, exactloss_gradient(-1, NULL, NULL, NULL, -1, 1, 0, NULL, NULL, NULL));
    EXPECT(EXACTLOSS_ERROR_OPTIONS, exactloss_evaluate(-1, NULL, NULL, NULL, -1, NULL, 0.5, &e, NULL));
    EXPECT(EXACTLOSS_ERROR_OPTIONS, exactloss_where(-1, NULL, NULL, NULL, 3, -1, NULL));
    EXPECT(EXACTLOSS_ERROR_OPTIONS, exactloss_sigmoid(-1, NULL, -1, NULL));
    EXPECT(EXACTLOSS_ERROR_NULL, exactloss_accumulator_add(NULL, -1, NULL, NULL, NULL, -1, NULL, NULL));
    EXPECT(EXACTLOSS_ERROR_NULL,
           exactloss_accumulator_add_with_gradient(NULL, -1, NULL, NULL, NULL, -1, 1, 0, NULL, NULL));
#undef EXPECT
}

/* The ranks, which don't depend on the environment. */
static void instruction_sets_have_names(void **unused) {
    (void)unused;
    int count = 0;
    assert_string_equal("portable", exactloss_isa_name_of(0));
    for (const char *name; (name = exactloss_isa_name_of(count)) != NULL; count++) {
        assert_string_equal(exactloss_isa_of(count)->name, name);
        assert_int_equal(exactloss_support_of(exactloss_isa_of(count)), exactloss_isa_support(name));
        /* This build knows the names of instruction sets that it has no kernels for, and can't run them. */
        if (exactloss_isa_of(count)->kernels == NULL) {
            assert_int_equal(EXACTLOSS_ISA_ABSENT, exactloss_isa_support(name));
        }
        for (int i = 0; i < count; i++) {
            assert_string_not_equal(name, exactloss_isa_name_of(i));
        }
    }
    assert_true(count > 1);
    assert_null(exactloss_isa_name_of(-1));
    assert_null(exactloss_isa_name_of(count));
    assert_null(exactloss_isa_name_of(count + 1));
    assert_int_equal(EXACTLOSS_ISA_USABLE, exactloss_isa_support("portable"));
    assert_int_equal(EXACTLOSS_ISA_ABSENT, exactloss_isa_support(NULL));
    assert_int_equal(EXACTLOSS_ISA_ABSENT, exactloss_isa_support(""));
    assert_int_equal(EXACTLOSS_ISA_ABSENT, exactloss_isa_support("sse9"));
    assert_int_equal(EXACTLOSS_ISA_ABSENT, exactloss_isa_support("Portable"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(racing_threads_get_the_expected_kernels),
        cmocka_unit_test(computing_functions_agree),
        cmocka_unit_test(the_name_is_the_first_fault),
        cmocka_unit_test(instruction_sets_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
