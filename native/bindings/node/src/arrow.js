// SPDX-License-Identifier: Apache-2.0
// A column of Apache Arrow, as the package apache-arrow has it, read where it lies.
import { describe, lengthOf, nameOf } from './arrays.js';
import { float16, packedBits } from './inputs.js';

/** Numbers of apache-arrow's enum Type. */
const [INT, FLOAT, BOOL] = [2, 3, 6];

/**
 * @typedef {{ typeId: number, length: number, offset: number, nullCount: number, values: any, stride?: number }} Chunk
 */

/** @type {typeof import('../index.js').fromArrow} */
export const fromArrow = (column) => {
    const { typeId, length, offset, nullCount, values, stride = 1 } = chunkOf(column);
    if (nullCount > 0) {
        throw new RangeError(
            `the column has ${nullCount} nulls, which have no loss: filter them out, or give them a value ` +
                'and the weight 0',
        );
    }
    const name = nameOf(values);
    if (typeId === BOOL && name === 'Uint8Array') {
        return /** @type {any} */ (packedBits(values, length, offset));
    }
    if ((typeId !== INT && typeId !== FLOAT) || name === undefined) {
        throw new TypeError(`the column has the type ${typeId} of apache-arrow, and must be of Bool, Int or Float`);
    }
    if (stride !== 1) {
        throw new TypeError(`the column has ${stride} values a row, and must have one`);
    }
    if (!(length <= lengthOf(values))) {
        throw new RangeError(`the column has ${length} rows, but only ${lengthOf(values)} values`);
    }
    const array = lengthOf(values) === length ? values : values.subarray(0, length); // without Arrow's padding
    return typeId === FLOAT && name === 'Uint16Array' ? float16(array) : array;
};

/**
 * @param {unknown} column a Vector of one chunk, or a Data
 * @returns {Chunk}
 */
function chunkOf(column) {
    const { data } = /** @type {{ data?: unknown }} */ (column ?? {});
    if (Array.isArray(data) && data.length !== 1) {
        throw new RangeError(
            `the column has ${data.length} chunks, which are apart in memory: add those of each record batch ` +
                'to an Accumulator',
        );
    }
    const chunk = Array.isArray(data) ? data[0] : column;
    if (typeof chunk?.typeId !== 'number' || typeof chunk.length !== 'number') {
        throw new TypeError(`column is ${describe(column)}, and must be a Vector or a Data of apache-arrow`);
    }
    return chunk;
}
