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

/** What must be refused is, with an exception that says why, before anything is written. */
class BadInputTest {
    private final MnistLoss loss = MnistLoss.create();
    private final float[] output = {42, 42, 42};

    private List<BiConsumer<Predictions, Targets>> operations() {
        MemorySegment distances = MemorySegment.ofArray(output);
        return List.of(
                loss::mean,
                loss::sum,
                loss::evaluate,
                (predictions, targets) -> loss.none(predictions, targets, distances),
                (predictions, targets) -> loss.gradient(predictions, targets, Reduction.SUM, 1, distances),
                (predictions, targets) -> loss.lossAndGradient(predictions, targets, Reduction.SUM, 1, distances),
                (predictions, targets) -> loss.mean(predictions, targets, Weights.of(output)),
                (predictions, targets) -> loss.sum(predictions, targets, Weights.of(output)),
                (predictions, targets) -> loss.evaluate(predictions, targets, Weights.of(output)));
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
    @ValueSource(longs = {3, Batch.OF_THREE_THREADS})
    void closedArenas(long count) {
        Predictions predictions;
        Targets targets;
        try (Arena arena = Arena.ofShared()) {
            predictions = Predictions.allocate(count, arena);
            targets = Targets.allocate(count, arena);
        }
        Predictions open = Predictions.of(new float[(int) count]);
        Targets labels = Targets.of(new byte[(int) count]);
        MemorySegment gradient = MemorySegment.ofArray(new float[(int) count]);
        Weights weights = Weights.ofFloats(predictions.segment());
        Rows rows = Rows.of(3, count / 3);
        for (MnistLoss some : List.of(loss, loss.strict(), loss.threads(2))) {
            assertThatIllegalStateException().isThrownBy(() -> some.mean(predictions, targets));
            assertThatIllegalStateException().isThrownBy(() -> some.evaluate(open, targets));
            assertThatIllegalStateException().isThrownBy(() -> some.none(open, targets, open.segment()));
            assertThatIllegalStateException().isThrownBy(() -> some.gradient(targets, open.segment()));
            assertThatIllegalStateException().isThrownBy(() -> some.gradient(labels, predictions.segment()));
            for (ThrowingCallable call : List.<ThrowingCallable>of(
                    () -> some.mean(open, labels, weights),
                    () -> some.sum(open, labels, weights),
                    () -> some.evaluate(open, labels, weights),
                    () -> some.meanRows(predictions, labels, rows),
                    () -> some.sumRows(open, targets, rows),
                    () -> some.evaluateRows(open, targets, rows),
                    () -> some.lossAndGradient(predictions, labels, Reduction.MEAN, 1, gradient),
                    () -> some.lossAndGradient(open, labels, Reduction.MEAN, 1, predictions.segment()),
                    () -> some.logits().gradient(predictions, labels, Reduction.MEAN, 1, gradient))) {
                assertThatIllegalStateException().isThrownBy(call);
            }
        }
        try (LossAccumulator accumulator = LossAccumulator.create()) {
            assertThatIllegalStateException().isThrownBy(() -> accumulator.add(predictions, targets));
            assertThatIllegalStateException().isThrownBy(() -> accumulator.add(open, labels, weights));
            assertThatIllegalStateException()
                    .isThrownBy(() -> accumulator.addWithGradient(predictions, labels, 1, count, gradient));
            assertThat(accumulator.result().count()).isZero();
        }
    }

    @Test
    void memoryOfAnotherThread() {
        try (Arena arena = Arena.ofConfined()) {
            Predictions confined = Predictions.allocate(3, arena);
            Predictions predictions = Predictions.of(new float[3]);
            Targets targets = Targets.of(new byte[3]);
            MemorySegment distances = MemorySegment.ofArray(output);
            for (Runnable call : List.<Runnable>of(
                    () -> loss.mean(confined, targets),
                    () -> loss.mean(predictions, targets, Weights.ofFloats(confined.segment())),
                    () -> loss.meanRows(confined, targets, Rows.of(1, 3)),
                    () -> loss.lossAndGradient(confined, targets, Reduction.MEAN, 1, distances),
                    () -> loss.none(predictions, targets, confined.segment()),
                    () -> Elementwise.sigmoid(confined, distances),
                    () -> Elementwise.where(Condition.of(new byte[3]), confined.segment(), distances, 4, distances))) {
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
        assertRefused("the output is read-only", () -> loss.none(predictions, targets, readOnly));
        assertRefused("the output is read-only", () -> loss.gradient(targets, readOnly));
        MemorySegment tooSmall = MemorySegment.ofArray(output).asSlice(1);
        String message = "the output has 11 bytes, too few for 3 elements of 4 bytes";
        assertRefused(message, () -> loss.none(predictions, targets, tooSmall));
        assertRefused(message, () -> loss.gradient(targets, tooSmall));
        assertRefused(message, () -> loss.gradient(predictions, targets, Reduction.SUM, 1, tooSmall));
        Predictions doubles = Predictions.of(new double[3]);
        Predictions halves = Predictions.ofFloat16(new short[6]);
        message = "the output has 12 bytes, too few for 3 elements of 8 bytes";
        assertRefused(message, () -> loss.none(doubles, targets, MemorySegment.ofArray(output)));
        assertRefused(
                message, () -> loss.lossAndGradient(doubles, targets, Reduction.SUM, 1, MemorySegment.ofArray(output)));
        assertRefused(
                "the output has 11 bytes, too few for 6 elements of 2 bytes",
                () -> loss.lossAndGradient(halves, Targets.of(new byte[6]), Reduction.SUM, 1, tooSmall));
    }

    @Test
    void overlaps() {
        try (Arena arena = Arena.ofConfined()) {
            List<MemorySegment> memories = List.of(MemorySegment.ofArray(new float[8]), arena.allocate(32));
            for (MemorySegment memory : memories) {
                Predictions predictions = Predictions.ofFloats(memory.asSlice(4, 12));
                Targets floats = Targets.ofFloats(memory.asSlice(4, 12));
                Targets bytes = Targets.ofBytes(memory.asSlice(16, 3));
                String message = "the output overlaps an input";
                List<ThrowingCallable> calls = new ArrayList<>();
                calls.add(() -> loss.none(predictions, Targets.of(new byte[3]), memory));
                calls.add(() -> loss.none(predictions, Targets.of(new byte[3]), memory.asSlice(8, 12)));
                calls.add(() -> loss.none(predictions, floats, memory.asSlice(4, 12)));
                calls.add(() -> loss.none(Predictions.of(new float[3]), bytes, memory.asSlice(8, 12)));
                calls.add(() -> loss.gradient(floats, memory.asSlice(4, 12)));
                Targets apart = Targets.of(new byte[3]);
                calls.add(() -> loss.lossAndGradient(predictions, apart, Reduction.SUM, 1, memory));
                calls.add(() -> loss.lossAndGradient(
                        Predictions.of(new float[3]), floats, Reduction.SUM, 1, memory.asSlice(4, 12)));
                // In place, but what it would add to is what it reads.
                MnistLoss adding = loss.accumulateGradients();
                calls.add(() -> adding.lossAndGradient(predictions, apart, Reduction.SUM, 1, memory.asSlice(4, 12)));
                calls.add(() -> adding.gradient(predictions, apart, Reduction.SUM, 1, memory.asSlice(4, 12)));
                for (ThrowingCallable call : calls) {
                    assertRefused(message, call);
                }
            }
        }
    }

    @Test
    void options() {
        assertRefused("threads must be at least 1, not 0", () -> loss.threads(0));
        assertRefused("the threshold is NaN", () -> loss.threshold(Double.NaN));
    }

    @Test
    void views() {
        MemorySegment six = MemorySegment.ofArray(new byte[6]);
        String message = "a segment of 6 bytes holds no whole number of FLOAT32 elements of 4 bytes";
        assertRefused(message, () -> Predictions.ofFloats(six));
        assertRefused(message, () -> Targets.ofFloats(six));
        assertRefused(message, () -> Weights.ofFloats(six));
        message = "a count of -1 is negative or too large";
        assertRefused(message, () -> Predictions.allocate(-1, Arena.ofAuto()));
        assertRefused(message, () -> Targets.allocate(-1, Arena.ofAuto()));
        assertRefused(message, () -> Weights.allocate(-1, Arena.ofAuto()));
        message = "a count of %d is negative or too large".formatted(1L << 61);
        assertRefused(message, () -> Predictions.allocate(1L << 61, Arena.ofAuto()));
        Predictions predictions = Predictions.of(new float[6]);
        Targets targets = Targets.of(new byte[6]);
        for (long[] range : new long[][] {{-1, 2}, {0, 7}, {6, 1}, {2, -1}, {Long.MAX_VALUE, 1}, {1, Long.MAX_VALUE}}) {
            assertOutOfBounds(() -> predictions.slice(range[0], range[1]));
            assertOutOfBounds(() -> targets.slice(range[0], range[1]));
            int from = (int) range[0];
            assertOutOfBounds(() -> Predictions.of(new float[6], from, from + (int) range[1]));
            assertOutOfBounds(() -> Predictions.of(new double[6], from, from + (int) range[1]));
            assertOutOfBounds(() -> Predictions.ofFloat16(new short[6], from, from + (int) range[1]));
            assertOutOfBounds(() -> Predictions.ofBfloat16(new short[6], from, from + (int) range[1]));
            assertOutOfBounds(() -> Weights.of(new float[6], from, from + (int) range[1]));
            assertOutOfBounds(() -> Targets.of(new byte[6], from, from + (int) range[1]));
            assertOutOfBounds(() -> Targets.of(new float[6], from, from + (int) range[1]));
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
