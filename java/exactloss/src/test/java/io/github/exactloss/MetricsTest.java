// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.internal.bindings.exactloss_evaluation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The metrics, for any counts, against numbers of any size. */
class MetricsTest {
    private static final long SEED = 31;

    /** So many that no quotient of counts is nearer to the middle of two doubles. */
    private static final MathContext DIGITS = new MathContext(100);

    /** An evaluation that no data made. */
    private static Evaluation evaluation(long tp, long fp, long tn, long fn) {
        try (Arena arena = Arena.ofConfined()) {
            NativeLibrary.location();
            MemorySegment evaluation = exactloss_evaluation.allocate(arena);
            exactloss_evaluation.true_positives(evaluation, tp);
            exactloss_evaluation.false_positives(evaluation, fp);
            exactloss_evaluation.true_negatives(evaluation, tn);
            exactloss_evaluation.false_negatives(evaluation, fn);
            return Evaluation.read(evaluation);
        }
    }

    /** By definition. */
    private record Reference(BigDecimal tp, BigDecimal fp, BigDecimal tn, BigDecimal fn) {
        private static Reference of(Evaluation evaluation) {
            return new Reference(
                    BigDecimal.valueOf(evaluation.truePositives()),
                    BigDecimal.valueOf(evaluation.falsePositives()),
                    BigDecimal.valueOf(evaluation.trueNegatives()),
                    BigDecimal.valueOf(evaluation.falseNegatives()));
        }

        private static double quotient(BigDecimal above, BigDecimal below) {
            return below.signum() == 0
                    ? Double.NaN
                    : above.divide(below, DIGITS).doubleValue();
        }

        private BigDecimal positives() {
            return tp.add(fn);
        }

        private BigDecimal negatives() {
            return tn.add(fp);
        }

        private BigDecimal predictedPositives() {
            return tp.add(fp);
        }

        private BigDecimal predictedNegatives() {
            return tn.add(fn);
        }

        private BigDecimal determinant() {
            return tp.multiply(tn).subtract(fp.multiply(fn));
        }

        private double precision() {
            return quotient(tp, predictedPositives());
        }

        private double recall() {
            return quotient(tp, positives());
        }

        private double specificity() {
            return quotient(tn, negatives());
        }

        private double fBeta(double beta) {
            BigDecimal square = new BigDecimal(beta).pow(2);
            BigDecimal above = tp.add(square.multiply(tp));
            return quotient(above, above.add(square.multiply(fn)).add(fp));
        }

        private double balancedAccuracy() {
            BigDecimal both = positives().multiply(negatives());
            return quotient(tp.multiply(negatives()).add(tn.multiply(positives())), both.add(both));
        }

        private double jaccard() {
            return quotient(tp, tp.add(fp).add(fn));
        }

        private double kappa() {
            return quotient(
                    determinant().add(determinant()),
                    predictedPositives().multiply(negatives()).add(positives().multiply(predictedNegatives())));
        }

        /** Null where it is not defined. */
        private BigDecimal matthews() {
            BigDecimal product = positives()
                    .multiply(negatives())
                    .multiply(predictedPositives())
                    .multiply(predictedNegatives());
            return product.signum() == 0 ? null : determinant().divide(product.sqrt(DIGITS), DIGITS);
        }
    }

    private static void assertMatches(Evaluation evaluation, double beta) {
        Reference reference = Reference.of(evaluation);
        String what = "seed %d, %s, beta %s".formatted(SEED, evaluation, beta);
        assertEquals(reference.precision(), evaluation.precision(), what);
        assertEquals(reference.recall(), evaluation.recall(), what);
        assertEquals(reference.specificity(), evaluation.specificity(), what);
        assertEquals(reference.fBeta(beta), evaluation.fBeta(beta), what);
        assertEquals(reference.fBeta(1), evaluation.f1(), what);
        assertEquals(reference.balancedAccuracy(), evaluation.balancedAccuracy(), what);
        assertEquals(reference.jaccard(), evaluation.jaccard(), what);
        assertEquals(reference.kappa(), evaluation.kappa(), what);
        BigDecimal exact = reference.matthews();
        double matthews = evaluation.matthews();
        if (exact == null) {
            assertThat(matthews).as(what).isNaN();
        } else {
            BigDecimal error = exact.subtract(new BigDecimal(matthews)).abs();
            assertThat(error).as(what).isLessThanOrEqualTo(new BigDecimal(2 * Math.ulp(exact.doubleValue())));
            assertThat(Math.signum(matthews)).as(what).isEqualTo(exact.signum());
        }
    }

