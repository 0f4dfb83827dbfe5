// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import io.github.exactloss.spark.internal.Evaluations;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Evaluates datasets where they lie. The result has the same bits however the rows are partitioned, ordered and computed.
 *
 * <pre>{@code
 * EvaluationOptions options = EvaluationOptions.of(Evaluator.of(Loss.log()), "prediction", "target");
 * double loss = ExactLoss.evaluate(scores, options).evaluation().mean(Loss.log());
 * Dataset<Row> daily = ExactLoss.evaluateGroups(scores, options, scores.col("model"), scores.col("day"));
 * }</pre>
 *
 * <p>It needs no configuration. The same functions in SQL need {@link ExactLossExtensions}.
 *
 * <p>A column that is missing or of a wrong type is Spark's {@code AnalysisException}. A value that is refused (in strict
 * mode, a bad weight, a null) fails the job; the message names the column and the value.
 */
public final class ExactLoss {
    private ExactLoss() {}

    /** Evaluates all rows, in a job of Spark. */
    public static DatasetEvaluation evaluate(Dataset<?> dataset, EvaluationOptions options) {
        return Evaluations.evaluate(dataset, options);
    }

    /**
     * Evaluates each group: gives one row for each, when the dataset is used. Its columns are those that are grouped by, and
     * then, none of them null,
     *
     * <ul>
     *   <li>BIGINT: {@code count}, {@code null_count} (rows that were left out), {@code positives}, {@code true_positives},
     *       {@code false_positives}, {@code true_negatives}, {@code false_negatives},
     *   <li>DOUBLE: {@code threshold}, {@code weight_sum}, {@code accuracy}, {@code precision}, {@code recall},
     *       {@code specificity}, {@code f1}, {@code balanced_accuracy}, {@code jaccard}, {@code kappa}, {@code matthews},
     *   <li>a STRUCT for each loss, by its name: DOUBLE {@code mean} and {@code sum}, BIGINT {@code nan_count} and
     *       {@code infinite_count}.
     * </ul>
     *
     * @throws IllegalArgumentException if there is no column to group by
     */
    public static Dataset<Row> evaluateGroups(Dataset<?> dataset, EvaluationOptions options, Column... groupBy) {
        if (groupBy.length == 0) {
            throw new IllegalArgumentException("there is no column to group by; evaluate takes all rows together");
        }
        return Evaluations.evaluateGroups(dataset, options, groupBy);
    }
}
