// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import io.github.exactloss.Accumulator;
import io.github.exactloss.ArrayOperations;
import io.github.exactloss.Batch;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * How many elements of each class have which predictions, and what the predictions promise against what the targets are:
 * the histograms and the calibration of any number of elements, in constant memory.
 *
 * <p>The bins are equal parts of [0, 1], each with its lower edge, the last one with 1 too. Their number is a power of two,
 * so their edges and the products that find a bin are exact in every floating-point type: no prediction is on the wrong
 * side. Predictions are binned as doubles, logits as their sigmoids in double. A coarse bin's sum of predictions is that of
 * an {@link Accumulator}, exact: where targets are 0 a distance is the prediction. So all of it has the same bits in any
 * order, for any number of threads.
 *
 * <p>Not thread-safe; many threads each fill their own, and merge.
 */
public final class PredictionBins {
    /** The bins of the histograms. */
    static final int FINE = 64;

    /** The bins of the calibration. */
    static final int COARSE = 16;

    /** Where the elements of a class are counted that are in no bin: after the bins. */
    private static final int BELOW = FINE;

    private static final int ABOVE = FINE + 1;
    private static final int NAN = FINE + 2;

    /** The elements that are looked at together; few enough to stay in the first cache. */
    private static final int BLOCK = 1024;

    /** Its mean is that of the predictions where all targets are 0. */
    private static final Loss LOSS = Loss.mnist();

    private static final Targets ZEROS = Targets.of(new byte[BLOCK]);

    /**
     * One of the coarse bins.
     *
     * @param from its lower edge
     * @param meanPrediction the exact mean, rounded once; NaN if the bin is empty
     */
    record Coarse(double from, long count, long positives, double meanPrediction) {
        /** How many of them are positive, as a share; NaN if the bin is empty. */
        double positiveShare() {
            return (double) positives / count;
        }
    }

    private final boolean logits;
    private final double[] block = new double[BLOCK];
    private final long[] negatives = new long[FINE + 3];
    private final long[] positives = new long[FINE + 3];
    private final Accumulator[] sums;

    /** What is yet to be added to the sums. */
    private final double[][] pending = new double[COARSE][BLOCK];

    private final int[] pendingCounts = new int[COARSE];

    /**
     * Empty bins.
     *
     * @param logits whether the predictions will come as logits
     */
    public PredictionBins(boolean logits) {
        this.logits = logits;
        Evaluator evaluator = Evaluator.of(LOSS);
        sums = Stream.generate(evaluator::newAccumulator).limit(COARSE).toArray(Accumulator[]::new);
    }

    /** Adds the predictions and the targets of a batch. */
    public void add(Batch batch) {
        Predictions predictions = batch.predictions();
        for (long from = 0; from < batch.count(); from += BLOCK) {
            int count = (int) Math.min(BLOCK, batch.count() - from);
            for (int i = 0; i < count; i++) {
                block[i] = predictions.get(from + i);
            }
            if (logits) {
                ArrayOperations.sigmoid(Predictions.of(block).slice(0, count), MemorySegment.ofArray(block));
            }
            for (int i = 0; i < count; i++) {
                add(block[i], batch.targets().isPositive(from + i));
            }
        }
    }

    private void add(double prediction, boolean positive) {
        int bin = bin(prediction);
        (positive ? positives : negatives)[bin]++;
        if (bin < FINE) {
            int coarse = bin / (FINE / COARSE);
            pending[coarse][pendingCounts[coarse]++] = prediction;
            if (pendingCounts[coarse] == BLOCK) {
                flush(coarse);
            }
        }
    }

    private static int bin(double prediction) {
        if (prediction >= 0 && prediction < 1) {
            return (int) (prediction * FINE);
        }
        if (prediction == 1) {
            return FINE - 1;
        }
        if (prediction < 0) {
            return BELOW;
        }
        return prediction > 1 ? ABOVE : NAN;
    }

    private void flush(int coarse) {
        int count = pendingCounts[coarse];
        sums[coarse].add(Predictions.of(pending[coarse]).slice(0, count), ZEROS.slice(0, count));
        pendingCounts[coarse] = 0;
    }

    /** Adds all that other bins were given, which stay as they are. */
    public void merge(PredictionBins other) {
        for (int bin = 0; bin < negatives.length; bin++) {
            negatives[bin] += other.negatives[bin];
            positives[bin] += other.positives[bin];
        }
        for (int coarse = 0; coarse < COARSE; coarse++) {
            other.flush(coarse);
            sums[coarse].merge(other.sums[coarse]);
        }
    }

    /** The number of elements in each of the {@link #FINE} bins whose targets are positive, or are not. */
    long[] histogram(boolean positive) {
        return Arrays.copyOf(positive ? positives : negatives, FINE);
    }

    /** The number of elements below 0. */
    long below() {
        return positives[BELOW] + negatives[BELOW];
    }

    /** The number of elements above 1. */
    long above() {
        return positives[ABOVE] + negatives[ABOVE];
    }

    /** The number of elements that are NaN. */
    long nan() {
        return positives[NAN] + negatives[NAN];
    }

    /** The bins of the calibration. */
    Coarse[] calibration() {
        Coarse[] bins = new Coarse[COARSE];
        for (int coarse = 0; coarse < COARSE; coarse++) {
            flush(coarse);
            long positive = 0;
            long count = 0;
            for (int fine = coarse * FINE / COARSE; fine < (coarse + 1) * FINE / COARSE; fine++) {
                positive += positives[fine];
                count += positives[fine] + negatives[fine];
            }
            double mean = sums[coarse].evaluate().mean(LOSS);
            bins[coarse] = new Coarse((double) coarse / COARSE, count, positive, mean);
        }
        return bins;
    }
}
