// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.examples;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Ranks models by the log loss of their scores, the best one first: {@code CompareModels PARQUET}. */
public final class CompareModels {
    private CompareModels() {}

    /** Prints a line for each model. */
    public static void main(String[] arguments) {
        SparkSession spark = SparkSession.builder().appName("CompareModels").getOrCreate();
        spark.read().parquet(arguments[0]).createOrReplaceTempView("scores");
        String query = "SELECT model, log_loss(prediction, target) loss, evaluate_binary(prediction, target).accuracy "
                + "FROM scores GROUP BY model ORDER BY loss, model";
        for (Row row : spark.sql(query).collectAsList()) {
            System.out.println(row.mkString(" "));
        }
        spark.stop();
    }
}
