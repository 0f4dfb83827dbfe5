// SPDX-License-Identifier: Apache-2.0
// What is refused before the library is called, and what the library refuses: the error names the value and the remedy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import * as exactloss from 'exactloss';

const { Accumulator, ExactLossError, evaluate, fBeta, gradient, metrics, mnistLoss, mnistLossAsync, values, where } =
    exactloss;
const p = Float32Array.of(0.9, 0.4, 0.2);
const t = Uint8Array.of(1, 0, 1);

/** Its option is the prototype's. */
class Strict {
    get strict() {
        return true;
    }
}

/** Each: what is called, the class of its error, and what the message says. */
const REFUSED = {
    'an option with a misspelt name': [
        () => mnistLoss(p, t, { weigths: p }),
        TypeError,
        /no option weigths here: the options are weights, fromLogits/,
    ],
    'an option of another function': [
        () => values('mnist', p, t, { reduction: 'sum' }),
        TypeError,
        /no option reduction/,
    ],
    'options that are inherited': [
        () => mnistLoss(p, t, Object.create({ strict: true })),
        TypeError,
        /options is an Object, and must be a plain object of weights/,
    ],
    'options in a Map': [() => mnistLoss(p, t, new Map([['strict', true]])), TypeError, /options is a Map/],
    'options in an array': [() => mnistLoss(p, t, []), TypeError, /options is an Array/],
    'weights in place of options': [() => mnistLoss(p, t, p), TypeError, /options is a Float32Array/],
    'options of a class': [
        () => mnistLoss(p, t, new Strict()),
        TypeError,
        /options is an Object/,
    ],
    'a symbol as an option': [() => mnistLoss(p, t, { [Symbol('strict')]: true }), TypeError, /Symbol\(strict\)/],
    'an option that is not enumerable': [
        () => mnistLoss(p, t, Object.defineProperty({}, 'strit', { value: true })),
        TypeError,
        /no option strit/,
    ],
    'losses with a hole': [() => evaluate(p, t, { losses: ['mnist', , 'log'] }), TypeError, /loss is undefined/],
    'options that are no object': [() => mnistLoss(p, t, 3), TypeError, /options is the number 3/],
    'options that are null': [() => mnistLoss(p, t, null), TypeError, /options is null/],
    'a flag that is a string': [
        () => mnistLoss(p, t, { fromLogits: 'false' }),
        TypeError,
        /fromLogits is the string false, and must be true or false/,
    ],
    'an unknown reduction': [
        () => mnistLoss(p, t, { reduction: 'none' }),
        TypeError,
        /reduction is the string none, and must be one of mean, sum/,
    ],
    'an unknown loss': [
        () => values('hinge', p, t),
        TypeError,
        /loss is the string hinge, and must be one of mnist, brier, log/,
    ],
    'a loss of every object': [() => values('toString', p, t), TypeError, /loss is the string toString/],
    'losses that are no array': [() => evaluate(p, t, { losses: 'mnist' }), TypeError, /losses is the string mnist/],
    'a threshold that is no number': [
        () => evaluate(p, t, { threshold: '0.5' }),
        TypeError,
        /threshold is the string 0.5/,
    ],
    'a divisor with a fraction': [
        () => gradient('log', p, t, { divisor: 1.5 }),
        RangeError,
        /divisor is the number 1.5, and must be a whole number/,
    ],
    'a divisor of 65 bits': [() => gradient('log', p, t, { divisor: 2n ** 64n }), RangeError, /divisor is the bigint/],
    'accumulate without out': [() => gradient('log', p, t, { accumulate: true }), TypeError, /give out too/],
    'a count that is missing': [() => metrics({ truePositives: 1 }), RangeError, /falsePositives is undefined/],
    'counts that are null': [() => fBeta(null, 1), TypeError, /counts is null/],
    'a scalar that the type does not hold': [
        () => where(t, t, 256),
        RangeError,
        /b is 256, which a Uint8Array does not hold/,
    ],
    'a scalar with a fraction': [() => where(t, 0.5, t), RangeError, /a is 0.5/],
    'a number beside BigInts': [() => where(t, new BigInt64Array(3), 0), TypeError, /a BigInt64Array holds BigInts/],
    'a BigInt beside numbers': [() => where(t, p, 0n), TypeError, /a Float32Array holds numbers/],
    'two scalars without out': [() => where(t, 1, 2), TypeError, /one must be a typed array, or else out/],
    'merging what is no accumulator': [
        () => new Accumulator().merge({}),
        TypeError,
        /other is an Object, and must be an Accumulator/,
    ],
    'merging an object with the methods of one': [
        () => new Accumulator().merge(Object.create(Accumulator.prototype)),
        TypeError,
        /must be an Accumulator/,
    ],
    'bytes that are no array': [() => Accumulator.fromBytes('XLAC'), TypeError, /bytes is the string XLAC/],
};

