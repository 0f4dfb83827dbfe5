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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {
    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void drawnDigitsAreLearned(boolean logits) {
        DigitDataSet data = DrawnDigits.load(arena);
        Epoch last = train(data, new Settings(256, 1, 42, logits), 20).getLast();
        assertThat(last.number()).isEqualTo(20);
        assertThat(last.training().count()).isEqualTo(data.training().count());
        assertThat(last.validation().count()).isEqualTo(data.validation().count());
        assertThat(last.validation().accuracy()).isGreaterThan(0.95);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void seedDecidesTheNumbers(boolean logits) {
        DigitDataSet data = DrawnDigits.load(arena);
        List<Epoch> first = train(data, new Settings(64, 1, 5, logits), 3);
        assertThat(train(data, new Settings(64, 1, 5, logits), 3)).isEqualTo(first);
        assertThat(train(data, new Settings(64, 1, 6, logits), 3)).isNotEqualTo(first);
    }

    /** Two ways to the same gradient: through the sigmoid here, and fused in the library. Only roundings differ. */
    @Test
    void logitsTrainTheSameClassifier() {
        DigitDataSet data = DrawnDigits.load(arena);
        List<Epoch> predictions = train(data, new Settings(256, 1, 42, false), 5);
        List<Epoch> logits = train(data, new Settings(256, 1, 42, true), 5);
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
        Trainer trainer = new Trainer(data, new Settings(batchSize, 0.1, 1, true), arena);
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
        Epoch last = train(data, new Settings(256, 1, 42, logits), 20).getLast();
        assertThat(last.training().count()).isEqualTo(6131 + 6265);
        assertThat(last.training().positives()).isEqualTo(6131);
        assertThat(last.validation().count()).isEqualTo(1010 + 1028);
        assertThat(last.validation().positives()).isEqualTo(1010);
        assertThat(last.validation().accuracy()).isGreaterThanOrEqualTo(0.97);
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
