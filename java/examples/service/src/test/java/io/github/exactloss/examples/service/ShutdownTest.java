// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** SIGTERM ends the service, but not the requests in work. */
@Timeout(120)
class ShutdownTest {
    private static final List<String> QUICK_START = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
    private static final Batch BATCH = Batch.random(1_000, 1);
    private static final String HEAD = RawConnection.head(BATCH.query(), BATCH.body().length);

    @Test
    void aRequestInWorkIsFinishedAndTheStatusIsZero() throws Exception {
        try (ServiceProcess service = ServiceProcess.start(QUICK_START);
                RawConnection idle =
                        new RawConnection(service.port()).send("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n");
                RawConnection request = new RawConnection(service.port()).send(HEAD)) {
            assertThat(idle.status()).isEqualTo(200);
            awaitRequestInWork(service);

            service.terminate();
            awaitNoMoreConnections(service);

            assertThat(request.send(BATCH.body()).status()).isEqualTo(200);
            assertThat(service.exitStatus()).isZero();
            assertThat(service.rest()).doesNotContain("cut off");
        }
    }

    @Test
    void aRequestThatDoesNotFinishIsCutOffAndTheStatusTells() throws Exception {
        try (ServiceProcess service = ServiceProcess.start(QUICK_START, "--grace=1");
                RawConnection request = new RawConnection(service.port()).send(HEAD)) {
            awaitRequestInWork(service);

            service.terminate();

            assertThat(service.exitStatus()).isEqualTo(1);
            assertThat(request.status()).isZero();
            assertThat(service.rest()).contains("cut off requests that did not finish in time");
        }
    }

    private static void awaitRequestInWork(ServiceProcess service) throws Exception {
        try (Client client = new Client(service.port())) {
            while (client.metric("exactloss_service_body_memory_bytes") == 0) {
                Thread.onSpinWait();
            }
        }
    }

    private static void awaitNoMoreConnections(ServiceProcess service) throws IOException {
        try {
            while (true) {
                new RawConnection(service.port()).close();
            }
        } catch (SocketException e) {
            // Refused, or reset: so ends a connection that was still in the backlog when the port was closed.
        }
    }
}
