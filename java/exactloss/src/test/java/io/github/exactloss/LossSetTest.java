// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Evaluations and accumulators of any set of losses: each loss has the bits that it has alone. */
class LossSetTest {
    private static final long SEED = 41;
    private static final List<Loss> LOSSES = List.of(Loss.mnist(), Loss.brier(), Loss.log());

    /** All sets but the empty one. */
    private static List<Evaluator> evaluators() {
        return IntStream.range(1, 1 << LOSSES.size())
                .mapToObj(set -> IntStream.range(0, LOSSES.size())
                        .filter(loss -> (set >> loss & 1) == 1)
                        .mapToObj(LOSSES::get)
                        .toList())
                .map(set -> Evaluator.of(
                                set.getFirst(), set.subList(1, set.size()).toArray(Loss[]::new))
                        .threshold(0.25))
                .toList();
    }

    private static List<Accumulator> accumulators(Evaluator evaluator) {
        return List.of(
                evaluator.newAccumulator(),
                evaluator.newConcurrentAccumulator(),
                evaluator.newWindow(Duration.ofDays(1), 3));
    }

    private static Evaluator alone(Loss loss, Evaluator evaluator) {
        Evaluator alone = Evaluator.of(loss).threshold(evaluator.threshold());
        Evaluator logits = evaluator.isFromLogits() ? alone.fromLogits() : alone;
        return evaluator.isClamped() ? logits.clamp() : logits;
    }

