// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples;

import io.github.exactloss.Accumulator;
import io.github.exactloss.ElementType;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Files that another program may change, evaluated in pieces. A file that is cut short is an exception here; if it were
 * mapped, the JVM would crash. The sums are exact, so pieces give the bits of the whole.
 */
public final class FileExample {
    /** Pieces of this size stay in a processor's cache between the reading and the sums. */
    private static final int PIECE = 1 << 18;

    private FileExample() {}

    /**
     * Evaluates float32 predictions, in the machine's byte order, and uint8 targets.
     *
     * @throws EOFException if there are fewer targets, or a file becomes shorter meanwhile
     */
    public static Evaluation evaluate(Path predictionsFile, Path targetsFile) throws IOException {
        ByteBuffer predictions = ByteBuffer.allocateDirect(PIECE * Float.BYTES).order(ByteOrder.nativeOrder());
        ByteBuffer targets = ByteBuffer.allocateDirect(PIECE);
        Accumulator total = Evaluator.of(Loss.mnist(), Loss.brier(), Loss.log()).newAccumulator();
        try (FileChannel first = FileChannel.open(predictionsFile);
                FileChannel second = FileChannel.open(targetsFile)) {
            long count = first.size() / Float.BYTES;
            for (long done = 0; done < count; done += PIECE) {
                int piece = (int) Math.min(PIECE, count - done);
                read(first, predictions.clear().limit(piece * Float.BYTES));
                read(second, targets.clear().limit(piece));
                total.add(Predictions.of(predictions, ElementType.FLOAT32), Targets.of(targets, ElementType.UINT8));
            }
        }
        return total.evaluate();
    }

    private static void read(FileChannel file, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (file.read(buffer) < 0) {
                throw new EOFException("the file has become shorter");
            }
        }
        buffer.flip();
    }

    /** Prints 0.43333334227403003. */
    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("exactloss");
        Path predictions = folder.resolve("predictions");
        Path targets = folder.resolve("targets");
        ByteBuffer floats = ByteBuffer.allocate(3 * Float.BYTES).order(ByteOrder.nativeOrder());
        floats.putFloat(0.9f).putFloat(0.4f).putFloat(0.2f);
        Files.write(predictions, floats.array());
        Files.write(targets, new byte[] {1, 0, 1});
        System.out.println(evaluate(predictions, targets).mean(Loss.mnist()));
        Files.delete(predictions);
        Files.delete(targets);
        Files.delete(folder);
    }
}
