// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every loss, of every type, with and without weights, from predictions and from logits, in one piece and in many. */
class AllLossesTest {
    private static final long SEED = 37;
    private static final List<Loss> LOSSES =
            List.of(Loss.mnist(), Loss.brier(), Loss.log(), Loss.log().clamp());

    private static List<Loss> withLogits() {
        List<Loss> losses = new ArrayList<>(LOSSES);
        LOSSES.forEach(loss -> losses.add(loss.fromLogits()));
        return losses;
    }

    /** Predictions, the extreme ones too, or logits; and some that are neither. */
    private static TypedBatch random(FloatType type, Loss loss, int count) {
        SplittableRandom random = new SplittableRandom(SEED + count);
        double[] values = new double[count];
        byte[] targets = new byte[count];
        for (int i = 0; i < count; i++) {
            RandomBatch.Values source = switch (random.nextInt(8)) {
                case 0 -> RandomBatch.Values.CONFIDENT;
                case 1 -> RandomBatch.Values.SUBNORMAL;
                default -> RandomBatch.Values.UNIT;
            };
            values[i] = loss.isFromLogits() ? random.nextDouble(-30, 30) : Math.abs(source.draw(random));
            targets[i] = (byte) random.nextInt(2);
        }
        return new TypedBatch(type, values, targets);
    }

    private static float[] weights(int count) {
        return RandomBatch.random(RandomBatch.Values.UNIT, count, SEED).predictions;
    }

    /** The elements' losses in the type of the arithmetic. */
    private static double[] values(Loss loss, TypedBatch batch) {
        TypedBatch wide = wide(batch);
        MemorySegment values = wide.type.memory(new double[batch.count]);
        loss.values(wide.batch(), values);
        return wide.type.values(values);
    }

    private static TypedBatch wide(TypedBatch batch) {
        FloatType type = batch.type == FloatType.FLOAT64 ? FloatType.FLOAT64 : FloatType.FLOAT32;
        return new TypedBatch(type, batch.values, batch.targets);
    }

    /** The sum of the exact distances or their squares; of the log loss, that of its values. */
    private static ExactReference reference(Loss loss, TypedBatch batch, float[] weights) {
        boolean isLog = loss.name().equals("log");
        boolean ofValues = isLog || loss.isFromLogits();
        double[] elements =
                !ofValues ? batch.values : values(isLog ? loss : Loss.mnist().fromLogits(), batch);
        ExactReference reference = new ExactReference(
                wide(batch).type, weights != null, loss.name().equals("brier") ? 2 : 1);
        for (int i = 0; i < batch.count; i++) {
            reference.add(elements[i], !ofValues && batch.isPositive(i), weights == null ? 1 : weights[i]);
        }
        return reference;
    }

    private static void assertMatches(ExactReference reference, Loss loss, Batch batch, String what) {
        assertEquals(reference.mean(), loss.mean(batch), what);
        assertEquals(reference.sum(), loss.sum(batch), what);
        Evaluation evaluation = Evaluator.of(loss).evaluate(batch);
        assertEquals(reference.mean(), evaluation.mean(loss), what);
        assertEquals(reference.sum(), evaluation.sum(loss), what);
        assertEquals(reference.meanFloat(), evaluation.meanAsFloat(loss), what);
        assertEquals(reference.sumFloat(), evaluation.sumAsFloat(loss), what);
        assertEquals(reference.weightSum(), evaluation.weightSum(), what);
        assertEquals(reference.nanCount(), evaluation.nanCount(loss), what);
        assertEquals(reference.infiniteCount(), evaluation.infiniteCount(loss), what);
    }

