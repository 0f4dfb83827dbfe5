// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.Loss;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** NaN and infinities do the same in both. JUnit's assertEquals takes NaN for equal to NaN, and 0 for unequal to -0. */
class NonFiniteTest {
    private static final long SEED = 15;
    private static final double NAN = Double.NaN;
    private static final double INF = Double.POSITIVE_INFINITY;
    private static final double[][] SPECIALS = {
        {NAN}, {INF}, {-INF}, {INF, INF}, {-INF, -INF}, {INF, -INF}, {-INF, INF}, {NAN, INF}, {-INF, NAN}
    };

    private final Loss loss = Loss.mnist();

    /** Batches with special values at the start, in the middle or at the end, and every combination of targets there. */
    private static Stream<TensorBatch> batches(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        return Arrays.stream(SPECIALS)
                .flatMap(special -> Stream.of(2, 5, 1001)
                        .flatMap(count -> Stream.of(0, (count - special.length) / 2, count - special.length)
                                .flatMap(at -> Stream.of(0, 1, 2, 3).map(targetBits -> {
                                    double[] predictions = TensorBatch.Values.UNIT.draw(random, count);
                                    double[] targets = new double[count];
                                    Arrays.setAll(targets, _ -> random.nextInt(2));
                                    for (int i = 0; i < special.length; i++) {
                                        predictions[at + i] = special[i];
                                        targets[at + i] = targetBits >> i & 1;
                                    }
                                    return TensorBatch.of(type, predictions, TargetType.UINT8, targets);
                                }))));
    }

    /** In PyTorch both as the types have it, and in float64. */
    @ParameterizedTest
    @EnumSource
    void losses(FloatType type) {
        try (PointerScope _ = new PointerScope()) {
            batches(type).forEach(batch -> {
                Tensor distances = batch.distances();
                double mean = loss.mean(batch.views());
                double sum = loss.sum(batch.views());
                String what = "seed %d, %s".formatted(SEED, Arrays.toString(PyTorch.doubles(distances)));
                for (Tensor some : new Tensor[] {distances, distances.to(ScalarType.Double)}) {
                    assertEquals(some.mean().item_double(), mean, what);
                    assertEquals(some.sum().item_double(), sum, what);
                }
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void distances(FloatType type) {
        try (PointerScope _ = new PointerScope()) {
            batches(type).forEach(batch -> {
                Tensor ours = PyTorch.empty(type.scalarType, batch.views().count());
                loss.values(batch.views(), PyTorch.memory(ours));
                assertArrayEquals(PyTorch.doubles(batch.distances()), PyTorch.doubles(ours), "seed " + SEED);
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void logits(FloatType type) {
        Loss fromLogits = loss.fromLogits();
        try (PointerScope _ = new PointerScope()) {
            for (double x : new double[] {NAN, INF, -INF}) {
                for (int target = 0; target < 2; target++) {
                    TensorBatch batch = TensorBatch.of(type, new double[] {x}, TargetType.UINT8, new double[] {target});
                    batch.predictions().requires_grad_(true);
                    Tensor mean = PyTorch.distances(batch.predictions().sigmoid(), batch.targets())
                            .mean();
                    mean.backward();
                    Tensor gradient = PyTorch.empty(type.scalarType, 1);
                    double ours = fromLogits.meanAndGradient(batch.views(), 1, PyTorch.memory(gradient));
                    String what = "logit %s, target %d".formatted(x, target);
                    assertEquals(mean.item_double(), ours, what);
                    assertEquals(
                            batch.predictions().grad().item_double() + 0.0, // either zero
                            gradient.item_double() + 0.0,
                            what);
                }
            }
        }
    }

    /** A NaN that is passed on has any sign and payload. */
    @ParameterizedTest
    @EnumSource
    void upstreams(FloatType type) {
        try (PointerScope _ = new PointerScope()) {
            for (double upstream : new double[] {NAN, INF, -INF}) {
                for (int count : new int[] {1, 3, 1001}) {
                    TensorBatch batch = TensorBatch.random(type, count, new SplittableRandom(SEED));
                    batch.predictions().requires_grad_(true);
                    batch.distances().mean().mul(PyTorch.scalar(upstream)).backward();
                    Tensor ours = PyTorch.empty(type.scalarType, count);
                    MemorySegment gradient = PyTorch.memory(ours);
                    loss.gradient(batch.views(), upstream, count, gradient);
                    assertArrayEquals(
                            PyTorch.doubles(batch.predictions().grad()), PyTorch.doubles(ours), "seed " + SEED);
                }
            }
        }
    }
}
