/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exactloss-cuda-selftest [--quick] [--device N]: for whoever has a GPU. Compares every operation with the processor, bit
 * by bit, and measures the bandwidth of each beside a copy on the device. Ends in a table, in a few minutes. --quick
 * takes fewer cases, and arrays too small to measure.
 */
#include "cases.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ELEMENTS ((int64_t)1 << 28)
#define QUICK_ELEMENTS ((int64_t)1 << 14)
#define RUNS 15 /* of which the median counts */

static exactloss_cuda_device *device;
static exactloss_cuda_accumulator *sum;
static void *stream, *predictions, *targets, *weights, *gradient;
static int64_t elements;

/* What is measured: some work on all elements, and the bytes that it reads and writes for each. */
typedef struct row {
    const char *name;
    int type, targets_type, is_logits, is_weighted, has_gradient;
    double bytes;
} row;

static const row ROWS[] = {
    {"loss and counts, float32, uint8", EXACTLOSS_P_FLOAT32, EXACTLOSS_T_UINT8, 0, 0, 0, 5},
    {"loss and counts, float32, float32", EXACTLOSS_P_FLOAT32, EXACTLOSS_T_FLOAT32, 0, 0, 0, 8},
    {"loss and counts, float32, int64", EXACTLOSS_P_FLOAT32, EXACTLOSS_T_INT64, 0, 0, 0, 12},
    {"loss and counts, float32, bits", EXACTLOSS_P_FLOAT32, EXACTLOSS_T_BITS, 0, 0, 0, 4.125},
    {"loss and counts, float16, uint8", EXACTLOSS_P_FLOAT16, EXACTLOSS_T_UINT8, 0, 0, 0, 3},
    {"loss and counts, bfloat16, uint8", EXACTLOSS_P_BFLOAT16, EXACTLOSS_T_UINT8, 0, 0, 0, 3},
    {"loss and counts, float64, uint8", EXACTLOSS_P_FLOAT64, EXACTLOSS_T_UINT8, 0, 0, 0, 9},
    {"loss and gradient, float32, uint8", EXACTLOSS_P_FLOAT32, EXACTLOSS_T_UINT8, 0, 0, 1, 9},
    {"logits: loss and counts, float32, uint8", EXACTLOSS_P_FLOAT32, EXACTLOSS_T_UINT8, 1, 0, 0, 5},
    {"logits: loss and gradient, float32, uint8", EXACTLOSS_P_FLOAT32, EXACTLOSS_T_UINT8, 1, 0, 1, 9},
    {"logits: loss and gradient, float16, uint8", EXACTLOSS_P_FLOAT16, EXACTLOSS_T_UINT8, 1, 0, 1, 5},
    {"logits: loss and gradient, float64, uint8", EXACTLOSS_P_FLOAT64, EXACTLOSS_T_UINT8, 1, 0, 1, 17},
    {"weights: loss and counts, float32, uint8", EXACTLOSS_P_FLOAT32, EXACTLOSS_T_UINT8, 0, 1, 0, 9},
    {"weights: loss and counts, float64, uint8", EXACTLOSS_P_FLOAT64, EXACTLOSS_T_UINT8, 0, 1, 0, 13},
    {"weights: logits and gradient, float32, uint8", EXACTLOSS_P_FLOAT32, EXACTLOSS_T_UINT8, 1, 1, 1, 13},
};

static int options_of(const row *r) {
    return EXACTLOSS_MNIST | r->type | r->targets_type | (r->is_logits ? EXACTLOSS_FROM_LOGITS : 0);
}

/* ----------------------------------------------------------------------------------------------- measurements -- */

static int run_copy(const row *r) {
    return exactloss_cuda_copy_async(device, gradient, predictions, size_of(r->type) * elements, stream);
}

static int run_gradient(const row *r) {
    return exactloss_cuda_gradient_async(device, options_of(r), NULL, targets, NULL, elements, 1, elements, gradient,
                                         stream);
}

static int run_row(const row *r) {
    const float *w = r->is_weighted ? weights : NULL;
    if (r->has_gradient) {
        return exactloss_cuda_accumulator_add_with_gradient_async(sum, options_of(r), predictions, targets, w, elements,
                                                                  1, elements, gradient, stream);
    }
    return exactloss_cuda_accumulator_add_async(sum, options_of(r), predictions, targets, w, elements, stream);
}

