// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Batch;
import io.github.exactloss.cuda.CudaAccumulator;
import io.github.exactloss.cuda.CudaDevice;
import io.github.exactloss.cuda.CudaStream;
import java.lang.foreign.Arena;
import java.util.function.Consumer;

/** Copies batches to the first GPU and evaluates them there. */
final class CudaBatches {
    /** The elements of a batch: enough to keep a GPU busy, few for its memory. */
    static final int BATCH_SIZE = 1 << 22;

    private CudaBatches() {}

    /**
     * Adds all elements to an accumulator.
     *
     * @param watcher is given each batch after it was added
     */
    static void addAll(BatchSource source, Accumulator sum, Consumer<Batch> watcher) {
        CudaDevice.absence().ifPresent(reason -> {
            throw new BadDataException(reason);
        });
        try (Arena arena = Arena.ofConfined()) {
            CudaStream stream = CudaDevice.open(0, arena).newStream(arena);
            CudaAccumulator onDevice = stream.newAccumulator(sum.evaluator(), arena);
            source.forEachBatch(batch -> {
                add(batch, stream, onDevice);
                watcher.accept(batch);
            });
            onDevice.mergeInto(sum);
        }
    }

    private static void add(Batch batch, CudaStream stream, CudaAccumulator onDevice) {
        try (Arena arena = Arena.ofConfined()) {
            onDevice.add(stream.copyOf(batch, arena));
        }
    }
}