    @ParameterizedTest
    @EnumSource
    void sumsAreExact(FloatType type) {
        for (Loss loss : withLogits()) {
            for (int count : new int[] {0, 1, 2, 31, 64, 65, 1000, 4097}) {
                TypedBatch batch = random(type, loss, count);
                String what = "seed %d, %s, %d elements of %s".formatted(SEED, loss, count, type);
                assertMatches(reference(loss, batch, null), loss, batch.batch(), what);
                float[] weights = weights(count);
                Batch weighted = batch.batch().weights(Weights.of(weights));
                assertMatches(reference(loss, batch, weights), loss, weighted, what + ", weighted");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void threadsAndPiecesHaveTheSameBits(FloatType type) {
        int count = RandomBatch.OF_THREE_THREADS;
        for (Loss loss : withLogits()) {
            TypedBatch batch = random(type, loss, count);
            String what = "seed %d, %s of %s".formatted(SEED, loss, type);
            Evaluation evaluation = Evaluator.of(loss).evaluate(batch.batch());
            assertEquals(evaluation, Evaluator.of(loss.threads(3)).evaluate(batch.batch()), what);
            assertEquals(evaluation.mean(loss), loss.threads(3).mean(batch.batch()), what);
            if (type == FloatType.FLOAT32) {
                assertMatches(reference(loss, batch, null), loss, batch.batch(), what);
            }
            Batch weighted = batch.batch().weights(Weights.of(weights(count)));
            assertEquals(
                    Evaluator.of(loss).evaluate(weighted),
                    Evaluator.of(loss.threads(3)).evaluate(weighted),
                    what + ", weighted");
            MemorySegment gradient = type.memory(new double[count]);
            MemorySegment shared = type.memory(new double[count]);
            assertEquals(loss.mean(weighted), loss.meanAndGradient(weighted, gradient), what);
            assertEquals(loss.mean(weighted), loss.threads(3).meanAndGradient(weighted, shared), what);
            assertThat(gradient.mismatch(shared)).as(what).isEqualTo(-1);
        }
    }

    /** Any finite prediction is allowed: products of doubles underflow and overflow. */
    @ParameterizedTest
    @EnumSource
    void squaresOfAllFiniteNumbers(FloatType type) {
        for (RandomBatch.Values source : RandomBatch.Values.values()) {
            TypedBatch batch = TypedBatch.random(type, source, 500, SEED);
            String what = "seed %d, %s of %s".formatted(SEED, source, type);
            assertMatches(reference(Loss.brier(), batch, null), Loss.brier(), batch.batch(), what);
            float[] weights = weights(500);
            Batch weighted = batch.batch().weights(Weights.of(weights));
            assertMatches(reference(Loss.brier(), batch, weights), Loss.brier(), weighted, what);
        }
    }

    /** The square of the rounded distance; what is narrower than float32 is computed in it. */
    @ParameterizedTest
    @EnumSource
    void squaresAreRounded(FloatType type) {
        TypedBatch batch = TypedBatch.random(type, RandomBatch.Values.MIXED, 5000, SEED);
        MemorySegment values = type.memory(new double[batch.count]);
        Loss.brier().values(batch.batch(), values);
        for (int i = 0; i < batch.count; i++) {
            double p = batch.values[i];
            float d = batch.isPositive(i) ? 1 - (float) p : (float) p;
            double wide = batch.isPositive(i) ? 1 - p : p;
            double expected = type == FloatType.FLOAT64 ? wide * wide : rounded(d * d, type);
            assertEquals(expected, type.get(values, i), "seed %d, %s".formatted(SEED, p));
        }
    }

    private static double rounded(double value, FloatType type) {
        return value != 0 && Double.isFinite(value) ? ExactReference.sum(value, 0, type) : value;
    }

    /** In float32 within 1 unit in the last place of the logarithm, which a double has all but exactly. */
    @Test
    void logarithms() {
        for (Loss loss : List.of(Loss.log(), Loss.log().fromLogits())) {
            TypedBatch batch = random(FloatType.FLOAT32, loss, 100_000);
            double[] values = values(loss, batch);
            for (int i = 0; i < batch.count; i++) {
                double x = batch.isPositive(i) ? -batch.values[i] : batch.values[i];
                double exact = loss.isFromLogits()
                        ? Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)))
                        : batch.isPositive(i) ? -StrictMath.log(-x) : -StrictMath.log1p(-x);
                String what = "seed %d, %s, %s: %s".formatted(SEED, loss, x, values[i]);
                if (Double.isInfinite(exact)) {
                    assertEquals(exact, values[i], what);
                } else {
                    assertThat(Math.abs(values[i] - exact))
                            .as(what)
                            .isLessThan(FloatType.FLOAT32.ulp(exact) * 1.000001);
                }
            }
        }
    }

