// SPDX-License-Identifier: Apache-2.0
// What the functions give beyond the bits, which the cases of conformance hold.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import * as exactloss from 'exactloss';

const { Accumulator, evaluate, fBeta, gradient, lossAndGradient, metrics, mnistLoss, values } = exactloss;
const PREDICTIONS = Float32Array.of(0.9, 0.4, 0.2);
const TARGETS = Uint8Array.of(1, 0, 1);
const LOSS = 0.43333334227403003;

test('the example prints the worked example of the book passage', () => {
    const file = fileURLToPath(new URL('../examples/mnist_loss.js', import.meta.url));
    assert.equal(
        execFileSync(process.execPath, [file], { encoding: 'utf8' }),
        '0.43333334227403003 Float32Array(3) [\n' +
            '  -0.3333333432674408,\n  0.3333333432674408,\n  -0.3333333432674408\n]\n' +
            '0.7418747072418531 0.2700000015894574 0.6666666666666666\ntrue\ntrue\n',
    );
});

test('the code of the README is that of the example', () => {
    const [readme, example] = ['../README.md', '../examples/mnist_loss.js'].map((path) =>
        readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8'),
    );
    const blocks = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, block]) => block);
    assert.equal(blocks.length, 2);
    for (const block of blocks) {
        assert.ok(example.includes(block), block);
    }
});

