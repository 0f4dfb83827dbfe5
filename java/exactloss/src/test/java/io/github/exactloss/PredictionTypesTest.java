// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.exactloss.InvalidElementException.Argument;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Predictions of every type, with targets of every type, in every kind of memory. */
class PredictionTypesTest {
    private static final long SEED = 17;

    private final Loss loss = Loss.mnist();
    private final Evaluator evaluator = Evaluator.of(loss);

    private static void assertMatches(ExactReference reference, Evaluation evaluation, String what) {
        assertEquals(reference.mean(), evaluation.mean(Loss.mnist()), what);
        assertEquals(reference.sum(), evaluation.sum(Loss.mnist()), what);
        assertEquals(reference.meanFloat(), evaluation.meanAsFloat(Loss.mnist()), what);
        assertEquals(reference.sumFloat(), evaluation.sumAsFloat(Loss.mnist()), what);
        assertEquals(reference.nanCount(), evaluation.nanCount(Loss.mnist()), what);
    }

    @ParameterizedTest
    @EnumSource
    void everyLengthTo300(FloatType type) {
        for (RandomBatch.Values values : RandomBatch.Values.values()) {
            TypedBatch batch = TypedBatch.random(type, values, 300, SEED);
            ExactReference reference = new ExactReference(type, false);
            for (int n = 0; n <= batch.count; n++) {
                String what = "seed %d, %d elements of %s".formatted(SEED, n, values);
                Predictions predictions = batch.predictions().slice(0, n);
                Targets targets = batch.targets().slice(0, n);
                assertMatches(reference, evaluator.evaluate(predictions, targets), what);
                assertEquals(reference.mean(), loss.mean(predictions, targets), what);
                assertEquals(reference.sum(), loss.sum(predictions, targets), what);
                if (n < batch.count) {
                    reference.add(batch.values[n], batch.isPositive(n));
                }
            }
        }
    }

    /** The kernels work in blocks of 1,024 to 8,192; heap memory is cut into pieces of 32,768 doubles or 65,536 others. */
    @ParameterizedTest
    @EnumSource
    void everyTypeOfTargetsInEveryKindOfMemory(FloatType type) {
        for (RandomBatch.Values values :
                List.of(RandomBatch.Values.UNIT, RandomBatch.Values.MIXED, RandomBatch.Values.ANY_FINITE)) {
            for (int count : new int[] {64, 4097, 70_000}) {
                TypedBatch batch = TypedBatch.random(type, values, count, SEED);
                ExactReference reference = batch.reference();
                Evaluation expected = evaluator.evaluate(batch.predictions(), batch.targets());
                assertMatches(reference, expected, "seed %d, %d elements of %s".formatted(SEED, count, values));
                assertCounts(batch, expected);
                try (Arena arena = Arena.ofConfined()) {
                    for (MemoryKind kind : MemoryKind.values()) {
                        Predictions predictions = type.view(kind.copy(batch.memory, arena));
                        for (LongFunction<Targets> targets : targets(batch, kind, arena)) {
                            String what =
                                    "seed %d, %d elements of %s in %s memory".formatted(SEED, count, values, kind);
                            assertEquals(expected, evaluator.evaluate(predictions, targets.apply(count)), what);
                            assertEquals(
                                    expected.mean(Loss.mnist()), loss.mean(predictions, targets.apply(count)), what);
                        }
                    }
                }
            }
        }
    }

    private static void assertCounts(TypedBatch batch, Evaluation evaluation) {
        long truePositives = IntStream.range(0, batch.count)
                .filter(i -> batch.isPositive(i) && batch.values[i] > 0.5)
                .count();
        long above = Arrays.stream(batch.values).filter(value -> value > 0.5).count();
        assertThat(evaluation.truePositives()).isEqualTo(truePositives);
        assertThat(evaluation.falsePositives()).isEqualTo(above - truePositives);
        assertThat(evaluation.count()).isEqualTo(batch.count);
        assertThat(evaluation.weightSum()).isEqualTo(batch.count);
    }

