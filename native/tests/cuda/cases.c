/* SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"

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

int size_of(int dtype) {
    switch (dtype) {
        case EXACTLOSS_UINT8:
            return 1;
        case EXACTLOSS_FLOAT16:
        case EXACTLOSS_BFLOAT16:
            return 2;
        case EXACTLOSS_INT64:
        case EXACTLOSS_FLOAT64:
            return 8;
        default:
            return 4;
    }
}

static void store_real(unsigned char *array, int dtype, int i, double value) {
    unsigned char *at = array + size_of(dtype) * i;
    const float single = (float)value;
    __extension__ const _Float16 half = (__extension__(_Float16) single);
    uint32_t bits;
    if (dtype == EXACTLOSS_FLOAT64) {
        memcpy(at, &value, sizeof value);
    } else if (dtype == EXACTLOSS_FLOAT32) {
        memcpy(at, &single, sizeof single);
    } else if (dtype == EXACTLOSS_FLOAT16) {
        memcpy(at, &half, sizeof half);
    } else {
        memcpy(&bits, &single, sizeof bits);
        bits >>= 16;
        memcpy(at, &bits, 2);
    }
}

/* A number of a kind, and one time in 8 any pattern of bits where it is of any bits. */
static void store_prediction(unsigned char *array, int dtype, int i, input_kind kind) {
    const uint64_t random_bits = random_u64();
    if (kind == ANY_BITS && random_bits % 8 == 0) {
        memcpy(array + size_of(dtype) * i, &random_bits, (size_t)size_of(dtype));
    } else {
        store_real(array, dtype, i,
                   dtype == EXACTLOSS_FLOAT64 ? next_double(kind, &seed_state) : (double)next_float(kind, &seed_state));
    }
}

/* A target: 0, 1, or one time in five a value that has something of a 1. */
static void store_target(unsigned char *array, int dtype, int64_t i) {
    static const unsigned char BYTES[] = {0x81, 3, 255, 2, 0x11, 128};
    static const int32_t WORDS[] = {257, 0x1000001, -1, 2, 0x10001, 3};
    static const int64_t LONGS[] = {0x100000001, 257, -1, 2, INT64_MIN + 1, 3};
    static const double REALS[] = {1.0000001192092896, -1, NAN, 0.5, -0.0, 0.99999994039535522};
    const int is_odd = below(5) == 0, odd = below(6), value = below(2);
    const int32_t i32 = is_odd ? WORDS[odd] : value;
    const int64_t i64 = is_odd ? LONGS[odd] : value;
    const double f64 = is_odd ? REALS[odd] : value;
    const float f32 = (float)f64;
    switch (dtype) {
        case EXACTLOSS_UINT8:
            array[i] = is_odd ? BYTES[odd] : (unsigned char)value;
            break;
        case EXACTLOSS_INT32:
            memcpy(array + 4 * i, &i32, 4);
            break;
        case EXACTLOSS_INT64:
            memcpy(array + 8 * i, &i64, 8);
            break;
        case EXACTLOSS_FLOAT32:
            memcpy(array + 4 * i, &f32, 4);
            break;
        case EXACTLOSS_FLOAT64:
            memcpy(array + 8 * i, &f64, 8);
            break;
        default:
            array[i / 8] = (unsigned char)((array[i / 8] & ~(1 << i % 8)) | value << i % 8);
    }
}

void fill_predictions(unsigned char *array, int dtype, int count) {
    for (int i = 0; i < count; i++) {
        store_prediction(array, dtype, i, UNIFORM);
    }
}

void fill_targets(unsigned char *array, int dtype, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        store_target(array, dtype, i);
    }
}

/* ----------------------------------------------------------------------------------------------------- arrays -- */

/* An array on the host, and where it lies in a region of device memory. */
typedef struct array {
    unsigned char *host, *region, *at;
} array;

static array predictions, targets, gradient;

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

static size_t target_bytes(int dtype, int64_t count) {
    return dtype == EXACTLOSS_BITS ? (size_t)(count + 7) / 8 : (size_t)(size_of(dtype) * count);
}

/* ------------------------------------------------------------------------------------------------------ cases -- */

static uint64_t bits_at(const unsigned char *values, int size, int i) {
    uint64_t bits = 0;
    memcpy(&bits, values + size * i, (size_t)size);
    return bits;
}

static int is_nan(uint64_t bits, int dtype) {
    switch (dtype) {
        case EXACTLOSS_FLOAT16:
            return (bits & 0x7fff) > 0x7c00;
        case EXACTLOSS_BFLOAT16:
            return (bits & 0x7fff) > 0x7f80;
        case EXACTLOSS_FLOAT32:
            return (bits & 0x7fffffff) > 0x7f800000;
        default:
            return (bits & INT64_MAX) > 0x7ff0000000000000;
    }
}

