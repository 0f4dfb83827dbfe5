// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.Partial$;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.execution.ColumnarRule;
import org.apache.spark.sql.execution.ColumnarToRowExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.aggregate.ObjectHashAggregateExec;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractPartialFunction;

/**
 * Replaces the first half of an aggregation, on the side of the rows, by a {@link PartialAggregateExec} where all functions
 * are {@link BinaryEvaluation}s. The other half, and every other aggregation, stay Spark's.
 *
 * <p>It runs after the transitions between columns and rows were put in. Columns are taken only from an operator of Spark
 * itself, below a transition of Spark: this one would have read them by the same methods. What a plug-in's operator gives may
 * lie elsewhere, on a GPU for example, so the plug-in makes rows of it.
 */
public final class PartialAggregateRule extends ColumnarRule {
    @Override
    public Rule<SparkPlan> postColumnarTransitions() {
        return new Rule<>() {
            @Override
            public SparkPlan apply(SparkPlan plan) {
                return plan.transformUp(new Replacement());
            }
        };
    }

    private static final class Replacement extends AbstractPartialFunction<SparkPlan, SparkPlan> {
        @Override
        public boolean isDefinedAt(SparkPlan plan) {
            return plan instanceof ObjectHashAggregateExec aggregate
                    && !aggregate.isStreaming()
                    && aggregate.aggregateExpressions().nonEmpty()
                    && aggregate.aggregateExpressions().forall(PartialAggregateRule::isOurs);
        }

        @Override
        public SparkPlan apply(SparkPlan plan) {
            return replace((ObjectHashAggregateExec) plan);
        }
    }

    private static boolean isOurs(AggregateExpression expression) {
        return expression.aggregateFunction() instanceof BinaryEvaluation
                && expression.mode().equals(Partial$.MODULE$)
                && !expression.isDistinct()
                && expression.filter().isEmpty();
    }

    private static boolean isOfSpark(SparkPlan plan) {
        return plan.getClass().getPackageName().startsWith(SparkPlan.class.getPackageName());
    }

    private static SparkPlan replace(ObjectHashAggregateExec aggregate) {
        List<Expression> list = new ArrayList<>();
        List<PartialAggregateExec.Function> functions = new ArrayList<>();
        aggregate.aggregateExpressions().foreach(expression -> {
            BinaryEvaluation function = (BinaryEvaluation) expression.aggregateFunction();
            list.addAll(CollectionConverters.asJava(function.children()));
            return functions.add(new PartialAggregateExec.Function(function.settings(), function.names()));
        });
        Seq<Expression> arguments = CollectionConverters.asScala(list).toSeq();
        // A cached table gives either, and Spark prefers its rows.
        SparkPlan columns =
                aggregate.child() instanceof ColumnarToRowExec transition ? transition.child() : aggregate.child();
        if (aggregate.groupingExpressions().isEmpty()
                && columns.supportsColumnar()
                && isOfSpark(columns)
                && Columns.ordinals(arguments, columns.output()) != null) {
            return new ColumnarAggregateExec(
                    aggregate.groupingExpressions(), arguments, functions, aggregate.output(), columns);
        }
        return new RowAggregateExec(
                aggregate.groupingExpressions(), arguments, functions, aggregate.output(), aggregate.child());
    }
}
