/* SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGION ((LARGEST_COUNT + 64) * 8 / 4096 * 4096 + 4096)

static exactloss_cuda_device *device;
char test_context[256];

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("FAILED: %s: ", test_context);
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    exit(1);
}

void check(int status) {
    if (status != EXACTLOSS_OK) {
        fail("status %d: %s", status, exactloss_cuda_error());
    }
}

static void check_host(int status) {
    if (status != EXACTLOSS_OK) {
        fail("status %d of the reference: %s", status, exactloss_status_string(status));
    }
}

/* ---------------------------------------------------------------------------------------------------- inputs -- */

static uint64_t seed_state = 20260731;

static uint64_t random_u64(void) { return next_random(&seed_state); }

int below(int limit) { return (int)(random_u64() % (uint64_t)limit); }

int size_of(int type) {
    switch (type) {
        case EXACTLOSS_T_UINT8:
        case EXACTLOSS_T_INT8:
            return 1;
        case EXACTLOSS_P_FLOAT16:
        case EXACTLOSS_P_BFLOAT16:
            return 2;
        case EXACTLOSS_T_INT64:
        case EXACTLOSS_T_FLOAT64:
        case EXACTLOSS_P_FLOAT64:
            return 8;
        default:
            return 4;
    }
}

static void store_real(unsigned char *array, int type, int i, double value) {
    unsigned char *at = array + size_of(type) * i;
    const float single = (float)value;
    __extension__ const _Float16 half = (__extension__(_Float16) single);
    uint32_t bits;
    if (type == EXACTLOSS_P_FLOAT64) {
        memcpy(at, &value, sizeof value);
    } else if (type == EXACTLOSS_P_FLOAT32) {
        memcpy(at, &single, sizeof single);
    } else if (type == EXACTLOSS_P_FLOAT16) {
        memcpy(at, &half, sizeof half);
    } else {
        memcpy(&bits, &single, sizeof bits);
        bits >>= 16;
        memcpy(at, &bits, 2);
    }
}

/* A number of a kind, and one time in 8 any pattern of bits where it is of any bits. */
static void store_prediction(unsigned char *array, int type, int i, input_kind kind) {
    const uint64_t random_bits = random_u64();
    if (kind == ANY_BITS && random_bits % 8 == 0) {
        memcpy(array + size_of(type) * i, &random_bits, (size_t)size_of(type));
    } else {
        store_real(array, type, i,
                   type == EXACTLOSS_P_FLOAT64 ? next_double(kind, &seed_state)
                                               : (double)next_float(kind, &seed_state));
    }
}

/* A target: 0, 1, or one time in five a value that has something of a 1. */
static void store_target(unsigned char *array, int type, int64_t i) {
    static const unsigned char BYTES[] = {0x81, 3, 255, 2, 0x11, 128};
    static const int32_t WORDS[] = {257, 0x1000001, -1, 2, 0x10001, 3};
    static const int64_t LONGS[] = {0x100000001, 257, -1, 2, INT64_MIN + 1, 3};
    static const double REALS[] = {1.0000001192092896, -1, NAN, 0.5, -0.0, 0.99999994039535522};
    const int is_odd = below(5) == 0, odd = below(6), value = below(2);
    const int32_t i32 = is_odd ? WORDS[odd] : value;
    const int64_t i64 = is_odd ? LONGS[odd] : value;
    const double f64 = is_odd ? REALS[odd] : value;
    const float f32 = (float)f64;
    switch (type) {
        case EXACTLOSS_T_UINT8:
        case EXACTLOSS_T_INT8:
            array[i] = is_odd ? BYTES[odd] : (unsigned char)value;
            break;
        case EXACTLOSS_T_INT32:
            memcpy(array + 4 * i, &i32, 4);
            break;
        case EXACTLOSS_T_INT64:
            memcpy(array + 8 * i, &i64, 8);
            break;
        case EXACTLOSS_T_FLOAT32:
            memcpy(array + 4 * i, &f32, 4);
            break;
        case EXACTLOSS_T_FLOAT64:
            memcpy(array + 8 * i, &f64, 8);
            break;
        default:
            array[i / 8] = (unsigned char)((array[i / 8] & ~(1 << i % 8)) | value << i % 8);
    }
}

void fill_predictions(unsigned char *array, int type, int count) {
    for (int i = 0; i < count; i++) {
        store_prediction(array, type, i, UNIFORM);
    }
}

void fill_targets(unsigned char *array, int type, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        store_target(array, type, i);
    }
}

