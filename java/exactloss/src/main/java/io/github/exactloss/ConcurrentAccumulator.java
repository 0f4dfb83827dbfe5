// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.Accumulators;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** An accumulator for any number of threads at the same time, with a stripe for each processor. */
final class ConcurrentAccumulator extends Accumulator {
    private final Stripe[] stripes = new Stripe[Runtime.getRuntime().availableProcessors()];

    /** A part of the sum. The thread that holds the lock may use the state. */
    private record Stripe(ReentrantLock lock, MemorySegment state) {}

    ConcurrentAccumulator(Evaluator evaluator) {
        super(evaluator);
        Arrays.setAll(stripes, i -> new Stripe(new ReentrantLock(), newState(evaluator)));
    }

    @Override
    void update(Consumer<MemorySegment> addition) {
        Stripe stripe = lockFree();
        try {
            addition.accept(stripe.state);
        } finally {
            stripe.lock.unlock();
        }
    }

    /**
     * Locks the thread's usual stripe if that is free, otherwise the next free one. If none is free, it waits for the usual
     * one.
     */
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
    MemorySegment sum() {
        MemorySegment sum = newState(evaluator());
        forEachStripe(state -> Accumulators.merge(sum, state));
        return sum;
    }

    @Override
    void moveTo(MemorySegment sum) {
        forEachStripe(state -> {
            Accumulators.merge(sum, state);
            clear(state, evaluator());
        });
    }

    private void forEachStripe(Consumer<MemorySegment> action) {
        for (Stripe stripe : stripes) {
            stripe.lock.lock();
            try {
                action.accept(stripe.state);
            } finally {
                stripe.lock.unlock();
            }
        }
    }
}
