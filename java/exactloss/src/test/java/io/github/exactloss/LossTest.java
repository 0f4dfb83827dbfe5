// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Loss and metrics against the definition. JUnit's assertEquals compares floating-point numbers by their bits. */
class LossTest {
    private static final long SEED = 20_261_122;

    private final Loss loss = Loss.mnist();
    private final Evaluator evaluator = Evaluator.of(loss);

    @Test
    void workedExampleOfTheBook() {
        Predictions predictions = Predictions.of(new float[] {0.9f, 0.4f, 0.2f});
        Targets targets = Targets.of(new byte[] {1, 0, 1});
        assertThat(loss.mean(predictions, targets)).isEqualTo(0.43333334227403003);
        Evaluation evaluation = evaluator.evaluate(predictions, targets);
        assertThat(evaluation.mean(Loss.mnist())).isEqualTo(0.43333334227403003);
        assertThat(evaluation.accuracy()).isEqualTo(2.0 / 3);
    }

    @Test
    void nothingHasNoMean() {
        Predictions predictions = Predictions.of(new float[0]);
        Targets targets = Targets.of(new byte[0]);
        assertThat(loss.mean(predictions, targets)).isNaN();
        assertEquals(0.0, loss.sum(predictions, targets));
        Evaluation evaluation = evaluator.evaluate(predictions, targets);
        assertThat(evaluation.mean(Loss.mnist())).isNaN();
        assertThat(evaluation.meanAsFloat(Loss.mnist())).isNaN();
        assertThat(evaluation.accuracy()).isNaN();
        assertThat(evaluation.count()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void everyLengthToAThousand(RandomBatch.Values values) {
        RandomBatch batch = RandomBatch.random(values, 1000, SEED);
        float[] floatTargets = batch.floatTargets();
        ExactReference reference = new ExactReference();
        for (int n = 0; n <= batch.count; n++) {
            Predictions predictions = Predictions.of(batch.predictions).slice(0, n);
            String what = "seed %d, %d elements".formatted(SEED, n);
            assertMatches(reference, predictions, Targets.of(batch.targets).slice(0, n), what);
            assertMatches(reference, predictions, Targets.of(floatTargets).slice(0, n), what + ", float targets");
            if (n < batch.count) {
                reference.add(batch.predictions[n], batch.targets[n] == 1);
            }
        }
    }

    /** The kernels work in blocks of 1,024 to 8,192, and heap memory is cut into pieces of 65,536. */
    @ParameterizedTest
    @EnumSource
    void aroundBlocksAndPieces(RandomBatch.Values values) {
        for (int block : new int[] {4096, 8192, 65_536, 131_072}) {
            for (int n = block - 1; n <= block + 1; n++) {
                RandomBatch batch = RandomBatch.random(values, n, SEED + n);
                String what = "seed %d, %d elements".formatted(SEED + n, n);
                assertMatches(ExactReference.of(batch), batch.predictions(), batch.targets(), what);
            }
        }
    }

    /** Up to 8,192 elements are taken without views. */
    @ParameterizedTest
    @EnumSource
    void arraysAreTakenAsTheirViewsAre(RandomBatch.Values values) {
        for (int n : new int[] {0, 1, 63, 64, 1000, 1023, 1024, 1025, 8191, 8192, 8193, 65_537}) {
            RandomBatch batch = RandomBatch.random(values, n, SEED + n);
            for (Loss options : List.of(loss, loss.fromLogits())) {
                double mean = options.mean(batch.predictions(), batch.targets());
                double sum = options.sum(batch.predictions(), batch.targets());
                String what = "seed %d, %d elements".formatted(SEED + n, n);
                assertEquals(mean, options.mean(batch.predictions, batch.targets), what);
                assertEquals(sum, options.sum(batch.predictions, batch.targets), what);
            }
        }
    }

    private void assertMatches(ExactReference reference, Predictions predictions, Targets targets, String what) {
        Evaluation evaluation = evaluator.evaluate(predictions, targets);
        assertEquals(reference.mean(), loss.mean(predictions, targets), what);
        assertEquals(reference.sum(), loss.sum(predictions, targets), what);
        assertEquals(reference.mean(), evaluation.mean(Loss.mnist()), what);
        assertEquals(reference.sum(), evaluation.sum(Loss.mnist()), what);
        assertEquals(reference.meanFloat(), evaluation.meanAsFloat(Loss.mnist()), what);
        assertEquals(reference.sumFloat(), evaluation.sumAsFloat(Loss.mnist()), what);
    }

    @ParameterizedTest
    @EnumSource
    void counts(RandomBatch.Values values) {
        RandomBatch batch = RandomBatch.random(values, 10_000, SEED);
        for (int i = 0; i < 100; i++) {
            batch.predictions[i * 100] = Float.NaN;
        }
        for (double threshold : new double[] {0.5, 0, 1e-30, -500, 2e38, Double.NEGATIVE_INFINITY}) {
            Evaluation evaluation = evaluator.threshold(threshold).evaluate(batch.predictions(), batch.targets());
            String what = "seed %d, threshold %s".formatted(SEED, threshold);
            assertThat(evaluation.threshold()).isEqualTo(threshold);
            assertThat(evaluation.count()).isEqualTo(batch.count);
            assertThat(evaluation.nanCount(Loss.mnist())).as(what).isEqualTo(100);
            assertThat(evaluation.truePositives()).as(what).isEqualTo(count(batch, true, true, threshold));
            assertThat(evaluation.falseNegatives()).as(what).isEqualTo(count(batch, true, false, threshold));
            assertThat(evaluation.falsePositives()).as(what).isEqualTo(count(batch, false, true, threshold));
            assertThat(evaluation.trueNegatives()).as(what).isEqualTo(count(batch, false, false, threshold));
            assertThat(evaluation.positives())
                    .as(what)
                    .isEqualTo(evaluation.truePositives() + evaluation.falseNegatives());
            long right = evaluation.truePositives() + evaluation.trueNegatives();
            assertThat(evaluation.accuracy()).as(what).isEqualTo((double) right / batch.count);
        }
    }

    private static long count(RandomBatch batch, boolean positive, boolean above, double threshold) {
        return IntStream.range(0, batch.count)
                .filter(i -> (batch.targets[i] == 1) == positive && (batch.predictions[i] > threshold) == above)
                .count();
    }

    @Test
    void nanAndInfinities() {
        float inf = Float.POSITIVE_INFINITY;
        assertSpecial(Double.NaN, Float.NaN, (byte) 0);
        assertSpecial(Double.NaN, Float.NaN, (byte) 1);
        assertSpecial(Double.POSITIVE_INFINITY, inf, (byte) 0);
        assertSpecial(Double.NEGATIVE_INFINITY, inf, (byte) 1);
        assertSpecial(Double.NEGATIVE_INFINITY, -inf, (byte) 0);
        assertSpecial(Double.POSITIVE_INFINITY, -inf, (byte) 1);
        Predictions both = Predictions.of(new float[] {inf, 0.5f, -inf});
        assertThat(loss.mean(both, Targets.of(new byte[3]))).isNaN();
        assertThat(loss.mean(both, Targets.of(new byte[] {1, 0, 0}))).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    /** One special prediction anywhere decides. */
    private void assertSpecial(double expected, float prediction, byte target) {
        for (int at : new int[] {0, 1, 63, 64, 4095, 4096, 9999}) {
            RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, 10_000, SEED);
            batch.predictions[at] = prediction;
            batch.targets[at] = target;
            Evaluation evaluation = evaluator.evaluate(batch.predictions(), batch.targets());
            String what = "%s at %d".formatted(prediction, at);
            assertEquals(expected, evaluation.mean(Loss.mnist()), what);
            assertEquals(expected, evaluation.sum(Loss.mnist()), what);
            assertEquals((float) expected, evaluation.meanAsFloat(Loss.mnist()), what);
            assertEquals((float) expected, evaluation.sumAsFloat(Loss.mnist()), what);
            assertThat(evaluation.nanCount(Loss.mnist())).isEqualTo(Float.isNaN(prediction) ? 1 : 0);
        }
    }

    @Test
    void onlyTargetsThatEqualOneArePositive() {
        Predictions predictions = Predictions.of(new float[] {0.25f, 0.25f, 0.25f, 0.25f});
        assertThat(loss.sum(predictions, Targets.of(new byte[] {1, 0, -1, 127})))
                .isEqualTo(1.5);
        float[] floats = {1, Float.NaN, -1, Math.nextDown(1f)};
        assertThat(loss.sum(predictions, Targets.of(floats))).isEqualTo(1.5);
    }

    @Test
    void aSumMayExceedTheRangeOfFloat() {
        Evaluation evaluation =
                evaluator.evaluate(Predictions.of(new float[] {3e38f, 3e38f, 3e38f}), Targets.of(new byte[3]));
        assertThat(evaluation.sum(Loss.mnist())).isEqualTo(3.0 * 3e38f);
        assertThat(evaluation.sumAsFloat(Loss.mnist())).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(evaluation.meanAsFloat(Loss.mnist())).isEqualTo(3e38f);
    }

    @Test
    void anExactZeroIsPositive() {
        float least = Float.MIN_VALUE;
        for (float[] values : new float[][] {{-0.0f}, {-0.0f, -0.0f}, {least, -least}, {-1000, 1000}}) {
            Evaluation evaluation = evaluator.evaluate(Predictions.of(values), Targets.of(new byte[values.length]));
            assertEquals(0.0, evaluation.mean(Loss.mnist()), Arrays.toString(values));
            assertEquals(0.0f, evaluation.meanAsFloat(Loss.mnist()), Arrays.toString(values));
        }
    }

    @Test
    void whatUnderflowsKeepsItsSign() {
        float[] values = {-Float.MIN_VALUE, 0, 0};
        Evaluation evaluation = evaluator.evaluate(Predictions.of(values), Targets.of(new byte[3]));
        assertEquals(-0x1p-149 / 3, evaluation.mean(Loss.mnist()));
        assertEquals(-0.0f, evaluation.meanAsFloat(Loss.mnist()));
    }

    @Test
    void optionsCanBeReadBack() {
        assertThat(loss.name()).isEqualTo("mnist");
        assertThat(loss.isFromLogits() || loss.isStrict() || loss.accumulatesGradients())
                .isFalse();
        assertThat(loss.threads()).isEqualTo(1);
        Loss other = loss.fromLogits().strict().accumulateGradients().threads(8);
        assertThat(other.isFromLogits() && other.isStrict() && other.accumulatesGradients())
                .isTrue();
        assertThat(other.threads()).isEqualTo(8);
        assertThat(loss).hasToString("Loss[mnist]");
        assertThat(other).hasToString("Loss[mnist, from logits, strict, accumulates gradients, threads=8]");
        assertThat(loss).isEqualTo(Loss.mnist()).hasSameHashCodeAs(Loss.mnist());
        for (Loss different : List.of(loss.fromLogits(), loss.strict(), loss.accumulateGradients(), loss.threads(2))) {
            assertThat(different).isNotEqualTo(loss);
        }
    }

    @Test
    void batchesAreTakenAsTheirViewsAre() {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.MIXED, 1000, SEED);
        assertEquals(loss.mean(batch.predictions(), batch.targets()), loss.mean(batch.batch()));
        assertEquals(loss.sum(batch.predictions(), batch.targets()), loss.sum(batch.batch()));
        assertThat(evaluator.evaluate(batch.batch()))
                .isEqualTo(evaluator.evaluate(batch.predictions(), batch.targets()));
    }
}
