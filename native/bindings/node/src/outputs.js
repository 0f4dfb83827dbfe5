// SPDX-License-Identifier: Apache-2.0
// The arrays that the library writes.
import { types } from 'node:util';
import {
    CONSTRUCTORS,
    bufferOf,
    byteLengthOf,
    byteOffsetOf,
    lengthOf,
    nameOf,
    requireLength,
    requireMemory,
    requireType,
} from './arrays.js';
import { addressOf } from './library.js';

/** @typedef {import('./arrays.js').TypedArray} TypedArray */

/**
 * The array that receives a result for each element of `input`: a new one, or the one that was given.
 *
 * @param {TypedArray | undefined} out
 * @param {TypedArray} input
 * @param {number} count
 * @returns {TypedArray}
 */
export function outputFor(out, input, count) {
    const type = /** @type {string} */ (nameOf(input));
    if (out === undefined) {
        return new CONSTRUCTORS[type](count);
    }
    requireType(out, type, 'out', 'the results have this type');
    requireMemory(out, 'out');
    requireLength(lengthOf(out), count, 'out', 'the input');
    return out;
}

/**
 * @param {TypedArray} out
 * @param {TypedArray | null} input
 * @param {boolean} inPlace whether it may be exactly the memory of the input
 */
export function requireApart(out, input, inPlace) {
    if (input === null) {
        return;
    }
    const [size, inputSize, distance] = [byteLengthOf(out), byteLengthOf(input), distanceBetween(out, input)];
    const overlap = -size < distance && distance < inputSize;
    if (overlap && !(inPlace && distance === 0 && size === inputSize)) {
        throw new RangeError(
            'out overlaps an input, and would change it while it is read: give it memory of its own' +
                (inPlace ? ', or exactly that of the input' : ''),
        );
    }
}

/**
 * The bytes from the start of `input` to that of `out`. Two SharedArrayBuffers may be the same memory.
 *
 * @param {TypedArray} out
 * @param {TypedArray} input
 */
function distanceBetween(out, input) {
    const [a, b] = [bufferOf(out), bufferOf(input)];
    if (a === b) {
        return byteOffsetOf(out) - byteOffsetOf(input);
    }
    return types.isSharedArrayBuffer(a) && types.isSharedArrayBuffer(b)
        ? Number(addressOf(out) - addressOf(input))
        : Infinity;
}