/* The usual ones are 0, 1, and numbers up to some thousand; the others any that are allowed. */
void fill_weights(unsigned char *array, weights_kind kind, int count) {
    static const float USUAL[] = {0, 1, 0.5f, 3.7f, 1024, 5000.3f};
    for (int i = 0; i < count; i++) {
        const int choice = below(12);
        float weight = choice < 6 ? USUAL[choice] : next_float(UNIFORM, &seed_state);
        if (kind == ANY_WEIGHTS) {
            weight = fabsf(next_float((input_kind)below(ANY_BITS), &seed_state));
            weight = choice == 0 ? -0.0f : fminf(weight, FLT_MAX);
        }
        memcpy(array + sizeof weight * (size_t)i, &weight, sizeof weight);
    }
}

/* ----------------------------------------------------------------------------------------------------- arrays -- */

/* An array on the host, and where it lies in a region of device memory. */
typedef struct array {
    unsigned char *host, *region, *at;
} array;

static array predictions, targets, weights, gradient;

static void make(array *a) {
    void *memory;
    check(exactloss_cuda_alloc(device, REGION, &memory));
    a->region = memory;
    a->host = malloc(REGION);
    memset(a->host, 0x3e, REGION); /* what lies behind an array looks like predictions and targets */
    check(exactloss_cuda_copy_async(device, memory, a->host, REGION, NULL));
}

/* Puts the first bytes of an array behind so many bytes, or so that it ends where the region does. */
static void upload(array *a, size_t bytes, int behind, int at_end) {
    a->at = at_end ? a->region + REGION - bytes : a->region + behind;
    check(exactloss_cuda_copy_async(device, a->at, a->host, (int64_t)bytes, NULL));
}

static size_t target_bytes(int type, int64_t count) {
    return type == EXACTLOSS_T_BITS ? (size_t)(count + 7) / 8 : (size_t)(size_of(type) * count);
}

/* ------------------------------------------------------------------------------------------------------ cases -- */

static uint64_t bits_at(const unsigned char *values, int size, int i) {
    uint64_t bits = 0;
    memcpy(&bits, values + size * i, (size_t)size);
    return bits;
}

static int is_nan(uint64_t bits, int type) {
    switch (type) {
        case EXACTLOSS_P_FLOAT16:
            return (bits & 0x7fff) > 0x7c00;
        case EXACTLOSS_P_BFLOAT16:
            return (bits & 0x7fff) > 0x7f80;
        case EXACTLOSS_P_FLOAT32:
            return (bits & 0x7fffffff) > 0x7f800000;
        default:
            return (bits & INT64_MAX) > 0x7ff0000000000000;
    }
}

/* Compares a gradient on the device with that of the reference. */
static void compare_gradient(const test_case *c, const unsigned char *expected) {
    const int size = size_of(c->type);
    check(exactloss_cuda_copy_async(device, gradient.host, gradient.at, (int64_t)size * c->count, NULL));
    check(exactloss_cuda_stream_sync(device, NULL));
    for (int i = 0; i < c->count; i++) {
        const uint64_t is = bits_at(gradient.host, size, i), shall = bits_at(expected, size, i);
        if (is != shall && !(is_nan(is, c->type) && is_nan(shall, c->type))) {
            fail("gradient %d is %llx, and should be %llx", i, (unsigned long long)is, (unsigned long long)shall);
        }
    }
}

static exactloss_evaluation result_of(const exactloss_accumulator *accumulator) {
    exactloss_evaluation e = {.size = sizeof e};
    check_host(exactloss_accumulator_result(accumulator, &e));
    return e;
}

static void compare_accumulators(const exactloss_accumulator *is, const exactloss_accumulator *shall) {
    unsigned char a[EXACTLOSS_ACCUMULATOR_MAX_BYTES], b[EXACTLOSS_ACCUMULATOR_MAX_BYTES];
    int64_t size, other_size;
    check_host(exactloss_accumulator_serialize(is, a, sizeof a, &size));
    check_host(exactloss_accumulator_serialize(shall, b, sizeof b, &other_size));
    if (size != other_size || memcmp(a, b, (size_t)size) != 0) {
        const exactloss_evaluation e = result_of(is), f = result_of(shall);
        fail("the accumulators differ: mnist %a and %a, brier %a and %a, log %a and %a, weights %a and %a, count %lld "
             "and %lld, positives %lld and %lld, true %lld and %lld",
             e.mnist.sum, f.mnist.sum, e.brier.sum, f.brier.sum, e.log.sum, f.log.sum, e.weight_sum, f.weight_sum,
             (long long)e.count, (long long)f.count, (long long)e.positives, (long long)f.positives,
             (long long)e.true_positives, (long long)f.true_positives);
    }
}

