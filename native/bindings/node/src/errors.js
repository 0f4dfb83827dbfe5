// SPDX-License-Identifier: Apache-2.0
// What the library refuses, as errors.
import {
    ERROR_COUNT,
    ERROR_FORMAT,
    ERROR_LOSS,
    ERROR_MAX_ISA,
    ERROR_METRIC,
    ERROR_NAMES,
    ERROR_SIZE,
    ERROR_STRICT,
    ERROR_THRESHOLD,
    ERROR_WEIGHT,
} from './abi.js';
import { statusString } from './library.js';

/** @typedef {import('../index.js').Violation} Violation */

const REMEDIES = new Map([
    [ERROR_COUNT, 'a divisor must be at least 1, and a count not negative'],
    [ERROR_THRESHOLD, 'give a number, and merge accumulators of the same threshold'],
    [ERROR_STRICT, 'correct the data, or leave out strict'],
    [ERROR_SIZE, 'give exactly the bytes that toBytes() gave'],
    [ERROR_FORMAT, 'give exactly the bytes that toBytes() gave'],
    [ERROR_MAX_ISA, 'unset it'],
    [ERROR_WEIGHT, 'weights must be finite and not negative'],
    [ERROR_LOSS, 'choose among mnist, brier and log, and merge accumulators of the same losses'],
    [ERROR_METRIC, 'beta must be finite and not negative'],
]);

/** An error that the native library found. */
export class ExactLossError extends Error {
    /**
     * @param {number} status
     * @param {Violation} [violation]
     */
    constructor(status, violation) {
        const where = violation ? `: ${violation.argument}[${violation.index}] is ${violation.value}` : '';
        const remedy = REMEDIES.has(status) ? `; ${REMEDIES.get(status)}` : '';
        super(statusString(status) + where + remedy);
        this.name = 'ExactLossError';
        this.status = status;
        this.code = ERROR_NAMES.get(status) ?? 'EXACTLOSS_ERROR';
        this.violation = violation;
    }
}

/**
 * The error for a status that is not 0.
 *
 * @param {number} status
 * @param {import('./results.js').Results} results of the call
 */
export function failure(status, results) {
    const violated = status === ERROR_STRICT || status === ERROR_WEIGHT;
    return new ExactLossError(status, violated ? results.violationOf() : undefined);
}
