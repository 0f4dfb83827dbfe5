// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.nio.file.Path;

/**
 * The native library that this process uses. Every method loads it if nothing did before, and throws
 * {@link NativeLibraryException} if that fails. Thread-safe.
 */
public final class NativeLibrary {
    private NativeLibrary() {}

    /** The library's version: {@code MAJOR.MINOR.PATCH}. */
    public static String version() {
        NativeLoader.load();
        return Kernels.version();
    }

    /** The version of the library's binary interface, which is the one that these classes were made for. */
    public static int abiVersion() {
        NativeLoader.load();
        return Kernels.abiVersion();
    }

    /**
     * The instruction set whose kernels run: the best one of this machine that {@code EXACTLOSS_MAX_ISA} allows, by its
     * name there.
     *
     * @throws ExactLossException if {@code EXACTLOSS_MAX_ISA} is not portable, avx2 or avx512
     */
    public static String isa() {
        NativeLoader.load();
        return Kernels.isaName();
    }

    /** Whether this machine can run the kernels of an instruction set. {@code EXACTLOSS_MAX_ISA} has no influence. */
    public static Isa.Support isaSupport(Isa isa) {
        NativeLoader.load();
        return Kernels.isaSupport(isa);
    }

    /** The file that was loaded. */
    public static Path location() {
        return NativeLoader.load();
    }
}