static void fill(const test_case *c) {
    for (int i = 0; i < c->count; i++) {
        store_prediction(predictions.host, c->type, i, c->kind);
    }
    fill_targets(targets.host, c->targets_type, c->first_bit + c->count);
    fill_weights(weights.host, c->weights, c->count);
    const int size = size_of(c->type);
    const size_t bytes = target_bytes(c->targets_type, c->first_bit + c->count);
    const int aligned = c->targets_type == EXACTLOSS_T_BITS ? 1 : size_of(c->targets_type);
    upload(&predictions, (size_t)(size * c->count), size * c->shift, c->at_end);
    upload(&targets, bytes, aligned * c->targets_shift, c->at_end);
    upload(&weights, sizeof(float) * (size_t)c->count, (int)sizeof(float) * c->shift, c->at_end);
    gradient.at = c->in_place ? predictions.at
                  : c->at_end ? gradient.region + REGION - size * c->count
                              : gradient.region + size * c->shift;
}

/* The options of a case, but for losses and reductions. */
static int options_of(const test_case *c) {
    return c->type | c->targets_type | c->first_bit * EXACTLOSS_T_BIT_OFFSET | (c->logits ? EXACTLOSS_FROM_LOGITS : 0) |
           (c->clamp ? EXACTLOSS_CLAMP : 0);
}

/* The weights of a case, on the device and on the host. */
static const float *device_weights(const test_case *c) {
    return c->weights == NO_WEIGHTS ? NULL : (const float *)(const void *)weights.at;
}

static const float *host_weights(const test_case *c) {
    return c->weights == NO_WEIGHTS ? NULL : (const float *)(const void *)weights.host;
}

/* Sums and gradients through the accumulators of device and host. */
void run_case(const test_case *c) {
    static unsigned char expected[REGION];
    exactloss_accumulator host, reference;
    exactloss_cuda_accumulator *sum;
    const int options = options_of(c), all_losses = options | c->losses, one_loss = options | c->loss;
    snprintf(test_context, sizeof test_context,
             "options %x, losses %x and %x, %s, weights %d, count %d, shifts %d and %d, at end %d, in place %d, "
             "threshold %a, upstream %a",
             (unsigned)options, (unsigned)c->losses, (unsigned)c->loss, INPUT_KIND_NAMES[c->kind], (int)c->weights,
             c->count, c->shift, c->targets_shift, c->at_end, c->in_place, c->threshold, c->upstream);
    fill(c);
    const void *p = predictions.host, *t = targets.host;
    const float *w = host_weights(c);
    check_host(exactloss_accumulator_init(&host, c->losses, c->threshold));
    check_host(exactloss_accumulator_init(&reference, c->losses, c->threshold));
    check(exactloss_cuda_accumulator_create(device, c->losses, c->threshold, &sum));
    /* Part of the elements come from the host's accumulator, as they do where results are merged. */
    check_host(exactloss_accumulator_add(&host, options, p, t, NULL, c->count / 3, NULL, NULL));
    check_host(exactloss_accumulator_add(&reference, options, p, t, NULL, c->count / 3, NULL, NULL));
    check_host(exactloss_accumulator_add(&reference, all_losses, p, t, w, c->count, NULL, NULL));
    check_host(exactloss_accumulator_add_with_gradient(&reference, one_loss, p, t, w, c->count, c->upstream, 7,
                                                       expected, NULL));
    check(exactloss_cuda_accumulator_add_async(sum, options, predictions.at, targets.at, device_weights(c), c->count,
                                               NULL));
    check(exactloss_cuda_accumulator_add_with_gradient_async(
        sum, one_loss, predictions.at, targets.at, device_weights(c), c->count, c->upstream, 7, gradient.at, NULL));
    check(exactloss_cuda_accumulator_merge_sync(&host, sum, NULL));
    compare_accumulators(&host, &reference);
    compare_gradient(c, expected);
    check(exactloss_cuda_accumulator_destroy(sum));
}