    @Test
    void specialElements() {
        double inf = Double.POSITIVE_INFINITY;
        double nan = Double.NaN;
        double[] predictions = {0, 1, -0.0, -1e-30, Math.nextUp(1.0f), inf, -inf, nan};
        assertSpecial(Loss.log(), predictions, new double[] {0, inf, 0, nan, nan, nan, nan, nan}, (byte) 0);
        assertSpecial(Loss.log(), predictions, new double[] {inf, 0, inf, nan, nan, nan, nan, nan}, (byte) 1);
        assertSpecial(Loss.log().clamp(), predictions, new double[] {0, 100, 0, nan, nan, nan, nan, nan}, (byte) 0);
        assertSpecial(Loss.log().clamp(), predictions, new double[] {100, 0, 100, nan, nan, nan, nan, nan}, (byte) 1);
        double[] logits = {inf, -inf, nan, 1000, -1000};
        assertSpecial(Loss.log().fromLogits(), logits, new double[] {inf, 0, nan, 1000, 0}, (byte) 0);
        assertSpecial(Loss.log().fromLogits(), logits, new double[] {0, inf, nan, 0, 1000}, (byte) 1);
        assertSpecial(Loss.log().fromLogits().clamp(), logits, new double[] {100, 0, nan, 100, 0}, (byte) 0);
        assertSpecial(Loss.brier(), new double[] {inf, -inf, nan, -3}, new double[] {inf, inf, nan, 9}, (byte) 0);
        assertSpecial(Loss.brier(), new double[] {inf, -inf, nan, -3}, new double[] {inf, inf, nan, 16}, (byte) 1);
    }

