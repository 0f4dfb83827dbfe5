// SPDX-License-Identifier: Apache-2.0
// The functions of src/ carry the types that index.d.ts declares. This holds for the classes too.
import type {
    Accumulator as DeclaredAccumulator,
    ExactLossError as DeclaredError,
    libraryInfo as declaredInfo,
} from 'exactloss';
import { Accumulator } from '../src/accumulator.js';
import { ExactLossError } from '../src/errors.js';
import { libraryInfo } from '../src/library.js';

export const accumulator: DeclaredAccumulator = new Accumulator();
export const error: DeclaredError = new ExactLossError(7);
export const info: typeof declaredInfo = libraryInfo;
