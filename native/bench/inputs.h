/* SPDX-License-Identifier: Apache-2.0 */
/* The arrays that the operations read and write: which types, values and labels there are, and how they are made. */
#ifndef EXACTLOSS_BENCH_INPUTS_H
#define EXACTLOSS_BENCH_INPUTS_H

#include <stdint.h>

typedef enum type_id { FLOAT32, FLOAT64, FLOAT16, BFLOAT16, UINT8, INT8, INT32, INT64, BITS, TYPES } type_id;

typedef struct element_type {
    const char *name;
    int bits;      /* of an element */
    int as_real;   /* EXACTLOSS_P_*; 0 where predictions do not have the type */
    int as_target; /* EXACTLOSS_T_*; 0 where targets do not have it */
} element_type;

extern const element_type ELEMENT_TYPES[TYPES];

/* The distribution of the predictions, and of the logits if it differs. */
typedef enum values {
    UNIFORM,        /* in [0, 1); logits in [-8, 8) */
    SOME_ZEROS,     /* uniform, but 1 in 1000 is 0 */
    ALL_ZEROS,      /* */
    LOG_UNIFORM,    /* exp of uniform: 1e-12 to 1 */
    SIGMOID_NORMAL, /* sigmoids of normal logits with a standard deviation of 8; logits: these */
    RAW_SCORES,     /* uniform in [-50, 50); logits: the same */
    VALUES
} values;

extern const char *const VALUES_NAMES[VALUES];

typedef enum labels { RANDOM, SORTED, LABELS } labels;

extern const char *const LABELS_NAMES[LABELS];

typedef enum array { PREDICTIONS, LOGITS, TARGETS, WEIGHTS, OUTPUT, ARRAYS } array;

#define BIT(i) (1u << (i))

/* Past the end of the output, so that a check can see what was written there. */
#define OUTPUT_GUARD 64

typedef struct inputs {
    type_id predictions_type, targets_type;
    values values;
    labels labels;
    int64_t count;
    unsigned char *arrays[ARRAYS]; /* those that were asked for */
} inputs;

/* Makes the arrays in `needed`, a set of BIT(array); ends the program where there is no memory for them. */
void inputs_open(inputs *in, unsigned needed);

void inputs_close(inputs *in);

/* The size of an element of an array in bits. */
int inputs_bits(const inputs *in, array a);

/* The size of an array in bytes, and that of the output with its guard. */
int64_t inputs_size(const inputs *in, array a);
int64_t inputs_output_size(const inputs *in);

/* Aligned to a page; ends the program where there is no memory. */
void *allocate(int64_t size);

#endif
