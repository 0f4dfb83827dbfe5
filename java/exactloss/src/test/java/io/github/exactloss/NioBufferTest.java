// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

/** Views of NIO buffers see what is between position and limit, wherever that lies. */
class NioBufferTest {
    private static final long SEED = 11;
    private static final int COUNT = 1000;
    private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
    private static final ByteOrder OTHER =
            NATIVE == ByteOrder.LITTLE_ENDIAN ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;

    private final MnistLoss loss = MnistLoss.create();

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
            TypedBatch batch = TypedBatch.random(type, Batch.Values.UNIT, COUNT, SEED);
            double expected = loss.mean(batch.predictions(), batch.targets());
            try (Arena arena = Arena.ofConfined()) {
                ByteBuffer bytes = kind.holding(batch.memory, arena);
                int position = bytes.position();
                Predictions ofBytes = switch (type) {
                    case FLOAT32 -> Predictions.ofFloats(bytes);
                    case FLOAT64 -> Predictions.ofDoubles(bytes);
                    case FLOAT16 -> Predictions.ofFloat16(bytes);
                    case BFLOAT16 -> Predictions.ofBfloat16(bytes);
                };
                Predictions ofElements = switch (type) {
                    case FLOAT32 -> Predictions.of(bytes.asFloatBuffer());
                    case FLOAT64 -> Predictions.of(bytes.asDoubleBuffer());
                    case FLOAT16 -> Predictions.ofFloat16(bytes.asShortBuffer());
                    case BFLOAT16 -> Predictions.ofBfloat16(bytes.asShortBuffer());
                };
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
        Batch batch = Batch.random(Batch.Values.UNIT, COUNT, SEED);
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
                Targets.ofBytes(kind.holding(batch.targets, arena)),
                Targets.ofBytes(kind.holding(batch.targets, arena).order(OTHER)),
                Targets.ofInts(ofInts),
                Targets.of(ofInts.asIntBuffer()),
                Targets.ofLongs(ofLongs),
                Targets.of(ofLongs.asLongBuffer()),
                Targets.ofFloats(ofFloats),
                Targets.of(ofFloats.asFloatBuffer()),
                Targets.ofDoubles(ofDoubles),
                Targets.of(ofDoubles.asDoubleBuffer()),
                Targets.ofBits(kind.holding(bits, arena), 3, COUNT),
                Targets.ofBits(kind.holding(bits, arena).order(OTHER), 3, COUNT)
            };
            for (int i = 0; i < all.length; i++) {
                assertThat(loss.mean(batch.predictions(), all[i])).as("%d", i).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void weightsConditionsAndOutputs(Kind kind) {
        Batch batch = Batch.random(Batch.Values.UNIT, COUNT, SEED);
        float[] weights = Batch.random(Batch.Values.UNIT, COUNT, SEED + 1).predictions;
        float[] expected = new float[COUNT];
        float[] actual = new float[COUNT];
        try (Arena arena = Arena.ofConfined()) {
            ByteBuffer ofWeights = kind.holding(MemorySegment.ofArray(weights), arena);
            assertThat(loss.mean(batch.predictions(), batch.targets(), Weights.ofFloats(ofWeights)))
                    .isEqualTo(loss.mean(batch.predictions(), batch.targets(), Weights.of(weights)));
            assertThat(loss.mean(batch.predictions(), batch.targets(), Weights.of(ofWeights.asFloatBuffer())))
                    .isEqualTo(loss.mean(batch.predictions(), batch.targets(), Weights.of(weights)));

            MemorySegment zero = MemorySegment.ofArray(new float[1]);
            MemorySegment a = MemorySegment.ofArray(weights);
            Elementwise.where(Condition.of(batch.targets), a, zero, 4, MemorySegment.ofArray(expected));
            Condition bytes =
                    Condition.ofBytes(kind.holding(batch.targets, arena).order(OTHER));
            Elementwise.where(bytes, a, zero, 4, MemorySegment.ofArray(actual));
            assertThat(actual).isEqualTo(expected);
            Condition bits = Condition.ofBits(kind.holding(batch.targets, arena), 5, COUNT);
            Elementwise.where(bits, a, zero, 4, MemorySegment.ofArray(actual));
            Condition expectedBits = Condition.ofBits(MemorySegment.ofArray(batch.targets), 5, COUNT);
            Elementwise.where(expectedBits, a, zero, 4, MemorySegment.ofArray(expected));
            assertThat(actual).isEqualTo(expected);

            FloatBuffer gradient =
                    kind.holding(MemorySegment.ofArray(new float[COUNT]), arena).asFloatBuffer();
            MemorySegment output = MemorySegment.ofBuffer(gradient);
            if (gradient.isReadOnly()) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> loss.gradient(batch.targets(), output))
                        .withMessage("the output is read-only");
            } else {
                loss.gradient(batch.targets(), output);
                loss.gradient(batch.targets(), MemorySegment.ofArray(expected));
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
        assertRefused(message.formatted(OTHER, NATIVE), () -> Predictions.of(floats));
        IntBuffer ints = ByteBuffer.allocate(8).order(OTHER).asIntBuffer();
        assertRefused(message.formatted(OTHER, NATIVE), () -> Targets.of(ints));
        // An array is always in the machine's order.
        assertThat(Predictions.of(FloatBuffer.wrap(new float[3], 1, 2)).count()).isEqualTo(2);
    }

    private static final List<Function<ByteBuffer, Elements>> BYTE_VIEWS = List.of(
            Predictions::ofFloats,
            Predictions::ofDoubles,
            Predictions::ofFloat16,
            Predictions::ofBfloat16,
            Targets::ofInts,
            Targets::ofLongs,
            Targets::ofFloats,
            Targets::ofDoubles,
            Weights::ofFloats,
            bytes -> Predictions.of(bytes.asFloatBuffer()),
            bytes -> Predictions.of(bytes.asDoubleBuffer()),
            bytes -> Predictions.ofFloat16(bytes.asShortBuffer()),
            bytes -> Predictions.ofBfloat16(bytes.asShortBuffer()),
            bytes -> Targets.of(bytes.asIntBuffer()),
            bytes -> Targets.of(bytes.asLongBuffer()),
            bytes -> Targets.of(bytes.asFloatBuffer()),
            bytes -> Targets.of(bytes.asDoubleBuffer()),
            bytes -> Weights.of(bytes.asFloatBuffer()));

    @Test
    void refusesPartsOfElementsAndMissingBits() {
        ByteBuffer six = ByteBuffer.allocateDirect(16).order(NATIVE).limit(6);
        assertRefused(
                "a segment of 6 bytes holds no whole number of FLOAT32 elements of 4 bytes",
                () -> Predictions.ofFloats(six));
        assertThatThrownBy(() -> Targets.ofBits(six, 0, 49)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** Memory of an arena stays that of the arena, through a buffer too. */
    @Test
    void diesWithItsArena() {
        Predictions predictions;
        try (Arena arena = Arena.ofShared()) {
            predictions = Predictions.ofFloats(arena.allocate(12).asByteBuffer().order(NATIVE));
        }
        assertThatThrownBy(() -> loss.mean(predictions, Targets.of(new byte[3])))
                .isInstanceOf(IllegalStateException.class);
    }

    private static void assertRefused(String message, ThrowingCallable call) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
