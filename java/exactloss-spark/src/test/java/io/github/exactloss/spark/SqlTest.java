// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The functions in SQL, in every place that an aggregate function may have. */
class SqlTest {
    private static final float[] PREDICTIONS = {0.9f, 0.4f, 0.2f};
    private static final byte[] TARGETS = {1, 0, 1};

    @TempDir
    static Path folder;

    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = LocalSession.start();
        spark.sql("CREATE TEMPORARY VIEW passage AS SELECT CAST(p AS FLOAT) p, t, i FROM VALUES "
                + "(0.9, 1, 0), (0.4, 0, 1), (0.2, 1, 2) AS rows(p, t, i)");
        Scores scores = new Scores(1000, 0);
        scores.dataset(spark).write().parquet(folder.resolve("scores").toString());
        spark.read().parquet(folder.resolve("scores").toString()).createOrReplaceTempView("scores");
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static Row row(String query) {
        return spark.sql(query).head();
    }

    private static double number(String query) {
        return row(query).getDouble(0);
    }

    private static double mean(Loss loss) {
        return loss.mean(PREDICTIONS, TARGETS);
    }

    @Test
    void means() {
        Row means = row("SELECT mnist_loss(p, t), brier_score(p, t), log_loss(p, t) FROM passage");
        assertThat(means.getDouble(0)).isEqualTo(0.43333334227403003).isEqualTo(mean(Loss.mnist()));
        assertThat(means.getDouble(1)).isEqualTo(mean(Loss.brier()));
        assertThat(means.getDouble(2)).isEqualTo(mean(Loss.log()));
    }

    @Test
    void literalsAreDecimals() {
        assertThat(number("SELECT mnist_loss(p, t) FROM VALUES (0.9, 1), (0.4, 0), (0.2, 1.0) AS rows(p, t)"))
                .isEqualTo(Loss.mnist().mean(Predictions.of(new double[] {0.9, 0.4, 0.2}), Targets.of(TARGETS)));
    }

    @Test
    void nothingIsNull() {
        assertThat(row("SELECT mnist_loss(p, t) FROM passage WHERE i > 5").isNullAt(0))
                .isTrue();
        assertThat(row("SELECT evaluate_binary(p, t).count FROM passage WHERE i > 5")
                        .getLong(0))
                .isZero();
        assertThat(spark.sql("SELECT i, log_loss(p, t) FROM passage WHERE i > 5 GROUP BY i")
                        .count())
                .isZero();
    }

    @Test
    void windows() {
        List<Row> rows = spark.sql("SELECT mnist_loss(p, t) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) "
                        + "FROM passage ORDER BY i")
                .collectAsList();
        for (int i = 0; i < rows.size(); i++) {
            int from = Math.max(0, i - 1);
            double expected = Loss.mnist()
                    .mean(
                            Predictions.of(PREDICTIONS).slice(from, i + 1L - from),
                            Targets.of(TARGETS).slice(from, i + 1L - from));
            assertThat(rows.get(i).getDouble(0)).isEqualTo(expected);
        }
    }

