// SPDX-License-Identifier: Apache-2.0
// Arrays of every kind, the hostile ones among them: each gives the right result or an error that says what to do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import * as exactloss from 'exactloss';
import { generator } from './conformance/cases.js';

const {
    Accumulator,
    bfloat16,
    brierScoreLoss,
    evaluate,
    float16,
    gradient,
    mnistLoss,
    packedBits,
    sigmoid,
    values,
    where,
} = exactloss;
const P = [0.9, 0.4, 0.2];
const T = [1, 0, 1];
const LOSS = 0.43333334227403003;
const p = Float32Array.from(P);
const t = Uint8Array.from(T);

/** A buffer of which the array has been given away. */
function detached(array) {
    structuredClone(array.buffer, { transfer: [array.buffer] });
    return array;
}

/** A view of three elements at the given offset of a buffer of its own. */
function viewAt(Type, numbers, byteOffset, Buffer = ArrayBuffer) {
    const view = new Type(new Buffer(byteOffset + 64), byteOffset, numbers.length);
    view.set(numbers);
    return view;
}

test('every type of targets gives the same loss', () => {
    const big = BigInt64Array.from(T, BigInt);
    const all = [
        t,
        Uint8ClampedArray.from(T),
        Int8Array.from(T),
        Int32Array.from(T),
        big,
        Float32Array.from(T),
        Float64Array.from(T),
        Buffer.from(T),
        packedBits(Uint8Array.of(0b101), 3),
        packedBits(Uint8Array.of(0, 0b1010), 3, 9),
        packedBits(Uint8Array.of(0b01000000, 0b1), 3, 6),
    ];
    for (const targets of all) {
        assert.equal(mnistLoss(p, targets), LOSS, Object.prototype.toString.call(targets));
    }
});

test('every type of predictions gives the loss of its values', () => {
    const half = float16(Uint16Array.of(0x3800, 0x3400, 0x3c00));
    const brain = bfloat16(Uint16Array.of(0x3f00, 0x3e80, 0x3f80));
    const all = [half, brain, Float32Array.of(0.5, 0.25, 1), Float64Array.of(0.5, 0.25, 1)];
    for (const predictions of all) {
        assert.equal(mnistLoss(predictions, t), 0.25);
    }
});

test('Float16Array', { skip: globalThis.Float16Array ? false : 'this engine has no Float16Array' }, () => {
    const predictions = globalThis.Float16Array.of(0.5, 0.25, 1);
    assert.equal(mnistLoss(predictions, t), 0.25);
    const result = values('mnist', predictions, t);
    assert.ok(result instanceof globalThis.Float16Array);
    assert.deepEqual([...result], [0.5, 0.25, 0]);
    assert.deepEqual([...where(t, predictions, 2)], [0.5, 2, 1]);
});

const RIGHT = {
    'views at an odd offset of their buffers': [viewAt(Float32Array, P, 4), viewAt(Uint8Array, T, 3)],
    "a slice of Node's pool of Buffers": [p, Buffer.from(T)],
    'views of shared memory': [
        viewAt(Float32Array, P, 8, SharedArrayBuffer),
        viewAt(Int32Array, T, 4, SharedArrayBuffer),
    ],
    'views of memory of WebAssembly': [
        (() => {
            const view = new Float32Array(new WebAssembly.Memory({ initial: 1 }).buffer, 16, 3);
            view.set(P);
            return view;
        })(),
        t,
    ],
    'arrays of another realm': [
        vm.runInNewContext('Float32Array.of(0.9, 0.4, 0.2)'),
        vm.runInNewContext('Uint8Array.of(1, 0, 1)'),
    ],
    'arrays of a subclass': [new (class extends Float32Array {})(P), new (class extends Uint8Array {})(T)],
    'an array whose properties lie': [
        Object.defineProperties(Float32Array.from(P), {
            length: { value: 1e9 },
            constructor: { value: Float64Array },
            BYTES_PER_ELEMENT: { value: 8 },
            buffer: { value: new ArrayBuffer(0) },
            [Symbol.toStringTag]: { value: 'Float64Array' },
        }),
        t,
    ],
    'an array without a prototype': [Object.setPrototypeOf(Float32Array.from(P), null), t],
    'an array that tracks the length of a resizable buffer': [
        (() => {
            const view = new Float32Array(new ArrayBuffer(12, { maxByteLength: 24 }));
            view.set(P);
            return view;
        })(),
        t,
    ],
    'an array in a resizable buffer that became longer': [
        (() => {
            const view = new Float32Array(new ArrayBuffer(8, { maxByteLength: 24 }));
            view.buffer.resize(12);
            view.set(P);
            return view;
        })(),
        t,
    ],
    'an array in growable shared memory': [
        (() => {
            const view = new Float32Array(new SharedArrayBuffer(12, { maxByteLength: 24 }));
            view.set(P);
            return view;
        })(),
        t,
    ],
    'the same memory twice': [Float32Array.of(1, 0, 1), null],
};

