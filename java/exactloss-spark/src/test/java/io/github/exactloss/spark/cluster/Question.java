// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.spark.EvaluationOptions;
import io.github.exactloss.spark.ExactLoss;
import io.github.exactloss.spark.Scores;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** A log loss that is asked of a cluster, and what a single process answers. */
enum Question {
    /** Of all rows, which the cluster reads as columns. */
    COLUMNS {
        @Override
        Map<String, Double> ask(Dataset<Row> rows) {
            return Map.of("all", ExactLoss.evaluate(rows, OPTIONS).evaluation().mean(Loss.log()));
        }

        @Override
        Map<String, Double> expected(Scores scores) {
            return Map.of("all", mean(scores, row -> true));
        }
    },
    /** Of each group. */
    GROUPS {
        @Override
        Map<String, Double> ask(Dataset<Row> rows) {
            Map<String, Double> means = new HashMap<>();
            ExactLoss.evaluateGroups(rows, OPTIONS, rows.col("g"))
                    .select("g", "log.mean")
                    .collectAsList()
                    .forEach(row -> means.put(row.getString(0), row.getDouble(1)));
            return means;
        }

        @Override
        Map<String, Double> expected(Scores scores) {
            Map<String, Double> means = new HashMap<>();
            scores.rows().stream()
                    .map(row -> row.getString(10))
                    .distinct()
                    .forEach(group -> means.put(
                            group, mean(scores, row -> row.getString(10).equals(group))));
            return means;
        }
    };

    private static final Evaluator EVALUATOR = Evaluator.of(Loss.mnist(), Loss.log());
    private static final EvaluationOptions OPTIONS =
            EvaluationOptions.of(EVALUATOR, "p_float", "t_int").weight("w");

    /** The answer of Spark, by group. */
    abstract Map<String, Double> ask(Dataset<Row> rows);

    /** Asks in a thread of its own. */
    CompletableFuture<Map<String, Double>> askMeanwhile(Dataset<Row> rows) {
        return CompletableFuture.supplyAsync(
                () -> ask(rows), task -> Thread.ofPlatform().daemon().start(task));
    }

    /** The answer of this process. */
    abstract Map<String, Double> expected(Scores scores);

    private static double mean(Scores scores, Predicate<Row> filter) {
        return scores.evaluate(EVALUATOR, "p_float", "t_int", "w", filter)
                .evaluation()
                .mean(Loss.log());
    }
}
