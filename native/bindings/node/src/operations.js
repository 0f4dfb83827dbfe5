// SPDX-License-Identifier: Apache-2.0
// The two array operations behind the losses.
import { SCALAR_A, SCALAR_B, T_UINT8 } from './abi.js';
import { arrayOf, describe, lengthOf, nameOf, requireLength, requireMemory, widthOf } from './arrays.js';
import { perform, performAsync } from './calls.js';
import { conditionOf, predictionsOf } from './inputs.js';
import { native } from './library.js';
import { optionsOf } from './options.js';
import { outputFor, requireApart } from './outputs.js';
import { Results, shared } from './results.js';

/**
 * @typedef {import('./calls.js').Call} Call
 * @typedef {import('./arrays.js').TypedArray} TypedArray
 */

const OUT = new Set(['out']);

// ---- sigmoid --------------------------------------------------------------------------------------------------------

/**
 * @param {unknown} logits
 * @param {unknown} options
 * @param {Results} results
 * @returns {Call & { out: TypedArray }}
 */
function sigmoidCall(logits, options, results) {
    const given = optionsOf(options, OUT).out;
    const { array, type, count } = predictionsOf(logits, 'logits');
    const out = outputFor(given, array, count);
    if (given !== undefined) {
        requireApart(out, array, true);
    }
    return { native: native.sigmoid, args: [type, array, count, out], results, out };
}

/** @type {typeof import('../index.js').sigmoid} */
export const sigmoid = (logits, options) => {
    const call = sigmoidCall(logits, options, shared);
    perform(call);
    return /** @type {any} */ (call.out);
};

/** @type {typeof import('../index.js').sigmoidAsync} */
export const sigmoidAsync = async (logits, options) => {
    const call = sigmoidCall(logits, options, new Results());
    await performAsync(call);
    return /** @type {any} */ (call.out);
};

// ---- where ----------------------------------------------------------------------------------------------------------

/**
 * @param {unknown} condition
 * @param {unknown} a
 * @param {unknown} b
 * @param {unknown} options
 * @param {Results} results
 * @returns {Call & { out: TypedArray }}
 */
function whereCall(condition, a, b, options, results) {
    const given = optionsOf(options, OUT).out;
    const { array: conditions, type, count } = conditionOf(condition);
    const like = [a, b, given].find((value) => nameOf(value) !== undefined);
    if (like === undefined) {
        throw new TypeError(
            `a is ${describe(a)} and b is ${describe(b)}: one must be a typed array, or else out, since it ` +
                'gives the type of the elements',
        );
    }
    const out = outputFor(given, like, count);
    const sources = [choiceOf(a, 'a', out, count), choiceOf(b, 'b', out, count)];
    if (given !== undefined) {
        sources.forEach((source) => requireApart(out, source, true));
        requireApart(out, conditions, type === T_UINT8);
    }
    const scalars = (isScalar(a) ? SCALAR_A : 0) | (isScalar(b) ? SCALAR_B : 0);
    return {
        native: native.where,
        args: [type | scalars, conditions, ...sources, widthOf(out), count, out],
        results,
        out,
    };
}

/** @param {unknown} value */
function isScalar(value) {
    return typeof value === 'number' || typeof value === 'bigint';
}

/**
 * @param {unknown} value
 * @param {string} argument
 * @param {TypedArray} out
 * @param {number} count
 * @returns {TypedArray}
 */
function choiceOf(value, argument, out, count) {
    const name = /** @type {string} */ (nameOf(out));
    if (isScalar(value)) {
        return scalarOf(/** @type {number | bigint} */ (value), argument, name);
    }
    if (nameOf(value) !== name) {
        throw new TypeError(
            `${argument} is ${describe(value)}, and must be a ${name} like the other arrays, or one number`,
        );
    }
    const array = /** @type {TypedArray} */ (value);
    requireMemory(array, argument);
    requireLength(lengthOf(array), count, argument, 'condition');
    return array;
}

/**
 * An array of one element. An integer that the type does not hold is refused; a floating-point type rounds.
 *
 * @param {number | bigint} value
 * @param {string} argument
 * @param {string} name of the type of arrays
 */
function scalarOf(value, argument, name) {
    const big = name.startsWith('Big');
    if ((typeof value === 'bigint') !== big) {
        throw new TypeError(`${argument} is ${describe(value)}, and a ${name} holds ${big ? 'BigInts' : 'numbers'}`);
    }
    const scalar = arrayOf(name, value);
    if (!name.startsWith('Float') && scalar[0] !== value) {
        throw new RangeError(`${argument} is ${value}, which a ${name} does not hold`);
    }
    return scalar;
}

/** @type {typeof import('../index.js').where} */
export const where = (condition, a, b, options) => {
    const call = whereCall(condition, a, b, options, shared);
    perform(call);
    return /** @type {any} */ (call.out);
};

/** @type {typeof import('../index.js').whereAsync} */
export const whereAsync = async (condition, a, b, options) => {
    const call = whereCall(condition, a, b, options, new Results());
    await performAsync(call);
    return /** @type {any} */ (call.out);
};
