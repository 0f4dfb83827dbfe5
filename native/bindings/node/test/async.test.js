// SPDX-License-Identifier: Apache-2.0
// Promises: the event loop goes on meanwhile, and the memory of a pending call stays. Run with --expose-gc.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import * as exactloss from 'exactloss';
import { generator } from './conformance/cases.js';

const { Accumulator, evaluate, evaluateAsync, gradientAsync, mnistLoss, mnistLossAsync, sigmoidAsync, valuesAsync } =
    exactloss;

const SEED = 7n;

/** A batch that takes the library at least some milliseconds. */
function longBatch(count = 1 << 22) {
    const random = generator(SEED);
    const part = new Float32Array(4096).map(() => Number(random() >> 40n) / 2 ** 24);
    const predictions = new Float32Array(count).map((_, i) => part[i & 4095]);
    return { predictions, targets: new Uint8Array(count).map((_, i) => (part[(i * 7) & 4095] < 0.5 ? 1 : 0)) };
}

const { predictions, targets } = longBatch();

test('a batch is computed while this thread runs, and the promise is settled by the event loop', async () => {
    const memory = new SharedArrayBuffer(predictions.byteLength);
    const last = predictions.length - 1;
    const deadline = performance.now() + 60_000;
    let pending = true;
    const promise = valuesAsync('log', predictions, targets, { out: new Float32Array(memory) }).finally(() => {
        pending = false;
    });
    while (Atomics.load(new Int32Array(memory), last) === 0) {
        // only another thread can end this loop
        assert.ok(performance.now() < deadline, 'no other thread writes the values');
    }
    for (let i = 0; i < 1000; i++) {
        await null; // a promise that needs no event would be settled by now
    }
    assert.ok(pending);
    assert.deepEqual(await promise, exactloss.values('log', predictions, targets));
});

test('a thousand calls at once', async () => {
    const [p, t] = [predictions.subarray(0, 1000), targets.subarray(0, 1000)];
    const evaluations = await Promise.all(
        Array.from({ length: 1000 }, (_, i) => evaluateAsync(p.subarray(i), t.subarray(i), { threshold: i / 1000 })),
    );
    evaluations.forEach((evaluation, i) =>
        assert.deepEqual(evaluation, evaluate(p.subarray(i), t.subarray(i), { threshold: i / 1000 })),
    );
});

test('pieces that are added at the same time give the bits of the whole', async () => {
    const total = new Accumulator();
    const length = 300_001;
    const pieces = Array.from({ length: Math.ceil(predictions.length / length) }, (_, i) => [
        i * length,
        (i + 1) * length,
    ]);
    const results = await Promise.all(
        pieces.map(([from, to], i) =>
            i % 2 === 0
                ? total.addAsync(predictions.subarray(from, to), targets.subarray(from, to))
                : total.addWithGradientAsync('log', predictions.subarray(from, to), targets.subarray(from, to), {
                      divisor: predictions.length,
                  }),
        ),
    );
    assert.equal(results[0], total);
    assert.deepEqual(total.evaluate(), evaluate(predictions, targets));
    const [from, to] = pieces[1];
    assert.deepEqual(results[1], exactloss.gradient('log', predictions, targets).slice(from, to));
});

test('an accumulator can be used while a batch is on its way', async () => {
    const total = new Accumulator({ losses: ['mnist'], threshold: 0.25 });
    const promise = total.addAsync(predictions, targets);
    assert.equal(total.evaluate().count, 0);
    total.add(Float32Array.of(0.5), Uint8Array.of(1));
    await promise;
    const { count, threshold } = total.evaluate();
    assert.deepEqual([count, threshold], [predictions.length + 1, 0.25]);
});

test('a refused batch leaves an accumulator as it was', async () => {
    const total = new Accumulator().add(predictions, targets);
    const before = total.toBytes();
    await assert.rejects(total.addAsync(Float32Array.of(2), Uint8Array.of(1), { strict: true }), { status: 7 });
    assert.deepEqual(total.toBytes(), before);
});

test('arrays of which nobody else holds a reference stay', async () => {
    const expected = mnistLoss(predictions, targets, { fromLogits: true });
    const promises = Array.from({ length: 8 }, () =>
        mnistLossAsync(predictions.slice(), targets.slice(), { fromLogits: true }),
    );
    for (let i = 0; i < 8; i++) {
        globalThis.gc();
        await immediate();
    }
    for (const loss of await Promise.all(promises)) {
        assert.equal(loss, expected);
    }
});

test('small arrays, which V8 moves, stay where the call has them', async () => {
    const busy = [1, 2, 3, 4].map(() => mnistLossAsync(predictions, targets, { fromLogits: true }));
    const promises = Array.from({ length: 100 }, (_, i) => sigmoidAsync(Float32Array.of(0, i)));
    globalThis.gc();
    (await Promise.all(promises)).forEach((out, i) => assert.deepEqual(out, exactloss.sigmoid(Float32Array.of(0, i))));
    await Promise.all(busy);
});

