// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.SigmoidBinaryCrossEntropyLoss;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** With DJL's own engine for PyTorch. */
class DjlExampleTest {
    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void free() {
        manager.close();
    }

    @Test
    void printsLossesThatFall() {
        String[] losses = Printed.by(() -> DjlExample.main(new String[0])).split(" ");
        assertThat(losses).hasSize(2);
        assertThat(Double.parseDouble(losses[1])).isLessThan(Double.parseDouble(losses[0]) / 2);
    }

    /** The same address each time, and each side sees what the other writes. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "FLOAT32", "FLOAT64"})
    void predictionsAreNotCopied(DataType type) {
        try (Arena arena = Arena.ofConfined()) {
            NDArray array = manager.create(new float[] {0.25f, 0.5f, 0.75f}).toType(type, true);
            Predictions view = DjlExample.predictions(array, arena);
            assertThat(view.segment().address())
                    .isEqualTo(MemorySegment.ofBuffer(array.toByteBuffer(true)).address());
            assertThat(view.count()).isEqualTo(3);
            array.addi(1);
            assertThat(view.get(2)).isEqualTo(1.75);
            DjlExample.memory(array, arena).fill((byte) 0);
            assertThat(array.toType(DataType.FLOAT32, true).toFloatArray()).containsExactly(0, 0, 0);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UINT8", "BOOLEAN", "INT8", "INT32", "INT64", "FLOAT32", "FLOAT64"})
    void targetsAreNotCopied(DataType type) {
        try (Arena arena = Arena.ofConfined()) {
            NDArray array = manager.create(new float[] {1, 0}).toType(type, true);
            Targets view = DjlExample.targets(array, arena);
            assertThat(view.segment().address())
                    .isEqualTo(MemorySegment.ofBuffer(array.toByteBuffer(true)).address());
            assertThat(view.isPositive(0)).isTrue();
            assertThat(view.isPositive(1)).isFalse();
        }
    }

    /** After the array is closed, PyTorch would give its memory to the next one of that size. */
    @Test
    void viewsKeepTheMemoryUntilTheirArenaIsClosed() {
        Predictions view;
        try (Arena arena = Arena.ofConfined()) {
            NDArray array = manager.full(new Shape(1 << 20), 0.5f);
            view = DjlExample.predictions(array, arena);
            array.close();
            for (int i = 0; i < 4; i++) {
                NDArray other = manager.full(new Shape(1 << 20), 7);
                assertThat(MemorySegment.ofBuffer(other.toByteBuffer(true)).address())
                        .isNotEqualTo(view.segment().address());
            }
            assertThat(view.get(12_345)).isEqualTo(0.5);
        }
        assertThrows(IllegalStateException.class, () -> view.get(0));
    }

    /** The gradient of the predictions themselves is that of exactloss, bit by bit. */
    @Test
    void gradientReachesTheEngine() {
        NDArray logits = manager.randomNormal(new Shape(1000));
        NDArray targets = manager.randomUniform(0, 1, new Shape(1000)).gt(0.5);
        logits.setRequiresGradient(true);
        for (Loss loss : new Loss[] {Loss.mnist(), Loss.brier(), Loss.log().fromLogits()}) {
            float[] expected = new float[1000];
            double mean;
            try (Arena arena = Arena.ofConfined()) {
                mean = loss.meanAndGradient(
                        DjlExample.predictions(logits, arena),
                        DjlExample.targets(targets, arena),
                        MemorySegment.ofArray(expected));
            }
            try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
                collector.zeroGradients();
                assertThat(DjlExample.backward(loss, logits, targets, collector))
                        .isEqualTo(mean);
            }
            assertThat(logits.getGradient().toFloatArray()).as("%s", loss).containsExactly(expected);
        }
    }

    /** After the same steps from the same weights, the model is the one that DJL's own loss makes. */
    @Test
    void trainsAsDjlsOwnLossDoes() {
        NDArray inputs = manager.randomNormal(new Shape(500, 3));
        NDArray targets = inputs.sum(new int[] {1}).gt(0.3);
        NDArray weights = manager.full(new Shape(3, 1), 0.1f); // at 0, DJL's own gradient is another one
        NDArray reference = manager.full(new Shape(3, 1), 0.1f);
        weights.setRequiresGradient(true);
        reference.setRequiresGradient(true);

        double mean = DjlExample.train(weights, Loss.log().fromLogits(), inputs, targets, 50);

        double expected = Double.NaN;
        NDArray labels = targets.toType(DataType.FLOAT32, true).reshape(500, 1);
        for (int i = 0; i < 50; i++) {
            try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
                NDArray loss = new SigmoidBinaryCrossEntropyLoss()
                        .evaluate(new NDList(labels), new NDList(inputs.matMul(reference)));
                expected = loss.getFloat();
                collector.backward(loss);
                reference.stopGradient().subi(reference.getGradient());
                reference.getGradient().subi(reference.getGradient());
            }
        }
        assertThat(mean).isCloseTo(expected, within(1e-5)).isLessThan(0.4);
        assertThat(weights.stopGradient().toFloatArray())
                .containsExactly(reference.stopGradient().toFloatArray(), within(1e-4f));
    }

    @Test
    void whatWouldBeCopiedIsRefused() {
        try (Arena arena = Arena.ofConfined()) {
            NDArray matrix = manager.randomUniform(0, 1, new Shape(4, 3));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DjlExample.predictions(matrix.transpose(), arena))
                    .withMessageContaining("PyTorch only gives a copy of the array");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DjlExample.predictions(matrix.toType(DataType.COMPLEX64, true), arena))
                    .withMessageContaining("has the type complex64");
            assertThat(DjlExample.predictions(manager.create(new Shape(0)), arena)
                            .count())
                    .isZero();
        }
    }
}