for (const [name, [predictions, targets]] of Object.entries(RIGHT)) {
    test(`right: ${name}`, () => {
        if (targets === null) {
            assert.equal(mnistLoss(predictions, predictions), 0);
            return;
        }
        assert.equal(mnistLoss(predictions, targets), LOSS);
        assert.equal(evaluate(predictions, targets).mnist.mean, LOSS);
        assert.equal(new Accumulator().add(predictions, targets).evaluate().mnist.mean, LOSS);
        assert.deepEqual([...gradient('mnist', predictions, targets, { reduction: 'sum' })], [-1, 1, -1]);
    });
}

/** An array in a buffer that has become too short for it. */
function shrunk(Type) {
    const array = new Type(new ArrayBuffer(64, { maxByteLength: 64 }), 32, 3);
    array.buffer.resize(16);
    return array;
}

const tracked = new Float32Array(new ArrayBuffer(12, { maxByteLength: 12 }));
tracked.buffer.resize(8);
const shortBits = packedBits(new Uint8Array(new ArrayBuffer(4, { maxByteLength: 4 })), 32);
shortBits.bytes.buffer.resize(2);
const lostBits = packedBits(Uint8Array.of(5), 3);
detached(lostBits.bytes);
const lostPatterns = float16(Uint16Array.of(1, 2, 3));
detached(lostPatterns.patterns);

