// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.Loss;
import io.github.exactloss.StrictModeException;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The losses that PyTorch has too: {@code mse_loss}, {@code binary_cross_entropy} and {@code ..._with_logits}. */
class CommonLossesTest {
    private static final long SEED = 27;
    private static final int[] COUNTS = {1, 2, 3, 7, 16, 17, 64, 65, 1000, 4097, 100_003};
    private static final double INF = Double.POSITIVE_INFINITY;

    @SuppressWarnings("ImmutableEnumChecker") // a loss is immutable
    enum Peer {
        MSE(Loss.brier()) {
            @Override
            Tensor apply(Tensor input, Tensor targets, Reduction reduction) {
                return torch.mse_loss(input, targets, number(reduction));
            }
        },
        BCE(Loss.log().clamp()) {
            @Override
            Tensor apply(Tensor input, Tensor targets, Reduction reduction) {
                return torch.binary_cross_entropy(input, targets, new TensorOptional(), number(reduction));
            }
        },
        BCE_WITH_LOGITS(Loss.log().fromLogits()) {
            @Override
            Tensor apply(Tensor input, Tensor targets, Reduction reduction) {
                return torch.binary_cross_entropy_with_logits(
                        input, targets, new TensorOptional(), new TensorOptional(), number(reduction));
            }
        };

        final Loss loss;

        Peer(Loss loss) {
            this.loss = loss;
        }

        abstract Tensor apply(Tensor input, Tensor targets, Reduction reduction);

        private static long number(Reduction reduction) {
            return switch (reduction) { // of at::Reduction
                case NONE -> 0;
                case MEAN -> 1;
                case SUM -> 2;
            };
        }

        TensorBatch random(FloatType type, int count, SplittableRandom random) {
            double[] inputs = new double[count];
            double[] targets = new double[count];
            for (int i = 0; i < count; i++) {
                inputs[i] = loss.isFromLogits() ? random.nextDouble(-15, 15) : random.nextDouble(0.001, 0.999);
                targets[i] = random.nextInt(2);
            }
            return batch(type, inputs, targets);
        }
    }

    /** Targets of the type of the predictions, as PyTorch demands. */
    private static TensorBatch batch(FloatType type, double[] inputs, double... targets) {
        TargetType targetType = type == FloatType.FLOAT64 ? TargetType.FLOAT64 : TargetType.FLOAT32;
        return TensorBatch.of(type, inputs, targetType, targets);
    }

    private static Tensor inFloat64(Tensor tensor) {
        return tensor.detach().to(ScalarType.Double);
    }

    private static double unit(FloatType type) {
        return type == FloatType.FLOAT64 ? 0x1p-53 : 0x1p-24;
    }

    /** PyTorch adds up in four levels, each of as many numbers; some roundings more are those of an element. */
    private static double errorOfPyTorch(FloatType type, int count) {
        return (8 + 4 * Math.ceil(Math.pow(count, 0.25))) * unit(type);
    }

    /** PyTorch's {@code (1 - t) * x - logsigmoid(x)} cancels: its error is that of numbers under 16, however small it is. */
    private static double absoluteErrorOfPyTorch(FloatType type, Peer peer) {
        return peer == Peer.BCE_WITH_LOGITS ? 16 * unit(type) : 0;
    }

    /** That of the logarithms, of which there is none in brier; and of the result. */
    private static double errorOfExactloss(FloatType type, Peer peer) {
        double ofElement = peer == Peer.MSE ? 0 : type == FloatType.FLOAT64 ? 4 : 2;
        return ofElement * unit(type) + 0x1p-53;
    }

