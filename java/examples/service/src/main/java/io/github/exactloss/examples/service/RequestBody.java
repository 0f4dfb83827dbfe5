// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.http.HeaderNames;
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

/** The body of one request. */
final class RequestBody {
    private static final int PIECE = 8 * 1024; // as large as the pieces that the server reads
    private static final long ALIGNMENT = 64;

    private final ServerRequest request;
    private InputStream stream;

    RequestBody(ServerRequest request) {
        this.request = request;
    }

    /**
     * Its size in bytes, known before any of it is read.
     *
     * @throws Refusal if it is larger than that, or of unknown size
     */
    long size(long largest) {
        if (request.headers().contains(HeaderNames.TRANSFER_ENCODING)) {
            throw new Refusal(
                    Status.LENGTH_REQUIRED_411, "the body has to come with its Content-Length, not in chunks");
        }
        long size = request.headers().contentLength().orElse(0);
        if (size > largest) {
            throw new Refusal(
                    Status.REQUEST_ENTITY_TOO_LARGE_413,
                    "the body has " + size + " bytes, and " + largest + " are allowed");
        }
        return size;
    }

    /**
     * All of it, off-heap.
     *
     * @throws Refusal if it ends early
     */
    MemorySegment read(long size, Arena arena) {
        MemorySegment body = arena.allocate(size, ALIGNMENT);
        byte[] piece = new byte[PIECE];
        for (long filled = 0; filled < size; ) {
            int read = read(piece, (int) Math.min(PIECE, size - filled));
            if (read < 0) {
                throw new Refusal(
                        Status.BAD_REQUEST_400, "the body ended after " + filled + " of its " + size + " bytes");
            }
            MemorySegment.copy(piece, 0, body, ValueLayout.JAVA_BYTE, filled, read);
            filled += read;
        }
        return body;
    }

    /**
     * Takes in what is left. A connection that is closed with bytes unread is reset, and then a client that is still sending
     * may never see its answer.
     */
    void discard() {
        if (stream == null && request.headers().containsToken(HeaderValues.EXPECT_100) && !request.continueSent()) {
            return; // the client waits to be told to send it
        }
        byte[] piece = new byte[PIECE];
        try {
            while (read(piece, PIECE) >= 0) {
                // and forget it
            }
        } catch (CloseConnectionException e) {
            // it has its answer
        }
    }

    /** @return the number of bytes, or -1 at the end */
    private int read(byte[] piece, int length) {
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
}
