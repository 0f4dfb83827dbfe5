// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.math.BigInteger;

/**
 * The loss by definition, in integers of any size: a float is an integer times 2^-149, and so is 1. It shares nothing with
 * the native library, not even the rounding.
 */
final class ExactReference {
    private static final int UNIT_EXPONENT = -149;
    private static final BigInteger ONE = BigInteger.ONE.shiftLeft(-UNIT_EXPONENT);

    private BigInteger sum = BigInteger.ZERO;
    private long count;
    private boolean plusInfinity;
    private boolean minusInfinity;
    private boolean nan;

    static ExactReference of(Batch batch) {
        ExactReference reference = new ExactReference();
        for (int i = 0; i < batch.count; i++) {
            reference.add(batch.predictions[i], batch.targets[i] == 1);
        }
        return reference;
    }

    void add(float prediction, boolean positive) {
        count++;
        if (Float.isNaN(prediction)) {
            nan = true;
        } else if (Float.isInfinite(prediction)) {
            if ((prediction > 0) != positive) {
                plusInfinity = true;
            } else {
                minusInfinity = true;
            }
        } else {
            sum = sum.add(positive ? ONE.subtract(units(prediction)) : units(prediction));
        }
    }

    double mean() {
        return count == 0 ? Double.NaN : rounded(BigInteger.valueOf(count), 53, -1074);
    }

    double sum() {
        return rounded(BigInteger.ONE, 53, -1074);
    }

    float meanFloat() {
        return count == 0 ? Float.NaN : (float) rounded(BigInteger.valueOf(count), 24, -149);
    }

    float sumFloat() {
        return (float) rounded(BigInteger.ONE, 24, -149);
    }

    /** {@code dividend / divisor}, rounded once to float. */
    static float quotient(double dividend, long divisor) {
        long bits = Double.doubleToLongBits(dividend);
        long fraction = bits & ((1L << 52) - 1);
        int biased = Math.getExponent(dividend) + 1023;
        BigInteger magnitude = biased == 0
                ? BigInteger.valueOf(fraction)
                : BigInteger.valueOf(fraction | 1L << 52).shiftLeft(biased - 1);
        return (float)
                rounded(dividend < 0 ? magnitude.negate() : magnitude, -1074, BigInteger.valueOf(divisor), 24, -149);
    }

    private double rounded(BigInteger divisor, int precision, int leastExponent) {
        if (nan || (plusInfinity && minusInfinity)) {
            return Double.NaN;
        }
        if (plusInfinity || minusInfinity) {
            return plusInfinity ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
        }
        return rounded(sum, UNIT_EXPONENT, divisor, precision, leastExponent);
    }

    private static BigInteger units(float value) {
        int bits = Float.floatToRawIntBits(value);
        int biased = bits >>> 23 & 0xff;
        int fraction = bits & 0x7fffff;
        BigInteger magnitude = biased == 0
                ? BigInteger.valueOf(fraction)
                : BigInteger.valueOf(fraction | 0x800000).shiftLeft(biased - 1);
        return bits < 0 ? magnitude.negate() : magnitude;
    }

    /**
     * {@code dividend * 2^scale / divisor}, rounded to nearest even to {@code precision} bits whose last one is worth at
     * least {@code 2^leastExponent}. The scaling at the end is exact, or overflows where the result does.
     */
    private static double rounded(
            BigInteger dividend, int scale, BigInteger divisor, int precision, int leastExponent) {
        BigInteger magnitude = dividend.abs();
        int exponent = Math.max(magnitude.bitLength() - divisor.bitLength() + scale - precision, leastExponent);
        while (true) {
            int shift = scale - exponent;
            BigInteger numerator = shift >= 0 ? magnitude.shiftLeft(shift) : magnitude;
            BigInteger denominator = shift >= 0 ? divisor : divisor.shiftLeft(-shift);
            BigInteger[] parts = numerator.divideAndRemainder(denominator);
            if (parts[0].bitLength() > precision) {
                exponent++;
                continue;
            }
            int half = parts[1].shiftLeft(1).compareTo(denominator);
            boolean up = half > 0 || (half == 0 && parts[0].testBit(0));
            double value = Math.scalb((up ? parts[0].add(BigInteger.ONE) : parts[0]).doubleValue(), exponent);
            return dividend.signum() < 0 ? -value : value;
        }
    }
}
