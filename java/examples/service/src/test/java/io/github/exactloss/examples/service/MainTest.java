// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A service that can't start says why, and ends. */
@Timeout(120)
class MainTest {
    @Test
    void argumentsAreRefused() throws Exception {
        Process process = ServiceProcess.launch(List.of(), "--port=9090");

        assertThat(process.inputReader().lines())
                .containsExactly("exactloss-service: takes no arguments; set options before -jar, "
                        + "for example -Dserver.port=9090");
        assertThat(process.waitFor()).isEqualTo(2);
    }

    @Test
    void aPortInUseIsRefused() throws Exception {
        try (LossServer server = TestServer.start()) {
            Process process = ServiceProcess.launch(List.of("-Dserver.port=" + server.port()));

            assertThat(process.inputReader().lines())
                    .containsExactly("exactloss-service: can't listen on 127.0.0.1:" + server.port()
                            + ": Address already in use");
            assertThat(process.waitFor()).isEqualTo(1);
        }
    }
}
