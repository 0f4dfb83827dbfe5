// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.math.BigInteger;

/**
 * A sum of distances or of their squares by definition, in integers of any size: predictions and 1 are multiples of one power
 * of two, weights of another, and so are their products. It shares nothing with the native library, not even the rounding.
 */
final class ExactReference {
    /** Every double is a multiple of 2 to this power. */
    private static final int LEAST_DOUBLE = -1074;

    private final int unitExponent;
    private final int power;
    private final int weightExponent;
    private final BigInteger one;
    private BigInteger sum = BigInteger.ZERO;
    private BigInteger weights = BigInteger.ZERO;
    private long nanCount;
    private long plusInfinities;
    private long minusInfinities;

    /** For float32 predictions, without weights. */
    ExactReference() {
        this(FloatType.FLOAT32, false);
    }

    ExactReference(FloatType type, boolean weighted) {
        this(type, weighted, 1);
    }

    /** @param power 1 for distances, 2 for their squares */
    ExactReference(FloatType type, boolean weighted, int power) {
        this.power = power;
        unitExponent = type.leastExponent;
        weightExponent = weighted ? FloatType.FLOAT32.leastExponent : 0;
        one = BigInteger.ONE.shiftLeft(-unitExponent);
    }

    static ExactReference of(RandomBatch batch) {
        ExactReference reference = new ExactReference();
        for (int i = 0; i < batch.count; i++) {
            reference.add(batch.predictions[i], batch.targets[i] == 1);
        }
        return reference;
    }

    void add(double prediction, boolean positive) {
        add(prediction, positive, 1);
    }

    void add(double prediction, boolean positive, float weight) {
        BigInteger times = units(weight, weightExponent);
        weights = weights.add(times);
        if (Double.isNaN(prediction) || (Double.isInfinite(prediction) && weight == 0)) {
            nanCount++;
        } else if (Double.isInfinite(prediction)) {
            if ((prediction > 0) != positive || power == 2) {
                plusInfinities++;
            } else {
                minusInfinities++;
            }
        } else {
            BigInteger units = units(prediction, unitExponent);
            BigInteger distance = positive ? one.subtract(units) : units;
            sum = sum.add(distance.pow(power).multiply(times));
        }
    }

    double mean() {
        return weights.signum() == 0 ? Double.NaN : rounded(power * unitExponent, weights, FloatType.FLOAT64);
    }

    double sum() {
        return rounded(power * unitExponent + weightExponent, BigInteger.ONE, FloatType.FLOAT64);
    }

    float meanFloat() {
        return weights.signum() == 0 ? Float.NaN : (float) rounded(power * unitExponent, weights, FloatType.FLOAT32);
    }

    float sumFloat() {
        return (float) rounded(power * unitExponent + weightExponent, BigInteger.ONE, FloatType.FLOAT32);
    }

    double weightSum() {
        return rounded(weights, weightExponent, BigInteger.ONE, FloatType.FLOAT64);
    }

    long nanCount() {
        return nanCount;
    }

    long infiniteCount() {
        return plusInfinities + minusInfinities;
    }

    /** {@code dividend / divisor}, rounded once to a type. */
    static double quotient(double dividend, long divisor, FloatType type) {
        return rounded(units(dividend, LEAST_DOUBLE), LEAST_DOUBLE, BigInteger.valueOf(divisor), type);
    }

    /** {@code 1 - prediction}, rounded once to a type. */
    static double complement(double prediction, FloatType type) {
        BigInteger one = BigInteger.ONE.shiftLeft(-LEAST_DOUBLE);
        return rounded(one.subtract(units(prediction, LEAST_DOUBLE)), LEAST_DOUBLE, BigInteger.ONE, type);
    }

    /** {@code a + b}, rounded once to a type. */
    static double sum(double a, double b, FloatType type) {
        BigInteger sum = units(a, LEAST_DOUBLE).add(units(b, LEAST_DOUBLE));
        return rounded(sum, LEAST_DOUBLE, BigInteger.ONE, type);
    }

    private double rounded(int scale, BigInteger divisor, FloatType type) {
        if (nanCount > 0 || (plusInfinities > 0 && minusInfinities > 0)) {
            return Double.NaN;
        }
        if (infiniteCount() > 0) {
            return plusInfinities > 0 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
        }
        return rounded(sum, scale, divisor, type);
    }

    /** A finite value, which is a multiple of {@code 2^exponent}, in units of that. */
    private static BigInteger units(double value, int exponent) {
        long bits = Double.doubleToRawLongBits(value);
        int biased = (int) (bits >>> 52) & 0x7ff;
        long fraction = bits & (1L << 52) - 1;
        BigInteger magnitude = BigInteger.valueOf(biased == 0 ? fraction : fraction | 1L << 52);
        int shift = Math.max(biased, 1) - 1075 - exponent;
        if (magnitude.signum() != 0 && magnitude.getLowestSetBit() < -shift) {
            throw new ArithmeticException(value + " is no multiple of 2^" + exponent);
        }
        BigInteger units = magnitude.shiftLeft(shift);
        return bits < 0 ? units.negate() : units;
    }

    /**
     * {@code dividend * 2^scale / divisor}, rounded to nearest even to the precision of a type, whose last bit is worth at
     * least its smallest number. The scaling at the end is exact, or overflows where the result does.
     */
    private static double rounded(BigInteger dividend, int scale, BigInteger divisor, FloatType type) {
        BigInteger magnitude = dividend.abs();
        int exponent =
                Math.max(magnitude.bitLength() - divisor.bitLength() + scale - type.precision, type.leastExponent);
        while (true) {
            int shift = scale - exponent;
            BigInteger numerator = shift >= 0 ? magnitude.shiftLeft(shift) : magnitude;
            BigInteger denominator = shift >= 0 ? divisor : divisor.shiftLeft(-shift);
            BigInteger[] parts = numerator.divideAndRemainder(denominator);
            if (parts[0].bitLength() > type.precision) {
                exponent++;
                continue;
            }
            int half = parts[1].shiftLeft(1).compareTo(denominator);
            boolean up = half > 0 || (half == 0 && parts[0].testBit(0));
            double value = Math.scalb((up ? parts[0].add(BigInteger.ONE) : parts[0]).doubleValue(), exponent);
            double inRange = value > type.max ? Double.POSITIVE_INFINITY : value;
            return dividend.signum() < 0 ? -inRange : inRange;
        }
    }
}
