// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * The loss of the recent past: an accumulator, for any number of threads at the same time, that forgets what is older than
 * some intervals of time. It has the interval that is running and those before it, as many as were asked for: with 60 of 5
 * seconds, what was added in the last 295 to 300 seconds.
 *
 * <p>The sums are exact, so what falls out of the window leaves no trace: the result has the same bits as if the rest had been
 * all. Nothing is subtracted; the sums of the intervals are merged for each {@link #result()}.
 *
 * <p>It starts no thread and needs no timer: whoever uses it first in a new interval ends the old one. A batch that
 * is added while an interval ends belongs to this or to the next, and never to both. For threads it is what
 * {@link ConcurrentLossAccumulator} is, and it takes 1.4 kilobytes more off the heap for each interval. It owns its memory,
 * and {@link #close()} frees it; using it afterwards is an {@link IllegalStateException}.
 *
 * <p>Methods that add data throw what {@link MnistLoss} names, and then have added nothing.
 */
public final class LossWindow extends BatchAccumulator {
    private final Arena arena;
    private final LongSupplier nanoTime;
    private final long start;
    private final long interval;

    /** The interval that is running. Those that have ended are in {@link #sums}, each at its number modulo their count. */
    private final ConcurrentLossAccumulator running;

    /** Held by whoever reads or writes the sums, or changes the running interval. */
    private final ReentrantLock lock = new ReentrantLock();

    private final MemorySegment[] sums;
    private volatile long number;

    private LossWindow(MnistLoss options, long interval, int intervals, LongSupplier nanoTime, Arena arena) {
        super(options);
        this.arena = arena;
        this.nanoTime = nanoTime;
        this.start = nanoTime.getAsLong();
        this.interval = interval;
        this.running = ConcurrentLossAccumulator.create(options, arena);
        this.sums = new MemorySegment[intervals];
        for (int i = 0; i < intervals; i++) {
            sums[i] = Kernels.newAccumulator(options.threshold(), arena);
        }
    }

    /**
     * An empty window with the options of a loss.
     *
     * @param interval how long an interval is: how often something is forgotten
     * @param intervals how many of them the window has, with the running one
     * @throws IllegalArgumentException if there is less than one, or an interval is not positive or longer than 292 years
     */
    public static LossWindow create(MnistLoss options, Duration interval, int intervals) {
        return create(options, interval, intervals, System::nanoTime);
    }

    /** @param nanoTime a clock that never goes back, in nanoseconds */
    @SuppressWarnings("MustBeClosedChecker") // close() does
    static LossWindow create(MnistLoss options, Duration interval, int intervals, LongSupplier nanoTime) {
        if (!interval.isPositive() || interval.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException("an interval of " + interval + " is not positive, or too long");
        }
        if (intervals < 1) {
            throw new IllegalArgumentException("intervals must be at least 1, not " + intervals);
        }
        Arena arena = Arena.ofShared();
        try {
            return new LossWindow(options, interval.toNanos(), intervals, nanoTime, arena);
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    @Override
    void update(Consumer<MemorySegment> addition) {
        advance();
        running.update(addition);
    }

    @Override
    <T> T read(Function<MemorySegment, T> reading) {
        advance();
        lock.lock();
        try {
            return running.read(sum -> {
                for (int i = 0; i < sums.length; i++) {
                    // The place of the running interval has what has just left the window.
                    if (i != number % sums.length) {
                        Kernels.merge(sum, sums[i]);
                    }
                }
                return reading.apply(sum);
            });
        } finally {
            lock.unlock();
        }
    }

    /** Ends the running interval if its time is over, and forgets those that are too old. */
    private void advance() {
        long now = (nanoTime.getAsLong() - start) / interval;
        if (now <= number) {
            return;
        }
        lock.lock();
        try {
            if (now <= number) {
                return; // another thread did it
            }
            // Intervals in which nobody came are empty. Those that are too old have no place; if the running one is too
            // old, it goes where it is not read.
            long first = Math.max(number, now - sums.length);
            for (long ended = first; ended < now; ended++) {
                Kernels.clear(place(ended), options().threshold());
            }
            running.drainTo(place(first));
            number = now;
        } finally {
            lock.unlock();
        }
    }

    private MemorySegment place(long interval) {
        return sums[(int) (interval % sums.length)];
    }

    /** Ends the use of this window, waits for what is being added, and frees the memory. Closing it again does nothing. */
    @Override
    public void close() {
        lock.lock();
        try {
            running.close();
            if (arena.scope().isAlive()) {
                arena.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
