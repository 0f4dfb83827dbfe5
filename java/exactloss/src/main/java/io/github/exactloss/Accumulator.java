// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.Accumulators;
import io.github.exactloss.internal.Kernels;
import io.github.exactloss.internal.Linkage;
import io.github.exactloss.internal.Pieces;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;

/**
 * An evaluation that takes its data in pieces. The result does not depend on how the data was cut, on the order of
 * {@link #add(Batch) add} and {@link #merge}, on the threads or machines that took part, or on their processors.
 *
 * <pre>{@code
 * Accumulator total = Evaluator.of(Loss.mnist()).newAccumulator();
 * total.add(first);
 * total.add(second);
 * double loss = total.evaluate().mean(Loss.mnist());
 * }</pre>
 *
 * <p>It is made by an {@link Evaluator} and has its options. It holds 4.9 kilobytes on the heap, for any number of elements;
 * there is nothing to close. {@link Evaluator#newAccumulator()} makes one for one thread at a time: many threads may each
 * fill their own and merge them afterwards. {@link Evaluator#newConcurrentAccumulator()} and {@link Evaluator#newWindow}
 * make ones that all threads may use at the same time.
 *
 * <p>Methods that add data throw the exceptions that {@link Loss} lists, and then have added and written nothing. More than
 * 2<sup>63</sup> - 1 elements, which only merging can reach, are an {@link ExactLossException}: of {@link #merge}, or, if
 * they lie in the sums of several threads or intervals, of what reads them.
 */
public abstract sealed class Accumulator permits PlainAccumulator, ConcurrentAccumulator, WindowAccumulator {
    private final Evaluator evaluator;

    Accumulator(Evaluator evaluator) {
        this.evaluator = evaluator;
    }

    /** Applies an addition to a state that no other thread uses meanwhile. */
    abstract void update(Consumer<MemorySegment> addition);

    /** Gives the sum of everything, for this thread to read before it calls another method. */
    abstract MemorySegment sum();

    /** Takes everything out, and merges it into a state that no other thread uses meanwhile. */
    abstract void moveTo(MemorySegment state);

    /** An empty state. */
    static MemorySegment newState(Evaluator evaluator) {
        MemorySegment state = Accumulators.allocate(1);
        clear(state, evaluator);
        return state;
    }

    /** Empties a state. */
    static void clear(MemorySegment state, Evaluator evaluator) {
        Accumulators.initialise(state, evaluator.lossOptions(), evaluator.threshold());
    }

    /** The evaluator that made it. */
    public final Evaluator evaluator() {
        return evaluator;
    }

    /**
     * Adds elements.
     *
     * @throws IllegalArgumentException if the counts differ
     * @throws StrictModeException in {@linkplain Evaluator#strict() strict mode}, if an element is not allowed
     */
    public final void add(Predictions predictions, Targets targets) {
        add(Batch.of(predictions, targets));
    }

    /**
     * Adds a batch.
     *
     * @throws InvalidElementException if a weight is negative, NaN or infinite
     * @throws StrictModeException in {@linkplain Evaluator#strict() strict mode}, if an element is not allowed
     */
    public final void add(Batch batch) {
        batch.requireSameCount();
        Pieces pieces = batch.pieces(evaluator.threads());
        // A state lies on the heap, so only a critical call can add to it. A batch that takes another call, or several,
        // is summed apart first, so that a refused piece leaves this accumulator as it was.
        if (pieces.isOne()
                && Linkage.isCritical(
                        batch.count(),
                        batch.predictions.segment(),
                        batch.targets.segment(),
                        batch.weightsSegment(),
                        MemorySegment.NULL)) {
            update(state ->
                    Kernels.add(state, evaluator.flags(), batch.predictions, batch.targets, batch.weights, null));
        } else {
            MemorySegment sum = evaluator.accumulate(pieces, batch);
            update(state -> Accumulators.merge(state, sum));
        }
    }

