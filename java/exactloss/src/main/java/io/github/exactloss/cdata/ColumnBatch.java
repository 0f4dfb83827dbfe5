// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cdata;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Batch;
import io.github.exactloss.InvalidElementException;
import java.util.function.Consumer;

/**
 * The rows of a batch: predictions, targets and, if there are any, weights, in columns of the same length.
 *
 * <p>A row that is null in any of the columns is left out of every result, and counted by {@link #nullCount()}. NaN is not
 * null. The rows between nulls go to the native code where they lie, in one call for each run of them. Where fewer than one
 * row in a thousand is null, that costs little; where every other one is, each row is a call of its own.
 *
 * <p>It may be used by the threads that may use its columns' memory.
 */
public final class ColumnBatch {
    private final Column predictions;
    private final Column targets;

    /** Null if there are none. */
    private final Column weights;

    private final Validity validity;

    private ColumnBatch(Column predictions, Column targets, Column weights, Validity validity) {
        this.predictions = predictions;
        this.targets = targets;
        this.weights = weights;
        this.validity = validity;
    }

    /**
     * Adjacent rows without null.
     *
     * @param first the index of the first one in the column batch
     * @param batch their elements
     */
    public record Run(long first, Batch batch) {}

    /**
     * The rows of two columns.
     *
     * @throws IllegalArgumentException if the lengths differ, or a type does not fit: see {@link Column}
     */
    public static ColumnBatch of(Column predictions, Column targets) {
        predictions.predictions(0, 0);
        targets.targets(0, 0);
        requireSameCount(predictions, targets, "targets");
        return new ColumnBatch(
                predictions, targets, null, predictions.validity().and(targets.validity()));
    }

    /**
     * The rows of three columns.
     *
     * @throws IllegalArgumentException if the lengths differ, or a type does not fit: see {@link Column}
     */
    public static ColumnBatch of(Column predictions, Column targets, Column weights) {
        ColumnBatch unweighted = of(predictions, targets);
        weights.weights(0, 0);
        requireSameCount(predictions, weights, "weights");
        return new ColumnBatch(predictions, targets, weights, unweighted.validity.and(weights.validity()));
    }

    /** The number of rows, those with nulls included. */
    public long rowCount() {
        return validity.count();
    }

    /** The number of rows with a null in any of the columns, counted from the validity bitmaps. */
    public long nullCount() {
        return validity.nullCount();
    }

    /**
     * Gives all rows without null to a consumer, in order, in the longest possible runs.
     *
     * @throws InvalidElementException if the consumer throws one for a run; with the row's index among all rows
     */
    public void forEachRun(Consumer<Run> consumer) {
        validity.forEachRun((first, count) -> {
            try {
                consumer.accept(run(first, count));
            } catch (InvalidElementException e) {
                throw e.at(first + e.index(), e.value());
            }
        });
    }

    /**
     * Adds all rows without null to an accumulator.
     *
     * @throws InvalidElementException as {@link Accumulator#add(Batch)} does, with the row's index among all; the accumulator
     *     is then as it was
     */
    public void addTo(Accumulator accumulator) {
        if (nullCount() == 0) {
            forEachRun(run -> accumulator.add(run.batch()));
            return;
        }
        // By way of another accumulator, so that a refused run leaves this one as it was.
        Accumulator sum = accumulator.evaluator().newAccumulator();
        forEachRun(run -> sum.add(run.batch()));
        accumulator.merge(sum);
    }

    /** The columns: {@code ColumnBatch[Column['p', FLOAT32 x 64], Column['t', BITS x 64]]}. */
    @Override
    public String toString() {
        return "ColumnBatch[" + predictions + ", " + targets + (weights == null ? "" : ", " + weights) + "]";
    }

    private Run run(long first, long count) {
        Batch batch = Batch.of(predictions.predictions(first, count), targets.targets(first, count));
        return new Run(first, weights == null ? batch : batch.weights(weights.weights(first, count)));
    }

    private static void requireSameCount(Column predictions, Column other, String role) {
        if (predictions.count() != other.count()) {
            throw new IllegalArgumentException(predictions.count() + " predictions, but " + other.count() + " " + role);
        }
    }
}
