// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is refused names the column and the value, by every way of the rows, and the session goes on. */
class BadInputTest {
    private static final Evaluator EVALUATOR = Evaluator.of(Loss.mnist());

    @TempDir
    static Path folder;

    private static SparkSession spark;
    private static Dataset<Row> columns;

    @BeforeAll
    static void start() {
        spark = LocalSession.start();
        String file = folder.resolve("bad").toString();
        spark.sql("SELECT CAST(p AS FLOAT) p, IF(p = 2.0, 1.5, p) q, t, IF(t = 0, 2, 1) u, CAST(w AS FLOAT) w, "
                        + "IF(t = 0, NULL, t) n, IF(t = 0, CAST('NaN' AS DOUBLE), 0.5) nan, 'g' g "
                        + "FROM VALUES (0.5D, 1, 1), (0.25D, 1, 2), (2.0D, 0, -3) AS rows(p, t, w)")
                .coalesce(1)
                .write()
                .parquet(file);
        columns = spark.read().parquet(file);
        columns.createOrReplaceTempView("bad");
        columns.filter("t < 5").createOrReplaceTempView("bad_rows");
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mnist_loss(p, t, map('strict', 'true'))   | p has 2.0, and strict mode allows only 0 to 1
            log_loss(q, t, map('strict', 'true'))     | q has 1.5, and strict mode allows only 0 to 1
            brier_score(nan, t, map('strict', 'true'))| nan has NaN, and strict mode allows only 0 to 1
            log_loss(nan, t, map('strict', 'true', 'logits', 'true')) | nan has NaN, and strict mode allows no NaN
            mnist_loss(0.5, u, map('strict', 'true')) | u has 2.0, and strict mode allows only 0 and 1
            mnist_loss(p, t, w)                       | w has -3.0, and a weight must be
            mnist_loss(p, n, map('nulls', 'refuse'))  | n has a null
            """)
    void refusedValues(String call, String message) {
        for (String query : new String[] {
            "SELECT " + call + " FROM bad",
            "SELECT " + call + " FROM bad_rows",
            "SELECT " + call + ", count(*) FROM bad",
            "SELECT g, " + call + " FROM bad GROUP BY g",
            "SELECT " + call + " OVER (PARTITION BY g) FROM bad"
        }) {
            assertThatThrownBy(() -> spark.sql(query).collect()).as(query).hasStackTraceContaining(message);
        }
        assertThat(spark.sql("SELECT mnist_loss(p, t) FROM bad").head().getDouble(0))
                .isEqualTo(3.25 / 3);
    }

    @Test
    void nullsAreCounted() {
        EvaluationOptions options = EvaluationOptions.of(EVALUATOR, "p", "n");
        DatasetEvaluation result = ExactLoss.evaluate(columns, options);
        assertThat(result.nullCount()).isEqualTo(1);
        assertThat(result.evaluation().mean(Loss.mnist())).isEqualTo(0.625);
        assertThatThrownBy(() -> ExactLoss.evaluate(columns, options.refuseNulls()))
                .hasStackTraceContaining("the column n has a null; leave such rows out by WHERE n IS NOT NULL");
    }

    @Test
    void aNaNIsNoNull() {
        DatasetEvaluation result = ExactLoss.evaluate(columns, EvaluationOptions.of(EVALUATOR, "nan", "t"));
        assertThat(result.nullCount()).isZero();
        assertThat(result.evaluation().nanCount(Loss.mnist())).isEqualTo(1);
        assertThat(result.evaluation().mean(Loss.mnist())).isNaN();
    }

    @Test
    void missingColumnsAndWrongTypes() {
        assertThatThrownBy(() -> ExactLoss.evaluate(columns, EvaluationOptions.of(EVALUATOR, "score", "t")))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining("score");
        assertThatThrownBy(() -> ExactLoss.evaluate(columns, EvaluationOptions.of(EVALUATOR, "g", "t")))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining("is of type STRING, and must be of FLOAT or DOUBLE");
        assertThatThrownBy(() -> ExactLoss.evaluate(
                        columns, EvaluationOptions.of(EVALUATOR, "p", "t").weight("q")))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining("is of type DOUBLE, and must be of FLOAT");
        assertThatThrownBy(() -> ExactLoss.evaluateGroups(columns, EvaluationOptions.of(EVALUATOR, "p", "t")))
                .hasMessage("there is no column to group by; evaluate takes all rows together");
    }

    /** A job that fails leaves no output. */
    @Test
    void nothingIsHalfWritten() {
        Path output = folder.resolve("output");
        assertThatThrownBy(() -> spark.sql("SELECT g, mnist_loss(p, t, w) loss FROM bad GROUP BY g")
                        .write()
                        .parquet(output.toString()))
                .hasStackTraceContaining("w has -3.0");
        assertThat(output.resolve("_SUCCESS")).doesNotExist();
        assertThat(
                        Files.exists(output)
                                ? output.toFile().list((dir, name) -> name.endsWith(".parquet"))
                                : new String[0])
                .isEmpty();
    }
}
