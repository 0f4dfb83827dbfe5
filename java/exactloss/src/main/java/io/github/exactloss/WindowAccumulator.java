// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.Accumulators;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** An accumulator for any number of threads at the same time, which forgets old intervals of time. */
final class WindowAccumulator extends Accumulator {
    private final LongSupplier nanoTime;
    private final long start;
    private final long interval;

    /** The current interval. Ended intervals are in {@link #sums}, each at its number modulo their count. */
    private final ConcurrentAccumulator running;

    /** Held while a thread reads or writes the sums, or changes the running interval. */
    private final ReentrantLock lock = new ReentrantLock();

    private final MemorySegment[] sums;
    private volatile long number;

    /** @param nanoTime a clock that never goes back, in nanoseconds */
    WindowAccumulator(Evaluator evaluator, Duration interval, int intervals, LongSupplier nanoTime) {
        super(evaluator);
        if (!interval.isPositive() || interval.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException("an interval of " + interval + " is not positive, or too long");
        }
        if (intervals < 1) {
            throw new IllegalArgumentException("intervals must be at least 1, not " + intervals);
        }
        this.nanoTime = nanoTime;
        this.start = nanoTime.getAsLong();
        this.interval = interval.toNanos();
        this.running = new ConcurrentAccumulator(evaluator);
        this.sums = new MemorySegment[intervals];
        Arrays.setAll(sums, i -> newState(evaluator));
    }

    @Override
    void update(Consumer<MemorySegment> addition) {
        advance();
        running.update(addition);
    }

    @Override
    MemorySegment sum() {
        advance();
        lock.lock();
        try {
            MemorySegment sum = running.sum();
            forEachEnded(state -> Accumulators.merge(sum, state));
            return sum;
        } finally {
            lock.unlock();
        }
    }

    @Override
    void moveTo(MemorySegment sum) {
        advance();
        lock.lock();
        try {
            running.moveTo(sum);
            forEachEnded(state -> {
                Accumulators.merge(sum, state);
                clear(state, evaluator());
            });
        } finally {
            lock.unlock();
        }
    }

    /** The slot of the running interval is left out: it still holds the interval that has just expired. */
    private void forEachEnded(Consumer<MemorySegment> action) {
        for (int i = 0; i < sums.length; i++) {
            if (i != number % sums.length) {
                action.accept(sums[i]);
            }
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
            // Unused intervals are empty, and those that are too old have no slot. If the current interval is too old,
            // it goes to the slot that is not read.
            long first = Math.max(number, now - sums.length);
            for (long ended = first; ended < now; ended++) {
                clear(slot(ended), evaluator());
            }
            running.moveTo(slot(first));
            number = now;
        } finally {
            lock.unlock();
        }
    }

    private MemorySegment slot(long interval) {
        return sums[(int) (interval % sums.length)];
    }
}
