// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.LossAccumulator;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Where the elements of an evaluation come from. */
sealed interface BatchSource permits NpySource, SqlSource {
    /**
     * Elements, in memory that may be used until the consumer returns.
     *
     * @param weights null where every weight is 1
     */
    record Batch(Predictions predictions, Targets targets, Weights weights) {
        void addTo(LossAccumulator sum) {
            if (weights == null) {
                sum.add(predictions, targets);
            } else {
                sum.add(predictions, targets, weights);
            }
        }
    }

    /**
     * Gives all elements to a consumer: batch after batch, in order, in this thread.
     *
     * @throws BadDataException if they cannot be read, or if the consumer throws an
     *     {@link io.github.exactloss.InvalidElementException}; the message names the source
     */
    void forEachBatch(Consumer<Batch> consumer);

    /** Whether the elements have weights; known when all of them were given. */
    boolean isWeighted();

    /** How many rows had NULL and were skipped, where that was asked for; known when all elements were given. */
    OptionalLong nullCount();
}
