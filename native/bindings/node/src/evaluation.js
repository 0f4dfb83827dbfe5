// SPDX-License-Identifier: Apache-2.0
// Losses, counts and metrics of a batch, in one pass over memory.
import {
    ACCUMULATE,
    EVALUATION,
    METRIC_ACCURACY,
    METRIC_BALANCED_ACCURACY,
    METRIC_F1,
    METRIC_JACCARD,
    METRIC_KAPPA,
    METRIC_MATTHEWS,
    METRIC_PRECISION,
    METRIC_RECALL,
    METRIC_SPECIFICITY,
    MNIST,
    OK,
} from './abi.js';
import { describe } from './arrays.js';
import { batchOf } from './batch.js';
import { perform, performAsync } from './calls.js';
import { failure } from './errors.js';
import { native } from './library.js';
import { BATCH_OPTIONS, LOSSES, LOSS_NAMES, integerOf, numberOf, optionsOf } from './options.js';
import { Results, shared } from './results.js';

/**
 * @typedef {import('./calls.js').Call} Call
 * @typedef {import('./batch.js').Batch} Batch
 */

const EVALUATE_OPTIONS = new Set([...BATCH_OPTIONS, 'losses', 'threshold', 'bigint']);
export const RESULT_OPTIONS = new Set(['bigint']);

/** The counts that all metrics are computed from. */
const CONFUSION = Object.freeze(
    /** @type {const} */ (['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives']),
);

/**
 * @param {Batch} batch
 * @param {number} losses
 * @param {number} threshold
 * @param {Results} results
 * @returns {Call}
 */
function evaluateCall(batch, losses, threshold, results) {
    return {
        native: native.evaluate,
        args: [
            losses | batch.options,
            batch.predictions,
            batch.targets,
            batch.weights,
            batch.count,
            null,
            threshold,
            results.evaluation,
            results.violation,
        ],
        results,
    };
}

/** @type {typeof import('../index.js').evaluate} */
export const evaluate = (predictions, targets, options) => {
    const read = optionsOf(options, EVALUATE_OPTIONS);
    perform(evaluateCall(batchOf(predictions, targets, read), read.losses, read.threshold, shared));
    return /** @type {any} */ (evaluationOf(shared, read.bigint));
};

/** @type {typeof import('../index.js').evaluateAsync} */
export const evaluateAsync = async (predictions, targets, options) => {
    const read = optionsOf(options, EVALUATE_OPTIONS);
    const results = new Results();
    await performAsync(evaluateCall(batchOf(predictions, targets, read), read.losses, read.threshold, results));
    return /** @type {any} */ (evaluationOf(results, read.bigint));
};

/**
 * What the library wrote to `results.evaluation`.
 *
 * @param {Results} results
 * @param {boolean} bigint whether the counts are BigInts
 */
export function evaluationOf(results, bigint) {
    const losses = lossesOf(results);
    /** @type {Record<string, unknown>} */
    const evaluation = {
        count: results.count(EVALUATION.count, bigint),
        positives: results.count(EVALUATION.positives, bigint),
        truePositives: results.count(EVALUATION.truePositives, bigint),
        falsePositives: results.count(EVALUATION.falsePositives, bigint),
        trueNegatives: results.count(EVALUATION.trueNegatives, bigint),
        falseNegatives: results.count(EVALUATION.falseNegatives, bigint),
        threshold: thresholdOf(results),
        weightSum: weightSumOf(results),
        ...metricsOf(results),
    };
    for (const name of LOSS_NAMES) {
        if (losses & LOSSES[name]) {
            evaluation[name] = results.lossResult(EVALUATION[name], bigint);
        }
    }
    return Object.freeze(evaluation);
}

/** @param {Results} results */
export function lossesOf(results) {
    return Number(results.count(EVALUATION.losses, false));
}

/** @param {Results} results */
export function thresholdOf(results) {
    return results.float64(EVALUATION.threshold);
}

// ---- the sum of the weights -----------------------------------------------------------------------------------------

/**
 * The evaluation of one loss, for the sake of its sum of weights.
 *
 * @param {Batch} batch
 * @param {Results} results
 */
export function weightSumCall(batch, results) {
    return evaluateCall({ ...batch, options: batch.options & ~ACCUMULATE }, MNIST, 0.5, results);
}

/** @param {Results} results */
export function weightSumOf(results) {
    return results.float64(EVALUATION.weightSum);
}

// ---- metrics --------------------------------------------------------------------------------------------------------

/** @param {Results} results whose evaluation has the four counts */
function metricsOf(results) {
    return {
        accuracy: metricOf(results, METRIC_ACCURACY),
        precision: metricOf(results, METRIC_PRECISION),
        recall: metricOf(results, METRIC_RECALL),
        specificity: metricOf(results, METRIC_SPECIFICITY),
        f1: metricOf(results, METRIC_F1),
        balancedAccuracy: metricOf(results, METRIC_BALANCED_ACCURACY),
        jaccard: metricOf(results, METRIC_JACCARD),
        kappa: metricOf(results, METRIC_KAPPA),
        matthews: metricOf(results, METRIC_MATTHEWS),
    };
}

/**
 * @param {Results} results
 * @param {number} metric
 */
function metricOf(results, metric) {
    const status = native.metric(results.evaluation, metric, results.number);
    if (status !== OK) {
        throw failure(status, results);
    }
    return results.number[0];
}

/** @type {typeof import('../index.js').metrics} */
export const metrics = (counts) => {
    setCounts(counts);
    return Object.freeze(metricsOf(shared));
};

/** @type {typeof import('../index.js').fBeta} */
export const fBeta = (counts, beta) => {
    setCounts(counts);
    perform({
        native: native.fBeta,
        args: [shared.evaluation, numberOf(beta, 'beta'), shared.number],
        results: shared,
    });
    return shared.number[0];
};

/** @param {import('../index.js').ConfusionCounts} counts */
function setCounts(counts) {
    if (counts === null || typeof counts !== 'object') {
        throw new TypeError(`counts is ${describe(counts)}, and must be an object with ${CONFUSION.join(', ')}`);
    }
    const checked = CONFUSION.map((name) => integerOf(counts[name], name));
    CONFUSION.forEach((name, i) => shared.setCount(EVALUATION[name], checked[i]));
}
