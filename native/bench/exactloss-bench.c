/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exactloss-bench: how fast the library is on this machine, next to plain reading and to an inexact sum.
 *
 * Each row is an operation on float32 predictions and uint8 targets, on one thread: uniform random predictions with
 * random labels first, then, for the mean, sorted labels and predictions that leave the fast path. The variants of a
 * case take turns, round by round, so that a busy machine slows them alike; the median of the rounds is reported.
 * "read" is a loop that only reads the same bytes, with the same vectors: the bandwidth that a share is a share of.
 */
#include "baselines.h"
#include "batch.h"
#include "cpu/features.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 15
#define MAX_VARIANTS 18
#define ROUND_SECONDS 0.02

typedef enum operation { READ, INEXACT_MEAN, MEAN, EVALUATE, GRADIENT, FILL } operation;

static const char *const OPERATION_NAMES[] = {"read",     "inexact_mean", "mnist_loss_mean",
                                              "evaluate", "gradient",     "fill"};
static const int BYTES_PER_ELEMENT[] = {5, 5, 5, 5, 5, 4};

typedef struct variant {
    operation operation;
    const exactloss_kernels *kernels;
    int isa;
    double ns[ROUNDS];
} variant;

typedef enum values { UNIFORM, WITH_ZEROS, CONFIDENT, RAW_SCORES } values;

static const char *const VALUE_NAMES[] = {"uniform", "with zeros", "confident", "raw scores"};

typedef struct data {
    int64_t count;
    values values;
    int sorted_labels;
    unsigned char *predictions, *targets, *gradient;
} data;

static volatile double sink;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ------------------------------------------------------------------------------------------- measurement -- */

static void run_once(const variant *v, const data *d) {
    const batch b = {.predictions = d->predictions,
                     .targets = d->targets,
                     .decode = v->kernels->decode_u8,
                     .targets_offset = 0,
                     .count = d->count};
    const double threshold = 0.5;
    totals t;
    exactloss_evaluation result;
    exactloss_totals_init(&t);
    switch (v->operation) {
        case READ:
            sink = baseline_read(v->isa, d->predictions, d->targets, d->count);
            break;
        case INEXACT_MEAN:
            sink = baseline_inexact_sum(v->isa, d->predictions, d->targets, d->count) / (double)d->count;
            break;
        case MEAN:
            exactloss_batch_total(v->kernels, &b, NULL, 0, &t, NULL);
            exactloss_sum_divide(&t.sum, d->count, &result.loss, NULL);
            sink = result.loss;
            break;
        case EVALUATE:
            exactloss_batch_total(v->kernels, &b, &threshold, 0, &t, NULL);
            exactloss_totals_result(&t, threshold, &result);
            sink = result.loss;
            break;
        case GRADIENT:
            exactloss_batch_gradient(v->kernels, &b, 1.0f / (float)d->count, d->gradient);
            break;
        case FILL:
            baseline_fill(v->isa, d->gradient, d->count);
            break;
    }
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Fills in v->ns, ascending: nanoseconds an element in each round. */
static void measure(variant *variants, int count, const data *d) {
    int64_t repeats[MAX_VARIANTS];
    for (int i = 0; i < count; i++) {
        const double start = now();
        run_once(&variants[i], d);
        run_once(&variants[i], d);
        repeats[i] = 1 + (int64_t)(2 * ROUND_SECONDS / (now() - start + 1e-9));
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < count; i++) {
            const double start = now();
            for (int64_t r = 0; r < repeats[i]; r++) {
                run_once(&variants[i], d);
            }
            variants[i].ns[round] = (now() - start) * 1e9 / (double)repeats[i] / (double)d->count;
        }
        if (isatty(STDERR_FILENO)) {
            fprintf(stderr, "\r%10" PRId64 " elements: round %2d of %d%s", d->count, round + 1, ROUNDS,
                    round + 1 < ROUNDS ? "" : "\r\033[K");
        }
    }
    for (int i = 0; i < count; i++) {
        qsort(variants[i].ns, ROUNDS, sizeof(double), compare);
    }
}

/* ------------------------------------------------------------------------------------------------ report -- */

