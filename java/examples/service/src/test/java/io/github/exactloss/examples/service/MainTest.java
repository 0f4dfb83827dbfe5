// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    -Dserver.port=abc               | 'abc' stored under key 'server.port'
                    -Dserver.port=99999             | port out of range:99999
                    -Dserver.host=.                 | Failed to get address from host: .
                    -Dservice.memory=16777215       | service.memory is 16777215, less than server.max-payload-size, which is 16777216: raise it, or lower that
                    -Dservice.memory=-1             | service.memory is -1, less than server.max-payload-size
                    -XX:MaxDirectMemorySize=255m    | service.memory is 268435456, more than the 267386880 bytes that this JVM may have off-heap: lower it, or raise -XX:MaxDirectMemorySize or -Xmx
                    -Xmx64m                         | server.max-tcp-connections is 512, too many for a heap of
                    -Dserver.max-tcp-connections=0  | server.max-tcp-connections is 0, and must be at least 1
                    -Dservice.body-timeout=10       | '10' stored under key 'service.body-timeout'
                    -Dservice.body-timeout=PT0S     | service.body-timeout is PT0S, and must be positive
                    -Dexactloss.library.path=/none  | can't load the exactloss library; tried /none
                    """, quoteCharacter = '"')
    void aWrongSettingIsNamed(String option, String reason) throws Exception {
        Process process = ServiceProcess.launch(List.of(option));

        assertThat(process.inputReader().lines())
                .singleElement(STRING)
                .startsWith("exactloss-service: ")
                .contains(reason);
        assertThat(process.waitFor()).isEqualTo(1);
    }

    @Test
    void moreConnectionsThanFilesAreRefused() throws Exception {
        Process process = ServiceProcess.launchWithFiles(600, List.of());

        assertThat(process.inputReader().lines())
                .containsExactly(
                        "exactloss-service: server.max-tcp-connections is 512, too many for a process that may "
                                + "open 600 files: lower it, or raise that (ulimit -n)");
        assertThat(process.waitFor()).isEqualTo(1);
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