    /** The same targets in all types. */
    private static List<LongFunction<Targets>> targets(TypedBatch batch, MemoryKind kind, Arena arena) {
        int n = batch.count;
        int[] ints = new int[n];
        long[] longs = new long[n];
        float[] floats = new float[n];
        double[] doubles = new double[n];
        byte[] bits = new byte[n / 8 + 2];
        for (int i = 0; i < n; i++) {
            ints[i] = batch.targets[i];
            longs[i] = batch.targets[i];
            floats[i] = batch.targets[i];
            doubles[i] = batch.targets[i];
            bits[(i + 5) / 8] |= (byte) ((batch.isPositive(i) ? 1 : 0) << (i + 5) % 8);
        }
        return List.of(
                count -> Targets.of(kind.copy(MemorySegment.ofArray(batch.targets), arena), ElementType.UINT8),
                count -> Targets.of(kind.copy(MemorySegment.ofArray(ints), arena), ElementType.INT32),
                count -> Targets.of(kind.copy(MemorySegment.ofArray(longs), arena), ElementType.INT64),
                count -> Targets.of(kind.copy(MemorySegment.ofArray(floats), arena), ElementType.FLOAT32),
                count -> Targets.of(kind.copy(MemorySegment.ofArray(doubles), arena), ElementType.FLOAT64),
                count -> Targets.ofBits(kind.copy(MemorySegment.ofArray(bits), arena), 5, count));
    }

