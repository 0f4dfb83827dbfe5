// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.exactloss.spark.LocalSession;
import io.github.exactloss.spark.Scores;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Two executors that Spark starts for a driver alone: their answers, their memory, and how the native library gets there. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the memory of a process is read from /proc")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LocalClusterTest {
    private static final String MASTER = "local-cluster[2,1,1024]";
    private static final int JOBS = 100;

    /** How much memory an executor may gain in {@link #JOBS} jobs. Without a leak it was 6 to 8 MiB. */
    private static final long MOST_GROWTH_KIB = 32 * 1024;

    @TempDir
    static Path folder;

    private static Scores scores;
    private static List<Path> jars;

    private SparkSession spark;

    @BeforeAll
    static void start() {
        SparkHome.make();
        jars = SparkHome.jars(folder);
        scores = new Scores(4000, 0);
        SparkSession local = LocalSession.start();
        scores.dataset(local)
                .repartition(4)
                .write()
                .parquet(folder.resolve("scores").toString());
        local.stop();
    }

    @AfterEach
    void stop() {
        if (spark != null) {
            spark.stop();
        }
    }

    private Dataset<Row> connect(String jvmOptions) {
        spark = ClusterSession.builder(MASTER, jars)
                .config("spark.executor.extraJavaOptions", SparkHome.SMALL_JVM + " " + jvmOptions)
                .getOrCreate();
        return spark.read().parquet(folder.resolve("scores").toString());
    }

    private static void assertAnswers(Dataset<Row> rows, int jobs) {
        Map<String, Double> ofAll = Question.COLUMNS.expected(scores);
        Map<String, Double> ofGroups = Question.GROUPS.expected(scores);
        for (int job = 0; job < jobs; job += 2) {
            assertThat(Question.COLUMNS.ask(rows)).as("seed %d", Scores.SEED).isEqualTo(ofAll);
            assertThat(Question.GROUPS.ask(rows)).as("seed %d", Scores.SEED).isEqualTo(ofGroups);
        }
    }

    /** Measures the whole memory of each process, with a heap that has its full size from the beginning. */
    @Test
    void everyJobHasTheSameBitsAndMemoryIsFlat() throws Exception {
        Dataset<Row> rows = connect("-Xms500m -XX:+AlwaysPreTouch");
        assertAnswers(rows, JOBS / 2); // warms up
        Map<Long, Long> before = memory(0);
        assertAnswers(rows, JOBS);
        Map<Long, Long> after = memory(0);
        System.out.println(
                "measured: in " + JOBS + " jobs executors of Spark gained " + growth(before, after) + " KiB");
        assertThat(growth(before, after)).hasSize(2).allMatch(growth -> growth < MOST_GROWTH_KIB);
        // The same measure sees a leak.
        memory(2 * (int) MOST_GROWTH_KIB);
        assertThat(growth(after, memory(0))).allMatch(growth -> growth > MOST_GROWTH_KIB);
    }

    private static List<Long> growth(Map<Long, Long> before, Map<Long, Long> after) {
        return after.entrySet().stream()
                .map(entry -> entry.getValue() - before.get(entry.getKey()))
                .toList();
    }

    /**
     * The resident memory of each executor in KiB, by its process.
     *
     * @param leakKib so much is lost by each
     */
    private Map<Long, Long> memory(int leakKib) throws Exception {
        try (Gate gate = new Gate()) {
            int port = gate.port();
            CompletableFuture<List<String>> lines = CompletableFuture.supplyAsync(() -> spark.range(0, 2, 1, 2)
                    .mapPartitions(
                            (MapPartitionsFunction<Long, String>) ids -> {
                                Gate.pass(port);
                                if (leakKib > 0) {
                                    Arena.global().allocate(leakKib * 1024L).fill((byte) 1);
                                }
                                return List.of(ProcessHandle.current().pid() + " " + residentKib())
                                        .iterator();
                            },
                            Encoders.STRING())
                    .collectAsList());
            // Both tasks at once fill both executors.
            Gate.Arrival first = gate.await();
            gate.await().admit();
            first.admit();
            return lines.get().stream()
                    .map(line -> line.split(" ", -1))
                    .collect(Collectors.toMap(words -> Long.valueOf(words[0]), words -> Long.valueOf(words[1])));
        }
    }

    private static long residentKib() throws IOException {
        System.gc();
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            String line =
                    lines.filter(text -> text.startsWith("VmRSS:")).findFirst().orElseThrow();
            return Long.parseLong(line.replaceAll("\\D", ""));
        }
    }

    /** In /proc nobody can make a file. */
    @Test
    void aTemporaryFolderThatCannotBeWritten() {
        assertRefused(Path.of("/proc"));
    }

    @Test
    void aTemporaryFolderThatIsMountedNoexec() throws Exception {
        Path mount = Files.createDirectory(folder.resolve("noexec"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "noexec", "tmpfs", mount.toString()) == 0,
                "only root can mount a folder noexec");
        try {
            assertRefused(mount);
        } finally {
            stop();
            run("umount", "--lazy", mount.toString());
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
    }

    /** The driver has the loader's words, and with the setting that they name it works. */
    private void assertRefused(Path temporary) {
        String option = "-Djava.io.tmpdir=" + temporary;
        Dataset<Row> rows = connect(option);
        assertThatThrownBy(() -> Question.COLUMNS.ask(rows))
                .hasStackTraceContaining("can't load the exactloss library; tried " + temporary)
                .hasStackTraceContaining(
                        "set -Djava.io.tmpdir=FOLDER to one that can be written to and is not mounted noexec");
        spark.stop();
        assertAnswers(connect("-Djava.io.tmpdir=" + folder), 2);
    }
}
