// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.Evaluation;
import io.github.exactloss.LossAccumulator;
import io.github.exactloss.MnistLoss;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** All batches so far. Exact sums don't depend on their order, so they have the bits of one thread that had them all. */
final class RunningTotals implements AutoCloseable {
    private final LossAccumulator sum;
    private final ReentrantLock lock = new ReentrantLock();

    /** @param options of the batches that will be added */
    RunningTotals(MnistLoss options) {
        sum = LossAccumulator.create(options);
    }

    /** Adds a batch, and gives the evaluation of all up to it. */
    Evaluation add(LossAccumulator batch) {
        return locked(() -> {
            sum.merge(batch);
            return sum.result();
        });
    }

    Evaluation evaluation() {
        return locked(sum::result);
    }

    @Override
    public void close() {
        sum.close();
    }

    private Evaluation locked(Supplier<Evaluation> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }
}
