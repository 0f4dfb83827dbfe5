/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arguments that computing functions refuse: every fault alone; every two faults together, where the first in the
 * header's order is returned; every bit and type of options. A refused call writes nothing but the violation. Then the
 * pointers that may be NULL without elements.
 */
#include "exactloss/exactloss.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 4
#define ROWS 3
#define TYPES (EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8)
#define ALL_P 0xf000
#define ALL_T 0xf0000

/* The functions; a gradient with the loss and without. */
typedef enum function {
    LOSS,
    VALUES,
    GRADIENT,
    GRADIENT_ALONE,
    EVALUATE,
    ADD,
    ADD_WITH_GRADIENT,
    INIT,
    WHERE,
    SIGMOID,
    FUNCTIONS
} function;

#define OF(name) (1u << (name))
#define OF_BATCHES                                                                                                     \
    (OF(LOSS) | OF(VALUES) | OF(GRADIENT) | OF(GRADIENT_ALONE) | OF(EVALUATE) | OF(ADD) | OF(ADD_WITH_GRADIENT))
#define OF_ROWS (OF(LOSS) | OF(EVALUATE) | OF(ADD))
#define OF_GRADIENTS (OF(GRADIENT) | OF(GRADIENT_ALONE) | OF(ADD_WITH_GRADIENT))
#define OF_ACCUMULATORS (OF(ADD) | OF(ADD_WITH_GRADIENT))
#define OF_ALL (OF(FUNCTIONS) - 1)

/* A bit of each group of options, and those of each function. */
#define OF_BATCH_BITS (0xff | ALL_P | ALL_T | 0x700000 | EXACTLOSS_FROM_LOGITS | EXACTLOSS_STRICT | EXACTLOSS_CLAMP)
static const int TAKEN[FUNCTIONS] = {
    [LOSS] = OF_BATCH_BITS | EXACTLOSS_MEAN | EXACTLOSS_SUM,
    [VALUES] = OF_BATCH_BITS,
    [GRADIENT] = OF_BATCH_BITS | EXACTLOSS_MEAN | EXACTLOSS_SUM | EXACTLOSS_ACCUMULATE,
    [GRADIENT_ALONE] = OF_BATCH_BITS | EXACTLOSS_MEAN | EXACTLOSS_SUM | EXACTLOSS_ACCUMULATE,
    [EVALUATE] = OF_BATCH_BITS,
    [ADD] = OF_BATCH_BITS,
    [ADD_WITH_GRADIENT] = OF_BATCH_BITS | EXACTLOSS_ACCUMULATE,
    [INIT] = 0xff,
    [WHERE] = ALL_T | 0x700000 | EXACTLOSS_SCALAR_A | EXACTLOSS_SCALAR_B,
    [SIGMOID] = ALL_P,
};

static const int GOOD_OPTIONS[FUNCTIONS] = {
    [LOSS] = EXACTLOSS_MNIST | EXACTLOSS_MEAN | TYPES,
    [VALUES] = EXACTLOSS_MNIST | TYPES,
    [GRADIENT] = EXACTLOSS_MNIST | EXACTLOSS_SUM | TYPES,
    [GRADIENT_ALONE] = EXACTLOSS_MNIST | TYPES,
    [EVALUATE] = EXACTLOSS_MNIST | TYPES,
    [ADD] = EXACTLOSS_MNIST | TYPES,
    [ADD_WITH_GRADIENT] = EXACTLOSS_MNIST | TYPES,
    [INIT] = EXACTLOSS_MNIST,
    [WHERE] = EXACTLOSS_T_UINT8,
    [SIGMOID] = EXACTLOSS_P_FLOAT32,
};

/* All outputs of a call. */
static struct outputs {
    _Alignas(8) unsigned char array[16 * COUNT];
    double losses[ROWS];
    exactloss_evaluation evaluations[ROWS];
    exactloss_accumulator accumulators[ROWS + 1]; /* one more, for a misaligned address within */
} outputs;

static exactloss_violation violation;
static double predictions[ROWS * COUNT], targets[ROWS * COUNT]; /* big enough for any type */
static float weights[ROWS * COUNT];

