// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The API, in a session whose configuration does not name the extensions. */
class ExactLossTest {
    private static final Evaluator EVALUATOR =
            Evaluator.of(Loss.mnist(), Loss.log()).threshold(0.4);
    private static final EvaluationOptions OPTIONS =
            EvaluationOptions.of(EVALUATOR, "p_float", "t_boolean").weight("w");

    @TempDir
    static Path folder;

    private static SparkSession spark;
    private static Scores scores;
    private static Dataset<Row> dataset;

    @BeforeAll
    static void start() {
        spark = LocalSession.start(Map.of());
        scores = new Scores(1000, 30);
        scores.dataset(spark).write().parquet(folder.resolve("scores").toString());
        dataset = spark.read().parquet(folder.resolve("scores").toString());
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    @Test
    void evaluate() {
        assertThat(ExactLoss.evaluate(dataset, OPTIONS))
                .isEqualTo(scores.evaluate(EVALUATOR, "p_float", "t_boolean", "w", row -> true));
    }

    @Test
    void evaluateNothing() {
        DatasetEvaluation nothing = ExactLoss.evaluate(dataset.limit(0), OPTIONS);
        assertThat(nothing.evaluation().count()).isZero();
        assertThat(nothing.evaluation().mean(Loss.log())).isNaN();
    }

    @Test
    void evaluateGroups() {
        Dataset<Row> groups = ExactLoss.evaluateGroups(
                dataset, OPTIONS, dataset.col("g"), dataset.col("t_int").as("a `name`"));
        assertThat(groups.columns())
                .startsWith("g", "a `name`", "count", "null_count", "positives")
                .endsWith("mnist", "log");
        List<Row> rows = groups.filter("g = 'group 1'").collectAsList();
        assertThat(rows).hasSize(3); // 0, 1 and null
        for (Row row : rows) {
            DatasetEvaluation expected = scores.evaluate(
                    EVALUATOR,
                    "p_float",
                    "t_boolean",
                    "w",
                    other -> "group 1".equals(other.get(10)) && Objects.equals(other.get(5), row.get(1)));
            assertThat(row.<Long>getAs("count")).isEqualTo(expected.evaluation().count());
            assertThat(row.<Long>getAs("null_count")).isEqualTo(expected.nullCount());
            assertThat(row.<Row>getAs("log").<Double>getAs("mean"))
                    .isEqualTo(expected.evaluation().mean(Loss.log()));
        }
    }

    @Test
    void manyGroupsMakeRoomForOthers() {
        Dataset<Row> numbers =
                spark.range(0, 200_000, 1, 2).selectExpr("id % 100000 g", "CAST(0.25 AS FLOAT) p", "id >= 100000 t");
        Dataset<Row> groups = ExactLoss.evaluateGroups(
                numbers, EvaluationOptions.of(Evaluator.of(Loss.mnist()), "p", "t"), numbers.col("g"));
        Row summary = groups.selectExpr("count(*)", "min(count)", "max(count)", "min(mnist.mean)", "max(mnist.mean)")
                .head();
        assertThat(summary.toString()).isEqualTo("[100000,2,2,0.5,0.5]");
    }

    @Test
    void columnsOfEqualNamesAreNoProblem() {
        Dataset<Row> groups =
                ExactLoss.evaluateGroups(dataset, OPTIONS, dataset.col("g").as("count"));
        assertThat(groups.columns()).startsWith("count", "count", "null_count");
        assertThat(groups.collectAsList()).hasSize(6); // 5 and null
    }
}
