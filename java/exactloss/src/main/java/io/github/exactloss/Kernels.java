// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static io.github.exactloss.bindings.exactloss_h.*;

import io.github.exactloss.bindings.exactloss_evaluation;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/**
 * The downcalls: the only class that calls the generated bindings. Whoever gets here has loaded the library and checked
 * the arguments; a range of elements is given as {@code from} and {@code count}, and the memory for its output is its own.
 */
final class Kernels {
    static final int ABI_VERSION = EXACTLOSS_ABI_VERSION();
    static final int ACCUMULATOR_BYTES = EXACTLOSS_ACCUMULATOR_BYTES();

    /** The flags; they are added up. */
    static final int STRICT = EXACTLOSS_STRICT();

    static final int LOGITS = EXACTLOSS_LOGITS();
    static final int ACCUMULATE = EXACTLOSS_ACCUMULATE();
    static final int SCALAR_A = EXACTLOSS_SCALAR_A();
    static final int SCALAR_B = EXACTLOSS_SCALAR_B();

    /** Elements that take less than a microsecond. */
    private static final long SHORT_CALL = 1024;

    private Kernels() {}

    static double loss(Predictions predictions, Targets targets, Reduction reduction, int flags) {
        Scratch scratch = Scratch.ofThread();
        int status;
        try {
            status = (int) Linked.Loss.HANDLE.invokeExact(
                    isCritical(predictions.count(), predictions.segment(), targets.segment()),
                    predictions.segment(),
                    predictions.type().code(),
                    targets.segment(),
                    targets.type().code(),
                    targets.first(0),
                    predictions.count(),
                    reduction.code(),
                    flags,
                    scratch.loss(),
                    MemorySegment.NULL,
                    scratch.violation(flags));
        } catch (Throwable e) {
            throw unchecked(e);
        }
        check(status, scratch, flags, 0);
        return scratch.loss().get(C_DOUBLE, 0);
    }

    /** Of short arrays. Their segments are made in the method that passes them on, so that they never get to the heap. */
    static double loss(float[] predictions, byte[] targets, Reduction reduction, int flags) {
        Scratch scratch = Scratch.ofThread();
        int status;
        try {
            status = (int) Linked.Loss.CRITICAL.invokeExact(
                    MemorySegment.ofArray(predictions),
                    ElementType.FLOAT32.code(),
                    MemorySegment.ofArray(targets),
                    ElementType.UINT8.code(),
                    0L,
                    (long) predictions.length,
                    reduction.code(),
                    flags,
                    scratch.loss(),
                    MemorySegment.NULL,
                    scratch.violation(flags));
        } catch (Throwable e) {
            throw unchecked(e);
        }
        check(status, scratch, flags, 0);
        return scratch.loss().get(C_DOUBLE, 0);
    }

    static double loss(Predictions predictions, Targets targets, Weights weights, Reduction reduction, int flags) {
        Scratch scratch = Scratch.ofThread();
        check(scratch, flags, 0, () -> (int) Linked.WeightedLoss.HANDLE.invokeExact(
                isCritical(predictions.count(), predictions.segment(), targets.segment(), weights.segment()),
                predictions.segment(),
                predictions.type().code(),
                targets.segment(),
                targets.type().code(),
                targets.first(0),
                weights.segment(),
                predictions.count(),
                reduction.code(),
                flags,
                scratch.loss(),
                MemorySegment.NULL,
                scratch.violation()));
        return scratch.loss().get(C_DOUBLE, 0);
    }

    static void lossRows(
            Predictions predictions,
            Targets targets,
            Rows rows,
            long from,
            long count,
            Reduction reduction,
            int flags,
            MemorySegment losses) {
        Scratch scratch = Scratch.ofThread();
        check(scratch, flags, from * rows.columns(), () -> (int) Linked.LossRows.HANDLE.invokeExact(
                isCritical(count * rows.columns(), predictions.segment(), targets.segment()),
                rows.range(predictions, rows.predictionsStride(), from, count),
                predictions.type().code(),
                rows.predictionsStride(),
                rows.range(targets, rows.targetsStride(), from, count),
                targets.type().code(),
                targets.first(from * rows.targetsStride()),
                rows.targetsStride(),
                count,
                rows.columns(),
                reduction.code(),
                flags,
                losses,
                MemorySegment.NULL,
                scratch.violation(flags)));
    }

