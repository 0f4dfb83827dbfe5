// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.CoreLibrary;
import io.github.exactloss.internal.LossFunction;
import io.github.exactloss.internal.Options;
import io.github.exactloss.internal.Pieces;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A loss of a binary classifier, and its gradient.
 *
 * <pre>{@code double loss = Loss.mnist().mean(new float[] {0.9f, 0.4f, 0.2f}, new byte[] {1, 0, 1});}</pre>
 *
 * <p>The distance of a prediction {@code p} from its target is {@code 1 - p} where the target equals 1, and {@code p}
 * elsewhere. A loss is the mean, or the sum, of a function of the distances; each factory method names its function.
 *
 * <p>It is exact: the real-number result for the given inputs, of {@link #log()} for the logarithms of the elements, rounded
 * once, to nearest even. So the bits are the same on every processor, for every number of threads and for every way to cut
 * the data. A NaN makes the loss NaN, an infinity makes it infinite, and infinities of both signs make it NaN. The mean of
 * nothing is NaN, its sum 0. Every finite prediction is allowed, but outside [0, 1] the log loss is NaN.
 *
 * <p>With {@link Weights}, the sum is that of the weighted losses, and the mean is this sum divided by the sum of the
 * weights (NaN if that is 0). Both are exact until the one rounding.
 *
 * <p>An instance is a loss and a set of options: immutable, and usable from any thread at the same time. Every method that
 * takes predictions and targets throws
 *
 * <ul>
 *   <li>{@link IllegalArgumentException} if counts don't fit, or an output is read-only, too small or overlaps an input,
 *   <li>{@link IllegalStateException} if memory that it needs is closed,
 *   <li>{@link WrongThreadException} if such memory is confined to another thread,
 *   <li>{@link StrictModeException} if {@link #strict()} was asked for and an element is not allowed,
 *   <li>{@link InvalidElementException} if a weight is negative, NaN or infinite,
 *   <li>{@link ExactLossException} if the native library refuses for another reason,
 * </ul>
 *
 * and then has written nothing. An output is native, mapped or heap memory of any alignment; what follows its last element
 * is kept.
 */
public final class Loss {
    private final LossFunction function;
    private final int gradientFlags;
    private final int threads;

    /** Kept, as a short call would feel the time to compute them. */
    private final int options;

    /** @param gradientFlags the flags for native functions that give gradients; the others don't take ACCUMULATE */
    private Loss(LossFunction function, int gradientFlags, int threads) {
        this.function = function;
        this.gradientFlags = gradientFlags;
        this.threads = threads;
        options = gradientOptions() & ~Options.ACCUMULATE;
    }

    /**
     * The loss that is the distance itself: {@code where(targets == 1, 1 - predictions, predictions).mean()}. For targets
     * that are 0 or 1 it is the mean absolute error, PyTorch's {@code l1_loss}. It is named after the data with which Howard
     * and Gugger's "Deep Learning for Coders with fastai and PyTorch" introduces it.
     *
     * @throws NativeLibraryException if the native library can't be loaded, as for the other losses
     */
    public static Loss mnist() {
        return of(LossFunction.MNIST);
    }

    /** The loss that is the square of the distance, the score of Brier: PyTorch's {@code mse_loss} for targets of 0 and 1. */
    public static Loss brier() {
        return of(LossFunction.BRIER);
    }

    /**
     * The loss {@code -ln(1 - d)} of the distance {@code d}, binary cross-entropy: {@code -ln(p)} where the target equals 1,
     * and {@code -ln(1 - p)} elsewhere, PyTorch's {@code binary_cross_entropy}; from logits {@code x} it is
     * {@code ln(1 + exp(-x))} and {@code ln(1 + exp(x))}. Each is the library's own logarithm, the same on every processor:
     * within 1 unit in the last place of float32, or for float64 within 2 of it. Infinite where {@code d} is 1, unless
     * {@linkplain #clamp() clamped}.
     */
    public static Loss log() {
        return of(LossFunction.LOG);
    }

    static Loss of(LossFunction function) {
        CoreLibrary.load();
        return new Loss(function, 0, 1);
    }

    /**
     * The same for predictions that are given as logits: numbers {@code x} of which {@code 1 / (1 + exp(-x))} is the
     * prediction. A distance is the sigmoid of {@code -x} where the target equals 1, and of {@code x} elsewhere, so it keeps
     * all its digits, however small it is. It is rounded to float32, or for float64 logits to float64, with the same bits on
     * every processor; the sum is exact. A gradient is that with respect to the logits.
     */
    public Loss fromLogits() {
        return new Loss(function, gradientFlags | Options.FROM_LOGITS, threads);
    }

    /** The same, but refusing predictions outside [0, 1] or NaN, logits that are NaN, and targets other than 0 and 1. */
    public Loss strict() {
        return new Loss(function, gradientFlags | Options.STRICT, threads);
    }

    /**
     * The same, but a gradient is added to the content of its memory; each sum is rounded once to the type of the gradient.
     */
    public Loss accumulateGradients() {
        return new Loss(function, gradientFlags | Options.ACCUMULATE, threads);
    }

    /**
     * The same, but a value of {@link #log()} is at most 100, and its gradient with respect to a prediction at most
     * {@code 1e12 * g}, as in PyTorch's {@code binary_cross_entropy}. Other losses stay as they are.
     */
    public Loss clamp() {
        return new Loss(function, gradientFlags | Options.CLAMP, threads);
    }

    /**
     * The same with up to {@code threads} threads: the calling one, and others of the fork-join pool that it belongs to, or
     * else of the common one. Inputs under 262,144 elements, and memory that is confined to the calling thread, always take
     * one thread.
     *
     * @throws IllegalArgumentException if {@code threads} is less than 1
     */
    public Loss threads(int threads) {
        return new Loss(function, gradientFlags, Pieces.requireThreads(threads));
    }

    /** The name of the function: {@code mnist}, {@code brier} or {@code log}. */
    public String name() {
        return function.toString();
    }

    /** Whether predictions are given as logits. */
    public boolean isFromLogits() {
        return (gradientFlags & Options.FROM_LOGITS) != 0;
    }

    /** Whether invalid predictions and targets are refused. */
    public boolean isStrict() {
        return (gradientFlags & Options.STRICT) != 0;
    }

    /** Whether a gradient is added to the content of its memory. */
    public boolean accumulatesGradients() {
        return (gradientFlags & Options.ACCUMULATE) != 0;
    }

    /** Whether the values of {@link #log()} are limited. */
    public boolean isClamped() {
        return (gradientFlags & Options.CLAMP) != 0;
    }

    /** The most threads that an operation uses. */
    public int threads() {
        return threads;
    }

    /**
     * The mean of the elements' losses; NaN if there are no elements.
     *
     * @throws IllegalArgumentException if the counts differ
     * @throws StrictModeException in {@linkplain #strict() strict mode}, if an element is not allowed
     */
    public double mean(Predictions predictions, Targets targets) {
        return Reductions.reduce(this, Options.MEAN, predictions, targets, null);
    }

    /**
     * The weighted mean of the elements' losses; NaN if there are no elements, or their weights add up to 0.
     *
     * @throws InvalidElementException if a weight is negative, NaN or infinite
     * @throws StrictModeException in {@linkplain #strict() strict mode}, if an element is not allowed
     */
    public double mean(Batch batch) {
        return Reductions.reduce(this, Options.MEAN, batch.predictions, batch.targets, batch.weights);
    }

    /**
     * The mean of arrays, as {@link #mean(Predictions, Targets)} gives it for views of them. Short arrays need no views,
     * which would take as long to make as the mean of 64 elements.
     */
    public double mean(float[] predictions, byte[] targets) {
        return Reductions.reduce(this, Options.MEAN, predictions, targets);
    }

    /** The sum of the elements' losses; 0 if there are no elements. It throws the exceptions of the mean. */
    public double sum(Predictions predictions, Targets targets) {
        return Reductions.reduce(this, Options.SUM, predictions, targets, null);
    }

    /**
     * The sum of the elements' losses, each times its weight; 0 if there are no elements. It throws the exceptions of the
     * mean.
     */
    public double sum(Batch batch) {
        return Reductions.reduce(this, Options.SUM, batch.predictions, batch.targets, batch.weights);
    }

    /** The sum of arrays; see {@link #mean(float[], byte[])}. */
    public double sum(float[] predictions, byte[] targets) {
        return Reductions.reduce(this, Options.SUM, predictions, targets);
    }

    /** The elements' losses, as {@link #values(Batch, MemorySegment)} gives them. */
    public void values(Predictions predictions, Targets targets, MemorySegment values) {
        values(Batch.of(predictions, targets), values);
    }

    /**
     * The elements' losses themselves, in the type of the predictions; PyTorch's {@code reduction='none'}. Each is rounded
     * to that type, as PyTorch does it; with weights it is then multiplied by the weight, and the product is rounded.
     *
     * @param values receives one element for each prediction; may be the predictions' own memory, but must not overlap the
     *     inputs otherwise
     * @throws IllegalArgumentException if the output is read-only, too small or overlaps an input
     * @throws InvalidElementException if a weight is negative, NaN or infinite
     * @throws StrictModeException in {@linkplain #strict() strict mode}, if an element is not allowed
     */
    public void values(Batch batch, MemorySegment values) {
        Gradients.values(this, batch, values);
    }

    /** The gradient of the mean, as {@link #gradient(Batch, MemorySegment)} gives it. */
    public void gradient(Predictions predictions, Targets targets, MemorySegment gradient) {
        gradient(Batch.of(predictions, targets), gradient);
    }

    /**
     * The gradient of the mean: {@link #gradient(Batch, double, long, MemorySegment)} with the upstream 1 and the count as
     * the divisor. With weights the upstream is 1 divided by their sum, which is found in another pass over memory, and the
     * divisor is 1.
     */
    public void gradient(Batch batch, MemorySegment gradient) {
        Gradients.gradientOfMean(this, batch, 1, gradient);
    }

    /**
     * The gradient with respect to the predictions, or {@linkplain #fromLogits() from logits} with respect to the logits.
     * Of {@link #mnist()} it is {@code g}, from logits {@code g * s}; of {@link #brier()} {@code (2 * d) * g}, from logits
     * {@code (2 * d) * (g * s)}; of {@link #log()} {@code g / (1 - d)}, from logits {@code d * g}; negative where the target
     * equals 1. Here {@code d} is the distance, and {@code s} the product of the predictions of {@code x} and {@code -x}.
     *
     * {@code g} is {@code upstream / divisor}. It and each operation are rounded once, to float32, or for float64 to float64,
     * and the result to the type of the predictions; {@code g} of {@link #mnist()} is rounded to that type at once, unless from
     * logits. With weights the result is multiplied by the weight.
     *
     * @param upstream the derivative of the final result with respect to the loss; NaN and infinities pass on
     * @param divisor the divisor of the sum of the losses: the number of all elements for a mean, 1 for a sum
     * @param gradient receives one element for each prediction, in their type; may be the predictions' own memory, unless it
     *     is to be added to, but must not overlap the inputs otherwise
     * @throws IllegalArgumentException if the divisor is less than 1, or the output is read-only, too small or overlaps an
     *     input
     * @throws InvalidElementException if a weight is negative, NaN or infinite
     * @throws StrictModeException in {@linkplain #strict() strict mode}, if an element is not allowed
     */
    public void gradient(Batch batch, double upstream, long divisor, MemorySegment gradient) {
        Gradients.gradient(this, batch, upstream, divisor, gradient);
    }

    /** The mean and its gradient in one pass over memory, with the upstream 1. */
    public double meanAndGradient(Predictions predictions, Targets targets, MemorySegment gradient) {
        return meanAndGradient(Batch.of(predictions, targets), gradient);
    }

    /** The mean and its gradient in one pass over memory, or with weights in two, with the upstream 1. */
    public double meanAndGradient(Batch batch, MemorySegment gradient) {
        return meanAndGradient(batch, 1, gradient);
    }

    /**
     * The mean, as {@link #mean(Batch)} gives it, and its gradient, as {@link #gradient(Batch, double, long, MemorySegment)}
     * gives it with the count as the divisor. With weights the upstream is divided by their sum, which is found in another
     * pass over memory, and the divisor is 1.
     *
     * @param upstream the derivative of the final result with respect to the mean
     * @param gradient receives one element for each prediction, in their type
     * @throws IllegalArgumentException if the output is read-only, too small or overlaps an input
     */
    public double meanAndGradient(Batch batch, double upstream, MemorySegment gradient) {
        return Gradients.withLoss(this, Options.MEAN, batch, upstream, gradient);
    }

    /** The sum and its gradient in one pass over memory, with the upstream 1. */
    public double sumAndGradient(Predictions predictions, Targets targets, MemorySegment gradient) {
        return sumAndGradient(Batch.of(predictions, targets), gradient);
    }

    /** The sum and its gradient in one pass over memory, with the upstream 1. */
    public double sumAndGradient(Batch batch, MemorySegment gradient) {
        return sumAndGradient(batch, 1, gradient);
    }

    /**
     * The sum, as {@link #sum(Batch)} gives it, and its gradient, as {@link #gradient(Batch, double, long, MemorySegment)}
     * gives it with the divisor 1, in one pass over memory.
     *
     * @param upstream the derivative of the final result with respect to the sum
     * @param gradient receives one element for each prediction, in their type
     */
    public double sumAndGradient(Batch batch, double upstream, MemorySegment gradient) {
        return Gradients.withLoss(this, Options.SUM, batch, upstream, gradient);
    }

    /** The mean of each row, as {@link #meanOfRows(Batch, Rows)} gives it. */
    public double[] meanOfRows(Predictions predictions, Targets targets, Rows rows) {
        return meanOfRows(Batch.ofRows(rows, predictions, targets), rows);
    }

    /**
     * The mean of each row, as {@link #mean(Batch)} gives it for the elements of the row. A refused element is named by its
     * index {@code row * columns + column}.
     *
     * @throws IllegalArgumentException if an array is too short for the rows
     * @throws InvalidElementException if a weight is negative, NaN or infinite
     * @throws StrictModeException in {@linkplain #strict() strict mode}, if an element is not allowed
     */
    public double[] meanOfRows(Batch batch, Rows rows) {
        return new Matrix(batch, rows, threads).lossArray(this, Options.MEAN);
    }

    /**
     * The same into memory.
     *
     * @param means receives a double for each row; must not overlap the inputs
     */
    public void meanOfRows(Batch batch, Rows rows, MemorySegment means) {
        new Matrix(batch, rows, threads).writeLosses(this, Options.MEAN, means);
    }

    /** The sum of each row, as {@link #sumOfRows(Batch, Rows)} gives it. */
    public double[] sumOfRows(Predictions predictions, Targets targets, Rows rows) {
        return sumOfRows(Batch.ofRows(rows, predictions, targets), rows);
    }

    /** The sum of each row, as {@link #sum(Batch)} gives it for the elements of the row; see {@link #meanOfRows(Batch, Rows)}. */
    public double[] sumOfRows(Batch batch, Rows rows) {
        return new Matrix(batch, rows, threads).lossArray(this, Options.SUM);
    }

    /**
     * The same into memory.
     *
     * @param sums receives a double for each row; must not overlap the inputs
     */
    public void sumOfRows(Batch batch, Rows rows, MemorySegment sums) {
        new Matrix(batch, rows, threads).writeLosses(this, Options.SUM, sums);
    }

    /** Whether the other one is of the same function and has the same options. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Loss loss
                && function == loss.function
                && gradientFlags == loss.gradientFlags
                && threads == loss.threads;
    }

    @Override
    public int hashCode() {
        return Objects.hash(function, gradientFlags, threads);
    }

    /** The name, and the options that are not the default: {@code Loss[mnist, from logits, threads=8]}. */
    @Override
    public String toString() {
        return "Loss[" + name()
                + (isFromLogits() ? ", from logits" : "")
                + (isStrict() ? ", strict" : "")
                + (isClamped() ? ", clamped" : "")
                + (accumulatesGradients() ? ", accumulates gradients" : "")
                + (threads > 1 ? ", threads=" + threads : "")
                + "]";
    }

    LossFunction function() {
        return function;
    }

    /** For a pass over memory of which only the checks or the sum of the weights are wanted. */
    Loss fastest() {
        return new Loss(LossFunction.FASTEST, gradientFlags, threads);
    }

    /** The options of a native function that gives no gradient: the function, and the flags. */
    int options() {
        return options;
    }

    /** The options of a native function that gives a gradient. */
    int gradientOptions() {
        return function.option() | gradientFlags;
    }
}
