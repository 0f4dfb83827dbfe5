// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Batch;
import io.github.exactloss.InvalidElementException;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Where the elements of an evaluation come from. */
sealed interface BatchSource permits NpySource, SqlSource {
    /**
     * Gives all elements to a consumer: batch after batch, in order, in this thread. The memory of a batch may be used until
     * the consumer returns.
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