    private static void assertSpecial(Loss loss, double[] elements, double[] expected, byte target) {
        for (FloatType type : List.of(FloatType.FLOAT32, FloatType.FLOAT64)) {
            for (int i = 0; i < elements.length; i++) {
                TypedBatch one = new TypedBatch(type, new double[] {elements[i]}, new byte[] {target});
                String what = "%s of %s against %d".formatted(loss, elements[i], target);
                assertArrayEquals(new double[] {expected[i]}, values(loss, one), what);
                Evaluation evaluation = Evaluator.of(loss).evaluate(one.batch());
                assertEquals(expected[i], evaluation.mean(loss), what);
                assertEquals(Double.isNaN(expected[i]) ? 1 : 0, evaluation.nanCount(loss), what);
                assertEquals(Double.isInfinite(expected[i]) ? 1 : 0, evaluation.infiniteCount(loss), what);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void gradientsOfPredictions(FloatType type) {
        int count = 1000;
        double upstream = 1.7;
        for (Loss loss : List.of(Loss.brier(), Loss.log(), Loss.log().clamp())) {
            TypedBatch batch = random(type, loss, count);
            double g = ExactReference.quotient(upstream, count, wide(batch).type);
            double[] expected = new double[count];
            for (int i = 0; i < count; i++) {
                double p = batch.values[i];
                expected[i] = (batch.isPositive(i) ? -1 : 1)
                        * (type == FloatType.FLOAT64
                                ? derivative(loss, g, p, batch.isPositive(i))
                                : derivative(loss, (float) g, (float) p, batch.isPositive(i)));
            }
            assertGradient(expected, loss, batch, upstream);
        }
    }

    private static double derivative(Loss loss, double g, double p, boolean positive) {
        double d = positive ? 1 - p : p;
        double slope = loss.name().equals("brier") ? 2 * d * g : g / (positive ? p : 1 - p);
        return loss.isClamped() ? Math.min(slope, 1e12 * g) : slope;
    }

    private static double derivative(Loss loss, float g, float p, boolean positive) {
        float d = positive ? 1 - p : p;
        float slope = loss.name().equals("brier") ? 2 * d * g : g / (positive ? p : 1 - p);
        return loss.isClamped() ? Math.min(slope, (float) (1e12 * g)) : slope;
    }

    /** Those of brier and log are products of the distance: with the gradient of mnist, and with g. */
    @ParameterizedTest
    @EnumSource
    void gradientsOfLogits(FloatType type) {
        int count = 1000;
        double upstream = 1.7;
        Loss mnist = Loss.mnist().fromLogits();
        for (Loss loss : List.of(Loss.brier().fromLogits(), Loss.log().fromLogits())) {
            TypedBatch batch = random(type, loss, count);
            TypedBatch wide = wide(batch);
            double g = ExactReference.quotient(upstream, count, wide.type);
            double[] distances = values(mnist, batch);
            MemorySegment slopes = wide.type.memory(new double[count]);
            mnist.gradient(wide.batch(), upstream, count, slopes);
            double[] expected = new double[count];
            for (int i = 0; i < count; i++) {
                double factor =
                        loss.name().equals("brier") ? 2 * wide.type.get(slopes, i) : batch.isPositive(i) ? -g : g;
                double product = distances[i] * factor;
                expected[i] = type == FloatType.FLOAT64 ? product : (float) product;
            }
            assertGradient(expected, loss, batch, upstream);
        }
    }

    /** In one piece, added to what is there, and with weights. */
    private static void assertGradient(double[] wide, Loss loss, TypedBatch batch, double upstream) {
        FloatType type = batch.type;
        int count = batch.count;
        double[] before = TypedBatch.random(type, RandomBatch.Values.UNIT, count, SEED).values;
        MemorySegment gradient = type.memory(before);
        MemorySegment total = type.memory(before);
        MemorySegment weighted = type.memory(before);
        float[] weights = weights(count);
        loss.gradient(batch.batch(), upstream, count, gradient);
        loss.accumulateGradients().gradient(batch.batch(), upstream, count, total);
        loss.gradient(batch.batch().weights(Weights.of(weights)), upstream, count, weighted);
        for (int i = 0; i < count; i++) {
            String what = "seed %d, %s, %s".formatted(SEED, loss, batch.values[i]);
            double expected = rounded(wide[i], type);
            assertEquals(expected, type.get(gradient, i), what);
            double sum = Double.isFinite(expected) ? ExactReference.sum(before[i], expected, type) : expected;
            assertEquals(sum, type.get(total, i), what);
            double product = wide[i] * weights[i];
            assertEquals(
                    rounded(type == FloatType.FLOAT64 ? product : (float) product, type), type.get(weighted, i), what);
        }
    }

    @ParameterizedTest
    @EnumSource
    void strictModeRefusesTheSameElements(FloatType type) {
        for (Loss loss : LOSSES) {
            for (double bad : new double[] {-1, 2, Double.NaN}) {
                Predictions predictions = type.view(type.memory(0.5, bad));
                StrictModeException e = catchThrowableOfType(
                        StrictModeException.class, () -> loss.strict().mean(predictions, Targets.of(new byte[2])));
                assertThat(e).as("%s of %s", loss, bad).isNotNull();
                assertThat(e.index()).isEqualTo(1);
            }
        }
    }

    @Test
    void areNamed() {
        assertThat(Loss.brier()).hasToString("Loss[brier]").isNotEqualTo(Loss.mnist());
        assertThat(Loss.log().clamp().strict()).hasToString("Loss[log, strict, clamped]");
        assertThat(Loss.log().clamp().isClamped()).isTrue();
        assertThat(Loss.log().isClamped()).isFalse();
        assertThat(Loss.log()).isNotEqualTo(Loss.log().clamp());
    }
}
