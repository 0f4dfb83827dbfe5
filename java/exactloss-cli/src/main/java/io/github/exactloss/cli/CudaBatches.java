// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.CudaAccumulator;
import io.github.exactloss.CudaDevice;
import io.github.exactloss.CudaStream;
import io.github.exactloss.LossAccumulator;
import java.lang.foreign.Arena;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** The way of elements through the memory of the first GPU. */
final class CudaBatches {
    /** The elements that are sent at once: enough for a GPU to be busy, and few for its memory. */
    private static final long PIECE = 1 << 22;

    private CudaBatches() {}

    /**
     * Adds all elements to a sum, whose options are those of the evaluation.
     *
     * @param add gives a batch to what adds it up, whole or in pieces
     */
    static void addAll(
            BatchSource source, LossAccumulator sum, BiConsumer<BatchSource.Batch, Consumer<BatchSource.Batch>> add) {
        CudaDevice.absence().ifPresent(reason -> {
            throw new BadDataException(reason);
        });
        try (Arena arena = Arena.ofConfined()) {
            CudaStream stream = CudaDevice.open(0, arena).newStream(arena);
            CudaAccumulator onDevice = stream.newAccumulator(sum.options(), arena);
            source.forEachBatch(batch ->
                    add.accept(batch, part -> part.forEachPiece(PIECE, piece -> add(piece, stream, onDevice))));
            onDevice.mergeInto(sum);
        }
    }

    private static void add(BatchSource.Batch piece, CudaStream stream, CudaAccumulator onDevice) {
        if (piece.weights() != null) {
            throw new BadDataException("weights are not offered with --backend=cuda");
        }
        try (Arena arena = Arena.ofConfined()) {
            onDevice.add(stream.copyOf(piece.predictions(), arena), stream.copyOf(piece.targets(), arena));
        }
    }
}
