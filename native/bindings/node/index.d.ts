// SPDX-License-Identifier: Apache-2.0
/**
 * The losses, gradients and metrics of a binary classifier, exactly, straight from typed arrays.
 *
 * An element has a prediction `p` (or a logit `x`, of which `p = sigmoid(x)`), a target that is positive where it equals
 * 1, and optionally a weight. Its distance `d` is `1 - p` where the target is positive, and `p` elsewhere.
 *
 * Arrays are read where they lie. A function whose name ends in `Async` computes on another thread, and its promise is
 * rejected where the other function would throw. Until the promise is settled, the arrays must not be written, and
 * their buffers not be transferred.
 *
 * Every function throws
 * - `TypeError` for a value of the wrong type, an unknown option, and an array that has lost its memory;
 * - `RangeError` for lengths that differ and for an `out` that overlaps an input;
 * - {@link ExactLossError} for what the native library refuses.
 *
 * @packageDocumentation
 */

/** `mnist` is the mean of `d`, `brier` of `d²`, and `log` of `-ln(1 - d)`. */
export type LossName = 'mnist' | 'brier' | 'log';

/** The engine's `Float16Array`, where it and the program's types have one. */
export type NativeFloat16Array = typeof globalThis extends { Float16Array: { prototype: infer T } } ? T : never;

declare const kind: unique symbol;

/** Predictions whose bit patterns a Uint16Array holds: see {@link float16} and {@link bfloat16}. */
export interface Patterns {
    readonly [kind]: 'patterns';
    readonly type: 'float16' | 'bfloat16';
    readonly patterns: Uint16Array;
}

/** Booleans of one bit each: see {@link packedBits}. */
export interface PackedBits {
    readonly [kind]: 'bits';
    readonly bytes: Uint8Array;
    readonly length: number;
    readonly offset: number;
}

/** Predictions, or logits. */
export type Predictions = Float32Array | Float64Array | NativeFloat16Array | Patterns;

/** An element is positive where it equals 1, and negative elsewhere. A Buffer is a Uint8Array. */
export type Targets =
    Uint8Array | Uint8ClampedArray | Int8Array | Int32Array | BigInt64Array | Float32Array | Float64Array | PackedBits;

/** The array of results for predictions of the type `P`: of the same type, and of bit patterns for bit patterns. */
export type ResultsFor<P extends Predictions> = P extends Patterns
    ? Uint16Array
    : P extends Float32Array
      ? Float32Array
      : P extends Float64Array
        ? Float64Array
        : NativeFloat16Array;

/** What every function of a batch takes. */
export interface BatchOptions {
    /** A finite number for each element that is not negative. A mean is then divided by their sum. */
    weights?: Float32Array | undefined;
    /** The predictions are logits. */
    fromLogits?: boolean | undefined;
    /** Refuse predictions outside [0, 1] and targets other than 0 and 1. */
    strict?: boolean | undefined;
    /** An element's `log` loss is at most 100, as in PyTorch. */
    clamp?: boolean | undefined;
}

export interface LossOptions extends BatchOptions {
    /** @defaultValue 'mean' */
    reduction?: 'mean' | 'sum' | undefined;
}

export interface OutOption<Out> {
    /**
     * Receives the results, and is returned. It may be exactly the memory of the predictions, and must not overlap an
     * input otherwise. By default a new array.
     */
    out?: Out | undefined;
}

export interface ValuesOptions<P extends Predictions> extends BatchOptions, OutOption<ResultsFor<P>> {}

export interface GradientOptions<P extends Predictions> extends LossOptions, OutOption<ResultsFor<P>> {
    /**
     * The derivative of the final result with respect to the loss.
     *
     * @defaultValue 1
     */
    upstream?: number | undefined;
    /**
     * A whole number, which the sum of the losses is divided by. By default it belongs to the reduction: the number of
     * elements for a mean, or the sum of the weights, which is found in another pass over memory, and 1 for a sum.
     */
    divisor?: number | bigint | undefined;
    /** Add the gradient to `out`, instead of overwriting it. `out` is then apart from the predictions. */
    accumulate?: boolean | undefined;
}

