// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that send garbage, too much, too little, or too slowly: none of them keeps the service from others. */
@Timeout(120)
class HostileClientsTest {
    private static final int CONNECTIONS = 4;
    private static final Batch BATCH = Batch.random(10_000, 1);
    private static final int SIZE = BATCH.body().length;
    private static final String HEAD = RawConnection.head(BATCH.query(), SIZE);
    private static final String CLOSE = "Connection: close\r\n";
    private static final String GOOD_REQUEST = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";

    private LossServer server;
    private Client client;

    private void start(String... settings) throws IOException {
        server = TestServer.start(settings);
        client = new Client(server.port());
    }

    private void startWithMemory(int bytes) throws IOException {
        start(
                "service.memory",
                String.valueOf(bytes),
                "server.max-payload-size",
                String.valueOf(SIZE),
                "service.body-timeout",
                "PT1H");
    }

    @AfterEach
    void stop() {
        if (server != null) {
            client.close();
            server.close();
        }
    }

    private RawConnection connect() throws IOException {
        return new RawConnection(server.port());
    }

    private void assertServed() throws Exception {
        LossServerTest.assertSame(client.loss(BATCH).json(), BATCH.evaluation());
    }

    interface Action {
        /** The status that the server answers with; 0 if it closes the connection without an answer. */
        int on(RawConnection connection) throws IOException;
    }

    static Stream<Arguments> misdeeds() {
        return Stream.of(
                misdeed(
                        "garbage",
                        400,
                        it -> it.send("\u0000\u00ff garbage\r\n\r\n").status()),
                misdeed("no path", 400, it -> it.send("POST HTTP/1.1\r\n\r\n").status()),
                misdeed(
                        "no host",
                        400,
                        it -> it.send("GET /totals HTTP/1.1\r\n\r\n").status()),
                misdeed(
                        "HTTP/1.0",
                        505,
                        it -> it.send("GET /totals HTTP/1.0\r\n\r\n").status()),
                misdeed("no number", 400, it -> it.send(head("1e3")).status()),
                misdeed("a negative size", 400, it -> it.send(head("-1")).status()),
                misdeed(
                        "a huge size",
                        413,
                        it -> it.send(head("9223372036854775807")).status()),
                misdeed(
                        "no size",
                        411,
                        it -> it.send(HEAD.replaceFirst("Content-Length.*\r\n", ""))
                                .status()),
                misdeed("an empty body", 411, it -> it.send(head("0")).status()),
                misdeed("chunks", 411, it -> it.send(chunked(HEAD)).status()),
                misdeed(
                        "a huge head",
                        400,
                        it -> it.send("GET / HTTP/1.1\r\nx: " + "x".repeat(1 << 16))
                                .status()),
                misdeed(
                        "a short body",
                        400,
                        it -> it.send(HEAD).send(new byte[SIZE / 8]).endOutput().status()),
                misdeed("no body", 0, it -> it.send(HEAD).status()),
                misdeed("a slow body", 0, it -> it.send(HEAD).trickle('\0')),
                misdeed("silence", 0, RawConnection::status));
    }

    private static Arguments misdeed(String name, int status, Action action) {
        return Arguments.of(Named.of(name, action), status);
    }

    private static String head(String size) {
        return HEAD.replace(": " + SIZE, ": " + size);
    }

    private static String chunked(String head) {
        return head.replaceFirst("Content-Length: \\d+", "Transfer-Encoding: chunked");
    }