    static Evaluation evaluate(Predictions predictions, Targets targets, double threshold, int flags) {
        Scratch scratch = Scratch.ofThread();
        int status;
        try {
            status = (int) Linked.Evaluate.HANDLE.invokeExact(
                    isCritical(predictions.count(), predictions.segment(), targets.segment()),
                    predictions.segment(),
                    predictions.type().code(),
                    targets.segment(),
                    targets.type().code(),
                    targets.first(0),
                    predictions.count(),
                    threshold,
                    flags,
                    scratch.evaluation(),
                    scratch.violation(flags));
        } catch (Throwable e) {
            throw unchecked(e);
        }
        check(status, scratch, flags, 0);
        return scratch.readEvaluation();
    }

    static Evaluation evaluate(Predictions predictions, Targets targets, Weights weights, double threshold, int flags) {
        Scratch scratch = Scratch.ofThread();
        check(scratch, flags, 0, () -> (int) Linked.WeightedEvaluate.HANDLE.invokeExact(
                isCritical(predictions.count(), predictions.segment(), targets.segment(), weights.segment()),
                predictions.segment(),
                predictions.type().code(),
                targets.segment(),
                targets.type().code(),
                targets.first(0),
                weights.segment(),
                predictions.count(),
                threshold,
                flags,
                scratch.evaluation(),
                scratch.violation()));
        return scratch.readEvaluation();
    }

    static void evaluateRows(
            Predictions predictions,
            Targets targets,
            Rows rows,
            long from,
            long count,
            double threshold,
            int flags,
            MemorySegment evaluations) {
        Scratch scratch = Scratch.ofThread();
        check(scratch, flags, from * rows.columns(), () -> (int) Linked.EvaluateRows.HANDLE.invokeExact(
                isCritical(count * rows.columns(), predictions.segment(), targets.segment()),
                rows.range(predictions, rows.predictionsStride(), from, count),
                predictions.type().code(),
                rows.predictionsStride(),
                rows.range(targets, rows.targetsStride(), from, count),
                targets.type().code(),
                targets.first(from * rows.targetsStride()),
                rows.targetsStride(),
                count,
                rows.columns(),
                threshold,
                flags,
                evaluations,
                scratch.violation(flags)));
    }

    static void none(
            Predictions predictions, Targets targets, long from, long count, int flags, MemorySegment distances) {
        Scratch scratch = Scratch.ofThread();
        check(scratch, flags, from, () -> (int) Linked.None.HANDLE.invokeExact(
                isCritical(count, predictions.segment(), targets.segment(), distances),
                predictions.range(from, count),
                predictions.type().code(),
                targets.range(from, count),
                targets.type().code(),
                targets.first(from),
                count,
                flags,
                distances,
                scratch.violation(flags)));
    }

    static void gradient(
            Targets targets,
            long from,
            long count,
            Reduction reduction,
            double upstream,
            int flags,
            MemorySegment gradient,
            ElementType type) {
        Scratch scratch = Scratch.ofThread();
        check(scratch, flags, from, () -> (int) Linked.Gradient.HANDLE.invokeExact(
                isCritical(count, targets.segment(), gradient),
                targets.range(from, count),
                targets.type().code(),
                targets.first(from),
                count,
                upstream,
                reduction.code(),
                flags,
                gradient,
                type.code(),
                scratch.violation(flags)));
    }

    /** The loss and the gradient of all elements; without a reduction, NaN and the gradient. */
    static double lossAndGradient(
            Predictions predictions,
            Targets targets,
            Reduction reduction,
            double upstream,
            int flags,
            MemorySegment gradient) {
        Scratch scratch = Scratch.ofThread();
        MemorySegment loss = reduction == Reduction.NONE ? MemorySegment.NULL : scratch.loss();
        check(scratch, flags, 0, () -> (int) Linked.LossAndGradient.HANDLE.invokeExact(
                isCritical(predictions.count(), predictions.segment(), targets.segment(), gradient),
                predictions.segment(),
                predictions.type().code(),
                targets.segment(),
                targets.type().code(),
                targets.first(0),
                predictions.count(),
                upstream,
                reduction.code(),
                flags,
                loss,
                MemorySegment.NULL,
                gradient,
                scratch.violation(flags)));
        return reduction == Reduction.NONE ? Double.NaN : loss.get(C_DOUBLE, 0);
    }

