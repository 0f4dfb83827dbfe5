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

/* The arguments of exactloss_mnist_loss_and_gradient(), some of which are wrong. */
typedef struct call {
    int status, dtype, targets_dtype;
    int64_t offset, count;
    int reduction, flags, without_predictions, without_targets, without_gradient;
} call;

static const call CALLS[] = {
    {EXACTLOSS_OK, EXACTLOSS_FLOAT32, EXACTLOSS_UINT8, 0, 10, EXACTLOSS_REDUCTION_MEAN, 0, 0, 0, 0},
    {EXACTLOSS_OK, EXACTLOSS_FLOAT32, EXACTLOSS_UINT8, 5, 0, EXACTLOSS_REDUCTION_SUM, 0, 1, 1, 1},
    {EXACTLOSS_ERROR_COUNT, EXACTLOSS_FLOAT32, EXACTLOSS_UINT8, 0, -1, EXACTLOSS_REDUCTION_MEAN, 0, 0, 0, 0},
    {EXACTLOSS_ERROR_COUNT, EXACTLOSS_FLOAT32, EXACTLOSS_UINT8, -1, 10, EXACTLOSS_REDUCTION_MEAN, 0, 0, 0, 0},
    {EXACTLOSS_ERROR_COUNT, EXACTLOSS_FLOAT32, EXACTLOSS_UINT8, INT64_MAX, 10, EXACTLOSS_REDUCTION_MEAN, 0, 0, 0, 0},
    {EXACTLOSS_ERROR_FLAGS, EXACTLOSS_FLOAT32, EXACTLOSS_UINT8, 0, 10, EXACTLOSS_REDUCTION_MEAN, 64, 0, 0, 0},
    {EXACTLOSS_ERROR_DTYPE, EXACTLOSS_UINT8, EXACTLOSS_UINT8, 0, 10, EXACTLOSS_REDUCTION_MEAN, 0, 0, 0, 0},
    {EXACTLOSS_ERROR_DTYPE, EXACTLOSS_FLOAT32, EXACTLOSS_FLOAT16, 0, 10, EXACTLOSS_REDUCTION_MEAN, 0, 0, 0, 0},
    {EXACTLOSS_ERROR_DTYPE, EXACTLOSS_FLOAT32, 99, 0, 0, EXACTLOSS_REDUCTION_MEAN, 0, 1, 1, 1},
    {EXACTLOSS_ERROR_NULL, EXACTLOSS_FLOAT32, EXACTLOSS_UINT8, 0, 10, EXACTLOSS_REDUCTION_MEAN, 0, 1, 0, 0},
    {EXACTLOSS_ERROR_NULL, EXACTLOSS_FLOAT32, EXACTLOSS_UINT8, 0, 10, EXACTLOSS_REDUCTION_MEAN, 0, 0, 1, 0},
    {EXACTLOSS_ERROR_NULL, EXACTLOSS_FLOAT32, EXACTLOSS_UINT8, 0, 10, EXACTLOSS_REDUCTION_MEAN, 0, 0, 0, 1},
    {EXACTLOSS_ERROR_REDUCTION, EXACTLOSS_FLOAT32, EXACTLOSS_UINT8, 0, 10, 7, 0, 0, 0, 0},
};

static void test_wrong_arguments(void **state) {
    (void)state;
    static float host_gradient[COUNT];
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        const call *c = &CALLS[i];
        double loss = 7, host_loss = 7;
        const int status = exactloss_cuda_mnist_loss_and_gradient_sync(
            device, c->without_predictions ? NULL : on_device, c->dtype, c->without_targets ? NULL : targets_on_device,
            c->targets_dtype, c->offset, c->count, 1, c->reduction, c->flags, &loss, NULL,
            c->without_gradient ? NULL : gradient, NULL);
        const int host_status = exactloss_mnist_loss_and_gradient(
            c->without_predictions ? NULL : predictions, c->dtype, c->without_targets ? NULL : targets,
            c->targets_dtype, c->offset, c->count, 1, c->reduction, c->flags, &host_loss, NULL,
            c->without_gradient ? NULL : host_gradient, NULL);
        assert_int_equal(status, c->status);
        assert_int_equal(host_status, c->status);
        assert_memory_equal(&loss, &host_loss, sizeof loss);
        if (status != EXACTLOSS_OK) {
            assert_string_equal(exactloss_cuda_error(), exactloss_status_string(status));
        }
    }
}

