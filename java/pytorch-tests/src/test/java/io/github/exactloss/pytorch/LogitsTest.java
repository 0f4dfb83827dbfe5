// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.ArrayOperations;
import io.github.exactloss.ElementType;
import io.github.exactloss.Loss;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Losses and gradients from logits, and the sigmoid. PyTorch's own values are inexact here, in float64 too. */
class LogitsTest {
    private static final long SEED = 21;

    private final Loss loss = Loss.mnist().fromLogits();

    /** Uniform in a range, with any targets. */
    private static TensorBatch batch(FloatType type, double least, double most, int count, SplittableRandom random) {
        double[] logits = new double[count];
        double[] targets = new double[count];
        for (int i = 0; i < count; i++) {
            logits[i] = random.nextDouble(least, most);
            targets[i] = random.nextInt(2);
        }
        return TensorBatch.of(type, logits, TargetType.UINT8, targets);
    }

    private static Tensor inFloat64(TensorBatch batch) {
        return batch.predictions().detach().to(ScalarType.Double).requires_grad_(true);
    }

    private static Tensor distances(Tensor logits, TensorBatch batch) {
        return PyTorch.distances(logits.sigmoid(), batch.targets());
    }

    /** {@code sigmoid(x) * sigmoid(-x)}, from the formula that keeps its digits. */
    private static double slope(double logit) {
        double e = StrictMath.exp(-Math.abs(logit));
        return e / ((1 + e) * (1 + e));
    }

    // ---- the sigmoid

    /** From where it is no subnormal number to where it is 1. */
    @Test
    void sigmoid() {
        int count = 1_000_003;
        try (PointerScope _ = new PointerScope()) {
            TensorBatch batch = batch(FloatType.FLOAT32, -87, 100, count, new SplittableRandom(SEED));
            double[] logits = PyTorch.doubles(batch.predictions());
            double[] pytorch = PyTorch.doubles(batch.predictions().sigmoid());
            double[] exactloss = sigmoid(batch);
            for (int i = 0; i < count; i++) {
                if (Math.abs(exactloss[i] - pytorch[i]) > 2 * Math.ulp((float) exactloss[i])) {
                    assertThat(exactloss[i])
                            .as("seed %d, sigmoid(%s)", SEED, logits[i])
                            .isEqualTo(pytorch[i]);
                }
            }
        }
    }

    private static double[] sigmoid(TensorBatch batch) {
        Tensor out = PyTorch.empty(
                batch.predictions().scalar_type(), batch.predictions().numel());
        ArrayOperations.sigmoid(batch.views().predictions(), PyTorch.memory(out));
        return PyTorch.doubles(out);
    }

    /** exp(88.8) is infinite in float32, so PyTorch has 0 where subnormal numbers go on to exp(-103). */
    @ParameterizedTest
    @ValueSource(floats = {-88.8f, -90, -95, -100, -103})
    void tinySigmoidsAreZeroInPyTorch(float logit) {
        try (PointerScope _ = new PointerScope()) {
            TensorBatch batch =
                    TensorBatch.of(FloatType.FLOAT32, new double[] {logit}, TargetType.UINT8, new double[1]);
            assertThat(batch.predictions().sigmoid().item_float()).isEqualTo(0);
            assertThat(sigmoid(batch)[0]).isPositive().isCloseTo(StrictMath.exp(logit), within(0x1p-149));
            assertThat(inFloat64(batch).sigmoid().item_double())
                    .isCloseTo(StrictMath.exp(logit), within(0x1p-52 * StrictMath.exp(logit)));
        }
    }

    // ---- the loss

    @ParameterizedTest
    @EnumSource
    void meanAndSum(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        double tolerance = type.elementType == ElementType.FLOAT64 ? 0x1p-50 : 0x1p-23;
        for (int count : new int[] {1, 2, 3, 15, 16, 17, 64, 1000, 4097, 100_003, 1_000_000}) {
            try (PointerScope _ = new PointerScope()) {
                TensorBatch batch = batch(type, -12, 12, count, random);
                Tensor exactly = distances(inFloat64(batch), batch);
                double mean = exactly.mean().item_double();
                double sum = exactly.sum().item_double();
                String what = "seed %d, %d elements".formatted(SEED, count);
                assertThat(loss.mean(batch.views())).as(what).isCloseTo(mean, within(mean * tolerance));
                assertThat(loss.sum(batch.views())).as(what).isCloseTo(sum, within(sum * tolerance));
            }
        }
    }