/* The arguments of any of the functions. */
typedef struct call {
    int options;
    const void *predictions, *targets;
    const float *weights;
    int64_t count;
    int has_rows;
    exactloss_rows rows;
    double threshold;
    int64_t divisor;
    int element_size;
    void *array;
    double *losses;
    exactloss_evaluation *evaluations;
    exactloss_accumulator *accumulators;
} call;

static int run(function f, const call *c) {
    const exactloss_rows *rows = c->has_rows ? &c->rows : NULL;
    switch (f) {
        case LOSS:
            return exactloss_loss(c->options, c->predictions, c->targets, c->weights, c->count, rows, c->losses,
                                  &violation);
        case VALUES:
            return exactloss_values(c->options, c->predictions, c->targets, c->weights, c->count, c->array, &violation);
        case GRADIENT:
        case GRADIENT_ALONE:
            return exactloss_gradient(c->options, c->predictions, c->targets, c->weights, c->count, 1, c->divisor,
                                      c->array, f == GRADIENT ? c->losses : NULL, &violation);
        case EVALUATE:
            return exactloss_evaluate(c->options, c->predictions, c->targets, c->weights, c->count, rows, c->threshold,
                                      c->evaluations, &violation);
        case ADD:
            return exactloss_accumulator_add(c->accumulators, c->options, c->predictions, c->targets, c->weights,
                                             c->count, rows, &violation);
        case ADD_WITH_GRADIENT:
            return exactloss_accumulator_add_with_gradient(c->accumulators, c->options, c->predictions, c->targets,
                                                           c->weights, c->count, 1, c->divisor, c->array, &violation);
        case INIT:
            return exactloss_accumulator_init(c->accumulators, c->options, c->threshold);
        case WHERE:
            return exactloss_where(c->options, c->targets, c->predictions, c->predictions, c->element_size, c->count,
                                   c->array);
        default:
            return exactloss_sigmoid(c->options, c->predictions, c->count, c->array);
    }
}

/* A call that is not refused. */
static call good_call(function f) {
    memset(predictions, 0, sizeof predictions);
    memset(targets, 0, sizeof targets);
    memset(weights, 0, sizeof weights);
    memset(&outputs, 0x55, sizeof outputs);
    memset(&violation, 0x55, sizeof violation);
    outputs.evaluations[0].size = sizeof *outputs.evaluations;
    for (int i = 0; i < ROWS; i++) {
        assert_int_equal(EXACTLOSS_OK,
                         exactloss_accumulator_init(&outputs.accumulators[i], EXACTLOSS_MNIST, 0.5 + 0.1 * i));
    }
    return (call){
        .options = GOOD_OPTIONS[f],
        .predictions = predictions,
        .targets = targets,
        .weights = weights,
        .count = COUNT,
        .has_rows = (OF_ROWS & OF(f)) != 0,
        .rows = {ROWS, COUNT, COUNT, COUNT},
        .threshold = 0.5,
        .divisor = 1,
        .element_size = 4,
        .array = outputs.array,
        .losses = outputs.losses,
        .evaluations = outputs.evaluations,
        .accumulators = outputs.accumulators,
    };
}

/* -------------------------------------------------------------------------------------------------------- faults -- */

