// SPDX-License-Identifier: Apache-2.0
// Every case of native/conformance/cases.txt, by the synchronous functions and by those of promises.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as exactloss from 'exactloss';
import { arrayOf, casesOf, float32Of, float64Of, fnv1aOf, patternsOf } from './cases.js';

const { Accumulator, ExactLossError } = exactloss;
const FILE = process.env.EXACTLOSS_CASES;
const LOSSES = { mnist: 'mnistLoss', brier: 'brierScoreLoss', log: 'logLoss' };
const FLAGS = { logits: 'fromLogits', strict: 'strict', clamp: 'clamp', accumulate: 'accumulate' };

const OPERATIONS = {
    async loss(given, expected, suffix) {
        const loss = await exactloss[LOSSES[given.losses[0]] + suffix](
            ...batchOf(given),
            optionsOf(given, 'reduction', 'weights'),
        );
        sameNumber(loss, float64Of(expected.loss[0]), 'loss');
    },
    async values(given, expected, suffix) {
        sameElements(
            await exactloss[`values${suffix}`](given.losses[0], ...batchOf(given), optionsOf(given, 'weights')),
            expected.values,
            given.predictions,
        );
    },
    async gradient(given, expected, suffix) {
        const args = [
            given.losses[0],
            ...batchOf(given),
            optionsOf(given, 'reduction', 'weights', 'upstream', 'divisor', 'out'),
        ];
        if (given.reduction) {
            const { loss, gradient } = await exactloss[`lossAndGradient${suffix}`](...args);
            sameNumber(loss, float64Of(expected.gradient_loss[0]), 'gradient_loss');
            sameElements(gradient, expected.gradient, given.predictions);
        } else {
            sameElements(await exactloss[`gradient${suffix}`](...args), expected.gradient, given.predictions);
        }
    },
    async evaluate(given, expected, suffix) {
        const options = { ...optionsOf(given, 'weights', 'threshold'), losses: given.losses, bigint: true };
        sameEvaluation(await exactloss[`evaluate${suffix}`](...batchOf(given), options), expected);
    },
    async bytes(given, expected) {
        sameEvaluation(
            Accumulator.fromBytes(Buffer.from(given.input[0] ?? '', 'hex')).evaluate({ bigint: true }),
            expected,
        );
    },
    async metrics(given, expected) {
        const [truePositives, falsePositives, trueNegatives, falseNegatives] = given.counts.map(BigInt);
        const counts = { truePositives, falsePositives, trueNegatives, falseNegatives };
        if (given.beta) {
            exactloss.fBeta(counts, float64Of(given.beta[0]));
        }
        const metrics = exactloss.metrics(counts);
        for (const [name, bits] of expected.metrics) {
            sameNumber(metrics[camelCase(name)], float64Of(bits), name);
        }
        for (const [beta, bits] of expected.f_betas) {
            sameNumber(exactloss.fBeta(counts, float64Of(beta)), float64Of(bits), `f_beta ${beta}`);
        }
    },
    async sigmoid(given, expected, suffix) {
        sameElements(await exactloss[`sigmoid${suffix}`](arrayOf(given.predictions)), expected.out, given.predictions);
    },
    async where(given, expected, suffix) {
        const condition = arrayOf(given.condition);
        const count = Number(given.condition[1]);
        const [a, b] = [given.a, given.b].map((tokens) => ({
            patterns: patternsOf(tokens),
            scalar: tokens[1] === '1',
        }));
        const out = new a.patterns.constructor(count);
        const [first, second] = [a, b].map(({ patterns, scalar }) => (scalar ? patterns[0] : patterns));
        sameElements(await exactloss[`where${suffix}`](condition, first, second, { out }), expected.out);
    },
};

/** Its batches are in the middle of its lines. */
async function accumulate({ lines }, suffix) {
    const { given, expected } = sort(lines);
    const accumulators = [0, 1].map(
        () => new Accumulator({ losses: given.losses, threshold: float64Of(given.threshold[0]) }),
    );
    let batch = [];
    for (const [key, ...tokens] of lines.filter(([key]) => BATCH_LINES.has(key))) {
        const accumulator = accumulators[Number(tokens[0])];
        if (key === 'add') {
            const { given } = sort(batch);
            batch = [];
            await accumulator[`add${suffix}`](...batchOf(given), optionsOf(given, 'weights'));
        } else if (key === 'gradient') {
            const { given } = sort(batch);
            batch = [];
            const [into, loss, upstream, divisor] = given.add_with_gradient;
            const options = optionsOf(
                { ...given, upstream: [upstream], divisor: [divisor] },
                'weights',
                'upstream',
                'divisor',
                'out',
            );
            sameElements(
                await accumulators[Number(into)][`addWithGradient${suffix}`](loss, ...batchOf(given), options),
                tokens,
                given.predictions,
            );
        } else {
            batch.push([key, ...tokens]);
        }
    }
    if (given.merge) {
        accumulators[0].merge(accumulators[1]);
    }
    const bytes = accumulators[0].toBytes();
    if (expected.bytes) {
        assert.equal(Buffer.from(bytes).toString('hex'), expected.bytes[0]);
    } else {
        assert.equal(fnv1aOf(bytes), expected.bytes_fnv1a[0]);
    }
    const read = Accumulator.fromBytes(bytes);
    assert.deepEqual(read.toBytes(), bytes);
    sameEvaluation(accumulators[0].evaluate({ bigint: true }), expected);
    sameEvaluation(read.evaluate({ bigint: true }), expected);
}

