// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The loss of a binary classifier, its gradient and its metrics.
 *
 * <p>The distance of a prediction {@code p} from its target is {@code 1 - p} where the target equals 1, and {@code p}
 * elsewhere. The loss is the mean, or the sum, of the distances:
 *
 * <pre>{@code mnist_loss(predictions, targets) = where(targets == 1, 1 - predictions, predictions).mean()}</pre>
 *
 * <p>It is exact: the real-number result for the given inputs, rounded once, to nearest even. So the bits are the same on
 * every processor, for every number of threads and for every way to cut the data. Every finite prediction is allowed, not
 * only those in [0, 1]. A NaN makes the loss NaN, an infinity makes it infinite, and infinities of both signs make it NaN.
 * The mean of nothing is NaN, its sum 0.
 *
 * <p>Where elements have {@link Weights}, a sum is that of the distances times their weights, and a mean is this sum divided
 * by that of the weights, NaN if that is 0; exact until the one rounding too.
 *
 * <p>An instance is a set of options: immutable, and usable from any thread at the same time. Every method that takes
 * {@link Predictions} and {@link Targets}, or arrays in their place, throws
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
 * and then has written nothing.
 */
public final class MnistLoss {
    /** The threshold where none is set. */
    public static final double DEFAULT_THRESHOLD = 0.5;

    private final int gradientFlags;
    private final double threshold;
    private final int threads;

    /** @param gradientFlags what the options are to {@link Kernels}; all but one concern every operation */
    private MnistLoss(int gradientFlags, double threshold, int threads) {
        this.gradientFlags = gradientFlags;
        this.threshold = threshold;
        this.threads = threads;
    }

    /**
     * Takes every input as predictions, with the threshold {@value #DEFAULT_THRESHOLD} and one thread, and overwrites what
     * is in a gradient's memory.
     *
     * @throws NativeLibraryException if the native library can't be loaded
     */
    public static MnistLoss create() {
        NativeLoader.load();
        return new MnistLoss(0, DEFAULT_THRESHOLD, 1);
    }

    /** The same, but refusing predictions outside [0, 1] or NaN, logits that are NaN, and targets other than 0 and 1. */
    public MnistLoss strict() {
        return new MnistLoss(gradientFlags | Kernels.STRICT, threshold, threads);
    }

    /**
     * The same for predictions that are given as logits: numbers {@code x} of which {@code 1 / (1 + exp(-x))} is the
     * prediction. A distance is that function of {@code -x} where the target equals 1, and of {@code x} elsewhere, so that
     * it keeps all its digits however small it is. It is rounded to float32, or for float64 logits to float64, with the
     * same bits on every processor; the sum of the distances is exact. The threshold is compared with the prediction, and
     * a gradient is that with respect to the logits.
     */
    public MnistLoss logits() {
        return new MnistLoss(gradientFlags | Kernels.LOGITS, threshold, threads);
    }

    /** The same, but adding a gradient to what is in its memory; each sum is rounded once to the type of the gradient. */
    public MnistLoss accumulateGradients() {
        return new MnistLoss(gradientFlags | Kernels.ACCUMULATE, threshold, threads);
    }

    /**
     * The same with another threshold, above which {@link #evaluate} takes a prediction for positive.
     *
     * @param threshold any double but NaN
     * @throws IllegalArgumentException if it is NaN
     */
    public MnistLoss threshold(double threshold) {
        if (Double.isNaN(threshold)) {
            throw new IllegalArgumentException("the threshold is NaN");
        }
        return new MnistLoss(gradientFlags, threshold, threads);
    }

