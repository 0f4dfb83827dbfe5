// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PyTorchExampleTest {
    private static final long SEED = 19;

    @Test
    void printsLossesThatFall() {
        String[] losses = Printed.by(() -> PyTorchExample.main(new String[0])).split(" ");
        assertThat(losses).hasSize(2);
        assertThat(Double.parseDouble(losses[1])).isLessThan(Double.parseDouble(losses[0]) / 2);
    }

    /** The same address, and each side sees what the other writes. */
    @ParameterizedTest
    @EnumSource
    void predictionsAreNotCopied(FloatType type) {
        try (PointerScope _ = new PointerScope();
                Arena arena = Arena.ofConfined()) {
            Tensor tensor = type.tensor(0.25, 0.5, 0.75);
            Predictions view = PyTorchExample.predictions(tensor, arena);
            assertThat(view.segment().address()).isEqualTo(tensor.data_ptr().address());
            assertThat(view.count()).isEqualTo(3);
            tensor.add_(new Scalar(1));
            assertThat(view.get(2)).isEqualTo(1.75);
            PyTorchExample.output(tensor, arena).fill((byte) 0);
            assertThat(PyTorch.doubles(tensor)).containsExactly(0, 0, 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void targetsAreNotCopied(TargetType type) {
        try (PointerScope _ = new PointerScope();
                Arena arena = Arena.ofConfined()) {
            Tensor tensor = PyTorch.tensor(type.scalarType, 1, 0);
            var view = PyTorchExample.targets(tensor, arena);
            assertThat(view.segment().address()).isEqualTo(tensor.data_ptr().address());
            assertThat(view.isPositive(0)).isTrue();
            assertThat(view.isPositive(1)).isFalse();
        }
    }

    /** A view refers to the tensor, also after the scope that it was made in. */
    @Test
    void viewsKeepTheMemoryUntilTheirArenaIsClosed() {
        try (PointerScope _ = new PointerScope()) {
            Tensor tensor = torch.rand(3);
            assertThat(tensor.use_count()).isEqualTo(1);
            Predictions view;
            try (Arena arena = Arena.ofConfined()) {
                try (PointerScope _ = new PointerScope()) {
                    view = PyTorchExample.predictions(tensor, arena);
                }
                assertThat(tensor.use_count()).isEqualTo(2);
            }
            assertThat(tensor.use_count()).isEqualTo(1);
            assertThrows(IllegalStateException.class, () -> view.get(0));
        }
    }

    /** The gradient of a leaf is that of exactloss, bit by bit. */
    @ParameterizedTest
    @EnumSource
    void gradientReachesAutograd(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        try (PointerScope _ = new PointerScope()) {
            TensorBatch batch = TensorBatch.random(type, 1000, random);
            batch.predictions().requires_grad_(true);
            for (Loss loss : new Loss[] {
                Loss.mnist(), Loss.brier(), Loss.log(), Loss.log().fromLogits()
            }) {
                MemorySegment expected = type.memory(1000);
                double mean = loss.meanAndGradient(batch.views(), expected);
                assertThat(PyTorchExample.backward(loss, batch.predictions(), batch.targets()))
                        .isEqualTo(mean);
                assertThat(PyTorch.difference(expected, batch.predictions().grad()))
                        .as("seed %d, %s", SEED, loss)
                        .isEqualTo("same bits");
                batch.predictions().mutable_grad().put(new Tensor());
            }
        }
    }

    /** After the same steps from the same weights, the model is the one that PyTorch's own loss makes. */
    @Test
    void trainsAsPyTorchsOwnLossDoes() {
        try (PointerScope _ = new PointerScope()) {
            torch.manual_seed(SEED);
            Tensor inputs = torch.randn(500, 3);
            Tensor targets = inputs.sum(1).gt(new Scalar(0.3));
            LinearImpl model = new LinearImpl(3, 1);
            LinearImpl reference = new LinearImpl(3, 1);
            reference.weight().detach().copy_(model.weight().detach());
            reference.bias().detach().copy_(model.bias().detach());

            double mean = PyTorchExample.train(model, Loss.log().fromLogits(), inputs, targets, 50);

            SGD optimizer = new SGD(reference.parameters(), new SGDOptions(1));
            double expected = Double.NaN;
            for (int i = 0; i < 50; i++) {
                optimizer.zero_grad();
                Tensor loss = torch.binary_cross_entropy_with_logits(
                        reference.forward(inputs).squeeze(1), targets.to(ScalarType.Float));
                expected = loss.item_double();
                loss.backward();
                optimizer.step();
            }
            assertThat(mean).isCloseTo(expected, within(1e-5)).isLessThan(0.3);
            assertThat(PyTorch.doubles(model.weight().detach()))
                    .containsExactly(PyTorch.doubles(reference.weight().detach()), within(1e-4));
        }
    }

    @Test
    void whatCannotBeViewedIsRefused() {
        try (PointerScope _ = new PointerScope();
                Arena arena = Arena.ofConfined()) {
            Tensor matrix = torch.rand(4, 3);
            assertRefused(matrix.t(), arena, "not contiguous");
            assertRefused(matrix.select(1, 0), arena, "not contiguous");
            assertRefused(matrix.to_sparse(), arena, "is sparse");
            assertRefused(new Tensor(), arena, "is undefined");
            assertRefused(PyTorch.empty(ScalarType.ComplexFloat, 3), arena, "has the type ComplexFloat");
            assertRefused(
                    torch.empty(
                            new long[] {3},
                            new TensorOptions(new org.bytedeco.pytorch.Device(DeviceType.Meta, (byte) 0)),
                            new org.bytedeco.pytorch.MemoryFormatOptional()),
                    arena,
                    "on the device meta");
            Tensor trained = matrix.requires_grad_(true);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> PyTorchExample.output(trained, arena))
                    .withMessageContaining("give tensor.detach()");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> PyTorchExample.backward(Loss.mnist(), torch.rand(3), torch.rand(3)))
                    .withMessageContaining("require no gradient");
            assertThat(PyTorchExample.predictions(torch.rand(0), arena).count()).isZero();
        }
    }

    private static void assertRefused(Tensor tensor, Arena arena, String problem) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PyTorchExample.predictions(tensor, arena))
                .withMessageContaining(problem);
    }
}
