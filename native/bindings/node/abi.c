/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints src/abi.js: the constants of exactloss.h, and where the fields of its structs lie. A test compares the output
 * with the file; after a change of the header, redirect the output there.
 */
#include <exactloss/exactloss.h>
#include <stddef.h>
#include <stdio.h>

#define CONSTANT(name) printf("export const " #name " = %d;\n", EXACTLOSS_##name)
#define ERROR(name) printf("    [%d, 'EXACTLOSS_ERROR_" #name "'],\n", EXACTLOSS_ERROR_##name)
#define OFFSET(struct, field, name) printf("    " name ": %zu,\n", offsetof(exactloss_##struct, field))
#define SIZE(struct) printf("    size: %zu,\n", sizeof(exactloss_##struct))

static void begin(const char *name, const char *what) {
    printf("\n/** %s */\nexport const %s = Object.freeze({\n", what, name);
}

static void end(void) { printf("});\n"); }

int main(void) {
    printf("// SPDX-License-Identifier: Apache-2.0\n// Printed by abi.c, from exactloss.h.\n\n");
    CONSTANT(ABI_VERSION);
    CONSTANT(OK);
    CONSTANT(ERROR_COUNT);
    CONSTANT(ERROR_THRESHOLD);
    CONSTANT(ERROR_STRICT);
    CONSTANT(ERROR_SIZE);
    CONSTANT(ERROR_FORMAT);
    CONSTANT(ERROR_MAX_ISA);
    CONSTANT(ERROR_WEIGHT);
    CONSTANT(ERROR_LOSS);
    CONSTANT(ERROR_METRIC);
    printf("\n");
    CONSTANT(MNIST);
    CONSTANT(BRIER);
    CONSTANT(LOG);
    CONSTANT(MEAN);
    CONSTANT(SUM);
    CONSTANT(P_FLOAT16);
    CONSTANT(P_BFLOAT16);
    CONSTANT(P_FLOAT32);
    CONSTANT(P_FLOAT64);
    CONSTANT(T_UINT8);
    CONSTANT(T_INT8);
    CONSTANT(T_INT32);
    CONSTANT(T_INT64);
    CONSTANT(T_FLOAT32);
    CONSTANT(T_FLOAT64);
    CONSTANT(T_BITS);
    CONSTANT(T_BIT_OFFSET);
    CONSTANT(FROM_LOGITS);
    CONSTANT(STRICT);
    CONSTANT(ACCUMULATE);
    CONSTANT(CLAMP);
    CONSTANT(SCALAR_A);
    CONSTANT(SCALAR_B);
    printf("\n");
    CONSTANT(PREDICTIONS);
    CONSTANT(TARGETS);
    CONSTANT(WEIGHTS);
    printf("\n");
    CONSTANT(METRIC_ACCURACY);
    CONSTANT(METRIC_PRECISION);
    CONSTANT(METRIC_RECALL);
    CONSTANT(METRIC_SPECIFICITY);
    CONSTANT(METRIC_F1);
    CONSTANT(METRIC_BALANCED_ACCURACY);
    CONSTANT(METRIC_JACCARD);
    CONSTANT(METRIC_KAPPA);
    CONSTANT(METRIC_MATTHEWS);
    printf("\n");
    CONSTANT(ACCUMULATOR_SIZE);
    CONSTANT(ACCUMULATOR_MAX_BYTES);

    printf("\n/** The names of the statuses that are errors. */\nexport const ERROR_NAMES = new Map([\n");
    ERROR(NULL);
    ERROR(COUNT);
    ERROR(TYPE);
    ERROR(REDUCTION);
    ERROR(OPTIONS);
    ERROR(THRESHOLD);
    ERROR(STRICT);
    ERROR(ACCUMULATOR);
    ERROR(OVERFLOW);
    ERROR(SIZE);
    ERROR(FORMAT);
    ERROR(MAX_ISA);
    ERROR(WEIGHT);
    ERROR(LOSS);
    ERROR(ALIGNMENT);
    ERROR(METRIC);
    printf("]);\n");

    begin("VIOLATION", "exactloss_violation: its size, and the offsets of its fields, in bytes.");
    SIZE(violation);
    OFFSET(violation, index, "index");
    OFFSET(violation, value, "value");
    OFFSET(violation, argument, "argument");
    end();

    begin("LOSS_RESULT", "exactloss_loss_result");
    SIZE(loss_result);
    OFFSET(loss_result, mean, "mean");
    OFFSET(loss_result, sum, "sum");
    OFFSET(loss_result, mean_f32, "meanFloat32");
    OFFSET(loss_result, sum_f32, "sumFloat32");
    OFFSET(loss_result, nan_count, "nanCount");
    OFFSET(loss_result, infinite_count, "infiniteCount");
    end();

    begin("EVALUATION", "exactloss_evaluation; its first field holds the size.");
    SIZE(evaluation);
    OFFSET(evaluation, losses, "losses");
    OFFSET(evaluation, threshold, "threshold");
    OFFSET(evaluation, weight_sum, "weightSum");
    OFFSET(evaluation, count, "count");
    OFFSET(evaluation, positives, "positives");
    OFFSET(evaluation, true_positives, "truePositives");
    OFFSET(evaluation, false_positives, "falsePositives");
    OFFSET(evaluation, true_negatives, "trueNegatives");
    OFFSET(evaluation, false_negatives, "falseNegatives");
    OFFSET(evaluation, mnist, "mnist");
    OFFSET(evaluation, brier, "brier");
    OFFSET(evaluation, log, "log");
    end();
    return 0;
}
