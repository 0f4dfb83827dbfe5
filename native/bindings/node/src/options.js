// SPDX-License-Identifier: Apache-2.0
// The last argument of most functions: an object of named options. A name that the function does not know is an error,
// since a misspelt option would be a wrong result.
import { ACCUMULATE, BRIER, CLAMP, FROM_LOGITS, LOG, MEAN, MNIST, STRICT, SUM } from './abi.js';
import { describe } from './arrays.js';

/** @typedef {import('../index.js').LossName} LossName */

/** @type {Readonly<Record<LossName, number>>} */
export const LOSSES = Object.freeze({ mnist: MNIST, brier: BRIER, log: LOG });

/** @type {readonly LossName[]} */
export const LOSS_NAMES = Object.freeze(/** @type {LossName[]} */ (Object.keys(LOSSES)));

/** @type {Readonly<Record<string, number>>} */
const REDUCTIONS = Object.freeze({ mean: MEAN, sum: SUM });

/** @type {Readonly<Record<string, number>>} */
const FLAGS = Object.freeze({ fromLogits: FROM_LOGITS, strict: STRICT, clamp: CLAMP, accumulate: ACCUMULATE });

/** The options that every function of a batch takes. */
export const BATCH_OPTIONS = Object.freeze(['weights', 'fromLogits', 'strict', 'clamp']);

/** The options of a call, with their defaults. */
class Options {
    /** The options of a native function that are flags. */
    flags = 0;
    reduction = MEAN;
    /** @type {unknown} */
    weights = undefined;
    upstream = 1;
    /** @type {number | bigint | undefined} */
    divisor = undefined;
    /** @type {any} */
    out = undefined;
    losses = MNIST | BRIER | LOG;
    threshold = 0.5;
    bigint = false;
}

const DEFAULTS = Object.freeze(new Options());

/**
 * @param {unknown} options
 * @param {ReadonlySet<string>} names the options that the function takes
 * @returns {Readonly<Options>}
 */
export function optionsOf(options, names) {
    if (options === undefined) {
        return DEFAULTS;
    }
    if (!isPlain(options)) {
        throw new TypeError(`options is ${describe(options)}, and must be a plain object of ${[...names].join(', ')}`);
    }
    const read = new Options();
    for (const key of Reflect.ownKeys(options)) {
        const name = /** @type {string} */ (key);
        if (!names.has(name)) {
            throw new TypeError(`there is no option ${String(key)} here: the options are ${[...names].join(', ')}`);
        }
        const value = options[name];
        if (value !== undefined) {
            readOption(read, name, value);
        }
    }
    return read;
}

/**
 * Whether all that an object holds are its own properties. A Map's entries, or options that are inherited, would be
 * ignored. Each realm has an Object.prototype of its own, so it is told by having no prototype.
 *
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isPlain(value) {
    if (value === null || typeof value !== 'object') {
        return false;
    }
    const prototype = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * @param {Options} read
 * @param {string} name
 * @param {unknown} value
 */
function readOption(read, name, value) {
    switch (name) {
        case 'fromLogits':
        case 'strict':
        case 'clamp':
        case 'accumulate':
            read.flags |= booleanOf(value, name) ? FLAGS[name] : 0;
            break;
        case 'reduction':
            read.reduction = choiceOf(value, REDUCTIONS, name);
            break;
        case 'weights':
            read.weights = value;
            break;
        case 'upstream':
            read.upstream = numberOf(value, name);
            break;
        case 'divisor':
            read.divisor = integerOf(value, name);
            break;
        case 'out':
            read.out = value;
            break;
        case 'losses':
            read.losses = lossesOf(value);
            break;
        case 'threshold':
            read.threshold = numberOf(value, name);
            break;
        case 'bigint':
            read.bigint = booleanOf(value, name);
            break;
    }
}

/**
 * @param {unknown} value
 * @returns {number} the loss's bit
 */
export function lossOf(value) {
    return choiceOf(value, LOSSES, 'loss');
}

/**
 * @param {unknown} value
 * @returns {number} the bits of the losses
 */
function lossesOf(value) {
    if (!Array.isArray(value)) {
        throw new TypeError(`losses is ${describe(value)}, and must be an array of ${Object.keys(LOSSES).join(', ')}`);
    }
    let losses = 0;
    // reduce() would pass over the holes of a sparse array.
    for (const loss of value) {
        losses |= lossOf(loss);
    }
    return losses;
}

/**
 * @param {unknown} value
 * @param {Readonly<Record<string, number>>} choices
 * @param {string} name
 */
function choiceOf(value, choices, name) {
    if (typeof value !== 'string' || !Object.hasOwn(choices, value)) {
        throw new TypeError(`${name} is ${describe(value)}, and must be one of ${Object.keys(choices).join(', ')}`);
    }
    return choices[value];
}

/**
 * @param {unknown} value
 * @param {string} name
 */
export function numberOf(value, name) {
    if (typeof value !== 'number') {
        throw new TypeError(`${name} is ${describe(value)}, and must be a number`);
    }
    return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {number | bigint} within the 64 bits of C's integer
 */
export function integerOf(value, name) {
    if (Number.isSafeInteger(value) || (typeof value === 'bigint' && BigInt.asIntN(64, value) === value)) {
        return /** @type {number | bigint} */ (value);
    }
    throw new RangeError(`${name} is ${describe(value)}, and must be a whole number, or a BigInt of at most 64 bits`);
}

/**
 * @param {unknown} value
 * @param {string} name
 */
function booleanOf(value, name) {
    if (typeof value !== 'boolean') {
        throw new TypeError(`${name} is ${describe(value)}, and must be true or false`);
    }
    return value;
}