    @ParameterizedTest
    @MethodSource("misdeeds")
    void othersAreServedMeanwhile(Action misdeed, int expected) throws Exception {
        start(
                "service.body-timeout",
                "PT3S",
                "server.idle-connection-timeout",
                "PT3S",
                "server.idle-connection-period",
                "PT3S");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                RawConnection connection = connect()) {
            Future<Integer> status = threads.submit(() -> misdeed.on(connection));

            do {
                assertServed();
            } while (!status.isDone());

            assertThat(status.get()).isEqualTo(expected);
        }
        client.awaitBodyMemory(0);
    }

    /** All connections that the service takes are held by clients that send no more than this. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "GET",
                "a body",
                "a late body",
                "GET /totals",
                "HEAD /totals",
                "GET /metrics",
                "GET /health",
                "GET /",
                "PUT /loss"
            })
    void exhaustedConnectionsAreFreed(String sent) throws Exception {
        start(
                "server.max-tcp-connections",
                String.valueOf(CONNECTIONS),
                "service.body-timeout",
                "PT3S",
                "server.idle-connection-timeout",
                "PT3S",
                "server.idle-connection-period",
                "PT3S");
        String packet = switch (sent) {
            case "", "GET" -> sent;
            case "a body" -> HEAD;
            case "a late body" -> HEAD.replace("Host", "Expect: 100-continue\r\nHost");
            default -> sent + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n";
        };
        List<RawConnection> connections = new ArrayList<>();
        try {
            for (int i = 0; i < 2 * CONNECTIONS; i++) {
                connections.add(connect().send(packet));
            }
            assertServed();
        } finally {
            for (RawConnection connection : connections) {
                connection.close();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /totals, 200", "GET, /metrics, 200", "GET, /health, 200", "GET, /nothing, 404",
        "PUT, /loss, 405", "POST, /totals, 405", "POST, /health, 405", "DELETE, /metrics, 405"
    })
    void anUnwantedBodyIsLeftUnread(String method, String path, int status) throws Exception {
        start();
        String head = method + " " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
        for (String request : List.of(head, chunked(head))) {
            try (RawConnection connection = connect()) {
                assertThat(connection.send(request).rest())
                        .startsWith("HTTP/1.1 " + status)
                        .containsOnlyOnce("HTTP/1.1 ")
                        .contains(CLOSE);
            }
        }
    }

    /** Nothing that follows is taken for a request: neither a second one, nor what lies in a body or in a chunk. */
    @Test
    void closeMeansClose() throws Exception {
        start();
        String asked = GOOD_REQUEST.replace("Host: a\r\n", "Host: a\r\n" + CLOSE);
        List<String> closing = List.of(
                asked,
                asked.replace("close", "Close"),
                asked.replace("close", "keep-alive, close"),
                asked.replace(CLOSE, "Connection: x\r\n" + CLOSE),
                asked.replace("GET", "HEAD"),
                asked.replace("/health", "/metrics"),
                asked.replace("Host: a\r\n", ""),
                asked.replace("/health", "/nothing"),
                HEAD.replace("Host", CLOSE + "Host").replace(": " + SIZE, ": 1") + "x",
                HEAD.replace(": " + SIZE, ": 0"),
                HEAD.replace(": " + SIZE, ": " + Long.MAX_VALUE),
                chunked(HEAD) + "a0 /x HTTP/1.1\r\nHost: a\r\n\r\n",
                GOOD_REQUEST.replace("Host: a\r\n", "Host: a\r\nContent-Length: 1000\r\n"));
        for (String request : closing) {
            try (RawConnection connection = connect()) {
                assertThat(connection
                                .send(request + GOOD_REQUEST + GOOD_REQUEST)
                                .rest())
                        .as(request)
                        .containsOnlyOnce("HTTP/1.1 ")
                        .contains(CLOSE);
            }
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        start();
        String nothing = GOOD_REQUEST.replace("/health", "/nothing");
        try (RawConnection connection = connect()) {
            String answers = connection
                    .send(GOOD_REQUEST + nothing + HEAD)
                    .send(BATCH.body())
                    .send(GOOD_REQUEST.replace("Host: a\r\n", "Host: a\r\n" + CLOSE))
                    .rest();

            assertThat(Pattern.compile("HTTP/1.1 (\\d+)")
                            .matcher(answers)
                            .results()
                            .map(it -> it.group(1)))
                    .containsExactly("200", "404", "200", "200");
        }
    }

    /** The longest request line that the server takes, with what JSON writes longest. */
    @Test
    void anAnswerIsBounded() throws Exception {
        start();
        String query = "predictions=" + "%01".repeat(1_340);
        String head = RawConnection.head(query, 1).replace("Host", CLOSE + "Host");
        try (RawConnection connection = connect()) {
            String answer = connection.send(head + "x").rest();

            assertThat(answer).startsWith("HTTP/1.1 400 ").contains("\\u0001\\u0001");
            assertThat(answer.length()).isLessThan(1 << 14);
        }
        try (RawConnection connection = connect()) {
            assertThat(connection
                            .send(head.replace(query, query + "%01".repeat(20)) + "x")
                            .status())
                    .isEqualTo(414);
        }
    }

    @Test
    void memoryInUseIsRefusedAndFreedMemoryIsNot() throws Exception {
        startWithMemory(SIZE * 3 / 2);
        try (RawConnection first = connect()) {
            first.send(HEAD);
            client.awaitBodyMemory(SIZE);

            Client.Reply refused = client.loss(BATCH);

            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.error())
                    .isEqualTo("the bodies of other requests leave " + SIZE / 2 + " bytes of memory; try again later");
            assertThat(first.send(BATCH.body()).status()).isEqualTo(200);
        }
        client.awaitBodyMemory(0);
        assertServed();
    }

    @Test
    void aClientThatLeavesGivesItsMemoryBack() throws Exception {
        startWithMemory(SIZE);
        try (RawConnection leaving = connect()) {
            leaving.send(HEAD);
            client.awaitBodyMemory(SIZE);
        }
        client.awaitBodyMemory(0);
        assertServed();
    }

    /** As many connections at once as the service takes with so few files, and more. */
    @Test
    void filesAreLeftWhenAllConnectionsAreTaken() throws Exception {
        int files = 320;
        int most = files - 256;
        List<RawConnection> connections = new ArrayList<>();
        try (ServiceProcess service = ServiceProcess.startWithFiles(files, "-Dserver.max-tcp-connections=" + most);
                Client other = new Client(service.port())) {
            for (int i = 0; i < most; i++) {
                connections.add(new RawConnection(service.port()).send(GOOD_REQUEST));
                assertThat(connections.getLast().status()).isEqualTo(200);
            }
            for (int i = 0; i < files; i++) {
                connections.add(new RawConnection(service.port()));
            }
            for (RawConnection connection : connections) {
                connection.close();
            }

            LossServerTest.assertSame(other.loss(BATCH).json(), BATCH.evaluation());
        }
    }

    /** The most short headers on the most connections, with the smallest heap. */
    @Test
    void headersThatDoNotEndFitIntoTheHeap() throws Exception {
        String head = "GET /health HTTP/1.1\r\nHost: a\r\n"
                + IntStream.range(0, 400).mapToObj("x%d: 1\r\n"::formatted).collect(Collectors.joining());
        List<RawConnection> connections = new ArrayList<>();
        try (ServiceProcess service = ServiceProcess.start("-Xmx128m", "-Dservice.memory=67108864");
                Client other = new Client(service.port())) {
            for (int i = 0; i < 511; i++) {
                connections.add(new RawConnection(service.port()).send(head));
            }
            LossServerTest.assertSame(other.loss(BATCH).json(), BATCH.evaluation());
            for (RawConnection connection : connections) {
                assertThat(connection.send("\r\n").status()).isEqualTo(200);
                connection.close();
            }
            LossServerTest.assertSame(other.loss(BATCH).json(), BATCH.evaluation());
        }
    }
}
