// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.InvalidElementException;
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

        /**
         * Gives the elements to a consumer piece by piece, in order.
         *
         * @param most the elements in a piece, but for the last one, which may have fewer
         * @throws InvalidElementException if the consumer does, with the index in this batch
         */
        void forEachPiece(long most, Consumer<Batch> consumer) {
            for (long from = 0; from < predictions.count(); from += most) {
                long count = Math.min(most, predictions.count() - from);
                try {
                    consumer.accept(new Batch(
                            predictions.slice(from, count),
                            targets.slice(from, count),
                            weights == null ? null : weights.slice(from, count)));
                } catch (InvalidElementException element) {
                    throw element.at(from + element.index(), element.value());
                }
            }
        }
    }

    /**
     * Gives all elements to a consumer: batch after batch, in order, in this thread.
     *
     * @throws BadDataException if they cannot be read, or if the consumer throws an
     *     {@link InvalidElementException}; the message names the source
     */
    void forEachBatch(Consumer<Batch> consumer);

    /** Whether the elements have weights; known when all of them were given. */
    boolean isWeighted();

    /** How many rows had NULL and were skipped, where that was asked for; known when all elements were given. */
    OptionalLong nullCount();
}
