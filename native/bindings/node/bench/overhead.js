// SPDX-License-Identifier: Apache-2.0
// What a call costs beside an empty call of the library, and a long batch beside the native function alone. Run with
// the package installed: node overhead.js
import koffi from 'koffi';
import * as exactloss from 'exactloss';

const ROUNDS = 101;
const { libraryInfo } = exactloss;
const library = koffi.load(libraryInfo.path);
const empty = library.func('int exactloss_abi_version(void)');

/**
 * The shortest and the median time of a call in nanoseconds, of rounds that take turns.
 *
 * @param {Record<string, () => unknown>} calls
 * @param {number} repetitions of a call in a round
 */
function measure(calls, repetitions) {
    const times = Object.fromEntries(Object.keys(calls).map((name) => [name, /** @type {number[]} */ ([])]));
    for (let round = 0; round < ROUNDS; round++) {
        for (const [name, call] of Object.entries(calls)) {
            const start = process.hrtime.bigint();
            for (let i = 0; i < repetitions; i++) {
                call();
            }
            times[name].push(Number(process.hrtime.bigint() - start) / repetitions);
        }
    }
    for (const [name, all] of Object.entries(times)) {
        const [least, median] = [0, ROUNDS >> 1].map((i) => all.sort((a, b) => a - b)[i].toFixed(0));
        console.log(`${name.padEnd(40)} ${least.padStart(10)} ${median.padStart(10)}`);
    }
}

/** @param {number} count */
function batchOf(count) {
    let state = 1;
    const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
    return {
        predictions: new Float32Array(count).map(random),
        targets: new Uint8Array(count).map(() => (random() < 0.5 ? 1 : 0)),
    };
}

console.log(`library ${libraryInfo.version}, ${libraryInfo.instructionSet}, Node ${process.version}`);
console.log(`${'ns a call'.padEnd(40)} ${'min'.padStart(10)} ${'median'.padStart(10)}`);

const { predictions, targets } = batchOf(64);
const weights = new Float32Array(64).fill(1);
const out = new Float32Array(64);
const counts = exactloss.evaluate(predictions, targets);
const accumulator = new exactloss.Accumulator();
measure(
    {
        'empty call': () => empty(),
        'mnistLoss of 64': () => exactloss.mnistLoss(predictions, targets),
        'brierScoreLoss of 64': () => exactloss.brierScoreLoss(predictions, targets),
        'logLoss of 64': () => exactloss.logLoss(predictions, targets),
        'mnistLoss of 64 with weights': () => exactloss.mnistLoss(predictions, targets, { weights }),
        'lossAndGradient of 64 into out': () => exactloss.lossAndGradient('mnist', predictions, targets, { out }),
        'evaluate of 64': () => exactloss.evaluate(predictions, targets),
        metrics: () => exactloss.metrics(counts),
        'Accumulator.add of 64': () => accumulator.add(predictions, targets),
    },
    1000,
);

const long = batchOf(1e7);
const loss = library.func('int exactloss_loss(int, void *, void *, void *, int64_t, void *, void *, void *)');
const result = new Float64Array(1);
const MNIST_MEAN_FLOAT32_UINT8 = 0x1 | 0x100 | 0x3000 | 0x10000;
measure(
    {
        'exactloss_loss of 10^7': () =>
            loss(MNIST_MEAN_FLOAT32_UINT8, long.predictions, long.targets, null, 1e7, null, result, null),
        'mnistLoss of 10^7': () => exactloss.mnistLoss(long.predictions, long.targets),
    },
    1,
);
