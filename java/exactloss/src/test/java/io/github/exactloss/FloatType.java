// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/** The types of predictions, read and written by Java's own means. Every value of each is a double too. */
enum FloatType {
    FLOAT32(4, 24, -149, Float.MAX_VALUE),
    FLOAT64(8, 53, -1074, Double.MAX_VALUE),
    FLOAT16(2, 11, -24, 65_504),
    BFLOAT16(2, 8, -133, 0x1.fep127);

    final int bytes;
    final int precision;

    /** The smallest positive value is 2 to this power. */
    final int leastExponent;

    final double max;

    FloatType(int bytes, int precision, int leastExponent, double max) {
        this.bytes = bytes;
        this.precision = precision;
        this.leastExponent = leastExponent;
        this.max = max;
    }

    Predictions view(MemorySegment memory) {
        return Predictions.of(memory, elements());
    }

    ElementType elements() {
        return ElementType.valueOf(name());
    }

    double get(MemorySegment memory, long index) {
        return decoded(getBits(memory, index));
    }

    /** Writes a value of this type; for a number between two values, either of them. */
    void set(MemorySegment memory, long index, double value) {
        long offset = index * bytes;
        switch (this) {
            case FLOAT32 -> memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset, (float) value);
            case FLOAT64 -> memory.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, offset, value);
            case FLOAT16 -> memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, Float.floatToFloat16((float) value));
            case BFLOAT16 ->
                memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, (short)
                        (Float.floatToIntBits((float) value) >>> Short.SIZE));
        }
    }

    /** On the heap. */
    MemorySegment memory(double... values) {
        MemorySegment memory = MemorySegment.ofArray(new byte[values.length * bytes]);
        for (int i = 0; i < values.length; i++) {
            set(memory, i, values[i]);
        }
        return memory;
    }

    double[] values(MemorySegment memory) {
        double[] values = new double[(int) (memory.byteSize() / bytes)];
        for (int i = 0; i < values.length; i++) {
            values[i] = get(memory, i);
        }
        return values;
    }

    /** Any finite value: each pattern of bits is as likely as another. */
    double any(SplittableRandom random) {
        double value = decoded(random.nextLong());
        return Double.isFinite(value) ? value : any(random);
    }

    /** The next value towards positive infinity. */
    double nextUp(double value) {
        MemorySegment memory = memory(value);
        long bits = getBits(memory, 0);
        return value == 0 ? Math.scalb(1.0, leastExponent) : decoded(value > 0 ? bits + 1 : bits - 1);
    }

    /** The weight of the last bit of a value. */
    double ulp(double value) {
        int exponent = Math.max(Math.getExponent(value) - precision + 1, leastExponent);
        return Math.scalb(1.0, exponent);
    }

    private long getBits(MemorySegment memory, long index) {
        long offset = index * bytes;
        return switch (bytes) {
            case 2 -> memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset);
            case 4 -> memory.get(ValueLayout.JAVA_INT_UNALIGNED, offset);
            default -> memory.get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
        };
    }

    private double decoded(long bits) {
        return switch (this) {
            case FLOAT32 -> Float.intBitsToFloat((int) bits);
            case FLOAT64 -> Double.longBitsToDouble(bits);
            case FLOAT16 -> Float.float16ToFloat((short) bits);
            case BFLOAT16 -> Float.intBitsToFloat((int) bits << Short.SIZE);
        };
    }
}