export interface LossFunction {
    (predictions: Predictions, targets: Targets, options?: LossOptions): number;
}

export interface AsyncLossFunction {
    (predictions: Predictions, targets: Targets, options?: LossOptions): Promise<number>;
}

/** The mean or the sum of `d`: the mean absolute error of 0/1 targets. */
export const mnistLoss: LossFunction;
/** The mean or the sum of `d²`: the Brier score. */
export const brierScoreLoss: LossFunction;
/** The mean or the sum of `-ln(1 - d)`: binary cross-entropy. */
export const logLoss: LossFunction;
/** {@link mnistLoss} on another thread. */
export const mnistLossAsync: AsyncLossFunction;
/** {@link brierScoreLoss} on another thread. */
export const brierScoreLossAsync: AsyncLossFunction;
/** {@link logLoss} on another thread. */
export const logLossAsync: AsyncLossFunction;

/** The losses of the elements themselves, in the type of the predictions; with weights, times these. */
export function values<P extends Predictions>(
    loss: LossName,
    predictions: P,
    targets: Targets,
    options?: ValuesOptions<P>,
): ResultsFor<P>;
/** {@link values} on another thread. */
export function valuesAsync<P extends Predictions>(
    loss: LossName,
    predictions: P,
    targets: Targets,
    options?: ValuesOptions<P>,
): Promise<ResultsFor<P>>;

/** The gradient of a loss with respect to the predictions, or from logits with respect to the logits. */
export function gradient<P extends Predictions>(
    loss: LossName,
    predictions: P,
    targets: Targets,
    options?: GradientOptions<P>,
): ResultsFor<P>;
/** {@link gradient} on another thread. */
export function gradientAsync<P extends Predictions>(
    loss: LossName,
    predictions: P,
    targets: Targets,
    options?: GradientOptions<P>,
): Promise<ResultsFor<P>>;

export interface LossAndGradient<P extends Predictions> {
    loss: number;
    gradient: ResultsFor<P>;
}

/** A loss and its gradient, in one pass over memory (in two for a weighted mean). */
export function lossAndGradient<P extends Predictions>(
    loss: LossName,
    predictions: P,
    targets: Targets,
    options?: GradientOptions<P>,
): LossAndGradient<P>;
/** {@link lossAndGradient} on another thread. */
export function lossAndGradientAsync<P extends Predictions>(
    loss: LossName,
    predictions: P,
    targets: Targets,
    options?: GradientOptions<P>,
): Promise<LossAndGradient<P>>;

/** The four counts that metrics are computed from. */
export interface ConfusionCounts<C extends number | bigint = number | bigint> {
    readonly truePositives: C;
    readonly falsePositives: C;
    readonly trueNegatives: C;
    readonly falseNegatives: C;
}

/** Each is rounded once from the exact quotient, and NaN where its divisor is 0. */
export interface Metrics {
    readonly accuracy: number;
    readonly precision: number;
    readonly recall: number;
    readonly specificity: number;
    readonly f1: number;
    readonly balancedAccuracy: number;
    readonly jaccard: number;
    readonly kappa: number;
    readonly matthews: number;
}

/** The results of one loss. */
export interface LossResult<C extends number | bigint = number> {
    readonly mean: number;
    readonly sum: number;
    /** The exact mean, rounded once to float32. */
    readonly meanFloat32: number;
    /** The exact sum, rounded once to float32. */
    readonly sumFloat32: number;
    /** The elements whose loss is NaN. */
    readonly nanCount: C;
    /** The elements whose loss is infinite. */
    readonly infiniteCount: C;
}

/**
 * The results of a batch, in a frozen object that can be sent as JSON and cloned. An element is predicted positive when
 * its prediction is greater than the threshold. Weights enter the losses and `weightSum`, not the counts and the metrics.
 */
