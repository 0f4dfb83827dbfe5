// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

/**
 * An instruction set that the native library has kernels for. The kernels of all of them give the same bits.
 *
 * @param name as {@code EXACTLOSS_MAX_ISA} and {@link NativeLibrary#isa()} have it, such as {@code avx2}
 * @param support whether this machine can run its kernels
 */
public record Isa(String name, Support support) {
    /** Whether this machine can run the kernels of an instruction set. */
    public enum Support {
        /** The processor has it and the operating system saves its registers. */
        USABLE,
        /** The processor does not have it. */
        ABSENT,
        /** The processor has it, but the operating system does not enable it. */
        DISABLED
    }
}
