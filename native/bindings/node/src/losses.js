// SPDX-License-Identifier: Apache-2.0
// The loss of a batch, the losses of its elements, and gradients.
import { ACCUMULATE, BRIER, LOG, MEAN, MNIST, SUM } from './abi.js';
import { batchOf } from './batch.js';
import { lend, perform, performAsync } from './calls.js';
import { weightSumCall, weightSumOf } from './evaluation.js';
import { native } from './library.js';
import { BATCH_OPTIONS, lossOf, optionsOf } from './options.js';
import { outputFor, requireApart } from './outputs.js';
import { Results, shared } from './results.js';

/**
 * @typedef {import('./calls.js').Call} Call
 * @typedef {import('./batch.js').Batch} Batch
 * @typedef {import('./arrays.js').TypedArray} TypedArray
 * @typedef {ReturnType<typeof optionsOf>} Options
 */

const LOSS_OPTIONS = new Set([...BATCH_OPTIONS, 'reduction']);
const VALUES_OPTIONS = new Set([...BATCH_OPTIONS, 'out']);
const GRADIENT_OPTIONS = new Set([...LOSS_OPTIONS, 'upstream', 'divisor', 'accumulate', 'out']);

// ---- the loss of a batch --------------------------------------------------------------------------------------------

/**
 * @param {number} loss
 * @param {unknown} predictions
 * @param {unknown} targets
 * @param {unknown} options
 * @param {Results} results
 * @returns {Call}
 */
function lossCall(loss, predictions, targets, options, results) {
    const read = optionsOf(options, LOSS_OPTIONS);
    const batch = batchOf(predictions, targets, read);
    return {
        native: native.loss,
        args: [
            loss | read.reduction | batch.options,
            batch.predictions,
            batch.targets,
            batch.weights,
            batch.count,
            null,
            results.number,
            results.violation,
        ],
        results,
    };
}

/**
 * @param {number} loss
 * @returns {import('../index.js').LossFunction}
 */
function lossFunction(loss) {
    return (predictions, targets, options) => {
        perform(lossCall(loss, predictions, targets, options, shared));
        return shared.number[0];
    };
}

/**
 * @param {number} loss
 * @returns {import('../index.js').AsyncLossFunction}
 */
function asyncLossFunction(loss) {
    return async (predictions, targets, options) => {
        const results = new Results();
        await performAsync(lossCall(loss, predictions, targets, options, results));
        return results.number[0];
    };
}

export const mnistLoss = lossFunction(MNIST);
export const brierScoreLoss = lossFunction(BRIER);
export const logLoss = lossFunction(LOG);
export const mnistLossAsync = asyncLossFunction(MNIST);
export const brierScoreLossAsync = asyncLossFunction(BRIER);
export const logLossAsync = asyncLossFunction(LOG);

// ---- the losses of its elements -------------------------------------------------------------------------------------

/**
 * @param {unknown} loss
 * @param {unknown} predictions
 * @param {unknown} targets
 * @param {unknown} options
 * @param {Results} results
 * @returns {Call & { out: TypedArray }}
 */
function valuesCall(loss, predictions, targets, options, results) {
    const read = optionsOf(options, VALUES_OPTIONS);
    const batch = batchOf(predictions, targets, read);
    const out = outputOf(batch, read);
    return {
        native: native.values,
        args: [
            lossOf(loss) | batch.options,
            batch.predictions,
            batch.targets,
            batch.weights,
            batch.count,
            out,
            results.violation,
        ],
        results,
        out,
    };
}

/** @type {typeof import('../index.js').values} */
export const values = (loss, predictions, targets, options) => {
    const call = valuesCall(loss, predictions, targets, options, shared);
    perform(call);
    return /** @type {any} */ (call.out);
};

/** @type {typeof import('../index.js').valuesAsync} */
export const valuesAsync = async (loss, predictions, targets, options) => {
    const call = valuesCall(loss, predictions, targets, options, new Results());
    await performAsync(call);
    return /** @type {any} */ (call.out);
};

// ---- gradients ------------------------------------------------------------------------------------------------------

/**
 * The arguments of a gradient, checked.
 *
 * @typedef {{ loss: number, batch: Batch, options: Options, out: TypedArray }} GradientRequest
 */

/**
 * @param {unknown} loss
 * @param {unknown} predictions
 * @param {unknown} targets
 * @param {unknown} options
 * @returns {GradientRequest}
 */
