// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import static io.github.exactloss.internal.bindings.exactloss_h.*;

import io.github.exactloss.ExactLossException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/** Links and calls native functions, and turns their statuses into exceptions. */
public final class Linkage {
    private Linkage() {}

    /**
     * Whether to call by the critical linkage, in which the garbage collector waits for the call to end. Heap memory needs
     * it; its caller cuts it into {@link Pieces}. Off the heap it saves some nanoseconds, which count in a short call; but
     * a call that is long, or may wait for a page of a mapped file, must not have it. Where one array is mapped and another
     * lies on the heap, the heap decides: the collector then may wait for pages, but never for those of more than one piece.
     *
     * <p>There are four arrays at most; {@link MemorySegment#NULL} stands for none. An array of them would be allocated.
     */
    public static boolean isCritical(long count, MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment d) {
        if (!(a.isNative() && b.isNative() && c.isNative() && d.isNative())) {
            return true;
        }
        return count <= Pieces.SHORT && !(a.isMapped() || b.isMapped() || c.isMapped() || d.isMapped());
    }

    /** The linker is restricted because a wrong descriptor crashes; this one is jextract's, from the header. */
    @SuppressWarnings("restricted")
    static MethodHandle critical(MemorySegment address, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(address, descriptor, Linker.Option.critical(true));
    }

    /** A handle whose first parameter says whether to use the critical linkage. */
    static MethodHandle choice(MemorySegment address, FunctionDescriptor descriptor, MethodHandle ordinary) {
        return choice(critical(address, descriptor), ordinary);
    }

    static MethodHandle choice(MethodHandle critical, MethodHandle ordinary) {
        return MethodHandles.guardWithTest(
                MethodHandles.identity(boolean.class),
                MethodHandles.dropArguments(critical, 0, boolean.class),
                MethodHandles.dropArguments(ordinary, 0, boolean.class));
    }

    /** A downcall that returns a status. */
    public interface Call {
        int status() throws Throwable;
    }

    /** Makes a call by its handle: the wrapper in the bindings would turn what FFM throws into an AssertionError. */
    public static int status(Call call) {
        try {
            return call.status();
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    static void check(Call call) {
        check(status(call));
    }

    static void check(int options, Scratch scratch, Call call) {
        check(status(call), options, scratch);
    }

    static void check(int status, int options, Scratch scratch) {
        if (status == EXACTLOSS_ERROR_STRICT() || status == EXACTLOSS_ERROR_WEIGHT()) {
            throw Structs.violation(scratch.violation(), (options & Options.FROM_LOGITS) != 0);
        }
        check(status);
    }

    static void check(int status) {
        if (status != EXACTLOSS_OK()) {
            throw new ExactLossException(text(status));
        }
    }

    /** The meaning of a status. */
    static String text(int status) {
        return exactloss_status_string(status).getString(0);
    }

    /** A method handle throws only unchecked exceptions here, from FFM's checks of the segments (closed, wrong thread). */
    public static RuntimeException unchecked(Throwable thrown) {
        if (thrown instanceof RuntimeException exception) {
            return exception;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(thrown);
    }
}
