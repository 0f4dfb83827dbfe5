/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call does beside its arithmetic, on a fake driver: wrong arguments get the status that exactloss.h gives them,
 * *_async functions ask nothing of the driver but the launch, *_sync ones allocate in their first call alone, and threads
 * do not meet.
 */
#include "cuda/accumulator.h"
#include "cuda/layout.h"
#include "fake_driver.h"

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 3000
#define THREADS 4

static fake_cuda_state *fake;
static exactloss_cuda_device *device;
static float predictions[COUNT];
static unsigned char targets[COUNT];
static void *on_device, *targets_on_device, *gradient;

static int open_device(void **state) {
    (void)state;
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    fake = library == NULL ? NULL : dlsym(library, "fake_cuda");
    if (fake == NULL || exactloss_cuda_open(0, &device) != EXACTLOSS_OK) {
        return 1;
    }
    for (int i = 0; i < COUNT; i++) {
        predictions[i] = (float)(i * 7 % COUNT) / COUNT;
        targets[i] = i % 3 == 0;
    }
    return exactloss_cuda_alloc(device, sizeof predictions, &on_device) != 0 ||
           exactloss_cuda_alloc(device, sizeof targets, &targets_on_device) != 0 ||
           exactloss_cuda_alloc(device, sizeof predictions, &gradient) != 0 ||
           exactloss_cuda_copy_async(device, on_device, predictions, sizeof predictions, NULL) != 0 ||
           exactloss_cuda_copy_async(device, targets_on_device, targets, sizeof targets, NULL) != 0 ||
           exactloss_cuda_stream_sync(device, NULL) != 0;
}

static int close_device(void **state) {
    (void)state;
    return exactloss_cuda_free(device, on_device) != 0 || exactloss_cuda_free(device, targets_on_device) != 0 ||
           exactloss_cuda_free(device, gradient) != 0 || exactloss_cuda_close(device) != 0 || fake->resources != 0;
}

/* --------------------------------------------------------------------------------------------------- arguments -- */

#define TYPES (EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8)
#define LOSS (TYPES | EXACTLOSS_MNIST)
#define MEAN (LOSS | EXACTLOSS_MEAN)

enum { NO_PREDICTIONS = 1, NO_TARGETS = 2, NO_GRADIENT = 4 };

/* Arguments of a loss and its gradient, some of which are wrong. */
typedef struct call {
    int status, options;
    int64_t count;
    int absent;
} call;

static const call CALLS[] = {
    {EXACTLOSS_OK, MEAN, 10, 0},
    {EXACTLOSS_OK, LOSS | EXACTLOSS_SUM, 0, NO_PREDICTIONS | NO_TARGETS | NO_GRADIENT},
    {EXACTLOSS_OK, MEAN, 0, NO_PREDICTIONS | NO_TARGETS | NO_GRADIENT},
    {EXACTLOSS_ERROR_COUNT, MEAN, -1, NO_TARGETS},
    {EXACTLOSS_ERROR_COUNT, MEAN, INT64_MAX, NO_GRADIENT},
    {EXACTLOSS_ERROR_OPTIONS, MEAN | EXACTLOSS_SCALAR_A, -1, 0},
    {EXACTLOSS_ERROR_OPTIONS, MEAN | EXACTLOSS_T_BIT_OFFSET, 10, 0},
    {EXACTLOSS_ERROR_LOSS, TYPES | EXACTLOSS_MEAN, 10, 0},
    {EXACTLOSS_ERROR_LOSS, MEAN | 0x80, 10, 0},
    {EXACTLOSS_ERROR_REDUCTION, LOSS, 10, 0},
    {EXACTLOSS_ERROR_REDUCTION, MEAN | EXACTLOSS_SUM, -1, 0},
    {EXACTLOSS_ERROR_TYPE, EXACTLOSS_MNIST | EXACTLOSS_MEAN | EXACTLOSS_T_UINT8, 10, 0},
    {EXACTLOSS_ERROR_TYPE, EXACTLOSS_MNIST | EXACTLOSS_MEAN | EXACTLOSS_P_FLOAT32, -1, 0},
    {EXACTLOSS_ERROR_TYPE, EXACTLOSS_MNIST | EXACTLOSS_MEAN | EXACTLOSS_P_FLOAT32 | 0xf0000, 0, 0},
    {EXACTLOSS_ERROR_NULL, MEAN, 10, NO_PREDICTIONS},
    {EXACTLOSS_ERROR_NULL, MEAN, 10, NO_TARGETS},
    {EXACTLOSS_ERROR_NULL, MEAN, 10, NO_GRADIENT},
};

