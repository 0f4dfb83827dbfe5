// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static io.github.exactloss.bindings.exactloss_h.*;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/**
 * The downcalls: the only class that calls the generated bindings. Whoever gets here has loaded the library and checked
 * the arguments; a range of elements is given as {@code from} and {@code count}.
 */
final class Kernels {
    static final int ABI_VERSION = EXACTLOSS_ABI_VERSION();
    static final int ACCUMULATOR_BYTES = EXACTLOSS_ACCUMULATOR_BYTES();

    /** Elements that take less than a microsecond. */
    private static final long SHORT_CALL = 1024;

    private Kernels() {}

    static double loss(Predictions predictions, Targets targets, Reduction reduction, boolean strict) {
        Scratch scratch = Scratch.ofThread();
        int status;
        try {
            status = (int) Linked.LOSS.invokeExact(
                    isCritical(predictions.count(), predictions.segment(), targets.segment()),
                    predictions.segment(),
                    predictions.type().code(),
                    targets.segment(),
                    targets.type().code(),
                    targets.first(0),
                    predictions.count(),
                    reduction.code(),
                    flags(strict),
                    scratch.loss(),
                    MemorySegment.NULL,
                    scratch.violation(strict));
        } catch (Throwable e) {
            throw unchecked(e);
        }
        check(status, scratch, 0);
        return scratch.loss().get(C_DOUBLE, 0);
    }

    static Evaluation evaluate(Predictions predictions, Targets targets, double threshold, boolean strict) {
        Scratch scratch = Scratch.ofThread();
        int status;
        try {
            status = (int) Linked.EVALUATE.invokeExact(
                    isCritical(predictions.count(), predictions.segment(), targets.segment()),
                    predictions.segment(),
                    predictions.type().code(),
                    targets.segment(),
                    targets.type().code(),
                    targets.first(0),
                    predictions.count(),
                    threshold,
                    flags(strict),
                    scratch.evaluation(),
                    scratch.violation(strict));
        } catch (Throwable e) {
            throw unchecked(e);
        }
        check(status, scratch, 0);
        return scratch.readEvaluation();
    }

    static void none(
            Predictions predictions, Targets targets, long from, long count, boolean strict, MemorySegment distances) {
        Scratch scratch = Scratch.ofThread();
        int status;
        try {
            status = (int) Linked.NONE.invokeExact(
                    isCritical(count, predictions.segment(), targets.segment(), distances),
                    predictions.range(from, count),
                    predictions.type().code(),
                    targets.range(from, count),
                    targets.type().code(),
                    targets.first(from),
                    count,
                    flags(strict),
                    distances,
                    scratch.violation(strict));
        } catch (Throwable e) {
            throw unchecked(e);
        }
        check(status, scratch, from);
    }

    static void gradient(
            Targets targets,
            long from,
            long count,
            Reduction reduction,
            double upstream,
            boolean strict,
            MemorySegment gradient) {
        Scratch scratch = Scratch.ofThread();
        int status;
        try {
            status = (int) Linked.GRADIENT.invokeExact(
                    isCritical(count, targets.segment(), gradient),
                    targets.range(from, count),
                    targets.type().code(),
                    targets.first(from),
                    count,
                    upstream,
                    reduction.code(),
                    flags(strict),
                    gradient,
                    ElementType.FLOAT32.code(),
                    scratch.violation(strict));
        } catch (Throwable e) {
            throw unchecked(e);
        }
        check(status, scratch, from);
    }

    static void add(
            MemorySegment accumulator,
            Predictions predictions,
            Targets targets,
            long from,
            long count,
            boolean strict) {
        Scratch scratch = Scratch.ofThread();
        int status;
        try {
            status = (int) Linked.ADD.invokeExact(
                    isCritical(count, predictions.segment(), targets.segment()),
                    accumulator,
                    predictions.range(from, count),
                    predictions.type().code(),
                    targets.range(from, count),
                    targets.type().code(),
                    targets.first(from),
                    count,
                    flags(strict),
                    scratch.violation(strict));
        } catch (Throwable e) {
            throw unchecked(e);
        }
        check(status, scratch, from);
    }

    static MemorySegment newAccumulator(double threshold, Arena arena) {
        MemorySegment accumulator = arena.allocate(EXACTLOSS_ACCUMULATOR_SIZE(), Long.BYTES);
        check(() -> (int) exactloss_accumulator_init$handle().invokeExact(accumulator, threshold));
        return accumulator;
    }

    static void merge(MemorySegment accumulator, MemorySegment other) {
        check(() -> (int) exactloss_accumulator_merge$handle().invokeExact(accumulator, other));
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

    private static int flags(boolean strict) {
        return strict ? EXACTLOSS_STRICT() : 0;
    }

    /** Turns an error into its exception; {@code from} is where the call's elements begin in the caller's. */
    private static void check(int status, Scratch scratch, long from) {
        if (status == EXACTLOSS_ERROR_STRICT()) {
            throw scratch.readViolation(from);
        }
        check(status);
    }

    /** A downcall that returns a status. */
    private interface Call {
        int status() throws Throwable;
    }

    /** Makes a call by its handle: the wrapper in the bindings would turn what FFM throws into an AssertionError. */
    private static void check(Call call) {
        int status;
        try {
            status = call.status();
        } catch (Throwable e) {
            throw unchecked(e);
        }
        check(status);
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

    /** The functions that take the caller's memory. Their first parameter is {@link #isCritical}; their own follow. */
    private static final class Linked {
        static final MethodHandle LOSS =
                link(exactloss_mnist_loss$address(), exactloss_mnist_loss$descriptor(), exactloss_mnist_loss$handle());
        static final MethodHandle EVALUATE =
                link(exactloss_evaluate$address(), exactloss_evaluate$descriptor(), exactloss_evaluate$handle());
        static final MethodHandle NONE = link(
                exactloss_mnist_loss_none$address(),
                exactloss_mnist_loss_none$descriptor(),
                exactloss_mnist_loss_none$handle());
        static final MethodHandle GRADIENT = link(
                exactloss_mnist_loss_gradient$address(),
                exactloss_mnist_loss_gradient$descriptor(),
                exactloss_mnist_loss_gradient$handle());
        static final MethodHandle ADD = link(
                exactloss_accumulator_add$address(),
                exactloss_accumulator_add$descriptor(),
                exactloss_accumulator_add$handle());

        /** The linker is restricted because a wrong descriptor crashes; this one is jextract's, from the header. */
        @SuppressWarnings("restricted")
        private static MethodHandle link(MemorySegment address, FunctionDescriptor descriptor, MethodHandle ordinary) {
            MethodHandle critical =
                    Linker.nativeLinker().downcallHandle(address, descriptor, Linker.Option.critical(true));
            return MethodHandles.guardWithTest(
                    MethodHandles.identity(boolean.class),
                    MethodHandles.dropArguments(critical, 0, boolean.class),
                    MethodHandles.dropArguments(ordinary, 0, boolean.class));
        }
    }
}
