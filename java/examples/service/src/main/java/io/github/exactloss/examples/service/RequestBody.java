// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** The body of one request: a channel that reads all of it, and refuses the request if it ends early. */
final class RequestBody implements ReadableByteChannel {
    private static final long ALIGNMENT = 64;

    private final ServerRequest request;
    private final byte[] piece = new byte[8 * 1024]; // as large as the pieces that the server reads
    private final long size;
    private long left;
    private InputStream stream;

    RequestBody(ServerRequest request) {
        this.request = request;
        size = request.headers().contentLength().orElse(0);
        left = size;
    }

    /**
     * Its size in bytes, known before any of it is read.
     *
     * @throws Refusal if it is larger than that
     */
    long size(long largest) {
        if (size > largest) {
            throw new Refusal(
                    Status.REQUEST_ENTITY_TOO_LARGE_413,
                    "the body has " + size + " bytes, and " + largest + " are allowed");
        }
        return size;
    }

    /** What was not read yet. */
    long left() {
        return left;
    }

    /**
     * All of it, off-heap.
     *
     * @throws Refusal if it ends early
     */
    MemorySegment read(Arena arena) {
        MemorySegment body = arena.allocate(size, ALIGNMENT);
        while (left > 0) {
            long from = size - left;
            int length = readPiece(left);
            MemorySegment.copy(piece, 0, body, ValueLayout.JAVA_BYTE, from, length);
        }
        return body;
    }

    /**
     * Fills a buffer, as far as there is something left; blocks until it is there.
     *
     * @throws Refusal if it ends early
     */
    @Override
    public int read(ByteBuffer buffer) {
        if (left == 0) {
            return -1;
        }
        int before = buffer.remaining();
        while (buffer.hasRemaining() && left > 0) {
            buffer.put(piece, 0, readPiece(buffer.remaining()));
        }
        return before - buffer.remaining();
    }

    /** Some bytes into the piece: at most so many, at least one. */
    private int readPiece(long most) {
        int length = readStream((int) Math.min(piece.length, Math.min(most, left)));
        if (length < 0) {
            throw new Refusal(
                    Status.BAD_REQUEST_400, "the body ended after " + (size - left) + " of its " + size + " bytes");
        }
        left -= length;
        return length;
    }

    /** @return the number of bytes, or -1 at the end */
    private int readStream(int length) {
        try {
            if (stream == null) {
                stream = request.content().inputStream();
            }
            return stream.read(piece, 0, length);
        } catch (InsufficientDataAvailableException e) {
            return -1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Takes in what is left. A connection that is closed with bytes unread is reset, and then a client that is still sending
     * may never see its answer.
     */
    void discard() {
        if (stream == null && request.headers().containsToken(HeaderValues.EXPECT_100) && !request.continueSent()) {
            return; // the client waits to be told to send it
        }
        try {
            while (readStream(piece.length) >= 0) {
                // and forget it
            }
        } catch (CloseConnectionException e) {
            // it has its answer
        }
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    /** Does nothing: the connection goes on. */
    @Override
    public void close() {}
}