export type Evaluation<L extends LossName = LossName, C extends number | bigint = number> = Metrics &
    ConfusionCounts<C> & {
        readonly count: C;
        readonly positives: C;
        readonly threshold: number;
        readonly weightSum: number;
    } & { readonly [Name in L]: LossResult<C> };

export interface BigIntOption<B extends boolean> {
    /**
     * Give the counts as BigInts. Otherwise they are Numbers, and a count beyond 2^53 - 1 is a RangeError.
     *
     * @defaultValue false
     */
    bigint?: B | undefined;
}

export interface AccumulatorOptions<L extends LossName = LossName> {
    /**
     * The losses to compute.
     *
     * @defaultValue ['mnist', 'brier', 'log']
     */
    losses?: readonly L[] | undefined;
    /** @defaultValue 0.5 */
    threshold?: number | undefined;
}

export interface EvaluateOptions<L extends LossName, B extends boolean>
    extends BatchOptions, AccumulatorOptions<L>, BigIntOption<B> {}

/** Losses, counts and metrics, in one pass over memory. */
export function evaluate<L extends LossName = LossName, B extends boolean = false>(
    predictions: Predictions,
    targets: Targets,
    options?: EvaluateOptions<L, B>,
): Evaluation<L, B extends true ? bigint : number>;
/** {@link evaluate} on another thread. */
export function evaluateAsync<L extends LossName = LossName, B extends boolean = false>(
    predictions: Predictions,
    targets: Targets,
    options?: EvaluateOptions<L, B>,
): Promise<Evaluation<L, B extends true ? bigint : number>>;

/** The metrics of counts that came from elsewhere. */
export function metrics(counts: ConfusionCounts): Metrics;

/** The F-score, which counts recall `beta` times as much as precision. An {@link Evaluation} has the counts. */
export function fBeta(counts: ConfusionCounts, beta: number): number;

/**
 * An evaluation whose data comes in pieces. The result has the same bits however the data was cut, and in whatever
 * order the pieces came. A call that fails leaves the accumulator as it was.
 */
export class Accumulator<L extends LossName = LossName> {
    constructor(options?: AccumulatorOptions<L>);
    /** The accumulator that {@link Accumulator.toBytes} was called of, on any machine and in any language. */
    static fromBytes(bytes: Uint8Array): Accumulator;
    /** Equal accumulators have equal bytes. */
    toBytes(): Uint8Array;
    /** Adds a batch. */
    add(predictions: Predictions, targets: Targets, options?: BatchOptions): this;
    /** Adds a batch, which is read on another thread. Several may be on their way at the same time. */
    addAsync(predictions: Predictions, targets: Targets, options?: BatchOptions): Promise<this>;
    /** Adds a batch, and gives the gradient of one of the accumulator's losses in the same pass over memory. */
    addWithGradient<P extends Predictions>(
        loss: L,
        predictions: P,
        targets: Targets,
        options?: GradientOptions<P>,
    ): ResultsFor<P>;
    /** {@link Accumulator.addWithGradient} on another thread. */
    addWithGradientAsync<P extends Predictions>(
        loss: L,
        predictions: P,
        targets: Targets,
        options?: GradientOptions<P>,
    ): Promise<ResultsFor<P>>;
    /** Adds what another accumulator of the same losses and threshold holds. */
    merge(other: Accumulator<L>): this;
    /** The evaluation of everything that was added so far. */
    evaluate<B extends boolean = false>(options?: BigIntOption<B>): Evaluation<L, B extends true ? bigint : number>;
}

/** `1 / (1 + exp(-x))` of each logit. `out` may be the logits' own memory. */
export function sigmoid<P extends Predictions>(logits: P, options?: OutOption<ResultsFor<P>>): ResultsFor<P>;
/** {@link sigmoid} on another thread. */
export function sigmoidAsync<P extends Predictions>(
    logits: P,
    options?: OutOption<ResultsFor<P>>,
): Promise<ResultsFor<P>>;

