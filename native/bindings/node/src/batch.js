// SPDX-License-Identifier: Apache-2.0
// The arguments that most native functions begin with: options, predictions, targets, weights, count.
import { requireLength } from './arrays.js';
import { predictionsOf, targetsOf, weightsOf } from './inputs.js';

/** @typedef {import('./arrays.js').TypedArray} TypedArray */

/**
 * @typedef {object} Batch
 * @property {number} options the types and flags
 * @property {TypedArray} predictions
 * @property {TypedArray} targets
 * @property {Float32Array | null} weights
 * @property {number} count
 */

/**
 * @param {unknown} predictions
 * @param {unknown} targets
 * @param {{ readonly flags: number, readonly weights: unknown }} options
 * @returns {Batch}
 */
export function batchOf(predictions, targets, { flags, weights }) {
    const { array, type, count } = predictionsOf(predictions, 'predictions');
    const { array: targetArray, type: targetType, count: targetCount } = targetsOf(targets);
    requireLength(targetCount, count, 'targets', 'predictions');
    return {
        options: flags | type | targetType,
        predictions: array,
        targets: targetArray,
        weights: weights === undefined ? null : weightsOf(weights, count),
        count,
    };
}
