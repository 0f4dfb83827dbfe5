// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.benchmarks;

import io.github.exactloss.Accumulator;
import io.github.exactloss.ElementType;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
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

/** The costs of small calls through the Java API, off the heap and on it, and of the mean of many elements. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@State(Scope.Thread)
public class LossBenchmark {
    private static final int SMALL = 64;
    private static final int LARGE = 1_000_000;

    private final Loss loss = Loss.mnist();
    private final Evaluator evaluator = Evaluator.of(loss);
    private final Predictions largePredictions = Predictions.allocate(LARGE, ElementType.FLOAT32, Arena.ofAuto());
    private final Targets largeTargets = Targets.allocate(LARGE, ElementType.UINT8, Arena.ofAuto());
    private final Predictions smallPredictions = largePredictions.slice(0, SMALL);
    private final Targets smallTargets = largeTargets.slice(0, SMALL);
    private final float[] predictionArray = new float[SMALL];
    private final byte[] targetArray = new byte[SMALL];
    private final Predictions arrayPredictions = Predictions.of(predictionArray);
    private final Targets arrayTargets = Targets.of(targetArray);

    /** Fills all inputs with random predictions and labels. */
    public LossBenchmark() {
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

    /** 64 elements in arrays, without views. */
    @Benchmark
    public double arrays64() {
        return loss.mean(predictionArray, targetArray);
    }

    /** 64 elements in arrays, with views that are made once. */
    @Benchmark
    public double arrayViews64() {
        return loss.mean(arrayPredictions, arrayTargets);
    }

    /** 64 elements in arrays, with their views made anew for each call. */
    @Benchmark
    public double newArrayViews64() {
        return loss.mean(Predictions.of(predictionArray), Targets.of(targetArray));
    }

    /** The losses and metrics of 64 elements in native memory. */
    @Benchmark
    public double evaluate64() {
        return evaluator.evaluate(smallPredictions, smallTargets).mean(loss);
    }

    /** An accumulator's whole life: it is made, given 64 elements in native memory, and evaluated. */
    @Benchmark
    public double accumulator64() {
        Accumulator accumulator = evaluator.newAccumulator();
        accumulator.add(smallPredictions, smallTargets);
        return accumulator.evaluate().mean(loss);
    }

    /** 10^6 elements in native memory. */
    @Benchmark
    public double offHeap1000000() {
        return loss.mean(largePredictions, largeTargets);
    }
}
