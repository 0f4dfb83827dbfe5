// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import io.github.exactloss.ElementType;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.MathContext;

/**
 * Predictions, logits and targets, once off the heap, where every library reads them in place, and once in arrays. They are
 * made by integer arithmetic that SQL has too, so that {@link DuckDb} can make the same ones.
 */
final class Inputs {
    /** Of float32 predictions in [0, 1]: multiples of 2^-36, so that the sum of 10^8 of them is exact in a long. */
    private static final double UNIT = 0x1p-36;

    /** Where the numbers behind random labels begin, and those behind the low bits of predictions. */
    private static final long LABELS = 1_000_000_000;

    private static final long LOW_BITS = 1_500_000_000;

    private static final long ALIGNMENT = 64;

    private static Inputs latest;

    final int count;
    final Labels labels;
    final MemorySegment predictions;
    final MemorySegment logits;
    final MemorySegment targets;

    /** As large as the predictions. */
    final MemorySegment gradient;

    final float[] predictionArray;
    final byte[] targetArray;

    /** The exact mean distance, rounded to double, found without the library that is measured. */
    final double mean;

    /** The same for logits, once asked for. */
    private double meanOfLogits = Double.NaN;

    private Inputs(int count, Labels labels) {
        this.count = count;
        this.labels = labels;
        predictions = allocate(Float.BYTES);
        logits = allocate(Float.BYTES);
        gradient = allocate(Float.BYTES);
        targets = allocate(Byte.BYTES);
        predictionArray = new float[count];
        targetArray = new byte[count];
        long sum = 0;
        for (int i = 0; i < count; i++) {
            float prediction = (float) ((mix(i) << 5 | (mix(i + LOW_BITS) & 31)) * UNIT);
            byte target = (byte) (labels == Labels.SORTED ? (i >= count / 2 ? 1 : 0) : mix(i + LABELS) & 1);
            predictionArray[i] = prediction;
            targetArray[i] = target;
            logits.setAtIndex(ValueLayout.JAVA_FLOAT, i, 16 * prediction - 8);
            sum += target == 1 ? (long) ((1 - (double) prediction) / UNIT) : (long) (prediction / UNIT);
        }
        predictions.copyFrom(MemorySegment.ofArray(predictionArray));
        targets.copyFrom(MemorySegment.ofArray(targetArray));
        mean = new BigDecimal(sum)
                .divide(new BigDecimal((double) count / UNIT), new MathContext(60))
                .doubleValue();
    }

    /** Those of before, if they are the same; large ones take a second to make, and gigabytes. */
    static synchronized Inputs of(int count, Labels labels) {
        if (latest == null || latest.count != count || latest.labels != labels) {
            latest = null;
            latest = new Inputs(count, labels);
        }
        return latest;
    }

    /** There the library's own sigmoid is part of the definition; it has to be near that of double arithmetic. */
    synchronized double meanOfLogits() {
        if (Double.isNaN(meanOfLogits)) {
            double sum = 0;
            for (int i = 0; i < count; i++) {
                double x = logits.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                sum += 1 / (1 + Math.exp(targetArray[i] == 1 ? x : -x));
            }
            double mean = Loss.mnist()
                    .fromLogits()
                    .mean(Predictions.of(logits, ElementType.FLOAT32), Targets.of(targets, ElementType.UINT8));
            if (!(Math.abs(sum / count - mean) <= 1e-7 * mean)) {
                throw new IllegalStateException(
                        "the loss of %d logits is %s, but should be near %s".formatted(count, mean, sum / count));
            }
            meanOfLogits = mean;
        }
        return meanOfLogits;
    }

    float[] gradientArray() {
        return gradient.toArray(ValueLayout.JAVA_FLOAT);
    }

    private MemorySegment allocate(long elementBytes) {
        return Arena.ofAuto().allocate(count * elementBytes, ALIGNMENT);
    }

    /** 31 bits without a visible order. */
    private static long mix(long i) {
        long z = (i * 1103515245 + 12345) & Integer.MAX_VALUE;
        z = ((z ^ (z >> 15)) * 1664525 + 1013904223) & Integer.MAX_VALUE;
        z = ((z ^ (z >> 13)) * 22695477 + 1) & Integer.MAX_VALUE;
        return z ^ (z >> 16);
    }

    /** The same in DuckDB's SQL: a macro {@code mix}. */
    static String mixMacro() {
        return """
                CREATE OR REPLACE MACRO mix1(i) AS (i * 1103515245 + 12345) & 2147483647;
                CREATE OR REPLACE MACRO mix2(z) AS (xor(z, z >> 15) * 1664525 + 1013904223) & 2147483647;
                CREATE OR REPLACE MACRO mix3(z) AS (xor(z, z >> 13) * 22695477 + 1) & 2147483647;
                CREATE OR REPLACE MACRO mix4(z) AS xor(z, z >> 16);
                CREATE OR REPLACE MACRO mix(i) AS mix4(mix3(mix2(mix1(i))))""";
    }

    /** The targets in DuckDB's SQL, of {@code i}. */
    String targetExpression() {
        return labels == Labels.SORTED ? "i >= " + count / 2 : "mix(i + " + LABELS + ") & 1";
    }

    /** The predictions in DuckDB's SQL, of {@code i}. */
    static String predictionExpression() {
        return "CAST((mix(i) * 32 + (mix(i + " + LOW_BITS + ") & 31)) / CAST(68719476736 AS DOUBLE) AS FLOAT)";
    }
}