/* Compares a gradient on the device with that of the reference. */
static void compare_gradient(const test_case *c, const unsigned char *expected) {
    const int size = size_of(c->dtype);
    check(exactloss_cuda_copy_async(device, gradient.host, gradient.at, (int64_t)size * c->count, NULL));
    check(exactloss_cuda_stream_sync(device, NULL));
    for (int i = 0; i < c->count; i++) {
        const uint64_t is = bits_at(gradient.host, size, i), shall = bits_at(expected, size, i);
        if (is != shall && !(is_nan(is, c->dtype) && is_nan(shall, c->dtype))) {
            fail("gradient %d is %llx, and should be %llx", i, (unsigned long long)is, (unsigned long long)shall);
        }
    }
}

static void compare_accumulators(const exactloss_accumulator *is, const exactloss_accumulator *shall) {
    unsigned char a[EXACTLOSS_ACCUMULATOR_BYTES], b[EXACTLOSS_ACCUMULATOR_BYTES];
    check_host(exactloss_accumulator_serialize(is, a, sizeof a));
    check_host(exactloss_accumulator_serialize(shall, b, sizeof b));
    for (size_t i = 0; i < sizeof a; i++) {
        if (a[i] != b[i]) {
            exactloss_evaluation e, f;
            exactloss_accumulator_result(is, &e);
            exactloss_accumulator_result(shall, &f);
            fail(
                "byte %zu of the accumulators differs; losses %a and %a, count %lld and %lld, positives %lld and %lld, "
                "true %lld and %lld",
                i, e.loss_sum, f.loss_sum, (long long)e.count, (long long)f.count, (long long)e.positives,
                (long long)f.positives, (long long)e.true_positives, (long long)f.true_positives);
        }
    }
}

static void fill(const test_case *c) {
    for (int i = 0; i < c->count; i++) {
        store_prediction(predictions.host, c->dtype, i, c->kind);
    }
    fill_targets(targets.host, c->targets_dtype, c->targets_offset + c->count);
    const int size = size_of(c->dtype);
    const size_t bytes = target_bytes(c->targets_dtype, c->targets_offset + c->count);
    const int aligned = c->targets_dtype == EXACTLOSS_BITS ? 1 : size_of(c->targets_dtype);
    upload(&predictions, (size_t)(size * c->count), size * c->shift, c->at_end);
    upload(&targets, bytes, aligned * c->targets_shift, c->at_end);
    gradient.at = c->in_place ? predictions.at
                  : c->at_end ? gradient.region + REGION - size * c->count
                              : gradient.region + size * c->shift;
}

/* Sums and gradients through the accumulators of device and host. */
void run_case(const test_case *c) {
    static unsigned char expected[REGION];
    exactloss_accumulator host, reference;
    exactloss_cuda_accumulator *sum;
    const int flags = c->logits ? EXACTLOSS_LOGITS : 0;
    snprintf(test_context, sizeof test_context,
             "dtype %d, targets %d, logits %d, %s, count %d, offset %d, shifts %d and %d, at end %d, in place %d, "
             "threshold %a, upstream %a",
             c->dtype, c->targets_dtype, c->logits, INPUT_KIND_NAMES[c->kind], c->count, (int)c->targets_offset,
             c->shift, c->targets_shift, c->at_end, c->in_place, c->threshold, c->upstream);
    fill(c);
    check_host(exactloss_accumulator_init(&host, c->threshold));
    check_host(exactloss_accumulator_init(&reference, c->threshold));
    check(exactloss_cuda_accumulator_create(device, c->threshold, &sum));
    /* Part of the elements come from the host's accumulator, as they do where results are merged. */
    check_host(exactloss_accumulator_add(&host, predictions.host, c->dtype, targets.host, c->targets_dtype,
                                         c->targets_offset, c->count / 3, flags, NULL));
    check_host(exactloss_accumulator_add(&reference, predictions.host, c->dtype, targets.host, c->targets_dtype,
                                         c->targets_offset, c->count / 3, flags, NULL));
    check_host(exactloss_accumulator_add_with_gradient(&reference, predictions.host, c->dtype, targets.host,
                                                       c->targets_dtype, c->targets_offset, c->count, c->upstream, 7,
                                                       flags, expected, NULL));
    check_host(exactloss_accumulator_add(&reference, predictions.host, c->dtype, targets.host, c->targets_dtype,
                                         c->targets_offset, c->count, flags, NULL));
    check(exactloss_cuda_accumulator_add_async(sum, predictions.at, c->dtype, targets.at, c->targets_dtype,
                                               c->targets_offset, c->count, flags, NULL));
    check(exactloss_cuda_accumulator_add_with_gradient_async(sum, predictions.at, c->dtype, targets.at,
                                                             c->targets_dtype, c->targets_offset, c->count, c->upstream,
                                                             7, flags, gradient.at, NULL));
    check(exactloss_cuda_accumulator_merge_sync(&host, sum, NULL));
    compare_accumulators(&host, &reference);
    compare_gradient(c, expected);
    check(exactloss_cuda_accumulator_destroy(sum));
}