test('the declared names are the exported ones', () => {
    const declarations = readFileSync(fileURLToPath(import.meta.resolve('exactloss')).replace(/js$/, 'd.ts'), 'utf8');
    const declared = [...declarations.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(([, name]) => name);
    assert.deepEqual([...new Set(declared)].sort(), Object.keys(exactloss).sort());
});

test('an evaluation is a plain frozen object', () => {
    const evaluation = evaluate(PREDICTIONS, TARGETS, { losses: ['mnist', 'log'] });
    assert.deepEqual(Object.keys(evaluation), [
        'count',
        'positives',
        'truePositives',
        'falsePositives',
        'trueNegatives',
        'falseNegatives',
        'threshold',
        'weightSum',
        'accuracy',
        'precision',
        'recall',
        'specificity',
        'f1',
        'balancedAccuracy',
        'jaccard',
        'kappa',
        'matthews',
        'mnist',
        'log',
    ]);
    assert.equal(Object.getPrototypeOf(evaluation), Object.prototype);
    assert.ok(Object.isFrozen(evaluation) && Object.isFrozen(evaluation.mnist));
    assert.deepEqual(JSON.parse(JSON.stringify(evaluation)), evaluation);
    assert.deepEqual(structuredClone(evaluation), evaluation);
    assert.equal(evaluation.mnist.mean, LOSS);
    assert.equal(evaluation.kappa, 0.4);
});

test('an evaluation has the counts and so the metrics', () => {
    const evaluation = evaluate(PREDICTIONS, TARGETS);
    const { f1, matthews } = metrics(evaluation);
    assert.deepEqual({ f1, matthews }, { f1: evaluation.f1, matthews: evaluation.matthews });
    assert.equal(fBeta(evaluation, 1), evaluation.f1);
});

test('results stay what they were when other calls follow', () => {
    const first = evaluate(PREDICTIONS, TARGETS);
    const copy = structuredClone(first);
    evaluate(Float64Array.of(0.5), Uint8Array.of(1), { threshold: 0.1 });
    mnistLoss(PREDICTIONS, TARGETS, { reduction: 'sum' });
    assert.deepEqual(first, copy);
});

test('counts beyond 2^53 - 1 are BigInts, or an error', () => {
    let total = new Accumulator({ losses: ['brier'] }).add(Float32Array.of(1), Uint8Array.of(1));
    for (let doublings = 0; doublings < 53; doublings++) {
        total.merge(total);
    }
    assert.throws(
        () => total.evaluate(),
        (error) => error instanceof RangeError && /bigint: true/.test(error.message),
    );
    const { count, truePositives, brier } = total.evaluate({ bigint: true });
    assert.deepEqual([count, truePositives, brier.sum], [2n ** 53n, 2n ** 53n, 0]);
    const counts = { truePositives: 2n ** 60n, falsePositives: 2n ** 60n, trueNegatives: 0, falseNegatives: 0 };
    assert.equal(metrics(counts).precision, 0.5);
    for (const doublings of Array(9).keys()) {
        total.merge(total);
        assert.equal(total.evaluate({ bigint: true }).count, 2n ** BigInt(54 + doublings));
    }
    assert.throws(() => total.merge(total), { code: 'EXACTLOSS_ERROR_OVERFLOW', status: 9 });
    assert.equal(total.evaluate({ bigint: true }).count, 2n ** 62n);
});

test('the gradient of a mean is divided by the count, of a sum by 1, of a weighted mean by the weights', () => {
    const weights = Float32Array.of(1, 2, 1);
    assert.deepEqual(gradient('mnist', PREDICTIONS, TARGETS), Float32Array.of(-1 / 3, 1 / 3, -1 / 3));
    assert.deepEqual(gradient('mnist', PREDICTIONS, TARGETS, { reduction: 'sum' }), Float32Array.of(-1, 1, -1));
    assert.deepEqual(gradient('mnist', PREDICTIONS, TARGETS, { weights }), Float32Array.of(-0.25, 0.5, -0.25));
    assert.deepEqual(
        gradient('mnist', PREDICTIONS, TARGETS, { weights, reduction: 'sum' }),
        Float32Array.of(-1, 2, -1),
    );
    assert.deepEqual(
        gradient('mnist', PREDICTIONS, TARGETS, { weights, divisor: 2n, upstream: 3 }),
        Float32Array.of(-1.5, 3, -1.5),
    );
    assert.deepEqual(gradient('mnist', new Float32Array(0), new Uint8Array(0)), new Float32Array(0));
    const both = lossAndGradient('mnist', PREDICTIONS, TARGETS, { weights });
    assert.equal(both.loss, mnistLoss(PREDICTIONS, TARGETS, { weights }));
    assert.deepEqual(both.gradient, Float32Array.of(-0.25, 0.5, -0.25));
    const total = new Accumulator();
    assert.deepEqual(
        total.addWithGradient('mnist', PREDICTIONS, TARGETS, { weights }),
        Float32Array.of(-0.25, 0.5, -0.25),
    );
    assert.equal(total.evaluate().mnist.mean, both.loss);
});

test('out receives the results where it lies, and is what is returned', () => {
    const memory = new Float32Array(8).fill(7);
    const out = memory.subarray(2, 5);
    assert.equal(values('mnist', PREDICTIONS, TARGETS, { out }), out);
    assert.deepEqual(memory, Float32Array.of(7, 7, 1 - Math.fround(0.9), 0.4, 1 - Math.fround(0.2), 7, 7, 7));
    gradient('mnist', PREDICTIONS, TARGETS, { out, accumulate: true, reduction: 'sum' });
    assert.deepEqual(
        out,
        Float32Array.of(
            Math.fround(1 - Math.fround(0.9)) - 1,
            Math.fround(0.4) + 1,
            Math.fround(1 - Math.fround(0.2)) - 1,
        ),
    );
});

test('an accumulator gives the bits of one batch', () => {
    const total = new Accumulator();
    assert.equal(total.add(PREDICTIONS.subarray(2), TARGETS.subarray(2)), total);
    const other = new Accumulator().add(PREDICTIONS.subarray(0, 2), TARGETS.subarray(0, 2));
    assert.deepEqual(total.merge(other).evaluate(), evaluate(PREDICTIONS, TARGETS));
    assert.deepEqual(Accumulator.fromBytes(total.toBytes()).evaluate(), total.evaluate());
    assert.deepEqual(Accumulator.fromBytes(Buffer.from(total.toBytes())).toBytes(), total.toBytes());
});

test('a refused batch leaves an accumulator as it was', () => {
    const total = new Accumulator().add(PREDICTIONS, TARGETS);
    const before = total.toBytes();
    assert.throws(() => total.add(Float32Array.of(2), Uint8Array.of(1), { strict: true }), { status: 7 });
    assert.throws(() => total.add(PREDICTIONS, Uint8Array.of(1)), RangeError);
    assert.throws(() => total.merge(new Accumulator({ threshold: 0.6 })), { code: 'EXACTLOSS_ERROR_THRESHOLD' });
    assert.throws(() => total.merge(new Accumulator({ losses: ['log'] })), { code: 'EXACTLOSS_ERROR_LOSS' });
    assert.deepEqual(total.toBytes(), before);
});

test('an accumulator shows its evaluation', () => {
    const total = new Accumulator({ losses: ['mnist'] }).add(PREDICTIONS, TARGETS);
    assert.match(inspect(total), /^Accumulator \{\n  count: 3n,[^]*threshold: 0.5,[^]*mnist: \{/);
    assert.equal(inspect([total], { depth: 0 }), '[ [Accumulator] ]');
    assert.equal(inspect(Object.create(Accumulator.prototype)), '[Accumulator]');
});
