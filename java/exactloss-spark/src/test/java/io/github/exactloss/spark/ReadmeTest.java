// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

/** Lines of the README. */
class ReadmeTest {
    @Test
    void example() {
        SparkSession spark = LocalSession.start(Map.of());
        Dataset<Row> scores = spark.sql("SELECT CAST(prediction AS FLOAT) prediction, target, CAST(1 AS FLOAT) weight, "
                + "'digits' model FROM VALUES (0.9, 1), (0.4, 0), (0.2, 1) AS rows(prediction, target)");

        Evaluator evaluator = Evaluator.of(Loss.mnist(), Loss.log()).threshold(0.4);
        EvaluationOptions options =
                EvaluationOptions.of(evaluator, "prediction", "target").weight("weight");
        DatasetEvaluation result = ExactLoss.evaluate(scores, options);
        double loss = result.evaluation().mean(Loss.log());
        Dataset<Row> models = ExactLoss.evaluateGroups(scores, options, scores.col("model"));

        assertThat(result.evaluation().mean(Loss.mnist())).isEqualTo(0.43333334227403003);
        assertThat(models.select("log.mean").collectAsList())
                .extracting(row -> row.getDouble(0))
                .isEqualTo(List.of(loss));
        spark.stop();
    }
}
