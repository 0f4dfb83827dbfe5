/* SPDX-License-Identifier: Apache-2.0 */
#include "inputs.h"

#include "cpu/kernels.h"
#include "exactloss/exactloss.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const element_type ELEMENT_TYPES[TYPES] = {
    [FLOAT32] = {"float32", 32, EXACTLOSS_P_FLOAT32, EXACTLOSS_T_FLOAT32},
    [FLOAT64] = {"float64", 64, EXACTLOSS_P_FLOAT64, EXACTLOSS_T_FLOAT64},
    [FLOAT16] = {"float16", 16, EXACTLOSS_P_FLOAT16, 0},
    [BFLOAT16] = {"bfloat16", 16, EXACTLOSS_P_BFLOAT16, 0},
    [UINT8] = {"uint8", 8, 0, EXACTLOSS_T_UINT8},
    [INT8] = {"int8", 8, 0, EXACTLOSS_T_INT8},
    [INT32] = {"int32", 32, 0, EXACTLOSS_T_INT32},
    [INT64] = {"int64", 64, 0, EXACTLOSS_T_INT64},
    [BITS] = {"bits", 1, 0, EXACTLOSS_T_BITS},
};

const char *const VALUES_NAMES[VALUES] = {
    [UNIFORM] = "uniform",         [SOME_ZEROS] = "some_zeros",         [ALL_ZEROS] = "all_zeros",
    [LOG_UNIFORM] = "log_uniform", [SIGMOID_NORMAL] = "sigmoid_normal", [RAW_SCORES] = "raw_scores",
};

const char *const LABELS_NAMES[LABELS] = {[RANDOM] = "random", [SORTED] = "sorted"};

/* The number of elements that are drawn; larger arrays repeat them. A multiple of 64. */
#define DRAWN (1 << 20)

#define PAGE 4096

void *allocate(int64_t size) {
    void *memory = aligned_alloc(PAGE, ((size_t)size + PAGE) / PAGE * PAGE);
    if (memory == NULL) {
        fprintf(stderr, "exactloss-bench: %" PRId64 " MiB of memory are not to be had\n", size >> 20);
        exit(1);
    }
    return memory;
}

int inputs_bits(const inputs *in, array a) {
    switch (a) {
        case TARGETS:
            return ELEMENT_TYPES[in->targets_type].bits;
        case WEIGHTS:
            return ELEMENT_TYPES[FLOAT32].bits;
        default:
            return ELEMENT_TYPES[in->predictions_type].bits;
    }
}

int64_t inputs_size(const inputs *in, array a) { return (in->count * inputs_bits(in, a) + 7) / 8; }

int64_t inputs_output_size(const inputs *in) { return inputs_size(in, OUTPUT) + OUTPUT_GUARD; }

/* ---------------------------------------------------------------------------------------------- random numbers -- */

static uint64_t random_bits(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state ^ *state >> 32;
}

static double random_unit(uint64_t *state) { return (double)(random_bits(state) >> 11) * 0x1p-53; }

static double random_normal(uint64_t *state) {
    const double radius = sqrt(-2 * log(1 - random_unit(state)));
    return radius * cos(6.283185307179586 * random_unit(state));
}

static double random_logit(values kind, uint64_t *state) {
    switch (kind) {
        case SIGMOID_NORMAL:
            return 8 * random_normal(state);
        case RAW_SCORES:
            return 100 * random_unit(state) - 50;
        default:
            return 16 * random_unit(state) - 8;
    }
}

static double random_prediction(values kind, uint64_t *state) {
    switch (kind) {
        case SOME_ZEROS:
            return random_bits(state) >> 20 < ((uint64_t)1 << 44) / 1000 ? 0 : random_unit(state);
        case ALL_ZEROS:
            return 0;
        case LOG_UNIFORM:
            return exp(log(1e-12) * random_unit(state));
        case SIGMOID_NORMAL:
            return 1 / (1 + exp(-random_logit(kind, state)));
        case RAW_SCORES:
            return random_logit(kind, state);
        default:
            return random_unit(state);
    }
}

