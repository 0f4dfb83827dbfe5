// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the README, run in order in one folder, print the output that it shows. */
class ReadmeTest {
    private static final Pattern COMMAND = Pattern.compile("```sh\n(.*?)```\n```\\w+\n(.*?)```\n", Pattern.DOTALL);

    @Test
    void itsCommandsPrintWhatItSays(@TempDir Path folder) throws Exception {
        int commands = 0;
        try (LossServer server = TestServer.start()) {
            Matcher matcher = COMMAND.matcher(Files.readString(Path.of("README.md")));
            while (matcher.find()) {
                String command = matcher.group(1).replace(":8080", ":" + server.port());
                assertThat(run(command, folder).strip())
                        .as(command)
                        .isEqualTo(matcher.group(2).strip());
                commands++;
            }
        }
        assertThat(commands).isEqualTo(4);
    }

    private static String run(String command, Path folder) throws IOException {
        Process process = new ProcessBuilder("bash", "-c", command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        return String.join("\n", process.inputReader().lines().toList());
    }
}
