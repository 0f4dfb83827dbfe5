// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.spark.ExactLossExtensions;
import io.github.exactloss.spark.LocalSession;
import io.github.exactloss.spark.Scores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The functions from Python: a Python process talks to Spark's gateway for Python, as PySpark does. PySpark itself is not
 * needed; python_gateway.py speaks the little of the gateway's protocol that a query takes.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PythonGatewayTest {
    @TempDir
    Path folder;

    @Test
    void aQueryFromPython() throws Exception {
        assumeTrue(hasPython(), "there is no python3 on the PATH");
        SparkHome.make();
        Scores scores = new Scores(1000, 0);
        Path file = folder.resolve("scores");
        SparkSession local = LocalSession.start();
        scores.dataset(local).write().parquet(file.toString());
        local.stop();

        ProcessBuilder builder = SparkHome.command("spark-submit", List.of());
        List<String> submit = List.of(
                builder.command().getFirst(),
                "--master",
                "local[2]",
                "--jars",
                SparkHome.jars(folder).stream().map(Path::toString).collect(Collectors.joining(",")),
                "--conf",
                "spark.sql.extensions=" + ExactLossExtensions.class.getName(),
                "pyspark-shell");
        Path client = Path.of(getClass().getResource("/python_gateway.py").toURI());
        builder.command("python3", client.toString(), "SELECT mnist_loss(p_float, t_int) FROM parquet.`" + file + "`");
        builder.command().addAll(submit);
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        int status = SparkProcess.run(builder.redirectOutput(output.toFile()).redirectError(errors.toFile()));

        assertThat(status).as(Files.readString(errors)).isZero();
        assertThat(Files.readString(output).strip())
                .isEqualTo(Double.toString(
                        scores.evaluate(Evaluator.of(Loss.mnist()), "p_float", "t_int", null, row -> true)
                                .evaluation()
                                .mean(Loss.mnist())));
    }

    private static boolean hasPython() throws InterruptedException {
        try {
            return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
