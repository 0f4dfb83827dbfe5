// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How far PyTorch's own {@code where(...).mean()}, in the type of the predictions, is from the exact loss. What this prints
 * are figures for the documentation; the tests only assert that exactloss is at least as close.
 */
class RoundingErrorTest {
    private static final long SEED = 17;
    private static final FloatType[] TYPES = {FloatType.FLOAT32, FloatType.FLOAT16, FloatType.BFLOAT16};

    private final Loss loss = Loss.mnist();

    private static double relativeError(double value, double exact) {
        return Math.abs((value - exact) / exact);
    }

    /** The largest error of some batches, of predictions. */
    @ParameterizedTest
    @ValueSource(ints = {1000, 1_000_000, 10_000_000})
    void ofTheLoss(int count) {
        int batches = count == 1000 ? 100 : count == 1_000_000 ? 5 : 1;
        for (TensorBatch.Values values : TensorBatch.Values.values()) {
            SplittableRandom random = new SplittableRandom(SEED);
            double[] pytorch = new double[TYPES.length];
            double[] exactloss = new double[TYPES.length];
            for (int batch = 0; batch < batches; batch++) {
                double[] predictions = values.draw(random, count);
                double[] targets = random.doubles(count).map(Math::rint).toArray();
                for (int i = 0; i < TYPES.length; i++) {
                    try (PointerScope _ = new PointerScope()) {
                        TensorBatch typed = TensorBatch.of(TYPES[i], predictions, TargetType.UINT8, targets);
                        Evaluation exact = Evaluator.of(loss).evaluate(typed.views());
                        double error = relativeError(typed.distances().mean().item_double(), exact.mean(loss));
                        double ours = relativeError(exact.meanAsFloat(loss), exact.mean(loss));
                        assertThat(ours).as("seed %d, %s", SEED, values).isLessThanOrEqualTo(error);
                        pytorch[i] = Math.max(pytorch[i], error);
                        exactloss[i] = Math.max(exactloss[i], ours);
                    }
                }
            }
            for (int i = 0; i < TYPES.length; i++) {
                System.out.printf(
                        "relative error of the loss of %,d %s, %s: PyTorch %.1e, exactloss as a float %.1e%n",
                        count, values, TYPES[i], pytorch[i], exactloss[i]);
            }
        }
    }

    /** A classifier that is right and sure: its logits are normal around a number on the side of the target. */
    @ParameterizedTest
    @ValueSource(ints = {8, 12, 16})
    void ofTheLossFromLogits(int mean) {
        int count = 1000;
        SplittableRandom random = new SplittableRandom(SEED);
        double[] logits = new double[count];
        double[] targets = new double[count];
        for (int i = 0; i < count; i++) {
            targets[i] = random.nextInt(2);
            logits[i] = (targets[i] == 1 ? 1 : -1) * random.nextGaussian(mean, 1);
        }
        try (PointerScope _ = new PointerScope()) {
            TensorBatch batch = TensorBatch.of(FloatType.FLOAT32, logits, TargetType.UINT8, targets);
            double[] rounded = PyTorch.doubles(batch.predictions());
            double exact = 0;
            for (int i = 0; i < count; i++) {
                exact += 1 / (1 + StrictMath.exp(targets[i] == 1 ? rounded[i] : -rounded[i])) / count;
            }
            double exactloss = loss.fromLogits().mean(batch.views());
            double pytorch = PyTorch.distances(batch.predictions().sigmoid(), batch.targets())
                    .mean()
                    .item_double();
            System.out.printf(
                    "relative error of the loss of %,d logits around %d, FLOAT32: PyTorch %.1e, exactloss %.1e%n",
                    count, mean, relativeError(pytorch, exact), relativeError(exactloss, exact));
            assertThat(exactloss).as("seed %d", SEED).isCloseTo(exact, within(exact * 0x1p-24));
            assertThat(relativeError(pytorch, exact)).isGreaterThan(relativeError(exactloss, exact));
        }
    }

    /** The same elements in another order have another loss in PyTorch. */
    @Test
    void ofTheOrder() {
        int count = 1_000_000;
        Set<Double> pytorch = new HashSet<>();
        Set<Double> exactloss = new HashSet<>();
        try (PointerScope _ = new PointerScope()) {
            TensorBatch batch = TensorBatch.random(FloatType.FLOAT32, count, new SplittableRandom(SEED));
            torch.manual_seed(SEED);
            for (int i = 0; i < 50; i++) {
                try (PointerScope _ = new PointerScope()) {
                    Tensor order = torch.randperm(count);
                    Tensor predictions = batch.predictions().index_select(0, order);
                    Tensor targets = batch.targets().index_select(0, order);
                    pytorch.add(PyTorch.distances(predictions, targets).mean().item_double());
                    exactloss.add(loss.mean(FloatType.FLOAT32.view(predictions), TargetType.UINT8.view(targets)));
                }
            }
        }
        System.out.printf(
                "%,d elements in 50 orders: %d losses in PyTorch, %d in exactloss%n",
                count, pytorch.size(), exactloss.size());
        assertThat(exactloss).hasSize(1);
        assertThat(pytorch).as("seed %d", SEED).hasSizeGreaterThan(1);
    }
}
