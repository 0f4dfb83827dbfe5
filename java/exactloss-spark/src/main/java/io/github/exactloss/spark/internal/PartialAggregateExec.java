// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.sql.execution.metric.SQLMetrics;
import scala.Tuple2;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Map;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The first half of an aggregation, on the side of the rows: gives the group and the byte form of each function's sum. A
 * group may come several times; the other half merges its sums.
 */
@SuppressWarnings("serial") // Scala's collections are serializable; their interfaces don't say so.
public abstract sealed class PartialAggregateExec extends SparkPlan
        permits ColumnarAggregateExec, RowAggregateExec {
    private static final long serialVersionUID = 1;

    static final String INPUT_ROWS = "inputRows";
    static final String OUTPUT_ROWS = "numOutputRows";

    private final Seq<NamedExpression> grouping;
    private final Seq<BinaryEvaluation> functions;
    private final Seq<Attribute> output;
    private final SparkPlan child;

    private transient Map<String, SQLMetric> metrics;

    PartialAggregateExec(
            Seq<NamedExpression> grouping, Seq<BinaryEvaluation> functions, Seq<Attribute> output, SparkPlan child) {
        this.grouping = grouping;
        this.functions = functions;
        this.output = output;
        this.child = child;
    }

    final Seq<NamedExpression> grouping() {
        return grouping;
    }

    final Seq<BinaryEvaluation> functions() {
        return functions;
    }

    @Override
    public final Seq<Attribute> output() {
        return output;
    }

    final SparkPlan child() {
        return child;
    }

    abstract SparkPlan withNewChild(SparkPlan newChild);

    @Override
    public final Seq<SparkPlan> children() {
        return CollectionConverters.asScala(List.of(child)).toSeq();
    }

    @Override
    public final SparkPlan withNewChildrenInternal(IndexedSeq<SparkPlan> children) {
        return withNewChild(children.head());
    }

    @Override
    public final AttributeSet producedAttributes() {
        return outputSet();
    }

    @Override
    public final Map<String, SQLMetric> metrics() {
        if (metrics == null) {
            metrics = Map.from(CollectionConverters.asScala(List.of(
                    new Tuple2<>(INPUT_ROWS, SQLMetrics.createMetric(sparkContext(), "number of input rows")),
                    new Tuple2<>(OUTPUT_ROWS, SQLMetrics.createMetric(sparkContext(), "number of output rows")))));
        }
        return metrics;
    }

    @Override
    public final int productArity() {
        return 4;
    }

    @Override
    public final Object productElement(int index) {
        return switch (index) {
            case 0 -> grouping;
            case 1 -> functions;
            case 2 -> output;
            case 3 -> child;
            default -> throw new IndexOutOfBoundsException(index);
        };
    }

    @Override
    public final boolean canEqual(Object other) {
        return other instanceof PartialAggregateExec;
    }

    @Override
    public final boolean equals(Object other) {
        return other instanceof PartialAggregateExec aggregate
                && getClass() == aggregate.getClass()
                && grouping.equals(aggregate.grouping)
                && functions.equals(aggregate.functions)
                && output.equals(aggregate.output)
                && child.equals(aggregate.child);
    }

    @Override
    public final int hashCode() {
        return Objects.hash(grouping, functions, output, child);
    }
}
