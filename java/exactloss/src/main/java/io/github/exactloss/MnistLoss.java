// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

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
 * <p>An instance is a set of options: immutable, and usable from any thread at the same time. Every method that takes
 * {@link Predictions} and {@link Targets} throws
 *
 * <ul>
 *   <li>{@link IllegalArgumentException} if their counts differ, or an output is read-only, too small or overlaps an input,
 *   <li>{@link IllegalStateException} if memory that it needs is closed,
 *   <li>{@link WrongThreadException} if such memory is confined to another thread,
 *   <li>{@link StrictModeException} if {@link #strict()} was asked for and an element is not allowed,
 *   <li>{@link ExactLossException} if the native library refuses for another reason,
 * </ul>
 *
 * and then has written nothing.
 */
public final class MnistLoss {
    /** The threshold where none is set. */
    public static final double DEFAULT_THRESHOLD = 0.5;

    private final boolean strict;
    private final double threshold;
    private final int threads;

    private MnistLoss(boolean strict, double threshold, int threads) {
        this.strict = strict;
        this.threshold = threshold;
        this.threads = threads;
    }

    /**
     * Takes every input, with the threshold {@value #DEFAULT_THRESHOLD} and one thread.
     *
     * @throws NativeLibraryException if the native library can't be loaded
     */
    public static MnistLoss create() {
        NativeLoader.load();
        return new MnistLoss(false, DEFAULT_THRESHOLD, 1);
    }

    /** The same, but refusing predictions outside [0, 1] or NaN, and targets other than 0 and 1. */
    public MnistLoss strict() {
        return new MnistLoss(true, threshold, threads);
    }

    /**
     * The same with another threshold, above which {@link #evaluate} takes a prediction for positive.
     *
     * @param threshold any double but NaN
     * @throws IllegalArgumentException if it is NaN
     */
    public MnistLoss threshold(double threshold) {
        requireThreshold(threshold);
        return new MnistLoss(strict, threshold, threads);
    }

    /**
     * The same with up to {@code threads} threads: the calling one, and others of the fork-join pool that it belongs to, or
     * else of the common one. Inputs under 131,072 elements, and memory that is confined to the calling thread, always take
     * one thread.
     *
     * @throws IllegalArgumentException if {@code threads} is less than 1
     */
    public MnistLoss threads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, not " + threads);
        }
        return new MnistLoss(strict, threshold, threads);
    }

    static void requireThreshold(double threshold) {
        if (Double.isNaN(threshold)) {
            throw new IllegalArgumentException("the threshold is NaN");
        }
    }

    /** The mean distance; NaN if there are no elements. */
    public double mean(Predictions predictions, Targets targets) {
        Pieces pieces = pieces(predictions, targets);
        return pieces.isOne()
                ? Kernels.loss(predictions, targets, Reduction.MEAN, strict)
                : accumulate(pieces, predictions, targets).loss();
    }

    /** The sum of the distances; 0 if there are no elements. */
    public double sum(Predictions predictions, Targets targets) {
        Pieces pieces = pieces(predictions, targets);
        return pieces.isOne()
                ? Kernels.loss(predictions, targets, Reduction.SUM, strict)
                : accumulate(pieces, predictions, targets).lossSum();
    }

    /** The loss and all metrics, in one pass over memory. */
    public Evaluation evaluate(Predictions predictions, Targets targets) {
        Pieces pieces = pieces(predictions, targets);
        return pieces.isOne()
                ? Kernels.evaluate(predictions, targets, threshold, strict)
                : accumulate(pieces, predictions, targets);
    }

    /**
     * The distances themselves. {@code 1 - p} is rounded to float, as PyTorch does it.
     *
     * @param distances receives one float32 for each element, in native, mapped or heap memory of any alignment; may be the
     *     predictions' own memory, but must not overlap the inputs otherwise. What follows the last distance is kept.
     */
    public void none(Predictions predictions, Targets targets, MemorySegment distances) {
        long count = Elements.requireSameCount(predictions, targets);
        MemorySegment output = output(distances, count);
        requireApart(output, targets);
        if (!output.equals(predictions.segment())) {
            requireApart(output, predictions);
        }
        Pieces pieces = Pieces.of(count, threads, predictions.segment(), targets.segment(), output);
        if (pieces.isOne()) {
            Kernels.none(predictions, targets, 0, count, strict, output);
            return;
        }
        if (strict) {
            // Refuses bad elements of any piece before the first one is written.
            accumulate(pieces, predictions, targets);
        }
        pieces.run((range, from, length) ->
                Kernels.none(predictions, targets, from, length, false, floats(output, from, length)));
    }

    /** The gradient of the mean, with upstream 1: see {@link #gradient(Targets, Reduction, double, MemorySegment)}. */
    public void gradient(Targets targets, MemorySegment gradient) {
        gradient(targets, Reduction.MEAN, 1, gradient);
    }

    /**
     * The gradient of the loss with respect to the predictions: {@code -g} where the target equals 1, {@code g} elsewhere.
     * It does not depend on the predictions. {@code g} is {@code upstream / count} for {@link Reduction#MEAN} and
     * {@code upstream} otherwise, rounded once to float.
     *
     * @param upstream the derivative of the final result with respect to the loss; NaN and infinities pass on
     * @param gradient receives one float32 for each target, in native, mapped or heap memory of any alignment that does not
     *     overlap the targets. What follows the last one is kept.
     */
    public void gradient(Targets targets, Reduction reduction, double upstream, MemorySegment gradient) {
        long count = targets.count();
        MemorySegment output = output(gradient, count);
        requireApart(output, targets);
        Pieces pieces = Pieces.of(count, threads, targets.segment(), output);
        if (pieces.isOne()) {
            Kernels.gradient(targets, 0, count, reduction, upstream, strict, output);
            return;
        }
        // A piece does not know the whole count, so it gets the quotient instead.
        double step = reduction == Reduction.MEAN ? quotientRoundedToOdd(upstream, count) : upstream;
        if (strict) {
            // Refuses bad targets of any piece before the first one is written: into memory that nobody reads.
            long piece = Math.min(pieces.piece(), Pieces.ELEMENTS);
            MemorySegment[] unread = new MemorySegment[pieces.ranges()];
            Arrays.setAll(unread, range -> MemorySegment.ofArray(new float[(int) piece]));
            new Pieces(count, pieces.ranges(), piece)
                    .run((range, from, length) ->
                            Kernels.gradient(targets, from, length, Reduction.SUM, step, true, unread[range]));
        }
        pieces.run((range, from, length) ->
                Kernels.gradient(targets, from, length, Reduction.SUM, step, false, floats(output, from, length)));
    }

    private Pieces pieces(Predictions predictions, Targets targets) {
        long count = Elements.requireSameCount(predictions, targets);
        return Pieces.of(count, threads, predictions.segment(), targets.segment());
    }

    private Evaluation accumulate(Pieces pieces, Predictions predictions, Targets targets) {
        try (Arena arena = pieces.ranges() == 1 ? Arena.ofConfined() : Arena.ofShared()) {
            return Kernels.result(pieces.accumulate(predictions, targets, threshold, strict, arena));
        }
    }

    private static MemorySegment output(MemorySegment segment, long count) {
        if (segment.isReadOnly()) {
            throw new IllegalArgumentException("the output is read-only");
        }
        if (segment.byteSize() / Float.BYTES < count) {
            throw new IllegalArgumentException(
                    "the output has " + segment.byteSize() + " bytes, too few for " + count + " floats");
        }
        return floats(segment, 0, count);
    }

    private static void requireApart(MemorySegment output, Elements input) {
        if (output.asOverlappingSlice(input.segment()).isPresent()) {
            throw new IllegalArgumentException("the output overlaps an input");
        }
    }

    private static MemorySegment floats(MemorySegment segment, long from, long count) {
        return segment.asSlice(from * Float.BYTES, count * Float.BYTES);
    }

    /**
     * The quotient rounded to the neighbouring double with an odd last bit unless it is exact. Rounded again, to float, it
     * gives the correctly rounded quotient, which two roundings to nearest do not.
     */
    static double quotientRoundedToOdd(double upstream, long count) {
        double quotient = upstream / count;
        double excess = Math.fma(quotient, (double) count, -upstream);
        boolean isOdd = (Double.doubleToRawLongBits(quotient) & 1) != 0;
        if (isOdd || excess == 0 || !Double.isFinite(excess)) {
            return quotient;
        }
        return excess < 0 ? Math.nextUp(quotient) : Math.nextDown(quotient);
    }
}
