// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.arrow;

import io.github.exactloss.InvalidElementException;
import io.github.exactloss.InvalidElementException.Argument;
import io.github.exactloss.LossAccumulator;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.lang.foreign.Arena;
import java.util.function.Consumer;
import org.apache.arrow.vector.FieldVector;

/**
 * The rows of a batch: predictions, targets and, if there are any, weights, in Arrow columns of the same length.
 *
 * <p>A row that is null in any of the columns is left out of every result, and counted by {@link #nullCount()}. NaN is not
 * null. The rows between nulls go to the native code where they lie, in one call for each run of them. Where fewer than one
 * row in a thousand is null, that costs little; where every other one is, each row is a call of its own.
 *
 * <p>As shareable among threads as the arenas of its columns are.
 */
public final class ArrowBatch {
    private final ArrowColumn predictions;
    private final ArrowColumn targets;
    private final ArrowColumn weights;
    private final Validity validity;

    /** @param weights null if there are none */
    private ArrowBatch(ArrowColumn predictions, ArrowColumn targets, ArrowColumn weights, Validity validity) {
        this.predictions = predictions;
        this.targets = targets;
        this.weights = weights;
        this.validity = validity;
    }

    /**
     * Rows without null.
     *
     * @param first the index of the first one in the batch
     * @param weights null if there are none
     */
    public record Run(long first, Predictions predictions, Targets targets, Weights weights) {}

    /**
     * The rows of two columns.
     *
     * @throws IllegalArgumentException if the lengths differ, or a type does not fit: see {@link ArrowColumn}
     */
    public static ArrowBatch of(ArrowColumn predictions, ArrowColumn targets) {
        predictions.predictions(0, 0);
        targets.targets(0, 0);
        requireSameCount(predictions, targets, "targets");
        return new ArrowBatch(predictions, targets, null, predictions.validity().and(targets.validity()));
    }

    /**
     * The rows of three columns.
     *
     * @throws IllegalArgumentException if the lengths differ, or a type does not fit: see {@link ArrowColumn}
     */
    public static ArrowBatch of(ArrowColumn predictions, ArrowColumn targets, ArrowColumn weights) {
        ArrowBatch unweighted = of(predictions, targets);
        weights.weights(0, 0);
        requireSameCount(predictions, weights, "weights");
        return new ArrowBatch(predictions, targets, weights, unweighted.validity.and(weights.validity()));
    }

    /** The rows of two vectors, in views that live as long as an arena: see {@link ArrowColumn#of(FieldVector, Arena)}. */
    public static ArrowBatch of(FieldVector predictions, FieldVector targets, Arena arena) {
        return of(ArrowColumn.of(predictions, arena), ArrowColumn.of(targets, arena));
    }

    /** The rows of three vectors, in views that live as long as an arena: see {@link ArrowColumn#of(FieldVector, Arena)}. */
    public static ArrowBatch of(FieldVector predictions, FieldVector targets, FieldVector weights, Arena arena) {
        return of(ArrowColumn.of(predictions, arena), ArrowColumn.of(targets, arena), ArrowColumn.of(weights, arena));
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
     * @throws InvalidElementException if the consumer throws one for a run; it then has the row's index in the batch, and
     *     the value in the column's own type
     */
    public void forEachRun(Consumer<Run> consumer) {
        validity.forEachRun((first, count) -> {
            try {
                consumer.accept(run(first, count));
            } catch (InvalidElementException e) {
                throw inBatch(e, first);
            }
        });
    }

    /**
     * Adds all rows without null to an accumulator, with its options.
     *
     * @throws InvalidElementException as {@link LossAccumulator#add(Predictions, Targets)} does, with the row's index in the
     *     batch; the accumulator is then as it was
     */
    public void addTo(LossAccumulator accumulator) {
        if (nullCount() == 0) {
            forEachRun(run -> add(run, accumulator));
            return;
        }
        // By way of another accumulator, so that a refused run leaves this one as it was.
        try (Arena arena = Arena.ofConfined()) {
            LossAccumulator batch = LossAccumulator.create(accumulator.options(), arena);
            forEachRun(run -> add(run, batch));
            accumulator.merge(batch);
        }
    }

    private static void add(Run run, LossAccumulator accumulator) {
        if (run.weights() == null) {
            accumulator.add(run.predictions(), run.targets());
        } else {
            accumulator.add(run.predictions(), run.targets(), run.weights());
        }
    }

    private Run run(long first, long count) {
        return new Run(
                first,
                predictions.predictions(first, count),
                targets.targets(first, count),
                weights == null ? null : weights.weights(first, count));
    }

    private InvalidElementException inBatch(InvalidElementException inRun, long first) {
        long row = first + inRun.index();
        boolean int8 = inRun.argument() == Argument.TARGETS && targets.isInt8();
        return inRun.at(row, int8 ? targets.int8Value(row) : inRun.value());
    }

    private static void requireSameCount(ArrowColumn predictions, ArrowColumn other, String role) {
        if (predictions.count() != other.count()) {
            throw new IllegalArgumentException(predictions.count() + " predictions, but " + other.count() + " " + role);
        }
    }
}
