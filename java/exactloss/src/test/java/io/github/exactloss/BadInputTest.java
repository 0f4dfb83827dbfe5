// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input is refused with an exception that says why, before anything is written. */
class BadInputTest {
    private final Loss loss = Loss.mnist();
    private final float[] output = {42, 42, 42};

    private List<BiConsumer<Predictions, Targets>> operations() {
        MemorySegment distances = MemorySegment.ofArray(output);
        return List.of(
                loss::mean,
                loss::sum,
                Evaluator.of(loss)::evaluate,
                (predictions, targets) -> loss.values(predictions, targets, distances),
                (predictions, targets) -> loss.gradient(Batch.of(predictions, targets), 1, 1, distances),
                (predictions, targets) -> loss.sumAndGradient(Batch.of(predictions, targets), 1, distances),
                (predictions, targets) ->
                        loss.mean(Batch.of(predictions, targets).weights(Weights.of(output))),
                (predictions, targets) ->
                        loss.sum(Batch.of(predictions, targets).weights(Weights.of(output))),
                (predictions, targets) -> Evaluator.of(loss)
                        .evaluate(Batch.of(predictions, targets).weights(Weights.of(output))));
    }

    private void assertRefused(String message, ThrowingCallable call) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
        assertArrayEquals(new float[] {42, 42, 42}, output);
    }

    @Test
    void countsThatDiffer() {
        Predictions predictions = Predictions.of(new float[3]);
        for (BiConsumer<Predictions, Targets> operation : operations()) {
            assertRefused("3 predictions, but 4 targets", () -> operation.accept(predictions, Targets.of(new byte[4])));
            assertRefused(
                    "3 predictions, but 0 targets", () -> operation.accept(predictions, Targets.of(new float[0])));
        }
        assertRefused("3 predictions, but 4 targets", () -> loss.mean(new float[3], new byte[4]));
        assertRefused("3 predictions, but 0 targets", () -> loss.sum(new float[3], new byte[0]));
    }

    @Test
    void arraysThatAreNull() {
        assertThatNullPointerException().isThrownBy(() -> loss.mean(null, new byte[3]));
        assertThatNullPointerException().isThrownBy(() -> loss.sum(new float[3], null));
    }

    @ParameterizedTest
    @ValueSource(longs = {3, RandomBatch.OF_THREE_THREADS})
    void closedArenas(long count) {
        Predictions predictions;
        Targets targets;
        try (Arena arena = Arena.ofShared()) {
            predictions = Predictions.allocate(count, ElementType.FLOAT32, arena);
            targets = Targets.allocate(count, ElementType.UINT8, arena);
        }
        Predictions open = Predictions.of(new float[(int) count]);
        Targets labels = Targets.of(new byte[(int) count]);
        MemorySegment gradient = MemorySegment.ofArray(new float[(int) count]);
        Weights weights = Weights.of(predictions.segment());
        Rows rows = Rows.of(3, count / 3);
        for (Loss some : List.of(loss, loss.strict(), loss.threads(2))) {
            assertThatIllegalStateException().isThrownBy(() -> some.mean(predictions, targets));
            assertThatIllegalStateException()
                    .isThrownBy(() -> Evaluator.of(some).evaluate(open, targets));
            assertThatIllegalStateException().isThrownBy(() -> some.values(open, targets, open.segment()));
            assertThatIllegalStateException().isThrownBy(() -> some.gradient(open, targets, open.segment()));
            assertThatIllegalStateException().isThrownBy(() -> some.gradient(open, labels, predictions.segment()));
            for (ThrowingCallable call : List.<ThrowingCallable>of(
                    () -> some.mean(Batch.of(open, labels).weights(weights)),
                    () -> some.sum(Batch.of(open, labels).weights(weights)),
                    () -> Evaluator.of(some).evaluate(Batch.of(open, labels).weights(weights)),
                    () -> some.meanOfRows(predictions, labels, rows),
                    () -> some.sumOfRows(open, targets, rows),
                    () -> Evaluator.of(some).evaluateRows(open, targets, rows),
                    () -> some.meanAndGradient(Batch.of(predictions, labels), 1, gradient),
                    () -> some.meanAndGradient(Batch.of(open, labels), 1, predictions.segment()),
                    () -> some.fromLogits().gradient(Batch.of(predictions, labels), 1, 1, gradient))) {
                assertThatIllegalStateException().isThrownBy(call);
            }
        }
        Accumulator accumulator = Evaluator.of(loss).newAccumulator();
        assertThatIllegalStateException().isThrownBy(() -> accumulator.add(predictions, targets));
        assertThatIllegalStateException()
                .isThrownBy(() -> accumulator.add(Batch.of(open, labels).weights(weights)));
        assertThatIllegalStateException()
                .isThrownBy(() -> accumulator.addWithGradient(loss, Batch.of(predictions, labels), 1, count, gradient));
        assertThat(accumulator.evaluate().count()).isZero();
    }

    @Test
    void memoryOfAnotherThread() {
        try (Arena arena = Arena.ofConfined()) {
            Predictions confined = Predictions.allocate(3, ElementType.FLOAT32, arena);
            Predictions predictions = Predictions.of(new float[3]);
            Targets targets = Targets.of(new byte[3]);
            MemorySegment distances = MemorySegment.ofArray(output);
            for (Runnable call : List.<Runnable>of(
                    () -> loss.mean(confined, targets),
                    () -> loss.mean(Batch.of(predictions, targets).weights(Weights.of(confined.segment()))),
                    () -> loss.meanOfRows(confined, targets, Rows.of(1, 3)),
                    () -> loss.meanAndGradient(Batch.of(confined, targets), 1, distances),
                    () -> loss.values(predictions, targets, confined.segment()),
                    () -> ArrayOperations.sigmoid(confined, distances),
                    () -> ArrayOperations.where(
                            Condition.of(new byte[3]), confined.segment(), distances, 4, distances))) {
                assertThatExceptionOfType(CompletionException.class)
                        .isThrownBy(() -> CompletableFuture.runAsync(call).join())
                        .withCauseInstanceOf(WrongThreadException.class);
            }
            assertThat(output).containsOnly(42);
        }
    }

    @Test
    void outputs() {
        Predictions predictions = Predictions.of(new float[3]);
        Targets targets = Targets.of(new byte[3]);
        MemorySegment readOnly = MemorySegment.ofArray(output).asReadOnly();
        assertRefused("the output is read-only", () -> loss.values(predictions, targets, readOnly));
        assertRefused("the output is read-only", () -> loss.gradient(predictions, targets, readOnly));
        MemorySegment tooSmall = MemorySegment.ofArray(output).asSlice(1);
        String message = "the output has 11 bytes, too few for 3 elements of 4 bytes";
        assertRefused(message, () -> loss.values(predictions, targets, tooSmall));
        assertRefused(message, () -> loss.gradient(predictions, targets, tooSmall));
        assertRefused(message, () -> loss.gradient(Batch.of(predictions, targets), 1, 1, tooSmall));
        Predictions doubles = Predictions.of(new double[3]);
        Predictions halves = Predictions.of(MemorySegment.ofArray(new short[6]), ElementType.FLOAT16);
        message = "the output has 12 bytes, too few for 3 elements of 8 bytes";
        assertRefused(message, () -> loss.values(doubles, targets, MemorySegment.ofArray(output)));
        assertRefused(message, () -> loss.sumAndGradient(Batch.of(doubles, targets), 1, MemorySegment.ofArray(output)));
        assertRefused(
                "the output has 11 bytes, too few for 6 elements of 2 bytes",
                () -> loss.sumAndGradient(Batch.of(halves, Targets.of(new byte[6])), 1, tooSmall));
    }

    @Test
    void overlaps() {
        try (Arena arena = Arena.ofConfined()) {
            List<MemorySegment> memories = List.of(MemorySegment.ofArray(new float[8]), arena.allocate(32));
            for (MemorySegment memory : memories) {
                Predictions predictions = Predictions.of(memory.asSlice(4, 12), ElementType.FLOAT32);
                Targets floats = Targets.of(memory.asSlice(4, 12), ElementType.FLOAT32);
                Targets bytes = Targets.of(memory.asSlice(16, 3), ElementType.UINT8);
                String message = "the output overlaps an input";
                List<ThrowingCallable> calls = new ArrayList<>();
                calls.add(() -> loss.values(predictions, Targets.of(new byte[3]), memory));
                calls.add(() -> loss.values(predictions, Targets.of(new byte[3]), memory.asSlice(8, 12)));
                calls.add(() -> loss.values(predictions, floats, memory.asSlice(4, 12)));
                calls.add(() -> loss.values(Predictions.of(new float[3]), bytes, memory.asSlice(8, 12)));
                calls.add(() -> loss.gradient(Predictions.of(new float[3]), floats, memory.asSlice(4, 12)));
                Targets apart = Targets.of(new byte[3]);
                calls.add(() -> loss.sumAndGradient(Batch.of(predictions, apart), 1, memory));
                calls.add(() ->
                        loss.sumAndGradient(Batch.of(Predictions.of(new float[3]), floats), 1, memory.asSlice(4, 12)));
                // In place is refused here: it would add to its own input.
                Loss adding = loss.accumulateGradients();
                calls.add(() -> adding.sumAndGradient(Batch.of(predictions, apart), 1, memory.asSlice(4, 12)));
                calls.add(() -> adding.gradient(Batch.of(predictions, apart), 1, 1, memory.asSlice(4, 12)));
                for (ThrowingCallable call : calls) {
                    assertRefused(message, call);
                }
            }
        }
    }

    @Test
    void options() {
        assertRefused("threads must be at least 1, not 0", () -> loss.threads(0));
        assertRefused("the threshold is NaN", () -> Evaluator.of(loss).threshold(Double.NaN));
    }

    @Test
    void views() {
        MemorySegment six = MemorySegment.ofArray(new byte[6]);
        String message = "a segment of 6 bytes holds no whole number of FLOAT32 elements of 4 bytes";
        assertRefused(message, () -> Predictions.of(six, ElementType.FLOAT32));
        assertRefused(message, () -> Targets.of(six, ElementType.FLOAT32));
        assertRefused(message, () -> Weights.of(six));
        message = "a count of -1 is negative or too large";
        assertRefused(message, () -> Predictions.allocate(-1, ElementType.FLOAT32, Arena.ofAuto()));
        assertRefused(message, () -> Targets.allocate(-1, ElementType.UINT8, Arena.ofAuto()));
        assertRefused(message, () -> Weights.allocate(-1, Arena.ofAuto()));
        Batch batch = Batch.of(Predictions.of(new float[3]), Targets.of(new byte[3]));
        assertRefused("3 predictions, but 2 weights", () -> batch.weights(Weights.of(new float[2])));
        assertRefused(
                "3 predictions, but 4 targets", () -> Batch.of(Predictions.of(new float[3]), Targets.of(new byte[4])));
        message = "a count of %d is negative or too large".formatted(1L << 61);
        assertRefused(message, () -> Predictions.allocate(1L << 61, ElementType.FLOAT32, Arena.ofAuto()));
        assertRefused(message, () -> ElementType.FLOAT64.bytes(1L << 61));
        assertRefused("a count of -1 is negative or too large", () -> ElementType.BITS.bytes(-1));
        assertThat(ElementType.BITS.bytes(Long.MAX_VALUE)).isEqualTo(1L << 60);
        assertThat(ElementType.FLOAT64.bytes(Long.MAX_VALUE / 64)).isEqualTo((1L << 60) - 8);
        Predictions predictions = Predictions.of(new float[6]);
        Targets targets = Targets.of(new byte[6]);
        for (long[] range : new long[][] {{-1, 2}, {0, 7}, {6, 1}, {2, -1}, {Long.MAX_VALUE, 1}, {1, Long.MAX_VALUE}}) {
            assertOutOfBounds(() -> predictions.slice(range[0], range[1]));
            assertOutOfBounds(() -> targets.slice(range[0], range[1]));
            assertOutOfBounds(() -> Weights.of(new float[6]).slice(range[0], range[1]));
            assertOutOfBounds(() -> Condition.of(new byte[6]).slice(range[0], range[1]));
            assertOutOfBounds(() -> Batch.of(predictions, targets).slice(range[0], range[1]));
        }
    }

    /** A pointer from C, as jextract's bindings give it. */
    @Test
    @SuppressWarnings("restricted") // to make such a pointer; only its first bytes are read
    void pointersWithoutASize() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(8).reinterpret(Long.MAX_VALUE);
            String message = "a segment of 9223372036854775807 bytes is larger than memory; give it its size by "
                    + "asSlice(0, bytes)";
            assertRefused(message, () -> Predictions.of(pointer, ElementType.FLOAT32));
            assertRefused(message, () -> Targets.of(pointer, ElementType.UINT8));
            assertRefused(message, () -> Targets.of(pointer, ElementType.BITS));
            assertRefused(message, () -> Weights.of(pointer));
            assertThat(Targets.ofBits(pointer, 3, 60).count()).isEqualTo(60);
        }
    }

    @Test
    void viewsSayWhatTheyAre() {
        Predictions predictions = Predictions.of(new float[6]);
        Targets targets = Targets.ofBits(MemorySegment.ofArray(new byte[3]), 11, 6);
        assertThat(predictions).hasToString("Predictions[float32 x 6, heap]");
        assertThat(targets).hasToString("Targets[bits x 6, heap]");
        assertThat(targets.bitOffset()).isEqualTo(3);
        assertThat(targets.slice(5, 1).bitOffset()).isZero();
        assertThat(Condition.of(new byte[2])).hasToString("Condition[uint8 x 2, heap]");
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.allocate(6, arena);
            assertThat(weights).hasToString("Weights[float32 x 6, off-heap]");
            Batch batch = Batch.of(predictions, targets);
            assertThat(batch).hasToString("Batch[Predictions[float32 x 6, heap], Targets[bits x 6, heap]]");
            assertThat(batch.weights()).isEmpty();
            assertThat(batch.weights(weights))
                    .hasToString("Batch[Predictions[float32 x 6, heap], Targets[bits x 6, heap], "
                            + "Weights[float32 x 6, off-heap]]");
            assertThat(batch.weights(weights)
                            .slice(1, 5)
                            .weights()
                            .orElseThrow()
                            .count())
                    .isEqualTo(5);
            assertThat(batch.weights(weights).count()).isEqualTo(6);
        }
    }

    @Test
    void messagesAreTheSameInEveryLanguage() {
        Locale usual = Locale.getDefault(Locale.Category.FORMAT);
        Locale.setDefault(Locale.Category.FORMAT, Locale.forLanguageTag("ar-EG"));
        try {
            Predictions predictions = Predictions.of(new float[3]);
            assertRefused("3 predictions, but 4 targets", () -> loss.sum(predictions, Targets.of(new byte[4])));
            assertThatExceptionOfType(StrictModeException.class)
                    .isThrownBy(() -> loss.strict().sum(predictions, Targets.of(new byte[] {0, 0, 7})))
                    .withMessage("targets[2] is 7.0, and strict mode allows only 0 and 1");
        } finally {
            Locale.setDefault(Locale.Category.FORMAT, usual);
        }
    }

    private static void assertOutOfBounds(ThrowingCallable call) {
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(call);
    }
}
