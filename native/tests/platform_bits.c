/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform_bits [EXPECTED]: the results of all public functions on seeded inputs, as one line for each group of them: its
 * name, the number of values, and a hash of their bits. Without EXPECTED, prints the lines; with it, compares them with those
 * of the file: every platform and instruction set has the same. Numbers are hashed, not bytes of memory, so that their order
 * doesn't matter, and every NaN counts as the same. Runs on the kernels that EXACTLOSS_MAX_ISA names, or exits with 77.
 */
#include "block.h"
#include "exactloss/exactloss.h"
#include "inputs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SKIPPED 77
#define SHORT 263                    /* elements: several vectors and words of a mask, and the rest of one */
#define LONG (2 * LONG_BLOCK + 3611) /* several blocks of every size, and the rest of one */
#define FROM_MEMORY_COUNT (FROM_MEMORY / 4 + LONG) /* floats that no cache holds */
#define PIECE 3008                                 /* elements of a long array before those of another kind */
#define ROWS 7
#define COLUMNS 37
#define SEED 22
#define LOSSES 3
#define P_TYPES 4
#define T_TYPES 7
#define ALL (EXACTLOSS_MNIST | EXACTLOSS_BRIER | EXACTLOSS_LOG)

/* Of elements of any type, at least LONG; the inputs have `count`. */
static unsigned char *predictions, *targets, *output;
static float *weights;
static int count = SHORT;

/* ---------------------------------------------------------------------------------------------------- hashes -- */

typedef struct group {
    const char *name;
    int64_t count;
    uint64_t hash;
} group;

static void add_bits(group *g, uint64_t bits) {
    uint64_t state = g->hash ^ bits;
    g->hash = next_random(&state);
    g->count++;
}

static void add_double(group *g, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_bits(g, isnan(value) ? UINT64_MAX : bits);
}

static void add_float(group *g, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_bits(g, isnan(value) ? UINT64_MAX : bits);
}

/* Elements of type EXACTLOSS_P_FLOAT16 * type. */
static void add_elements(group *g, int type, const void *elements, int size) {
    for (int i = 0; i < size; i++) {
        const uint16_t half = ((const uint16_t *)elements)[type <= 2 ? i : 0];
        const uint16_t infinity = type == 1 ? 0x7c00 : 0x7f80;
        switch (type) {
            case 3:
                add_float(g, ((const float *)elements)[i]);
                break;
            case 4:
                add_double(g, ((const double *)elements)[i]);
                break;
            default:
                add_bits(g, (half & 0x7fff) > infinity ? UINT64_MAX : half);
        }
    }
}

static void add_result(group *g, const exactloss_loss_result *r) {
    add_double(g, r->mean);
    add_double(g, r->sum);
    add_float(g, r->mean_f32);
    add_float(g, r->sum_f32);
    add_bits(g, (uint64_t)r->nan_count);
    add_bits(g, (uint64_t)r->infinite_count);
}

static void add_evaluation(group *g, const exactloss_evaluation *e) {
    const int64_t counts[] = {e->count,           e->positives,      e->true_positives,
                              e->false_positives, e->true_negatives, e->false_negatives};
    add_double(g, e->accuracy);
    add_double(g, e->weight_sum);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        add_bits(g, (uint64_t)counts[i]);
    }
    add_result(g, &e->mnist);
    add_result(g, &e->brier);
    add_result(g, &e->log);
    for (int metric = EXACTLOSS_METRIC_ACCURACY; metric <= EXACTLOSS_METRIC_MATTHEWS; metric++) {
        double value = 0;
        exactloss_metric(e, metric, &value);
        add_double(g, value);
    }
}

/* ---------------------------------------------------------------------------------------------------- inputs -- */

static void fill_predictions(int type, input_kind kind, int first, int size, uint64_t *seed) {
    uint16_t *halves = (uint16_t *)(void *)predictions + first;
    switch (type) {
        case 3:
            fill_floats(kind, seed, predictions + 4 * first, size);
            break;
        case 4:
            fill_doubles(kind, seed, predictions + 8 * first, size);
            break;
        default: /* any bits for the last kinds, otherwise numbers of [0, 1] */
            for (int i = 0; i < size; i++) {
                const uint64_t random = next_random(seed), one = type == 1 ? 0x3c00 : 0x3f80;
                halves[i] = (uint16_t)(kind >= RAW_SCORES ? random : random % (one + 1));
            }
    }
}

