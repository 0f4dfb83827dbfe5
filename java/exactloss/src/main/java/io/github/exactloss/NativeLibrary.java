// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.CoreLibrary;
import java.nio.file.Path;
import java.util.List;

/**
 * The native library that this process uses. Every method loads it unless that has happened before, and throws
 * {@link NativeLibraryException} if that fails. Any thread may call them.
 */
public final class NativeLibrary {
    private NativeLibrary() {}

    /** The library's version: {@code MAJOR.MINOR.PATCH}. */
    public static String version() {
        CoreLibrary.load();
        return CoreLibrary.version();
    }

    /** The version of the library's binary interface, which is the one that these classes were made for. */
    public static int abiVersion() {
        CoreLibrary.load();
        return CoreLibrary.abi();
    }

    /**
     * The name of the instruction set whose kernels run: the one with the highest rank that this machine can run and {@code
     * EXACTLOSS_MAX_ISA} allows.
     *
     * @throws ExactLossException if {@code EXACTLOSS_MAX_ISA} is not a name that {@link #isas()} gives
     */
    public static String isa() {
        CoreLibrary.load();
        return CoreLibrary.isa();
    }

    /**
     * The instruction sets that the library has kernels for, from the lowest rank, {@code portable}, to the highest.
     * {@code EXACTLOSS_MAX_ISA} has no influence.
     */
    public static List<Isa> isas() {
        CoreLibrary.load();
        return CoreLibrary.isas();
    }

    /** The file that was loaded. A copy of the one in the jar no longer exists, except on Windows: it was deleted at once. */
    public static Path location() {
        return CoreLibrary.load();
    }
}
