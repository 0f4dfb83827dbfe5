/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call of the driver fails once, each in a process of its own: the function that made it says so, and how; writes
 * no result; and leaves nothing behind, so that the same work succeeds afterwards.
 *
 *     LD_LIBRARY_PATH=FOLDER-OF-THE-FAKE cuda_faults_test
 */
#include "exactloss/exactloss_cuda.h"
#include "fake_driver.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT 1000
#define TYPES (EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8)
#define LOSS (TYPES | EXACTLOSS_MNIST)
#define NO_CALL_FAILED 100 /* exit statuses of a process, beside 0 and 1 */

static fake_cuda_state *fake;
static long first_of_cleaning; /* the number of its first call */

static float predictions[COUNT];
static unsigned char targets[COUNT];

/* What the work needs, and has made so far. */
typedef struct work {
    exactloss_cuda_device *device;
    exactloss_cuda_accumulator *sum;
    void *stream, *device_predictions, *device_targets, *device_gradient;
    exactloss_evaluation evaluation;
    exactloss_accumulator total;
    double loss;
    float gradient[COUNT];
} work;

static int prepare(work *w) {
    int status = exactloss_cuda_open(0, &w->device);
    status = status != 0 ? status : exactloss_cuda_stream_create(w->device, &w->stream);
    status = status != 0 ? status : exactloss_cuda_alloc(w->device, sizeof predictions, &w->device_predictions);
    status = status != 0 ? status : exactloss_cuda_alloc(w->device, sizeof targets, &w->device_targets);
    status = status != 0 ? status : exactloss_cuda_alloc(w->device, sizeof predictions, &w->device_gradient);
    if (status == 0) {
        status =
            exactloss_cuda_copy_async(w->device, w->device_predictions, predictions, sizeof predictions, w->stream);
    }
    if (status == 0) {
        status = exactloss_cuda_copy_async(w->device, w->device_targets, targets, sizeof targets, w->stream);
    }
    return status;
}

static int compute(work *w) {
    const void *p = w->device_predictions, *t = w->device_targets;
    void *g = w->device_gradient;
    exactloss_cuda_device_info info;
    int status = exactloss_cuda_get_device_info(0, &info);
    if (status == 0) {
        status = exactloss_cuda_evaluate_sync(w->device, LOSS, p, t, NULL, COUNT, 0.5, &w->evaluation, w->stream);
    }
    if (status == 0) {
        status = exactloss_cuda_loss_and_gradient_sync(w->device, LOSS | EXACTLOSS_MEAN | EXACTLOSS_FROM_LOGITS, p, t,
                                                       NULL, COUNT, 1, g, &w->loss, w->stream);
    }
    if (status == 0) {
        status = exactloss_cuda_accumulator_create(w->device, EXACTLOSS_MNIST, 0.5, &w->sum);
    }
    status = status != 0 ? status : exactloss_cuda_accumulator_clear_async(w->sum, w->stream);
    status = status != 0 ? status : exactloss_cuda_accumulator_add_async(w->sum, TYPES, p, t, NULL, COUNT, w->stream);
    status = status != 0 ? status : exactloss_cuda_accumulator_merge_sync(&w->total, w->sum, w->stream);
    if (status == 0) {
        status = exactloss_cuda_gradient_async(w->device, LOSS, NULL, t, NULL, COUNT, 1, COUNT, g, w->stream);
    }
    status = status != 0 ? status : exactloss_cuda_copy_async(w->device, w->gradient, g, sizeof w->gradient, w->stream);
    return status != 0 ? status : exactloss_cuda_stream_sync(w->device, w->stream);
}

/* Gives everything back; the first error. */
static int clean(work *w) {
    first_of_cleaning = fake->calls;
    if (w->device == NULL) {
        return EXACTLOSS_OK;
    }
    const int statuses[] = {
        exactloss_cuda_accumulator_destroy(w->sum),          exactloss_cuda_free(w->device, w->device_predictions),
        exactloss_cuda_free(w->device, w->device_targets),   exactloss_cuda_free(w->device, w->device_gradient),
        exactloss_cuda_stream_destroy(w->device, w->stream), exactloss_cuda_close(w->device),
    };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (statuses[i] != EXACTLOSS_OK) {
            return statuses[i];
        }
    }
    return EXACTLOSS_OK;
}