static void test_wrong_alignment(void **state) {
    (void)state;
    double loss = 7;
    const char *odd = (const char *)on_device + 2;
    assert_int_equal(exactloss_cuda_mnist_loss_sync(device, odd, EXACTLOSS_FLOAT32, targets_on_device, EXACTLOSS_UINT8,
                                                    0, 10, EXACTLOSS_REDUCTION_MEAN, 0, &loss, NULL, NULL),
                     EXACTLOSS_CUDA_ERROR_ALIGNMENT);
    assert_int_equal(exactloss_cuda_mnist_loss_sync(device, on_device, EXACTLOSS_FLOAT32, odd, EXACTLOSS_INT32, 0, 10,
                                                    EXACTLOSS_REDUCTION_MEAN, 0, &loss, NULL, NULL),
                     EXACTLOSS_CUDA_ERROR_ALIGNMENT);
    assert_true(loss == 7);
    assert_non_null(strstr(exactloss_cuda_error(), "aligned"));
}

static void test_thresholds(void **state) {
    (void)state;
    const double not_a_number = (double)NAN;
    exactloss_evaluation evaluation;
    exactloss_cuda_accumulator *sum;
    exactloss_accumulator other;
    assert_int_equal(exactloss_cuda_evaluate_sync(device, on_device, EXACTLOSS_FLOAT32, targets_on_device,
                                                  EXACTLOSS_UINT8, 0, 10, not_a_number, 0, &evaluation, NULL),
                     EXACTLOSS_ERROR_THRESHOLD);
    assert_int_equal(exactloss_cuda_accumulator_create(device, not_a_number, &sum), EXACTLOSS_ERROR_THRESHOLD);
    assert_null(sum);
    assert_int_equal(exactloss_cuda_accumulator_create(device, 0.25, &sum), EXACTLOSS_OK);
    exactloss_accumulator_init(&other, 0.5);
    assert_int_equal(exactloss_cuda_accumulator_merge_sync(&other, sum, NULL), EXACTLOSS_ERROR_THRESHOLD);
    memset(&other, 0, sizeof other);
    assert_int_equal(exactloss_cuda_accumulator_merge_sync(&other, sum, NULL), EXACTLOSS_ERROR_ACCUMULATOR);
    assert_int_equal(exactloss_cuda_accumulator_destroy(sum), EXACTLOSS_OK);
}

/* An accumulator that has been added to so often that its integers could overflow is not taken. */
static void test_full_accumulator(void **state) {
    (void)state;
    const uint64_t most = MOST_BLOCKS, too_many = most + 1;
    exactloss_cuda_accumulator *sum;
    exactloss_accumulator total;
    assert_int_equal(exactloss_cuda_accumulator_create(device, 0.5, &sum), EXACTLOSS_OK);
    exactloss_accumulator_init(&total, 0.5);
    uint64_t *blocks = sum->words + WORD_BLOCKS;
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
    return exactloss_cuda_evaluate_sync(device, on_device, EXACTLOSS_FLOAT32, targets_on_device, EXACTLOSS_UINT8, 0,
                                        COUNT, 0.5, 0, evaluation, stream);
}

static void test_calls_of_the_driver(void **state) {
    (void)state;
    exactloss_evaluation evaluation;
    exactloss_cuda_accumulator *sum;
    assert_int_equal(exactloss_cuda_accumulator_create(device, 0.5, &sum), EXACTLOSS_OK);
    const long launches = fake->launches;
    long calls = fake->calls;
    assert_int_equal(exactloss_cuda_accumulator_add_async(sum, on_device, EXACTLOSS_FLOAT32, targets_on_device,
                                                          EXACTLOSS_UINT8, 0, COUNT, 0, NULL),
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
    exactloss_evaluation expected;
    pthread_t threads[THREADS];
    exactloss_evaluate(predictions, EXACTLOSS_FLOAT32, targets, EXACTLOSS_UINT8, 0, COUNT, 0.5, 0, &expected, NULL);
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
        cmocka_unit_test(test_wrong_arguments),     cmocka_unit_test(test_wrong_alignment),
        cmocka_unit_test(test_thresholds),          cmocka_unit_test(test_full_accumulator),
        cmocka_unit_test(test_calls_of_the_driver), cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
