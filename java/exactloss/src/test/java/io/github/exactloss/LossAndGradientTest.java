// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loss and gradient in one pass: the bits of both alone, for data in one piece or in many. */
class LossAndGradientTest {
    private static final long SEED = 29;

    private final Loss loss = Loss.mnist();

    private static List<Loss> ways(Loss loss) {
        return List.of(
                loss, loss.threads(3), loss.fromLogits(), loss.fromLogits().threads(3));
    }

    @ParameterizedTest
    @EnumSource
    void hasTheBitsOfBoth(FloatType type) {
        for (int count : new int[] {0, 1, 65, 5000, RandomBatch.OF_THREE_THREADS}) {
            TypedBatch batch = TypedBatch.random(type, RandomBatch.Values.MIXED, count, SEED);
            String what = "seed %d, %d elements".formatted(SEED, count);
            for (Loss some : ways(loss)) {
                MemorySegment expected = type.memory(new double[count]);
                some.gradient(batch.batch(), 0.7, Math.max(1, count), expected);
                MemorySegment expectedOfSum = type.memory(new double[count]);
                some.gradient(batch.batch(), 0.7, 1, expectedOfSum);
                try (Arena arena = Arena.ofShared()) {
                    for (MemoryKind kind : List.of(MemoryKind.HEAP, MemoryKind.UNALIGNED)) {
                        Predictions predictions = type.view(kind.copy(batch.memory, arena));
                        MemorySegment gradient = kind.copy(batch.memory, arena);
                        double mean = some.meanAndGradient(Batch.of(predictions, batch.targets()), 0.7, gradient);
                        assertEquals(some.mean(predictions, batch.targets()), mean, what);
                        assertThat(gradient.mismatch(expected)).as(what).isEqualTo(-1);
                        double sum = some.sumAndGradient(Batch.of(predictions, batch.targets()), 0.7, gradient);
                        assertEquals(some.sum(predictions, batch.targets()), sum, what);
                        assertThat(gradient.mismatch(expectedOfSum)).as(what).isEqualTo(-1);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void mayReplaceThePredictions(FloatType type) {
        for (int count : new int[] {100, RandomBatch.OF_THREE_THREADS}) {
            for (Loss some : ways(loss)) {
                TypedBatch batch = TypedBatch.random(type, RandomBatch.Values.MIXED, count, SEED);
                MemorySegment expected = type.memory(new double[count]);
                double mean = some.meanAndGradient(batch.batch(), 2, expected);
                assertEquals(mean, some.meanAndGradient(batch.batch(), 2, batch.memory));
                assertThat(batch.memory.mismatch(expected)).as("seed " + SEED).isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void addsToWhatIsThere(FloatType type) {
        assertAdds(loss, type);
        assertAdds(loss.threads(3), type);
    }

    /** The addends are elements of the gradient's type, even if they were computed in a wider one. */
    @ParameterizedTest
    @EnumSource
    void addsThatOfLogitsToo(FloatType type) {
        assertAdds(loss.fromLogits(), type);
        assertAdds(loss.fromLogits().threads(3), type);
    }

    private static void assertAdds(Loss loss, FloatType type) {
        for (int count : new int[] {100, RandomBatch.OF_THREE_THREADS}) {
            TypedBatch batch = TypedBatch.random(type, RandomBatch.Values.UNIT, count, SEED);
            double[] before = TypedBatch.random(type, RandomBatch.Values.UNIT, count, SEED + 1).values;
            MemorySegment gradient = type.memory(new double[count]);
            loss.gradient(batch.batch(), 0.3, 1, gradient);
            MemorySegment sum = type.memory(before);
            loss.accumulateGradients().sumAndGradient(batch.batch(), 0.3, sum);
            for (int i = 0; i < count; i += count < 1000 ? 1 : 13) {
                assertEquals(
                        ExactReference.sum(before[i], type.get(gradient, i), type),
                        type.get(sum, i),
                        "seed %d, element %d of %d".formatted(SEED, i, count));
            }
        }
    }

    /** A mini-batch that comes in pieces: the loss and the gradient of the whole. */
    @ParameterizedTest
    @EnumSource
    void anAccumulatorTakesTheBatchInPieces(FloatType type) {
        for (int count : new int[] {10, 5000, RandomBatch.OF_THREE_THREADS}) {
            TypedBatch batch = TypedBatch.random(type, RandomBatch.Values.MIXED, count, SEED);
            for (Loss some : ways(loss)) {
                MemorySegment expected = type.memory(new double[count]);
                some.meanAndGradient(batch.batch(), -2, expected);
                MemorySegment gradient = type.memory(new double[count]);
                Accumulator accumulator = Evaluator.of(some).newAccumulator();
                for (long[] range : new long[][] {{count / 7, count - count / 7}, {0, count / 7}}) {
                    accumulator.addWithGradient(
                            some,
                            batch.batch().slice(range[0], range[1]),
                            -2,
                            count,
                            gradient.asSlice(range[0] * type.bytes));
                }
                assertThat(accumulator.evaluate())
                        .isEqualTo(Evaluator.of(some).evaluate(batch.predictions(), batch.targets()));

                String what = "seed %d, %d elements".formatted(SEED, count);
                assertThat(gradient.mismatch(expected)).as(what).isEqualTo(-1);
            }
        }
    }

    @Test
    void aDivisorIsAtLeastOne() {
        float[] gradient = {5};
        Accumulator accumulator = Evaluator.of(loss).newAccumulator();
        for (long divisor : new long[] {0, -1, Long.MIN_VALUE}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> accumulator.addWithGradient(
                            loss,
                            Batch.of(Predictions.of(new float[1]), Targets.of(new byte[1])),
                            1,
                            divisor,
                            MemorySegment.ofArray(gradient)))
                    .withMessage("the divisor must be at least 1, not " + divisor);
        }
        assertThat(accumulator.evaluate().count()).isZero();

        assertThat(gradient).containsExactly(5);
    }

    @ParameterizedTest
    @ValueSource(ints = {100, RandomBatch.OF_THREE_THREADS})
    void strictModeLeavesEverythingAsItWas(int count) {
        for (int at : new int[] {0, count - 1}) {
            double[] values = new double[count];
            values[at] = Double.NaN;
            Predictions predictions = FloatType.FLOAT32.view(FloatType.FLOAT32.memory(values));
            Targets targets = Targets.of(new byte[count]);
            MemorySegment gradient = FloatType.FLOAT32.memory(values);
            for (Loss some : ways(loss.strict())) {
                assertRefused(at, () -> some.meanAndGradient(Batch.of(predictions, targets), 1, gradient));
                Accumulator accumulator = Evaluator.of(some).newAccumulator();
                byte[] before = accumulator.toBytes();
                assertRefused(
                        at,
                        () -> accumulator.addWithGradient(some, Batch.of(predictions, targets), 1, count, gradient));
                assertThat(accumulator.toBytes()).isEqualTo(before);

                assertThat(gradient.mismatch(predictions.segment())).isEqualTo(-1);
            }
        }
    }

    private static void assertRefused(long index, Runnable call) {
        assertThatExceptionOfType(StrictModeException.class)
                .isThrownBy(call::run)
                .satisfies(e -> assertThat(e.index()).isEqualTo(index));
    }

    @Test
    void theLossMustFitTheAccumulator() {
        float[] gradient = {5};
        Batch one = Batch.of(Predictions.of(new float[1]), Targets.of(new byte[1]));
        Accumulator accumulator = Evaluator.of(loss).newAccumulator();
        for (Loss other : List.of(loss.fromLogits(), loss.strict())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> accumulator.addWithGradient(other, one, 1, 1, MemorySegment.ofArray(gradient)))
                    .withMessage("%s does not fit Evaluator[mnist, threshold=0.5]", other);
        }
        assertThat(gradient).containsExactly(5);
        accumulator.addWithGradient(loss.accumulateGradients(), one, 1, 1, MemorySegment.ofArray(gradient));
        assertThat(gradient).containsExactly(6);
    }
}
