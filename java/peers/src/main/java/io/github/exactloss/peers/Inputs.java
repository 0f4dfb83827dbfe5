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
import java.math.BigInteger;
import java.math.MathContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Predictions, logits and targets, once off the heap, where every library reads them in place, and once in arrays. They are
 * made by integer arithmetic that SQL has too, so that {@link DuckDb} can make the same ones.
 */
final class Inputs {
    /** The float32 predictions in (0, 1) are multiples of this, so the sum of 10^8 of them is exact in a long. */
    private static final double UNIT = 0x1p-36;

    /** The largest float below 1, in units. */
    private static final long LARGEST = (1L << 36) - (1L << 12);

    /** Half the bits of a distance in units. */
    private static final int HALF = 18;

    /** The first of the numbers behind random labels, and of those behind the low bits of predictions. */
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

    /** The means that {@link #mean} found. */
    private final Map<List<Object>, Double> means = new HashMap<>();

    private Inputs(int count, Labels labels) {
        this.count = count;
        this.labels = labels;
        predictions = allocate(Float.BYTES);
        logits = allocate(Float.BYTES);
        gradient = allocate(Float.BYTES);
        targets = allocate(Byte.BYTES);
        predictionArray = new float[count];
        targetArray = new byte[count];
        for (int i = 0; i < count; i++) {
            float prediction = (float) (Math.min(mix(i) << 5 | (mix(i + LOW_BITS) & 31) | 1, LARGEST) * UNIT);
            byte target = (byte) (labels == Labels.SORTED ? (i >= count / 2 ? 1 : 0) : mix(i + LABELS) & 1);
            predictionArray[i] = prediction;
            targetArray[i] = target;
            logits.setAtIndex(ValueLayout.JAVA_FLOAT, i, 16 * prediction - 8);
        }
        predictions.copyFrom(MemorySegment.ofArray(predictionArray));
        targets.copyFrom(MemorySegment.ofArray(targetArray));
    }

    /** The previous inputs, if they are the same: large ones take a second to make, and gigabytes. */
    static synchronized Inputs of(int count, Labels labels) {
        if (latest == null || latest.count != count || latest.labels != labels) {
            latest = null;
            latest = new Inputs(count, labels);
        }
        return latest;
    }

    /**
     * The exact mean, rounded to double. Of distances and their squares it is found without the library that is measured.
     * The library's own sigmoid and logarithm are part of the definition of the others, which have to be near those of
     * double arithmetic.
     */
    synchronized double mean(Peer.Measure measure, boolean isFromLogits) {
        return means.computeIfAbsent(
                List.of(measure, isFromLogits),
                _ -> measure == Peer.Measure.LOG || isFromLogits
                        ? meanNearDoubles(measure, isFromLogits)
                        : exactMean(measure));
    }

    private double exactMean(Peer.Measure measure) {
        BigInteger sum = measure == Peer.Measure.MNIST ? sumOfDistances() : sumOfSquares();
        double one = measure == Peer.Measure.MNIST ? 1 / UNIT : 1 / UNIT / UNIT;
        return new BigDecimal(sum)
                .divide(new BigDecimal(one).multiply(BigDecimal.valueOf(count)), new MathContext(60))
                .doubleValue();
    }

    /** Of element i, in units. */
    private long distance(int i) {
        double p = predictionArray[i];
        return (long) ((targetArray[i] == 1 ? 1 - p : p) / UNIT);
    }

    private BigInteger sumOfDistances() {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += distance(i);
        }
        return BigInteger.valueOf(sum);
    }

    /** With d = 2^18 a + b, d² is 2^36 a² + 2^19 ab + b². */
    private BigInteger sumOfSquares() {
        long high = 0;
        long middle = 0;
        long low = 0;
        for (int i = 0; i < count; i++) {
            long a = distance(i) >> HALF;
            long b = distance(i) & ((1 << HALF) - 1);
            high += a * a;
            middle += a * b;
            low += b * b;
        }
        return BigInteger.valueOf(high)
                .shiftLeft(2 * HALF)
                .add(BigInteger.valueOf(middle).shiftLeft(HALF + 1))
                .add(BigInteger.valueOf(low));
    }

    private double meanNearDoubles(Peer.Measure measure, boolean isFromLogits) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += value(measure, isFromLogits, i);
        }
        Loss loss = switch (measure) {
            case MNIST -> Loss.mnist();
            case BRIER -> Loss.brier();
            case LOG -> Loss.log();
        };
        double mean = (isFromLogits ? loss.fromLogits() : loss)
                .mean(
                        Predictions.of(isFromLogits ? logits : predictions, ElementType.FLOAT32),
                        Targets.of(targets, ElementType.UINT8));
        if (!(Math.abs(sum / count - mean) <= 1e-7 * mean)) {
            throw new IllegalStateException("the %s loss of %d elements is %s, but should be near %s"
                    .formatted(measure, count, mean, sum / count));
        }
        return mean;
    }

    private double value(Peer.Measure measure, boolean isFromLogits, int i) {
        double sign = targetArray[i] == 1 ? 1 : -1;
        double x = sign * logits.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        double p = predictionArray[i];
        double d = 1 / (1 + Math.exp(x));
        return switch (measure) {
            case MNIST -> d;
            case BRIER -> d * d;
            case LOG -> isFromLogits ? Math.log1p(Math.exp(-x)) : -(sign > 0 ? Math.log(p) : Math.log1p(-p));
        };
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
        return "CAST(least((mix(i) * 32 + (mix(i + " + LOW_BITS + ") & 31)) | 1, " + LARGEST
                + ") / CAST(68719476736 AS DOUBLE) AS FLOAT)";
    }
}
