// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

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
 * {@code .npy} files, memory-mapped: one batch.
 *
 * @param weightsFile null where every weight is 1
 */
record NpySource(Path predictionsFile, Path targetsFile, Path weightsFile) implements BatchSource {
    private static final List<String> PREDICTION_DTYPES =
            List.of(NpyFile.FLOAT32, NpyFile.FLOAT64, NpyFile.FLOAT16, NpyFile.BFLOAT16, NpyFile.BFLOAT16_RESAVED);

    private static final List<String> TARGET_DTYPES =
            List.of(NpyFile.UINT8, NpyFile.BOOL, NpyFile.INT32, NpyFile.INT64, NpyFile.FLOAT32, NpyFile.FLOAT64);

    private static final List<String> WEIGHT_DTYPES = List.of(NpyFile.FLOAT32);

    @Override
    public void forEachBatch(Consumer<Batch> consumer) {
        // Shared, because the threads that the facade splits the work over read the mapping too.
        try (Arena arena = Arena.ofShared()) {
            consumer.accept(map(arena));
        } catch (InvalidElementException element) {
            Path file = switch (element.argument()) {
                case PREDICTIONS -> predictionsFile;
                case TARGETS -> targetsFile;
                case WEIGHTS -> weightsFile;
            };
            throw new BadDataException(file + ": " + element.getMessage());
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
        NpyFile predictions = NpyFile.map(predictionsFile, PREDICTION_DTYPES, arena);
        NpyFile targets = NpyFile.map(targetsFile, TARGET_DTYPES, arena);
        predictions.requireSameCount(targets);
        if (weightsFile == null) {
            return new Batch(predictionsOf(predictions), targetsOf(targets), null);
        }
        NpyFile weights = NpyFile.map(weightsFile, WEIGHT_DTYPES, arena);
        predictions.requireSameCount(weights);
        return new Batch(predictionsOf(predictions), targetsOf(targets), Weights.ofFloats(weights.elements()));
    }

    private static Predictions predictionsOf(NpyFile file) {
        return switch (file.header().descr()) {
            case NpyFile.FLOAT64 -> Predictions.ofDoubles(file.elements());
            case NpyFile.FLOAT16 -> Predictions.ofFloat16(file.elements());
            case NpyFile.BFLOAT16, NpyFile.BFLOAT16_RESAVED -> Predictions.ofBfloat16(file.elements());
            default -> Predictions.ofFloats(file.elements());
        };
    }

    private static Targets targetsOf(NpyFile file) {
        return switch (file.header().descr()) {
            case NpyFile.INT32 -> Targets.ofInts(file.elements());
            case NpyFile.INT64 -> Targets.ofLongs(file.elements());
            case NpyFile.FLOAT32 -> Targets.ofFloats(file.elements());
            case NpyFile.FLOAT64 -> Targets.ofDoubles(file.elements());
            default -> Targets.ofBytes(file.elements());
        };
    }
}
