// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.Accumulators;
import io.github.exactloss.internal.Kernels;
import io.github.exactloss.internal.Linkage;
import io.github.exactloss.internal.Pieces;
import io.github.exactloss.internal.Structs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.ObjLongConsumer;
import java.util.stream.LongStream;

/** The operations on rows: several rows in one downcall, or one row in several downcalls where it is long. */
final class Matrix {
    /** The most bytes of results that lie on the heap, where they cost least. */
    private static final long FEW_BYTES = 1 << 16;

    private final Batch batch;
    private final Rows rows;
    private final int threads;

    Matrix(Batch batch, Rows rows, int threads) {
        this.batch = batch;
        this.rows = rows.within(batch.predictions, batch.targets, batch.weights);
        this.threads = threads;
    }

    /** An operation on adjacent rows from {@code from} on. */
    private interface RowsCall {
        void run(Batch part, Rows shape, long from);
    }

    /** Gives a double for each row. */
    MemorySegment losses(Loss loss, int reduction) {
        MemorySegment losses = allocate(Double.BYTES);
        if (hasLongRows()) {
            forEachRow((row, index) -> losses.setAtIndex(
                    ValueLayout.JAVA_DOUBLE,
                    index,
                    Reductions.reduce(loss, reduction, row.predictions, row.targets, row.weights)));
        } else {
            run((part, shape, from) -> Kernels.losses(
                    loss.options() | reduction,
                    part.predictions,
                    part.targets,
                    part.weights,
                    shape,
                    losses.asSlice(from * Double.BYTES, shape.rows() * Double.BYTES)));
        }
        return losses;
    }

    double[] lossArray(Loss loss, int reduction) {
        requireArraySize();
        return losses(loss, reduction).toArray(ValueLayout.JAVA_DOUBLE);
    }

    /** Writes nothing if a row is refused. */
    void writeLosses(Loss loss, int reduction, MemorySegment losses) {
        Output output = new Output(losses, ElementType.FLOAT64, rows.rows());
        output.requireApart(batch.predictions.segment());
        output.requireApart(batch.targets.segment());
        output.requireApart(batch.weightsSegment());
        output.segment().copyFrom(losses(loss, reduction));
    }

    List<Evaluation> evaluations(Evaluator evaluator) {
        requireArraySize();
        if (hasLongRows()) {
            Evaluation[] evaluations = new Evaluation[(int) rows.rows()];
            forEachRow((row, index) -> evaluations[(int) index] = evaluator.evaluate(row));
            return List.of(evaluations);
        }
        MemorySegment evaluations = allocate(Structs.EVALUATION_BYTES);
        run((part, shape, from) -> Kernels.evaluate(
                evaluator.options(),
                part.predictions,
                part.targets,
                part.weights,
                shape,
                evaluator.threshold(),
                evaluations.asSlice(from * Structs.EVALUATION_BYTES, shape.rows() * Structs.EVALUATION_BYTES)));
        return LongStream.range(0, rows.rows())
                .mapToObj(row -> Evaluation.read(Structs.evaluation(evaluations, row)))
                .toList();
    }

    /** Gives an accumulator for each row, in adjacent memory. */
    MemorySegment accumulators(Evaluator evaluator) {
        MemorySegment sums = allocate(Accumulators.BYTES);
        for (long row = 0; row < rows.rows(); row++) {
            Accumulators.initialise(Accumulators.at(sums, row), evaluator.lossOptions(), evaluator.threshold());
        }
        if (hasLongRows()) {
            forEachRow((row, index) ->
                    Accumulators.merge(Accumulators.at(sums, index), evaluator.accumulate(row.pieces(threads), row)));
        } else {
            run((part, shape, from) -> Kernels.add(
                    sums.asSlice(from * Accumulators.BYTES, shape.rows() * Accumulators.BYTES),
                    evaluator.flags(),
                    part.predictions,
                    part.targets,
                    part.weights,
                    shape));
        }
        return sums;
    }

    private void requireArraySize() {
        if (rows.rows() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(rows.rows() + " rows are more than an array holds");
        }
    }

    /** Memory for results, which the garbage collector frees. It must be off the heap where ordinary downcalls write it. */
    private MemorySegment allocate(long bytesOfRow) {
        if (rows.rows() > Long.MAX_VALUE / bytesOfRow) {
            throw new IllegalArgumentException(rows.rows() + " rows are more than memory holds");
        }
        long bytes = rows.rows() * bytesOfRow;
        boolean onHeap = bytes <= FEW_BYTES
                && Linkage.isCritical(
                        rows.rows() * rows.columns(),
                        batch.predictions.segment(),
                        batch.targets.segment(),
                        batch.weightsSegment(),
                        MemorySegment.NULL);
        return onHeap
                ? MemorySegment.ofArray(new long[(int) (bytes / Long.BYTES)])
                : Arena.ofAuto().allocate(bytes, Long.BYTES);
    }

    /** Whether even a single row has to be cut. */
    private boolean hasLongRows() {
        return rows.rows() > 0 && !row(0).pieces(threads).isOne();
    }

    private void forEachRow(ObjLongConsumer<Batch> call) {
        for (long row = 0; row < rows.rows(); row++) {
            try {
                call.accept(row(row), row);
            } catch (InvalidElementException e) {
                throw e.at(row * rows.columns() + e.index(), e.value());
            }
        }
    }

    private void run(RowsCall call) {
        int widest =
                Math.max(batch.predictions.type().bits(), batch.targets.type().bits());
        Pieces.ofRows(
                        rows,
                        threads,
                        widest,
                        batch.predictions.segment(),
                        batch.targets.segment(),
                        batch.weightsSegment())
                .run((thread, from, length) -> call.run(
                        part(from, length),
                        new Rows(
                                length,
                                rows.columns(),
                                rows.predictionsStride(),
                                rows.targetsStride(),
                                rows.weightsStride()),
                        from));
    }

    private Batch row(long row) {
        return part(row, 1);
    }

    /** The elements of {@code count} rows, at least one, from {@code from} on. */
    private Batch part(long from, long count) {
        long gap = count - 1;
        long columns = rows.columns();
        return new Batch(
                batch.predictions.slice(from * rows.predictionsStride(), gap * rows.predictionsStride() + columns),
                batch.targets.slice(from * rows.targetsStride(), gap * rows.targetsStride() + columns),
                batch.weights == null
                        ? null
                        : batch.weights.slice(from * rows.weightsStride(), gap * rows.weightsStride() + columns));
    }
}
