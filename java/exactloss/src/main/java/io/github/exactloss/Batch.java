// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.Kernels;
import io.github.exactloss.internal.Pieces;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Predictions, their targets and, optionally, their weights. A batch is immutable, but only views its memory: nothing is
 * copied.
 *
 * <pre>{@code Batch batch = Batch.of(predictions, targets).weights(weights);}</pre>
 */
public final class Batch {
    final Predictions predictions;
    final Targets targets;

    /** Null if there are none. */
    final Weights weights;

    /** Without a check of the counts. */
    Batch(Predictions predictions, Targets targets, Weights weights) {
        this.predictions = predictions;
        this.targets = targets;
        this.weights = weights;
    }

    /**
     * Elements without weights.
     *
     * @throws IllegalArgumentException if the counts differ
     */
    public static Batch of(Predictions predictions, Targets targets) {
        Elements.requireSameCount(predictions, targets, null);
        return new Batch(predictions, targets, null);
    }

    /**
     * The elements of a matrix's rows, for the operations that take {@link Rows}. Counts may differ if strides do: all rows
     * may have the same targets, for example.
     *
     * @throws IllegalArgumentException if an array is too short for the rows
     */
    public static Batch ofRows(Rows rows, Predictions predictions, Targets targets) {
        rows.within(predictions, targets, null);
        return new Batch(predictions, targets, null);
    }

    /**
     * The weighted elements of a matrix's rows, for the operations that take {@link Rows}. Counts may differ if strides do:
     * all rows may have the same weights, for example.
     *
     * @throws IllegalArgumentException if an array is too short for the rows
     */
    public static Batch ofRows(Rows rows, Predictions predictions, Targets targets, Weights weights) {
        rows.within(predictions, targets, weights);
        return new Batch(predictions, targets, weights);
    }

    /**
     * The same elements with weights.
     *
     * @throws IllegalArgumentException if the counts differ
     */
    public Batch weights(Weights weights) {
        Elements.requireSameCount(predictions, targets, weights);
        return new Batch(predictions, targets, weights);
    }

    /**
     * {@code count} elements from {@code from} on.
     *
     * @throws IndexOutOfBoundsException if there are no such elements
     */
    public Batch slice(long from, long count) {
        return new Batch(
                predictions.slice(from, count),
                targets.slice(from, count),
                weights == null ? null : weights.slice(from, count));
    }

    /** The number of elements; after {@link #ofRows}, the number of predictions. */
    public long count() {
        return predictions.count();
    }

    /** The predictions, or logits. */
    public Predictions predictions() {
        return predictions;
    }

    /** The targets. */
    public Targets targets() {
        return targets;
    }

    /** The weights, if there are any. */
    public Optional<Weights> weights() {
        return Optional.ofNullable(weights);
    }

    /** The three views: {@code Batch[Predictions[float32 x 64, heap], Targets[uint8 x 64, heap]]}. */
    @Override
    public String toString() {
        return "Batch[" + predictions + ", " + targets + (weights == null ? "" : ", " + weights) + "]";
    }

    void requireSameCount() {
        Elements.requireSameCount(predictions, targets, weights);
    }

    /** The memory of the weights; the null segment without weights. */
    MemorySegment weightsSegment() {
        return weights == null ? MemorySegment.NULL : weights.segment();
    }

    /** For an operation that only reads. */
    Pieces pieces(int threads) {
        return Pieces.of(count(), threads, predictions.segment(), targets.segment(), weightsSegment());
    }

    /** For an operation that also writes one element for each element of the batch. */
    Pieces pieces(int threads, Output output) {
        return Pieces.of(
                count(), threads, predictions.segment(), targets.segment(), weightsSegment(), output.segment());
    }

    /** The accumulator of all elements, in memory that this thread's next accumulation may overwrite. */
    MemorySegment accumulate(Pieces pieces, int options, int losses, double threshold) {
        return pieces.accumulate(losses, threshold, (sum, from, length) -> {
            Batch piece = slice(from, length);
            Kernels.add(sum, options, piece.predictions, piece.targets, piece.weights, null);
        });
    }
}
