// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The service in a JVM of its own, on a port of its own. */
final class ServiceProcess implements AutoCloseable {
    private final Process process;
    private final int port;

    private ServiceProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts it on a free port. */
    static ServiceProcess start(String... jvmOptions) throws IOException {
        List<String> options = new ArrayList<>(List.of(jvmOptions));
        options.add("-Dserver.port=0");
        return started(launch(options));
    }

    /** Starts it on a free port, in a process that may open so many files. */
    static ServiceProcess startWithFiles(int files, String... jvmOptions) throws IOException {
        List<String> options = new ArrayList<>(List.of(jvmOptions));
        options.add("-Dserver.port=0");
        return started(launchWithFiles(files, options));
    }

    private static ServiceProcess started(Process process) throws IOException {
        String line = process.inputReader().readLine();
        if (line == null || !line.startsWith("listening on port ")) {
            process.destroyForcibly();
            throw new IOException("the service says: " + line);
        }
        return new ServiceProcess(process, Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1)));
    }

    static Process launch(List<String> jvmOptions, String... arguments) throws IOException {
        return launch(List.of(), jvmOptions, arguments);
    }

    static Process launchWithFiles(int files, List<String> jvmOptions) throws IOException {
        return launch(List.of("sh", "-c", "ulimit -n " + files + " && exec \"$@\"", "sh"), jvmOptions);
    }

    private static Process launch(List<String> prefix, List<String> jvmOptions, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.util.logging.config.file=src/test/resources/logging.properties",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))));
        command.addAll(jvmOptions);
        command.add(Main.class.getName());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
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

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