static void *unless(int absent, int flag, void *pointer) { return (absent & flag) != 0 ? NULL : pointer; }

static void test_wrong_arguments(void **state) {
    (void)state;
    static float host_gradient[COUNT];
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        const call *c = &CALLS[i];
        double loss = 7, host_loss = 7;
        const int status =
            exactloss_cuda_loss_and_gradient_sync(device, c->options, unless(c->absent, NO_PREDICTIONS, on_device),
                                                  unless(c->absent, NO_TARGETS, targets_on_device), NULL, c->count, 1,
                                                  unless(c->absent, NO_GRADIENT, gradient), &loss, NULL);
        const int host_status = exactloss_gradient(c->options, unless(c->absent, NO_PREDICTIONS, predictions),
                                                   unless(c->absent, NO_TARGETS, targets), NULL, c->count, 1, 10,
                                                   unless(c->absent, NO_GRADIENT, host_gradient), &host_loss, NULL);
        assert_int_equal(status, c->status);
        assert_int_equal(host_status, c->status);
        assert_memory_equal(&loss, &host_loss, sizeof loss);
        if (status != EXACTLOSS_OK) {
            assert_string_equal(exactloss_cuda_error(), exactloss_status_string(status));
        }
    }
}

/* What this library takes less than the core, and what only its functions can get wrong. */
static void test_other_wrong_arguments(void **state) {
    (void)state;
    double loss = 7;
    const float *weights = on_device;
    const void *p = on_device, *t = targets_on_device;
    assert_int_equal(exactloss_cuda_loss_sync(NULL, 0, p, t, NULL, -1, &loss, NULL), EXACTLOSS_ERROR_NULL);
    assert_int_equal(exactloss_cuda_loss_sync(device, MEAN, p, t, NULL, 10, NULL, NULL), EXACTLOSS_ERROR_NULL);
    assert_int_equal(exactloss_cuda_loss_sync(device, MEAN | EXACTLOSS_STRICT, p, t, NULL, 10, &loss, NULL),
                     EXACTLOSS_ERROR_OPTIONS);
    assert_int_equal(
        exactloss_cuda_gradient_async(device, LOSS | EXACTLOSS_ACCUMULATE, p, t, NULL, 10, 1, 1, gradient, NULL),
        EXACTLOSS_ERROR_OPTIONS);
    assert_int_equal(exactloss_cuda_gradient_async(device, MEAN, p, t, NULL, 10, 1, 1, gradient, NULL),
                     EXACTLOSS_ERROR_OPTIONS);
    assert_int_equal(exactloss_cuda_gradient_async(device, LOSS, p, t, NULL, 10, 1, 0, gradient, NULL),
                     EXACTLOSS_ERROR_COUNT);
    /* More blocks than a grid has, of which 32 bits would keep 1. */
    const int64_t beyond_grid = ((int64_t)1 << 32) * BLOCK_THREADS * THREAD_ELEMENTS + 1;
    assert_int_equal(exactloss_cuda_gradient_async(device, LOSS, p, t, NULL, beyond_grid, 1, 1, gradient, NULL),
                     EXACTLOSS_ERROR_COUNT);
    assert_string_equal(exactloss_cuda_error(), exactloss_status_string(EXACTLOSS_ERROR_COUNT));
    assert_int_equal(
        exactloss_cuda_gradient_async(device, LOSS | EXACTLOSS_FROM_LOGITS, NULL, t, NULL, 10, 1, 1, gradient, NULL),
        EXACTLOSS_ERROR_NULL);
    assert_int_equal(exactloss_cuda_loss_and_gradient_sync(device, MEAN, p, t, weights, 10, 1, gradient, &loss, NULL),
                     EXACTLOSS_ERROR_OPTIONS);
    assert_true(loss == 7);
}