    /**
     * Adds a batch and gives the gradient of a loss, in one pass over memory: for a mini-batch that comes in pieces, or for a
     * training step whose loss goes into that of the epoch. The gradient is that of
     * {@link Loss#gradient(Batch, double, long, MemorySegment)}.
     *
     * @param loss one of the evaluator's, from logits, strict and clamped where the evaluator is
     * @param upstream the derivative of the final result with respect to the loss; NaN and infinities pass on
     * @param divisor for a mean the number of elements of all pieces; for a sum 1
     * @param gradient receives one element for each prediction, in their type
     * @throws IllegalArgumentException if the loss does not fit the evaluator, the divisor is less than 1, or the output is
     *     read-only, too small or overlaps an input
     * @throws InvalidElementException if a weight is negative, NaN or infinite
     * @throws StrictModeException in {@linkplain Evaluator#strict() strict mode}, if an element is not allowed
     */
    public final void addWithGradient(Loss loss, Batch batch, double upstream, long divisor, MemorySegment gradient) {
        requireFit(loss);
        Gradients.requireDivisor(divisor);
        Output output = Output.gradient(batch, gradient, loss.accumulatesGradients());
        Pieces pieces = batch.pieces(evaluator.threads(), output);
        if (pieces.isOne()
                && Linkage.isCritical(
                        batch.count(),
                        batch.predictions.segment(),
                        batch.targets.segment(),
                        batch.weightsSegment(),
                        output.segment())) {
            update(state -> Kernels.addWithGradient(
                    state,
                    loss.gradientOptions(),
                    batch.predictions,
                    batch.targets,
                    batch.weights,
                    upstream,
                    divisor,
                    output.segment()));
        } else {
            MemorySegment sum = Gradients.accumulate(
                    loss.threads(evaluator.threads()),
                    evaluator.lossOptions(),
                    evaluator.threshold(),
                    pieces,
                    batch,
                    upstream,
                    divisor,
                    output);
            update(state -> Accumulators.merge(state, sum));
        }
    }

    private void requireFit(Loss loss) {
        if (!evaluator.has(loss.function())
                || loss.isFromLogits() != evaluator.isFromLogits()
                || loss.isStrict() != evaluator.isStrict()
                || loss.isClamped() != evaluator.isClamped()) {
            throw new IllegalArgumentException(loss + " does not fit " + evaluator);
        }
    }

    /**
     * Adds each row of a matrix to an accumulator of its own, all rows or none.
     *
     * @param accumulators one for each row, all of equal evaluators
     * @throws IllegalArgumentException if there is not one for each row, their evaluators differ, or an array is too short for
     *     the rows
     * @throws InvalidElementException if a weight is negative, NaN or infinite
     * @throws StrictModeException in {@linkplain Evaluator#strict() strict mode}, if an element is not allowed
     */
    public static void addRows(List<? extends Accumulator> accumulators, Batch batch, Rows rows) {
        if (accumulators.size() != rows.rows()) {
            throw new IllegalArgumentException(rows.rows() + " rows, but " + accumulators.size() + " accumulators");
        }
        if (accumulators.isEmpty()) {
            return;
        }
        Evaluator evaluator = accumulators.getFirst().evaluator();
        for (Accumulator accumulator : accumulators) {
            if (!accumulator.evaluator().equals(evaluator)) {
                throw new IllegalArgumentException(evaluator + " and " + accumulator.evaluator() + " differ");
            }
        }
        MemorySegment sums = new Matrix(batch, rows, evaluator.threads()).accumulators(evaluator);
        for (int row = 0; row < accumulators.size(); row++) {
            MemorySegment sum = Accumulators.at(sums, row);
            accumulators.get(row).update(state -> Accumulators.merge(state, sum));
        }
    }

    /**
     * Adds the content of another accumulator, which stays as it is.
     *
     * @throws IllegalArgumentException if the losses or the thresholds differ
     * @throws ExactLossException if the number of elements would exceed 2<sup>63</sup> - 1
     */
    public final void merge(Accumulator other) {
        evaluator.requireSame(other.evaluator.losses(), other.evaluator.threshold());
        MemorySegment sum = other.sum();
        update(state -> Accumulators.merge(state, sum));
    }

    /** The evaluation of everything so far. */
    public final Evaluation evaluate() {
        return Evaluation.read(Accumulators.evaluate(sum()));
    }

    /**
     * The byte form, for storage and transport; {@link Evaluator#accumulatorFromBytes} reads it. Equal elements give equal
     * bytes, in any order and pieces, on every machine and in every language.
     */
    public final byte[] toBytes() {
        return Accumulators.serialize(sum());
    }

    /** A copy of the current content, in an accumulator for one thread at a time. */
    public final Accumulator copy() {
        PlainAccumulator copy = new PlainAccumulator(evaluator);
        Accumulators.merge(copy.sum(), sum());
        return copy;
    }

    /**
     * Empties this accumulator, and gives its former content in one for one thread at a time. If several threads drain,
     * every batch is in exactly one of their results.
     */
    public final Accumulator drain() {
        PlainAccumulator drained = new PlainAccumulator(evaluator);
        moveTo(drained.sum());
        return drained;
    }

    /** Forgets everything. */
    public final void clear() {
        moveTo(newState(evaluator));
    }

    /** Its kind, its losses and its options: {@code ConcurrentAccumulator[mnist, threshold=0.5]}. */
    @Override
    public final String toString() {
        return getClass().getSimpleName() + "[" + evaluator.description() + "]";
    }
}