    /** Elements are positive, so an error relative to each is one relative to the sum. */
    @ParameterizedTest
    @EnumSource
    void losses(Peer peer) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (FloatType type : new FloatType[] {FloatType.FLOAT32, FloatType.FLOAT64}) {
            for (int count : COUNTS) {
                try (PointerScope _ = new PointerScope()) {
                    TensorBatch batch = peer.random(type, count, random);
                    String what = "seed %d, %d of %s".formatted(SEED, count, type);
                    assertClose(peer, type, type, batch.predictions(), batch, what);
                    assertClose(peer, type, FloatType.FLOAT64, inFloat64(batch.predictions()), batch, what);
                }
            }
        }
    }

    /** Against PyTorch in one type, of an input in another. */
    private static void assertClose(
            Peer peer, FloatType type, FloatType pytorchType, Tensor input, TensorBatch batch, String what) {
        Tensor targets = batch.targets().to(pytorchType.scalarType);
        int count = (int) batch.views().count();
        double error = errorOfPyTorch(pytorchType, count) + errorOfExactloss(type, peer);
        double ofElement = absoluteErrorOfPyTorch(pytorchType, peer);
        double mean = peer.loss.mean(batch.views());
        double sum = peer.loss.sum(batch.views());
        assertThat(peer.apply(input, targets, Reduction.MEAN).item_double())
                .as(what)
                .isCloseTo(mean, within(mean * error + ofElement));
        assertThat(peer.apply(input, targets, Reduction.SUM).item_double())
                .as(what)
                .isCloseTo(sum, within(sum * error + count * ofElement));
    }

    private static double[] gradient(Loss loss, TensorBatch batch, double upstream, Reduction reduction) {
        long count = batch.views().count();
        Tensor gradient = PyTorch.empty(batch.predictions().scalar_type(), count);
        loss.gradient(batch.views(), upstream, reduction.divisor(count), PyTorch.memory(gradient));
        return PyTorch.doubles(gradient);
    }

    private static double[] gradient(Peer peer, Tensor input, Tensor targets, double upstream, Reduction reduction) {
        input.requires_grad_(true);
        Tensor result = peer.apply(input, targets, reduction);
        PyTorch.backward(result, torch.full_like(result, PyTorch.scalar(upstream)));
        return PyTorch.doubles(input.grad());
    }

    /**
     * That of brier, bit by bit. PyTorch's is {@code 2 / count * (p - t) * upstream}, each rounded. So the last bit may differ
     * for the mean, unless the upstream is a power of 2.
     */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64"})
    void gradientsOfBrier(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (Reduction reduction : Reduction.values()) {
            for (int count : COUNTS) {
                for (double upstream : new double[] {1, -0.25, 8, type.rounded(1.7)}) {
                    if (reduction == Reduction.MEAN && upstream == type.rounded(1.7)) {
                        continue;
                    }
                    try (PointerScope _ = new PointerScope()) {
                        TensorBatch batch = Peer.MSE.random(type, count, random);
                        double[] ours = gradient(Loss.brier(), batch, upstream, reduction);
                        assertThat(gradient(Peer.MSE, batch.predictions(), batch.targets(), upstream, reduction))
                                .as("seed %d, %s of %d, upstream %s", SEED, reduction, count, upstream)
                                .isEqualTo(ours);
                    }
                }
            }
        }
    }

    /** PyTorch rounds three times, and we twice, in another order. */
    @Test
    void gradientsOfBrierThatDiffer() {
        SplittableRandom random = new SplittableRandom(SEED);
        try (PointerScope _ = new PointerScope()) {
            TensorBatch batch = Peer.MSE.random(FloatType.FLOAT32, 1000, random);
            double upstream = FloatType.FLOAT32.rounded(1.7);
            double[] ours = gradient(Loss.brier(), batch, upstream, Reduction.MEAN);
            double[] pytorch = gradient(Peer.MSE, batch.predictions(), batch.targets(), upstream, Reduction.MEAN);
            assertThat(pytorch).as("seed %d", SEED).isNotEqualTo(ours);
            assertWithin(5 * 0x1p-24, pytorch, ours);
        }
    }

    private static void assertWithin(double relative, double[] pytorch, double[] ours) {
        for (int i = 0; i < ours.length; i++) {
            assertThat(pytorch[i])
                    .as("seed %d, element %d", SEED, i)
                    .isCloseTo(ours[i], within(relative * Math.abs(ours[i])));
        }
    }

    /**
     * In PyTorch {@code (p - t) / ((1 - p) * p) / count}, of five roundings, and ours of three. From logits
     * {@code (sigmoid(x) - t) / count}, which cancels: so PyTorch computes it in float64.
     */
    @ParameterizedTest
    @EnumSource(names = {"BCE", "BCE_WITH_LOGITS"})
    void gradientsOfLog(Peer peer) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (Reduction reduction : Reduction.values()) {
            for (int count : COUNTS) {
                try (PointerScope _ = new PointerScope()) {
                    TensorBatch batch = peer.random(FloatType.FLOAT32, count, random);
                    double[] ours = gradient(peer.loss, batch, 1, reduction);
                    Tensor targets = inFloat64(batch.targets());
                    assertWithin(
                            5 * 0x1p-24, gradient(peer, inFloat64(batch.predictions()), targets, 1, reduction), ours);
                    if (peer == Peer.BCE) {
                        assertWithin(
                                9 * 0x1p-24, gradient(peer, batch.predictions(), batch.targets(), 1, reduction), ours);
                    }
                }
            }
        }
    }

    /** A value is at most 100, and the magnitude of a gradient at most 1e12. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64"})
    void clampedAsInPyTorch(FloatType type) {
        for (double p : new double[] {0, 1}) {
            for (double target : new double[] {0, 1}) {
                try (PointerScope _ = new PointerScope()) {
                    TensorBatch batch = batch(type, new double[] {p}, target);
                    double pytorch = Peer.BCE
                            .apply(batch.predictions(), batch.targets(), Reduction.MEAN)
                            .item_double();
                    String what = "%s against %s".formatted(p, target);
                    assertEquals(p == target ? 0 : 100, Peer.BCE.loss.mean(batch.views()), what);
                    assertEquals(pytorch, Peer.BCE.loss.mean(batch.views()), what);
                    double[] ours = gradient(Peer.BCE.loss, batch, 1, Reduction.MEAN);
                    double[] theirs = gradient(Peer.BCE, batch.predictions(), batch.targets(), 1, Reduction.MEAN);
                    if (p == target) {
                        // The derivative of -ln(1 - p) is 1 at 0; PyTorch divides p - t by at least 1e-12.
                        assertThat(theirs[0]).as(what).isZero();
                        assertThat(ours[0]).as(what).isEqualTo(target == 1 ? -1 : 1);
                    } else {
                        // PyTorch's 1e-12 is a float, in float64 too.
                        double steepest = type == FloatType.FLOAT64 ? 1 / (double) 1e-12f : (float) 1e12;
                        assertThat(theirs[0]).as(what).isEqualTo(target == 1 ? -steepest : steepest);
                        assertThat(ours[0]).as(what).isEqualTo(type.rounded(target == 1 ? -1e12 : 1e12));
                    }
                }
            }
        }
    }

    /** PyTorch refuses what makes our loss NaN. */
    @Test
    void predictionsOutsideOfTheUnitInterval() {
        try (PointerScope _ = new PointerScope()) {
            for (double p : new double[] {-0.5, 1.5, Double.NaN, INF}) {
                TensorBatch batch = batch(FloatType.FLOAT32, new double[] {p}, 0);
                assertThatThrownBy(() -> Peer.BCE.apply(batch.predictions(), batch.targets(), Reduction.MEAN))
                        .hasMessageContaining("between 0 and 1");
                assertThat(Peer.BCE.loss.mean(batch.views())).isNaN();
                assertThatThrownBy(() -> Peer.BCE.loss.strict().mean(batch.views()))
                        .isInstanceOf(StrictModeException.class);
            }
        }
    }

    /** The same in both, but for the logits at which PyTorch multiplies 0 by infinity. */
    @Test
    void nanAndInfinities() {
        try (PointerScope _ = new PointerScope()) {
            for (double x : new double[] {Double.NaN, INF, -INF}) {
                for (double target : new double[] {0, 1}) {
                    for (Peer peer : new Peer[] {Peer.MSE, Peer.BCE_WITH_LOGITS}) {
                        TensorBatch batch = batch(FloatType.FLOAT32, new double[] {x}, target);
                        double pytorch = peer.apply(batch.predictions(), batch.targets(), Reduction.MEAN)
                                .item_double();
                        double ours = peer.loss.mean(batch.views());
                        String what = "%s of %s against %s".formatted(peer, x, target);
                        if (peer == Peer.MSE || Double.isNaN(x) || (x == INF && target == 0)) {
                            assertEquals(pytorch, ours, what);
                        } else {
                            assertThat(pytorch).as(what).isNaN();
                            assertEquals((x > 0) == (target == 1) ? 0 : INF, ours, what);
                        }
                    }
                }
            }
        }
    }
}