    /**
     * The same with up to {@code threads} threads: the calling one, and others of the fork-join pool that it belongs to, or
     * else of the common one. Inputs under 262,144 elements, and memory that is confined to the calling thread, always take
     * one thread.
     *
     * @throws IllegalArgumentException if {@code threads} is less than 1
     */
    public MnistLoss threads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, not " + threads);
        }
        return new MnistLoss(gradientFlags, threshold, threads);
    }

    /**
     * The loss with these options on a GPU, of arrays in its memory.
     *
     * @param stream in which the GPU works
     * @throws UnsupportedOperationException with {@link #strict()} or {@link #accumulateGradients()}, which GPUs don't offer
     */
    public CudaLoss on(CudaStream stream) {
        return new CudaLoss(cudaOptions(), stream);
    }

    /** These options, which a GPU has too. */
    MnistLoss cudaOptions() {
        if (isStrict()) {
            throw new UnsupportedOperationException("strict mode is not offered on a GPU");
        }
        if ((gradientFlags & Kernels.ACCUMULATE) != 0) {
            throw new UnsupportedOperationException("accumulating gradients is not offered on a GPU");
        }
        return this;
    }

    /** The mean distance; NaN if there are no elements. */
    public double mean(Predictions predictions, Targets targets) {
        Pieces pieces = pieces(predictions, targets);
        return pieces.isOne()
                ? Kernels.loss(predictions, targets, Reduction.MEAN, flags())
                : total(pieces, predictions, targets, null).loss();
    }

    /**
     * The mean distance of arrays, as {@link #mean(Predictions, Targets)} gives it for views of them. Up to 1,024 elements need
     * no views, which take half as long to make as the mean of 64 does, or longer.
     *
     * @throws NullPointerException if an array is null
     */
    public double mean(float[] predictions, byte[] targets) {
        return isShort(predictions, targets)
                ? Kernels.loss(predictions, targets, Reduction.MEAN, flags())
                : mean(Predictions.of(predictions), Targets.of(targets));
    }

    /** The mean of weighted distances; NaN if the weights add up to 0. */
    public double mean(Predictions predictions, Targets targets, Weights weights) {
        Pieces pieces = pieces(predictions, targets, weights);
        return pieces.isOne()
                ? Kernels.loss(predictions, targets, weights, Reduction.MEAN, flags())
                : total(pieces, predictions, targets, weights).loss();
    }

    /** The sum of the distances; 0 if there are no elements. */
    public double sum(Predictions predictions, Targets targets) {
        Pieces pieces = pieces(predictions, targets);
        return pieces.isOne()
                ? Kernels.loss(predictions, targets, Reduction.SUM, flags())
                : total(pieces, predictions, targets, null).lossSum();
    }

    /**
     * The sum of the distances of arrays, as {@link #sum(Predictions, Targets)} gives it; see {@link #mean(float[], byte[])}.
     *
     * @throws NullPointerException if an array is null
     */
    public double sum(float[] predictions, byte[] targets) {
        return isShort(predictions, targets)
                ? Kernels.loss(predictions, targets, Reduction.SUM, flags())
                : sum(Predictions.of(predictions), Targets.of(targets));
    }

    /** The sum of weighted distances; 0 if there are no elements. */
    public double sum(Predictions predictions, Targets targets, Weights weights) {
        Pieces pieces = pieces(predictions, targets, weights);
        return pieces.isOne()
                ? Kernels.loss(predictions, targets, weights, Reduction.SUM, flags())
                : total(pieces, predictions, targets, weights).lossSum();
    }

    /** The loss and all metrics, in one pass over memory. */
    public Evaluation evaluate(Predictions predictions, Targets targets) {
        Pieces pieces = pieces(predictions, targets);
        return pieces.isOne()
                ? Kernels.evaluate(predictions, targets, threshold, flags())
                : evaluate(pieces, predictions, targets, null);
    }

    /** The loss and all metrics of weighted elements, in one pass over memory. */
    public Evaluation evaluate(Predictions predictions, Targets targets, Weights weights) {
        Pieces pieces = pieces(predictions, targets, weights);
        return pieces.isOne()
                ? Kernels.evaluate(predictions, targets, weights, threshold, flags())
                : evaluate(pieces, predictions, targets, weights);
    }

    /** The mean of each row, as {@link #mean(Predictions, Targets)} gives it for the elements of the row. */
    public double[] meanRows(Predictions predictions, Targets targets, Rows rows) {
        return lossRows(predictions, targets, rows, Reduction.MEAN);
    }

    /** The sum of each row, as {@link #sum(Predictions, Targets)} gives it for the elements of the row. */
    public double[] sumRows(Predictions predictions, Targets targets, Rows rows) {
        return lossRows(predictions, targets, rows, Reduction.SUM);
    }

    private double[] lossRows(Predictions predictions, Targets targets, Rows rows, Reduction reduction) {
        Rows within = rows.within(predictions, targets);
        if (areLong(within, predictions, targets)) {
            return evaluateRows(predictions, targets, within).stream()
                    .mapToDouble(reduction == Reduction.MEAN ? Evaluation::loss : Evaluation::lossSum)
                    .toArray();
        }
        Pieces pieces = Pieces.ofRows(within, threads, predictions, targets);
        try (Arena arena = pieces.newArena()) {
            MemorySegment losses = arena.allocate(ValueLayout.JAVA_DOUBLE, within.rows());
            pieces.run((thread, from, length) -> Kernels.lossRows(
                    predictions,
                    targets,
                    within,
                    from,
                    length,
                    reduction,
                    flags(),
                    losses.asSlice(from * Double.BYTES, length * Double.BYTES)));
            return losses.toArray(ValueLayout.JAVA_DOUBLE);
        }
    }

    /** The loss and all metrics of each row, as {@link #evaluate(Predictions, Targets)} gives them for its elements. */
    public List<Evaluation> evaluateRows(Predictions predictions, Targets targets, Rows rows) {
        Rows within = rows.within(predictions, targets);
        if (areLong(within, predictions, targets)) {
            return LongStream.range(0, within.rows())
                    .mapToObj(row -> evaluateRow(predictions, targets, within, row))
                    .toList();
        }
        Pieces pieces = Pieces.ofRows(within, threads, predictions, targets);
        try (Arena arena = pieces.newArena()) {
            MemorySegment evaluations = Kernels.newEvaluations(within.rows(), arena);
            pieces.run((thread, from, length) -> Kernels.evaluateRows(
                    predictions,
                    targets,
                    within,
                    from,
                    length,
                    threshold,
                    flags(),
                    Kernels.evaluations(evaluations, from, length)));
            return LongStream.range(0, within.rows())
                    .mapToObj(row -> Scratch.read(Kernels.evaluations(evaluations, row, 1)))
                    .toList();
        }
    }

    /** Whether even a single row has to be cut. */
    private boolean areLong(Rows rows, Predictions predictions, Targets targets) {
        long columns = rows.rows() == 0 ? 0 : rows.columns();
        MemorySegment firstPredictions = predictions.range(0, columns);
        return !Pieces.of(columns, threads, firstPredictions, targets.range(0, columns))
                .isOne();
    }

    private Evaluation evaluateRow(Predictions predictions, Targets targets, Rows rows, long row) {
        try {
            return evaluate(
                    predictions.slice(row * rows.predictionsStride(), rows.columns()),
                    targets.slice(row * rows.targetsStride(), rows.columns()));
        } catch (StrictModeException e) {
            throw new StrictModeException(e.argument(), row * rows.columns() + e.index(), e.value(), isLogits());
        }
    }

    /**
     * The distances themselves, in the type of the predictions. {@code 1 - p} is rounded to that type, as PyTorch does it.
     *
     * @param distances receives one element for each prediction, in native, mapped or heap memory of any alignment; may be
     *     the predictions' own memory, but must not overlap the inputs otherwise. What follows the last distance is kept.
     */
    public void none(Predictions predictions, Targets targets, MemorySegment distances) {
        long count = Elements.requireSameCount(predictions, targets);
        Output output = new Output(distances, predictions.type(), count);
        output.requireApart(targets.segment());
        output.requireApartOrInPlace(predictions.segment());
        Pieces pieces = Pieces.of(count, threads, predictions.segment(), targets.segment(), output.segment());
        if (pieces.isOne()) {
            Kernels.none(predictions, targets, 0, count, flags(), output.segment());
            return;
        }
        requireAllowed(pieces, predictions, targets);
        pieces.run((thread, from, length) ->
                Kernels.none(predictions, targets, from, length, lenient(flags()), output.range(from, length)));
    }

    /** The gradient of the mean, with upstream 1: see {@link #gradient(Targets, Reduction, double, MemorySegment)}. */
    public void gradient(Targets targets, MemorySegment gradient) {
        gradient(targets, Reduction.MEAN, 1, gradient);
    }

    /**
     * The gradient of the loss with respect to float32 predictions, on which it does not depend: {@code -g} where the
     * target equals 1, {@code g} elsewhere. {@code g} is {@code upstream / count} for {@link Reduction#MEAN} and
     * {@code upstream} otherwise, rounded once to float.
     *
     * @param upstream the derivative of the final result with respect to the loss; NaN and infinities pass on
     * @param gradient receives one float32 for each target, in native, mapped or heap memory of any alignment that does not
     *     overlap the targets. What follows the last one is kept.
     * @throws UnsupportedOperationException with {@link #logits()}: that gradient depends on them
     */
    public void gradient(Targets targets, Reduction reduction, double upstream, MemorySegment gradient) {
        if (isLogits()) {
            throw new UnsupportedOperationException("the gradient with respect to logits needs the logits");
        }
        gradient(targets, reduction, upstream, new Output(gradient, ElementType.FLOAT32, targets.count()));
    }

    /**
     * The gradient of the loss with respect to the predictions, in their type. Without {@link #logits()} it is that of
     * {@link #gradient(Targets, Reduction, double, MemorySegment)} but for the type, and predictions are neither read nor
     * refused. With respect to logits {@code x} it is {@code -g * s} where the target equals 1 and {@code g * s} elsewhere,
     * {@code s} being the product of the predictions of {@code x} and {@code -x}. There, {@code g}, {@code s} and the result
     * are each rounded to float32, or for float64 to float64, and the result to the type of the logits.
     *
     * @param upstream the derivative of the final result with respect to the loss; NaN and infinities pass on
     * @param gradient receives one element for each prediction, in native, mapped or heap memory of any alignment; may be
     *     the predictions' own memory, unless it is to be added to, but must not overlap the inputs otherwise. What follows
     *     the last one is kept.
     */
    public void gradient(
            Predictions predictions, Targets targets, Reduction reduction, double upstream, MemorySegment gradient) {
        Output output = gradientOutput(predictions, targets, gradient);
        if (isLogits()) {
            lossAndGradient(predictions, targets, reduction, upstream, output);
        } else {
            gradient(targets, reduction, upstream, output);
        }
    }

    /**
     * The loss and its gradient in one pass over memory, with the bits of {@link #mean(Predictions, Targets) mean} or
     * {@link #sum(Predictions, Targets) sum}, and of {@link #gradient(Predictions, Targets, Reduction, double,
     * MemorySegment) gradient}.
     *
     * @param upstream the derivative of the final result with respect to the loss; NaN and infinities pass on
     * @param gradient receives one element for each prediction, in native, mapped or heap memory of any alignment; may be
     *     the predictions' own memory, unless it is to be added to, but must not overlap the inputs otherwise. What follows
     *     the last one is kept.
     * @throws IllegalArgumentException if {@code reduction} is {@link Reduction#NONE}, which has no loss
     */
    public double lossAndGradient(
            Predictions predictions, Targets targets, Reduction reduction, double upstream, MemorySegment gradient) {
        if (reduction == Reduction.NONE) {
            throw new IllegalArgumentException("a reduction of NONE has no loss; gradient() gives its gradient alone");
        }
        return lossAndGradient(
                predictions, targets, reduction, upstream, gradientOutput(predictions, targets, gradient));
    }

    /** The loss is of no use without a reduction. */
    private double lossAndGradient(
            Predictions predictions, Targets targets, Reduction reduction, double upstream, Output output) {
        long count = output.count();
        Pieces pieces = Pieces.of(count, threads, predictions.segment(), targets.segment(), output.segment());
        if (pieces.isOne()) {
            return Kernels.lossAndGradient(predictions, targets, reduction, upstream, gradientFlags, output.segment());
        }
        long divisor = divisor(reduction, count);
        try (Arena arena = pieces.newAccumulatorArena()) {
            Evaluation all = Kernels.result(
                    uncounted().accumulateWithGradient(pieces, predictions, targets, upstream, divisor, output, arena));
            return reduction == Reduction.MEAN ? all.loss() : all.lossSum();
        }
    }

    private void gradient(Targets targets, Reduction reduction, double upstream, Output output) {
        output.requireApart(targets.segment());
        long count = targets.count();
        ElementType type = output.type();
        Pieces pieces = Pieces.of(count, threads, targets.segment(), output.segment());
        if (pieces.isOne()) {
            Kernels.gradient(targets, 0, count, reduction, upstream, gradientFlags, output.segment(), type);
            return;
        }
        // A piece does not know the whole count, so it gets the quotient instead.
        double step = Kernels.quotient(upstream, divisor(reduction, count), type);
        if (isStrict()) {
            // Refuses bad targets of any piece before the first one is written: into memory that nobody reads.
            long piece = Math.min(pieces.piece(), Pieces.ELEMENTS);
            MemorySegment[] unread = new MemorySegment[pieces.threads()];
            Arrays.setAll(unread, thread -> MemorySegment.ofArray(new byte[(int) type.bytes(piece)]));
            new Pieces(count, pieces.threads(), piece)
                    .run((thread, from, length) -> Kernels.gradient(
                            targets, from, length, Reduction.SUM, step, flags(), unread[thread], type));
        }
        pieces.run((thread, from, length) -> Kernels.gradient(
                targets, from, length, Reduction.SUM, step, lenient(gradientFlags), output.range(from, length), type));
    }

    Pieces pieces(Predictions predictions, Targets targets) {
        long count = Elements.requireSameCount(predictions, targets);
        return Pieces.of(count, threads, predictions.segment(), targets.segment());
    }

    Pieces pieces(Predictions predictions, Targets targets, Weights weights) {
        long count = Elements.requireSameCount(predictions, targets, weights);
        return Pieces.of(count, threads, predictions.segment(), targets.segment(), weights.segment());
    }

    /** Whether arrays of one length fit one short downcall. */
    private static boolean isShort(float[] predictions, byte[] targets) {
        return predictions.length == targets.length && predictions.length <= Pieces.SHORT;
    }

    private Evaluation evaluate(Pieces pieces, Predictions predictions, Targets targets, Weights weights) {
        try (Arena arena = pieces.newAccumulatorArena()) {
            return Kernels.result(accumulate(pieces, predictions, targets, weights, arena));
        }
    }

    /** The evaluation as far as it is the loss. */
    private Evaluation total(Pieces pieces, Predictions predictions, Targets targets, Weights weights) {
        return uncounted().evaluate(pieces, predictions, targets, weights);
    }

    /** The same with a threshold that nothing is above, so that the kernels need not count. */
    private MnistLoss uncounted() {
        return threshold(Double.POSITIVE_INFINITY);
    }

    /**
     * The accumulator of all elements.
     *
     * @param weights null where there are none
     */
    MemorySegment accumulate(Pieces pieces, Predictions predictions, Targets targets, Weights weights, Arena arena) {
        Pieces.Addition addition = weights == null
                ? (sum, from, length) -> Kernels.add(sum, predictions, targets, from, length, flags())
                : (sum, from, length) -> Kernels.add(sum, predictions, targets, weights, from, length, flags());
        return pieces.accumulate(threshold, arena, addition);
    }

    /** The accumulator of all elements, with their gradient. */
    MemorySegment accumulateWithGradient(
            Pieces pieces,
            Predictions predictions,
            Targets targets,
            double upstream,
            long divisor,
            Output gradient,
            Arena arena) {
        requireAllowed(pieces, predictions, targets);
        return pieces.accumulate(
                threshold,
                arena,
                (sum, from, length) -> Kernels.addWithGradient(
                        sum,
                        predictions,
                        targets,
                        from,
                        length,
                        upstream,
                        divisor,
                        lenient(gradientFlags),
                        gradient.range(from, length)));
    }

    /** Refuses bad elements of any piece before the first one is written. */
    private void requireAllowed(Pieces pieces, Predictions predictions, Targets targets) {
        if (isStrict()) {
            total(pieces, predictions, targets, null);
        }
    }

    Output gradientOutput(Predictions predictions, Targets targets, MemorySegment gradient) {
        long count = Elements.requireSameCount(predictions, targets);
        Output output = new Output(gradient, predictions.type(), count);
        output.requireApart(targets.segment());
        if ((gradientFlags & Kernels.ACCUMULATE) == 0) {
            output.requireApartOrInPlace(predictions.segment());
        } else {
            output.requireApart(predictions.segment());
        }
        return output;
    }

    private static long divisor(Reduction reduction, long count) {
        return reduction == Reduction.MEAN ? count : 1;
    }

    private boolean isStrict() {
        return (gradientFlags & Kernels.STRICT) != 0;
    }

    boolean isLogits() {
        return (gradientFlags & Kernels.LOGITS) != 0;
    }

    /** For what was checked before. */
    private static int lenient(int flags) {
        return flags & ~Kernels.STRICT;
    }

    /** For an operation that gives no gradient. */
    int flags() {
        return gradientFlags & ~Kernels.ACCUMULATE;
    }

    int gradientFlags() {
        return gradientFlags;
    }

    double threshold() {
        return threshold;
    }

    int threads() {
        return threads;
    }
}