static double seconds(void) {
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median time of some work, each time waited for. */
static double measure(int (*run)(const row *), const row *r) {
    double times[RUNS];
    for (int i = -2; i < RUNS; i++) { /* two to warm up */
        const double start = seconds();
        check(run(r));
        check(exactloss_cuda_stream_sync(device, stream));
        times[i < 0 ? 0 : i] = seconds() - start;
    }
    qsort(times, RUNS, sizeof *times, compare_doubles);
    return times[RUNS / 2];
}

static void print_row(const char *name, double bytes, double time, double copy_bandwidth) {
    const double bandwidth = bytes * (double)elements / time;
    printf("%-44s %8.3f ms %8.1f GB/s", name, 1e3 * time, 1e-9 * bandwidth);
    if (copy_bandwidth > 0) {
        printf(" %6.0f %%", 100 * bandwidth / copy_bandwidth);
    }
    printf("\n");
}

/* Fills an array on the device with copies of a block of the host's. */
static void fill(void *array, const unsigned char *block, int64_t block_bytes, int64_t bytes) {
    for (int64_t at = 0; at < bytes; at += block_bytes) {
        const int64_t rest = bytes - at;
        check(exactloss_cuda_copy_async(device, (char *)array + at, block, rest < block_bytes ? rest : block_bytes,
                                        stream));
    }
    check(exactloss_cuda_stream_sync(device, stream));
}

/* Random predictions of a type in [0, 1), or logits near 0, and random targets. */
static void fill_arrays(const row *r) {
    enum { BLOCK_ELEMENTS = 1 << 14 };
    static unsigned char block[8 * BLOCK_ELEMENTS];
    fill_predictions(block, r->type, BLOCK_ELEMENTS);
    fill(predictions, block, size_of(r->type) * BLOCK_ELEMENTS, size_of(r->type) * elements);
    fill_targets(block, r->targets_type, BLOCK_ELEMENTS);
    const int64_t target_bits = r->targets_type == EXACTLOSS_T_BITS ? 1 : 8 * size_of(r->targets_type);
    fill(targets, block, target_bits * BLOCK_ELEMENTS / 8, target_bits * elements / 8);
    fill_weights(block, USUAL_WEIGHTS, BLOCK_ELEMENTS);
    fill(weights, block, (int64_t)sizeof(float) * BLOCK_ELEMENTS, (int64_t)sizeof(float) * elements);
}

static void measure_all(void) {
    const row copy = {"a copy on the device", EXACTLOSS_P_FLOAT32, EXACTLOSS_T_UINT8, 0, 0, 0, 8};
    const row step = {"gradient, float32, uint8", EXACTLOSS_P_FLOAT32, EXACTLOSS_T_UINT8, 0, 0, 1, 5};
    check(exactloss_cuda_stream_create(device, &stream));
    check(exactloss_cuda_accumulator_create(device, EXACTLOSS_MNIST, 0.5, &sum));
    check(exactloss_cuda_alloc(device, 8 * elements, &predictions));
    check(exactloss_cuda_alloc(device, 8 * elements, &targets));
    check(exactloss_cuda_alloc(device, 4 * elements, &weights));
    check(exactloss_cuda_alloc(device, 8 * elements, &gradient));
    fill_arrays(&copy);
    const double copy_time = measure(run_copy, &copy);
    const double copy_bandwidth = copy.bytes * (double)elements / copy_time;
    printf("\n%-44s %11s %13s %8s\n", "", "median", "bandwidth", "of copy");
    print_row(copy.name, copy.bytes, copy_time, 0);
    print_row(step.name, step.bytes, measure(run_gradient, &step), copy_bandwidth);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        fill_arrays(&ROWS[i]);
        print_row(ROWS[i].name, ROWS[i].bytes, measure(run_row, &ROWS[i]), copy_bandwidth);
    }
    check(exactloss_cuda_accumulator_destroy(sum));
    check(exactloss_cuda_free(device, predictions));
    check(exactloss_cuda_free(device, targets));
    check(exactloss_cuda_free(device, weights));
    check(exactloss_cuda_free(device, gradient));
    check(exactloss_cuda_stream_destroy(device, stream));
}

/* -------------------------------------------------------------------------------------------------- the rest -- */

static void check_bits(int quick) {
    test_sizes(quick);
    test_equal_values(quick);
    test_weights(quick);
    test_losses(quick);
    test_ties();
    if (!quick) {
        test_alignments(0);
        test_lengths();
        test_random(3000);
    }
    printf("bits: all sums, counts and gradients are equal to the processor's (%s)\n", exactloss_isa_name());
}

static void print_device(int ordinal) {
    exactloss_cuda_device_info info;
    snprintf(test_context, sizeof test_context, "device %d", ordinal);
    check(exactloss_cuda_get_device_info(ordinal, &info));
    printf("device %d: %s, compute capability %d.%d, %d multiprocessors, %.1f GB, %.0f GB/s at most, driver for CUDA "
           "%d.%d\n",
           ordinal, info.name, info.compute_major, info.compute_minor, info.multiprocessors,
           1e-9 * (double)info.memory_bytes, 1e-9 * (double)info.memory_bandwidth, info.driver_version / 1000,
           info.driver_version % 1000 / 10);
}

static int usage(void) {
    fprintf(stderr, "usage: exactloss-cuda-selftest [--quick] [--device N]\n");
    return 2;
}

int main(int argc, char **argv) {
    int quick = 0, count;
    long ordinal = 0;
    for (int i = 1; i < argc; i++) {
        char *end = "";
        if (strcmp(argv[i], "--quick") == 0) {
            quick = 1;
        } else if (strcmp(argv[i], "--device") == 0 && i + 1 < argc) {
            ordinal = strtol(argv[++i], &end, 10);
        } else {
            return usage();
        }
        if (*end != '\0' || ordinal < 0 || ordinal > 1000) {
            return usage();
        }
    }
    if (exactloss_cuda_device_count(&count) != EXACTLOSS_OK) {
        fprintf(stderr, "exactloss-cuda-selftest: %s\n", exactloss_cuda_error());
        return 1;
    }
    print_device((int)ordinal);
    elements = quick ? QUICK_ELEMENTS : ELEMENTS;
    device = open_cases((int)ordinal);
    check_bits(quick);
    snprintf(test_context, sizeof test_context, "measuring");
    measure_all();
    close_cases();
    return 0;
}
