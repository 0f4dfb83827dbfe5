// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which operators sum the rows of a query. */
class PlansTest {
    @TempDir
    static Path folder;

    private SparkSession spark;

    @AfterEach
    void stop() {
        spark.stop();
    }

    private void start(Map<String, Object> configuration) {
        spark = LocalSession.start(configuration);
        Path file = folder.resolve("scores");
        new Scores(1000, 0).dataset(spark).write().mode("overwrite").parquet(file.toString());
        spark.read().parquet(file.toString()).createOrReplaceTempView("scores");
    }

    /** The plan that ran, after adaptive execution. */
    private String plan(String query) {
        Dataset<Row> dataset = spark.sql(query);
        dataset.collect();
        return dataset.queryExecution().executedPlan().toString();
    }

    @Test
    void operators() {
        start(Map.of("spark.sql.extensions", ExactLossExtensions.class.getName()));
        assertThat(plan("SELECT mnist_loss(p_float, t_int), log_loss(p_double, t_float, w) FROM scores"))
                .contains("ColumnarAggregate")
                .doesNotContain("ColumnarToRow");
        assertThat(plan("SELECT mnist_loss(p_float, t_int + 1) FROM scores")).contains("RowAggregate");
        assertThat(plan("SELECT mnist_loss(p_float, t_int) FROM scores WHERE w > 1"))
                .contains("RowAggregate");
        assertThat(plan("SELECT g, mnist_loss(p_float, t_int) FROM scores GROUP BY g"))
                .contains("RowAggregate");
        assertThat(plan("SELECT mnist_loss(p_float, t_int), count(*) FROM scores"))
                .doesNotContain("RowAggregate", "ColumnarAggregate");
        spark.sql("CACHE TABLE cached AS SELECT p_float, t_int FROM scores");
        assertThat(plan("SELECT mnist_loss(p_float, t_int) FROM cached")).contains("ColumnarAggregate");
    }

    /** The columns of a plug-in may be on another device: it makes the rows, whether it is named before or after. */
    @Test
    void pluginsKeepTheirColumns() {
        String plugin = ForeignColumns.class.getName();
        String exactloss = ExactLossExtensions.class.getName();
        double expected = new Scores(1000, 0)
                .evaluate(Evaluator.of(Loss.mnist()), "p_float", "t_int", null, row -> true)
                .evaluation()
                .mean(Loss.mnist());
        for (String extensions : new String[] {plugin + "," + exactloss, exactloss + "," + plugin}) {
            start(Map.of("spark.sql.extensions", extensions));
            String query = "SELECT mnist_loss(p_float, t_int) FROM scores";
            assertThat(plan(query))
                    .as(extensions)
                    .contains("RowAggregate", "Foreign")
                    .doesNotContain("ColumnarAggregate");
            assertThat(spark.sql(query).head().getDouble(0)).isEqualTo(expected);
            spark.stop();
        }
    }
}
