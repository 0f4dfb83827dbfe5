// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;

/**
 * An evaluation that takes its data in pieces. The result does not depend on how the data was cut, on the order of
 * {@link #add} and {@link #merge}, on the threads or machines that took part, or on their processors.
 *
 * <p>It holds less than a kilobyte of off-heap memory, whatever it is given. Made without an arena it owns that memory, and
 * {@link #close()} frees it. Made in an arena it lives as long as the arena, and {@link #close()} only forbids further use.
 * Using it after either is an {@link IllegalStateException}.
 *
 * <p>Not thread-safe: use it from one thread at a time. Many threads each fill their own and merge them afterwards; for
 * that, an arena of their own choice must not be confined to one thread.
 */
public final class LossAccumulator implements AutoCloseable {
    private final MemorySegment memory;
    private final double threshold;
    private final Arena owned;
    private boolean closed;

    /** @param owned the arena to close, or null if that is somebody else's business */
    private LossAccumulator(MemorySegment memory, Arena owned) {
        this.memory = memory;
        this.threshold = Kernels.result(memory).threshold();
        this.owned = owned;
    }

    /** An empty accumulator with the threshold {@value MnistLoss#DEFAULT_THRESHOLD}, which owns its memory. */
    public static LossAccumulator create() {
        return create(MnistLoss.DEFAULT_THRESHOLD);
    }

    /**
     * An empty accumulator, which owns its memory.
     *
     * @param threshold a prediction above it counts as positive
     * @throws IllegalArgumentException if the threshold is NaN
     */
    public static LossAccumulator create(double threshold) {
        MnistLoss.requireThreshold(threshold);
        NativeLoader.load();
        return owning(arena -> Kernels.newAccumulator(threshold, arena));
    }

    /**
     * An empty accumulator in an arena, whose owner frees it.
     *
     * @param threshold a prediction above it counts as positive
     * @throws IllegalArgumentException if the threshold is NaN
     */
    public static LossAccumulator create(double threshold, Arena arena) {
        MnistLoss.requireThreshold(threshold);
        NativeLoader.load();
        return new LossAccumulator(Kernels.newAccumulator(threshold, arena), null);
    }

    /**
     * The accumulator that {@link #toBytes()} wrote, on this machine or another, in memory of its own.
     *
     * @throws IllegalArgumentException if the number of bytes is wrong
     * @throws ExactLossException if they are no accumulator
     */
    public static LossAccumulator fromBytes(byte[] bytes) {
        return owning(arena -> deserialize(bytes, arena));
    }

    /**
     * The accumulator that {@link #toBytes()} wrote, on this machine or another, in an arena, whose owner frees it.
     *
     * @throws IllegalArgumentException if the number of bytes is wrong
     * @throws ExactLossException if they are no accumulator
     */
    public static LossAccumulator fromBytes(byte[] bytes, Arena arena) {
        return new LossAccumulator(deserialize(bytes, arena), null);
    }

    /** An accumulator that closes its arena itself, which Error Prone can't see. Shared, for the thread that merges it. */
    @SuppressWarnings("MustBeClosedChecker")
    private static LossAccumulator owning(Function<Arena, MemorySegment> content) {
        Arena arena = Arena.ofShared();
        try {
            return new LossAccumulator(content.apply(arena), arena);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static MemorySegment deserialize(byte[] bytes, Arena arena) {
        NativeLoader.load();
        if (bytes.length != Kernels.ACCUMULATOR_BYTES) {
            throw new IllegalArgumentException(
                    "an accumulator has " + Kernels.ACCUMULATOR_BYTES + " bytes, not " + bytes.length);
        }
        return Kernels.deserialize(bytes, arena);
    }

    /**
     * Adds a batch.
     *
     * @throws IllegalArgumentException if the counts differ
     */
    public void add(Predictions predictions, Targets targets) {
        add(predictions, targets, false);
    }

    /**
     * Adds a batch, or nothing of it if it has a prediction outside [0, 1] or NaN, or a target other than 0 or 1.
     *
     * @throws StrictModeException for the first such element
     * @throws IllegalArgumentException if the counts differ
     */
    public void addStrict(Predictions predictions, Targets targets) {
        add(predictions, targets, true);
    }

    private void add(Predictions predictions, Targets targets, boolean strict) {
        long count = Elements.requireSameCount(predictions, targets);
        Pieces pieces = Pieces.of(count, 1, predictions.segment(), targets.segment());
        if (pieces.isOne()) {
            Kernels.add(memory(), predictions, targets, 0, count, strict);
            return;
        }
        // Added up apart first, so that a refused piece leaves this accumulator as it was.
        try (Arena arena = Arena.ofConfined()) {
            Kernels.merge(memory(), pieces.accumulate(predictions, targets, threshold, strict, arena));
        }
    }

    /**
     * Adds all that another accumulator was given. The other one stays as it is; it may be this one.
     *
     * @throws IllegalArgumentException if the thresholds differ
     */
    public void merge(LossAccumulator other) {
        if (other.threshold != threshold) {
            throw new IllegalArgumentException("an accumulator with threshold " + threshold
                    + " can't take in one with threshold " + other.threshold);
        }
        Kernels.merge(memory(), other.memory());
    }

    /** The evaluation of everything added so far. */
    public Evaluation result() {
        return Kernels.result(memory());
    }

    /**
     * The byte form, for storage and transport. It is the same for the same elements, however they came here, and on every
     * machine and in every language.
     */
    public byte[] toBytes() {
        return Kernels.serialize(memory());
    }

    /**
     * Ends the use of this accumulator, and frees its memory if it owns it. Closing it again does nothing.
     *
     * @throws IllegalStateException if another thread is using it; it then stays open
     */
    @Override
    public void close() {
        if (!closed) {
            if (owned != null) {
                owned.close();
            }
            closed = true;
        }
    }

    private MemorySegment memory() {
        if (closed || !memory.scope().isAlive()) {
            throw new IllegalStateException("the accumulator is closed");
        }
        return memory;
    }
}
