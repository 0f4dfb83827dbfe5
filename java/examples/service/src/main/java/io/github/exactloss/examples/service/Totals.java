// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.ConcurrentLossAccumulator;
import io.github.exactloss.Evaluation;
import io.github.exactloss.LossAccumulator;
import io.github.exactloss.MnistLoss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.lang.foreign.Arena;

/** The running evaluation of all batches. */
final class Totals implements AutoCloseable {
    /** Strict, because a single NaN would make the totals NaN for ever. */
    static final MnistLoss LOSS = MnistLoss.create().strict();

    private final ConcurrentLossAccumulator all = ConcurrentLossAccumulator.create(LOSS);

    /**
     * Evaluates a batch and adds it to the totals.
     *
     * @throws io.github.exactloss.InvalidElementException if an element is invalid; then nothing of the batch is added
     */
    Evaluation add(Predictions predictions, Targets targets) {
        try (Arena arena = Arena.ofConfined()) {
            LossAccumulator batch = LossAccumulator.create(LOSS, arena);
            batch.add(predictions, targets);
            all.merge(batch);
            return batch.result();
        }
    }

    /** The evaluation of all batches so far. */
    Evaluation result() {
        return all.result();
    }

    @Override
    public void close() {
        all.close();
    }
}
