// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the README, in order and in one folder, print what it says. */
class ReadmeTest {
    private static final Pattern COMMAND = Pattern.compile("```sh\n(.*?)```\n```\\w+\n(.*?)```\n", Pattern.DOTALL);

    @Test
    void itsCommandsPrintWhatItSays(@TempDir Path folder) throws Exception {
        Duration time = Duration.ofSeconds(10);
        Limits limits = new Limits(1 << 20, 1 << 20, 16, time, time);
        writeStream(folder.resolve("scores.arrows"));
        int commands = 0;
        try (LossServer server = LossServer.start("127.0.0.1", 0, limits)) {
            Matcher matcher = COMMAND.matcher(Files.readString(Path.of("README.md")));
            while (matcher.find()) {
                String command = matcher.group(1).replace(":8080", ":" + server.port());
                assertThat(run(command, folder).strip())
                        .as(command)
                        .isEqualTo(matcher.group(2).strip());
                commands++;
            }
        }
        assertThat(commands).isEqualTo(6);
    }

    /** The passage's example. */
    private static void writeStream(Path file) throws IOException {
        try (BufferAllocator allocator = new RootAllocator();
                Float4Vector scores = new Float4Vector("score", allocator);
                UInt1Vector labels = new UInt1Vector("label", allocator);
                VectorSchemaRoot root = VectorSchemaRoot.of(scores, labels);
                OutputStream output = Files.newOutputStream(file);
                ArrowStreamWriter writer = new ArrowStreamWriter(root, null, output)) {
            for (int i = 0; i < 3; i++) {
                scores.setSafe(i, new float[] {0.9f, 0.4f, 0.2f}[i]);
                labels.setSafe(i, new int[] {1, 0, 1}[i]);
            }
            root.setRowCount(3);
            writer.writeBatch();
        }
    }

    private static String run(String command, Path folder) throws IOException {
        Process process = new ProcessBuilder("bash", "-c", command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        return String.join("\n", process.inputReader().lines().toList());
    }
}
