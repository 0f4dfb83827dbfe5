// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.exactloss.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * wrk's load, with 64 connections, while other clients misbehave: a warm-up, then a minute in which every answer is compared
 * and the memory is sampled. Run by {@code ./build.sh test-service}.
 */
@Tag("load")
class LoadTest {
    private static final int CONNECTIONS = 64;
    private static final int WARM_UP_SECONDS = 15;
    private static final int SECONDS = 60;
    private static final int BATCHES = 64;

    /** From the minute's first third to its last. The heap has a fixed size. */
    private static final long RSS_GROWTH_ALLOWED = 16 << 20;

    private static final long DIRECT_GROWTH_ALLOWED = 1 << 20;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void writeBatches() throws IOException {
        ObjectMapper json = new ObjectMapper();
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < BATCHES; i++) {
            Batch batch = Batch.random(1 + i * i * 8, i); // 1 to 31,753 elements, up to 155 KiB
            Evaluation evaluation = batch.evaluation();
            lines.add(evaluation.count() + " " + batch.query() + " " + json.writeValueAsString(Answer.of(evaluation)));
            Files.write(folder.resolve(evaluation.count() + ".body"), batch.body());
        }
        Files.write(folder.resolve("batches"), lines);
    }

    /** The memory of the service at one moment, in bytes. */
    private record Sample(long rss, long direct) {}

    /** The medians of a minute's first and last third. */
    private record Growth(long first, long last) {
        static Growth of(List<Long> samples) {
            int third = samples.size() / 3;
            return new Growth(
                    median(samples.subList(0, third)), median(samples.subList(samples.size() - third, samples.size())));
        }

        long bytes() {
            return last - first;
        }

        @Override
        public String toString() {
            return "%.1f then %.1f MiB".formatted(first / 1048576.0, last / 1048576.0);
        }
    }

    @Test
    void aMinuteOfLoad() throws Exception {
        // A heap that is resident from the start, so that only other memory can grow.
        try (ServiceProcess service = ServiceProcess.start(
                        "-Xms128m",
                        "-Xmx128m",
                        "-XX:+AlwaysPreTouch",
                        "-XX:MaxDirectMemorySize=96m",
                        "-Dserver.max-payload-size=1048576",
                        "-Dservice.memory=67108864",
                        "-Dservice.body-timeout=PT5S");
                Client client = new Client(service.port());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            report("warm-up", wrk(service.port(), WARM_UP_SECONDS).waitForOutput());

            Load load = wrk(service.port(), SECONDS);
            Future<Integer> misdeeds = threads.submit(() -> misbehaveUntilTheEndOf(load, service.port()));
            List<Sample> samples = new ArrayList<>();
            while (!load.process.waitFor(1, TimeUnit.SECONDS)) {
                samples.add(sample(service, client));
            }
            String output = load.waitForOutput();
            report("load", output);
            assertThat(output).doesNotContain("Socket errors").contains(", refused 0, wrong 0");
            assertThat(number(output, "answers (\\d+)")).isPositive();
            assertThat(misdeeds.get()).isPositive();
            Growth rss = Growth.of(samples.stream().map(Sample::rss).toList());
            Growth direct = Growth.of(samples.stream().map(Sample::direct).toList());
            System.out.printf(
                    "measured: %d answers in %d s, %d 4xx; RSS %s, direct memory %s%n",
                    number(output, "answers (\\d+)"), SECONDS, misdeeds.get(), rss, direct);
            assertThat(rss.bytes()).as("growth of RSS").isLessThan(RSS_GROWTH_ALLOWED);
            assertThat(direct.bytes()).as("growth of direct memory").isLessThan(DIRECT_GROWTH_ALLOWED);
            assertThat(client.metric("exactloss_service_body_memory_bytes")).isZero();
            service.terminate();
            assertThat(service.exitStatus()).isEqualTo(128 + 15);
        }
    }

    private record Load(Process process) {
        String waitForOutput() throws IOException, InterruptedException {
            String output = String.join("\n", process.inputReader().lines().toList());
            assertThat(process.waitFor()).as(output).isZero();
            return output;
        }
    }

    private static Load wrk(int port, int seconds) throws IOException {
        return new Load(new ProcessBuilder(
                        "wrk",
                        "--threads=2",
                        "--connections=" + CONNECTIONS,
                        "--duration=" + seconds + "s",
                        "--latency",
                        "--script=" + Path.of("src/test/resources/load.lua").toAbsolutePath(),
                        "http://127.0.0.1:" + port,
                        "--",
                        folder.toString())
                .redirectErrorStream(true)
                .start());
    }

    /** One after the other: refused, too large, truncated, no HTTP, and one that is slow from beginning to end. */
    private static int misbehaveUntilTheEndOf(Load load, int port) throws IOException {
        Batch batch = Batch.random(1_000, 1);
        int size = batch.body().length;
        int clients = 0;
        try (RawConnection slow = new RawConnection(port)) {
            slow.send(RawConnection.head(batch.query(), size));
            while (load.process.isAlive()) {
                expect(400, port, RawConnection.head(batch.query(), size - 1), new byte[size - 1]);
                expect(413, port, RawConnection.head(batch.query(), 1L << 40), new byte[0]);
                expect(422, port, RawConnection.head(batch.query(), size), filled(size, (byte) 0xff));
                expect(400, port, RawConnection.head(batch.query(), size), new byte[size / 2]);
                expect(400, port, "garbage\r\n\r\n", new byte[0]);
                clients += 5;
            }
            assertThat(slow.status()).isZero();
        }
        return clients + 1;
    }

    private static void expect(int status, int port, String head, byte[] body) throws IOException {
        try (RawConnection connection = new RawConnection(port)) {
            connection.send(head).send(body).endOutput();
            assertThat(connection.status()).as(head).isEqualTo(status);
        }
    }

    private static byte[] filled(int size, byte value) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, value);
        return bytes;
    }

    private static Sample sample(ServiceProcess service, Client client) throws IOException, InterruptedException {
        String status = Files.readString(Path.of("/proc", Long.toString(service.pid()), "status"));
        long direct = (long) client.metric("jvm_buffer_memory_used_bytes{id=\"direct\"}");
        return new Sample(number(status, "VmRSS:\\s*(\\d+) kB") << 10, direct);
    }

    private static long median(List<Long> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private static long number(String text, String pattern) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult match) -> Long.parseLong(match.group(1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + pattern + " in " + text));
    }

    private static void report(String what, String output) {
        System.out.println("---- " + what + "\n" + output);
    }
}
