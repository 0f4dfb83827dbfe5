// SPDX-License-Identifier: Apache-2.0
// What compiles, and what must not: an unused @ts-expect-error is an error.
import type { Bool, Data, Float32, Int64, Vector } from 'apache-arrow';
import {
    Accumulator,
    ExactLossError,
    bfloat16,
    evaluate,
    evaluateAsync,
    fBeta,
    float16,
    fromArrow,
    gradient,
    lossAndGradient,
    metrics,
    mnistLoss,
    mnistLossAsync,
    packedBits,
    sigmoid,
    values,
    valuesAsync,
    where,
    whereAsync,
    type Evaluation,
    type Predictions,
} from 'exactloss';

/** Whether two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function expect<_T extends true>(): void {}

const p32 = new Float32Array(3);
const p64 = new Float64Array(3);
const p16 = float16(new Uint16Array(3));
const t8 = new Uint8Array(3);

// Losses
const loss = mnistLoss(p32, t8);
expect<Same<typeof loss, number>>();
mnistLoss(p64, new BigInt64Array(3), { reduction: 'sum', weights: p32, fromLogits: true, strict: false, clamp: true });
mnistLoss(bfloat16(new Uint16Array(3)), packedBits(t8, 3, 5));
mnistLoss(p32, Buffer.alloc(3), { weights: undefined });
const promise = mnistLossAsync(p32, t8);
expect<Same<typeof promise, Promise<number>>>();
// @ts-expect-error an array of numbers has to become a typed array
mnistLoss([0.9], t8);
// @ts-expect-error bit patterns have to say of which type
mnistLoss(new Uint16Array(3), t8);
// @ts-expect-error an object that looks like patterns is none
mnistLoss({ type: 'float16', patterns: new Uint16Array(3) }, t8);
// @ts-expect-error unsigned integers are no targets
mnistLoss(p32, new Uint32Array(3));
// @ts-expect-error unsigned integers are no targets
mnistLoss(p32, new BigUint64Array(3));
// @ts-expect-error a DataView has no type of elements
mnistLoss(p32, new DataView(new ArrayBuffer(3)));
// @ts-expect-error weights are float32
mnistLoss(p32, t8, { weights: p64 });
// @ts-expect-error there is no such option
mnistLoss(p32, t8, { sampleWeight: p32 });
// @ts-expect-error there is no such reduction
mnistLoss(p32, t8, { reduction: 'none' });

// Results have the type of the predictions.
expect<Same<ReturnType<typeof values<Float32Array>>, Float32Array>>();
const elements = values('log', p64, t8);
expect<Same<typeof elements, Float64Array>>();
const patterns = gradient('brier', p16, t8, { out: new Uint16Array(3), accumulate: true, divisor: 3n, upstream: 2 });
expect<Same<typeof patterns, Uint16Array>>();
const both = lossAndGradient('mnist', p32, t8);
expect<Same<typeof both.gradient, Float32Array>>();
const later = valuesAsync('mnist', p16, t8);
expect<Same<typeof later, Promise<Uint16Array>>>();
const probabilities = sigmoid(p32, { out: p32 });
expect<Same<typeof probabilities, Float32Array>>();
// @ts-expect-error the output has the type of the predictions
gradient('mnist', p32, t8, { out: new Float64Array(3) });
// @ts-expect-error there is no such loss
values('hinge', p32, t8);

// Evaluations have the losses that were asked for, and counts of the type that was asked for.
const all = evaluate(p32, t8);
expect<Same<typeof all.count, number>>();
expect<Same<typeof all.brier.mean, number>>();
const some = evaluate(p32, t8, { losses: ['log', 'mnist'], threshold: 0.3, bigint: true });
expect<Same<typeof some.log.nanCount, bigint>>();
expect<Same<typeof some.truePositives, bigint>>();
// @ts-expect-error brier was not asked for
some.brier;
// @ts-expect-error an evaluation is frozen
all.count = 1;
const evaluated: Promise<Evaluation<'log'>> = evaluateAsync(p32, t8, { losses: ['log'] });
const score: number = fBeta(all, 2) + fBeta(some, 0.5) + metrics({ ...some, truePositives: 1 }).f1;
// @ts-expect-error a count is missing
metrics({ truePositives: 1, falsePositives: 1, trueNegatives: 1 });

// Accumulators
const total = new Accumulator({ losses: ['mnist'] });
total
    .add(p32, t8)
    .add(p64, t8, { weights: p32 })
    .merge(new Accumulator({ losses: ['mnist'] }));
expect<Same<ReturnType<typeof total.addAsync>, Promise<typeof total>>>();
const { mnist } = total.evaluate();
const bytes: Uint8Array = total.toBytes();
const read: Accumulator = Accumulator.fromBytes(bytes);
const gradientOfTotal = total.addWithGradient('mnist', p64, t8);
expect<Same<typeof gradientOfTotal, Float64Array>>();
// @ts-expect-error the accumulator does not have this loss
total.addWithGradient('log', p32, t8);
// @ts-expect-error the accumulator does not have this loss
total.evaluate().log;

// where
const chosen = where(t8, p32, 0);
expect<Same<typeof chosen, typeof p32>>();
where(packedBits(t8, 3), 0n, new BigInt64Array(3));
where(t8, 1, 2, { out: new Int32Array(3) });
const chosenLater: Promise<Float64Array> = whereAsync(t8, p64, p64);
// @ts-expect-error without an array there is no type
where(t8, 1, 2);
// @ts-expect-error both arrays have one type
where(t8, p32, p64);
// @ts-expect-error such an array holds BigInts
where(t8, new BigInt64Array(3), 0);

// Columns of Arrow
export function ofColumns(p: Vector<Float32>, t: Vector<Bool>, b: Data<Int64>): number {
    const predictions = fromArrow(p);
    expect<Same<typeof predictions, Float32Array>>();
    return mnistLoss(predictions, fromArrow(t)) + mnistLoss(predictions, fromArrow(b));
}

// Errors
function indexOf(error: unknown): number | undefined {
    return error instanceof ExactLossError ? error.violation?.index : undefined;
}
// @ts-expect-error only the library makes them
new ExactLossError(7);

const kinds: Predictions[] = [p32, p64, p16];
export { bytes, chosenLater, evaluated, indexOf, kinds, mnist, read, score };
