// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service behind nginx, with nginx.conf except its addresses and files, and what a test changes. Run by {@code ./build.sh test-service}.
 */
@Tag("load")
@Timeout(120)
class ProxyTest {
    private static final int CONNECTIONS = 8; // of the service
    private static final int SLOW_CLIENTS = 40;
    private static final int DEAF_CLIENTS = CONNECTIONS - 1;
    private static final String[] SHORT_TIMEOUTS = {"((client_header|client_body|send)_timeout) 10s", "$1 1s"};
    private static final Batch BATCH = Batch.random(3, 1);
    private static final String POST = "POST /loss?" + BATCH.query()
            + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/octet-stream\r\n";
    private static final String HEAD = POST + "Content-Length: 15\r\n\r\n";

    @TempDir
    private Path folder;

    private LossServer server;
    private Process nginx;

    private void start(String... changes) throws IOException {
        server = TestServer.start("server.max-tcp-connections", String.valueOf(CONNECTIONS));
        StringBuilder files = new StringBuilder("http {\naccess_log off;\n");
        for (String kind : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
            files.append("%s_temp_path %s;%n".formatted(kind, folder.resolve(kind)));
        }
        Path configuration = folder.resolve("nginx.conf");
        String text = Files.readString(Path.of("nginx.conf"))
                .replace("http {\n", files)
                .replace("listen 8000", "listen unix:" + socket())
                .replace("127.0.0.1:8080", "127.0.0.1:" + server.port());
        for (int i = 0; i < changes.length; i += 2) {
            text = text.replaceAll(changes[i], changes[i + 1]);
        }
        Files.writeString(configuration, text);
        nginx = new ProcessBuilder(
                        "nginx",
                        "-p",
                        folder.toString(),
                        "-c",
                        configuration.toString(),
                        "-g",
                        "daemon off; user root; error_log stderr; pid " + folder.resolve("pid") + ";")
                .inheritIO()
                .start();
        while (!listens()) {
            assertThat(nginx.isAlive()).isTrue();
            Thread.onSpinWait();
        }
    }

    /** nginx makes the socket some time before it listens there. */
    private boolean listens() {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        nginx.destroy();
        nginx.waitFor();
        server.close();
    }

    private Path socket() {
        return folder.resolve("socket");
    }

    private SocketChannel connect(String sent, byte[] body) throws IOException {
        SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()));
        channel.write(ByteBuffer.wrap(sent.getBytes(StandardCharsets.ISO_8859_1)));
        channel.write(ByteBuffer.wrap(body));
        return channel;
    }

    /** All that nginx sends until it closes the connection. */
    private static String rest(SocketChannel channel) throws IOException {
        return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    private String exchange(String head, byte[] body) throws IOException {
        try (SocketChannel channel = connect(head, body)) {
            return rest(channel);
        }
    }

    @Test
    void whatTheServiceRefusesIsTranslated() throws IOException {
        start();
        byte[] end = "\r\n0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
        byte[] chunks =
                ByteBuffer.allocate(15 + end.length).put(BATCH.body()).put(end).array();

        assertThat(exchange(HEAD, BATCH.body())).startsWith("HTTP/1.1 200 ");
        assertThat(exchange(HEAD.replace("HTTP/1.1", "HTTP/1.0"), BATCH.body())).startsWith("HTTP/1.1 200 ");
        assertThat(exchange(POST + "Transfer-Encoding: chunked\r\n\r\nf\r\n", chunks))
                .startsWith("HTTP/1.1 200 ");
        assertThat(exchange("GET /metrics HTTP/1.0\r\n\r\n", new byte[0])).startsWith("HTTP/1.1 403 ");
        assertThat(exchange(HEAD.replace(": 15", ": 16777217"), new byte[0])).startsWith("HTTP/1.1 413 ");
    }

    @Test
    void slowClientsAreDisconnectedAndHoldNoConnectionOfTheService() throws IOException {
        start(SHORT_TIMEOUTS);
        List<SocketChannel> slow = new ArrayList<>();
        try {
            for (int i = 0; i < SLOW_CLIENTS; i++) {
                slow.add(connect(i % 2 == 0 ? POST : HEAD, new byte[0]));
            }

            assertThat(exchange(HEAD, BATCH.body())).startsWith("HTTP/1.1 200 ");

            for (SocketChannel channel : slow) {
                assertThat(rest(channel)).doesNotContain(" 200 ");
            }
        } finally {
            for (SocketChannel channel : slow) {
                channel.close();
            }
        }
    }

    /** Clients that send requests until they are disconnected, and fetch no answer. */
    @Test
    void deafClientsAreDisconnectedAndHoldNoConnectionOfTheService() throws Exception {
        start(SHORT_TIMEOUTS);
        String requests = "GET /totals HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> deaf = new ArrayList<>();
            for (int i = 0; i < DEAF_CLIENTS; i++) {
                SocketChannel channel = connect(requests, new byte[0]);
                deaf.add(threads.submit(() -> {
                    try (channel) {
                        while (true) {
                            channel.write(ByteBuffer.wrap(requests.getBytes(StandardCharsets.ISO_8859_1)));
                        }
                    }
                }));
            }

            do {
                assertThat(exchange(HEAD, BATCH.body())).startsWith("HTTP/1.1 200 ");
            } while (!deaf.stream().allMatch(Future::isDone));

            for (Future<?> client : deaf) {
                assertThatExceptionOfType(ExecutionException.class)
                        .isThrownBy(client::get)
                        .withCauseInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void anAddressHasALimitedNumberOfRequestsAtATime() throws IOException {
        start("limit_conn clients 64;", "limit_conn clients 2;");
        try (SocketChannel first = connect(HEAD, new byte[0]);
                SocketChannel second = connect(HEAD, new byte[0])) {
            assertThat(exchange(HEAD, BATCH.body())).startsWith("HTTP/1.1 429 ");

            for (SocketChannel open : List.of(first, second)) {
                open.write(ByteBuffer.wrap(BATCH.body()));
                assertThat(rest(open)).startsWith("HTTP/1.1 200 ");
            }
        }
        assertThat(exchange(HEAD, BATCH.body())).startsWith("HTTP/1.1 200 ");
    }
}
