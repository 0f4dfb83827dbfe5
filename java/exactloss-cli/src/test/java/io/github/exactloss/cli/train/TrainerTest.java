// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Loss;
import io.github.exactloss.cli.train.Trainer.Settings;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {
    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    static List<Loss> losses() {
        return Stream.of(Loss.mnist(), Loss.brier(), Loss.log())
                .flatMap(loss -> Stream.of(loss, loss.fromLogits()))
                .toList();
    }

    /** Log teaches at least as well as mnist, whose slope is flat where a prediction is far off. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void drawnDigitsAreLearned(boolean logits) {
        DigitDataSet data = DrawnDigits.load(arena);
        Evaluation mnist = learn(data, from(logits, Loss.mnist()));
        Evaluation brier = learn(data, from(logits, Loss.brier()));
        Evaluation log = learn(data, from(logits, Loss.log()));
        assertThat(mnist.accuracy()).isGreaterThan(0.95);
        assertThat(brier.accuracy()).isGreaterThan(0.94);
        assertThat(log.accuracy()).isGreaterThanOrEqualTo(mnist.accuracy());
        assertThat(log.mean(Loss.log())).isLessThan(mnist.mean(Loss.log()));
    }

    /** The validation after 20 epochs. */
    private Evaluation learn(DigitDataSet data, Loss loss) {
        Epoch last = train(data, new Settings(256, 1, 42, loss), 20).getLast();
        assertThat(last.number()).isEqualTo(20);
        assertThat(last.training().count()).isEqualTo(data.training().count());
        assertThat(last.validation().count()).isEqualTo(data.validation().count());
        return last.validation();
    }

    private static Loss from(boolean logits, Loss loss) {
        return logits ? loss.fromLogits() : loss;
    }

    @ParameterizedTest
    @MethodSource("losses")
    void seedDecidesTheNumbers(Loss loss) {
        DigitDataSet data = DrawnDigits.load(arena);
        List<Epoch> first = train(data, new Settings(64, 1, 5, loss), 3);
        assertThat(train(data, new Settings(64, 1, 5, loss), 3)).isEqualTo(first);
        assertThat(train(data, new Settings(64, 1, 6, loss), 3)).isNotEqualTo(first);
    }

    /** Whatever is descended, every loss is told, of the same predictions. */
    @Test
    void everyEpochHasAllLosses() {
        DigitDataSet data = DrawnDigits.load(arena);
        for (Loss loss : losses()) {
            Epoch epoch = train(data, new Settings(3600, 1, 42, loss), 1).getFirst();
            List<Loss> all = List.of(Loss.mnist(), Loss.brier(), Loss.log());
            assertThat(epoch.training().losses()).isEqualTo(all);
            assertThat(epoch.validation().losses()).isEqualTo(all);
            // The one mini-batch is seen before its step, so it doesn't matter what is descended.
            Epoch other = train(data, new Settings(3600, 1, 42, from(loss.isFromLogits(), Loss.mnist())), 1)
                    .getFirst();
            assertThat(epoch.training()).isEqualTo(other.training());
        }
    }

    /** Two ways to the same gradient: through the sigmoid here, and fused in the library. Only roundings differ. */
    @Test
    void logitsTrainTheSameClassifier() {
        DigitDataSet data = DrawnDigits.load(arena);
        List<Epoch> predictions = train(data, new Settings(256, 1, 42, Loss.mnist()), 5);
        List<Epoch> logits = train(data, new Settings(256, 1, 42, Loss.mnist().fromLogits()), 5);
        assertThat(logits).isNotEqualTo(predictions);
        for (int i = 0; i < 5; i++) {
            Evaluation expected = predictions.get(i).validation();
            Evaluation actual = logits.get(i).validation();
            assertThat(actual.mean(Loss.mnist())).isCloseTo(expected.mean(Loss.mnist()), within(1e-6));
            assertThat(actual.accuracy()).isCloseTo(expected.accuracy(), within(0.002));
            assertThat(logits.get(i).training().mean(Loss.mnist()))
                    .isCloseTo(predictions.get(i).training().mean(Loss.mnist()), within(1e-6));
        }
    }

    @ParameterizedTest
    @CsvSource({"3600, 1", "3599, 2", "7, 515", "1, 3600", "2147483647, 1"})
    void everyDigitIsInOneBatch(int batchSize, int batches) {
        DigitDataSet data = DrawnDigits.load(arena);
        assertThat(data.training().count()).isEqualTo(3600);
        Trainer trainer =
                new Trainer(data, new Settings(batchSize, 0.1, 1, Loss.mnist().fromLogits()), arena);
        AtomicInteger steps = new AtomicInteger();
        Epoch epoch = trainer.epoch(steps::incrementAndGet);
        assertThat(trainer.batches()).isEqualTo(batches);
        assertThat(steps).hasValue(batches);
        assertThat(epoch.training().count()).isEqualTo(3600);
        assertThat(epoch.training().positives()).isEqualTo(1800);
    }

    @Test
    void drawnDigitsAreImagesThatDoNotRepeat() {
        DigitDataSet data = DrawnDigits.load(arena);
        Set<Integer> images = new HashSet<>();
        for (Digits digits : List.of(data.training(), data.validation())) {
            float[] pixels = digits.pixels().toArray(ValueLayout.JAVA_FLOAT);
            for (int i = 0; i < digits.count(); i++) {
                float[] image = Arrays.copyOfRange(pixels, i * Digits.PIXELS, (i + 1) * Digits.PIXELS);
                images.add(Arrays.hashCode(image));
                Arrays.sort(image);
                assertThat(image[0]).isZero();
                assertThat(image[Digits.PIXELS - 1]).isGreaterThan(0.6f).isLessThanOrEqualTo(1);
            }
        }
        assertThat(images).hasSize(3600 + 1200);
    }

    /** The real digits, where the build has fetched them. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @EnabledIfEnvironmentVariable(
            named = "EXACTLOSS_MNIST_DIR",
            matches = ".+",
            disabledReason = "EXACTLOSS_MNIST_DIR does not name the folder with MNIST")
    void mnistIsLearned(boolean logits) {
        DigitDataSet data = Mnist.load(Path.of(System.getenv("EXACTLOSS_MNIST_DIR")), arena);
        assertThat(data.training().count()).isEqualTo(6131 + 6265);
        assertThat(data.validation().count()).isEqualTo(1010 + 1028);
        Epoch first = train(data, new Settings(256, 1, 42, from(logits, Loss.mnist())), 1)
                .getFirst();
        assertThat(first.training().positives()).isEqualTo(6131);
        assertThat(first.validation().positives()).isEqualTo(1010);
        Evaluation mnist = learn(data, from(logits, Loss.mnist()));
        assertThat(mnist.accuracy()).isGreaterThanOrEqualTo(0.97);
        assertThat(learn(data, from(logits, Loss.log())).accuracy()).isGreaterThanOrEqualTo(mnist.accuracy());
    }

    private List<Epoch> train(DigitDataSet data, Settings settings, int epochs) {
        Trainer trainer = new Trainer(data, settings, arena);
        List<Epoch> done = new ArrayList<>();
        for (int i = 0; i < epochs; i++) {
            done.add(trainer.epoch(() -> {}));
        }
        return done;
    }
}
