// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Loss;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The gradient, against autograd's, bit by bit, for every upstream that is a number of the type of the predictions, as
 * PyTorch's are. {@link GradientDifferencesTest} has the differences.
 */
class GradientTest {
    private static final long SEED = 9;

    private final Loss loss = Loss.mnist();

    private static int[] counts(FloatType type) {
        int[] counts = {1, 2, 3, 5, 7, 8, 9, 49, 63, 64, 65, 100, 1000, 1001, 4097, 8191, 8192, 65_535, 65_536, 200_001
        };
        return Arrays.stream(counts)
                .filter(count -> count <= type.sameGradientsUpTo)
                .toArray();
    }

    /** None so small that a quotient could be 0, nor so large that 16 bits could not hold it. */
    private static double[] upstreams(FloatType type, SplittableRandom random) {
        double[] upstreams = {
            1, -1, 0.125, 3, random.nextDouble(0.5, 100), random.nextDouble(-100, -0.5), Double.POSITIVE_INFINITY
        };
        return Arrays.stream(upstreams).map(type::rounded).toArray();
    }

    @ParameterizedTest
    @EnumSource
    void everyReductionAndUpstream(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (Reduction reduction : Reduction.values()) {
            for (int count : counts(type)) {
                for (double upstream : upstreams(type, random)) {
                    try (PointerScope _ = new PointerScope()) {
                        TensorBatch batch = TensorBatch.random(type, count, random);
                        batch.predictions().requires_grad_(true);
                        reduction.backward(batch.distances(), upstream);
                        MemorySegment gradient = type.memory(count);
                        loss.gradient(batch.views(), upstream, reduction.divisor(count), gradient);
                        assertThat(PyTorch.difference(
                                        gradient, batch.predictions().grad()))
                                .as("seed %d, %s of %d, upstream %s", SEED, reduction, count, upstream)
                                .isEqualTo("same bits");
                    }
                }
            }
        }
    }

    /** Where the counts are small enough for all of them. */
    @ParameterizedTest
    @EnumSource
    void everySmallCount(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int count = 1; count <= 600; count++) {
            double upstream = type.rounded(random.nextDouble(0.5, 100));
            try (PointerScope _ = new PointerScope()) {
                TensorBatch batch = TensorBatch.random(type, count, random);
                batch.predictions().requires_grad_(true);
                Reduction.MEAN.backward(batch.distances(), upstream);
                MemorySegment gradient = type.memory(count);
                loss.meanAndGradient(batch.views(), upstream, gradient);
                assertThat(PyTorch.difference(gradient, batch.predictions().grad()))
                        .as("seed %d, %d elements, upstream %s", SEED, count, upstream)
                        .isEqualTo("same bits");
            }
        }
    }

    /** A second backward() adds to grad; before it there are numbers of any size in there. */
    @ParameterizedTest
    @EnumSource
    void accumulated(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (Reduction reduction : Reduction.values()) {
            for (int count : counts(type)) {
                double upstream = type.rounded(random.nextDouble(0.5, 100));
                try (PointerScope _ = new PointerScope()) {
                    TensorBatch batch = TensorBatch.random(type, count, random);
                    batch.predictions().requires_grad_(true);
                    PyTorch.backward(batch.distances(), type.tensor(TensorBatch.Values.RAW_SCORE.draw(random, count)));
                    MemorySegment gradient = type.memory(count)
                            .copyFrom(PyTorch.memory(batch.predictions().grad()));
                    for (int times = 1; times <= 3; times++) {
                        reduction.backward(batch.distances(), upstream);
                        loss.accumulateGradients()
                                .gradient(batch.views(), upstream, reduction.divisor(count), gradient);
                        assertThat(PyTorch.difference(
                                        gradient, batch.predictions().grad()))
                                .as("seed %d, %s of %d, upstream %s, %d times", SEED, reduction, count, upstream, times)
                                .isEqualTo("same bits");
                    }
                }
            }
        }
    }
}
