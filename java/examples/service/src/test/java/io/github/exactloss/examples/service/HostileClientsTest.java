// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that send garbage, too much, too little, or too slowly: each gets its answer, and the others theirs. */
@Timeout(120)
class HostileClientsTest {
    private static final Batch BATCH = Batch.random(10_000, 1);
    private static final int SIZE = BATCH.body().length;
    private static final String HEAD = RawConnection.head(BATCH.query(), SIZE);

    private LossServer server;
    private Client client;

    private void start(long memoryBytes) throws IOException {
        Duration time = Duration.ofSeconds(2);
        server = LossServer.start("127.0.0.1", 0, new Limits(1 << 16, memoryBytes, 64, time, time));
        client = new Client(server.port());
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private interface Action {
        /** The status that the server answers with. */
        int on(RawConnection connection) throws IOException;
    }

    private record Misdeed(String name, int status, Action action) {}

    @Test
    void eachIsRefusedAndOthersAreServed() throws Exception {
        start(16L * SIZE);
        byte[] part = new byte[SIZE / 8];
        String size = "Content-Length: " + SIZE;
        String chunks = "Transfer-Encoding: chunked";
        List<Misdeed> misdeeds = List.of(
                new Misdeed(
                        "garbage",
                        400,
                        it -> it.send("\u0000\u00ff garbage\r\n\r\n").status()),
                new Misdeed(
                        "no path", 400, it -> it.send("POST HTTP/1.1\r\n\r\n").status()),
                new Misdeed(
                        "no number",
                        400,
                        it -> it.send(HEAD.replace(": " + SIZE, ": 1e3")).status()),
                new Misdeed(
                        "a negative size",
                        400,
                        it -> it.send(HEAD.replace(": " + SIZE, ": -1")).status()),
                new Misdeed(
                        "a huge size",
                        413,
                        it -> it.send(HEAD.replace(": " + SIZE, ": " + Long.MAX_VALUE))
                                .status()),
                new Misdeed(
                        "a huge head",
                        400,
                        it -> it.send("GET / HTTP/1.1\r\nx: " + "x".repeat(1 << 16))
                                .status()),
                new Misdeed(
                        "chunks", 411, it -> it.send(HEAD.replace(size, chunks)).status()),
                new Misdeed(
                        "elsewhere",
                        411,
                        it -> it.send("GET /totals HTTP/1.1\r\nHost: a\r\n" + chunks + "\r\n\r\n")
                                .status()),
                new Misdeed(
                        "a truncated body",
                        400,
                        it -> it.send(HEAD).send(part).endOutput().status()),
                new Misdeed("no body at all", 408, it -> it.send(HEAD).status()),
                new Misdeed("a slow body", 408, it -> it.send(HEAD).trickle('\0')),
                new Misdeed(
                        "a slow head",
                        408,
                        it -> it.send("GET /totals HTTP/1.1\r\nHost: a\r\nx: ").trickle('x')));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (Misdeed misdeed : misdeeds) {
                running.add(threads.submit(() -> {
                    try (RawConnection connection = new RawConnection(server.port())) {
                        assertThat(misdeed.action.on(connection))
                                .as(misdeed.name)
                                .isEqualTo(misdeed.status);
                    }
                    return null;
                }));
            }

            while (!running.stream().allMatch(Future::isDone)) {
                LossServerTest.assertSame(client.loss(BATCH).batch(), BATCH.evaluation());
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
        awaitBodyMemory(0);
    }

    @Test
    void memoryInUseIsRefusedAndFreedMemoryIsNot() throws Exception {
        start(SIZE * 3L / 2);
        try (RawConnection first = new RawConnection(server.port())) {
            first.send(HEAD);
            awaitBodyMemory(SIZE);

            Client.Reply refused = client.loss(BATCH);

            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.error()).contains("leave " + SIZE / 2 + " bytes");
            assertThat(first.send(BATCH.body()).status()).isEqualTo(200);
        }
        awaitBodyMemory(0);
        LossServerTest.assertSame(client.loss(BATCH).batch(), BATCH.evaluation());
    }

    @Test
    void aClientThatLeavesGivesItsMemoryBack() throws Exception {
        start(SIZE);
        try (RawConnection leaving = new RawConnection(server.port())) {
            leaving.send(HEAD);
            awaitBodyMemory(SIZE);
        }
        awaitBodyMemory(0);
        LossServerTest.assertSame(client.loss(BATCH).batch(), BATCH.evaluation());
    }

    /** Each look is a request; the class's time limit ends a wait in vain. */
    private void awaitBodyMemory(long bytes) throws Exception {
        while (client.metric("exactloss_service_body_memory_bytes") != bytes) {
            Thread.onSpinWait();
        }
    }
}
