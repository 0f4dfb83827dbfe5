// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.sql.execution.metric.SQLMetrics;
import org.apache.spark.sql.types.DataType;
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
public abstract sealed class PartialAggregateExec extends SparkPlan permits ColumnarAggregateExec, RowAggregateExec {
    private static final long serialVersionUID = 1;

    static final String INPUT_ROWS = "numInputRows";
    static final String OUTPUT_ROWS = "numOutputRows";

    private final Seq<NamedExpression> grouping;
    private final Seq<Expression> arguments;
    private final List<Function> functions;
    private final Seq<Attribute> output;
    private final SparkPlan child;

    private transient Map<String, SQLMetric> metrics;

    /**
     * A function without its arguments. No expression: Spark generates no code for an operator with an expression of an
     * aggregate function such as {@link BinaryEvaluation}.
     */
    record Function(Settings settings, List<String> arguments) implements Serializable {
        @Override
        public String toString() {
            return settings + arguments.toString();
        }
    }

    PartialAggregateExec(
            Seq<NamedExpression> grouping,
            Seq<Expression> arguments,
            List<Function> functions,
            Seq<Attribute> output,
            SparkPlan child) {
        this.grouping = grouping;
        this.arguments = arguments;
        this.functions = functions;
        this.output = output;
        this.child = child;
    }

    final Seq<NamedExpression> grouping() {
        return grouping;
    }

    /** Those of the functions, one after the other. */
    final Seq<Expression> arguments() {
        return arguments;
    }

    final List<Function> functions() {
        return functions;
    }

    final SparkPlan child() {
        return child;
    }

    /**
     * Makes the sums of rows that have the arguments at these ordinals.
     */
    final SumFactory factory(int[] ordinals) {
        List<Columns> columns = new ArrayList<>();
        List<Expression> all = CollectionConverters.asJava(arguments);
        int first = 0;
        for (Function function : functions) {
            int count = function.arguments.size();
            columns.add(Columns.of(function.arguments, all.subList(first, first + count), ordinals, first));
            first += count;
        }
        List<DataType> groupingTypes = CollectionConverters.asJava(grouping).stream()
                .map(column -> column.toAttribute().dataType())
                .toList();
        return new SumFactory(
                groupingTypes, functions.stream().map(Function::settings).toList(), columns);
    }

    @Override
    public final Seq<Attribute> output() {
        return output;
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

    abstract SparkPlan withChild(SparkPlan newChild);

    @Override
    public final Seq<SparkPlan> children() {
        return CollectionConverters.asScala(List.of(child)).toSeq();
    }

    @Override
    public final SparkPlan withNewChildrenInternal(IndexedSeq<SparkPlan> children) {
        return withChild(children.head());
    }

    @Override
    public final int productArity() {
        return 5;
    }

    @Override
    public final Object productElement(int index) {
        return switch (index) {
            case 0 -> grouping;
            case 1 -> arguments;
            case 2 -> functions;
            case 3 -> output;
            case 4 -> child;
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
                && arguments.equals(aggregate.arguments)
                && functions.equals(aggregate.functions)
                && output.equals(aggregate.output)
                && child.equals(aggregate.child);
    }

    @Override
    public final int hashCode() {
        return Objects.hash(grouping, arguments, functions, output, child);
    }
}
