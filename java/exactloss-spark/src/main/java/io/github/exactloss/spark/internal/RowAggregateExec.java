// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.io.Serializable;
import java.util.HashMap;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.metric.SQLMetric;
import scala.collection.Iterator;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;
import scala.runtime.AbstractFunction1;

/** Sums rows, each into the sum of its group. */
public final class RowAggregateExec extends PartialAggregateExec {
    private static final long serialVersionUID = 1;

    private static final int SHORT_BATCH = 64;

    /** Made by {@link PartialAggregateRule}, and by Spark's transformations. */
    public RowAggregateExec(
            Seq<NamedExpression> grouping, Seq<BinaryEvaluation> functions, Seq<Attribute> output, SparkPlan child) {
        super(grouping, functions, output, child);
    }

    @Override
    public RDD<InternalRow> doExecute() {
        return child().execute()
                .mapPartitions(
                        new Task(
                                new SumFactory(functions(), child().output(), grouping().isEmpty() ? BinaryEvaluation.LONG_BATCH : SHORT_BATCH),
                                grouping(), child().output(),
                                longMetric(INPUT_ROWS),
                                longMetric(OUTPUT_ROWS)),
                        false,
                        ClassTag.apply(InternalRow.class));
    }

    @Override
    SparkPlan withNewChild(SparkPlan newChild) {
        return new RowAggregateExec(grouping(), functions(), output(), newChild);
    }

    @SuppressWarnings("serial") // Scala's collections are serializable; their interfaces don't say so.
    private static final class Task extends AbstractFunction1<Iterator<InternalRow>, Iterator<InternalRow>>
            implements Serializable {
        private static final long serialVersionUID = 1;

        private final SumFactory factory;
        private final Seq<NamedExpression> grouping;
        private final Seq<Attribute> input;
        private final SQLMetric inputRows;
        private final SQLMetric outputRows;

        Task(SumFactory factory, Seq<NamedExpression> grouping, Seq<Attribute> input, SQLMetric inputRows, SQLMetric outputRows) {
            this.factory = factory;
            this.grouping = grouping;
            this.input = input;
            this.inputRows = inputRows;
            this.outputRows = outputRows;
        }

        @Override
        @SuppressWarnings("unchecked")
        public Iterator<InternalRow> apply(Iterator<InternalRow> rows) {
            UnsafeProjection arguments = factory.projection();
            long count = 0;
            if (grouping.isEmpty()) {
                ScoreSum[] sums = factory.newSums();
                while (rows.hasNext()) {
                    InternalRow row = rows.next();
                    if (arguments != null) {
                        row = arguments.apply(row);
                    }
                    for (ScoreSum sum : sums) {
                        sum.add(row);
                    }
                    count++;
                }
                inputRows.add(count);
                outputRows.add(1);
                return scala.package$.MODULE$.Iterator().single(SumRows.withoutGroup(sums));
            }
            UnsafeProjection group = UnsafeProjection.create((Seq<Expression>) (Seq<?>) grouping, input);
            HashMap<UnsafeRow, ScoreSum[]> groups = new HashMap<>();
            while (rows.hasNext()) {
                InternalRow row = rows.next();
                UnsafeRow key = group.apply(row);
                ScoreSum[] sums = groups.get(key);
                if (sums == null) {
                    sums = factory.newSums();
                    groups.put(key.copy(), sums);
                }
                if (arguments != null) {
                    row = arguments.apply(row);
                }
                for (ScoreSum sum : sums) {
                    sum.add(row);
                }
                count++;
            }
            inputRows.add(count);
            outputRows.add(groups.size());
            SumRows out = new SumRows(grouping, factory.count());
            return CollectionConverters.asScala(groups.entrySet().stream().map(e -> out.of(e.getKey(), e.getValue())).iterator());
        }
    }
}
