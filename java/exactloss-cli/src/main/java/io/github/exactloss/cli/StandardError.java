// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** What Java does not tell of the standard error stream. */
final class StandardError {
    private static final int DESCRIPTOR = 2;

    private StandardError() {}

    /** Whether it is a terminal: C's {@code isatty(2)}, because {@link System#console()} is about the other two. */
    @SuppressWarnings("restricted") // one call of a C function that takes and returns an int
    static boolean isTerminal() {
        Linker linker = Linker.nativeLinker();
        Optional<MemorySegment> isatty = linker.defaultLookup()
                .find("isatty")
                .or(() -> linker.defaultLookup().find("_isatty")); // its name on Windows
        if (isatty.isEmpty()) {
            return false;
        }
        MethodHandle handle =
                linker.downcallHandle(isatty.get(), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            return (int) handle.invokeExact(DESCRIPTOR) != 0;
        } catch (Throwable impossible) {
            throw new AssertionError("a C function throws nothing", impossible);
        }
    }
}