/* Numbers of [0, 1) in every other piece: kernels change their ways within an array. */
static void fill_long_predictions(int type, input_kind kind, uint64_t *seed) {
    for (int first = 0, piece = 0; first < count; first += PIECE, piece++) {
        const input_kind of_piece = piece % 2 == 0 ? UNIFORM : (input_kind)(((int)kind + piece) % INPUT_KINDS);
        fill_predictions(type, of_piece, first, count - first < PIECE ? count - first : PIECE, seed);
    }
}

static void fill_targets(int type, uint64_t *seed) {
    static float floats[LONG];
    int32_t *words = (int32_t *)(void *)targets;
    int64_t *longs = (int64_t *)(void *)targets;
    double *doubles = (double *)(void *)targets;
    fill_float_targets(0, seed, (unsigned char *)floats, count);
    switch (type) {
        case 3:
            for (int i = 0; i < count; i++) {
                words[i] = (int32_t)floats[i] * (i % 17 == 0 ? 256 : 1);
            }
            break;
        case 4:
            for (int i = 0; i < count; i++) {
                longs[i] = (int64_t)floats[i] << (i % 17 == 0 ? 33 : 0);
            }
            break;
        case 5:
            fill_float_targets(1, seed, targets, count);
            break;
        case 6:
            for (int i = 0; i < count; i++) {
                doubles[i] = (double)floats[i] * (i % 17 == 0 ? 0.5 : 1);
            }
            break;
        default: /* bytes, and bits, of which any will do */
            fill_bytes(type != 7, seed, targets, count);
            for (int i = 0; type == 7 && i < count; i++) {
                targets[i] = (unsigned char)next_random(seed);
            }
    }
}

static void fill_weights(uint64_t *seed) {
    for (int i = 0; i < count; i++) {
        weights[i] = i % 11 == 0 ? 0 : fabsf(next_float(i % 13 == 0 ? MIXED : UNIFORM, seed));
    }
}

/* ------------------------------------------------------------------------------------------------- functions -- */

typedef struct call {
    int options;    /* types and flags */
    int p_type;     /* the type of predictions, EXACTLOSS_P_FLOAT16 * p_type */
    const float *w; /* NULL: no weights */
} call;

static void must(int status) {
    if (status != EXACTLOSS_OK) {
        printf("%s\n", exactloss_status_string(status));
        exit(1);
    }
}

static void losses(group *g, const call *c) {
    const exactloss_rows rows = {ROWS, COLUMNS, 8 * (COLUMNS / 8), COLUMNS};
    for (int i = 0; i < 2 * LOSSES; i++) {
        const int options = c->options | EXACTLOSS_MNIST << i % LOSSES | (i < LOSSES ? EXACTLOSS_MEAN : EXACTLOSS_SUM);
        double of_rows[ROWS], loss;
        must(exactloss_loss(options, predictions, targets, c->w, count, NULL, &loss, NULL));
        add_double(g, loss);
        must(exactloss_loss(options, predictions, targets, c->w, COLUMNS, &rows, of_rows, NULL));
        add_elements(g, 4, of_rows, ROWS);
    }
}

static void values(group *g, const call *c) {
    for (int i = 0; i < LOSSES; i++) {
        must(exactloss_values(c->options | EXACTLOSS_MNIST << i, predictions, targets, c->w, count, output, NULL));
        add_elements(g, c->p_type, output, count);
    }
}

static void gradients(group *g, const call *c) {
    for (int i = 0; i < LOSSES; i++) {
        const int options = c->options | EXACTLOSS_MNIST << i | EXACTLOSS_MEAN;
        double loss;
        must(exactloss_gradient(options, predictions, targets, c->w, count, 0.3, count, output, &loss, NULL));
        add_double(g, loss);
        add_elements(g, c->p_type, output, count);
        must(exactloss_gradient(options | EXACTLOSS_ACCUMULATE, predictions, targets, c->w, count, -2, 1, output, NULL,
                                NULL));
        add_elements(g, c->p_type, output, count);
    }
}

static void evaluations(group *g, const call *c) {
    exactloss_evaluation e = {.size = sizeof e};
    must(exactloss_evaluate(c->options | ALL, predictions, targets, c->w, count, NULL, 0.5, &e, NULL));
    add_evaluation(g, &e);
}

