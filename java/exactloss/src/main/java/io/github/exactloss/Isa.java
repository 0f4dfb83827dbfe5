// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.bindings.exactloss_h;
import java.util.Locale;

/** The instruction sets that the native library has kernels for. All of them give the same bits. */
public enum Isa {
    /** Plain C. */
    PORTABLE,
    /** AVX2 with FMA, of x86-64. */
    AVX2,
    /** AVX-512 F, BW, DQ and VL, of x86-64. */
    AVX512;

    /** Whether this machine can run the kernels of an instruction set. */
    public enum Support {
        /** The processor has it and the operating system saves its registers. */
        USABLE,
        /** The processor, or this build of the library, does not have it. */
        ABSENT,
        /** The processor has it, but the operating system does not enable it. */
        DISABLED
    }

    /** The number that the native library knows it by; no field for the reason at {@link ElementType#code}. */
    int code() {
        return switch (this) {
            case PORTABLE -> exactloss_h.EXACTLOSS_ISA_PORTABLE();
            case AVX2 -> exactloss_h.EXACTLOSS_ISA_AVX2();
            case AVX512 -> exactloss_h.EXACTLOSS_ISA_AVX512();
        };
    }

    /** The name that {@code EXACTLOSS_MAX_ISA} and {@link NativeLibrary#isa()} use: {@code avx2}, say. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
