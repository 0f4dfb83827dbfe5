// SPDX-License-Identifier: Apache-2.0
// Printed by abi.c, from exactloss.h.

export const ABI_VERSION = 1;
export const OK = 0;
export const ERROR_COUNT = 2;
export const ERROR_THRESHOLD = 6;
export const ERROR_STRICT = 7;
export const ERROR_SIZE = 10;
export const ERROR_FORMAT = 11;
export const ERROR_MAX_ISA = 12;
export const ERROR_WEIGHT = 13;
export const ERROR_LOSS = 14;
export const ERROR_METRIC = 16;

export const MNIST = 1;
export const BRIER = 2;
export const LOG = 4;
export const MEAN = 256;
export const SUM = 512;
export const P_FLOAT16 = 4096;
export const P_BFLOAT16 = 8192;
export const P_FLOAT32 = 12288;
export const P_FLOAT64 = 16384;
export const T_UINT8 = 65536;
export const T_INT8 = 131072;
export const T_INT32 = 196608;
export const T_INT64 = 262144;
export const T_FLOAT32 = 327680;
export const T_FLOAT64 = 393216;
export const T_BITS = 458752;
export const T_BIT_OFFSET = 1048576;
export const FROM_LOGITS = 16777216;
export const STRICT = 33554432;
export const ACCUMULATE = 67108864;
export const CLAMP = 134217728;
export const SCALAR_A = 268435456;
export const SCALAR_B = 536870912;

export const PREDICTIONS = 1;
export const TARGETS = 2;
export const WEIGHTS = 3;

export const METRIC_ACCURACY = 1;
export const METRIC_PRECISION = 2;
export const METRIC_RECALL = 3;
export const METRIC_SPECIFICITY = 4;
export const METRIC_F1 = 5;
export const METRIC_BALANCED_ACCURACY = 6;
export const METRIC_JACCARD = 7;
export const METRIC_KAPPA = 8;
export const METRIC_MATTHEWS = 9;

export const ACCUMULATOR_SIZE = 4864;
export const ACCUMULATOR_MAX_BYTES = 1384;

/** The names of the statuses that are errors. */
export const ERROR_NAMES = new Map([
    [1, 'EXACTLOSS_ERROR_NULL'],
    [2, 'EXACTLOSS_ERROR_COUNT'],
    [3, 'EXACTLOSS_ERROR_TYPE'],
    [4, 'EXACTLOSS_ERROR_REDUCTION'],
    [5, 'EXACTLOSS_ERROR_OPTIONS'],
    [6, 'EXACTLOSS_ERROR_THRESHOLD'],
    [7, 'EXACTLOSS_ERROR_STRICT'],
    [8, 'EXACTLOSS_ERROR_ACCUMULATOR'],
    [9, 'EXACTLOSS_ERROR_OVERFLOW'],
    [10, 'EXACTLOSS_ERROR_SIZE'],
    [11, 'EXACTLOSS_ERROR_FORMAT'],
    [12, 'EXACTLOSS_ERROR_MAX_ISA'],
    [13, 'EXACTLOSS_ERROR_WEIGHT'],
    [14, 'EXACTLOSS_ERROR_LOSS'],
    [15, 'EXACTLOSS_ERROR_ALIGNMENT'],
    [16, 'EXACTLOSS_ERROR_METRIC'],
]);

/** exactloss_violation: its size, and the offsets of its fields, in bytes. */
export const VIOLATION = Object.freeze({
    size: 24,
    index: 0,
    value: 8,
    argument: 16,
});

/** exactloss_loss_result */
export const LOSS_RESULT = Object.freeze({
    size: 40,
    mean: 0,
    sum: 8,
    meanFloat32: 16,
    sumFloat32: 20,
    nanCount: 24,
    infiniteCount: 32,
});

/** exactloss_evaluation; its first field holds the size. */
export const EVALUATION = Object.freeze({
    size: 208,
    losses: 8,
    threshold: 16,
    weightSum: 32,
    count: 40,
    positives: 48,
    truePositives: 56,
    falsePositives: 64,
    trueNegatives: 72,
    falseNegatives: 80,
    mnist: 88,
    brier: 128,
    log: 168,
});
