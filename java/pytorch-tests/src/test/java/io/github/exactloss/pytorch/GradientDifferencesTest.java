// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.Batch;
import io.github.exactloss.Loss;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * All differences between gradients and autograd's on the CPU. exactloss rounds {@code g = upstream / count} once and gives
 * it two signs. PyTorch rounds up to three times, and adds {@code -g} or {@code -0} to {@code 0} or {@code g}.
 */
class GradientDifferencesTest {
    /** Of the mean, for a positive target and for a negative one. */
    private record Gradient(double positive, double negative) {
        private static Gradient of(Tensor gradient) {
            return new Gradient(gradient.get(0).item_double(), gradient.get(1).item_double());
        }
    }

    /** The first target is positive, the others are not. */
    private static Tensor targets(int count) {
        Tensor targets = PyTorch.empty(TargetType.UINT8.scalarType, count).zero_();
        PyTorch.memory(targets).set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        return targets;
    }

    private static Gradient pytorch(FloatType type, int count, double upstream) {
        try (PointerScope _ = new PointerScope()) {
            Tensor predictions = PyTorch.empty(type.scalarType, count).zero_();
            predictions.requires_grad_(true);
            PyTorch.distances(predictions, targets(count))
                    .mean()
                    .mul(PyTorch.scalar(upstream))
                    .backward();
            return Gradient.of(predictions.grad());
        }
    }

    private static Gradient exactloss(FloatType type, int count, double upstream) {
        try (PointerScope _ = new PointerScope()) {
            Tensor predictions = PyTorch.empty(type.scalarType, count).zero_();
            Tensor gradient = PyTorch.empty(type.scalarType, count);
            Batch views = Batch.of(type.view(predictions), TargetType.UINT8.view(targets(count)));
            Loss.mnist().gradient(views, upstream, count, PyTorch.memory(gradient));
            return Gradient.of(gradient);
        }
    }

    /** {@code |g * count - upstream|}, exactly. */
    private static BigDecimal error(double g, int count, double upstream) {
        return new BigDecimal(g)
                .multiply(BigDecimal.valueOf(count))
                .subtract(new BigDecimal(upstream))
                .abs();
    }

    private static void assertCloser(FloatType type, int count, double upstream) {
        Gradient exactloss = exactloss(type, count, upstream);
        Gradient pytorch = pytorch(type, count, upstream);
        assertThat(error(exactloss.negative, count, upstream))
                .as("%s of exactloss, %s of PyTorch", exactloss, pytorch)
                .isLessThan(error(pytorch.negative, count, upstream));
        assertEquals(-exactloss.negative, exactloss.positive);
        assertEquals(-pytorch.negative, pytorch.positive);
    }

    /**
     * Numbers of 16 bits are divided in float32. The quotient may round to the middle between two numbers of the type, and
     * then to the even one instead of the nearer one. For an upstream of 1, these are all counts up to 2^20.
     */
    @ParameterizedTest
    @CsvSource({
        "FLOAT16, 8283",
        "FLOAT16, 18631",
        "FLOAT16, 55831",
        "FLOAT16, 133683",
        "BFLOAT16, 555767",
        "BFLOAT16, 704555"
    })
    void quotientsOf16Bits(FloatType type, int count) {
        assertCloser(type, count, 1);
        for (int neighbour : new int[] {count - 1, count + 1}) {
            assertThat(exactloss(type, neighbour, 1)).isEqualTo(pytorch(type, neighbour, 1));
        }
    }

    /** In float32, PyTorch rounds the count to float32 as well: to 2^24 here. */
    @Test
    void countsBeyond24Bits() {
        int count = (1 << 24) + 1;
        assertCloser(FloatType.FLOAT32, count, 1);
        assertThat(exactloss(FloatType.FLOAT32, count - 1, 1)).isEqualTo(pytorch(FloatType.FLOAT32, count - 1, 1));
        assertThat(exactloss(FloatType.FLOAT64, count, 1)).isEqualTo(pytorch(FloatType.FLOAT64, count, 1));
    }

    /** PyTorch rounds an upstream to the type of the predictions, then the quotient. */
    @ParameterizedTest
    @EnumSource(names = "FLOAT64", mode = EnumSource.Mode.EXCLUDE)
    void upstreamsThatAreNoNumbersOfTheType(FloatType type) {
        double upstream = 0.1;
        int differences = 0;
        for (int count = 2; count < 100; count++) {
            Gradient exactloss = exactloss(type, count, upstream);
            Gradient pytorch = pytorch(type, count, upstream);
            if (!exactloss.equals(pytorch)) {
                differences++;
                assertCloser(type, count, upstream);
            }
            assertThat(exactloss(type, count, type.rounded(upstream))).isEqualTo(pytorch);
        }
        assertThat(differences).isGreaterThan(10);
    }

    /** Also where the quotient underflows. */
    @ParameterizedTest
    @CsvSource({"0, 2", "1e-5, 1001"})
    void zeroHasNoSignInPyTorch(double upstream, int count) {
        assertThat(exactloss(FloatType.FLOAT16, count, upstream)).isEqualTo(new Gradient(-0.0, 0.0));
        assertThat(pytorch(FloatType.FLOAT16, count, upstream)).isEqualTo(new Gradient(0.0, 0.0));
    }
}
