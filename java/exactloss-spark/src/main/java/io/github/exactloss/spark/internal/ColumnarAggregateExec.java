// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import scala.collection.Iterator;
import scala.collection.immutable.Seq;
import scala.reflect.ClassTag;
import scala.runtime.AbstractFunction1;

/** Sums columns, whose values go to the native code without becoming rows. There is one group. */
public final class ColumnarAggregateExec extends PartialAggregateExec {
    private static final long serialVersionUID = 1;

    /**
     * Made by {@link PartialAggregateRule}, and by Spark's transformations.
     *
     * @param grouping nothing
     * @param arguments columns of the child
     * @param output the columns of the byte forms
     */
    public ColumnarAggregateExec(
            Seq<NamedExpression> grouping,
            Seq<Expression> arguments,
            List<Function> functions,
            Seq<Attribute> output,
            SparkPlan child) {
        super(grouping, arguments, functions, output, child);
    }

    @Override
    SparkPlan withChild(SparkPlan child) {
        return new ColumnarAggregateExec(grouping(), arguments(), functions(), output(), child);
    }

    @Override
    public RDD<InternalRow> doExecute() {
        SumFactory factory = factory(Columns.ordinals(arguments(), child().output()));
        return child().executeColumnar()
                .mapPartitions(
                        new Task(factory, longMetric(INPUT_ROWS), longMetric(OUTPUT_ROWS)),
                        false,
                        ClassTag.apply(InternalRow.class));
    }

    private static final class Task extends AbstractFunction1<Iterator<ColumnarBatch>, Iterator<InternalRow>>
            implements Serializable {
        private static final long serialVersionUID = 1;

        private final SumFactory factory;
        private final SQLMetric inputRows;
        private final SQLMetric outputRows;

        Task(SumFactory factory, SQLMetric inputRows, SQLMetric outputRows) {
            this.factory = factory;
            this.inputRows = inputRows;
            this.outputRows = outputRows;
        }

        @Override
        public Iterator<InternalRow> apply(Iterator<ColumnarBatch> batches) {
            ScoreSum[] sums = factory.newSums();
            while (batches.hasNext()) {
                ColumnarBatch batch = batches.next();
                inputRows.add(batch.numRows());
                for (ScoreSum sum : sums) {
                    sum.add(batch);
                }
            }
            outputRows.add(1);
            UnsafeProjection row = UnsafeProjection.create(factory.rowTypes());
            Object[] bytes = Arrays.stream(sums).map(ScoreSum::toBytes).toArray();
            return scala.collection.Iterator$.MODULE$.single(row.apply(new GenericInternalRow(bytes)));
        }
    }
}
