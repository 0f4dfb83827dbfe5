// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Targets of every type give the results of bytes that are 1 where they equal 1. */
class TargetTypesTest {
    private static final int ODD = 3;

    private final Loss loss = Loss.mnist();
    private final Evaluator evaluator = Evaluator.of(loss);

    /** The same targets in every type; bits begin at an odd offset. Some are neither 0 nor 1, where the type has such. */
    private static Map<String, Targets> all(int[] values, Arena arena) {
        int n = values.length;
        byte[] bytes = new byte[n];
        boolean[] booleans = new boolean[n];
        long[] longs = new long[n];
        float[] floats = new float[n];
        double[] doubles = new double[n];
        byte[] bits = new byte[n / 8 + 3];
        for (int i = 0; i < n; i++) {
            bytes[i] = (byte) values[i];
            booleans[i] = values[i] == 1;
            longs[i] = values[i] == ODD ? (1L << 32) + 1 : values[i];
            floats[i] = values[i];
            doubles[i] = values[i] == ODD ? Math.nextUp(1.0) : values[i];
            bits[(i + 13) / 8] |= (byte) ((values[i] == 1 ? 1 : 0) << (i + 13) % 8);
        }
        Map<String, Targets> targets = new LinkedHashMap<>();
        targets.put("byte[]", Targets.of(bytes));
        targets.put("int8", Targets.of(MemorySegment.ofArray(bytes), ElementType.INT8));
        targets.put("boolean[]", Targets.of(booleans));
        targets.put("int[]", Targets.of(values));
        targets.put("long[]", Targets.of(longs));
        targets.put("float[]", Targets.of(floats));
        targets.put("double[]", Targets.of(doubles));
        targets.put("bits", Targets.ofBits(MemorySegment.ofArray(bits), 13, n));
        targets.put("off-heap int8", Targets.of(arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes), ElementType.INT8));
        targets.put("off-heap ints", Targets.of(arena.allocateFrom(ValueLayout.JAVA_INT, values), ElementType.INT32));
        targets.put("off-heap longs", Targets.of(arena.allocateFrom(ValueLayout.JAVA_LONG, longs), ElementType.INT64));
        targets.put(
                "off-heap doubles",
                Targets.of(arena.allocateFrom(ValueLayout.JAVA_DOUBLE, doubles), ElementType.FLOAT64));
        targets.put("off-heap bits", Targets.ofBits(arena.allocateFrom(ValueLayout.JAVA_BYTE, bits), 13, n));
        return targets;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 64, 1000, 5000, RandomBatch.OF_THREE_THREADS})
    void giveTheSameResults(int count) {
        SplittableRandom random = new SplittableRandom(count);
        float[] values = new float[count];
        int[] targets = new int[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble();
            targets[i] = random.nextInt(8) == 0 ? ODD : random.nextInt(2);
        }
        Predictions predictions = Predictions.of(values);
        try (Arena arena = Arena.ofShared()) {
            Map<String, Targets> all = all(targets, arena);
            Evaluation expected = evaluator.evaluate(predictions, all.get("byte[]"));
            float[] gradient = gradient(all.get("byte[]"));
            int from = count / 3;
            Evaluation expectedSlice = evaluator.evaluate(
                    predictions.slice(from, count - from), all.get("byte[]").slice(from, count - from));
            all.forEach((name, view) -> {
                assertThat(view.count()).as(name).isEqualTo(count);
                assertThat(evaluator.evaluate(predictions, view)).as(name).isEqualTo(expected);
                assertThat(evaluator.threads(3).evaluate(predictions, view))
                        .as(name)
                        .isEqualTo(expected);
                assertThat(gradient(view)).as(name).isEqualTo(gradient);
                assertThat(evaluator.evaluate(predictions.slice(from, count - from), view.slice(from, count - from)))
                        .as(name)
                        .isEqualTo(expectedSlice);
            });
        }
    }

    @Test
    void elementsCanBeRead() {
        int[] values = {1, 0, ODD, 1, 1, 0, 2, 1, 0, 0, 1};
        try (Arena arena = Arena.ofConfined()) {
            all(values, arena).forEach((name, view) -> {
                Targets slice = view.slice(2, 9);
                for (int i = 0; i < values.length; i++) {
                    assertThat(view.isPositive(i)).as("%s[%d]", name, i).isEqualTo(values[i] == 1);
                }
                for (int i = 0; i < 9; i++) {
                    assertThat(slice.isPositive(i)).as("%s[%d]", name, i + 2).isEqualTo(values[i + 2] == 1);
                }
                assertThatThrownBy(() -> slice.isPositive(9)).isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> slice.isPositive(-1)).isInstanceOf(IndexOutOfBoundsException.class);
            });
        }
    }

    private float[] gradient(Targets targets) {
        float[] gradient = new float[(int) targets.count()];
        loss.gradient(Predictions.of(gradient), targets, MemorySegment.ofArray(gradient));
        return gradient;
    }

    @Test
    void strictModeNamesTheValue() {
        Predictions predictions = Predictions.of(new float[] {0.5f, 0.5f});
        assertThatThrownBy(() -> loss.strict().mean(predictions, Targets.of(new int[] {1, -7})))
                .isInstanceOfSatisfying(StrictModeException.class, e -> {
                    assertThat(e.index()).isEqualTo(1);
                    assertThat(e.value()).isEqualTo(-7.0);
                });
        // The same byte as two types.
        for (ElementType type : List.of(ElementType.UINT8, ElementType.INT8)) {
            Targets bytes = Targets.of(MemorySegment.ofArray(new byte[] {1, -7}), type);
            assertThatThrownBy(() -> loss.strict().mean(predictions, bytes))
                    .isInstanceOfSatisfying(
                            StrictModeException.class,
                            e -> assertThat(e.value()).isEqualTo(type == ElementType.INT8 ? -7.0 : 249.0));
        }
        assertThat(loss.strict().mean(predictions, Targets.ofBits(MemorySegment.ofArray(new byte[] {2}), 0, 2)))
                .isEqualTo(0.5);
    }

    @Test
    void sizesThatDoNotFitAreRefused() {
        MemorySegment tenBytes = MemorySegment.ofArray(new byte[10]);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.of(tenBytes, ElementType.INT32))
                .withMessageContaining("10");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.of(tenBytes, ElementType.INT64))
                .withMessageContaining("10");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.of(tenBytes, ElementType.FLOAT64))
                .withMessageContaining("10");
        assertThatThrownBy(() -> Targets.ofBits(tenBytes, 75, 6)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> Targets.ofBits(tenBytes, -1, 6)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
