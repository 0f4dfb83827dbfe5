// SPDX-License-Identifier: Apache-2.0
// An evaluation whose data comes in pieces.
import { inspect } from 'node:util';
import { ACCUMULATOR_MAX_BYTES, ACCUMULATOR_SIZE } from './abi.js';
import { describe, lengthOf, requireMemory, requireType } from './arrays.js';
import { batchOf } from './batch.js';
import { perform, performAsync } from './calls.js';
import { evaluationOf, lossesOf, thresholdOf } from './evaluation.js';
import { native } from './library.js';
import { gradientFactor, gradientFactorAsync, gradientRequest, lendTo } from './losses.js';
import { BATCH_OPTIONS, optionsOf } from './options.js';
import { Results, shared } from './results.js';

/**
 * @typedef {import('../index.js').Accumulator} Declared
 * @typedef {import('./results.js').Results} ResultMemory
 * @typedef {import('./losses.js').GradientRequest} GradientRequest
 */

const NEW_OPTIONS = new Set(['losses', 'threshold']);
const ADD_OPTIONS = new Set(BATCH_OPTIONS);
const EVALUATE_OPTIONS = new Set(['bigint']);

export class Accumulator {
    /** A struct exactloss_accumulator, which is aligned to 8 bytes. */
    #state = new BigUint64Array(ACCUMULATOR_SIZE / BigUint64Array.BYTES_PER_ELEMENT);

    /** @param {import('../index.js').AccumulatorOptions} [options] */
    constructor(options) {
        const { losses, threshold } = optionsOf(options, NEW_OPTIONS);
        this.#init(losses, threshold);
    }

    /** @param {Uint8Array} bytes */
    static fromBytes(bytes) {
        requireType(bytes, 'Uint8Array', 'bytes', 'it holds what toBytes() gave');
        requireMemory(bytes, 'bytes');
        const size = lengthOf(bytes);
        const accumulator = new Accumulator();
        // V8 has no address for an array without elements, and the library asks for one.
        run(native.accumulatorDeserialize, accumulator.#state, size > 0 ? bytes : shared.number, size);
        return accumulator;
    }

    toBytes() {
        const bytes = new Uint8Array(ACCUMULATOR_MAX_BYTES);
        const size = new BigInt64Array(1);
        run(native.accumulatorSerialize, this.#state, bytes, ACCUMULATOR_MAX_BYTES, size);
        return bytes.slice(0, Number(size[0]));
    }

    /** @type {Declared['add']} */
    add(predictions, targets, options) {
        perform(this.#addCall(predictions, targets, options, shared));
        return this;
    }

    /**
     * The batch goes to an accumulator of its own, which is merged into this one at the end: sums are exact, so the
     * order in which batches arrive leaves no trace.
     *
     * @type {Declared['addAsync']}
     */
    async addAsync(predictions, targets, options) {
        const part = this.#emptyLikeThis();
        await performAsync(part.#addCall(predictions, targets, options, new Results()));
        return this.merge(part);
    }

    /** @type {Declared['addWithGradient']} */
    addWithGradient(loss, predictions, targets, options) {
        const request = gradientRequest(loss, predictions, targets, options);
        perform(this.#addWithGradientCall(request, gradientFactor(request), shared));
        return /** @type {any} */ (request.out);
    }

    /** @type {Declared['addWithGradientAsync']} */
    async addWithGradientAsync(loss, predictions, targets, options) {
        const part = this.#emptyLikeThis();
        const request = gradientRequest(loss, predictions, targets, options);
        const lease = lendTo(request);
        const factor = await gradientFactorAsync(request, lease);
        await performAsync(part.#addWithGradientCall(request, factor, new Results()), lease);
        this.merge(part);
        return /** @type {any} */ (request.out);
    }

    /** @param {Accumulator} other */
    merge(other) {
        if (other === null || typeof other !== 'object' || !(#state in other)) {
            throw new TypeError(`other is ${describe(other)}, and must be an Accumulator`);
        }
        run(native.accumulatorMerge, this.#state, other.#state);
        return this;
    }

    /** @type {Declared['evaluate']} */
    evaluate(options) {
        const { bigint } = optionsOf(options, EVALUATE_OPTIONS);
        run(native.accumulatorResult, this.#state, shared.evaluation);
        return /** @type {any} */ (evaluationOf(shared, bigint));
    }

    /**
     * What console.log() shows. Its counts are BigInts, since a number does not hold each of them.
     *
     * @param {number} depth
     * @param {import('node:util').InspectOptionsStylized} options
     */
    [inspect.custom](depth, options) {
        return depth < 0 || !(#state in this)
            ? '[Accumulator]'
            : `Accumulator ${inspect(this.evaluate({ bigint: true }), options)}`;
    }

    /**
     * @param {number} losses
     * @param {number} threshold
     */
    #init(losses, threshold) {
        run(native.accumulatorInit, this.#state, losses, threshold);
    }

    #emptyLikeThis() {
        run(native.accumulatorResult, this.#state, shared.evaluation);
        const empty = new Accumulator();
        empty.#init(lossesOf(shared), thresholdOf(shared));
        return empty;
    }

    /**
     * @param {unknown} predictions
     * @param {unknown} targets
     * @param {unknown} options
     * @param {ResultMemory} results
     */
    #addCall(predictions, targets, options, results) {
        const batch = batchOf(predictions, targets, optionsOf(options, ADD_OPTIONS));
        return {
            native: native.accumulatorAdd,
            args: [
                this.#state,
                batch.options,
                batch.predictions,
                batch.targets,
                batch.weights,
                batch.count,
                null,
                results.violation,
            ],
            results,
        };
    }

    /**
     * @param {GradientRequest} request
     * @param {{ upstream: number, divisor: number | bigint }} factor
     * @param {ResultMemory} results
     */
    #addWithGradientCall({ loss, batch, out }, { upstream, divisor }, results) {
        return {
            native: native.accumulatorAddWithGradient,
            args: [
                this.#state,
                loss | batch.options,
                batch.predictions,
                batch.targets,
                batch.weights,
                batch.count,
                upstream,
                divisor,
                out,
                results.violation,
            ],
            results,
        };
    }
}

/**
 * A call that refuses no element.
 *
 * @param {import('./library.js').NativeFunction} function_
 * @param {any[]} args
 */
function run(function_, ...args) {
    perform({ native: function_, args, results: shared });
}