    /** The loss of a classifier that is right and sure: {@code 1 - sigmoid(17)} is 0 in float32. */
    @ParameterizedTest
    @ValueSource(floats = {17, 20, 30, 80})
    void smallDistancesAreZeroInPyTorch(float logit) {
        try (PointerScope _ = new PointerScope()) {
            TensorBatch batch =
                    TensorBatch.of(FloatType.FLOAT32, new double[] {logit}, TargetType.UINT8, new double[] {1});
            double exact = 1 / (1 + StrictMath.exp(logit));
            assertEquals(0.0, distances(batch.predictions(), batch).mean().item_double());
            assertThat(loss.mean(batch.views())).isCloseTo(exact, within(exact * 0x1p-23));
        }
    }

    // ---- the gradient

    /** In float64, {@code sigmoid * (1 - sigmoid)} has the digits of a float32 for logits up to about 20. */
    @ParameterizedTest
    @EnumSource
    void gradients(Reduction reduction) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int count : new int[] {1, 2, 3, 15, 16, 17, 64, 1000, 4097, 100_003}) {
            for (double[] range : new double[][] {{-30, 0}, {-1, 1}, {0, 15}}) {
                try (PointerScope _ = new PointerScope()) {
                    TensorBatch batch = batch(FloatType.FLOAT32, range[0], range[1], count, random);
                    Tensor logits = inFloat64(batch);
                    reduction.backward(distances(logits, batch), 1);
                    assertClose(
                            PyTorch.doubles(logits.grad()),
                            gradient(batch, reduction),
                            "seed %d, %d elements in %s".formatted(SEED, count, Arrays.toString(range)));
                }
            }
        }
    }

    private double[] gradient(TensorBatch batch, Reduction reduction) {
        long count = batch.views().count();
        Tensor gradient = PyTorch.empty(ScalarType.Float, count);
        loss.gradient(batch.views(), 1, reduction.divisor(count), PyTorch.memory(gradient));
        return PyTorch.doubles(gradient);
    }

    private static void assertClose(double[] expected, double[] gradient, String what) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(gradient[i])
                    .as("%s, element %d", what, i)
                    .isCloseTo(expected[i], within(3.0 * Math.ulp((float) expected[i])));
        }
    }

    /** Against the formula, over the whole range, most of which autograd has on one side only. */
    @Test
    void gradientsThatKeepTheirDigits() {
        SplittableRandom random = new SplittableRandom(SEED);
        try (PointerScope _ = new PointerScope()) {
            TensorBatch batch = batch(FloatType.FLOAT32, -80, 80, 100_003, random);
            double[] logits = PyTorch.doubles(batch.predictions());
            double[] targets = PyTorch.doubles(batch.targets());
            double[] expected = new double[logits.length];
            Arrays.setAll(expected, i -> (targets[i] == 1 ? -1 : 1) * slope(logits[i]));
            assertClose(expected, gradient(batch, Reduction.SUM), "seed " + SEED);
        }
    }

    /**
     * How much of the gradient is lost where the prediction is rounded first, as in PyTorch: all of it from 17 on in float32,
     * and from 37 on in float64.
     *
     * @param inFloat32 the relative error of PyTorch's, at least
     * @param inFloat64 the same
     */
    @ParameterizedTest
    @CsvSource({
        "-80, 0,    0",
        "-30, 0,    0",
        "5,   3e-6, 1e-14",
        "10,  4e-4, 5e-13",
        "15,  0.1,  2e-10",
        "17,  1,    2e-9",
        "30,  1,    1e-3",
        "40,  1,    1",
        "80,  1,    1"
    })
    void gradientsThatLoseTheirDigitsInPyTorch(float logit, double inFloat32, double inFloat64) {
        try (PointerScope _ = new PointerScope()) {
            TensorBatch batch =
                    TensorBatch.of(FloatType.FLOAT32, new double[] {logit}, TargetType.UINT8, new double[1]);
            double exact = slope(logit);
            assertThat(gradient(batch, Reduction.SUM)[0]).isCloseTo(exact, within(0x1p-23 * exact));
            for (Tensor logits : new Tensor[] {batch.predictions().requires_grad_(true), inFloat64(batch)}) {
                distances(logits, batch).sum().backward();
                double error = Math.abs(logits.grad().item_double() / exact - 1);
                assertThat(error)
                        .as("error in %s", logits.scalar_type())
                        .isGreaterThanOrEqualTo(logits.element_size() == 4 ? inFloat32 : inFloat64);
            }
        }
    }
}
