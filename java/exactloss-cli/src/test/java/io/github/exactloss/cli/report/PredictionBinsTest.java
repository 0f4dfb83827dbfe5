// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Batch;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.cli.report.PredictionBins.Coarse;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PredictionBinsTest {
    private static final long SEED = 23;

    @Test
    void lowerEdgesBelongToTheirBins() {
        PredictionBins bins = new PredictionBins(false);
        for (int i = 0; i <= PredictionBins.FINE; i++) {
            double edge = (double) i / PredictionBins.FINE;
            add(bins, edge, true);
            if (i > 0) {
                add(bins, Math.nextDown(edge), false);
            }
        }
        add(bins, -0.0, false);
        assertThat(bins.histogram(true)).startsWith(1, 1, 1).endsWith(1, 2);
        assertThat(bins.histogram(false)).startsWith(2, 1, 1).endsWith(1, 1);
        assertThat(bins.below() + bins.above() + bins.nan()).isZero();
    }

    @Test
    void whatIsInNoBinIsCounted() {
        PredictionBins bins = new PredictionBins(false);
        double[] outside = {
            -Double.MIN_VALUE, -3, Double.NEGATIVE_INFINITY, Math.nextUp(1), Double.POSITIVE_INFINITY, Double.NaN
        };
        for (double prediction : outside) {
            add(bins, prediction, true);
        }
        assertThat(bins.histogram(true)).containsOnly(0);
        assertThat(bins.below()).isEqualTo(3);
        assertThat(bins.above()).isEqualTo(2);
        assertThat(bins.nan()).isEqualTo(1);
        for (Coarse bin : bins.calibration()) {
            assertThat(bin.count()).isZero();
            assertThat(bin.meanPrediction()).isNaN();
        }
    }

    /** Sums by BigDecimal, divided with far more digits than a double has. */
    @Test
    void meansAreExact() {
        SplittableRandom random = new SplittableRandom(SEED);
        int count = 40_000;
        float[] predictions = new float[count];
        byte[] targets = new byte[count];
        BigDecimal[] sums = new BigDecimal[PredictionBins.COARSE];
        long[] counts = new long[PredictionBins.COARSE];
        long[] positives = new long[PredictionBins.COARSE];
        for (int i = 0; i < count; i++) {
            predictions[i] = (float) Math.pow(random.nextDouble(), 1 + random.nextInt(20));
            targets[i] = (byte) random.nextInt(3);
            int bin = Math.min((int) (predictions[i] * PredictionBins.COARSE), PredictionBins.COARSE - 1);
            BigDecimal exact = new BigDecimal(predictions[i]);
            sums[bin] = sums[bin] == null ? exact : sums[bin].add(exact);
            counts[bin]++;
            positives[bin] += targets[i] == 1 ? 1 : 0;
        }
        PredictionBins bins = new PredictionBins(false);
        bins.add(Batch.of(Predictions.of(predictions), Targets.of(targets)));
        Coarse[] calibration = bins.calibration();
        for (int bin = 0; bin < PredictionBins.COARSE; bin++) {
            double mean = sums[bin]
                    .divide(BigDecimal.valueOf(counts[bin]), new MathContext(200))
                    .doubleValue();
            assertThat(calibration[bin])
                    .as("seed %d, bin %d", SEED, bin)
                    .isEqualTo(new Coarse(bin / 16.0, counts[bin], positives[bin], mean));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void threadsAndPiecesChangeNothing(int threads) {
        SplittableRandom random = new SplittableRandom(SEED);
        int count = 200_007;
        double[] logits = random.doubles(count, -40, 40).toArray();
        byte[] labels = new byte[count];
        random.nextBytes(labels);
        Batch batch = Batch.of(Predictions.of(logits), Targets.of(labels));
        PredictionBins expected = new PredictionBins(true);
        expected.add(batch);
        ParallelBins parallel = new ParallelBins(threads, true);
        for (int from = 0; from < count; ) {
            int length = Math.min(random.nextInt(50_000), count - from);
            parallel.add(batch.slice(from, length));
            from += length;
        }
        PredictionBins actual = parallel.merged();
        assertThat(actual.calibration()).as("seed %d", SEED).isEqualTo(expected.calibration());
        assertThat(actual.histogram(true)).isEqualTo(expected.histogram(true));
        assertThat(actual.histogram(false)).isEqualTo(expected.histogram(false));
    }

    @Test
    void logitsAreTakenAsTheirSigmoids() {
        PredictionBins bins = new PredictionBins(true);
        for (double logit :
                new double[] {-1000, 0, 1000, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NaN}) {
            add(bins, logit, false);
        }
        long[] histogram = bins.histogram(false);
        assertThat(histogram[0]).isEqualTo(2);
        assertThat(histogram[PredictionBins.FINE / 2]).isEqualTo(1);
        assertThat(histogram[PredictionBins.FINE - 1]).isEqualTo(2);
        assertThat(bins.nan()).isEqualTo(1);
    }

    private static void add(PredictionBins bins, double prediction, boolean positive) {
        byte target = (byte) (positive ? 1 : 0);
        bins.add(Batch.of(Predictions.of(new double[] {prediction}), Targets.of(new byte[] {target})));
    }
}