test('a resizable buffer is refused: it could become shorter meanwhile', async () => {
    const resizable = new Float32Array(new ArrayBuffer(12, { maxByteLength: 24 }));
    Object.defineProperty(resizable.buffer, 'resizable', { value: false });
    const fixed = new Float32Array(3);
    const bytes = new Uint8Array(3);
    const refused = (argument, promise) =>
        assert.rejects(promise, {
            name: 'TypeError',
            message: new RegExp(`^${argument} lies in a resizable ArrayBuffer.*or the synchronous function$`),
        });
    await refused('predictions', mnistLossAsync(resizable, bytes));
    await refused('weights', mnistLossAsync(fixed, bytes, { weights: resizable }));
    await refused('targets', mnistLossAsync(fixed, resizable));
    await refused('out', valuesAsync('mnist', fixed, bytes, { out: resizable }));
    await refused('out', gradientAsync('mnist', fixed, bytes, { out: resizable }));
    await refused('logits', sigmoidAsync(resizable));
    await refused('a', exactloss.whereAsync(bytes, resizable, 0));
    await refused('predictions', new Accumulator().addAsync(resizable, bytes));
    await refused('weights', new Accumulator().addWithGradientAsync('log', fixed, bytes, { weights: resizable }));
    await refused('predictions', exactloss.evaluateAsync(resizable, bytes));
    assert.equal(exactloss.values('mnist', resizable, bytes)[0], 0);
});

test('shared memory, growable or not, is read from another thread', async () => {
    for (const length of [3, undefined]) {
        for (const buffer of [new SharedArrayBuffer(12), new SharedArrayBuffer(12, { maxByteLength: 4096 })]) {
            const p = new Float32Array(buffer, 0, length); // without a length, it grows with the buffer
            p.set([0.9, 0.4, 0.2]);
            const promise = mnistLossAsync(p, Uint8Array.of(1, 0, 1));
            if (buffer.growable) {
                buffer.grow(4096);
            }
            assert.equal(await promise, 0.43333334227403003);
        }
    }
});

test('a buffer that is transferred while a call is pending rejects it', async () => {
    const transferred = (argument) => ({
        name: 'TypeError',
        message: new RegExp(`^the buffer of ${argument} was transferred before the promise was settled`),
    });
    const given = predictions.slice();
    const running = mnistLossAsync(given, targets, { fromLogits: true });
    const receivers = []; // hold the memory
    const transfer = ({ buffer }) => receivers.push(structuredClone(buffer, { transfer: [buffer] }));
    transfer(given);
    await assert.rejects(running, transferred('predictions'));

    // Before a call has begun, it is not made.
    const weights = new Float32Array(predictions.length).fill(1);
    for (const [i, call] of [
        (p, t, options) => gradientAsync('mnist', p, t, options),
        (p, t, options) => exactloss.lossAndGradientAsync('mnist', p, t, options),
        (p, t, options) => new Accumulator().addWithGradientAsync('mnist', p, t, options),
    ].flatMap((call) => [
        [0, call],
        [1, call],
        [2, call],
    ])) {
        for (const options of [{}, { weights }]) {
            const arrays = [predictions.slice(), targets.slice(), new Float32Array(predictions.length)];
            const pending = call(arrays[0], arrays[1], { ...options, out: arrays[2] });
            transfer(arrays[i]);
            await assert.rejects(pending, transferred(['predictions', 'targets', 'out'][i]));
        }
    }
    const busy = Array.from({ length: 64 }, () => mnistLossAsync(predictions, targets, { fromLogits: true }));
    const [lost, out] = [Float32Array.of(1, 2, 3), new Float32Array(3)];
    const waiting = valuesAsync('mnist', Float32Array.of(0.9, 0.4, 0.2), Uint8Array.of(1, 0, 1), {
        weights: lost,
        out,
    });
    transfer(lost);
    await assert.rejects(waiting, transferred('weights'));
    assert.deepEqual(out, new Float32Array(3), 'nothing was written without the weights');
    await Promise.all(busy);
    assert.equal(receivers.length, 20);
});

test('workers have libraries of their own, and may end while a call is pending', async () => {
    const source = `
        const { parentPort, workerData } = require('node:worker_threads');
        import(workerData.module).then(async ({ mnistLossAsync }) => {
            const { predictions, targets } = workerData;
            parentPort.postMessage(await mnistLossAsync(predictions, targets, { fromLogits: true }));
            for (let i = 0; i < 10; i++) mnistLossAsync(predictions, targets, { fromLogits: true });
            parentPort.postMessage('pending');
        });`;
    const workers = [1, 2, 3].map(
        () =>
            new Worker(source, {
                eval: true,
                workerData: { module: import.meta.resolve('exactloss'), predictions, targets },
            }),
    );
    const expected = mnistLoss(predictions, targets, { fromLogits: true });
    await Promise.all(
        workers.map(async (worker) => {
            const messages = [];
            await new Promise((resolve, reject) => {
                worker.on('error', reject);
                worker.on('message', (message) => messages.push(message) === 2 && resolve());
            });
            assert.deepEqual(messages, [expected, 'pending']);
            await worker.terminate();
        }),
    );
});
