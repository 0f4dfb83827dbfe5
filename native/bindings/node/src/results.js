// SPDX-License-Identifier: Apache-2.0
// The memory that the library writes the results of a call to, and what they are in JavaScript.
import { EVALUATION, LOSS_RESULT, PREDICTIONS, TARGETS, VIOLATION, WEIGHTS } from './abi.js';

/**
 * @typedef {import('../index.js').Violation} Violation
 * @typedef {import('../index.js').LossResult<number | bigint>} LossResult
 */

/** @type {Readonly<Record<number, Violation['argument']>>} */
const ARGUMENTS = Object.freeze({ [PREDICTIONS]: 'predictions', [TARGETS]: 'targets', [WEIGHTS]: 'weights' });

const MAX_SAFE_INTEGER = BigInt(Number.MAX_SAFE_INTEGER);

const NUMBER_AT = EVALUATION.size;
const VIOLATION_AT = NUMBER_AT + Float64Array.BYTES_PER_ELEMENT;

/** Memory for an evaluation, a number and a violation. Every field is read in the machine's byte order. */
export class Results {
    #float64;
    #float32;
    #int64;
    #int32;

    constructor() {
        const memory = new ArrayBuffer(VIOLATION_AT + VIOLATION.size);
        this.#float64 = new Float64Array(memory);
        this.#float32 = new Float32Array(memory);
        this.#int64 = new BigInt64Array(memory);
        this.#int32 = new Int32Array(memory);
        /** Where the library writes a struct exactloss_evaluation. */
        this.evaluation = new Uint8Array(memory, 0, EVALUATION.size);
        /** Where it writes a double or an int64_t. */
        this.number = new Float64Array(memory, NUMBER_AT, 1);
        /** Where it writes a struct exactloss_violation. */
        this.violation = new Uint8Array(memory, VIOLATION_AT, VIOLATION.size);
        this.#int64[0] = BigInt(EVALUATION.size);
    }

    /** @param {number} offset in bytes */
    float64(offset) {
        return this.#float64[offset >> 3];
    }

    /**
     * @param {number} offset in bytes
     * @param {boolean} bigint
     */
    count(offset, bigint) {
        const count = this.#int64[offset >> 3];
        if (bigint) {
            return count;
        }
        if (count > MAX_SAFE_INTEGER) {
            throw new RangeError(`a count is ${count}, which is too large for a number: ask for { bigint: true }`);
        }
        return Number(count);
    }

    /**
     * @param {number} offset in bytes
     * @param {number | bigint} count
     */
    setCount(offset, count) {
        this.#int64[offset >> 3] = BigInt(count);
    }

    /**
     * @param {number} at the offset of a struct exactloss_loss_result
     * @param {boolean} bigint
     * @returns {LossResult}
     */
    lossResult(at, bigint) {
        return Object.freeze({
            mean: this.float64(at + LOSS_RESULT.mean),
            sum: this.float64(at + LOSS_RESULT.sum),
            meanFloat32: this.#float32[(at + LOSS_RESULT.meanFloat32) >> 2],
            sumFloat32: this.#float32[(at + LOSS_RESULT.sumFloat32) >> 2],
            nanCount: this.count(at + LOSS_RESULT.nanCount, bigint),
            infiniteCount: this.count(at + LOSS_RESULT.infiniteCount, bigint),
        });
    }

    /** @returns {Violation} */
    violationOf() {
        return Object.freeze({
            argument: ARGUMENTS[this.#int32[(VIOLATION_AT + VIOLATION.argument) >> 2]],
            index: Number(this.#int64[(VIOLATION_AT + VIOLATION.index) >> 3]),
            value: this.float64(VIOLATION_AT + VIOLATION.value),
        });
    }
}

/** The memory of synchronous calls: each reads its results before it returns. */
export const shared = new Results();
