// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import static io.github.exactloss.internal.Linkage.check;
import static io.github.exactloss.internal.bindings.exactloss_h.*;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * The native functions on accumulators alone, on the heap or off it. All are short, so they are called by the critical
 * linkage.
 */
public final class Accumulators {
    public static final long BYTES = EXACTLOSS_ACCUMULATOR_SIZE();

    private Accumulators() {}

    /** New memory on the heap, without content. */
    public static MemorySegment allocate(int count) {
        return MemorySegment.ofArray(new long[Math.multiplyExact(count, (int) (BYTES / Long.BYTES))]);
    }

    /** One of adjacent accumulators. */
    public static MemorySegment at(MemorySegment accumulators, long index) {
        return accumulators.asSlice(index * BYTES, BYTES);
    }

    /**
     * Makes an empty accumulator of the memory.
     *
     * @param losses the options of {@link LossFunction}s
     */
    public static void initialise(MemorySegment accumulator, int losses, double threshold) {
        check(() -> (int) Init.HANDLE.invokeExact(accumulator, losses, threshold));
    }

    public static void merge(MemorySegment accumulator, MemorySegment other) {
        check(() -> (int) Merge.HANDLE.invokeExact(accumulator, other));
    }

    /** Gives an {@code exactloss_evaluation}, in memory that this thread's next call overwrites. */
    public static MemorySegment evaluate(MemorySegment accumulator) {
        MemorySegment evaluation = Scratch.ofThread().evaluation();
        Structs.setSize(evaluation);
        check(() -> (int) Result.HANDLE.invokeExact(accumulator, evaluation));
        return evaluation;
    }

    public static byte[] serialize(MemorySegment accumulator) {
        byte[] bytes = new byte[EXACTLOSS_ACCUMULATOR_MAX_BYTES()];
        long[] size = new long[1];
        check(() -> (int) Serialize.HANDLE.invokeExact(
                accumulator, MemorySegment.ofArray(bytes), (long) bytes.length, MemorySegment.ofArray(size)));
        return Arrays.copyOf(bytes, (int) size[0]);
    }

    /**
     * Reads a byte form.
     *
     * @throws IllegalArgumentException if the bytes are not those of an accumulator
     */
    public static void deserialize(MemorySegment accumulator, byte[] bytes) {
        int status = Linkage.status(() ->
                (int) Deserialize.HANDLE.invokeExact(accumulator, MemorySegment.ofArray(bytes), (long) bytes.length));
        if (status == EXACTLOSS_ERROR_SIZE() || status == EXACTLOSS_ERROR_FORMAT()) {
            throw new IllegalArgumentException(bytes.length + " bytes are not those of an accumulator");
        }
        check(status);
    }

    private static final class Init {
        static final MethodHandle HANDLE =
                Linkage.critical(exactloss_accumulator_init$address(), exactloss_accumulator_init$descriptor());
    }

    private static final class Merge {
        static final MethodHandle HANDLE =
                Linkage.critical(exactloss_accumulator_merge$address(), exactloss_accumulator_merge$descriptor());
    }

    private static final class Result {
        static final MethodHandle HANDLE =
                Linkage.critical(exactloss_accumulator_result$address(), exactloss_accumulator_result$descriptor());
    }

    private static final class Serialize {
        static final MethodHandle HANDLE = Linkage.critical(
                exactloss_accumulator_serialize$address(), exactloss_accumulator_serialize$descriptor());
    }

    private static final class Deserialize {
        static final MethodHandle HANDLE = Linkage.critical(
                exactloss_accumulator_deserialize$address(), exactloss_accumulator_deserialize$descriptor());
    }
}