static int random_label(labels kind, int64_t i, int64_t count, uint64_t *state) {
    return kind == SORTED ? i >= count / 2 : (int)(random_bits(state) >> 16 & 1);
}

/* ------------------------------------------------------------------------------------------------------- arrays -- */

/* Rounds a double to a type of predictions, and stores it as element i. */
static void put_real(type_id type, double value, int64_t i, unsigned char *to) {
    const exactloss_kernels *kernels = &exactloss_kernels_portable;
    const float f = (float)value;
    switch (type) {
        case FLOAT64:
            memcpy(to + 8 * i, &value, sizeof value);
            break;
        case FLOAT16:
            kernels->f16.narrow(&f, 1, to + 2 * i);
            break;
        case BFLOAT16:
            kernels->bf16.narrow(&f, 1, to + 2 * i);
            break;
        default:
            memcpy(to + 4 * i, &f, sizeof f);
            break;
    }
}

static void put_label(type_id type, int label, int64_t i, unsigned char *to) {
    const float f = (float)label;
    const double d = label;
    const int32_t integer32 = label;
    const int64_t integer64 = label;
    switch (type) {
        case BITS:
            to[i / 8] = (unsigned char)((i % 8 == 0 ? 0 : to[i / 8]) | label << i % 8);
            break;
        case INT32:
            memcpy(to + 4 * i, &integer32, sizeof integer32);
            break;
        case INT64:
            memcpy(to + 8 * i, &integer64, sizeof integer64);
            break;
        case FLOAT32:
            memcpy(to + 4 * i, &f, sizeof f);
            break;
        case FLOAT64:
            memcpy(to + 8 * i, &d, sizeof d);
            break;
        default:
            to[i] = (unsigned char)label;
            break;
    }
}

static void draw(inputs *in, array a, int64_t count) {
    uint64_t state = 0x9e3779b97f4a7c15u + a;
    unsigned char *to = in->arrays[a];
    for (int64_t i = 0; i < count; i++) {
        switch (a) {
            case PREDICTIONS:
                put_real(in->predictions_type, random_prediction(in->values, &state), i, to);
                break;
            case LOGITS:
                put_real(in->predictions_type, random_logit(in->values, &state), i, to);
                break;
            case TARGETS:
                put_label(in->targets_type, random_label(in->labels, i, in->count, &state), i, to);
                break;
            default:
                put_real(FLOAT32, random_unit(&state), i, to);
                break;
        }
    }
}

static void fill(inputs *in, array a) {
    const int is_sorted = a == TARGETS && in->labels == SORTED;
    const int64_t drawn = in->count < DRAWN || is_sorted ? in->count : DRAWN;
    const int64_t size = inputs_size(in, a);
    draw(in, a, drawn);
    for (int64_t made = drawn * inputs_bits(in, a) / 8; drawn < in->count && made < size;) {
        const int64_t piece = made < size - made ? made : size - made;
        memcpy(in->arrays[a] + made, in->arrays[a], (size_t)piece);
        made += piece;
    }
}

void inputs_open(inputs *in, unsigned needed) {
    for (array a = 0; a < ARRAYS; a++) {
        in->arrays[a] = NULL;
        if ((needed & BIT(a)) == 0) {
            continue;
        }
        if (a == OUTPUT) {
            in->arrays[a] = allocate(inputs_output_size(in));
            memset(in->arrays[a], 0, (size_t)inputs_output_size(in));
        } else {
            in->arrays[a] = allocate(inputs_size(in, a));
            fill(in, a);
        }
    }
}

void inputs_close(inputs *in) {
    for (array a = 0; a < ARRAYS; a++) {
        free(in->arrays[a]);
        in->arrays[a] = NULL;
    }
}
