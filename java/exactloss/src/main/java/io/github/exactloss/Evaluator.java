// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.Accumulators;
import io.github.exactloss.internal.Kernels;
import io.github.exactloss.internal.LossFunction;
import io.github.exactloss.internal.Options;
import io.github.exactloss.internal.Pieces;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Evaluates any set of losses at once, and counts correct predictions at a threshold, in one pass over memory.
 *
 * <pre>{@code
 * Evaluator evaluator = Evaluator.of(Loss.log(), Loss.brier()).threshold(0.4);
 * Evaluation evaluation = evaluator.evaluate(batch);
 * double loss = evaluation.mean(Loss.log());
 *
 * Accumulator total = evaluator.newAccumulator();   // nothing to close
 * total.add(batch);
 * }</pre>
 *
 * <p>Immutable, and usable from any thread at the same time. Every method that takes predictions and targets throws the
 * exceptions that {@link Loss} lists.
 */
public final class Evaluator {
    /** The threshold where none is set. */
    public static final double DEFAULT_THRESHOLD = 0.5;

    private final Set<LossFunction> functions;
    private final int lossOptions;
    private final int flags;
    private final double threshold;
    private final int threads;

    private Evaluator(Set<LossFunction> functions, int flags, double threshold, int threads) {
        this.functions = functions;
        this.lossOptions =
                functions.stream().mapToInt(LossFunction::option).reduce(0, (options, option) -> options | option);
        this.flags = flags;
        this.threshold = threshold;
        this.threads = threads;
    }

    /**
     * Evaluates these losses, at the threshold {@value #DEFAULT_THRESHOLD}. It takes their options, which must agree, except
     * for {@link Loss#accumulateGradients()}.
     *
     * @throws IllegalArgumentException if one loss is from logits, strict, clamped or of another number of threads than another
     */
    public static Evaluator of(Loss first, Loss... more) {
        Set<LossFunction> functions = EnumSet.of(first.function());
        for (Loss loss : more) {
            if (flags(loss) != flags(first) || loss.threads() != first.threads()) {
                throw new IllegalArgumentException("the options of " + first + " and " + loss + " differ");
            }
            functions.add(loss.function());
        }
        return new Evaluator(functions, flags(first), DEFAULT_THRESHOLD, first.threads());
    }

    private static int flags(Loss loss) {
        return loss.options() & ~loss.function().option();
    }

    /**
     * The same with another threshold, above which a prediction counts as positive. From logits it is compared with their
     * sigmoid.
     *
     * @param threshold any double but NaN
     * @throws IllegalArgumentException if it is NaN
     */
    public Evaluator threshold(double threshold) {
        if (Double.isNaN(threshold)) {
            throw new IllegalArgumentException("the threshold is NaN");
        }
        return new Evaluator(functions, flags, threshold, threads);
    }

    /** The same for predictions that are given as logits: see {@link Loss#fromLogits()}. */
    public Evaluator fromLogits() {
        return new Evaluator(functions, flags | Options.FROM_LOGITS, threshold, threads);
    }

    /** The same, but refusing what {@link Loss#strict()} refuses. */
    public Evaluator strict() {
        return new Evaluator(functions, flags | Options.STRICT, threshold, threads);
    }

    /** The same, but with the values of the log loss limited: see {@link Loss#clamp()}. */
    public Evaluator clamp() {
        return new Evaluator(functions, flags | Options.CLAMP, threshold, threads);
    }

    /**
     * The same with up to {@code threads} threads: see {@link Loss#threads(int)}.
     *
     * @throws IllegalArgumentException if {@code threads} is less than 1
     */
    public Evaluator threads(int threads) {
        return new Evaluator(functions, flags, threshold, Pieces.requireThreads(threads));
    }

    /** The losses, with default options. */
    public List<Loss> losses() {
        return functions.stream().map(Loss::of).toList();
    }

    /** The threshold above which a prediction counts as positive. */
    public double threshold() {
        return threshold;
    }

    /** Whether predictions are given as logits. */
    public boolean isFromLogits() {
        return (flags & Options.FROM_LOGITS) != 0;
    }

    /** Whether invalid predictions and targets are refused. */
    public boolean isStrict() {
        return (flags & Options.STRICT) != 0;
    }

    /** Whether the values of the log loss are limited. */
    public boolean isClamped() {
        return (flags & Options.CLAMP) != 0;
    }

    /** The most threads that an operation uses. */
    public int threads() {
        return threads;
    }

    /**
     * The losses and all metrics, in one pass over memory.
     *
     * @throws IllegalArgumentException if the counts differ
     * @throws StrictModeException in {@linkplain #strict() strict mode}, if an element is not allowed
     */
    public Evaluation evaluate(Predictions predictions, Targets targets) {
        return evaluate(Batch.of(predictions, targets));
    }

    /**
     * The losses and all metrics, in one pass over memory.
     *
     * @throws InvalidElementException if a weight is negative, NaN or infinite
     * @throws StrictModeException in {@linkplain #strict() strict mode}, if an element is not allowed
     */
    public Evaluation evaluate(Batch batch) {
        batch.requireSameCount();
        Pieces pieces = batch.pieces(threads);
        return Evaluation.read(
                pieces.isOne()
                        ? Kernels.evaluate(options(), batch.predictions, batch.targets, batch.weights, threshold)
                        : Accumulators.evaluate(accumulate(pieces, batch)));
    }