static void test_wrong_alignment(void **state) {
    (void)state;
    double loss = 7;
    char *odd = (char *)on_device + 2;
    const void *p = on_device, *t = targets_on_device;
    const int wide_targets = EXACTLOSS_MNIST | EXACTLOSS_MEAN | EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_INT32;
    assert_int_equal(exactloss_cuda_loss_sync(device, MEAN, odd, t, NULL, 10, &loss, NULL),
                     EXACTLOSS_CUDA_ERROR_ALIGNMENT);
    assert_int_equal(exactloss_cuda_loss_sync(device, wide_targets, p, odd, NULL, 10, &loss, NULL),
                     EXACTLOSS_CUDA_ERROR_ALIGNMENT);
    assert_int_equal(exactloss_cuda_loss_sync(device, MEAN, p, t, (const float *)(const void *)odd, 10, &loss, NULL),
                     EXACTLOSS_CUDA_ERROR_ALIGNMENT);
    assert_int_equal(exactloss_cuda_gradient_async(device, LOSS, NULL, t, NULL, 10, 1, 1, odd, NULL),
                     EXACTLOSS_CUDA_ERROR_ALIGNMENT);
    assert_true(loss == 7);
    assert_non_null(strstr(exactloss_cuda_error(), "aligned"));
}

static void test_thresholds_and_losses(void **state) {
    (void)state;
    const double not_a_number = (double)NAN;
    exactloss_evaluation evaluation = {.size = sizeof evaluation};
    exactloss_cuda_accumulator *sum;
    exactloss_accumulator other;
    const void *p = on_device, *t = targets_on_device;
    assert_int_equal(exactloss_cuda_evaluate_sync(device, LOSS, p, NULL, NULL, 10, not_a_number, &evaluation, NULL),
                     EXACTLOSS_ERROR_THRESHOLD);
    assert_int_equal(exactloss_cuda_accumulator_create(device, EXACTLOSS_MNIST, not_a_number, &sum),
                     EXACTLOSS_ERROR_THRESHOLD);
    assert_null(sum);
    assert_int_equal(exactloss_cuda_accumulator_create(device, 0, 0.5, &sum), EXACTLOSS_ERROR_LOSS);
    assert_int_equal(exactloss_cuda_accumulator_create(device, LOSS, 0.5, &sum), EXACTLOSS_ERROR_OPTIONS);
    assert_int_equal(exactloss_cuda_accumulator_create(device, EXACTLOSS_MNIST, 0.5, NULL), EXACTLOSS_ERROR_NULL);
    assert_int_equal(exactloss_cuda_accumulator_create(device, EXACTLOSS_MNIST, 0.25, &sum), EXACTLOSS_OK);
    assert_int_equal(exactloss_cuda_accumulator_add_async(sum, TYPES | 2, p, t, NULL, 10, NULL), EXACTLOSS_ERROR_LOSS);
    assert_int_equal(
        exactloss_cuda_accumulator_add_with_gradient_async(sum, TYPES, p, t, NULL, 10, 1, 1, gradient, NULL),
        EXACTLOSS_ERROR_LOSS);
    exactloss_accumulator_init(&other, EXACTLOSS_MNIST, 0.5);
    assert_int_equal(exactloss_cuda_accumulator_merge_sync(&other, sum, NULL), EXACTLOSS_ERROR_THRESHOLD);
    sum->losses = 2; /* as another set would be */
    assert_int_equal(exactloss_cuda_accumulator_merge_sync(&other, sum, NULL), EXACTLOSS_ERROR_LOSS);
    memset(&other, 0, sizeof other);
    assert_int_equal(exactloss_cuda_accumulator_merge_sync(&other, sum, NULL), EXACTLOSS_ERROR_ACCUMULATOR);
    assert_int_equal(exactloss_cuda_accumulator_destroy(sum), EXACTLOSS_OK);
}

/* An evaluation of a smaller size gets so many bytes, and one without room for the first fields is refused. */
static void test_sizes_of_evaluations(void **state) {
    (void)state;
    exactloss_evaluation evaluation = {.size = 8, .count = -1};
    const void *p = on_device, *t = targets_on_device;
    assert_int_equal(exactloss_cuda_evaluate_sync(device, LOSS, p, t, NULL, 10, 0.5, &evaluation, NULL),
                     EXACTLOSS_ERROR_SIZE);
    assert_int_equal(exactloss_cuda_evaluate_sync(device, LOSS, p, t, NULL, 10, 0.5, NULL, NULL), EXACTLOSS_ERROR_NULL);
    assert_int_equal(evaluation.count, -1);
    evaluation.size = sizeof evaluation;
    assert_int_equal(exactloss_cuda_evaluate_sync(device, LOSS, p, t, NULL, 10, 0.5, &evaluation, NULL), EXACTLOSS_OK);
    assert_int_equal(evaluation.count, 10);
}

