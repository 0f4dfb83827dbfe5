// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.function.Function;

/** What takes batches, wherever it keeps their sum. */
abstract sealed class BatchAccumulator implements AutoCloseable
        permits LossAccumulator, ConcurrentLossAccumulator, LossWindow {
    private final MnistLoss options;

    BatchAccumulator(MnistLoss options) {
        this.options = options;
    }

    @Override
    public abstract void close();

    /** Lets something be added to the memory of an accumulator that no other thread uses meanwhile. */
    abstract void update(Consumer<MemorySegment> addition);

    /** Lets the sum of everything be read, in the memory of an accumulator that only this thread writes to. */
    abstract <T> T read(Function<MemorySegment, T> reading);

    /** The options that it was made with. */
    public final MnistLoss options() {
        return options;
    }

    /** Adds a batch. */
    public final void add(Predictions predictions, Targets targets) {
        Pieces pieces = options.pieces(predictions, targets);
        if (pieces.isOne()) {
            update(memory -> Kernels.add(memory, predictions, targets, 0, pieces.count(), options.flags()));
        } else {
            addApart(pieces, predictions, targets, null);
        }
    }

    /** Adds a batch of weighted elements. */
    public final void add(Predictions predictions, Targets targets, Weights weights) {
        Pieces pieces = options.pieces(predictions, targets, weights);
        if (pieces.isOne()) {
            update(memory -> Kernels.add(memory, predictions, targets, weights, 0, pieces.count(), options.flags()));
        } else {
            addApart(pieces, predictions, targets, weights);
        }
    }

    /** By way of another accumulator, so that a refused piece leaves this one as it was. */
    private void addApart(Pieces pieces, Predictions predictions, Targets targets, Weights weights) {
        try (Arena arena = pieces.newAccumulatorArena()) {
            MemorySegment sum = options.accumulate(pieces, predictions, targets, weights, arena);
            update(memory -> Kernels.merge(memory, sum));
        }
    }

    /**
     * Adds all that another accumulator was given. The other one stays as it is.
     *
     * @throws IllegalArgumentException if the thresholds differ
     */
    public final void merge(LossAccumulator other) {
        double threshold = other.options().threshold();
        if (threshold != options.threshold()) {
            throw new IllegalArgumentException("an accumulator with threshold " + options.threshold()
                    + " can't take in one with threshold " + threshold);
        }
        update(memory -> Kernels.merge(memory, other.memory()));
    }

    /** The evaluation of everything that {@link #snapshot()} would have. */
    public final Evaluation result() {
        return read(Kernels::result);
    }

    /**
     * The byte form of {@link #snapshot()}, for storage and transport. It is the same for the same elements, however they
     * came here, and on every machine and in every language.
     */
    public final byte[] toBytes() {
        return read(Kernels::serialize);
    }

    /** An accumulator, with the same options, of everything that this one has now. It owns its memory: close it. */
    public final LossAccumulator snapshot() {
        return read(memory -> LossAccumulator.copyOf(memory, options));
    }
}
