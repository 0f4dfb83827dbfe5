// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.ui.SQLAppStatusStore;
import org.apache.spark.sql.execution.ui.SparkPlanGraph;
import org.apache.spark.status.api.v1.JobData;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.jdk.javaapi.CollectionConverters;

/** What Spark's UI shows, from the stores that it reads. */
class UiTest {
    private static final EvaluationOptions OPTIONS =
            EvaluationOptions.of(Evaluator.of(Loss.mnist()), "p_float", "t_int");

    @TempDir
    static Path folder;

    private static SparkSession spark;
    private static Dataset<Row> scores;

    @BeforeAll
    static void start() {
        spark = LocalSession.start();
        new Scores(1000, 0)
                .dataset(spark)
                .repartition(2)
                .write()
                .parquet(folder.resolve("scores").toString());
        scores = spark.read().parquet(folder.resolve("scores").toString());
        scores.createOrReplaceTempView("scores");
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static List<JobData> jobs() throws Exception {
        spark.sparkContext().listenerBus().waitUntilEmpty();
        return CollectionConverters.asJava(spark.sparkContext().statusStore().jobsList(null));
    }

    /** Of the last query, the metrics of each operator. */
    private static Map<String, Map<String, String>> metrics() throws Exception {
        spark.sparkContext().listenerBus().waitUntilEmpty();
        SQLAppStatusStore store = ((org.apache.spark.sql.classic.SparkSession) spark)
                .sharedState()
                .statusStore();
        long execution = store.executionsList().last().executionId();
        SparkPlanGraph graph = store.planGraph(execution);
        scala.collection.immutable.Map<Object, String> values = store.executionMetrics(execution);
        Map<String, Map<String, String>> metrics = new HashMap<>();
        graph.allNodes().foreach(node -> {
            Map<String, String> ofNode = new HashMap<>();
            node.metrics()
                    .foreach(metric -> ofNode.put(metric.name(), values.getOrElse(metric.accumulatorId(), () -> "0")));
            return metrics.put(node.name().strip(), ofNode);
        });
        return metrics;
    }

    @Test
    void jobsSayWhatRuns() throws Exception {
        int before = jobs().size();
        ExactLoss.evaluate(scores, OPTIONS);
        List<JobData> jobs = jobs();
        assertThat(jobs.subList(0, jobs.size() - before))
                .isNotEmpty()
                .allSatisfy(job -> assertThat(job.description().get())
                        .isEqualTo("exactloss: EvaluationOptions[Evaluator[mnist, threshold=0.5], p_float, t_int]"));
    }

    /** What the caller says goes before. */
    @Test
    void theCallersDescriptionStays() throws Exception {
        spark.sparkContext().setJobDescription("nightly");
        try {
            ExactLoss.evaluate(scores, OPTIONS);
            assertThat(jobs().getFirst().description().get()).isEqualTo("nightly");
            assertThat(spark.sparkContext().getLocalProperty("spark.job.description"))
                    .isEqualTo("nightly");
        } finally {
            spark.sparkContext().setJobDescription(null);
        }
    }

    @Test
    void operatorsCountTheirRows() throws Exception {
        spark.sql("SELECT mnist_loss(p_float, t_int) FROM scores").collect();
        assertThat(metrics().get("ColumnarAggregate"))
                .containsEntry("number of input rows", "1,000")
                .containsEntry("number of output rows", "2");
        spark.sql("SELECT g, mnist_loss(p_float, t_int) FROM scores GROUP BY g").collect();
        assertThat(metrics().get("RowAggregate"))
                .containsEntry("number of input rows", "1,000")
                .containsEntry("number of output rows", "10");
    }
}
