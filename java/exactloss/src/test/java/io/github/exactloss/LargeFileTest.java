// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.SPARSE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mapped files of more than 2 GiB, which no array or NIO buffer could hold; sparse ones, so that the disk need not. */
class LargeFileTest {
    private static final long COUNT = (1L << 29) + 999;

    @TempDir
    private Path directory;

    private MemorySegment map(String name, long bytes, Arena arena) throws IOException {
        try (FileChannel channel = FileChannel.open(directory.resolve(name), CREATE_NEW, SPARSE, READ, WRITE)) {
            return channel.map(MapMode.READ_WRITE, 0, bytes, arena);
        }
    }

    @Test
    void isReadWhereItIs() throws IOException {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment floats = map("predictions", COUNT * Float.BYTES, arena);
            MemorySegment bits = map("targets", Math.ceilDiv(COUNT, Byte.SIZE), arena);
            assertThat(floats.byteSize()).isGreaterThan(Integer.MAX_VALUE);
            // Two positives: one that is predicted so, and one that is not; and a false positive, the last element.
            floats.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 0.75f);
            floats.setAtIndex(ValueLayout.JAVA_FLOAT, COUNT - 2, 0.25f);
            floats.setAtIndex(ValueLayout.JAVA_FLOAT, COUNT - 1, 0.625f);
            bits.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
            bits.set(ValueLayout.JAVA_BYTE, (COUNT - 2) / 8, (byte) (1 << (COUNT - 2) % 8));
            Predictions predictions = Predictions.of(floats, ElementType.FLOAT32);
            Targets targets = Targets.ofBits(bits, 0, COUNT);

            Evaluation evaluation = Evaluator.of(Loss.mnist().threads(2)).evaluate(predictions, targets);

            assertThat(evaluation.count()).isEqualTo(COUNT);
            assertThat(evaluation.sum(Loss.mnist())).isEqualTo(0.25 + 0.75 + 0.625);
            assertThat(evaluation.mean(Loss.mnist())).isEqualTo(1.625 / COUNT);
            assertThat(evaluation.truePositives()).isEqualTo(1);
            assertThat(evaluation.falseNegatives()).isEqualTo(1);
            assertThat(evaluation.falsePositives()).isEqualTo(1);

            Evaluation end =
                    Evaluator.of(Loss.mnist()).evaluate(predictions.slice(COUNT - 3, 3), targets.slice(COUNT - 3, 3));
            assertThat(end.sum(Loss.mnist())).isEqualTo(0.75 + 0.625);
            assertThat(end.positives()).isEqualTo(1);
        }
    }
}