for (const [name, [call, type, message]] of Object.entries(REFUSED)) {
    test(name, () =>
        assert.throws(call, (error) => {
            assert.ok(error instanceof type, error.stack);
            assert.match(error.message, message);
            return true;
        }),
    );
}

/** Each: what is called, the status, its name, and what the message says. */
const REFUSED_BY_THE_LIBRARY = {
    'a divisor of 0': [() => gradient('log', p, t, { divisor: 0 }), 2, 'COUNT', /divisor must be at least 1/],
    'a threshold of NaN': [() => evaluate(p, t, { threshold: NaN }), 6, 'THRESHOLD', /give a number/],
    'no loss': [() => evaluate(p, t, { losses: [] }), 14, 'LOSS', /choose among mnist, brier and log/],
    'an accumulator of no loss': [() => new Accumulator({ losses: [] }), 14, 'LOSS', /choose/],
    'the gradient of another loss': [
        () => new Accumulator({ losses: ['log'] }).addWithGradient('mnist', p, t),
        14,
        'LOSS',
        /choose/,
    ],
    'no bytes': [() => Accumulator.fromBytes(new Uint8Array(0)), 10, 'SIZE', /exactly the bytes/],
    'bytes of something else': [() => Accumulator.fromBytes(new Uint8Array(448)), 11, 'FORMAT', /exactly the bytes/],
    'a negative beta': [() => fBeta(evaluate(p, t), -1), 16, 'METRIC', /beta must be finite and not negative/],
    'a negative count': [
        () => metrics({ truePositives: -1, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 }),
        2,
        'COUNT',
        /count/,
    ],
};

for (const [name, [call, status, code, message]] of Object.entries(REFUSED_BY_THE_LIBRARY)) {
    test(name, () =>
        assert.throws(call, (error) => {
            assert.ok(error instanceof ExactLossError && error instanceof Error, error.stack);
            assert.equal(error.name, 'ExactLossError');
            assert.equal(error.status, status);
            assert.equal(error.code, `EXACTLOSS_ERROR_${code}`);
            assert.equal(error.violation, undefined);
            assert.match(error.message, message);
            return true;
        }),
    );
}

test('a refused element is named', async () => {
    const violations = [
        [[Float32Array.of(0.5, 1.5, 2), t], { strict: true }, 7, { argument: 'predictions', index: 1, value: 1.5 }],
        [[p, Int32Array.of(1, 0, -3)], { strict: true }, 7, { argument: 'targets', index: 2, value: -3 }],
        [[p, t], { weights: Float32Array.of(1, Infinity, -1) }, 13, { argument: 'weights', index: 1, value: Infinity }],
    ];
    for (const [batch, options, status, violation] of violations) {
        const check = (error) => {
            assert.equal(error.status, status);
            assert.deepEqual(error.violation, violation);
            assert.ok(error.message.includes(`${violation.argument}[${violation.index}] is ${violation.value}; `));
            return true;
        };
        assert.throws(() => mnistLoss(...batch, options), check);
        assert.throws(() => evaluate(...batch, options), check);
        assert.throws(() => new Accumulator().add(...batch, options), check);
        assert.throws(() => gradient('log', ...batch, options), check);
        await assert.rejects(mnistLossAsync(...batch, options), check);
        await assert.rejects(new Accumulator().addAsync(...batch, options), check);
    }
});

test('options of another realm, or without a prototype, are plain', () => {
    const expected = mnistLoss(p, t, { reduction: 'sum' });
    for (const options of [
        vm.runInNewContext("({ reduction: 'sum' })"),
        Object.assign(Object.create(null), { reduction: 'sum' }),
    ]) {
        assert.equal(mnistLoss(p, t, options), expected);
    }
});

test('a promise is rejected where the other function throws', async () => {
    await assert.rejects(mnistLossAsync(p, Uint8Array.of(1)), RangeError);
    await assert.rejects(mnistLossAsync([0.9], t), TypeError);
    await assert.rejects(exactloss.evaluateAsync(p, t, { threshold: NaN }), { status: 6 });
    await assert.rejects(exactloss.gradientAsync('log', p, t, { divisor: 0 }), { status: 2 });
    await assert.rejects(exactloss.lossAndGradientAsync('hinge', p, t), TypeError);
    await assert.rejects(exactloss.valuesAsync('log', p, t, { out: p.subarray(1) }), RangeError);
    await assert.rejects(exactloss.sigmoidAsync(t), TypeError);
    await assert.rejects(exactloss.whereAsync(t, 1, 2), TypeError);
    await assert.rejects(new Accumulator().addWithGradientAsync('log', p, t, { strikt: true }), TypeError);
});
