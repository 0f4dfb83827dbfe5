// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.exactloss.spark.LocalSession;
import io.github.exactloss.spark.Scores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code exactloss eval --spark}, beside the same command without Spark. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CommandTest {
    private static final Path COMMAND = Path.of(System.getProperty("test.command"));
    private static final Path JARS = Path.of(System.getProperty("test.command.spark"));

    @TempDir
    static Path folder;

    private record Run(int status, String output, String errors) {}

    @BeforeAll
    static void writeScores() {
        assumeTrue(
                Files.isExecutable(COMMAND) && Files.isDirectory(JARS),
                "the command is not built with the jars for Spark: ./build.sh spark");
        SparkHome.make();
        SparkSession local = LocalSession.start();
        new Scores(1000, 30)
                .dataset(local)
                .repartition(3)
                .write()
                .parquet(folder.resolve("scores").toString());
        local.stop();
    }

    private static Run eval(Object... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(COMMAND.toString(), "eval"));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.matches("(SPARK|EXACTLOSS|JAVA)_.*"));
        builder.environment().put("SPARK_HOME", SparkHome.PATH.toString());
        builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        int status = SparkProcess.run(builder.redirectOutput(output.toFile()).redirectError(errors.toFile()));
        return new Run(status, Files.readString(output), Files.readString(errors));
    }

    private static String query(String table) {
        return "SELECT p_float AS prediction, t_int AS target, w AS weight, g FROM " + table + " WHERE w < 7";
    }

    @Test
    void theSameBits() throws Exception {
        String[] options = {"--json", "--skip-nulls", "--threshold", "0.4"};
        Run spark = eval(
                "--spark",
                "local[2]",
                query("parquet.`" + folder + "/scores`"),
                options[0],
                options[1],
                options[2],
                options[3]);
        Run plain = eval(query("'" + folder + "/scores/*.parquet'"), options[0], options[1], options[2], options[3]);
        assertThat(spark.errors).isEmpty();
        assertThat(spark.status).isZero();
        assertThat(plain.status).as(plain.errors).isZero();
        assertThat(numbers(spark.output)).isEqualTo(numbers(plain.output));
    }

    /** Everything but what computed. */
    private static ObjectNode numbers(String json) throws IOException {
        ObjectNode members = (ObjectNode) new ObjectMapper().readTree(json);
        members.remove(List.of("backend", "threads"));
        return members;
    }

    /** Both find the columns, and say the same of those that they miss. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT p_float, t_int + 1 AS target FROM ",
                "SELECT p_float, t_int, w AS weight, 1 AS one FROM ",
                "SELECT p_float AS prediction, t_int AS target, t_int AS Target FROM "
            })
    void wrongColumnsHaveTheSameWords(String query) throws Exception {
        Run spark = eval("--spark", "local[2]", query + "parquet.`" + folder + "/scores`");
        Run plain = eval(query + "'" + folder + "/scores/*.parquet'");
        assertThat(spark).isEqualTo(plain);
        assertThat(plain.status).isEqualTo(1);
    }

    /** By way of executors of a cluster, to which the jars are sent. */
    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "each worker has a loopback address of its own")
    void aRefusedValueIsNamed() throws Exception {
        try (Cluster cluster = Cluster.start(folder.resolve("work"), 1)) {
            Run run = eval(
                    "--spark",
                    cluster.url(),
                    "WITH s AS (FROM parquet.`" + folder + "/scores`) "
                            + "SELECT IF(p_double = (SELECT max(p_double) FROM s), 2.5D, p_double) AS prediction, "
                            + "t_int AS target FROM s",
                    "--skip-nulls",
                    "--strict");
            assertThat(run.status).isEqualTo(1);
            assertThat(run.output).isEmpty();
            assertThat(run.errors)
                    .startsWith("exactloss: the column ")
                    .contains("prediction has 2.5, and strict mode allows only 0 to 1")
                    .hasLineCount(1);
        }
    }
}
