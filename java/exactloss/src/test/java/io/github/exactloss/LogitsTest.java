// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.InvalidElementException.Argument;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Predictions that are given as logits: the function itself against BigDecimal, and the operations that use it bit by bit.
 */
class LogitsTest {
    private static final long SEED = 23;

    private final Loss loss = Loss.mnist().fromLogits();

    /** From all over the range in which the function is neither 0 nor 1, and some from outside. */
    private static double[] randomLogits(FloatType type, int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double edge = type == FloatType.FLOAT64 ? 750 : 105;
        double[] logits = new double[count];
        for (int i = 0; i < count; i++) {
            logits[i] = switch (random.nextInt(4)) {
                case 0 -> random.nextDouble(-5, 5);
                case 1 -> random.nextDouble(-40, 40);
                case 2 -> random.nextDouble(-edge, edge);
                default -> type.any(random);
            };
        }
        return type.values(type.memory(logits));
    }

    private static TypedBatch randomBatch(FloatType type, int count, long seed) {
        byte[] targets = TypedBatch.random(type, RandomBatch.Values.UNIT, count, seed).targets;
        return new TypedBatch(type, randomLogits(type, count, seed), targets);
    }

    /** The type that the function is computed in. */
    private static FloatType wide(FloatType type) {
        return type == FloatType.FLOAT64 ? FloatType.FLOAT64 : FloatType.FLOAT32;
    }

    private static double[] sigmoid(FloatType type, double... logits) {
        MemorySegment out = type.memory(new double[logits.length]);
        ArrayOperations.sigmoid(type.view(type.memory(logits)), out);
        return type.values(out);
    }

    private static double[] distances(TypedBatch batch) {
        return sigmoid(
                wide(batch.type),
                IntStream.range(0, batch.count)
                        .mapToDouble(i -> batch.isPositive(i) ? -batch.values[i] : batch.values[i])
                        .toArray());
    }

