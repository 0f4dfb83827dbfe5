// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.ArrayOperations;
import io.github.exactloss.Condition;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** torch.where, bit by bit, on elements of any bits: NaN of all kinds too. */
class WhereTest {
    private static final long SEED = 11;
    private static final int[] COUNTS = {0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 65, 127, 129, 1000, 4097, 100_003};

    @ParameterizedTest
    @EnumSource(names = {"Byte", "Char", "Half", "BFloat16", "Short", "Float", "Int", "Double", "Long"})
    void everyType(ScalarType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int count : COUNTS) {
            for (boolean scalarA : new boolean[] {false, true}) {
                for (boolean scalarB : new boolean[] {false, true}) {
                    try (PointerScope _ = new PointerScope()) {
                        Tensor condition = condition(count, random);
                        Tensor a = anyBits(type, scalarA, count, random);
                        Tensor b = anyBits(type, scalarB, count, random);
                        Tensor expected = torch.where(condition, a, b);
                        MemorySegment out = MemorySegment.ofArray(new byte[(int) expected.nbytes()]);
                        ArrayOperations.where(
                                Condition.of(PyTorch.memory(condition)),
                                PyTorch.memory(a),
                                PyTorch.memory(b),
                                (int) a.element_size(),
                                out);
                        assertThat(PyTorch.difference(out, expected))
                                .as("seed %d, %d elements, scalars: %s, %s", SEED, count, scalarA, scalarB)
                                .isEqualTo("same bits");
                    }
                }
            }
        }
    }

    private static Tensor condition(int count, SplittableRandom random) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextInt(2);
        }
        return PyTorch.tensor(ScalarType.Bool, values);
    }

    private static Tensor anyBits(ScalarType type, boolean scalar, int count, SplittableRandom random) {
        Tensor tensor = scalar ? PyTorch.empty(type) : PyTorch.empty(type, count);
        byte[] bytes = new byte[(int) tensor.nbytes()];
        random.nextBytes(bytes);
        PyTorch.memory(tensor).copyFrom(MemorySegment.ofArray(bytes));
        return tensor;
    }
}
