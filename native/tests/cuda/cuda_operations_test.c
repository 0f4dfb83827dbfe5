/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every operation of libexactloss_cuda.so on a fake driver, which runs the kernels on the processor, against the portable
 * kernels: the byte forms of accumulators, and the bits of gradients, are equal.
 *
 *     LD_LIBRARY_PATH=FOLDER-OF-THE-FAKE EXACTLOSS_MAX_ISA=portable cuda_operations_test [quick]
 */
#include "exactloss/exactloss_cuda.h"
#include "fake_driver.h"
#include "inputs.h"

#include <dlfcn.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_COUNT (1 << 16)
#define REGION ((LARGEST_COUNT + 64) * 8 / 4096 * 4096 + 4096)

static fake_cuda_state *fake;
static exactloss_cuda_device *device;
static char context[256]; /* what is being tested */

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("FAILED: %s: ", context);
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    exit(1);
}

static void check(int status) {
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

static uint64_t seed_state;

static uint64_t random_u64(void) { return next_random(&seed_state); }

static int below(int limit) { return (int)(random_u64() % (uint64_t)limit); }

static int size_of(int dtype) {
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

static void store_target(unsigned char *array, int dtype, int64_t i, int value) {
    const int32_t i32 = value;
    const int64_t i64 = value;
    const float f32 = (float)value;
    const double f64 = value;
    switch (dtype) {
        case EXACTLOSS_UINT8:
            array[i] = (unsigned char)value;
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
            array[i / 8] = (unsigned char)((array[i / 8] & ~(1 << i % 8)) | (value == 1) << i % 8);
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

typedef struct test_case {
    int dtype, targets_dtype, logits, count;
    input_kind kind;
    int64_t targets_offset;
    int shift;         /* of predictions and gradient, in elements from an aligned address */
    int targets_shift; /* of the targets, in elements */
    int at_end;        /* all arrays end where the memory does */
    int in_place;      /* the gradient takes the place of the predictions */
    double threshold, upstream;
} test_case;

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
    for (int64_t i = 0; i < c->targets_offset + c->count; i++) {
        store_target(targets.host, c->targets_dtype, i, below(5) == 0 ? 2 + below(3) : below(2));
    }
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
static void run_case(const test_case *c) {
    static unsigned char expected[REGION];
    exactloss_accumulator host, reference;
    exactloss_cuda_accumulator *sum;
    const int flags = c->logits ? EXACTLOSS_LOGITS : 0;
    snprintf(context, sizeof context,
             "dtype %d, targets %d, logits %d, %s, count %d, offset %d, shifts %d and %d, at end %d, in place %d, "
             "threshold %a, upstream %a, %d SMs, seed %u",
             c->dtype, c->targets_dtype, c->logits, INPUT_KIND_NAMES[c->kind], c->count, (int)c->targets_offset,
             c->shift, c->targets_shift, c->at_end, c->in_place, c->threshold, c->upstream, fake->multiprocessors,
             fake->seed);
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
static void run_sync_case(const test_case *c) {
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

static const int DTYPES[] = {EXACTLOSS_FLOAT32, EXACTLOSS_FLOAT64, EXACTLOSS_FLOAT16, EXACTLOSS_BFLOAT16};
static const int TARGETS[] = {EXACTLOSS_UINT8, EXACTLOSS_INT64, EXACTLOSS_FLOAT32,
                              EXACTLOSS_BITS,  EXACTLOSS_INT32, EXACTLOSS_FLOAT64};

/* The elements of a block's tile, which the kernels are free to choose: the tests only look for trouble at its ends. */
static int tile_of(int dtype, int logits) { return 256 * 16 / size_of(dtype) * (logits ? 1 : 2); }

static test_case simple_case(int d, int t, int logits, int kind, int count) {
    return (test_case){.dtype = DTYPES[d],
                       .targets_dtype = TARGETS[t],
                       .logits = logits,
                       .kind = (input_kind)kind,
                       .count = count,
                       .threshold = 0.5,
                       .upstream = 1};
}

static void test_sizes(int quick) {
    for (int d = 0; d < 4; d++) {
        for (int t = 0; t < 6; t++) {
            for (int logits = 0; logits < 2; logits++) {
                const int tile = tile_of(DTYPES[d], logits);
                const int counts[] = {tile, 1, tile - 1, tile + 1, 2 * tile + 5, 5 * tile};
                for (int i = 0; i < (quick ? 2 : 6); i++) {
                    test_case c = simple_case(d, t, logits, (d + t + i) % INPUT_KINDS, counts[i]);
                    c.at_end = counts[i] % 16 == 0 || (quick && i == 1);
                    run_case(&c);
                }
            }
        }
    }
}

static void test_alignments(int quick) {
    for (int d = 0; d < 4; d++) {
        for (int shift = 0; shift < 16 / size_of(DTYPES[d]); shift++) {
            for (int offset = 0; offset < 8; offset += quick ? 3 : 1) {
                test_case c = simple_case(d, 0, (shift + offset) % 2, EDGES, 2 * tile_of(DTYPES[d], 0) + 3);
                c.shift = shift;
                c.targets_offset = offset;
                run_case(&c);
                c.targets_dtype = EXACTLOSS_BITS;
                c.targets_shift = offset % 2;
                run_case(&c);
            }
        }
    }
}

static void test_lengths(void) {
    for (int count = 0; count <= 300; count++) {
        const test_case c = simple_case(count % 4, count % 6, count % 5 == 0, count % INPUT_KINDS, count);
        run_case(&c);
    }
}

static void test_random(int cases) {
    static const double THRESHOLDS[] = {0.5, 0, 1, -INFINITY, INFINITY, 0.1, 0x1p-149, 1e300, -0.3};
    static const double UPSTREAMS[] = {1, -1, 0, 1e-45, 3e38, 1e-320, INFINITY, NAN, 0.3, -0.0};
    for (int i = 0; i < cases; i++) {
        test_case c =
            simple_case(below(4), below(6), below(2), below(INPUT_KINDS), below(2) ? below(300) : below(12000));
        const int aligned = 16 / size_of(c.dtype);
        c.shift = below(2) ? 0 : below(aligned);
        c.targets_offset = below(2) ? 0 : below(40);
        c.targets_shift = below(2) ? 0 : below(9);
        c.at_end = below(3) == 0;
        c.in_place = below(4) == 0;
        c.threshold = THRESHOLDS[below((int)(sizeof THRESHOLDS / sizeof *THRESHOLDS))];
        c.upstream = UPSTREAMS[below((int)(sizeof UPSTREAMS / sizeof *UPSTREAMS))];
        run_case(&c);
        if (!c.in_place) {
            run_sync_case(&c);
        }
    }
}

/* Sums that would overflow an integer that is too small: many equal values, at the ends of each range. */
static void test_adversarial(int quick) {
    static const double VALUES[] = {
        1,       0x1.fffffep-1,   0x1p-19,        0x1.8p-19, 0x1p-18,        0x1.fffffep20,  -0x1.fffffep20,
        0x1p127, -0x1.fffffep127, 0x1.fffffep-20, 0x1p-40,   0x1.fffffep-41, 0x1.000002p-149};
    for (size_t v = 0; v < sizeof VALUES / sizeof *VALUES; v++) {
        for (int d = 0; d < 2; d++) {
            const test_case c = simple_case(d, 0, 0, UNIFORM, quick ? 8192 : 60000);
            snprintf(context, sizeof context, "%d times %a, dtype %d", c.count, VALUES[v], c.dtype);
            exactloss_accumulator is, shall;
            exactloss_cuda_accumulator *sum;
            for (int i = 0; i < c.count; i++) {
                store_real(predictions.host, c.dtype, i, VALUES[v]);
                store_target(targets.host, c.targets_dtype, i, (int)v % 2);
            }
            upload(&predictions, (size_t)(size_of(c.dtype) * c.count), 0, 0);
            upload(&targets, (size_t)c.count, 0, 0);
            check_host(exactloss_accumulator_init(&is, 0.5));
            check_host(exactloss_accumulator_init(&shall, 0.5));
            check_host(exactloss_accumulator_add(&shall, predictions.host, c.dtype, targets.host, c.targets_dtype, 0,
                                                 c.count, 0, NULL));
            check(exactloss_cuda_accumulator_create(device, 0.5, &sum));
            check(exactloss_cuda_accumulator_add_async(sum, predictions.at, c.dtype, targets.at, c.targets_dtype, 0,
                                                       c.count, 0, NULL));
            check(exactloss_cuda_accumulator_merge_sync(&is, sum, NULL));
            compare_accumulators(&is, &shall);
            check(exactloss_cuda_accumulator_destroy(sum));
        }
    }
}

static void open_device(int multiprocessors) {
    fake->multiprocessors = multiprocessors;
    check(exactloss_cuda_open(0, &device));
    make(&predictions);
    make(&targets);
    make(&gradient);
}

static void close_device(void) {
    array *arrays[] = {&predictions, &targets, &gradient};
    for (int i = 0; i < 3; i++) {
        check(exactloss_cuda_free(device, arrays[i]->region));
        free(arrays[i]->host);
    }
    check(exactloss_cuda_close(device));
    if (fake->resources != 0 || fake->contexts != 0) {
        fail("%ld resources are left, %d contexts are current", fake->resources, fake->contexts);
    }
}

int main(int argc, char **argv) {
    const int quick = argc > 1 && strcmp(argv[1], "quick") == 0;
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    fake = library == NULL ? NULL : dlsym(library, "fake_cuda");
    if (fake == NULL) {
        printf("FAILED: LD_LIBRARY_PATH leads to no fake libcuda.so.1\n");
        return 1;
    }
    seed_state = 20260731;
    open_device(2);
    test_sizes(quick);
    test_alignments(quick);
    test_adversarial(quick);
    close_device();
    open_device(1);
    test_lengths();
    test_random(quick ? 30 : 300);
    close_device();
    open_device(9);
    test_random(quick ? 0 : 300);
    close_device();
    printf("%ld kernel launches executed, %lu blocks of threads: all bits equal to the portable kernels'\n",
           fake->launches, fake->blocks);
    return 0;
}
