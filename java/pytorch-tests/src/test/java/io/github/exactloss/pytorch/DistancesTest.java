// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Loss;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The reduction none: {@code torch.where(targets == 1, 1 - predictions, predictions)}, bit by bit. */
class DistancesTest {
    private static final long SEED = 5;

    private final Loss loss = Loss.mnist();

    @ParameterizedTest
    @EnumSource
    void manySizes(FloatType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (TensorBatch.Values values : TensorBatch.Values.values()) {
            for (TargetType targets : TargetType.values()) {
                for (int count : new int[] {0, 1, 2, 3, 15, 16, 17, 63, 64, 65, 1000, 4097, 100_003}) {
                    try (PointerScope _ = new PointerScope()) {
                        TensorBatch batch = TensorBatch.random(type, values, targets, count, random);
                        MemorySegment distances = type.memory(count);
                        loss.values(batch.views(), distances);
                        assertThat(PyTorch.difference(distances, batch.distances()))
                                .as("seed %d, %d of %s, targets %s", SEED, count, values, targets)
                                .isEqualTo("same bits");
                    }
                }
            }
        }
    }

    /** All numbers of 16 bits, many of the others. */
    @ParameterizedTest
    @EnumSource
    void allFiniteNumbers(FloatType type) {
        try (PointerScope _ = new PointerScope()) {
            int count = 1 << 16;
            Tensor any = PyTorch.empty(type.scalarType, count);
            MemorySegment memory = PyTorch.memory(any);
            if (type.elementType.bits() == 16) {
                for (int i = 0; i < count; i++) {
                    memory.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) i);
                }
            } else {
                byte[] bytes = new byte[(int) memory.byteSize()];
                new SplittableRandom(SEED).nextBytes(bytes);
                memory.copyFrom(MemorySegment.ofArray(bytes));
            }
            Tensor predictions = torch.nan_to_num(any);
            double[] targets = new double[count];
            for (int target = 0; target < 2; target++) {
                Arrays.fill(targets, target);
                Tensor targetTensor = PyTorch.tensor(TargetType.UINT8.scalarType, targets);
                MemorySegment distances = type.memory(count);
                loss.values(type.view(predictions), TargetType.UINT8.view(targetTensor), distances);
                assertThat(PyTorch.difference(distances, PyTorch.distances(predictions, targetTensor)))
                        .as("seed %d, target %d", SEED, target)
                        .isEqualTo("same bits");
            }
        }
    }
}
