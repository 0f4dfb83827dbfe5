// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Batch;
import io.github.exactloss.InvalidElementException;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * {@code .npy} files, memory-mapped.
 *
 * @param weightsFile null where every weight is 1
 * @param batchSize the elements in a batch; the last one may have fewer
 */
record NpySource(Path predictionsFile, Path targetsFile, Path weightsFile, long batchSize) implements BatchSource {
    private static final List<NpyType> PREDICTION_TYPES =
            List.of(NpyType.FLOAT32, NpyType.FLOAT64, NpyType.FLOAT16, NpyType.BFLOAT16, NpyType.BFLOAT16_RESAVED);

    private static final List<NpyType> TARGET_TYPES = List.of(
            NpyType.UINT8, NpyType.INT8, NpyType.BOOL, NpyType.INT32, NpyType.INT64, NpyType.FLOAT32, NpyType.FLOAT64);

    private static final List<NpyType> WEIGHT_TYPES = List.of(NpyType.FLOAT32);

    @Override
    public void forEachBatch(Consumer<Batch> consumer) {
        // Shared, because the threads that the facade splits the work over read the mapping too.
        try (Arena arena = Arena.ofShared()) {
            Batch all = map(arena);
            for (long from = 0; from < all.count(); from += batchSize) {
                give(all, from, consumer);
            }
        } catch (InvalidElementException element) {
            Path file = switch (element.argument()) {
                case PREDICTIONS -> predictionsFile;
                case TARGETS -> targetsFile;
                case WEIGHTS -> weightsFile;
            };
            throw new BadDataException(file + ": " + element.getMessage());
        }
    }

    private void give(Batch all, long from, Consumer<Batch> consumer) {
        try {
            consumer.accept(all.slice(from, Math.min(batchSize, all.count() - from)));
        } catch (InvalidElementException element) {
            throw element.at(from + element.index(), element.value());
        }
    }

    @Override
    public boolean isWeighted() {
        return weightsFile != null;
    }

    @Override
    public OptionalLong nullCount() {
        return OptionalLong.empty();
    }

    private Batch map(Arena arena) {
        NpyFile predictions = NpyFile.map(predictionsFile, PREDICTION_TYPES, arena);
        NpyFile targets = NpyFile.map(targetsFile, TARGET_TYPES, arena);
        predictions.requireSameCount(targets);
        Batch batch = Batch.of(
                Predictions.of(predictions.elements(), predictions.type()),
                Targets.of(targets.elements(), targets.type()));
        if (!isWeighted()) {
            return batch;
        }
        NpyFile weights = NpyFile.map(weightsFile, WEIGHT_TYPES, arena);
        predictions.requireSameCount(weights);
        return batch.weights(Weights.of(weights.elements()));
    }
}
