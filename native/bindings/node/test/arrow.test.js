// SPDX-License-Identifier: Apache-2.0
// Columns of apache-arrow, read where they lie.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    Bool,
    DateDay,
    Dictionary,
    Float16,
    Float32,
    Float64,
    Int32,
    Int64,
    Utf8,
    makeData,
    makeVector,
    tableFromArrays,
    tableFromIPC,
    tableToIPC,
    vectorFromArray,
} from 'apache-arrow';
import { Accumulator, evaluate, fromArrow, mnistLoss } from 'exactloss';

const P = [0.9, 0.4, 0.2];
const T = [1, 0, 1];
const LOSS = 0.43333334227403003;

test('a column of floats is its own memory', () => {
    const vector = makeVector(Float32Array.from(P));
    assert.equal(fromArrow(vector), vector.data[0].values);
    assert.equal(fromArrow(vector.data[0]), vector.data[0].values);
    const part = fromArrow(vector.slice(1));
    assert.equal(part.buffer, vector.data[0].values.buffer);
    assert.deepEqual(part, Float32Array.from(P).subarray(1));
});

test('every type of targets', () => {
    const predictions = makeVector(Float32Array.from(P));
    for (const targets of [
        vectorFromArray(T, new Int32()),
        vectorFromArray(T.map(BigInt), new Int64()),
        vectorFromArray(T, new Float64()),
        vectorFromArray(T.map(Boolean), new Bool()),
        vectorFromArray(Array(13).fill(true).concat(T.map(Boolean)), new Bool()).slice(13),
        makeVector(Uint8Array.from(T)),
        makeVector(Int8Array.from(T)),
    ]) {
        assert.equal(mnistLoss(fromArrow(predictions), fromArrow(targets)), LOSS, String(targets.type));
    }
});

test('float16', () => {
    const predictions = makeVector(makeData({ type: new Float16(), data: Uint16Array.of(0x3800, 0x3400, 0x3c00) }));
    assert.equal(mnistLoss(fromArrow(predictions), Uint8Array.from(T)), 0.25);
});

test('the record batches of a table go to an accumulator', () => {
    const table = tableFromArrays({ prediction: Float32Array.from(P), target: Uint8Array.from(T) });
    const read = tableFromIPC(tableToIPC(table.concat(table, table.slice(1))));
    assert.equal(read.batches.length, 3);
    const total = new Accumulator();
    for (const batch of read.batches) {
        total.add(fromArrow(batch.getChild('prediction')), fromArrow(batch.getChild('target')));
    }
    const [predictions, targets] = [
        [...P, ...P, ...P.slice(1)],
        [...T, ...T, ...T.slice(1)],
    ];
    assert.deepEqual(total.evaluate(), evaluate(Float32Array.from(predictions), Uint8Array.from(targets)));
    assert.throws(() => fromArrow(read.getChild('target')), /3 chunks.*record batch/);
});

test('what has no loss is refused', () => {
    assert.throws(() => fromArrow(vectorFromArray([0.9, null, 0.2], new Float32())), /the column has 1 nulls/);
    assert.throws(() => fromArrow(vectorFromArray([true, null], new Bool())), RangeError);
    assert.throws(() => fromArrow(vectorFromArray(['a'], new Utf8())), /must be of Bool, Int or Float/);
    assert.throws(() => fromArrow(vectorFromArray([1], new DateDay())), /must be of Bool, Int or Float/);
    assert.throws(() => fromArrow(vectorFromArray(['a', 'a'], new Dictionary(new Utf8(), new Int32()))), TypeError);
    const chunk = { typeId: 3, length: 3, offset: 0, nullCount: 0, values: Float32Array.from(P), stride: 1 };
    assert.deepEqual(fromArrow(chunk), chunk.values);
    assert.throws(() => fromArrow({ ...chunk, stride: 2 }), /2 values a row/);
    for (const length of [4, NaN]) {
        assert.throws(() => fromArrow({ ...chunk, length }), /rows, but only 3 values/);
    }
    for (const column of [undefined, null, 3, {}, P, { data: P }, { data: [] }]) {
        assert.throws(() => fromArrow(column), /column/);
    }
});