static void no_accumulator(call *c) { c->accumulators = NULL; }
static void misaligned_accumulator(call *c) { c->accumulators = (void *)((unsigned char *)&outputs.accumulators + 4); }
static void no_first_accumulator(call *c) { (void)c, memset(outputs.accumulators, 0, 8); }
static void no_last_accumulator(call *c) { memset(&outputs.accumulators[c->has_rows ? ROWS - 1 : 0], 0, 8); }
static void unknown_bit(call *c) { c->options |= 1 << 30; }
static void sign_bit(call *c) { c->options |= INT32_MIN; }
static void bit_offset_of_bytes(call *c) { c->options |= 3 * EXACTLOSS_T_BIT_OFFSET; }
static void no_loss(call *c) { c->options &= ~0xff; }
static void unknown_loss(call *c) { c->options |= 0x80; }
static void two_losses(call *c) { c->options |= EXACTLOSS_BRIER | EXACTLOSS_LOG; }
static void another_loss(call *c) { c->options = (c->options & ~0xff) | EXACTLOSS_LOG; }
static void no_reduction(call *c) { c->options &= ~(EXACTLOSS_MEAN | EXACTLOSS_SUM); }
static void both_reductions(call *c) { c->options |= EXACTLOSS_MEAN | EXACTLOSS_SUM; }
static void no_p(call *c) { c->options &= ~ALL_P; }
static void unknown_p(call *c) { c->options |= ALL_P; }
static void no_t(call *c) { c->options &= ~ALL_T; }
static void unknown_t(call *c) { c->options |= ALL_T; }
static void three_bytes(call *c) { c->element_size = 3; }
static void negative_count(call *c) { c->count = -1; }
static void largest_count(call *c) { c->count = INT64_MAX; }
static void negative_rows(call *c) { c->rows.count = -1; }
static void largest_rows(call *c) { c->rows.count = INT64_MAX; }
static void negative_predictions_stride(call *c) { c->rows.predictions_stride = -1; }
static void negative_targets_stride(call *c) { c->rows.targets_stride = -1; }
static void negative_weights_stride(call *c) { c->rows.weights_stride = -1; }
static void largest_predictions_stride(call *c) { c->rows.predictions_stride = INT64_MAX / 2; }
static void largest_targets_stride(call *c) { c->rows.targets_stride = INT64_MAX / 2; }
static void largest_weights_stride(call *c) { c->rows.weights_stride = INT64_MAX / 2; }
static void no_divisor(call *c) { c->divisor = 0; }
static void negative_divisor(call *c) { c->divisor = -3; }
static void nan_threshold(call *c) { c->threshold = NAN; }
static void no_predictions(call *c) { c->predictions = NULL; }
static void no_targets(call *c) { c->targets = NULL; }
static void no_array(call *c) { c->array = NULL; }
static void no_losses(call *c) { c->losses = NULL; }
static void no_evaluation(call *c) { c->evaluations = NULL; }
static void small_evaluation(call *c) { (void)c, outputs.evaluations[0].size = sizeof *outputs.evaluations - 8; }
static void odd_evaluation(call *c) { (void)c, outputs.evaluations[0].size = sizeof *outputs.evaluations + 4; }
static void largest_evaluation(call *c) {
    c->has_rows = 1; /* one of that size could be addressed */
    outputs.evaluations[0].size = INT64_MAX / 8 * 8;
}
static void negative_evaluation(call *c) { (void)c, outputs.evaluations[0].size = INT64_MIN; }

/* As many elements as an accumulator can count; only the byte form can make such an accumulator. */
static void full_accumulator(call *c) {
    exactloss_accumulator *last = &outputs.accumulators[c->has_rows ? ROWS - 1 : 0];
    unsigned char bytes[EXACTLOSS_ACCUMULATOR_MAX_BYTES];
    int64_t size;
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_serialize(last, bytes, sizeof bytes, &size));
    memset(bytes + 24, 0xff, 7);
    bytes[31] = 0x7f;
    assert_int_equal(EXACTLOSS_OK, exactloss_accumulator_deserialize(last, bytes, size));
}

static int last_element(const call *c) { return (c->has_rows ? ROWS * COUNT : COUNT) - 1; }

static void bad_prediction(call *c) {
    const float bad = 1.5f;
    c->options |= EXACTLOSS_STRICT;
    memcpy((unsigned char *)predictions + sizeof bad * (size_t)last_element(c), &bad, sizeof bad);
}

static void bad_target(call *c) {
    c->options |= EXACTLOSS_STRICT;
    ((unsigned char *)targets)[last_element(c)] = 2;
}

static void bad_weight(call *c) { weights[last_element(c)] = -1; }

