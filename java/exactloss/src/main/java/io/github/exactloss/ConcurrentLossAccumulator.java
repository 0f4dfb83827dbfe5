// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A {@link LossAccumulator} for any number of threads at the same time: those that serve requests, say. What they add has
 * the same bits as if one thread had added it, in whatever order they come.
 *
 * <p>It keeps a sum for each processor, 1.4 kilobytes off the heap, and a thread adds to one that is free. So threads rarely
 * wait for each other, and never longer than a batch takes.
 *
 * <p>A batch is added wholly or not at all, for every other thread too. {@link #result()}, {@link #snapshot()} and
 * {@link #toBytes()} have every batch whose {@code add} had returned when they were called, and may have some of those that
 * were being added meanwhile. {@link #drain()} gives what came since the last one: every batch is in exactly one.
 *
 * <p>Made without an arena it owns its memory, and {@link #close()} frees it. Made in an arena it lives as long as the arena,
 * and {@link #close()} only forbids further use. Using it after either is an {@link IllegalStateException}; so is closing
 * the arena while a thread adds, for the one that closes it or for the one that adds. It never crashes.
 *
 * <p>Methods that add data throw what {@link MnistLoss} names, and then have added nothing.
 */
public final class ConcurrentLossAccumulator extends BatchAccumulator {
    private final Stripe[] stripes;
    private final Arena owned;
    private volatile boolean closed;

    /** A part of the sum. Whoever holds the lock may use the memory. */
    private record Stripe(ReentrantLock lock, MemorySegment memory) {}

    /** @param owned the arena to close, or null if that is somebody else's business */
    private ConcurrentLossAccumulator(MnistLoss options, Arena arena, Arena owned) {
        super(options);
        this.stripes = new Stripe[Runtime.getRuntime().availableProcessors()];
        for (int i = 0; i < stripes.length; i++) {
            stripes[i] = new Stripe(new ReentrantLock(), Kernels.newAccumulator(options.threshold(), arena));
        }
        this.owned = owned;
    }

    /** An empty accumulator with the options of a loss, which owns its memory. */
    @SuppressWarnings("MustBeClosedChecker") // close() does
    public static ConcurrentLossAccumulator create(MnistLoss options) {
        Arena arena = Arena.ofShared();
        try {
            return new ConcurrentLossAccumulator(options, arena, arena);
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    /**
     * An empty accumulator with the options of a loss, in an arena, whose owner frees it.
     *
     * @throws IllegalArgumentException if the arena is confined to a thread
     */
    public static ConcurrentLossAccumulator create(MnistLoss options, Arena arena) {
        ConcurrentLossAccumulator accumulator = new ConcurrentLossAccumulator(options, arena, null);
        if (!Pieces.isShared(accumulator.stripes[0].memory)) {
            throw new IllegalArgumentException("the arena is confined to a thread");
        }
        return accumulator;
    }

    @Override
    void update(Consumer<MemorySegment> addition) {
        Stripe stripe = lockFree();
        try {
            addition.accept(memory(stripe));
        } finally {
            stripe.lock.unlock();
        }
    }

    /** Locks the thread's usual stripe, if that is free, or else the next one that is; if none is, it waits for the first. */
    private Stripe lockFree() {
        int usual = (int) (Thread.currentThread().threadId() % stripes.length);
        for (int i = 0; i < stripes.length; i++) {
            Stripe stripe = stripes[(usual + i) % stripes.length];
            if (stripe.lock.tryLock()) {
                return stripe;
            }
        }
        stripes[usual].lock.lock();
        return stripes[usual];
    }

    @Override
    <T> T read(Function<MemorySegment, T> reading) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sum = Kernels.newAccumulator(options().threshold(), arena);
            forEachStripe(stripe -> Kernels.merge(sum, stripe));
            return reading.apply(sum);
        }
    }

    /**
     * Takes everything out: an accumulator, with the same options, of what was added since this one was made or last drained.
     * It owns its memory: close it.
     */
    public LossAccumulator drain() {
        LossAccumulator drained = LossAccumulator.create(options());
        try {
            drainTo(drained.memory());
            return drained;
        } catch (Throwable e) {
            drained.close();
            throw e;
        }
    }

    /** Moves everything to an accumulator's memory, which no other thread uses meanwhile. */
    void drainTo(MemorySegment sum) {
        forEachStripe(stripe -> {
            Kernels.merge(sum, stripe);
            Kernels.clear(stripe, options().threshold());
        });
    }

    private void forEachStripe(Consumer<MemorySegment> action) {
        for (Stripe stripe : stripes) {
            stripe.lock.lock();
            try {
                action.accept(memory(stripe));
            } finally {
                stripe.lock.unlock();
            }
        }
    }

    private MemorySegment memory(Stripe stripe) {
        if (closed || !stripe.memory.scope().isAlive()) {
            throw new IllegalStateException("the accumulator is closed");
        }
        return stripe.memory;
    }

    /**
     * Ends the use of this accumulator, waits for what is being added, and frees the memory if this one owns it. Closing it
     * again does nothing.
     */
    @Override
    public void close() {
        closed = true; // first, so that no other thread takes a lock for long
        for (Stripe stripe : stripes) {
            stripe.lock.lock();
        }
        try {
            if (owned != null && owned.scope().isAlive()) {
                owned.close();
            }
        } finally {
            for (Stripe stripe : stripes) {
                stripe.lock.unlock();
            }
        }
    }
}