/* A bad weight is named by the call that waits; an accumulator forgets it when it is cleared. */
static void test_bad_weights(void **state) {
    (void)state;
    static const float BAD[] = {-1, -0x1p-149f, NAN, INFINITY, -INFINITY};
    exactloss_cuda_accumulator *sum;
    exactloss_accumulator total;
    float weights[COUNT];
    const void *p = on_device, *t = targets_on_device;
    void *memory;
    for (int i = 0; i < COUNT; i++) {
        weights[i] = (float)(i % 5);
    }
    assert_int_equal(exactloss_cuda_alloc(device, sizeof weights, &memory), EXACTLOSS_OK);
    assert_int_equal(exactloss_cuda_accumulator_create(device, EXACTLOSS_MNIST, 0.5, &sum), EXACTLOSS_OK);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        exactloss_accumulator_init(&total, EXACTLOSS_MNIST, 0.5);
        const exactloss_accumulator before = total;
        exactloss_evaluation evaluation = {.size = sizeof evaluation, .count = -1};
        double loss = 7;
        weights[COUNT - 1] = BAD[i];
        assert_int_equal(exactloss_cuda_copy_async(device, memory, weights, sizeof weights, NULL), EXACTLOSS_OK);
        assert_int_equal(exactloss_cuda_loss_sync(device, MEAN, p, t, memory, COUNT, &loss, NULL),
                         EXACTLOSS_ERROR_WEIGHT);
        assert_string_equal(exactloss_cuda_error(), exactloss_status_string(EXACTLOSS_ERROR_WEIGHT));
        assert_int_equal(exactloss_cuda_loss_and_gradient_sync(device, LOSS | EXACTLOSS_SUM, p, t, memory, COUNT, 1,
                                                               gradient, &loss, NULL),
                         EXACTLOSS_ERROR_WEIGHT);
        assert_int_equal(exactloss_cuda_evaluate_sync(device, LOSS, p, t, memory, COUNT, 0.5, &evaluation, NULL),
                         EXACTLOSS_ERROR_WEIGHT);
        assert_true(loss == 7 && evaluation.count == -1);
        assert_int_equal(exactloss_cuda_accumulator_add_async(sum, TYPES, p, t, memory, COUNT, NULL), EXACTLOSS_OK);
        assert_int_equal(exactloss_cuda_accumulator_add_async(sum, TYPES, p, t, NULL, COUNT, NULL), EXACTLOSS_OK);
        assert_int_equal(exactloss_cuda_accumulator_merge_sync(&total, sum, NULL), EXACTLOSS_ERROR_WEIGHT);
        assert_memory_equal(&total, &before, sizeof total);
        assert_int_equal(exactloss_cuda_accumulator_clear_async(sum, NULL), EXACTLOSS_OK);
        assert_int_equal(exactloss_cuda_accumulator_add_async(sum, TYPES, p, t, memory, COUNT - 1, NULL), EXACTLOSS_OK);
        assert_int_equal(exactloss_cuda_accumulator_merge_sync(&total, sum, NULL), EXACTLOSS_OK);
        assert_int_equal(exactloss_cuda_accumulator_clear_async(sum, NULL), EXACTLOSS_OK);
    }
    assert_int_equal(exactloss_cuda_accumulator_destroy(sum), EXACTLOSS_OK);
    assert_int_equal(exactloss_cuda_free(device, memory), EXACTLOSS_OK);
}