    static void add(
            MemorySegment accumulator, Predictions predictions, Targets targets, long from, long count, int flags) {
        Scratch scratch = Scratch.ofThread();
        check(scratch, flags, from, () -> (int) Linked.Add.HANDLE.invokeExact(
                isCritical(count, predictions.segment(), targets.segment()),
                accumulator,
                predictions.range(from, count),
                predictions.type().code(),
                targets.range(from, count),
                targets.type().code(),
                targets.first(from),
                count,
                flags,
                scratch.violation(flags)));
    }

    static void add(
            MemorySegment accumulator,
            Predictions predictions,
            Targets targets,
            Weights weights,
            long from,
            long count,
            int flags) {
        Scratch scratch = Scratch.ofThread();
        check(scratch, flags, from, () -> (int) Linked.AddWeighted.HANDLE.invokeExact(
                isCritical(count, predictions.segment(), targets.segment(), weights.segment()),
                accumulator,
                predictions.range(from, count),
                predictions.type().code(),
                targets.range(from, count),
                targets.type().code(),
                targets.first(from),
                weights.range(from, count),
                count,
                flags,
                scratch.violation()));
    }

    static void addWithGradient(
            MemorySegment accumulator,
            Predictions predictions,
            Targets targets,
            long from,
            long count,
            double upstream,
            long divisor,
            int flags,
            MemorySegment gradient) {
        Scratch scratch = Scratch.ofThread();
        check(scratch, flags, from, () -> (int) Linked.AddWithGradient.HANDLE.invokeExact(
                isCritical(count, predictions.segment(), targets.segment(), gradient),
                accumulator,
                predictions.range(from, count),
                predictions.type().code(),
                targets.range(from, count),
                targets.type().code(),
                targets.first(from),
                count,
                upstream,
                divisor,
                flags,
                gradient,
                scratch.violation(flags)));
    }