const WRONG = {
    'an array of numbers as predictions': [[P, t], TypeError, /predictions is an Array.*Float32Array.from\(array\)/],
    'an array of numbers as targets': [[p, T], TypeError, /targets is an Array.*Uint8Array.from\(array\)/],
    'an array of booleans': [[p, [true, false, true]], TypeError, /Uint8Array.from\(array\)/],
    'an array of arrays': [[[P], t], TypeError, /Float32Array.from/],
    'a number': [[0.9, t], TypeError, /predictions is the number 0.9/],
    'a string': [[p, '101'], TypeError, /targets is the string 101/],
    nothing: [[], TypeError, /predictions is undefined/],
    null: [[p, null], TypeError, /targets is null/],
    'a function': [[() => 1, t], TypeError, /predictions is a function/],
    'a symbol': [[Symbol('p'), t], TypeError, /predictions is a symbol/],
    'a BigInt': [[10n, t], TypeError, /predictions is the bigint 10/],
    'an ArrayBuffer': [[p.buffer, t], TypeError, /an ArrayBuffer.*new Float32Array\(buffer, byteOffset, length\)/],
    'a SharedArrayBuffer': [[new SharedArrayBuffer(12), t], TypeError, /new Float32Array\(buffer/],
    'a DataView': [[p, new DataView(t.buffer)], TypeError, /a DataView.*new Uint8Array\(buffer, byteOffset, length\)/],
    'Uint16Array as predictions': [[new Uint16Array(3), t], TypeError, /float16\(patterns\) or bfloat16\(patterns\)/],
    'Uint8Array as predictions': [[t, t], TypeError, /predictions is a Uint8Array/],
    'Uint32Array as targets': [[p, new Uint32Array(3)], TypeError, /new Int32Array\(array.buffer/],
    'BigUint64Array as targets': [[p, new BigUint64Array(3)], TypeError, /new BigInt64Array\(array.buffer/],
    'Int16Array as targets': [[p, new Int16Array(3)], TypeError, /targets is an Int16Array/],
    'Uint16Array as targets': [[p, new Uint16Array(3)], TypeError, /targets is a Uint16Array/],
    'patterns as targets': [[p, float16(new Uint16Array(3))], TypeError, /targets is an Object/],
    'bits as predictions': [[packedBits(t, 3), t], TypeError, /predictions is an Object/],
    'a proxy of an array': [[new Proxy(p, {}), t], TypeError, /predictions is an Object/],
    'an object with the prototype of an array': [
        [Object.create(Float32Array.prototype), t],
        TypeError,
        /predictions is/,
    ],
    'an object with the tag of an array': [
        [{ [Symbol.toStringTag]: 'Float32Array', length: 3 }, t],
        TypeError,
        /predictions is an Object, and must be a Float32Array/,
    ],
    'an object whose tag throws': [
        [
            {
                get [Symbol.toStringTag]() {
                    throw new RangeError('no tag');
                },
            },
            t,
        ],
        TypeError,
        /predictions is an Object/,
    ],
    'a Map': [[new Map(), t], TypeError, /predictions is a Map/],
    'an object with the prototype of patterns': [
        [Object.create(Object.getPrototypeOf(lostPatterns)), t],
        TypeError,
        /must be a Uint16Array/,
    ],
    'an object with the prototype of bits': [
        [p, Object.create(Object.getPrototypeOf(lostBits))],
        TypeError,
        /must be a Uint8Array/,
    ],
    'fewer targets': [[p, t.subarray(1)], RangeError, /targets has 2 elements, and predictions has 3/],
    'more targets': [[p, new Uint8Array(4)], RangeError, /targets has 4 elements, and predictions has 3/],
    'fewer bits': [[p, packedBits(t, 2)], RangeError, /targets has 2 elements/],
    'no targets': [[p, new Uint8Array(0)], RangeError, /targets has 0 elements/],
    'fewer weights': [[p, t, { weights: new Float32Array(2) }], RangeError, /weights has 2 elements/],
    'weights of another type': [[p, t, { weights: new Float64Array(3) }], TypeError, /must be a Float32Array/],
    'an array of weights': [[p, t, { weights: [1, 1, 1] }], TypeError, /Float32Array.from\(\) makes one/],
    'weights that are null': [[p, t, { weights: null }], TypeError, /weights is null/],
    'predictions that were transferred': [
        [detached(Float32Array.from(P)), t],
        TypeError,
        /predictions has lost its memory/,
    ],
    'targets that were transferred': [[p, detached(Uint8Array.from(T))], TypeError, /targets has lost its memory/],
    'two arrays that were transferred': [
        [detached(new Float32Array(3)), detached(new Uint8Array(3))],
        TypeError,
        /lost/,
    ],
    'an empty array that was transferred': [[detached(new Float32Array(0)), new Uint8Array(0)], TypeError, /lost/],
    'weights that were transferred': [
        [p, t, { weights: detached(new Float32Array(3)) }],
        TypeError,
        /weights has lost/,
    ],
    'bits that were transferred': [[p, lostBits], TypeError, /the bytes of packedBits\(\) has lost/],
    'patterns that were transferred': [[lostPatterns, t], TypeError, /predictions has lost/],
    'predictions that ended up outside a shorter buffer': [
        [shrunk(Float32Array), t],
        TypeError,
        /predictions has lost/,
    ],
    'targets that ended up outside a shorter buffer': [[p, shrunk(Int32Array)], TypeError, /targets has lost/],
    'an array that tracks a shorter buffer': [
        [tracked, t],
        RangeError,
        /targets has 3 elements, and predictions has 2/,
    ],
    'bits that ended up outside a shorter buffer': [
        [new Float32Array(32), shortBits],
        RangeError,
        /its 2 bytes end before/,
    ],
};

for (const [name, [args, type, message]] of Object.entries(WRONG)) {
    test(`refused: ${name}`, () => {
        const [predictions, targets, options] = args;
        const calls = [
            () => mnistLoss(predictions, targets, options),
            () => evaluate(predictions, targets, options),
            () => gradient('log', predictions, targets, options),
            () => values('brier', predictions, targets, options),
            () => new Accumulator().add(predictions, targets, options),
        ];
        for (const call of calls) {
            assert.throws(call, (error) => {
                assert.ok(error instanceof type, error.stack);
                assert.match(error.message, message);
                return true;
            });
        }
    });
}

test('wrappers refuse what is not theirs', () => {
    assert.throws(() => float16(new Int16Array(3)), /float16\(\) is an Int16Array, and must be a Uint16Array/);
    assert.throws(() => bfloat16([1]), /bfloat16\(\) is an Array/);
    assert.throws(() => packedBits([1], 1), /packedBits\(\) is an Array/);
    assert.throws(() => packedBits(new Uint8Array(2), 17), /ends at bit 17, but its 2 bytes end before/);
    assert.throws(() => packedBits(new Uint8Array(2), 16, 1), /ends at bit 17/);
    assert.throws(() => packedBits(new Uint8Array(2), 1.5), /length of packedBits\(\) is 1.5/);
    assert.throws(() => packedBits(new Uint8Array(2), 1, -1), /offset of packedBits\(\) is -1/);
    assert.throws(() => packedBits(new Uint8Array(2), NaN), /length of packedBits\(\) is NaN/);
    assert.ok(Object.isFrozen(packedBits(t, 3)) && Object.isFrozen(float16(new Uint16Array(1))));
});

test('no elements: the mean of nothing is NaN, the sum 0', () => {
    const [none, nothing] = [new Float32Array(0), new Uint8Array(0)];
    assert.ok(Number.isNaN(mnistLoss(none, nothing)));
    assert.ok(Object.is(mnistLoss(none, nothing, { reduction: 'sum', weights: none }), 0));
    assert.equal(evaluate(none, packedBits(nothing, 0)).count, 0);
    assert.deepEqual(sigmoid(none), none);
    assert.deepEqual(where(nothing, none, 1), none);
});

test('an output that overlaps an input is refused, unless it is exactly that of the predictions', () => {
    const memory = new ArrayBuffer(64);
    const predictions = new Float32Array(memory, 0, 3);
    const floats = Float32Array.from(T);
    const overlap = (call) =>
        assert.throws(call, (error) => error instanceof RangeError && /overlaps/.test(error.message));
    for (const out of [new Float32Array(memory, 4, 3), new Float32Array(memory, 8, 3)]) {
        overlap(() => values('mnist', predictions, t, { out }));
        overlap(() => gradient('mnist', predictions, t, { out }));
        overlap(() => sigmoid(predictions, { out }));
        overlap(() => where(t, predictions, 1, { out }));
        overlap(() => new Accumulator().addWithGradient('mnist', predictions, t, { out }));
    }
    overlap(() => gradient('mnist', predictions, t, { out: predictions, accumulate: true }));
    overlap(() => gradient('mnist', p, floats, { out: floats }));
    overlap(() => gradient('mnist', p, t, { out: floats, weights: floats }));
    overlap(() => gradient('mnist', p, new Uint8Array(memory, 11, 3), { out: new Float32Array(memory, 0, 3) }));
    gradient('mnist', p, new Uint8Array(memory, 12, 3), { out: new Float32Array(memory, 0, 3) });

    predictions.set(P);
    assert.equal(gradient('mnist', predictions, t, { out: new Float32Array(memory, 0, 3), reduction: 'sum' })[0], -1);
    assert.deepEqual([...predictions], [-1, 1, -1]);
    const logits = Float32Array.of(0, Infinity, -Infinity);
    assert.deepEqual([...sigmoid(logits, { out: logits })], [0.5, 1, 0]);
    const bytes = Uint8Array.of(1, 0, 2);
    assert.deepEqual([...where(bytes, 7, 8, { out: bytes })], [7, 8, 7]);
    const bits = Uint8Array.of(0b101, 0, 0);
    overlap(() => where(packedBits(bits, 3), 7, 8, { out: bits }));

    // Bits end with their last byte, and not with the buffer that they lie in.
    const target = packedBits(new Uint8Array(memory, 0, 2), 3, 8);
    assert.equal(gradient('mnist', p, target, { out: new Float32Array(memory, 4, 3) }).byteOffset, 4);
    overlap(() => gradient('mnist', p, packedBits(new Uint8Array(memory, 0, 5), 3, 32), { out: predictions }));
});

test('two SharedArrayBuffers of the same memory overlap', async () => {
    const { port1, port2 } = new MessageChannel();
    const shared = new SharedArrayBuffer(16);
    port1.postMessage(shared);
    const again = await new Promise((resolve) => {
        port2.onmessage = ({ data }) => resolve(data);
    });
    port1.close();
    assert.notEqual(shared, again);
    assert.throws(() => sigmoid(new Float32Array(shared, 0, 3), { out: new Float32Array(again, 4, 3) }), /overlaps/);
    sigmoid(new Float32Array(shared, 0, 3), { out: new Float32Array(again, 0, 3) });
});

test('an output of another type or length is refused', () => {
    assert.throws(
        () => gradient('mnist', p, t, { out: new Float64Array(3) }),
        /out is a Float64Array, and must be a Float32Array/,
    );
    assert.throws(() => gradient('mnist', p, t, { out: new Float32Array(4) }), /out has 4 elements/);
    assert.throws(() => gradient('mnist', p, t, { out: [0, 0, 0] }), /out is an Array/);
    assert.throws(() => gradient('mnist', p, t, { out: detached(new Float32Array(3)) }), /out has lost its memory/);
    assert.throws(() => values('mnist', float16(new Uint16Array(3)), t, { out: p }), /must be a Uint16Array/);
    assert.throws(
        () => where(t, p, 1, { out: new Float64Array(3) }),
        /out is a Float64Array, and must be a Float32Array/,
    );
    assert.throws(() => where(t, p, new Float64Array(3)), /b is a Float64Array, and must be a Float32Array/);
    assert.throws(() => where(t, p, new Float32Array(2)), /b has 2 elements, and condition has 3/);
});

test('a getter among the options that calls the library does no harm', () => {
    const weights = Float32Array.of(1, 2, 3);
    const plain = brierScoreLoss(p, t, { weights, reduction: 'sum' });
    const options = {
        get weights() {
            evaluate(Float64Array.of(0.5), Uint8Array.of(1), { losses: ['log'], threshold: 0.1 });
            return weights;
        },
        reduction: 'sum',
    };
    assert.equal(brierScoreLoss(p, t, options), plain);
});

test('a getter among the options that gives the memory of a batch away is noticed', () => {
    const predictions = Float32Array.from(P);
    const options = {
        get weights() {
            detached(predictions);
            return Float32Array.of(1, 1, 1);
        },
    };
    assert.throws(() => mnistLoss(predictions, t, options), /predictions has lost its memory/);
});

test('lengths around the widths of the kernels, at every offset', () => {
    const seed = 0x20n;
    const random = generator(seed);
    const predictions = new Float32Array(600).map(() => Number(random() >> 40n) / 2 ** 24);
    const targets = new Int8Array(600).map(() => Number(random() & 1n));
    for (let count = 1; count < 130; count++) {
        const start = Number(random() % 400n);
        const [a, b] = [predictions.subarray(start, start + count), targets.subarray(start, start + count)];
        let sum = 0;
        a.forEach((prediction, i) => {
            sum += b[i] === 1 ? 1 - prediction : prediction; // multiples of 2^-24: exact
        });
        assert.equal(mnistLoss(a, b, { reduction: 'sum' }), sum, `${count} elements from ${start}, seed ${seed}`);
    }
});

test('2^31 + 1 elements, without a copy', (context) => {
    const count = 2 ** 31 + 1;
    let patterns;
    let bits;
    try {
        patterns = new Uint16Array(count); // untouched memory, which takes none
        bits = new Uint8Array(count / 8 + 1);
    } catch (error) {
        context.skip(`there is no memory for them: ${error.message}`);
        return;
    }
    patterns[count - 1] = 0x3800; // 0.5
    bits[(count - 1) / 8] = 1;
    const before = process.memoryUsage().rss;
    const evaluation = evaluate(float16(patterns), packedBits(bits, count), { losses: ['mnist'] });
    assert.ok(
        process.memoryUsage().rss - before < 2 ** 30,
        'the arrays were read where they lie: a copy would take memory',
    );
    assert.equal(evaluation.count, count);
    assert.equal(evaluation.positives, 1);
    assert.equal(evaluation.mnist.sum, 0.5);
});