    /** Has the bits of the losses alone, and refuses to give any other. */
    private static void assertMatches(Evaluator evaluator, Batch batch, Evaluation actual, String what) {
        assertThat(actual.losses()).isEqualTo(evaluator.losses());
        for (Loss loss : LOSSES) {
            if (evaluator.losses().contains(loss)) {
                Evaluation expected = alone(loss, evaluator).evaluate(batch);
                assertEquals(expected.mean(loss), actual.mean(loss), what);
                assertEquals(expected.sum(loss), actual.sum(loss), what);
                assertEquals(expected.meanAsFloat(loss), actual.meanAsFloat(loss), what);
                assertEquals(expected.sumAsFloat(loss), actual.sumAsFloat(loss), what);
                assertEquals(expected.nanCount(loss), actual.nanCount(loss), what);
                assertEquals(expected.infiniteCount(loss), actual.infiniteCount(loss), what);
                assertEquals(expected.weightSum(), actual.weightSum(), what);
                assertEquals(expected.f1(), actual.f1(), what);
            } else {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> actual.mean(loss))
                        .withMessage(
                                "the evaluation has no loss %s, only %s",
                                loss.name(), Evaluator.names(evaluator.losses()));
            }
        }
    }

    private static List<Batch> batches(FloatType type, int count) {
        Batch batch =
                TypedBatch.random(type, RandomBatch.Values.UNIT, count, SEED).batch();
        float[] weights = RandomBatch.random(RandomBatch.Values.UNIT, count, SEED + 1).predictions;
        return List.of(batch, batch.weights(Weights.of(weights)));
    }

    @ParameterizedTest
    @EnumSource
    void inOnePassAndInPieces(FloatType type) {
        for (int count : new int[] {0, 100, 5000, RandomBatch.OF_THREE_THREADS}) {
            for (Batch batch : batches(type, count)) {
                for (Evaluator evaluator : evaluators()) {
                    for (Evaluator some : List.of(evaluator, evaluator.fromLogits(), evaluator.clamp())) {
                        String what = "seed %d, %s of %s, %s".formatted(SEED, batch, type, some);
                        Evaluation evaluation = some.evaluate(batch);
                        assertMatches(some, batch, evaluation, what);
                        assertThat(some.threads(3).evaluate(batch)).as(what).isEqualTo(evaluation);
                    }
                }
            }
        }
    }

    @Test
    void accumulated() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (Batch batch : batches(FloatType.FLOAT32, 20_000)) {
            for (Evaluator evaluator : evaluators()) {
                Evaluation expected = evaluator.evaluate(batch);
                for (Accumulator accumulator : accumulators(evaluator)) {
                    Accumulator other = evaluator.newAccumulator();
                    for (long from = 0, length; from < batch.count(); from += length) {
                        length = Math.min(random.nextInt(1, 9000), batch.count() - from);
                        (random.nextBoolean() ? accumulator : other).add(batch.slice(from, length));
                    }
                    accumulator.merge(other);
                    assertThat(accumulator.evaluate())
                            .as("seed %d, %s", SEED, accumulator)
                            .isEqualTo(expected);
                    byte[] bytes = accumulator.toBytes();
                    assertThat(evaluator.accumulatorFromBytes(bytes).toBytes()).isEqualTo(bytes);
                    assertThat(accumulator.copy().evaluate()).isEqualTo(expected);
                    assertThat(accumulator.drain().evaluate()).isEqualTo(expected);
                    assertThat(accumulator.evaluate().losses()).isEqualTo(evaluator.losses());
                    assertThat(accumulator.evaluate().count()).isZero();
                }
            }
        }
    }

    @Test
    void rows() {
        for (int columns : new int[] {7, 3000, 2 * 131_072 + 1}) {
            Rows shape = Rows.of(3, columns);
            for (Batch batch : batches(FloatType.FLOAT32, 3 * columns)) {
                for (Evaluator evaluator : evaluators()) {
                    List<Accumulator> accumulators = new ArrayList<>();
                    for (int row = 0; row < 3; row++) {
                        accumulators.add(evaluator.newAccumulator());
                    }
                    Accumulator.addRows(accumulators, batch, shape);
                    List<Evaluation> evaluations = evaluator.evaluateRows(batch, shape);
                    assertThat(evaluator.threads(3).evaluateRows(batch, shape)).isEqualTo(evaluations);
                    for (int row = 0; row < 3; row++) {
                        Evaluation expected = evaluator.evaluate(batch.slice((long) row * columns, columns));
                        assertThat(evaluations.get(row)).as("seed %d", SEED).isEqualTo(expected);
                        assertThat(accumulators.get(row).evaluate()).isEqualTo(expected);
                        for (Loss loss : evaluator.losses()) {
                            assertEquals(expected.mean(loss), loss.meanOfRows(batch, shape)[row]);
                            assertEquals(expected.sum(loss), loss.sumOfRows(batch, shape)[row]);
                        }
                    }
                }
            }
        }
    }

    /** The gradient of one of the losses, while all are accumulated. */
    @Test
    void withTheGradientOfOne() {
        for (int count : new int[] {500, RandomBatch.OF_THREE_THREADS}) {
            for (Batch batch : batches(FloatType.FLOAT32, count)) {
                for (Evaluator evaluator : evaluators()) {
                    for (Loss loss : evaluator.losses()) {
                        assertGradient(evaluator, loss, batch);
                        assertGradient(evaluator.fromLogits(), loss.fromLogits(), batch);
                        assertGradient(evaluator.clamp().threads(3), loss.clamp(), batch);
                    }
                }
            }
        }
    }

    private static void assertGradient(Evaluator evaluator, Loss loss, Batch batch) {
        float[] expected = new float[(int) batch.count()];
        loss.gradient(batch, 1.7, batch.count(), MemorySegment.ofArray(expected));
        float[] gradient = new float[expected.length];
        Accumulator accumulator = evaluator.newAccumulator();
        accumulator.addWithGradient(loss, batch, 1.7, batch.count(), MemorySegment.ofArray(gradient));
        String what = "seed %d, %s of %s, %s".formatted(SEED, loss, batch, evaluator);
        assertThat(gradient).as(what).isEqualTo(expected);
        assertThat(accumulator.evaluate()).as(what).isEqualTo(evaluator.evaluate(batch));
    }

    @Test
    void ofDifferentSetsDoNotMerge() {
        for (Evaluator evaluator : evaluators()) {
            for (Evaluator other : evaluators()) {
                if (!other.losses().equals(evaluator.losses())) {
                    String message = "an accumulator of %s can't take in one of %s"
                            .formatted(Evaluator.names(evaluator.losses()), Evaluator.names(other.losses()));
                    for (Accumulator accumulator : accumulators(evaluator)) {
                        assertThatIllegalArgumentException()
                                .isThrownBy(() -> accumulator.merge(other.newConcurrentAccumulator()))
                                .withMessage(message);
                    }
                    assertThatIllegalArgumentException()
                            .isThrownBy(() -> evaluator.accumulatorFromBytes(
                                    other.newAccumulator().toBytes()))
                            .withMessage(message);
                }
            }
        }
        assertThat(Evaluator.names(LOSSES)).isEqualTo("mnist, brier, log");
    }

    @Test
    void theGradientMustBeOfItsLosses() {
        Accumulator accumulator = Evaluator.of(Loss.mnist(), Loss.log()).clamp().newAccumulator();
        Batch batch = batches(FloatType.FLOAT32, 3).getFirst();
        for (Loss loss :
                List.of(Loss.brier().clamp(), Loss.log(), Loss.log().clamp().strict())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> accumulator.addWithGradient(loss, batch, 1, 3, MemorySegment.ofArray(new float[3])))
                    .withMessage("%s does not fit Evaluator[mnist, log, threshold=0.5, clamped]", loss);
        }
        assertThat(accumulator.evaluate().count()).isZero();
    }

    @Test
    void strictModeRefusesForAll() {
        Evaluator evaluator =
                Evaluator.of(Loss.mnist(), Loss.brier(), Loss.log()).strict();
        Batch batch = Batch.of(Predictions.of(new float[] {0.5f, 1.5f}), Targets.of(new byte[2]));
        for (Accumulator accumulator : accumulators(evaluator)) {
            assertThatThrownBy(() -> accumulator.add(batch)).isInstanceOf(StrictModeException.class);
            assertThat(accumulator.evaluate().count()).isZero();
        }
    }

    /** The order in which they are named does not matter, nor does naming one twice. */
    @Test
    void areSets() {
        assertThat(Evaluator.of(Loss.log(), Loss.mnist(), Loss.log()))
                .isEqualTo(Evaluator.of(Loss.mnist(), Loss.log()))
                .hasToString("Evaluator[mnist, log, threshold=0.5]");
        assertThat(Evaluator.of(Loss.log()).clamp()).isNotEqualTo(Evaluator.of(Loss.log()));
        assertThat(Evaluator.of(Loss.log().clamp()).isClamped()).isTrue();
    }
}