export function gradientRequest(loss, predictions, targets, options) {
    const read = optionsOf(options, GRADIENT_OPTIONS);
    const batch = batchOf(predictions, targets, read);
    return { loss: lossOf(loss), batch, options: read, out: outputOf(batch, read) };
}

/**
 * Of a weighted mean the divisor is the sum of the weights, which another pass over memory finds.
 *
 * @param {GradientRequest} request
 */
function needsWeightSum({ batch, options }) {
    return batch.weights !== null && options.reduction === MEAN && options.divisor === undefined;
}

/** @param {GradientRequest} request */
function factorOf({ batch, options }) {
    const divisor = options.divisor ?? (options.reduction === SUM ? 1 : Math.max(batch.count, 1));
    return { upstream: options.upstream, divisor };
}

/**
 * The upstream and the divisor of a gradient.
 *
 * @param {GradientRequest} request
 */
export function gradientFactor(request) {
    if (!needsWeightSum(request)) {
        return factorOf(request);
    }
    perform(weightSumCall(request.batch, shared));
    return { upstream: request.options.upstream / weightSumOf(shared), divisor: 1 };
}

/**
 * @param {GradientRequest} request
 * @param {import('./calls.js').Lease} lease
 */
export async function gradientFactorAsync(request, lease) {
    if (!needsWeightSum(request)) {
        return factorOf(request);
    }
    const results = new Results();
    await performAsync(weightSumCall(request.batch, results), lease);
    return { upstream: request.options.upstream / weightSumOf(results), divisor: 1 };
}

const LENT = Object.freeze(['predictions', 'targets', 'weights', 'out']);

/**
 * Lends the arrays of a gradient for all of its calls.
 *
 * @param {GradientRequest} request
 */
export function lendTo({ batch, out }) {
    return lend([batch.predictions, batch.targets, batch.weights, out], LENT);
}

/**
 * @param {GradientRequest} request
 * @param {{ upstream: number, divisor: number | bigint }} factor
 * @param {Float64Array | null} lossMemory where the loss is wanted too
 * @param {Results} results
 * @returns {Call}
 */
function gradientCall({ loss, batch, options, out }, { upstream, divisor }, lossMemory, results) {
    return {
        native: native.gradient,
        args: [
            loss | options.reduction | batch.options,
            batch.predictions,
            batch.targets,
            batch.weights,
            batch.count,
            upstream,
            divisor,
            out,
            lossMemory,
            results.violation,
        ],
        results,
    };
}

/** @type {typeof import('../index.js').gradient} */
export const gradient = (loss, predictions, targets, options) => {
    const request = gradientRequest(loss, predictions, targets, options);
    perform(gradientCall(request, gradientFactor(request), null, shared));
    return /** @type {any} */ (request.out);
};

/** @type {typeof import('../index.js').gradientAsync} */
export const gradientAsync = async (loss, predictions, targets, options) => {
    const request = gradientRequest(loss, predictions, targets, options);
    const lease = lendTo(request);
    const factor = await gradientFactorAsync(request, lease);
    await performAsync(gradientCall(request, factor, null, new Results()), lease);
    return /** @type {any} */ (request.out);
};

/** @type {typeof import('../index.js').lossAndGradient} */
export const lossAndGradient = (loss, predictions, targets, options) => {
    const request = gradientRequest(loss, predictions, targets, options);
    perform(gradientCall(request, gradientFactor(request), shared.number, shared));
    return { loss: shared.number[0], gradient: /** @type {any} */ (request.out) };
};

/** @type {typeof import('../index.js').lossAndGradientAsync} */
export const lossAndGradientAsync = async (loss, predictions, targets, options) => {
    const request = gradientRequest(loss, predictions, targets, options);
    const lease = lendTo(request);
    const factor = await gradientFactorAsync(request, lease);
    const results = new Results();
    await performAsync(gradientCall(request, factor, results.number, results), lease);
    return { loss: results.number[0], gradient: /** @type {any} */ (request.out) };
};

/**
 * The array for one result an element, apart from the inputs. It may be the predictions' own memory, unless it is added
 * to.
 *
 * @param {Batch} batch
 * @param {Options} options
 */
function outputOf({ predictions, targets, weights, count }, { out, flags }) {
    const accumulate = (flags & ACCUMULATE) !== 0;
    if (out === undefined) {
        if (accumulate) {
            throw new TypeError('accumulate adds to the array out: give out too');
        }
        return outputFor(out, predictions, count);
    }
    outputFor(out, predictions, count);
    requireApart(out, predictions, !accumulate);
    requireApart(out, targets, false);
    requireApart(out, weights, false);
    return out;
}
