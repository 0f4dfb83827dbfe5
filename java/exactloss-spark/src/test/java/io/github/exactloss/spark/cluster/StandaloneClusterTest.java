// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.exactloss.spark.LocalSession;
import io.github.exactloss.spark.Scores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever happens to the executors of a cluster in the middle of a job, the answer has the bits of one process. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "each worker has a loopback address of its own")
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StandaloneClusterTest {
    /** Two for each of four tasks, which stop between the two. */
    private static final int FILES = 8;

    private static final int TASKS = FILES / 2;

    @TempDir
    static Path folder;

    private static Scores scores;
    private static StructType schema;
    private static long fileSize;
    private static List<Path> jars;
    private static Cluster cluster;

    private final Gate gate = new Gate();
    private final TaskEvents events = new TaskEvents();
    private SparkSession spark;

    StandaloneClusterTest() throws IOException {}

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        scores = new Scores(4000, 0);
        SparkSession local = LocalSession.start();
        Dataset<Row> dataset = scores.dataset(local);
        schema = dataset.schema();
        dataset.repartition(FILES).write().parquet(folder.resolve("scores").toString());

        local.stop();
        try (Stream<Path> files = Files.list(folder.resolve("scores"))) {
            fileSize = files.filter(file -> file.toString().endsWith(".parquet"))
                    .mapToLong(file -> file.toFile().length())
                    .max()
                    .orElseThrow();
        }
        jars = SparkHome.jars(folder);
        cluster = Cluster.start(folder.resolve("work"), 2);
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @AfterEach
    void stopSession() throws IOException {
        try (gate) {
            gate.open();
        } finally {
            if (spark != null) {
                spark.stop();
            }
        }
    }

    private Dataset<Row> connect(Cluster master, Map<String, Object> settings) {
        spark = ClusterSession.builder(master.url(), jars)
                .config("spark.sql.files.minPartitionNum", 1)
                .config("spark.sql.files.openCostInBytes", 0)
                .config("spark.sql.files.maxPartitionBytes", fileSize * 5 / 2)
                .config("spark.hadoop.fs.gated.impl", GatedFileSystem.class.getName())
                .config("spark.hadoop.fs.gated.impl.disable.cache", true) // the next test has another port
                .config("spark.hadoop." + GatedFileSystem.PORT, gate.port())
                .config(settings)
                .getOrCreate();
        spark.sparkContext().addSparkListener(events);
        Dataset<Row> rows = spark.read()
                .schema(schema) // otherwise a job reads the files to find it
                .parquet(GatedFileSystem.ROOT
                        .resolve(folder.resolve("scores").toString())
                        .toString());
        assertThat(rows.rdd().getNumPartitions()).isEqualTo(TASKS);
        return rows;
    }

    /** Waits for the answer, and then for the listener to have heard of all tasks. */
    private void assertAnswer(Question question, CompletableFuture<Map<String, Double>> answer) throws Exception {
        assertThat(answer.get(90, TimeUnit.SECONDS)).as("seed %d", Scores.SEED).isEqualTo(question.expected(scores));
        spark.sparkContext().listenerBus().waitUntilEmpty();
    }

    /** The executor has the result of one task, and is in the middle of another. */
    @ParameterizedTest
    @EnumSource
    void anExecutorIsKilled(Question question) throws Exception {
        CompletableFuture<Map<String, Double>> answer = question.askMeanwhile(connect(cluster, Map.of()));
        Gate.Arrival first = gate.await();
        Gate.Arrival other = gate.await();
        assertThat(other.pid()).isNotEqualTo(first.pid());
        first.admit();
        Gate.Arrival second = gate.await();
        assertThat(second.pid()).isEqualTo(first.pid());

        ProcessHandle executor = ProcessHandle.of(second.pid()).orElseThrow();
        executor.destroyForcibly();
        executor.onExit().get();
        gate.open();
        other.admit();

        assertAnswer(question, answer);
        assertThat(events.successes(first.partition()))
                .as("the first task's result was lost, so it ran again")
                .isGreaterThan(1);
        assertThat(events.failures(second.partition())).hasSize(1);
    }

    @Test
    void aTaskFailsTwice() throws Exception {
        Question question = Question.GROUPS;
        CompletableFuture<Map<String, Double>> answer = question.askMeanwhile(connect(cluster, Map.of()));
        int failures = 0;
        while (failures < 2) {
            Gate.Arrival arrival = gate.await();
            if (arrival.partition() == 0) {
                assertThat(arrival.attempt()).isEqualTo(failures++);
                arrival.fail();
            } else {
                arrival.admit();
            }
        }
        gate.open();

        assertAnswer(question, answer);
        assertThat(events.failures(0)).hasSize(2).allMatch(failure -> failure.contains("the disk is gone"));
        assertThat(events.successes(0)).isEqualTo(1);
    }

    /** Its second attempt ends first. */
    @Test
    void aStragglerIsOvertaken() throws Exception {
        Question question = Question.COLUMNS;
        Dataset<Row> rows = connect(
                cluster,
                Map.of(
                        "spark.speculation",
                        true,
                        "spark.speculation.quantile",
                        0.5,
                        "spark.speculation.multiplier",
                        1.0,
                        "spark.speculation.minTaskRuntime",
                        "0ms"));
        CompletableFuture<Map<String, Double>> answer = question.askMeanwhile(rows);
        Gate.Arrival straggler = gate.await();
        Gate.Arrival arrival = gate.await();
        while (arrival.partition() != straggler.partition()) {
            arrival.admit();
            arrival = gate.await();
        }
        assertThat(arrival.attempt()).isEqualTo(1);
        assertThat(arrival.pid()).isNotEqualTo(straggler.pid());
        arrival.admit();
        gate.open();

        assertAnswer(question, answer);
        assertThat(events.speculativeSuccesses()).isEqualTo(1);
        straggler.admit();
    }

    @Test
    void aWorkerJoinsLate() throws Exception {
        Question question = Question.GROUPS;
        try (Cluster small = Cluster.start(folder.resolve("small"), 1)) {
            CompletableFuture<Map<String, Double>> answer = question.askMeanwhile(connect(small, Map.of()));
            Gate.Arrival early = gate.await();
            small.addWorker();
            Gate.Arrival late = gate.await();
            assertThat(late.pid()).isNotEqualTo(early.pid());
            gate.open();
            early.admit();
            late.admit();

            assertAnswer(question, answer);
            assertThat(events.hosts()).hasSize(2);
            spark.stop();
        }
    }

    /** The driver says what is wrong, and leaves no file. */
    @Test
    void badInput() throws IOException {
        Dataset<Row> rows = connect(cluster, Map.of());
        gate.open();
        rows.createOrReplaceTempView("scores");
        Path output = folder.resolve("output");
        double bad = scores.rows().getFirst().getDouble(1);
        assertThatThrownBy(() -> spark.sql("SELECT g, log_loss(IF(p_double = " + bad
                                + "D, 2.5D, p_double), t_int, map('strict', 'true')) loss "
                                + "FROM scores GROUP BY g")
                        .write()
                        .parquet(output.toString()))
                .hasStackTraceContaining(" has 2.5, and strict mode allows only 0 to 1")
                .hasStackTraceContaining("p_double");
        try (Stream<Path> files = Files.exists(output) ? Files.walk(output) : Stream.empty()) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
        assertThat(Question.COLUMNS.ask(rows)).isEqualTo(Question.COLUMNS.expected(scores));
    }
}