    @ParameterizedTest
    @EnumSource
    void elementsCanBeRead(FloatType type) {
        TypedBatch batch = TypedBatch.random(type, RandomBatch.Values.ANY_FINITE, 1000, SEED);
        Predictions slice = batch.predictions().slice(3, 997);
        for (int i = 0; i < slice.count(); i++) {
            assertThat(slice.get(i)).as("[%d]", i).isEqualTo(batch.values[i + 3]);
        }
        assertThat(type.view(type.memory(Double.NaN)).get(0)).isNaN();
        assertThatThrownBy(() -> slice.get(997)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> slice.get(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest
    @EnumSource
    void nanAndInfinities(FloatType type) {
        double inf = Double.POSITIVE_INFINITY;
        for (double[] special : new double[][] {{Double.NaN}, {inf}, {-inf}, {inf, -inf}, {inf, inf}}) {
            for (int at : new int[] {0, 63, 4095, 4998}) {
                double[] values = TypedBatch.random(type, RandomBatch.Values.UNIT, 5000, SEED).values;
                System.arraycopy(special, 0, values, at, special.length);
                TypedBatch batch = new TypedBatch(type, values, new byte[5000]);
                Evaluation evaluation = evaluator.evaluate(batch.predictions(), batch.targets());
                assertMatches(batch.reference(), evaluation, "%s at %d".formatted(Arrays.toString(special), at));
            }
        }
    }

    /** All values of the types of 16 bits, and many of the others. */
    @ParameterizedTest
    @EnumSource
    void distancesAreRoundedToTheType(FloatType type) {
        int count = 1 << 16;
        double[] values = TypedBatch.random(type, RandomBatch.Values.ANY_FINITE, count, SEED).values;
        double[] unit = TypedBatch.random(type, RandomBatch.Values.CONFIDENT, count / 2, SEED).values;
        System.arraycopy(unit, 0, values, 0, unit.length);
        MemorySegment memory = type.memory(values);
        if (type.bytes == 2) {
            short[] all = new short[count];
            for (int i = 0; i < count; i++) {
                all[i] = (short) i;
            }
            memory = MemorySegment.ofArray(all);
            values = type.values(memory);
        }
        byte[] ones = new byte[count];
        Arrays.fill(ones, (byte) 1);
        double[] complements = Arrays.stream(values)
                .map(value -> Double.isFinite(value) ? ExactReference.complement(value, type) : 1 - value)
                .toArray();
        for (Loss some : List.of(loss, loss.threads(2))) {
            MemorySegment distances = type.memory(new double[count]);
            some.values(type.view(memory), Targets.of(new byte[count]), distances);
            assertThat(distances.mismatch(memory)).as("copies").isEqualTo(-1);
            some.values(type.view(memory), Targets.of(ones), distances);
            assertArrayEquals(complements, type.values(distances), "seed " + SEED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void distancesMayReplaceThePredictions(FloatType type) {
        for (int count : new int[] {1000, RandomBatch.OF_THREE_THREADS}) {
            TypedBatch batch = TypedBatch.random(type, RandomBatch.Values.MIXED, count, SEED);
            MemorySegment expected = type.memory(new double[count]);
            loss.values(batch.predictions(), batch.targets(), expected);
            loss.threads(2).values(batch.predictions(), batch.targets(), batch.memory);
            assertThat(batch.memory.mismatch(expected)).as("seed " + SEED).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void strictModeRefusesTheNextValues(FloatType type) {
        double least = type.nextUp(0);
        for (double allowed : new double[] {0, -0.0, least, 1}) {
            assertEquals(allowed + 0.0, loss.strict().sum(type.view(type.memory(allowed)), Targets.of(new byte[1])));
        }
        for (double bad : new double[] {-least, type.nextUp(1), Double.NaN, Double.NEGATIVE_INFINITY}) {
            for (int count : new int[] {3, RandomBatch.OF_THREE_THREADS}) {
                double[] values = new double[count];
                values[count - 1] = bad;
                Predictions predictions = type.view(type.memory(values));
                StrictModeException e = catchThrowableOfType(
                        StrictModeException.class, () -> loss.strict().mean(predictions, Targets.of(new byte[count])));
                assertThat(e).as("%s refused", bad).isNotNull();
                assertThat(e.argument()).isEqualTo(Argument.PREDICTIONS);
                assertThat(e.index()).isEqualTo(count - 1);
                assertEquals(bad, e.value());
            }
        }
    }

    @Test
    void arraysAndRanges() {
        short[] halves = {0, Float.floatToFloat16(0.25f), Float.floatToFloat16(0.5f), 0};
        short[] brains = {
            0, (short) (Float.floatToIntBits(0.25f) >>> 16), (short) (Float.floatToIntBits(0.5f) >>> 16), 0
        };
        double[] doubles = {0, 0.25, 0.5, 0};
        Targets targets = Targets.of(new byte[] {0, 1, 0, 0});
        for (Predictions whole : List.of(
                Predictions.of(doubles),
                Predictions.of(MemorySegment.ofArray(halves), ElementType.FLOAT16),
                Predictions.of(MemorySegment.ofArray(brains), ElementType.BFLOAT16))) {
            assertThat(whole.count()).isEqualTo(4);
            assertThat(loss.sum(whole, targets)).isEqualTo(1.25);
            assertThat(loss.sum(whole.slice(2, 1), targets.slice(1, 1))).isEqualTo(0.5);
        }
    }

    /** A type that is known at run time only. */
    @ParameterizedTest
    @EnumSource
    void typesAreCheckedAtRunTime(ElementType type) {
        MemorySegment memory = MemorySegment.ofArray(new long[2]);
        if (type.compareTo(ElementType.FLOAT64) <= 0) {
            assertThat(Predictions.of(memory, type).type()).isEqualTo(type);
            assertThat(Predictions.of(memory, type).count()).isEqualTo(16 * 8 / type.bits());
            assertThat(Predictions.allocate(3, type, Arena.ofAuto()).type()).isEqualTo(type);
        } else {
            String message = "predictions are of FLOAT16, BFLOAT16, FLOAT32 or FLOAT64, not " + type;
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Predictions.of(memory, type))
                    .withMessage(message);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Predictions.allocate(3, type, Arena.ofAuto()))
                    .withMessage(message);
        }
        if (type == ElementType.FLOAT16 || type == ElementType.BFLOAT16) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Targets.of(memory, type))
                    .withMessage("targets are of UINT8, INT8, INT32, INT64, FLOAT32, FLOAT64 or BITS, not " + type);
        } else {
            assertThat(Targets.of(memory, type).type()).isEqualTo(type);
            assertThat(Targets.of(memory, type).count()).isEqualTo(16 * 8 / type.bits());
            assertThat(Targets.allocate(3, type, Arena.ofAuto()).count()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void sizesThatDoNotFitAreRefused(FloatType type) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[2 * type.bytes - 1]);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> type.view(bytes))
                .withMessage(
                        "a segment of %d bytes holds no whole number of %s elements of %d bytes",
                        bytes.byteSize(), type, type.bytes);
    }
}