/** Arrays that {@link where} chooses from. */
export type Elements =
    | Uint8Array
    | Uint8ClampedArray
    | Int8Array
    | Uint16Array
    | Int16Array
    | Uint32Array
    | Int32Array
    | BigUint64Array
    | BigInt64Array
    | NativeFloat16Array
    | Float32Array
    | Float64Array;

/** Elements that are true unless 0, or bits. */
export type Condition = Uint8Array | Uint8ClampedArray | Int8Array | PackedBits;

/** The number that stands for all elements. */
export type Scalar<E extends Elements> = E extends BigInt64Array | BigUint64Array ? bigint : number;

/** `condition[i] ? a[i] : b[i]`, bit by bit. One of `a`, `b` and `out` is an array; the others have its type. */
export function where<E extends Elements>(condition: Condition, a: E, b: E | Scalar<E>, options?: OutOption<E>): E;
export function where<E extends Elements>(condition: Condition, a: Scalar<E>, b: E, options?: OutOption<E>): E;
export function where<E extends Elements>(
    condition: Condition,
    a: Scalar<E>,
    b: Scalar<E>,
    options: Required<OutOption<E>>,
): E;
/** {@link where} on another thread. */
export function whereAsync<E extends Elements>(
    condition: Condition,
    a: E,
    b: E | Scalar<E>,
    options?: OutOption<E>,
): Promise<E>;
export function whereAsync<E extends Elements>(
    condition: Condition,
    a: Scalar<E>,
    b: E,
    options?: OutOption<E>,
): Promise<E>;
export function whereAsync<E extends Elements>(
    condition: Condition,
    a: Scalar<E>,
    b: Scalar<E>,
    options: Required<OutOption<E>>,
): Promise<E>;

/** Predictions of IEEE 754's binary16, of which a Uint16Array holds the bit patterns. */
export function float16(patterns: Uint16Array): Patterns;

/** Predictions of bfloat16, of which a Uint16Array holds the bit patterns. */
export function bfloat16(patterns: Uint16Array): Patterns;

/**
 * Booleans of one bit each, the least significant bit of a byte first, as Arrow stores them: element `i` is bit
 * `offset + i`.
 */
export function packedBits(bytes: Uint8Array, length: number, offset?: number): PackedBits;

/** A Data of the package apache-arrow, with values of the type `V`. */
export interface ArrowData<V> {
    readonly typeId: number;
    readonly length: number;
    readonly offset: number;
    readonly nullCount: number;
    readonly values: V;
    /** Values a row; 1 where it is absent. */
    readonly stride?: number;
}

/** A Vector of the package apache-arrow. */
export interface ArrowVector<V> {
    readonly data: readonly ArrowData<V>[];
}

/** What the values of a column are: a Uint16Array has those of float16, and a Uint8Array bytes or bits. */
export type ArrowElements<V> = V extends Uint16Array ? Patterns : V extends Uint8Array ? Uint8Array | PackedBits : V;

/**
 * The elements of an Arrow column of Bool, Int or Float, where they lie. A column with nulls, or of several chunks, is
 * a RangeError.
 */
export function fromArrow<V>(column: ArrowVector<V> | ArrowData<V>): ArrowElements<V>;

/** The first element that the library refused. */
export interface Violation {
    readonly argument: 'predictions' | 'targets' | 'weights';
    readonly index: number;
    readonly value: number;
}

/** What the native library refused. */
export class ExactLossError extends Error {
    private constructor();
    /** The number of an `EXACTLOSS_ERROR_*` of exactloss.h. */
    readonly status: number;
    /** Its name, such as `EXACTLOSS_ERROR_STRICT`. */
    readonly code: string;
    /** The element that was refused, of a strict call or of weights. */
    readonly violation: Violation | undefined;
}

/** The native library that is in use. */
export const libraryInfo: {
    readonly path: string;
    readonly version: string;
    /** The instruction set whose kernels run; null where EXACTLOSS_MAX_ISA has an unknown name. */
    readonly instructionSet: string | null;
};