/* Does the work; the first error. */
static int run(work *w) {
    memset(w, 0, sizeof *w);
    memset(&w->evaluation, 0xee, sizeof w->evaluation);
    w->evaluation.size = sizeof w->evaluation;
    exactloss_accumulator_init(&w->total, EXACTLOSS_MNIST, 0.5);
    int status = prepare(w);
    status = status != 0 ? status : compute(w);
    const int cleaned = clean(w);
    return status != 0 ? status : cleaned;
}

/* Whether the work has come to the right results. */
static int is_right(const work *w) {
    exactloss_evaluation expected = {.size = sizeof expected}, summed = {.size = sizeof summed};
    double loss;
    float gradient[COUNT];
    exactloss_evaluate(LOSS, predictions, targets, NULL, COUNT, NULL, 0.5, &expected, NULL);
    exactloss_loss(LOSS | EXACTLOSS_MEAN | EXACTLOSS_FROM_LOGITS, predictions, targets, NULL, COUNT, NULL, &loss, NULL);
    exactloss_gradient(LOSS, NULL, targets, NULL, COUNT, 1, COUNT, gradient, NULL, NULL);
    exactloss_accumulator_result(&w->total, &summed);
    return memcmp(&w->evaluation, &expected, sizeof expected) == 0 &&
           memcmp(&summed, &expected, sizeof expected) == 0 && loss == w->loss &&
           memcmp(gradient, w->gradient, sizeof gradient) == 0;
}

static int is_probing(const char *call) {
    return strcmp(call, "cuInit") == 0 || strcmp(call, "cuDriverGetVersion") == 0 ||
           strcmp(call, "cuDeviceGetCount") == 0;
}

static int report(const char *what) {
    printf("FAILED: when %s (call %ld) fails with %d: %s; the last error is \"%s\"\n", fake->failed, fake->fail_at,
           fake->fail_code, what, exactloss_cuda_error());
    return 1;
}

/* The process in which one call fails. */
static int fail_once(void) {
    work w;
    fake = dlsym(dlopen("libcuda.so.1", RTLD_NOW), "fake_cuda");
    const int status = run(&w);
    if (fake->failed == NULL) {
        return status == EXACTLOSS_OK && is_right(&w) ? NO_CALL_FAILED : 1;
    }
    const int wanted = is_probing(fake->failed) ? EXACTLOSS_CUDA_ERROR_UNAVAILABLE
                       : fake->fail_code == 2   ? EXACTLOSS_CUDA_ERROR_MEMORY
                                                : EXACTLOSS_CUDA_ERROR_DRIVER;
    char number[32];
    snprintf(number, sizeof number, "(error %d)", fake->fail_code);
    if (status != wanted) {
        return report("the status is wrong");
    }
    if (strstr(exactloss_cuda_error(), "cu") == NULL || strstr(exactloss_cuda_error(), number) == NULL) {
        return report("the error names neither the call nor the number");
    }
    /* What a function that gives back could not give back is still there. */
    if (fake->resources > (fake->fail_at < first_of_cleaning ? 0 : 4) || fake->contexts != 0) {
        return report("something is left behind");
    }
    fake->fail_at = -1;
    if (is_probing(fake->failed)) {
        return run(&w) == EXACTLOSS_CUDA_ERROR_UNAVAILABLE ? 0 : report("the second try gives another answer");
    }
    return run(&w) == EXACTLOSS_OK && is_right(&w) ? 0 : report("the second try does not succeed");
}

/* Runs fail_once() in a process of its own; its exit status. */
static int in_a_process(int call, const char *code) {
    char number[16];
    int status = 1;
    snprintf(number, sizeof number, "%d", call);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        setenv("FAKE_CUDA_FAIL_AT", number, 1);
        setenv("FAKE_CUDA_FAIL_CODE", code, 1);
        const int result = fail_once();
        fflush(stdout);
        _exit(result);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(void) {
    static const char *const CODES[] = {"700", "2"};
    int failures = 0, calls = 0;
    for (int i = 0; i < COUNT; i++) {
        predictions[i] = (float)(i * 7 % COUNT) / COUNT;
        targets[i] = i % 3 == 0;
    }
    for (int c = 0; c < 2; c++) {
        for (int call = 0, result = 0; result != NO_CALL_FAILED && failures < 10; call++) {
            result = in_a_process(call, CODES[c]);
            failures += result != 0 && result != NO_CALL_FAILED;
            calls += result != NO_CALL_FAILED;
        }
    }
    printf("%d failures of a call of the driver, each answered and survived\n", calls);
    return failures != 0 || calls < 100;
}