    @Test
    void countsOfEverySize() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 0; round < 20_000; round++) {
            int bits = random.nextInt(1, 62);
            long[] counts = random.longs(4, 0, 1L << bits)
                    .map(count -> random.nextInt(8) == 0 ? 0 : count)
                    .toArray();
            double beta = random.nextInt(3) == 0 ? random.nextInt(4) : Math.exp(random.nextDouble(-20, 20));
            assertMatches(evaluation(counts[0], counts[1] / 2, counts[2] / 2, counts[3] / 2), beta);
        }
    }

    /** All that are small, in which most cases without a value are. */
    @Test
    void allSmallCounts() {
        for (int counts = 0; counts < 4 * 4 * 4 * 4; counts++) {
            assertMatches(evaluation(counts & 3, counts >> 2 & 3, counts >> 4 & 3, counts >> 6), 0.5);
        }
    }

    /** The determinant is -1, and each of its products is nearly 2^120. */
    @Test
    void nothingCancels() {
        long big = 1L << 60;
        Evaluation evaluation = evaluation(big + 1, big, big - 1, big);
        assertMatches(evaluation, 3);
        assertEquals(-0x1p-122, evaluation.kappa());
        assertEquals(-0x1p-122, evaluation.matthews());
    }

    /** A beta whose square overflows is taken exactly too. */
    @Test
    void betasOfEverySize() {
        Evaluation evaluation = evaluation(5, 3, 9, 2);
        for (double beta : new double[] {0, Double.MIN_VALUE, 1e-300, 1e-8, 0.1, 1, 1e8, 1e300, Double.MAX_VALUE}) {
            assertMatches(evaluation, beta);
        }
        for (double beta : new double[] {-1, -0.0, -Double.MIN_VALUE, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> evaluation.fBeta(beta))
                    .withMessage("beta must be finite and not negative, not " + beta);
        }
    }

    /**
     * The values of scikit-learn 1.9.1 for this data: {@code accuracy_score} and so on of {@code p > 0.35},
     * {@code log_loss} and {@code brier_score_loss} of {@code p}, all in float64. Its last digit may be another.
     */
    @Test
    void valuesOfScikitLearn() {
        Targets targets = Targets.of(new byte[] {1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0});
        Predictions predictions =
                Predictions.of(new double[] {0.9, 0.4, 0.2, 0.75, 0.6, 0.05, 0.55, 0.3, 0.999, 0.01, 0.5});
        Weights weights = Weights.of(new float[] {1, 2, 0.5f, 1, 3, 1, 0.25f, 1, 1, 4, 2});
        Evaluator evaluator = Evaluator.of(Loss.log(), Loss.brier()).threshold(0.35);
        Evaluation evaluation = evaluator.evaluate(predictions, targets);
        assertClose(0.4672363738193443, evaluation.mean(Loss.log()));
        assertClose(5.139600112012787, evaluation.sum(Loss.log()));
        assertClose(0.16160009090909092, evaluation.mean(Loss.brier()));
        assertClose(0.6363636363636364, evaluation.accuracy());
        assertClose(0.5714285714285714, evaluation.precision());
        assertClose(0.8, evaluation.recall());
        assertClose(0.5, evaluation.specificity()); // recall_score of pos_label=0
        assertClose(0.6666666666666666, evaluation.f1());
        assertClose(0.7407407407407407, evaluation.fBeta(2));
        assertClose(0.6060606060606061, evaluation.fBeta(0.5));
        assertClose(0.65, evaluation.balancedAccuracy());
        assertClose(0.5, evaluation.jaccard());
        assertClose(0.29032258064516137, evaluation.kappa());
        assertClose(0.3105295017040594, evaluation.matthews());
        Batch weighted = Batch.of(predictions, targets).weights(weights);
        assertClose(0.41511693617097145, Loss.log().mean(weighted));
        assertClose(0.1454343880597015, Loss.brier().mean(weighted));
    }

    private static void assertClose(double expected, double actual) {
        assertThat(actual).isCloseTo(expected, within(2 * Math.ulp(expected)));
    }
}
