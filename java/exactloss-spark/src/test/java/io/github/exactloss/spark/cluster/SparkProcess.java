// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A process of Spark whose output is followed. It and its children end when this is closed, or with this JVM. */
public final class SparkProcess implements AutoCloseable {
    private static final long TIMEOUT_SECONDS = 90;
    private static final String END = "(end of the output)";

    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Thread killer;

    private SparkProcess(ProcessBuilder builder) {
        try {
            process = builder.redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        killer = new Thread(() -> kill(process));
        Runtime.getRuntime().addShutdownHook(killer);
        Thread.ofPlatform().daemon().start(this::read);
    }

    /** Starts a class of Spark. */
    public static SparkProcess start(String... arguments) {
        return new SparkProcess(SparkHome.command("spark-class", List.of(arguments)));
    }

    private void read() {
        try (BufferedReader output = process.inputReader()) {
            output.lines().forEach(lines::add);
        } catch (IOException | UncheckedIOException e) {
            lines.add("(the output cannot be read: " + e.getMessage() + ")");
        } finally {
            lines.add(END);
        }
    }

    /** Waits for a line in which a pattern is found, and gives its first group. */
    public String await(String pattern) throws InterruptedException {
        StringBuilder seen = new StringBuilder();
        while (true) {
            String line = lines.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            Matcher matcher = Pattern.compile(pattern).matcher(line == null ? "" : line);
            if (matcher.find()) {
                return matcher.group(1);
            }
            if (line == null || line.equals(END)) {
                throw new AssertionError("no line with \"" + pattern + "\" in:\n" + seen);
            }
            seen.append(line).append('\n');
        }
    }

    /** Runs a process to its end. It and its children end also when this thread is interrupted, as by a test's timeout. */
    static int run(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process = builder.start();
        try {
            return process.waitFor();
        } finally {
            kill(process);
        }
    }

    private static void kill(Process process) {
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).forEach(ProcessHandle::destroyForcibly);
    }

    @Override
    public void close() {
        kill(process);
        process.onExit().join();
        Runtime.getRuntime().removeShutdownHook(killer);
    }
}
