// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.testing;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;

/** Rows with nulls, and their evaluation by a loop over decimals of any length. */
public final class NullableRows {
    public final double[] predictions;
    public final boolean[] predictionNulls;
    public final double[] targets;
    public final boolean[] targetNulls;

    /** More digits than any sum here has, so that only the last rounding counts. */
    private static final MathContext DIGITS = new MathContext(2000);

    /** Where nulls are. */
    public enum Nulls {
        NONE,
        ALL,
        FIRST,
        LAST,
        EVERY_OTHER,
        EVERY_64TH,
        RARE,
        HALF,
        LONG_STRETCHES;

        public boolean[] of(int count, SplittableRandom random) {
            boolean[] nulls = new boolean[count];
            for (int i = 0; i < count; i++) {
                nulls[i] = switch (this) {
                    case NONE -> false;
                    case ALL -> true;
                    case FIRST -> i == 0;
                    case LAST -> i == count - 1;
                    case EVERY_OTHER -> i % 2 == 0;
                    case EVERY_64TH -> i % 64 == 63;
                    case RARE -> random.nextInt(500) == 0;
                    case HALF -> random.nextBoolean();
                    case LONG_STRETCHES -> i / 150 % 2 == 1;
                };
            }
            return nulls;
        }
    }

    private NullableRows(double[] predictions, boolean[] predictionNulls, double[] targets, boolean[] targetNulls) {
        this.predictions = predictions;
        this.predictionNulls = predictionNulls;
        this.targets = targets;
        this.targetNulls = targetNulls;
    }

    /** Values rounded to types by two functions. Those under nulls would change the results. */
    public static NullableRows random(
            DoubleUnaryOperator predictions,
            DoubleUnaryOperator targets,
            Nulls inPredictions,
            Nulls inTargets,
            int count,
            long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        NullableRows rows = new NullableRows(
                new double[count], inPredictions.of(count, random), new double[count], inTargets.of(count, random));
        for (int i = 0; i < count; i++) {
            double prediction = rows.predictionNulls[i] ? Double.NaN : random.nextDouble();
            double target = rows.targetNulls[i] ? 7 : random.nextInt(50) == 0 ? 2 : random.nextInt(2);
            rows.predictions[i] = predictions.applyAsDouble(prediction);
            rows.targets[i] = targets.applyAsDouble(target);
        }
        return rows;
    }

    /** {@code count} rows from {@code from} on. */
    public NullableRows slice(int from, int count) {
        return shifted(from, from, count);
    }

    /** {@code count} rows, of predictions from one row on and of targets from another. */
    public NullableRows shifted(int prediction, int target, int count) {
        return new NullableRows(
                Arrays.copyOfRange(predictions, prediction, prediction + count),
                Arrays.copyOfRange(predictionNulls, prediction, prediction + count),
                Arrays.copyOfRange(targets, target, target + count),
                Arrays.copyOfRange(targetNulls, target, target + count));
    }

    public int count() {
        return predictions.length;
    }

    public boolean isNull(int row) {
        return predictionNulls[row] || targetNulls[row];
    }

    public long nullCount() {
        long nulls = 0;
        for (int row = 0; row < count(); row++) {
            nulls += isNull(row) ? 1 : 0;
        }
        return nulls;
    }

    /** The expected results, without the losses as floats, which follow from the others. */
    public String expected() {
        BigDecimal sum = BigDecimal.ZERO;
        long count = 0;
        long positives = 0;
        long truePositives = 0;
        long falsePositives = 0;
        for (int row = 0; row < count(); row++) {
            if (isNull(row)) {
                continue;
            }
            BigDecimal prediction = new BigDecimal(predictions[row]);
            boolean positive = targets[row] == 1;
            boolean predicted = predictions[row] > Evaluator.DEFAULT_THRESHOLD;
            sum = sum.add(positive ? BigDecimal.ONE.subtract(prediction) : prediction);
            count++;
            positives += positive ? 1 : 0;
            truePositives += positive && predicted ? 1 : 0;
            falsePositives += !positive && predicted ? 1 : 0;
        }
        double loss = count == 0
                ? Double.NaN
                : sum.divide(BigDecimal.valueOf(count), DIGITS).doubleValue();
        return text(loss, sum.doubleValue(), count, positives, truePositives, falsePositives);
    }

    /** The library's results, likewise. */
    public static String text(Accumulator accumulator) {
        Evaluation result = accumulator.evaluate();
        return text(
                result.mean(Loss.mnist()),
                result.sum(Loss.mnist()),
                result.count(),
                result.positives(),
                result.truePositives(),
                result.falsePositives());
    }

    private static String text(
            double loss, double sum, long count, long positives, long truePositives, long falsePositives) {
        return "loss %s, sum %s, count %d, positives %d, TP %d, FP %d"
                .formatted(loss, sum, count, positives, truePositives, falsePositives);
    }
}
