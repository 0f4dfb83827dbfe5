// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** SIGTERM ends the service: idle connections at once, open requests within shutdown-grace-period. */
@Timeout(120)
class ShutdownTest {
    private static final int SIGTERM_STATUS = 128 + 15; // of every JVM
    private static final String FIRST_COMPILER_ONLY = "-XX:TieredStopAtLevel=1";
    private static final String HOUR_OF_GRACE = "-Dserver.shutdown-grace-period=PT1H";
    private static final String NO_TIMEOUT = "-Dservice.body-timeout=PT1H";
    private static final Batch BATCH = Batch.random(1_000, 1);
    private static final String HEAD = RawConnection.head(BATCH.query(), BATCH.body().length);
    private static final String HEALTH = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";

    @Test
    void idleConnectionsDontDelayIt() throws Exception {
        try (ServiceProcess service = ServiceProcess.start(FIRST_COMPILER_ONLY, HOUR_OF_GRACE);
                RawConnection idle = new RawConnection(service.port()).send(HEALTH)) {
            assertThat(idle.status()).isEqualTo(200);

            service.terminate();

            assertThat(service.exitStatus()).isEqualTo(SIGTERM_STATUS);
        }
    }

    @Test
    void anOpenRequestIsAnswered() throws Exception {
        try (ServiceProcess service = ServiceProcess.start(FIRST_COMPILER_ONLY, HOUR_OF_GRACE, NO_TIMEOUT);
                RawConnection request = new RawConnection(service.port()).send(HEAD)) {
            awaitOpenRequest(service);

            service.terminate();
            awaitClosedPort(service);

            assertThat(request.send(BATCH.body()).status()).isEqualTo(200);
            assertThat(service.exitStatus()).isEqualTo(SIGTERM_STATUS);
        }
    }

    @Test
    void aRequestThatOutlastsTheGraceIsCutOff() throws Exception {
        try (ServiceProcess service =
                        ServiceProcess.start(FIRST_COMPILER_ONLY, "-Dserver.shutdown-grace-period=PT1S", NO_TIMEOUT);
                RawConnection request = new RawConnection(service.port()).send(HEAD)) {
            awaitOpenRequest(service);

            service.terminate();

            assertThat(service.exitStatus()).isEqualTo(SIGTERM_STATUS);
            assertThat(request.status()).isZero();
        }
    }

    /** A head that doesn't end: Helidon has no limit of its own for it. */
    @Test
    void aHeadThatOutlastsTheGraceIsCutOff() throws Exception {
        try (ServiceProcess service = ServiceProcess.start(FIRST_COMPILER_ONLY, "-Dserver.shutdown-grace-period=PT1S");
                RawConnection half = new RawConnection(service.port()).send(HEALTH + "GET /health HTTP/1.1\r\nHost")) {
            assertThat(half.status()).isEqualTo(200);

            service.terminate();

            assertThat(service.exitStatus()).isEqualTo(SIGTERM_STATUS);
        }
    }

    /** A client that fetches no answer: the service waits in the midst of one, and so takes no more requests. */
    @Test
    void anAnswerThatIsNotFetchedIsCutOff() throws Exception {
        try (ServiceProcess service = ServiceProcess.start(FIRST_COMPILER_ONLY, "-Dserver.shutdown-grace-period=PT1S");
                SocketChannel deaf =
                        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), service.port()));
                Selector room = Selector.open()) {
            deaf.configureBlocking(false).register(room, SelectionKey.OP_WRITE);
            ByteBuffer requests = ByteBuffer.wrap(
                    HEALTH.replace("/health", "/metrics").repeat(1_000).getBytes(StandardCharsets.ISO_8859_1));
            // A service that takes nothing for so long isn't slow, but waits.
            while (room.select(1_000) > 0) {
                room.selectedKeys().clear();
                send(deaf, requests);
            }

            service.terminate();

            assertThat(service.exitStatus()).isEqualTo(SIGTERM_STATUS);
            assertThatIOException().isThrownBy(() -> {
                while (true) {
                    send(deaf, requests);
                }
            });
        }
    }

    /** Sends what there is room for, over and over the same. */
    private static void send(SocketChannel channel, ByteBuffer requests) throws IOException {
        channel.write(requests);
        if (!requests.hasRemaining()) {
            requests.rewind();
        }
    }

    private static void awaitOpenRequest(ServiceProcess service) throws Exception {
        try (Client client = new Client(service.port())) {
            client.awaitBodyMemory(BATCH.body().length);
        }
    }

    private static void awaitClosedPort(ServiceProcess service) throws IOException {
        try {
            while (true) {
                new RawConnection(service.port()).close();
            }
        } catch (SocketException e) {
            // Refused; or reset, if the connection was still in the backlog when the port closed.
        }
    }
}
