// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileExampleTest {
    private static final long SEED = 5;

    private final Evaluator evaluator = Evaluator.of(Loss.mnist(), Loss.brier(), Loss.log());

    @TempDir
    private Path folder;

    @Test
    void filesHaveTheBitsOfArrays() throws IOException {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int count : new int[] {0, 1, 1 << 16, (1 << 16) + 1, 200_000}) {
            float[] predictions = new float[count];
            byte[] targets = new byte[count];
            for (int i = 0; i < count; i++) {
                predictions[i] = (float) random.nextDouble();
                targets[i] = (byte) random.nextInt(2);
            }
            Path predictionsFile = write("predictions", predictions);
            Path targetsFile = Files.write(folder.resolve("targets"), targets);

            Accumulator accumulator = evaluator.newAccumulator();
            FileExample.add(accumulator, predictionsFile, targetsFile);

            assertThat(accumulator.evaluate())
                    .as("%d elements, seed %d", count, SEED)
                    .isEqualTo(evaluator.evaluate(Predictions.of(predictions), Targets.of(targets)));
        }
    }

    @Test
    void printsTheLoss() throws IOException {
        Path predictions = write("p", new float[] {0.9f, 0.4f, 0.2f});
        Path targets = Files.write(folder.resolve("t"), new byte[] {1, 0, 1});

        assertThat(Printed.by(() -> FileExample.main(new String[] {predictions.toString(), targets.toString()})))
                .isEqualTo("0.43333334227403003");
    }

    @Test
    void aFileThatGotShorterIsAnException() throws IOException {
        Path file = write("p", new float[3]);
        try (FileChannel channel = FileChannel.open(file)) {
            assertThatExceptionOfType(EOFException.class)
                    .isThrownBy(() -> FileExample.read(channel, MemorySegment.ofArray(new byte[13])));
        }
        Accumulator accumulator = evaluator.newAccumulator();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FileExample.add(accumulator, file, Files.write(folder.resolve("t"), new byte[4])))
                .withMessage("12 bytes of predictions, but 4 targets");
        assertThat(accumulator.evaluate().count()).isZero();
    }

    private Path write(String name, float[] values) throws IOException {
        return Files.write(folder.resolve(name), MemorySegment.ofArray(values).toArray(ValueLayout.JAVA_BYTE));
    }
}
