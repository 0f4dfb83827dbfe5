// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import io.github.exactloss.spark.DatasetEvaluation;
import io.github.exactloss.spark.EvaluationOptions;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.classic.Dataset;
import org.apache.spark.sql.classic.Dataset$;
import org.apache.spark.sql.classic.ExpressionUtils;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.types.StructType;

/** Makes the queries of {@code ExactLoss}, which are those of SQL. */
public final class Evaluations {
    private static final String DESCRIPTION = "spark.job.description";

    private Evaluations() {}

    /** Evaluates all rows. */
    public static DatasetEvaluation evaluate(org.apache.spark.sql.Dataset<?> dataset, EvaluationOptions options) {
        return ScoreSum.read(sum(dataset, options), options.evaluator());
    }

    /** The byte form of the sum of all rows. */
    static byte[] sum(org.apache.spark.sql.Dataset<?> dataset, EvaluationOptions options) {
        return described(options, withRule(dataset).agg(function(dataset, options, Output.BYTES)))
                .getAs(0);
    }

    /** Evaluates each group. */
    public static Dataset<Row> evaluateGroups(
            org.apache.spark.sql.Dataset<?> dataset, EvaluationOptions options, Column... groupBy) {
        Dataset<Row> groups = withRule(dataset).groupBy(groupBy).agg(function(dataset, options, Output.EVALUATION));
        // Renamed by position: a group's column may have any name.
        String[] names = groups.columns();
        int last = names.length - 1;
        StructType fields = (StructType) groups.schema().apply(last).dataType();
        Dataset<Row> numbered = groups.toDF(
                IntStream.rangeClosed(0, last).mapToObj(i -> "c" + i).toArray(String[]::new));
        Stream<Column> keys =
                IntStream.range(0, last).mapToObj(i -> numbered.col("c" + i).as(names[i]));
        Stream<Column> numbers = Stream.of(fields.fieldNames())
                .map(name -> numbered.col("c" + last).getField(name).as(name));
        return numbered.select(Stream.concat(keys, numbers).toArray(Column[]::new));
    }

    private static Column function(org.apache.spark.sql.Dataset<?> dataset, EvaluationOptions options, Output output) {
        List<Expression> arguments = Stream.concat(
                        Stream.of(options.prediction(), options.target()), options.weight().stream())
                .map(name -> ExpressionUtils.expression(dataset.col(name)))
                .toList();
        Settings settings = Settings.of(options.evaluator(), options.refusesNulls());
        return ExpressionUtils.column(
                BinaryEvaluation.of(settings, output, arguments).toAggregateExpression());
    }

    /** The same rows, in a session that has the rule: the dataset's own, or else a clone that is given it. */
    private static Dataset<Row> withRule(org.apache.spark.sql.Dataset<?> dataset) {
        if (!(dataset instanceof Dataset<?> classic)) {
            throw new IllegalArgumentException(
                    "the dataset is one of Spark Connect, whose plan is on the server: use the functions in SQL there");
        }
        SparkSession session = classic.sparkSession();
        if (!session.sessionState().columnarRules().exists(rule -> rule instanceof PartialAggregateRule)) {
            synchronized (session.extensions()) {
                if (!session.extensions()
                        .buildColumnarRules(session)
                        .exists(rule -> rule instanceof PartialAggregateRule)) {
                    session.extensions().injectColumnar(any -> new PartialAggregateRule());
                }
            }
            session = session.cloneSession();
        }
        return Dataset$.MODULE$.ofRows(session, classic.logicalPlan());
    }

    /** Runs the query, with a description for Spark's UI if the caller has set none. */
    private static Row described(EvaluationOptions options, Dataset<Row> query) {
        SparkContext context = query.sparkSession().sparkContext();
        String description = context.getLocalProperty(DESCRIPTION);
        try {
            if (description == null) {
                context.setLocalProperty(DESCRIPTION, "exactloss: " + options);
            }
            return query.collectAsList().getFirst();
        } finally {
            context.setLocalProperty(DESCRIPTION, description);
        }
    }
}
