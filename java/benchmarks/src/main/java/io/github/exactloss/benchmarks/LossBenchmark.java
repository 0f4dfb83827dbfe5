// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.benchmarks;

import io.github.exactloss.MnistLoss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The mean through the Java API: what a small call costs, off the heap and on it, and that a large one costs no more. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@State(Scope.Thread)
public class MnistLossBenchmark {
    private static final int SMALL = 64;
    private static final int LARGE = 1_000_000;

    private final MnistLoss loss = MnistLoss.create();
    private final Predictions largePredictions = Predictions.allocate(LARGE, Arena.ofAuto());
    private final Targets largeTargets = Targets.allocate(LARGE, Arena.ofAuto());
    private final Predictions smallPredictions = largePredictions.slice(0, SMALL);
    private final Targets smallTargets = largeTargets.slice(0, SMALL);
    private final float[] predictionArray = new float[SMALL];
    private final byte[] targetArray = new byte[SMALL];
    private final Predictions arrayPredictions = Predictions.of(predictionArray);
    private final Targets arrayTargets = Targets.of(targetArray);

    /** Fills all inputs with random predictions and labels. */
    public MnistLossBenchmark() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < LARGE; i++) {
            largePredictions.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble());
            largeTargets.segment().set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(2));
        }
        for (int i = 0; i < SMALL; i++) {
            predictionArray[i] = (float) random.nextDouble();
            targetArray[i] = (byte) random.nextInt(2);
        }
    }

    /** 64 elements in native memory. */
    @Benchmark
    public double offHeap64() {
        return loss.mean(smallPredictions, smallTargets);
    }

    /** 64 elements in arrays, with views that are made once. */
    @Benchmark
    public double arrays64() {
        return loss.mean(arrayPredictions, arrayTargets);
    }

    /** 64 elements in arrays, with their views made anew for each call. */
    @Benchmark
    public double newArrays64() {
        return loss.mean(Predictions.of(predictionArray), Targets.of(targetArray));
    }

    /** 10^6 elements in native memory. */
    @Benchmark
    public double offHeap1000000() {
        return loss.mean(largePredictions, largeTargets);
    }
}