const BATCH_LINES = new Set([
    'flags',
    'predictions',
    'targets',
    'weights',
    'initial',
    'add',
    'add_with_gradient',
    'gradient',
]);
const GIVEN = new Set([
    'losses',
    'reduction',
    'flags',
    'predictions',
    'targets',
    'weights',
    'initial',
    'upstream',
    'divisor',
    'threshold',
    'condition',
    'a',
    'b',
    'counts',
    'beta',
    'input',
    'merge',
    'add',
    'add_with_gradient',
]);
const COUNTS = ['count', 'positives', 'true_positives', 'false_positives', 'true_negatives', 'false_negatives'];
const EXPECTED = new Set([
    ...COUNTS,
    'status',
    'violation',
    'loss',
    'values',
    'gradient',
    'gradient_loss',
    'out',
    'bytes',
    'bytes_fnv1a',
    'accuracy',
    'weight_sum',
]);
const REPEATED = { metric: 'metrics', f_beta: 'f_betas', result: 'results' };

/** The lines of a case, by their first tokens. */
function sort(lines) {
    const given = {};
    const expected = { metrics: [], f_betas: [], results: [] };
    for (const [key, ...tokens] of lines) {
        if (GIVEN.has(key)) {
            given[key] = tokens;
        } else if (EXPECTED.has(key)) {
            expected[key] = tokens;
        } else {
            assert.ok(key in REPEATED, `unknown line ${key}`);
            expected[REPEATED[key]].push(tokens);
        }
    }
    return { given, expected };
}

function batchOf({ predictions, targets }) {
    return [arrayOf(predictions), arrayOf(targets)];
}

/** The options of a call: the flags, and those that are named where the case has them. */
function optionsOf({ flags = [], reduction, weights, upstream, divisor, threshold, initial }, ...names) {
    const all = {
        reduction: reduction?.[0],
        weights: weights && arrayOf(weights),
        upstream: upstream && float64Of(upstream[0]),
        divisor: divisor && BigInt(divisor[0]),
        threshold: threshold && float64Of(threshold[0]),
        out: initial && outOf(initial),
    };
    return Object.fromEntries([...names.map((name) => [name, all[name]]), ...flags.map((flag) => [FLAGS[flag], true])]);
}

function outOf(tokens) {
    const array = arrayOf(tokens);
    return array.patterns ?? array;
}

function sameNumber(actual, expected, what) {
    assert.ok(Object.is(actual, expected), `${what} is ${actual}, and should be ${expected}`);
}

function sameElements(array, [kind, ...tokens], predictions) {
    if (kind === 'fnv1a') {
        assert.equal(fnv1aOf(array), tokens[0]);
        return;
    }
    const patterns = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    const width = array.BYTES_PER_ELEMENT;
    assert.equal(array.length, tokens.length);
    tokens.forEach((token, i) => {
        const pattern = Buffer.from(patterns.slice(i * width, (i + 1) * width))
            .reverse()
            .toString('hex');
        const nan = token === 'nan' && isNaNPattern(array[i], predictions[0]);
        assert.ok(nan || pattern === token, `element ${i} is ${pattern}, and should be ${token}`);
    });
}

function isNaNPattern(element, type) {
    switch (type) {
        case 'float16':
            return (element & 0x7fff) > 0x7c00;
        case 'bfloat16':
            return (element & 0x7fff) > 0x7f80;
        default:
            return Number.isNaN(element);
    }
}

function sameEvaluation(evaluation, expected) {
    for (const name of COUNTS) {
        assert.equal(evaluation[camelCase(name)], BigInt(expected[name][0]), name);
    }
    sameNumber(evaluation.accuracy, float64Of(expected.accuracy[0]), 'accuracy');
    sameNumber(evaluation.weightSum, float64Of(expected.weight_sum[0]), 'weight_sum');
    const names = expected.results.map(([loss]) => loss);
    assert.deepEqual(
        Object.keys(LOSSES).filter((loss) => loss in evaluation),
        names,
    );
    for (const [loss, mean, sum, meanFloat32, sumFloat32, nanCount, infiniteCount] of expected.results) {
        const result = evaluation[loss];
        sameNumber(result.mean, float64Of(mean), `mean of ${loss}`);
        sameNumber(result.sum, float64Of(sum), `sum of ${loss}`);
        sameNumber(result.meanFloat32, float32Of(meanFloat32), `mean of ${loss} as a float`);
        sameNumber(result.sumFloat32, float32Of(sumFloat32), `sum of ${loss} as a float`);
        assert.equal(result.nanCount, BigInt(nanCount), `NaN elements of ${loss}`);
        assert.equal(result.infiniteCount, BigInt(infiniteCount), `infinite elements of ${loss}`);
    }
}

function camelCase(name) {
    return name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
}

async function run(conformanceCase, suffix) {
    const { given, expected } = sort(conformanceCase.lines);
    const result =
        conformanceCase.operation === 'accumulate'
            ? accumulate(conformanceCase, suffix)
            : OPERATIONS[conformanceCase.operation](given, expected, suffix);
    if (!expected.status) {
        return result;
    }
    const [argument, index, value] = expected.violation ?? [];
    await assert.rejects(result, (error) => {
        assert.ok(error instanceof ExactLossError, String(error));
        assert.equal(error.status, Number(expected.status[0]));
        assert.deepEqual(error.violation, argument && { argument, index: Number(index), value: float64Of(value) });
        return true;
    });
}

for (const [suffix, functions] of [
    ['', 'synchronous functions'],
    ['Async', 'functions of promises'],
]) {
    test(`every case, by the ${functions}`, async () => {
        let number = 0;
        for (const conformanceCase of casesOf(readFileSync(FILE, 'ascii'))) {
            try {
                await run(conformanceCase, suffix);
            } catch (cause) {
                throw new Error(`${conformanceCase.name}: ${cause.message}`, { cause });
            }
            number++;
        }
        assert.ok(number > 0);
    });
}
