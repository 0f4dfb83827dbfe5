// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The accuracy, against {@code ((predictions > threshold) == targets).float().mean()}. */
class AccuracyTest {
    private static final long SEED = 13;

    private final Evaluator evaluator = Evaluator.of(Loss.mnist());

    private static Tensor correct(TensorBatch batch, double threshold) {
        return batch.predictions()
                .gt(PyTorch.scalar(threshold))
                .eq(batch.targets().eq(new Scalar(1)));
    }

    /** In float64 the same bits; in float32 too, if the exact one is rounded. */
    @ParameterizedTest
    @EnumSource
    void manySizesAndThresholds(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (TargetType targets : TargetType.values()) {
            for (double threshold : new double[] {0.5, 0, 0.25, 0.75, 1, -1, 2, type.rounded(0.3)}) {
                for (int count : new int[] {0, 1, 2, 3, 7, 63, 64, 65, 1000, 4097, 100_003}) {
                    try (PointerScope _ = new PointerScope()) {
                        TensorBatch batch = TensorBatch.random(type, TensorBatch.Values.UNIT, targets, count, random);
                        Tensor correct = correct(batch, threshold);
                        double accuracy = evaluator
                                .threshold(threshold)
                                .evaluate(batch.views())
                                .accuracy();
                        String what = "seed %d, %d elements, targets %s, threshold %s"
                                .formatted(SEED, count, targets, threshold);
                        assertEquals(correct.to(ScalarType.Double).mean().item_double(), accuracy, what);
                        assertEquals(correct.to(ScalarType.Float).mean().item_float(), (float) accuracy, what);
                    }
                }
            }
        }
    }

    /** As fastai writes it, without {@code == 1}: the same, where targets are 0 and 1. */
    @ParameterizedTest
    @EnumSource
    void comparedWithTheTargetsThemselves(TargetType targets) {
        SplittableRandom random = new SplittableRandom(SEED);
        try (PointerScope _ = new PointerScope()) {
            double[] zerosAndOnes = new double[10_001];
            for (int i = 0; i < zerosAndOnes.length; i++) {
                zerosAndOnes[i] = random.nextInt(2);
            }
            double[] predictions = TensorBatch.Values.UNIT.draw(random, zerosAndOnes.length);
            TensorBatch batch = TensorBatch.of(FloatType.FLOAT32, predictions, targets, zerosAndOnes);
            Tensor correct = batch.predictions().gt(PyTorch.scalar(0.5)).eq(batch.targets());
            assertEquals(
                    correct.to(ScalarType.Float).mean().item_float(),
                    (float) evaluator.evaluate(batch.views()).accuracy(),
                    "seed " + SEED);
        }
    }

    /**
     * A difference: PyTorch rounds the threshold to the type of the predictions, exactloss compares with the number that it
     * was given. In float32, 0.3 is a bit more than 0.3, but in PyTorch not more than a threshold of 0.3.
     */
    @ParameterizedTest
    @EnumSource(names = "FLOAT64", mode = EnumSource.Mode.EXCLUDE)
    void thresholdsThatAreNoNumbersOfTheType(FloatType type) {
        try (PointerScope _ = new PointerScope()) {
            double prediction = type.rounded(0.3);
            double threshold = Math.nextDown(prediction);
            TensorBatch batch = TensorBatch.of(type, new double[] {prediction}, TargetType.UINT8, new double[] {1});
            assertThat(correct(batch, threshold).item_bool()).isFalse();
            assertThat(evaluator.threshold(threshold).evaluate(batch.views()).truePositives())
                    .isEqualTo(1);
        }
    }
}
