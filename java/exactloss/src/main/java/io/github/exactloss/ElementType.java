// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.bindings.exactloss_h;

/** The types that elements of an array may have, in the machine's byte order. Predictions have one of the four of reals. */
public enum ElementType {
    /** Unsigned bytes, or booleans of a byte each. */
    UINT8(8),
    /** Integers of 32 bits. */
    INT32(32),
    /** Integers of 64 bits. */
    INT64(64),
    /** IEEE binary16. */
    FLOAT16(16),
    /** The upper halves of floats. */
    BFLOAT16(16),
    /** Floats. */
    FLOAT32(32),
    /** Doubles. */
    FLOAT64(64),
    /** Packed bits, the least significant bit of a byte first. */
    BITS(1);

    /** The size of an element, a power of two. */
    final int bits;

    /** Its logarithm, so that nothing is divided, which a small call would feel. */
    private final int log2Bits;

    ElementType(int bits) {
        this.bits = bits;
        this.log2Bits = Integer.numberOfTrailingZeros(bits);
    }

    /**
     * The number that the native library knows it by. Not a field, because the bindings, which have it, can't be used where
     * native access is denied; an enum that could not be used either would hide what {@link NativeLoader} says of it.
     */
    int code() {
        return switch (this) {
            case UINT8 -> exactloss_h.EXACTLOSS_UINT8();
            case INT32 -> exactloss_h.EXACTLOSS_INT32();
            case INT64 -> exactloss_h.EXACTLOSS_INT64();
            case FLOAT16 -> exactloss_h.EXACTLOSS_FLOAT16();
            case BFLOAT16 -> exactloss_h.EXACTLOSS_BFLOAT16();
            case FLOAT32 -> exactloss_h.EXACTLOSS_FLOAT32();
            case FLOAT64 -> exactloss_h.EXACTLOSS_FLOAT64();
            case BITS -> exactloss_h.EXACTLOSS_BITS();
        };
    }

    /** The elements that lie whole within so many bytes. */
    long elements(long bytes) {
        return (bytes * Byte.SIZE) >> log2Bits;
    }

    /** The bytes that {@code count} elements fill. */
    long bytes(long count) {
        return Math.ceilDiv(count * bits, Byte.SIZE);
    }
}
