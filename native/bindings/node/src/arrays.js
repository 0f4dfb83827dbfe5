// SPDX-License-Identifier: Apache-2.0
// What a typed array is, and how long, asked of V8 itself and not of the array's properties, which a program may have
// redefined: an address and a length that disagree would be memory of others.
import { types } from 'node:util';

/**
 * @typedef {Uint8Array | Uint8ClampedArray | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array
 *     | BigUint64Array | BigInt64Array | Float32Array | Float64Array} TypedArray
 */

const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);

/**
 * @param {object} prototype
 * @param {string | symbol} property
 * @returns {(receiver: any) => any} its getter, as a function of the receiver
 */
function getter(prototype, property) {
    return Function.prototype.call.bind(
        /** @type {() => unknown} */ (Object.getOwnPropertyDescriptor(prototype, property)?.get),
    );
}

/** @type {(value: unknown) => string | undefined} such as 'Float32Array'; undefined for what is no typed array */
export const nameOf = getter(TypedArrayPrototype, Symbol.toStringTag);
/** @type {(array: TypedArray) => number} */
export const lengthOf = getter(TypedArrayPrototype, 'length');
/** @type {(array: TypedArray) => ArrayBufferLike} */
export const bufferOf = getter(TypedArrayPrototype, 'buffer');
/** @type {(array: TypedArray) => number} */
export const byteOffsetOf = getter(TypedArrayPrototype, 'byteOffset');
/** @type {(array: TypedArray) => number} */
export const byteLengthOf = getter(TypedArrayPrototype, 'byteLength');
/** @type {(buffer: ArrayBuffer) => boolean} */
const resizableOf = getter(ArrayBuffer.prototype, 'resizable');
/** @type {(array: TypedArray) => unknown} throws where the array has lost its memory */
const keysOf = Function.prototype.call.bind(TypedArrayPrototype.keys);

/** @type {Readonly<Record<string, { new (count: number): TypedArray, BYTES_PER_ELEMENT: number }>>} */
export const CONSTRUCTORS = Object.freeze({
    Uint8Array,
    Uint8ClampedArray,
    Int8Array,
    Uint16Array,
    Int16Array,
    Uint32Array,
    Int32Array,
    BigUint64Array,
    BigInt64Array,
    Float32Array,
    Float64Array,
    Float16Array: /** @type {any} */ (globalThis).Float16Array,
});

/**
 * @param {string} name of a type of arrays
 * @param {number | bigint} element
 */
export function arrayOf(name, element) {
    const array = new CONSTRUCTORS[name](1);
    array[0] = element;
    return array;
}

/** @param {TypedArray} array */
export function widthOf(array) {
    return CONSTRUCTORS[/** @type {string} */ (nameOf(array))].BYTES_PER_ELEMENT;
}

/**
 * @param {TypedArray} array
 * @param {string} argument
 */
export function requireMemory(array, argument) {
    try {
        keysOf(array);
    } catch {
        throw new TypeError(
            `${argument} has lost its memory: its buffer was transferred, or became shorter than the ` +
                'array. Make a new array',
        );
    }
}

/**
 * Memory that can become shorter cannot be lent to another thread.
 *
 * @param {TypedArray} array
 * @param {string} argument
 */
export function requireFixed(array, argument) {
    const buffer = bufferOf(array);
    if (!types.isSharedArrayBuffer(buffer) && resizableOf(/** @type {ArrayBuffer} */ (buffer))) {
        throw new TypeError(
            `${argument} lies in a resizable ArrayBuffer, which could become shorter while another thread ` +
                'uses it: use a buffer without maxByteLength, or the synchronous function',
        );
    }
}

/**
 * @param {unknown} value
 * @param {string} name of a type of arrays
 * @param {string} argument
 * @param {string} advice
 */
export function requireType(value, name, argument, advice) {
    if (nameOf(value) !== name) {
        throw new TypeError(`${argument} is ${describe(value)}, and must be a ${name}: ${advice}`);
    }
}

/**
 * @param {number} length
 * @param {number} count
 * @param {string} argument
 * @param {string} other
 */
export function requireLength(length, count, argument, other) {
    if (length !== count) {
        throw new RangeError(
            `${argument} has ${length} elements, and ${other} has ${count}: both need the same number`,
        );
    }
}

const KINDS = Object.freeze(
    /** @type {const} */ (['ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Map', 'Set', 'Date', 'Promise']),
);

/**
 * @param {unknown} value
 * @returns {string}
 */
export function describe(value) {
    switch (typeof value) {
        case 'object':
            return value === null ? 'null' : withArticle(nameOf(value) ?? kindOf(value));
        case 'undefined':
            return 'undefined';
        case 'function':
        case 'symbol':
            return `a ${typeof value}`;
        default:
            return `the ${typeof value} ${value}`;
    }
}

/** @param {string} name */
function withArticle(name) {
    return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}

/**
 * What V8 says that an object is: its Symbol.toStringTag may say anything, or throw.
 *
 * @param {object} value
 * @returns {string} such as 'DataView' or 'Object'
 */
function kindOf(value) {
    return Array.isArray(value) ? 'Array' : (KINDS.find((kind) => types[`is${kind}`](value)) ?? 'Object');
}
