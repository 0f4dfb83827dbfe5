// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import static io.github.exactloss.internal.Linkage.check;
import static io.github.exactloss.internal.Linkage.isCritical;
import static io.github.exactloss.internal.bindings.exactloss_h.*;

import io.github.exactloss.Condition;
import io.github.exactloss.Predictions;
import io.github.exactloss.Rows;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The native functions that take arrays. Their callers have loaded the library and checked the arguments.
 *
 * <p>{@code options} are constants of {@link Options} and of {@link LossFunction}, without the types. {@code weights} are
 * null where there are none. {@code rows} are null for a batch; otherwise the arrays hold these rows and nothing else.
 */
public final class Kernels {
    private Kernels() {}

    public static double loss(int options, Predictions predictions, Targets targets, Weights weights) {
        Scratch scratch = Scratch.ofThread();
        long count = predictions.count();
        loss(options, predictions, targets, weights, count, count, MemorySegment.NULL, scratch.loss(), scratch);
        return scratch.loss().get(C_DOUBLE, 0);
    }

    /**
     * For short arrays and a loss that is not strict: no violation is written, so that FFM has one segment less to check. The
     * arrays' segments are made in the method that passes them on, so that they need no heap.
     */
    public static double loss(int options, float[] predictions, byte[] targets) {
        Scratch scratch = Scratch.ofThread();
        int status;
        try {
            status = (int) Loss.CRITICAL.invokeExact(
                    options | EXACTLOSS_P_FLOAT32() | EXACTLOSS_T_UINT8(),
                    MemorySegment.ofArray(predictions),
                    MemorySegment.ofArray(targets),
                    MemorySegment.NULL,
                    (long) predictions.length,
                    MemorySegment.NULL,
                    scratch.loss(),
                    MemorySegment.NULL);
        } catch (Throwable e) {
            throw Linkage.unchecked(e);
        }
        check(status);
        return scratch.loss().get(C_DOUBLE, 0);
    }

    /** Writes a double for each row. */
    public static void losses(
            int options, Predictions predictions, Targets targets, Weights weights, Rows rows, MemorySegment losses) {
        Scratch scratch = Scratch.ofThread();
        long columns = rows.columns();
        loss(
                options,
                predictions,
                targets,
                weights,
                rows.rows() * columns,
                columns,
                scratch.rows(rows),
                losses,
                scratch);
    }

    private static void loss(
            int options,
            Predictions predictions,
            Targets targets,
            Weights weights,
            long elements,
            long count,
            MemorySegment rows,
            MemorySegment losses,
            Scratch scratch) {
        MemorySegment p = predictions.segment();
        MemorySegment t = targets.segment();
        MemorySegment w = segment(weights);
        int status;
        try {
            status = (int) Loss.HANDLE.invokeExact(
                    isCritical(elements, p, t, w, losses),
                    options | Options.types(predictions, targets),
                    p,
                    t,
                    w,
                    count,
                    rows,
                    losses,
                    scratch.violation(options, weights));
        } catch (Throwable e) {
            throw Linkage.unchecked(e);
        }
        check(status, options, scratch);
    }

    public static void values(
            int options, Predictions predictions, Targets targets, Weights weights, MemorySegment values) {
        Scratch scratch = Scratch.ofThread();
        MemorySegment p = predictions.segment();
        MemorySegment t = targets.segment();
        MemorySegment w = segment(weights);
        check(options, scratch, () -> (int) Values.HANDLE.invokeExact(
                isCritical(predictions.count(), p, t, w, values),
                options | Options.types(predictions, targets),
                p,
                t,
                w,
                predictions.count(),
                values,
                scratch.violation(options, weights)));
    }

    /** Gives the loss too if the options have a reduction, and otherwise NaN. */
    public static double gradient(
            int options,
            Predictions predictions,
            Targets targets,
            Weights weights,
            double upstream,
            long divisor,
            MemorySegment gradient) {
        Scratch scratch = Scratch.ofThread();
        MemorySegment p = predictions.segment();
        MemorySegment t = targets.segment();
        MemorySegment w = segment(weights);
        MemorySegment loss = (options & (Options.MEAN | Options.SUM)) != 0 ? scratch.loss() : MemorySegment.NULL;
        check(options, scratch, () -> (int) Gradient.HANDLE.invokeExact(
                isCritical(predictions.count(), p, t, w, gradient),
                options | Options.types(predictions, targets),
                p,
                t,
                w,
                predictions.count(),
                upstream,
                divisor,
                gradient,
                loss,
                scratch.violation(options, weights)));
        return loss.equals(MemorySegment.NULL) ? Double.NaN : loss.get(C_DOUBLE, 0);
    }

    /** Gives an {@code exactloss_evaluation}, in memory that this thread's next call overwrites. */
    public static MemorySegment evaluate(
            int options, Predictions predictions, Targets targets, Weights weights, double threshold) {
        MemorySegment evaluation = Scratch.ofThread().evaluation();
        evaluate(options, predictions, targets, weights, null, threshold, evaluation);
        return evaluation;
    }