    /**
     * {@code upstream / divisor} as a gradient of this type has it, rounded once: the gradient of one element, which is 0
     * like its target.
     */
    static double quotient(double upstream, long divisor, ElementType type) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment gradient = call.allocate(type.bytes(1), Double.BYTES);
            MemorySegment zero = call.allocate(Double.BYTES, Double.BYTES);
            MemorySegment accumulator = newAccumulator(0, call);
            check(() -> (int) exactloss_accumulator_add_with_gradient$handle()
                    .invokeExact(
                            accumulator,
                            zero,
                            type.code(),
                            zero,
                            EXACTLOSS_UINT8(),
                            0L,
                            1L,
                            upstream,
                            divisor,
                            0,
                            gradient,
                            MemorySegment.NULL));
            return switch (type) {
                case FLOAT16 -> Float.float16ToFloat(gradient.get(C_SHORT, 0));
                case BFLOAT16 -> Float.intBitsToFloat(gradient.get(C_SHORT, 0) << Short.SIZE);
                case FLOAT32 -> gradient.get(C_FLOAT, 0);
                case FLOAT64 -> gradient.get(C_DOUBLE, 0);
                case UINT8, INT32, INT64, BITS -> throw new IllegalArgumentException(type + " holds no gradient");
            };
        }
    }

    static void where(
            Condition condition,
            long from,
            long count,
            MemorySegment a,
            MemorySegment b,
            int elementSize,
            int flags,
            MemorySegment out) {
        check(() -> (int) Linked.Where.HANDLE.invokeExact(
                isCritical(count, condition.segment(), a, b, out),
                condition.range(from, count),
                condition.type().code(),
                condition.first(from),
                a,
                b,
                elementSize,
                count,
                flags,
                out));
    }

    static void sigmoid(Predictions logits, long from, long count, MemorySegment out) {
        check(() -> (int) Linked.Sigmoid.HANDLE.invokeExact(
                isCritical(count, logits.segment(), out),
                logits.range(from, count),
                logits.type().code(),
                count,
                out));
    }

    static MemorySegment newAccumulator(double threshold, Arena arena) {
        MemorySegment accumulator = arena.allocate(EXACTLOSS_ACCUMULATOR_SIZE(), Long.BYTES);
        clear(accumulator, threshold);
        return accumulator;
    }

    /** Makes it empty, whatever it held. */
    static void clear(MemorySegment accumulator, double threshold) {
        check(() -> (int) exactloss_accumulator_init$handle().invokeExact(accumulator, threshold));
    }

    static void merge(MemorySegment accumulator, MemorySegment other) {
        check(() -> (int) exactloss_accumulator_merge$handle().invokeExact(accumulator, other));
    }

    static MemorySegment newEvaluations(long count, Arena arena) {
        return exactloss_evaluation.allocateArray(count, arena);
    }

    /** The evaluations from {@code from} on, of memory that has one for each row. */
    static MemorySegment evaluations(MemorySegment all, long from, long count) {
        return all.asSlice(from * exactloss_evaluation.sizeof(), count * exactloss_evaluation.sizeof());
    }

    static Evaluation result(MemorySegment accumulator) {
        Scratch scratch = Scratch.ofThread();
        check(() -> (int) exactloss_accumulator_result$handle().invokeExact(accumulator, scratch.evaluation()));
        return scratch.readEvaluation();
    }

    static byte[] serialize(MemorySegment accumulator) {
        MemorySegment bytes = Scratch.ofThread().bytes();
        check(() -> (int) exactloss_accumulator_serialize$handle().invokeExact(accumulator, bytes, bytes.byteSize()));
        return bytes.toArray(C_CHAR);
    }

    static MemorySegment deserialize(byte[] bytes, Arena arena) {
        MemorySegment accumulator = arena.allocate(EXACTLOSS_ACCUMULATOR_SIZE(), Long.BYTES);
        try (Arena call = Arena.ofConfined()) {
            MemorySegment copy = call.allocateFrom(C_CHAR, bytes);
            check(() ->
                    (int) exactloss_accumulator_deserialize$handle().invokeExact(accumulator, copy, copy.byteSize()));
        }
        return accumulator;
    }

    static String version() {
        return exactloss_version().getString(0);
    }

    static int abiVersion() {
        return exactloss_abi_version();
    }

    static String isaName() {
        MemorySegment name = exactloss_isa_name();
        if (name.equals(MemorySegment.NULL)) {
            check(EXACTLOSS_ERROR_MAX_ISA());
        }
        return name.getString(0);
    }

    static Isa.Support isaSupport(Isa isa) {
        int support = exactloss_isa_support(isa.code());
        if (support == EXACTLOSS_ISA_USABLE()) {
            return Isa.Support.USABLE;
        }
        return support == EXACTLOSS_ISA_DISABLED() ? Isa.Support.DISABLED : Isa.Support.ABSENT;
    }

    /**
     * Whether to call by the critical linkage, in which the garbage collector waits for the call to end. Heap memory needs
     * it; its caller sees to it that the call is short. Off the heap it saves some nanoseconds, which count in a short call;
     * but a call that is long, or may wait for a page of a mapped file, must not have it. Where one array is mapped and
     * another lies on the heap, the heap decides: the collector then may wait for pages, but never for those of more than
     * one piece ({@link Pieces#ELEMENTS}).
     */
    private static boolean isCritical(long count, MemorySegment... memory) {
        boolean quick = count <= SHORT_CALL;
        for (MemorySegment segment : memory) {
            if (!segment.isNative()) {
                return true;
            }
            quick &= !segment.isMapped();
        }
        return quick;
    }

    /** Turns an error into its exception; {@code from} is where the call's elements begin in the caller's. */
    private static void check(int status, Scratch scratch, int flags, long from) {
        if (status == EXACTLOSS_ERROR_STRICT() || status == EXACTLOSS_ERROR_WEIGHT()) {
            throw scratch.readViolation(flags, from);
        }
        check(status);
    }

    /** A downcall that returns a status. */
    interface Call {
        int status() throws Throwable;
    }

    /** Makes a call by its handle: the wrapper in the bindings would turn what FFM throws into an AssertionError. */
    static int status(Call call) {
        try {
            return call.status();
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    private static void check(Call call) {
        check(status(call));
    }

    private static void check(Scratch scratch, int flags, long from, Call call) {
        check(status(call), scratch, flags, from);
    }

    private static void check(int status) {
        if (status != EXACTLOSS_OK()) {
            throw new ExactLossException(status, exactloss_status_string(status).getString(0));
        }
    }

    /** What a method handle throws here comes from FFM's checks of the segments (closed, wrong thread): unchecked. */
    static RuntimeException unchecked(Throwable thrown) {
        if (thrown instanceof RuntimeException exception) {
            return exception;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(thrown);
    }

    /**
     * The functions that take the caller's memory. The first parameter of a HANDLE is {@link #isCritical}; the function's
     * own follow. Each is in a class of its own, so that a program waits only for the linking of what it calls.
     */
    private static final class Linked {
        static final class Loss {
            static final MethodHandle CRITICAL =
                    critical(exactloss_mnist_loss$address(), exactloss_mnist_loss$descriptor());
            static final MethodHandle HANDLE = choice(CRITICAL, exactloss_mnist_loss$handle());
        }

        static final class WeightedLoss {
            static final MethodHandle HANDLE = link(
                    exactloss_weighted_mnist_loss$address(),
                    exactloss_weighted_mnist_loss$descriptor(),
                    exactloss_weighted_mnist_loss$handle());
        }

        static final class LossRows {
            static final MethodHandle HANDLE = link(
                    exactloss_mnist_loss_rows$address(),
                    exactloss_mnist_loss_rows$descriptor(),
                    exactloss_mnist_loss_rows$handle());
        }

        static final class Evaluate {
            static final MethodHandle HANDLE =
                    link(exactloss_evaluate$address(), exactloss_evaluate$descriptor(), exactloss_evaluate$handle());
        }

        static final class WeightedEvaluate {
            static final MethodHandle HANDLE = link(
                    exactloss_weighted_evaluate$address(),
                    exactloss_weighted_evaluate$descriptor(),
                    exactloss_weighted_evaluate$handle());
        }

        static final class EvaluateRows {
            static final MethodHandle HANDLE = link(
                    exactloss_evaluate_rows$address(),
                    exactloss_evaluate_rows$descriptor(),
                    exactloss_evaluate_rows$handle());
        }

        static final class None {
            static final MethodHandle HANDLE = link(
                    exactloss_mnist_loss_none$address(),
                    exactloss_mnist_loss_none$descriptor(),
                    exactloss_mnist_loss_none$handle());
        }

        static final class Gradient {
            static final MethodHandle HANDLE = link(
                    exactloss_mnist_loss_gradient$address(),
                    exactloss_mnist_loss_gradient$descriptor(),
                    exactloss_mnist_loss_gradient$handle());
        }

        static final class LossAndGradient {
            static final MethodHandle HANDLE = link(
                    exactloss_mnist_loss_and_gradient$address(),
                    exactloss_mnist_loss_and_gradient$descriptor(),
                    exactloss_mnist_loss_and_gradient$handle());
        }

        static final class Add {
            static final MethodHandle HANDLE = link(
                    exactloss_accumulator_add$address(),
                    exactloss_accumulator_add$descriptor(),
                    exactloss_accumulator_add$handle());
        }

        static final class AddWeighted {
            static final MethodHandle HANDLE = link(
                    exactloss_accumulator_add_weighted$address(),
                    exactloss_accumulator_add_weighted$descriptor(),
                    exactloss_accumulator_add_weighted$handle());
        }

        static final class AddWithGradient {
            static final MethodHandle HANDLE = link(
                    exactloss_accumulator_add_with_gradient$address(),
                    exactloss_accumulator_add_with_gradient$descriptor(),
                    exactloss_accumulator_add_with_gradient$handle());
        }

        static final class Where {
            static final MethodHandle HANDLE =
                    link(exactloss_where$address(), exactloss_where$descriptor(), exactloss_where$handle());
        }

        static final class Sigmoid {
            static final MethodHandle HANDLE =
                    link(exactloss_sigmoid$address(), exactloss_sigmoid$descriptor(), exactloss_sigmoid$handle());
        }

        private static MethodHandle link(MemorySegment address, FunctionDescriptor descriptor, MethodHandle ordinary) {
            return choice(critical(address, descriptor), ordinary);
        }

        /** The linker is restricted because a wrong descriptor crashes; this one is jextract's, from the header. */
        @SuppressWarnings("restricted")
        private static MethodHandle critical(MemorySegment address, FunctionDescriptor descriptor) {
            return Linker.nativeLinker().downcallHandle(address, descriptor, Linker.Option.critical(true));
        }

        private static MethodHandle choice(MethodHandle critical, MethodHandle ordinary) {
            return MethodHandles.guardWithTest(
                    MethodHandles.identity(boolean.class),
                    MethodHandles.dropArguments(critical, 0, boolean.class),
                    MethodHandles.dropArguments(ordinary, 0, boolean.class));
        }
    }
}
