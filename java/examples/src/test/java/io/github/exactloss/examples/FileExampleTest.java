// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileExampleTest {
    private static final long SEED = 5;

    /** Two whole pieces and a part of one. */
    private static final int COUNT = 600_001;

    @TempDir
    private Path folder;

    @Test
    void printsTheExactLoss() {
        assertThat(Printed.by(() -> {
                    try {
                        FileExample.main(new String[0]);
                    } catch (IOException failure) {
                        throw new UncheckedIOException(failure);
                    }
                }))
                .isEqualTo("0.43333334227403003");
    }

    @Test
    void piecesGiveTheBitsOfTheWhole() throws IOException {
        SplittableRandom random = new SplittableRandom(SEED);
        float[] predictions = new float[COUNT];
        byte[] targets = new byte[COUNT];
        ByteBuffer bytes = ByteBuffer.allocate(COUNT * Float.BYTES).order(ByteOrder.nativeOrder());
        for (int i = 0; i < COUNT; i++) {
            predictions[i] = random.nextFloat();
            targets[i] = (byte) random.nextInt(2);
            bytes.putFloat(predictions[i]);
        }
        Path first = Files.write(folder.resolve("predictions"), bytes.array());
        Path second = Files.write(folder.resolve("targets"), targets);
        Evaluation evaluation = FileExample.evaluate(first, second);
        Evaluation expected = Evaluator.of(Loss.mnist(), Loss.brier(), Loss.log())
                .evaluate(Predictions.of(predictions), Targets.of(targets));
        for (Loss loss : expected.losses()) {
            assertThat(evaluation.mean(loss)).as("seed " + SEED).isEqualTo(expected.mean(loss));
        }
        assertThat(evaluation.truePositives()).isEqualTo(expected.truePositives());
    }

    @Test
    void fileThatIsTooShortIsAnException() throws IOException {
        Path first = Files.write(folder.resolve("predictions"), new byte[COUNT * Float.BYTES]);
        Path second = Files.write(folder.resolve("targets"), new byte[COUNT - 1]);
        assertThatThrownBy(() -> FileExample.evaluate(first, second)).isInstanceOf(EOFException.class);
    }
}
