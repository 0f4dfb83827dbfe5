// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples;

import io.github.exactloss.Accumulator;
import io.github.exactloss.ElementType;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * The loss of files that other processes may shorten meanwhile. A mapping of such a file would end the JVM with SIGBUS, so
 * they are read in pieces. The result has the same bits.
 */
public final class FileExample {
    private static final int PIECE = 1 << 16; // elements

    private FileExample() {}

    /**
     * Prints the loss of two files.
     *
     * @param args the file of the predictions, float32 in the machine's byte order, and that of the targets, a byte each
     */
    public static void main(String[] args) {
        Accumulator accumulator = Evaluator.of(Loss.mnist()).newAccumulator();
        try {
            add(accumulator, Path.of(args[0]), Path.of(args[1]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.out.println(accumulator.evaluate().mean(Loss.mnist()));
    }

    /**
     * Adds the elements of two files, all or none.
     *
     * @throws IOException if a file can't be read, or is shortened meanwhile
     * @throws IllegalArgumentException if there are not as many targets as predictions
     */
    static void add(Accumulator accumulator, Path predictionsFile, Path targetsFile) throws IOException {
        try (FileChannel predictions = FileChannel.open(predictionsFile);
                FileChannel targets = FileChannel.open(targetsFile);
                Arena arena = Arena.ofConfined()) {
            long count = targets.size();
            if (predictions.size() != ElementType.FLOAT32.bytes(count)) {
                throw new IllegalArgumentException(
                        predictions.size() + " bytes of predictions, but " + count + " targets");
            }
            MemorySegment predictionsMemory = arena.allocate(ElementType.FLOAT32.bytes(PIECE), Float.BYTES);
            MemorySegment targetsMemory = arena.allocate(PIECE);
            Accumulator sum = accumulator.evaluator().newAccumulator();
            for (long done = 0; done < count; done += PIECE) {
                long length = Math.min(count - done, PIECE);
                sum.add(
                        Predictions.of(
                                read(predictions, predictionsMemory.asSlice(0, ElementType.FLOAT32.bytes(length))),
                                ElementType.FLOAT32),
                        Targets.of(read(targets, targetsMemory.asSlice(0, length)), ElementType.UINT8));
            }
            accumulator.merge(sum);
        }
    }

    /** Fills memory with the next bytes of a file. */
    static MemorySegment read(FileChannel file, MemorySegment memory) throws IOException {
        ByteBuffer buffer = memory.asByteBuffer();
        while (buffer.hasRemaining()) {
            if (file.read(buffer) < 0) {
                throw new EOFException("a file was shortened while it was read");
            }
        }
        return memory;
    }
}
