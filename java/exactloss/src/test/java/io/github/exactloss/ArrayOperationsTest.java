// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The library's accuracy of the sigmoid is the business of {@link LogitsTest}. */
class ArrayOperationsTest {
    private static final long SEED = 41;
    private static final int BIT_OFFSET = 11;

    private static byte[] random(int count, long seed) {
        byte[] bytes = new byte[count];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    /** Zeros, ones and other bytes. */
    private static byte[] condition(int count) {
        byte[] condition = random(count, SEED);
        for (int i = 0; i < count; i++) {
            condition[i] = (byte) (condition[i] < 0 ? 0 : condition[i] % 3);
        }
        return condition;
    }

    private static byte[] packed(byte[] condition) {
        byte[] bits = new byte[(condition.length + BIT_OFFSET) / 8 + 1];
        for (int i = 0; i < condition.length; i++) {
            int bit = i + BIT_OFFSET;
            bits[bit / 8] |= (byte) ((condition[i] != 0 ? 1 : 0) << bit % 8);
        }
        return bits;
    }

    private static byte[] expected(byte[] condition, byte[] a, byte[] b, int size) {
        byte[] out = new byte[condition.length * size];
        for (int i = 0; i < out.length; i++) {
            byte[] from = condition[i / size] != 0 ? a : b;
            out[i] = from[i % from.length];
        }
        return out;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void takesFromOneOrTheOther(int size) {
        for (int count : new int[] {0, 1, 2, 63, 64, 65, 1000, 4097, 70_001}) {
            byte[] condition = condition(count);
            for (int lengthA : new int[] {1, count}) {
                for (int lengthB : new int[] {1, count}) {
                    byte[] a = random(lengthA * size, SEED + 1);
                    byte[] b = random(lengthB * size, SEED + 2);
                    byte[] expected = expected(condition, a, b, size);
                    String what = "seed %d, %d elements, %d and %d".formatted(SEED, count, lengthA, lengthB);
                    assertTakes(expected, condition, a, b, size, what);
                }
            }
        }
    }

    private static void assertTakes(byte[] expected, byte[] bytes, byte[] a, byte[] b, int size, String what) {
        byte[] bits = packed(bytes);
        try (Arena arena = Arena.ofConfined()) {
            for (MemoryKind kind : MemoryKind.values()) {
                MemorySegment ofA = kind.copy(MemorySegment.ofArray(a), arena);
                MemorySegment ofB = kind.copy(MemorySegment.ofArray(b), arena);
                for (Condition condition : List.of(
                        Condition.of(kind.copy(MemorySegment.ofArray(bytes), arena)),
                        Condition.ofBits(kind.copy(MemorySegment.ofArray(bits), arena), BIT_OFFSET, bytes.length))) {
                    byte[] onHeap = new byte[expected.length];
                    ArrayOperations.where(condition, ofA, ofB, size, MemorySegment.ofArray(onHeap));
                    assertArrayEquals(expected, onHeap, what);
                    MemorySegment offHeap = arena.allocate(expected.length);
                    ArrayOperations.where(condition, ofA, ofB, size, offHeap);
                    assertArrayEquals(expected, offHeap.toArray(ValueLayout.JAVA_BYTE), what);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void mayReplaceAnInput(int size) {
        for (int count : new int[] {1, 1000, 70_001}) {
            byte[] condition = condition(count);
            byte[] a = random(count * size, SEED + 1);
            byte[] b = random(count * size, SEED + 2);
            byte[] expected = expected(condition, a, b, size);
            MemorySegment outA = MemorySegment.ofArray(a.clone());
            ArrayOperations.where(Condition.of(condition), outA, MemorySegment.ofArray(b), size, outA);
            assertArrayEquals(expected, outA.toArray(ValueLayout.JAVA_BYTE), "seed " + SEED);
            MemorySegment outB = MemorySegment.ofArray(b.clone());
            ArrayOperations.where(Condition.of(condition), MemorySegment.ofArray(a), outB, size, outB);
            assertArrayEquals(expected, outB.toArray(ValueLayout.JAVA_BYTE), "seed " + SEED);
            MemorySegment both = MemorySegment.ofArray(a.clone());
            ArrayOperations.where(Condition.of(condition), both, both, size, both);
            assertArrayEquals(a, both.toArray(ValueLayout.JAVA_BYTE), "seed " + SEED);
        }
    }

    @Test
    void conditions() {
        float[] out = {0, 0, 0, 42};
        MemorySegment a = MemorySegment.ofArray(new float[] {1, 2, 3});
        MemorySegment b = MemorySegment.ofArray(new float[] {-7});
        for (Condition condition : List.of(
                Condition.of(new byte[] {1, 0, -128}),
                Condition.of(new boolean[] {true, false, true}),
                Condition.ofBits(MemorySegment.ofArray(new byte[] {0, 0b101 << 2}), 10, 3))) {
            assertThat(condition.count()).isEqualTo(3);
            ArrayOperations.where(condition, a, b, Float.BYTES, MemorySegment.ofArray(out));
            assertThat(out).containsExactly(1, -7, 3, 42);
        }
        MemorySegment twoBytes = MemorySegment.ofArray(new byte[2]);
        for (long[] bits : new long[][] {{-1, 1}, {0, 17}, {16, 1}, {0, -1}, {Long.MAX_VALUE, 1}}) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> Condition.ofBits(twoBytes, bits[0], bits[1]));
        }
    }

    private static void assertRefused(String message, ThrowingCallable call) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        Condition three = Condition.of(new byte[3]);
        MemorySegment twelve = MemorySegment.ofArray(new int[3]);
        MemorySegment memory = MemorySegment.ofArray(new byte[100]);
        for (int size : new int[] {0, -4, 3, 16}) {
            assertRefused(
                    "elements have 1, 2, 4 or 8 bytes, not " + size,
                    () -> ArrayOperations.where(three, twelve, twelve, size, memory));
        }
        for (int bytes : new int[] {0, 3, 8, 11, 13, 16}) {
            assertRefused(
                    "a has " + bytes + " bytes, which is neither one nor 3 elements of 4 bytes",
                    () -> ArrayOperations.where(three, memory.asSlice(0, bytes), twelve, 4, memory));
            assertRefused(
                    "b has " + bytes + " bytes, which is neither one nor 3 elements of 4 bytes",
                    () -> ArrayOperations.where(three, twelve, memory.asSlice(0, bytes), 4, memory));
        }
        assertRefused(
                "the output has 11 bytes, too few for 3 elements of 4 bytes",
                () -> ArrayOperations.where(three, twelve, twelve, 4, memory.asSlice(0, 11)));
        assertRefused(
                "the output is read-only", () -> ArrayOperations.where(three, twelve, twelve, 4, memory.asReadOnly()));
        Predictions logits = Predictions.of(new double[3]);
        assertRefused(
                "the output has 23 bytes, too few for 3 elements of 8 bytes",
                () -> ArrayOperations.sigmoid(logits, memory.asSlice(0, 23)));
        assertRefused("the output is read-only", () -> ArrayOperations.sigmoid(logits, memory.asReadOnly()));
    }

    @Test
    void overlapsAreRefused() {
        try (Arena arena = Arena.ofConfined()) {
            for (MemorySegment memory : List.of(MemorySegment.ofArray(new byte[64]), arena.allocate(64))) {
                MemorySegment apart = MemorySegment.ofArray(new int[3]);
                MemorySegment twelve = memory.asSlice(4, 12);
                Condition condition = Condition.of(new byte[3]);
                Condition inside = Condition.of(memory.asSlice(10, 3));
                for (ThrowingCallable call : List.<ThrowingCallable>of(
                        () -> ArrayOperations.where(condition, twelve, apart, 4, memory),
                        () -> ArrayOperations.where(condition, apart, twelve, 4, memory.asSlice(8, 12)),
                        () -> ArrayOperations.where(condition, memory.asSlice(4, 4), apart, 4, twelve),
                        () -> ArrayOperations.where(condition, twelve, memory.asSlice(8, 12), 4, twelve),
                        () -> ArrayOperations.where(inside, apart, apart, 4, twelve),
                        () -> ArrayOperations.sigmoid(Predictions.of(twelve, ElementType.FLOAT32), memory),
                        () -> ArrayOperations.sigmoid(
                                Predictions.of(twelve, ElementType.FLOAT32), memory.asSlice(8, 12)))) {
                    assertRefused("the output overlaps an input", call);
                }
            }
        }
    }

    /** In pieces, in place, and in every kind of memory. */
    @ParameterizedTest
    @EnumSource
    void sigmoid(FloatType type) {
        for (int count : new int[] {0, 1, 65, 1000, RandomBatch.OF_THREE_THREADS}) {
            double[] logits = TypedBatch.random(type, RandomBatch.Values.RAW_SCORE, count, SEED).values;
            double[] expected = new double[count];
            for (int i = 0; i < count; i++) {
                MemorySegment one = type.memory(logits[i]);
                ArrayOperations.sigmoid(type.view(one), one);
                expected[i] = type.get(one, 0);
            }
            try (Arena arena = Arena.ofConfined()) {
                for (MemoryKind kind : MemoryKind.values()) {
                    String what = "seed %d, %d elements in %s memory".formatted(SEED, count, kind);
                    MemorySegment input = kind.copy(type.memory(logits), arena);
                    MemorySegment output = arena.allocate((long) count * type.bytes + 1);
                    output.fill((byte) 42);
                    ArrayOperations.sigmoid(type.view(input), output);
                    assertArrayEquals(expected, type.values(output.asSlice(0, (long) count * type.bytes)), what);
                    assertThat(output.get(ValueLayout.JAVA_BYTE, (long) count * type.bytes))
                            .isEqualTo((byte) 42);
                    if (!input.isReadOnly()) {
                        ArrayOperations.sigmoid(type.view(input), input);
                        assertArrayEquals(expected, type.values(input), what);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 100_000})
    void memoryThatCannotBeUsed(int count) {
        MemorySegment closed;
        try (Arena arena = Arena.ofConfined()) {
            closed = arena.allocate(4L * count);
        }
        MemorySegment open = MemorySegment.ofArray(new float[count]);
        Condition condition = Condition.of(new byte[count]);
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> ArrayOperations.where(condition, closed, open, 4, MemorySegment.ofArray(new int[count])),
                () -> ArrayOperations.where(condition, open, closed, 4, MemorySegment.ofArray(new int[count])),
                () -> ArrayOperations.where(condition, open, open, 4, closed),
                () -> ArrayOperations.where(Condition.of(closed.asSlice(0, count)), open, open, 4, open),
                () -> ArrayOperations.sigmoid(Predictions.of(closed, ElementType.FLOAT32), open),
                () -> ArrayOperations.sigmoid(Predictions.of(open, ElementType.FLOAT32), closed))) {
            assertThatExceptionOfType(IllegalStateException.class).isThrownBy(call);
        }
    }
}
