// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.InvalidElementException.Argument;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightsTest {
    private static final long SEED = 19;

    private final Loss loss = Loss.mnist();

    /** Zeros, small integers, ordinary numbers, and any float at all. */
    private static float[] randomWeights(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] weights = new float[count];
        for (int i = 0; i < count; i++) {
            weights[i] = switch (random.nextInt(4)) {
                case 0 -> 0;
                case 1 -> random.nextInt(10);
                case 2 -> (float) random.nextDouble();
                default -> (float) Math.abs(FloatType.FLOAT32.any(random));
            };
        }
        return weights;
    }

    private static ExactReference reference(TypedBatch batch, float[] weights) {
        ExactReference reference = new ExactReference(batch.type, true);
        for (int i = 0; i < batch.count; i++) {
            reference.add(batch.values[i], batch.isPositive(i), weights[i]);
        }
        return reference;
    }

    private void assertMatches(TypedBatch batch, float[] weights, String what) {
        ExactReference reference = reference(batch, weights);
        Evaluation evaluation = Evaluator.of(loss).evaluate(batch.batch().weights(Weights.of(weights)));
        assertEquals(reference.mean(), evaluation.mean(Loss.mnist()), what);
        assertEquals(reference.sum(), evaluation.sum(Loss.mnist()), what);
        assertEquals(reference.weightSum(), evaluation.weightSum(), what);
        assertEquals(reference.meanFloat(), evaluation.meanAsFloat(Loss.mnist()), what);
        assertEquals(reference.sumFloat(), evaluation.sumAsFloat(Loss.mnist()), what);
        assertEquals(reference.nanCount(), evaluation.nanCount(Loss.mnist()), what);
        assertEquals(reference.mean(), loss.mean(batch.batch().weights(Weights.of(weights))), what);
        assertEquals(reference.sum(), loss.sum(batch.batch().weights(Weights.of(weights))), what);
    }

    @ParameterizedTest
    @EnumSource
    void enterTheLossExactly(FloatType type) {
        for (RandomBatch.Values values : RandomBatch.Values.values()) {
            for (int count : new int[] {0, 1, 2, 63, 64, 65, 300, 4097}) {
                TypedBatch batch = TypedBatch.random(type, values, count, SEED + count);
                String what = "seed %d, %d elements of %s".formatted(SEED + count, count, values);
                assertMatches(batch, randomWeights(count, SEED), what);
            }
        }
    }

    @Test
    void enterTheLossExactlyInPiecesToo() {
        TypedBatch batch =
                TypedBatch.random(FloatType.FLOAT64, RandomBatch.Values.MIXED, RandomBatch.OF_THREE_THREADS, SEED);
        assertMatches(batch, randomWeights(batch.count, SEED), "seed " + SEED);
    }

    @Test
    void ofOneChangeNothing() {
        for (int count : new int[] {0, 1000, RandomBatch.OF_THREE_THREADS}) {
            RandomBatch batch = RandomBatch.random(RandomBatch.Values.MIXED, count, SEED);
            float[] ones = new float[count];
            Arrays.fill(ones, 1);
            assertThat(Evaluator.of(loss).evaluate(batch.batch().weights(Weights.of(ones))))
                    .as("seed %d, %d elements", SEED, count)
                    .isEqualTo(Evaluator.of(loss).evaluate(batch.predictions(), batch.targets()));
        }
    }

    @Test
    void doNotEnterTheMetrics() {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, 5000, SEED);
        Evaluation plain = Evaluator.of(loss).evaluate(batch.predictions(), batch.targets());
        Evaluation weighted = Evaluator.of(loss).evaluate(batch.batch().weights(Weights.of(randomWeights(5000, SEED))));
        assertThat(weighted.accuracy()).isEqualTo(plain.accuracy());
        assertThat(weighted.count()).isEqualTo(5000);
        assertThat(weighted.truePositives()).isEqualTo(plain.truePositives());
        assertThat(weighted.falsePositives()).isEqualTo(plain.falsePositives());
        assertThat(weighted.trueNegatives()).isEqualTo(plain.trueNegatives());
        assertThat(weighted.falseNegatives()).isEqualTo(plain.falseNegatives());
        assertThat(weighted.mean(Loss.mnist())).isNotEqualTo(plain.mean(Loss.mnist()));
    }

    @Test
    void thatAreAllZeroHaveNoMean() {
        Predictions predictions = Predictions.of(new float[] {0.25f, 0.5f});
        Targets targets = Targets.of(new byte[2]);
        for (float zero : new float[] {0, -0.0f}) {
            Evaluation evaluation = Evaluator.of(loss)
                    .evaluate(Batch.of(predictions, targets).weights(Weights.of(new float[] {zero, zero})));
            assertThat(evaluation.mean(Loss.mnist())).isNaN();
            assertEquals(0.0, evaluation.sum(Loss.mnist()));
            assertEquals(0.0, evaluation.weightSum());
            assertThat(evaluation.accuracy()).isEqualTo(1);
        }
    }

    @Test
    void zeroTimesInfinityIsNan() {
        for (float special : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (float weight : new float[] {0, 2}) {
                TypedBatch batch =
                        new TypedBatch(FloatType.FLOAT32, new double[] {0.5, special, 0.25}, new byte[] {1, 1, 0});
                assertMatches(batch, new float[] {1, weight, 1}, special + " with weight " + weight);
            }
        }
    }

    /** Everywhere the same bits: in every kind of memory, with threads, and in an accumulator. */
    @ParameterizedTest
    @ValueSource(ints = {3, 5000, RandomBatch.OF_THREE_THREADS})
    void haveTheSameBitsHoweverTheyAreGiven(int count) {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.MIXED, count, SEED);
        float[] array = randomWeights(count, SEED);
        Evaluation expected = Evaluator.of(loss).evaluate(batch.batch().weights(Weights.of(array)));
        try (Arena arena = Arena.ofShared()) {
            Predictions predictions =
                    Predictions.of(MemoryKind.OFF_HEAP.copy(batch.predictions().segment(), arena), ElementType.FLOAT32);
            Targets targets =
                    Targets.of(MemoryKind.OFF_HEAP.copy(batch.targets().segment(), arena), ElementType.UINT8);
            for (MemoryKind kind : MemoryKind.values()) {
                Weights weights = Weights.of(kind.copy(Weights.of(array).segment(), arena));
                String what = "seed %d, %s memory".formatted(SEED, kind);
                for (Loss some : List.of(loss, loss.threads(3))) {
                    assertThat(Evaluator.of(some)
                                    .evaluate(Batch.of(predictions, targets).weights(weights)))
                            .as(what)
                            .isEqualTo(expected);
                    assertEquals(
                            expected.mean(Loss.mnist()),
                            some.mean(Batch.of(batch.predictions(), targets).weights(weights)),
                            what);
                    assertEquals(
                            expected.sum(Loss.mnist()),
                            some.sum(Batch.of(predictions, batch.targets()).weights(weights)),
                            what);
                    Accumulator accumulator = Evaluator.of(some).newAccumulator();
                    int cut = count / 3;
                    accumulator.add(Batch.of(predictions.slice(cut, count - cut), targets.slice(cut, count - cut))
                            .weights(weights.slice(cut, count - cut)));
                    accumulator.add(Batch.of(batch.predictions().slice(0, cut), targets.slice(0, cut))
                            .weights(Weights.of(array).slice(0, cut)));
                    assertThat(accumulator.evaluate()).as(what).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void mixWithElementsWithoutAny() {
        Accumulator accumulator = Evaluator.of(loss).newAccumulator();
        accumulator.add(Batch.of(Predictions.of(new float[] {0.5f}), Targets.of(new byte[1]))
                .weights(Weights.of(new float[] {3})));
        accumulator.add(Predictions.of(new float[] {0.25f}), Targets.of(new byte[1]));
        Evaluation evaluation = accumulator.evaluate();
        assertThat(evaluation.sum(Loss.mnist())).isEqualTo(1.75);
        assertThat(evaluation.weightSum()).isEqualTo(4);
        assertThat(evaluation.mean(Loss.mnist())).isEqualTo(1.75 / 4);
        assertThat(evaluation.count()).isEqualTo(2);
        Accumulator copy = Evaluator.of(loss).accumulatorFromBytes(accumulator.toBytes());
        assertThat(copy.evaluate()).isEqualTo(evaluation);
    }

    private static InvalidElementException assertRefused(
            Argument argument, long index, double value, ThrowingCallable call) {
        InvalidElementException e = catchThrowableOfType(InvalidElementException.class, call);
        assertThat(e).isNotNull();
        assertThat(e.argument()).isEqualTo(argument);
        assertThat(e.index()).isEqualTo(index);
        assertEquals(value, e.value());
        return e;
    }

    @ParameterizedTest
    @ValueSource(floats = {-Float.MIN_VALUE, -1, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void thatAreNegativeNanOrInfiniteAreRefused(float bad) {
        for (int count : new int[] {70, RandomBatch.OF_THREE_THREADS}) {
            for (int at : new int[] {0, 63, count - 1}) {
                RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, count, SEED);
                float[] array = new float[count];
                array[at] = bad;
                array[count - 1] = bad;
                Weights weights = Weights.of(array);
                for (Loss some : List.of(loss, loss.threads(3))) {
                    for (ThrowingCallable call : List.<ThrowingCallable>of(
                            () -> some.mean(batch.batch().weights(weights)),
                            () -> some.sum(batch.batch().weights(weights)),
                            () -> Evaluator.of(some).evaluate(batch.batch().weights(weights)))) {
                        InvalidElementException e = assertRefused(Argument.WEIGHTS, at, bad, call);
                        assertThat(e)
                                .isNotInstanceOf(StrictModeException.class)
                                .hasMessage(
                                        "weights[%d] is %s, and a weight must be finite and not negative",
                                        at, (double) bad);
                    }
                    Accumulator accumulator = Evaluator.of(some).newAccumulator();
                    accumulator.add(batch.predictions(), batch.targets());
                    byte[] before = accumulator.toBytes();
                    assertRefused(
                            Argument.WEIGHTS,
                            at,
                            bad,
                            () -> accumulator.add(batch.batch().weights(weights)));
                    assertThat(accumulator.toBytes()).isEqualTo(before);
                }
            }
        }
    }

    /** The first index counts; at the same one the prediction, then the target. */
    @Test
    void areRefusedInOrderWithTheRest() {
        Loss strict = loss.strict();
        Weights bad = Weights.of(new float[] {1, -1, 1});
        Predictions good = Predictions.of(new float[3]);
        Targets ones = Targets.of(new byte[] {1, 1, 1});
        assertRefused(
                Argument.PREDICTIONS,
                1,
                2,
                () -> strict.mean(Batch.of(Predictions.of(new float[] {0, 2, 0}), Targets.of(new byte[] {1, 5, 1}))
                        .weights(bad)));
        assertRefused(
                Argument.TARGETS,
                1,
                5,
                () -> strict.mean(
                        Batch.of(good, Targets.of(new byte[] {1, 5, 1})).weights(bad)));
        assertRefused(
                Argument.WEIGHTS,
                1,
                -1,
                () -> strict.mean(
                        Batch.of(good, Targets.of(new byte[] {1, 1, 5})).weights(bad)));
        assertRefused(
                Argument.TARGETS,
                0,
                7,
                () -> strict.mean(
                        Batch.of(good, Targets.of(new byte[] {7, 1, 5})).weights(bad)));
        assertRefused(
                Argument.WEIGHTS,
                1,
                -1,
                () -> loss.mean(
                        Batch.of(Predictions.of(new float[] {9, 9, 9}), ones).weights(bad)));
    }

    @Test
    void areAsManyAsPredictions() {
        Predictions predictions = Predictions.of(new float[3]);
        Targets targets = Targets.of(new byte[3]);
        Weights two = Weights.of(new float[2]);
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> loss.mean(Batch.of(predictions, targets).weights(two)),
                () -> loss.sum(Batch.of(predictions, targets).weights(two)),
                () -> Evaluator.of(loss).evaluate(Batch.of(predictions, targets).weights(two)),
                () -> Evaluator.of(loss)
                        .newAccumulator()
                        .add(Batch.of(predictions, targets).weights(two)))) {
            assertThatIllegalArgumentException().isThrownBy(call).withMessage("3 predictions, but 2 weights");
        }
    }

    @Test
    void views() {
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.allocate(3, arena);
            assertThat(weights.count()).isEqualTo(3);
            assertThat(weights.segment().byteSize()).isEqualTo(12);
        }
        assertThat(Weights.of(new float[5]).slice(1, 4 - 1).slice(1, 2).count()).isEqualTo(2);
    }
}