static void byte_forms(group *g, const call *c) {
    unsigned char bytes[EXACTLOSS_ACCUMULATOR_MAX_BYTES];
    exactloss_accumulator a, b;
    int64_t size;
    must(exactloss_accumulator_init(&a, ALL, 0.25));
    must(exactloss_accumulator_init(&b, ALL, 0.25));
    must(exactloss_accumulator_add(&a, c->options, predictions, targets, c->w, count, NULL, NULL));
    must(exactloss_accumulator_add_with_gradient(&b, c->options | EXACTLOSS_LOG, predictions, targets, c->w, count, 1,
                                                 1, output, NULL));
    must(exactloss_accumulator_merge(&a, &b));
    must(exactloss_accumulator_serialize(&a, bytes, sizeof bytes, &size));
    for (int64_t i = 0; i < size; i++) {
        add_bits(g, bytes[i]);
    }
}

static void sigmoids(group *g, const call *c) {
    must(exactloss_sigmoid(c->options & 0xf000, predictions, count, output));
    add_elements(g, c->p_type, output, count);
}

/* Between neighbours, where the weight is large and where it is not. */
static void selections(group *g, const call *c) {
    static const int SIZES[] = {2, 2, 4, 8};
    unsigned char condition[SHORT];
    for (int i = 0; i < count; i++) {
        condition[i] = weights[i] > 0.5f;
    }
    const int size = SIZES[c->p_type - 1];
    must(exactloss_where(EXACTLOSS_T_UINT8, condition, predictions, predictions + size, size, count - 1, output));
    add_elements(g, c->p_type, output, count - 1);
}

/* --------------------------------------------------------------------------------------------------- the run -- */

typedef struct function {
    const char *name;
    void (*run)(group *g, const call *c);
} function;

/* The last of them with long arrays too. */
static const function FUNCTIONS[] = {{"values", values},          {"byte_forms", byte_forms}, {"sigmoids", sigmoids},
                                     {"selections", selections},  {"losses", losses},         {"gradients", gradients},
                                     {"evaluations", evaluations}};

#define FUNCTION_COUNT ((int)(sizeof FUNCTIONS / sizeof *FUNCTIONS))
#define LONG_FUNCTIONS 3
#define LONG_GROUPS (FUNCTION_COUNT * P_TYPES)
#define MEMORY_GROUP (LONG_GROUPS + LONG_FUNCTIONS * P_TYPES)
#define GROUP_COUNT (MEMORY_GROUP + 1)

static void name_groups(group *groups) {
    static const char *const P_NAMES[] = {"float16", "bfloat16", "float32", "float64"};
    static char names[GROUP_COUNT][32];
    for (int i = 0; i < MEMORY_GROUP; i++) {
        const int is_long = i >= LONG_GROUPS, k = is_long ? i - LONG_FUNCTIONS * P_TYPES : i;
        snprintf(names[i], sizeof names[i], "%s%s.%s", is_long ? "long." : "", FUNCTIONS[k / P_TYPES].name,
                 P_NAMES[i % P_TYPES]);
        groups[i] = (group){names[i], 0, 0};
    }
    groups[MEMORY_GROUP] = (group){"from_memory.float32", 0, 0};
}

/* Runs functions with each combination of logits and weights. groups[0] is the first function's, of the first type. */
static void call_functions(const function *functions, int size, int p_type, int t_type, int clamp, group *groups) {
    for (int flags = 0; flags < 4; flags++) {
        const call c = {p_type * EXACTLOSS_P_FLOAT16 | t_type * EXACTLOSS_T_UINT8 | clamp |
                            ((flags & 1) == 0 ? 0 : EXACTLOSS_FROM_LOGITS),
                        p_type, (flags & 2) == 0 ? NULL : weights};
        for (int k = 0; k < size; k++) {
            functions[k].run(&groups[k * P_TYPES + p_type - 1], &c);
        }
    }
}

