// SPDX-License-Identifier: Apache-2.0
export { Accumulator } from './src/accumulator.js';
export { bfloat16, float16, packedBits } from './src/inputs.js';
export { fromArrow } from './src/arrow.js';
export { ExactLossError } from './src/errors.js';
export { evaluate, evaluateAsync, fBeta, metrics } from './src/evaluation.js';
export { libraryInfo } from './src/library.js';
export {
    brierScoreLoss,
    brierScoreLossAsync,
    gradient,
    gradientAsync,
    logLoss,
    logLossAsync,
    lossAndGradient,
    lossAndGradientAsync,
    mnistLoss,
    mnistLossAsync,
    values,
    valuesAsync,
} from './src/losses.js';
export { sigmoid, sigmoidAsync, where, whereAsync } from './src/operations.js';