/* The functions that wait: the same results as those of exactloss.h, field by field. */
void run_sync_case(const test_case *c) {
    static unsigned char expected[REGION];
    const int flags = c->logits ? EXACTLOSS_LOGITS : 0;
    const int reduction = c->count % 2 == 0 ? EXACTLOSS_REDUCTION_MEAN : EXACTLOSS_REDUCTION_SUM;
    exactloss_evaluation e, f;
    double loss[2], other[2];
    float loss_f32[2], other_f32[2];
    memset(&e, 0, sizeof e);
    memset(&f, 0, sizeof f);
    check(exactloss_cuda_evaluate_sync(device, predictions.at, c->dtype, targets.at, c->targets_dtype,
                                       c->targets_offset, c->count, c->threshold, flags, &e, NULL));
    check_host(exactloss_evaluate(predictions.host, c->dtype, targets.host, c->targets_dtype, c->targets_offset,
                                  c->count, c->threshold, flags, &f, NULL));
    if (memcmp(&e, &f, sizeof e) != 0) {
        fail("evaluations differ: losses %a and %a", e.loss, f.loss);
    }
    check(exactloss_cuda_mnist_loss_sync(device, predictions.at, c->dtype, targets.at, c->targets_dtype,
                                         c->targets_offset, c->count, reduction, flags, &loss[0], &loss_f32[0], NULL));
    check(exactloss_cuda_mnist_loss_and_gradient_sync(device, predictions.at, c->dtype, targets.at, c->targets_dtype,
                                                      c->targets_offset, c->count, c->upstream, reduction, flags,
                                                      &loss[1], &loss_f32[1], gradient.at, NULL));
    check_host(exactloss_mnist_loss_and_gradient(predictions.host, c->dtype, targets.host, c->targets_dtype,
                                                 c->targets_offset, c->count, c->upstream, reduction, flags, &other[0],
                                                 &other_f32[0], expected, NULL));
    other[1] = other[0];
    other_f32[1] = other_f32[0];
    if (memcmp(loss, other, sizeof loss) != 0 || memcmp(loss_f32, other_f32, sizeof loss_f32) != 0) {
        fail("losses %a and %a differ from %a", loss[0], loss[1], other[0]);
    }
    compare_gradient(c, expected);
    check(exactloss_cuda_mnist_loss_gradient_async(device, targets.at, c->targets_dtype, c->targets_offset, c->count,
                                                   c->upstream, reduction, gradient.at, c->dtype, NULL));
    check_host(exactloss_mnist_loss_gradient(targets.host, c->targets_dtype, c->targets_offset, c->count, c->upstream,
                                             reduction, 0, expected, c->dtype, NULL));
    compare_gradient(c, expected);
}

void run_equal_case(int dtype, double value, int target, int count) {
    exactloss_accumulator is, shall;
    exactloss_cuda_accumulator *sum;
    snprintf(test_context, sizeof test_context, "%d times %a, dtype %d, target %d", count, value, dtype, target);
    for (int i = 0; i < count; i++) {
        store_real(predictions.host, dtype, i, value);
        targets.host[i] = (unsigned char)target;
    }
    upload(&predictions, (size_t)(size_of(dtype) * count), 0, 0);
    upload(&targets, (size_t)count, 0, 0);
    check_host(exactloss_accumulator_init(&is, 0.5));
    check_host(exactloss_accumulator_init(&shall, 0.5));
    check_host(
        exactloss_accumulator_add(&shall, predictions.host, dtype, targets.host, EXACTLOSS_UINT8, 0, count, 0, NULL));
    check(exactloss_cuda_accumulator_create(device, 0.5, &sum));
    check(exactloss_cuda_accumulator_add_async(sum, predictions.at, dtype, targets.at, EXACTLOSS_UINT8, 0, count, 0,
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
    make(&gradient);
    return device;
}

void close_cases(void) {
    array *arrays[] = {&predictions, &targets, &gradient};
    for (int i = 0; i < 3; i++) {
        check(exactloss_cuda_free(device, arrays[i]->region));
        free(arrays[i]->host);
    }
    check(exactloss_cuda_close(device));
}
