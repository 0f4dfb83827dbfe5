// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The service in a JVM of its own, on a port of its own. */
final class ServiceProcess implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;
    private final int port;

    private ServiceProcess(List<String> jvmOptions, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "-Djava.util.logging.config.file=src/test/resources/logging.properties",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName(),
                "--port=0"));
        command.addAll(List.of(arguments));
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        output = process.inputReader();
        String line = output.readLine();
        if (line == null || !line.startsWith("listening on ")) {
            process.destroyForcibly();
            throw new IOException("the service says: " + line);
        }
        port = Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    }

    static ServiceProcess start(List<String> jvmOptions, String... arguments) throws IOException {
        return new ServiceProcess(jvmOptions, arguments);
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    /** SIGTERM; unlike Process.destroy, it leaves the output open. */
    void terminate() {
        process.toHandle().destroy();
    }

    int exitStatus() throws InterruptedException {
        return process.waitFor();
    }

    /** What it wrote after its first line, until its end. */
    String rest() throws IOException {
        return String.join("\n", output.lines().toList());
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