static double median(const variant *v) { return v->ns[ROUNDS / 2]; }

static const variant *find(const variant *variants, int count, operation wanted, int isa) {
    for (int i = 0; i < count; i++) {
        if (variants[i].operation == wanted && variants[i].isa == isa) {
            return &variants[i];
        }
    }
    return NULL;
}

/* The loop that moves the same bytes as fast as this machine can, whatever its vectors. */
static double bandwidth_ns(const variant *variants, int count, operation compared) {
    double best = 0;
    for (int i = 0; i < count; i++) {
        if (variants[i].operation == (compared == GRADIENT ? FILL : READ) &&
            (best == 0 || median(&variants[i]) < best)) {
            best = median(&variants[i]);
        }
    }
    return compared == GRADIENT ? best * 5 / 4 : best;
}

static void print_row(const variant *variants, int count, const variant *v, const data *d, int json, int *rows) {
    const char *labels = d->sorted_labels ? "sorted" : "random";
    const int bytes = BYTES_PER_ELEMENT[v->operation];
    const variant *inexact = v->operation == MEAN ? find(variants, count, INEXACT_MEAN, v->isa) : NULL;
    const double share = v->operation == FILL ? 1 : bandwidth_ns(variants, count, v->operation) / median(v);
    const double gb_per_s = bytes / median(v);
    if (!json) {
        printf("%-16s %-9s %-11s %-7s %9" PRId64 " %8.4f %8.4f %8.4f %8.2f %6.2f", OPERATION_NAMES[v->operation],
               v->kernels->isa_name, VALUE_NAMES[d->values], labels, d->count, median(v), v->ns[0], v->ns[ROUNDS - 1],
               gb_per_s, share);
        if (inexact != NULL) {
            printf(" %8.2f", median(inexact) / median(v));
        }
        printf("\n");
        return;
    }
    printf("%s{\"operation\":\"%s\",\"predictions\":\"float32\",\"targets\":\"uint8\",\"isa\":\"%s\",\"threads\":1,"
           "\"elements\":%" PRId64 ",\"values\":\"%s\",\"labels\":\"%s\",\"bytes_per_element\":%d,"
           "\"ns_per_element\":%.6f,\"ns_per_element_min\":%.6f,\"ns_per_element_max\":%.6f,\"gb_per_s\":%.4f,"
           "\"share_of_bandwidth\":%.4f",
           *rows == 0 ? "" : ",", OPERATION_NAMES[v->operation], v->kernels->isa_name, d->count, VALUE_NAMES[d->values],
           labels, bytes, median(v), v->ns[0], v->ns[ROUNDS - 1], gb_per_s, share);
    if (inexact != NULL) {
        printf(",\"share_of_inexact\":%.4f", median(inexact) / median(v));
    }
    printf("}");
    ++*rows;
}

/* --------------------------------------------------------------------------------------------------- main -- */

/* Appends variants for an instruction set; for the smaller cases only the mean and what it is compared with. */
static int add_isa(variant *variants, int count, const exactloss_kernels *kernels, int isa, int only_mean) {
    static const operation ALL[] = {READ, INEXACT_MEAN, MEAN, EVALUATE, FILL, GRADIENT};
    for (int i = 0; i < (only_mean ? 3 : 6); i++) {
        const int is_baseline = ALL[i] == READ || ALL[i] == INEXACT_MEAN || ALL[i] == FILL;
        if (!is_baseline || isa != EXACTLOSS_ISA_PORTABLE) {
            variants[count++] = (variant){.operation = ALL[i], .kernels = kernels, .isa = isa};
        }
    }
    return count;
}

static int add_all(variant *variants, int only_mean) {
    int count = add_isa(variants, 0, &exactloss_kernels_portable, EXACTLOSS_ISA_PORTABLE, only_mean);
#ifdef EXACTLOSS_X86_64
    const cpu_facts facts = exactloss_read_cpu();
    if (exactloss_support(facts, EXACTLOSS_ISA_AVX2) == EXACTLOSS_ISA_USABLE) {
        count = add_isa(variants, count, &exactloss_kernels_avx2, EXACTLOSS_ISA_AVX2, only_mean);
    }
    if (exactloss_support(facts, EXACTLOSS_ISA_AVX512) == EXACTLOSS_ISA_USABLE) {
        count = add_isa(variants, count, &exactloss_kernels_avx512, EXACTLOSS_ISA_AVX512, only_mean);
    } else if (!only_mean) {
        fprintf(stderr, "avx512: not measured, this machine does not have it\n");
    }
#endif
    return count;
}

