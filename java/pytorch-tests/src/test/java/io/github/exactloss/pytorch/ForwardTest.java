// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.Loss;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The loss, against the same expression in PyTorch on float64, which is all but exact. */
class ForwardTest {
    private static final long SEED = 3;
    private static final int[] COUNTS = {
        1, 2, 3, 7, 8, 15, 16, 17, 31, 63, 64, 65, 127, 255, 999, 4095, 4096, 4097, 65_537, 200_001
    };
    private static final double TOLERANCE = 0x1p-24;

    private final Loss loss = Loss.mnist();

    @ParameterizedTest
    @EnumSource
    void manySizes(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (TensorBatch.Values values : TensorBatch.Values.values()) {
            for (TargetType targets : TargetType.values()) {
                for (int count : COUNTS) {
                    assertMatches(type, values, targets, count, random);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMillion(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (TensorBatch.Values values : TensorBatch.Values.values()) {
            assertMatches(type, values, TargetType.INT64, 1_000_000, random);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothing(FloatType type) {
        try (PointerScope _ = new PointerScope()) {
            TensorBatch batch = TensorBatch.random(type, 0, new SplittableRandom(SEED));
            Tensor distances = batch.distances();
            assertThat(distances.mean().item_double()).isNaN();
            assertThat(loss.mean(batch.views())).isNaN();
            assertEquals(0.0, distances.sum().item_double());
            assertEquals(0.0, loss.sum(batch.views()));
        }
    }

    /** Distances of raw scores have both signs, so the mean of their absolute values is the measure. */
    private void assertMatches(
            FloatType type, TensorBatch.Values values, TargetType targets, int count, SplittableRandom random) {
        try (PointerScope _ = new PointerScope()) {
            TensorBatch batch = TensorBatch.random(type, values, targets, count, random);
            Tensor exactly = PyTorch.distances(batch.predictions().to(ScalarType.Double), batch.targets());
            double size = exactly.abs().mean().item_double();
            String what = "seed %d, %d of %s, targets %s".formatted(SEED, count, values, targets);
            assertThat(loss.mean(batch.views()))
                    .as(what)
                    .isCloseTo(exactly.mean().item_double(), within(size * TOLERANCE));
            assertThat(loss.sum(batch.views()))
                    .as(what)
                    .isCloseTo(exactly.sum().item_double(), within(size * count * TOLERANCE));
        }
    }
}
