// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.SocketWriterException;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http1.Http1ConnectionListener;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ends requests that take too long, be it because nothing comes or because it comes byte by byte. The head of a request, its
 * body and its answer each have the same time. A request that isn't there when it is over gets a 408; then, or when the
 * answer isn't fetched, the connection is closed.
 *
 * <p>A connection is one virtual thread all its life, so that thread stands for it.
 */
final class RequestWatch implements Filter {
    private static final byte[] TOO_SLOW =
            "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);

    /** What a connection does now. */
    private record Phase(ConnectionContext connection, boolean reading, long deadline) {}

    private final Map<Thread, Phase> phases = new ConcurrentHashMap<>();
    private final Duration time;

    RequestWatch(Duration time) {
        this.time = time;
    }

    /** To be told of what the server reads. */
    Http1ConnectionListener ofRequests() {
        return new Http1ConnectionListener() {
            // The first line of a request is here, and the rest of its head has to come.
            @Override
            public void prologue(ConnectionContext connection, HttpPrologue prologue) {
                phases.put(Thread.currentThread(), phase(connection, true));
            }

            // The head is here, and the body has to come.
            @Override
            public void headers(ConnectionContext connection, Headers headers) {
                next(phase(connection, true));
            }
        };
    }

    /** To be told of what the server writes. */
    Http1ConnectionListener ofAnswers() {
        return new Http1ConnectionListener() {
            // The answer begins, and has to be fetched.
            @Override
            public void status(ConnectionContext connection, Status status) {
                // What is no HTTP has no phase, but gets an answer.
                phases.computeIfPresent(Thread.currentThread(), (thread, phase) -> phase(connection, false));
            }
        };
    }

    /**
     * The request of the calling thread is all here.
     *
     * @throws CloseConnectionException if it got its 408 already
     */
    void isRead() {
        Phase reading = phases.get(Thread.currentThread());
        if (reading == null) {
            throw new CloseConnectionException("too slow");
        }
        next(phase(reading.connection, false));
    }

    private void next(Phase next) {
        if (phases.replace(Thread.currentThread(), next) == null) { // its time was over before
            throw new CloseConnectionException("too slow");
        }
    }

    private Phase phase(ConnectionContext connection, boolean reading) {
        return new Phase(connection, reading, System.nanoTime() + time.toNanos());
    }

    /** A request and its answer are over. */
    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        try {
            chain.proceed();
        } finally {
            phases.remove(Thread.currentThread());
        }
    }

    /** Looks for late ones again and again, until it is interrupted. */
    void run() {
        try {
            while (true) {
                Thread.sleep(time.dividedBy(4));
                endLate();
            }
        } catch (InterruptedException e) {
            // the service has ended
        }
    }

    private void endLate() {
        long now = System.nanoTime();
        phases.forEach((thread, phase) -> {
            if (now - phase.deadline > 0 && phases.remove(thread, phase)) {
                end(phase);
            }
        });
    }

    private static void end(Phase phase) {
        try {
            if (phase.reading) { // so its own thread doesn't write
                phase.connection.dataWriter().writeNow(BufferData.create(TOO_SLOW));
            }
            phase.connection.serverSocket().close();
        } catch (SocketWriterException | UncheckedIOException e) {
            // the client was faster
        }
    }
}
