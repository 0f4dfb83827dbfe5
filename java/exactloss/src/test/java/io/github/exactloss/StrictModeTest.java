// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.InvalidElementException.Argument;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StrictModeTest {
    private static final long SEED = 5;

    private final Loss strict = Loss.mnist().strict();

    private static RandomBatch allowed(int count) {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, count, SEED);
        for (int i = 0; i < count; i++) {
            batch.targets[i] &= 1;
        }
        return batch;
    }

    private static void assertRefused(Argument argument, long index, double value, ThrowingCallable call) {
        StrictModeException e = catchThrowableOfType(StrictModeException.class, call);
        assertThat(e).isNotNull();
        assertThat(e.argument()).isEqualTo(argument);
        assertThat(e.index()).isEqualTo(index);
        assertEquals(value, e.value());
        assertThat(e).hasMessageContaining("[" + index + "] is " + value);
    }

    @Test
    void allowsWhatItShould() {
        RandomBatch batch = allowed(5000);
        batch.predictions[0] = 0;
        batch.predictions[1] = -0.0f;
        batch.predictions[2] = 1;
        batch.predictions[3] = Float.MIN_VALUE;
        assertThat(Evaluator.of(strict).evaluate(batch.predictions(), batch.targets()))
                .isEqualTo(Evaluator.of(Loss.mnist()).evaluate(batch.predictions(), batch.targets()));
    }

    @ParameterizedTest
    @ValueSource(
            floats = {-Float.MIN_VALUE, 1.0000001f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 3e38f})
    void refusesPredictions(float bad) {
        for (int at : new int[] {0, 1, 63, 64, 4095, 4096, 4999}) {
            RandomBatch batch = allowed(5000);
            batch.predictions[at] = bad;
            batch.predictions[4999] = bad;
            batch.targets[4998] = 2;
            long first = Math.min(at, 4998);
            if (at < 4998) {
                assertRefused(Argument.PREDICTIONS, first, bad, () -> mean(batch));
            } else {
                assertRefused(Argument.TARGETS, first, 2, () -> mean(batch));
            }
        }
    }

    @Test
    void refusesElementsOfArrays() {
        byte[] targets = {0, 1, 2};
        assertRefused(Argument.PREDICTIONS, 1, 1.5, () -> strict.mean(new float[] {0.5f, 1.5f, 0.5f}, targets));
        assertRefused(Argument.TARGETS, 2, 2, () -> strict.sum(new float[] {0.5f, 0.5f, 0.5f}, targets));
    }

    private double mean(RandomBatch batch) {
        return strict.mean(batch.predictions(), batch.targets());
    }

    @Test
    void refusesTargets() {
        Predictions predictions = Predictions.of(new float[4]);
        assertRefused(Argument.TARGETS, 2, 255, () -> strict.sum(predictions, Targets.of(new byte[] {1, 0, -1, 7})));
        assertRefused(
                Argument.TARGETS,
                1,
                0.5,
                () -> Evaluator.of(strict).evaluate(predictions, Targets.of(new float[] {1, 0.5f, 0, 0})));
        assertRefused(
                Argument.TARGETS,
                3,
                Double.NaN,
                () -> strict.sum(predictions, Targets.of(new float[] {1, 1, -0.0f, Float.NaN})));
    }

    @Test
    void namesThePredictionWhereBothAreBad() {
        assertRefused(
                Argument.PREDICTIONS,
                0,
                2,
                () -> strict.sum(Predictions.of(new float[] {2}), Targets.of(new byte[] {2})));
    }

    /** In the first or the last element of a piece: there are pieces of 65,536, and for 2 and 3 threads of 51,200 and 34,816. */
    @ParameterizedTest
    @ValueSource(ints = {0, 34_815, 34_816, 51_199, 51_200, 65_535, 65_536, 100_000, RandomBatch.OF_THREE_THREADS - 1})
    void namesTheFirstOfSeveralPiecesAndThreads(int at) {
        RandomBatch batch = allowed(RandomBatch.OF_THREE_THREADS);
        batch.predictions[at] = -1;
        batch.predictions[RandomBatch.OF_THREE_THREADS - 1] = -1;
        for (int threads : new int[] {1, 2, 3}) {
            Loss parallel = strict.threads(threads);
            assertRefused(
                    Argument.PREDICTIONS,
                    at,
                    -1,
                    () -> Evaluator.of(parallel).evaluate(batch.predictions(), batch.targets()));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, RandomBatch.OF_THREE_THREADS})
    void leavesOutputsUntouched(int count) {
        RandomBatch batch = allowed(count);
        batch.targets[count - 1] = 3;
        float[] output = new float[count];
        MemorySegment segment = MemorySegment.ofArray(output);
        Arrays.fill(output, 42);
        float[] before = output.clone();
        for (int threads : new int[] {1, 2}) {
            Loss parallel = strict.threads(threads);
            assertRefused(
                    Argument.TARGETS,
                    count - 1,
                    3,
                    () -> parallel.values(batch.predictions(), batch.targets(), segment));
            assertRefused(Argument.TARGETS, count - 1, 3, () -> parallel.gradient(batch.batch(), segment));
            assertArrayEquals(before, output);
        }
        batch.targets[count - 1] = 1;
        assertThatCode(() -> strict.gradient(batch.batch(), segment)).doesNotThrowAnyException();
        assertEquals(-1f / count, output[count - 1]);
        strict.values(batch.predictions(), batch.targets(), segment);
        assertEquals(1 - batch.predictions[count - 1], output[count - 1]);
    }

    @ParameterizedTest
    @ValueSource(ints = {100, RandomBatch.OF_THREE_THREADS})
    void leavesAnAccumulatorAsItWas(int count) {
        RandomBatch batch = allowed(count);
        Accumulator accumulator = Evaluator.of(strict).newAccumulator();
        accumulator.add(batch.predictions(), batch.targets());
        byte[] before = accumulator.toBytes();
        batch.predictions[count - 1] = 1.5f;
        assertRefused(
                Argument.PREDICTIONS, count - 1, 1.5, () -> accumulator.add(batch.predictions(), batch.targets()));
        assertThat(accumulator.toBytes()).isEqualTo(before);
        batch.predictions[count - 1] = 0.5f;
        accumulator.add(batch.predictions(), batch.targets());
        assertThat(accumulator.evaluate().count()).isEqualTo(2L * count);
    }
}