static void run_short(group *groups, uint64_t *seed) {
    count = SHORT;
    for (int i = 0; i < P_TYPES * T_TYPES * INPUT_KINDS; i++) {
        const int p_type = 1 + i % P_TYPES, t_type = 1 + i / P_TYPES % T_TYPES;
        fill_predictions(p_type, (input_kind)(i / (P_TYPES * T_TYPES)), 0, count, seed);
        fill_targets(t_type, seed);
        fill_weights(seed);
        call_functions(FUNCTIONS, FUNCTION_COUNT, p_type, t_type, i % 2 == 0 ? 0 : EXACTLOSS_CLAMP, groups);
    }
}

static void run_long(group *groups, uint64_t *seed) {
    count = LONG;
    for (int i = 0; i < P_TYPES * T_TYPES; i++) {
        const int p_type = 1 + i % P_TYPES, t_type = 1 + i / P_TYPES;
        fill_long_predictions(p_type, (input_kind)(t_type - 1), seed);
        fill_targets(t_type, seed);
        fill_weights(seed);
        call_functions(&FUNCTIONS[FUNCTION_COUNT - LONG_FUNCTIONS], LONG_FUNCTIONS, p_type, t_type,
                       t_type % 2 == 0 ? 0 : EXACTLOSS_CLAMP, groups);
    }
}

/* Arrays of this length are read, and written, in other ways. */
static void run_from_memory(group *g, uint64_t *seed) {
    count = FROM_MEMORY_COUNT;
    fill_floats(UNIFORM, seed, predictions, count);
    fill_bytes(0, seed, targets, count);
    for (int i = 0; i < LOSSES; i++) {
        const int options = EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8 | EXACTLOSS_MNIST << i | EXACTLOSS_MEAN;
        double loss;
        must(exactloss_loss(options, predictions, targets, NULL, count, NULL, &loss, NULL));
        add_double(g, loss);
        must(exactloss_gradient(options, predictions, targets, NULL, count, 0.3, count, output, &loss, NULL));
        add_double(g, loss);
        add_elements(g, 3, output, count);
    }
}

static void *allocate(size_t size) {
    void *p = calloc(size, 1);
    if (p == NULL) {
        printf("no memory of %zu bytes\n", size);
        exit(1);
    }
    return p;
}

static void run(group *groups) {
    uint64_t seed = SEED;
    predictions = allocate(sizeof(float) * FROM_MEMORY_COUNT);
    output = allocate(sizeof(float) * FROM_MEMORY_COUNT);
    targets = allocate(FROM_MEMORY_COUNT);
    weights = allocate(sizeof(float) * LONG);
    name_groups(groups);
    run_short(groups, &seed);
    run_long(&groups[LONG_GROUPS], &seed);
    run_from_memory(&groups[MEMORY_GROUP], &seed);
    free(predictions);
    free(output);
    free(targets);
    free(weights);
}

/* The groups whose line is not the next one of the file, each with a message; or -1. */
static int differences(const group *groups, const char *name) {
    FILE *file = fopen(name, "r");
    if (file == NULL) {
        perror(name);
        return -1;
    }
    int different = 0;
    for (int i = 0; i < GROUP_COUNT; i++) {
        char line[128], have[128];
        snprintf(have, sizeof have, "%s %" PRId64 " %016" PRIx64, groups[i].name, groups[i].count, groups[i].hash);
        line[0] = '\0';
        const char *want = fgets(line, sizeof line, file);
        line[strcspn(line, "\r\n")] = '\0';
        if (want == NULL || strcmp(line, have) != 0) {
            printf("expected  %s\nhave      %s\n", line, have);
            different++;
        }
    }
    fclose(file);
    return different;
}

int main(int argc, char **argv) {
    const char *wanted = getenv("EXACTLOSS_MAX_ISA"), *name = exactloss_isa_name();
    if (wanted != NULL && (name == NULL || strcmp(wanted, name) != 0)) {
        printf("skipped: this machine cannot run %s\n", wanted);
        return SKIPPED;
    }
    group groups[GROUP_COUNT];
    int64_t total = 0;
    run(groups);
    for (int i = 0; i < GROUP_COUNT; i++) {
        total += groups[i].count;
        if (argc < 2) {
            printf("%s %" PRId64 " %016" PRIx64 "\n", groups[i].name, groups[i].count, groups[i].hash);
        }
    }
    const int different = argc < 2 ? 0 : differences(groups, argv[1]);
    fprintf(stderr, "%" PRId64 " values by %s, seed %d, in %d groups, %d of them different\n", total, name, SEED,
            GROUP_COUNT, different);
    return different != 0;
}
