// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Evaluation;
import io.github.exactloss.InvalidElementException;
import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.common.media.type.MediaType;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.faulttolerance.Timeout;
import io.helidon.faulttolerance.TimeoutException;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.HttpMediaType;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Optional;

/** {@code POST /loss}: reads a body into off-heap memory, where the native library reads it. */
final class LossHandler implements Handler {
    private static final Optional<MediaType> OCTETS = Optional.of(MediaTypes.APPLICATION_OCTET_STREAM);
    private static final int PIECE_BYTES = 8 << 10; // as the server reads
    private static final long ALIGNMENT = 64;

    private final MemoryBudget memory;
    private final Accumulator totals;
    private final Timeout timeout;

    /**
     * @param totals receives all batches
     * @param time for a body to arrive; then its connection is closed
     */
    LossHandler(MemoryBudget memory, Accumulator totals, Duration time) {
        this.memory = memory;
        this.totals = totals;
        // It interrupts the thread of the request, which closes the socket that the thread reads.
        timeout = Timeout.builder().timeout(time).currentThread(true).build();
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        long size = request.headers().contentLength().orElse(0);
        if (size == 0) {
            response.header(HeaderValues.CONNECTION_CLOSE); // instead of reading chunks, each whole into the heap
            throw new HttpException("send a body with its Content-Length, not in chunks", Status.LENGTH_REQUIRED_411);
        }
        try {
            memory.take(size);
        } catch (HttpException e) {
            // A connection that is closed with bytes unread is reset, and the client may miss the answer.
            inTime(request, body -> body.transferTo(OutputStream.nullOutputStream()));
            throw e;
        }
        Evaluation evaluation;
        try (Arena arena = Arena.ofConfined()) {
            evaluation = evaluate(request, arena.allocate(size, ALIGNMENT));
        } catch (InvalidElementException e) {
            throw new HttpException(e.getMessage(), Status.UNPROCESSABLE_CONTENT_422, e);
        } finally {
            memory.giveBack(size);
        }
        response.send(Answer.of(evaluation));
    }

    private Evaluation evaluate(ServerRequest request, MemorySegment body) {
        inTime(request, stream -> fill(body, stream));
        if (!request.headers().contentType().map(HttpMediaType::mediaType).equals(OCTETS)) {
            throw new HttpException("set Content-Type: application/octet-stream", Status.UNSUPPORTED_MEDIA_TYPE_415);
        }
        RawArrays arrays = RawArrays.of(request.query(), body.byteSize());
        Accumulator batch = totals.evaluator().newAccumulator();
        batch.add(arrays.predictions(body), arrays.targets(body));
        totals.merge(batch);
        return batch.evaluate();
    }

    /** Copies the body once, by way of a small array: Helidon has no other way out of the socket's buffer. */
    private static void fill(MemorySegment body, InputStream stream) throws IOException {
        byte[] piece = new byte[PIECE_BYTES];
        for (long filled = 0; filled < body.byteSize(); ) {
            int length = stream.read(piece, 0, (int) Math.min(piece.length, body.byteSize() - filled));
            if (length < 0) {
                throw new EOFException();
            }
            MemorySegment.copy(piece, 0, body, ValueLayout.JAVA_BYTE, filled, length);
            filled += length;
        }
    }

    private interface Reading {
        void of(InputStream body) throws IOException;
    }

    private void inTime(ServerRequest request, Reading reading) {
        try {
            timeout.invoke(() -> {
                try {
                    reading.of(request.content().inputStream());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                return null;
            });
        } catch (TimeoutException e) {
            throw new CloseConnectionException("the body took too long", e);
        } catch (InsufficientDataAvailableException e) {
            throw new HttpException("the body is shorter than its Content-Length", Status.BAD_REQUEST_400, e);
        }
    }
}