    /** Writes one {@code exactloss_evaluation}, or one for each row. */
    public static void evaluate(
            int options,
            Predictions predictions,
            Targets targets,
            Weights weights,
            Rows rows,
            double threshold,
            MemorySegment evaluations) {
        Scratch scratch = Scratch.ofThread();
        MemorySegment p = predictions.segment();
        MemorySegment t = targets.segment();
        MemorySegment w = segment(weights);
        Structs.setSize(evaluations);
        int status;
        try {
            status = (int) Evaluate.HANDLE.invokeExact(
                    isCritical(elements(predictions, rows), p, t, w, evaluations),
                    options | Options.types(predictions, targets),
                    p,
                    t,
                    w,
                    count(predictions, rows),
                    scratch.rows(rows),
                    threshold,
                    evaluations,
                    scratch.violation(options, weights));
        } catch (Throwable e) {
            throw Linkage.unchecked(e);
        }
        check(status, options, scratch);
    }

    /** Adds to one accumulator, or each row to one of adjacent accumulators. */
    public static void add(
            MemorySegment accumulators,
            int options,
            Predictions predictions,
            Targets targets,
            Weights weights,
            Rows rows) {
        Scratch scratch = Scratch.ofThread();
        MemorySegment p = predictions.segment();
        MemorySegment t = targets.segment();
        MemorySegment w = segment(weights);
        check(options, scratch, () -> (int) Add.HANDLE.invokeExact(
                isCritical(elements(predictions, rows), p, t, w, accumulators),
                accumulators,
                options | Options.types(predictions, targets),
                p,
                t,
                w,
                count(predictions, rows),
                scratch.rows(rows),
                scratch.violation(options, weights)));
    }

    public static void addWithGradient(
            MemorySegment accumulator,
            int options,
            Predictions predictions,
            Targets targets,
            Weights weights,
            double upstream,
            long divisor,
            MemorySegment gradient) {
        Scratch scratch = Scratch.ofThread();
        MemorySegment p = predictions.segment();
        MemorySegment t = targets.segment();
        MemorySegment w = segment(weights);
        check(options, scratch, () -> (int) AddWithGradient.HANDLE.invokeExact(
                !accumulator.isNative() || isCritical(predictions.count(), p, t, w, gradient),
                accumulator,
                options | Options.types(predictions, targets),
                p,
                t,
                w,
                predictions.count(),
                upstream,
                divisor,
                gradient,
                scratch.violation(options, weights)));
    }

    /** Takes {@link Options#SCALAR_A} and {@link Options#SCALAR_B} for options. */
    public static void where(
            int options, Condition condition, MemorySegment a, MemorySegment b, int elementSize, MemorySegment out) {
        check(() -> (int) Where.HANDLE.invokeExact(
                isCritical(condition.count(), condition.segment(), a, b, out),
                options | Options.condition(condition),
                condition.segment(),
                a,
                b,
                elementSize,
                condition.count(),
                out));
    }

    public static void sigmoid(Predictions logits, MemorySegment out) {
        check(() -> (int) Sigmoid.HANDLE.invokeExact(
                isCritical(logits.count(), logits.segment(), out, MemorySegment.NULL, MemorySegment.NULL),
                Options.predictions(logits.type()),
                logits.segment(),
                logits.count(),
                out));
    }

    private static MemorySegment segment(Weights weights) {
        return weights == null ? MemorySegment.NULL : weights.segment();
    }

    private static long count(Predictions predictions, Rows rows) {
        return rows == null ? predictions.count() : rows.columns();
    }

    private static long elements(Predictions predictions, Rows rows) {
        return rows == null ? predictions.count() : rows.rows() * rows.columns();
    }

    // The first parameter of a HANDLE says whether to call by the critical linkage; the function's own follow. Each is
    // in a class of its own, so that a program waits only for the linking of functions that it calls.

    private static final class Loss {
        static final MethodHandle CRITICAL = Linkage.critical(exactloss_loss$address(), exactloss_loss$descriptor());
        static final MethodHandle HANDLE = Linkage.choice(CRITICAL, exactloss_loss$handle());
    }

    private static final class Values {
        static final MethodHandle HANDLE =
                Linkage.choice(exactloss_values$address(), exactloss_values$descriptor(), exactloss_values$handle());
    }

    private static final class Gradient {
        static final MethodHandle HANDLE = Linkage.choice(
                exactloss_gradient$address(), exactloss_gradient$descriptor(), exactloss_gradient$handle());
    }

    private static final class Evaluate {
        static final MethodHandle HANDLE = Linkage.choice(
                exactloss_evaluate$address(), exactloss_evaluate$descriptor(), exactloss_evaluate$handle());
    }

    private static final class Add {
        static final MethodHandle HANDLE = Linkage.choice(
                exactloss_accumulator_add$address(),
                exactloss_accumulator_add$descriptor(),
                exactloss_accumulator_add$handle());
    }

    private static final class AddWithGradient {
        static final MethodHandle HANDLE = Linkage.choice(
                exactloss_accumulator_add_with_gradient$address(),
                exactloss_accumulator_add_with_gradient$descriptor(),
                exactloss_accumulator_add_with_gradient$handle());
    }

    private static final class Where {
        static final MethodHandle HANDLE =
                Linkage.choice(exactloss_where$address(), exactloss_where$descriptor(), exactloss_where$handle());
    }

    private static final class Sigmoid {
        static final MethodHandle HANDLE =
                Linkage.choice(exactloss_sigmoid$address(), exactloss_sigmoid$descriptor(), exactloss_sigmoid$handle());
    }
}
