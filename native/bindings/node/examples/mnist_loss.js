// SPDX-License-Identifier: Apache-2.0
// The worked example of the book passage: npm install exactloss, then node mnist_loss.js
import { Accumulator, evaluate, lossAndGradient, mnistLoss, mnistLossAsync } from 'exactloss';

const predictions = Float32Array.of(0.9, 0.4, 0.2);
const targets = Uint8Array.of(1, 0, 1);
const loss = mnistLoss(predictions, targets); // 0.43333334227403003
const { gradient } = lossAndGradient('mnist', predictions, targets);
const { log, brier, accuracy } = evaluate(predictions, targets, { threshold: 0.5 });

console.log(loss, gradient);
console.log(log.mean, brier.mean, accuracy);

const same = await mnistLossAsync(predictions, targets); // on another thread
console.log(same === loss);

const total = new Accumulator({ losses: ['mnist'] });
const first = total.addAsync(predictions.subarray(0, 2), targets.subarray(0, 2));
const second = total.addAsync(predictions.subarray(2), targets.subarray(2));
await Promise.all([first, second]); // they may end in any order
console.log(total.evaluate().mnist.mean === loss);