    /** The evaluation of each row, as {@link #evaluateRows(Batch, Rows)} gives it. */
    public List<Evaluation> evaluateRows(Predictions predictions, Targets targets, Rows rows) {
        return evaluateRows(Batch.ofRows(rows, predictions, targets), rows);
    }

    /**
     * The losses and all metrics of each row, as {@link #evaluate(Batch)} gives them for its elements. A refused element is
     * named by its index {@code row * columns + column}.
     *
     * @throws IllegalArgumentException if an array is too short for the rows
     * @throws InvalidElementException if a weight is negative, NaN or infinite
     * @throws StrictModeException in {@linkplain #strict() strict mode}, if an element is not allowed
     */
    public List<Evaluation> evaluateRows(Batch batch, Rows rows) {
        return new Matrix(batch, rows, threads).evaluations(this);
    }

    /** An empty accumulator, for one thread at a time. */
    public Accumulator newAccumulator() {
        return new PlainAccumulator(this);
    }

    /**
     * An empty accumulator for any number of threads at the same time, such as those that serve requests. The results have
     * the same bits as if one thread had added everything, in any order.
     *
     * <p>It keeps a sum of 4.9 kilobytes for each processor, and a thread adds to one that is free. So threads rarely wait for
     * each other, and never longer than a batch takes. A batch is added wholly or not at all, for every other thread too. What
     * is read has every batch whose {@code add} had returned before, and may have some of those that are being added
     * meanwhile. Reading takes the lock of one sum after the other: do it now and then, not after each {@code add}.
     */
    public Accumulator newConcurrentAccumulator() {
        return new ConcurrentAccumulator(this);
    }

    /**
     * An empty accumulator for any number of threads at the same time, which forgets old data. It holds the current interval
     * of time and those before it, {@code intervals} in all: with 60 intervals of 5 seconds, the data of the last 295 to 300
     * seconds.
     *
     * <p>The sums are exact, so expired data leaves no trace: the result has the same bits as if it had never been added.
     * Nothing is subtracted; the sums of the intervals are merged for each evaluation.
     *
     * <p>It starts no thread and needs no timer: the first use in a new interval ends the old one. A batch that is added while
     * an interval ends belongs to this or to the next, and never to both. It takes 4.9 kilobytes for each interval, more than
     * {@link #newConcurrentAccumulator()} does.
     *
     * @param interval the length of an interval; after each, the oldest one is forgotten
     * @param intervals the number of intervals in the window, including the current one
     * @throws IllegalArgumentException if there is less than one, or an interval is not positive or longer than 292 years
     */
    public Accumulator newWindow(Duration interval, int intervals) {
        return new WindowAccumulator(this, interval, intervals, System::nanoTime);
    }

    /**
     * The accumulator, for one thread at a time, that {@link Accumulator#toBytes()} wrote, on this machine or another.
     *
     * @throws IllegalArgumentException if the bytes are not an accumulator's, or it has other losses or another threshold
     */
    public Accumulator accumulatorFromBytes(byte[] bytes) {
        PlainAccumulator accumulator = new PlainAccumulator(this);
        Accumulators.deserialize(accumulator.sum(), bytes);
        Evaluation evaluation = accumulator.evaluate();
        requireSame(evaluation.losses(), evaluation.threshold());
        return accumulator;
    }

    /** Refuses an accumulator with other losses or another threshold. */
    void requireSame(List<Loss> otherLosses, double otherThreshold) {
        if (!otherLosses.equals(losses())) {
            throw new IllegalArgumentException(
                    "an accumulator of " + names(losses()) + " can't take in one of " + names(otherLosses));
        }
        if (otherThreshold != threshold) {
            throw new IllegalArgumentException("an accumulator with threshold " + threshold
                    + " can't take in one with threshold " + otherThreshold);
        }
    }

    static String names(List<Loss> losses) {
        return losses.stream().map(Loss::name).collect(Collectors.joining(", "));
    }

    /** Whether the other one has the same losses and options. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Evaluator evaluator
                && functions.equals(evaluator.functions)
                && flags == evaluator.flags
                && Double.compare(threshold, evaluator.threshold) == 0
                && threads == evaluator.threads;
    }

    @Override
    public int hashCode() {
        return Objects.hash(functions, flags, threshold, threads);
    }

    /** The losses, and the options that are not the default: {@code Evaluator[mnist, threshold=0.5, from logits]}. */
    @Override
    public String toString() {
        return "Evaluator[" + description() + "]";
    }

    /** The losses and options, for {@code toString} methods. */
    String description() {
        return names(losses()) + ", threshold=" + threshold
                + (isFromLogits() ? ", from logits" : "")
                + (isStrict() ? ", strict" : "")
                + (isClamped() ? ", clamped" : "")
                + (threads > 1 ? ", threads=" + threads : "");
    }

    /** The accumulator of a batch, in memory that this thread's next accumulation may overwrite. */
    MemorySegment accumulate(Pieces pieces, Batch batch) {
        return batch.accumulate(pieces, flags, lossOptions, threshold);
    }

    boolean has(LossFunction function) {
        return functions.contains(function);
    }

    /** The constants of the losses. */
    int lossOptions() {
        return lossOptions;
    }

    int flags() {
        return flags;
    }

    /** The options of a native function that evaluates. */
    int options() {
        return lossOptions | flags;
    }
}
