// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

/**
 * The types that elements of an array may have, in the machine's byte order. {@link Predictions} have one of the first four.
 * {@link Targets} have any but the first two.
 */
public enum ElementType {
    /** IEEE 754's binary16: the bits that {@link Float#floatToFloat16} gives. */
    FLOAT16(16),
    /** The upper halves of floats. */
    BFLOAT16(16),
    /** Floats. */
    FLOAT32(32),
    /** Doubles. */
    FLOAT64(64),
    /** Unsigned bytes, or booleans of a byte each. */
    UINT8(8),
    /** Signed bytes. */
    INT8(8),
    /** Integers of 32 bits. */
    INT32(32),
    /** Integers of 64 bits. */
    INT64(64),
    /** Packed bits, the least significant bit of a byte first, as Arrow stores booleans. */
    BITS(1);

    private final int bits;

    /** The logarithm of {@link #bits}, for shifts: a division would slow down small calls. */
    private final int log2Bits;

    ElementType(int bits) {
        this.bits = bits;
        this.log2Bits = Integer.numberOfTrailingZeros(bits);
    }

    /** The size of an element in bits. */
    public int bits() {
        return bits;
    }

    /**
     * The bytes that {@code count} elements fill, the last one perhaps in part.
     *
     * @throws IllegalArgumentException if the number is negative or too large to address
     */
    public long bytes(long count) {
        if (count < 0 || count > Long.MAX_VALUE >> log2Bits) {
            throw new IllegalArgumentException("a count of " + count + " is negative or too large");
        }
        return Math.ceilDiv(count * bits, Byte.SIZE);
    }

    /** The number of whole elements in {@code bytes} bytes. */
    long elements(long bytes) {
        return (bytes * Byte.SIZE) >> log2Bits;
    }

    /** Whether predictions may be of this type. */
    boolean isReal() {
        return compareTo(FLOAT64) <= 0;
    }
}
