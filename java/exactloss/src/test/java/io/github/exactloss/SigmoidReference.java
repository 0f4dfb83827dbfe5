// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.math.BigDecimal;
import java.math.MathContext;

/** The logistic function to 30 digits, from the series of the exponential function. */
final class SigmoidReference {
    private static final MathContext DIGITS = new MathContext(40);

    /** Beyond it, the smaller one of the function's values at x and -x is less than half of the least double. */
    private static final double FAR = 760;

    private SigmoidReference() {}

    /** {@code 1 / (1 + exp(-x))}. */
    static BigDecimal sigmoid(double x) {
        BigDecimal e = exp(-Math.min(Math.abs(x), FAR));
        return (x < 0 ? e : BigDecimal.ONE).divide(BigDecimal.ONE.add(e), DIGITS);
    }

    /** {@code sigmoid(x) * sigmoid(-x)}, the derivative. */
    static BigDecimal slope(double x) {
        return sigmoid(x).multiply(sigmoid(-x), DIGITS);
    }

    /** The power series at {@code x / 1024}, squared ten times; for -1024 < x <= 0. */
    private static BigDecimal exp(double x) {
        BigDecimal small = new BigDecimal(x).divide(BigDecimal.valueOf(1024), DIGITS);
        BigDecimal term = BigDecimal.ONE;
        BigDecimal sum = BigDecimal.ONE;
        for (int n = 1; n < 34; n++) { // 0.75^34 / 34! < 1e-42
            term = term.multiply(small, DIGITS).divide(BigDecimal.valueOf(n), DIGITS);
            sum = sum.add(term, DIGITS);
        }
        for (int i = 0; i < 10; i++) {
            sum = sum.multiply(sum, DIGITS);
        }
        return sum;
    }
}