/* The places of faults. A call has at most one fault in each place. */
enum {
    ACCUMULATOR,
    BIT,
    THE_LOSS,
    REDUCTION,
    P,
    T,
    SIZE,
    NUMBER,
    ROW_NUMBER,
    STRIDE,
    DIVISOR,
    THRESHOLD,
    PREDICTIONS,
    TARGETS,
    ARRAY,
    EVALUATION,
    ELEMENT
};

/* The ranks of faults, in the header's order. */
enum {
    AT_ACCUMULATOR,
    AT_BITS,
    AT_LOSS,
    AT_REDUCTION,
    AT_TYPES,
    AT_NUMBERS,
    AT_THRESHOLD,
    AT_POINTERS,
    AT_SIZE,
    AT_OVERFLOW,
    AT_ELEMENTS
};

static const struct fault {
    const char *name;
    void (*apply)(call *);
    int status, rank, place;
    unsigned functions;
} FAULTS[] = {
#define FAULT(name, status, rank, place, functions)                                                                    \
    { #name, name, EXACTLOSS_ERROR_##status, rank, place, functions }
    FAULT(no_accumulator, NULL, AT_ACCUMULATOR, ACCUMULATOR, OF_ACCUMULATORS | OF(INIT)),
    FAULT(misaligned_accumulator, ALIGNMENT, AT_ACCUMULATOR, ACCUMULATOR, OF_ACCUMULATORS | OF(INIT)),
    FAULT(no_first_accumulator, ACCUMULATOR, AT_ACCUMULATOR, ACCUMULATOR, OF_ACCUMULATORS),
    FAULT(no_last_accumulator, ACCUMULATOR, AT_ACCUMULATOR, ACCUMULATOR, OF_ACCUMULATORS),
    FAULT(unknown_bit, OPTIONS, AT_BITS, BIT, OF_ALL),
    FAULT(sign_bit, OPTIONS, AT_BITS, BIT, OF_ALL),
    FAULT(bit_offset_of_bytes, OPTIONS, AT_BITS, BIT, OF_BATCHES | OF(WHERE)),
    FAULT(no_loss, LOSS, AT_LOSS, THE_LOSS, (OF_BATCHES | OF(INIT)) & ~OF(ADD)),
    FAULT(unknown_loss, LOSS, AT_LOSS, THE_LOSS, OF_BATCHES | OF(INIT)),
    FAULT(two_losses, LOSS, AT_LOSS, THE_LOSS, OF_BATCHES & ~OF(EVALUATE)),
    FAULT(another_loss, LOSS, AT_LOSS, THE_LOSS, OF_ACCUMULATORS),
    FAULT(no_reduction, REDUCTION, AT_REDUCTION, REDUCTION, OF(LOSS) | OF(GRADIENT)),
    FAULT(both_reductions, REDUCTION, AT_REDUCTION, REDUCTION, OF(LOSS) | OF(GRADIENT)),
    FAULT(no_p, TYPE, AT_TYPES, P, OF_BATCHES | OF(SIGMOID)),
    FAULT(unknown_p, TYPE, AT_TYPES, P, OF_BATCHES | OF(SIGMOID)),
    FAULT(no_t, TYPE, AT_TYPES, T, OF_BATCHES | OF(WHERE)),
    FAULT(unknown_t, TYPE, AT_TYPES, T, OF_BATCHES | OF(WHERE)),
    FAULT(three_bytes, TYPE, AT_TYPES, SIZE, OF(WHERE)),
    FAULT(negative_count, COUNT, AT_NUMBERS, NUMBER, OF_ALL & ~OF(INIT)),
    FAULT(largest_count, COUNT, AT_NUMBERS, NUMBER, OF_ALL & ~OF(INIT)),
    FAULT(negative_rows, COUNT, AT_NUMBERS, ROW_NUMBER, OF_ROWS & ~OF(ADD)),
    FAULT(largest_rows, COUNT, AT_NUMBERS, ROW_NUMBER, OF_ROWS & ~OF(ADD)),
    FAULT(negative_predictions_stride, COUNT, AT_NUMBERS, STRIDE, OF_ROWS),
    FAULT(negative_targets_stride, COUNT, AT_NUMBERS, STRIDE, OF_ROWS),
    FAULT(negative_weights_stride, COUNT, AT_NUMBERS, STRIDE, OF_ROWS),
    FAULT(largest_predictions_stride, COUNT, AT_NUMBERS, STRIDE, OF_ROWS),
    FAULT(largest_targets_stride, COUNT, AT_NUMBERS, STRIDE, OF_ROWS),
    FAULT(largest_weights_stride, COUNT, AT_NUMBERS, STRIDE, OF_ROWS),
    FAULT(no_divisor, COUNT, AT_NUMBERS, DIVISOR, OF_GRADIENTS),
    FAULT(negative_divisor, COUNT, AT_NUMBERS, DIVISOR, OF_GRADIENTS),
    FAULT(nan_threshold, THRESHOLD, AT_THRESHOLD, THRESHOLD, OF(EVALUATE) | OF(INIT)),
    FAULT(no_predictions, NULL, AT_POINTERS, PREDICTIONS, OF_ALL & ~(OF(INIT) | OF(GRADIENT_ALONE))),
    FAULT(no_targets, NULL, AT_POINTERS, TARGETS, OF_BATCHES | OF(WHERE)),
    FAULT(no_array, NULL, AT_POINTERS, ARRAY, OF(VALUES) | OF_GRADIENTS | OF(WHERE) | OF(SIGMOID)),
    FAULT(no_losses, NULL, AT_POINTERS, ARRAY, OF(LOSS)),
    FAULT(no_evaluation, NULL, AT_POINTERS, EVALUATION, OF(EVALUATE)),
    FAULT(small_evaluation, SIZE, AT_SIZE, EVALUATION, OF(EVALUATE)),
    FAULT(odd_evaluation, SIZE, AT_SIZE, EVALUATION, OF(EVALUATE)),
    FAULT(negative_evaluation, SIZE, AT_SIZE, EVALUATION, OF(EVALUATE)),
    FAULT(largest_evaluation, SIZE, AT_SIZE, EVALUATION, OF(EVALUATE)),
    FAULT(full_accumulator, OVERFLOW, AT_OVERFLOW, ACCUMULATOR, OF_ACCUMULATORS),
    FAULT(bad_prediction, STRICT, AT_ELEMENTS, ELEMENT, OF_BATCHES),
    FAULT(bad_target, STRICT, AT_ELEMENTS, ELEMENT, OF_BATCHES),
    FAULT(bad_weight, WEIGHT, AT_ELEMENTS, ELEMENT, OF_BATCHES),
#undef FAULT
};

#define FAULT_COUNT ((int)(sizeof FAULTS / sizeof *FAULTS))

/* Checks a function's status, and that it writes nothing else if that is an error. */
static int status_of(function f, const call *c, const char *what) {
    const struct outputs before = outputs;
    const exactloss_violation unnamed = violation;
    const int status = run(f, c);
    if (status != EXACTLOSS_OK && memcmp(&before, &outputs, sizeof before) != 0) {
        fail_msg("function %d, %s: an output was written", (int)f, what);
    }
    const int is_named = status == EXACTLOSS_ERROR_STRICT || status == EXACTLOSS_ERROR_WEIGHT;
    if (is_named != (memcmp(&unnamed, &violation, sizeof unnamed) != 0)) {
        fail_msg("function %d, %s: status %d, and the violation is %s", (int)f, what, status,
                 is_named ? "as it was" : "touched");
    }
    return status;
}

static void check_two(function f, const struct fault *one, const struct fault *other) {
    call c = good_call(f);
    one->apply(&c);
    other->apply(&c);
    const int want = other->rank < one->rank ? other->status : one->status;
    const int have = status_of(f, &c, one->name);
    if (have != want) {
        fail_msg("function %d, %s and %s: status %d, not %d", (int)f, one->name, other->name, have, want);
    }
    if (have == EXACTLOSS_ERROR_STRICT || have == EXACTLOSS_ERROR_WEIGHT) {
        assert_int_equal(last_element(&c), violation.index);
        assert_int_equal(0, violation.reserved);
    }
}

/* A fault alone is the pair of it with itself. */
static void the_first_fault_is_returned(void **unused) {
    (void)unused;
    for (function f = 0; f < FUNCTIONS; f++) {
        call c = good_call(f);
        assert_int_equal(EXACTLOSS_OK, status_of(f, &c, "a good call"));
        for (int i = 0; i < FAULT_COUNT; i++) {
            for (int k = 0; k < FAULT_COUNT; k++) {
                const int are_possible = (FAULTS[i].functions & FAULTS[k].functions & OF(f)) != 0;
                if (are_possible && (i == k || FAULTS[i].place != FAULTS[k].place)) {
                    check_two(f, &FAULTS[i], &FAULTS[k]);
                }
            }
        }
    }
}

/* Without rows, and through the shortest way, which has none of the faults either. */
static void batches_have_the_same_faults(void **unused) {
    (void)unused;
    for (function f = 0; f < FUNCTIONS; f++) {
        for (int i = 0; i < FAULT_COUNT; i++) {
            const struct fault *fault = &FAULTS[i];
            call c = good_call(f);
            c.has_rows = 0;
            c.weights = fault->apply == bad_weight ? c.weights : NULL;
            if ((fault->functions & OF(f)) == 0 || fault->place == ROW_NUMBER || fault->place == STRIDE) {
                continue;
            }
            fault->apply(&c);
            const int have = status_of(f, &c, fault->name);
            if (have != fault->status) {
                fail_msg("function %d, %s: status %d, not %d", (int)f, fault->name, have, fault->status);
            }
        }
    }
}

/* More elements than can be counted, all of them in the same few bytes. */
static void elements_can_be_counted(void **unused) {
    (void)unused;
    static const function OF_MATRICES[] = {LOSS, EVALUATE};
    for (int i = 0; i < 2; i++) {
        call c = good_call(OF_MATRICES[i]);
        c.count = 9;
        c.rows = (exactloss_rows){INT64_MAX / 8, 0, 0, 0};
        assert_int_equal(EXACTLOSS_ERROR_COUNT, status_of(OF_MATRICES[i], &c, "too many elements"));
    }
}

/* Rows without elements: as many as there are numbers, and as many as could have a result each, which is missing. */
static void empty_rows_end(void **unused) {
    (void)unused;
    static const function OF_MATRICES[] = {LOSS, EVALUATE, ADD};
    for (int i = 0; i < 3; i++) {
        for (int is_possible = 0; is_possible < 2; is_possible++) {
            call c = good_call(OF_MATRICES[i]);
            c.predictions = c.targets = NULL;
            c.weights = NULL;
            c.count = 0;
            c.rows = (exactloss_rows){is_possible ? PTRDIFF_MAX / 8 : INT64_MAX, 0, 0, 0};
            c.losses = NULL;
            c.evaluations =
                OF_MATRICES[i] == EVALUATE && is_possible ? c.evaluations : NULL; /* of that many the first */
            const int want = OF_MATRICES[i] == ADD || !is_possible ? EXACTLOSS_ERROR_COUNT
                             : OF_MATRICES[i] == EVALUATE          ? EXACTLOSS_ERROR_SIZE
                                                                   : EXACTLOSS_ERROR_NULL;
            assert_int_equal(want, status_of(OF_MATRICES[i], &c, "rows without elements"));
        }
    }
}

/* Rows of accumulators, whose number is looked at before they are. */
static void no_number_of_rows_leads_beyond_memory(void **unused) {
    (void)unused;
    static const int64_t NUMBERS[] = {-1, INT64_MIN, INT64_MAX, INT64_MAX / 1000};
    for (int i = 0; i < 4; i++) {
        call c = good_call(ADD);
        c.rows.count = NUMBERS[i];
        assert_int_equal(EXACTLOSS_ERROR_COUNT, status_of(ADD, &c, "a number of rows"));
    }
}

static void every_bit_of_options(void **unused) {
    (void)unused;
    for (function f = 0; f < FUNCTIONS; f++) {
        for (int bit = 0; bit < 32; bit++) {
            const int mask = (int)(1u << bit);
            call c = good_call(f);
            c.options |= mask;
            const int status = run(f, &c);
            if ((status == EXACTLOSS_ERROR_OPTIONS) != ((mask & TAKEN[f]) == 0 || (mask & 0x700000) != 0)) {
                fail_msg("function %d, bit %d: status %d", (int)f, bit, status);
            }
        }
        /* A bit offset is for bits. */
        call c = good_call(f);
        if ((TAKEN[f] & ALL_T) != 0) {
            c.options = (c.options & ~ALL_T) | EXACTLOSS_T_BITS | 7 * EXACTLOSS_T_BIT_OFFSET;
            assert_int_equal(EXACTLOSS_OK, run(f, &c));
        }
    }
}

static void every_type(void **unused) {
    (void)unused;
    for (function f = 0; f < FUNCTIONS; f++) {
        for (int number = 0; number < 16; number++) {
            call c = good_call(f);
            if ((TAKEN[f] & ALL_P) != 0) {
                c.options = (c.options & ~ALL_P) | number * EXACTLOSS_P_FLOAT16;
                assert_int_equal(number >= 1 && number <= 4 ? EXACTLOSS_OK : EXACTLOSS_ERROR_TYPE, run(f, &c));
            }
            c = good_call(f);
            if ((TAKEN[f] & ALL_T) != 0) {
                const int type = number * EXACTLOSS_T_UINT8,
                          is_condition = type == EXACTLOSS_T_UINT8 || type == EXACTLOSS_T_BITS;
                const int is_good = f == WHERE ? is_condition : number >= 1 && number <= 7;
                c.options = (c.options & ~ALL_T) | type;
                assert_int_equal(is_good ? EXACTLOSS_OK : EXACTLOSS_ERROR_TYPE, run(f, &c));
            }
        }
    }
    for (int size = -1; size < 20; size++) {
        call c = good_call(WHERE);
        c.element_size = size;
        const int is_good = size == 1 || size == 2 || size == 4 || size == 8;
        assert_int_equal(is_good ? EXACTLOSS_OK : EXACTLOSS_ERROR_TYPE, status_of(WHERE, &c, "a size of elements"));
    }
}

/* ------------------------------------------------------------------------------------------------ what may be NULL -- */

static void nothing_needs_no_arrays(void **unused) {
    (void)unused;
    for (function f = 0; f < FUNCTIONS; f++) {
        for (int without_rows = 0; without_rows < 2; without_rows++) {
            call c = good_call(f);
            c.predictions = c.targets = NULL;
            c.weights = NULL;
            c.array = NULL;
            c.count = 0;
            c.has_rows &= !without_rows;
            const struct outputs before = outputs;
            const int results = c.has_rows ? ROWS : 1;
            assert_int_equal(EXACTLOSS_OK, status_of(f, &c, "nothing"));
            assert_memory_equal(before.array, outputs.array, sizeof before.array);
            for (int i = 0; i < ROWS; i++) {
                const int is_loss = (f == LOSS && i < results) || (f == GRADIENT && i == 0);
                const double have = outputs.losses[i];
                assert_true(!is_loss    ? have == before.losses[i]
                            : f == LOSS ? isnan(have)
                                        : have == 0 && !signbit(have));
                assert_true(f != EVALUATE || (outputs.evaluations[i].count == 0) == (i < results));
            }
        }
        /* No rows: not even outputs are needed, nor accumulators. */
        call c = good_call(f);
        if ((OF_ROWS & OF(f)) != 0) {
            const struct outputs before = outputs;
            c.predictions = c.targets = NULL;
            c.rows.count = 0;
            c.losses = NULL;
            c.evaluations = NULL;
            c.accumulators = NULL;
            assert_int_equal(EXACTLOSS_OK, status_of(f, &c, "no rows"));
            assert_memory_equal(&before, &outputs, sizeof before);
        }
    }
}

/* Weights and violations may always be; predictions, where the gradient does not depend on them. */
static void what_is_optional_may_be_null(void **unused) {
    (void)unused;
    const unsigned char t[] = {1, 0, 1};
    float gradient[] = {7, 7, 7};
    double loss = 7;
    const int options = EXACTLOSS_MNIST | TYPES;
    assert_int_equal(EXACTLOSS_OK, exactloss_gradient(options, NULL, t, NULL, 3, 0.5, 1, gradient, NULL, NULL));
    assert_true(gradient[0] == -0.5f && gradient[1] == 0.5f && gradient[2] == -0.5f);
    assert_int_equal(EXACTLOSS_OK,
                     exactloss_gradient(options | EXACTLOSS_STRICT, NULL, t, NULL, 3, 0.25, 1, gradient, NULL, NULL));
    assert_true(gradient[0] == -0.25f);
    assert_int_equal(EXACTLOSS_ERROR_NULL, exactloss_gradient(options | EXACTLOSS_FROM_LOGITS, NULL, t, NULL, 3, 0.5, 1,
                                                              gradient, NULL, NULL));
    assert_int_equal(EXACTLOSS_ERROR_NULL,
                     exactloss_gradient(options | EXACTLOSS_MEAN, NULL, t, NULL, 3, 0.5, 1, gradient, &loss, NULL));
    static const int OTHERS[] = {EXACTLOSS_BRIER | TYPES, EXACTLOSS_LOG | TYPES};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(EXACTLOSS_ERROR_NULL,
                         exactloss_gradient(OTHERS[i], NULL, t, NULL, 3, 0.5, 1, gradient, NULL, NULL));
    }
    assert_true(gradient[0] == -0.25f && loss == 7);
    const float p[] = {0.5f, 0.5f, 2};
    assert_int_equal(EXACTLOSS_ERROR_STRICT,
                     exactloss_loss(options | EXACTLOSS_MEAN | EXACTLOSS_STRICT, p, t, NULL, 3, NULL, &loss, NULL));
    const float w[] = {1, 1, -1};
    assert_int_equal(EXACTLOSS_ERROR_WEIGHT, exactloss_loss(options | EXACTLOSS_MEAN, p, t, w, 3, NULL, &loss, NULL));
    assert_true(loss == 7);
}