    private static void assertWithin(double ulps, BigDecimal exact, double actual, FloatType type, String what) {
        double error = new BigDecimal(actual).subtract(exact).abs().doubleValue();
        assertThat(error / type.ulp(exact.doubleValue())).as(what).isLessThanOrEqualTo(ulps);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64"})
    void theFunctionIsAsAccurateAsPromised(FloatType type) {
        double promised = type == FloatType.FLOAT32 ? 1 : 2;
        double[] logits = randomLogits(type, 3000, SEED);
        double[] actual = sigmoid(type, logits);
        for (int i = 0; i < logits.length; i++) {
            String what = "seed %d, sigmoid(%s)".formatted(SEED, logits[i]);
            assertWithin(promised, SigmoidReference.sigmoid(logits[i]), actual[i], type, what);
        }
    }

    /** All of their values. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "BFLOAT16"})
    void narrowTypesRoundThatOfFloat32(FloatType type) {
        short[] all = new short[1 << 16];
        for (int i = 0; i < all.length; i++) {
            all[i] = (short) i;
        }
        double[] logits = type.values(MemorySegment.ofArray(all));
        double[] expected = Arrays.stream(sigmoid(FloatType.FLOAT32, logits))
                .map(value -> Double.isNaN(value) ? value : ExactReference.quotient(value, 1, type))
                .toArray();
        assertArrayEquals(expected, sigmoid(type, logits));
    }

    @ParameterizedTest
    @EnumSource
    void theFunctionOfSpecialValues(FloatType type) {
        double inf = Double.POSITIVE_INFINITY;
        assertArrayEquals(
                new double[] {0.5, 0.5, 1, 0, 1, 0, Double.NaN},
                sigmoid(type, 0, -0.0, inf, -inf, type.max, -type.max, Double.NaN));
    }

    @ParameterizedTest
    @EnumSource
    void theLossIsTheExactSumOfTheDistances(FloatType type) {
        for (int count : new int[] {0, 1, 63, 64, 65, 1000, 4097, 70_000}) {
            TypedBatch batch = randomBatch(type, count, SEED + count);
            ExactReference reference = new ExactReference(wide(type), false);
            for (double distance : distances(batch)) {
                reference.add(distance, false);
            }
            String what = "seed %d, %d elements".formatted(SEED + count, count);
            Evaluation evaluation = Evaluator.of(loss).evaluate(batch.predictions(), batch.targets());
            assertEquals(reference.mean(), loss.mean(batch.predictions(), batch.targets()), what);
            assertEquals(reference.sum(), loss.sum(batch.predictions(), batch.targets()), what);
            assertEquals(reference.mean(), evaluation.mean(Loss.mnist()), what);
            assertEquals(reference.sum(), evaluation.sum(Loss.mnist()), what);
            assertEquals(reference.meanFloat(), evaluation.meanAsFloat(Loss.mnist()), what);
            assertEquals(reference.sumFloat(), evaluation.sumAsFloat(Loss.mnist()), what);
        }
    }

    @ParameterizedTest
    @EnumSource
    void distances(FloatType type) {
        TypedBatch batch = randomBatch(type, 70_001, SEED);
        double[] expected = distances(batch);
        if (type != wide(type)) {
            Arrays.setAll(expected, i -> ExactReference.quotient(expected[i], 1, type));
        }
        for (Loss some : List.of(loss, loss.threads(2))) {
            MemorySegment distances = type.memory(batch.values);
            some.values(type.view(distances), batch.targets(), distances);
            assertArrayEquals(expected, type.values(distances), "seed " + SEED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void metricsCompareThePredictionWithTheThreshold(FloatType type) {
        TypedBatch batch = randomBatch(type, 5000, SEED);
        double[] predictions = sigmoid(wide(type), batch.values);
        for (double threshold : new double[] {0.5, 0, 1e-30, predictions[7], Math.nextDown(predictions[7]), 1}) {
            Evaluation evaluation =
                    Evaluator.of(loss).threshold(threshold).evaluate(batch.predictions(), batch.targets());
            for (boolean positive : new boolean[] {false, true}) {
                long above = IntStream.range(0, batch.count)
                        .filter(i -> batch.isPositive(i) == positive && predictions[i] > threshold)
                        .count();
                assertThat(positive ? evaluation.truePositives() : evaluation.falsePositives())
                        .as("seed %d, threshold %s", SEED, threshold)
                        .isEqualTo(above);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void weightsAndRowsKnowThemToo(FloatType type) {
        TypedBatch batch = randomBatch(type, 3000, SEED);
        double[] distances = distances(batch);
        float[] weights = new float[batch.count];
        ExactReference reference = new ExactReference(wide(type), true);
        for (int i = 0; i < batch.count; i++) {
            weights[i] = i % 7;
            reference.add(distances[i], false, weights[i]);
        }
        assertEquals(reference.mean(), loss.mean(batch.batch().weights(Weights.of(weights))));
        double[] rows = loss.meanOfRows(batch.predictions(), batch.targets(), Rows.of(3, 1000));
        for (int row = 0; row < 3; row++) {
            assertEquals(
                    loss.mean(
                            batch.predictions().slice(1000L * row, 1000),
                            batch.targets().slice(1000L * row, 1000)),
                    rows[row]);
        }
    }

    @Test
    void nanAndInfinities() {
        float inf = Float.POSITIVE_INFINITY;
        Targets targets = Targets.of(new byte[] {1, 0, 0});
        assertEquals(2.5, loss.sum(Predictions.of(new float[] {-inf, inf, 0}), targets));
        assertEquals(0.5, loss.sum(Predictions.of(new float[] {inf, -inf, 0}), targets));
        Evaluation evaluation = Evaluator.of(loss).evaluate(Predictions.of(new float[] {0, Float.NaN, 0}), targets);
        assertThat(evaluation.mean(Loss.mnist())).isNaN();
        assertThat(evaluation.nanCount(Loss.mnist())).isEqualTo(1);
    }

    /** A distance of 1e-30, which is 0 where the prediction is rounded first. */
    @Test
    void smallDistancesKeepTheirDigits() {
        double actual = loss.sum(Predictions.of(new float[] {69}), Targets.of(new byte[] {1}));
        assertWithin(1, SigmoidReference.sigmoid(-69), actual, FloatType.FLOAT32, "sigmoid(-69)");
    }

    @ParameterizedTest
    @EnumSource
    void theGradientIsThatWithRespectToThem(FloatType type) {
        int count = 1000;
        TypedBatch batch = randomBatch(type, count, SEED);
        BigDecimal[] slopes =
                Arrays.stream(batch.values).mapToObj(SigmoidReference::slope).toArray(BigDecimal[]::new);
        for (long divisor : new long[] {count, 1}) {
            double upstream = 1.7;
            MemorySegment gradient = type.memory(new double[count]);
            loss.gradient(batch.batch(), upstream, divisor, gradient);
            BigDecimal g = new BigDecimal(ExactReference.quotient(upstream, divisor, wide(type)));
            for (int i = 0; i < count; i++) {
                BigDecimal exact = g.multiply(slopes[i]);
                String what = "seed %d, / %d, logit %s".formatted(SEED, divisor, batch.values[i]);
                double expectedSign = batch.isPositive(i) ? -1 : 1;
                double actual = expectedSign * type.get(gradient, i);
                assertWithin(type == wide(type) ? 4 : 0.6, exact, actual, type, what);
                assertThat(Math.copySign(1.0, actual)).as(what).isEqualTo(1);
            }
        }
    }

    /** In every kind of memory, cut or not, by any number of threads. */
    @ParameterizedTest
    @EnumSource
    void haveTheSameBitsEverywhere(FloatType type) {
        for (int count : new int[] {100, RandomBatch.OF_THREE_THREADS}) {
            TypedBatch batch = randomBatch(type, count, SEED);
            Evaluation expected;
            MemorySegment expectedGradient;
            try (Arena arena = Arena.ofShared()) {
                Predictions predictions = type.view(MemoryKind.OFF_HEAP.copy(batch.memory, arena));
                expected = Evaluator.of(loss).evaluate(predictions, batch.targets());
                expectedGradient = MemoryKind.OFF_HEAP.copy(batch.memory, Arena.ofAuto());
                loss.gradient(Batch.of(predictions, batch.targets()), 3, count, expectedGradient);
                for (MemoryKind kind : MemoryKind.values()) {
                    Predictions copy = type.view(kind.copy(batch.memory, arena));
                    Targets targets =
                            Targets.of(kind.copy(MemorySegment.ofArray(batch.targets), arena), ElementType.UINT8);
                    String what = "seed %d, %d elements in %s memory".formatted(SEED, count, kind);
                    for (Loss some : List.of(loss, loss.threads(3))) {
                        assertThat(Evaluator.of(some).evaluate(copy, targets))
                                .as(what)
                                .isEqualTo(expected);
                        MemorySegment gradient = type.memory(new double[count]);
                        some.gradient(Batch.of(copy, targets), 3, count, gradient);
                        assertThat(gradient.mismatch(expectedGradient)).as(what).isEqualTo(-1);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void strictModeRefusesNanAlone(FloatType type) {
        Loss strict = loss.strict();
        double[] logits = {-type.max, type.max, Double.NEGATIVE_INFINITY, 7};
        Targets targets = Targets.of(new byte[4]);
        assertEquals(
                loss.sum(type.view(type.memory(logits)), targets), strict.sum(type.view(type.memory(logits)), targets));
        logits[2] = Double.NaN;
        MemorySegment output = type.memory(1, 2, 3, 4);
        for (Runnable call : List.<Runnable>of(
                () -> strict.mean(type.view(type.memory(logits)), targets),
                () -> strict.values(type.view(type.memory(logits)), targets, output),
                () -> strict.gradient(Batch.of(type.view(type.memory(logits)), targets), 1, 1, output),
                () -> strict.meanOfRows(type.view(type.memory(logits)), targets, Rows.of(2, 2)))) {
            StrictModeException e = catchThrowableOfType(StrictModeException.class, call::run);
            assertThat(e).hasMessage("predictions[2] is NaN, and strict mode allows no NaN");
            assertThat(e.argument()).isEqualTo(Argument.PREDICTIONS);
            assertThat(type.values(output)).containsExactly(1, 2, 3, 4);
        }
    }
}
