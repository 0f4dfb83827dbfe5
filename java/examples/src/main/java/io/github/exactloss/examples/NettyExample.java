// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples;

import io.github.exactloss.Accumulator;
import io.github.exactloss.ElementType;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The loss of data that Netty received, read in Netty's own buffers: direct or on the heap, in one piece or cut anywhere.
 */
public final class NettyExample {
    private NettyExample() {}

    /** Prints 0.43333334227403003. */
    public static void main(String[] args) {
        ByteBuf predictions =
                Unpooled.directBuffer().writeFloatLE(0.9f).writeFloatLE(0.4f).writeFloatLE(0.2f);
        ByteBuf targets = Unpooled.wrappedBuffer(new byte[] {1, 0}, new byte[] {1});
        Accumulator accumulator = Evaluator.of(Loss.mnist()).newAccumulator();
        try {
            add(accumulator, predictions, targets);
        } finally {
            predictions.release();
            targets.release();
        }
        System.out.println(accumulator.evaluate().mean(Loss.mnist()));
    }

    /**
     * Adds the readable elements of two buffers: predictions as little-endian float32, and a byte for each target. It moves no
     * index and keeps no reference: the caller releases the buffers.
     *
     * @throws IllegalArgumentException if there are not as many targets as predictions
     */
    static void add(Accumulator accumulator, ByteBuf predictions, ByteBuf targets) {
        int count = targets.readableBytes();
        if (predictions.readableBytes() != count * (long) Float.BYTES) {
            throw new IllegalArgumentException(
                    predictions.readableBytes() + " bytes of predictions, but " + count + " targets");
        }
        Pieces predictionPieces = new Pieces(predictions);
        Pieces targetPieces = new Pieces(targets);
        int done = 0;
        while (done < count) {
            int run = Math.min(predictionPieces.remaining() / Float.BYTES, targetPieces.remaining());
            Predictions these;
            if (run > 0) {
                these = Predictions.of(predictionPieces.take(run * Float.BYTES), ElementType.FLOAT32);
            } else { // a float that lies in two pieces or more has to be put together
                run = 1;
                these = Predictions.of(
                        new float[] {predictions.getFloatLE(predictions.readerIndex() + done * Float.BYTES)});
                predictionPieces.skip(Float.BYTES);
            }
            accumulator.add(these, Targets.of(targetPieces.take(run), ElementType.UINT8));
            done += run;
        }
    }

    /** The memory of a buffer, from its beginning on. */
    private static final class Pieces {
        private final ByteBuffer[] pieces;
        private int first;

        Pieces(ByteBuf buffer) {
            pieces = buffer.nioBuffers();
        }

        private ByteBuffer piece() {
            while (!pieces[first].hasRemaining()) {
                first++;
            }
            return pieces[first];
        }

        /** The bytes that are left of the first piece. */
        int remaining() {
            return piece().remaining();
        }

        /** Bytes of the first piece, without a copy. */
        ByteBuffer take(int bytes) {
            ByteBuffer piece = piece();
            ByteBuffer taken = piece.slice(piece.position(), bytes).order(ByteOrder.LITTLE_ENDIAN);
            skip(bytes);
            return taken;
        }

        void skip(int bytes) {
            for (int left = bytes; left > 0; ) {
                ByteBuffer piece = piece();
                int skipped = Math.min(left, piece.remaining());
                piece.position(piece.position() + skipped);
                left -= skipped;
            }
        }
    }
}