    /** Where Spark runs the function by itself, row by row, the bits are those of the operators. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SELECT mnist_loss(p_float, t_int), count(*), avg(w) FROM scores
            SELECT mnist_loss(p_float, t_int) FILTER (WHERE w >= 0), log_loss(p_float, t_int) FROM scores
            SELECT max(loss) FROM (SELECT mnist_loss(p_float, t_int) OVER (PARTITION BY 1) loss FROM scores)
            SELECT mnist_loss(p, t) FROM (SELECT p_float p, t_int t, 1 FROM scores ORDER BY p_double LIMIT 5000)
            SELECT mnist_loss(p, t) FROM (SELECT p_float p, t_int t, w + 1 FROM scores) WHERE p >= 0
            SELECT mnist_loss(p_float, IF(t_int = 1, 1, 0)) FROM scores
            SELECT mnist_loss(p_float, t_int) FROM scores GROUP BY g > ''
            SELECT mnist_loss(p_float, t_int) FROM scores HAVING count(*) > 0
            """)
    void everyWay(String query) {
        double plain = number("SELECT mnist_loss(p_float, t_int) FROM scores");
        assertThat(number(query)).isEqualTo(plain);
    }

    @Test
    void distinct() {
        assertThat(
                        number(
                                "SELECT mnist_loss(DISTINCT p, t) FROM (SELECT * FROM passage UNION ALL SELECT * FROM passage)"))
                .isEqualTo(mean(Loss.mnist()));
    }

    @Test
    void rollup() {
        List<Row> rows = spark.sql("SELECT g, mnist_loss(p_float, t_int) FROM scores GROUP BY ROLLUP (g) ORDER BY g")
                .collectAsList();
        assertThat(rows).hasSize(6);
        assertThat(rows.getFirst().getDouble(1)).isEqualTo(number("SELECT mnist_loss(p_float, t_int) FROM scores"));
    }

    @Test
    void options() {
        assertThat(number("SELECT log_loss(p, t, map('logits', 'true')) FROM passage"))
                .isEqualTo(mean(Loss.log().fromLogits()));
        assertThat(number("SELECT log_loss(p, t, map('clamp', 'true')) FROM VALUES (0.0D, 1) AS rows(p, t)"))
                .isEqualTo(100);
        Row struct = row("SELECT evaluate_binary(p, t, map('threshold', '0.3', 'losses', 'log, mnist')) FROM passage")
                .getStruct(0);
        assertThat(struct.<Long>getAs("true_positives")).isEqualTo(1);
        assertThat(struct.<Long>getAs("false_positives")).isEqualTo(1);
        assertThat(struct.<Double>getAs("threshold")).isEqualTo(0.3);
        assertThat(struct.schema().fieldNames()).contains("mnist", "log").doesNotContain("brier");
        assertThat(struct.<Double>getAs("f1"))
                .isEqualTo(Evaluator.of(Loss.mnist())
                        .threshold(0.3)
                        .evaluate(Predictions.of(PREDICTIONS), Targets.of(TARGETS))
                        .f1());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mnist_loss(p)                           | mnist_loss takes a prediction, a target, a weight
            mnist_loss(p, t, p, p)                  | mnist_loss takes a prediction, a target, a weight
            mnist_loss(p, t, map('logit', 'true'))  | mnist_loss has no option 'logit', only threshold, logits, strict
            log_loss(p, t, map('losses', 'log'))    | log_loss has no option 'losses'
            log_loss(p, t, map('strict', 'yes'))    | the option 'strict' of log_loss is 'false' or 'true', not 'yes'
            log_loss(p, t, map('threshold', 'NaN')) | the threshold of log_loss is a number, not 'NaN'
            log_loss(p, t, map('threshold', 'x'))   | the threshold of log_loss is a number, not 'x'
            log_loss(p, t, map('threshold', 0.3))   | the options of log_loss are a constant map of strings
            evaluate_binary(p, t, map('losses', 'hinge')) | 'hinge' is no loss; evaluate_binary knows mnist, brier, log
            mnist_loss(CAST(p AS STRING), t)        | is of type STRING, and must be of FLOAT or DOUBLE: cast it
            mnist_loss(p, 'yes')                    | is of type STRING, and must be of BOOLEAN, TINYINT
            mnist_loss(p, CAST(t AS DECIMAL(20)))   | is of type DECIMAL(20,0), and must be of BOOLEAN
            mnist_loss(p, t, 2)                     | is of type INT, and must be of FLOAT: CAST(... AS FLOAT) rounds it
            mnist_loss(p, missing)                  | missing
            """)
    void refusedCalls(String call, String message) {
        assertThatThrownBy(() -> row("SELECT " + call + " FROM passage")).hasMessageContaining(message);
    }

    @Test
    void describesItself() {
        String description = spark.sql("DESCRIBE FUNCTION EXTENDED evaluate_binary")
                .collectAsList()
                .toString();
        assertThat(description).contains("evaluate_binary(prediction, target", "'logits'", "'losses'");
    }
}