/* A stride of weights is not looked at without weights, and no stride of a single row says anything but its sign. */
static void strides_that_do_not_matter(void **unused) {
    (void)unused;
    call c = good_call(LOSS);
    c.weights = NULL;
    c.rows.weights_stride = -1;
    assert_int_equal(EXACTLOSS_OK, status_of(LOSS, &c, "a stride of no weights"));
    c = good_call(LOSS);
    c.rows = (exactloss_rows){1, INT64_MAX, INT64_MAX, INT64_MAX};
    assert_int_equal(EXACTLOSS_OK, status_of(LOSS, &c, "a stride of one row"));
}

static void statuses_have_words(void **unused) {
    (void)unused;
    for (int status = 0; status <= EXACTLOSS_ERROR_ARRAY; status++) {
        assert_string_not_equal("unknown status", exactloss_status_string(status));
        for (int other = 0; other < status; other++) {
            assert_string_not_equal(exactloss_status_string(other), exactloss_status_string(status));
        }
    }
    assert_string_equal("unknown status", exactloss_status_string(EXACTLOSS_ERROR_ARRAY + 1));
    assert_string_equal("unknown status", exactloss_status_string(-1));
    assert_int_equal(EXACTLOSS_ABI_VERSION, exactloss_abi_version());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_fault_is_returned),
        cmocka_unit_test(batches_have_the_same_faults),
        cmocka_unit_test(elements_can_be_counted),
        cmocka_unit_test(no_number_of_rows_leads_beyond_memory),
        cmocka_unit_test(empty_rows_end),
        cmocka_unit_test(every_bit_of_options),
        cmocka_unit_test(every_type),
        cmocka_unit_test(nothing_needs_no_arrays),
        cmocka_unit_test(what_is_optional_may_be_null),
        cmocka_unit_test(strides_that_do_not_matter),
        cmocka_unit_test(statuses_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
