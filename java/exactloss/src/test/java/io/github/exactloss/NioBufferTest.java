// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.List;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Views of NIO buffers have the elements between position and limit, in any kind of memory. */
class NioBufferTest {
    private static final long SEED = 11;
    private static final int COUNT = 1000;
    private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
    private static final ByteOrder OTHER =
            NATIVE == ByteOrder.LITTLE_ENDIAN ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;

    private final Loss loss = Loss.mnist();

    /** How a buffer comes to hold some bytes, between its position and its limit. */
    enum Kind {
        WHOLE {
            @Override
            ByteBuffer holding(byte[] bytes, Arena arena) {
                return ByteBuffer.wrap(bytes);
            }
        },
        /** The memory begins 24 bytes into the array, and the elements 8 bytes later. */
        HEAP_WITH_AN_OFFSET {
            @Override
            ByteBuffer holding(byte[] bytes, Arena arena) {
                byte[] larger = new byte[bytes.length + 64];
                System.arraycopy(bytes, 0, larger, 32, bytes.length);
                ByteBuffer slice =
                        ByteBuffer.wrap(larger, 24, bytes.length + 24).slice();
                assertThat(slice.arrayOffset()).isEqualTo(24);
                return slice.position(8).limit(8 + bytes.length);
            }
        },
        HEAP_READ_ONLY {
            @Override
            ByteBuffer holding(byte[] bytes, Arena arena) {
                return HEAP_WITH_AN_OFFSET.holding(bytes, arena).asReadOnlyBuffer();
            }
        },
        DIRECT {
            @Override
            ByteBuffer holding(byte[] bytes, Arena arena) {
                return ByteBuffer.allocateDirect(bytes.length + 24)
                        .put(8, bytes)
                        .position(8)
                        .limit(8 + bytes.length);
            }
        },
        DIRECT_READ_ONLY {
            @Override
            ByteBuffer holding(byte[] bytes, Arena arena) {
                return DIRECT.holding(bytes, arena).asReadOnlyBuffer();
            }
        },
        MAPPED {
            @Override
            ByteBuffer holding(byte[] bytes, Arena arena) {
                return MemoryKind.MAPPED
                        .copy(MemorySegment.ofArray(bytes), arena)
                        .asByteBuffer();
            }
        },
        OF_A_SEGMENT {
            @Override
            ByteBuffer holding(byte[] bytes, Arena arena) {
                return arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes).asByteBuffer();
            }
        };

        abstract ByteBuffer holding(byte[] bytes, Arena arena);