static void *allocate(size_t size) {
    void *memory = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
    if (memory == NULL) {
        fprintf(stderr, "exactloss-bench: %zu bytes of memory are not to be had\n", size);
        exit(1);
    }
    return memory;
}

/* A prediction from 64 random bits. */
static float make_prediction(values kind, uint64_t random) {
    const float unit = (float)(random >> 40) * 0x1p-24f;
    switch (kind) {
        case WITH_ZEROS:
            return random % 1000 == 0 ? 0.0f : unit;
        case CONFIDENT:
            return expf(-27.6f * unit); /* 1e-12 to 1, log-uniform */
        case RAW_SCORES:
            return 100.0f * unit - 50.0f;
        default:
            return unit;
    }
}

static data make_data(int64_t count, values kind, int sorted_labels) {
    const size_t n = (size_t)count;
    data d = {count, kind, sorted_labels, allocate(4 * n), allocate(n), allocate(4 * n)};
    uint64_t state = 0x9e3779b97f4a7c15u;
    for (int64_t i = 0; i < count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const float p = make_prediction(kind, state ^ state >> 32);
        memcpy(d.predictions + 4 * i, &p, sizeof p);
        d.targets[i] = (unsigned char)(sorted_labels ? i >= count / 2 : (int)(state >> 39 & 1));
    }
    memset(d.gradient, 0, 4 * n);
    return d;
}

/* Measures a case and prints its rows; frees the data. */
static void run_case(variant *variants, int count, data d, int json, int *rows) {
    measure(variants, count, &d);
    for (int i = 0; i < count; i++) {
        print_row(variants, count, &variants[i], &d, json, rows);
    }
    free(d.predictions);
    free(d.targets);
    free(d.gradient);
}

static void machine_name(char *name, size_t size) {
    char line[256];
    snprintf(name, size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            snprintf(name, size, "%.*s", (int)strcspn(colon + 2, "\n\"\\"), colon + 2);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

int main(int argc, char **argv) {
    static const int64_t SIZES[] = {64, 4096, 65536, 1 << 20, 1 << 26};
    static const int64_t IN_L2 = 65536, IN_RAM = 1 << 26;
    const int json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json) {
        fprintf(stderr, "usage: exactloss-bench [--json]\n");
        return 2;
    }
    variant all[MAX_VARIANTS], means[MAX_VARIANTS];
    const int all_count = add_all(all, 0), mean_count = add_all(means, 1);
    char machine[256];
    machine_name(machine, sizeof machine);
    if (json) {
        printf("{\"machine\":\"%s\",\"rows\":[", machine);
    } else {
        printf("%s\nfloat32 predictions, uint8 targets, 1 thread; ns an element\n\n", machine);
        printf("%-16s %-9s %-11s %-7s %9s %8s %8s %8s %8s %6s %8s\n", "operation", "isa", "values", "labels",
               "elements", "median", "min", "max", "GB/s", "share", "exactness");
    }
    int rows = 0;
    for (int s = 0; s < (int)(sizeof SIZES / sizeof *SIZES); s++) {
        run_case(all, all_count, make_data(SIZES[s], UNIFORM, 0), json, &rows);
    }
    run_case(means, mean_count, make_data(IN_L2, UNIFORM, 1), json, &rows);
    for (int v = WITH_ZEROS; v <= RAW_SCORES; v++) {
        run_case(means, mean_count, make_data(IN_L2, (values)v, 0), json, &rows);
        run_case(means, mean_count, make_data(IN_RAM, (values)v, 0), json, &rows);
    }
    printf(json ? "]}\n"
                : "\nshare: of the fastest plain read (gradient: fill) of the same bytes; exactness: speed of the "
                  "exact mean over the inexact one\n");
    return 0;
}
