// SPDX-License-Identifier: Apache-2.0
// The arrays that the library reads: their types in its options, and their lengths.
import { types } from 'node:util';
import {
    P_BFLOAT16,
    P_FLOAT16,
    P_FLOAT32,
    P_FLOAT64,
    T_BITS,
    T_BIT_OFFSET,
    T_FLOAT32,
    T_FLOAT64,
    T_INT32,
    T_INT64,
    T_INT8,
    T_UINT8,
} from './abi.js';
import {
    bufferOf,
    byteOffsetOf,
    describe,
    lengthOf,
    nameOf,
    requireLength,
    requireMemory,
    requireType,
} from './arrays.js';

/** @typedef {import('./arrays.js').TypedArray} TypedArray */

/** @type {Readonly<Record<string, number>>} */
const PREDICTION_TYPES = Object.freeze({
    Float16Array: P_FLOAT16,
    Float32Array: P_FLOAT32,
    Float64Array: P_FLOAT64,
});

/** @type {Readonly<Record<string, number>>} */
const TARGET_TYPES = Object.freeze({
    Uint8Array: T_UINT8,
    Uint8ClampedArray: T_UINT8,
    Int8Array: T_INT8,
    Int32Array: T_INT32,
    BigInt64Array: T_INT64,
    Float32Array: T_FLOAT32,
    Float64Array: T_FLOAT64,
});

/** Bit patterns of a floating-point type that JavaScript has no array of. */
export class Patterns {
    /**
     * @param {'float16' | 'bfloat16'} type
     * @param {Uint16Array} patterns
     */
    constructor(type, patterns) {
        requireType(patterns, 'Uint16Array', `${type}()`, 'it holds one bit pattern an element');
        this.type = type;
        this.patterns = patterns;
        Object.freeze(this);
    }
}

/** @param {Uint16Array} patterns */
export function float16(patterns) {
    return new Patterns('float16', patterns);
}

/** @param {Uint16Array} patterns */
export function bfloat16(patterns) {
    return new Patterns('bfloat16', patterns);
}

/** Booleans of one bit each, as Arrow stores them: the least significant bit of a byte first. */
export class PackedBits {
    /**
     * @param {Uint8Array} bytes
     * @param {number} length
     * @param {number} offset
     */
    constructor(bytes, length, offset) {
        requireType(bytes, 'Uint8Array', 'packedBits()', 'it holds eight bits an element');
        requireCount(length, 'the length of packedBits()');
        requireCount(offset, 'the offset of packedBits()');
        requireBits(bytes, offset + length);
        this.bytes = bytes;
        this.length = length;
        this.offset = offset;
        Object.freeze(this);
    }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} length
 * @param {number} [offset]
 */
export function packedBits(bytes, length, offset = 0) {
    return new PackedBits(bytes, length, offset);
}

/**
 * An array, its type in the options of a native function, and its number of elements.
 *
 * @typedef {{ array: TypedArray, type: number, count: number }} Elements
 */

/**
 * @param {unknown} predictions
 * @param {string} argument its name
 * @returns {Elements}
 */
export function predictionsOf(predictions, argument) {
    const type = PREDICTION_TYPES[/** @type {string} */ (nameOf(predictions))];
    if (type !== undefined) {
        return elements(/** @type {TypedArray} */ (predictions), type, argument);
    }
    if (predictions instanceof Patterns) {
        requireType(predictions.patterns, 'Uint16Array', argument, 'it holds one bit pattern an element');
        return elements(predictions.patterns, predictions.type === 'bfloat16' ? P_BFLOAT16 : P_FLOAT16, argument);
    }
    throw new TypeError(
        `${argument} is ${describe(predictions)}, and must be a Float32Array, Float64Array or ` +
            `Float16Array, or float16(patterns) or bfloat16(patterns)${adviceFor(predictions, 'Float32Array')}`,
    );
}

/**
 * @param {unknown} targets
 * @returns {Elements}
 */