        /** A buffer with the elements of an array. */
        ByteBuffer holding(MemorySegment array, Arena arena) {
            return holding(array.toArray(ValueLayout.JAVA_BYTE), arena).order(NATIVE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void predictionsOfEveryType(Kind kind) {
        for (FloatType type : FloatType.values()) {
            TypedBatch batch = TypedBatch.random(type, RandomBatch.Values.UNIT, COUNT, SEED);
            double expected = loss.mean(batch.predictions(), batch.targets());
            try (Arena arena = Arena.ofConfined()) {
                ByteBuffer bytes = kind.holding(batch.memory, arena);
                int position = bytes.position();
                Predictions ofBytes = Predictions.of(bytes, type.elements());
                Buffer elements = switch (type) {
                    case FLOAT32 -> bytes.asFloatBuffer();
                    case FLOAT64 -> bytes.asDoubleBuffer();
                    case FLOAT16, BFLOAT16 -> bytes.asShortBuffer();
                };
                Predictions ofElements = Predictions.of(elements, type.elements());
                assertThat(loss.mean(ofBytes, batch.targets())).as("%s", type).isEqualTo(expected);
                assertThat(loss.mean(ofElements, batch.targets()))
                        .as("%s", type)
                        .isEqualTo(expected);
                assertThat(bytes.position()).isEqualTo(position);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void targetsOfEveryType(Kind kind) {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, COUNT, SEED);
        int[] ints = new int[COUNT];
        long[] longs = new long[COUNT];
        double[] doubles = new double[COUNT];
        byte[] bits = new byte[(COUNT + 3 + 7) / 8];
        for (int i = 0; i < COUNT; i++) {
            ints[i] = batch.targets[i];
            longs[i] = batch.targets[i];
            doubles[i] = batch.targets[i];
            if (batch.targets[i] == 1) {
                bits[(i + 3) / 8] |= (byte) (1 << (i + 3) % 8);
            }
        }
        double expected = loss.mean(batch.predictions(), batch.targets());
        try (Arena arena = Arena.ofConfined()) {
            ByteBuffer ofInts = kind.holding(MemorySegment.ofArray(ints), arena);
            ByteBuffer ofLongs = kind.holding(MemorySegment.ofArray(longs), arena);
            ByteBuffer ofFloats = kind.holding(MemorySegment.ofArray(batch.floatTargets()), arena);
            ByteBuffer ofDoubles = kind.holding(MemorySegment.ofArray(doubles), arena);
            Targets[] all = {
                Targets.of(kind.holding(batch.targets, arena), ElementType.UINT8),
                Targets.of(kind.holding(batch.targets, arena).order(OTHER), ElementType.UINT8),
                Targets.of(ofInts, ElementType.INT32),
                Targets.of(ofInts.asIntBuffer(), ElementType.INT32),
                Targets.of(ofLongs, ElementType.INT64),
                Targets.of(ofLongs.asLongBuffer(), ElementType.INT64),
                Targets.of(ofFloats, ElementType.FLOAT32),
                Targets.of(ofFloats.asFloatBuffer(), ElementType.FLOAT32),
                Targets.of(ofDoubles, ElementType.FLOAT64),
                Targets.of(ofDoubles.asDoubleBuffer(), ElementType.FLOAT64),
                Targets.ofBits(MemorySegment.ofBuffer(kind.holding(bits, arena)), 3, COUNT),
                Targets.of(kind.holding(batch.targets, arena), ElementType.INT8),
                Targets.of(kind.holding(batch.targets, arena).order(OTHER), ElementType.INT8)
            };
            for (int i = 0; i < all.length; i++) {
                assertThat(loss.mean(batch.predictions(), all[i])).as("%d", i).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void weightsConditionsAndOutputs(Kind kind) {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, COUNT, SEED);
        float[] weights = RandomBatch.random(RandomBatch.Values.UNIT, COUNT, SEED + 1).predictions;
        float[] expected = new float[COUNT];
        float[] actual = new float[COUNT];
        try (Arena arena = Arena.ofConfined()) {
            ByteBuffer ofWeights = kind.holding(MemorySegment.ofArray(weights), arena);
            assertThat(loss.mean(batch.batch().weights(Weights.of(ofWeights))))
                    .isEqualTo(loss.mean(batch.batch().weights(Weights.of(weights))));
            assertThat(loss.mean(batch.batch().weights(Weights.of(ofWeights.asFloatBuffer()))))
                    .isEqualTo(loss.mean(batch.batch().weights(Weights.of(weights))));

            MemorySegment zero = MemorySegment.ofArray(new float[1]);
            MemorySegment a = MemorySegment.ofArray(weights);
            ArrayOperations.where(Condition.of(batch.targets), a, zero, 4, MemorySegment.ofArray(expected));
            Condition bytes = Condition.of(MemorySegment.ofBuffer(kind.holding(batch.targets, arena)));
            ArrayOperations.where(bytes, a, zero, 4, MemorySegment.ofArray(actual));
            assertThat(actual).isEqualTo(expected);
            Condition bits = Condition.ofBits(MemorySegment.ofBuffer(kind.holding(batch.targets, arena)), 5, COUNT);
            ArrayOperations.where(bits, a, zero, 4, MemorySegment.ofArray(actual));
            Condition expectedBits = Condition.ofBits(MemorySegment.ofArray(batch.targets), 5, COUNT);
            ArrayOperations.where(expectedBits, a, zero, 4, MemorySegment.ofArray(expected));
            assertThat(actual).isEqualTo(expected);

            FloatBuffer gradient =
                    kind.holding(MemorySegment.ofArray(new float[COUNT]), arena).asFloatBuffer();
            MemorySegment output = MemorySegment.ofBuffer(gradient);
            if (gradient.isReadOnly()) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> loss.gradient(batch.batch(), output))
                        .withMessage("the output is read-only");
            } else {
                loss.gradient(batch.batch(), output);
                loss.gradient(batch.batch(), MemorySegment.ofArray(expected));
                gradient.get(actual);
                assertThat(actual).isEqualTo(expected);
            }
        }
    }

    @Test
    void refusesTheOtherByteOrder() {
        String message =
                "the buffer's byte order is %s, this machine's %s; if the elements are in the latter, say so by "
                        + "order(ByteOrder.nativeOrder())";
        for (Function<ByteBuffer, Elements> view : BYTE_VIEWS) {
            assertRefused(
                    message.formatted(OTHER, NATIVE),
                    () -> view.apply(ByteBuffer.allocate(8).order(OTHER)));
            assertRefused(
                    message.formatted(OTHER, NATIVE),
                    () -> view.apply(ByteBuffer.allocateDirect(8).order(OTHER)));
            assertThat(view.apply(ByteBuffer.allocate(8).order(NATIVE)).count()).isPositive();
        }
        FloatBuffer floats = ByteBuffer.allocateDirect(8).order(OTHER).asFloatBuffer();
        assertRefused(message.formatted(OTHER, NATIVE), () -> Predictions.of(floats, ElementType.FLOAT32));
        IntBuffer ints = ByteBuffer.allocate(8).order(OTHER).asIntBuffer();
        assertRefused(message.formatted(OTHER, NATIVE), () -> Targets.of(ints, ElementType.INT32));
        // An array is always in the machine's order.
        assertThat(Predictions.of(FloatBuffer.wrap(new float[3], 1, 2), ElementType.FLOAT32)
                        .count())
                .isEqualTo(2);
    }

    private static final List<Function<ByteBuffer, Elements>> BYTE_VIEWS = List.of(
            bytes -> Predictions.of(bytes, ElementType.FLOAT32),
            bytes -> Predictions.of(bytes, ElementType.FLOAT64),
            bytes -> Predictions.of(bytes, ElementType.FLOAT16),
            bytes -> Predictions.of(bytes, ElementType.BFLOAT16),
            bytes -> Targets.of(bytes, ElementType.INT32),
            bytes -> Targets.of(bytes, ElementType.INT64),
            bytes -> Targets.of(bytes, ElementType.FLOAT32),
            bytes -> Targets.of(bytes, ElementType.FLOAT64),
            Weights::of,
            bytes -> Predictions.of(bytes.asFloatBuffer(), ElementType.FLOAT32),
            bytes -> Predictions.of(bytes.asDoubleBuffer(), ElementType.FLOAT64),
            bytes -> Predictions.of(bytes.asShortBuffer(), ElementType.FLOAT16),
            bytes -> Predictions.of(bytes.asShortBuffer(), ElementType.BFLOAT16),
            bytes -> Targets.of(bytes.asIntBuffer(), ElementType.INT32),
            bytes -> Targets.of(bytes.asLongBuffer(), ElementType.INT64),
            bytes -> Targets.of(bytes.asFloatBuffer(), ElementType.FLOAT32),
            bytes -> Targets.of(bytes.asDoubleBuffer(), ElementType.FLOAT64),
            bytes -> Weights.of(bytes.asFloatBuffer()));

    @Test
    void refusesBuffersOfOtherElements() {
        ByteBuffer bytes = ByteBuffer.allocate(8).order(NATIVE);
        assertRefused(
                "a FloatBuffer holds no elements of FLOAT64",
                () -> Predictions.of(bytes.asFloatBuffer(), ElementType.FLOAT64));
        assertRefused(
                "a ShortBuffer holds no elements of FLOAT32",
                () -> Predictions.of(bytes.asShortBuffer(), ElementType.FLOAT32));
        assertRefused(
                "a IntBuffer holds no elements of FLOAT32", () -> Targets.of(bytes.asIntBuffer(), ElementType.FLOAT32));
        assertRefused(
                "a CharBuffer holds no elements of UINT8", () -> Targets.of(bytes.asCharBuffer(), ElementType.UINT8));
        assertRefused("a DoubleBuffer holds no elements of FLOAT32", () -> Weights.of(bytes.asDoubleBuffer()));
    }

    @Test
    void refusesPartsOfElementsAndMissingBits() {
        ByteBuffer six = ByteBuffer.allocateDirect(16).order(NATIVE).limit(6);
        assertRefused(
                "a segment of 6 bytes holds no whole number of FLOAT32 elements of 4 bytes",
                () -> Predictions.of(six, ElementType.FLOAT32));
        assertThatThrownBy(() -> Targets.ofBits(MemorySegment.ofBuffer(six), 0, 49))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** Memory of an arena stays that of the arena, through a buffer too. */
    @Test
    void diesWithItsArena() {
        Predictions predictions;
        try (Arena arena = Arena.ofShared()) {
            predictions = Predictions.of(arena.allocate(12).asByteBuffer().order(NATIVE), ElementType.FLOAT32);
        }
        assertThatThrownBy(() -> loss.mean(predictions, Targets.of(new byte[3])))
                .isInstanceOf(IllegalStateException.class);
    }

    private static void assertRefused(String message, ThrowingCallable call) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
