// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.spark.ExactLossExtensions;
import io.github.exactloss.spark.LocalSession;
import io.github.exactloss.spark.Scores;
import io.github.exactloss.spark.examples.CompareModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application that is submitted with the jars, and finds the functions by the configuration alone. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SubmitTest {
    @TempDir
    Path folder;

    private record Model(String name, double loss, double accuracy) {
        @Override
        public String toString() {
            return name + " " + loss + " " + accuracy;
        }
    }

    @Test
    void anApplicationRanksModels() throws Exception {
        SparkHome.make();
        Scores scores = new Scores(1000, 0);
        Path file = folder.resolve("scores");
        SparkSession local = LocalSession.start();
        scores.dataset(local)
                .selectExpr("p_float prediction", "t_boolean target", "g model")
                .write()
                .parquet(file.toString());
        local.stop();
        Path configuration = Files.writeString(
                folder.resolve("spark.conf"), "spark.sql.extensions " + ExactLossExtensions.class.getName() + "\n");

        List<Path> jars = SparkHome.jars(folder);
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        int status = SparkProcess.run(SparkHome.command(
                        "spark-submit",
                        List.of(
                                "--master",
                                "local[2]",
                                "--properties-file",
                                configuration.toString(),
                                "--jars",
                                jars.get(0) + "," + jars.get(1),
                                "--class",
                                CompareModels.class.getName(),
                                jars.get(2).toString(),
                                file.toString()))
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile()));

        assertThat(status).as(Files.readString(errors)).isZero();
        assertThat(output).hasContent(String.join("\n", expected(scores)));
        // Spark's launcher lets native code run, so no option is needed for that.
        assertThat(errors).content().doesNotContain("WARNING: A restricted method");
    }

    private static List<String> expected(Scores scores) {
        Stream<String> names =
                scores.rows().stream().map(row -> row.getString(10)).distinct();
        return names.map(name -> {
                    Evaluation evaluation = scores.evaluate(
                                    Evaluator.of(Loss.log()),
                                    "p_float",
                                    "t_boolean",
                                    null,
                                    row -> row.getString(10).equals(name))
                            .evaluation();
                    return new Model(name, evaluation.mean(Loss.log()), evaluation.accuracy());
                })
                .sorted(Comparator.comparingDouble(Model::loss).thenComparing(Model::name))
                .map(Model::toString)
                .toList();
    }
}