/* An accumulator that has been added to so often that its integers could overflow is not taken. */
static void test_full_accumulator(void **state) {
    (void)state;
    const uint64_t most = MOST_BLOCKS, too_many = most + 1;
    exactloss_cuda_accumulator *sum;
    exactloss_accumulator total;
    assert_int_equal(exactloss_cuda_accumulator_create(device, EXACTLOSS_MNIST, 0.5, &sum), EXACTLOSS_OK);
    exactloss_accumulator_init(&total, EXACTLOSS_MNIST, 0.5);
    uint64_t *blocks = &sum->sum->words->blocks;
    assert_int_equal(exactloss_cuda_copy_async(device, blocks, &most, sizeof most, NULL), EXACTLOSS_OK);
    assert_int_equal(exactloss_cuda_accumulator_merge_sync(&total, sum, NULL), EXACTLOSS_OK);
    assert_int_equal(exactloss_cuda_copy_async(device, blocks, &too_many, sizeof too_many, NULL), EXACTLOSS_OK);
    assert_int_equal(exactloss_cuda_accumulator_merge_sync(&total, sum, NULL), EXACTLOSS_ERROR_OVERFLOW);
    assert_int_equal(exactloss_cuda_accumulator_clear_async(sum, NULL), EXACTLOSS_OK);
    assert_int_equal(exactloss_cuda_accumulator_merge_sync(&total, sum, NULL), EXACTLOSS_OK);
    assert_int_equal(exactloss_cuda_accumulator_destroy(sum), EXACTLOSS_OK);
}

/* ----------------------------------------------------------------------------------------- calls of the driver -- */

static int evaluate(exactloss_evaluation *evaluation, void *stream) {
    *evaluation = (exactloss_evaluation){.size = sizeof *evaluation};
    return exactloss_cuda_evaluate_sync(device, LOSS, on_device, targets_on_device, NULL, COUNT, 0.5, evaluation,
                                        stream);
}

static void test_calls_of_the_driver(void **state) {
    (void)state;
    exactloss_evaluation evaluation;
    exactloss_cuda_accumulator *sum;
    assert_int_equal(exactloss_cuda_accumulator_create(device, EXACTLOSS_MNIST, 0.5, &sum), EXACTLOSS_OK);
    const long launches = fake->launches;
    long calls = fake->calls;
    assert_int_equal(exactloss_cuda_accumulator_add_async(sum, TYPES, on_device, targets_on_device, NULL, COUNT, NULL),
                     EXACTLOSS_OK);
    assert_int_equal(fake->calls - calls, 2); /* the context, and the launch */
    assert_int_equal(fake->launches, launches);
    assert_int_equal(exactloss_cuda_stream_sync(device, NULL), EXACTLOSS_OK);
    assert_int_equal(fake->launches, launches + 1);
    assert_int_equal(exactloss_cuda_accumulator_destroy(sum), EXACTLOSS_OK);

    assert_int_equal(evaluate(&evaluation, NULL), EXACTLOSS_OK);
    calls = fake->calls;
    assert_int_equal(evaluate(&evaluation, NULL), EXACTLOSS_OK);
    assert_int_equal(fake->calls - calls, 5); /* the context, a clear, the launch, a copy, and waiting */
}

/* Evaluates again and again in a stream of its own; NULL where a result is wrong. */
static void *evaluate_often(void *expected) {
    exactloss_evaluation evaluation;
    void *stream;
    int failures = exactloss_cuda_stream_create(device, &stream) != EXACTLOSS_OK;
    for (int i = 0; i < 20; i++) {
        failures +=
            evaluate(&evaluation, stream) != EXACTLOSS_OK || memcmp(&evaluation, expected, sizeof evaluation) != 0;
    }
    failures += exactloss_cuda_stream_destroy(device, stream) != EXACTLOSS_OK;
    return failures == 0 ? expected : NULL;
}

static void test_threads(void **state) {
    (void)state;
    exactloss_evaluation expected = {.size = sizeof expected};
    pthread_t threads[THREADS];
    exactloss_evaluate(LOSS, predictions, targets, NULL, COUNT, NULL, 0.5, &expected, NULL);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, evaluate_often, &expected), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, &expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_arguments),
        cmocka_unit_test(test_other_wrong_arguments),
        cmocka_unit_test(test_wrong_alignment),
        cmocka_unit_test(test_thresholds_and_losses),
        cmocka_unit_test(test_sizes_of_evaluations),
        cmocka_unit_test(test_bad_weights),
        cmocka_unit_test(test_full_accumulator),
        cmocka_unit_test(test_calls_of_the_driver),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
