// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * An evaluation that takes its data in pieces. The result does not depend on how the data was cut, on the order of
 * {@link #add} and {@link #merge}, on the threads or machines that took part, or on their processors.
 *
 * <p>It has the options of a {@link MnistLoss}: by default, those of {@link MnistLoss#create()}. They say how data is added;
 * accumulators that are merged need only have the same threshold.
 *
 * <p>It holds about 1.4 kilobytes of off-heap memory, whatever it is given. Made without an arena it owns that memory, and
 * {@link #close()} frees it. Made in an arena it lives as long as the arena, and {@link #close()} only forbids further use.
 * Using it after either is an {@link IllegalStateException}.
 *
 * <p>Methods that add data throw what {@link MnistLoss} names, and then have added and written nothing.
 *
 * <p>Not thread-safe: use it from one thread at a time. Many threads each fill their own and merge them afterwards; for
 * that, an arena of their own choice must not be confined to one thread. Or they share a {@link ConcurrentLossAccumulator}.
 */
public final class LossAccumulator extends BatchAccumulator {
    private final MemorySegment memory;
    private final Arena owned;
    private boolean closed;

    /** @param owned the arena to close, or null if that is somebody else's business */
    private LossAccumulator(MnistLoss options, MemorySegment memory, Arena owned) {
        super(options);
        this.memory = memory;
        this.owned = owned;
    }

    /** An empty accumulator with the default options, which owns its memory. */
    public static LossAccumulator create() {
        return create(MnistLoss.create());
    }

    /** An empty accumulator with the options of a loss, which owns its memory. */
    public static LossAccumulator create(MnistLoss options) {
        return owning(arena -> create(options, arena));
    }

    /** An empty accumulator with the options of a loss, in an arena, whose owner frees it. */
    public static LossAccumulator create(MnistLoss options, Arena arena) {
        return new LossAccumulator(options, Kernels.newAccumulator(options.threshold(), arena), null);
    }

    /**
     * The accumulator that {@link #toBytes()} wrote, on this machine or another, in memory of its own. Its options are the
     * default ones but for the threshold; to go on with others, {@link #merge} it into one that has them.
     *
     * @throws IllegalArgumentException if the number of bytes is wrong
     * @throws ExactLossException if they are no accumulator
     */
    public static LossAccumulator fromBytes(byte[] bytes) {
        return owning(arena -> fromBytes(bytes, arena));
    }

    /**
     * The same in an arena, whose owner frees it.
     *
     * @throws IllegalArgumentException if the number of bytes is wrong
     * @throws ExactLossException if they are no accumulator
     */
    public static LossAccumulator fromBytes(byte[] bytes, Arena arena) {
        MnistLoss options = MnistLoss.create();
        if (bytes.length != Kernels.ACCUMULATOR_BYTES) {
            throw new IllegalArgumentException(
                    "an accumulator has " + Kernels.ACCUMULATOR_BYTES + " bytes, not " + bytes.length);
        }
        MemorySegment memory = Kernels.deserialize(bytes, arena);
        double threshold = Kernels.result(memory).threshold();
        return new LossAccumulator(options.threshold(threshold), memory, null);
    }

    /** An accumulator that closes its arena itself, which Error Prone can't see. Shared, for the thread that merges it. */
    @SuppressWarnings("MustBeClosedChecker")
    private static LossAccumulator owning(Function<Arena, LossAccumulator> inArena) {
        Arena arena = Arena.ofShared();
        try {
            LossAccumulator accumulator = inArena.apply(arena);
            return new LossAccumulator(accumulator.options(), accumulator.memory, arena);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /** An accumulator that goes on from a copy of another one's memory, and owns its own. */
    static LossAccumulator copyOf(MemorySegment memory, MnistLoss options) {
        LossAccumulator copy = create(options);
        Kernels.merge(copy.memory, memory);
        return copy;
    }

    @Override
    void update(Consumer<MemorySegment> addition) {
        addition.accept(memory());
    }

    @Override
    <T> T read(Function<MemorySegment, T> reading) {
        return reading.apply(memory());
    }

    /**
     * Adds a batch and gives its gradient, in one pass over memory: for a mini-batch that comes in pieces, or for a training
     * step whose loss goes into that of the epoch. The gradient is that of {@link MnistLoss#gradient(Predictions, Targets,
     * Reduction, double, MemorySegment)} with {@code g = upstream / divisor}, rounded once.
     *
     * @param upstream the derivative of the final result with respect to the loss; NaN and infinities pass on
     * @param divisor the number of elements that the mean is taken over, of all pieces; 1 for the sum
     * @param gradient as there
     * @throws IllegalArgumentException also if the divisor is less than 1
     */
    public void addWithGradient(
            Predictions predictions, Targets targets, double upstream, long divisor, MemorySegment gradient) {
        if (divisor < 1) {
            throw new IllegalArgumentException("the divisor must be at least 1, not " + divisor);
        }
        Output output = options().gradientOutput(predictions, targets, gradient);
        Pieces pieces = Pieces.of(
                output.count(), options().threads(), predictions.segment(), targets.segment(), output.segment());
        if (pieces.isOne()) {
            Kernels.addWithGradient(
                    memory(),
                    predictions,
                    targets,
                    0,
                    output.count(),
                    upstream,
                    divisor,
                    options().gradientFlags(),
                    output.segment());
            return;
        }
        // Another thread's accumulator is refused now, not after the gradient was written.
        Kernels.result(memory());
        try (Arena arena = pieces.newAccumulatorArena()) {
            Kernels.merge(
                    memory(),
                    options().accumulateWithGradient(pieces, predictions, targets, upstream, divisor, output, arena));
        }
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

    MemorySegment memory() {
        if (closed || !memory.scope().isAlive()) {
            throw new IllegalStateException("the accumulator is closed");
        }
        return memory;
    }
}