export function targetsOf(targets) {
    const type = TARGET_TYPES[/** @type {string} */ (nameOf(targets))];
    if (type !== undefined) {
        return elements(/** @type {TypedArray} */ (targets), type, 'targets');
    }
    if (targets instanceof PackedBits) {
        return bitsOf(targets);
    }
    const signed = { Uint32Array: 'Int32Array', BigUint64Array: 'BigInt64Array' }[
        /** @type {string} */ (nameOf(targets))
    ];
    throw new TypeError(
        `targets is ${describe(targets)}, and must be a Uint8Array, Uint8ClampedArray, Int8Array, ` +
            'Int32Array, BigInt64Array, Float32Array or Float64Array, or packedBits(bytes, length)' +
            (signed
                ? `: new ${signed}(array.buffer, array.byteOffset, array.length) reads the same memory`
                : adviceFor(targets, 'Uint8Array')),
    );
}

/**
 * @param {unknown} condition
 * @returns {Elements}
 */
export function conditionOf(condition) {
    switch (nameOf(condition)) {
        case 'Uint8Array':
        case 'Uint8ClampedArray':
        case 'Int8Array':
            return elements(/** @type {TypedArray} */ (condition), T_UINT8, 'condition');
    }
    if (condition instanceof PackedBits) {
        return bitsOf(condition);
    }
    throw new TypeError(
        `condition is ${describe(condition)}, and must be a Uint8Array (true unless 0) or ` +
            `packedBits(bytes, length)${adviceFor(condition, 'Uint8Array')}`,
    );
}

/**
 * @param {unknown} weights
 * @param {number} count
 * @returns {Float32Array}
 */
export function weightsOf(weights, count) {
    requireType(weights, 'Float32Array', 'weights', 'Float32Array.from() makes one');
    const array = /** @type {Float32Array} */ (weights);
    requireMemory(array, 'weights');
    requireLength(lengthOf(array), count, 'weights', 'predictions');
    return array;
}

/**
 * @param {TypedArray} array
 * @param {number} type
 * @param {string} argument
 * @returns {Elements}
 */
function elements(array, type, argument) {
    const count = lengthOf(array);
    if (count === 0) {
        requireMemory(array, argument);
    }
    return { array, type, count };
}

/**
 * @param {PackedBits} bits
 * @returns {Elements}
 */
function bitsOf({ bytes, length, offset }) {
    requireType(bytes, 'Uint8Array', 'the bytes of packedBits()', 'it holds eight bits an element');
    requireBits(bytes, offset + length);
    const first = Math.floor(offset / 8);
    const size = Math.ceil((offset + length) / 8) - first;
    const isWhole = first === 0 && size === lengthOf(bytes);
    return {
        array: isWhole ? bytes : new Uint8Array(bufferOf(bytes), byteOffsetOf(bytes) + first, size),
        type: T_BITS + (offset % 8) * T_BIT_OFFSET,
        count: length,
    };
}

/**
 * @param {Uint8Array} bytes
 * @param {number} bits
 */
function requireBits(bytes, bits) {
    requireMemory(bytes, 'the bytes of packedBits()');
    if (bits > lengthOf(bytes) * 8) {
        throw new RangeError(
            `packedBits() ends at bit ${bits}, but its ${lengthOf(bytes)} bytes end before: give it all ` +
                'bytes, or a smaller length',
        );
    }
}

/**
 * @param {number} count
 * @param {string} what
 */
function requireCount(count, what) {
    if (!Number.isSafeInteger(count) || count < 0) {
        throw new RangeError(`${what} is ${String(count)}, and must be a whole number that is not negative`);
    }
}

/**
 * @param {unknown} value
 * @param {string} name of the array to make
 */
function adviceFor(value, name) {
    if (Array.isArray(value)) {
        return `: ${name}.from(array) makes one`;
    }
    if (types.isAnyArrayBuffer(value) || types.isDataView(value)) {
        return `: new ${name}(buffer, byteOffset, length) reads the same memory`;
    }
    return '';
}
