// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Batch;
import io.github.exactloss.InvalidElementException;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * {@code .npy} files.
 *
 * @param weightsFile null where every weight is 1
 * @param batchSize the elements in a batch; the last one may have fewer
 */
record NpySource(Path predictionsFile, Path targetsFile, Path weightsFile, int batchSize) implements BatchSource {
    /** The first is what a message recommends. */
    private static final List<NpyType> PREDICTION_TYPES =
            List.of(NpyType.FLOAT32, NpyType.FLOAT64, NpyType.FLOAT16, NpyType.BFLOAT16);

    private static final List<NpyType> TARGET_TYPES = List.of(
            NpyType.INT64, NpyType.INT32, NpyType.INT8, NpyType.UINT8, NpyType.BOOL, NpyType.FLOAT32, NpyType.FLOAT64);

    private static final List<NpyType> WEIGHT_TYPES = List.of(NpyType.FLOAT32);

    /** A file and the memory that its elements are read to. */
    private record Column(NpyFile file, MemorySegment elements) {
        Column(NpyFile file, long elements, Arena arena) {
            this(file, arena.allocate(file.type().bytes(elements), Long.BYTES));
        }

        void read(long from, long count) {
            file.read(from, elements.asSlice(0, file.type().bytes(count)));
        }
    }

    @Override
    public void forEachBatch(Consumer<Batch> consumer) {
        try (NpyFile predictions = NpyFile.open(predictionsFile, PREDICTION_TYPES);
                NpyFile targets = NpyFile.open(targetsFile, TARGET_TYPES);
                NpyFile weights = isWeighted() ? NpyFile.open(weightsFile, WEIGHT_TYPES) : null;
                // Shared, because the threads that the facade splits the work over read the elements too.
                Arena arena = Arena.ofShared()) {
            read(predictions, targets, weights, arena, consumer);
        } catch (InvalidElementException element) {
            Path file = switch (element.argument()) {
                case PREDICTIONS -> predictionsFile;
                case TARGETS -> targetsFile;
                case WEIGHTS -> weightsFile;
            };
            throw new BadDataException(file + ": " + element.getMessage());
        }
    }

    private void read(NpyFile predictions, NpyFile targets, NpyFile weights, Arena arena, Consumer<Batch> consumer) {
        predictions.requireSameShape(targets);
        long count = predictions.count();
        long size = Math.min(batchSize, count);
        Column first = new Column(predictions, size, arena);
        Column second = new Column(targets, size, arena);
        List<Column> columns = new ArrayList<>(List.of(first, second));
        Batch batch = Batch.of(
                Predictions.of(first.elements(), predictions.type()), Targets.of(second.elements(), targets.type()));
        if (weights != null) {
            predictions.requireSameShape(weights);
            Column third = new Column(weights, size, arena);
            columns.add(third);
            batch = batch.weights(Weights.of(third.elements()));
        }
        for (long from = 0; from < count; from += size) {
            long rest = Math.min(size, count - from);
            for (Column column : columns) {
                column.read(from, rest);
            }
            give(batch.slice(0, rest), from, consumer);
        }
        columns.forEach(column -> column.file().requireUnchanged());
    }

    /** @param from the index of the batch's first element in the files */
    private static void give(Batch batch, long from, Consumer<Batch> consumer) {
        try {
            consumer.accept(batch);
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
}
