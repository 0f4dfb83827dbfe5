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
import org.junit.jupiter.api.io.TempDir;

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
        Process process = builder.redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        int status;
        try {
            status = process.waitFor();
        } finally { // also after a timeout
            process.destroy();
        }
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
        assertThat(numbers(spark.output)).isEqualTo(numbers(plain.output));
    }

    /** Everything but what computed. */
    private static ObjectNode numbers(String json) throws IOException {
        ObjectNode members = (ObjectNode) new ObjectMapper().readTree(json);
        members.remove(List.of("backend", "threads"));
        return members;
    }

    /** By way of executors of a cluster, to which the jars are sent. */
    @Test
    void aRefusedValueIsNamed() throws Exception {
        try (Cluster cluster = Cluster.start(folder.resolve("work"), 1)) {
            Run run = eval(
                    "--spark",
                    cluster.url(),
                    "SELECT p_double * 2 AS prediction, t_int AS target FROM parquet.`" + folder + "/scores`",
                    "--skip-nulls",
                    "--strict");
            assertThat(run.status).isEqualTo(1);
            assertThat(run.output).isEmpty();
            assertThat(run.errors)
                    .startsWith("exactloss: the column ")
                    .contains("prediction", ", and strict mode allows only 0 to 1")
                    .hasLineCount(1);
        }
    }
}