/* The functions that wait, and a gradient alone: the same results as those of exactloss.h. */
void run_sync_case(const test_case *c) {
    static unsigned char expected[REGION];
    const int all_losses = options_of(c) | c->losses, options = options_of(c) | c->loss;
    const int is_of_targets = c->loss == EXACTLOSS_MNIST && !c->logits;
    const int reduction = c->count % 2 == 0 ? EXACTLOSS_MEAN : EXACTLOSS_SUM;
    const int reduction_of_gradient = c->weights == NO_WEIGHTS ? reduction : EXACTLOSS_SUM;
    const int64_t divisor = reduction_of_gradient == EXACTLOSS_MEAN && c->count > 0 ? c->count : 1;
    const void *p = predictions.host, *t = targets.host;
    const float *w = host_weights(c), *on_device = device_weights(c);
    exactloss_evaluation e = {.size = sizeof e}, f = {.size = sizeof f};
    double is[2], shall[2];
    check(exactloss_cuda_evaluate_sync(device, all_losses, predictions.at, targets.at, on_device, c->count,
                                       c->threshold, &e, NULL));
    check_host(exactloss_evaluate(all_losses, p, t, w, c->count, NULL, c->threshold, &f, NULL));
    if (memcmp(&e, &f, sizeof e) != 0) {
        fail("evaluations differ: mnist %a and %a, brier %a and %a, log %a and %a", e.mnist.mean, f.mnist.mean,
             e.brier.mean, f.brier.mean, e.log.mean, f.log.mean);
    }
    check(exactloss_cuda_loss_sync(device, options | reduction, predictions.at, targets.at, on_device, c->count, &is[0],
                                   NULL));
    check_host(exactloss_loss(options | reduction, p, t, w, c->count, NULL, &shall[0], NULL));
    check(exactloss_cuda_loss_and_gradient_sync(device, options | reduction_of_gradient, predictions.at, targets.at,
                                                on_device, c->count, c->upstream, gradient.at, &is[1], NULL));
    check_host(exactloss_gradient(options | reduction_of_gradient, p, t, w, c->count, c->upstream, divisor, expected,
                                  &shall[1], NULL));
    if (memcmp(is, shall, sizeof is) != 0) {
        fail("losses %a and %a differ from %a and %a", is[0], is[1], shall[0], shall[1]);
    }
    compare_gradient(c, expected);
    check(exactloss_cuda_gradient_async(device, options, is_of_targets ? NULL : predictions.at, targets.at, on_device,
                                        c->count, c->upstream, 3, gradient.at, NULL));
    check_host(exactloss_gradient(options, p, t, w, c->count, c->upstream, 3, expected, NULL, NULL));
    compare_gradient(c, expected);
}

void run_equal_case(int losses, int type, double value, int target, float weight, int count) {
    const test_case c = {.weights = weight != 0 ? USUAL_WEIGHTS : NO_WEIGHTS};
    const int options = type | EXACTLOSS_T_UINT8;
    exactloss_accumulator is, shall;
    exactloss_cuda_accumulator *sum;
    snprintf(test_context, sizeof test_context, "%d times %a, losses %x, type %x, target %d, weight %a", count, value,
             (unsigned)losses, (unsigned)type, target, (double)weight);
    for (int i = 0; i < count; i++) {
        store_real(predictions.host, type, i, value);
        targets.host[i] = (unsigned char)target;
        memcpy(weights.host + sizeof weight * (size_t)i, &weight, sizeof weight);
    }
    upload(&predictions, (size_t)(size_of(type) * count), 0, 0);
    upload(&targets, (size_t)count, 0, 0);
    upload(&weights, sizeof weight * (size_t)count, 0, 0);
    check_host(exactloss_accumulator_init(&is, losses, 0.5));
    check_host(exactloss_accumulator_init(&shall, losses, 0.5));
    check_host(exactloss_accumulator_add(&shall, options, predictions.host, targets.host, host_weights(&c), count, NULL,
                                         NULL));
    check(exactloss_cuda_accumulator_create(device, losses, 0.5, &sum));
    check(exactloss_cuda_accumulator_add_async(sum, options, predictions.at, targets.at, device_weights(&c), count,
                                               NULL));
    check(exactloss_cuda_accumulator_merge_sync(&is, sum, NULL));
    compare_accumulators(&is, &shall);
    check(exactloss_cuda_accumulator_destroy(sum));
}

exactloss_cuda_device *open_cases(int ordinal) {
    snprintf(test_context, sizeof test_context, "opening device %d", ordinal);
    check(exactloss_cuda_open(ordinal, &device));
    make(&predictions);
    make(&targets);
    make(&weights);
    make(&gradient);
    return device;
}

void close_cases(void) {
    array *arrays[] = {&predictions, &targets, &weights, &gradient};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        check(exactloss_cuda_free(device, arrays[i]->region));
        free(arrays[i]->host);
    }
    check(exactloss_cuda_close(device));
}
